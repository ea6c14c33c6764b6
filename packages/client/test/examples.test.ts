/** The examples of the README, as they stand there: each runs against the reference server. */
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { type ChatRoom, connect } from "@tertulia/client/chat"
import { Effect, type Scope } from "effect"
import { assert, it } from "vitest"
import { referenceServer, script } from "./support/processes.ts"
import { until } from "./support/until.ts"

const examples = fileURLToPath(new URL("../../../examples/client/", import.meta.url))
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

/** Runs a test with a server, and ends both: after 40 seconds, whatever it waits for. */
const withServer = <A>(test: (port: number) => Effect.Effect<A, never, Scope.Scope>): Promise<A> =>
  referenceServer(":temporary:").pipe(
    Effect.flatMap(({ port }) => test(port)),
    Effect.timeoutOrElse({ duration: "40 seconds", orElse: () => Effect.die(new Error("it never came to its end")) }),
    Effect.scoped,
    Effect.runPromise
  )

/** What an example writes until it ends by itself, which it does within half a minute. */
const output = (name: string, ...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.promise(
    async () =>
      (await promisify(execFile)(process.execPath, [`${examples}${name}`, ...args], { timeout: 30_000 })).stdout
  )

/** ana in #cafe, until the scope ends. */
const anaInCafe = (port: number): Effect.Effect<ChatRoom, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => connect({ url: urlOf(port), nick: "ana" })),
    (ana) => Effect.promise(() => ana.close())
  ).pipe(Effect.flatMap((ana) => Effect.promise(() => ana.join("#cafe"))))

const isThere = (cafe: ChatRoom, nick: string): Effect.Effect<unknown> =>
  Effect.promise(() => until(cafe, ({ members }) => members.includes(nick)))

const urlOf = (port: number) => `tcp://127.0.0.1:${port}`

it.each(readdirSync(examples))("the README shows %s as it is", (name) => {
  const { body = "" } =
    /^\/\*\*[^\n]*\*\/\n(?<body>[\s\S]*)$/u.exec(readFileSync(`${examples}${name}`, "utf8"))?.groups ?? {}
  assert.include(readme, `\`\`\`ts\n${body}\`\`\`\n`)
})

it.each(["Chat", "ChatRoom"])("the README shows all that a %s has", (name) => {
  const source = readFileSync(new URL("../src/chat/chat.ts", import.meta.url), "utf8")
  const { body = "" } =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n(?<body>.*?)^\\}$`, "msu").exec(source)?.groups ?? {}
  const members = body.match(/(?<=^ {2}readonly ).*$/gmu) ?? []
  assert.isNotEmpty(members)
  for (const member of members) assert.include(readme, `\n  ${member}\n`)
})

it("bot.ts answers whoever names it", { timeout: 60_000 }, () =>
  withServer((port) =>
    Effect.gen(function* () {
      yield* script(`${examples}bot.ts`, urlOf(port))
      const cafe = yield* anaInCafe(port)
      yield* isThere(cafe, "bot")
      const { seq } = yield* Effect.promise(() => cafe.send("one two three, @bot"))
      const answer = yield* Effect.promise(async () => {
        for await (const line of cafe.messages) if (line.from === "bot" && line.replyTo === seq) return line
        return undefined
      })
      assert.deepInclude(answer, { text: "@ana 4 words", mentionsMe: true })
    })
  )
)

it("look.ts shows a room", { timeout: 60_000 }, () =>
  withServer((port) =>
    Effect.gen(function* () {
      // She stays until eva has looked: what comes together is drawn once.
      const cafe = yield* anaInCafe(port)
      const said = Effect.andThen(
        isThere(cafe, "eva"),
        Effect.promise(() => cafe.send("goodbye"))
      )
      const [lines] = yield* Effect.all([output("look.ts", urlOf(port)), said], { concurrency: "unbounded" })
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
