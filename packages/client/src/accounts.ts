/**
 * Accounts over one connection (spec/accounts.md).
 *
 * @module
 */
import { type Hello, leastIterations, proofOf, type Welcome } from "@tertulia/protocol"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Asking } from "./asking.ts"
import type { RequestError } from "./errors.ts"

/** The server hasn't shown that it knows the account: it may be another one, or somebody between. Nothing of the password was said. */
export class NotProven extends Data.TaggedError("NotProven")<{ readonly nick: string; readonly why: string }> {
  override get message() {
    return `this server can't prove that it knows ${this.nick}: ${this.why}. Leave it, and look at the address`
  }
}

/** What there is besides the password, when one registers. */
export interface RegisterOptions {
  /** What the operator has given to those who may register. */
  readonly invitation?: string
}

/** What a connection offers to those who have an account; a server that doesn't claim it refuses by `unsupported`. */
export interface AccountsApi {
  /** Makes an account, and logs in; gives a token to log in by from now on. Takes TLS, or the machine itself: else `insecure`. */
  readonly register: (nick: string, password: string, options?: RegisterOptions) => Effect.Effect<string, RequestError>
  /**
   * Logs in by a password, of which the server gets a proof; and looks at the proof that comes back. Gives a token. After `NotProven` the
   * connection is to be ended.
   */
  readonly loginByPassword: (nick: string, password: string) => Effect.Effect<string, RequestError | NotProven>
  /** Logs in by a token; gives the nick as the server spells it. */
  readonly loginByToken: (nick: string, token: string) => Effect.Effect<string, RequestError>
  /** Gives the account another password, and its only token, on a connection that the password has let in; all others of the person end. */
  readonly setPassword: (password: string) => Effect.Effect<string, RequestError>
  /** Ends all tokens of the account, and all other connections of its person. */
  readonly revoke: Effect.Effect<void, RequestError>
  /** Ends the account for good, on a connection that the password has let in; one goes on as a guest, and by this connection alone. */
  readonly unregister: Effect.Effect<void, RequestError>
}

/** A nonce that nobody has used before. */
const newNonce = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => byte.toString(16).padStart(2, "0")).join("")

const tokenOf = ({ token = "" }: Pick<Welcome, "token">): string => token

export const accountsOver = (ask: Asking, { auth }: Hello): AccountsApi => ({
  register: (nick, password, options = {}) => Effect.map(ask("register", { nick, password, ...options }), tokenOf),
  loginByPassword: Effect.fnUntraced(function* (nick, password) {
    // A server without SCRAM says so, and gets the password where it takes it.
    if (!auth.includes("scram")) return tokenOf(yield* ask("login", { nick, password }))
    const clientNonce = newNonce()
    const { iterations, nick: folded, nonce, salt } = yield* ask("challenge", { nick, nonce: clientNonce })
    if (!nonce.startsWith(clientNonce)) return yield* new NotProven({ nick, why: "it answers another challenge" })
    if (iterations < leastIterations) return yield* new NotProven({ nick, why: `it wants ${iterations} iterations` })
    const exchange = { nick: folded, clientNonce, nonce, salt, iterations }
    const { proof, signature } = yield* Effect.promise(() => proofOf(password, exchange))
    const welcome = yield* ask("login", { nick, proof })
    if (welcome.signature !== signature) return yield* new NotProven({ nick, why: "it has another signature" })
    return tokenOf(welcome)
  }),
  loginByToken: (nick, token) => Effect.map(ask("login", { nick, token }), (welcome) => welcome.nick),
  setPassword: (password) => Effect.map(ask("password", { password }), tokenOf),
  revoke: Effect.asVoid(ask("revoke", {})),
  unregister: Effect.asVoid(ask("unregister", {}))
})
