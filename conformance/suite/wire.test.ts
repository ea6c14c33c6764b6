/** The tests of spec/wire.md. */
import { scenario } from "../src/scenario.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const byByte = (text: string): ReadonlyArray<Uint8Array> => [...utf8(text)].map((byte) => Uint8Array.of(byte))

/** A `ping` padded with a field that nobody knows to exactly this many bytes, its LF included. */
const pingOf = (bytes: number, id: number): string => {
  const bare = `{"type":"ping","id":${id},"pad":""}\n`
  return bare.replace('""', `"${"x".repeat(bytes - bare.length)}"`)
}

// ---------------------------------------------------------------------------------------------------------------------
// Lines
// ---------------------------------------------------------------------------------------------------------------------

scenario("every message of the server is one object on one line", ["FRAME-1", "REPLY-9"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const text = 'two\nlines, a tab\t, quotes " \\ and ñ 漢 😀 \u2028'
  yield* ana.send(room, text)
  yield* ana.ask({ type: "members", room })
  yield* ana.ask({ type: "rooms" })
  const [entry] = yield* leo.messages(room)
  yield* t.judge("FRAME-1", entry?.text === text, {
    sent: text,
    expected: "the text in one `message`, on one line: JSON writes an LF inside a text as \\n",
    got: entry ?? "no message"
  })
  yield* leo.leave(room)
  const bye = yield* leo.ask({ type: "bye" })
  yield* t.judge("REPLY-9", bye.type === "bye", { expected: "objects that their schemas accept", got: bye })
})

scenario("a line may end in CR LF", ["FRAME-2"], function* (t) {
  const client = yield* t.connection()
  yield* client.bytes('{"type":"ping","id":1}\r\n{"type":"ping","id":2}\r', "\n")
  const first = yield* client.reply(1, { id: "FRAME-2" })
  const second = yield* client.reply(2, { id: "FRAME-2" })
  yield* t.judge("FRAME-2", first.type === "pong" && second.type === "pong", {
    expected: "`pong` to both: the CR before the LF is no part of the line",
    got: [first, second]
  })
})

scenario("blank lines are no requests, not even the first", ["FRAME-3"], function* (t) {
  const client = yield* t.connection()
  yield* client.bytes("\n\r\n  \t \n")
  yield* client.bytes('{"type":"ping","id":1}\n\n \n\r\n{"type":"ping","id":2}\n')
  for (const id of [1, 2]) {
    const reply = yield* client.reply(id, { id: "FRAME-3" })
    yield* t.judge("FRAME-3", reply.type === "pong", {
      expected: "`pong`, and nothing for the blank lines",
      got: reply
    })
  }
  yield* client.ping
})

scenario("a request in many segments is one request", ["FRAME-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const text = "mañana, 漢字, 😀"
  yield* ana.bytes(...byByte(`{"type":"send","id":900,"room":"${room}","text":"${text}"}\r\n`))
  const sent = yield* ana.reply(900, { id: "FRAME-4" })
  const [entry] = yield* leo.messages(room)
  yield* t.judge("FRAME-4", sent.type === "sent" && entry?.text === text, {
    sent: `a \`send\` with the text "${text}", one byte at a time`,
    expected: `one \`message\` with that text: recv() gives bytes, so put them into a buffer until there is an LF`,
    got: entry ?? sent
  })
})

scenario("many requests in one segment are many requests", ["FRAME-4"], function* (t) {
  const client = yield* t.connection()
  const pings = Array.from({ length: 5 }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`)
  yield* client.bytes(pings.join(""))
  for (const nth of pings.keys()) {
    const reply = yield* client.reply(nth + 1, { id: "FRAME-4" })
    yield* t.judge("FRAME-4", reply.type === "pong", { expected: "five times `pong`", got: reply })
  }
})

scenario("two requests and a half, and the other half later", ["FRAME-4"], function* (t) {
  const client = yield* t.connection()
  yield* client.bytes('{"type":"ping","id":1}\n{"type":"ping","id":2}\n{"type":"pi')
  const early = [yield* client.reply(1, { id: "FRAME-4" }), yield* client.reply(2, { id: "FRAME-4" })]
  yield* client.bytes('ng","id":3}\n')
  const late = yield* client.reply(3, { id: "FRAME-4" })
  yield* t.judge(
    "FRAME-4",
    [...early, late].every(({ type }) => type === "pong"),
    {
      expected: "`pong` to the first two at once, and to the third when its end has come",
      got: [...early, late]
    }
  )
})

scenario("a line of exactly limits.line bytes is legal", ["FRAME-5"], function* (t) {
  const client = yield* t.connection()
  yield* client.bytes(pingOf(t.limits.line, 1))
  const reply = yield* client.reply(1, { id: "FRAME-5" })
  yield* t.judge("FRAME-5", reply.type === "pong", {
    sent: `a ping of ${t.limits.line} bytes, its LF included`,
    expected: "`pong`",
    got: reply
  })
})

scenario("a line without end ends the connection, after the earlier replies", ["FRAME-6"], function* (t) {
  const client = yield* t.connection()
  const pings = Array.from({ length: 8 }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`)
  yield* client.bytes(pings.join("") + "x".repeat(t.limits.line))
  for (const nth of pings.keys()) yield* client.reply(nth + 1, { id: "FRAME-6" })
  yield* client.goodbye("line-too-long")
})

scenario("a line that is one byte too long ends the connection", ["FRAME-6"], function* (t) {
  const client = yield* t.connection()
  yield* client.ping
  yield* client.bytes(pingOf(t.limits.line + 1, 1))
  yield* client.goodbye("line-too-long")
})

scenario("a line too long is noticed in whatever pieces it comes", ["FRAME-6"], function* (t) {
  const rude = yield* t.connection()
  const other = yield* t.connection()
  yield* rude.ping
  // By the time that the other is answered the server has read the piece: each is a `recv` of its own.
  for (const share of [0.4, 0.4, 0.4]) {
    yield* rude.bytes("x".repeat(Math.floor(share * t.limits.line)))
    yield* other.ping
  }
  yield* rude.goodbye("line-too-long")
})

scenario("a megabyte without LF ends that connection and no other", ["FRAME-6"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const rude = yield* t.connection()
  yield* rude.bytes(...Array.from({ length: 16 }, () => "[".repeat(65_536)))
  yield* rude.goodbye("line-too-long")
  yield* ana.send(room, "still here")
  yield* leo.next("message")
})

scenario("a bad line costs that line only", ["FRAME-7"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const bad = ["nonsense", "{", '{"type":"ping","id":1}}', "[1,2]", '"ping"', "42", "null", "{]", "{\"type\":'ping'}"]
  for (const line of bad) {
    yield* ana.line(line)
    yield* ana.refusal(undefined, "bad-json")
  }
  yield* ana.send(room, "and on it goes")
  const [entry] = yield* ana.messages(room)
  yield* t.judge("FRAME-7", entry?.seq === 1, {
    expected: "the connection as it was before",
    got: entry ?? "no message"
  })
})

for (const [what, line] of [
  ["HTTP", "GET / HTTP/1.1"],
  ["a list", "[]"],
  ["a word", "hello"],
  ["broken JSON", '{"type":"ping","id":1'],
  ["a byte order mark", '\ufeff{"type":"ping","id":1}']
] as const) {
  scenario(`whoever begins with ${what} does not speak Tertulia`, ["FRAME-8"], function* (t) {
    const client = yield* t.connection()
    yield* client.bytes(`\r\n${line}\r\n{"type":"ping","id":1}\n`)
    yield* client.goodbye("not-tertulia")
  })
}

scenario("a web page can't post into a room", ["FRAME-8"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const body = `{"type":"login","id":1,"nick":"${t.nick("web")}"}\n{"type":"join","id":2,"room":"${room}"}\n`
  const browser = yield* t.connection("browser")
  yield* browser.bytes(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  yield* browser.goodbye("not-tertulia")
  const events = yield* ana.memberEvents(room)
  yield* t.judge("FRAME-8", events.length === 0, { expected: "nobody joined by HTTP", got: events })
})

scenario("a server's lines keep to limits.line", ["FRAME-9"], { connections: 12 }, function* (t) {
  const people = yield* t.people(8)
  const room = yield* t.room(...people)
  const [ana] = people
  if (ana === undefined) return
  const text = '"'.repeat(t.limits.text)
  yield* ana.send(room, text)
  yield* ana.ask({ type: "rooms" })
  const members = yield* ana.members(room)
  const [entry] = yield* ana.messages(room)
  yield* t.judge("FRAME-9", members.length === 8 && entry?.text === text, {
    expected: `whole answers in lines of at most ${t.limits.line} bytes`,
    got: { members: members.length, text: `${entry?.text.length} characters` }
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// JSON
// ---------------------------------------------------------------------------------------------------------------------

const notJson: ReadonlyArray<readonly [string, string | Uint8Array]> = [
  ["NaN", '{"type":"ping","id":NaN}'],
  ["Infinity", '{"type":"ping","id":Infinity}'],
  ["a comment", '{"type":"ping",/* one */"id":1}'],
  ["a trailing comma", '{"type":"ping","id":1,}'],
  ["single quotes", "{'type':'ping','id':1}"],
  ["a raw tab in a string", '{"type":"ping","id":1,"type":"pi\tng"}'],
  ["a raw NUL", '{"type":"ping","id":1,"type":"pi\0ng"}'],
  ["a leading zero", '{"type":"ping","id":01}'],
  ["a plus sign", '{"type":"ping","id":+1}'],
  ["a byte order mark", '\ufeff{"type":"ping","id":1}'],
  ["two objects", '{"type":"ping","id":1} {"type":"ping","id":2}'],
  ["a bad escape", '{"type":"ping","id":1,"type":"\\x70ing"}'],
  ["a list", '[{"type":"ping","id":1}]'],
  ["a byte that is no UTF-8", Uint8Array.of(...utf8('{"type":"'), 0xff, ...utf8('","id":1}'))],
  ["an overlong NUL", Uint8Array.of(...utf8('{"type":"'), 0xc0, 0x80, ...utf8('","id":1}'))],
  ["a surrogate in UTF-8", Uint8Array.of(...utf8('{"type":"'), 0xed, 0xa0, 0x80, ...utf8('","id":1}'))],
  ["half a character", Uint8Array.of(...utf8('{"type":"ping","id":1,"type":"'), 0xc3, ...utf8('"}'))],
  ["bytes of a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x1a, 0x00, 0xff, 0xfe)]
]

for (const [what, line] of notJson) {
  // A WebSocket ends over a message that is not UTF-8 (WS-11).
  const over = typeof line === "string" ? {} : ({ over: "tcp" } as const)
  scenario(`${what} is no JSON text`, ["JSON-1"], over, function* (t) {
    const client = yield* t.connection()
    yield* client.ping
    yield* client.bytes(line, "\n")
    yield* client.refusal(undefined, "bad-json")
    yield* client.ping
  })
}

/** A ping with a field that nobody knows, so that the whole nests this deep. */
const nested = (levels: number, id: number): string =>
  `{"type":"ping","id":${id},"x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`

scenario("eight levels are accepted", ["JSON-2"], function* (t) {
  const client = yield* t.connection()
  yield* client.line(nested(8, 1))
  const lists = yield* client.reply(1, { id: "JSON-2" })
  yield* client.line('{"type":"ping","id":2,"x":{"a":{"b":{"c":{"d":{"e":{"f":{}}}}}}}}')
  const objects = yield* client.reply(2, { id: "JSON-2" })
  yield* client.line(`{"type":"ping","id":3,"x":"${"[{".repeat(40)}"}`)
  const quoted = yield* client.reply(3, { id: "JSON-2" })
  yield* t.judge(
    "JSON-2",
    [lists, objects, quoted].every(({ type }) => type === "pong"),
    {
      expected: "`pong` to 8 levels of lists, to 8 of objects, and to brackets inside a string",
      got: [lists, objects, quoted]
    }
  )
})

scenario("nine levels are refused, even in a field that nobody knows", ["JSON-3"], function* (t) {
  const client = yield* t.connection()
  yield* client.ping
  yield* client.line(nested(9, 1))
  yield* client.refusal(undefined, "bad-json")
  yield* client.line('{"type":"ping","id":2,"x":{"a":{"b":{"c":{"d":{"e":{"f":{"g":{}}}}}}}}}')
  yield* client.refusal(undefined, "bad-json")
  yield* client.ping
})

scenario("nesting as deep as the line allows doesn't hurt the server", ["JSON-3"], function* (t) {
  const client = yield* t.connection()
  yield* client.ping
  const depth = Math.floor(t.limits.line / 2) - 40
  for (const line of [nested(depth, 1), "[".repeat(t.limits.line - 2), '{"a":'.repeat(Math.floor(t.limits.line / 6))]) {
    yield* client.line(line)
    yield* client.refusal(undefined, "bad-json")
  }
  yield* client.ping
})

scenario("an escape that no UTF-8 can hold is refused", ["JSON-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  for (const escaped of ["\\ud800", "\\udc00", "a\\udfffb", "\\ud83d\\ud83d", "\\u0000", "a\\u0000b"]) {
    yield* ana.line(`{"type":"send","id":1,"room":"${room}","text":"${escaped}"}`)
    yield* ana.refusal(undefined, "bad-json")
  }
  yield* ana.line(`{"type":"send","id":2,"room":"${room}","text":"\\ud83d\\ude00"}`)
  yield* ana.reply(2, { id: "JSON-4" })
  const seen = yield* leo.messages(room)
  yield* t.judge("JSON-4", seen.map(({ text }) => text).join() === "😀", {
    expected: "only the whole pair of surrogates reaches the room",
    got: seen
  })
})

scenario("a field that is missing or of the wrong type is named", ["JSON-5"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const wrong: ReadonlyArray<readonly [Record<string, unknown> & { type: string }, string]> = [
    [{ type: "send", room }, "text"],
    [{ type: "send", text: "x" }, "room"],
    [{ type: "send", room, text: 5 }, "text"],
    [{ type: "send", room, text: null }, "text"],
    [{ type: "send", room, text: ["x"] }, "text"],
    [{ type: "send", room: { name: room }, text: "x" }, "room"],
    [{ type: "join", room: null }, "room"],
    [{ type: "join", room: t.roomName(), create: 0 }, "create"],
    [{ type: "join", room: t.roomName(), create: "false" }, "create"],
    [{ type: "join", room: t.roomName(), create: null }, "create"],
    [{ type: "join", room: t.roomName(), after: "5", epoch: "x" }, "after"],
    [{ type: "join", room: t.roomName(), after: 5, epoch: 6 }, "epoch"],
    [{ type: "join", room: t.roomName(), after: true, epoch: "x" }, "after"],
    [{ type: "leave" }, "room"],
    [{ type: "members", room, limit: "2" }, "limit"],
    [{ type: "rooms", after: 1 }, "after"],
    [{ type: "rooms", limit: true }, "limit"]
  ]
  for (const [request, field] of wrong) yield* ana.refused(request, "bad-request", { field })
  yield* ana.line('{"id":9}')
  yield* ana.refusal(9, "bad-request", { field: "type" })
  yield* ana.line('{"id":10,"type":7}')
  yield* ana.refusal(10, "bad-request", { field: "type" })
})

scenario("an integer must be integral and in range", ["JSON-6"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  for (const id of ["0", "-1", "1.5", "2147483648", "1152921504606846976", "1e99", "true", "null", '"1"', "[1]"]) {
    yield* ana.line(`{"type":"ping","id":${id}}`)
    yield* ana.refusal(undefined, "bad-request", { field: "id" })
  }
  yield* ana.refused({ type: "members", room, limit: 1.5 }, "bad-request", { field: "limit" })
  yield* ana.refused({ type: "join", room: t.roomName(), after: -1, epoch: "x" }, "bad-request", { field: "after" })
  yield* ana.line(`{"type":"join","id":77,"room":"${t.roomName()}","after":9007199254740993,"epoch":"x"}`)
  yield* ana.refusal(77, "bad-request", { field: "after" })
  yield* ana.line('{"type":"ping","id":2147483647}')
  const pong = yield* ana.reply(2_147_483_647, { id: "JSON-6" })
  yield* t.judge("JSON-6", pong.type === "pong", { expected: "`pong`: 2147483647 is in range", got: pong })
})

scenario("another spelling of an integral number is accepted, or refused by name", ["JSON-7"], function* (t) {
  const client = yield* t.connection()
  for (const spelling of ["7.0", "7e0", "70e-1"]) {
    yield* client.line(`{"type":"ping","id":${spelling}}`)
    const answer = yield* client.answer()
    const accepted = answer.type === "pong" && answer.re === 7
    const refused = answer.type === "error" && answer.code === "bad-request" && answer.field === "id"
    yield* t.judge("JSON-7", accepted || refused, {
      sent: `{"type":"ping","id":${spelling}}`,
      expected: "`pong` with 7, or `bad-request` for the field id",
      got: answer
    })
  }
})

scenario("of two fields of one name the last one counts", ["JSON-8"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.line(`{"type":"ping","id":5,"room":"${room}","text":"first","text":"last","type":"send","id":6}`)
  const reply = yield* ana.reply(6, { id: "JSON-8" })
  const [entry] = yield* leo.messages(room)
  yield* t.judge("JSON-8", reply.type === "sent" && entry?.text === "last", {
    sent: `{"type":"ping","id":5,...,"text":"first","text":"last","type":"send","id":6}`,
    expected: "`sent` with 6, and a `message` with the text last",
    got: entry ?? reply
  })
})

scenario("names that trip up programs are fields like any other", ["EXT-1", "JSON-9"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.line(
    `{"__proto__":{"room":"#x","admin":true},"constructor":{"prototype":1},"toString":"x","":0,"type":"send","id":1,"room":"${room}","text":"hola"}`
  )
  const reply = yield* ana.reply(1, { id: "EXT-1" })
  const [entry] = yield* leo.messages(room)
  yield* t.judge("EXT-1", reply.type === "sent" && entry?.text === "hola", { expected: "`sent`", got: reply })
  yield* t.judge("JSON-9", entry !== undefined && entry.from === ana.nick, {
    expected: "a `message` that the schemas accept",
    got: entry ?? "no message"
  })
})

scenario("what a server relays is well-formed", ["JSON-9"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.line(`{"type":"send","id":1,"room":"${room}","text":"x","y":"\\ud800","z":{"a":{"b":1}}}`)
  yield* ana.answer()
  yield* ana.send(room, "after")
  const seen = yield* leo.messages(room)
  yield* t.judge(
    "JSON-9",
    seen.some(({ text }) => text === "after"),
    {
      expected: "entries without lone surrogates, whatever stood in a field that the server ignores",
      got: seen
    }
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------------------------------------------------

const badNames = [
  "",
  " ",
  "-ana",
  "_ana",
  "ana ",
  " ana",
  "an a",
  "ana\n",
  "../ana",
  "ana/x",
  "a.b",
  "ana\u007f",
  "ñandú",
  "аna",
  "ａｎａ",
  "\u212a",
  "@ana",
  "#ana",
  "ana\u202e",
  "x".repeat(33)
]

scenario("a nick that breaks the grammar is refused", ["NAME-1"], function* (t) {
  const client = yield* t.connection()
  for (const nick of badNames) yield* client.refused({ type: "login", nick }, "bad-name", { field: "nick" })
  yield* client.login(t.nick())
})

scenario("a room that breaks the grammar is refused", ["NAME-1"], function* (t) {
  const ana = yield* t.person()
  for (const bad of ["cafe", "##cafe", "#", "@leo", ...badNames.map((name) => `#${name}`)]) {
    yield* ana.refused({ type: "join", room: bad }, "bad-name", { field: "room" })
  }
  yield* ana.refused({ type: "send", room: "#a b", text: "x" }, "bad-name", { field: "room" })
  yield* ana.refused({ type: "rooms", after: "cafe" }, "bad-name", { field: "after" })
})

scenario("names of one letter and of 32 are names", ["NAME-1"], function* (t) {
  const ana = yield* t.person()
  const longest = t.roomName("x").padEnd(33, "z")
  const joined = yield* ana.ask({ type: "join", room: longest }, "NAME-1")
  yield* t.judge("NAME-1", joined.room === longest, { sent: longest, expected: "`joined`", got: joined })
})

scenario("upper case is folded, and only A to Z", ["NAME-2", "NAME-3"], function* (t) {
  const leo = yield* t.person("leo")
  const client = yield* t.connection()
  const nick = t.nick("ana")
  const welcome = yield* client.ask({ type: "login", nick: nick.toUpperCase() }, "NAME-2")
  yield* t.judge("NAME-3", welcome.nick === nick, {
    sent: `"nick":"${nick.toUpperCase()}"`,
    expected: `"nick":"${nick}"`,
    got: welcome
  })
  const room = t.roomName("cafe")
  yield* leo.join(room)
  const joined = yield* client.ask({ type: "join", room: room.toUpperCase() }, "NAME-2")
  yield* t.judge("NAME-3", joined.room === room, { expected: `"room":"${room}"`, got: joined.room })
  yield* t.judge("NAME-2", joined.members.includes(leo.nick), {
    sent: `join ${room.toUpperCase()}, where ${leo.nick} had joined ${room}`,
    expected: "one room",
    got: joined.members
  })
  const sent = yield* client.ask({ type: "send", room: room.toUpperCase(), text: "HOLA" }, "NAME-2")
  const [entry] = yield* leo.messages(room)
  yield* t.judge("NAME-2", sent.room === room && entry?.text === "HOLA", {
    expected: "the room's name folded, and the text as it was",
    got: entry ?? sent
  })
  const slice = yield* client.ask({ type: "members", room: room.toUpperCase(), after: nick.toUpperCase() }, "NAME-2")
  yield* t.judge("NAME-2", slice.members.join() === [leo.nick].filter((name) => name > nick).join(), {
    expected: `the members above ${nick}`,
    got: slice.members
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Texts
// ---------------------------------------------------------------------------------------------------------------------

const texts = [
  "hola",
  " ",
  "  around  ",
  "two\nlines\n",
  "\ttab",
  '"quoted" \\ and / slashed',
  "ñandú, ¿qué tal?",
  "漢字かな交じり文",
  "👩‍👩‍👧 and 🇪🇸",
  "e\u0301 is not \u00e9",
  "\u202eright to left\u202c",
  "مرحبا שלום",
  "\u2028 and \u2029 and \u00a0 and \u200b",
  "\ufffe\uffff\u{10ffff}",
  "<script>alert(1)</script> & &amp;",
  "'; drop table messages; --",
  "%s%n %d {} $(x) `x`",
  "/quit",
  "null"
]

scenario("a text comes back as it was sent", ["TEXT-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  for (const text of texts) yield* ana.send(room, text)
  const seen = yield* leo.messages(room)
  for (const [nth, text] of texts.entries()) {
    yield* t.judge("TEXT-1", seen[nth]?.text === text, {
      sent: JSON.stringify(text),
      expected: "the same text, code point by code point",
      got: JSON.stringify(seen[nth]?.text)
    })
  }
})

scenario("a text of exactly limits.text bytes is accepted, whatever it is made of", ["TEXT-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const { text: limit } = t.limits
  const longest = ["a", "ñ", "漢", "😀", '"', "\n"].map((unit) => {
    const whole = unit.repeat(Math.floor(limit / utf8(unit).length))
    return whole + "a".repeat(limit - utf8(whole).length)
  })
  for (const text of longest) yield* ana.send(room, text)
  const seen = yield* leo.messages(room)
  for (const [nth, text] of longest.entries()) {
    yield* t.judge("TEXT-1", seen[nth]?.text === text, {
      sent: `${limit} bytes: ${JSON.stringify(text.slice(0, 4))}...`,
      expected: "the whole text",
      got: `${utf8(seen[nth]?.text ?? "").length} bytes`
    })
  }
})

scenario("an escaped character counts once it is unescaped", ["TEXT-1"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const { text: limit } = t.limits
  yield* ana.line(`{"type":"send","id":1,"room":"${room}","text":"${"\\u0061".repeat(limit)}"}`)
  yield* ana.reply(1, { id: "TEXT-1" })
  const [entry] = yield* ana.messages(room)
  yield* t.judge("TEXT-1", entry?.text === "a".repeat(limit), {
    sent: `${limit} times \\u0061`,
    expected: `a text of ${limit} letters`,
    got: `${entry?.text.length ?? 0} letters`
  })
})

scenario("a text that is empty or could attack a terminal is refused", ["TEXT-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.refused({ type: "send", room, text: "" }, "bad-text", { field: "text" })
  for (let code = 1; code <= 0x9f; code++) {
    if (code === 0x09 || code === 0x0a || (code >= 0x20 && code < 0x7f)) continue
    const text = `a${String.fromCharCode(code)}b`
    yield* ana.refused({ type: "send", room, text }, "bad-text", { field: "text" })
  }
  const seen = yield* leo.messages(room)
  yield* t.judge("TEXT-2", seen.length === 0, { expected: "nothing of it reaches the room", got: seen })
})

scenario("a text over limits.text is refused, and never cut", ["TEXT-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const { text: limit } = t.limits
  const over = ["a".repeat(limit + 1), "ñ".repeat(Math.floor(limit / 2) + 1), "😀".repeat(Math.floor(limit / 4) + 1)]
  for (const text of over) yield* ana.refused({ type: "send", room, text }, "too-long", { field: "text" })
  const seen = yield* leo.messages(room)
  yield* t.judge("TEXT-3", seen.length === 0, { expected: "nothing of it reaches the room", got: seen })
})
