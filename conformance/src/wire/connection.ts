/**
 * The suite's end of one connection, over TCP, TLS or a WebSocket: sends bytes exactly as told, and notes all that comes, object by
 * object.
 * It judges nothing; it keeps FIN, RST and silence apart.
 *
 * @module
 */
import type * as net from "node:net"
import {
  checkServerObject,
  type JsonObject,
  makeLineDecoder,
  notUtf8,
  parseJson,
  type ServerMessage
} from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type Carrier, makeWebSocketCarrier, tcpCarrier } from "./carrier.ts"
import { type Address, type Dialed, dial } from "./dial.ts"
import { encodeFrame, opcodes } from "./frames.ts"
import { type Answer, type Fields, faultOf, shakeHands } from "./handshake.ts"
import { makeRecorder, type Recorder, type Transcript } from "./transcript.ts"

export type { Address } from "./dial.ts"

/** One object that came, with its place. */
export interface Arrived {
  readonly _tag: "Object"
  /** 1 for the first object of the connection. */
  readonly nth: number
  /** Milliseconds of the suite's clock. */
  readonly at: number
  /** Its place among all moments of the suite: see `nextMoment`. */
  readonly moment: number
  readonly line: string
  readonly type: string
  readonly object: JsonObject
  /** Absent when the type is one that this version doesn't know. */
  readonly message: ServerMessage | undefined
}

/** Which rule of the wire an object that no server may send has broken. */
export type Breach = "frame" | "flood" | "line" | "length" | "json" | "schema" | "name" | "limit"

/** Anything that a connection can bring. */
export type Arrival =
  | Arrived
  | { readonly _tag: "Malformed"; readonly breach: Breach; readonly line: string; readonly reason: string }
  /** The target's end: FIN, or over a WebSocket a Close frame, with its code; `cut` bytes of an unfinished line came before it. */
  | { readonly _tag: "Fin"; readonly at: number; readonly cut: number; readonly close?: number }
  | { readonly _tag: "Reset"; readonly at: number; readonly reason: string }

/** No connection came about. `gone`: nobody listens there; else the suite's own machine may be in the way. */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  readonly reason: string
  readonly gone: boolean
}> {}

/** One open connection. */
export interface Connection {
  /** What has come and nobody has taken: the reader removes what it takes. */
  readonly inbox: Array<Arrival>
  /** The next arrival: take it before looking into the inbox, then wait for it, and none is missed. */
  readonly nextArrival: () => Effect.Effect<void>
  /** Hands over the chunks, each in a write of its own. Never fails: what a write error means is seen by reading on. */
  readonly write: (chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
  /** Hands over bytes as they are, past the framing of a WebSocket. */
  readonly writeRaw: (...chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
  /** The payloads of the pong frames that have come. */
  readonly pongs: () => ReadonlyArray<string>
  /** Sends FIN, over a WebSocket a Close frame before it, and reads on. */
  readonly end: Effect.Effect<void>
  /** Sends RST. */
  readonly reset: Effect.Effect<void>
  /** Says this and closes both halves, as a program that ends does: whatever the target sends then is answered by RST. */
  readonly hangUp: (lastWords: Uint8Array) => Effect.Effect<void>
  /** Stops and resumes reading; what comes meanwhile stays in the kernel. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Resumes reading, and stops again as soon as about so many bytes have come. */
  readonly readSome: (bytes: number) => Effect.Effect<void>
  /** Bytes that the target has not taken yet. */
  readonly unsent: () => number
  /** Whether `ping` events are answered by a blank line, so that a waiting client isn't idle. */
  readonly keepAlive: (on: boolean) => void
  readonly localPort: () => number | undefined
  readonly recorder: Recorder
  readonly transcript: (who: string) => Transcript
}

let moments = 0

/**
 * The next of the suite's moments: 1, 2, 3, ... over all connections. What a test notes at one before it writes, and what an
 * object has that came, tell for sure what was before what; clocks are too coarse for that.
 */
export const nextMoment = (): number => ++moments

export interface ConnectOptions {
  readonly address: Address
  /** The longest line that the target may send, in bytes. */
  readonly line: number
  /** Milliseconds of the clock at which the test began. */
  readonly began: number
  /** Milliseconds that connecting may take. */
  readonly patience: number
  /** Is told when the target sends without measure and is cut off. */
  readonly onFlood?: () => void
}

// More than any test asks for: a target that floods is cut off here, so that the suite's memory is bounded.
const floodBytes = 64 * 1_048_576
const floodObjects = 20_000
const lingerMillis = 500
const blankLine = Uint8Array.of(0x0a)

/** Opens a connection, which closes with the scope: FIN first, then, if the target doesn't end too, RST. */
export const connect = Effect.fnUntraced(function* (
  options: ConnectOptions
): Effect.fn.Return<Connection, Unreachable, Scope.Scope> {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const carrier = options.address.ws === undefined ? tcpCarrier : makeWebSocketCarrier()
  const dialed = yield* Effect.acquireRelease(open(options), (opened) => close(opened, carrier), {
    interruptible: true
  })
  yield* upgrade(dialed.socket, options)
  return attach(dialed, carrier, options, now)
})

/** Opens the WebSocket on a connection that is to carry one. */
const upgrade = (socket: net.Socket, options: ConnectOptions): Effect.Effect<void, Unreachable> =>
  options.address.ws === undefined
    ? Effect.void
    : Effect.flatMap(asked(socket, options), (answer) => {
        const reason = faultOf(answer)
        return reason === undefined ? Effect.void : Effect.fail(new Unreachable({ reason, gone: false }))
      })

/** Where, and how long one waits. */
type Waits = Pick<ConnectOptions, "address" | "patience">

const asked = (socket: net.Socket, { address, patience }: Waits, fields?: Fields): Effect.Effect<Answer | string> =>
  shakeHands(socket, { host: address.host, port: address.port, path: address.ws ?? "/" }, fields).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.succeed(`the handshake took more than ${Math.round(patience)} ms`)
    })
  )

/** Asks for a WebSocket with these fields, and gives the answer, or why there was none. The connection closes with the scope. */
export const askForWebSocket = (
  options: Waits,
  fields: Fields
): Effect.Effect<Answer | string, Unreachable, Scope.Scope> =>
  Effect.acquireRelease(open(options), ({ raw }) => Effect.sync(() => raw.destroy()), { interruptible: true }).pipe(
    Effect.flatMap(({ socket }) => asked(socket, options, fields))
  )

/** What OpenSSL has to say is the reason that it gives; the rest is for whoever mends OpenSSL. */
const reasonOf = (error: Error): string => ("reason" in error ? `TLS: ${String(error.reason)}` : error.message)

const nobodyThere = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"])

const open = ({ address, patience }: Waits): Effect.Effect<Dialed, Unreachable> =>
  Effect.callback<Dialed, Unreachable>((resume) => {
    const dialed = dial(address)
    const { opens, socket } = dialed
    const onError = (error: NodeJS.ErrnoException) => {
      // Accepted and reset at once: that is a connection, and what the target does with it.
      if (error.code === "ECONNRESET") return resume(Effect.succeed(dialed))
      resume(Effect.fail(new Unreachable({ reason: reasonOf(error), gone: nobodyThere.has(error.code ?? "") })))
    }
    socket.once("error", onError)
    socket.once(opens, () => {
      socket.off("error", onError)
      // Paused until somebody listens for data, so that nothing is lost in between.
      socket.pause()
      socket.on("error", () => {})
      resume(Effect.succeed(dialed))
    })
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(new Unreachable({ reason: `connecting took more than ${Math.round(patience)} ms`, gone: true }))
    })
  )

const close = ({ raw, socket }: Dialed, { farewell }: Carrier): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (socket.destroyed || socket.closed) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    if (socket.writableEnded || farewell === undefined) socket.end()
    else socket.end(farewell)
    socket.resume()
  }).pipe(
    Effect.timeoutOption(lingerMillis),
    Effect.andThen(Effect.sync(() => (socket.destroyed ? undefined : raw.resetAndDestroy())))
  )

const attach = (dialed: Dialed, carrier: Carrier, options: ConnectOptions, now: () => number): Connection => {
  const { raw, socket } = dialed
  const recorder = makeRecorder(() => now() - options.began)
  const decoder = makeLineDecoder(options.line)
  const inbox: Array<Arrival> = []
  const pongs: Array<string> = []
  const port = raw.localPort
  let changed = Deferred.makeUnsafe<void>()
  let received = 0
  let nth = 0
  let alive = true
  let midLine = false
  let isClosed = false
  let hasClosed = false
  let allowance = Number.POSITIVE_INFINITY

  const arrive = (arrival: Arrival) => {
    inbox.push(arrival)
    const waiting = changed
    changed = Deferred.makeUnsafe<void>()
    Deferred.doneUnsafe(waiting, Exit.void)
  }
  const malformed = (breach: Breach, line: string, reason: string) =>
    arrive({ _tag: "Malformed", breach, line, reason })

  const put = (chunk: Uint8Array) => {
    if (socket.destroyed || socket.writableEnded || chunk.length === 0) return
    recorder.chunk("sent", chunk)
    midLine = chunk[chunk.length - 1] !== 0x0a
    socket.write(carrier.wrap(chunk))
  }
  const putRaw = (bytes: Uint8Array) => {
    if (socket.destroyed || socket.writableEnded) return
    recorder.chunk("sent", bytes)
    socket.write(bytes)
  }
  const sendClose = () => {
    if (carrier.farewell === undefined || hasClosed || socket.writableEnded) return
    hasClosed = true
    recorder.note("Close frame sent")
    socket.write(carrier.farewell)
  }

  const readLines = (bytes: Uint8Array): boolean => {
    recorder.chunk("received", bytes)
    const { lines, tooLong } = decoder.push(bytes)
    let pinged = false
    for (const line of lines) {
      const arrival = readLine(line, nth + 1, now())
      if (arrival._tag === "Object") nth++
      arrive(arrival)
      pinged = pinged || (arrival._tag === "Object" && isPingEvent(arrival))
    }
    if (alive && !midLine && pinged) put(blankLine)
    if (tooLong) malformed("length", "", `${options.line} bytes came without an LF`)
    return tooLong
  }

  socket.on("data", (chunk: Uint8Array) => {
    received += chunk.length
    allowance -= chunk.length
    if (allowance <= 0) socket.pause()
    let tooLong = false
    for (const brought of carrier.unwrap(chunk)) {
      switch (brought._tag) {
        case "Bytes":
          tooLong = readLines(brought.bytes) || tooLong
          break
        case "Ping":
          putRaw(encodeFrame({ opcode: opcodes.pong, payload: brought.payload }))
          break
        case "Pong":
          pongs.push(Buffer.from(brought.payload).toString())
          break
        case "Close":
          isClosed = true
          recorder.note(`Close frame came, with the code ${brought.code}`)
          arrive({ _tag: "Fin", at: now(), cut: 0, close: brought.code })
          sendClose()
          break
        case "Breach":
          malformed("frame", "", brought.reason)
      }
    }
    const flooded = received > floodBytes || inbox.length > floodObjects
    if (flooded)
      malformed("flood", "", `${inbox.length} objects and ${received} bytes came: more than any test asks for`)
    if (tooLong || flooded) {
      options.onFlood?.()
      socket.destroy()
    }
  })
  socket.on("end", () => {
    recorder.note("FIN came")
    if (carrier.farewell === undefined) arrive({ _tag: "Fin", at: now(), cut: decoder.pending() })
    else if (!isClosed) arrive({ _tag: "Reset", at: now(), reason: "FIN came without a Close frame" })
  })
  socket.on("error", (error) => {
    recorder.note(error.message)
    arrive({ _tag: "Reset", at: now(), reason: error.message })
  })
  if (socket.destroyed) arrive({ _tag: "Reset", at: now(), reason: "reset as soon as it was open" })
  socket.resume()

  // A target may stop reading; a megabyte in our own buffer is enough to show it.
  const drained = Effect.suspend(() =>
    socket.writableLength < 1_048_576 || socket.destroyed
      ? Effect.void
      : Effect.callback<void>((resume) => {
          const done = () => {
            socket.off("drain", done).off("close", done)
            resume(Effect.void)
          }
          socket.once("drain", done).once("close", done)
          return Effect.sync(() => socket.off("drain", done).off("close", done))
        })
  )

  return {
    inbox,
    nextArrival: () => Deferred.await(changed),
    write: (chunks) =>
      Effect.forEach(
        chunks,
        (chunk) =>
          Effect.andThen(
            Effect.sync(() => put(chunk)),
            Effect.andThen(drained, Effect.yieldNow)
          ),
        { discard: true }
      ),
    writeRaw: (...chunks) =>
      Effect.andThen(
        Effect.sync(() => chunks.forEach(putRaw)),
        drained
      ),
    pongs: () => pongs,
    // A WebSocket is ended by whoever serves it: FIN would take the replies with it that are still owed.
    end: Effect.sync(() => {
      if (carrier.farewell !== undefined) return sendClose()
      recorder.note("FIN sent")
      socket.end()
    }),
    reset: Effect.sync(() => {
      recorder.note("RST sent")
      raw.resetAndDestroy()
    }),
    hangUp: (lastWords) =>
      Effect.callback<void>((resume) => {
        put(lastWords)
        const destroy = () => {
          recorder.note("closes both halves")
          socket.destroy()
          resume(Effect.void)
        }
        // TCP has taken them by now; TLS has to wrap them first.
        if (socket === raw || socket.destroyed) destroy()
        else socket.write("", destroy)
      }),
    pause: Effect.sync(() => {
      recorder.note("stops reading")
      socket.pause()
    }),
    resume: Effect.sync(() => {
      recorder.note("reads again")
      allowance = Number.POSITIVE_INFINITY
      socket.resume()
    }),
    readSome: (bytes) =>
      Effect.sync(() => {
        allowance = bytes
        socket.resume()
      }),
    unsent: () => socket.writableLength,
    keepAlive: (on) => {
      alive = on
    },
    localPort: () => port,
    recorder,
    transcript: (who) => recorder.transcript(who, port)
  }
}

const isPingEvent = (arrived: Arrived): boolean => arrived.type === "ping" && !Object.hasOwn(arrived.object, "re")

/** What one line of a server is: the `nth` of its connection, that came `at` so many milliseconds. */
export const readLine = (
  line: string | typeof notUtf8,
  nth: number,
  at: number
): Extract<Arrival, { readonly _tag: "Object" | "Malformed" }> => {
  if (line === notUtf8) return { _tag: "Malformed", breach: "line", line: "", reason: "the line is not UTF-8" }
  const object = parseJson(line)
  if (typeof object === "string") {
    const breach = object.startsWith("the line is not") ? "line" : "json"
    return { _tag: "Malformed", breach, line, reason: object }
  }
  const checked = checkServerObject(object)
  if (Result.isFailure(checked)) {
    const { path = [], reason } = checked.failure
    return { _tag: "Malformed", breach: breachAt(object, path), line, reason }
  }
  const message = checked.success._tag === "Known" ? checked.success.message : undefined
  return { _tag: "Object", nth, at, moment: nextMoment(), line, type: String(object["type"]), object, message }
}

/** A name that isn't folded and a limit below its minimum have requirements of their own. */
const breachAt = (object: JsonObject, [field = "", inner = ""]: ReadonlyArray<string>): Breach => {
  const value = object[field]
  if (field === "limits") return Number.isInteger((value as JsonObject | null)?.[inner]) ? "limit" : "schema"
  const name = field === "members" && Array.isArray(value) ? value[Number(inner)] : value
  return ["nick", "room", "from", "members"].includes(field) && typeof name === "string" ? "name" : "schema"
}
