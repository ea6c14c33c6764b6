/** One connection, and what can go wrong on it: `node examples/client/connection.ts 7331`. */
import { connect } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import { Console, Effect, Stream } from "effect"

const [port = "7331"] = process.argv.slice(2)

const visit = Effect.gen(function* () {
  const connection = yield* connect(tcp({ host: "127.0.0.1", port: Number(port) }))
  yield* connection.login("tom")
  const cafe = yield* connection.join("#cafe")
  const { seq } = yield* cafe.send("canción")
  yield* cafe.react(seq, "+1")
  yield* cafe
    .edit(seq + 100, "another text")
    .pipe(Effect.catchTag("Refused", ({ code, message }) => Console.log(`${code}: ${message}`)))
  yield* connection
    .search({ text: "cancion", room: "#cafe" })
    .pipe(Stream.runForEach(({ reactions, text }) => Console.log(text, reactions)))
  yield* connection.bye
}).pipe(Effect.scoped)

await Effect.runPromise(visit)
