/** spec/rich.md and spec/search.md over one connection and over many, with the reference server. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import {
  type Connection,
  connect,
  converse,
  emptyView,
  lookAt,
  type MessageLine,
  type RequestError,
  see,
  type View
} from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import { Effect, Stream, SubscriptionRef } from "effect"
import { hasty } from "./support/hasty.ts"
import { folder, referenceServer } from "./support/processes.ts"

const slow = { timeout: 60_000 }

/** Two people in #cafe, each over one connection. */
const two = Effect.gen(function* () {
  const { port } = yield* referenceServer(":temporary:")
  const come = Effect.fnUntraced(function* (nick: string) {
    const connection = yield* connect(tcp({ host: "127.0.0.1", port }))
    yield* connection.login(nick)
    return { connection, cafe: yield* connection.join("#cafe") }
  })
  return { port, ana: yield* come("ana"), leo: yield* come("leo") }
})

describe("over one connection", () => {
  it.live(
    "messages are edited, deleted, answered and reacted to; typing, marks and topics go, too",
    () =>
      Effect.gen(function* () {
        const { ana, leo } = yield* two
        const { seq } = yield* ana.cafe.send("at eigth")
        yield* ana.cafe.edit(seq, "at eight")
        yield* leo.cafe.react(seq, "+1")
        assert.strictEqual((yield* leo.cafe.react(seq, "+1")).duplicate, true)
        yield* leo.cafe.react(seq, "+1", false)
        yield* leo.cafe.typing()
        yield* leo.cafe.send("@ana good", { replyTo: seq })
        yield* leo.cafe.setTopic("dinner")
        const gone = yield* ana.cafe.send("oops")
        yield* ana.cafe.remove(gone.seq)
        yield* ana.connection.sync
        const events = yield* Stream.runCollect(ana.cafe.events.pipe(Stream.takeUntil(({ type }) => type === "delete")))
        assert.deepStrictEqual(
          events.map(({ type }) => type),
          ["member", "message", "edit", "react", "react", "typing", "message", "topic", "message", "delete"]
        )
        assert.deepInclude(events[6], { replyTo: seq, mentions: ["ana"] })
        assert.deepInclude(yield* ana.cafe.read(), { seq: 0, unread: 1 })
        assert.deepInclude(yield* ana.cafe.read(seq + 4), { seq: seq + 4, unread: 0 })
        const refusals: ReadonlyArray<readonly [string, Effect.Effect<unknown, RequestError>]> = [
          ["forbidden", leo.cafe.edit(seq, "I resign")],
          ["no-such-entry", ana.cafe.remove(gone.seq)],
          ["no-such-entry", ana.cafe.read(1_000)],
          ["not-joined", ana.connection.topic("#cine", "films")],
          ["too-long", ana.cafe.react(seq, "+".repeat(65))],
          ["bad-text", ana.cafe.react(seq, "")]
        ]
        for (const [code, asked] of refusals) {
          assert.deepInclude(yield* Effect.flip(asked), { _tag: "Refused", code }, code)
        }
      }).pipe(Effect.scoped),
    slow
  )

  it.live(
    "a search goes from page to page, in one room or all, of one person, from a time to a time",
    () =>
      Effect.gen(function* () {
        const { ana, leo } = yield* two
        yield* Effect.forEach([1, 2, 3, 4, 5], (nth) => ana.cafe.send(`canción ${nth}`))
        yield* leo.cafe.send("Cancion, too")
        const texts = (options: Parameters<Connection["search"]>[0], most = 100) =>
          Effect.map(Stream.runCollect(Stream.take(ana.connection.search(options), most)), (found) =>
            found.map(({ text }) => text)
          )
        const all = ["Cancion, too", "canción 5", "canción 4", "canción 3", "canción 2", "canción 1"]
        assert.deepStrictEqual(yield* texts({ text: "cancion" }), all)
        assert.deepStrictEqual(yield* texts({ text: "cancion", limit: 2 }), all)
        assert.deepStrictEqual(yield* texts({ text: "cancion", limit: 2 }, 3), all.slice(0, 3))
        assert.deepStrictEqual(yield* texts({ text: "cancion", from: "Ana", room: "#Cafe", limit: 4 }), all.slice(1))
        assert.deepStrictEqual(yield* texts({ text: "cancion", until: new Date(0) }), [])
        assert.deepStrictEqual(yield* texts({ text: "cancion", since: new Date(0).toISOString() }), all)
        assert.deepStrictEqual(yield* texts({ text: "nothing" }), [])
        const refused = (options: Parameters<Connection["search"]>[0]) => Effect.flip(texts(options))
        assert.deepInclude(yield* refused({ text: '"*"' }), { _tag: "Refused", code: "bad-text", field: "text" })
        assert.deepInclude(yield* refused({ text: "hola", since: "yesterday" }), { code: "bad-request" })
        assert.deepInclude(yield* refused({ text: "hola", room: "#cine" }), { code: "not-joined" })
      }).pipe(Effect.scoped),
    slow
  )
})

/** Somebody in #cafe whose view a test looks at. */
const watcher = Effect.fnUntraced(function* (port: number, nick: string) {
  const conversation = yield* converse(tcp({ host: "127.0.0.1", port }), { nick, rooms: ["#cafe"] })
  const view = yield* SubscriptionRef.make(emptyView)
  yield* Effect.forkScoped(
    Stream.runForEach(conversation.news, (told) => SubscriptionRef.update(view, (before) => see(before, told)))
  )
  /** Waits until the view is as it should be; gives what it shows. */
  const sees = <A>(look: (view: View) => A | undefined | false) =>
    SubscriptionRef.changes(view).pipe(
      Stream.map(look),
      Stream.filter((seen) => seen !== undefined && seen !== false),
      Stream.runHead,
      Effect.flatMap((seen) => (seen._tag === "Some" ? Effect.succeed(seen.value as A) : Effect.never)),
      Effect.timeoutOrElse({
        duration: "20 seconds",
        orElse: () =>
          Effect.flatMap(SubscriptionRef.get(view), (now) =>
            Effect.die(new Error(`${nick} never saw it, but ${JSON.stringify(lookAt(now, "#cafe"), undefined, 1)}`))
          )
      })
    )
  const inCafe = <A>(look: (room: ReturnType<typeof lookAt>) => A | undefined | false) =>
    sees((view) => look(lookAt(view, "#cafe")))
  const message = (text: string | undefined) =>
    inCafe(({ entries }) => entries.find((line): line is MessageLine => line._tag === "Message" && line.text === text))
  yield* sees(({ state }) => state._tag === "Live")
  return { ...conversation, sees, inCafe, message }
})

describe("over many connections", () => {
  it.live(
    "each sees what the others do to messages, who types, what is new, and how people are",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const [ana, leo] = [yield* watcher(port, "ana"), yield* watcher(port, "leo")]
        yield* ana.say("#cafe", "at eigth")
        const { seq } = yield* leo.message("at eigth")
        yield* ana.edit("#cafe", seq, "at eight")
        yield* leo.react("#cafe", seq, "+1")
        yield* leo.typing("#cafe")
        assert.deepStrictEqual(yield* ana.inCafe(({ typing }) => typing.length > 0 && typing), ["leo"])
        yield* leo.say("#cafe", "@ana good", { replyTo: seq })
        const answer = yield* ana.message("@ana good")
        assert.deepInclude(answer, { replyTo: seq, mentionsMe: true })
        const mended = yield* ana.inCafe(({ entries }) =>
          entries.find((line) => line._tag === "Message" && line.isEdited && line.reactions.length > 0)
        )
        const reactions = [{ reaction: "+1", count: 1, by: ["leo"], isMine: false }]
        assert.deepInclude(mended, { text: "at eight", isMine: true, reactions })
        assert.deepInclude(yield* ana.inCafe((room) => room.unread === 1 && room), { mentions: 1, typing: [] })
        yield* ana.read("#cafe", answer.seq)
        yield* ana.inCafe((room) => room.read === answer.seq && room.unread === 0 && room.mentions === 0)
        yield* leo.remove("#cafe", answer.seq)
        yield* ana.message(undefined)
        yield* leo.topic("#cafe", "dinner")
        assert.strictEqual(yield* ana.inCafe(({ topic }) => topic !== "" && topic), "dinner")
        yield* leo.status({ status: "busy", text: "cooking" })
        yield* ana.sees(({ people }) => [...people].some(([nick, { status }]) => nick === "leo" && status === "busy"))
        const found = yield* Stream.runCollect(ana.search({ text: "eight" }))
        assert.deepStrictEqual(
          found.map((message) => message.seq),
          [seq]
        )
      }).pipe(Effect.scoped),
    slow
  )

  it.live(
    "what was read, what was answered and what was edited meanwhile is known after the server was killed",
    () =>
      Effect.gen(function* () {
        const data = join(yield* folder, "rooms.db")
        const server = yield* referenceServer(data)
        const { port } = server
        const [ana, leo] = [yield* watcher(port, "ana"), yield* watcher(port, "leo")]
        yield* leo.say("#cafe", "one")
        yield* leo.say("#cafe", "two")
        const one = yield* ana.message("one")
        yield* ana.message("two")
        yield* ana.read("#cafe", one.seq)
        yield* ana.inCafe((room) => room.read === one.seq && room.unread === 1)
        yield* server.kill
        yield* ana.sees(({ state }) => state._tag === "Offline")
        yield* ana.say("#cafe", "three", { replyTo: one.seq })
        yield* referenceServer(data, port)
        assert.deepInclude(yield* leo.message("three"), { replyTo: one.seq })
        yield* leo.sees(({ state }) => state._tag === "Live")
        yield* leo.edit("#cafe", one.seq, "uno")
        yield* ana.message("uno")
        assert.deepInclude(yield* ana.inCafe((room) => room), { read: one.seq, unread: 1 })
      }).pipe(Effect.scoped, hasty),
    slow
  )

  it.live(
    "a message that is deleted isn't unread any more",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const [ana, leo] = [yield* watcher(port, "ana"), yield* watcher(port, "leo")]
        yield* leo.say("#cafe", "one")
        yield* leo.say("#cafe", "two")
        const two = yield* ana.message("two")
        // Counted by the server from here on.
        yield* ana.read("#cafe", 0)
        yield* leo.remove("#cafe", two.seq)
        yield* ana.inCafe((room) => room.unread === 1)
      }).pipe(Effect.scoped),
    slow
  )
})
