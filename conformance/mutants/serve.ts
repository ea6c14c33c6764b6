#!/usr/bin/env node
/**
 * Runs one mutant as a server of its own: `npm run mutant -- NAME [options of the server]`. For looking at it by hand, and
 * for tests that stop or kill the target. SIGTERM is handed on to the server behind.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { devCertificate, startTarget } from "../src/run/target.ts"
import { catalogue } from "./catalogue.ts"
import { hostOf } from "./host.ts"
import { startProxy } from "./proxy.ts"

const [name, ...options] = process.argv.slice(2)
const mutant = catalogue.find((each) => each.name === name)

if (mutant === undefined) {
  const names = catalogue.map((each) => `  ${each.name.padEnd(34)} ${each.breaks.padEnd(11)} ${each.does}`)
  process.stderr.write(`Usage: npm run mutant -- NAME [options of the server]\n\n${names.join("\n")}\n`)
  process.exit(2)
}

/** `--heartbeat 5` as a setting: a mutant takes the long options of the server, each with its value. */
const settings = Object.fromEntries(
  options.flatMap((option, index) => (option.startsWith("--") ? [[option.slice(2), options[index + 1] ?? ""]] : []))
)

const program = Effect.gen(function* () {
  const target = yield* startTarget({
    ...hostOf(mutant, settings),
    // Whoever kills or freezes the mutant means the server, too.
    companion: true
  })
  const certificate = mutant.host === "secure" ? yield* devCertificate : undefined
  const proxy = yield* Effect.promise(() => startProxy(target.address.port, mutant.tap(), undefined, certificate))
  const trust = certificate === undefined ? {} : { ca: certificate.certFile }
  process.stdout.write(`${JSON.stringify({ mutant: mutant.name, host: "127.0.0.1", port: proxy.port, ...trust })}\n`)
  // Whoever sent the signal waits for 5 s: a server that a mutation holds up must not be left behind.
  const end = target.stop.pipe(Effect.andThen(Effect.sleep("3 seconds")), Effect.andThen(target.kill))
  process.once("SIGTERM", () => Effect.runFork(end))
  yield* target.exit
  yield* Effect.promise(() => proxy.close())
}).pipe(Effect.scoped)

Effect.runPromise(program)
  .then(() => process.exit(0))
  .catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
