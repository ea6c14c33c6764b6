/** The tests of spec/order.md, for clients. */
import * as Effect from "effect/Effect"
import { type Play, play, type Session } from "../src/clients/play.ts"

play("an entry that comes again is not shown again", ["CATCH-7"], function* (t) {
  const session = yield* t.session()
  const [one, two, three, last] = [t.word("one"), t.word("two"), t.word("three"), t.word("last")]
  const [first, second] = [yield* session.tells(one), yield* session.tells(two)]
  yield* session.says(second, first)
  yield* session.tells(three)
  // A text that is said again is another entry: what counts is the seq, not the text.
  yield* session.tells(three)
  yield* session.says(first)
  yield* session.tells(last)
  yield* t.shows(last)
  const shown = [one, two, three].map(t.timesShown)
  yield* t.judge("CATCH-7", shown.join() === "1,1,2", {
    sent: "the entries 1, 2, 2 again, 1 again, 3, 4 with the text of 3, 1 again, 5",
    expected: "1 and 2 are shown once, 3 and 4 too, which have one text",
    got: `${one} was shown ${shown[0]} times, ${two} ${shown[1]} times, ${three} ${shown[2]} times`
  })
})

/** Ends a session in a way after which a client may come back at once, and gives the next one if it does. */
const again = function* (t: Play, session: Session) {
  yield* session.saysBye("idle")
  const visit = yield* t.comesBack(1)
  return visit === undefined ? yield* t.notRun("the client doesn't come back by itself") : yield* t.admit(visit)
}

play("who comes back says what was the last entry, and shows what was missed", ["CATCH-8"], function* (t) {
  const session = yield* t.session()
  const [before, missed] = [t.word("before"), t.word("missed")]
  const { seq } = yield* session.tells(before)
  yield* t.shows(before)
  session.appends(missed)
  const next = yield* again(t, session)
  const { epoch } = t.log(session.room)
  const join = next.heard.map(({ request }) => request).find((request) => request?.type === "join")
  yield* t.judge("CATCH-8", join?.after === seq && join.epoch === epoch, {
    sent: `entry ${seq} of the epoch ${epoch}, and an end after which a client may come back at once`,
    expected: `\`join\` with "after":${seq},"epoch":"${epoch}"`,
    got: join
  })
  yield* t.shows(missed)
})

play("an entry of a kind that it doesn't know has its place", ["CATCH-9"], function* (t) {
  const session = yield* t.session()
  const { room } = session
  const [one, three] = [t.word("one"), t.word("three")]
  /** Appends an entry that no client knows, and sends it. */
  const poll = () => {
    const { entries, epoch } = t.log(room)
    const entry = { type: "x-suite/poll", room, seq: entries.length + 1, from: "leo", at: "2026-11-20T20:08:00.000Z" }
    entries.push(entry as never)
    return Effect.as(session.says(entry), { epoch, seq: entry.seq })
  }
  yield* session.tells(one)
  yield* poll()
  yield* session.tells(three)
  yield* t.shows(three, { id: "CATCH-9" })
  yield* t.judge("CATCH-9", t.timesShown(three) === 1, {
    sent: "a message, an entry of an unknown kind, a message: 1, 2, 3",
    expected: "both messages are shown: nothing is missing between them",
    got: t.client.shown()
  })
  const { epoch, seq } = yield* poll()
  const next = yield* again(t, session)
  const join = next.heard.map(({ request }) => request).find((request) => request?.type === "join")
  if (join?.after === undefined) return yield* t.note("it comes back without a cursor")
  yield* t.judge("CATCH-9", join.after === seq && join.epoch === epoch, {
    sent: `the entry ${seq}, of an unknown kind, and an end after which a client may come back at once`,
    expected: `\`join\` with "after":${seq}`,
    got: join
  })
})

play("an entry that it has shown before it came back is not shown again", ["CATCH-7"], function* (t) {
  const session = yield* t.session()
  const [before, missed, last] = [t.word("before"), t.word("missed"), t.word("last")]
  const entry = yield* session.tells(before)
  yield* t.shows(before)
  const next = yield* again(t, session)
  yield* next.says(entry)
  yield* next.tells(missed)
  yield* next.tells(last)
  yield* t.shows(last)
  yield* t.judge("CATCH-7", t.timesShown(before) === 1, {
    sent: `entry ${entry.seq} before and after the client came back`,
    expected: "it is shown once",
    got: `${before} was shown ${t.timesShown(before)} times`
  })
})
