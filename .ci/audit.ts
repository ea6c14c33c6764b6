#!/usr/bin/env node
/**
 * `npm run audit`: what is known against the packages that the lockfile names. What the lockfile itself says is always looked at; the
 * registry is asked for known holes and for signatures, and where it can't be asked, that is said, and is no pass.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** What one look came to. */
export interface Finding {
  readonly looked: string
  /** "unasked" where nobody could tell. */
  readonly verdict: "good" | "bad" | "unasked"
  readonly words: string
}

const root = fileURLToPath(new URL("..", import.meta.url))

// ---------------------------------------------------------------------------------------------------------------------
// The lockfile
// ---------------------------------------------------------------------------------------------------------------------

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

/** The part of a lockfile, and of package.json, that is looked at. */
export interface Manifest {
  readonly packages: Readonly<Record<string, Locked>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}

/** Each package is bound to its content by a hash, comes from no address of its own, and runs nothing when it is installed, unless that is allowed. */
export const lookAtLockfile = ({ allowScripts, packages }: Manifest): Finding => {
  const foreign = Object.entries(packages).filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
  const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)
  const faults = foreign.flatMap(([path, { hasInstallScript = false, integrity, resolved }]) => [
    ...(integrity === undefined ? [`${path} has no hash`] : []),
    ...(resolved === undefined ? [] : [`${path} is bound to an address`]),
    ...(hasInstallScript && allowScripts[nameOf(path)] !== true
      ? [`${path} has an install script that nobody has allowed`]
      : [])
  ])
  const looked = "the lockfile"
  return faults.length === 0
    ? { looked, verdict: "good", words: `${foreign.length} packages, each with its hash` }
    : { looked, verdict: "bad", words: faults.join("; ") }
}

// ---------------------------------------------------------------------------------------------------------------------
// The registry
// ---------------------------------------------------------------------------------------------------------------------

interface Answer {
  readonly code: number
  readonly json: Readonly<Record<string, unknown>> | undefined
}

const ask = (args: ReadonlyArray<string>, environment: NodeJS.ProcessEnv): Promise<Answer> =>
  new Promise((resolve) => {
    const child = spawn("npm", [...args, "--json"], {
      cwd: root,
      // Asked once: a registry that isn't there won't be a minute later.
      env: { npm_config_fetch_retries: "0", ...environment },
      stdio: ["ignore", "pipe", "ignore"]
    })
    let out = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.once("error", () => resolve({ code: 127, json: undefined }))
    child.once("close", (code) => resolve({ code: code ?? 1, json: parse(out) }))
  })

const parse = (text: string): Answer["json"] => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why there was no answer: a status of HTTP or a code of npm's, and never an address. */
const reasonOf = ({ code, json }: Answer): string => {
  const error = json?.["error"] as { readonly code?: string } | undefined
  const status = json?.["statusCode"]
  if (typeof status === "number") return `the registry doesn't offer it (HTTP ${status})`
  return `the registry can't be asked (${error?.code ?? `npm ended with ${code}`})`
}

interface Hole {
  readonly name: string
  readonly severity: string
}

/** Whether holes are known in a version that is in use. */
const lookForHoles = async (environment: NodeJS.ProcessEnv): Promise<Finding> => {
  const looked = "known holes"
  const answer = await ask(["audit"], environment)
  const holes = answer.json?.["vulnerabilities"] as Readonly<Record<string, Hole>> | undefined
  if (holes === undefined) return { looked, verdict: "unasked", words: reasonOf(answer) }
  const words = Object.values(holes).map(({ name, severity }) => `${name} (${severity})`)
  return words.length === 0
    ? { looked, verdict: "good", words: "none" }
    : { looked, verdict: "bad", words: `${words.join("; ")}: npm audit says more` }
}

/** Whether what is installed is what the registry has signed. */
const lookForSignatures = async (environment: NodeJS.ProcessEnv): Promise<Finding> => {
  const looked = "signatures"
  const answer = await ask(["audit", "signatures"], environment)
  const [invalid, missing] = ["invalid", "missing"].map(
    (name) => answer.json?.[name] as ReadonlyArray<{ readonly name: string }> | undefined
  )
  if (invalid === undefined || missing === undefined) return { looked, verdict: "unasked", words: reasonOf(answer) }
  const words = [
    ...invalid.map(({ name }) => `${name} has a wrong one`),
    ...missing.map(({ name }) => `${name} has none`)
  ]
  return words.length === 0
    ? { looked, verdict: "good", words: "each package has one that is right" }
    : { looked, verdict: "bad", words: words.join("; ") }
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"))

/** Looks at all of it. */
export const audit = async (environment: NodeJS.ProcessEnv = process.env): Promise<ReadonlyArray<Finding>> => [
  lookAtLockfile({ packages: read("package-lock.json").packages, allowScripts: read("package.json").allowScripts }),
  await lookForHoles(environment),
  await lookForSignatures(environment)
]

/** 1 when something was found, 2 when nothing was, and not everything could be asked. */
export const exitCodeOf = (findings: ReadonlyArray<Finding>): number => {
  const has = (verdict: Finding["verdict"]) => findings.some((finding) => finding.verdict === verdict)
  return has("bad") ? 1 : has("unasked") ? 2 : 0
}

export const lineOf = ({ looked, verdict, words }: Finding): string =>
  `${{ good: "ok", bad: "FOUND", unasked: "not known" }[verdict].padEnd(9)}  ${looked}: ${words}`

if (import.meta.main) {
  const findings = await audit()
  for (const finding of findings) process.stdout.write(`${lineOf(finding)}\n`)
  process.exitCode = exitCodeOf(findings)
}
