/**
 * Notes what somebody asks and gets by one connection, for the judge of histories.
 *
 * @module
 */
import type { Request } from "@tertulia/protocol"
import { judgeHistory, type Lane, type Observation } from "../src/history.ts"
import { type Arrival, nextMoment } from "../src/wire/connection.ts"

export interface Recording {
  /** Is told a request before it is sent. */
  readonly asked: (request: Request) => void
  readonly got: (arrival: Arrival) => void
  /** All of it, when the connection has ended; undefined when nobody was welcome by it. */
  readonly lane: () => Lane | undefined
}

/**
 * Begins to record a connection. All connections of a nick are known by its session to be of one person. The server may have ended one before
 * anybody sees that, or stand still, and be given up by the others: so the last request that was answered is the last sign that it was there.
 * A refusal is no sign: one that was given up, and doesn't know it yet, refuses what it can't do any more.
 */
export const record = (who: string, nick: string): Recording => {
  const observations: Array<Observation> = []
  const unanswered = new Map<number | undefined, number>()
  let lastSign = 0
  let isIn = false
  return {
    asked: (request) => {
      const moment = nextMoment()
      unanswered.set(request.id, moment)
      observations.push({ moment, sent: request })
    },
    got: (arrival) => {
      if (arrival._tag !== "Object" || arrival.message === undefined) return
      const { message, moment } = arrival
      isIn ||= message.type === "welcome"
      if ("re" in message && message.type !== "error") lastSign = Math.max(lastSign, unanswered.get(message.re) ?? 0)
      observations.push({ moment, got: message })
    },
    lane: () => {
      if (!isIn) return undefined
      const inOrder = observations.toSorted((one, other) => one.moment - other.moment)
      return { who, nick, person: nick, observations: inOrder, ended: lastSign }
    }
  }
}

/** What the judge of histories says of all connections: which requirements it has looked at, and each violation in a sentence. */
export const judgeLanes = (lanes: ReadonlyArray<Lane>) => {
  const judged = judgeHistory(lanes).filter(({ facts }) => facts > 0)
  return {
    requirements: judged.map(({ requirement }) => requirement),
    broken: judged.flatMap(({ requirement, violations }) =>
      violations.map(({ expected, got, who }) => `${requirement} on the connection ${who}: not ${expected}, but ${got}`)
    )
  }
}
