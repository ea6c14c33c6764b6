/** The tests of spec/resume.md, for clients. One that never connects again by itself keeps all of it by staying away. */
import { parseJson } from "@tertulia/protocol"
import { type Play, play, type Session } from "../src/clients/play.ts"
import type { Visit } from "../src/clients/stage.ts"

const hello = { features: ["history/1", "resume/1"] }

interface Said {
  readonly text: unknown
  readonly key: unknown
}

/** What the client has said in a connection, answered or not. */
const saidIn = ({ heard }: Visit): ReadonlyArray<Said> =>
  heard.flatMap(({ line }) => {
    const object = parseJson(line)
    return typeof object === "object" && object["type"] === "send" ? [{ text: object["text"], key: object["key"] }] : []
  })

const inWords = (said: ReadonlyArray<Said>) => said.map(({ key, text }) => `${text} (key ${key ?? "none"})`)

/** Has the client say something that is never answered, and gives all that it has sent so. */
const unanswered = function* (t: Play, session: Session, ...texts: ReadonlyArray<string>) {
  session.answers(false)
  for (const text of texts) yield* t.client.types(text)
  const isHeard = () => saidIn(session).find(({ text }) => text === texts[0])
  yield* t.wait(isHeard, `a \`send\` with the text ${texts[0]}`)
  // One that waits for replies sends no more than this; others do so at once.
  yield* t.within(t.late / 4, () => (saidIn(session).length === texts.length ? true : undefined))
  return saidIn(session)
}

/** Ends a session in a way after which a client may come back at once, and lets it in again if it does. */
const again = function* (t: Play, session: Session) {
  yield* session.saysBye("idle")
  const visit = yield* t.comesBack(1)
  if (visit !== undefined) return yield* t.admit(visit, { hello })
  yield* t.stayedAway
  return undefined
}

play("what had no reply is sent again under its first key, and in its first order", ["KEY-8"], function* (t) {
  const session = yield* t.session({ hello })
  const texts = [t.word("one"), t.word("two"), t.word("three")]
  const first = yield* unanswered(t, session, ...texts)
  const back = yield* again(t, session)
  if (back !== undefined) yield* t.lastSent
  const place = ({ text }: Said) => first.findIndex((said) => said.text === text)
  const repeated = (back === undefined ? [] : saidIn(back)).filter((said) => place(said) !== -1)
  if (back !== undefined && repeated.length === 0) yield* t.note("it says nothing again by itself")
  const keepsKeys = repeated.every((said) => said.key !== undefined && said.key === first[place(said)]?.key)
  const keepsOrder = repeated.every((said, index) => index === 0 || place(repeated[index - 1]!) <= place(said))
  yield* t.judge("KEY-8", keepsKeys && keepsOrder, {
    sent: "nothing in answer to what it says, but the end of the connection; then its session goes on",
    expected: `what it sends again: ${inWords(first).join(", ")}, with these keys and in this order`,
    got: inWords(repeated)
  })
})

/** Tells what a client may not know to be missing from the log, and judges that it isn't said again. */
const isNotRepeated = (
  title: string,
  sent: string,
  becomes: (t: Play, session: Session, doubtful: Said) => void
): void =>
  play(title, ["REPLY-12"], function* (t) {
    const session = yield* t.session({ hello })
    const [doubtful, next] = [t.word("doubtful"), t.word("next")]
    const [said] = yield* unanswered(t, session, doubtful)
    becomes(t, session, said!)
    t.people.forget()
    const back = yield* again(t, session)
    if (back !== undefined) {
      yield* t.client.types(next)
      yield* back.hearsText(next)
      yield* t.lastSent
    }
    const repeated = (back === undefined ? [] : saidIn(back)).filter(({ text }) => text === doubtful)
    yield* t.judge("REPLY-12", repeated.length === 0, {
      sent: `nothing in answer to a \`send\` with the text ${doubtful}, but the end of the connection; ${sent}`,
      expected: "the client doesn't send it again by itself",
      got: repeated.length === 0 ? "only what was typed then" : inWords(repeated)
    })
  })

/** Puts what the client has said into the log, which it hasn't been told. */
const isTaken = (session: Session, { key, text }: Said) =>
  session.appends(String(text), { from: session.host.nick() ?? "", key: key === undefined ? undefined : String(key) })

isNotRepeated(
  "what is in the log is not said again when the session has ended",
  "the log has it, and the session has ended",
  (_, session, doubtful) => void isTaken(session, doubtful)
)

isNotRepeated(
  "what may be in a part of the log that is gone is not said again when the session has ended",
  "the log has given it up, and the session has ended",
  (t, session, doubtful) => {
    isTaken(session, doubtful)
    session.appends(t.word("later"))
    t.log(session.room).first = 2
  }
)

// Longer than the first few delays of a client that takes this for any other end.
const watched = 6

play("after bye with replaced it stays away", ["SESSION-11"], function* (t) {
  const session = yield* t.session({ hello })
  const said = yield* session.saysBye("replaced")
  const back = yield* t.comesBack(watched)
  yield* t.judge("SESSION-11", back === undefined, {
    sent: "bye with the code replaced: the session goes on in another connection",
    expected: `no connection, for ${watched} s and until the client has ended`,
    got: `a connection after ${(back?.since ?? said) - said} ms`
  })
  yield* t.stayedAway
})
