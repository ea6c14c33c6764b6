/** The examples of the README, as they stand there: each runs against the reference server. */
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { connect } from "@tertulia/client/chat"
import { Effect, type Scope } from "effect"
import { assert, it } from "vitest"
import { referenceServer, script } from "./support/processes.ts"

const examples = fileURLToPath(new URL("../../../examples/client/", import.meta.url))
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

const withServer = <A>(test: (port: number) => Effect.Effect<A, never, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(referenceServer(":temporary:"), ({ port }) => test(port))))

const output = (name: string, ...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.promise(async () => (await promisify(execFile)(process.execPath, [`${examples}${name}`, ...args])).stdout)

const urlOf = (port: number) => `tcp://127.0.0.1:${port}`

it.each(readdirSync(examples))("the README shows %s as it is", (name) => {
  const { body = "" } =
    /^\/\*\*[^\n]*\*\/\n(?<body>[\s\S]*)$/u.exec(readFileSync(`${examples}${name}`, "utf8"))?.groups ?? {}
  assert.include(readme, `\`\`\`ts\n${body}\`\`\`\n`)
})

it("bot.ts answers whoever names it", { timeout: 60_000 }, () =>
  withServer((port) =>
    Effect.gen(function* () {
      yield* script(`${examples}bot.ts`, urlOf(port))
      yield* Effect.promise(async () => {
        const ana = await connect({ url: urlOf(port), nick: "ana" })
        const cafe = await ana.join("#cafe")
        const messages = cafe.messages[Symbol.asyncIterator]()
        // It may come after this, or have come before.
        if (!cafe.members.includes("bot")) {
          for await (const told of cafe.changes) if (told._tag === "Member" && told.member.nick === "bot") break
        }
        const { seq } = await cafe.send("one two three, @bot")
        const heard: Array<object> = []
        for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
          heard.push(next.value)
          if (next.value.from === "bot" && next.value.replyTo === seq) break
        }
        assert.deepInclude(heard.at(-1), { from: "bot", text: "@ana 4 words", replyTo: seq, mentionsMe: true })
        await ana.close()
      })
    })
  )
)

it("look.ts shows a room", { timeout: 60_000 }, () =>
  withServer((port) =>
    Effect.gen(function* () {
      const shown = output("look.ts", urlOf(port))
      const said = Effect.promise(async () => {
        const ana = await connect({ url: urlOf(port), nick: "ana" })
        const cafe = await ana.join("#cafe")
        if (!cafe.members.includes("eva")) {
          for await (const told of cafe.changes) if (told._tag === "Member" && told.member.nick === "eva") break
        }
        await cafe.send("goodbye")
        await ana.close()
      })
      const [lines] = yield* Effect.all([shown, said], { concurrency: "unbounded" })
      assert.include(lines, "ana, eva | 1 unread |  | goodbye")
    })
  )
)

it("converse.ts and connection.ts say what they have to say", { timeout: 60_000 }, () =>
  withServer((port) =>
    Effect.gen(function* () {
      assert.match(yield* output("converse.ts", String(port), "hola", "adiós"), /2 lines\n/u)
      assert.match(
        yield* output("connection.ts", String(port)),
        /^no-such-entry: .*\ncanción \[ \{ reaction: '\+1', count: 1 \} \]\n$/u
      )
    })
  )
)
