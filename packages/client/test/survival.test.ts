/** What is left of a conversation when processes are killed: everything, once, in its order. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { converse } from "@tertulia/client"
import { keepIn } from "@tertulia/client/file"
import { tcp } from "@tertulia/client/tcp"
import { Effect, Stream } from "effect"
import { folder, referenceServer, script } from "./support/processes.ts"

const speaker = fileURLToPath(new URL("./support/speak.ts", import.meta.url))

/** Takes so many lines of a child. */
const lines = (child: { readonly line: Effect.Effect<string> }, many: number) =>
  Effect.replicateEffect(child.line, many)

/** Sends what is still kept, and reads the whole log. */
const finish = Effect.fnUntraced(function* (file: string, port: number) {
  const keeper = yield* keepIn(file, `127.0.0.1:${port}`)
  const conversation = yield* converse(tcp({ host: "127.0.0.1", port }), { nick: "ana", rooms: ["#cafe"], keeper })
  yield* Effect.forkScoped(Stream.runDrain(conversation.news))
  yield* conversation.drained()
  const texts: Array<string> = []
  let before: number | undefined
  do {
    const { entries, more } = yield* conversation.page("#cafe", before === undefined ? {} : { before })
    texts.unshift(...entries.flatMap((entry) => (entry.type === "message" ? [entry.text] : [])))
    before = more === true ? entries[0]?.seq : undefined
  } while (before !== undefined)
  return { texts, outbox: yield* conversation.outbox }
}, Effect.scoped)

describe("a conversation whose processes are killed", () => {
  it.live(
    "loses nothing that it was told is kept, says nothing twice and keeps the order",
    () =>
      Effect.gen(function* () {
        const path = yield* folder
        const [file, data] = [join(path, "outbox.db"), join(path, "rooms.db")]
        let server = yield* referenceServer(data)
        const { port } = server
        const kept: Array<string> = []
        for (const run of ["a", "b", "c"]) {
          const child = yield* script(speaker, file, String(port), run)
          kept.push(...(yield* lines(child, 10)))
          yield* server.kill
          server = yield* referenceServer(data, port)
          kept.push(...(yield* lines(child, 10)), ...(yield* child.kill))
        }
        const { outbox, texts } = yield* finish(file, port)
        assert.deepStrictEqual(outbox, [])
        assert.strictEqual(new Set(texts).size, texts.length, "something was said twice")
        assert.deepStrictEqual(
          texts.filter((text) => kept.includes(text)),
          kept
        )
        // What was kept without having been told, because the process was killed in between, is the end of its run.
        for (const run of ["a", "b", "c"]) {
          const said = texts.filter((text) => text.startsWith(run))
          assert.deepStrictEqual(
            said,
            said.map((_, index) => `${run}${index + 1}`)
          )
        }
      }),
    { timeout: 60_000 }
  )
})
