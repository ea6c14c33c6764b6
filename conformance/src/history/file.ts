/**
 * Histories in files, so that what was recorded can be judged again: without a server, and by another version of the judge.
 *
 * @module
 */
import { Event, Reply, Request } from "@tertulia/protocol"
import * as Schema from "effect/Schema"
import type { Lane } from "../history.ts"

const format = "tertulia-history/1"

const moment = Schema.Finite

const LaneInFile = Schema.Struct({
  who: Schema.String,
  nick: Schema.String,
  person: Schema.optionalKey(Schema.String),
  observations: Schema.Array(
    Schema.Union([
      Schema.Struct({ moment, sent: Request }),
      Schema.Struct({ moment, got: Schema.Union([Reply, Event]) })
    ])
  ),
  ended: Schema.optionalKey(moment)
})

const HistoryFile = Schema.fromJsonString(
  Schema.Struct({ format: Schema.Literal(format), lanes: Schema.Array(LaneInFile) })
)

const decode = Schema.decodeUnknownSync(HistoryFile)

/** A history as one JSON text, a line for each observation, with an LF at its end. */
export const historyJson = (lanes: ReadonlyArray<Lane>): string => {
  const text = lanes.map(({ ended, nick, observations, person, who }) => {
    const about = {
      who,
      nick,
      ...(person === undefined ? {} : { person }),
      ...(ended === undefined ? {} : { ended })
    }
    const lines = observations.map((observation) => `    ${JSON.stringify(observation)}`)
    return `  ${JSON.stringify(about).slice(0, -1)},"observations":[\n${lines.join(",\n")}\n  ]}`
  })
  return `{"format":"${format}","lanes":[\n${text.join(",\n")}\n]}\n`
}

/**
 * The history of such a text.
 *
 * @throws if it is none; the message says where it isn't
 */
export const historyIn = (text: string): ReadonlyArray<Lane> => {
  const { lanes } = decode(text)
  const inOrder = lanes.map((lane) => ({
    ...lane,
    observations: lane.observations.toSorted((one, other) => one.moment - other.moment)
  }))
  if (new Set(lanes.map(({ who }) => who)).size < lanes.length)
    throw new Error("two connections have one name in `who`")
  return inOrder
}
