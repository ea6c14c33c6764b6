/** spec/moderation.md over one connection, and in a conversation, with the reference server. */
import { assert, describe, it } from "@effect/vitest"
import { connect, converse, type News, Refused } from "@tertulia/client"
import { connect as chatWith, mayIn, type RoomSnapshot } from "@tertulia/client/chat"
import { tcp } from "@tertulia/client/tcp"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { referenceServer } from "./support/processes.ts"
import { until } from "./support/until.ts"

const slow = { timeout: 60_000 }
const password = "correct horse"
const cafe = "#cafe"

const refusal = Effect.fnUntraced(function* <A, E, R>(attempt: Effect.Effect<A, E, R>) {
  const error = yield* Effect.flip(attempt as Effect.Effect<A, unknown, R>)
  return error instanceof Refused ? error.code : String(error)
})

describe("with the reference server", () => {
  it.live(
    "an owner keeps a room, and others may not",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const come = connect(tcp({ host: "127.0.0.1", port }))
        const ana = yield* come
        yield* ana.register("ana", password)
        yield* ana.join(cafe)
        const leo = yield* come
        yield* leo.login("leo")
        yield* leo.join(cafe)
        assert.strictEqual(yield* refusal(leo.moderation.kick(cafe, "ana")), "forbidden")
        assert.strictEqual(yield* refusal(ana.moderation.ban(cafe, "nobody")), "no-such-nick")
        assert.strictEqual((yield* ana.moderation.mute(cafe, "leo")).seq, 1)
        yield* ana.moderation.mute(cafe, "leo", false)
        yield* ana.moderation.slow(cafe, 30)
        yield* ana.moderation.setKind(cafe, "private")
        yield* ana.moderation.invite(cafe, "leo")
        assert.strictEqual(yield* refusal(ana.moderation.setRole(cafe, "leo", "moderator")), "forbidden")
        yield* ana.moderation.ban(cafe, "leo")
        assert.deepStrictEqual(yield* ana.moderation.standings(cafe), [
          { nick: "ana", role: "owner" },
          { nick: "leo", banned: true }
        ])
        assert.strictEqual(yield* refusal(leo.moderation.standings(cafe)), "not-joined")
        assert.strictEqual(yield* refusal(leo.join(cafe)), "forbidden")
      }),
    slow
  )

  it.live(
    "whoever is put out hears so, and doesn't come back by themselves",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const way = tcp({ host: "127.0.0.1", port })
        const ana = yield* connect(way)
        yield* ana.register("ana", password)
        yield* ana.join(cafe)
        const leo = yield* converse(way, { nick: "leo", rooms: [cafe] })
        const entered = yield* Deferred.make<void>()
        const until = (isIt: (news: News) => boolean) =>
          leo.news.pipe(
            Stream.filter((told): told is News => told._tag !== "State"),
            Stream.tap(({ _tag }) => (_tag === "Entered" ? Deferred.succeed(entered, undefined) : Effect.void)),
            Stream.takeUntil(isIt),
            Stream.runCollect,
            Effect.timeout("20 seconds")
          )
        const heard = yield* Effect.forkChild(until(({ _tag }) => _tag === "Out"))
        yield* Deferred.await(entered)
        yield* ana.moderation.kick(cafe, "leo")
        const all = yield* Fiber.join(heard)
        assert.deepInclude(Array.from(all).at(-1), { _tag: "Out", room: cafe })
      }),
    slow
  )

  it.live(
    "a screen knows what one is to a room and may do there, and what has put one out",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const come = (nick: string) =>
          Effect.acquireRelease(
            Effect.promise(() =>
              chatWith({ url: `tcp://127.0.0.1:${port}`, nick, account: { password, register: true } })
            ),
            (chat) => Effect.promise(() => chat.close())
          )
        const [ana, leo] = [yield* come("ana"), yield* come("leo")]
        const [own, other] = yield* Effect.promise(async () => [await ana.join(cafe), await leo.join(cafe)] as const)
        const becomes = (room: typeof own, isSo: (now: RoomSnapshot) => boolean) =>
          Effect.promise(() => until(room, isSo))
        assert.deepStrictEqual(own.get().standing, { role: "owner", kind: "public", isMuted: false, slow: 0 })
        assert.isTrue(mayIn(ana.view.get(), own.get(), "kind"))
        assert.isFalse(mayIn(leo.view.get(), other.get(), "kick"))
        assert.isTrue(mayIn(leo.view.get(), other.get(), "invite"))
        assert.isFalse(mayIn(ana.view.get(), ana.direct("leo").get(), "kick"))
        yield* Effect.promise(async () => {
          await own.moderation.setKind("secret")
          await own.moderation.slow(30)
          await own.moderation.mute("leo")
        })
        yield* becomes(other, ({ standing }) => standing.kind === "secret" && standing.slow === 30 && standing.isMuted)
        assert.isFalse(mayIn(leo.view.get(), other.get(), "invite"))
        yield* Effect.promise(() => own.moderation.setRole("leo", "owner"))
        yield* becomes(own, ({ standing }) => standing.role === "moderator")
        yield* becomes(other, ({ standing }) => standing.role === "owner")
        yield* Effect.promise(() => other.moderation.ban("ana"))
        yield* becomes(own, ({ isIn, putOutBy }) => !isIn && putOutBy === "ban")
        assert.isFalse(mayIn(ana.view.get(), own.get(), "kick"))
      }),
    slow
  )
})
