/**
 * What operators ask of a server that runs, by verb: what goes over the admin socket, as JSON.
 *
 * @module
 */
import { NewPassword, NickSpelling } from "@tertulia/protocol"
import * as Schema from "effect/Schema"

const atMost = (least: number, most: number) => Schema.Int.check(Schema.isBetween({ minimum: least, maximum: most }))

/** What somebody is told who is sent away. */
const Reason = Schema.String.check(Schema.isMaxLength(200))

/** What each verb takes. */
export const orders = {
  who: Schema.Struct({}),
  rooms: Schema.Struct({}),
  kick: Schema.Struct({ nick: NickSpelling, reason: Reason }),
  ban: Schema.Struct({
    target: Schema.String.check(Schema.isMaxLength(64)),
    reason: Reason,
    hours: Schema.optionalKey(atMost(1, 87_600))
  }),
  unban: Schema.Struct({ target: Schema.String.check(Schema.isMaxLength(64)) }),
  bans: Schema.Struct({}),
  drain: Schema.Struct({ seconds: atMost(0, 86_400) }),
  accounts: Schema.Struct({}),
  password: Schema.Struct({ nick: NickSpelling, password: NewPassword }),
  "delete-account": Schema.Struct({ nick: NickSpelling }),
  invite: Schema.Struct({ uses: atMost(1, 10_000), days: atMost(1, 3_650) }),
  invitations: Schema.Struct({}),
  revoke: Schema.Struct({ id: Schema.String })
} as const

export type Verb = keyof typeof orders

/** What a verb takes, as it was decoded. */
export type Order<V extends Verb> = (typeof orders)[V]["Type"]

/** A connection, or somebody who has lost theirs and may come back. */
export interface Present {
  /** Absent before the login. */
  readonly nick?: string
  readonly account: boolean
  /** The connection's name in the log; absent while they have none. */
  readonly connection?: string
  readonly address?: string
  /** How long it has been open. */
  readonly seconds?: number
  readonly rooms: number
  /** Bytes that wait to be sent. */
  readonly queueBytes: number
}

/** What each verb answers. */
export interface Answers {
  readonly who: { readonly people: ReadonlyArray<Present> }
  readonly rooms: {
    readonly rooms: ReadonlyArray<{
      readonly room: string
      readonly members: number
      readonly first: number
      readonly head: number
    }>
  }
  readonly kick: { readonly nick: string }
  readonly ban: BanShown & { readonly connections: number }
  readonly unban: { readonly target: string }
  readonly bans: { readonly bans: ReadonlyArray<BanShown> }
  readonly drain: { readonly connections: number; readonly seconds: number }
  readonly accounts: { readonly accounts: ReadonlyArray<{ readonly nick: string; readonly here: boolean }> }
  readonly password: { readonly nick: string }
  readonly "delete-account": { readonly nick: string }
  readonly invite: InvitationShown & { readonly invitation: string }
  readonly invitations: { readonly invitations: ReadonlyArray<InvitationShown> }
  readonly revoke: { readonly id: string }
}

/** An invitation as an operator sees it: its secret is told once, when it is made. */
export interface InvitationShown {
  readonly id: string
  /** Accounts that it still makes. */
  readonly uses: number
  readonly until: string
}

/** A ban as an operator sees it. */
export interface BanShown {
  /** A nick, an address, or a range of addresses. */
  readonly target: string
  readonly reason: string
  /** Absent where it doesn't end by itself. */
  readonly until?: string
}
