import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { selfSigned } from "../../packages/server/src/self-signed.ts"
import { startProxy } from "../mutants/proxy.ts"
import { type Defect, startTinyServer } from "./tiny-server.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command line to its end. */
const conformance = (...args: ReadonlyArray<string>): Promise<Run> =>
  new Promise((resolve) => {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(?:VITEST|FORCE_COLOR)/u.test(name))
    )
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"], env })
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk) => {
      out += String(chunk)
    })
    child.stderr.on("data", (chunk) => {
      err += String(chunk)
    })
    child.on("close", (code) => resolve({ code, out, err }))
  })

const cleanups: Array<() => void | Promise<void>> = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const tiny = async (defect?: Defect): Promise<string> => {
  const { close, port } = await startTinyServer(defect)
  cleanups.push(close)
  return `127.0.0.1:${port}`
}

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "conformance-"))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

interface Report {
  readonly exitCode: number
  readonly planned: number
  readonly totals: Readonly<Record<string, number>>
  readonly tests: ReadonlyArray<{
    readonly title: string
    readonly verdict: string
    readonly reason?: string
    readonly again: string
    readonly replay?: { readonly seed: number; readonly path?: string }
    readonly finding?: { readonly requirement?: string }
    readonly transcripts: ReadonlyArray<{ readonly who: string; readonly localPort?: number }>
  }>
  readonly requirements: ReadonlyArray<{ readonly id: string; readonly standing: string; readonly kept: number }>
}

const reportIn = (path: string): Report => JSON.parse(readFileSync(join(path, "report.json"), "utf8")) as Report

// Each test starts processes: seconds on a busy machine.
describe("the command line", { timeout: 120_000 }, () => {
  it("ends with 0 when everything that was selected is kept, and writes what it found", async () => {
    const out = folder()
    const target = await tiny()
    const selection = ["--requirement", "LOGIN-3", "--requirement", "hello-1"]
    const run = await conformance("--target", target, ...selection, "--report", "json,junit", "--out", out)
    assert.strictEqual(run.code, 0, run.out + run.err)
    assert.include(run.out, "tiny/1, protocol 1")
    assert.include(run.out, "conformant: core")
    const report = reportIn(out)
    const sum = Object.values(report.totals).reduce((all, count) => all + count, 0)
    assert.strictEqual(sum, report.planned)
    assert.strictEqual(report.tests.length, report.planned)
    assert.isAbove(report.requirements.find(({ id }) => id === "LOGIN-3")!.kept, 0)
    assert.include(readFileSync(join(out, "junit.xml"), "utf8"), `<property name="requirement" value="LOGIN-3"/>`)
  })

  it("waits for a place when the target is full for a while", async () => {
    const run = await conformance("--target", await tiny("full-for-a-while"), "--requirement", "LOGIN-4")
    assert.strictEqual(run.code, 0, run.out + run.err)
  })

  it("ends with 1 and shows sentence, place, evidence, transcript and the command that replays the test", async () => {
    const target = await tiny("wrong-code")
    const title = "only login, ping and bye come before welcome"
    const run = await conformance("--target", target, "--grep", title, "--seed", "7")
    assert.strictEqual(run.code, 1, run.err)
    for (const part of [
      `FAILED  session > ${title}`,
      "LOGIN-3   Before `welcome`, a server MUST",
      "spec/session.md#LOGIN-3",
      "expected  an `error`",
      `"code":"login-first"`,
      `got       {"type":"error"`,
      "(the suite's port",
      `npm run conformance -- --target ${target} --grep '${title}' --seed 7`,
      "not conformant: core"
    ]) {
      assert.include(run.out, part)
    }
    assert.notInclude(run.out, "\u001b[")
  })

  it("shrinks a property's counterexample, and replays it by seed and path", async () => {
    const target = await tiny("reorders")
    const [out, again] = [folder(), folder()]
    const selection = ["--target", target, "--grep", "all see one log", "--report", "json"]
    const first = await conformance(...selection, "--seed", "5", "--out", out)
    assert.strictEqual(first.code, 1, first.out + first.err)
    const replay = reportIn(out).tests[0]!.replay!
    const args = ["--seed", String(replay.seed), "--path", replay.path!]
    assert.include(first.out, args.join(" "))
    const second = await conformance(...selection, ...args, "--out", again)
    assert.strictEqual(second.code, 1, second.out + second.err)
    assert.strictEqual(reportIn(again).tests[0]!.finding?.requirement, reportIn(out).tests[0]!.finding?.requirement)
  })

  it("calls the cause of a block a failure when no test has failed for it", async () => {
    const out = folder()
    const target = await tiny("forgets-sent")
    const selection = ["--requirement", "ISOLATE-1", "--timeout-scale", "0.2"]
    const run = await conformance("--target", target, ...selection, "--report", "json", "--out", out)
    assert.strictEqual(run.code, 1, run.err)
    const { tests } = reportIn(out)
    const failed = tests.filter(({ verdict }) => verdict === "failed").map(({ finding }) => finding?.requirement)
    assert.include(failed, "SEND-1")
  })

  it("names the test that killed the target, and still writes the reports", async () => {
    const out = folder()
    const target = await tiny("dies-on-send")
    const run = await conformance(
      "--target",
      target,
      "--grep",
      "send",
      "--parallel",
      "1",
      "--report",
      "json,junit",
      "--out",
      out
    )
    assert.strictEqual(run.code, 1, run.err)
    assert.include(run.out, "the target is gone")
    assert.isTrue(existsSync(join(out, "junit.xml")))
    const { planned, tests } = reportIn(out)
    assert.strictEqual(tests.length, planned)
  })

  it("excuses what is known to fail, and not what fails besides", async () => {
    const target = await tiny("wrong-code")
    const [path, out] = [folder(), folder()]
    const list = join(path, "known.json")
    const judge = (...entries: ReadonlyArray<object>) => {
      writeFileSync(list, JSON.stringify(entries))
      const lists = ["--known-failures", list, "--report", "json", "--out", out]
      return conformance("--target", target, "--requirement", "LOGIN-3", ...lists)
    }
    const known = await judge({ requirement: "LOGIN-3", reason: "next week", until: "2999-12-31" })
    assert.strictEqual(known.code, 0, known.out + known.err)
    assert.include(known.out, "known to fail: next week")
    const stale = await judge({ requirement: "LOGIN-3", reason: "next week" }, { test: "a dream", reason: "none" })
    assert.strictEqual(stale.code, 1, stale.out + stale.err)
    assert.include(stale.out, "a dream")
    const { planned, totals } = reportIn(out)
    assert.strictEqual(totals["stale expected failure"], 1)
    assert.strictEqual(
      Object.values(totals).reduce((all, count) => all + count, 0),
      planned
    )
  })

  it("runs again what is known to be flaky, and counts points", async () => {
    const path = folder()
    const [flaky, score] = [join(path, "flaky.json"), join(path, "score.json")]
    writeFileSync(flaky, JSON.stringify([{ requirement: "LOGIN-3", reason: "races", rate: 0.5, runs: 1 }]))
    writeFileSync(score, JSON.stringify({ points: { "LOGIN-3": 4, "HELLO-1": 2 } }))
    const selection = ["--requirement", "LOGIN-3", "--known-flaky", flaky, "--score", score]
    const run = await conformance("--target", await tiny("wrong-code"), ...selection)
    assert.strictEqual(run.code, 1, run.out + run.err)
    assert.include(run.out, "passed 0 of 2 runs, fewer than --known-flaky allows: races")
    assert.match(run.out, /score: \d of \d points that could be judged; \d of 6 are open/u)
  })

  it("stops after the first failure with --bail, and still accounts for every test", async () => {
    const out = folder()
    const selection = [
      "--requirement",
      "LOGIN-3",
      "--requirement",
      "HELLO-1",
      "--parallel",
      "1",
      "--timeout-scale",
      "0.5"
    ]
    const target = await tiny("wrong-code")
    const run = await conformance("--target", target, ...selection, "--bail", "--report", "json", "--out", out)
    assert.strictEqual(run.code, 1, run.out + run.err)
    const { planned, totals } = reportIn(out)
    assert.strictEqual(totals["failed"], 1)
    assert.isAbove(totals["not run"]!, 0)
    assert.strictEqual(
      Object.values(totals).reduce((all, count) => all + count, 0),
      planned
    )
  })

  it("writes every kind of report, and says where it can't", async () => {
    const out = join(folder(), "a", "b")
    const target = await tiny()
    const judge = (folder: string) =>
      conformance(
        "--target",
        target,
        "--requirement",
        "HELLO-1",
        "--report",
        "html,json,junit,markdown",
        "--out",
        folder
      )
    const run = await judge(out)
    assert.strictEqual(run.code, 0, run.out + run.err)
    for (const file of ["report.html", "report.json", "report.md", "junit.xml"])
      assert.isTrue(existsSync(join(out, file)), file)
    const blocked = await judge(join(out, "report.md"))
    assert.strictEqual(blocked.code, 2, blocked.out)
    assert.include(blocked.err, "--out")
  })

  it("judges a server that never says hello not conformant", async () => {
    const mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve))
    cleanups.push(() => void mute.close())
    const port = (mute.address() as { readonly port: number }).port
    const scale = ["--timeout-scale", "0.1"]
    const run = await conformance("--target", `127.0.0.1:${port}`, "--requirement", "HELLO-1", ...scale)
    assert.strictEqual(run.code, 1, run.err)
    assert.include(run.out, "sends no valid `hello`")
    assert.include(run.out, "HELLO-1   A server MUST send `hello` as the first object")
  })

  it.each([
    ["nobody listens", ["--target", "127.0.0.1:1"], "nobody answers at 127.0.0.1:1"],
    ["an option is unknown", ["--targt", "127.0.0.1:1"], "Unrecognized flag: --targt"],
    ["an option's value is wrong", ["--parallel", "0"], "--parallel 0"],
    ["no deadline would be left", ["--timeout-scale", "0"], "--timeout-scale 0"],
    ["certificates are named, and TLS isn't spoken", ["--ca", "cert.pem"], "--ca is for --tls: give both"],
    ["the file of certificates isn't there", ["--tls", "--ca", "none.pem"], "--ca none.pem: it can't be read (ENOENT)"],
    ["any certificate will do, and just one", ["--tls", "--ca", "c.pem", "--insecure"], "contradict each other"],
    ["a list isn't there", ["--known-failures", "no-such-file.json"], "--known-failures no-such-file.json"]
  ])("ends with 2 and one line when %s", async (_, args, reason) => {
    const run = await conformance(...args)
    assert.strictEqual(run.code, 2, run.out + run.err)
    assert.include(run.err, reason)
    assert.lengthOf(run.err.trim().split("\n"), 1)
  })

  it("judges over TLS a server whose certificate is trusted, and says how to do that again", async () => {
    const out = folder()
    const pem = await selfSigned(["127.0.0.1"], Date.now(), Date.now() + 86_400_000)
    const ca = join(out, "cert.pem")
    writeFileSync(ca, pem.cert)
    const plain = await startTinyServer("wrong-code")
    const { close, port } = await startProxy(plain.port, {}, undefined, pem)
    cleanups.push(close, plain.close)
    const target = ["--target", `127.0.0.1:${port}`]
    const judged = ["--requirement", "LOGIN-3", "--requirement", "TLS-1", "--report", "json", "--out", out]
    const run = await conformance(...target, "--tls", "--ca", ca, ...judged)
    assert.strictEqual(run.code, 1, run.out + run.err)
    assert.include(run.out, "over TLS")
    const { requirements, tests } = reportIn(out)
    const standing = (of: string) => requirements.find(({ id }) => id === of)?.standing
    assert.deepStrictEqual([standing("LOGIN-3"), standing("TLS-1")], ["broken", "kept"])
    assert.include(tests.find(({ verdict }) => verdict === "failed")?.again, `--tls --ca ${ca}`)
    const stranger = await conformance(...target, "--tls", ...judged)
    assert.strictEqual(stranger.code, 2, stranger.out)
    assert.include(stranger.err, "self-signed certificate")
    assert.strictEqual((await conformance(...target, "--tls", "--insecure", ...judged)).code, 1)
  })

  it("sends the clients of a test to several servers, which are one or aren't", async () => {
    const one = await tiny()
    const judged = ["--requirement", "LOGIN-2"]
    const same = await conformance("--target", one, "--target", one.replace("127.0.0.1", "localhost"), ...judged)
    assert.strictEqual(same.code, 0, same.out + same.err)
    const other = await tiny()
    const apart = await conformance("--target", one, "--target", other, ...judged)
    assert.strictEqual(apart.code, 1, apart.out + apart.err)
    assert.include(apart.out, "LOGIN-2")
    assert.include(apart.out, `--target ${one} --target ${other}`)
    const strange = await conformance("--target", one, "--target", await tiny("other-heartbeat"), ...judged)
    assert.strictEqual(strange.code, 2, strange.out)
    assert.include(strange.err, "give servers of one tertulia")
  })

  it("ends with 2 when nothing is selected, or the target speaks another protocol", async () => {
    const nothing = await conformance("--target", await tiny(), "--grep", "no test is called this")
    assert.strictEqual(nothing.code, 2, nothing.out)
    assert.include(nothing.err, "no test is selected")
    const other = await conformance("--target", await tiny("other-protocol"))
    assert.strictEqual(other.code, 2, other.out)
    assert.include(other.err, "speaks protocol 2")
  })

  it("lists tests and explains requirements without a target", async () => {
    const list = await conformance("--list", "--requirement", "LOGIN-3")
    assert.strictEqual(list.code, 0, list.err)
    assert.include(list.out, "only login, ping and bye come before welcome  [LOGIN-3]")
    const explained = await conformance("--explain", "login-3")
    assert.strictEqual(explained.code, 0, explained.err)
    assert.include(explained.out, "spec/session.md#LOGIN-3")
    assert.include(explained.out, "session > only login, ping and bye come before welcome")
  })
})
