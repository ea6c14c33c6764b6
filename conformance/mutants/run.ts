#!/usr/bin/env node
/**
 * `npm run conformance:mutants`: can each test fail? Judges every mutant by the tests of the requirement that it breaks,
 * after a control run through the same proxy has shown that an unmutated server passes.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import { styleOf } from "../src/report/style.ts"
import { referenceServer, startTarget } from "../src/run/target.ts"
import { type Requirement, readRequirements } from "../src/spec/requirements.ts"
import { catalogue } from "./catalogue.ts"
import { judgeBehind, judgeMutant } from "./judge.ts"
import { matrix } from "./matrix.ts"
import type { Mutant } from "./mutant.ts"
import { type End, ends, isGood, type Judged } from "./outcome.ts"

const flags = {
  only: Flag.atLeast(Flag.String("only"), 0).pipe(
    Flag.withMetavar("text"),
    Flag.withDescription("Only mutants of requirements that begin so, or with this in their name (may be repeated)")
  ),
  jobs: Flag.Int("jobs").pipe(Flag.withDefault(2), Flag.withDescription("Mutants that are judged at once (2)")),
  seed: Flag.Int("seed").pipe(Flag.withDefault(1), Flag.withDescription("The seed of every run (1)")),
  report: Flag.String("report").pipe(
    Flag.optional,
    Flag.withMetavar("file"),
    Flag.withDescription("Where the matrix is written, as Markdown")
  )
}

const style = styleOf(process.stdout, process.env)
const say = (text: string) => process.stdout.write(`${text}\n`)
const colourOf = (end: End) => (end === "killed" ? style.green : end === "equivalent" ? style.dim : style.red)

const chosenBy = (only: ReadonlyArray<string>): ReadonlyArray<Mutant> =>
  only.length === 0
    ? catalogue
    : catalogue.filter(({ breaks, name }) => only.some((text) => breaks.startsWith(text) || name.includes(text)))

/** Whether the unmutated server passes all tests that are about to judge mutants; if not, nothing can be learned. */
const controlIsGreen = Effect.fnUntraced(function* (port: number, seed: number, chosen: ReadonlyArray<Mutant>) {
  say(style.dim("control: the unmutated server, through the same proxy"))
  const requirements = [...new Set<string>(chosen.map(({ breaks }) => breaks))]
  const { results } = yield* judgeBehind({}, { port, seed, requirements, start: referenceServer })
  if (results.exitCode === 0) return true
  say(style.red("the control run is not green, so mutants can't be judged"))
  for (const { outcome, title } of results.tests) {
    if (outcome.verdict === "passed" || outcome.verdict === "not run") continue
    say(`  ${title}: ${outcome.reason ?? outcome.verdict} ${outcome.finding?.got ?? ""}`)
  }
  for (const fault of results.faults) say(`  ${fault}`)
  return false
})

const report = (judged: Judged, place: string) => {
  const { by, end, mutant } = judged
  say(`${style.dim(place)}  ${colourOf(end)(end.padEnd(17))}  ${mutant.breaks.padEnd(10)}  ${mutant.name}`)
  if (!isGood(judged)) say(`${" ".repeat(place.length + 2)}${style.dim(`${mutant.does}; ${by}`)}`)
}

/** Judges the mutants, as many at once as there are servers. */
const judgeAll = Effect.fnUntraced(function* (
  chosen: ReadonlyArray<Mutant>,
  ports: ReadonlyArray<number>,
  seed: number
) {
  const free = yield* Queue.unbounded<number>()
  yield* Queue.offerAll(free, ports)
  let done = 0
  return yield* Effect.forEach(
    chosen,
    (mutant) =>
      Effect.gen(function* () {
        const port = yield* Queue.take(free)
        const judged = yield* judgeMutant(mutant, port, seed)
        yield* Queue.offer(free, port)
        report(judged, `${++done}/${chosen.length}`.padStart(8))
        return judged
      }),
    { concurrency: ports.length }
  )
})

/** Every MUST that binds servers and that no mutant breaks. */
const unmutated = (): ReadonlyArray<Requirement> =>
  readRequirements().filter(
    ({ id, level, removed, untestable, who }) =>
      level === "MUST" &&
      who !== "client" &&
      removed === undefined &&
      untestable === undefined &&
      !catalogue.some(({ breaks }) => breaks === id)
  )

const command = Command.make(
  "conformance:mutants",
  flags,
  Effect.fn("mutants")(function* ({ jobs, only, report: file, seed }) {
    const chosen = chosenBy(only)
    if (chosen.length === 0) say(`no mutant breaks ${only.join(" or ")}, or is called so`)
    const targets = yield* Effect.all(Array.from({ length: Math.max(1, jobs) }, () => startTarget(referenceServer)))
    const ports = targets.map(({ address }) => address.port)
    const green = chosen.length > 0 && (yield* controlIsGreen(ports[0]!, seed, chosen))
    const judged = green ? yield* judgeAll(chosen, ports, seed) : []
    const without = only.length === 0 ? unmutated() : []
    if (Option.isSome(file)) writeFileSync(file.value, matrix(judged, without))
    say(`\n${ends.map((end) => `${judged.filter((row) => row.end === end).length} ${end}`).join(", ")}`)
    for (const { id, text } of without) say(style.red(`no mutant breaks ${id}: ${text}`))
    process.exitCode = green && judged.every(isGood) && without.length === 0 ? 0 : 1
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Judges servers that break one requirement each. Exits 0 when each is killed by a test of that very requirement, and every MUST has a mutant."
  )
)

command.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
