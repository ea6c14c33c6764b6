/**
 * `npm run spec` writes what is generated: spec/schema, spec/vectors and the union of requirement IDs.
 * `npm run spec -- --check` writes nothing, names each file that is stale, and exits 1 if there is one.
 *
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { schemaFiles } from "@tertulia/protocol/json-schema"
import { session, type VectorFile, vectorFiles } from "@tertulia/protocol/vectors"
import { readRequirements, requirementIdFile, requirementIdSource, specFolder } from "./requirements.ts"

/** A file as it has to be; `undefined` when it has to be gone. */
export interface Generated {
  readonly path: string
  readonly content: string | undefined
}

const schemaFolder = join(specFolder, "schema")
const vectorFolder = join(specFolder, "vectors")

/** Everything that is generated, and what is left over from an earlier time. The same input gives the same bytes. */
export const generated = (): ReadonlyArray<Generated> => {
  const wanted = [
    ...schemaFiles().map(({ file, schema }) => ({ path: join(schemaFolder, file), content: pretty(schema) })),
    ...Object.entries(vectorFiles).map(([file, vectors]) => ({
      path: join(vectorFolder, file),
      content: vectorSource(vectors)
    })),
    {
      path: join(vectorFolder, "session.ndjson"),
      content: session.map((line) => `${JSON.stringify(line)}\n`).join("")
    },
    { path: requirementIdFile, content: requirementIdSource(readRequirements()) }
  ]
  const paths = new Set(wanted.map(({ path }) => path))
  const leftOver = [schemaFolder, vectorFolder]
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []))
    .filter((path) => /\.(?:nd)?json$/u.test(path) && !paths.has(path))
  return [...wanted, ...leftOver.map((path) => ({ path, content: undefined }))]
}

/** Whether a file on disk is not as it has to be. */
export const isStale = ({ content, path }: Generated): boolean =>
  (existsSync(path) ? readFileSync(path, "utf8") : undefined) !== content

/** The requirements that vectors name and the spec doesn't have, as a sentence each. */
export const unknownRequirements = (): ReadonlyArray<string> => {
  const known = new Set(readRequirements().flatMap(({ id, removed }) => (removed === undefined ? [id] : [])))
  return Object.entries(vectorFiles).flatMap(([file, { vectors }]) =>
    vectors.flatMap(({ name, requirements }) =>
      requirements
        .filter((id) => !known.has(id))
        .map((id) => `spec/vectors/${file}: the vector "${name}" names ${id}, which the spec doesn't have`)
    )
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// How the files look
// ---------------------------------------------------------------------------------------------------------------------

// Whoever prints such a file must not have their terminal attacked by it, and must see what is in it.
const unseen = /[\p{C}\p{M}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu
const escaped = (found: string) =>
  Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")

const visible = (json: string): string =>
  json
    .split("\n")
    .map((line) => line.replace(unseen, escaped))
    .join("\n")

const pretty = (value: unknown): string => `${visible(JSON.stringify(value, null, 2))}\n`

/** Each vector on a line of its own, so that a difference shows one vector. */
const vectorSource = ({ vectors, ...about }: VectorFile): string => {
  const head = JSON.stringify(about, null, 2).replace(/\n\}$/u, ",")
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(",\n")
  return `${visible(`${head}\n  "vectors": [\n${lines}\n  ]\n}`)}\n`
}

// ---------------------------------------------------------------------------------------------------------------------
// The command
// ---------------------------------------------------------------------------------------------------------------------

const write = ({ content, path }: Generated): void => {
  if (content === undefined) {
    rmSync(path)
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

const shown = ({ content, path }: Generated): string =>
  `${relative(join(specFolder, ".."), path)}${content === undefined ? " (not generated any more)" : ""}`

const main = (options: ReadonlyArray<string>): number => {
  const [option] = options
  if (options.length > 1 || (option !== undefined && option !== "--check")) {
    console.error(`npm run spec takes no option but --check, and got: ${options.join(" ")}`)
    return 2
  }
  const faults = unknownRequirements()
  for (const fault of faults) console.error(fault)
  const files = generated()
  const stale = files.filter(isStale)
  if (option === "--check") {
    for (const file of stale) console.error(`stale: ${shown(file)}`)
    if (stale.length > 0) console.error("Run `npm run spec` and commit what it writes.")
    return faults.length + stale.length > 0 ? 1 : 0
  }
  for (const file of stale) {
    write(file)
    console.log(`${file.content === undefined ? "removed" : "wrote"} ${shown(file)}`)
  }
  console.log(`${files.length - stale.length} generated files were up to date, ${stale.length} changed.`)
  return faults.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2))
