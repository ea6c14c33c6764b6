#!/usr/bin/env node
/**
 * `npm run crash-test`: is what was acknowledged still there after `kill -9`? Exits 0 when nothing is lost, doubled, reordered or
 * missing, 1 otherwise, 2 when it couldn't be judged.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { leaveNothingRunning } from "../src/clients/leftovers.ts"
import { leave } from "../src/run/leave.ts"
import { crash } from "./crash.ts"

const flags = {
  kills: Flag.Int("kills").pipe(Flag.withDefault(20), Flag.withDescription("How often the server is killed (20)")),
  seed: Flag.Int("seed").pipe(Flag.withDefault(1), Flag.withDescription("The seed of the moments and the words (1)")),
  full: Flag.Boolean("full").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Leaves the files little space to grow before each kill")
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
  readonly early: boolean
}

const run = Effect.fnUntraced(function* ({ early, full, kills, seed }: Options) {
  yield* leaveNothingRunning
  say(`kills a server ${kills} times while people talk; seed ${seed}`)
  const onKill = (done: number, count: number) => {
    if (done % 10 === 0) say(`  ${done} kills, ${count} entries acknowledged`)
  }
  const report = yield* crash({ kills, seed, isEarly: early, isFull: full, onKill })
  const { acknowledged, again, duplicates, refused, stored, told, verdict } = report
  const faults = Object.entries(verdict)
  for (const [kind, found] of faults) for (const fault of found.slice(0, examples)) say(`  ${kind}: ${fault}`)
  say(
    `${acknowledged} entries acknowledged, ${told} of them in conversations of two, ${refused} refused, ${stored} in the file; ${again} times one was sent again by its key, and ${duplicates} times it was there already`
  )
  say(faults.map(([kind, found]) => `${found.length} ${kind}`).join(", "))
  process.exitCode = faults.some(([, found]) => found.length > 0) ? 1 : 0
}, Effect.scoped)

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
