/** The tests of spec/registries.md. */
import { claimsMore, type ErrorCode, errorCodes, limitFaults, limitNames, limitRegistry } from "@tertulia/protocol"
import { scenario } from "../src/scenario.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Error codes
// ---------------------------------------------------------------------------------------------------------------------

scenario("a refused request has had no effect", ["ERROR-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const nowhere = t.roomName("nowhere")
  yield* ana.refused({ type: "send", room, text: "" }, "bad-text")
  yield* ana.refused({ type: "send", room, text: "x".repeat(t.limits.text + 1) }, "too-long")
  yield* ana.refused({ type: "send", room: nowhere, text: "hola" }, "not-joined")
  yield* ana.refused({ type: "join", room: nowhere, create: false }, "no-such-room")
  yield* ana.refused({ type: "join", room: nowhere, after: 1 }, "bad-request")
  yield* ana.refused({ type: "join", room }, "already-joined")
  yield* ana.refused({ type: "leave", room: nowhere }, "not-joined")
  yield* ana.refused({ type: "login", nick: t.nick() }, "already-logged-in")

  // Twice, since an effect could come late: the first fence may overtake it, what comes after a round trip not.
  yield* leo.fence
  const events = (yield* leo.fence).filter(({ object }) => object["room"] === room)
  yield* t.judge("ERROR-1", events.length === 0, {
    expected: "nobody notices anything",
    got: events.map(({ line }) => line)
  })
  yield* leo.refused({ type: "join", room: nowhere, create: false }, "no-such-room")
  const sent = yield* ana.send(room, "the first entry")
  yield* t.judge("ERROR-1", sent.seq === 1, { expected: "`seq` 1: nothing was appended before", got: sent.seq })
  const members = yield* ana.members(room)
  yield* t.judge("ERROR-1", members.length === 2, { expected: "the two members, as before", got: members })
})

scenario("the field at fault is named", ["ERROR-2"], function* (t) {
  const client = yield* t.connection()
  yield* client.refused({ type: "ping", id: "x" }, "bad-request", { field: "id" })
  yield* client.refused({ type: 1 }, "bad-request", { field: "type" })
  yield* client.refused({ type: "login" }, "bad-request", { field: "nick" })
  yield* client.refused({ type: "login", nick: "a b" }, "bad-name", { field: "nick" })
  yield* client.login(t.nick())
  const room = yield* t.room(client)
  yield* client.refused({ type: "join", room: "nowhere" }, "bad-name", { field: "room" })
  yield* client.refused({ type: "send", room, text: "\u0007" }, "bad-text", { field: "text" })
  yield* client.refused({ type: "send", room, text: "x".repeat(t.limits.text + 1) }, "too-long", { field: "text" })
})

scenario("of several faults the first in the table is answered", ["ERROR-3"], function* (t) {
  const guest = yield* t.connection()
  yield* guest.ping
  yield* guest.line('{"type":5,"id":"x","text":"\\ud800"}')
  const first = yield* guest.answer()
  const code = first.type === "error" ? first.code : first.type
  // U+D800 stands in a field that no request of an unknown type uses, so both answers are right (JSON-4).
  yield* t.judge("ERROR-3", code === "bad-json" || code === "bad-request", {
    expected: "bad-json or bad-request",
    got: first
  })
  yield* guest.refused({ type: 5, id: "x" }, "bad-request", { field: "id" })
  yield* guest.refused({ type: 5 }, "bad-request", { field: "type" })
  yield* guest.refused({ type: "fly", id: "x" }, "bad-request", { field: "id" })
  yield* guest.refused({ type: "fly" }, "unsupported")
  yield* guest.refused({ type: "join" }, "login-first")
  yield* guest.refused({ type: "send", room: 5, text: "" }, "login-first")
  yield* guest.login(t.nick())
  yield* guest.refused({ type: "login" }, "already-logged-in")
  yield* guest.refused({ type: "login", nick: "a b" }, "already-logged-in")
  yield* guest.refused({ type: "send", room: "the cafe", text: 5 }, "bad-request", { field: "text" })
  yield* guest.refused({ type: "send", room: "the cafe" }, "bad-request", { field: "text" })
  yield* guest.refused({ type: "send", room: "the cafe", text: "" }, "bad-name", { field: "room" })
  yield* guest.refused({ type: "send", room: t.roomName("nowhere"), text: "" }, "bad-text", { field: "text" })
  const long = "x".repeat(t.limits.text + 1)
  yield* guest.refused({ type: "send", room: t.roomName("nowhere"), text: long }, "too-long", { field: "text" })
  yield* guest.refused({ type: "send", room: t.roomName("nowhere"), text: "hola" }, "not-joined")
  yield* guest.refused({ type: "join", room: "cafe", after: "x", epoch: "e" }, "bad-request", { field: "after" })
  yield* guest.refused({ type: "join", room: "cafe", create: false, after: 5 }, "bad-request", { field: "epoch" })
})

scenario("a nick that is bad is bad before it is taken", ["ERROR-3"], function* (t) {
  const ana = yield* t.person()
  const rival = yield* t.connection()
  yield* rival.refused({ type: "login", nick: `${ana.nick} ` }, "bad-name")
  yield* rival.refused({ type: "login", nick: ana.nick }, "nick-taken")
})

scenario("errors have codes of the registry and speak to people", ["ERROR-4", "ERROR-5"], function* (t) {
  const client = yield* t.connection()
  const room = t.roomName()
  const lines = [
    '{"type":"ping"}',
    '{"type":"fly","id":1}',
    '{"type":"sync","id":2}',
    '{"type":"login","id":3,"nick":"a b"}',
    "nonsense"
  ]
  const after = [
    '{"type":"login","id":5,"nick":"x"}',
    `{"type":"send","id":6,"room":"${room}","text":"x"}`,
    `{"type":"join","id":7,"room":"${room}","create":false}`,
    `{"type":"join","id":8,"room":"${room}","create":1}`
  ]
  const check = function* (line: string) {
    yield* client.line(line)
    const answer = yield* client.answer()
    const code = answer.type === "error" ? answer.code : answer.type
    const known = errorCodes.includes(code as ErrorCode) || code.startsWith("x-") || claimsMore(t.hello.features)
    yield* t.judge("ERROR-4", answer.type === "error" && known, {
      sent: line,
      expected: `an \`error\` with a code of the registry`,
      got: answer
    })
    yield* t.judge("ERROR-5", answer.type === "error" && answer.message.length > 3 && answer.message !== code, {
      sent: line,
      expected: "a `message` that says what was wrong",
      got: answer
    })
  }
  for (const line of lines) yield* check(line)
  yield* client.login(t.nick())
  for (const line of after) yield* check(line)
})

// ---------------------------------------------------------------------------------------------------------------------
// Limits
// ---------------------------------------------------------------------------------------------------------------------

scenario("no announced limit is below its minimum", ["LIMIT-2", "LIMIT-3"], function* (t) {
  const client = yield* t.connect()
  const { limits: announced } = yield* client.greeting("LIMIT-2")
  for (const name of limitNames) {
    const value = announced[name]
    if (value === undefined) continue
    const { minimum } = limitRegistry[name]
    yield* t.judge("LIMIT-2", value >= minimum, { expected: `limits.${name} of at least ${minimum}`, got: value })
  }
  yield* t.judge("LIMIT-2", t.limits.line >= 8_192, { expected: "limits.line of at least 8,192", got: t.limits.line })
  const faults = limitFaults(t.limits)
  yield* t.judge("LIMIT-3", faults.length === 0, {
    expected: "line >= 6 x text + 2,048 and backlog >= 2 x line",
    got: faults.length === 0 ? announced : faults.join("; ")
  })
})

scenario("what is within the announced limits is not refused for them", ["LIMIT-1"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const longest = '"'.repeat(t.limits.text)
  const sent = yield* ana.ask({ type: "send", room, text: longest }, "LIMIT-1")
  yield* t.judge("LIMIT-1", sent.seq === 1, { sent: `a text of ${t.limits.text} bytes`, expected: "`sent`", got: sent })
  const joins = Math.min(t.limits.joins, 40)
  for (let nth = 1; nth < joins; nth++) yield* ana.ask({ type: "join", room: t.roomName() }, "LIMIT-1")
  yield* t.judge("LIMIT-1", true, { expected: `${joins} rooms at once`, got: joins })
})
