/**
 * What was measured on, and what: the machine, the versions, the commit.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { cpus, release } from "node:os"
import { type Contender, path } from "./servers.ts"

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly kernel: string
  readonly node: string
  readonly versions: Readonly<Record<string, string>>
}

const versionOf = (program: string): string => {
  const flags: Readonly<Record<string, string>> = { mosquitto: "-h" }
  try {
    const env = { ...process.env, PATH: path }
    const text = execFileSync(program, [flags[program] ?? "--version"], { env, encoding: "utf8", stdio: "pipe" })
    return /\d+\.\d[\d.]*/u.exec(text)?.[0] ?? "?"
  } catch (error) {
    return /\d+\.\d[\d.]*/u.exec(String((error as { readonly stdout?: string }).stdout))?.[0] ?? "?"
  }
}

/** This machine, with the versions of the programs among these. */
export const machineWith = (chosen: ReadonlyArray<Contender>): Machine => ({
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  kernel: `Linux ${release()}`,
  node: process.version,
  versions: Object.fromEntries(
    chosen.flatMap(({ program }) => (program === undefined ? [] : [[program, versionOf(program)] as const]))
  )
})

/** The commit that is measured. */
export const commit = (): string => {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim()
  } catch {
    return "unknown"
  }
}

/** The machine in one line of a report. */
export const inOneLine = ({ cores, kernel, node, processor, versions }: Machine): string => {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const where = `${processor}, ${cores} cores, ${kernel}, Node ${node.slice(1)}`
  return programs.length === 0 ? where : `${where}; ${programs.join(", ")}`
}
