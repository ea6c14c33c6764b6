#!/usr/bin/env node
/**
 * `npm run abuse`: everything at once against a server that this starts, while honest people talk. None of what they say may be lost, they
 * may wait at most ten times as long at the 99th percentile as when it is quiet, memory stays bounded, and all is as before afterwards.
 * Exit 0 when that holds, 1 when it doesn't, 2 when it wasn't asked for rightly.
 *
 * @module
 */
import { type ChildProcess, fork, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs, styleText } from "node:util"
import * as Effect from "effect/Effect"
import { freePort } from "../conformance/src/run/free-port.ts"
import { attacks } from "./attacks.ts"
import { gather, type Talk } from "./honest.ts"
import type { Target } from "./lines.ts"

const help = `npm run abuse -- [options]

Attacks a server that it starts, in every way at once, from addresses of the loopback, while 20 honest people talk.

  --seconds N  how long the attack lasts (default 60)
  --silent N   connections that say nothing (default 10000)
  --only NAME  one attack of: ${Object.keys(attacks).join(", ")}
  --no-times   judge no times: for machines that do something else meanwhile
  --help       this
`

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

const options = (() => {
  try {
    return parseArgs({
      options: {
        seconds: { type: "string", default: "60" },
        silent: { type: "string", default: "10000" },
        only: { type: "string" },
        "no-times": { type: "boolean", default: false },
        help: { type: "boolean", default: false }
      }
    }).values
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${help}`)
  }
})()

const integer = (text: string, flag: string, most: number): number =>
  /^[1-9][0-9]*$/u.test(text) && Number(text) <= most
    ? Number(text)
    : fail(`--${flag} is ${JSON.stringify(text)}: it must be an integer from 1 to ${most}`)

const hasTimes = !options["no-times"]
// Whoever ends this by hand ends all that it has started.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

const honest = 20
const timesQuiet = 10
/** What memory may grow by, in bytes. */
const memoryBound = 768 * 1_048_576

// Beside what the defaults are: room for all attacks together. From one address there is no more than always.
const settings = ["--max-connections", "14000"]
const main = fileURLToPath(new URL("../packages/server/src/main.ts", import.meta.url))
const attacker = fileURLToPath(new URL("./attacker.ts", import.meta.url))

interface Running {
  readonly target: Target
  readonly process: ChildProcess
  /** What the operators' port shows, by name. */
  readonly metrics: () => Promise<ReadonlyMap<string, number>>
  /** What the log told as an error. */
  readonly errors: Array<string>
}

const startServer = async (data: string): Promise<Running> => {
  const opsPort = await Effect.runPromise(freePort)
  const flags = ["--port", "0", "--ops-port", String(opsPort), "--data", data, "--log-format", "json", ...settings]
  const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "pipe", "inherit"] })
  process.once("exit", () => child.kill("SIGKILL"))
  const errors: Array<string> = []
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)))
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const entry = JSON.parse(line)
      if (typeof entry["port"] === "number") resolve(entry["port"])
      if (entry["level"] === "error" || entry["level"] === "fatal") errors.push(line)
    })
  })
  const metrics = async () => {
    const page = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
    const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    return new Map(
      lines.map((line) => {
        const space = line.lastIndexOf(" ")
        return [line.slice(0, space).replace(/^tertulia_/u, ""), Number(line.slice(space + 1))] as const
      })
    )
  }
  return { target: { host: "127.0.0.1", port }, process: child, metrics, errors }
}

const isTerminal = process.stdout.isTTY === true
const paint = (style: "green" | "red" | "dim" | "bold", text: string) =>
  styleText(style, text, { stream: process.stdout })
const say = (text: string) => process.stdout.write(`${text}\n`)
const millis = (value: number) => `${value.toFixed(1)} ms`
const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`
const grouped = (value: number) => value.toLocaleString("en")
const quantile = ({ delays }: Talk, share: number) => delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN

const row = (name: string, talk: Talk) => {
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => millis(quantile(talk, share)))
  const cells = [p50!, p99!, worst!].map((cell) => cell.padStart(11)).join(" ")
  say(`${name.padEnd(10)} ${grouped(talk.said).padStart(8)} ${grouped(talk.heard).padStart(9)} ${cells}`)
}

/** The most of each figure that was seen. */
const watch = (server: Running) => {
  const most = { memory: 0, connections: 0, queue: 0 }
  const look = async () => {
    const found = await server.metrics()
    const at = (name: string) => found.get(name) ?? 0
    most.memory = Math.max(most.memory, at("resident_memory_bytes"))
    most.connections = Math.max(most.connections, at("connections"))
    most.queue = Math.max(most.queue, at("queue_bytes"))
    return most
  }
  const timer = setInterval(() => void look().then(show, () => {}), 1_000)
  const began = performance.now()
  const show = () => {
    if (!isTerminal) return
    const seconds = Math.round((performance.now() - began) / 1_000)
    process.stdout.write(`\r\u001b[K${seconds} s: ${grouped(most.connections)} connections, ${mebibytes(most.memory)}`)
  }
  return {
    most,
    stop: () => {
      clearInterval(timer)
      if (isTerminal) process.stdout.write("\r\u001b[K")
    }
  }
}

/** How long the silent connections may take to be there before the rest begins. */
const gathering = 30_000

/** Begins all attacks, when those who are silent are there; gives what they have counted, and how they are ended. */
const attack = async (target: Target, silent: number, names: ReadonlyArray<string>) => {
  const counts = new Map<string, Readonly<Record<string, number>>>()
  const children: Array<ChildProcess> = []
  const begin = (name: string) => {
    const child = fork(attacker, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
    child.on("message", (message) => void counts.set(name, message as Record<string, number>))
    child.send({ attack: name, force: { silent }, target })
    children.push(child)
  }
  const end = async () => {
    await Promise.all(
      children.map(async (child) => {
        child.kill("SIGKILL")
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
      })
    )
  }
  process.once("exit", () => {
    for (const child of children) child.kill("SIGKILL")
  })
  const first = "silent connections"
  if (names.includes(first)) {
    begin(first)
    const until = performance.now() + gathering
    while ((counts.get(first)?.["connected"] ?? 0) < silent && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const name of names) if (name !== first) begin(name)
  return { counts, end }
}

/** How long the commits between two looks at the metrics took: most of what the honest wait for is the disk, when it isn't the processor. */
const commitsIn = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string => {
  const buckets = [...after].flatMap(([name, count]) => {
    const bound = /^commit_seconds_bucket\{.*le="([0-9.]+)"/u.exec(name)?.[1]
    return bound === undefined ? [] : [{ millis: 1_000 * Number(bound), count: count - (before.get(name) ?? 0) }]
  })
  const all = (after.get("commit_seconds_count") ?? 0) - (before.get("commit_seconds_count") ?? 0)
  const within = (share: number) => {
    const bucket = buckets.find(({ count }) => count >= share * all)
    return bucket === undefined ? `more than ${buckets.at(-1)?.millis} ms` : `${bucket.millis} ms`
  }
  return `${grouped(all)}: half of them within ${within(0.5)}, 99 % within ${within(0.99)}`
}

const judge = (is: boolean, sentence: string): boolean => {
  say(`${is ? paint("green", "ok    ") : paint("red", "FAILED")} ${sentence}`)
  return is
}

const run = async (seconds: number, silent: number, names: ReadonlyArray<string>): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), "tertulia-abuse-"))
  const server = await startServer(join(folder, "rooms.db"))
  const exited = once(server.process, "exit")
  let hasDied = false
  void exited.then(() => {
    hasDied = true
  })
  try {
    const people = await gather(server.target, "honest", honest)
    const quietSeconds = Math.max(3, Math.min(15, seconds / 3))
    // The first talk warms up.
    await people.talk(2)
    say(
      `${paint("bold", "honest".padEnd(10))} ${"said".padStart(8)} ${"heard".padStart(9)} ${["median", "p99", "longest"].map((head) => head.padStart(11)).join(" ")}`
    )
    const quiet = await people.talk(quietSeconds)
    row("quiet", quiet)
    const before = await server.metrics()

    const watching = watch(server)
    const attacking = await attack(server.target, silent, names)
    const abused = await people.talk(seconds)
    watching.stop()
    const refused = await server.metrics()
    await attacking.end()
    row("abused", abused)

    // Whoever was in a room with a session may come back for the grace; nobody here has one.
    const calm = async () => {
      const now = await server.metrics()
      return now.get("connections") === honest && now.get("people") === honest && now.get("queue_bytes") === 0
    }
    // What a flood has left in the buffers of the network is still read, at the pace of its connection; and who has connected is let in
    // although they have gone. So it is calm when it has been for some seconds.
    const until = performance.now() + 240_000
    let calmFor = 0
    while (calmFor < 5 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      calmFor = (await calm()) ? calmFor + 1 : 0
    }
    const isCalm = calmFor === 5
    await people.talk(2)
    const after = await people.talk(quietSeconds)
    row("after", after)
    const late = await gather(server.target, "late", 5).then(
      (others) => {
        others.leave()
        return true
      },
      () => false
    )
    const end = await server.metrics()

    say("")
    for (const [name, counts] of attacking.counts) {
      const parts = Object.entries(counts).map(([what, times]) => `${what} ${grouped(times)}`)
      say(`${name.padEnd(20)} ${paint("dim", parts.join(", "))}`)
    }
    const codes = [...refused].filter(([name]) => /^(?:refusals_total|connections_ended_total)/u.test(name))
    say(
      `${"the server's counts".padEnd(20)} ${paint("dim", codes.map(([name, times]) => `${/"(.*)"/u.exec(name)?.[1]} ${grouped(times)}`).join(", "))}`
    )
    say(`${"its commits".padEnd(20)} ${paint("dim", commitsIn(before, refused))}`)
    say("")

    const [p99, quietP99, afterP99] = [quantile(abused, 0.99), quantile(quiet, 0.99), quantile(after, 0.99)]
    const { connections, memory, queue } = watching.most
    const memoryBefore = before.get("resident_memory_bytes") ?? 0
    const faults = [...quiet.faults, ...abused.faults, ...after.faults]
    for (const fault of faults.slice(0, 5)) say(`       ${fault}`)
    for (const error of server.errors.slice(0, 5)) say(`       ${error}`)
    return [
      judge(!hasDied && server.errors.length === 0, "the server lives, and has logged no error"),
      judge(
        faults.length === 0,
        `nothing was lost of what the honest said: ${grouped(abused.heard)} deliveries in order`
      ),
      judge(
        !hasTimes || p99 < timesQuiet * quietP99,
        `their p99 was ${millis(p99)}, ${(p99 / quietP99).toFixed(1)} times that of the quiet (at most ${timesQuiet})`
      ),
      judge(
        memory - memoryBefore < memoryBound,
        `memory rose from ${mebibytes(memoryBefore)} to ${mebibytes(memory)} at most (by no more than ${mebibytes(memoryBound)}), with ${grouped(connections)} connections and ${mebibytes(queue)} unsent`
      ),
      judge(
        isCalm && late && (!hasTimes || afterP99 < 3 * quietP99),
        `afterwards: ${end.get("connections")} connections, ${end.get("people")} people, ${end.get("queue_bytes")} bytes unsent, p99 ${millis(afterP99)}; others get in: ${late ? "yes" : "no"}`
      )
    ].every((is) => is)
  } finally {
    server.process.kill("SIGTERM")
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
}

if (options.help) {
  process.stdout.write(help)
} else {
  const { only } = options
  if (only !== undefined && !(only in attacks))
    fail(`there is no attack ${JSON.stringify(only)}; there are ${Object.keys(attacks).join(", ")}`)
  const names = only === undefined ? Object.keys(attacks) : [only]
  const isGood = await run(integer(options.seconds, "seconds", 3_600), integer(options.silent, "silent", 12_000), names)
  process.exit(isGood ? 0 : 1)
}
