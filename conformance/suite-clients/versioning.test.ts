/** The tests of spec/versioning.md, for clients. */
import { play } from "../src/clients/play.ts"

play("events that it doesn't know are ignored", ["EXT-2"], function* (t) {
  const session = yield* t.session({ id: "EXT-2", first: [{ type: "x-suite/weather", sky: ["blue", { wind: null }] }] })
  const [secret, known, typed] = [t.word("secret"), t.word(), t.word("typed")]
  const { room } = session
  yield* session.says(
    { type: "x-suite/mood", room, nick: "leo" },
    { type: "x-suite/message", room, from: "leo", text: secret, at: "2026-11-20T20:08:00.000Z" },
    { type: "toString" },
    { type: "__proto__", text: secret },
    { type: "" }
  )
  yield* session.tells(known)
  yield* t.shows(known)
  yield* t.judge("EXT-2", t.timesShown(secret) === 0, {
    sent: `events of unknown types, with the text ${secret}; then a \`message\` with the text ${known}`,
    expected: "only the message is shown",
    got: t.client.shown()
  })
  yield* t.client.types(typed)
  yield* session.hearsText(typed)
})

play("events of rooms that it is not in are ignored, whatever their names", ["EXT-6"], function* (t) {
  const session = yield* t.session({ id: "EXT-6" })
  const [secret, known, typed] = [t.word("secret"), t.word(), t.word("typed")]
  const entry = { type: "message", seq: 1, from: "leo", text: secret, at: "2026-11-20T20:08:00.000Z" }
  yield* session.says(
    { ...entry, room: "@leo", epoch: "c8" },
    { ...entry, room: "#where-nobody-is" },
    { type: "member", room: "#where-nobody-is", nick: "leo", change: "joined" }
  )
  yield* session.tells(known)
  yield* t.shows(known)
  yield* t.judge("EXT-6", t.timesShown(secret) === 0, {
    sent: `events of rooms that the client hasn't joined, with the text ${secret}; then a \`message\` with the text ${known}`,
    expected: "only the message is shown",
    got: t.client.shown()
  })
  yield* t.client.types(typed)
  yield* session.hearsText(typed)
})

play("fields that it doesn't know are ignored, whatever they hold", ["EXT-2"], function* (t) {
  const odd = { "x-suite": [1, [2, [{ three: null }]]], color: "red", "": 0.5, re2: 1, __proto__2: {} }
  const session = yield* t.session({ id: "EXT-2", hello: { ...odd, features: ["x-suite/2", "draft/odd/1"] } })
  const { companion } = session.host
  const [known, typed] = [t.word(), t.word("typed")]
  yield* session.says({ ...odd, type: "member", room: session.room, nick: companion(), change: "left" })
  yield* session.tells(known, { ...odd, display: "Leo", edited: 7, key: "k" })
  yield* t.shows(known)
  yield* t.judge("EXT-2", t.timesShown(known) === 1, {
    sent: `a \`message\` with the text ${known} and fields that nobody knows`,
    expected: "it is shown, once",
    got: t.client.shown()
  })
  yield* t.client.types(typed)
  yield* session.hearsText(typed)
})
