import * as Effect from "effect/Effect"
import { openEngine } from "../../conformance/crash/engine.ts"

Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const { store } = yield* openEngine("/tmp/eng3", Number(process.argv[2] ?? 3))
      console.log(store)
      yield* Effect.never
    })
  )
)
