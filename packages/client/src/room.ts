/**
 * A room as one client sees it: where it stands in the log, and who is there. Pure data and pure steps.
 *
 * @module
 */
import type { Joined, Member, Members } from "@tertulia/protocol"
import * as HashSet from "effect/HashSet"

/** What a client knows of a room that it is in. */
export interface RoomView {
  readonly room: string
  readonly epoch: string
  /** The `seq` of the last entry that was applied: with `epoch`, the cursor to come back with. */
  readonly last: number
  readonly members: HashSet.HashSet<string>
}

/** The view that a `joined` begins; `after` is what the `join` asked to catch up from. */
export const entered = (joined: Joined, after: number | undefined): RoomView => ({
  room: joined.room,
  epoch: joined.epoch,
  last: joined.resumed === true && after !== undefined ? after : joined.head,
  members: HashSet.fromIterable(joined.members)
})

/** What to do with an entry: the whole of a client's algorithm (CATCH-7, ORDER-3). */
export const place = (view: RoomView, seq: number): "apply" | "drop" | "gap" =>
  seq === view.last + 1 ? "apply" : seq <= view.last ? "drop" : "gap"

/** The view after the entry `seq`. */
export const applied = (view: RoomView, seq: number): RoomView => ({ ...view, last: seq })

/** The view after a `member` event. */
export const changed = (view: RoomView, { change, nick }: Member): RoomView => ({
  ...view,
  members: change === "joined" ? HashSet.add(view.members, nick) : HashSet.remove(view.members, nick)
})

/** The view after one slice of the list: it takes the place of the range that it covers, from above `after` on. */
export const listed = (view: RoomView, after: string | undefined, { members, more }: Members): RoomView => {
  const end = more === true ? members.at(-1) : undefined
  const covered = (nick: string) => (after === undefined || nick > after) && (end === undefined || nick <= end)
  const others = HashSet.filter(view.members, (nick) => !covered(nick))
  return { ...view, members: HashSet.union(others, HashSet.fromIterable(members)) }
}

/** The members in the order of every list, by the bytes of their nicks, which are ASCII; nobody in a room that was left. */
export const membersOf = (view: RoomView | undefined): ReadonlyArray<string> =>
  view === undefined ? [] : [...view.members].sort()
