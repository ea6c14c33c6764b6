/**
 * Builds the page when it is missing or older than what it is made of.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { build } from "vite"
import { fingerprint } from "../server/src/fingerprint.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const here = fileURLToPath(new URL(".", import.meta.url))

/** The folder of the built page. */
export const dist = fileURLToPath(new URL("dist", import.meta.url))

// What the page is made of. The lockfile stands for all that others have made.
const sources = [
  "packages/web/{index.html,vite.config.ts}",
  "packages/web/{src,public}/**/*.*",
  "packages/{client,protocol}/src/**/*.ts",
  "spec/**/*.md",
  "package-lock.json"
]

const madeOf = (): string => fingerprint(root, sources)

/** Where it stands what the built page was made of. */
const stampName = "made-of.txt"

/** Whether the built page is there, and made of what is here now. */
export const isFresh = (): boolean =>
  existsSync(`${dist}/${stampName}`) && readFileSync(`${dist}/${stampName}`, "utf8") === madeOf()

/** Builds the page, unless it is fresh. Whoever is served meanwhile gets the one before. */
export const freshen = async (say: (text: string) => void = () => {}): Promise<void> => {
  if (isFresh()) return
  say(`building the web page${existsSync(dist) ? ", which is older than its source" : ", once"} ...`)
  const began = performance.now()
  const made = madeOf()
  const fresh = `${dist}-${process.pid}`
  await inProduction(() => build({ root: here, logLevel: "error", build: { outDir: fresh } }))
  writeFileSync(`${fresh}/${stampName}`, made)
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
  say(`built the web page in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** React is twice as large otherwise, for whoever works on it. */
const inProduction = async (act: () => Promise<unknown>): Promise<void> => {
  const before = process.env["NODE_ENV"]
  process.env["NODE_ENV"] = "production"
  try {
    await act()
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"]
    else process.env["NODE_ENV"] = before
  }
}
