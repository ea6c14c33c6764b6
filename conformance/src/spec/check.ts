/**
 * `npm run spec:check`: the spec is sound, and every requirement of the core was judged in a run: those on servers with the
 * reference server, those on clients with the terminal client. When the last run was of other sources, the suite runs first.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { type Judged, type Role, readJudged } from "../run/judged.ts"
import { referenceClient } from "../run/target.ts"
import { type Requirement, readChapters, requirementsOf, type SpecFault } from "./requirements.ts"
import { generatedFaults, specFaults } from "./static-check.ts"

const suite = fileURLToPath(new URL("../main.ts", import.meta.url))

/** The requirements that a run of the suite must judge: a MAY is a liberty, which nobody can break. */
/** Profiles of other ways in than TCP, which a run of their own judges (`--ws`, `--tls`). */
const elsewhere: ReadonlySet<Requirement["profile"]> = new Set(["websocket", "tls"])

const toJudge = (requirements: ReadonlyArray<Requirement>, role: Role): ReadonlyArray<Requirement> =>
  requirements.filter(
    ({ level, profile, removed, untestable, who }) =>
      removed === undefined &&
      untestable === undefined &&
      (who === role || who === "both") &&
      !elsewhere.has(profile) &&
      level !== "MAY"
  )

const unjudged = (wanted: ReadonlyArray<Requirement>, { judgements }: Judged, role: Role): ReadonlyArray<SpecFault> =>
  wanted
    .filter(({ id }) => (judgements[id] ?? 0) === 0)
    .map(({ id, link, line }) => ({
      at: `${link.split("#")[0]}:${line}`,
      message: `no test of ${role}s has judged ${id} in a run: write one, or say why not: *(untestable: reason)*`
    }))

const runs = {
  server: { args: [], of: "the reference server" },
  client: { args: ["--client", referenceClient], of: "the terminal client" }
} as const satisfies Record<Role, unknown>

const freshRun = (role: Role): Judged | string => {
  const known = readJudged(role)
  if (known !== undefined) return known
  const { args, of } = runs[role]
  const { status, stderr } = spawnSync(process.execPath, [suite, "--quiet", ...args], { encoding: "utf8" })
  const run = readJudged(role)
  if (run !== undefined && status !== null && status <= 1) return run
  return `the suite could not judge ${of} (exit ${status}): ${stderr.trim()}`
}

const runFaults = (wanted: ReadonlyArray<Requirement>, role: Role): ReadonlyArray<SpecFault> => {
  const run = freshRun(role)
  return typeof run === "string" ? [{ at: "npm run conformance", message: run }] : unjudged(wanted, run, role)
}

const check = (): number => {
  const chapters = readChapters()
  const requirements = requirementsOf(chapters)
  const sound = [...specFaults(chapters), ...generatedFaults(chapters)]
  if (sound.length > 0) return report(sound)
  if (process.argv.includes("--static")) return report([])
  const [server, client] = [toJudge(requirements, "server"), toJudge(requirements, "client")]
  const faults = [...runFaults(server, "server"), ...runFaults(client, "client")]
  return report(faults, [`${server.length} requirements on servers`, `${client.length} on clients`])
}

const report = (faults: ReadonlyArray<SpecFault>, judged: ReadonlyArray<string> = []): number => {
  for (const { at, message } of faults) process.stderr.write(`${at}: ${message}\n`)
  if (faults.length > 0) process.stderr.write(`spec:check: ${faults.length} faults\n`)
  else process.stdout.write(`spec:check: sound${judged.length === 0 ? "" : `; all judged: ${judged.join(" and ")}`}\n`)
  return faults.length > 0 ? 1 : 0
}

process.exitCode = check()
