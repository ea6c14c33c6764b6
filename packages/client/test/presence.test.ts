import { assert, describe, it } from "@effect/vitest"
import { type Connection, ConnectionLost, connect, Refused } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import type { Request } from "@tertulia/protocol"
import { Effect, Fiber, Stream } from "effect"
import { at, hello, listening, type Peer } from "./peer.ts"

const pair = Effect.gen(function* () {
  const server = yield* listening
  const connecting = yield* Effect.forkScoped(connect(tcp(server)))
  const peer = yield* server.accepts
  yield* peer.says({ ...hello, features: ["presence/1"] })
  const connection = yield* Fiber.join(connecting)
  yield* Effect.addFinalizer(() => peer.hangsUp)
  return { connection, peer }
})

const exchange = Effect.fnUntraced(function* <A, E, Type extends Request["type"]>(
  asking: Effect.Effect<A, E>,
  peer: Peer,
  type: Type,
  reply: (request: Extract<Request, { readonly type: Type }>) => object
) {
  const waiting = yield* Effect.forkScoped(asking, { startImmediately: true })
  yield* peer.says(reply(yield* peer.hears(type)))
  return yield* Fiber.join(waiting)
})

const settled = (connection: Connection, peer: Peer) =>
  exchange(connection.sync, peer, "sync", ({ id }) => ({ type: "synced", re: id }))

const leo = { nick: "leo", status: "busy", since: at, display: "Leo 🦁" } as const

describe("presence", () => {
  it.live("is set, and asked for: one person, and a list slice by slice", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair
      const own = yield* exchange(
        connection.status({ status: "away", text: "" }),
        peer,
        "status",
        ({ id, ...asked }) => {
          assert.deepStrictEqual(asked, { type: "status", status: "away", text: "" })
          return { type: "status", re: id, nick: "ana", status: "away", since: at }
        }
      )
      assert.strictEqual(own.status, "away")
      const who = yield* exchange(connection.whois("Leo"), peer, "whois", ({ id, nick }) => {
        assert.strictEqual(nick, "leo")
        return { type: "whois", re: id, ...leo, rooms: ["#cafe"] }
      })
      assert.deepStrictEqual([who.display, who.rooms], ["Leo 🦁", ["#cafe"]])
      const listing = yield* Effect.forkScoped(connection.users("#cafe"), { startImmediately: true })
      const first = yield* peer.hears("users")
      const eva = { ...leo, nick: "eva" }
      yield* peer.says({ type: "users", re: first.id, users: [eva], more: true })
      const second = yield* peer.hears("users")
      assert.deepStrictEqual([first.room, first.after, second.after], ["#cafe", undefined, "eva"])
      yield* peer.says({ type: "users", re: second.id, users: [leo] })
      assert.deepStrictEqual(yield* Fiber.join(listing), [eva, leo])
    }).pipe(Effect.scoped)
  )

  it.live("that the server would have to refuse isn't sent, and what it refuses says why", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair
      const bad = yield* Effect.flip(connection.status({ display: "\u202eana" }))
      assert.deepInclude(bad as Refused, { _tag: "Refused", code: "bad-text", field: "display" })
      const asking = Effect.flip(connection.whois("nobody"))
      const refused = yield* exchange(asking, peer, "whois", ({ id }) => {
        return { type: "error", re: id, code: "no-such-nick", message: "there is no nobody", field: "nick" }
      })
      assert.instanceOf(refused, Refused)
    }).pipe(Effect.scoped)
  )

  it.live("of others is a stream, in order, until goodbye", () =>
    Effect.gen(function* () {
      const { connection, peer } = yield* pair
      const events = ["busy", "idle", "offline"].map((status) => ({ type: "presence", ...leo, status }))
      yield* peer.says(...events)
      yield* settled(connection, peer)
      yield* exchange(connection.bye, peer, "bye", ({ id }) => ({ type: "bye", re: id }))
      const came = yield* Stream.runCollect(connection.presences)
      assert.deepStrictEqual([...came] as ReadonlyArray<object>, events)
    }).pipe(Effect.scoped)
  )

  it.live(
    "that nobody reads costs nothing else: the oldest go, and the latest are there when the connection is lost",
    () =>
      Effect.gen(function* () {
        const { connection, peer } = yield* pair
        const presences = Array.from({ length: 3_000 }, (_, nth) => ({ type: "presence", ...leo, text: `word ${nth}` }))
        yield* peer.says(...presences)
        yield* settled(connection, peer)
        yield* peer.hangsUp
        yield* connection.ended
        const seen: Array<string | undefined> = []
        const lost = yield* Effect.flip(
          Stream.runForEach(connection.presences, ({ text }) => Effect.sync(() => void seen.push(text)))
        )
        assert.instanceOf(lost, ConnectionLost)
        assert.strictEqual(seen.at(-1), "word 2999")
        assert.isAtMost(seen.length, 1_024)
      }).pipe(Effect.scoped)
  )
})
