/** The client library for programs without Effect, with the reference server. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Chat,
  type ChatRoom,
  connect,
  type MessageLine,
  NotSent,
  open,
  type WaitingLine
} from "@tertulia/client/chat"
import { Effect, Exit, Scope } from "effect"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { referenceServer } from "./support/processes.ts"
import { until } from "./support/until.ts"

let folder = ""
let scope = Scope.makeUnsafe()
const open_: Array<Chat> = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tertulia-chat-"))
  scope = Scope.makeUnsafe()
})

afterEach(async () => {
  await Promise.all(open_.splice(0).map((chat) => chat.close()))
  await Effect.runPromise(Scope.close(scope, Exit.void))
  rmSync(folder, { recursive: true, force: true })
})

const server = (port = 0) => Effect.runPromise(Scope.provide(referenceServer(join(folder, "rooms.db"), port), scope))

const come = async (port: number, nick: string, more: object = {}): Promise<Chat> => {
  const chat = await connect({ url: `tcp://127.0.0.1:${port}`, nick, comeBack: "always", ...more })
  open_.push(chat)
  return chat
}

const message = (room: ChatRoom, text: string | undefined): Promise<MessageLine> =>
  until(room, ({ entries }) =>
    entries.find((line): line is MessageLine => line._tag === "Message" && line.text === text)
  )

const waiting = ({ entries }: ChatRoom): ReadonlyArray<WaitingLine> => entries.filter((line) => line._tag === "Waiting")

const slow = 60_000

describe("a chat", { timeout: slow }, () => {
  it("says something, hears it, and iterates over what is said", async () => {
    const { port } = await server()
    const [ana, leo] = [await come(port, "ana"), await come(port, "leo")]
    const [hers, his] = [await ana.join("#Cafe"), await leo.join("#cafe")]
    assert.strictEqual(hers, ana.room("#cafe"))
    const said = (async () => {
      const heard: Array<string> = []
      for await (const { from, isMine, mentionsMe, text } of his.messages) {
        heard.push(`${from}${isMine ? " (me)" : ""}${mentionsMe ? ", to me" : ""}: ${text}`)
        if (heard.length === 3) return heard
      }
      return heard
    })()
    assert.deepInclude(await hers.send("one"), { seq: 1 })
    await message(his, "one")
    await his.send("two")
    await message(hers, "two")
    await hers.send("three, @leo")
    assert.deepStrictEqual(await said, ["ana: one", "leo (me): two", "ana, to me: three, @leo"])
    assert.deepStrictEqual(his.members, ["ana", "leo"])
    assert.deepInclude(await ana.list(), { room: "#cafe", members: 2 })
  })

  it("loses nothing that is told while an older page is read, and knows what was asked about people", async () => {
    const { port } = await server()
    const [ana, leo] = [await come(port, "ana", { history: 0 }), await come(port, "leo")]
    const [hers, his] = [await ana.join("#cafe"), await leo.join("#cafe")]
    for (const text of ["one", "two", "three"]) await his.send(text)
    await message(hers, "three")
    const { subscribe } = ana.view
    for (const status of ["busy", "away", "active"] as const) {
      await Promise.all([ana.status({ status }), hers.older(1)])
      await until({ get: () => ana.person("ana")?.status, subscribe }, (now) => now === status)
    }
    await ana.users("#cafe")
    await until({ get: () => ana.person("leo")?.status, subscribe }, (now) => now === "active")
  })

  it("edits, deletes, reacts, types, reads and searches, and everybody sees it", async () => {
    const { port } = await server()
    const [ana, leo] = [await come(port, "ana", { rooms: ["#cafe"] }), await come(port, "leo", { rooms: ["#cafe"] })]
    const [hers, his] = [ana.room("#cafe"), leo.room("#cafe")]
    const { seq } = await hers.send("at eigth")
    await hers.edit(seq, "at eight")
    await message(his, "at eight")
    await his.react(seq, "+1")
    const [reaction] = (
      (await until(hers, ({ entries }) =>
        entries.find((line) => line._tag === "Message" && line.reactions.length > 0 && line)
      )) as MessageLine
    ).reactions
    assert.deepStrictEqual(reaction, { reaction: "+1", count: 1, by: ["leo"], isMine: false })
    his.typing()
    assert.deepStrictEqual(await until(hers, ({ typing }) => typing.length > 0 && typing), ["leo"])
    const answer = await his.send("fine, @ana", { replyTo: seq })
    assert.deepInclude(await message(hers, "fine, @ana"), { replyTo: seq, mentionsMe: true })
    assert.deepInclude(hers.line(seq), { text: "at eight" })
    assert.deepInclude(await until(ana.rooms, ([cafe]) => cafe?.unread === 1 && cafe), { mentions: 1 })
    await hers.read()
    await until(hers, ({ unread }) => unread === 0)
    await hers.setTopic("dinner")
    assert.strictEqual(await until(his, ({ topic }) => topic !== "" && topic), "dinner")
    const found: Array<string> = []
    for await (const { text } of ana.search({ text: "eight", room: "#cafe" })) found.push(text)
    assert.deepStrictEqual(found, ["at eight"])
    await his.remove(answer.seq)
    await message(hers, undefined)
    await leo.status({ status: "busy" })
    await until(ana.view, () => ana.person("leo")?.status === "busy")
    const refused = await hers.edit(answer.seq, "not mine").then(
      () => undefined,
      (error: unknown) => error
    )
    assert.deepInclude(refused as object, { _tag: "Refused", code: "no-such-entry" })
  })

  it("shows at once what is said while one is away, and sends it later, once and in order", async () => {
    const first = await server()
    const { port } = first
    const ana = await come(port, "ana")
    const cafe = await ana.join("#cafe")
    await cafe.send("one")
    await Effect.runPromise(first.kill)
    await until(ana.state, ({ _tag }) => _tag === "Offline")
    const sent = ["two", "three"].map((text) => cafe.send(text))
    await until(cafe, () => waiting(cafe).length === 2)
    assert.deepStrictEqual(
      waiting(cafe).map(({ status, text }) => [status, text]),
      [
        ["pending", "two"],
        ["pending", "three"]
      ]
    )
    const [id] = waiting(cafe).map((line) => line.id)
    await server(port)
    assert.deepStrictEqual(
      (await Promise.all(sent)).map(({ seq }) => seq),
      [2, 3]
    )
    assert.strictEqual((await message(cafe, "two")).id, id)
    assert.deepStrictEqual(waiting(cafe), [])
    assert.deepStrictEqual(
      cafe.entries.map((line) => line._tag === "Message" && line.text),
      ["one", "two", "three"]
    )
  })

  it("shows what has failed until it is said again or given up", async () => {
    const { port } = await server()
    const [ana, leo] = [await come(port, "ana"), await open({ url: `tcp://127.0.0.1:${port}`, nick: "leo" })]
    open_.push(leo)
    const talk = ana.direct("Pia")
    const failed = await talk.send("hola").catch((error: unknown) => error)
    assert.instanceOf(failed, NotSent)
    assert.deepInclude(failed as NotSent, { how: "failed", code: "no-such-nick", room: "@pia", text: "hola" })
    const [line] = await until(talk, () => waiting(talk).length > 0 && waiting(talk))
    assert.deepInclude(line, { status: "failed", text: "hola" })
    const pia = await come(port, "pia")
    await talk.retry(line!.key)
    await message(pia.direct("ana"), "hola")
    assert.deepStrictEqual(
      pia.rooms.get().map(({ isDirect, last, name, unread }) => [name, isDirect, unread, last?.text]),
      [["@ana", true, 1, "hola"]]
    )
    await pia.direct("ana").read()
    await until(pia.rooms, ([talk]) => talk?.unread === 0)
    await ana
      .direct("nobody")
      .send("hola")
      .catch(() => {})
    const [other] = waiting(ana.direct("nobody"))
    await ana.direct("nobody").forget(other!.key)
    await until(ana.direct("nobody"), ({ entries }) => entries.length === 0)
    const tooLong = await talk.send("x".repeat(5_000)).catch((error: unknown) => error)
    assert.deepInclude(tooLong as object, { _tag: "Refused", code: "too-long" })
  })

  it("reads what was said before it came, page by page", async () => {
    const { port } = await server()
    const ana = await come(port, "ana")
    const cafe = await ana.join("#cafe")
    for (let nth = 1; nth <= 12; nth++) void cafe.send(`word ${nth}`)
    await message(cafe, "word 12")
    const leo = await come(port, "leo", { history: 5 })
    const his = await leo.join("#cafe")
    await until(his, ({ entries }) => entries.length === 5)
    assert.isTrue(his.get().hasOlder)
    assert.isTrue(await his.older(3))
    assert.isFalse(await his.older(100))
    assert.deepStrictEqual(
      his.entries.map((line) => line._tag === "Message" && line.text),
      Array.from({ length: 12 }, (_, index) => `word ${index + 1}`)
    )
    assert.isFalse(his.get().hasOlder)
  })

  it("goes on in another process where the first has left off", async () => {
    const { port } = await server()
    const outbox = join(folder, "outbox.db")
    const first = await come(port, "ana", { outbox })
    const hers = await first.join("#cafe")
    const leo = await come(port, "leo", { rooms: ["#cafe"] })
    for (const text of ["one", "two", "three"]) await leo.room("#cafe").send(text)
    await until(hers, ({ unread }) => unread === 3)
    await hers.read(1)
    await until(hers, ({ read, unread }) => read === 1 && unread === 2)
    await first.close()
    open_.splice(open_.indexOf(first), 1)
    await leo.room("#cafe").send("four")
    const second = await come(port, "ana", { outbox })
    await message(second.room("#cafe"), "four")
    await until(second.room("#cafe"), ({ isIn, read, unread }) => isIn && read === 1 && unread === 3)
  })

  it("is one person on two devices, and what is read on one is read on the other", async () => {
    const { port } = await server()
    const account = { password: "correct horse", register: true }
    const desk = await come(port, "ana", { rooms: ["#cafe"], account })
    await until(desk.room("#cafe"), ({ isIn }) => isIn)
    const phone = await come(port, "ana", { rooms: ["#cafe"], account })
    const leo = await come(port, "leo", { rooms: ["#cafe"] })
    const [atDesk, onPhone, his] = [desk.room("#cafe"), phone.room("#cafe"), leo.room("#cafe")]
    await until(onPhone, ({ isIn }) => isIn)
    await until(his, ({ members }) => members.join() === "ana,leo")
    await Promise.all([atDesk.send("one"), onPhone.send("two")])
    for (const text of ["one", "two"]) {
      assert.isTrue((await message(atDesk, text)).isMine)
      assert.isTrue((await message(onPhone, text)).isMine)
    }
    await his.send("three")
    for (const room of [atDesk, onPhone]) await until(room, ({ unread }) => unread === 1)
    await onPhone.read()
    await until(atDesk, ({ read, unread }) => read === 3 && unread === 0)
    await leo.direct("ana").send("coffee?")
    for (const { direct } of [desk, phone]) await message(direct("leo"), "coffee?")
    await phone.close()
    open_.splice(open_.indexOf(phone), 1)
    await atDesk.send("still here")
    await message(his, "still here")
    assert.deepStrictEqual(his.members, ["ana", "leo"])
  })

  it("answers in another process what the first has answered without a connection", async () => {
    const reference = await server()
    const { port } = reference
    const outbox = join(folder, "outbox.db")
    const first = await come(port, "ana", { outbox })
    const { seq } = await (await first.join("#cafe")).send("who comes?")
    await Effect.runPromise(reference.kill)
    await until(first.state, ({ _tag }) => _tag === "Offline")
    void first.room("#cafe").send("not me", { replyTo: seq })
    await until(first.room("#cafe"), () => waiting(first.room("#cafe")).length === 1)
    await first.close()
    open_.splice(open_.indexOf(first), 1)
    await server(port)
    const second = await come(port, "ana", { outbox })
    const cafe = second.room("#cafe")
    assert.deepInclude(await message(cafe, "not me"), { replyTo: seq, isMine: true })
    await until(cafe, () => waiting(cafe).length === 0)
  })

  it("says why it can't be, in one sentence", async () => {
    const sentence = async (options: Parameters<typeof connect>[0]) =>
      connect(options).then(
        () => "",
        (error: Error) => error.message
      )
    const { port } = await server()
    await come(port, "ana")
    assert.include(await sentence({ url: "tcp://127.0.0.1:1", nick: "ana" }), "nothing listens there")
    assert.include(await sentence({ url: "http://127.0.0.1", nick: "ana" }), "an address is tcp://host:port")
    assert.include(await sentence({ url: "nonsense", nick: "ana" }), "an address is tcp://host:port")
    assert.include(await sentence({ url: `tcp://127.0.0.1:${port}`, nick: "ana" }), "somebody has the nick ana")
    assert.include(await sentence({ url: `tcp://127.0.0.1:${port}`, nick: "a b" }), "nick")
    const leo = await come(port, "leo")
    const refused = await leo.join(`#${"x".repeat(40)}`).catch((error: unknown) => error)
    assert.deepInclude(refused as object, { _tag: "Refused", code: "bad-name" })
  })

  it("ends every wait for something said when it is closed", async () => {
    const first = await server()
    const ana = await come(first.port, "ana")
    const cafe = await ana.join("#cafe")
    await Effect.runPromise(first.kill)
    await until(ana.state, ({ _tag }) => _tag === "Offline")
    const before = cafe.send("one").catch((error: unknown) => error)
    await until(cafe, () => waiting(cafe).length === 1)
    await ana.close()
    const after = cafe.send("two").catch((error: unknown) => error)
    for (const how of [before, after]) assert.deepInclude((await how) as NotSent, { _tag: "NotSent", how: "closed" })
  })

  it("ends every iteration when it is closed", async () => {
    const { port } = await server()
    const ana = await connect({ url: `tcp://127.0.0.1:${port}`, nick: "ana" })
    const cafe = await ana.join("#cafe")
    const over = (async () => {
      for await (const _ of cafe.changes) {
      }
      for await (const _ of ana.changes) {
      }
      return "over"
    })()
    await ana.close()
    assert.strictEqual(await over, "over")
    assert.deepInclude(await ana.ended, { _tag: "ConnectionLost" })
  })
})
