/** spec/direct.md: what a client does with conversations of two people. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { connect, converse, type Item, type Told } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import type { Ask, Message, Reply } from "@tertulia/protocol"
import { Effect, Queue, Stream } from "effect"
import { piped } from "../../terminal/test/child.ts"
import { makeTalks, type TalkNews } from "../src/talks.ts"
import { at, lastingHello, listening, type Peer } from "./peer.ts"
import { hasty } from "./support/hasty.ts"
import { folder, referenceServer } from "./support/processes.ts"

const slow = { timeout: 60_000 }

const entry = (seq: number, epoch = "c8", from = "leo"): Message => ({
  type: "message",
  room: "@leo",
  epoch,
  seq,
  from,
  text: `${from} ${seq}`,
  at
})

const item = (seq: number) => ({ type: "message", seq, from: "leo", text: `leo ${seq}`, at }) as const

// ---------------------------------------------------------------------------------------------------------------------
// The algorithm
// ---------------------------------------------------------------------------------------------------------------------

/** A follower whose questions a test answers, and what it has told, in short. */
const follow = () => {
  const told: Array<string> = []
  const asked: Array<{ readonly ask: Ask; readonly next: (reply: Reply) => void }> = []
  const waits: Array<() => void> = []
  const inShort = (news: TalkNews): string => {
    if (news._tag === "Entry") return `${news.epoch} ${news.entry.seq}`
    return news._tag === "Gone" ? `gone ${news.from}-${news.to}` : `another: ${news.epoch}`
  }
  const talks = makeTalks({
    ask: (ask, next) => void asked.push({ ask, next }),
    wait: (_, next) => void waits.push(next),
    meet: () => {},
    tell: (news) => void told.push(inShort(news))
  })
  /** Answers the oldest question, which must be this one. */
  const answers = (expected: object, reply: object) => {
    const { ask, next } = asked.shift()!
    assert.deepStrictEqual<object>(ask, expected)
    next(reply as Reply)
  }
  const lists = (head: number, epoch = "c8", first = 1) =>
    answers(
      { type: "conversations" },
      { type: "conversations", conversations: head === 0 ? [] : [{ room: "@leo", epoch, first, head }] }
    )
  const page = (after: number, entries: ReadonlyArray<number>, head: number, epoch = "c8", first = 1) =>
    answers(
      { type: "history", room: "@leo", after, epoch },
      { type: "history", room: "@leo", epoch, first, head, entries: entries.map(item) }
    )
  return { talks, told, asked, waits, answers, lists, page }
}

describe("conversations that are followed", () => {
  it("are caught up with after welcome, and go on live", () => {
    const { lists, page, talks, told } = follow()
    talks.welcome(false)
    lists(3)
    page(0, [1, 2], 3)
    page(2, [3], 3)
    talks.hear(entry(4))
    talks.hear(entry(4))
    assert.deepStrictEqual(told, ["c8 1", "c8 2", "c8 3", "c8 4"])
    assert.strictEqual(talks.epoch("@leo"), "c8")
  })

  it("are read from where they were left on the connection before", () => {
    const { lists, page, talks, told } = follow()
    talks.welcome(false)
    lists(0)
    talks.hear(entry(1))
    talks.lost()
    talks.welcome(true)
    // It comes live before the list.
    talks.hear(entry(4))
    lists(4)
    page(1, [2, 3, 4], 4)
    assert.deepStrictEqual(told, ["c8 1", "c8 2", "c8 3", "c8 4"])
  })

  it("are others when somebody else has the nick, and what comes late of the first is dropped", () => {
    const { asked, lists, talks, told } = follow()
    talks.welcome(false)
    lists(0)
    talks.hear(entry(1))
    talks.hear(entry(3))
    const late = asked.shift()!
    talks.hear(entry(1, "d1"))
    late.next({ type: "history", re: 1, room: "@leo", epoch: "c8", first: 1, head: 3, entries: [item(2)] })
    talks.hear(entry(2, "d1"))
    assert.deepStrictEqual(told, ["c8 1", "another: d1", "d1 1", "d1 2"])
  })

  it("are others, and nobody's fault, when one has come as somebody else oneself", () => {
    const { lists, page, talks, told } = follow()
    talks.welcome(false)
    lists(0)
    talks.hear(entry(1))
    talks.lost()
    talks.welcome(false)
    lists(1, "d1")
    page(0, [1], 1, "d1")
    assert.deepStrictEqual(told, ["c8 1", "d1 1"])
  })

  it("are asked for again when the server can't answer for the moment", () => {
    const { answers, lists, page, talks, told, waits } = follow()
    const unavailable = { type: "error", code: "unavailable", message: "later" }
    talks.welcome(false)
    answers({ type: "conversations" }, unavailable)
    waits.shift()!()
    lists(1)
    answers({ type: "history", room: "@leo", after: 0, epoch: "c8" }, unavailable)
    waits.shift()!()
    page(0, [1], 1)
    assert.deepStrictEqual(told, ["c8 1"])
  })

  it("aren't asked for again on a connection that is over", () => {
    const { answers, asked, talks, waits } = follow()
    talks.welcome(false)
    answers({ type: "conversations" }, { type: "error", code: "unavailable", message: "later" })
    talks.lost()
    waits.shift()!()
    assert.deepStrictEqual(asked, [])
  })

  it("say what is gone, for good or with the person", () => {
    const { answers, lists, page, talks, told } = follow()
    talks.welcome(false)
    lists(5, "c8", 3)
    page(2, [4], 5, "c8", 4)
    answers(
      { type: "history", room: "@leo", after: 4, epoch: "c8" },
      { type: "error", code: "no-such-nick", message: "nobody here is called leo" }
    )
    assert.deepStrictEqual(told, ["gone 3-3", "c8 4", "gone 5-5"])
  })

  it("go by slices, and one that is long from its end", () => {
    const { answers, asked, talks } = follow()
    const some = (room: string, head: number) => ({ room, epoch: `of ${room}`, first: 1, head })
    talks.welcome(false)
    answers(
      { type: "conversations" },
      { type: "conversations", conversations: [some("@ana", 1), some("@leo", 1_000)], more: true }
    )
    assert.deepStrictEqual<ReadonlyArray<object>>(
      asked.map(({ ask }) => ask),
      [
        { type: "history", room: "@ana", after: 0, epoch: "of @ana" },
        { type: "history", room: "@leo", after: 950, epoch: "of @leo" },
        { type: "conversations", after: "@leo" }
      ]
    )
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// With a server
// ---------------------------------------------------------------------------------------------------------------------

const directHello = { ...lastingHello, features: [...lastingHello.features, "direct/1"] }

const welcomes = Effect.fnUntraced(function* (peer: Peer) {
  yield* peer.says(directHello)
  const { id, nick } = yield* peer.hears("login")
  yield* peer.says({ type: "welcome", re: id, nick, session: "a-secret-of-ana-1" })
})

const receives = Effect.fnUntraced(function* (peer: Peer, greeting: object) {
  yield* peer.says(greeting)
  const { id, nick } = yield* peer.hears("login")
  yield* peer.says({ type: "welcome", re: id, nick, session: "a-secret-of-ana-1" })
  const { id: re, room } = yield* peer.hears("join")
  yield* peer.says({ type: "joined", re, room, epoch: "k3", first: 1, head: 0, members: ["ana"] })
})

/** The next news of this kind; those before it are skipped. */
const tells = <Tag extends Told["_tag"]>(
  news: Queue.Queue<Told>,
  tag: Tag
): Effect.Effect<Extract<Told, { readonly _tag: Tag }>> =>
  Effect.flatMap(Queue.take(news), (told) =>
    told._tag === tag ? Effect.succeed(told as Extract<Told, { readonly _tag: Tag }>) : tells(news, tag)
  )

/** The next that comes to rest. */
const rests = (news: Queue.Queue<Told>): Effect.Effect<Item> =>
  Effect.flatMap(tells(news, "Waiting"), ({ item }) => (item.rest === undefined ? rests(news) : Effect.succeed(item)))

const talksTo = Effect.fnUntraced(function* (port: number, nick: string) {
  const conversation = yield* converse(tcp({ host: "127.0.0.1", port }), { nick })
  const news = yield* Queue.unbounded<Told>()
  yield* Effect.forkScoped(Stream.runForEach(conversation.news, (told) => Queue.offer(news, told)))
  const isLive = ({ _tag }: { readonly _tag: string }) => _tag === "Live"
  return { ...conversation, heard: news, live: Stream.runHead(Stream.filter(conversation.states, isLive)) }
})

it.live(
  "a connection sends, reads and lists, and gives what comes",
  () =>
    Effect.gen(function* () {
      const { port } = yield* referenceServer(":temporary:")
      const [ana, leo] = [
        yield* connect(tcp({ host: "127.0.0.1", port })),
        yield* connect(tcp({ host: "127.0.0.1", port }))
      ]
      yield* ana.login("ana")
      yield* leo.login("leo")
      const { epoch } = yield* ana.history("@leo")
      assert.deepInclude(yield* ana.send("@Leo", "hola", { epoch }), { room: "@leo", seq: 1 })
      yield* leo.send("@ana", "¡hola!")
      const seen = yield* Stream.runCollect(Stream.take(leo.directs, 2))
      assert.deepStrictEqual(
        seen.map(({ room, text }) => `${room} ${text}`),
        ["@ana hola", "@ana ¡hola!"]
      )
      assert.strictEqual((yield* leo.history("@ana", { after: 1, epoch })).entries.length, 1)
      assert.deepInclude((yield* ana.conversations)[0], { room: "@leo", epoch, head: 2 })
      const refused = yield* Effect.flip(ana.send("@leo", "whom do I mean?", { epoch: "another" }))
      assert.deepInclude(refused, { _tag: "Refused", code: "no-such-nick" })
    }).pipe(Effect.scoped),
  slow
)

it.live(
  "what two people say to each other outlives their connections, and comes once",
  () =>
    Effect.gen(function* () {
      const data = join(yield* folder, "rooms.db")
      const server = yield* referenceServer(data)
      const [ana, leo] = [yield* talksTo(server.port, "ana"), yield* talksTo(server.port, "leo")]
      yield* ana.live
      yield* leo.live
      yield* ana.tell("leo", "one")
      const first = yield* tells(leo.heard, "Entry")
      assert.deepInclude(first.entry, { room: "@ana", text: "one" })
      yield* server.kill
      yield* referenceServer(data, server.port)
      yield* ana.live
      yield* leo.live
      yield* ana.tell("leo", "two")
      const second = yield* tells(leo.heard, "Entry")
      assert.deepInclude(second.entry, { room: "@ana", text: "two", seq: 2 })
      assert.strictEqual(second.epoch, first.epoch)
      assert.deepInclude((yield* leo.conversations)[0], { room: "@ana", head: 2 })
      yield* ana.tell("nobody", "hola")
      const failed = yield* rests(ana.heard)
      assert.deepInclude(failed.rest, { _tag: "Failed", code: "no-such-nick" })
      assert.deepInclude(yield* Effect.flip(ana.tell("Ana", "note to self")), { code: "bad-request" })
    }).pipe(Effect.scoped),
  slow
)

it.live(
  "what is said to somebody while one is away is kept, and said once when both are back",
  () =>
    Effect.gen(function* () {
      const data = join(yield* folder, "rooms.db")
      const server = yield* referenceServer(data)
      const [ana, leo] = [yield* talksTo(server.port, "ana"), yield* talksTo(server.port, "leo")]
      yield* ana.live
      yield* leo.live
      yield* ana.tell("leo", "one")
      yield* ana.drained()
      yield* server.kill
      const words = ["two", "three", "four"]
      yield* Effect.forEach(words, (text) => ana.tell("leo", text))
      yield* referenceServer(data, server.port)
      yield* ana.drained()
      const came = yield* Effect.replicateEffect(tells(leo.heard, "Entry"), 4)
      assert.deepStrictEqual(
        came.map(({ entry }) => entry.text),
        ["one", ...words]
      )
      assert.deepStrictEqual(yield* ana.outbox, [])
    }).pipe(Effect.scoped, hasty),
  slow
)

const talkOf = (peer: Peer, epoch: string) =>
  Effect.gen(function* () {
    const { id, room } = yield* peer.hears("history")
    yield* peer.says({ type: "history", re: id, room, epoch, first: 1, head: 0, entries: [] })
  })

const noTalksYet = (peer: Peer) =>
  Effect.gen(function* () {
    const { id } = yield* peer.hears("conversations")
    yield* peer.says({ type: "conversations", re: id, conversations: [] })
  })

it.live("what may have been said to somebody is said again under its key, and reaches nobody else", () =>
  Effect.gen(function* () {
    const server = yield* listening
    const conversation = yield* converse(tcp(server), { nick: "ana" })
    const news = yield* Queue.unbounded<Told>()
    yield* Effect.forkScoped(Stream.runForEach(conversation.news, (told) => Queue.offer(news, told)))
    const first = yield* server.accepts
    yield* welcomes(first)
    yield* noTalksYet(first)
    yield* conversation.tell("leo", "hola")
    yield* talkOf(first, "c8")
    const once = yield* first.hears("send")
    assert.deepInclude(once, { room: "@leo", epoch: "c8", text: "hola" })
    yield* first.hangsUp
    const second = yield* server.accepts
    yield* second.says(directHello)
    const { id, nick, session } = yield* second.hears("login")
    yield* second.says({ type: "welcome", re: id, nick, session, resumed: true })
    yield* noTalksYet(second)
    const again = yield* second.hears("send")
    assert.deepStrictEqual([again.key, again.epoch, again.text], [once.key, "c8", "hola"])
    yield* second.says({ type: "error", re: again.id, code: "no-such-nick", message: "leo is somebody else by now" })
    assert.deepStrictEqual((yield* rests(news)).rest, { _tag: "Unknown" })
    // What is said after that means whoever has the nick now.
    yield* conversation.tell("leo", "who are you?")
    yield* talkOf(second, "d1")
    assert.deepInclude(yield* second.hears("send"), { room: "@leo", epoch: "d1", text: "who are you?" })
  }).pipe(Effect.scoped, hasty)
)

it.live("what may have been said to somebody as another person isn't said again", () =>
  Effect.gen(function* () {
    const server = yield* listening
    const conversation = yield* converse(tcp(server), { nick: "ana" })
    const news = yield* Queue.unbounded<Told>()
    yield* Effect.forkScoped(Stream.runForEach(conversation.news, (told) => Queue.offer(news, told)))
    const first = yield* server.accepts
    yield* welcomes(first)
    yield* noTalksYet(first)
    yield* conversation.tell("leo", "hola")
    yield* talkOf(first, "c8")
    yield* first.hears("send")
    yield* first.hangsUp
    const second = yield* server.accepts
    yield* second.says(directHello)
    const expired = yield* second.hears("login")
    yield* second.says({ type: "error", re: expired.id, code: "session-expired", message: "log in anew" })
    const { id: re } = yield* second.hears("login")
    yield* second.says({ type: "welcome", re, nick: "ana", session: "a-secret-of-ana-2" })
    assert.deepInclude(yield* rests(news), { room: "@leo", text: "hola", rest: { _tag: "Unknown" } })
  }).pipe(Effect.scoped, hasty)
)

it.live("nobody is told anything where the server has no conversations", () =>
  Effect.gen(function* () {
    const server = yield* listening
    const conversation = yield* converse(tcp(server), { nick: "ana", rooms: ["#cafe"] })
    const news = yield* Queue.unbounded<Told>()
    yield* Effect.forkScoped(Stream.runForEach(conversation.news, (told) => Queue.offer(news, told)))
    yield* conversation.tell("leo", "hola")
    yield* receives(yield* server.accepts, lastingHello)
    assert.deepInclude((yield* rests(news)).rest, { _tag: "Failed", code: "unsupported" })
    assert.deepInclude(yield* Effect.flip(conversation.tell("leo", "hola")), { code: "unsupported" })
  }).pipe(Effect.scoped)
)

it.live(
  "the terminal client says it to one person alone, and shows what comes",
  () =>
    Effect.gen(function* () {
      const server = yield* listening
      const client = yield* piped("--nick", "ana", "--room", "cafe", "--port", String(server.port))
      yield* client.types("/msg leo hola  ahí\n/msg @leo\n/msg nobody hola\n")
      const peer = yield* server.accepts
      yield* receives(peer, directHello)
      const { id: list } = yield* peer.hears("conversations")
      yield* peer.says({ type: "conversations", re: list, conversations: [] })
      yield* talkOf(peer, "c8")
      const { id: other } = yield* peer.hears("history")
      yield* peer.says({ type: "error", re: other, code: "no-such-nick", message: "nobody here is called nobody" })
      const { id, room, text } = yield* peer.hears("send")
      assert.deepStrictEqual([room, text], ["@leo", "hola  ahí"])
      yield* peer.says({ ...entry(1, "c8", "ana"), text }, { type: "sent", re: id, room, seq: 1, at }, entry(2))
      yield* peer.says(entry(1, "d1"))
      yield* client.endsInput
      const { id: bye } = yield* peer.hears("bye")
      yield* peer.says({ type: "bye", re: bye })
      yield* peer.hangsUp
      const { code, stderr, stdout } = yield* client.ends
      assert.deepStrictEqual(
        stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d /u, "")),
        ["@leo ana: hola  ahí", "@leo leo: leo 2", "@leo leo: leo 1", ""]
      )
      assert.include(stderr, "write it as in /msg nick text")
      assert.include(stderr, "nobody here is called nobody (no-such-nick)")
      assert.include(stderr, "whoever was @leo has gone")
      assert.strictEqual(code, 1)
    }).pipe(Effect.scoped),
  slow
)
