import { assert, describe, it } from "@effect/vitest"
import { type Connection, ConnectionLost, type ConnectOptions, connect, NotTertulia, Refused } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import type { Message, Request } from "@tertulia/protocol"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { at, hello, listening, type Peer } from "./peer.ts"

// ---------------------------------------------------------------------------------------------------------------------
// The stage
// ---------------------------------------------------------------------------------------------------------------------

const start = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkScoped(effect, { startImmediately: true })

/** A client and its scripted server, after `hello`. */
const pair = Effect.fnUntraced(function* (greeting: object = hello, options?: ConnectOptions) {
  const server = yield* listening
  const connecting = yield* Effect.forkScoped(connect(tcp(server), options))
  const peer = yield* server.accepts
  yield* peer.says(greeting)
  const connection = yield* Fiber.join(connecting)
  // Or the client would say bye at the end of the test, and wait for the answer.
  yield* Effect.addFinalizer(() => peer.hangsUp)
  return { connection, peer }
})

/** What a client is told when the first thing that comes is this. */
const greetedWith = Effect.fnUntraced(function* (first: (peer: Peer) => Effect.Effect<void>) {
  const server = yield* listening
  const connecting = yield* Effect.forkScoped(connect(tcp(server)))
  yield* first(yield* server.accepts)
  return yield* Effect.flip(Fiber.join(connecting))
})

/** Makes one request of the client and has the server answer it. */
const exchange = Effect.fnUntraced(function* <A, E, Type extends Request["type"]>(
  asking: Effect.Effect<A, E>,
  peer: Peer,
  type: Type,
  reply: (request: Extract<Request, { readonly type: Type }>) => object
) {
  const waiting = yield* start(asking)
  yield* peer.says(reply(yield* peer.hears(type)))
  return yield* Fiber.join(waiting)
})

const joined = { type: "joined", room: "#cafe", epoch: "k3", first: 1, head: 2, members: ["ana"] }

const enter = (connection: Connection, peer: Peer, reply: object = joined) =>
  exchange(connection.join("#cafe"), peer, "join", ({ id }) => ({ ...reply, re: id }))

/** A client in #cafe, whose log has two entries. */
const inCafe = Effect.fnUntraced(function* (options?: ConnectOptions) {
  const { connection, peer } = yield* pair(hello, options)
  return { connection, peer, cafe: yield* enter(connection, peer) }
})

/** Returns when the client has heard everything that the server has said. */
const settled = (connection: Connection, peer: Peer) =>
  exchange(connection.sync, peer, "sync", ({ id }) => ({ type: "synced", re: id }))

const entry = (seq: number): Message => ({ type: "message", room: "#cafe", seq, from: "leo", text: `entry ${seq}`, at })

const seqs = (entries: ReadonlyArray<Message>) => entries.map(({ seq }) => seq)

// ---------------------------------------------------------------------------------------------------------------------
// The tests
// ---------------------------------------------------------------------------------------------------------------------

describe("the greeting", () => {
  it.live("tells what the server announces, and the registry's defaults for what it doesn't", () =>
    Effect.gen(function* () {
      const { connection } = yield* pair({ ...hello, server: "s/1", limits: { text: 1_000 }, later: { x: [1] } })
      assert.strictEqual(connection.hello.server, "s/1")
      assert.strictEqual(connection.limits.text, 1_000)
      assert.strictEqual(connection.limits.line, 65_536)
    })
  )

  it.live("may share its segment with what follows, and come in pieces", () =>
    Effect.gen(function* () {
      const server = yield* listening
      yield* Effect.forkScoped(connect(tcp(server)))
      const peer = yield* server.accepts
      const bytes = new TextEncoder().encode(`\r\n${JSON.stringify(hello)}\n{"type":"ping"}\n`)
      yield* peer.writes(bytes.subarray(0, 20))
      yield* peer.writes(bytes.subarray(20))
      yield* peer.hears("ping")
      yield* Effect.addFinalizer(() => peer.hangsUp)
    })
  )

  it.live("that isn't one of this protocol is told from a server that isn't there", () =>
    Effect.gen(function* () {
      const strangers: ReadonlyArray<(peer: Peer) => Effect.Effect<void>> = [
        (peer) => peer.writes("SSH-2.0-OpenSSH_9.9\r\n"),
        (peer) => peer.writes("\u00ff\n"),
        (peer) => peer.says({ type: "NOTICE", text: "hi" }),
        (peer) => peer.says({ type: "pong", re: 1 }),
        (peer) => peer.says({ ...hello, protocol: 2 }),
        (peer) => peer.says({ ...hello, heartbeat: 0 }),
        (peer) => peer.says({ ...hello, server: "x".repeat(4_096) }),
        (peer) => peer.hangsUp,
        (peer) => peer.resets
      ]
      for (const stranger of strangers) assert.instanceOf(yield* greetedWith(stranger), NotTertulia)
    })
  )

  it.live("can be a bye, which says why", () =>
    Effect.gen(function* () {
      const error = yield* greetedWith((peer) =>
        peer.says({ type: "bye", code: "too-many-connections", message: "16 are open" })
      )
      assert.instanceOf(error, ConnectionLost)
      assert.include(error.message, "too-many-connections (16 are open)")
    })
  )

  it.live("never comes where nobody listens", () =>
    Effect.gen(function* () {
      const { host, port } = yield* Effect.scoped(listening)
      const error = yield* Effect.flip(connect(tcp({ host, port })))
      assert.strictEqual(error._tag, "Unreachable")
      assert.include(error.message, `127.0.0.1:${port}`)
      assert.include(error.message, "connection refused")
    })
  )

  it.effect("is waited for, but not for ever", () =>
    Effect.gen(function* () {
      const server = yield* listening
      const connecting = yield* Effect.forkScoped(connect(tcp(server)))
      yield* server.accepts
      // Whoever is connected may have to be told so by the system first: the clock goes on until it is.
      while (connecting.pollUnsafe() === undefined) {
        yield* TestClock.adjust("1 second")
        yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
      }
      assert.instanceOf(yield* Effect.flip(Fiber.join(connecting)), NotTertulia)
    })
  )
})

describe("requests", () => {
  it.live("get the replies that name them, in whatever number they wait", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      const texts = ["one", "two", "three"]
      const sending = yield* start(Effect.forEach(texts, (text) => cafe.send(text), { concurrency: "unbounded" }))
      for (const [index, text] of texts.entries()) {
        const request = yield* peer.hears("send")
        assert.strictEqual(request.text, text)
        yield* peer.says({ type: "sent", re: request.id, room: "#cafe", seq: index + 3, at })
      }
      assert.deepStrictEqual(
        (yield* Fiber.join(sending)).map(({ seq }) => seq),
        [3, 4, 5]
      )
      yield* settled(connection, peer)
    })
  )

  it.live("that are refused fail with everything that the error says", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      const refusal = { type: "error", code: "nick-taken", message: "try another", field: "nick", retryAfter: 250 }
      const error = yield* Effect.flip(
        exchange(connection.login("ana"), peer, "login", ({ id }) => ({ ...refusal, re: id }))
      )
      assert.instanceOf(error, Refused)
      assert.deepInclude({ ...error }, { request: "login", code: "nick-taken", field: "nick", retryAfter: 250 })
      assert.strictEqual(error.message, "try another")
    })
  )

  it.live("are refused with a code that this version doesn't know, too", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      const error = yield* Effect.flip(
        exchange(connection.login("ana"), peer, "login", ({ id }) => ({
          type: "error",
          re: id,
          code: "x-moon",
          message: "not today"
        }))
      )
      assert.deepInclude({ ...error }, { _tag: "Refused", code: "x-moon" })
    })
  )

  it.live("without a usable id in the server's eyes are answered in their place", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      const login = yield* start(Effect.flip(connection.login("ana")))
      const sync = yield* start(connection.sync)
      yield* peer.hears("login")
      const { id } = yield* peer.hears("sync")
      yield* peer.says({ type: "error", code: "bad-json", message: "no" }, { type: "synced", re: id })
      assert.deepInclude({ ...(yield* Fiber.join(login)) }, { _tag: "Refused", code: "bad-json" })
      yield* Fiber.join(sync)
    })
  )

  it.live("that the server would have to refuse are not sent", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair({ ...hello, limits: { text: 1_000 } })
      const refused = [
        yield* Effect.flip(connection.login("../ana")),
        yield* Effect.flip(connection.join("cafe")),
        yield* Effect.flip(connection.join("#cafe", { after: 3 })),
        yield* Effect.flip(connection.send("#cafe", "")),
        yield* Effect.flip(connection.send("#cafe", "\u001b[2J")),
        yield* Effect.flip(connection.send("#cafe", "ñ".repeat(501)))
      ]
      assert.deepStrictEqual(
        refused.map((error) => error._tag === "Refused" && [error.code, error.field]),
        [
          ["bad-name", "nick"],
          ["bad-name", "room"],
          ["bad-request", "epoch"],
          ["bad-text", "text"],
          ["bad-text", "text"],
          ["too-long", "text"]
        ]
      )
      yield* settled(connection, peer)
    })
  )

  it.live("fold names, as the server will", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      const room = yield* exchange(connection.join("#Cafe"), peer, "join", ({ id, room }) => ({
        ...joined,
        re: id,
        room
      }))
      assert.strictEqual(room.name, "#cafe")
    })
  )

  it.live("for lists go on until the list is whole", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      const listing = yield* start(connection.rooms)
      const first = yield* peer.hears("rooms")
      assert.isUndefined(first.after)
      yield* peer.says({ type: "rooms", re: first.id, rooms: [{ room: "#a", members: 1 }], more: true })
      const second = yield* peer.hears("rooms")
      assert.strictEqual(second.after, "#a")
      yield* peer.says({ type: "rooms", re: second.id, rooms: [{ room: "#b", members: 2 }] })
      assert.deepStrictEqual(yield* Fiber.join(listing), [
        { room: "#a", members: 1 },
        { room: "#b", members: 2 }
      ])
    })
  )
})

describe("what a client need not understand", () => {
  it.live("is ignored: unknown events, unknown fields [EXT-2]", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      yield* peer.says(
        { type: "x-moon/rise", room: "#cafe", deep: [[1]] },
        { type: "rises", seq: 9 },
        { ...entry(3), mood: { happy: true } }
      )
      yield* settled(connection, peer)
      const [only] = yield* Stream.runCollect(Stream.take(cafe.entries, 1))
      assert.deepStrictEqual(only, entry(3))
    })
  )

  it.live("has its place all the same, if it is an entry [CATCH-9]", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      const at = "2026-11-20T20:08:00.000Z"
      yield* peer.says(
        { type: "x-moon/rise", room: "#cafe", seq: 3, deep: [[1]] },
        { type: "delete", room: "#cafe", seq: 4, from: "leo", target: 1, at },
        { type: "typing", room: "#cafe", nick: "leo", on: true },
        { ...entry(5) }
      )
      yield* settled(connection, peer)
      const [only] = yield* Stream.runCollect(Stream.take(cafe.entries, 1))
      assert.deepStrictEqual(only, entry(5))
    })
  )

  it.live("isn't taken from a server that breaks the protocol", () =>
    Effect.gen(function* () {
      const nonsense: ReadonlyArray<object> = [
        { ...entry(3), seq: "3" },
        { type: "pong", re: 77 },
        { type: "what", re: 1 },
        hello
      ]
      for (const object of nonsense) {
        const { connection, peer } = yield* inCafe()
        yield* peer.says(object)
        assert.strictEqual((yield* connection.ended)._tag, "Nonsense")
        yield* peer.isLeft
      }
    })
  )
})

describe("a room", () => {
  it.live("gives its entries from head + 1 on, each once, ascending [ORDER-3 CATCH-7]", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      yield* peer.says(entry(2), entry(3), entry(3), entry(4), entry(1), entry(5))
      yield* settled(connection, peer)
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(Stream.take(cafe.entries, 3))), [3, 4, 5])
    })
  )

  it.live("says that an entry is missing, after all that came before it", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      yield* peer.says(entry(3), entry(5), entry(6))
      yield* settled(connection, peer)
      const seen: Array<Message> = []
      const error = yield* Effect.flip(Stream.runForEach(cafe.entries, (one) => Effect.sync(() => seen.push(one))))
      assert.deepInclude({ ...error }, { _tag: "Gap", expected: 4, seq: 5 })
      assert.deepStrictEqual(seqs(seen), [3])
      yield* settled(connection, peer)
    })
  )

  it.live("begins after the cursor when the server resumes, and at head when it doesn't", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [boolean, Array<number>]> = [
        [true, [2, 3]],
        [false, [3]]
      ]
      for (const [resumed, expected] of cases) {
        const { connection, peer } = yield* pair()
        const join = connection.join("#cafe", { after: 1, epoch: "k3" })
        const cafe = yield* exchange(join, peer, "join", ({ after, epoch, id }) => {
          assert.deepStrictEqual([after, epoch], [1, "k3"])
          return { ...joined, re: id, resumed }
        })
        assert.strictEqual(cafe.resumed, resumed)
        yield* peer.says(...(resumed ? [entry(2)] : []), entry(3))
        yield* settled(connection, peer)
        assert.deepStrictEqual(seqs(yield* Stream.runCollect(Stream.take(cafe.entries, expected.length))), expected)
      }
    })
  )

  it.live("knows its members at every moment [MEMBER-6]", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      yield* peer.says(
        { type: "member", room: "#cafe", nick: "leo", change: "joined" },
        { type: "member", room: "#cafe", nick: "ada", change: "joined" },
        { type: "member", room: "#cafe", nick: "leo", change: "left" }
      )
      yield* settled(connection, peer)
      assert.deepStrictEqual(yield* cafe.members, ["ada", "ana"])
      const events = yield* Stream.runCollect(Stream.take(cafe.events, 3))
      assert.deepStrictEqual(
        events.map((event) => event.type === "member" && [event.nick, event.change]),
        [
          ["leo", "joined"],
          ["ada", "joined"],
          ["leo", "left"]
        ]
      )
    })
  )

  it.live("whose members come by slices is whole when join returns, changes in between included", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      const joining = yield* start(connection.join("#cafe"))
      const { id } = yield* peer.hears("join")
      yield* peer.says({ ...joined, re: id, members: ["ana", "eva"], more: true })
      const next = yield* peer.hears("members")
      assert.strictEqual(next.after, "eva")
      yield* peer.says(
        { type: "member", room: "#cafe", nick: "bea", change: "joined" },
        { type: "member", room: "#cafe", nick: "zoe", change: "joined" },
        { type: "member", room: "#cafe", nick: "eva", change: "left" },
        { type: "members", re: next.id, room: "#cafe", members: ["leo", "zoe"] }
      )
      const cafe = yield* Fiber.join(joining)
      assert.deepStrictEqual(yield* cafe.members, ["ana", "bea", "leo", "zoe"])
    })
  )

  it.live("ends its stream when it is left, and begins another when it is joined again", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      yield* peer.says(entry(3))
      yield* exchange(cafe.leave, peer, "leave", ({ id }) => ({ type: "left", re: id, room: "#cafe" }))
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(cafe.entries)), [3])
      assert.deepStrictEqual(yield* cafe.members, [])
      const again = yield* enter(connection, peer, { ...joined, epoch: "k4", first: 1, head: 0 })
      yield* peer.says(entry(1))
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(Stream.take(again.entries, 1))), [1])
    })
  )

  it.live("that nobody reads costs only itself", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe({ buffer: 2 })
      yield* peer.says(entry(3), entry(4), entry(5), entry(6))
      yield* settled(connection, peer)
      const seen: Array<Message> = []
      const error = yield* Effect.flip(Stream.runForEach(cafe.entries, (one) => Effect.sync(() => seen.push(one))))
      assert.strictEqual(error._tag, "FellBehind")
      assert.deepStrictEqual(seqs(seen), [3, 4])
    })
  )
})

describe("heartbeats", () => {
  it.live("of the server are answered [HEART-5]", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      yield* peer.says({ type: "ping" })
      const { id } = yield* peer.hears("ping")
      yield* peer.says({ type: "pong", re: id })
      yield* settled(connection, peer)
    })
  )

  it.effect("are demanded of a silent server, and a second silence ends it [HEART-6]", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      yield* TestClock.adjust("29 seconds")
      yield* settled(connection, peer)
      yield* TestClock.adjust("30 seconds")
      yield* peer.hears("ping")
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* connection.ended, { _tag: "Silent", seconds: 60 })
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(cafe.events)))._tag, "ConnectionLost")
      yield* peer.isLeft
    })
  )

  it.effect("count any byte as a sign of life", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair()
      for (let beat = 0; beat < 4; beat++) {
        yield* TestClock.adjust("29 seconds")
        yield* settled(connection, peer)
      }
      yield* settled(connection, peer)
    })
  )
})

describe("the end", () => {
  it.live("by a bye of the server reaches everybody who waits, with its code [END-9]", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      const sending = yield* start(Effect.flip(cafe.send("hola")))
      yield* peer.hears("send")
      yield* peer.says(entry(3), { type: "bye", code: "shutting-down", message: "stopping", reconnectAfter: 1_250 })
      const error = yield* Fiber.join(sending)
      assert.instanceOf(error, ConnectionLost)
      assert.strictEqual(error.outcome, "unknown")
      assert.deepInclude(error.loss, { _tag: "Bye" })
      assert.include(error.message, "shutting-down (stopping)")
      const seen: Array<Message> = []
      yield* Effect.flip(Stream.runForEach(cafe.entries, (one) => Effect.sync(() => seen.push(one))))
      assert.deepStrictEqual(seqs(seen), [3])
      const late = yield* Effect.flip(cafe.send("anybody?"))
      assert.deepInclude({ ...late }, { _tag: "ConnectionLost", outcome: "none" })
      yield* peer.isLeft
      assert.strictEqual((yield* connection.ended)._tag, "Bye")
    })
  )

  it.live("without a word is told too, FIN or RST", () =>
    Effect.gen(function* () {
      for (const way of ["hangsUp", "resets"] as const) {
        const { connection, peer, cafe } = yield* inCafe()
        const sending = yield* start(Effect.flip(cafe.send("hola")))
        yield* peer.hears("send")
        yield* peer[way]
        assert.deepInclude({ ...(yield* Fiber.join(sending)) }, { _tag: "ConnectionLost", outcome: "unknown" })
        assert.strictEqual((yield* connection.ended)._tag, "Closed")
      }
    })
  )

  it.live("comes when a line doesn't, so that no memory is spent on it [FRAME-11]", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair({ ...hello, limits: { line: 8_192 } })
      yield* peer.says({ type: "x-filler", fill: "x".repeat(8_000) })
      yield* settled(connection, peer)
      yield* peer.writes("x".repeat(8_192))
      assert.deepInclude(yield* connection.ended, { _tag: "Closed", why: "the server sent a line that is too long" })
      yield* peer.isLeft
    })
  )

  it.live("by the client's own bye is no error: rooms end, and later requests were never sent", () =>
    Effect.gen(function* () {
      const { connection, peer, cafe } = yield* inCafe()
      const leaving = yield* start(connection.bye)
      const late = yield* Effect.flip(cafe.send("one more thing"))
      assert.deepInclude({ ...late }, { _tag: "ConnectionLost", outcome: "none" })
      const { id } = yield* peer.hears("bye")
      yield* peer.says(entry(3), { type: "bye", re: id })
      yield* Fiber.join(leaving)
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(cafe.entries)), [3])
      assert.strictEqual((yield* connection.ended)._tag, "Goodbye")
      yield* peer.isLeft
    })
  )

  it.live("of the scope says bye first", () =>
    Effect.gen(function* () {
      const server = yield* listening
      const visit = yield* Effect.forkScoped(Effect.scoped(connect(tcp(server))))
      const peer = yield* server.accepts
      yield* peer.says(hello)
      const { id } = yield* peer.hears("bye")
      yield* peer.says({ type: "bye", re: id })
      yield* peer.isLeft
      yield* Fiber.join(visit)
    })
  )

  it.effect("of the scope doesn't wait long for a server that doesn't answer", () =>
    Effect.gen(function* () {
      const server = yield* listening
      const visit = yield* Effect.forkScoped(Effect.scoped(connect(tcp(server))))
      const peer = yield* server.accepts
      yield* peer.says(hello)
      yield* peer.hears("bye")
      yield* TestClock.adjust("1 second")
      yield* peer.isLeft
      yield* Fiber.join(visit)
    })
  )
})
