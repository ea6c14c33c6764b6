/** The tests of spec/websocket.md. Where everything else is said over a WebSocket, too, all other tests judge it. */

import * as Effect from "effect/Effect"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Client } from "../src/scenario.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import type { Stop } from "../src/verdict.ts"
import { closing, type FrameLike, opcodes } from "../src/wire/frames.ts"

const { binary, close, continuation, ping, text } = opcodes

const utf8 = (said: string): Uint8Array => new TextEncoder().encode(said)

const message = (said: string): FrameLike => ({ opcode: text, payload: said })

/** A message cut into these pieces, with what stands between them. */
const cutUp = (pieces: ReadonlyArray<Uint8Array>, between: ReadonlyArray<FrameLike> = []): ReadonlyArray<FrameLike> =>
  pieces.flatMap((payload, at) => [
    { opcode: at === 0 ? text : continuation, fin: at === pieces.length - 1, payload },
    ...(at < pieces.length - 1 ? between : [])
  ])

const byByte = (said: string): ReadonlyArray<Uint8Array> => [...utf8(said)].map((byte) => Uint8Array.of(byte))

/** Judges that the server ends the connection with this close code. */
const closesWith = Effect.fnUntraced(function* (
  t: Scenario,
  client: Client,
  id: RequirementId,
  code: number,
  sent: string
): Effect.fn.Return<void, Stop> {
  const { before, close: came, how } = yield* client.rest({ id })
  yield* t.judge(id, how === "FIN" && came === code, {
    sent,
    expected: `a Close frame with the code ${code}`,
    got: `${before.map((item) => (item._tag === "Object" ? item.line : item._tag)).join(" ")} then ${came ?? how}`
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// The handshake
// ---------------------------------------------------------------------------------------------------------------------

scenario("the subprotocol is chosen from whatever is offered", ["WS-1"], function* (t) {
  for (const offered of ["tertulia.v1", "chat, tertulia.v1", "tertulia.v2,tertulia.v1 , x"]) {
    const { fields, status } = yield* t.handshake({ "Sec-WebSocket-Protocol": offered })
    const chosen = fields["sec-websocket-protocol"]
    yield* t.judge("WS-1", status === 101 && chosen === "tertulia.v1", {
      sent: `Sec-WebSocket-Protocol: ${offered}`,
      expected: "101, and Sec-WebSocket-Protocol: tertulia.v1",
      got: `${status}, and ${chosen ?? "no subprotocol"}`
    })
  }
})

scenario("whoever doesn't offer the subprotocol is refused", ["WS-2"], function* (t) {
  for (const offered of [undefined, "chat", "tertulia.v2", "tertulia"]) {
    const { status } = yield* t.handshake({ "Sec-WebSocket-Protocol": offered })
    yield* t.judge("WS-2", status === 400, {
      sent: offered === undefined ? "a handshake without a subprotocol" : `Sec-WebSocket-Protocol: ${offered}`,
      expected: "the status 400",
      got: status
    })
  }
})

scenario("the page of a stranger is refused", ["WS-3"], function* (t) {
  for (const origin of ["https://evil.example", "null", "http://localhost.evil.example"]) {
    const { status } = yield* t.handshake({ Origin: origin })
    yield* t.judge("WS-3", status === 403, { sent: `Origin: ${origin}`, expected: "the status 403", got: status })
  }
  const { status } = yield* t.handshake({})
  yield* t.judge("WS-3", status === 101, { sent: "no Origin", expected: "101: it is no page", got: status })
})

scenario("no extension is agreed on", ["WS-4"], function* (t) {
  const offered = "permessage-deflate; client_max_window_bits"
  const { fields, status } = yield* t.handshake({ "Sec-WebSocket-Extensions": offered })
  const agreed = fields["sec-websocket-extensions"]
  yield* t.judge("WS-4", status === 101 && agreed === undefined, {
    sent: `Sec-WebSocket-Extensions: ${offered}`,
    expected: "101, without an extension",
    got: `${status}, ${agreed ?? "without an extension"}`
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Messages
// ---------------------------------------------------------------------------------------------------------------------

scenario("every object is one text message", ["WS-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const said = 'two\nlines, quotes " \\ and ñ 漢 😀'
  yield* ana.send(room, said)
  yield* ana.ask({ type: "members", room })
  const [entry] = yield* leo.messages(room)
  yield* t.judge("WS-5", entry?.text === said, {
    sent: said,
    expected: "the text in one `message`: JSON writes an LF inside a text as \\n",
    got: entry ?? "no message"
  })
})

scenario("an LF in a message is white space", ["WS-6"], function* (t) {
  const client = yield* t.connection()
  yield* client.frames(message('\n{"type":\n"ping",\r\n"id":1}\n'))
  const reply = yield* client.reply(1, { id: "WS-6" })
  yield* t.judge("WS-6", reply.type === "pong", { expected: "`pong`", got: reply })
  for (const bad of ['{"type":"ping","id":2,"x":"a\nb"}', '{"type":"ping","id":3}\n{"type":"ping","id":4}']) {
    yield* client.frames(message(bad))
    yield* client.refusal(undefined, "bad-json", { id: "WS-6" })
  }
  yield* client.quiet
})

scenario("a blank message asks for nothing", ["WS-6"], function* (t) {
  const client = yield* t.connection()
  yield* client.frames(message(""), message(" \t\r\n"), message('{"type":"ping","id":1}'), message("\n"))
  const reply = yield* client.reply(1, { id: "WS-6" })
  yield* t.judge("WS-6", reply.type === "pong", { expected: "`pong`, and nothing for the blank messages", got: reply })
  yield* client.quiet
})

scenario("a message in many frames is one message", ["WS-7"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const said = "mañana, 漢字, 😀"
  yield* ana.frames(...cutUp(byByte(`{"type":"send","id":900,"room":"${room}","text":"${said}"}`)))
  const sent = yield* ana.reply(900, { id: "WS-7" })
  const [entry] = yield* leo.messages(room)
  yield* t.judge("WS-7", sent.type === "sent" && entry?.text === said, {
    sent: `a \`send\` with the text "${said}", a frame for each byte`,
    expected: "one `message` with that text",
    got: entry ?? sent
  })
})

scenario("a message may have a thousand frames, some of them empty", ["WS-7"], function* (t) {
  const client = yield* t.connection()
  const pieces = [...byByte('{"type":"ping","id":1}'), ...Array.from({ length: 978 }, () => new Uint8Array(0))]
  yield* client.frames(...cutUp(pieces))
  const reply = yield* client.reply(1, { id: "WS-7" })
  yield* t.judge("WS-7", reply.type === "pong", { expected: "`pong`", got: reply })
})

scenario("control frames may stand between the frames of a message", ["WS-7", "WS-8"], function* (t) {
  const client = yield* t.connection()
  const pieces = byByte('{"type":"ping","id":1}').slice(0, 5)
  const rest = utf8('{"type":"ping","id":1}').subarray(5)
  const between: ReadonlyArray<FrameLike> = [
    { opcode: ping, payload: "amid" },
    { opcode: opcodes.pong, payload: "unasked" }
  ]
  yield* client.frames(...cutUp([...pieces, rest], between))
  const reply = yield* client.reply(1, { id: "WS-7" })
  yield* t.judge("WS-7", reply.type === "pong", { expected: "`pong`", got: reply })
  const pongs = client.connection.pongs()
  yield* t.judge("WS-8", pongs.length === 5 && pongs.every((payload) => payload === "amid"), {
    sent: 'five ping frames with "amid", between six frames of a message',
    expected: "five pong frames with it, before the reply",
    got: pongs
  })
})

scenario("a ping frame is answered by a pong frame", ["WS-8"], function* (t) {
  const client = yield* t.connection()
  const payloads = ["", "hola", "x".repeat(125)]
  for (const payload of payloads) {
    yield* client.frames({ opcode: ping, payload })
    yield* client.ping
  }
  const pongs = client.connection.pongs()
  yield* t.judge("WS-8", JSON.stringify(pongs) === JSON.stringify(payloads), {
    expected: payloads.join(", "),
    got: pongs
  })
})

const pings = Array.from({ length: 8 }, (_, nth) => message(`{"type":"ping","id":${nth + 1}}`))

scenario("a message too long ends the connection, after the earlier replies", ["WS-9"], function* (t) {
  const client = yield* t.connection()
  yield* client.frames(...pings, message("x".repeat(t.limits.line)))
  for (const nth of pings.keys()) yield* client.reply(nth + 1, { id: "WS-9" })
  yield* closesWith(t, client, "WS-9", 1009, `eight pings, and a message of ${t.limits.line} bytes`)
})

scenario("a message too long is noticed in whatever frames it comes", ["WS-9"], function* (t) {
  const client = yield* t.connection()
  yield* client.ping
  const piece = utf8("x".repeat(Math.floor(0.4 * t.limits.line)))
  yield* client.frames(...cutUp([piece, piece, piece]))
  yield* closesWith(t, client, "WS-9", 1009, "a message in three frames, longer than limits.line together")
})

scenario("a binary message ends the connection, after the earlier replies", ["WS-10"], function* (t) {
  const client = yield* t.connection()
  yield* client.frames(...pings, { opcode: binary, payload: '{"type":"ping","id":9}' })
  for (const nth of pings.keys()) yield* client.reply(nth + 1, { id: "WS-10" })
  yield* closesWith(t, client, "WS-10", 1003, "eight pings, and a ninth in a binary frame")
})

const notUtf8: ReadonlyArray<readonly [what: string, pieces: ReadonlyArray<Uint8Array>]> = [
  ["a byte that is no UTF-8", [Uint8Array.of(0x22, 0xff, 0x22)]],
  ["an overlong NUL", [Uint8Array.of(0x22, 0xc0, 0x80, 0x22)]],
  ["a surrogate in UTF-8", [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)]],
  ["half a character at the end of a message", [Uint8Array.of(0x22, 0xc3)]],
  ["half a character in one frame, and no other half in the next", [Uint8Array.of(0x22, 0xc3), Uint8Array.of(0x22)]]
]

for (const [what, pieces] of notUtf8) {
  scenario(`${what} ends the connection`, ["WS-11"], function* (t) {
    const client = yield* t.connection()
    yield* client.ping
    yield* client.frames(...cutUp(pieces))
    yield* closesWith(t, client, "WS-11", 1007, `a text message with ${what}`)
  })
}

const forbidden: ReadonlyArray<readonly [what: string, frames: ReadonlyArray<FrameLike>]> = [
  ["a frame without a mask", [{ opcode: text, masked: false, payload: '{"type":"ping","id":1}' }]],
  ["a frame with a reserved bit", [{ opcode: text, reserved: 4, payload: '{"type":"ping","id":1}' }]],
  ["a frame with a reserved opcode", [{ opcode: 0x3, payload: '{"type":"ping","id":1}' }]],
  ["a control frame with a reserved opcode", [{ opcode: 0xb }]],
  ["a frame that goes on with nothing", [{ opcode: continuation, payload: '{"type":"ping","id":1}' }]],
  [
    "a message that begins amid another",
    [{ opcode: text, fin: false, payload: "{" }, message('{"type":"ping","id":1}')]
  ],
  ["a control frame that is cut", [{ opcode: ping, fin: false, payload: "ho" }]],
  ["a control frame of 126 bytes", [{ opcode: ping, payload: "x".repeat(126) }]]
]

for (const [what, frames] of forbidden) {
  scenario(`${what} ends the connection`, ["WS-12"], function* (t) {
    const client = yield* t.connection()
    yield* client.ping
    yield* client.frames(...frames)
    yield* closesWith(t, client, "WS-12", 1002, what)
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// Endings
// ---------------------------------------------------------------------------------------------------------------------

scenario("after goodbye comes a Close frame with 1000", ["WS-13"], function* (t) {
  const client = yield* t.connection()
  const bye = yield* client.ask({ type: "bye" })
  yield* closesWith(t, client, "WS-13", 1000, `${bye.type}`)
})

scenario("the close code is that of the bye", ["WS-13"], function* (t) {
  const client = yield* t.connection()
  yield* client.frames(message("GET / HTTP/1.1"))
  yield* client.next("bye")
  yield* closesWith(t, client, "WS-13", 1003, "a first message that is no object: `bye` with not-tertulia")
})

scenario("whoever is silent is told by the close code, too", ["WS-13"], function* (t) {
  const client = yield* t.person()
  yield* client.fallSilent
  const more = { seconds: 4 * t.heartbeat }
  const bye = yield* client.find("bye", undefined, { ...more, id: "HEART-2" })
  yield* closesWith(t, client, "WS-13", 4002, `silence for two heartbeats: \`bye\` with ${bye.code}`)
})

scenario("a server that stops says so in the close code", ["WS-13"], { needs: "start" }, function* (t) {
  const server = yield* t.ownServer
  const client = yield* t.person()
  yield* server.stop
  yield* client.find("bye")
  yield* closesWith(t, client, "WS-13", 1001, "SIGTERM to the server")
})

scenario("a Close frame is answered by a Close frame", ["WS-14"], function* (t) {
  const sayings: ReadonlyArray<ReadonlyArray<FrameLike>> = [
    [{ opcode: close }],
    [{ opcode: close, payload: closing(1000) }],
    [{ opcode: close, payload: closing(1001, "the page was closed") }],
    [
      { opcode: text, fin: false, payload: '{"type":' },
      { opcode: close, payload: closing(1000) }
    ]
  ]
  for (const frames of sayings) {
    const client = yield* t.connection()
    yield* client.ping
    yield* client.frames(...frames)
    const { close: came, how } = yield* client.rest({ id: "WS-14" })
    yield* t.judge("WS-14", how === "FIN" && came !== undefined, {
      sent: `a Close frame, after ${frames.length - 1} others`,
      expected: "a Close frame",
      got: how
    })
  }
})

scenario("a page that is closed leaves its rooms", ["WS-14"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* leo.frames({ opcode: close, payload: closing(1001) })
  const { how } = yield* leo.rest({ id: "WS-14" })
  const left = yield* ana.find("member", ({ change, nick }) => change === "left" && nick === leo.nick, { id: "WS-14" })
  yield* t.judge("WS-14", how === "FIN" && left.room === room, {
    sent: "a Close frame with 1001",
    expected: "the end of the connection, and `member` with left to the others",
    got: left
  })
})
