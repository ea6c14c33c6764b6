/**
 * A failure as a picture: one lane per client, the target between them, time downwards, an arrow for each object.
 *
 * @module
 */
import type { Story } from "../../history/story.ts"
import type { Transcript } from "../../wire/transcript.ts"
import { cut, labelOf } from "../label.ts"
import { rowsOf } from "../story.ts"
import { html, type Markup } from "./markup.ts"

/** One object, or a piece of one, or a note, on its way between a lane and the target. */
interface Arrow {
  /** When, or which in the order of time. */
  readonly at: string
  readonly lane: number
  readonly what: "sent" | "received" | "note"
  readonly label: string
  readonly text: string
}

/** What a picture shows of a test. */
export interface Pictured {
  readonly transcripts: ReadonlyArray<Transcript>
  /** The name of the lane in the middle. */
  readonly target: string
  /** What came instead of what was expected: its arrow is marked. */
  readonly got: string | undefined
}

// What doesn't fit is in the transcripts below the picture.
const shownFirst = 6
const shownLast = 26

const size = { time: 66, gap: 264, edge: 76, head: 44, row: 30, label: 33 } as const

/** Draws what the transcripts of a test hold. */
export const lanesFigure = ({ got, target, transcripts }: Pictured): Markup => {
  const arrows = arrowsOf(transcripts)
  const hidden = Math.max(0, arrows.length - shownFirst - shownLast)
  const shown = hidden === 0 ? arrows : [...arrows.slice(0, shownFirst), ...arrows.slice(-shownLast)]
  const names = transcripts.map(({ who }) => who)
  const summary = `${summaryOf(names, arrows, target)} The transcripts say the same as text.`
  return figure({ names, target, arrows: shown, marked: markedOf(shown, got), hidden, summary })
}

/** Draws the story of a history: all of it, for it is the least. */
export const storyFigure = (story: Story, target: string): Markup => {
  const rows = rowsOf(story, "the connection breaks")
  const arrows = rows.map(({ label, lane, text, what }, nth): Arrow => ({ at: `${nth + 1}`, lane, what, label, text }))
  const names = story.lanes.map(({ who }) => who)
  const summary = `${summaryOf(names, arrows, target)} The text below says the same.`
  return figure({ names, target, arrows, marked: rows.findIndex(({ isMarked }) => isMarked), hidden: 0, summary })
}

interface Figure {
  readonly names: ReadonlyArray<string>
  readonly target: string
  readonly arrows: ReadonlyArray<Arrow>
  /** Which arrow is what was complained of; -1 for none. */
  readonly marked: number
  /** How many arrows were left out after the first few. */
  readonly hidden: number
  readonly summary: string
}

const figure = ({ arrows, hidden, marked, names, summary, target }: Figure): Markup => {
  const gapRow = hidden === 0 ? Infinity : shownFirst
  const places = placesOf(names.length)
  const width = Math.max(...places.clients, places.target) + size.edge
  const rows = arrows.length + (hidden === 0 ? 0 : 1)
  const height = size.head + rows * size.row + 16
  const yOf = (row: number) => size.head + (row >= gapRow ? row + 1 : row) * size.row + 22
  return html`<svg class="lanes" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-label="${summary}">
<g aria-hidden="true">
${names.map((who, nth) => laneMarkup(who, places.clients[nth]!, height, "lane"))}
${laneMarkup(target, places.target, height, "lane target")}
${hidden > 0 && html`<text class="gap" x="${size.time}" y="${size.head + gapRow * size.row + 22}">… ${hidden} more, in the transcripts below …</text>`}
${arrows.map((arrow, row) => arrowMarkup(arrow, row === marked, places.clients[arrow.lane]!, places.target, yOf(row)))}
</g>
</svg>`
}

const summaryOf = (names: ReadonlyArray<string>, arrows: ReadonlyArray<Arrow>, target: string): string => {
  const count = (what: Arrow["what"]) => arrows.filter((arrow) => arrow.what === what).length
  return `Diagram: lanes for ${names.join(", ")} and ${target}; ${count("sent")} arrows to it and ${count("received")} from it.`
}

/** The target stands between its clients, so that few arrows cross a lane. */
const placesOf = (clients: number): { readonly clients: ReadonlyArray<number>; readonly target: number } => {
  const left = Math.ceil(clients / 2)
  const xOf = (nth: number) => size.time + size.edge + nth * size.gap
  return {
    clients: Array.from({ length: clients }, (_, nth) => xOf(nth < left ? nth : nth + 1)),
    target: xOf(left)
  }
}

const laneMarkup = (name: string, x: number, height: number, kind: string): Markup =>
  html`<g class="${kind}"><line x1="${x}" x2="${x}" y1="${size.head - 10}" y2="${height}"/><rect x="${x - 64}" y="4" width="128" height="26" rx="6"/><text x="${x}" y="21">${cut(name, 16)}</text></g>
`

const arrowMarkup = (arrow: Arrow, marked: boolean, lane: number, target: number, y: number): Markup => {
  const side = target > lane ? 1 : -1
  const classes = `${arrow.what}${marked ? " marked" : ""}`
  const time = html`<text class="time" x="${size.time - 12}" y="${y}">${arrow.at}</text>`
  const label = `${marked ? "✗ " : ""}${cut(arrow.label, size.label)}`
  if (arrow.what === "note") {
    return html`<g class="${classes}"><title>${arrow.text}</title>${time}<circle cx="${lane}" cy="${y - 4}" r="4"/><text class="beside" x="${lane + side * 12}" y="${y}" text-anchor="${side > 0 ? "start" : "end"}">${label}</text></g>
`
  }
  const [from, to] = arrow.what === "sent" ? [lane, target] : [target, lane]
  const way = to > from ? 1 : -1
  return html`<g class="${classes}"><title>${arrow.text}</title>${time}<line x1="${from}" x2="${to - way * 9}" y1="${y}" y2="${y}"/><path d="M${to - way} ${y} l${-way * 10} -5 v10 z"/><text x="${lane + side * (size.gap / 2)}" y="${y - 6}">${label}</text></g>
`
}

/** The last thing that came and holds what was complained of. */
const markedOf = (arrows: ReadonlyArray<Arrow>, got: string | undefined): number =>
  got?.startsWith("{") === true
    ? arrows.findLastIndex(({ text, what }) => what === "received" && text.includes(got))
    : -1

// ---------------------------------------------------------------------------------------------------------------------
// From chunks to arrows
// ---------------------------------------------------------------------------------------------------------------------

const arrowsOf = (transcripts: ReadonlyArray<Transcript>): ReadonlyArray<Arrow> =>
  transcripts
    .flatMap(({ moments }, lane) =>
      moments.flatMap(({ at, text, what }) =>
        (what === "note" ? [text] : linesOf(text)).map((line) => ({
          at,
          lane,
          what,
          text: line,
          label: what === "note" ? line : labelIn(line)
        }))
      )
    )
    .toSorted((one, other) => one.at - other.at)
    .map((arrow): Arrow => ({ ...arrow, at: `${arrow.at} ms` }))

/** The lines of a chunk, in which line ends are written `\n`. */
const linesOf = (chunk: string): ReadonlyArray<string> =>
  chunk.split(/(?<=\})(?:\\r)?\\n/u).filter((line) => line !== "")

/** An object in a few words; a line that is none, or that was cut, as it is. */
const labelIn = (line: string): string => {
  const object = objectIn(line)
  if (object !== undefined) return labelOf(object)
  const type = /^\{"type":"([a-z-]+)"/u.exec(line)?.[1]
  return type === undefined ? line : `${type} …`
}

const objectIn = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null && "type" in value
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
