/**
 * What becomes of an item of the outbox: the rules by which nothing is lost and nothing said twice (spec/resume.md, What a
 * client does with it). Pure.
 *
 * @module
 */
import type { Message } from "@tertulia/protocol"
import type { Item, Tried } from "./kept.ts"

/** How things stand in a room whose log was read to its head. */
export type Standing = Omit<Tried, "hasHole">

/**
 * What to do with an item on a connection that has caught up: send it, or tell its person that nobody knows.
 *
 * An attempt of the same person does no harm while its key is known (KEY-2, KEY-5). One in a log that is gone did none. Else
 * the attempt is known not to be in the log: its entry would have a `seq` above `last` (ORDER-5) and its key (KEY-1), and
 * stand there since before this login (SESSION-7); everything up to the head was looked at, and it wasn't there.
 *
 * @param keySeconds for how long the server knows a key
 */
export const verdict = ({ tried }: Item, now: Standing, keySeconds: number): "send" | "unknown" => {
  if (tried === undefined || tried.epoch !== now.epoch) return "send"
  if (!tried.isKeyed || !now.isKeyed) return "unknown"
  const isKnown = tried.person === now.person && now.at - tried.at < 1_000 * keySeconds
  return isKnown || !tried.hasHole ? "send" : "unknown"
}

/** What to note of an attempt before it is made. A hole in which an earlier one may lie stays a hole. */
export const attempt = (tried: Tried | undefined, now: Standing): Tried => {
  if (tried?.epoch !== now.epoch) return { ...now, hasHole: false }
  const at = tried.person === now.person ? tried.at : now.at
  return tried.hasHole ? { ...now, last: tried.last, hasHole: true, at } : { ...now, hasHole: false, at }
}

/**
 * The item once the server has said of an attempt that it had no effect (ERROR-1): as it was before it, but for a hole that
 * has opened since.
 */
export const undone = ({ tried: after, ...item }: Item, before: Tried | undefined): Item =>
  before === undefined ? item : { ...item, tried: { ...before, hasHole: before.hasHole || after?.hasHole === true } }

/** Whether an earlier attempt may still show up in the log when one as `now` is refused. */
export const isOpen = (before: Tried | undefined, now: Tried): boolean =>
  before?.epoch === now.epoch && (before.person === now.person || before.hasHole)

/** The item after entries of its room, up to `to`, were found to be out of reach. */
export const withHole = (item: Item, room: string, epoch: string, to: number): Item => {
  const { tried } = item
  const mayLieThere = item.room === room && tried?.epoch === epoch && to > tried.last
  return mayLieThere ? { ...item, tried: { ...tried, hasHole: true } } : item
}

/** Whether an entry is this item: by its key, which is chosen by chance. */
export const isEntryOf = ({ key, room, text, tried }: Item, entry: Message): boolean =>
  entry.key === key && entry.room === room && entry.text === text && entry.from === tried?.nick
