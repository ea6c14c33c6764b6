/** The tests of spec/session.md, for clients. */
import type * as Effect from "effect/Effect"
import { play, type Session } from "../src/clients/play.ts"

play("the event ping is answered by something within one heartbeat", ["HEART-5"], function* (t) {
  const heartbeat = 2
  const session = yield* t.session({ hello: { heartbeat } })
  const typed = t.word("typed")
  yield* t.client.types(typed)
  // What the client sent before is here, too, so that what comes now is an answer.
  yield* session.hearsText(typed)
  for (let nth = 1; nth <= 3; nth++) {
    const asked = yield* t.now
    const before = session.received()
    yield* session.says({ type: "ping" })
    const answered = t.within(heartbeat + t.late, () => (session.received() > before ? true : undefined))
    // A server that talks isn't doubted (HEART-6): what comes now comes because of the ping.
    const heard = yield* session.whileTalking(answered)
    yield* t.judge("HEART-5", heard !== undefined, {
      sent: "the event ping",
      expected: `something within the heartbeat of ${heartbeat} s`,
      got: `nothing for ${(yield* t.now) - asked} ms`
    })
  }
})

play("whatever is typed becomes requests of the protocol, or nothing", ["REPLY-11"], function* (t) {
  const session = yield* t.session()
  const typed = ["", " ", "null", "{}", "[1]", `"`, "\u0001\u0007", t.word("end")]
  for (const each of typed) yield* t.client.types(each)
  yield* session.hearsText(typed.at(-1)!)
  const breach = session.breach()
  yield* t.judge(
    "REPLY-11",
    breach?.id !== "REPLY-11",
    breach?.evidence ?? { expected: "valid requests", got: "only those" }
  )
})

play("what may have been said is not said again", ["REPLY-12"], function* (t) {
  const session = yield* t.session()
  const [doubtful, next] = [t.word("doubtful"), t.word("next")]
  session.answers(false)
  yield* t.client.types(doubtful)
  const says = ({ line }: Session["heard"][number]) => String(line).includes(doubtful)
  yield* t.wait(() => session.heard.find(says), `a \`send\` with the text ${doubtful}`)
  yield* session.saysBye("idle")
  const visit = yield* t.comesBack(1)
  const back = visit === undefined ? undefined : yield* t.admit(visit)
  if (back === undefined) yield* t.stayedAway
  else {
    yield* t.client.types(next)
    yield* back.hearsText(next)
  }
  const again = back?.heard.filter(says).length ?? 0
  yield* t.judge("REPLY-12", again === 0, {
    sent: `nothing in answer to a \`send\` with the text ${doubtful}, but the end of the connection`,
    expected: "the client doesn't send it again by itself",
    got: `${again} times again`
  })
})

play("a server that falls silent is asked, and then left", ["HEART-6"], function* (t) {
  const heartbeat = 1
  const session = yield* t.session({ hello: { heartbeat } })
  const typed = t.word("typed")
  yield* t.client.types(typed)
  // Its last line was answered when it came, and nothing will be after it.
  const silent = yield* session.hearsText(typed)
  session.answers(false)
  const isPing = ({ line }: Session["heard"][number]) => String(line).includes('"ping"')
  const left = yield* t.within(2 * heartbeat + t.late, () => session.ended()?.at)
  const asked = session.heard.find((heard) => heard.at >= silent && isPing(heard))?.at
  const bounds = [asked, left] as const
  const kept =
    asked !== undefined &&
    left !== undefined &&
    asked - silent <= 1_000 * (heartbeat + t.late) &&
    left - silent >= 2_000 * heartbeat - grain
  const after = bounds.map((at) => (at === undefined ? "never" : `after ${at - silent} ms`))
  yield* t.judge("HEART-6", kept, {
    sent: "nothing more",
    expected: `a \`ping\` after ${heartbeat} s, and the end of the connection after ${2 * heartbeat} s`,
    got: `\`ping\`: ${after[0]}; the end: ${after[1]}`
  })
})

// What a client's clock and the suite's may differ by, in milliseconds: that much too soon is not yet wrong.
const grain = 20

// Longer than the first few delays of a client that waits as for backoff, or as programs usually wait.
const watched = 6

for (const code of ["line-too-long", "not-tertulia"]) {
  play(`after bye with ${code} it stays away`, ["END-9"], function* (t) {
    const session = yield* t.session()
    const said = yield* session.saysBye(code)
    const back = yield* t.comesBack(watched)
    yield* t.judge("END-9", back === undefined, {
      sent: `bye with the code ${code}, after which a client doesn't come back`,
      expected: `no connection, for ${watched} s and until the client has ended`,
      got: `a connection after ${(back?.since ?? said) - said} ms`
    })
    yield* t.stayedAway
  })
}

play("after bye with shutting-down it waits for reconnectAfter", ["END-9"], function* (t) {
  const reconnectAfter = 2_000
  const session = yield* t.session()
  const said = yield* session.saysBye("shutting-down", { reconnectAfter })
  const back = yield* t.comesBack(reconnectAfter / 1_000 + t.late)
  const waited = (back?.since ?? said) - said
  yield* t.judge("END-9", back === undefined || waited >= reconnectAfter - grain, {
    sent: `bye with "reconnectAfter":${reconnectAfter}`,
    expected: `no connection for ${reconnectAfter} ms`,
    got: `one after ${waited} ms`
  })
  if (back === undefined) yield* t.stayedAway
})

// Six delays, each drawn between 0 and 0.5, 1, 2, 4, 8 and 16 s, add up to less than a second 3 times in a million.
const tooMany = 6
const window = 1

const backsOff = (how: string, end: (session: Session) => Effect.Effect<number>): void =>
  play(`after ${how} it comes back slower and slower, if at all`, ["END-9"], function* (t) {
    const session = yield* t.session()
    const ended = yield* end(session)
    const since = yield* t.turnsAway(tooMany, window)
    yield* t.judge("END-9", since.length < tooMany, {
      sent: `${how}; then \`bye\` with too-many-connections to each new connection`,
      expected: `random delays below 0.5, 1, 2, 4, 8, 16 s: not ${tooMany} connections within ${window} s`,
      got: `connections after ${since.map((at) => `${at - ended} ms`).join(", ")}`
    })
    if (since.length === 0) yield* t.stayedAway
  })

backsOff("bye with internal", (session) => session.saysBye("internal"))
backsOff("bye with a code that it doesn't know", (session) => session.saysBye("gone-fishing"))
backsOff("an end without bye", (session) => session.breaksOff("FIN"))
backsOff("a reset", (session) => session.breaksOff("RST"))
