/**
 * The operators' port: whether the server lives, whether it can take anybody, and what it counts, for Prometheus.
 *
 * @module
 */
import * as Http from "node:http"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type * as Scope from "effect/Scope"
import type { Load, Meters } from "./meters.ts"
import { type Address, ListenFailed } from "./transport.ts"

/** A port that is open, and the meters whose counts it shows. */
export interface Operations {
  readonly address: Address
  readonly meters: Meters
}

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const gauge = (name: string, description: string) => Metric.gauge(name, { description })

const opened = counter("connections_opened_total", "Connections that were let in")
const ended = counter(
  "connections_ended_total",
  "Connections that have ended or were turned away, by the code of their bye"
)
const refused = counter("refusals_total", "Requests that were refused, by code")
const entries = counter("entries_total", "Entries that were added to logs")
const deliveries = counter("deliveries_total", "Entries as they were handed to connections: the fan-out")
const caughtUp = counter(
  "catch_up_entries_total",
  "Entries that were read for replays, pages, searches and lists of conversations"
)
const held = counter(
  "catch_up_held_total",
  "Replays and pages that had to wait, because their address had used up its budget"
)
const commits = Metric.histogram("commit_seconds", {
  description: "Time of a transaction on its way to the disk",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
})
const failures = counter("commit_failures_total", "Transactions that the disk has refused")

const loads: Readonly<Record<keyof Load, Metric.Gauge<number>>> = {
  connections: gauge("connections", "Connections that are open"),
  people: gauge("people", "People who hold a nick, with a connection or without"),
  accounts: gauge("accounts", "Accounts that people have made"),
  rooms: gauge("rooms", "Rooms with members"),
  keptRooms: gauge("kept_rooms", "Rooms whose log is kept"),
  queueBytes: gauge("queue_bytes", "Bytes that wait to be sent, on all connections")
}
const memory = gauge("resident_memory_bytes", "Memory of the process")

/** How long a server isn't ready after the disk has refused something. */
const doubtMillis = 10_000

/** Opens the port, which closes with the scope. */
export const operate = Effect.fnUntraced(function* (
  at: Address
): Effect.fn.Return<Operations, ListenFailed, Scope.Scope> {
  const context = yield* Effect.context<never>()
  const count = <Input>(metric: Metric.Metric<Input, unknown>, input: Input) => metric.updateUnsafe(input, context)
  const clock = yield* Clock.Clock
  let load: (() => Load) | undefined
  let isStopping = false
  let refusedAt = Number.NEGATIVE_INFINITY

  const meters: Meters = {
    opened: () => count(opened, 1),
    ended: (how) => count(Metric.withAttributes(ended, { how }), 1),
    refused: (code) => count(Metric.withAttributes(refused, { code }), 1),
    published: (added, handed) => {
      count(entries, added)
      count(deliveries, handed)
    },
    caughtUp: (entries, hasWaited) => {
      count(caughtUp, entries)
      if (hasWaited) count(held, 1)
    },
    committed: (millis, isStored) => {
      refusedAt = isStored ? Number.NEGATIVE_INFINITY : clock.currentTimeMillisUnsafe()
      count(commits, millis / 1_000)
      if (!isStored) count(failures, 1)
    },
    serves: (look) => {
      load = look
    },
    stops: () => {
      isStopping = true
    }
  }

  /** Why nobody should be sent here now; undefined when anybody may. */
  const fault = (): string | undefined => {
    if (isStopping) return "the server is stopping"
    if (load === undefined) return "the server doesn't listen yet"
    // Where nobody is sent, nobody stores anything: so it is forgotten after a while, and found out anew.
    return clock.currentTimeMillisUnsafe() - refusedAt < doubtMillis ? "nothing can be stored" : undefined
  }

  const page = () => {
    for (const [name, value] of Object.entries(load?.() ?? {})) count(loads[name as keyof Load], value)
    count(memory, process.memoryUsage.rss())
    return PrometheusMetrics.formatUnsafe(context, { prefix: "tertulia" })
  }

  const answers: Readonly<Record<string, () => Answer>> = {
    "/healthz": () => ({ status: 200, text: "it lives\n" }),
    "/readyz": () => {
      const why = fault()
      return why === undefined ? { status: 200, text: "ready\n" } : { status: 503, text: `${why}\n` }
    },
    "/metrics": () => ({ status: 200, text: page(), type: "text/plain; version=0.0.4; charset=utf-8" })
  }
  return { address: yield* listening(at, (path) => answers[path]?.()), meters }
})

interface Answer {
  readonly status: number
  readonly text: string
  readonly type?: string
}

const listening = (
  { host, port }: Address,
  answer: (path: string) => Answer | undefined
): Effect.Effect<Address, ListenFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Http.Server, ListenFailed>((resume) => {
      const server = Http.createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
        const isRead = request.method === "GET" || request.method === "HEAD"
        const found = answer(request.url?.split("?")[0] ?? "")
        const {
          status,
          text,
          type = "text/plain; charset=utf-8"
        } = found === undefined
          ? { status: 404, text: "there are /healthz, /readyz and /metrics\n" }
          : isRead
            ? found
            : { status: 405, text: "only GET and HEAD\n" }
        response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text)
      })
      server.maxConnections = 64
      server.on("error", (error: NodeJS.ErrnoException) => {
        const why = error.code === "EADDRINUSE" ? `it is in use: choose another with --ops-port` : error.message
        resume(Effect.fail(new ListenFailed({ message: `can't open the operators' port ${port} on ${host}: ${why}` })))
      })
      server.listen({ host, port }, () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return typeof address === "object" && address !== null
        ? { host: address.address, port: address.port }
        : { host, port }
    })
  )
