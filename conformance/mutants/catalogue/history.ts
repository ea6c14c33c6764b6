/** Mutants of spec/history.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, isRefusal, success, whenAsked, whenSaid } from "../breaks.ts"
import { hasType, ofAnyName, type Requests, silent, strict } from "../every-request.ts"
import type { Answered, Mutant, Tap } from "../mutant.ts"

type Items = ReadonlyArray<JsonObject>

const entriesOf = ({ object }: Answered): Items => object["entries"] as Items

/** Changes the pages for which `change` gives something else. */
const whenPaged = (change: (page: Answered) => JsonObject | undefined): (() => Tap) =>
  whenSaid((said) => {
    const changed = said.type === "history" ? change(said) : undefined
    return changed === undefined ? undefined : [changed]
  })

/** Changes what pages are asked for. */
const whenPageAsked = (change: (asked: JsonObject) => JsonObject | undefined): (() => Tap) =>
  whenAsked(({ object }) => {
    const changed = object?.["type"] === "history" ? change(object) : undefined
    return changed === undefined ? undefined : [changed]
  })

const goesUp = ({ to }: Answered): boolean => to?.["after"] !== undefined

/** Leaves out entries at the end that is far from the anchor, so that the page is only too short. */
const shortened = (page: Answered, keep: number): JsonObject => {
  const entries = entriesOf(page)
  return { ...page.object, entries: goesUp(page) ? entries.slice(0, keep) : entries.slice(-keep), more: true }
}

/** The request with its cursors and its limit changed, when that changes anything. */
const withNumbers = (asked: JsonObject, change: (value: unknown) => unknown): JsonObject | undefined => {
  const numbers = ["before", "after", "limit"].filter((field) => asked[field] !== undefined)
  const changed = numbers.map((field) => [field, change(asked[field])] as const)
  if (changed.every(([field, value]) => value === asked[field])) return undefined
  const rest = Object.entries(asked).filter(([field]) => !numbers.includes(field))
  return Object.fromEntries([...rest, ...changed.filter(([, value]) => value !== undefined)])
}

const bytesOfLine = 20_000

const lateMillis = 400

/** Answers every `send` at once with the number that it is going to have, and hands it to the server later. */
const acknowledgesEarly = (): Tap => {
  const heads = new Map<string, number>()
  const early = new Set<string>()
  return {
    request: ({ object, text }, wire) => {
      const room = String(object?.["room"])
      const head = heads.get(room)
      if (object?.["type"] !== "send" || head === undefined || !wire.rooms.has(room)) return undefined
      wire.hit()
      heads.set(room, head + 1)
      early.add(`${wire.nth} ${String(object["id"])}`)
      const at = "2026-01-01T00:00:00.000Z"
      const entry = { room, seq: head + 1, at }
      wire.toClient({ type: "message", ...entry, from: String(wire.nick()), text: object["text"] })
      wire.toClient({ type: "sent", re: object["id"], ...entry })
      setTimeout(() => wire.toServer(text), lateMillis)
      return []
    },
    reply: ({ object, type }, wire) => {
      const room = String(object["room"])
      if (type === "joined") heads.set(room, Math.max(heads.get(room) ?? 0, Number(object["head"])))
      const isTold =
        type === "message" && object["from"] === wire.nick() && Number(object["seq"]) <= (heads.get(room) ?? 0)
      return isTold || early.has(`${wire.nth} ${String(object["re"])}`) ? [] : undefined
    }
  }
}

const pages: Requests = {
  name: "history",
  called: "history",
  are: hasType("history"),
  fields: ["room", "before", "after", "limit"]
}

const mutants: ReadonlyArray<Mutant> = [
  // What stays
  breaks(
    "DURABLE-1",
    "acknowledges-before-writing",
    "acknowledges an entry some time before it is in the log",
    acknowledgesEarly
  ),
  breaks("DURABLE-2", "another-epoch-after-a-restart", "names an epoch of its own in each life of the server", () => {
    const epoch = `life-${process.pid}`
    return whenSaid(({ object, type }) => (type === "joined" ? [{ ...object, epoch }] : undefined))()
  }),
  breaks(
    "DURABLE-3",
    "forgets-empty-rooms",
    "begins the log of a room anew when somebody enters it alone",
    whenSaid(({ object, type }) =>
      type === "joined" && (object["members"] as ReadonlyArray<string>).length === 1 && Number(object["head"]) > 0
        ? [{ ...object, epoch: "anew", first: 1, head: 0 }]
        : undefined
    )
  ),
  breaks(
    "DURABLE-4",
    "gives-up-the-middle",
    "has lost every seventeenth entry of a log that has given up its oldest",
    whenPaged((page) => {
      const left = entriesOf(page).filter(({ seq }) => Number(seq) % 17 !== 0)
      return Number(page.object["first"]) > 1 && left.length < entriesOf(page).length
        ? { ...page.object, entries: left }
        : undefined
    })
  ),
  breaks(
    "DURABLE-5",
    "resumes-one-too-few",
    "doesn't resume when the gap is just limits.replay",
    whenSaid(({ object, to, type }, wire) =>
      type === "joined" && Number(object["head"]) - Number(to?.["after"]) === wire.limit("replay")
        ? [{ ...object, resumed: false }]
        : undefined
    )
  ),
  breaks(
    "DURABLE-5",
    "never-resumes",
    "never resumes",
    whenSaid(({ object, type }) =>
      type === "joined" && object["resumed"] === true ? [{ ...object, resumed: false }] : undefined
    )
  ),
  breaks(
    "DURABLE-6",
    "replays-99",
    "announces a replay of 99 entries",
    whenSaid(({ object, type }) =>
      type === "hello" ? [{ ...object, limits: { ...(object["limits"] as JsonObject), replay: 99 } }] : undefined
    )
  ),

  // Pages
  breaks(
    "HISTORY-1",
    "page-with-a-hole",
    "leaves out the second of three entries of a page",
    whenPaged((page) => {
      const entries = entriesOf(page)
      return entries.length < 3 ? undefined : { ...page.object, entries: entries.filter((_, index) => index !== 1) }
    })
  ),
  breaks(
    "HISTORY-1",
    "page-upside-down",
    "puts the newest entry of a page first when the page is read backwards",
    whenPaged((page) =>
      goesUp(page) || entriesOf(page).length < 2 ? undefined : { ...page.object, entries: entriesOf(page).toReversed() }
    )
  ),
  breaks(
    "HISTORY-1",
    "page-of-another-log",
    "names another epoch in pages than in joined",
    whenPaged(({ object }) => ({ ...object, epoch: "of-pages" }))
  ),
  breaks(
    "HISTORY-2",
    "before-and-with",
    "gives the entry of before, too",
    whenPageAsked((asked) =>
      Number.isSafeInteger(asked["before"]) && Number(asked["before"]) < 1_000
        ? { ...asked, before: Number(asked["before"]) + 1 }
        : undefined
    )
  ),
  breaks(
    "HISTORY-2",
    "oldest-first",
    "begins at the beginning when no cursor is given",
    whenPageAsked((asked) => ((asked["before"] ?? asked["after"]) === undefined ? { ...asked, after: 0 } : undefined))
  ),
  breaks(
    "HISTORY-3",
    "after-and-with",
    "gives the entry of after, too",
    whenPageAsked((asked) => (Number(asked["after"]) > 0 ? { ...asked, after: Number(asked["after"]) - 1 } : undefined))
  ),
  breaks(
    "HISTORY-3",
    "after-reads-the-newest",
    "fills a page for after from its end",
    whenPageAsked(({ after, ...asked }) =>
      after === undefined || asked["before"] !== undefined || Number(after) < 0 ? undefined : asked
    )
  ),
  breaks(
    "HISTORY-4",
    "one-too-few",
    "leaves room for one entry more",
    whenPaged((page) => (entriesOf(page).length < 2 ? undefined : shortened(page, entriesOf(page).length - 1)))
  ),
  breaks(
    "HISTORY-4",
    "half-a-line",
    "puts no more than 20,000 bytes into a page",
    whenPaged((page) =>
      page.text.length > bytesOfLine
        ? shortened(page, Math.max(1, Math.floor((entriesOf(page).length * bytesOfLine) / page.text.length)))
        : undefined
    )
  ),
  breaks(
    "HISTORY-5",
    "pages-never-say-more",
    "never says more of a page",
    whenPaged(({ object: { more, ...page } }) => (more === true ? page : undefined))
  ),
  breaks(
    "HISTORY-5",
    "pages-always-say-more",
    "says more of every page",
    whenPaged(({ object }) => (object["more"] === true ? undefined : { ...object, more: true }))
  ),
  breaks(
    "HISTORY-5",
    "more-upwards-only",
    "says more when entries follow above the page, whatever was asked for",
    whenPaged(({ object, ...page }) => {
      const last = Number(entriesOf({ object, ...page }).at(-1)?.["seq"] ?? object["head"])
      const more = last < Number(object["head"])
      return more === (object["more"] ?? false) ? undefined : { ...object, more }
    })
  ),
  breaks(
    "HISTORY-6",
    "takes-two-cursors",
    "takes before when there are both cursors",
    whenPageAsked(({ after, ...asked }) => (after !== undefined && asked["before"] !== undefined ? asked : undefined))
  ),
  breaks(
    "HISTORY-6",
    "takes-any-number",
    "takes a before or a limit of 0 for none",
    whenPageAsked((asked) => {
      const kept = Object.entries(asked).filter(([field, value]) => value !== 0 || field === "after")
      return kept.length < Object.keys(asked).length ? Object.fromEntries(kept) : undefined
    })
  ),
  breaks(
    "HISTORY-7",
    "everybody-reads",
    "answers history to whoever isn't in the room",
    whenSaid((said) => {
      const page = isRefusal(said, "not-joined") && said.to?.["type"] === "history" ? success(said.to) : undefined
      return page === undefined ? undefined : [page]
    })
  ),
  breaks(
    "HISTORY-8",
    "other-times",
    "gives the entries of pages another time",
    whenPaged((page) =>
      entriesOf(page).length === 0
        ? undefined
        : {
            ...page.object,
            entries: entriesOf(page).map((entry) => ({ ...entry, at: "2026-01-01T00:00:00.000Z" }))
          }
    )
  ),
  breaks("HISTORY-9", "pages-lag", "gives an entry to pages only when the next has come", () => {
    const heads = new Map<string, number>()
    return {
      reply: (said, wire) => {
        const room = String(said.object["room"])
        if (said.type === "sent") heads.set(room, Number(said.object["seq"]))
        const head = Number(said.object["head"])
        if (said.type !== "history" || head < 1 || head !== heads.get(room)) return undefined
        wire.hit()
        const entries = entriesOf(said).filter(({ seq }) => Number(seq) < head)
        return [{ ...said.object, head: head - 1, first: Math.min(Number(said.object["first"]), head), entries }]
      }
    }
  }),

  // What the core says of every request
  silent(pages),
  strict(pages),
  breaks(
    "JSON-5",
    "history-of-any-type",
    "takes a cursor or a limit that is no number for none",
    whenPageAsked((asked) => withNumbers(asked, (value) => (typeof value === "number" ? value : undefined)))
  ),
  breaks(
    "JSON-6",
    "history-rounds",
    "rounds cursors and limits",
    whenPageAsked((asked) =>
      withNumbers(asked, (value) =>
        typeof value === "number" ? Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER) : value
      )
    )
  ),
  ofAnyName(pages)
]

/** All of them stand before a server that keeps its logs. */
export const history = mutants.map((mutant): Mutant => ({ ...mutant, host: "durable" }))
