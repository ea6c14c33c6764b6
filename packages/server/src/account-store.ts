/**
 * The seam between accounts, and who else may come in, and where that is kept (spec/accounts.md): in memory, or in a SQLite file, beside
 * the logs.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import type { Verifier } from "@tertulia/protocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Unavailable } from "./room-log.ts"

/** An account. Of its password there is what a proof is compared with, and nothing by which one could log in. */
export interface Account extends Verifier {
  /** The id of its person, from its first login to its end: the author of what they send. */
  readonly person: string
  readonly nick: string
}

/** That a token opens an account. The token itself is kept nowhere. */
export interface Token {
  /** SHA-256 of the token, in hexadecimal. */
  readonly digest: string
  /** The person of the account. */
  readonly person: string
  /** When it ends, in milliseconds since 1970. */
  readonly until: number
}

/** That so many more accounts may be made by whoever knows a secret, which itself is kept nowhere. */
export interface Invitation {
  /** SHA-256 of the secret, in hexadecimal. */
  readonly digest: string
  readonly uses: number
  /** When it ends, in milliseconds since 1970. */
  readonly until: number
}

/** That an operator lets somebody in no more (spec/moderation.md). */
export interface ServerBan {
  /** A nick, an address, or a range of addresses. */
  readonly target: string
  /** What they are told. */
  readonly reason: string
  /** When it ends, in milliseconds since 1970; absent when it doesn't. */
  readonly until?: number
}

/** An account as an earlier life of the server has left it, with the marks of its person: how far they have read which room. */
export interface LeftAccount extends Account {
  readonly marks: ReadonlyArray<readonly [room: string, seq: number]>
}

/** Where accounts are kept. When one of its effects returns, a restart finds what it has done. */
export class AccountStore extends Context.Service<
  AccountStore,
  {
    /** Those that an earlier life of the server has left. */
    readonly left: {
      readonly accounts: ReadonlyArray<LeftAccount>
      readonly tokens: ReadonlyArray<Token>
      readonly invitations: ReadonlyArray<Invitation>
      readonly bans: ReadonlyArray<ServerBan>
    }
    /** What the salts of nicks without an account are made with, so that each is the same whenever it is asked for (SCRAM-4). */
    readonly secret: string
    /** Keeps an account as it is now; this token is the only one that opens it. An invitation that it was made by has one use less. */
    readonly keep: (account: Account, token: Token, invitation?: string) => Effect.Effect<void, Unavailable>
    /** Keeps one more token, and forgets those that have ended before a time, in milliseconds since 1970. */
    readonly keepToken: (token: Token, now: number) => Effect.Effect<void, Unavailable>
    /** Forgets tokens, by their digests. */
    readonly forgetTokens: (digests: ReadonlyArray<string>) => Effect.Effect<void, Unavailable>
    /** Forgets an account and its tokens, by its person. */
    readonly forget: (person: string) => Effect.Effect<void, Unavailable>
    /** Keeps a new invitation, and forgets those that have ended before a time, in milliseconds since 1970. */
    readonly keepInvitation: (invitation: Invitation, now: number) => Effect.Effect<void, Unavailable>
    /** Forgets an invitation, by its digest. */
    readonly forgetInvitation: (digest: string) => Effect.Effect<void, Unavailable>
    /** Keeps a ban, in place of one of the same target, and forgets those that have ended before a time, in milliseconds since 1970. */
    readonly keepBan: (ban: ServerBan, now: number) => Effect.Effect<void, Unavailable>
    /** Forgets a ban, by its target. */
    readonly forgetBan: (target: string) => Effect.Effect<void, Unavailable>
  }
>()("@tertulia/server/AccountStore") {}

/** Accounts that end with the server. */
export const layerMemory: Layer.Layer<AccountStore> = Layer.sync(AccountStore, () => ({
  left: { accounts: [], tokens: [], invitations: [], bans: [] },
  secret: randomBytes(32).toString("hex"),
  keep: () => Effect.void,
  keepToken: () => Effect.void,
  forgetTokens: () => Effect.void,
  forget: () => Effect.void,
  keepInvitation: () => Effect.void,
  forgetInvitation: () => Effect.void,
  keepBan: () => Effect.void,
  forgetBan: () => Effect.void
}))
