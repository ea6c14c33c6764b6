/**
 * The servers of this folder, right or with one defect. A defect is a patch: the difference between a server that
 * conforms and one that doesn't, and nothing else.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const examples = fileURLToPath(new URL(".", import.meta.url))

/** How a source becomes something that runs. */
interface Making {
  /** The target of the Makefile, when something is to be built. */
  readonly target?: string
  readonly run: readonly [string, ...Array<string>]
}

/** `sanitize`: the compiler's sanitizers watch each access to memory, and end the program with a report. */
type Way = "plain" | "sanitize"

/**
 * The example servers: their source (the file that is run, where there are several), how it is made to run, and whether
 * it keeps rooms in the file of `--data`.
 */
const servers = {
  "python-core": { language: "Python", source: "server.py", plain: { run: ["python3", "server.py"] } },
  "python-durable": {
    language: "Python",
    source: "server.py",
    keeps: true,
    plain: { run: ["python3", "server.py"] }
  },
  "python-complete": {
    language: "Python",
    source: "server.py",
    keeps: true,
    plain: { run: ["python3", "server.py"] }
  },
  "c-core": {
    language: "C",
    source: "server.c",
    plain: { target: "server", run: ["./server"] },
    sanitize: { target: "sanitize", run: ["./server-sanitize"] }
  }
} as const satisfies Record<
  string,
  {
    readonly language: string
    readonly source: string
    readonly keeps?: true
    readonly plain: Making
    readonly sanitize?: Making
  }
>

export type Server = keyof typeof servers

const makingOf = (server: Server, way: Way): Making | undefined => {
  const ways: Partial<Record<Way, Making>> = servers[server]
  return ways[way]
}

/** Whether there are sanitizers for a server's language. */
export const canSanitize = (server: Server): boolean => makingOf(server, "sanitize") !== undefined

/** Whether a server keeps its rooms in a file. */
export const keepsRooms = (server: Server): boolean => "keeps" in servers[server]

export const serverNames = Object.keys(servers) as ReadonlyArray<Server>

/** One way to be wrong. */
export interface Defect {
  readonly server: Server
  readonly language: string
  /** The name of the patch in the server's folder `defects`. */
  readonly name: string
  /** What is wrong, in a sentence or two. */
  readonly does: string
  /** The requirement that it breaks, and the title of the test that finds it. */
  readonly requirement: string
  readonly test: string
}

const patchOf = ({ name, server }: Pick<Defect, "name" | "server">): string =>
  join(examples, server, "defects", `${name}.patch`)

/** All defects, by server and name, as the heads of the patches describe them. */
export const readDefects = (): ReadonlyArray<Defect> =>
  serverNames.flatMap((server) => {
    const folder = join(examples, server, "defects")
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".patch")) : []
    return files.sort().map((file) => readDefect(server, file.replace(/\.patch$/u, "")))
  })

const readDefect = (server: Server, name: string): Defect => {
  const path = patchOf({ name, server })
  const head = /^(?<does>.+?)\n\nFound by (?<requirement>[A-Z]+-\d+): (?<test>[^\n]+)\n\n--- /su.exec(
    readFileSync(path, "utf8")
  )
  const { does, requirement, test } = head?.groups ?? {}
  if (does === undefined || requirement === undefined || test === undefined) {
    throw new Error(`${path}: begin with what is wrong, a blank line, and "Found by ID: title of the test"`)
  }
  return { server, language: servers[server].language, name, does: does.replaceAll("\n", " "), requirement, test }
}

/** The source of a server, with the defect of this name or without any. Throws when the patch doesn't fit any more. */
export const sourceOf = (server: Server, defect: string | undefined): string => {
  const source = join(examples, server, servers[server].source)
  if (defect === undefined) return readFileSync(source, "utf8")
  const patch = patchOf({ name: defect, server })
  return execFileSync("patch", ["--quiet", "--output=-", "--reject-file=-", source, patch], { encoding: "utf8" })
}

const built = mkdtempSync(join(tmpdir(), "tertulia-examples-"))
process.once("exit", () => rmSync(built, { recursive: true, force: true }))

/** Whether a file is needed to build or to run a server, or a folder may have such files. */
const isPart = (path: string): boolean => /(?:\.py|Makefile)$/u.test(path) || statSync(path).isDirectory()

/** Builds a server in a folder of its own, which is gone when this process ends. Throws when the compiler refuses. */
const build = (server: Server, defect: string | undefined, { target }: Making): string => {
  const folder = mkdtempSync(join(built, `${server}-`))
  cpSync(join(examples, server), folder, { recursive: true, filter: isPart })
  writeFileSync(join(folder, servers[server].source), sourceOf(server, defect))
  if (target === undefined) return folder
  execFileSync("make", ["--silent", target], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
  return folder
}

/** Builds and starts a server; what it prints goes where `output` says. Whoever starts it ends it. */
export const start = (
  server: Server,
  defect: string | undefined,
  args: ReadonlyArray<string>,
  output: "inherit" | "pipe",
  way: Way = "plain"
): ChildProcess => {
  const making = makingOf(server, way)
  if (making === undefined) throw new Error(`${server} can't be built in this way: ${way}`)
  const [program, ...rest] = making.run
  return spawn(program, [...rest, ...args], { cwd: build(server, defect, making), stdio: ["ignore", output, output] })
}
