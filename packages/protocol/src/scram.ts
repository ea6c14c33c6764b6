/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) as the messages of spec/accounts.md carry it: what both sides compute. By Web Crypto, which hashes
 * passwords in a thread of its own and is there in browsers, too.
 *
 * @module
 */

/** All that is kept of a password. Binary fields are base64. */
export interface Verifier {
  readonly salt: string
  readonly iterations: number
  readonly storedKey: string
  readonly serverKey: string
}

/** What a proof is bound to: one exchange of one nick. */
export interface Exchange {
  readonly nick: string
  /** The nonce of the request `challenge`. */
  readonly clientNonce: string
  /** The nonce of its reply, which begins with the client's. */
  readonly nonce: string
  readonly salt: string
  readonly iterations: number
}

type Bytes = Uint8Array<ArrayBuffer>

const utf8 = (text: string): Bytes => new TextEncoder().encode(text)

export const toBase64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes))

/** The bytes of a base64 text; undefined when it is none. */
export const fromBase64 = (text: string): Bytes | undefined => {
  try {
    return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** A password as it is hashed: by OpaqueString of RFC 8265, so that it is the same however a keyboard spells it. */
export const preparedPassword = (password: string): string => password.replace(/\p{Zs}/gu, " ").normalize("NFC")

/** The AuthMessage of RFC 5802, without channel binding. */
export const authMessageOf = ({ clientNonce, iterations, nick, nonce, salt }: Exchange): string =>
  `n=${nick},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=biws,r=${nonce}`

const hmac = async (key: Bytes, message: Bytes): Promise<Bytes> => {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"])
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message))
}

const sha256 = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))

const xor = (one: Bytes, other: Bytes): Bytes => one.map((byte, at) => byte ^ (other[at] ?? 0))

/** The costly step: 32 bytes by PBKDF2-HMAC-SHA-256. */
export type Derive = (password: Bytes, salt: Bytes, iterations: number) => Promise<Bytes>

const derived: Derive = async (password, salt, iterations) => {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 256))
}

const saltedPassword = (password: string, salt: string, iterations: number, derive: Derive): Promise<Bytes> =>
  derive(utf8(preparedPassword(password)), fromBase64(salt) ?? utf8(salt), iterations)

const clientKeyOf = (salted: Bytes): Promise<Bytes> => hmac(salted, utf8("Client Key"))

/**
 * What is kept of a password with this salt.
 *
 * @param derive does the costly step, where that isn't to be done by Web Cryptography
 */
export const verifierOf = async (
  password: string,
  salt: string,
  iterations: number,
  derive: Derive = derived
): Promise<Verifier> => {
  const salted = await saltedPassword(password, salt, iterations, derive)
  const storedKey = await sha256(await clientKeyOf(salted))
  const serverKey = await hmac(salted, utf8("Server Key"))
  return { salt, iterations, storedKey: toBase64(storedKey), serverKey: toBase64(serverKey) }
}

/** What a client sends as `proof`, and the `signature` that it has to get for it. */
export const proofOf = async (
  password: string,
  exchange: Exchange
): Promise<{ readonly proof: string; readonly signature: string }> => {
  const salted = await saltedPassword(password, exchange.salt, exchange.iterations, derived)
  const message = utf8(authMessageOf(exchange))
  const clientKey = await clientKeyOf(salted)
  const proof = xor(clientKey, await hmac(await sha256(clientKey), message))
  const signature = await hmac(await hmac(salted, utf8("Server Key")), message)
  return { proof: toBase64(proof), signature: toBase64(signature) }
}

/** The `signature` for a proof, or undefined when the proof isn't one of this password. */
export const signatureFor = async (
  { serverKey, storedKey }: Verifier,
  exchange: Exchange,
  proof: string
): Promise<string | undefined> => {
  const message = utf8(authMessageOf(exchange))
  const stored = fromBase64(storedKey)!
  const given = fromBase64(proof)
  const clientKey = xor(await hmac(stored, message), given ?? utf8(""))
  const isRight = isSame(await sha256(clientKey), stored) && given?.length === stored.length
  const signature = await hmac(fromBase64(serverKey)!, message)
  return isRight ? toBase64(signature) : undefined
}

/** Compares in a time that tells nothing of where two texts differ. */
const isSame = (one: Bytes, other: Bytes): boolean =>
  one.length === other.length && one.reduce((differences, byte, at) => differences | (byte ^ other[at]!), 0) === 0
