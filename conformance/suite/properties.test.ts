/** Properties: what holds for every cutting, every rubbish and every interleaving that fast-check can think of. */
import { type ErrorCode, parseJson } from "@tertulia/protocol"
import { faultyFor, hostileLine, text } from "@tertulia/protocol/arbitraries"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { isReply } from "../src/client.ts"
import type { Lane } from "../src/history.ts"
import { comeBack, guaranteesOfReturns, judgeLanes, type Watched, watch } from "../src/lane.ts"
import { property } from "../src/property.ts"
import type { Scenario } from "../src/scenario.ts"
import { canCarry, options } from "../src/suite.ts"
import type { Stop } from "../src/verdict.ts"
import { printable } from "../src/wire/transcript.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Frames
// ---------------------------------------------------------------------------------------------------------------------

/** Where a stream is cut: after every byte, or at these thousandths of its length. */
const cuts = fc.oneof(fc.constant("everywhere" as const), fc.array(fc.nat({ max: 1_000 }), { maxLength: 12 }))

const cutUp = (bytes: Uint8Array, at: "everywhere" | ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const inner = at === "everywhere" ? bytes.keys() : at.map((permille) => Math.round((permille * bytes.length) / 1_000))
  const edges = [...new Set([0, ...inner, bytes.length])].sort((one, other) => one - other)
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}

property(
  "however the bytes are cut, the same is done and answered",
  ["FRAME-4", "REPLY-3", "TEXT-1"],
  fc.record({ texts: fc.array(text, { minLength: 1, maxLength: 4 }), cuts }),
  function* (t, drawn) {
    const client = yield* t.connection("C")
    const room = t.roomName()
    const requests = [
      { type: "login", id: 1, nick: t.nick() },
      { type: "join", id: 2, room },
      ...drawn.texts.map((said, index) => ({ type: "send", id: 3 + index, room, text: said })),
      { type: "ping", id: 50 },
      { type: "sync", id: 51 }
    ]
    const bytes = new TextEncoder().encode(requests.map((request) => `${JSON.stringify(request)}\r\n`).join(""))
    yield* client.bytes(...cutUp(bytes, drawn.cuts))
    const before = yield* client.take((item) => item.object["re"] === 51, "`synced`, the last reply", { id: "FRAME-4" })
    const came = yield* client.taken
    const replies = came.filter(isReply).map(({ object, type }) => `${type} ${String(object["re"])}`)
    const wanted = ["welcome 1", "joined 2", ...drawn.texts.map((_, index) => `sent ${3 + index}`), "pong 50"]
    const said = came.filter(({ type }) => type === "message").map(({ object }) => object["text"])
    yield* t.judge("FRAME-4", before.type === "synced" && replies.length === wanted.length, {
      expected: `the replies ${wanted.join(", ")}, synced 51`,
      got: replies
    })
    yield* t.judge("REPLY-3", replies.join() === wanted.join(), { expected: wanted.join(", "), got: replies })
    yield* t.judge("TEXT-1", JSON.stringify(said) === JSON.stringify(drawn.texts), {
      expected: `the texts ${JSON.stringify(drawn.texts)}`,
      got: said
    })
  },
  { connections: 1 }
)

// ---------------------------------------------------------------------------------------------------------------------
// Rubbish
// ---------------------------------------------------------------------------------------------------------------------

/** The codes that come with a field (ERROR-2). */
const namesField: ReadonlyArray<ErrorCode> = ["bad-request", "bad-name", "bad-text", "too-long"]

property(
  "of several faults the first in the registry is answered",
  ["ERROR-3", "ERROR-2"],
  fc.array(faultyFor(options.hello?.features ?? []), { minLength: 1, maxLength: 6 }),
  function* (t, faults) {
    const ana = yield* t.person()
    for (const { code, fields, object, re } of faults) {
      // The drawn texts are too long for the default limit only.
      if (code === "too-long" && t.limits.text > 4_096) continue
      yield* ana.line(JSON.stringify(object))
      const error = yield* ana.refusal(re, code, { id: "ERROR-3" })
      if (!namesField.includes(code) || fields.length === 0) continue
      const named = error.field !== undefined && fields.includes(error.field)
      yield* t.judge("ERROR-2", named, {
        sent: object,
        expected: `an \`error\` with the field ${fields.join(" or ")}`,
        got: error
      })
    }
    yield* ana.ping
  },
  { connections: 1 }
)

/** Rubbish that happens to be a good `bye` ends the connection, and so it ought to. */
const isGoodbye = (line: Uint8Array): boolean => {
  const object = parseJson(new TextDecoder().decode(line))
  return typeof object !== "string" && object["type"] === "bye"
}

property(
  "a line of rubbish costs one reply, and nobody else anything",
  ["REPLY-1", "FRAME-7", "FLOW-1"],
  fc.array(
    hostileLine.filter((line) => !isGoodbye(line)),
    { minLength: 1, maxLength: 6 }
  ),
  function* (t, rubbish) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    // What doesn't fit a line of this server is another matter (FRAME-6).
    for (const line of rubbish.filter((each) => each.length < t.limits.line && canCarry(each))) {
      const blank = line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
      yield* ana.bytes(line, "\n", `{"type":"ping","id":777777}\n`)
      const isPong = (item: { readonly object: object; readonly type: string }) =>
        item.type === "pong" && "re" in item.object && item.object.re === 777_777
      yield* ana.take(isPong, "the `pong` to the ping after the rubbish", { id: "FRAME-7" })
      const replies = (yield* ana.taken).filter(isReply)
      yield* t.judge("FRAME-7", true, { expected: "the connection goes on", got: "it does" })
      yield* t.judge("REPLY-1", replies.length === (blank ? 0 : 1), {
        sent: printable(line),
        expected: blank ? "no reply to a blank line" : "one reply",
        got: replies.map((reply) => reply.line)
      })
    }
    yield* leo.send(room, "still here")
    const seen = yield* leo.messages(room)
    yield* t.judge(
      "FLOW-1",
      seen.some(({ from, text: said }) => from === leo.nick && said === "still here"),
      {
        expected: "leo can still talk",
        got: seen
      }
    )
  },
  { connections: 2 }
)

// ---------------------------------------------------------------------------------------------------------------------
// Histories
// ---------------------------------------------------------------------------------------------------------------------

// A report shows the objects that were drawn: they look like any.
const plain = { noNullPrototype: true } as const

/**
 * What one person does, without waiting for the others: `send` joins first if need be, `come or go` joins or leaves. When a connection
 * breaks, its last `send` and whatever else has no reply yet may have happened or not; they come back and repeat it.
 */
const deed = fc.record(
  {
    what: fc.oneof(
      { weight: 3, arbitrary: fc.constant("send" as const) },
      { weight: 2, arbitrary: fc.constant("come or go" as const) },
      { weight: 1, arbitrary: fc.constantFrom("sync" as const, "wait" as const) },
      { weight: 1, arbitrary: fc.constantFrom("FIN" as const, "RST" as const) }
    ),
    room: fc.constantFrom(0, 1)
  },
  plain
)

type Deed = typeof deed extends fc.Arbitrary<infer Drawn> ? Drawn : never

/** Somebody, by the connection that they have now, and what was seen by those that broke. */
interface Somebody {
  person: Watched
  readonly past: Array<Lane>
}

// Each break costs a connection.
const mostBreaks = 2

const play = Effect.fnUntraced(function* (
  t: Scenario,
  somebody: Somebody,
  rooms: ReadonlyArray<string>,
  deeds: ReadonlyArray<Deed>
) {
  const isIn = new Set<string>()
  for (const [nth, deed] of deeds.entries()) {
    const { person } = somebody
    const { what } = deed
    const room = rooms[deed.room]!
    if (what === "sync") yield* person.post({ type: "sync" })
    if (what === "wait") {
      const id = yield* person.post({ type: "ping" })
      yield* person.until(({ object }) => object["re"] === id, "`pong`")
    }
    if (what === "come or go" && isIn.delete(room)) yield* person.post({ type: "leave", room })
    else if ((what === "come or go" || what === "send") && !isIn.has(room)) {
      isIn.add(room)
      yield* person.post({ type: "join", room })
    }
    if (what === "send") yield* person.post({ type: "send", room, text: `${person.who} ${nth}` })
    if ((what === "FIN" || what === "RST") && somebody.past.length < mostBreaks)
      yield* breakAndReturn(t, somebody, what)
  }
})

const breakAndReturn = Effect.fnUntraced(function* (
  t: Scenario,
  somebody: Somebody,
  how: "FIN" | "RST",
  meanwhile: Effect.Effect<unknown, Stop> = Effect.void
) {
  somebody.past.push(yield* somebody.person.breaks(how))
  yield* meanwhile
  const [first, ...more] = somebody.past
  somebody.person = yield* comeBack(t, [first!, ...more])
})

/** What every history has, so that every requirement is judged: somebody talks, breaks off and comes back to a room where another is. */
const encore = Effect.fnUntraced(function* (t: Scenario, keeper: Watched, somebody: Somebody) {
  const room = t.roomName()
  yield* keeper.post({ type: "join", room })
  yield* somebody.person.post({ type: "join", room })
  const id = yield* somebody.person.post({ type: "send", room, text: "encore" })
  yield* somebody.person.until(({ object }) => object["re"] === id, "`sent`")
  yield* breakAndReturn(t, somebody, "RST", keeper.post({ type: "send", room, text: "meanwhile" }))
})

property(
  "whatever people do at once, all see one log",
  guaranteesOfReturns,
  fc.record(
    {
      // Whether somebody is in the rooms all the time; if not, they are forgotten and come back.
      isKept: fc.boolean(),
      deeds: fc.array(fc.array(deed, { maxLength: 12 }), { minLength: 3, maxLength: 3 })
    },
    plain
  ),
  function* (t, { deeds, isKept }) {
    const [keeper, ...people] = (yield* t.people(4)).map(watch)
    const rooms = [t.roomName(), t.roomName()]
    if (isKept) for (const room of rooms) yield* keeper!.post({ type: "join", room })
    const all = people.map((person): Somebody => ({ person, past: [] }))
    yield* Effect.forEach(all, (somebody, nth) => play(t, somebody, rooms, deeds[nth]!), { concurrency: "unbounded" })
    yield* encore(t, keeper!, all[0]!)
    const past = all.flatMap((somebody) => somebody.past)
    yield* judgeLanes(t, [keeper!, ...all.map(({ person }) => person)], guaranteesOfReturns, past)
  },
  { connections: 4 + 3 * mostBreaks + 1, isRacy: true }
)
