/**
 * Mutants on trial: many at once, those that ended badly again, and beside them what is not mutated.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { styleOf } from "../src/report/style.ts"
import type { Driven } from "../src/run/drive.ts"
import type { Role } from "../src/run/judged.ts"
import { type Host, hostOf, type Ports } from "./host.ts"
import { chaptersOf, judgeClient, judgeMutant, judgeServer } from "./judge.ts"
import type { Killers } from "./killers.ts"
import type { Mutant } from "./mutant.ts"
import { better, type End, isGood, type Judged } from "./outcome.ts"

/** The tests of each side. */
export type Plans = Readonly<Record<Role, Driven["plan"]>>

const style = styleOf(process.stdout, process.env)
const say = (text: string) => process.stdout.write(`${text}\n`)

// A mutant that ended badly may have had bad luck on a busy machine: it is judged again, with nobody beside it.
const attempts = 6

const colourOf = (end: End) => (end === "killed" ? style.green : end === "equivalent" ? style.dim : style.red)

const ordinals = ["", "", ", 2nd attempt", ", 3rd attempt", ", 4th attempt", ", 5th attempt", ", 6th attempt"]

const tell = (judged: Judged, place: string) => {
  const { attempt, by, end, missed, mutant } = judged
  const outcome = `${end}${ordinals[attempt] ?? ""}`
  say(
    `${style.dim(place.padStart(8))}  ${colourOf(end)(outcome.padEnd(19))}  ${mutant.breaks.padEnd(10)}  ${mutant.name}`
  )
  if (isGood(judged)) return
  say(`${" ".repeat(10)}${style.dim(`${mutant.does}; ${end === "killed" ? "not killed" : by}`)}`)
  for (const title of missed) say(`${" ".repeat(10)}${style.dim(`survives "${title}"`)}`)
}

/** Judges mutants, as many at once as there are slots; and those that ended badly once more, one after the other. */
export const judgeAll = Effect.fnUntraced(function* (
  chosen: ReadonlyArray<Mutant>,
  plans: Plans,
  wanted: Killers,
  slots: ReadonlyArray<Ports>,
  seed: number
) {
  const free = yield* Queue.unbounded<Ports>()
  yield* Queue.offerAll(free, slots)
  let done = 0
  const first = yield* Effect.forEach(
    chosen,
    (mutant) =>
      Effect.gen(function* () {
        const ports = yield* Queue.take(free)
        const judged = yield* judgeMutant(mutant, plans[mutant.who], wanted[mutant.name], ports, seed)
        yield* Queue.offer(free, ports)
        done++
        if (isGood(judged)) tell(judged, `${done}/${chosen.length}`)
        return judged
      }),
    { concurrency: slots.length }
  )
  return yield* Effect.forEach(first, (judged) =>
    isGood(judged) ? Effect.succeed(judged) : again(judged, plans, slots[0]!, seed)
  )
})

const again = Effect.fnUntraced(function* (first: Judged, plans: Plans, ports: Ports, seed: number) {
  let best = first
  for (let attempt = 2; attempt <= attempts && !isGood(best); attempt++) {
    const wanted = best.missed.length > 0 ? best.missed : undefined
    const judged = yield* judgeMutant(first.mutant, plans[first.mutant.who], wanted, ports, seed)
    best = better(best, { ...judged, attempt })
  }
  tell(best, "again")
  return best
})

const nameOf = (who: Host | "client"): string => (who === "client" ? who : `${who} server`)

/** What a test of a mutant comes to without the mutation: some are only for servers that claim less. */
const goodControl: ReadonlySet<string> = new Set(["passed", "not run", "not claimed"])

/** Whether what isn't mutated passes all tests that judge mutants; if not, nothing can be learned from them. */
export const control = Effect.fnUntraced(function* (
  who: Host | "client",
  plan: Driven["plan"],
  titles: ReadonlyArray<string>,
  ports: Ports,
  seed: number
) {
  let left = titles
  for (let attempt = 1; attempt <= attempts && left.length > 0; attempt++) {
    const judging = { seed, by: { titles: left }, chapters: chaptersOf(plan, { titles: left }) }
    const { results } = yield* who === "client"
      ? judgeClient("none", { port: 0, ...judging })
      : judgeServer({}, hostOf({ host: who }), { port: ports[who], host: who, ...judging })
    const red = results.tests.filter(({ outcome }) => !goodControl.has(outcome.verdict))
    for (const { outcome, title } of red) {
      say(`  control: ${title}: ${outcome.reason ?? outcome.verdict} ${outcome.finding?.got ?? ""}`)
    }
    for (const fault of results.faults) say(`  control: ${fault}`)
    left = results.faults.length > 0 && red.length === 0 ? left : red.map(({ title }) => title)
  }
  say(
    left.length === 0
      ? style.dim(`control: the unmutated ${nameOf(who)} passes`)
      : style.red(`control: the unmutated ${nameOf(who)} fails`)
  )
  return left.length === 0
})
