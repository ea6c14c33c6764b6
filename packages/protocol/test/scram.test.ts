import { proofOf, signatureFor, verifierOf } from "@tertulia/protocol"
import { scram } from "@tertulia/protocol/vectors"
import { expect, it } from "vitest"

for (const { name, password, proof, signature, ...exchange } of scram.vectors) {
  it(`computes what the vector "${name}" says, on both sides`, async () => {
    expect(await proofOf(password, exchange)).toEqual({ proof, signature })
    const verifier = await verifierOf(password, exchange.salt, exchange.iterations)
    expect(await signatureFor(verifier, exchange, proof)).toBe(signature)
  })
}

it("takes no other proof", async () => {
  const [{ password, proof, ...exchange }] = scram.vectors as [(typeof scram.vectors)[0]]
  const verifier = await verifierOf(password, exchange.salt, exchange.iterations)
  const another = await verifierOf(`${password} `, exchange.salt, exchange.iterations)
  expect(await signatureFor(another, exchange, proof)).toBeUndefined()
  expect(await signatureFor(verifier, { ...exchange, nonce: `${exchange.nonce}x` }, proof)).toBeUndefined()
  for (const none of ["", "no base64", `${proof}AAAA`, proof.slice(4)]) {
    expect(await signatureFor(verifier, exchange, none)).toBeUndefined()
  }
})
