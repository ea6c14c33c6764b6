/**
 * Accounts: the requests that make one, prove that it is one's own, and end it (spec/accounts.md). A `login` carries its proof itself.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { between, RequestId, SessionSecret, words } from "./fields.ts"
import { Nick, NickSpelling } from "./names.ts"
import { refusedAs } from "./refusal.ts"
import { OneLine } from "./text.ts"

const id = RequestId
const re = RequestId

/** The fewest characters that a new password has. */
export const passwordCharacters = 8

/** The most bytes of UTF-8 that a new password has. */
export const passwordBytes = 256

/** The fewest iterations that a client answers a challenge for: below, a proof would give away the password (RFC 7677). */
export const leastIterations = 4_096

/** A password that somebody chooses. Its length in bytes is bounded by `passwordBytes`. */
export const NewPassword = OneLine.check(
  Schema.makeFilter((password: string) => [...password].length >= passwordCharacters || "too short", {
    ...refusedAs("bad-text"),
    message: `at least ${passwordCharacters} characters`,
    toJsonSchema: () => ({ minLength: passwordCharacters })
  })
).annotate({
  identifier: "NewPassword",
  title: "Password",
  description: `A password that is to hold from now on: at least ${passwordCharacters} characters without controls, at most ${passwordBytes} bytes of UTF-8`,
  examples: ["correct horse"]
})

// Printable ASCII without the comma, which parts the fields of an AuthMessage.
const nonce = (least: number, most: number) =>
  Schema.String.check(
    Schema.isPattern(new RegExp(`^[!-+\\--~]{${least},${most}}$`, "u"), {
      message: `${least} to ${most} printable characters of ASCII, and no comma`
    })
  )

/** What a client has not said before in a challenge. */
export const ClientNonce = nonce(16, 128).annotate({
  identifier: "ClientNonce",
  title: "Nonce of a client",
  description: "16 to 128 printable characters of ASCII without a comma, made at random",
  examples: ["rOprNGfwEbeRWgbNEkqO"]
})

/** A client's nonce, and the server's own behind it. */
export const Nonce = nonce(32, 256).annotate({
  identifier: "Nonce",
  title: "Nonce",
  description: "The client's nonce, followed by at least 16 characters of the server's",
  examples: ["rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"]
})

/** Bytes in base64 (RFC 4648, section 4). */
const base64 = (identifier: string, title: string, description: string, example: string) =>
  Schema.String.check(
    Schema.isPattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u, { message: "base64" }),
    Schema.isMinLength(4),
    Schema.isMaxLength(128)
  ).annotate({ identifier, title, description, examples: [example] })

export const Salt = base64("Salt", "Salt", "The salt of the account's password, in base64", "W22ZaJ0SNY7soEsUEjb6gQ==")

export const Signature = base64(
  "Signature",
  "Signature",
  "The ServerSignature of RFC 5802, in base64: only who keeps the account can have made it",
  "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
)

/** The fields of `login` by which somebody proves that an account is theirs; one of them at a time, and no `session` beside it. */
export const proofs = {
  password: Schema.optionalKey(words("The account's password: over TLS, or on the machine itself, only")),
  token: Schema.optionalKey(words("A token of the account")),
  proof: Schema.optionalKey(words("The ClientProof of RFC 5802, in base64, to the last challenge of this connection"))
}

/** Why a `login` with two proofs is refused. */
export const oneProof = "one of session, password, token and proof: a login is by one way"

export const Register = Schema.Struct({
  type: Schema.Literal("register"),
  id,
  nick: NickSpelling,
  password: NewPassword,
  invitation: Schema.optionalKey(words("What the operator has given to those who may register")),
  resume: Schema.optionalKey(Schema.Boolean.annotate({ description: "As in `login`" }))
}).annotate({
  identifier: "Register",
  title: "register",
  description: "Make an account of a nick, and log in with it",
  examples: [{ type: "register", id: 29, nick: "ana", password: "correct horse" }]
})

export const Challenge = Schema.Struct({
  type: Schema.Literal("challenge"),
  id,
  nick: NickSpelling,
  nonce: ClientNonce
}).annotate({
  identifier: "Challenge",
  title: "challenge",
  description: "Ask for what a proof of the password is made with (SCRAM-SHA-256)",
  examples: [{ type: "challenge", id: 30, nick: "ana", nonce: "rOprNGfwEbeRWgbNEkqO" }]
})

export const SetPassword = Schema.Struct({
  type: Schema.Literal("password"),
  id,
  password: NewPassword
}).annotate({
  identifier: "SetPassword",
  title: "password",
  description: "Give one's account another password; every token of before ends",
  examples: [{ type: "password", id: 31, password: "battery staple" }]
})

export const Revoke = Schema.Struct({ type: Schema.Literal("revoke"), id }).annotate({
  identifier: "Revoke",
  title: "revoke",
  description: "End every token of one's account",
  examples: [{ type: "revoke", id: 32 }]
})

export const Unregister = Schema.Struct({ type: Schema.Literal("unregister"), id }).annotate({
  identifier: "Unregister",
  title: "unregister",
  description: "End one's account, for good",
  examples: [{ type: "unregister", id: 33 }]
})

/** Whether somebody has an account: in `welcome` and `whois`. */
export const hasAccount = Schema.optionalKey(
  Schema.Boolean.annotate({ description: "Whether the nick is that of an account" })
)

/** What `welcome` says of an account. */
export const welcomed = {
  account: hasAccount,
  token: Schema.optionalKey(SessionSecret.annotate({ description: "A secret by which one can log in from now on" })),
  signature: Schema.optionalKey(Signature)
}

export const ChallengeReply = Schema.Struct({
  type: Schema.Literal("challenge"),
  re,
  nick: Nick,
  nonce: Nonce,
  salt: Salt,
  iterations: between(leastIterations, 2_147_483_647).annotate({ description: "How often the password is hashed" })
}).annotate({
  identifier: "ChallengeReply",
  title: "challenge",
  description: "What a proof of the password is made with",
  examples: [
    {
      type: "challenge",
      re: 30,
      nick: "ana",
      nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
      salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
      iterations: 600_000
    }
  ]
})

export const PasswordReply = Schema.Struct({
  type: Schema.Literal("password"),
  re,
  token: SessionSecret
}).annotate({
  identifier: "PasswordReply",
  title: "password",
  description: "The new password holds, and this is the only token",
  examples: [{ type: "password", re: 31, token: "Zt4m8YbQ2sVn6KcD" }]
})

export const Revoked = Schema.Struct({ type: Schema.Literal("revoked"), re }).annotate({
  identifier: "Revoked",
  title: "revoked",
  description: "No token of before opens the account any more",
  examples: [{ type: "revoked", re: 32 }]
})

export const Unregistered = Schema.Struct({ type: Schema.Literal("unregistered"), re }).annotate({
  identifier: "Unregistered",
  title: "unregistered",
  description: "The account is no more; its nick is a guest's until that person ends",
  examples: [{ type: "unregistered", re: 33 }]
})

export type Register = typeof Register.Type
export type Challenge = typeof Challenge.Type
export type SetPassword = typeof SetPassword.Type
export type Revoke = typeof Revoke.Type
export type Unregister = typeof Unregister.Type
export type ChallengeReply = typeof ChallengeReply.Type
export type PasswordReply = typeof PasswordReply.Type
export type Revoked = typeof Revoked.Type
export type Unregistered = typeof Unregistered.Type
