/**
 * Whether a client does what every test of clients needs (spec/conformance.md, How clients are judged), before the first.
 *
 * @module
 */
import type { Hello } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { type ClientProcess, startClient } from "./process.ts"
import { makeSignal, until } from "./signal.ts"
import { openStage, type Stage, type Visit } from "./stage.ts"

/** What the probe has found. */
export interface ProbedClient {
  /** Milliseconds from the start of the process to its first room: tests allow a multiple of it. */
  readonly startMillis: number
  /** Milliseconds from a line that is typed to the request that it becomes. */
  readonly roundTrip: number
}

/** The client can't be judged: it doesn't do what it has to do to be seen. */
export class NotJudgeable extends Data.TaggedError("NotJudgeable")<{ readonly reason: string }> {}

/** The greeting of the scripted server, where a test doesn't want another. */
export const plainHello: Hello = {
  type: "hello",
  protocol: 1,
  server: "tertulia-suite/1",
  features: [],
  auth: ["guest"],
  limits: {},
  heartbeat: 30
}

/** Whether the client is in a room. */
export const isIn = ({ host }: Visit): true | undefined => (host.joined().length > 0 ? true : undefined)

/** How often a word has been shown. */
export const timesShown = (client: ClientProcess, word: string): number => client.shown().split(word).length - 1

/**
 * Starts the client once, talks with it, and lets it end. One that sends what no client may send passes as it is: the
 * tests say what is wrong.
 *
 * @param millis how long each step may take
 */
export const probeClient = (command: string, millis: number): Effect.Effect<ProbedClient, NotJudgeable> =>
  Effect.gen(function* () {
    const changed = makeSignal()
    const began = yield* Clock.currentTimeMillis
    const stage = yield* openStage(changed, began)
    const client = yield* startClient({ command, address: stage.address, began, changed })
    const breaks = () => stage.visits.some((visit) => visit.breach() !== undefined)
    const step: Step = Effect.fnUntraced(function* <A>(does: string, look: () => A | undefined) {
      const seek = (): A | "breaks" | undefined => (breaks() ? "breaks" : look())
      const found = yield* until(changed, seek, { millis, over: () => client.ended() !== undefined })
      return found ?? (yield* notJudgeable(stage, client, does, millis))
    })
    yield* greet(stage, step)
    const startMillis = (yield* Clock.currentTimeMillis) - began
    const roundTrip = yield* talk(stage, client, step)
    yield* client.endsInput
    yield* step("end when its input ended", client.ended)
    return { startMillis, roundTrip }
  }).pipe(Effect.scoped)

/** Waits for what the client has to do; "breaks" as soon as it has sent what no client may send. */
type Step = <A>(does: string, look: () => A | undefined) => Effect.Effect<A | "breaks", NotJudgeable>

const notJudgeable = ({ visits }: Stage, client: ClientProcess, does: string, millis: number) => {
  const when = client.ended() === undefined ? ` within ${millis / 1_000} s` : ""
  return new NotJudgeable({ reason: `it did not ${does}${when}: ${client.lastWords()}${unfinished(visits)}` })
}

/** Says of a client whose line never ends that it doesn't: a beginner's first mistake. */
export const unfinished = (visits: ReadonlyArray<Visit>): string => {
  const pending = visits.map((visit) => visit.pending()).find((bytes) => bytes > 0)
  return pending === undefined ? "" : `; ${pending} bytes without an LF have come from it`
}

const greet = Effect.fnUntraced(function* ({ address, visits }: Stage, step: Step) {
  const visit = yield* step(`connect to ${address.host}:${address.port}`, () => visits[0])
  if (visit === "breaks") return
  yield* visit.says(plainHello)
  yield* step("log in", visit.host.nick)
  yield* step("join a room", () => isIn(visit))
})

/** Says something to the client and lets it say something; gives how many milliseconds that took. */
const talk = Effect.fnUntraced(function* ({ rooms, visits }: Stage, client: ClientProcess, step: Step) {
  const visit = visits[0]!
  const room = visit.host.joined()[0] ?? ""
  yield* visit.says(rooms.append(room, visit.host.companion(), "hola!"))
  yield* step(`show the message "hola!" on its standard output (which it has to flush)`, () =>
    timesShown(client, "hola!") > 0 ? true : undefined
  )
  const typed = yield* Clock.currentTimeMillis
  yield* client.types("buenas!")
  const heard = yield* step(`send the line "buenas!" of its standard input`, () => hearsText(visit, "buenas!"))
  return heard === "breaks" ? 0 : heard - typed
})

/** When a `send` with this text came. */
export const hearsText = ({ heard }: Visit, text: string): number | undefined =>
  heard.find(({ request }) => request?.type === "send" && request.text === text)?.at
