#!/usr/bin/env node
import { writeFileSync } from "node:fs"
/**
 * `npm run crash-test`: is what was acknowledged still there after `kill -9`, and was all that anybody got as the spec promises? Exits 0
 * when nothing is lost, doubled, reordered or missing and the judge of histories finds nothing, 1 otherwise, 2 when it couldn't be judged.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { leaveNothingRunning } from "../src/clients/leftovers.ts"
import { historyJson } from "../src/history/file.ts"
import { countOf } from "../src/history/shrink.ts"
import { leave } from "../src/run/leave.ts"
import { crashCluster } from "./cluster.ts"
import { type CrashReport, crash } from "./crash.ts"

const flags = {
  kills: Flag.Int("kills").pipe(Flag.withDefault(20), Flag.withDescription("How often the server is killed (20)")),
  seed: Flag.Int("seed").pipe(Flag.withDefault(1), Flag.withDescription("The seed of the moments and the words (1)")),
  full: Flag.Boolean("full").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Leaves the files little space to grow before each kill")
  ),
  servers: Flag.Int("servers").pipe(
    Flag.withDefault(1),
    Flag.withDescription("With more than one, they share a store, and nodes of that are killed, too (1)")
  ),
  nodes: Flag.Int("nodes").pipe(Flag.withDefault(3), Flag.withDescription("With --servers: nodes of the store (3)")),
  stillNodes: Flag.Boolean("still-nodes").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "With --servers: nodes of the store stand still for seconds, too, as a machine that is moved does; shows whether a version of the store bears that"
    )
  ),
  every: Flag.Int("every").pipe(
    Flag.withDefault(5),
    Flag.withDescription("With --servers: seconds between two kills (5)")
  ),
  minutes: Flag.Int("minutes").pipe(
    Flag.withDefault(0),
    Flag.withDescription("With --servers: kills for so many minutes, instead of --kills times")
  ),
  pause: Flag.Int("pause").pipe(
    Flag.optional,
    Flag.withDescription(
      "With --servers: milliseconds before each request of one person, on average (20 with --minutes, so that the history can be judged, else none)"
    )
  ),
  out: Flag.String("out").pipe(
    Flag.optional,
    Flag.withDescription("Writes all that was asked and got there, for `npm run conformance -- judge FILE`")
  ),
  early: Flag.Boolean("early").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Judges a server that acknowledges before it commits: the test must fail")
  )
}

const say = (text: string) => process.stdout.write(`${text}\n`)

/** Of each kind of fault, as many examples are told. */
const examples = 5

interface Options {
  readonly kills: number
  readonly seed: number
  readonly full: boolean
  readonly servers: number
  readonly nodes: number
  readonly stillNodes: boolean
  readonly every: number
  readonly minutes: number
  readonly pause: Option.Option<number>
  readonly out: Option.Option<string>
  readonly early: boolean
}

/** Milliseconds of a pause by which ten minutes make a history that a machine can hold. */
const longPause = 20

const run = Effect.fnUntraced(function* (options: Options) {
  yield* leaveNothingRunning
  const report = yield* options.servers > 1 ? crashMany(options) : crashOne(options)
  tell(report)
  if (Option.isSome(options.out)) {
    writeFileSync(options.out.value, historyJson(report.lanes))
    say(`the history is in ${options.out.value}`)
  }
}, Effect.scoped)

const crashMany = ({ every, kills, minutes, nodes, pause, seed, servers, stillNodes }: Options) => {
  const howOften = minutes > 0 ? `for ${minutes} min` : `${kills} times`
  say(`kills ${servers} servers or ${nodes} nodes of their store ${howOften} while people talk; seed ${seed}`)
  return crashCluster({
    ...{ every, kills, minutes, nodes, seed, servers, stillNodes },
    pause: Option.getOrElse(pause, () => (minutes > 0 ? longPause : 0)),
    onKill: (done, what, count) => say(`  ${done}: ${what}, ${count} entries acknowledged`)
  })
}

const crashOne = ({ early, full, kills, seed }: Options) => {
  say(`kills a server ${kills} times while people talk; seed ${seed}`)
  const onKill = (done: number, count: number) => {
    if (done % 10 === 0) say(`  ${done} kills, ${count} entries acknowledged`)
  }
  return crash({ kills, seed, isEarly: early, isFull: full, onKill })
}

/** Says what became of it all. */
const tell = (report: CrashReport): void => {
  const { acknowledged, again, changes, duplicates, lanes, refused, requirements, stored, told, verdict } = report
  const faults = Object.entries(verdict)
  for (const [kind, found] of faults) for (const fault of found.slice(0, examples)) say(`  ${kind}: ${fault}`)
  say(
    `${acknowledged} entries acknowledged, ${told} of them in conversations of two, and ${changes} that change others, ${refused} refused, ${stored} in the file; ${again} times one was sent again by its key, and ${duplicates} times it was there already`
  )
  say(`${countOf(lanes)} lines of ${lanes.length} connections were judged by ${requirements.join(", ")}`)
  say(faults.map(([kind, found]) => `${found.length} ${kind}`).join(", "))
  process.exitCode = faults.some(([, found]) => found.length > 0) ? 1 : 0
}

Command.make("crash-test", flags, run).pipe(
  Command.withDescription("Kills the server while people talk, and judges what became of their words."),
  Command.run({ version: "0.1.0" }),
  Effect.catchTags({
    NotStarted: ({ reason }) => couldNot(reason),
    Unreachable: ({ reason }) => couldNot(reason)
  }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ teardown: (exit) => leave(Exit.isSuccess(exit) ? Number(process.exitCode ?? 0) : 1) })
)

function couldNot(reason: string) {
  return Effect.sync(() => {
    process.stderr.write(`crash-test: ${reason}\n`)
    process.exitCode = 2
  })
}
