/**
 * `npm run spec:check`: the spec is sound, and every requirement of the core on servers was judged in a run.
 * When the last run was of other sources, the suite is run against the reference server first.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { type Judged, readJudged } from "../run/judged.ts"
import { type Requirement, readChapters, requirementsOf, type SpecFault } from "./requirements.ts"
import { generatedFaults, specFaults } from "./static-check.ts"

const suite = fileURLToPath(new URL("../main.ts", import.meta.url))

/** The requirements that a run of the suite must judge: a MAY is a liberty, which nobody can break. */
const toJudge = (requirements: ReadonlyArray<Requirement>): ReadonlyArray<Requirement> =>
  requirements.filter(
    ({ level, profile, removed, untestable, who }) =>
      removed === undefined && untestable === undefined && who !== "client" && profile === "core" && level !== "MAY"
  )

const unjudged = (requirements: ReadonlyArray<Requirement>, { judgements }: Judged): ReadonlyArray<SpecFault> =>
  toJudge(requirements)
    .filter(({ id }) => (judgements[id] ?? 0) === 0)
    .map(({ id, link, line }) => ({
      at: `${link.split("#")[0]}:${line}`,
      message: `no test has judged ${id} in a run: write one, or say why not: *(untestable: reason)*`
    }))

const freshRun = (): Judged | string => {
  const known = readJudged()
  if (known !== undefined) return known
  const { status, stderr } = spawnSync(process.execPath, [suite, "--quiet"], { encoding: "utf8" })
  const run = readJudged()
  if (run !== undefined && status !== null && status <= 1) return run
  return `the suite could not judge the reference server (exit ${status}): ${stderr.trim()}`
}

const check = (): number => {
  const chapters = readChapters()
  const requirements = requirementsOf(chapters)
  const sound = [...specFaults(chapters), ...generatedFaults(chapters)]
  if (sound.length > 0) return report(sound)
  if (process.argv.includes("--static")) return report([])
  const run = freshRun()
  if (typeof run === "string") return report([{ at: "npm run conformance", message: run }])
  return report(unjudged(requirements, run), toJudge(requirements).length)
}

const report = (faults: ReadonlyArray<SpecFault>, judged?: number): number => {
  for (const { at, message } of faults) process.stderr.write(`${at}: ${message}\n`)
  if (faults.length > 0) process.stderr.write(`spec:check: ${faults.length} faults\n`)
  else process.stdout.write(`spec:check: sound${judged === undefined ? "" : `; all ${judged} requirements judged`}\n`)
  return faults.length > 0 ? 1 : 0
}

process.exitCode = check()
