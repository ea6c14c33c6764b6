/** Says each word of its arguments once, whatever happens to the connection: `node examples/client/converse.ts 7331 hola`. */
import { converse, emptyView, lookAt, see } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import { Console, Effect, Stream } from "effect"

const [port = "7331", ...words] = process.argv.slice(2)

const talk = Effect.gen(function* () {
  const conversation = yield* converse(tcp({ host: "127.0.0.1", port: Number(port) }), {
    nick: "leo",
    rooms: ["#cafe"]
  })
  yield* conversation.news.pipe(
    Stream.scan(() => emptyView, see),
    Stream.map((view) => lookAt(view, "#cafe").entries.length),
    Stream.changes,
    Stream.runForEach((lines) => Console.log(`${lines} lines`)),
    Effect.forkScoped
  )
  yield* Effect.forEach(words, (word) => conversation.say("#cafe", word))
  yield* conversation.drained()
  yield* conversation.bye
}).pipe(Effect.scoped)

await Effect.runPromise(talk)
