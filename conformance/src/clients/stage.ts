/**
 * The server that a client under test meets: it listens on a free port of loopback, and says what a script tells it to,
 * right or wrong. It judges nothing; it notes what comes, line by line, and what of it no client may send.
 *
 * @module
 */
import * as net from "node:net"
import { defaultLimits, type Limits, type Line, makeLineDecoder, type Request } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address } from "../wire/connection.ts"
import { makeRecorder, type Transcript } from "../wire/transcript.ts"
import { type Host, makeHost } from "./host.ts"
import { type Breach, breachOf } from "./line.ts"
import { makePeople, makeRooms, type People, type Rooms } from "./memory.ts"
import type { Signal } from "./signal.ts"

/** A line that a client has sent. */
export interface Heard {
  /** Milliseconds of the suite's clock. */
  readonly at: number
  readonly line: Line
  /** Absent when the host had to refuse the line, or was told not to answer. */
  readonly request: Request | undefined
}

/** One connection, as the server's end of it sees it. */
export interface Visit {
  /** 1 for the first connection of the client. */
  readonly nth: number
  /** Milliseconds of the suite's clock when it came. */
  readonly since: number
  readonly host: Host
  /** Every line that has come, in order. */
  readonly heard: ReadonlyArray<Heard>
  /** How many bytes have come. */
  readonly received: () => number
  /** Milliseconds of the suite's clock when the last byte came, or the connection. */
  readonly lastByte: () => number
  /** How many bytes of a line without LF have come. */
  readonly pending: () => number
  /** How and when the client has ended the connection, once it has. */
  readonly ended: () => { readonly how: "FIN" | "RST"; readonly at: number } | undefined
  /** The first thing that came and that no client may send. */
  readonly breach: () => Breach | undefined
  /** Sends objects, each on a line, in one write. */
  readonly says: (...objects: ReadonlyArray<object>) => Effect.Effect<void>
  /** Sends bytes as they are. */
  readonly writes: (bytes: string | Uint8Array) => Effect.Effect<void>
  /** What holds from now on for the lines that come. */
  readonly announces: (limits: Partial<Limits>) => void
  /** Whether the host answers what comes; it does unless it is told not to. */
  readonly answers: (on: boolean) => void
  /** FIN; it reads on. */
  readonly hangsUp: Effect.Effect<void>
  /** RST. */
  readonly resets: Effect.Effect<void>
  readonly transcript: () => Transcript
}

/** A server that listens. */
export interface Stage {
  readonly address: Address
  /** The client's connections, in the order in which they came. */
  readonly visits: ReadonlyArray<Visit>
  readonly rooms: Rooms
  readonly people: People
}

// More than any test lets a client type: what comes beyond it is thrown away.
const longestLine = 4 * 1_048_576

/**
 * Listens until the scope closes.
 *
 * @param began milliseconds of the clock at which the test began
 */
export const openStage = Effect.fnUntraced(function* (
  changed: Signal,
  began: number
): Effect.fn.Return<Stage, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const rooms = makeRooms(now)
  const people = makePeople()
  const visits: Array<Visit> = []
  const sockets = new Set<net.Socket>()
  const accept = (socket: net.Socket) => {
    sockets.add(socket)
    visits.push(receive(socket, visits.length + 1, { rooms, people, changed, began, now }))
    changed.notify()
  }
  const server = yield* Effect.acquireRelease(listen(accept), (listening) => close(listening, sockets))
  const { port } = server.address() as net.AddressInfo
  return { address: { host: "127.0.0.1", port }, visits, rooms, people }
})

const listen = (accept: (socket: net.Socket) => void): Effect.Effect<net.Server> =>
  Effect.callback<net.Server>((resume) => {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, accept)
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  })

const close = (server: net.Server, sockets: ReadonlySet<net.Socket>): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    for (const socket of sockets) socket.destroy()
    server.close(() => resume(Effect.void))
  })

interface Around {
  readonly rooms: Rooms
  readonly people: People
  readonly changed: Signal
  readonly began: number
  readonly now: () => number
}

const receive = (socket: net.Socket, nth: number, { began, changed, now, people, rooms }: Around): Visit => {
  const recorder = makeRecorder(() => now() - began)
  const decoder = makeLineDecoder(longestLine)
  const host = makeHost(rooms, people)
  const since = now()
  // A socket that has closed no longer says it.
  const port = socket.localPort
  const heard: Array<Heard> = []
  let limits = defaultLimits
  let answering = true
  let received = 0
  let lastByte = since
  let breach: Breach | undefined
  let ended: { readonly how: "FIN" | "RST"; readonly at: number } | undefined

  const put = (bytes: string | Uint8Array) => {
    const chunk = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes
    if (socket.destroyed || socket.writableEnded || chunk.length === 0) return
    recorder.chunk("sent", chunk)
    socket.write(chunk)
  }
  const say = (objects: ReadonlyArray<object>) => put(objects.map((object) => `${JSON.stringify(object)}\n`).join(""))

  const hear = (line: Line) => {
    breach ??= breachOf(line, limits)
    const { objects, request } = answering ? host.answer(line, limits) : { objects: [], request: undefined }
    heard.push({ at: lastByte, line, request })
    say(objects)
    if (request?.type === "bye") socket.end()
  }
  const end = (how: "FIN" | "RST") => {
    ended ??= { how, at: now() }
    changed.notify()
  }

  socket.on("data", (chunk: Uint8Array) => {
    recorder.chunk("received", chunk)
    received += chunk.length
    lastByte = now()
    for (const line of decoder.push(chunk).lines) hear(line)
    changed.notify()
  })
  socket.on("end", () => {
    recorder.note("FIN came")
    end("FIN")
    socket.end()
  })
  socket.on("error", (error) => {
    recorder.note(error.message)
    end("RST")
  })

  return {
    nth,
    since,
    host,
    heard,
    received: () => received,
    lastByte: () => lastByte,
    pending: () => decoder.pending(),
    ended: () => ended,
    breach: () => breach,
    says: (...objects) => Effect.sync(() => say(objects)),
    writes: (bytes) => Effect.sync(() => put(bytes)),
    announces: (announced) => {
      limits = { ...limits, ...announced }
    },
    answers: (on) => {
      answering = on
    },
    hangsUp: Effect.sync(() => {
      recorder.note("FIN sent")
      socket.end()
    }),
    resets: Effect.sync(() => {
      recorder.note("RST sent")
      socket.resetAndDestroy()
    }),
    transcript: () => recorder.transcript(`connection ${nth}`, port)
  }
}
