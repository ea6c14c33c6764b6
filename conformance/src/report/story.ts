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

/**
 * Draws a story. Each lane takes two columns, so that it fits a narrow terminal:
 *
 *     ┌ ana
 *     │ ┌ leo
 *     > │  join #cafe
 *     < │  joined #cafe head 0
 */
export const storyLines = (style: Style, story: Story): ReadonlyArray<string> => {
  const { labels, ...words } = style.words
  const { lanes, violation } = story
  const margin = "    "
  const line = (beside: string, text: string): ReadonlyArray<string> =>
    wrap(visible(text), Math.max(16, style.width - margin.length - 2 * lanes.length - 1)).map(
      (part, nth) => `${margin}${nth === 0 ? beside : lanes.map(() => "│ ").join("")} ${part}`
    )
  const heads = lanes.map(({ who }, nth) => `${margin}${"│ ".repeat(nth)}┌ ${style.bold(visible(who))}`)
  const rows = rowsOf(story, words.broke).flatMap(({ isMarked, label, lane, what }) => {
    const beside = lanes.map((_, nth) => (nth === lane ? `${arrows[what]} ` : "│ ")).join("")
    const drawn = line(beside, isMarked ? `${label}  ✗` : label)
    return isMarked ? drawn.map(style.red) : drawn
  })
  return [
    `  ${style.dim(wrap(aboutStory(style.words, story), style.width - 2).join("\n  "))}`,
    ...heads,
    ...rows,
    labelled(style, `✗ ${labels.expected}`, visible(violation.expected), 14),
    labelled(style, `  ${labels.got}`, visible(violation.got), 14)
  ]
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
