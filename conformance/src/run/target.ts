/**
 * A target that the suite starts itself, and may therefore stop or kill.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import type * as net from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Address, dial, dialBeneath, type Trust } from "../wire/dial.ts"
import { requestOf } from "../wire/handshake.ts"
import { freePort } from "./free-port.ts"
import {
  type CommandLine,
  describeEnd,
  type Ended,
  endOf,
  type Program,
  type Running,
  run,
  standStill
} from "./program.ts"

export type { Program }

/** How a target is started, and how it is spoken to. Plain data: it crosses to vitest's worker. */
export type StartCommand = (Program | CommandLine) & {
  /** Present when it speaks TLS on the port that it is given, or says. */
  readonly tls?: Trust
  /** How the other servers are started, of a target that has several. */
  readonly more?: ReadonlyArray<StartCommand>
}

/** A target that runs; with several servers, what is done to it is done to all of them. */
export interface StartedTarget {
  readonly address: Address
  /** Of the other servers, if it has several. */
  readonly others: ReadonlyArray<Address>
  /** Asks it to stop (SIGTERM). */
  readonly stop: Effect.Effect<void>
  /** Kills it (SIGKILL). */
  readonly kill: Effect.Effect<void>
  /** Makes it stand still for so many seconds (SIGSTOP, then SIGCONT). */
  readonly standStill: (seconds: number) => Effect.Effect<void>
  /** Waits for its end and gives its exit code, or the signal that ended it. */
  readonly exit: Effect.Effect<Ended>
  /** Whether it has ended, and how; `undefined` as well when it was told to. */
  readonly died: () => Ended | undefined
  /** The end of what it has written. */
  readonly output: () => string
}

/** The target didn't come up. */
export class NotStarted extends Data.TaggedError("NotStarted")<{
  readonly reason: string
  /** The end of what it has written. */
  readonly output: string
}> {}

const main = fileURLToPath(new URL("../../../packages/server/src/main.ts", import.meta.url))

/** Of the limits and clocks of the reference server, those that would take long to reach with their defaults. */
export const quick = {
  // A heartbeat of 1 s would be quicker still, but then a busy machine that stands for two is taken for a silent client.
  heartbeat: 2,
  "login-seconds": 5,
  grace: 5,
  "idle-seconds": 5,
  connections: 96,
  joins: 16,
  members: 24,
  rooms: 256,
  "new-rooms": 0,
  replay: 100,
  iterations: 4_096,
  "token-seconds": 20,
  "attempt-seconds": 20,
  // Above what one test says, but for the one that looks at what is given up.
  keep: 200
}

/** What a command has in place of a port that the suite chooses. */
export const portHole = "{port}"

/** What a command has in place of a folder for the target's data, which its later lives find as it was; of several servers, each has its own. */
export const dataHole = "{data}"

/** What a command has in place of a name that is the target's own: all of its servers have it, in all of their lives, and no other target. */
export const nameHole = "{name}"

/** The reference server with these settings, and the quick ones for what they don't say. */
export const referenceServerWith = (given: Readonly<Record<string, string>>): Program => {
  const settings = Object.entries({ port: 0, data: join(dataHole, "tertulia.db"), ...quick, ...given })
  return {
    program: process.execPath,
    args: [main, ...settings.flatMap(([name, value]) => [`--${name}`, String(value)])]
  }
}

/** The reference server as it is reached over WebSocket: its web port is the one that the suite chooses. */
export const referenceServerOver = (ws: string): Program => ({ ...referenceServerWith({ "web-port": portHole }), ws })

/** The reference server, with clocks and limits small enough to be judged quickly. */
export const referenceServer = referenceServerWith({})

/** A certificate and its key, in files, and in PEM. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

/** A fresh certificate for this machine, which ends with the scope. */
export const devCertificate = Effect.gen(function* () {
  const folder = yield* dataFolder
  const running = yield* run({ program: process.execPath, args: [main, "dev-cert", "--out", folder] })
  const ended = yield* running.exit
  if (ended !== 0) return yield* notStarted(running, `it made no certificate: ${describeEnd(ended)}`)
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")]
  const pem = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") }
  return { certFile, keyFile, ...pem } satisfies CertificateFiles
})

/** The reference server, spoken to over TLS. */
export const referenceServerOverTls = Effect.map(devCertificate, ({ cert, certFile, keyFile }): StartCommand => {
  const settings = { "tls-port": portHole, "tls-cert": certFile, "tls-key": keyFile }
  return { ...referenceServerWith(settings), tls: { ca: cert } }
})

const chat = fileURLToPath(new URL("../../../packages/terminal/src/main.ts", import.meta.url))

/** The terminal client of this repository, as a command for `--client`. */
export const referenceClient = `"${process.execPath}" "${chat}" --nick ana --room cafe --reconnect`

// ---------------------------------------------------------------------------------------------------------------------
// Starting
// ---------------------------------------------------------------------------------------------------------------------

const startMillis = 20_000
const dyingPatience = "2 seconds"

/**
 * Starts a target on free ports, waits until it listens, and stops it with the scope.
 *
 * @param millis how long it may take
 */
export const startTarget = (
  command: StartCommand,
  millis = startMillis
): Effect.Effect<StartedTarget, NotStarted, Scope.Scope> =>
  Effect.gen(function* () {
    const kept = keepsData(command) ? withData(command, yield* dataFolder) : command
    const { more = [] } = kept
    if (more.length === 0) return yield* startServer(kept, millis)
    const all = yield* Effect.forEach([kept, ...more], (each) => startServer(each, millis), {
      concurrency: "unbounded"
    })
    // They may have to agree first on who does what. Whoever doesn't greet at all is judged for it.
    yield* Effect.timeoutOption(
      Effect.forEach(all, ({ address }) => untilGreeting(address), { concurrency: "unbounded" }),
      millis
    )
    return together(all)
  })

/** Waits until somebody greets there. */
export const untilGreeting = (address: Address): Effect.Effect<void> =>
  Effect.flatMap(greets(address), (does) =>
    does
      ? Effect.void
      : Effect.delay(
          Effect.suspend(() => untilGreeting(address)),
          20
        )
  )

/** Several servers as one target, which has ended when one of them has; when it was told to, when all have. */
const together = (all: ReadonlyArray<StartedTarget>): StartedTarget => {
  const [first, ...others] = all
  let isTold = false
  const each = (tell: (one: StartedTarget) => Effect.Effect<void>) =>
    Effect.forEach(all, tell, { concurrency: "unbounded", discard: true })
  const told = (tell: (one: StartedTarget) => Effect.Effect<void>) =>
    Effect.suspend(() => {
      isTold = true
      return each(tell)
    })
  const ends = Effect.forEach(all, ({ exit }) => exit, { concurrency: "unbounded" })
  const dead = () => all.find(({ died }) => died() !== undefined)
  return {
    address: first!.address,
    others: others.map(({ address }) => address),
    stop: told(({ stop }) => stop),
    kill: told(({ kill }) => kill),
    standStill: (seconds) => each(({ standStill }) => standStill(seconds)),
    exit: Effect.gen(function* () {
      const one = yield* Effect.raceAllFirst(all.map(({ exit }) => exit))
      return isTold ? ((yield* ends).find((how) => how !== 0) ?? 0) : one
    }),
    died: () => dead()?.died(),
    output: () => (dead() ?? first!).output()
  }
}

const startServer = (kept: StartCommand, millis: number): Effect.Effect<StartedTarget, NotStarted, Scope.Scope> =>
  Effect.gen(function* () {
    const port = hasHole(kept, portHole) ? yield* freePort : undefined
    const running = yield* run(port === undefined ? kept : filled(kept, portHole, String(port)))
    const at = yield* port === undefined ? announced(running, millis) : accepting(running, port, millis)
    const address = {
      ...at,
      ...(kept.tls === undefined ? {} : { tls: kept.tls }),
      ...(kept.ws === undefined ? {} : { ws: kept.ws })
    }
    const { ended, exit, output, signal } = running
    let told: { readonly before: Ended | undefined } | undefined
    const tell = (name: NodeJS.Signals) =>
      Effect.suspend(() => {
        told ??= { before: ended() }
        return signal(name)
      })
    const answers = Effect.timeoutOrElse(greets(address), {
      duration: dyingPatience,
      orElse: () => Effect.succeed(true)
    })
    // Whoever is dying when the scope closes has not been told to: its connections are gone before its end is known.
    const lookOnce = Effect.gen(function* () {
      if (told !== undefined) return
      if (ended() === undefined && !(yield* answers)) yield* Effect.timeoutOption(exit, dyingPatience)
      told = { before: ended() }
    })
    yield* Effect.addFinalizer(() => lookOnce)
    return {
      address,
      others: [],
      stop: tell("SIGTERM"),
      kill: tell("SIGKILL"),
      standStill: (seconds) => standStill({ signal }, seconds),
      exit,
      died: () => (told === undefined ? ended() : told.before),
      output
    }
  })

/** Whether a command says where the target is to keep its data, so that it can be found again after a restart. */
export const keepsData = (command: StartCommand): boolean =>
  [command, ...(command.more ?? [])].some((each) => hasHole(each, dataHole) || hasHole(each, nameHole))

/** The command with this folder for its data, and its name: as often as it is started, it finds what it had. */
export const withData = (command: StartCommand, folder: string): StartCommand => {
  const { more = [] } = command
  if (more.length === 0) return withFolder(command, folder, folder)
  const inside = (each: StartCommand, nth: number) => {
    const own = join(folder, String(nth))
    mkdirSync(own, { recursive: true })
    return withFolder(each, folder, own)
  }
  return { ...inside(command, 1), more: more.map((each, index) => inside(each, index + 2)) }
}

const withFolder = (command: StartCommand, all: string, own: string): StartCommand =>
  filled(filled(command, dataHole, own), nameHole, basename(all))

/** A folder for data, which ends with the scope. */
export const dataFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-data-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const hasHole = (command: StartCommand, hole: string): boolean =>
  "line" in command ? command.line.includes(hole) : command.args.some((arg) => arg.includes(hole))

const filled = (command: StartCommand, hole: string, value: string): StartCommand =>
  "line" in command
    ? { ...command, line: command.line.replaceAll(hole, value) }
    : { ...command, args: command.args.map((arg) => arg.replaceAll(hole, value)) }

const loopbacks = ["127.0.0.1", "::1"]

/** Tries to connect until somebody accepts. */
const accepting = (running: Running, port: number, millis: number): Effect.Effect<Address, NotStarted> =>
  Effect.gen(function* () {
    while (running.ended() === undefined) {
      for (const host of loopbacks) if (yield* listens({ host, port })) return { host, port }
      yield* Effect.sleep(20)
    }
    yield* running.exit
    return yield* endedEarly(running)
  }).pipe(
    Effect.timeoutOrElse({
      duration: millis,
      orElse: () => notStarted(running, `nobody accepts a connection on port ${port} within ${millis / 1_000} s`)
    })
  )

/** Whether somebody accepts a connection there. */
export const listens = (address: Address): Effect.Effect<boolean> => reaches(() => dialBeneath(address), "connect")

/** Whether somebody says something there: a program that is dying may still accept connections. Waits for it. */
export const greets = (address: Address): Effect.Effect<boolean> =>
  reaches(() => {
    const { socket } = dial(address)
    const { host, port, ws } = address
    // Over a WebSocket the first that a server says is its answer to the handshake.
    if (ws !== undefined) socket.write(requestOf({ host, port, path: ws }))
    return socket
  }, "data")

const reaches = (open: () => net.Socket, event: "connect" | "data"): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = open()
    const say = (answer: boolean) => {
      socket.destroy()
      resume(Effect.succeed(answer))
    }
    socket
      .once(event, () => say(true))
      .once("error", () => say(false))
      .once("end", () => say(false))
    return Effect.sync(() => socket.destroy())
  })

/** Reads the output of a target until a line says where it listens. */
const announced = (running: Running, millis: number): Effect.Effect<Address, NotStarted> =>
  Effect.gen(function* () {
    const look = (output: string) => firstOf(output.split("\n").slice(0, -1), addressIn)
    const address = yield* running.find(look, millis)
    if (address !== undefined) return address
    if (running.ended() !== undefined) return yield* endedEarly(running)
    return yield* notStarted(running, `it didn't say within ${millis / 1_000} s where it listens; ${sayWhere}`)
  })

const sayWhere = `put ${portHole} into the command, or have it print "listening on host:port" (and flush it)`

const endedEarly = (running: Running) =>
  notStarted(running, `it ended before it listened: ${describeEnd(running.ended() ?? "unknown")}`)

const notStarted = (running: Running, reason: string): Effect.Effect<never, NotStarted> =>
  Effect.fail(new NotStarted({ reason, output: endOf(running.output()) }))

const firstOf = <A, B>(all: ReadonlyArray<A>, look: (one: A) => B | undefined): B | undefined => {
  for (const one of all) {
    const found = look(one)
    if (found !== undefined) return found
  }
  return undefined
}

/** The host and port of a line that says `listening on`, or that is JSON and has both, at any depth. */
const addressIn = (line: string): Address | undefined => {
  const said = /listening on (?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[^\s:/[\]]+)):(?<port>\d{1,5})\b/iu.exec(
    line
  )?.groups
  const host = said?.["six"] ?? said?.["host"]
  if (host !== undefined) return { host: wildcards[host] ?? host, port: Number(said?.["port"]) }
  try {
    return search(JSON.parse(line))
  } catch {
    return undefined
  }
}

// Where one that listens everywhere is reached.
const wildcards: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1" }

const search = (value: unknown): Address | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const { host, port } = value as { readonly host?: unknown; readonly port?: unknown }
  if (typeof host === "string" && typeof port === "number" && port > 0) return { host, port }
  return firstOf(Object.values(value), search)
}
