import { assert, describe, it } from "@effect/vitest"
import { defaultLimits } from "@tertulia/protocol"
import { Effect, Fiber } from "effect"
import { breachOf } from "../src/clients/line.ts"
import { plainHello } from "../src/clients/probe.ts"
import { makeSignal, until } from "../src/clients/signal.ts"
import { openStage, type Visit } from "../src/clients/stage.ts"
import { type Connection, connect } from "../src/wire/connection.ts"

const millis = 10_000
const bytes = (text: string) => new TextEncoder().encode(text)

/** A stage, one connection to it, and both of its ends. */
const visited = Effect.gen(function* () {
  const changed = makeSignal()
  const stage = yield* openStage(changed, 0)
  const client = yield* connect({ address: stage.address, line: 65_536, began: 0, patience: millis })
  const visit = yield* until(changed, () => stage.visits[0], { millis })
  assert.isDefined(visit)
  return { changed, stage, client, visit }
})

/** Sends lines as the client, and gives what has come back once `count` objects have. */
const asks = Effect.fnUntraced(function* (client: Connection, count: number, ...lines: ReadonlyArray<object | string>) {
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
  yield* client.write([bytes(texts.map((text) => `${text}\n`).join(""))])
  while (client.inbox.length < count) yield* client.nextArrival()
  return client.inbox.splice(0).map((item) => (item._tag === "Object" ? item.object : item._tag))
})

const ended = ({ visit, changed }: { readonly visit: Visit; readonly changed: ReturnType<typeof makeSignal> }) =>
  Effect.map(
    until(changed, () => visit.ended(), { millis }),
    (end) => end?.how
  )

describe("The stage", () => {
  it.live("says nothing until it is told to, and then what it is told", () =>
    Effect.gen(function* () {
      const { client, visit } = yield* visited
      yield* visit.says(plainHello, { type: "ping" })
      const came = yield* asks(client, 2)
      assert.deepStrictEqual(came, [{ ...plainHello }, { type: "ping" }])
    }).pipe(Effect.scoped)
  )

  it.live("answers as a small, honest server would", () =>
    Effect.gen(function* () {
      const { client } = yield* visited
      const room = "#cafe"
      const types = (yield* asks(
        client,
        11,
        { type: "join", id: 1, room },
        { type: "login", id: 2, nick: "Ana" },
        { type: "login", id: 3, nick: "ana" },
        { type: "join", id: 4, room },
        { type: "members", id: 5, room },
        { type: "rooms", id: 6 },
        { type: "send", id: 7, room, text: "hola" },
        { type: "leave", id: 8, room },
        { type: "send", id: 9, room, text: "hola" },
        { type: "fly", id: 10 }
      )).map((object) => (typeof object === "string" ? object : [object["type"], object["re"], object["code"]]))
      assert.deepStrictEqual(types, [
        ["error", 1, "login-first"],
        ["welcome", 2, undefined],
        ["error", 3, "already-logged-in"],
        ["joined", 4, undefined],
        ["members", 5, undefined],
        ["rooms", 6, undefined],
        ["message", undefined, undefined],
        ["sent", 7, undefined],
        ["left", 8, undefined],
        ["error", 9, "not-joined"],
        ["error", 10, "unsupported"]
      ])
    }).pipe(Effect.scoped)
  )

  it.live("keeps the log of a room for a client that comes back with its cursor", () =>
    Effect.gen(function* () {
      const { changed, client, stage } = yield* visited
      const room = "#cafe"
      yield* asks(client, 2, { type: "login", id: 1, nick: "ana" }, { type: "join", id: 2, room })
      const entries = ["one", "two", "three"].map((text) => stage.rooms.append(room, "leo", text))
      const again = yield* connect({ address: stage.address, line: 65_536, began: 0, patience: millis })
      yield* until(changed, () => stage.visits[1], { millis })
      const { epoch } = stage.rooms.log(room)
      const login = { type: "login", id: 1, nick: "ana" }
      const [, joined, ...replay] = yield* asks(again, 4, login, { type: "join", id: 2, room, after: 1, epoch })
      assert.include(joined, { resumed: true, head: 3, epoch })
      assert.deepStrictEqual(replay, [{ ...entries[1] }, { ...entries[2] }])
    }).pipe(Effect.scoped)
  )

  it.live("knows people by their sessions and entries by their keys, and has pages, where its greeting claims so", () =>
    Effect.gen(function* () {
      const { changed, client, stage, visit } = yield* visited
      const room = "#cafe"
      const talk = [
        { type: "login", id: 1, nick: "ana", resume: true },
        { type: "join", id: 2, room },
        { type: "send", id: 3, room, text: "hola", key: "a1" },
        { type: "send", id: 4, room, text: "hola", key: "a1" },
        { type: "history", id: 5, room, after: 0 }
      ]
      visit.host.claims(["history/1", "resume/1"])
      const [welcome, , entry, sent, again, page] = yield* asks(client, 6, ...talk)
      assert.deepInclude(entry, { seq: 1, key: "a1" })
      assert.deepInclude(again, { ...(sent as object), re: 4, duplicate: true })
      assert.deepInclude(page, { first: 1, head: 1 })
      const { session } = welcome as { readonly session: string }
      const comesBack = Effect.fnUntraced(function* (nth: number) {
        const next = yield* connect({ address: stage.address, line: 65_536, began: 0, patience: millis })
        const at = yield* until(changed, () => stage.visits[nth], { millis })
        at?.host.claims(["resume/1"])
        return yield* asks(next, 1, { type: "login", id: 1, nick: "ana", session })
      })
      assert.deepStrictEqual(yield* comesBack(1), [{ type: "welcome", re: 1, nick: "ana", session, resumed: true }])
      stage.people.forget()
      assert.include((yield* comesBack(2))[0], { code: "session-expired", field: "session" })
    }).pipe(Effect.scoped)
  )

  it.live("knows none of that where its greeting doesn't", () =>
    Effect.gen(function* () {
      const { client } = yield* visited
      const room = "#cafe"
      const [welcome, , entry, , page] = yield* asks(
        client,
        5,
        { type: "login", id: 1, nick: "ana", resume: true },
        { type: "join", id: 2, room },
        { type: "send", id: 3, room, text: "hola", key: "a1" },
        { type: "history", id: 4, room }
      )
      assert.deepStrictEqual(welcome, { type: "welcome", re: 1, nick: "ana" })
      assert.notProperty(entry, "key")
      assert.include(page, { type: "error", code: "unsupported" })
    }).pipe(Effect.scoped)
  )

  it.live("answers nothing when it is told not to", () =>
    Effect.gen(function* () {
      const { changed, client, visit } = yield* visited
      visit.answers(false)
      yield* client.write([bytes('{"type":"ping","id":1}\n')])
      yield* until(changed, () => visit.heard[0], { millis })
      visit.answers(true)
      assert.deepStrictEqual(yield* asks(client, 1, { type: "ping", id: 2 }), [{ type: "pong", re: 2 }])
    }).pipe(Effect.scoped)
  )

  it.live("keeps apart FIN, RST and its own end", () =>
    Effect.gen(function* () {
      const left = yield* visited
      yield* left.client.end
      assert.strictEqual(yield* ended(left), "FIN")
      const broken = yield* visited
      yield* broken.client.reset
      assert.strictEqual(yield* ended(broken), "RST")
      const own = yield* visited
      yield* own.visit.hangsUp
      while (own.client.inbox.length === 0) yield* own.client.nextArrival()
      assert.strictEqual(own.client.inbox[0]?._tag, "Fin")
      assert.isUndefined(own.visit.ended())
    }).pipe(Effect.scoped)
  )

  it.live("notes the first line that no client may send, under the limit that it has announced", () =>
    Effect.gen(function* () {
      const { changed, client, visit } = yield* visited
      visit.announces({ line: 8_192 })
      const filler = "x".repeat(9_000)
      yield* client.write([bytes(`{"type":"ping","id":1}\n{"type":"ping","id":2,"x":"${filler}"}\nnonsense\n`)])
      yield* until(changed, () => visit.heard[2], { millis })
      assert.strictEqual(visit.breach()?.id, "FRAME-10")
    }).pipe(Effect.scoped)
  )
})

describe("A line of a client", () => {
  const sound = [
    '{"type":"ping","id":1}',
    ' {"type" : "send", "id":2, "room":"#cafe", "text":"a \\"quoted\\": 1.0, \\u0041", "x":[-1, 0, 0.5, 1e-7]} ',
    '{"type":"fly","id":1}',
    '{"type":"send","id":1,"room":"the cafe","text":""}'
  ]
  it.each(sound)("may be %s", (line) => {
    assert.isUndefined(breachOf(line, defaultLimits))
  })

  const unsound = [
    ["nonsense", "FRAME-1"],
    ["[1]", "FRAME-1"],
    ['{"id":1}', "FRAME-1"],
    ['\ufeff{"type":"ping","id":1}', "FRAME-1"],
    ['{"type":"ping","id":1} {"type":"ping","id":2}', "FRAME-1"],
    ['{"type":"ping","id":1.0}', "JSON-10"],
    ['{"type":"ping","id":1e0}', "JSON-10"],
    ['{"\\u0074ype":"ping","id":1}', "JSON-10"],
    [`{"type":"ping","id":1,"x":"${"x".repeat(65_536)}"}`, "FRAME-10"],
    ['{"type":"fly"}', "REPLY-11"],
    ['{"type":"send","id":1,"text":"x"}', "REPLY-11"],
    ['{"type":"x","id":1,"deep":[[[[[[[[[]]]]]]]]]}', "REPLY-11"]
  ] as const
  it.each(unsound)("may not be %s: %s", (line, id) => {
    assert.strictEqual(breachOf(line, defaultLimits)?.id, id)
  })

  it("may be as long as the limit, its LF included, and no longer", () => {
    const line = (length: number) => `{"type":"ping","id":1,"x":"${"x".repeat(length - 29)}"}`
    assert.strictEqual(line(100).length, 100)
    assert.isUndefined(breachOf(line(99), { ...defaultLimits, line: 100 }))
    assert.strictEqual(breachOf(line(100), { ...defaultLimits, line: 100 })?.id, "FRAME-10")
  })
})

describe("Waiting for a change", () => {
  it.live("ends when it is found, when nothing more can come, and when the time is over", () =>
    Effect.gen(function* () {
      const changed = makeSignal()
      let value: number | undefined
      const waiting = yield* Effect.forkChild(until(changed, () => value, { millis }))
      yield* Effect.yieldNow
      value = 7
      changed.notify()
      assert.strictEqual(yield* Fiber.join(waiting), 7)
      assert.isUndefined(yield* until(changed, () => undefined, { millis, over: () => true }))
      assert.isUndefined(yield* until(changed, () => undefined, { millis: 0 }))
    })
  )
})
