/** spec/accounts.md over one connection, with the reference server and with one that isn't the right one. */

import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { type AccountsApi, type ConverseOptions, connect, converse, NotProven, Refused } from "@tertulia/client"
import { open } from "@tertulia/client/chat"
import { keepIn } from "@tertulia/client/file"
import { tcp } from "@tertulia/client/tcp"
import { Effect, Fiber, Option, Result, Stream } from "effect"
import { hello, listening, type Peer } from "./peer.ts"
import { folder, referenceServer } from "./support/processes.ts"
import { until } from "./support/until.ts"

const slow = { timeout: 60_000 }
const password = "correct horse"

const refusal = Effect.fnUntraced(function* <A, E, R>(attempt: Effect.Effect<A, E, R>) {
  const error = yield* Effect.flip(attempt as Effect.Effect<A, unknown, R>)
  return error instanceof Refused ? error.code : String(error)
})

describe("with the reference server", () => {
  it.live(
    "one registers, and logs in by the password and by tokens, until they are revoked",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const come = connect(tcp({ host: "127.0.0.1", port }))
        const first = yield* come
        const token = yield* first.register("Ana", password)
        yield* first.bye
        assert.strictEqual(yield* refusal((yield* come).login("ana")), "nick-registered")
        const second = yield* come
        assert.strictEqual(yield* refusal(second.loginByPassword("ana", "battery staple")), "bad-credentials")
        const another = yield* second.loginByPassword("ANA", password)
        assert.notStrictEqual(another, token)
        const third = yield* come
        assert.strictEqual(yield* third.loginByToken("ANA", token), "ana")
        assert.strictEqual(yield* refusal(third.setPassword("battery staple")), "forbidden")
        // Both are there, until one has all others ended.
        yield* second.join("#cafe")
        yield* third.join("#cafe")
        yield* third.revoke
        const loss = yield* second.ended
        assert.strictEqual(loss._tag === "Bye" && loss.bye.code, "logged-out")
        const fourth = yield* come
        assert.strictEqual(yield* refusal(fourth.loginByToken("ana", another)), "bad-credentials")
        yield* fourth.loginByPassword("ana", password)
        const last = yield* fourth.setPassword("battery staple")
        yield* fourth.unregister
        yield* fourth.bye
        const fifth = yield* come
        assert.strictEqual(yield* refusal(fifth.loginByToken("ana", last)), "bad-credentials")
        assert.strictEqual(yield* fifth.login("ana"), "ana")
      }),
    slow
  )
})

describe("with a server that doesn't know the account", () => {
  const greeting = { ...hello, features: ["accounts/1"], auth: ["guest", "scram", "token"] }
  const salt = "W22ZaJ0SNY7soEsUEjb6gQ=="

  /** What comes of a login by a password, when the server does this. */
  const attempt = Effect.fnUntraced(function* (plays: (peer: Peer) => Effect.Effect<void>) {
    const server = yield* listening
    const opening = yield* Effect.forkChild(connect(tcp({ host: server.host, port: server.port })))
    const peer = yield* server.accepts
    yield* peer.says(greeting)
    const connection: AccountsApi = yield* Fiber.join(opening)
    const login = yield* Effect.forkChild(Effect.result(connection.loginByPassword("ana", password)))
    yield* plays(peer)
    const result = yield* Fiber.join(login)
    yield* peer.hangsUp
    return result
  })

  const challenged = Effect.fnUntraced(function* (peer: Peer, change: (nonce: string) => object) {
    const { id, nonce } = yield* peer.hears("challenge")
    const reply = { type: "challenge", re: id, nick: "ana", nonce: `${nonce}0123456789abcdef`, salt, iterations: 4_096 }
    yield* peer.says({ ...reply, ...change(nonce) })
  })

  it.live("the signature that is another's is found out", () =>
    Effect.gen(function* () {
      const result = yield* attempt(
        Effect.fnUntraced(function* (peer) {
          yield* challenged(peer, () => ({}))
          const { id, password: said, proof } = yield* peer.hears("login")
          assert.strictEqual(said, undefined)
          yield* peer.says({ type: "welcome", re: id, nick: "ana", account: true, signature: proof })
        })
      )
      assert.isTrue(Result.isFailure(result) && result.failure instanceof NotProven)
    })
  )

  it.live("a challenge that isn't one's own is not answered", () =>
    Effect.gen(function* () {
      const result = yield* attempt((peer) =>
        challenged(peer, (nonce) => ({ nonce: nonce.replace(/^./u, "~").repeat(2) }))
      )
      assert.isTrue(Result.isFailure(result) && result.failure instanceof NotProven)
    })
  )
})

describe("a conversation", () => {
  it.live(
    "registers, keeps its token in the file, and comes back by it when the session has ended",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const file = join(yield* folder, "outbox")
        const open = tcp({ host: "127.0.0.1", port })
        const welcomed = (options: Partial<ConverseOptions>) =>
          Effect.gen(function* () {
            const keeper = yield* keepIn(file, "here")
            const conversation = yield* converse(open, { nick: "ana", comeBack: "never", keeper, ...options })
            const told = Stream.runHead(Stream.filter(conversation.news, ({ _tag }) => _tag === "Welcome")).pipe(
              Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: () => Effect.void }))
            )
            const first = yield* Effect.raceFirst(
              Effect.as(told, "welcome"),
              Effect.map(conversation.ended, (why) => ("code" in why ? why.code : why._tag))
            )
            // Which ends the session.
            yield* conversation.bye
            return first
          }).pipe(Effect.scoped)
        assert.strictEqual(yield* welcomed({ account: { password, register: true } }), "welcome")
        assert.strictEqual(yield* welcomed({}), "welcome")
        const stranger = yield* connect(open)
        const changed = yield* Effect.andThen(
          stranger.loginByPassword("ana", password),
          stranger.setPassword("battery staple")
        )
        yield* stranger.bye
        assert.notStrictEqual(changed, "")
        assert.include(yield* welcomed({}), "nick-registered")
        assert.include(yield* welcomed({ account: { password } }), "bad-credentials")
        assert.strictEqual(yield* welcomed({ account: { password: "battery staple", register: true } }), "welcome")
      }),
    slow
  )
})

describe("a conversation's own account", () => {
  it.live(
    "gets another password, ends its tokens, and ends; by the password, whatever has let one in, and nothing said is lost",
    () =>
      Effect.gen(function* () {
        const { port } = yield* referenceServer(":temporary:")
        const account = { password, register: true }
        const ana = yield* Effect.promise(() =>
          open({ url: `tcp://127.0.0.1:${port}`, nick: "ana", account, rooms: ["#cafe"] })
        )
        const live = () => until(ana.state, ({ _tag }) => _tag === "Live")
        yield* Effect.promise(live)
        assert.isTrue(ana.view.get().hasAccount)
        const codeOf = (attempt: () => Promise<void>) =>
          Effect.promise(() =>
            attempt().then(
              () => "done",
              (error: unknown) => (error instanceof Refused ? error.code : String(error))
            )
          )
        assert.strictEqual(yield* codeOf(() => ana.account.setPassword(password, "short")), "bad-text")
        assert.strictEqual(
          yield* codeOf(() => ana.account.setPassword("wrong horse", "battery staple")),
          "bad-credentials"
        )
        yield* Effect.promise(live)
        const saying = ana.room("#cafe").send("in between")
        assert.strictEqual(yield* codeOf(() => ana.account.setPassword(password, "battery staple")), "done")
        yield* Effect.promise(() => saying)
        yield* Effect.promise(live)
        assert.strictEqual(yield* codeOf(() => ana.account.revoke()), "done")
        assert.strictEqual(yield* codeOf(() => ana.account.unregister(password)), "bad-credentials")
        yield* Effect.promise(live)
        assert.isTrue(ana.view.get().hasAccount)
        assert.strictEqual(yield* codeOf(() => ana.account.unregister("battery staple")), "done")
        yield* Effect.promise(() => until(ana.view, ({ hasAccount }) => !hasAccount))
        yield* Effect.promise(live)
        assert.strictEqual(yield* codeOf(() => ana.account.revoke()), "forbidden")
        const said = ana.room("#cafe").entries.filter((line) => line._tag === "Message")
        assert.lengthOf(said, 1)
        yield* Effect.promise(() => ana.close())
        const stranger = yield* connect(tcp({ host: "127.0.0.1", port }))
        assert.strictEqual(yield* stranger.login("ana"), "ana")
      }),
    slow
  )
})
