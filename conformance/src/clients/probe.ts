/**
 * Whether a client does what every test of clients needs (spec/conformance.md, How clients are judged), before the first.
 *
 * @module
 */
import { defaultLimits, type Hello } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { type ClientProcess, startClient } from "./process.ts"
import { makeSignal, type Signal, until } from "./signal.ts"
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

/** Starts the client once, talks with it, and lets it end. */
export const probeClient = (command: string, millis: number): Effect.Effect<ProbedClient, NotJudgeable> =>
  Effect.gen(function* () {
    const changed = makeSignal()
    const began = yield* Clock.currentTimeMillis
    const stage = yield* openStage(changed, began)
    const client = yield* startClient({ command, address: stage.address, began, changed })
    const visit = yield* admit(stage, client, changed, millis)
    const startMillis = (yield* Clock.currentTimeMillis) - began
    const roundTrip = yield* talk(visit, stage, client, changed, millis)
    yield* client.endsInput
    const ended = yield* until(changed, client.ended, { millis })
    return ended === undefined ? yield* not(client, "end when its input ended", millis) : { startMillis, roundTrip }
  }).pipe(Effect.scoped)

const not = (client: ClientProcess, does: string, millis: number) => {
  const when = client.ended() === undefined ? ` within ${millis / 1_000} s` : ""
  return new NotJudgeable({ reason: `it did not ${does}${when}: ${client.lastWords()}` })
}

const admit = Effect.fnUntraced(function* (stage: Stage, client: ClientProcess, changed: Signal, millis: number) {
  const over = () => client.ended() !== undefined
  const visit = yield* until(changed, () => stage.visits[0], { millis, over })
  if (visit === undefined) return yield* not(client, `connect to ${stage.address.host}:${stage.address.port}`, millis)
  yield* visit.says(plainHello)
  const loggedIn = yield* until(changed, () => visit.host.nick(), { millis, over })
  if (loggedIn === undefined) return yield* not(client, "log in", millis)
  if ((yield* until(changed, () => isIn(visit), { millis, over })) === undefined)
    return yield* not(client, "join a room", millis)
  return visit
})

const talk = Effect.fnUntraced(function* (
  visit: Visit,
  { rooms }: Stage,
  client: ClientProcess,
  changed: Signal,
  millis: number
) {
  const over = () => client.ended() !== undefined
  const room = visit.host.joined()[0] ?? ""
  yield* visit.says(rooms.append(room, visit.host.companion(), "hola!"))
  const shown = yield* until(changed, () => (timesShown(client, "hola!") > 0 ? true : undefined), { millis, over })
  if (shown === undefined)
    return yield* not(client, `show the message "hola!" on its standard output, which it has to flush,`, millis)
  const typed = yield* Clock.currentTimeMillis
  yield* client.types("buenas!")
  const said = yield* until(changed, () => hearsText(visit, "buenas!"), { millis, over })
  if (said === undefined) return yield* not(client, `send the line "buenas!" of its standard input`, millis)
  return said - typed
})

/** When a `send` with this text came. */
export const hearsText = ({ heard }: Visit, text: string): number | undefined =>
  heard.find(({ request }) => request?.type === "send" && request.text === text)?.at

/** The longest line of the greeting. */
export const plainLine = defaultLimits.line
