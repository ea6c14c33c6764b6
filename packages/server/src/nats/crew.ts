/**
 * The servers of one tertulia, as each of them sees the others: where the one is that leads, and how it is known that a connection comes from
 * one of them.
 *
 * @module
 */
import * as Net from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { isSame } from "../secrets.ts"
import type { Address, Connection, ListenFailed, Transport } from "../transport.ts"
import { connectionOver, listening } from "../transport-tcp.ts"

/** What the log of the store tells a server of the others. */
export interface Crew {
  /** Where this server is reached by the others, as `host:port`. */
  readonly at: string
  /** Is told the secret that all of them know, and nobody else. */
  readonly knows: (secret: string) => void
  /** Is told where the one is that leads; undefined while none does. */
  readonly leads: (at: string | undefined) => void
}

/** A server that no other connects to. */
export const alone: Crew = { at: "", knows: () => {}, leads: () => {} }

/** For whom a server connects to the one that leads; the first line of the connection. */
interface Introduction {
  readonly secret: string
  readonly peer: string
  readonly isPrivate: boolean
}

/** The longest introduction, in bytes. */
const longest = 512

export interface OpenCrew extends Crew {
  /** The connections that other servers make to this one, for their clients, as if these had come themselves. */
  readonly transport: Transport
  /** Connects to the one that leads, for somebody, once it is known; `isLeading` says whether it still leads. */
  readonly connect: (
    client: Pick<Connection, "peer">,
    isPrivate: boolean
  ) => Effect.Effect<{ readonly connection: Connection; readonly isOver: Effect.Effect<void> }>
}

/** Listens for the other servers. Until this one leads, whoever comes waits. */
export const openCrew = Effect.fnUntraced(function* (
  options: Address & { readonly seconds: number }
): Effect.fn.Return<OpenCrew, ListenFailed, Scope.Scope> {
  let secret = ""
  let leader: { readonly at: string; readonly over: Deferred.Deferred<void> } | undefined
  const waiting = new Set<Deferred.Deferred<void>>()
  const early: Array<Connection> = []
  let accept: ((connection: Connection) => void) | undefined
  const run = yield* FiberSet.makeRuntime()

  const letIn = (connection: Connection) => {
    if (accept === undefined) early.push(connection)
    else accept(connection)
  }

  const flags = { host: "--relay-host", port: "--relay-port" }
  const address = yield* listening(options, flags, (socket) =>
    run(
      introduced(socket, () => secret).pipe(
        Effect.timeoutOption(1_000 * options.seconds),
        Effect.map(Option.getOrUndefined),
        Effect.flatMap((client) =>
          Effect.sync(() => {
            if (client === undefined) socket.on("error", () => {}).destroy()
            else letIn(connectionOver(socket, client.peer, { isEncrypted: client.isPrivate }))
          })
        )
      )
    )
  )

  const known = Effect.gen(function* () {
    while (leader === undefined || secret === "") {
      const changed = Deferred.makeUnsafe<void>()
      waiting.add(changed)
      yield* Deferred.await(changed)
    }
    return leader
  })

  const tellAll = () => {
    // Who is told may wait again at once.
    const told = [...waiting]
    waiting.clear()
    for (const each of told) Deferred.doneUnsafe(each, Effect.void)
  }

  return {
    at: `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`,
    knows: (told) => {
      secret = told
      tellAll()
    },
    leads: (at) => {
      if (at === leader?.at) return
      if (leader !== undefined) Deferred.doneUnsafe(leader.over, Effect.void)
      leader = at === undefined ? undefined : { at, over: Deferred.makeUnsafe() }
      tellAll()
    },
    transport: {
      listen: (taker) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            accept = taker
            for (const connection of early.splice(0)) taker(connection)
            return address
          }),
          () =>
            Effect.sync(() => {
              accept = (connection) => connection.destroy()
            })
        )
    },
    connect: ({ peer }, isPrivate) =>
      Effect.gen(function* () {
        while (true) {
          const { at, over } = yield* known
          const socket = yield* Effect.option(connected(at))
          if (socket._tag === "None") {
            yield* Effect.sleep("100 millis")
            continue
          }
          const introduction: Introduction = { secret, peer, isPrivate }
          socket.value.write(`${JSON.stringify(introduction)}\n`)
          return { connection: connectionOver(socket.value, at), isOver: Deferred.await(over) }
        }
      })
  }
})

const connected = (at: string): Effect.Effect<Net.Socket, "refused"> =>
  Effect.callback((resume) => {
    const { hostname, port } = new URL(`tcp://${at}`)
    const host = hostname.replace(/^\[|\]$/gu, "")
    const socket = Net.connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true })
    const refuse = () => resume(Effect.fail("refused"))
    socket.once("error", refuse).once("connect", () => {
      socket.off("error", refuse)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

/** Reads the introduction of a connection; undefined when it is none of ours. What follows it is left to be read. */
const introduced = (socket: Net.Socket, secret: () => string): Effect.Effect<Introduction | undefined> =>
  Effect.callback((resume) => {
    let bytes = Buffer.alloc(0)
    const stop = (found: Introduction | undefined) => {
      socket.off("readable", look).off("end", ended).off("error", ended).off("close", ended)
      resume(Effect.succeed(found))
    }
    const look = () => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf("\n")
      if (end < 0 && bytes.length <= longest) return
      const found = end < 0 ? undefined : introductionIn(bytes.subarray(0, end).toString(), secret())
      if (found !== undefined && end + 1 < bytes.length) socket.unshift(bytes.subarray(end + 1))
      stop(found)
    }
    const ended = () => stop(undefined)
    socket.on("readable", look).once("end", ended).once("error", ended).once("close", ended)
    return Effect.sync(() => socket.destroy())
  })

const introductionIn = (line: string, secret: string): Introduction | undefined => {
  try {
    const found = JSON.parse(line) as Introduction
    return secret !== "" && typeof found.secret === "string" && isSame(found.secret, secret) ? found : undefined
  } catch {
    return undefined
  }
}
