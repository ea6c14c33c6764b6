/**
 * Says word after word in #cafe, and prints each when it is kept: `speak.ts FILE PORT PREFIX`. Ends when it is killed.
 */
import { converse } from "@tertulia/client"
import { keepIn } from "@tertulia/client/file"
import { tcp } from "@tertulia/client/tcp"
import { Effect, Stream } from "effect"
import { hasty } from "./hasty.ts"

const [path = "", port = "", prefix = ""] = process.argv.slice(2)

const speak = Effect.gen(function* () {
  const keeper = yield* keepIn(path, `127.0.0.1:${port}`)
  const conversation = yield* converse(tcp({ host: "127.0.0.1", port: Number(port) }), {
    nick: "ana",
    rooms: ["#cafe"],
    keeper
  })
  yield* Effect.forkScoped(Stream.runDrain(conversation.news))
  for (let nth = 1; ; nth++) {
    yield* conversation.say("#cafe", `${prefix}${nth}`)
    yield* Effect.sync(() => process.stdout.write(`${prefix}${nth}\n`))
    // Some wait while others are on their way.
    yield* conversation.drained(4)
  }
})

Effect.runFork(Effect.scoped(speak).pipe(hasty))
