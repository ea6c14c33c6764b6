/**
 * One mutant, or what is unmutated through the same proxy, judged by some tests.
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { claimedBy } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { type Driven, drive } from "../src/run/drive.ts"
import type { Role } from "../src/run/judged.ts"
import { probe } from "../src/run/probe.ts"
import { nowhere } from "../src/run/reach.ts"
import { type Results, resultsOf, type Target } from "../src/run/results.ts"
import { devCertificate, type StartCommand } from "../src/run/target.ts"
import { bindingsOf } from "../src/spec/offers.ts"
import { readRequirements } from "../src/spec/requirements.ts"
import type { Selection, SuiteOptions } from "../src/suite.ts"
import { type Host, hosts, type Ports, pathOf } from "./host.ts"
import type { Mutant, Tap } from "./mutant.ts"
import { endOf, type Judged, killsOf } from "./outcome.ts"
import { startProxy } from "./proxy.ts"

/** Which tests judge, and how. */
export interface Judging {
  /** The port of a reference server, and of which kind that is. */
  readonly port: number
  readonly host?: Host
  readonly seed: number
  readonly by: By
  /** The chapters where those stand; all, when it isn't known. */
  readonly chapters?: ReadonlyArray<string>
}

/** Titles, or all tests of some requirements. */
export type By = { readonly titles: ReadonlyArray<string> } | { readonly requirements: ReadonlyArray<string> }

type Plan = Driven["plan"]

/** What the suite found, and how often the mutation was exercised. */
export interface Found {
  readonly results: Results
  readonly hits: number
}

const requirements = readRequirements()
const probeMillis = 3_000
// The reference server is near, so whoever hasn't answered in this part of the usual deadline never will.
const impatience = 0.6
// A client is a process that has to be started, beside others.
const patience = 1
const startMillis = 1_500

const optionsFor = (
  { by, chapters, seed }: Judging,
  who: Partial<SuiteOptions> & Pick<SuiteOptions, "address" | "hello" | "roundTrip" | "start">
): Effect.Effect<SuiteOptions> =>
  Effect.map(Random.nextIntBetween(36 ** 3, 36 ** 4), (nonce) => {
    const where = chapters === undefined ? {} : { chapters }
    const selection: Selection = { grep: "", requirements: [], profiles: [], ...by, ...where }
    return {
      mode: "run",
      timeoutScale: impatience,
      seed,
      path: undefined,
      runs: 20,
      shrink: false,
      parallel: 8,
      bail: false,
      selection,
      nonce: nonce.toString(36),
      ...who
    }
  })

const judgeBy = (target: Target, options: SuiteOptions): Effect.Effect<Results> =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const driven = yield* Effect.promise(() => drive(options))
    return resultsOf(target, options.seed, driven, requirements, (yield* Clock.currentTimeMillis) - began)
  })

/** All tests of one side, as they are planned. */
export const planOf = (who: Role): Effect.Effect<Plan> =>
  Effect.gen(function* () {
    const nobody = { address: { host: "", port: 0 }, hello: undefined, roundTrip: 0, start: undefined }
    const client = who === "client" ? { client: { command: "", startMillis: 0 } } : {}
    const all = { port: 0, seed: 1, by: { requirements: [] } }
    const options = yield* optionsFor(all, { mode: "list", ...nobody, ...client })
    const { plan } = yield* Effect.promise(() => drive(options))
    return plan
  })

/** The chapters in which these tests stand: to load all others would take longer than most verdicts. */
export const chaptersOf = (plan: Plan, by: By): ReadonlyArray<string> => {
  const isOne = ({ ids, title }: Plan[number]) =>
    "titles" in by ? by.titles.includes(title) : by.requirements.some((id) => ids.includes(id))
  return [...new Set(plan.filter(isOne).map(({ chapter }) => chapter))]
}

/** Judges the server on a port through a tap. */
export const judgeServer = (tap: Tap, start: StartCommand, judging: Judging): Effect.Effect<Found> =>
  Effect.gen(function* () {
    const certificate = judging.host === "secure" ? yield* Effect.orDie(devCertificate) : undefined
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => startProxy(judging.port, tap, undefined, certificate)),
      ({ close }) => Effect.promise(close)
    )
    const plain = { host: "127.0.0.1", port: proxy.port, ...pathOf(judging.host) }
    const address = certificate === undefined ? plain : { ...plain, tls: { ca: certificate.cert } }
    const { hello, roundTrip } = yield* Effect.orDie(probe(address, probeMillis))
    const options = yield* optionsFor(judging, { address, hello, roundTrip, start })
    const claimed = claimedBy(hello?.features ?? [])
    const profiles = [...claimed, ...bindingsOf(address)]
    const where = { host: address.host, port: address.port }
    const results = yield* judgeBy({ ...nowhere, ...where, hello, roundTrip, profiles }, options)
    return { results, hits: proxy.hits() }
  }).pipe(Effect.scoped)

const chat = fileURLToPath(new URL("chat.ts", import.meta.url))

/** Judges the terminal client through the tap of a mutant; through none for the name `none`. */
export const judgeClient = (name: string, judging: Judging): Effect.Effect<Found> =>
  Effect.gen(function* () {
    const hits = yield* temporaryFile("hits")
    const command = `"${process.execPath}" "${chat}" ${name} "${hits}"`
    const address = { host: "", port: 0 }
    const client = { command, startMillis }
    const timing = { roundTrip: 0, timeoutScale: patience }
    const options = yield* optionsFor(judging, { address, hello: undefined, start: undefined, client, ...timing })
    const results = yield* judgeBy({ ...nowhere, who: "client", given: command }, options)
    return { results, hits: yield* Effect.sync(() => sizeOf(hits)) }
  }).pipe(Effect.scoped)

const temporaryFile = (name: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "mutant-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ).pipe(Effect.map((folder) => join(folder, name)))

/** A byte for each hit, whichever process it was that hit. */
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Judges a mutant by tests of a plan; `wanted` are those that must kill it, when they are known. */
export const judgeMutant = (
  mutant: Mutant,
  plan: Plan,
  wanted: ReadonlyArray<string> | undefined,
  ports: Ports,
  seed: number
): Effect.Effect<Judged> => {
  const port = ports[mutant.host ?? "forgetful"]
  const by = wanted === undefined ? { requirements: [mutant.breaks] } : { titles: wanted }
  const chapters = chaptersOf(plan, by)
  const judging: Judging = { port, seed, by, chapters, ...(mutant.host === undefined ? {} : { host: mutant.host }) }
  const found =
    mutant.who === "server" ? judgeServer(mutant.tap(), itself(mutant), judging) : judgeClient(mutant.name, judging)
  return found.pipe(
    Effect.map(({ hits, results }): Judged => {
      const kills = killsOf(mutant, results)
      const missed = (wanted ?? []).filter((title) => !kills.some((kill) => kill.title === title))
      return { mutant, hits, kills, missed, attempt: 1, ...endOf(mutant, results, hits) }
    }),
    Effect.catchDefect((defect) =>
      Effect.succeed<Judged>({
        mutant,
        hits: 0,
        kills: [],
        missed: wanted ?? [],
        attempt: 1,
        end: "void",
        by: String(defect)
      })
    )
  )
}

const itself = ({ host, name }: Mutant): StartCommand => ({
  program: process.execPath,
  args: [
    fileURLToPath(new URL("serve.ts", import.meta.url)),
    name,
    ...(host === undefined ? [] : ["--data", hosts[host]])
  ],
  ...pathOf(host)
})
