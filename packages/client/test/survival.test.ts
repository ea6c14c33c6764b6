/** What is left of a conversation when processes are killed: everything, once, in its order. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { type Conversation, converse } from "@tertulia/client"
import { keepIn } from "@tertulia/client/file"
import { tcp } from "@tertulia/client/tcp"
import { Effect, Stream } from "effect"
import { hasty } from "./support/hasty.ts"
import { folder, referenceServer, script } from "./support/processes.ts"

const speaker = fileURLToPath(new URL("./support/speak.ts", import.meta.url))

/** Takes so many lines of a child. */
const lines = (child: { readonly line: Effect.Effect<string> }, many: number) =>
  Effect.replicateEffect(child.line, many)

/** Reads the whole log. */
const wholeLog = Effect.fnUntraced(function* ({ page }: Conversation) {
  const texts: Array<string> = []
  let before: number | undefined
  do {
    const { entries, more } = yield* page("#cafe", before === undefined ? {} : { before })
    texts.unshift(...entries.flatMap((entry) => (entry.type === "message" ? [entry.text] : [])))
    before = more === true ? entries[0]?.seq : undefined
  } while (before !== undefined)
  return texts
})

/** Sends what is still kept, and reads the whole log. */
const finish = Effect.fnUntraced(function* (file: string, port: number) {
  const keeper = yield* keepIn(file, `127.0.0.1:${port}`)
  const conversation = yield* converse(tcp({ host: "127.0.0.1", port }), { nick: "ana", rooms: ["#cafe"], keeper })
  yield* Effect.forkScoped(Stream.runDrain(conversation.news))
  yield* conversation.drained()
  return { texts: yield* wholeLog(conversation), outbox: yield* conversation.outbox }
}, Effect.scoped)

// A dozen processes are started, one after the other, on a machine that may have other things to do.
const slow = { timeout: 180_000 }

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
        for (const run of ["a", "b"]) {
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
        for (const run of ["a", "b"]) {
          const said = texts.filter((text) => text.startsWith(run))
          assert.deepStrictEqual(
            said,
            said.map((_, index) => `${run}${index + 1}`)
          )
        }
      }),
    slow
  )

  it.live(
    "goes on with a server that has forgotten everything",
    () =>
      Effect.gen(function* () {
        const first = yield* referenceServer(":memory:")
        const at = { host: "127.0.0.1", port: first.port }
        const conversation = yield* converse(tcp(at), { nick: "ana", rooms: ["#cafe"] })
        const logs: Array<string> = []
        yield* Effect.forkScoped(
          Stream.runForEach(conversation.news, (news) =>
            Effect.sync(() => void (news._tag === "Entered" && logs.push(news.log)))
          )
        )
        yield* conversation.say("#cafe", "in the first log")
        yield* conversation.drained()
        yield* first.kill
        yield* conversation.say("#cafe", "while it is away")
        yield* referenceServer(":memory:", first.port)
        yield* conversation.drained()
        assert.deepStrictEqual(logs, ["first", "another"])
        const [cafe] = yield* conversation.list
        assert.deepStrictEqual(cafe, { room: "#cafe", members: 1 })
        assert.deepStrictEqual(yield* conversation.outbox, [])
      }).pipe(hasty),
    slow
  )
})
