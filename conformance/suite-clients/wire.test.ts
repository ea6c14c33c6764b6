/** The tests of spec/wire.md, for clients. */
import { encodeLine, limitRegistry, utf8Length } from "@tertulia/protocol"
import { play } from "../src/clients/play.ts"

const { line, text } = limitRegistry

play("each message is one JSON object on a line, in UTF-8, in plain spelling", ["FRAME-1", "JSON-10"], function* (t) {
  const session = yield* t.session()
  const typed = [
    "plain",
    `quotes " and \\ and \\u0041`,
    "ñandú, ¡olé! 日本語 🎉",
    '{"type":"bye","id":1}',
    "tab\there"
  ].map((start) => `${start} ${t.word("end")}`)
  for (const each of typed) yield* t.client.types(each)
  for (const each of typed) yield* session.hearsText(each, { id: "FRAME-1" })
  const breach = session.breach()
  yield* t.judge("FRAME-1", breach?.id !== "FRAME-1", breach?.evidence ?? sound(session.heard.length))
  yield* t.judge("JSON-10", breach?.id !== "JSON-10", breach?.evidence ?? sound(session.heard.length))
})

const sound = (lines: number) => ({ expected: "sound lines", got: `${lines} of them` })

play("no line is longer than the server allows, whatever is typed", ["FRAME-10"], function* (t) {
  const limits = { line: line.minimum, text: text.minimum }
  const session = yield* t.session({ hello: { limits } })
  const [long, short] = [t.word("short"), t.word("short")]
  // More than the smallest limit, which this server announces, and more than the default.
  yield* t.client.types("x".repeat(2 * line.minimum) + long)
  yield* t.client.types("y".repeat(2 * line.default) + long)
  yield* t.client.types(short)
  // It may refuse the long ones, split them, or end: what it must not do is seen once one of these has happened.
  const said = () => session.heard.some((heard) => String(heard.line).includes(short))
  yield* t.wait(
    () => (said() || session.ended() !== undefined ? true : undefined),
    `a \`send\` with the text ${short}, or the end of the connection`
  )
  const breach = session.breach()
  yield* t.judge("FRAME-10", breach?.id !== "FRAME-10", breach?.evidence ?? sound(session.heard.length))
})

play("a line without end ends the connection", ["FRAME-11"], function* (t) {
  const session = yield* t.session()
  const known = t.word()
  yield* session.tells(known)
  yield* t.shows(known)
  const began = yield* t.now
  yield* session.writes("x".repeat(line.default))
  const left = yield* session.isLeft()
  yield* t.judge("FRAME-11", left >= began, {
    sent: `${line.default} bytes without LF`,
    expected: "the end of the connection, made by the client",
    got: `it ended ${began - left} ms before`
  })
})

play("a greeting without end ends the connection", ["FRAME-11"], function* (t) {
  const visit = yield* t.visit()
  // No limit has been announced, so the default holds.
  yield* visit.writes("x".repeat(line.default))
  const left = yield* t.wait(() => visit.ended(), "the end of the connection, which the client has to make")
  yield* t.judge("FRAME-11", left.at >= visit.since, {
    sent: `${line.default} bytes without LF in place of hello`,
    expected: "the end of the connection, made by the client",
    got: left
  })
})

play("how the bytes of the server are cut changes nothing", ["FRAME-12"], function* (t) {
  const session = yield* t.session()
  const texts = ["one", "two ñandú 日本語 🎉", "three"].map((start) => `${start} ${t.word("end")}`)
  const [first, second, third] = texts.map((text) => encodeLine(session.appends(text)))
  // Byte by byte, and then the rest in one segment with the beginning of the next.
  const bytes = new TextEncoder().encode(`${first}${second}`)
  for (const byte of bytes) {
    yield* session.writes(Uint8Array.of(byte))
    yield* t.turn
  }
  yield* session.writes(`${third}${encodeLine({ type: "ping" })}{"type":"pi`)
  yield* session.writes(`ng"}\n`)
  for (const text of texts) yield* t.shows(text)
  yield* t.judge("FRAME-12", texts.map(t.timesShown).join() === "1,1,1", {
    sent: "two messages byte by byte, and a third together with one ping and a half",
    expected: "each message is shown, once",
    got: t.client.shown()
  })
})

play("a line of exactly the limit is read", ["EXT-2"], function* (t) {
  const session = yield* t.session()
  const known = t.word()
  const entry = { ...session.appends(known), "x-suite": "" }
  const bytes = utf8Length(encodeLine(entry))
  yield* session.says({ ...entry, "x-suite": "x".repeat(line.default - bytes) })
  yield* t.shows(known)
  yield* t.judge("EXT-2", t.timesShown(known) === 1, {
    sent: `a \`message\` whose line has ${line.default} bytes, because of a field that nobody knows`,
    expected: "it is shown",
    got: t.client.shown()
  })
})
