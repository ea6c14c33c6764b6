/**
 * What the last whole runs of this repository's own server and client have judged, for `npm run spec:check`.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Results } from "./results.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** Who was judged. */
export type Role = "server" | "client"

const fileOf = (who: Role): string => join(root, "conformance-report", `judged-${who}.json`)

/** How often each requirement was judged, and of which sources that is true. */
export interface Judged {
  readonly fingerprint: string
  readonly exitCode: number
  readonly judgements: Readonly<Record<string, number>>
}

/** What decides what a run judges: another byte in it makes an earlier run worth nothing. */
const sources = {
  server: ["spec", "conformance/src", "conformance/suite", "packages/protocol/src", "packages/server/src"],
  client: [
    "spec",
    "conformance/src",
    "conformance/suite-clients",
    "packages/protocol/src",
    "packages/client/src",
    "packages/terminal/src"
  ]
} as const satisfies Record<Role, ReadonlyArray<string>>

/** One hash of all sources. */
const fingerprint = (who: Role): string => {
  const hash = createHash("sha256")
  for (const folder of sources[who]) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:md|ts)$/u.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
    for (const path of files) hash.update(path.slice(root.length)).update("\0").update(readFileSync(path))
  }
  return hash.digest("hex")
}

/** Notes what a run has judged. */
export const writeJudged = (who: Role, results: Results): void => {
  const judged: Judged = {
    fingerprint: fingerprint(who),
    exitCode: results.exitCode,
    judgements: Object.fromEntries(
      results.requirements.map(({ broken, kept, requirement }) => [requirement.id, kept + broken])
    )
  }
  const file = fileOf(who)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(judged, null, 2)}\n`)
}

/** The last run's, if it was a run of these very sources. */
export const readJudged = (who: Role): Judged | undefined => {
  const file = fileOf(who)
  if (!existsSync(file)) return undefined
  const judged = JSON.parse(readFileSync(file, "utf8")) as Judged
  return judged.fingerprint === fingerprint(who) ? judged : undefined
}
