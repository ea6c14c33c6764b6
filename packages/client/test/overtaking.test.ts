/** A chat, while its server is slow with a page: a server played line by line says what comes meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { type ChatRoom, connect, type RoomSnapshot } from "@tertulia/client/chat"
import { Effect } from "effect"
import { at, lastingHello, listening } from "./peer.ts"
import { until } from "./support/until.ts"

const message = (seq: number, from: string, text: string) => ({ type: "message", room: "#cafe", seq, from, text, at })

/** A chat of ana in #cafe, whose first page has been asked for and hasn't come. */
const begin = Effect.gen(function* () {
  const { accepts, host, port } = yield* listening
  const coming = connect({ url: `tcp://${host}:${port}`, nick: "ana", rooms: ["#cafe"] })
  const peer = yield* accepts
  yield* peer.says(lastingHello)
  const login = yield* peer.hears("login")
  yield* peer.says({ type: "welcome", re: login.id, nick: "ana", session: "a-secret-of-ana-1" })
  const join = yield* peer.hears("join")
  const joined = { type: "joined", room: "#cafe", epoch: "k3", first: 1, head: 2, members: ["ana"] }
  yield* peer.says({ ...joined, re: join.id })
  const asked = yield* peer.hears("history")
  const chat = yield* Effect.acquireRelease(
    Effect.promise(() => coming),
    (chat) => Effect.promise(() => chat.close())
  )
  const answers = peer.says({
    type: "history",
    re: asked.id,
    room: "#cafe",
    epoch: "k3",
    first: 1,
    head: 2,
    entries: [message(1, "leo", "one"), message(2, "leo", "two")],
    more: false
  })
  return { answers, cafe: chat.room("#cafe"), peer }
})

const shown = (cafe: ChatRoom, holds: (now: RoomSnapshot) => boolean | undefined) =>
  Effect.promise(() => until(cafe, holds))

const begins = ({ entries: [line] }: RoomSnapshot) => line?._tag === "Message" && line.seq === 1

describe("a chat whose server is slow with a page", { timeout: 60_000 }, () => {
  it.live("shows what has come while a page was on its way, once the page is there", () =>
    Effect.gen(function* () {
      const { answers, cafe, peer } = yield* begin
      yield* peer.says({ type: "member", room: "#cafe", change: "joined", nick: "leo" }, message(3, "leo", "three"))
      yield* shown(cafe, ({ last }) => last === 3)
      yield* answers
      yield* shown(cafe, begins)
      assert.deepStrictEqual(cafe.members, ["ana", "leo"])
      assert.deepStrictEqual(
        cafe.entries.map((line) => line._tag === "Message" && line.text),
        ["one", "two", "three"]
      )
    })
  )

  it.live("iterates over what has come while a page was on its way", () =>
    Effect.gen(function* () {
      const { answers, cafe, peer } = yield* begin
      yield* peer.says(message(3, "leo", "three"))
      yield* shown(cafe, ({ last }) => last === 3)
      yield* answers
      yield* shown(cafe, begins)
      const messages = cafe.messages[Symbol.asyncIterator]()
      // Asked for at once: each has a message of its own.
      const heard = [messages.next(), messages.next(), messages.next()]
      yield* peer.says(message(4, "leo", "four"), message(5, "leo", "five"))
      const texts = yield* Effect.promise(() => Promise.all(heard)).pipe(Effect.timeout("20 seconds"))
      assert.deepStrictEqual(
        texts.map(({ value }) => value?.text),
        ["three", "four", "five"]
      )
    })
  )
})
