/**
 * A story as text: one lane per connection, time downwards, what was sent and what came beside them.
 *
 * @module
 */
import type { Request, ServerMessage } from "@tertulia/protocol"
import type { Story } from "../history/story.ts"
import type { Words } from "../lang/words.ts"
import type { KeptStory } from "../run/results.ts"
import { labelOf } from "./label.ts"
import { labelled, type Style, wrap } from "./style.ts"
import { visible } from "./visible.ts"

/** One line of a story, in the order of time. */
export interface Row {
  /** The place of its lane. */
  readonly lane: number
  readonly what: "sent" | "received" | "note"
  /** The object in JSON, or a note. */
  readonly text: string
  readonly label: string
  /** Whether the violation is plain here. */
  readonly isMarked: boolean
}

/** All lines of a story. */
export const rowsOf = ({ lanes, violation }: Story, broke: string): ReadonlyArray<Row> =>
  lanes
    .flatMap(({ ended, observations, who }, lane) => {
      const rows = observations.map((observation) => {
        const isMarked = who === violation.who && observation.moment === violation.moment
        return "sent" in observation
          ? { moment: observation.moment, row: rowOf(lane, "sent", observation.sent, isMarked) }
          : { moment: observation.moment, row: rowOf(lane, "received", observation.got, isMarked) }
      })
      const end = { lane, what: "note" as const, text: broke, label: broke, isMarked: false }
      return ended === undefined ? rows : [...rows, { moment: ended, row: end }]
    })
    .toSorted((one, other) => one.moment - other.moment)
    .map(({ row }) => row)

const rowOf = (lane: number, what: "sent" | "received", object: Request | ServerMessage, isMarked: boolean): Row => ({
  lane,
  what,
  text: JSON.stringify(object),
  label: labelOf({ ...object }, false),
  isMarked
})

const arrows = { sent: ">", received: "<", note: "x" } as const

/** A story, drawn, with what it is and what is wrong in it. */
export const storyLines = (style: Style, story: Story): ReadonlyArray<string> => [
  `  ${style.dim(wrap(aboutStory(style.words, story), style.width - 2).join("\n  "))}`,
  ...drawnLines(style, story),
  labelled(style, `✗ ${style.words.labels.expected}`, visible(story.violation.expected), 14),
  labelled(style, `  ${style.words.labels.got}`, visible(story.violation.got), 14)
]

/**
 * Draws a story. Each lane takes two columns, so that it fits a narrow terminal:
 *
 *     ┌ ana
 *     │ ┌ leo
 *     > │  join #cafe
 *     < │  joined #cafe head 0
 */
export const drawnLines = (style: Style, story: Story): ReadonlyArray<string> => {
  const { lanes } = story
  const margin = "    "
  const room = Math.max(16, style.width - margin.length - 2 * lanes.length - 1)
  const heads = lanes.map(({ who }, nth) => `${margin}${"│ ".repeat(nth)}┌ ${style.bold(visible(who))}`)
  const rows = rowsOf(story, style.words.broke).flatMap(({ isMarked, label, lane, what }) => {
    const beside = lanes.map((_, nth) => (nth === lane ? `${arrows[what]} ` : "│ ")).join("")
    const lines = wrap(visible(isMarked ? `${label}  ✗` : label), room).map(
      (part, nth) => `${margin}${nth === 0 ? beside : "│ ".repeat(lanes.length)} ${part}`
    )
    return isMarked ? lines.map(style.red) : lines
  })
  return [...heads, ...rows]
}

/** What a story is, in a sentence. */
export const aboutStory = (words: Words, { lanes, recorded, requirement }: Story): string => {
  const lines = lanes.reduce((sum, { observations }) => sum + observations.length, 0)
  return words.story(requirement, lines, recorded.observations, lanes.length, recorded.connections)
}

/** A story, and how all of its history is judged again. */
export const keptStoryLines = (style: Style, story: KeptStory): ReadonlyArray<string> => [
  ...storyLines(style, story),
  ...(story.file === undefined ? [] : [style.dim(labelled(style, "", style.words.history(story.file)))])
]
