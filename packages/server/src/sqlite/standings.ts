/**
 * How rooms are kept, in a data file (spec/moderation.md).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { RoomKind } from "@tertulia/protocol"
import { type Governance, type GovernanceChange, isNothing, type Standing } from "../governance.ts"

export interface Standings {
  /** How a room is kept; undefined of one that has never had an entry. */
  readonly governance: (request: { readonly room: string }) => Governance | undefined
}

interface StandingRow extends Pick<Standing, "person" | "nick" | "role"> {
  readonly invited: number
  readonly banned: number
  readonly muted: number
}

export const makeStandings = (db: DatabaseSync): Standings => {
  const roomNamed = db.prepare("SELECT id, access AS kind, slow FROM rooms WHERE name = ?")
  const standingsOf = db.prepare("SELECT person, nick, role, invited, banned, muted FROM standings WHERE room = ?")
  return {
    governance: ({ room }) => {
      const row = roomNamed.get(room) as
        | { readonly id: number; readonly kind: RoomKind; readonly slow: number }
        | undefined
      if (row === undefined) return undefined
      const rows = standingsOf.all(row.id) as unknown as ReadonlyArray<StandingRow>
      const standings = rows.map(({ banned, invited, muted, ...rest }): [string, Standing] => [
        rest.person,
        { ...rest, invited: invited === 1, banned: banned === 1, muted: muted === 1 }
      ])
      return { kind: row.kind, slow: row.slow, standings: new Map(standings) }
    }
  }
}

/** Writes what an entry changes, within the transaction that appends it. */
export const makeStandingsWriter = (db: DatabaseSync): ((room: number, change: GovernanceChange) => void) => {
  const keep = db.prepare(
    `INSERT INTO standings (room, person, nick, role, invited, banned, muted) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (room, person) DO UPDATE SET nick = excluded.nick, role = excluded.role, invited = excluded.invited,
       banned = excluded.banned, muted = excluded.muted`
  )
  const forget = db.prepare("DELETE FROM standings WHERE room = ? AND person = ?")
  const setKind = db.prepare("UPDATE rooms SET access = ? WHERE id = ?")
  const setSlow = db.prepare("UPDATE rooms SET slow = ? WHERE id = ?")
  return (room, { kind, slow, standings }) => {
    for (const standing of standings) {
      const { banned, invited, muted, nick, person, role } = standing
      if (isNothing(standing)) forget.run(room, person)
      else keep.run(room, person, nick, role, Number(invited), Number(banned), Number(muted))
    }
    if (kind !== undefined) setKind.run(kind, room)
    if (slow !== undefined) setSlow.run(slow, room)
  }
}
