/** The client over WebSocket: with the reference server, and with one that says nothing but how it ends. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { type Chat, connect, open } from "@tertulia/client/chat"
import { type ByeEvent, byeCodes, byeRegistry } from "@tertulia/protocol"
import { Deferred, Effect, Exit, type Scope } from "effect"
import { type WebSocket as Socket, WebSocketServer } from "ws"
import { lastingHello } from "./peer.ts"
import { folder, referenceServer } from "./support/processes.ts"
import { until } from "./support/until.ts"

const slow = { timeout: 60_000 }

const urlOf = (port: number) => `ws://127.0.0.1:${port}/ws`

/** A chat that ends with the scope. */
const lasting = (chat: () => Promise<Chat>): Effect.Effect<Chat, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.promise(chat), (chat) => Effect.promise(() => chat.close()))

const come = (port: number, nick: string) =>
  lasting(() => connect({ url: urlOf(port), nick, rooms: ["#cafe"], comeBack: "always" }))

const offline = ({ state }: Chat) =>
  Effect.promise(() => until(state, (now) => (now._tag === "Offline" ? now : undefined)))

const texts = (chat: Chat): ReadonlyArray<string | undefined> =>
  chat.room("#cafe").entries.map((line) => (line._tag === "Message" ? line.text : line._tag))

describe("a chat over WebSocket", slow, () => {
  it.live("talks with whoever is there over TCP, and says bye", () =>
    Effect.gen(function* () {
      const { port, webPort } = yield* referenceServer(":temporary:", 0, 0)
      const ana = yield* come(webPort, "ana")
      const leo = yield* lasting(() => connect({ url: `tcp://127.0.0.1:${port}`, nick: "leo", rooms: ["#cafe"] }))
      yield* Effect.promise(() => ana.room("#cafe").send("hola\nsalud"))
      yield* Effect.promise(() => until(leo.view, () => texts(leo).includes("hola\nsalud")))
      yield* Effect.promise(() => leo.room("#cafe").send("¡canción! ☕"))
      yield* Effect.promise(() => until(ana.view, () => texts(ana).includes("¡canción! ☕")))
      yield* Effect.promise(() => ana.close())
      assert.deepInclude(yield* Effect.promise(() => ana.ended), { _tag: "ConnectionLost", loss: { _tag: "Goodbye" } })
      yield* Effect.promise(() => until(leo.room("#cafe"), ({ members }) => members.join() === "leo"))
    })
  )

  it.live("comes back when its server was killed, and says once what was said meanwhile", () =>
    Effect.gen(function* () {
      const data = join(yield* folder, "rooms.db")
      const first = yield* referenceServer(data, 0, 0)
      const ana = yield* come(first.webPort, "ana")
      const cafe = ana.room("#cafe")
      yield* Effect.promise(() => cafe.send("one"))
      yield* first.kill
      const { again, why } = yield* offline(ana)
      assert.deepInclude(why, { _tag: "ConnectionLost" })
      assert.isDefined(again)
      const sent = ["two", "three"].map((text) => cafe.send(text))
      yield* referenceServer(data, first.port, first.webPort)
      const seqs = yield* Effect.promise(() => Promise.all(sent))
      assert.deepStrictEqual(
        seqs.map(({ seq }) => seq),
        [2, 3]
      )
      assert.deepStrictEqual(texts(ana), ["one", "two", "three"])
    })
  )

  it.live("hears that its server stops, and comes back", () =>
    Effect.gen(function* () {
      const data = join(yield* folder, "rooms.db")
      const first = yield* referenceServer(data, 0, 0)
      const ana = yield* come(first.webPort, "ana")
      yield* first.stop
      const { why } = yield* offline(ana)
      assert.strictEqual(why._tag === "ConnectionLost" && why.loss._tag === "Bye" && why.loss.bye.code, "shutting-down")
      yield* referenceServer(data, first.port, first.webPort)
      yield* Effect.promise(() => until(ana.state, ({ _tag }) => _tag === "Live"))
    })
  )

  it.live("sends much at once, in its order, without a hole", () =>
    Effect.gen(function* () {
      const { webPort } = yield* referenceServer(":temporary:", 0, 0)
      const ana = yield* lasting(() => connect({ url: urlOf(webPort), nick: "ana", rooms: ["#cafe"], ahead: 300 }))
      const words = Array.from({ length: 300 }, (_, nth) => `${nth} ${"x".repeat(500)}`)
      const sent = yield* Effect.promise(() => Promise.all(words.map((word) => ana.room("#cafe").send(word))))
      assert.deepStrictEqual(
        sent.map(({ seq }) => seq),
        words.map((_, index) => index + 1)
      )
      yield* Effect.promise(() => until(ana.view, () => texts(ana).length === words.length))
      assert.deepStrictEqual(texts(ana), words)
    })
  )
})

/** A server of WebSockets; gives its port. */
const playing = (chosen: string | false, play: (socket: Socket) => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<WebSocketServer>((resume) => {
      const server: WebSocketServer = new WebSocketServer(
        { port: 0, host: "127.0.0.1", handleProtocols: () => chosen },
        () => resume(Effect.succeed(server))
      )
      server.on("connection", play)
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        for (const client of server.clients) client.terminate()
        server.close(() => resume(Effect.void))
      })
  ).pipe(Effect.map((server) => (server.address() as { readonly port: number }).port))

/** How a chat sees the end of a connection that was greeted or not. */
const seen = Effect.fnUntraced(function* (isGreeted: boolean, end: (socket: Socket) => void) {
  const port = yield* playing("tertulia.v1", (socket) => {
    if (isGreeted) socket.send(JSON.stringify(lastingHello))
    end(socket)
  })
  const ana = yield* lasting(() => open({ url: urlOf(port), nick: "ana" }))
  return yield* offline(ana)
}, Effect.scoped)

describe("the end of a WebSocket without a bye", slow, () => {
  for (const isGreeted of [true, false]) {
    it.live.each(byeCodes)(
      `is one by its close code, ${isGreeted ? "after" : "before"} the greeting: %s (WS-17)`,
      (code) =>
        Effect.gen(function* () {
          const { close, meaning: message, reconnect } = byeRegistry[code]
          const { again, why } = yield* seen(isGreeted, (socket) => socket.close(close))
          assert.deepInclude(why, {
            _tag: "ConnectionLost",
            loss: { _tag: "Bye", bye: { type: "bye", code, message } }
          })
          assert.strictEqual(again === undefined, reconnect === "no")
        })
    )
  }

  it.live("is an end that says nothing, with a code that nobody knows, or none", () =>
    Effect.gen(function* () {
      const ends: ReadonlyArray<readonly [string, (socket: Socket) => void]> = [
        ["(4999, bored)", (socket) => socket.close(4999, "bored")],
        ["(1000)", (socket) => socket.close(1000)],
        ["", (socket) => socket.terminate()]
      ]
      for (const [words, end] of ends) {
        const { again, why } = yield* seen(true, end)
        assert.isDefined(again)
        assert.strictEqual(why._tag === "ConnectionLost" && why.loss._tag, "Closed")
        assert.include(why.message, words)
      }
    })
  )

  it.live("is what it is: a bye that came goes before the close code", () =>
    Effect.gen(function* () {
      const bye: ByeEvent = { type: "bye", code: "replaced", message: "you are elsewhere" }
      const { why } = yield* seen(true, (socket) => {
        socket.send(JSON.stringify(bye))
        socket.close(1001)
      })
      assert.deepInclude(why, { loss: { _tag: "Bye", bye } })
    })
  )

  it.live("is the client's when the server doesn't choose the subprotocol (WS-15)", () =>
    Effect.gen(function* () {
      const left = Deferred.makeUnsafe<void>()
      const port = yield* playing(false, (socket) => socket.on("close", () => Deferred.doneUnsafe(left, Exit.void)))
      const ana = yield* lasting(() => open({ url: urlOf(port), nick: "ana" }))
      assert.deepInclude((yield* offline(ana)).why, { _tag: "Unreachable" })
      yield* Effect.timeout(Deferred.await(left), "20 seconds")
    })
  )
})
