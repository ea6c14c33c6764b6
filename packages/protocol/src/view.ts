/**
 * What a client shows of a room: folded from pages, replays and live entries, in whatever order they come (spec/rich.md, "What a client
 * does with it").
 *
 * Each thing that is seen only adds to what is known: a later text takes the place of an earlier one, a deletion that of any text, and of
 * two counts of the reactions the one that counts more entries. So it doesn't matter what comes first, or comes twice: whoever has seen
 * the same shows the same.
 *
 * @module
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { EntryEvent, HistoryItem, Joined, Message } from "./messages.ts"

/** An entry as it is seen: an item of a page, or an event. */
export type Seen = HistoryItem | EntryEvent

/** A text of a message, since the entry that gave it. */
interface Version {
  readonly since: number
  readonly text: string
  readonly mentions: ReadonlyArray<string>
}

interface Reacted {
  readonly seq: number
  readonly from: string
  readonly reaction: string
  readonly on: boolean
}

type Reactions = NonNullable<Message["reactions"]>

/** All that is known of a message, before or after the message itself has been seen. */
interface Known {
  readonly message: Pick<Message, "at" | "from" | "key" | "replyTo"> | undefined
  readonly version: Version | undefined
  readonly deleted: number | undefined
  /** The reactions up to an entry, and those that came above it, ascending. */
  readonly counted: { readonly upTo: number; readonly reactions: Reactions }
  readonly above: ReadonlyArray<Reacted>
  /** The last that was seen of each person and reaction. */
  readonly reacted: ReadonlyArray<Reacted>
}

/** What is known of a room. */
export interface View {
  readonly messages: HashMap.HashMap<number, Known>
  readonly topic: { readonly since: number; readonly text: string }
}

/** A message as it is shown: deleted when it has no text. */
export interface Shown {
  readonly seq: number
  readonly from: string
  readonly at: string
  readonly key?: string
  readonly replyTo?: number
  readonly text?: string
  /** The `seq` of what has deleted it. */
  readonly deleted?: number
  readonly isEdited: boolean
  readonly mentions: ReadonlyArray<string>
  readonly reactions: Reactions
}

/** Nothing seen yet; what the room is about is known by `joined`. */
export const emptyView = (joined?: Pick<Joined, "head" | "topic">): View => ({
  messages: HashMap.empty(),
  topic: { since: joined?.head ?? 0, text: joined?.topic ?? "" }
})

const unknown: Known = {
  message: undefined,
  version: undefined,
  deleted: undefined,
  counted: { upTo: 0, reactions: [] },
  above: [],
  reacted: []
}

/** The view after something was seen: the same however often, and in whatever order. */
export const see = (view: View, entry: Seen): View => {
  switch (entry.type) {
    case "message": {
      const { edited = entry.seq, mentions = [], reacted = 0, reactions = [], text } = entry
      return withMessage(view, entry.seq, (known) => ({
        ...withVersion(withCount(known, reacted, reactions), { since: edited, text, mentions }),
        message: lastingOf(entry)
      }))
    }
    case "erased": {
      const { deleted } = entry
      return withMessage(view, entry.seq, (known) => ({ ...known, deleted, message: lastingOf(entry) }))
    }
    case "edit": {
      const { mentions = [], seq, target, text } = entry
      // Without a text, because the message was deleted: what deleted it comes, or has come.
      if (text === undefined) return view
      return withMessage(view, target, (known) => withVersion(known, { since: seq, text, mentions }))
    }
    case "delete":
      return withMessage(view, entry.target, (known) => ({ ...known, deleted: entry.seq }))
    case "react":
      return withMessage(view, entry.target, (known) => withReaction(known, entry))
    case "topic":
      return entry.seq > view.topic.since ? { ...view, topic: { since: entry.seq, text: entry.text } } : view
    default:
      return view
  }
}

/** What no entry changes of a message (EDIT-2). */
const lastingOf = ({ at, from, key, replyTo }: Pick<Message, "at" | "from" | "key" | "replyTo">) => ({
  from,
  at,
  ...(key === undefined ? {} : { key }),
  ...(replyTo === undefined ? {} : { replyTo })
})

const withMessage = (view: View, seq: number, change: (known: Known) => Known): View => ({
  ...view,
  messages: HashMap.modifyAt(view.messages, seq, (known) => Option.some(change(Option.getOrElse(known, () => unknown))))
})

const withVersion = (known: Known, version: Version): Known =>
  known.version === undefined || version.since > known.version.since ? { ...known, version } : known

const withCount = (known: Known, upTo: number, reactions: Reactions): Known =>
  upTo > known.counted.upTo
    ? { ...known, counted: { upTo, reactions }, above: known.above.filter(({ seq }) => seq > upTo) }
    : known

const withReaction = (known: Known, { from, on, reaction, seq }: Reacted): Known => {
  const react = { from, on, reaction, seq }
  const isIts = (other: Reacted) => other.from === from && other.reaction === reaction
  const last = known.reacted.find(isIts)
  const reacted =
    last !== undefined && last.seq >= seq
      ? known.reacted
      : ascending(
          known.reacted.filter((each) => !isIts(each)),
          react
        )
  if (seq <= known.counted.upTo || known.above.some((other) => other.seq === seq)) return { ...known, reacted }
  return { ...known, reacted, above: ascending(known.above, react) }
}

const ascending = (all: ReadonlyArray<Reacted>, react: Reacted): ReadonlyArray<Reacted> =>
  [...all, react].toSorted((one, other) => one.seq - other.seq)

const reactionsOf = ({ above, counted }: Known): Reactions => {
  const counts = new Map(counted.reactions.map(({ count, reaction }) => [reaction, count]))
  for (const { on, reaction } of above) {
    const count = (counts.get(reaction) ?? 0) + (on ? 1 : -1)
    // Who is the last to take it away takes its place with it.
    if (count > 0) counts.set(reaction, count)
    else counts.delete(reaction)
  }
  return Array.from(counts, ([reaction, count]) => ({ reaction, count }))
}

/** The messages of a view that have been seen, ascending. */
export const messagesOf = (view: View): ReadonlyArray<Shown> =>
  [...HashMap.keys(view.messages)]
    .flatMap((seq) => messageAt(view, seq) ?? [])
    .sort((one, other) => one.seq - other.seq)

/** One message of a view, as it is shown; undefined when it wasn't seen. */
export const messageAt = ({ messages }: View, seq: number): Shown | undefined => {
  const known = Option.getOrUndefined(HashMap.get(messages, seq))
  return known?.message === undefined ? undefined : shownOf(seq, known, known.message)
}

/**
 * By whom a message has a reaction, by their nicks, in the order in which they added it: as far as their `react` entries were seen, which
 * may be fewer than a page has counted.
 */
export const whoReacted = ({ messages }: View, seq: number, reaction: string): ReadonlyArray<string> => {
  const known = Option.getOrUndefined(HashMap.get(messages, seq))
  return (known?.reacted ?? []).filter((react) => react.on && react.reaction === reaction).map(({ from }) => from)
}

const shownOf = (seq: number, known: Known, message: NonNullable<Known["message"]>): Shown => {
  const { deleted, version } = known
  if (deleted !== undefined || version === undefined) {
    const gone = deleted === undefined ? {} : { deleted }
    return { seq, ...message, ...gone, isEdited: false, mentions: [], reactions: [] }
  }
  const { mentions, since, text } = version
  return { seq, ...message, text, isEdited: since > seq, mentions, reactions: reactionsOf(known) }
}

/** What the room is about, as far as it was seen; "" for nothing. */
export const topicOf = ({ topic }: View): string => topic.text
