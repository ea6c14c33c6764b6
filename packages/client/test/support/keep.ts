/** Keeps item after item in a file, and says each when it is kept: `keep.ts FILE SERVER`. Ends when it is killed. */
import { keepIn } from "@tertulia/client/file"
import { Effect } from "effect"

const [path = "", server = ""] = process.argv.slice(2)

const keep = Effect.gen(function* () {
  const { save } = yield* keepIn(path, server)
  for (let nth = 1; ; nth++) {
    yield* save([{ _tag: "Item", item: { key: `k${nth}`, room: "#cafe", text: "hola" } }])
    yield* Effect.sync(() => process.stdout.write(`k${nth}\n`))
    // Lets what was said leave.
    yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
  }
})

Effect.runFork(Effect.scoped(keep))
