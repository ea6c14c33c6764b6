/**
 * What a person sees of the traffic through a proxy: each line, shortened; who broke what; and what it came to.
 *
 * @module
 */
import { type JsonObject, type Line, notUtf8 } from "@tertulia/protocol"
import type { Language } from "../lang/language.ts"
import { phrasesOf } from "../lang/spoken.ts"
import type { Happening, Side } from "../proxy/happening.ts"
import type { Replayed } from "../proxy/replay.ts"
import { type Found, nameOf, type Summary, type Watcher } from "../proxy/traffic.ts"
import { labelled, type Style, wrap } from "./style.ts"
import { visible } from "./visible.ts"

const arrows = { client: ">", server: "<" } as const
// Where the output is no terminal.
const longest = 200

/** One line of one side. */
const trafficLine = (
  style: Style,
  at: number,
  connection: number,
  nick: string | undefined,
  from: Side,
  line: Line
): string => {
  const text = line === notUtf8 ? style.words.traffic.notUtf8 : visible(line)
  const paint = from === "client" ? style.bold : (same: string) => same
  return shortened(style, `${head(at, connection, nick)} ${arrows[from]} `, text, paint)
}

/** What else happened on a connection. */
const eventLine = (
  style: Style,
  happening: Exclude<Happening, { readonly event: "chunk" }>,
  nick: string | undefined
): string =>
  shortened(style, `${head(happening.at, happening.connection, nick)} - `, eventText(style, happening), style.dim)

const eventText = ({ words }: Style, happening: Exclude<Happening, { readonly event: "chunk" }>): string => {
  switch (happening.event) {
    case "opened":
      return words.traffic.opened(happening.peer)
    case "unreachable":
      return words.traffic.unreachable(visible(happening.reason))
    case "ended":
    case "reset":
      return words.traffic[happening.event](happening.from)
    case "closed":
      return words.traffic.closed
  }
}

const head = (at: number, connection: number, nick: string | undefined): string =>
  `${(at / 1_000).toFixed(3).padStart(9)} ${nameOf(connection, nick).padEnd(10)}`

const shortened = (style: Style, head: string, text: string, paint: (text: string) => string): string => {
  const room = Math.min(style.width, longest) - head.length
  return `${style.dim(head)}${paint(text.length > room ? `${text.slice(0, room - 3)}...` : text)}`
}

/** Who broke what, with the sentence and the evidence. */
const foundLines = (style: Style, lang: Language, found: Found): string => {
  const { connection, evidence, nick, requirement, side } = found
  const { labels, traffic } = style.words
  const isBinding = requirement.level === "MUST"
  const say = (text: string) => visible(phrasesOf(lang).of(text))
  const paint = isBinding ? style.red : style.yellow
  return [
    paint(style.bold(wrap(traffic.accused(side, isBinding, connection, nick), style.width).join("\n"))),
    labelled(style, requirement.id, requirement.text),
    style.dim(labelled(style, "", requirement.link)),
    ...(evidence.sent === undefined ? [] : [labelled(style, labels.sent, say(evidence.sent))]),
    labelled(style, labels.expected, say(evidence.expected)),
    labelled(style, labels.got, say(evidence.got))
  ].join("\n")
}

// More would hide what it came to.
const mostDifferences = 20

/** How a replay differs from what was recorded. */
export const replayedLines = (style: Style, { answers, differences, notAwaited }: Replayed): string => {
  const { nothing, ...words } = style.words.replay
  const show = (answer: JsonObject | undefined) => (answer === undefined ? nothing : visible(JSON.stringify(answer)))
  return [
    ...differences
      .slice(0, mostDifferences)
      .map(({ connection, now, nth, recorded }) =>
        [
          style.yellow(style.bold(words.differs(connection, nth))),
          labelled(style, words.labels.recorded, show(recorded)),
          labelled(style, words.labels.now, show(now))
        ].join("\n")
      ),
    words.replies(answers, differences.length),
    ...(notAwaited === 0 ? [] : [words.notAwaited(notAwaited)])
  ].join("\n")
}

/** What it came to. */
export const summaryLines = (style: Style, { connections, found, leftOut, lines }: Summary): string => {
  const { traffic } = style.words
  const brokenBy = (side: Side) => [
    ...new Set(found.filter((one) => one.side === side && one.requirement.level === "MUST").map(({ id }) => id))
  ]
  const broken = (["server", "client"] as const).filter((side) => brokenBy(side).length > 0)
  const write = (text: string) => wrap(text, style.width).join("\n")
  return [
    write(traffic.seen(connections, lines)),
    ...(leftOut === 0 ? [] : [write(traffic.leftOut(leftOut))]),
    ...broken.map((side) => style.red(style.bold(write(traffic.broken(side, brokenBy(side).toSorted()))))),
    ...(broken.length === 0 ? [style.green(style.bold(write(traffic.nothingBroken)))] : [])
  ].join("\n")
}

/** Prints what passes, and who breaks what. */
export const trafficPrinter = (
  style: Style,
  { lang, quiet }: { readonly lang: Language; readonly quiet: boolean },
  say: (text: string) => void
): Partial<Watcher> => ({
  onFound: (found) => say(foundLines(style, lang, found)),
  ...(quiet
    ? {}
    : {
        onLine: (connection, nick, from, line, at) => say(trafficLine(style, at, connection, nick, from, line)),
        onEvent: (happening, nick) => say(eventLine(style, happening, nick))
      })
})
