/**
 * Watches what a person does and gets, for the judge of histories.
 *
 * @module
 */
import type { Request, ServerMessage } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Ask, Person } from "./client.ts"
import type { RequirementId } from "./generated/requirement-id.ts"
import { judgeHistory, type Lane, type Observation } from "./history.ts"
import type { Scenario } from "./scenario.ts"
import type { Stop } from "./verdict.ts"
import { type Arrived, nextMoment } from "./wire/connection.ts"

/** A person that acts through here only, so that nothing is missed. */
export interface Watched extends Pick<Person, "who" | "nick" | "post"> {
  /** Reads on up to the first object that is accepted. */
  readonly until: (accept: (item: Arrived) => boolean, expected: string) => Effect.Effect<Arrived, Stop>
  /** Reads up to a `synced`, and gives all that was seen since the watch began. */
  readonly lane: Effect.Effect<Lane, Stop>
}

/** Begins to watch a person, who must not be in a room yet. */
export const watch = (person: Person): Watched => {
  const { nick, who } = person
  const observations: Array<Observation> = []

  const post: Watched["post"] = Effect.fnUntraced(function* (request: Ask) {
    const moment = nextMoment()
    const id = yield* person.post(request)
    observations.push({ moment, sent: { ...request, id } as Request })
    return id
  })

  const until: Watched["until"] = Effect.fnUntraced(function* (accept, expected) {
    const item = yield* person.take(accept, expected)
    for (const { message, moment } of [...(yield* person.taken), item]) {
      if (message !== undefined) observations.push({ moment, got: message satisfies ServerMessage })
    }
    return item
  })

  const lane: Watched["lane"] = Effect.gen(function* () {
    const id = yield* post({ type: "sync" })
    yield* until(({ object }) => object["re"] === id, `\`synced\`, the reply to request ${id}`)
    return { who, nick, observations: observations.toSorted((one, other) => one.moment - other.moment) }
  })

  return { who, nick, post, until, lane }
}

/** What the judge of histories finds in every history in which people talk: a test that uses it names them all. */
export const guarantees = [
  "ORDER-1",
  "ORDER-2",
  "ORDER-3",
  "ORDER-4",
  "ORDER-5",
  "ISOLATE-1",
  "SYNC-1",
  "MEMBER-6"
] as const satisfies ReadonlyArray<RequirementId>

/** Judges what all who were in the rooms have seen, for the requirements that the test names. */
export const judgeLanes = Effect.fnUntraced(function* (
  t: Scenario,
  watched: ReadonlyArray<Watched>,
  ids: ReadonlyArray<RequirementId> = guarantees
) {
  const read = Effect.forEach(watched, ({ lane }) => lane, { concurrency: "unbounded" })
  // Once for what was asked, and again for what the others asked: by the second `sync`, all of it is acknowledged.
  const lanes = yield* Effect.andThen(read, read)
  for (const { facts, requirement, violations } of judgeHistory(lanes)) {
    const [violation] = violations
    if (facts === 0 || !ids.includes(requirement)) continue
    const { expected, got } = violation ?? { expected: "no violation", got: "none" }
    yield* t.judge(requirement, violation === undefined, {
      expected,
      got: violation === undefined ? got : `${got}, on the connection of ${violation.who}`
    })
  }
})
