/**
 * The screen: rooms to the left, the log, people to the right, a bar that says how things are, and the line being typed.
 *
 * @module
 */
import type { RoomSnapshot, RoomSummary } from "@tertulia/client/chat"
import { personIn } from "@tertulia/client/chat"
import { Box, Text, useCursor, useInput, usePaste, useWindowSize } from "ink"
import { createElement as h, type ReactElement, useSyncExternalStore } from "react"
import type { Desk, Picture } from "./desk.ts"
import { type Editor, layOut } from "./editor.ts"
import { look } from "./feed.ts"
import { keysOf } from "./keys.ts"
import { fill, fit, oneRow, pad, type Row, rowWidth, type Span, span, widthOf, wrap } from "./text.ts"
import { lookOfNick, type Theme, themeOf } from "./theme.ts"

/** How the screen is divided. */
interface Plan {
  readonly rooms: number
  readonly people: number
  readonly log: number
  readonly height: number
  readonly input: number
  readonly wire: number
}

const tallestInput = 6

const planOf = (columns: number, rows: number, inputRows: number, isWireShown: boolean): Plan => {
  const rooms = columns >= 100 ? 22 : columns >= 70 ? 16 : 0
  const people = columns >= 110 ? 20 : 0
  const input = Math.max(1, Math.min(inputRows, tallestInput, rows - 4))
  const height = Math.max(1, rows - input - 2)
  const log = columns - (rooms > 0 ? rooms + 2 : 0) - (people > 0 ? people + 2 : 0)
  return { rooms, people, log, height, input, wire: isWireShown ? Math.max(2, Math.floor(height / 2)) : 0 }
}

/** Exactly so many rows, the last ones at the bottom. */
const column = (rows: ReadonlyArray<Row>, width: number, height: number): ReadonlyArray<Row> => {
  const shown = rows.slice(0, height).map((row) => fill(row, width))
  return [...shown, ...Array.from({ length: height - shown.length }, () => [span(" ".repeat(width))])]
}

// --- the parts ---

const roomRows = (
  summaries: ReadonlyArray<RoomSummary>,
  { current }: Picture,
  desk: Desk,
  width: number
): ReadonlyArray<Row> =>
  summaries.map(({ isIn, mentions, name, unread }, index) => {
    const isHere = name === current
    const count = mentions > 0 ? `${mentions}@` : unread > 0 ? String(unread) : ""
    const number = index < 9 ? `${index + 1} ` : "  "
    const person = name.startsWith("@") ? desk.chat.person(name.slice(1)) : undefined
    const dot = person === undefined ? "" : `${dotOf(person.status).text} `
    const text = pad(number + dot + name, width - widthOf(count) - 1)
    if (isHere) return [span(`${text} ${count}`, "bar")]
    const weight = mentions > 0 ? "mention" : unread > 0 ? "bold" : isIn || name.startsWith("@") ? "plain" : "dim"
    return [span(`${text} `, weight === "mention" ? "bold" : weight), span(count, weight)]
  })

const dotOf = (status: string): Span => {
  switch (status) {
    case "active":
      return span("●", "good")
    case "busy":
      return span("◆", "bad")
    case "away":
      return span("◐", "warn")
    case "idle":
      return span("○", "warn")
    default:
      return span("·", "dim")
  }
}

const peopleRows = (room: RoomSnapshot | undefined, desk: Desk, width: number, height: number): ReadonlyArray<Row> => {
  if (room === undefined) return []
  const view = desk.chat.view.get()
  const { words } = desk
  const shown = room.members.slice(0, room.members.length > height - 1 ? height - 2 : height - 1)
  const rows = shown.map((nick): Row => {
    const person = personIn(view, nick)
    const isTyping = room.typing.includes(nick)
    const word = isTyping
      ? " …"
      : person === undefined || person.status === "active"
        ? ""
        : ` ${words.statuses[person.status]}`
    const name = fit(nick, Math.max(4, width - widthOf(word) - 2))
    return [dotOf(person?.status ?? ""), span(` ${name}`, lookOfNick(nick)), span(word, "dim")]
  })
  const rest = room.members.length - shown.length
  const head: Row = [span(fit(words.people(room.members.length), width), "dim")]
  return [head, ...rows, ...(rest > 0 ? [[span(`  +${rest}`, "dim")]] : [])]
}

/** What is special about a room, and about oneself in it. */
const standingOf = ({ isMuted, kind, role, slow }: RoomSnapshot["standing"], { words }: Desk): string => {
  const all = [
    ...(kind === "public" ? [] : [words.kinds[kind]]),
    ...(role === "member" ? [] : [words.roles[role]]),
    ...(slow === 0 ? [] : [`${slow} s`]),
    ...(isMuted ? [words.muted] : [])
  ]
  return all.length === 0 ? "" : ` [${all.join(", ")}]`
}

const titleRow = (
  room: RoomSnapshot | undefined,
  { current }: Picture,
  desk: Desk,
  plan: Plan,
  columns: number
): Row => {
  const count =
    room === undefined || room.isDirect || plan.people > 0 ? "" : ` ${desk.words.people(room.members.length)} `
  const standing = room === undefined || room.isDirect ? "" : standingOf(room.standing, desk)
  const topic = room?.topic === undefined || room.topic === "" ? "" : `  ${oneRow(room.topic)}`
  return [span(pad(` ${current ?? "tertulia"}${standing}${topic}`, columns - widthOf(count)) + count, "bar")]
}

/** How the connection is, in words. */
const stateSpan = ({ now }: Picture, desk: Desk): Span => {
  const state = desk.chat.state.get()
  const { words } = desk
  switch (state._tag) {
    case "Connecting":
      return span(words.connecting, "warn")
    case "CatchingUp":
      return span(words.catchingUp, "warn")
    case "Live":
      return span(words.live, "good")
    case "Offline":
      return span(
        `${words.offline}: ${
          state.again === undefined ? words.gaveUp : words.again(Math.max(0, Math.ceil((state.again - now) / 1000)))
        }`,
        "bad"
      )
  }
}

const statusRow = (room: RoomSnapshot | undefined, picture: Picture, desk: Desk, plan: Plan, columns: number): Row => {
  const { words } = desk
  const state = stateSpan(picture, desk)
  const me = desk.chat.person(desk.me())
  const own = me === undefined || me.status === "active" ? "" : ` (${words.statuses[me.status]})`
  const isLive = desk.chat.state.get()._tag === "Live"
  const latency = picture.latency === undefined || columns < 60 || !isLive ? "" : ` ${picture.latency} ms`
  const left: Row = [
    span(" "),
    span(desk.me(), lookOfNick(desk.me())),
    span(own, "warn"),
    span(" · ", "dim"),
    state,
    span(latency, "dim")
  ]
  const elsewhere = desk.chat.rooms
    .get()
    .filter(({ name, unread }) => unread > 0 && name !== picture.current && plan.rooms === 0)
    .map(({ mentions, name, unread }) =>
      span(` ${name} ${mentions > 0 ? `${mentions}@` : unread}`, mentions > 0 ? "mention" : "bold")
    )
  const typing = (room?.typing ?? []).filter((nick) => nick !== desk.me() && !picture.ignored.has(nick))
  const middle: Row =
    picture.hint !== undefined
      ? [span(picture.hint, "warn")]
      : picture.anchor !== undefined
        ? [
            span(
              picture.newBelow > 0 ? words.newBelow(picture.newBelow) : words.below,
              picture.newBelow > 0 ? "warn" : "dim"
            )
          ]
        : typing.length > 0
          ? [span(words.typing(typing), "dim")]
          : []
  const row: Row = [...left, ...elsewhere, ...(middle.length > 0 ? [span(" · ", "dim"), ...middle] : [])]
  if (rowWidth(row) <= columns || middle.length === 0) return row
  // What one is told now goes before how things are in general.
  return [span(" "), ...middle]
}

const wireRows = (picture: Picture, width: number, height: number, title: string): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  const lines = picture.wire ?? []
  for (let index = lines.length - 1; index >= 0 && rows.length < height - 1; index--) {
    const { direction, line } = lines[index]!
    const isSent = direction === "sent"
    const own = wrap(
      [span(isSent ? "→\u00a0" : "←\u00a0", isSent ? "accent" : "good"), span(line.slice(0, 1_000), "dim")],
      width
    )
    rows.unshift(...own.slice(0, Math.max(1, height - 1)))
  }
  const head = ` ${title} `
  const rule: Row = [span(`──${head}${"─".repeat(Math.max(0, width - widthOf(head) - 2))}`, "accent")]
  return [rule, ...rows.slice(-(height - 1))]
}

const emptyRows = (text: string, width: number, height: number): ReadonlyArray<Row> => {
  const rows = wrap([span(text, "dim")], Math.max(4, Math.min(60, width - 4)))
  const top = Math.max(0, Math.floor((height - rows.length) / 2))
  return [
    ...Array.from({ length: top }, (): Row => []),
    ...rows.map((row): Row => [span(" ".repeat(Math.max(0, Math.floor((width - rowWidth(row)) / 2)))), ...row])
  ]
}

const logRows = (room: RoomSnapshot | undefined, picture: Picture, desk: Desk, plan: Plan): ReadonlyArray<Row> => {
  const { log: width } = plan
  const height = plan.height - plan.wire
  const items = desk.items()
  if (items.length === 0) {
    const isKnown = room !== undefined && (room.isIn || room.isDirect)
    const text = picture.current === undefined ? desk.words.noRoom : isKnown ? desk.words.empty : ""
    return column(emptyRows(text, width, height), width, height)
  }
  const { rows } = look(items, picture.anchor, height, desk.frame())
  const above = Array.from({ length: Math.max(0, height - rows.length) }, (): Row => [span(" ".repeat(width))])
  return [...above, ...rows.map((row) => fill(row, width))]
}

// --- all of it ---

const block = (rows: ReadonlyArray<Row>, theme: Theme, width: number, key: string): ReactElement =>
  h(
    Box,
    { key, width, height: rows.length, flexShrink: 0 },
    h(Text, { wrap: "truncate" }, rows.map((row) => theme.paint(row)).join("\n"))
  )

const rule = (height: number, theme: Theme, key: string): ReactElement =>
  block(
    Array.from({ length: height }, () => [span("│ ", "dim")]),
    theme,
    2,
    key
  )

/** As long as what was typed, and nothing of it. */
const hidden = (editor: Editor): Editor => ({ ...editor, letters: editor.letters.map(() => "•") })

/** The screen of a desk. */
export const App = ({ desk, hasColour }: { readonly desk: Desk; readonly hasColour: boolean }): ReactElement => {
  const picture = useSyncExternalStore(desk.subscribe, desk.get)
  const theme = themeOf(picture.theme, hasColour)
  const { columns, rows } = useWindowSize()
  const { setCursorPosition } = useCursor()
  useInput((input, key) => {
    for (const each of keysOf(input, key)) desk.press(each)
  })
  usePaste((text) => desk.paste(text))

  const room = desk.here()
  const { asking } = picture
  const prompt = asking?.question ?? (columns >= 50 ? `${fit(picture.current ?? "", 20)} › ` : "› ")
  const inputWidth = Math.max(2, columns - widthOf(prompt) - 1)
  const { rows: lines, x, y } = layOut(asking === undefined ? picture.editor : hidden(asking.editor), inputWidth)
  const plan = planOf(columns, rows, lines.length, picture.wire !== undefined)
  desk.measure(plan.log, plan.height - plan.wire)
  const firstLine = Math.max(0, Math.min(y - plan.input + 1, lines.length - plan.input))
  const from = y < firstLine ? y : firstLine

  if (columns < 20 || rows < 6) {
    setCursorPosition(undefined)
    return h(Text, { wrap: "truncate" }, desk.words.tooSmall)
  }
  setCursorPosition({ x: widthOf(prompt) + x, y: 1 + plan.height + 1 + y - from })
  const input = lines.slice(from, from + plan.input).map((text, index): Row => {
    const isFirst = from + index === 0
    return [span(isFirst ? prompt : " ".repeat(widthOf(prompt)), "accent"), span(text)]
  })
  const middle = [
    ...logRows(room, picture, desk, plan),
    ...(plan.wire > 0 ? column(wireRows(picture, plan.log, plan.wire, desk.words.wire), plan.log, plan.wire) : [])
  ]
  const sides = {
    rooms: column(roomRows(desk.chat.rooms.get(), picture, desk, plan.rooms), plan.rooms, plan.height),
    people: column(peopleRows(room, desk, plan.people, plan.height), plan.people, plan.height)
  }
  return h(
    Box,
    { flexDirection: "column", width: columns, height: rows },
    block([fill(titleRow(room, picture, desk, plan, columns), columns, "bar")], theme, columns, "title"),
    h(
      Box,
      { key: "middle", height: plan.height, flexShrink: 0 },
      ...(plan.rooms > 0 ? [block(sides.rooms, theme, plan.rooms, "rooms"), rule(plan.height, theme, "left")] : []),
      block(middle, theme, plan.log, "log"),
      ...(plan.people > 0 ? [rule(plan.height, theme, "right"), block(sides.people, theme, plan.people, "people")] : [])
    ),
    block([fill(statusRow(room, picture, desk, plan, columns), columns)], theme, columns, "status"),
    block(input, theme, columns, "input")
  )
}
