/**
 * Certificates that sign themselves: whoever is to trust one has to be given it.
 *
 * @module
 */
import { KeyObject, randomBytes, type webcrypto } from "node:crypto"
import { isIP } from "node:net"

/** A certificate and its key, both in PEM. */
export interface Signed {
  readonly cert: string
  readonly key: string
}

/**
 * Makes a certificate for some hosts, of which there must be one.
 *
 * @param from the beginning of its time, and `until` the end, in milliseconds since 1970
 */
export const selfSigned = async (hosts: ReadonlyArray<string>, from: number, until: number): Promise<Signed> => {
  // Nobody else needs them, and they take a while to load.
  await import("reflect-metadata")
  const x509 = await import("@peculiar/x509")
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const serverAuth = "1.3.6.1.5.5.7.3.1"
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // Positive, and of one length.
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    name: `CN=${hosts[0]}`,
    // Clocks of other machines may be a little late.
    notBefore: new Date(from - 3_600_000),
    notAfter: new Date(until),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) === 0 ? ("dns" as const) : ("ip" as const), value: host }))
      )
    ]
  })
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: String(KeyObject.from(keys.privateKey as webcrypto.CryptoKey).export({ type: "pkcs8", format: "pem" }))
  }
}
