import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import {
  type Change,
  type Conversation,
  type ConverseOptions,
  converse,
  type Item,
  inMemory,
  type Keeper,
  Keys,
  NotKept,
  type State,
  type Told,
  type Transport,
  TransportEnded
} from "@tertulia/client"
import { keepIn } from "@tertulia/client/file"
import { tcp } from "@tertulia/client/tcp"
import type { Message } from "@tertulia/protocol"
import { Deferred, Effect, Fiber, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { at, hello, lastingHello, listening, type Peer } from "./peer.ts"
import { hasty } from "./support/hasty.ts"
import { folder } from "./support/processes.ts"

// ---------------------------------------------------------------------------------------------------------------------
// The stage
// ---------------------------------------------------------------------------------------------------------------------

const session = "a-secret-of-ana-1"

const entry = (seq: number, text: string, key?: string, from = "ana"): Message => ({
  type: "message",
  room: "#cafe",
  seq,
  from,
  text,
  ...(key === undefined ? {} : { key }),
  at
})

const joined = { type: "joined", room: "#cafe", epoch: "k3", first: 1, head: 0, members: ["ana"] }

/** A conversation in #cafe with a scripted server, and what it tells. Keys are k1, k2, ... */
const begin = Effect.fnUntraced(function* (options: Partial<ConverseOptions> = {}) {
  const server = yield* listening
  let keys = 0
  const conversation = yield* converse(tcp(server), { nick: "ana", rooms: ["#cafe"], ...options }).pipe(
    Effect.provideService(Keys, () => `k${++keys}`)
  )
  const news = yield* Queue.unbounded<Told>()
  yield* Effect.forkScoped(Stream.runForEach(conversation.news, (told) => Queue.offer(news, told)))
  return { server, conversation, news }
})

/** The next news of this kind; those before it are skipped. */
const tells = <Tag extends Told["_tag"]>(
  news: Queue.Queue<Told>,
  tag: Tag
): Effect.Effect<Extract<Told, { readonly _tag: Tag }>> =>
  Effect.flatMap(Queue.take(news), (told) =>
    told._tag === tag ? Effect.succeed(told as Extract<Told, { readonly _tag: Tag }>) : tells(news, tag)
  )

/** Waits for a state. */
const becomes = <Tag extends State["_tag"]>(
  { states }: Conversation,
  tag: Tag
): Effect.Effect<Extract<State, { readonly _tag: Tag }>> =>
  states.pipe(
    Stream.filter((state) => state._tag === tag),
    Stream.runHead,
    Effect.map((found) => (found as { readonly value: State }).value as Extract<State, { readonly _tag: Tag }>)
  )

/** Lets the client in as somebody new. */
const welcomes = Effect.fnUntraced(function* (peer: Peer, greeting: object = lastingHello) {
  yield* peer.says(greeting)
  const login = yield* peer.hears("login")
  const secret = login.resume === true ? { session } : {}
  yield* peer.says({ type: "welcome", re: login.id, nick: login.nick, ...secret })
  return login
})

/** Lets the client go on as who it was. */
const continues = Effect.fnUntraced(function* (peer: Peer) {
  yield* peer.says(lastingHello)
  const login = yield* peer.hears("login")
  assert.strictEqual(login.session, session)
  yield* peer.says({ type: "welcome", re: login.id, nick: login.nick, session, resumed: true })
})

/** Tells the client that it isn't who it was, and lets it in as somebody new. */
const receivesAnew = Effect.fnUntraced(function* (peer: Peer) {
  yield* peer.says(lastingHello)
  const { id } = yield* peer.hears("login")
  yield* peer.says({ type: "error", re: id, code: "session-expired", message: "log in anew", field: "session" })
  const anew = yield* peer.hears("login")
  assert.isTrue(anew.resume)
  yield* peer.says({ type: "welcome", re: anew.id, nick: "ana", session: "a-secret-of-ana-2" })
})

/** Lets the client into #cafe. */
const seats = Effect.fnUntraced(function* (peer: Peer, how: object = {}) {
  const join = yield* peer.hears("join")
  yield* peer.says({ ...joined, re: join.id, ...how })
  return join
})

const confirms = Effect.fnUntraced(function* (peer: Peer, seq: number) {
  const { id, key, text } = yield* peer.hears("send")
  yield* peer.says(entry(seq, text, key), { type: "sent", re: id, room: "#cafe", seq, at })
  return { key, text }
})

/** An end after which a client comes back at once. */
const turnsAway = (peer: Peer) =>
  Effect.andThen(peer.says({ type: "bye", code: "idle", message: "nothing came" }), peer.hangsUp)

/** Or the client would say bye at the end of the test, and wait for the answer. */
const hangsUpInTheEnd = (peer: Peer) => Effect.addFinalizer(() => peer.hangsUp)

/** A live conversation and its server's end. */
const live = Effect.fnUntraced(function* (options?: Partial<ConverseOptions>, greeting?: object) {
  const stage = yield* begin(options)
  const peer = yield* stage.server.accepts
  yield* welcomes(peer, greeting)
  yield* seats(peer)
  yield* becomes(stage.conversation, "Live")
  yield* hangsUpInTheEnd(peer)
  return { ...stage, peer }
})

/** One that has said "hola", which the server has heard, and whose connection has ended without an answer. */
const inDoubt = Effect.fnUntraced(function* (greeting?: object) {
  const stage = yield* live({}, greeting)
  yield* stage.conversation.say("#cafe", "hola")
  const { key } = yield* stage.peer.hears("send")
  yield* turnsAway(stage.peer)
  const peer = greeting === undefined ? yield* stage.server.accepts : stage.peer
  yield* hangsUpInTheEnd(peer)
  return { ...stage, peer, key }
})

const fates = (items: ReadonlyArray<Item>) => items.map(({ rest, text }) => [text, rest?._tag])

// ---------------------------------------------------------------------------------------------------------------------
// The tests
// ---------------------------------------------------------------------------------------------------------------------

describe("what had no reply", () => {
  it.live("is sent again under the same key by the same person, in its order [KEY-8]", () =>
    Effect.gen(function* () {
      const { conversation, key, news, peer } = yield* inDoubt()
      yield* conversation.say("#cafe", "and another thing")
      yield* continues(peer)
      const join = yield* seats(peer, { head: 1, resumed: true })
      assert.deepInclude(join, { after: 0, epoch: "k3" })
      yield* peer.says(entry(1, "gossip", undefined, "leo"))
      const again = yield* peer.hears("send")
      assert.deepStrictEqual([again.text, again.key], ["hola", key])
      yield* peer.says({ type: "sent", re: again.id, room: "#cafe", seq: 1, at, duplicate: true })
      assert.deepInclude(yield* tells(news, "Sent"), { seq: 1 })
      assert.strictEqual((yield* confirms(peer, 2)).text, "and another thing")
      yield* conversation.drained()
    })
  )

  it.live("is looked for when the session has ended, and found", () =>
    Effect.gen(function* () {
      const { conversation, key, news, peer } = yield* inDoubt()
      yield* receivesAnew(peer)
      yield* seats(peer, { head: 2, resumed: true })
      yield* conversation.say("#cafe", "next")
      yield* peer.says(entry(1, "gossip", undefined, "leo"), entry(2, "hola", key))
      assert.deepInclude(yield* tells(news, "Sent"), { seq: 2 })
      assert.strictEqual((yield* confirms(peer, 3)).text, "next")
    })
  )

  it.live("is sent under its key by somebody new once it is certain that the log doesn't have it", () =>
    Effect.gen(function* () {
      const { key, peer } = yield* inDoubt()
      yield* receivesAnew(peer)
      yield* seats(peer, { head: 1, resumed: true })
      yield* peer.says(entry(1, "gossip", undefined, "leo"))
      assert.deepStrictEqual(yield* confirms(peer, 2), { key, text: "hola" })
    })
  )

  it.live("is sent to a log that has begun anew", () =>
    Effect.gen(function* () {
      const { key, news, peer } = yield* inDoubt()
      yield* receivesAnew(peer)
      yield* seats(peer, { epoch: "k4", resumed: false })
      assert.strictEqual((yield* tells(news, "Entered")).log, "first")
      assert.strictEqual((yield* tells(news, "Entered")).log, "another")
      assert.deepStrictEqual(yield* confirms(peer, 1), { key, text: "hola" })
    })
  )

  it.live("is told as unknown when a part of the log is gone, and its person decides", () =>
    Effect.gen(function* () {
      const { conversation, news, peer } = yield* inDoubt()
      yield* conversation.say("#cafe", "later")
      yield* receivesAnew(peer)
      yield* seats(peer, { first: 3, head: 3, resumed: false })
      const page = yield* peer.hears("history")
      assert.strictEqual(page.after, 0)
      const entries = [{ type: "message", seq: 3, from: "leo", text: "gossip", at }]
      yield* peer.says({ type: "history", re: page.id, room: "#cafe", epoch: "k3", first: 3, head: 3, entries })
      assert.deepInclude(yield* tells(news, "Gone"), { from: 1, to: 2, isForever: true })
      assert.strictEqual((yield* confirms(peer, 4)).text, "later")
      const [doubtful] = yield* conversation.outbox
      assert.deepStrictEqual(fates([doubtful!]), [["hola", "Unknown"]])
      yield* conversation.again(doubtful!.key)
      const again = yield* confirms(peer, 5)
      assert.strictEqual(again.text, "hola")
      assert.notStrictEqual(again.key, doubtful!.key)
      yield* conversation.drained()
      assert.deepStrictEqual(yield* conversation.outbox, [])
    })
  )

  it.live("is told as unknown when one has left the room meanwhile and come back without having looked", () =>
    Effect.gen(function* () {
      const { conversation, peer, server } = yield* live()
      yield* conversation.say("#cafe", "hola")
      yield* peer.hears("send")
      yield* conversation.leave("#cafe")
      yield* conversation.join("#cafe")
      yield* turnsAway(peer)
      const next = yield* server.accepts
      yield* hangsUpInTheEnd(next)
      yield* receivesAnew(next)
      const join = yield* seats(next, { head: 5 })
      assert.isUndefined(join.after)
      yield* conversation.drained()
      assert.deepStrictEqual(fates(yield* conversation.outbox), [["hola", "Unknown"]])
    })
  )

  it.live("is told as unknown at once on a server that knows no keys, which is sent none [REPLY-12]", () =>
    Effect.gen(function* () {
      const { conversation, key, news, server } = yield* inDoubt(hello)
      assert.isUndefined(key)
      assert.isUndefined((yield* tells(news, "Waiting")).item.rest)
      assert.strictEqual((yield* tells(news, "Waiting")).item.rest?._tag, "Unknown")
      yield* conversation.say("#cafe", "next")
      const peer = yield* server.accepts
      yield* hangsUpInTheEnd(peer)
      yield* welcomes(peer, hello)
      yield* seats(peer, { head: 1, resumed: true })
      yield* peer.says(entry(1, "hola"))
      assert.strictEqual((yield* confirms(peer, 2)).text, "next")
      yield* conversation.drained()
      const [doubtful] = yield* conversation.outbox
      yield* conversation.forget(doubtful!.key)
      assert.deepStrictEqual(yield* conversation.outbox, [])
    })
  )
})

describe("what is said into a connection that has ended", () => {
  it.live("was not sent, and isn't in doubt, even before one knows of the end", () =>
    Effect.gen(function* () {
      // A way to a server that takes its time to close.
      const down = yield* Queue.unbounded<string | TransportEnded>()
      const [heard, closes] = [yield* Queue.unbounded<string>(), Deferred.makeUnsafe<void>()]
      const transport: Transport = {
        address: "a server",
        pull: Effect.flatMap(Queue.take(down), (one) =>
          typeof one === "string" ? Effect.succeed([one]) : Effect.fail(one)
        ),
        limitLines: () => {},
        send: (objects) => Effect.asVoid(Queue.offerAll(heard, objects)),
        close: Deferred.await(closes)
      }
      const says = (object: object) => Queue.offer(down, JSON.stringify(object))
      const conversation = yield* converse(Effect.succeed(transport), {
        nick: "ana",
        rooms: ["#cafe"],
        comeBack: "never",
        ahead: 1_000
      })
      yield* says(hello)
      yield* Queue.take(heard)
      yield* says({ type: "welcome", re: 1, nick: "ana" })
      yield* Queue.take(heard)
      yield* says({ ...joined, re: 2 })
      yield* becomes(conversation, "Live")
      const listing = yield* Effect.forkScoped(Effect.flip(conversation.list), { startImmediately: true })
      yield* Queue.take(heard)
      yield* Queue.offer(down, new TransportEnded({ why: "it broke" }))
      // Whoever has asked something hears of the end as soon as anything is done.
      while (listing.pollUnsafe() === undefined) {
        yield* conversation.say("#cafe", "hola")
        yield* Effect.yieldNow
      }
      const items = yield* conversation.outbox
      assert.strictEqual((yield* conversation.state)._tag, "Live")
      assert.isUndefined(items.at(-1)?.tried)
      assert.isUndefined(items.at(-1)?.rest)
      yield* Deferred.succeed(closes, undefined)
      yield* conversation.ended
    })
  )
})

describe("what was refused", () => {
  it.live("is told with its reason, and rests", () =>
    Effect.gen(function* () {
      const { conversation, peer } = yield* live()
      yield* conversation.say("#cafe", "hola")
      yield* conversation.say("#cafe", "adiós")
      const { id } = yield* peer.hears("send")
      yield* peer.says({ type: "error", re: id, code: "x-moon", message: "not today" })
      yield* confirms(peer, 1)
      yield* conversation.drained()
      const [refused] = yield* conversation.outbox
      assert.deepInclude(refused, { text: "hola", rest: { _tag: "Failed", code: "x-moon", message: "not today" } })
    })
  )

  it.effect("for the moment is sent again after retryAfter, and what follows it after it", () =>
    Effect.gen(function* () {
      const { conversation, peer } = yield* live()
      yield* conversation.say("#cafe", "one")
      yield* conversation.say("#cafe", "two")
      const { id, key } = yield* peer.hears("send")
      yield* peer.says({ type: "error", re: id, code: "unavailable", message: "the disk is full", retryAfter: 4_000 })
      yield* hasHeard(conversation, peer)
      yield* TestClock.adjust("3999 millis")
      yield* hasHeard(conversation, peer)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* confirms(peer, 1), { key, text: "one" })
      assert.strictEqual((yield* confirms(peer, 2)).text, "two")
    })
  )

  it.live("later than an attempt that nobody has heard of is in doubt", () =>
    Effect.gen(function* () {
      const { conversation, peer } = yield* inDoubt()
      yield* continues(peer)
      yield* seats(peer, { resumed: true })
      const { id } = yield* peer.hears("send")
      yield* peer.says({ type: "error", re: id, code: "too-long", message: "too long now", field: "text" })
      yield* conversation.drained()
      assert.deepStrictEqual(fates(yield* conversation.outbox), [["hola", "Unknown"]])
    })
  )

  it.live("later than an attempt that had no effect for certain is not", () =>
    Effect.gen(function* () {
      const { conversation, peer } = yield* live()
      yield* conversation.say("#cafe", "hola")
      const first = yield* peer.hears("send")
      yield* peer.says({ type: "error", re: first.id, code: "unavailable", message: "not now", retryAfter: 0 })
      const { id } = yield* peer.hears("send")
      yield* peer.says({ type: "error", re: id, code: "too-long", message: "too long now", field: "text" })
      yield* conversation.drained()
      assert.deepStrictEqual(fates(yield* conversation.outbox), [["hola", "Failed"]])
    })
  )

  it.live("before it was sent never waits", () =>
    Effect.gen(function* () {
      const { conversation } = yield* live()
      const refusals = yield* Effect.all([
        Effect.flip(conversation.say("#cafe", "")),
        Effect.flip(conversation.say("#nowhere", "hola")),
        Effect.flip(conversation.say("cafe", "hola")),
        Effect.flip(conversation.join("#a b"))
      ])
      assert.deepStrictEqual(
        refusals.map((error) => error._tag === "Refused" && error.code),
        ["bad-text", "not-joined", "bad-name", "bad-name"]
      )
      assert.deepStrictEqual(yield* conversation.outbox, [])
    })
  )
})

/** Returns when the client has heard everything that the server has said, and has sent nothing else. */
const hasHeard = Effect.fnUntraced(function* (conversation: Conversation, peer: Peer) {
  const listing = yield* Effect.forkScoped(conversation.list, { startImmediately: true })
  const { id } = yield* peer.hears("rooms")
  yield* peer.says({ type: "rooms", re: id, rooms: [] })
  yield* Fiber.join(listing)
})

describe("what was missed", () => {
  it.live("comes page by page, and live entries wait for it", () =>
    Effect.gen(function* () {
      const { news, peer, server } = yield* live()
      yield* peer.says(entry(1, "one", undefined, "leo"))
      yield* turnsAway(peer)
      const next = yield* server.accepts
      yield* hangsUpInTheEnd(next)
      yield* continues(next)
      const join = yield* seats(next, { head: 5, resumed: false })
      assert.strictEqual(join.after, 1)
      const page = (id: number, seqs: ReadonlyArray<number>) => {
        const entries = seqs.map((seq) => ({ type: "message", seq, from: "leo", text: `entry ${seq}`, at }))
        return { type: "history", re: id, room: "#cafe", epoch: "k3", first: 1, head: 5, entries }
      }
      const first = yield* next.hears("history")
      yield* next.says(entry(6, "live", undefined, "leo"), page(first.id, [2, 3]))
      const second = yield* next.hears("history")
      assert.strictEqual(second.after, 3)
      yield* next.says(page(second.id, [4, 5]))
      const seen: Array<number> = []
      while (seen.length < 6) seen.push((yield* tells(news, "Entry")).entry.seq)
      assert.deepStrictEqual(seen, [1, 2, 3, 4, 5, 6])
    })
  )

  it.live("and can't be shown is told, on a server without pages", () =>
    Effect.gen(function* () {
      const { news, peer, server } = yield* live({}, hello)
      yield* turnsAway(peer)
      const next = yield* server.accepts
      yield* hangsUpInTheEnd(next)
      yield* welcomes(next, hello)
      yield* seats(next, { head: 5, resumed: false })
      assert.deepInclude(yield* tells(news, "Gone"), { from: 1, to: 5, isForever: false })
      yield* next.says(entry(6, "live", undefined, "leo"))
      assert.strictEqual((yield* tells(news, "Entry")).entry.seq, 6)
    })
  )
})

describe("the state", () => {
  it.live("says how far one has come", () =>
    Effect.gen(function* () {
      const { news, peer } = yield* live()
      yield* turnsAway(peer)
      const states: Array<string> = []
      while (states.length < 5) states.push((yield* tells(news, "State")).state._tag)
      assert.deepStrictEqual(states, ["Connecting", "CatchingUp", "Live", "Offline", "Connecting"])
    })
  )

  it.effect("says when one comes back, which is when the server has said [END-9]", () =>
    Effect.gen(function* () {
      const { conversation, peer, server } = yield* live()
      yield* peer.says({ type: "bye", code: "shutting-down", message: "stopping", reconnectAfter: 7_000 })
      yield* peer.hangsUp
      const { again, why } = yield* becomes(conversation, "Offline")
      assert.strictEqual(again, 7_000)
      assert.include(why.message, "shutting-down (stopping)")
      yield* TestClock.adjust("6999 millis")
      assert.strictEqual((yield* conversation.state)._tag, "Offline")
      yield* TestClock.adjust("1 millis")
      const next = yield* server.accepts
      yield* hangsUpInTheEnd(next)
      yield* continues(next)
    })
  )

  it.live("is final where one may not come back [END-9 SESSION-11]", () =>
    Effect.gen(function* () {
      for (const code of ["replaced", "line-too-long", "not-tertulia"]) {
        const { conversation, peer } = yield* live()
        yield* peer.says({ type: "bye", code, message: "no more" })
        yield* peer.hangsUp
        const why = yield* conversation.ended
        assert.include(why.message, code)
        assert.strictEqual((yield* conversation.state)._tag, "Offline")
        // What is said now is kept, and goes nowhere.
        yield* conversation.say("#cafe", "hola")
        assert.deepStrictEqual(fates(yield* conversation.outbox), [["hola", undefined]])
      }
    })
  )

  it.live("is not final when one may have replaced oneself by a login that one has given up [SESSION-11]", () =>
    Effect.gen(function* () {
      const { peer, server } = yield* live()
      yield* turnsAway(peer)
      const slow = yield* server.accepts
      yield* slow.says(lastingHello)
      yield* slow.hears("login")
      yield* turnsAway(slow)
      const next = yield* server.accepts
      yield* continues(next)
      yield* seats(next, { resumed: true })
      yield* next.says({ type: "bye", code: "replaced", message: "the login that came late" })
      yield* next.hangsUp
      const last = yield* server.accepts
      yield* hangsUpInTheEnd(last)
      yield* continues(last)
    }).pipe(hasty)
  )

  it.effect("tells that a server has given the nick to somebody else, and another may be tried at once", () =>
    Effect.gen(function* () {
      const { conversation, news, peer, server } = yield* live()
      yield* turnsAway(peer)
      const next = yield* server.accepts
      yield* next.says(lastingHello)
      const first = yield* next.hears("login")
      yield* next.says({ type: "error", re: first.id, code: "session-expired", message: "log in anew" })
      const second = yield* next.hears("login")
      yield* next.says({ type: "error", re: second.id, code: "nick-taken", message: "somebody has the nick ana" })
      const { id } = yield* next.hears("bye")
      yield* next.says({ type: "bye", re: id })
      while (true) {
        const { state } = yield* tells(news, "State")
        if (state._tag !== "Offline" || state.why._tag !== "Refused") continue
        assert.strictEqual(state.why.code, "nick-taken")
        // As long as the server may keep the nick for somebody whose secret is lost: limits.grace.
        assert.strictEqual(state.again, 15_000)
        break
      }
      yield* conversation.rename("eva")
      const last = yield* server.accepts
      yield* hangsUpInTheEnd(last)
      const login = yield* welcomes(last)
      assert.strictEqual(login.nick, "eva")
      assert.isUndefined(login.session)
      yield* seats(last, { resumed: true })
      yield* becomes(conversation, "Live")
      assert.strictEqual(yield* conversation.nick, "eva")
    })
  )

  it.live("is final when a newcomer is refused, and when one doesn't want to come back", () =>
    Effect.gen(function* () {
      const newcomer = yield* begin()
      const peer = yield* newcomer.server.accepts
      yield* peer.says(lastingHello)
      const login = yield* peer.hears("login")
      yield* peer.says({ type: "error", re: login.id, code: "nick-taken", message: "somebody has the nick ana" })
      const { id } = yield* peer.hears("bye")
      yield* peer.says({ type: "bye", re: id })
      assert.deepInclude({ ...(yield* newcomer.conversation.ended) }, { _tag: "Refused", code: "nick-taken" })
      const guest = yield* live({ comeBack: "never" })
      yield* guest.peer.resets
      assert.strictEqual((yield* guest.conversation.ended)._tag, "ConnectionLost")
    })
  )
})

describe("what is kept", () => {
  /** A keeper that remembers what it was given, in its order, and keeps nothing while `gate` is closed. */
  const recording = (gate: Effect.Effect<void, NotKept> = Effect.void) => {
    const changes: Array<Change> = []
    const save: Keeper["save"] = (more) =>
      Effect.andThen(
        gate,
        Effect.sync(() => void changes.push(...more))
      )
    return { changes, keeper: { kept: inMemory.kept, save } }
  }

  it.live("is kept before it is sent, and so is that it was", () =>
    Effect.gen(function* () {
      let gate: Effect.Effect<void> = Effect.void
      const { changes, keeper } = recording(Effect.suspend(() => gate))
      const { conversation, peer } = yield* live({ keeper })
      const opens = Deferred.makeUnsafe<void>()
      gate = Deferred.await(opens)
      const saying = yield* Effect.forkScoped(conversation.say("#cafe", "hola"), { startImmediately: true })
      // It answers, so whatever it had sent would have come before.
      yield* peer.says({ type: "ping" })
      yield* peer.hears("ping")
      assert.isUndefined(saying.pollUnsafe())
      yield* Deferred.succeed(opens, undefined)
      yield* Fiber.join(saying)
      const items = changes.flatMap((change) => (change._tag === "Item" ? [change.item] : []))
      assert.deepStrictEqual(
        items.map(({ key, tried }) => [key, tried?.last]),
        [
          ["k1", undefined],
          ["k1", 0]
        ]
      )
      yield* confirms(peer, 1)
      yield* conversation.drained()
      assert.deepInclude(changes, { _tag: "NoItem", key: "k1" })
    })
  )

  it.live("of where one has read up to is what was shown, and not what has come", () =>
    Effect.gen(function* () {
      const { changes, keeper } = recording()
      const server = yield* listening
      const conversation = yield* converse(tcp(server), { nick: "ana", rooms: ["#cafe"], keeper })
      const peer = yield* server.accepts
      yield* hangsUpInTheEnd(peer)
      yield* welcomes(peer)
      yield* seats(peer)
      yield* becomes(conversation, "Live")
      yield* peer.says(entry(1, "one", undefined, "leo"), entry(2, "two", undefined, "leo"))
      yield* hasHeard(conversation, peer)
      const cursors = () => changes.flatMap((change) => (change._tag === "Room" ? [change.cursor?.last] : []))
      assert.deepStrictEqual(cursors(), [undefined, 0])
      const isEntry = (told: Told) => told._tag === "Entry"
      // Whoever asks for the second has shown the first.
      yield* Stream.runHead(Stream.drop(Stream.filter(conversation.news, isEntry), 1))
      assert.deepStrictEqual(cursors(), [undefined, 0, 1])
    })
  )

  it.live("and what can't be kept is refused, and ends it all", () =>
    Effect.gen(function* () {
      let gate: Effect.Effect<void, NotKept> = Effect.void
      const { keeper } = recording(Effect.suspend(() => gate))
      const { conversation, peer } = yield* live({ keeper })
      gate = Effect.fail(new NotKept({ where: "outbox.db", why: "the disk is full" }))
      const error = yield* Effect.flip(conversation.say("#cafe", "hola"))
      assert.strictEqual(error.message, "can't use the outbox outbox.db: the disk is full")
      const { id } = yield* peer.hears("bye")
      yield* peer.says({ type: "bye", re: id })
      assert.strictEqual((yield* conversation.ended)._tag, "NotKept")
      gate = Effect.void
      assert.strictEqual((yield* Effect.flip(conversation.say("#cafe", "hola")))._tag, "NotKept")
    })
  )

  it.live("goes on in another conversation with the same keeper", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "outbox.db")
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { conversation, peer } = yield* live({ keeper: yield* keepIn(path, "a server") })
          yield* conversation.say("#cafe", "hola")
          const { key } = yield* peer.hears("send")
          yield* peer.hangsUp
          return key
        })
      )
      const { conversation, server } = yield* begin({ rooms: [], keeper: yield* keepIn(path, "a server") })
      assert.deepStrictEqual(fates(yield* conversation.outbox), [["hola", undefined]])
      const peer = yield* server.accepts
      yield* hangsUpInTheEnd(peer)
      yield* continues(peer)
      assert.deepInclude(yield* seats(peer, { resumed: true }), { after: 0, epoch: "k3" })
      assert.deepStrictEqual(yield* confirms(peer, 1), { key: first, text: "hola" })
    })
  )
})

describe("a key", () => {
  it.effect("is 128 random bits in a form that every server takes [KEY-1]", () =>
    Effect.gen(function* () {
      const fresh = yield* Keys
      const keys = Array.from({ length: 100 }, fresh)
      assert.strictEqual(new Set(keys).size, 100)
      for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/u)
    })
  )
})

describe("what is of use only now", () => {
  it.live("fails without a connection, and is not asked later", () =>
    Effect.gen(function* () {
      const { conversation, peer } = yield* live({ comeBack: "never" })
      const listing = yield* Effect.forkScoped(Effect.flip(conversation.list), { startImmediately: true })
      yield* peer.hears("rooms")
      yield* peer.resets
      assert.deepInclude({ ...(yield* Fiber.join(listing)) }, { _tag: "ConnectionLost", outcome: "unknown" })
      yield* conversation.ended
      const late = yield* Effect.flip(conversation.members("#cafe"))
      assert.deepInclude({ ...late }, { _tag: "ConnectionLost", outcome: "none" })
    })
  )
})

describe("the end", () => {
  it.live("by bye comes after everything before it, and ends the news", () =>
    Effect.gen(function* () {
      const { conversation, news, peer } = yield* live()
      const leaving = yield* Effect.forkScoped(conversation.bye)
      const { id } = yield* peer.hears("bye")
      yield* peer.says(entry(1, "the last words", undefined, "leo"), { type: "bye", re: id })
      yield* Fiber.join(leaving)
      assert.strictEqual((yield* tells(news, "Entry")).entry.text, "the last words")
      assert.deepInclude((yield* tells(news, "State")).state, { _tag: "Offline", again: undefined })
    })
  )

  it.live("of a room fails what waits there, and tells that one has left", () =>
    Effect.gen(function* () {
      const { conversation, news, peer } = yield* live()
      yield* conversation.say("#cafe", "one")
      yield* conversation.say("#cafe", "two")
      yield* conversation.leave("#cafe")
      yield* confirms(peer, 1)
      const { id } = yield* peer.hears("leave")
      yield* peer.says({ type: "left", re: id, room: "#cafe" })
      assert.strictEqual((yield* tells(news, "Left")).room, "#cafe")
      assert.deepStrictEqual(fates(yield* conversation.outbox), [["two", "Failed"]])
      assert.deepStrictEqual(yield* conversation.rooms, [])
    })
  )
})
