/**
 * Watches what a person does and gets, by one connection or by several, for the judge of histories.
 *
 * @module
 */
import type { Request, ServerMessage } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Ask, Client, Person } from "./client.ts"
import type { RequirementId } from "./generated/requirement-id.ts"
import { type Course, courseOf, never } from "./history/course.ts"
import { firstFound } from "./history/shrink.ts"
import { judgeHistory, type Lane, type Observation } from "./history.ts"
import type { Scenario } from "./scenario.ts"
import { Stop } from "./verdict.ts"
import { type Arrival, type Arrived, nextMoment } from "./wire/connection.ts"

/** A person that acts through here only, so that nothing is missed. */
export interface Watched extends Pick<Person, "who" | "nick" | "post"> {
  /** Reads on up to the first object that is accepted. */
  readonly until: (accept: (item: Arrived) => boolean, expected: string) => Effect.Effect<Arrived, Stop>
  /** Reads up to a `synced`, and gives all that was seen since the watch began. */
  readonly lane: Effect.Effect<Lane, Stop>
  /** Ends the connection without a word, and gives all that was seen until then; what was on its way is lost. */
  readonly breaks: (how: "FIN" | "RST") => Effect.Effect<Lane>
  /** Leaves the connection open, and gives all that was seen so far: whatever comes is for nobody. */
  readonly abandon: Effect.Effect<Lane>
}

/** Somebody to be watched; with a name for the person where their connections are known by a session. */
type Watchable = Person & { readonly person?: string }

/** Begins to watch a person, who must not be in a room yet. */
export const watch = (person: Watchable): Watched => {
  const { nick, person: name, who } = person
  const observations: Array<Observation> = []
  const note = (items: ReadonlyArray<Arrival>) => {
    for (const item of items) {
      if (item._tag === "Object" && item.message !== undefined)
        observations.push({ moment: item.moment, got: item.message satisfies ServerMessage })
    }
  }

  const post: Watched["post"] = Effect.fnUntraced(function* (request: Ask) {
    const moment = nextMoment()
    const id = yield* person.post(request)
    observations.push({ moment, sent: { ...request, id } as Request })
    return id
  })

  const until: Watched["until"] = Effect.fnUntraced(function* (accept, expected) {
    const item = yield* person.take(accept, expected)
    note([...(yield* person.taken), item])
    return item
  })

  const seen = (): Lane => {
    const inOrder = observations.toSorted((one, other) => one.moment - other.moment)
    return { who, nick, observations: inOrder, ...(name === undefined ? {} : { person: name }) }
  }

  const lane: Watched["lane"] = Effect.gen(function* () {
    const id = yield* post({ type: "sync" })
    yield* until(({ object }) => object["re"] === id, `\`synced\`, the reply to request ${id}`)
    return seen()
  })

  const abandon: Watched["abandon"] = Effect.sync(() => {
    const ended = nextMoment()
    note(person.connection.inbox)
    return { ...seen(), ended }
  })

  const breaks: Watched["breaks"] = (how) => Effect.tap(abandon, () => (how === "FIN" ? person.end : person.reset))

  return { who, nick, post, until, lane, breaks, abandon }
}

// ---------------------------------------------------------------------------------------------------------------------
// Coming back
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Somebody whose connection broke comes back by another, under the same nick: as soon as it is free, or at once by their session. They
 * join the rooms that they were in with the cursors that they hold, and repeat what they have sent and never had acknowledged.
 *
 * @param broken their connections so far, the last one last
 */
export const comeBack = Effect.fnUntraced(function* (
  t: Scenario,
  broken: readonly [Lane, ...Array<Lane>],
  session?: string
): Effect.fn.Return<Watched, Stop, Scope.Scope> {
  const [{ nick, person: known, who: name }] = broken
  const client = yield* t.connection(`${name} (${broken.length + 1})`)
  if (session === undefined) yield* loginAgain(t, client, nick)
  else yield* client.ask({ type: "login", nick, session }, "SESSION-2")
  const person = watch({ ...client, nick, ...(known === undefined ? {} : { person: known }) })
  const course = courseOf(broken.at(-1)!)
  const rooms = roomsWanted(course)
  for (const room of rooms) yield* person.post({ type: "join", room, ...cursorIn(course, room) })
  for (const { answered, request } of course.exchanges) {
    if (request.type !== "send" || answered !== never || !rooms.has(request.room)) continue
    const { key, room, text } = request
    yield* person.post({ type: "send", room, text, ...(key === undefined ? {} : { key }) })
  }
  return person
})

/** Where somebody has asked to be, whether it was granted yet or not. */
const roomsWanted = ({ exchanges }: Course): ReadonlySet<string> => {
  const rooms = new Set<string>()
  for (const { reply, request } of exchanges) {
    if (request.type === "join" && reply?.type !== "error") rooms.add(request.room)
    if (request.type === "leave") rooms.delete(request.room)
  }
  return rooms
}

const cursorIn = ({ stays }: Course, room: string) => {
  const stay = stays.findLast(({ joined, until }) => joined.room === room && until === never)
  if (stay === undefined) return {}
  return { after: Math.max(stay.base, ...stay.came.keys()), epoch: stay.joined.epoch }
}

const pauseMillis = 10

/** Logs in as soon as the server has noticed that the nick's holder is gone, which may take it two heartbeats (LOGIN-7). */
export const loginAgain = Effect.fnUntraced(function* (t: Scenario, client: Client, nick: string) {
  const began = yield* t.now
  const patience = 1_000 * (2 * t.heartbeat) + 5_000
  while (true) {
    const id = yield* client.post({ type: "login", nick })
    const reply = yield* client.reply(id, { id: "LOGIN-1" })
    if (reply.type === "welcome") return
    if ((yield* t.now) - began > patience) {
      const expected = "the nick is free two heartbeats after its holder's connection broke"
      const finding = { requirement: "LOGIN-7", expected, got: JSON.stringify(reply) } as const
      return yield* new Stop({ verdict: "blocked", reason: `blocked by ${finding.requirement}`, finding })
    }
    yield* Effect.sleep(pauseMillis)
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Judging
// ---------------------------------------------------------------------------------------------------------------------

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

/** What it finds besides, in histories in which somebody comes back with a cursor to a room where others are. */
export const guaranteesOfReturns = [
  ...guarantees,
  "EPOCH-1",
  "EPOCH-2",
  "EPOCH-3",
  "CATCH-1",
  "CATCH-3",
  "REPLY-1",
  "REPLY-3",
  "SEND-1",
  "SEND-3"
] as const satisfies ReadonlyArray<RequirementId>

/**
 * Judges what all who were in the rooms have seen, for the requirements that the test names.
 *
 * @param past what was seen by connections that broke
 */
export const judgeLanes = Effect.fnUntraced(function* (
  t: Scenario,
  watched: ReadonlyArray<Watched>,
  ids: ReadonlyArray<RequirementId> = guarantees,
  past: ReadonlyArray<Lane> = []
) {
  const read = Effect.forEach(watched, ({ lane }) => lane, { concurrency: "unbounded" })
  // Once for what was asked, and again for what the others asked: by the second `sync`, all of it is acknowledged.
  const lanes = [...past, ...(yield* Effect.andThen(read, read))]
  for (const { facts, requirement, violations } of judgeHistory(lanes)) {
    if (facts === 0 || !ids.includes(requirement)) continue
    const violation = violations.length === 0 ? undefined : firstFound(lanes, requirement)?.violation
    const { expected, got } = violation ?? { expected: "no violation", got: "none" }
    if (violation !== undefined) yield* t.recorded(lanes)
    yield* t.judge(requirement, violation === undefined, {
      expected,
      got: violation === undefined ? got : `${got}, on the connection of ${violation.who}`
    })
  }
})
