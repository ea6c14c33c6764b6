import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect } from "vitest"
import { openEngine } from "../crash/engine.ts"
import type { Flags } from "../src/run/options.ts"
import { reach } from "../src/run/reach.ts"
import { type Defect, startTinyServer } from "./tiny-server.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const server = fileURLToPath(new URL("../../packages/server/src/main.ts", import.meta.url))
const program = fileURLToPath(new URL("./tiny-program.ts", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "tertulia-start-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command line to its end. */
const conformance = (...args: ReadonlyArray<string>): Promise<Run> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, "--lang", "en", ...args], { stdio: ["ignore", "pipe", "pipe"] })
    const said = { out: "", err: "" }
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.out += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.err += text
    })
    child.on("close", (code) => resolve({ code, ...said }))
  })

interface Told {
  readonly title: string
  readonly verdict: string
  readonly reason?: string
  readonly crash?: { readonly how: string; readonly output: string; readonly remarks: ReadonlyArray<string> }
  readonly finding?: { readonly requirement: string; readonly sent: string; readonly got: string }
}

/** Judges with a JSON report, and gives both. */
const judged = async (name: string, ...args: ReadonlyArray<string>) => {
  const out = join(folder, name)
  const run = await conformance(...args, "--report", "json,html,markdown,junit", "--out", out)
  const read = (file: string) => readFileSync(join(out, file), "utf8")
  const { planned, tests, totals } = JSON.parse(read("report.json")) as {
    readonly planned: number
    readonly tests: ReadonlyArray<Told>
    readonly totals: Readonly<Record<string, number>>
  }
  const of = (title: string) => tests.find((test) => test.title === title)
  return { ...run, planned, tests, totals, of, read }
}

/** The command of a tiny server. */
const tiny = (port: string, defect?: Defect) =>
  [`"${process.execPath}" "${program}"`, port, ...(defect === undefined ? [] : [defect])].join(" ")

const one = ["--requirement", "HELLO-1"]

describe("A target that is started", { timeout: 120_000 }, () => {
  it("gets a free port in the place of {port}, and is named by its command", async () => {
    const out = join(folder, "port")
    const run = await conformance("--start", tiny("{port}"), ...one, "--report", "json", "--out", out)
    expect(run, run.out + run.err).toMatchObject({ code: 0 })
    expect(run.out).toContain("{port}")
    const { target } = JSON.parse(readFileSync(join(out, "report.json"), "utf8"))
    expect(target).toMatchObject({ command: tiny("{port}"), reference: false })
    expect(target.address).toMatch(/^127\.0\.0\.1:2\d{4}$|^127\.0\.0\.1:3[01]\d{3}$/u)
  })

  it("may say itself where it listens", async () => {
    const run = await conformance("--start", tiny("0"), ...one)
    expect(run, run.out + run.err).toMatchObject({ code: 0 })
  })

  it("is built before", async () => {
    const built = join(folder, "built")
    const copy = `test -e "${built}" && ${tiny("{port}")}`
    const run = await conformance("--build", `echo ok > "${built}"`, "--start", copy, ...one)
    expect(run, run.out + run.err).toMatchObject({ code: 0 })
  })

  it("is judged by the tests that stop a server, too, and the next command starts it as this one did", async () => {
    const title = "after a restart a room is another log, or the same one whole"
    const out = join(folder, "restart")
    const run = await conformance("--start", tiny("{port}"), "--grep", title, "--report", "json", "--out", out)
    expect(run, run.out + run.err).toMatchObject({ code: 0 })
    const { tests } = JSON.parse(readFileSync(join(out, "report.json"), "utf8"))
    expect(tests).toMatchObject([{ title, verdict: "passed" }])
    expect(tests[0].again).toContain(`--start '${tiny("{port}")}'`)
  })

  it("leaves no process behind, whatever it has started in its turn", async () => {
    const pids = join(folder, "pids")
    const command = `sleep 1000 & echo $! >> "${pids}"; ${tiny("{port}")}`
    const run = await conformance("--start", command, ...one)
    expect(run, run.out + run.err).toMatchObject({ code: 0 })
    const [pid] = readFileSync(pids, "utf8").trim().split("\n")
    // Whoever has ended and was not waited for is a zombie.
    const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout
    expect(state).toMatch(/^$|^Z/u)
  })
})

const hasNoEngine = spawnSync("nats-server", ["--version"]).error !== undefined
if (hasNoEngine) console.warn("skipped: nats-server is not installed")

describe("A target of several servers", { timeout: 120_000 }, () => {
  it("has a name that is the same for all, and a folder for each; who isn't one is found out", async () => {
    const told = join(folder, "told")
    const command = `echo {name} {data} >> "${told}"; ${tiny("{port}")}`
    const run = await conformance("--start", command, "--start", command, "--requirement", "LOGIN-2")
    expect(run, run.out + run.err).toMatchObject({ code: 1 })
    expect(run.out).toContain(`--start '${command}' --start '${command}'`)
    const lines = readFileSync(told, "utf8").trim().split("\n")
    const [one, other] = lines.map((line) => line.split(" "))
    expect(lines).toHaveLength(2)
    expect(one![0]).toMatch(/^[A-Za-z0-9-]{8,32}$/u)
    expect(other![0]).toBe(one![0])
    expect([one![1], other![1]].toSorted()).toEqual(
      ["1", "2"].map((each) => expect.stringMatching(`/${one![0]}/${each}$`))
    )
  })

  it("has one hello", async () => {
    const run = await conformance("--start", tiny("{port}"), "--start", tiny("{port}", "other-heartbeat"), ...one)
    expect(run.code).toBe(2)
    expect(run.err).toContain("give servers of one tertulia")
  })

  it("dies with any of them, and all are started again", async () => {
    const said = join(folder, "lives")
    const mortal = `echo mortal >> "${said}"; ${tiny("{port}", "crashes-on-send")}`
    const sound = `echo sound >> "${said}"; ${tiny("{port}")}`
    const { of, tests } = await judged(
      "several",
      ...["--start", sound, "--start", mortal, "--requirement", "SEND-1", "--requirement", "LOGIN-3"]
    )
    expect(tests.filter(({ crash }) => crash?.how === "SIGSEGV")).not.toEqual([])
    expect(of("only login, ping and bye come before welcome")).toMatchObject({ verdict: "passed" })
    const lives = readFileSync(said, "utf8").trim().split("\n")
    const count = (who: string) => lives.filter((life) => life === who).length
    expect(count("mortal")).toBeGreaterThan(1)
    expect(count("sound")).toBe(count("mortal"))
  })

  it.skipIf(hasNoEngine)("is judged as one, also when all of it is killed and started again", async () => {
    const outcome = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const { store } = yield* openEngine(join(folder, "engine"), 1)
          const settings = `--port {port} --data "{data}/tertulia.db" --store "${store.replace("/tertulia", "/{name}")}"`
          const command = `"${process.execPath}" "${server}" ${settings} --heartbeat 2`
          const titles = ["a nick has one holder", "after a restart a room is another log, or the same one whole"]
          const run = (title: string) =>
            Effect.promise(() => conformance("--start", command, "--start", command, "--grep", title))
          return yield* Effect.forEach(titles, run)
        })
      )
    )
    for (const run of outcome) expect(run, run.out + run.err).toMatchObject({ code: 0 })
  })
})

describe("A target that can't be started costs exit code 2 and", { timeout: 120_000 }, () => {
  it("the end of what its compiler says", async () => {
    const marker = join(folder, "started")
    const run = await conformance("--build", "echo server.c:3: oops >&2; exit 7", "--start", `touch "${marker}"`)
    expect(run).toMatchObject({ code: 2, out: "" })
    expect(run.err).toBe("conformance: --build echo server.c:3: oops >&2; exit 7: exit code 7\nserver.c:3: oops\n")
    expect(existsSync(marker)).toBe(false)
  })

  it("the end of its own output, when it ends", async () => {
    const noisy = join(folder, "noisy.sh")
    writeFileSync(noisy, "seq 1000\necho no such option\nexit 3\n")
    const run = await conformance("--start", `sh "${noisy}" {port}`)
    expect(run).toMatchObject({ code: 2, out: "" })
    expect(run.err).toMatch(/it ended before it listened: exit code 3\n(?:\d+\n)+no such option\n$/u)
    expect(run.err.split("\n").length).toBeLessThan(30)
  })

  it("the signal, when one ends it behind a shell", async () => {
    const { code, err } = await conformance("--start", `echo {port}; sh -c 'kill -SEGV $$'; exit $?`)
    expect(code).toBe(2)
    expect(err).toContain("it ended before it listened: SIGSEGV\n")
  })

  it("what to do, when it never listens or never says where", async () => {
    const deaf = await conformance("--start", "sleep 1000; : {port}", "--timeout-scale", "0.05")
    expect(deaf.code).toBe(2)
    expect(deaf.err).toMatch(/nobody accepts a connection on port \d+ within 1 s\n/u)
    const mute = await conformance("--start", "sleep 1000", "--timeout-scale", "0.05")
    expect(mute.code).toBe(2)
    expect(mute.err).toContain(`it didn't say within 1 s where it listens; put {port} into the command`)
  })

  const refusals: ReadonlyArray<{ readonly when: string; readonly given: Partial<Flags>; readonly reason: string }> = [
    {
      when: "another is given by its address",
      given: { start: ["true"], target: ["localhost:1"] },
      reason: "give one of them"
    },
    { when: "a client is judged", given: { start: ["true"], client: "true" }, reason: "give one of them" },
    {
      when: "a command is empty",
      given: { start: ["true", " "] },
      reason: `write a command, as in --start "./server {port}"`
    },
    { when: "there is only something to build", given: { build: "true" }, reason: "what has been built" }
  ]
  it.effect.each(refusals)("one line when $when", ({ given, reason }) =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(Effect.scoped(reach({ ...noFlags, ...given })))
      expect(refused.reason).toContain(reason)
      expect(refused.output).toBe(undefined)
    })
  )
})

const innocent = "a nick has one holder"

describe("A target that dies", { timeout: 120_000 }, () => {
  it("is started again: the test that kills it is named with its last bytes, and those beside it are judged", async () => {
    const some = ["--requirement", "SEND-1", "--requirement", "LOGIN-2", "--requirement", "LOGIN-3"]
    const { code, of, out, planned, read, tests, totals } = await judged(
      "dies",
      ...["--start", tiny("{port}", "crashes-on-send"), ...some]
    )
    expect(code, out).toBe(1)
    expect(of("what is sent is in the log")).toMatchObject({
      verdict: "failed",
      finding: { requirement: "END-10", got: "it died: SIGSEGV", sent: expect.stringContaining('"type":"send"') },
      crash: { how: "SIGSEGV", output: expect.stringContaining("about to log: ") }
    })
    expect(of(innocent)).toMatchObject({ verdict: "passed" })
    expect(of("only login, ping and bye come before welcome")).toMatchObject({ verdict: "passed" })
    expect(tests.filter(({ verdict }) => verdict === "blocked")).toEqual([])
    expect(tests).toHaveLength(planned)
    expect(Object.values(totals).reduce((sum, count) => sum + count, 0)).toBe(planned)
    for (const report of ["report.html", "report.md", "junit.xml"]) {
      expect(read(report), report).toContain("about to log: ")
      expect(read(report), report).toContain("-fsanitize=address,undefined")
    }
    expect(out).toContain("-fsanitize=address,undefined")
  })

  it("of everything is given up, and the rest is blocked with one sentence", async () => {
    const { code, of, tests } = await judged("always", "--start", tiny("{port}", "crashes-on-login"), "--grep", "nick")
    expect(code).toBe(1)
    expect(tests.length).toBeGreaterThan(12)
    expect(of(innocent)).toMatchObject({ finding: { requirement: "END-10" } })
    const blocked = new Set(tests.filter(({ verdict }) => verdict === "blocked").map(({ reason }) => reason))
    expect(blocked.size).toBeLessThanOrEqual(1)
  })

  it("in a test that has started it for itself has been killed by that test", async () => {
    const title = "after a restart a room is another log, or the same one whole"
    const { of } = await judged("own", "--start", tiny("{port}", "crashes-on-send"), "--grep", title)
    expect(of(title)).toMatchObject({ verdict: "failed", crash: { how: "SIGSEGV" } })
  })

  it("and that the suite has not started is named as before, and blocks the rest", async () => {
    const server = await startTinyServer("dies-on-send")
    const { of, tests } = await judged(
      "gone",
      ...["--target", `127.0.0.1:${server.port}`, "--requirement", "SEND-1", "--requirement", "LOGIN-2"],
      ...["--parallel", "1"]
    )
    await server.close()
    expect(of(innocent)).toMatchObject({ verdict: "passed" })
    const last = tests.findLast(({ verdict }) => verdict !== "not claimed")
    expect(last).toMatchObject({ verdict: "blocked", reason: expect.stringContaining("the target is gone") })
  })
})

describe("A target that is watched", { timeout: 120_000 }, () => {
  it("is judged again when its source has changed, first by what failed", async () => {
    const source = join(folder, "defect.ts")
    writeFileSync(source, "wrong-code")
    const command = `"${process.execPath}" "${program}" {port} $(cat "${source}")`
    const child = spawn(
      process.execPath,
      [main, "--lang", "en", "--start", command, "--watch", "--watch-path", source, "--requirement", "LOGIN-3"],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    let out = ""
    const says = (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => (pattern.test(out) ? resolve() : undefined)
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          out += text
          look()
        })
      })
    await says(/only login, ping and bye come before welcome: LOGIN-3: /u)
    const mended = says(/ tests in [\d.]+ s: [1-9] passed\n.* tests in [\d.]+ s: [1-9] passed\n$/su)
    writeFileSync(source, "")
    await mended
    child.kill("SIGINT")
    const code = await new Promise((resolve) => child.once("exit", resolve))
    expect(code).toBe(130)
  })
})

const noFlags: Flags = {
  target: [],
  ws: undefined,
  start: [],
  build: undefined,
  watch: false,
  watchPath: [],
  client: undefined,
  tls: false,
  ca: undefined,
  insecure: false,
  list: false,
  grep: "",
  requirement: [],
  profile: [],
  seed: undefined,
  path: undefined,
  runs: 1,
  parallel: 1,
  timeoutScale: 1,
  shuffle: false,
  bail: false,
  explain: undefined,
  knownFailures: undefined,
  knownFlaky: undefined,
  score: undefined,
  report: [],
  out: "",
  quiet: true,
  lang: "en"
}
