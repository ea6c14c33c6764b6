#!/usr/bin/env node
/**
 * `npm run conformance:mutants`: can each test fail? Judges every mutant by the tests that are listed for it in
 * `killers.json`, while a control run through the same proxy shows that what is not mutated passes them. With `--write` those
 * without a list, and those of a test without a mutant, are judged by all tests of the requirement, and lists and matrix are written.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { leaveNothingRunning } from "../src/clients/leftovers.ts"
import { styleOf } from "../src/report/style.ts"
import type { Driven } from "../src/run/drive.ts"
import type { Role } from "../src/run/judged.ts"
import { leave } from "../src/run/leave.ts"
import { startTarget } from "../src/run/target.ts"
import { type Requirement, readRequirements } from "../src/spec/requirements.ts"
import { catalogue } from "./catalogue.ts"
import { excused } from "./excused.ts"
import { type Host, hostOf, type Ports } from "./host.ts"
import { planOf } from "./judge.ts"
import { assign, type Killers, killersFile, killersText, readKillers, unkilled } from "./killers.ts"
import { matrix } from "./matrix.ts"
import type { Mutant } from "./mutant.ts"
import { asListed, ends, isGood, type Judged } from "./outcome.ts"
import { control, judgeAll } from "./trial.ts"

const flags = {
  only: Flag.atLeast(Flag.String("only"), 0).pipe(
    Flag.withMetavar("text"),
    Flag.withDescription("Only mutants of requirements that begin so, or with this in their name (may be repeated)")
  ),
  jobs: Flag.Int("jobs").pipe(Flag.withDefault(6), Flag.withDescription("Mutants that are judged at once (6)")),
  seed: Flag.Int("seed").pipe(Flag.withDefault(1), Flag.withDescription("The seed of every run (1)")),
  write: Flag.Boolean("write").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Try all tests of the requirement where a list is missing, or with --only; write killers.json and MATRIX.md"
    )
  )
}

const style = styleOf(process.stdout, process.env)
const say = (text: string) => process.stdout.write(`${text}\n`)
const matrixFile = fileURLToPath(new URL("MATRIX.md", import.meta.url))

const chosenBy = (only: ReadonlyArray<string>): ReadonlyArray<Mutant> =>
  only.length === 0
    ? catalogue
    : catalogue.filter(({ breaks, name }) => only.some((text) => breaks.startsWith(text) || name.includes(text)))

// ---------------------------------------------------------------------------------------------------------------------
// What is known of the whole
// ---------------------------------------------------------------------------------------------------------------------

/** The tests that judge these mutants: those that are listed, or all of their requirements. */
const judgesOf = (own: ReadonlyArray<Mutant>, plan: Driven["plan"], wanted: Killers): ReadonlyArray<string> => {
  const listed = new Set(own.flatMap(({ name }) => wanted[name] ?? []))
  const unlisted = own.filter(({ name }) => wanted[name] === undefined).map(({ breaks }) => breaks)
  return plan
    .filter(({ ids, title }) => listed.has(title) || unlisted.some((id) => ids.includes(id)))
    .map(({ title }) => title)
}

/** Every MUST that can be tested and that no mutant of a side that it binds breaks. */
const unmutated = (): ReadonlyArray<Requirement> =>
  readRequirements().filter(({ id, level, removed, untestable, who }) => {
    const sides: ReadonlyArray<Role> = who === "both" ? ["server", "client"] : [who]
    const isBroken = (side: Role) => catalogue.some((mutant) => mutant.breaks === id && mutant.who === side)
    return level === "MUST" && removed === undefined && untestable === undefined && !sides.every(isBroken)
  })

/** What is missing to the claim that each test can fail, in sentences. */
const gaps = (titles: ReadonlyArray<string>, killers: Killers): ReadonlyArray<string> => {
  const open = unkilled(titles, killers)
  return [
    ...unmutated().map(({ id, text }) => `no mutant breaks ${id}: ${text}`),
    ...open
      .filter((title) => excused[title] === undefined)
      .map((title) => `no mutant is killed by the test "${title}"`),
    ...Object.keys(excused)
      .filter((title) => !open.includes(title))
      .map((title) => `excused.ts excuses "${title}", which kills a mutant or isn't there`)
  ]
}

/** Lists only of mutants and tests that are there. */
const current = (killers: Killers, titles: ReadonlySet<string>): Killers =>
  assign(killers, namesOf(catalogue), titles, new Map())

/** The lists that a run which writes need not look at again: of requirements all of whose tests are listed. */
const settled = (killers: Killers, plan: Driven["plan"]): Killers => {
  const open = unkilled(namesOfTests(plan), killers)
  const ids = new Set(plan.filter(({ title }) => open.includes(title)).flatMap((test) => test.ids))
  const again = catalogue.filter(({ breaks }) => ids.has(breaks)).map(({ name }) => name)
  return Object.fromEntries(Object.entries(killers).filter(([name]) => !again.includes(name)))
}

const namesOfTests = (plan: Driven["plan"]) => plan.map(({ title }) => title)

const namesOf = (mutants: ReadonlyArray<Mutant>) => mutants.map(({ name }) => name)

/** The rows of the matrix: what this run has judged, and what the lists say of the rest. */
const rowsOf = (judged: ReadonlyArray<Judged>, killers: Killers): ReadonlyArray<Judged> =>
  catalogue.flatMap((mutant) => {
    const row = judged.find((each) => each.mutant === mutant)
    const listed = killers[mutant.name]
    return row !== undefined ? [row] : listed === undefined ? [] : [asListed(mutant, listed)]
  })

/** What is written, and held to what is found. */
const files = (killers: Killers, page: string): ReadonlyArray<readonly [file: string, text: string]> => [
  [killersFile, killersText(killers)],
  [matrixFile, page]
]

/** What is judged beside a mutant, unmutated. */
const kindOf = ({ host = "forgetful", who }: Mutant): Host | "client" => (who === "client" ? who : host)

/** Servers for so many mutants at once, the first for what isn't mutated. One that is durable stands for all, and one of each other kind. */
const startSlots = Effect.fnUntraced(function* (count: number) {
  const [apart, durable, invited, page, ...forgetful] = yield* Effect.all([
    startTarget(hostOf({ host: "durable" })),
    startTarget(hostOf({ host: "durable" })),
    startTarget(hostOf({ host: "invited" })),
    startTarget(hostOf({ host: "web" })),
    ...Array.from({ length: count }, () => startTarget(hostOf({})))
  ])
  const shared = { durable: durable.address.port, invited: invited.address.port, web: page.address.port }
  return forgetful.map(({ address: { port } }, nth): Ports => {
    const own = { forgetful: port, secure: port, ...shared }
    // What isn't mutated is judged by most tests: those whom mutants leave behind must not be in its way.
    return nth === 0 ? { ...own, durable: apart.address.port } : own
  })
})

const command = Command.make(
  "conformance:mutants",
  flags,
  Effect.fn("mutants")(function* ({ jobs, only, seed, write }) {
    yield* leaveNothingRunning
    const chosen = chosenBy(only)
    if (chosen.length === 0) say(`no mutant breaks ${only.join(" or ")}, or is called so`)
    const plans = { server: yield* planOf("server"), client: yield* planOf("client") }
    const titles = new Set(namesOfTests([...plans.server, ...plans.client]))
    const before = current(readKillers(), titles)
    const wanted = !write ? before : only.length > 0 ? {} : settled(before, [...plans.server, ...plans.client])
    const slots = yield* startSlots(Math.max(2, jobs))
    const [spare, ...others] = slots
    const green = (who: Host | "client") => {
      const own = chosen.filter((mutant) => kindOf(mutant) === who)
      const plan = plans[who === "client" ? who : "server"]
      return control(who, plan, judgesOf(own, plan, wanted), spare!, seed)
    }
    // One after the other, beside the mutants: all of them wait more than they work, and what was too slow among others is tried again.
    const controls = Effect.forEach(["forgetful", "durable", "invited", "web", "secure", "client"] as const, green)
    const [judged, greens] = yield* Effect.all([judgeAll(chosen, plans, wanted, others, seed), controls], {
      concurrency: 2
    })
    const areGreen = greens.every(Boolean)
    const found = new Map(judged.map(({ kills, mutant }) => [mutant.name, kills]))
    const killers = write ? assign(before, namesOf(catalogue), titles, found) : before
    const rows = rowsOf(judged, killers)
    const rest = { killers, tests: titles.size, unkilled: Object.entries(excused), unmutated: unmutated() }
    const stale = files(killers, matrix({ judged: rows, ...rest })).filter(
      ([file, text]) => text !== readFileSync(file, "utf8")
    )
    if (write && areGreen) for (const [file, text] of stale) writeFileSync(file, text)
    const faults = [
      ...(only.length === 0 ? gaps([...titles], killers) : []),
      ...(write ? [] : stale.map(([file]) => `${basename(file)} says something else: add --write`))
    ]
    say(`\n${ends.map((end) => `${judged.filter((row) => row.end === end).length} ${end}`).join(", ")}`)
    for (const fault of faults) say(style.red(fault))
    const isSound = chosen.length > 0 && judged.every(isGood) && areGreen && faults.length === 0
    process.exitCode = isSound ? 0 : 1
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Judges servers and clients that break one requirement each. Exits 0 when each is killed by tests of that very requirement, every MUST has a mutant, and every test kills one."
  )
)

command.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ teardown: (exit) => leave(Exit.isSuccess(exit) ? Number(process.exitCode ?? 0) : 1) })
)
