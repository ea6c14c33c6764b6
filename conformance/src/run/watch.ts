/**
 * For whoever writes tests: vitest's own command line, filters and watch mode, against the reference server or TARGET.
 *
 *     npx vitest --config conformance/vitest.config.ts -t "see one log"
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { TestProject } from "vitest/node"
import { parseTarget } from "./options.ts"
import { probe } from "./probe.ts"
import { referenceServer, startTarget } from "./target.ts"

const probeMillis = 5_000

/** vitest's global setup: starts the target, and provides what the command line would. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const scope = Effect.runSync(Scope.make())
  const given = process.env["TARGET"]
  const setUp = Effect.gen(function* () {
    const address = given === undefined ? (yield* startTarget(referenceServer)).address : yield* parseTarget(given)
    return { address, probed: yield* probe(address, probeMillis) }
  })
  const { address, probed } = await Effect.runPromise(Scope.provide(setUp, scope))
  project.provide("suite", {
    mode: "run",
    address,
    hello: probed.hello,
    roundTrip: probed.roundTrip,
    responsive: probed.responsive,
    timeoutScale: 1,
    seed: 1,
    path: undefined,
    runs: 20,
    parallel: 8,
    bail: false,
    selection: { grep: "", requirements: [], profiles: [] },
    start: given === undefined ? referenceServer : undefined,
    nonce: process.pid.toString(36)
  })
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
