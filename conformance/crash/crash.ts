/**
 * Kills a server again and again while people talk, starts it on the same file, and judges in the end what became of their words.
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type { Lane } from "../src/history.ts"
import type { Program } from "../src/run/program.ts"
import { type NotStarted, startTarget } from "../src/run/target.ts"
import type { Unreachable } from "../src/wire/connection.ts"
import { conversationOf, makePerson, type Person } from "./person.ts"
import { judgeLanes } from "./recording.ts"
import { judge, type Stored, type Verdict } from "./verdict.ts"

export interface CrashOptions {
  readonly kills: number
  readonly seed: number
  /** Acknowledges what it hasn't committed yet: what must be found out. */
  readonly isEarly: boolean
  /** Leaves the files little space to grow before each kill. */
  readonly isFull: boolean
  readonly onKill: (kills: number, acknowledged: number) => void
}

export interface CrashReport {
  readonly acknowledged: number
  /** Of these, to one person alone. */
  readonly told: number
  /** Entries that change others, besides. */
  readonly changes: number
  readonly again: number
  readonly duplicates: number
  readonly refused: number
  readonly stored: number
  /** All that was asked and got, by connections, and which requirements the judge of histories has looked at in it. */
  readonly lanes: ReadonlyArray<Lane>
  readonly requirements: ReadonlyArray<string>
  readonly verdict: Verdict
}

const rooms = ["#cafe", "#bar"]
const nicks = ["ana", "leo", "pia", "tom", "eva"]

/** Milliseconds for which people talk at the most before a kill. */
const longestTalk = 300

const script = (path: string) => fileURLToPath(new URL(`../../packages/server/${path}`, import.meta.url))

/** The server on a file, with more settings. */
export const serverOn = (file: string, more: ReadonlyArray<string>): Program => ({
  program: process.execPath,
  args: [
    script("src/main.ts"),
    ...["--data", file, "--rate", "100000", "--burst", "100000", "--replay", "100000"],
    // Nobody's time is over before they come back, however busy this machine is: their conversations would end.
    ...["--grace", "600"],
    ...more
  ]
})

const earlyServer = (file: string): Program => ({
  program: process.execPath,
  args: [script("test/support/early-server.ts"), file]
})

/** Bytes by which a file may grow where the disk is to be full: a server needs some to start. */
const leastSpace = 20_000
const mostSpace = 100_000

/** The same server, whose files may not grow beyond so many bytes. */
const limited = (server: Program, bytes: number): Program => ({
  program: "/bin/sh",
  // In blocks of 512 bytes.
  args: ["-c", 'ulimit -S -f "$0" && exec "$@"', String(Math.ceil(bytes / 512)), server.program, ...server.args]
})

const largest = (file: string): number =>
  Math.max(
    mostSpace,
    ...["", "-wal", "-shm"].map((suffix) => statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0)
  )

/** Runs a crash test: the same kills and words for a seed, but never at quite the same moments. */
export const crash = (options: CrashOptions): Effect.Effect<CrashReport, NotStarted | Unreachable> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const file = join(folder, "tertulia.db")
    const server = options.isEarly ? earlyServer(file) : serverOn(file, ["--port", "0"])
    const people = yield* Effect.forEach(nicks, (nick) => makePerson(nick, rooms))
    for (let kills = 1; kills <= options.kills; kills++) {
      const space = yield* Random.nextIntBetween(leastSpace, mostSpace)
      yield* killOnce(options.isFull ? limited(server, largest(file) + space) : server, people)
      options.onKill(kills, countsOf(people).acknowledged)
    }
    yield* listenOnce(server, people)
    return reportOf(people, readLog(file))
  }).pipe(Effect.scoped, Random.withSeed(options.seed))

/** What became of what people have said, by the log in the end. */
export const reportOf = (people: ReadonlyArray<Person>, log: ReadonlyArray<Stored>): CrashReport => {
  const lanes = people.flatMap(({ notes }) => notes.lanes)
  const { broken, requirements } = judgeLanes(lanes)
  const notes = people.map((person) => person.notes)
  return {
    ...countsOf(people),
    stored: log.length,
    lanes,
    requirements,
    verdict: { ...judge(notes, log), broken }
  }
}

/** How much of everything people were told. */
export const countsOf = (people: ReadonlyArray<Person>) => {
  const count = (kind: "acknowledged" | "changes" | "again" | "duplicates" | "refused") =>
    people.reduce((sum, { notes }) => sum + notes[kind].length, 0)
  return {
    acknowledged: count("acknowledged"),
    told: people.flatMap(({ notes }) => notes.acknowledged).filter(({ room }) => room.startsWith("@")).length,
    changes: count("changes"),
    again: count("again"),
    duplicates: count("duplicates"),
    refused: count("refused")
  }
}

/** Kills the server at a random moment after the first word was acknowledged or refused. */
const killOnce = (server: Program, people: ReadonlyArray<Person>) =>
  Effect.gen(function* () {
    const target = yield* startTarget(server)
    const first = yield* Deferred.make<void>()
    const onAnswer = () => void Deferred.doneUnsafe(first, Exit.void)
    const talks = yield* Effect.forkChild(
      Effect.forEach(people, ({ talk }) => talk(target.address, onAnswer), { concurrency: "unbounded", discard: true })
    )
    yield* Effect.raceFirst(Deferred.await(first), Fiber.join(talks))
    yield* Effect.sleep(yield* Random.nextIntBetween(0, longestTalk))
    yield* target.kill
    yield* Fiber.join(talks)
  }).pipe(Effect.scoped)

/** Lets everybody hear what they have missed, and stops the server. */
const listenOnce = (server: Program, people: ReadonlyArray<Person>) =>
  Effect.gen(function* () {
    const target = yield* startTarget(server)
    yield* Effect.forEach(people, ({ listen }) => listen(target.address), { discard: true })
    yield* target.stop
    yield* target.exit
  }).pipe(Effect.scoped)

export const readLog = (file: string): ReadonlyArray<Stored> => {
  const db = new DatabaseSync(file, { readOnly: true })
  const rows = db
    .prepare(
      `SELECT name, seq, author, ones.nick AS one, others.nick AS other, iif(kind = 0, NULL, target) AS target,
         iif(kind = 0 AND edited IS NULL AND deleted IS NULL, text, NULL) AS text
       FROM entries JOIN rooms ON rooms.id = entries.room LEFT JOIN conversations ON conversations.room = rooms.id
       LEFT JOIN sessions AS ones ON ones.person = one LEFT JOIN sessions AS others ON others.person = other
       ORDER BY name, seq`
    )
    .all()
  db.close()
  return rows.map(({ author, name, one, other, seq, target, text }) => ({
    room: one === null ? String(name) : conversationOf(String(one), String(other)),
    seq: Number(seq),
    from: String(author),
    text: text === null ? undefined : String(text),
    target: target === null ? undefined : Number(target)
  }))
}
