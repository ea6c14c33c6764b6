/**
 * Accounts in a data file (spec/accounts.md).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type * as Effect from "effect/Effect"
import type { Account, Invitation, LeftAccount, ServerBan, Token } from "../account-store.ts"
import { readOnce } from "./read-once.ts"
import type { StorageFault } from "./thread.ts"

/** One thing to be written about accounts. */
export type AccountWork =
  | { readonly _tag: "KeepAccount"; readonly account: Account; readonly token: Token; readonly invitation?: string }
  | { readonly _tag: "KeepToken"; readonly token: Token; readonly now: number }
  | { readonly _tag: "ForgetTokens"; readonly digests: ReadonlyArray<string> }
  | { readonly _tag: "ForgetAccount"; readonly person: string }
  | { readonly _tag: "KeepInvitation"; readonly invitation: Invitation; readonly now: number }
  | { readonly _tag: "ForgetInvitation"; readonly digest: string }
  | { readonly _tag: "KeepBan"; readonly ban: ServerBan; readonly now: number }
  | { readonly _tag: "ForgetBan"; readonly target: string }

/** Writes about accounts within a transaction. */
export const makeAccountWriter = (db: DatabaseSync): ((work: AccountWork) => undefined) => {
  const keep = db.prepare(
    `INSERT INTO accounts (person, nick, salt, iterations, stored_key, server_key) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (person) DO UPDATE SET salt = excluded.salt, iterations = excluded.iterations,
       stored_key = excluded.stored_key, server_key = excluded.server_key`
  )
  const forget = db.prepare("DELETE FROM accounts WHERE person = ?")
  const forgetMarks = db.prepare(
    "DELETE FROM marks WHERE person = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE person = ?1)"
  )
  const addToken = db.prepare("INSERT INTO tokens (digest, person, until) VALUES (?, ?, ?)")
  const forgetToken = db.prepare("DELETE FROM tokens WHERE digest = ?")
  const forgetTokensOf = db.prepare("DELETE FROM tokens WHERE person = ?")
  const forgetPast = db.prepare("DELETE FROM tokens WHERE person = ? AND until <= ?")
  const addInvitation = db.prepare("INSERT INTO invitations (digest, uses, until) VALUES (?, ?, ?)")
  const useInvitation = db.prepare("UPDATE invitations SET uses = uses - 1 WHERE digest = ?")
  const forgetInvitation = db.prepare("DELETE FROM invitations WHERE digest = ?")
  const forgetUsedUp = db.prepare("DELETE FROM invitations WHERE uses <= 0 OR until <= ?")
  const addBan = db.prepare("INSERT OR REPLACE INTO bans (target, reason, until) VALUES (?, ?, ?)")
  const forgetBan = db.prepare("DELETE FROM bans WHERE target = ?")
  const forgetPastBans = db.prepare("DELETE FROM bans WHERE until <= ?")
  const keepToken = ({ digest, person, until }: Token) => void addToken.run(digest, person, until)

  return (work) => {
    switch (work._tag) {
      case "KeepAccount": {
        const { iterations, nick, person, salt, serverKey, storedKey } = work.account
        keep.run(person, nick, salt, iterations, storedKey, serverKey)
        forgetTokensOf.run(person)
        if (work.invitation !== undefined) useInvitation.run(work.invitation)
        return keepToken(work.token)
      }
      case "KeepToken":
        forgetPast.run(work.token.person, work.now)
        return keepToken(work.token)
      case "ForgetTokens":
        for (const digest of work.digests) forgetToken.run(digest)
        return undefined
      case "ForgetAccount":
        forgetTokensOf.run(work.person)
        forgetMarks.run(work.person)
        forget.run(work.person)
        return undefined
      case "KeepInvitation": {
        const { digest, until, uses } = work.invitation
        forgetUsedUp.run(work.now)
        addInvitation.run(digest, uses, until)
        return undefined
      }
      case "ForgetInvitation":
        forgetInvitation.run(work.digest)
        return undefined
      case "KeepBan": {
        const { reason, target, until } = work.ban
        forgetPastBans.run(work.now)
        addBan.run(target, reason, until ?? null)
        return undefined
      }
      case "ForgetBan":
        forgetBan.run(work.target)
        return undefined
    }
  }
}

interface AccountRow extends Omit<Account, "storedKey" | "serverKey"> {
  readonly stored_key: string
  readonly server_key: string
}

interface BanRow extends Omit<ServerBan, "until"> {
  readonly until: number | null
}

/** What an earlier life of the server has left. */
export interface LeftAccounts {
  readonly accounts: ReadonlyArray<LeftAccount>
  readonly tokens: ReadonlyArray<Token>
  readonly invitations: ReadonlyArray<Invitation>
  readonly bans: ReadonlyArray<ServerBan>
  readonly secret: string
}

/** Reads them all, once, before anybody is let in. */
export const readAccounts = (file: string): Effect.Effect<LeftAccounts, StorageFault> =>
  readOnce(file, (db) => {
    const marks = db.prepare(
      "SELECT rooms.name AS room, marks.seq AS seq FROM marks JOIN rooms ON rooms.id = marks.room WHERE marks.person = ?"
    )
    const marksOf = (person: string) =>
      (marks.all(person) as unknown as ReadonlyArray<{ readonly room: string; readonly seq: number }>).map(
        ({ room, seq }) => [room, seq] as const
      )
    const rows = db.prepare("SELECT * FROM accounts").all() as unknown as ReadonlyArray<AccountRow>
    const bans = db.prepare("SELECT target, reason, until FROM bans").all() as unknown as ReadonlyArray<BanRow>
    const { key } = db.prepare("SELECT key FROM salting").get() as { readonly key: string }
    return {
      accounts: rows.map(({ server_key, stored_key, ...account }) => ({
        ...account,
        storedKey: stored_key,
        serverKey: server_key,
        marks: marksOf(account.person)
      })),
      tokens: db.prepare("SELECT digest, person, until FROM tokens").all() as unknown as ReadonlyArray<Token>,
      invitations: db
        .prepare("SELECT digest, uses, until FROM invitations")
        .all() as unknown as ReadonlyArray<Invitation>,
      bans: bans.map(({ until, ...ban }) => (until === null ? ban : { ...ban, until })),
      secret: key
    }
  })
