/** The tests of spec/tls.md: they run when the target is spoken to over TLS. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import type { Stop } from "../src/verdict.ts"
import {
  alert,
  type Beneath,
  beneath,
  kindsOfRecords,
  shakesHands,
  trickle,
  type Version,
  type Waited
} from "../src/wire/beneath.ts"

const patience = 5_000

/** Judges a requirement broken when something is waited for in vain. */
const inTime = <A, R>(
  t: Scenario,
  id: RequirementId,
  expected: string,
  effect: Effect.Effect<A, Waited, R>
): Effect.Effect<A, Stop, R> =>
  Effect.catchTag(effect, "Waited", ({ millis }) =>
    t.broken({ expected, got: `nothing of the kind for ${millis} ms` }, undefined, id)
  )

/** A TCP connection to the port for TLS. */
const opened = (t: Scenario, id: RequirementId): Effect.Effect<Beneath, Stop, Scope.Scope> =>
  inTime(t, id, "a connection", beneath(t.address(), patience))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

// ---------------------------------------------------------------------------------------------------------------------
// The lines
// ---------------------------------------------------------------------------------------------------------------------

scenario("over TLS the server greets, and a request in many records is one request", ["TLS-1"], function* (t) {
  const client = yield* t.connection()
  // Each write is a record of its own.
  yield* client.bytes(...[...utf8('{"type":"ping","id":1,"x":"ñ"}\r\n')].map((byte) => Uint8Array.of(byte)))
  const reply = yield* client.reply(1, { id: "TLS-1" })
  yield* t.judge("TLS-1", reply.type === "pong", {
    sent: "a `ping`, one byte in each record",
    expected: "one `pong`",
    got: reply
  })
})

scenario("over TLS many requests in one record are many requests", ["TLS-1"], function* (t) {
  const client = yield* t.connection()
  const pings = Array.from({ length: 8 }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`)
  yield* client.bytes(pings.join(""))
  for (const nth of pings.keys()) {
    const reply = yield* client.reply(nth + 1, { id: "TLS-1" })
    yield* t.judge("TLS-1", reply.type === "pong", { expected: "eight times `pong`", got: reply })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Handshakes
// ---------------------------------------------------------------------------------------------------------------------

const versions: ReadonlyArray<
  readonly [title: string, id: "TLS-2" | "TLS-3", versions: readonly [Version, Version], accepted: boolean]
> = [
  ["TLS 1.3 is accepted", "TLS-2", ["TLSv1.3", "TLSv1.3"], true],
  ["TLS 1.0 and 1.1 are not accepted", "TLS-3", ["TLSv1", "TLSv1.1"], false]
]

for (const [title, id, offered, accepted] of versions) {
  scenario(title, [id], { connections: 1 }, function* (t) {
    const got = yield* inTime(t, id, "the end of the handshake", shakesHands(t.address(), offered, patience))
    yield* t.judge(id, got === accepted, {
      sent: `a handshake of ${offered.join(" or ")}`,
      expected: accepted ? "a connection" : "an alert, and the end",
      got: got ? "a connection" : "no connection"
    })
  })
}

/** The beginning of a handshake that says it is 512 bytes long. */
const beginning = Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03)

const idlers: ReadonlyArray<readonly [title: string, trickles: boolean]> = [
  ["a handshake that never begins ends the connection in time", false],
  ["a handshake that trickles in ends the connection in time", true]
]

for (const [title, trickles] of idlers) {
  scenario(title, ["TLS-4"], { connections: 1 }, function* (t) {
    const { loginSeconds } = t.limits
    const began = yield* t.now
    const connection = yield* opened(t, "TLS-4")
    if (trickles) {
      yield* connection.write(beginning)
      yield* trickle(connection, 125 * t.heartbeat)
    }
    const expected = `the end after ${loginSeconds} s, at most ${2 * t.heartbeat} s late`
    yield* inTime(t, "TLS-4", expected, connection.ended(1_000 * (loginSeconds + 2 * t.heartbeat) + patience))
    const seconds = ((yield* t.now) - began) / 1_000
    yield* t.judge("TLS-4", seconds > loginSeconds - 0.5 && seconds < loginSeconds + 2 * t.heartbeat + 0.5, {
      sent: trickles ? "a handshake, byte by byte" : "nothing",
      expected,
      got: `the end after ${seconds} s`
    })
  })
}

scenario("connections count before their handshake, too", ["TLS-5"], { connections: "all" }, function* (t) {
  const { connections } = t.limits
  if (connections > 1_024) yield* t.notRun("the target allows more connections from one address than the suite opens")
  for (let nth = 0; nth < connections; nth++) yield* opened(t, "TLS-5")
  const client = yield* t.connect()
  const first = yield* client.object({ id: "TLS-5" })
  yield* t.judge("TLS-5", first.type === "bye" && first.object["code"] === "too-many-connections", {
    sent: `${connections} connections without a handshake, and one with`,
    expected: "`bye` with too-many-connections in place of `hello`",
    got: first.line
  })
})

scenario("what is no TLS is neither answered nor executed", ["TLS-6"], function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const plain = yield* opened(t, "TLS-6")
  const nick = t.nick()
  yield* plain.write(
    [
      `{"type":"login","id":1,"nick":"${nick}"}`,
      `{"type":"join","id":2,"room":"${room}"}`,
      `{"type":"send","id":3,"room":"${room}","text":"hola"}`,
      ""
    ].join("\n")
  )
  const answer = yield* inTime(t, "TLS-6", "the end of the connection", plain.ended(patience))
  yield* t.judge("TLS-6", !answer.includes("{"), {
    sent: "a `login` without TLS",
    expected: "the end, after an alert at most",
    got: answer.toString("latin1")
  })
  const seen = yield* leo.messages(room)
  yield* t.judge("TLS-6", seen.length === 0, { expected: "no message that came without TLS", got: seen })
})

// ---------------------------------------------------------------------------------------------------------------------
// Ends
// ---------------------------------------------------------------------------------------------------------------------

scenario("the server says close_notify before its FIN", ["TLS-7"], { connections: 1 }, function* (t) {
  const bye = '{"type":"bye","id":1}\n'
  const kinds = yield* inTime(t, "TLS-7", "the end of the connection", kindsOfRecords(t.address(), bye, patience))
  if (kinds.length === 0)
    yield* t.notRun("the target doesn't accept TLS 1.2, in which alone an alert can be told from outside")
  yield* t.judge("TLS-7", kinds.at(-1) === alert, {
    sent: bye,
    expected: "an alert as the last record",
    got: kinds.map((kind) => (kind === alert ? "alert" : `record of kind ${kind}`))
  })
})

scenario("who has sent close_notify still gets every reply", ["TLS-8"], function* (t) {
  const client = yield* t.connection()
  const pings = Array.from({ length: 20 }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`)
  yield* client.bytes(pings.join(""))
  yield* client.end
  const { before, how } = yield* client.rest()
  const pongs = before.filter(({ type }) => type === "pong")
  yield* t.judge("TLS-8", how === "FIN" && pongs.length === 20, {
    sent: "20 pings and close_notify",
    expected: "20 times `pong`, then the end",
    got: `${pongs.length} times \`pong\` among ${before.length} objects, then ${how}`
  })
})

scenario("over TLS a last line without LF is not a line", ["TLS-9"], function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* t.person("ana")
  yield* ana.join(room)
  yield* ana.bytes(`{"type":"ping","id":900}\n{"type":"send","id":901,"room":"${room}","text":"torso"}`)
  yield* ana.reply(900, { id: "TLS-9" })
  yield* ana.end
  const { before } = yield* ana.rest()
  const replies = before.filter(({ object, type }) => "re" in object || type === "error").map(({ line }) => line)
  yield* t.judge("TLS-9", replies.length === 0, { expected: "no reply to the unended line", got: replies })
  const seen = yield* leo.messages(room)
  yield* t.judge("TLS-9", seen.length === 0, { expected: "no message from the unended line", got: seen })
})

scenario("a last line that is cut off without close_notify is no line", ["TLS-9"], function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* t.person("ana")
  yield* ana.join(room)
  yield* ana.hangUp(`{"type":"send","id":901,"room":"${room}","text":"torso"}`)
  yield* leo.find("member", (event) => event.nick === ana.nick && event.change === "left", { id: "MEMBER-2" })
  const seen = yield* leo.messages(room)
  yield* t.judge("TLS-9", seen.length === 0, { expected: "no message from the unended line", got: seen })
})
