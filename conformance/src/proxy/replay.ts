/**
 * Sends again what clients sent in a recording: on as many connections, in the same chunks, each after the answers that had come before it.
 *
 * @module
 */
import * as net from "node:net"
import type { JsonObject } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { makeSignal } from "../clients/signal.ts"
import { CannotJudge } from "../run/options.ts"
import type { Address } from "../wire/connection.ts"
import { chunkOf, type Happening } from "./happening.ts"
import { makeBindings, makeCutter } from "./rebind.ts"
import { type Answers, makeAnswers, type Piece, type Script, type Step } from "./script.ts"

export interface ReplayOptions {
  readonly target: Address
  /** Makes the names of people and rooms fresh. */
  readonly nonce: string | undefined
  /** How many milliseconds an answer is waited for while nothing comes at all. */
  readonly patience: number
  /** Is told what happens, as by a proxy. */
  readonly tell: (happening: Happening) => void
}

/** An answer that is another than the recorded one; `undefined` where none came. */
export interface Difference {
  readonly connection: number
  /** 1 for the first answer of the connection, which is `hello`. */
  readonly nth: number
  readonly recorded: JsonObject | undefined
  readonly now: JsonObject | undefined
}

/** What a replay came to, beside what the judge makes of it. */
export interface Replayed {
  readonly answers: number
  readonly differences: ReadonlyArray<Difference>
  /** How often an answer was given up that had come in the recording. */
  readonly notAwaited: number
}

/** One connection of the replay. */
interface Live {
  readonly socket: net.Socket
  readonly answers: Answers
  readonly cut: (piece: Piece) => Uint8Array
}

/** Replays a script. Fails when the target can't be reached. */
export const replay = (
  script: Script,
  { nonce, patience, target, tell }: ReplayOptions
): Effect.Effect<Replayed, CannotJudge, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const began = clock.currentTimeMillisUnsafe()
    const at = () => clock.currentTimeMillisUnsafe() - began
    const bindings = makeBindings(nonce)
    const live = new Map<number, Live>()
    const changed = makeSignal()
    // The answers that were given up, by connection: they aren't waited for again.
    const missing = new Map<number, number>()
    let arrivals = 0
    let notAwaited = 0

    const open = Effect.fnUntraced(function* (connection: number) {
      const socket = yield* connectTo(target)
      const answers = makeAnswers()
      const recorded = script.answers.get(connection) ?? []
      const cut = makeCutter(script.sent.get(connection) ?? new Uint8Array(), bindings.line)
      live.set(connection, { socket, answers, cut })
      tell({ at: at(), connection, event: "opened", peer: `${socket.localAddress}:${socket.localPort}` })
      socket.on("data", (bytes: Buffer) => {
        tell({ at: at(), connection, event: "chunk", from: "server", ...chunkOf(bytes) })
        const known = answers.all.length
        answers.push(bytes)
        answers.all.slice(known).forEach((now, nth) => {
          const then = recorded[known + nth]
          if (then !== undefined) bindings.learn(connection, then, now)
        })
        arrivals += 1
        changed.notify()
      })
      socket.on("end", () => {
        tell({ at: at(), connection, event: "ended", from: "server" })
        answers.end()
        arrivals += 1
        changed.notify()
      })
      socket.on("error", () => tell({ at: at(), connection, event: "reset", from: "server" }))
      socket.on("close", () => {
        tell({ at: at(), connection, event: "closed" })
        changed.notify()
      })
    })

    const isThere = ([connection, count]: readonly [number, number]): boolean => {
      const { answers, socket } = live.get(connection)!
      // Nothing more comes from one that has ended.
      return answers.all.length >= count - (missing.get(connection) ?? 0) || socket.destroyed
    }

    /** Waits until as many answers have come as had in the recording, or nothing has come for a while. */
    const awaitAnswers = Effect.fnUntraced(function* (counts: Step["after"]) {
      while (!counts.every(isThere)) {
        const known = arrivals
        const change = changed.next()
        const hasChanged = counts.every(isThere) ? "now" : yield* Effect.timeoutOption(change, patience)
        if (hasChanged !== "now" && hasChanged._tag === "None" && arrivals === known) {
          notAwaited += 1
          for (const [connection, count] of counts) {
            missing.set(connection, Math.max(0, count - live.get(connection)!.answers.all.length))
          }
        }
      }
    })

    const act = Effect.fnUntraced(function* ({ connection, does }: Step) {
      if (does === "opens") return yield* open(connection)
      const { cut, socket } = live.get(connection)!
      if (socket.destroyed || socket.writableEnded) return
      if (does === "ends") {
        tell({ at: at(), connection, event: "ended", from: "client" })
        socket.end()
      } else if (does === "resets") {
        tell({ at: at(), connection, event: "reset", from: "client" })
        socket.resetAndDestroy()
      } else {
        const bytes = cut(does.sends)
        tell({ at: at(), connection, event: "chunk", from: "client", ...chunkOf(bytes) })
        socket.write(bytes)
        // Each chunk is handed over by itself: the next step waits until this one is with the system.
        yield* Effect.yieldNow
      }
    })

    for (const step of script.steps) {
      yield* awaitAnswers(step.after)
      yield* act(step)
    }
    yield* awaitAnswers(script.last)
    const differences = [...live].flatMap(([connection, { answers }]) =>
      differencesOf(connection, script.answers.get(connection) ?? [], answers.all)
    )
    const count = [...live.values()].reduce((sum, { answers }) => sum + answers.all.length, 0)
    return { answers: count, differences, notAwaited }
  })

const connectTo = (target: Address): Effect.Effect<net.Socket, CannotJudge, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<net.Socket, CannotJudge>((resume) => {
      const socket = net.connect({ ...target, allowHalfOpen: true, noDelay: true })
      const where = `${target.host}:${target.port}`
      const refuse = ({ message }: Error) =>
        resume(Effect.fail(new CannotJudge({ reason: `nobody answers at ${where}: ${message}` })))
      socket.once("error", refuse)
      socket.once("connect", () => {
        socket.off("error", refuse)
        resume(Effect.succeed(socket))
      })
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** What is the same of two answers: their type, their code, and whether a log was resumed. All else may vary from run to run. */
const kindOf = (answer: JsonObject | undefined): string =>
  JSON.stringify([answer?.["type"], answer?.["code"], answer?.["resumed"]])

const differencesOf = (
  connection: number,
  recorded: ReadonlyArray<JsonObject>,
  now: ReadonlyArray<JsonObject>
): ReadonlyArray<Difference> =>
  Array.from({ length: Math.max(recorded.length, now.length) }, (_, index) => ({
    connection,
    nth: index + 1,
    recorded: recorded[index],
    now: now[index]
  })).filter((each) => kindOf(each.recorded) !== kindOf(each.now))
