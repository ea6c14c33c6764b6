/**
 * The log of a room as rows of the screen: only those that are looked at are made, from the last one up.
 *
 * @module
 */
import { deedWords, type MessageLine, type RoomSnapshot, type ViewLine, type WaitingLine } from "@tertulia/client/chat"
import { fit, oneRow, type Row, rowWidth, type Span, span, widthOf, wrap } from "./text.ts"
import { lookOfNick } from "./theme.ts"
import type { Language, Words } from "./words.ts"

/** Something that the client itself says, at its place in the log. */
export interface Notice {
  readonly _tag: "Notice"
  readonly id: string
  readonly at: number
  /** Behind the entry with this number. */
  readonly after: number
  readonly rows: ReadonlyArray<ReadonlyArray<Span>>
  /** Whether it is a table, which takes the whole width. */
  readonly isTable: boolean
}

/** What a feed is made of. */
export type Item = ViewLine | WaitingLine | Notice

/** How a feed is looked at. */
export interface Frame {
  readonly width: number
  readonly words: Words
  readonly language: Language
  readonly nick: string
  readonly isLive: boolean
  /** What came after this entry is new; undefined for nothing. */
  readonly marker: number | undefined
  readonly selected: number | undefined
  readonly ignored: ReadonlySet<string>
  /** What stands above all that is there. */
  readonly top: string
  readonly lineOf: (seq: number) => ViewLine | undefined
}

/** The number of an entry, or of the one before; undefined for what isn't in the log yet. */
export const seqOf = (item: Item | undefined): number | undefined => {
  switch (item?._tag) {
    case "Message":
    case "Topic":
    case "Deed":
      return item.seq
    case "Gone":
      return item.to
    case "Notice":
      return item.after
    default:
      return undefined
  }
}

const merges = new WeakMap<RoomSnapshot["entries"], { notices: ReadonlyArray<Notice>; items: ReadonlyArray<Item> }>()

/** The log with what the client has said in between. */
export const itemsOf = (entries: RoomSnapshot["entries"], notices: ReadonlyArray<Notice>): ReadonlyArray<Item> => {
  if (notices.length === 0) return entries
  const before = merges.get(entries)
  if (before?.notices === notices) return before.items
  const items: Array<Item> = []
  let next = 0
  for (const entry of entries) {
    const seq = seqOf(entry) ?? Number.POSITIVE_INFINITY
    while (next < notices.length && notices[next]!.after < seq) items.push(notices[next++]!)
    items.push(entry)
  }
  items.push(...notices.slice(next))
  merges.set(entries, { notices, items })
  return items
}

const days = new WeakMap<object, string>()

const dayOf = (item: Item): string | undefined => {
  if (item._tag === "Gone" || item._tag === "Waiting") return undefined
  const known = days.get(item)
  if (known !== undefined) return known
  const day = new Date(item.at).toDateString()
  days.set(item, day)
  return day
}

const clockOf = (at: string | number): string => {
  const time = new Date(at)
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":")
}

const rules = (text: string, width: number, look: Span["look"]): Row => {
  const label = ` ${fit(text, width - 4)} `
  const left = Math.max(0, Math.floor((width - widthOf(label)) / 2))
  const right = Math.max(0, width - left - widthOf(label))
  return [span("─".repeat(left) + label + "─".repeat(right), look)]
}

/** Below this width, nicks have no column of their own. */
const narrow = 56
const nickColumn = (width: number) => (width >= 90 ? 14 : 10)

interface Column {
  readonly head: Row
  readonly next: Row
  readonly width: number
}

/** Where the text of somebody begins: behind their nick, under one another. */
const columnOf = (time: string, nick: Span, width: number): Column => {
  if (width < narrow) {
    const name = fit(nick.text, Math.max(4, Math.floor(width / 3)))
    return {
      head: [span(`${time} `, "dim"), span(name, nick.look), span(": ", "dim")],
      next: [span("  ", "dim")],
      width
    }
  }
  const column = nickColumn(width)
  const name = fit(nick.text, column)
  return {
    head: [span(`${time} ${" ".repeat(column - widthOf(name))}`, "dim"), span(name, nick.look), span(" │ ", "dim")],
    next: [span(" ".repeat(column + 6)), span(" │ ", "dim")],
    width
  }
}

/** The rows of a text in its column. */
const inColumn = (column: Column, spans: ReadonlyArray<Span>): ReadonlyArray<Row> => {
  const used = rowWidth(column.head)
  const under = rowWidth(column.next)
  if (used === under) {
    return wrap(spans, Math.max(4, column.width - used)).map((row, index) => [
      ...(index === 0 ? column.head : column.next),
      ...row
    ])
  }
  // The first row is shorter than those that follow.
  const [first = [], ...rest] = wrap(
    [span("\u00a0".repeat(used - under), "bar"), ...spans],
    Math.max(4, column.width - under)
  )
  return [[...column.head, ...first.slice(1)], ...rest.map((row) => [...column.next, ...row])]
}

/** What is special in a text: a mention, or a link without the full stop behind it. */
const special = /(@[\p{L}\p{N}_-]+|https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/u

const spansOf = (text: string, mentions: ReadonlyArray<string>, nick: string): ReadonlyArray<Span> =>
  text
    .split(special)
    .filter((part) => part !== "")
    .map((part) => {
      // Written out, a link is plain ASCII.
      if (/^https?:/u.test(part) && URL.canParse(part)) return { ...span(part, "accent"), link: new URL(part).href }
      const name = part.startsWith("@") ? part.slice(1).toLowerCase() : undefined
      if (name === undefined || !mentions.includes(name)) return span(part)
      return span(part, name === nick ? "mention" : lookOfNick(name))
    })

const messageRows = (line: MessageLine, frame: Frame): ReadonlyArray<Row> => {
  const { ignored, lineOf, nick, selected, width, words } = frame
  if (ignored.has(line.from)) return []
  const name = span(line.from, line.mentionsMe ? "mention" : lookOfNick(line.from))
  const column = columnOf(clockOf(line.at), name, width)
  const quoted = line.replyTo === undefined ? [] : [quote(lineOf(line.replyTo), line.replyTo, words)]
  const under = (row: Row): Row => [...column.next, ...row]
  const inner = Math.max(4, width - rowWidth(column.next))
  const spans =
    line.text === undefined
      ? [span(`(${words.deleted})`, "dim")]
      : [...spansOf(line.text, line.mentions, nick), ...(line.isEdited ? [span(` (${words.edited})`, "dim")] : [])]
  const reactions =
    line.reactions.length === 0
      ? []
      : wrap(
          line.reactions.map(({ count, isMine, reaction }) =>
            span(`${oneRow(reaction)} ${count}  `, isMine ? "accent" : "dim")
          ),
          inner
        ).map(under)
  const text =
    quoted.length === 0
      ? inColumn(column, spans)
      : [
          [...column.head, span(fit(quoted[0]!, Math.max(4, width - rowWidth(column.head))), "dim")],
          ...wrap(spans, inner).map(under)
        ]
  const rows = [...text, ...reactions]
  return selected === line.seq ? rows.map((row) => row.map(({ text }) => span(text, "selected"))) : rows
}

const quote = (line: ViewLine | undefined, seq: number, words: Words): string => {
  if (line === undefined || line._tag === "Gone" || line._tag === "Deed") return `↳ ${seq}`
  return `↳ ${line.from}: ${line.text === undefined ? `(${words.deleted})` : oneRow(line.text)}`
}

const waitingRows = (line: WaitingLine, { isLive, nick, width, words }: Frame): ReadonlyArray<Row> => {
  const column = columnOf("  …  ", span(nick, lookOfNick(nick)), width)
  const mark =
    line.status === "pending"
      ? span(` (${isLive ? words.pending : words.queued})`, "dim")
      : line.status === "failed"
        ? span(` (${words.failed(line.why === undefined ? "" : words.refused(line.why))})`, "bad")
        : span(` (${words.unknown})`, "warn")
  return inColumn(column, [span(line.text, line.status === "pending" ? "dim" : "plain"), mark])
}

const remark = (time: string, spans: ReadonlyArray<Span>, width: number): ReadonlyArray<Row> =>
  inColumn(columnOf(time, span("*", "dim"), width), spans)

/** A row of a table: what is too long for its last column goes on under it. */
const tableRow = (spans: ReadonlyArray<Span>, width: number): ReadonlyArray<Row> => {
  const head = spans.slice(0, -1)
  const used = rowWidth(head)
  if (used + 16 > width - 2)
    return wrap(spans, width - 4).map((row, index) => [span(index === 0 ? "  " : "    "), ...row])
  return wrap(spans.slice(-1), width - 2 - used).map((row, index) => [
    span("  "),
    ...(index === 0 ? head : [span(" ".repeat(used))]),
    ...row
  ])
}

const bodyOf = (item: Item, frame: Frame): ReadonlyArray<Row> => {
  const { width, words } = frame
  switch (item._tag) {
    case "Message":
      return messageRows(item, frame)
    case "Waiting":
      return waitingRows(item, frame)
    case "Topic":
      return remark(clockOf(item.at), [span(words.topic(item.from, item.text), "dim")], width)
    case "Deed":
      return remark(clockOf(item.at), [span(deedWords[frame.language](item.deed), "dim")], width)
    case "Gone":
      return [rules(words.gone(item.from, item.to, item.isForever), width, "warn")]
    case "Notice":
      if (item.isTable) return item.rows.flatMap((spans) => tableRow(spans, width))
      return item.rows.flatMap((spans, index) => remark(index === 0 ? clockOf(item.at) : "     ", spans, width))
  }
}

const dayLine = (item: Item, { language, width }: Frame): Row => {
  const at = "at" in item ? new Date(item.at) : new Date()
  const options = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const
  return rules(at.toLocaleDateString(language === "es" ? "es" : "en-GB", options), width, "dim")
}

const made = new WeakMap<object, { readonly frame: string; readonly rows: ReadonlyArray<Row> }>()

/** What the rows of an item hang on, besides itself. */
const keyOf = (item: Item, before: Item | undefined, frame: Frame): string => {
  const { ignored, isLive, language, nick, selected, width } = frame
  const own = item._tag === "Message" ? [selected === item.seq, ignored.has(item.from)] : [isLive]
  const quoted = item._tag === "Message" && item.replyTo !== undefined ? frame.lineOf(item.replyTo) : undefined
  const answered = quoted?._tag === "Message" ? (quoted.text ?? "-") : ""
  const top = before === undefined ? frame.top : ""
  return [width, language, nick, top, isNewDay(item, before), isMarked(item, before, frame), ...own, answered].join(" ")
}

const isNewDay = (item: Item, before: Item | undefined): boolean => {
  const day = dayOf(item)
  return day !== undefined && (before === undefined || dayOf(before) !== day)
}

const isMarked = (item: Item, before: Item | undefined, { marker }: Frame): boolean => {
  if (marker === undefined || item._tag !== "Message" || item.seq <= marker) return false
  const previous = seqOf(before)
  return previous === undefined || previous <= marker
}

/** The rows of an item, with the lines that stand before it. */
export const rowsOfItem = (item: Item, before: Item | undefined, frame: Frame): ReadonlyArray<Row> => {
  const key = keyOf(item, before, frame)
  const known = made.get(item)
  if (known?.frame === key) return known.rows
  const rows = [
    ...(before === undefined ? wrap([span(frame.top, "dim")], frame.width) : []),
    ...(isNewDay(item, before) ? [dayLine(item, frame)] : []),
    ...(isMarked(item, before, frame) ? [rules(frame.words.newHere, frame.width, "bad")] : []),
    ...bodyOf(item, frame)
  ]
  made.set(item, { frame: key, rows })
  return rows
}

/** Where one looks: so many rows of an item are below the last row that is shown. */
export interface Anchor {
  readonly id: string
  readonly below: number
}

/** The rows that fit, the last one at the anchor; and where that is. */
export interface Window {
  readonly rows: ReadonlyArray<Row>
  /** Whether the first row of all is among them. */
  readonly isTop: boolean
  readonly isBottom: boolean
  readonly index: number
}

const indexOfAnchor = (items: ReadonlyArray<Item>, anchor: Anchor | undefined): number => {
  if (anchor === undefined) return items.length - 1
  const index = items.findLastIndex(({ id }) => id === anchor.id)
  return index < 0 ? items.length - 1 : index
}

/** Looks at a feed. */
export const look = (items: ReadonlyArray<Item>, anchor: Anchor | undefined, height: number, frame: Frame): Window => {
  const last = indexOfAnchor(items, anchor)
  const rows: Array<Row> = []
  let index = last
  for (; index >= 0 && rows.length < height; index--) {
    const all = rowsOfItem(items[index]!, items[index - 1], frame)
    const cut = index === last && anchor !== undefined && anchor.id === items[last]?.id ? anchor.below : 0
    const shown = all.slice(0, Math.max(0, all.length - cut))
    for (let row = shown.length - 1; row >= 0 && rows.length < height; row--) rows.unshift(shown[row]!)
  }
  return { rows, isTop: index < 0, isBottom: anchor === undefined, index: last }
}

/** Another place to look at, so many rows up or, below zero, down; undefined for the end. */
export const scrolled = (
  items: ReadonlyArray<Item>,
  anchor: Anchor | undefined,
  by: number,
  height: number,
  frame: Frame
): Anchor | undefined => {
  let index = indexOfAnchor(items, anchor)
  let below = (anchor?.id === items[index]?.id ? (anchor?.below ?? 0) : 0) + by
  const countOf = (at: number) => rowsOfItem(items[at]!, items[at - 1], frame).length
  while (index >= 0 && below >= countOf(index)) {
    if (index === 0) return topOf(items, height, frame)
    below -= countOf(index)
    index--
  }
  while (below < 0) {
    if (index >= items.length - 1) return undefined
    index++
    below += countOf(index)
  }
  if (index >= items.length - 1 && below <= 0) return undefined
  const next = { id: items[index]!.id, below }
  return by > 0 && look(items, next, height, frame).rows.length < height ? topOf(items, height, frame) : next
}

/** The place where the first row of all is the first on the screen. */
const topOf = (items: ReadonlyArray<Item>, height: number, frame: Frame): Anchor | undefined => {
  let rows = 0
  for (let index = 0; index < items.length; index++) {
    const count = rowsOfItem(items[index]!, items[index - 1], frame).length
    if (rows + count >= height) return { id: items[index]!.id, below: rows + count - height }
    rows += count
  }
  return undefined
}
