/** spec/presence.md: who is there, how they are, and who gets to know it. */
import type { Presence, PresenceEvent } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Ask, Client, Person, Place } from "../src/client.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { property } from "../src/property.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import type { Stop } from "../src/verdict.ts"
import { further, registered } from "./registered.ts"

/** A presence, in one order and without what else an object says. */
const bare = ({ display, nick, since, status, text }: Presence): Presence => ({
  nick,
  status,
  since,
  ...(text === undefined ? {} : { text }),
  ...(display === undefined ? {} : { display })
})

/** The same without `since`, which only the server knows. */
const apart = (presence: Presence) => {
  const { since: _, ...rest } = bare(presence)
  return rest
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** The `presence` events that a fence brings. */
const presences = (person: Client): Effect.Effect<ReadonlyArray<PresenceEvent>, Stop> =>
  Effect.map(person.fence, (items) =>
    items.flatMap(({ message, type }) => (type === "presence" ? [message as PresenceEvent] : []))
  )

/** The same of one person. */
const presencesOf = (person: Client, { nick }: Pick<Person, "nick">) =>
  Effect.map(presences(person), (events) => events.filter((event) => event.nick === nick))

const whoIs = (asker: Client, { nick }: Pick<Person, "nick">, id?: RequirementId) =>
  asker.ask({ type: "whois", nick }, id)

/** All of a list of people, slice by slice. */
const users = Effect.fnUntraced(function* (asker: Client, room?: string, id: RequirementId = "USERS-1") {
  const all: Array<Presence> = []
  for (let more = true; more; ) {
    const after = all.at(-1)?.nick
    const where = { ...(room === undefined ? {} : { room }), ...(after === undefined ? {} : { after }) }
    const slice = yield* asker.ask({ type: "users", ...where }, id)
    all.push(...slice.users)
    more = slice.more === true && slice.users.length > 0
  }
  return all
})

const nicksOf = (people: ReadonlyArray<Pick<Person, "nick">>): string =>
  people
    .map(({ nick }) => nick)
    .toSorted()
    .join(", ")

const names = ["Ana María", "e\u0301", "a\u0308\u0323", "שלום 😀", "عمر", "अभि", "👩\u200d👩\u200d👧", `"\\`, " ana "]

// ---------------------------------------------------------------------------------------------------------------------
// What one says of oneself
// ---------------------------------------------------------------------------------------------------------------------

scenario(
  "a person says how they are, and is told how they now are",
  ["STATUS-1", "STATUS-2", "STATUS-3"],
  function* (t) {
    const ana = yield* t.person()
    const { nick } = ana
    const first = yield* ana.ask({ type: "status" }, "STATUS-1")
    yield* t.judge("STATUS-3", same(apart(first), { nick, status: "active" }), {
      sent: "login, then a `status` that says nothing",
      expected: `${nick}, active, and neither \`text\` nor \`display\``,
      got: first
    })
    const steps: ReadonlyArray<readonly [Extract<Ask, { readonly type: "status" }>, Omit<Presence, "since" | "nick">]> =
      [
        [
          { type: "status", status: "busy", text: "at work" },
          { status: "busy", text: "at work" }
        ],
        [
          { type: "status", display: "Ana" },
          { status: "busy", text: "at work", display: "Ana" }
        ],
        [
          { type: "status", status: "away" },
          { status: "away", text: "at work", display: "Ana" }
        ],
        [{ type: "status" }, { status: "away", text: "at work", display: "Ana" }],
        [
          { type: "status", text: "" },
          { status: "away", display: "Ana" }
        ],
        [
          { type: "status", text: "", display: "Ana María" },
          { status: "away", display: "Ana María" }
        ],
        [{ type: "status", status: "active", display: "" }, { status: "active" }],
        [
          { type: "status", status: "busy", text: "one", display: "two" },
          { status: "busy", text: "one", display: "two" }
        ]
      ]
    for (const [request, expected] of steps) {
      const reply = yield* ana.ask(request, "STATUS-1")
      const asked = yield* whoIs(ana, ana)
      yield* t.judge("STATUS-2", same(apart(asked), apart({ ...expected, nick, since: "" })), {
        sent: request,
        expected: `what the request says, and the rest as it was: ${JSON.stringify(expected)}`,
        got: asked
      })
      yield* t.judge("STATUS-1", same(bare(reply), bare(asked)), {
        sent: request,
        expected: "the whole presence in the reply, as `whois` gives it after that",
        got: reply
      })
    }
    yield* ana.ask({ type: "bye" })
    const newcomer = yield* t.connection("another ana")
    yield* newcomer.login(nick)
    const theirs = yield* newcomer.ask({ type: "status" }, "STATUS-3")
    yield* t.judge("STATUS-3", same(apart(theirs), { nick, status: "active" }), {
      sent: "login under a nick whose last holder was busy, with `text` and `display`",
      expected: "active, and neither `text` nor `display`",
      got: theirs
    })
  }
)

scenario("since stays as long as the status does, wherever it is shown", ["STATUS-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const { since } = yield* ana.ask({ type: "status", status: "busy" }, "STATUS-1")
  const shown: Array<Presence> = [yield* ana.ask({ type: "status", text: "at work" })]
  shown.push(yield* ana.ask({ type: "status", status: "busy", display: "Ana" }))
  yield* leo.leave(room)
  yield* leo.join(room)
  yield* ana.send(room, "hola")
  shown.push(...(yield* presencesOf(leo, ana)))
  shown.push(yield* whoIs(leo, ana), yield* whoIs(ana, ana))
  shown.push(...(yield* users(leo)).filter(({ nick }) => nick === ana.nick))
  yield* t.judge("STATUS-4", shown.length >= 5 && shown.every((each) => each.since === since), {
    sent: "changes of `text` and `display`, the same status again, a message",
    expected: `"since":"${since}" in every reply and event about ${ana.nick}`,
    got: shown
  })
})

scenario("words of any script are shown as they were said", ["STATUS-6"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  yield* t.room(ana, leo)
  for (const [nth, display] of [...names, "ñ".repeat(64), "😀".repeat(32)].entries()) {
    const text = nth % 2 === 0 ? `${display}${display}` : "x".repeat(256)
    yield* ana.ask({ type: "status", display, text }, "STATUS-6", "`status` with these words")
    const event = (yield* presencesOf(leo, ana)).at(-1)
    const listed = (yield* users(leo)).find(({ nick }) => nick === ana.nick)
    for (const shown of [event, listed, yield* whoIs(leo, ana)]) {
      yield* t.judge("STATUS-6", shown?.display === display && shown.text === text, {
        sent: { type: "status", display, text },
        expected: "the same words, code point by code point",
        got: shown
      })
    }
  }
})

const nothingChanged = Effect.fnUntraced(function* (t: Scenario, id: RequirementId, ana: Person, leo: Person) {
  const events = yield* presences(leo)
  const asked = yield* whoIs(leo, ana)
  yield* t.judge(id, events.length === 0 && asked.display === "Ana" && asked.status === "busy", {
    sent: "only what has to be refused",
    expected: "nobody hears of it, and nothing has changed",
    got: events.length === 0 ? asked : events
  })
})

const busyAna = Effect.fnUntraced(function* (t: Scenario) {
  const [ana, leo] = yield* t.people(2)
  yield* t.room(ana, leo)
  yield* ana.ask({ type: "status", status: "busy", display: "Ana" })
  yield* leo.fence
  return [ana, leo] as const
})

scenario("what is no status of one's own is refused", ["STATUS-5"], function* (t) {
  const [ana, leo] = yield* busyAna(t)
  for (const status of ["idle", "offline", "sleeping", "", "Active", "ACTIVE", " busy", "dnd"]) {
    yield* ana.refused({ type: "status", status, display: "Not Ana" }, "bad-request", { field: "status" })
  }
  yield* nothingChanged(t, "STATUS-5", ana, leo)
})

scenario("words of another line, of another direction, or of nothing are refused", ["STATUS-7"], function* (t) {
  const [ana, leo] = yield* busyAna(t)
  const bad = ["ana\nleo: hola", "a\tb", "\u001b[2J", "\u009b2J", "\u202eana", "\u2067ana\u2069", "a\u2028b"]
  const blank = [" ", "\u00a0", "\u200b", "\u3164", "\u2800 \u2060\ufeff", "\u{e0020}"]
  for (const words of [...bad, ...blank]) {
    yield* ana.refused({ type: "status", display: words, status: "away" }, "bad-text", { field: "display" })
    yield* ana.refused({ type: "status", text: words, status: "away" }, "bad-text", { field: "text" })
  }
  yield* nothingChanged(t, "STATUS-7", ana, leo)
})

scenario("long words are refused, and never cut", ["STATUS-8"], function* (t) {
  const [ana, leo] = yield* busyAna(t)
  const accents = `a${"\u0301".repeat(64)}`
  for (const display of ["x".repeat(129), "ñ".repeat(65), `${"😀".repeat(32)}x`, accents, "x".repeat(4_096)]) {
    yield* ana.refused({ type: "status", display }, "too-long", { field: "display" })
  }
  for (const text of ["x".repeat(257), "ñ".repeat(129), `${"😀".repeat(64)}x`]) {
    yield* ana.refused({ type: "status", text, display: "Not Ana" }, "too-long", { field: "text" })
  }
  yield* nothingChanged(t, "STATUS-8", ana, leo)
})

scenario("of several faults of a `status` the first is answered", ["ERROR-3"], { profile: "presence" }, function* (t) {
  const ana = yield* t.person()
  const long = "x".repeat(300)
  yield* ana.refused({ type: "status", status: "idle", display: "\u202e" }, "bad-request", { field: "status" })
  yield* ana.refused({ type: "status", text: 5, display: long }, "bad-request", { field: "text" })
  yield* ana.refused({ type: "status", text: long, display: " " }, "bad-text", { field: "display" })
  yield* ana.refused({ type: "status", text: `${long}\n` }, "bad-text", { field: "text" })
  yield* ana.refused({ type: "users", room: "#nowhere", limit: 0 }, "bad-request", { field: "limit" })
  yield* ana.refused({ type: "users", room: "#nowhere", after: "@" }, "bad-name", { field: "after" })
  yield* ana.refused({ type: "whois", nick: "no body" }, "bad-name", { field: "nick" })
  const stranger = yield* t.connection("stranger")
  yield* stranger.refused({ type: "status", status: "idle" }, "login-first")
  yield* stranger.refused({ type: "whois" }, "login-first")
})

// ---------------------------------------------------------------------------------------------------------------------
// Who learns of it
// ---------------------------------------------------------------------------------------------------------------------

scenario(
  "a change is told once to everybody whom one shares a room with, and not to oneself",
  ["PRESENCE-1", "PRESENCE-3"],
  function* (t) {
    const [ana, leo, eva] = yield* t.people(3)
    for (let nth = 0; nth < 3; nth++) yield* t.room(ana, leo)
    const room = yield* t.room(ana, leo, eva)
    const changes: ReadonlyArray<Extract<Ask, { readonly type: "status" }>> = [
      { type: "status", status: "busy" },
      { type: "status", text: "at work" },
      { type: "status", display: "Ana" },
      { type: "status", status: "away", text: "at lunch" },
      { type: "status", status: "active", text: "" }
    ]
    for (const change of changes) {
      const reply = bare(yield* ana.ask(change))
      for (const person of [leo, eva]) {
        const events = yield* presences(person)
        yield* t.judge("PRESENCE-1", events.length === 1 && same(bare(events[0]!), reply), {
          sent: change,
          expected: `one \`presence\` for ${person.who}: ${JSON.stringify(reply)}`,
          got: events
        })
      }
    }
    yield* leo.leave(room)
    const away = bare(yield* ana.ask({ type: "status", status: "away" }))
    const events = yield* presences(leo)
    yield* t.judge("PRESENCE-1", events.length === 1 && same(bare(events[0]!), away), {
      sent: "leave of one of the rooms that are shared, then a `status` of the other",
      expected: `one \`presence\`: ${JSON.stringify(away)}`,
      got: events
    })
    const own = yield* presences(ana)
    yield* t.judge("PRESENCE-3", own.length === 0, {
      sent: "changes of one's own presence, which the others get",
      expected: "no `presence` event on one's own connection",
      got: own
    })
  }
)

scenario("nobody hears of what hasn't changed, nor of a join", ["PRESENCE-2"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  yield* ana.ask({ type: "status", status: "busy", text: "at work", display: "Ana" })
  const room = yield* t.room(ana, leo)
  for (const request of [
    { type: "status" },
    { type: "status", status: "busy" },
    { type: "status", text: "at work" },
    { type: "status", status: "busy", text: "at work", display: "Ana" }
  ] as const)
    yield* ana.ask(request)
  for (let time = 0; time < 2; time++) {
    yield* eva.join(room)
    yield* eva.leave(room)
  }
  yield* eva.join(room)
  for (const person of [ana, leo, eva]) {
    const events = yield* presences(person)
    yield* t.judge("PRESENCE-2", events.length === 0, {
      sent: "a `status` that changes nothing, joins and leaves",
      expected: `no \`presence\` event for ${person.who}`,
      got: events
    })
  }
  const away = yield* ana.ask({ type: "status", status: "away" })
  const twin = yield* presences(eva)
  yield* t.judge("PRESENCE-2", twin.length === 1 && same(bare(twin[0]!), bare(away)), {
    sent: "a `status` that changes something",
    expected: "one `presence` event",
    got: twin
  })
})

scenario("who shares no room gets nothing of a presence", ["PRESENCE-4"], function* (t) {
  const [ana, leo, eva, pia] = yield* t.people(4)
  const room = yield* t.room(ana, leo, eva)
  yield* t.room(pia, eva)
  yield* leo.leave(room)
  yield* leo.fence
  const secret = t.nick("secret")
  yield* ana.ask({ type: "status", status: "away", display: secret, text: secret })
  const told = yield* presencesOf(eva, ana)
  yield* t.judge("PRESENCE-4", told.length === 1 && told[0]!.display === secret, {
    sent: "a `status` of somebody in the same room",
    expected: "one `presence`, for who is in the room",
    got: told
  })
  for (const stranger of [leo, pia]) {
    const events = yield* presences(stranger)
    const listed = yield* users(stranger)
    const line = JSON.stringify([events, listed])
    yield* t.judge("PRESENCE-4", !line.includes(ana.nick) && !line.includes(secret), {
      sent: `a \`status\` of ${ana.nick}; ${stranger.who} is in no room with her`,
      expected: "no `presence`, and no place in `users`",
      got: line
    })
    yield* stranger.refused({ type: "whois", nick: ana.nick }, "no-such-nick", { id: "PRESENCE-4" })
  }
  yield* ana.ask({ type: "bye" })
  for (const stranger of [leo, pia]) {
    const events = yield* presences(stranger)
    yield* t.judge("PRESENCE-4", !nicksOf(events).includes(ana.nick), {
      sent: `\`bye\` of ${ana.nick}`,
      expected: `no \`presence\` for ${stranger.who}, who shares no room with her`,
      got: events
    })
  }
})

scenario("people who talk in private share no room by that", ["PRESENCE-10"], { also: "direct" }, function* (t) {
  const [ana, leo] = yield* t.people(2)
  yield* ana.send(`@${leo.nick}`, "hola")
  yield* leo.send(`@${ana.nick}`, "hola")
  yield* leo.fence
  yield* ana.ask({ type: "status", status: "away", display: "Ana" })
  const listed = nicksOf(yield* users(leo))
  yield* t.judge("PRESENCE-10", listed === leo.nick, {
    sent: "`users` of somebody who is in no room, and in a conversation",
    expected: "oneself, and nobody else",
    got: listed
  })
  yield* leo.refused({ type: "whois", nick: ana.nick }, "no-such-nick", { field: "nick" })
  yield* ana.ask({ type: "bye" })
  const events = yield* presences(leo)
  yield* t.judge("PRESENCE-10", events.length === 0, {
    sent: "`status` and `bye` of whom one has a conversation with",
    expected: "no `presence` event",
    got: events
  })
})

scenario("after synced no acknowledged change is missing", ["PRESENCE-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  yield* t.room(ana, leo)
  for (let round = 0; round < 12; round++) {
    const status = round % 2 === 0 ? "busy" : "away"
    yield* ana.ask({ type: "status", status })
    const events = yield* presencesOf(leo, ana)
    yield* t.judge("PRESENCE-5", events.length === 1 && events[0]!.status === status, {
      sent: `\`status\` and its reply on one connection, then \`sync\` on the other`,
      expected: `the \`presence\` with "status":"${status}" before \`synced\``,
      got: events
    })
  }
  yield* ana.ask({ type: "bye" })
  const events = yield* presencesOf(leo, ana)
  yield* t.judge("PRESENCE-5", events.length === 1 && events[0]!.status === "offline", {
    sent: "`bye` and its reply on one connection, then `sync` on the other",
    expected: 'the `presence` with "status":"offline" before `synced`',
    got: events
  })
})

/** Judges that one `offline` came, whole, and that nothing follows. */
const judgeOffline = Effect.fnUntraced(function* (
  t: Scenario,
  watcher: Client,
  before: Presence,
  how: string,
  rooms: ReadonlyArray<string>
) {
  const items = yield* watcher.fence
  const events = items.flatMap(({ message, type }) => (type === "presence" ? [message as PresenceEvent] : []))
  const own = events.filter(({ nick }) => nick === before.nick)
  const expected = apart({ ...before, status: "offline" })
  yield* t.judge("PRESENCE-7", own.length === 1 && same(apart(own[0]!), expected), {
    sent: `the end of ${before.nick}, by ${how}`,
    expected: `one \`presence\` for ${watcher.who}: ${JSON.stringify(expected)}`,
    got: own
  })
  const left = items.filter(({ object, type }) => type === "member" && object["change"] === "left")
  yield* t.judge("PRESENCE-7", left.length === rooms.length, {
    sent: `the end of ${before.nick}, by ${how}`,
    expected: `a \`member\` event per room as well: ${rooms.join(", ")}`,
    got: left.map(({ line }) => line)
  })
})

for (const how of ["bye", "FIN", "RST", "silence"] as const) {
  scenario(`who ends by ${how} is offline, once`, ["PRESENCE-7"], function* (t) {
    const [leo, eva, ana] = yield* t.people(3)
    const rooms = [yield* t.room(leo, ana), yield* t.room(leo, eva, ana)]
    const before = bare(yield* ana.ask({ type: "status", status: "away", text: "at lunch", display: "Ana" }))
    for (const person of [leo, eva]) yield* person.fence
    if (how === "bye") yield* ana.ask({ type: "bye" })
    if (how === "FIN") yield* ana.end
    if (how === "RST") yield* ana.reset
    if (how === "silence") yield* ana.fallSilent
    if (how !== "bye") {
      const seconds = (how === "silence" ? 4 : 2) * t.heartbeat
      const found = { seconds, expected: `the event \`presence\`: ${ana.nick} is offline` }
      const isGone = leo.find("presence", ({ nick, status }) => nick === ana.nick && status === "offline", found)
      const gone = yield* eva.whileAlive(leo.whileAlive(isGone))
      yield* t.judge("PRESENCE-7", same(apart(gone), apart({ ...before, status: "offline" })), {
        expected: "the whole presence, with the status `offline`",
        got: gone
      })
      const more = yield* presencesOf(leo, ana)
      yield* t.judge("PRESENCE-7", more.length === 0, { expected: "no other `presence` of the same person", got: more })
      return yield* judgeOffline(t, eva, before, how, [rooms[1]!])
    }
    yield* judgeOffline(t, leo, before, how, rooms)
    yield* judgeOffline(t, eva, before, how, [rooms[1]!])
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// Connections that come and go
// ---------------------------------------------------------------------------------------------------------------------

/** Somebody with a session. */
interface Claimant extends Person {
  readonly session: string
}

const needsResume = (t: Scenario) =>
  suite.isClaimed("resume") ? Effect.void : t.notRun("the target doesn't claim resume, so nobody can come back")

const claimant = Effect.fnUntraced(function* (t: Scenario, name = "ana") {
  const client = yield* t.connection(name)
  const nick = t.nick(name)
  const { session = "" } = yield* client.ask({ type: "login", nick, resume: true }, "SESSION-1")
  return { ...client, nick, session } satisfies Claimant
})

const goesOn = Effect.fnUntraced(function* (t: Scenario, { nick, session, who }: Claimant, nth = 2) {
  const client = yield* t.connection(`${who} (${nth})`)
  yield* client.ask({ type: "login", nick, session }, "SESSION-2")
  return { ...client, nick, session } satisfies Claimant
})

for (const how of ["FIN", "RST", "takeover"] as const) {
  scenario(
    `nobody hears of a connection that ends by ${how}, and of its return`,
    ["PRESENCE-8", "PRESENCE-9"],
    function* (t) {
      yield* needsResume(t)
      const leo = yield* t.person("leo")
      const ana = yield* claimant(t)
      const room = yield* t.room(leo, ana)
      const before = bare(yield* ana.ask({ type: "status", status: "busy", text: "at work", display: "Ana" }))
      yield* leo.fence
      if (how === "FIN") yield* Effect.andThen(ana.end, ana.ended({ id: "SESSION-4" }))
      if (how === "RST") yield* ana.reset
      const between = yield* whoIs(leo, ana, "PRESENCE-9")
      yield* t.judge("PRESENCE-9", same(bare(between), before), {
        sent: how === "takeover" ? "`whois`" : `the end of a connection with a session, by ${how}; then \`whois\``,
        expected: JSON.stringify(before),
        got: between
      })
      const back = yield* goesOn(t, ana)
      yield* back.join(room)
      yield* back.fence
      for (const asker of [back, leo]) {
        const asked = yield* whoIs(asker, ana, "PRESENCE-9")
        yield* t.judge("PRESENCE-9", same(bare(asked), before), {
          sent: `login with the session, after ${how}; then \`whois\``,
          expected: JSON.stringify(before),
          got: asked
        })
      }
      const events = yield* presences(leo)
      yield* t.judge("PRESENCE-8", events.length === 0, {
        sent: `the end of a connection with a session, by ${how}, and its return`,
        expected: "no `presence` event",
        got: events
      })
      const away = yield* back.ask({ type: "status", status: "away" })
      const twin = yield* presences(leo)
      yield* t.judge("PRESENCE-8", twin.length === 1 && same(bare(twin[0]!), bare(away)), {
        sent: "a `status` on the new connection",
        expected: "one `presence` event, with the words of before",
        got: twin
      })
    }
  )
}

scenario("who doesn't come back in time is offline", ["PRESENCE-7"], function* (t) {
  yield* needsResume(t)
  if (t.limits.grace > 120) yield* t.notRun(`limits.grace is ${t.limits.grace} s: too long to wait for`)
  const leo = yield* t.person("leo")
  const ana = yield* claimant(t)
  yield* t.room(leo, ana)
  yield* t.room(leo, ana)
  yield* ana.ask({ type: "status", status: "busy", display: "Ana" })
  yield* leo.fence
  yield* ana.reset
  const gone = yield* leo.whileAlive(
    leo.find("presence", ({ nick }) => nick === ana.nick, {
      seconds: t.limits.grace + 2 * t.heartbeat,
      expected: `the event \`presence\`: ${ana.nick} is offline`
    })
  )
  yield* t.judge("PRESENCE-7", gone.status === "offline" && gone.display === "Ana", {
    sent: "the end of a connection with a session, and nothing for limits.grace seconds",
    expected: "the whole presence, with the status `offline`",
    got: gone
  })
  const more = yield* presencesOf(leo, ana)
  yield* t.judge("PRESENCE-7", more.length === 0, { expected: "no other `presence` of the same person", got: more })
  yield* leo.refused({ type: "whois", nick: ana.nick }, "no-such-nick")
})

// ---------------------------------------------------------------------------------------------------------------------
// Idle
// ---------------------------------------------------------------------------------------------------------------------

const tooLongIdle = (t: Scenario) =>
  t.limits.idleSeconds > 120
    ? t.notRun(`limits.idleSeconds is ${t.limits.idleSeconds} s: too long to wait for`)
    : Effect.void

/** Waits until somebody is idle. */
const becomesIdle = (t: Scenario, watcher: Client, { nick }: Pick<Person, "nick">, id: RequirementId) =>
  watcher.find("presence", (event) => event.nick === nick && event.status === "idle", {
    id,
    seconds: t.limits.idleSeconds + 2 * t.heartbeat,
    expected: `the event \`presence\`: ${nick} is idle`
  })

/** Judges that the clock has run for as long as it has to, and not much longer. */
const judgeIdle = (t: Scenario, from: number, { arrived }: Place) => {
  const seconds = (arrived - from) / 1_000
  const latest = t.limits.idleSeconds + 2 * t.heartbeat + suite.patience() / 1_000
  return t.judge("IDLE-1", seconds >= t.limits.idleSeconds - 0.05 && seconds <= latest, {
    sent: "nothing that counts, since the last `send`",
    expected: `\`presence\` with "status":"idle", ${t.limits.idleSeconds} s after that, and at most two heartbeats later`,
    got: `after ${seconds.toFixed(1)} s`
  })
}

scenario(
  "who does nothing for long enough is idle, until they do something",
  ["IDLE-1", "IDLE-2", "IDLE-3", "IDLE-4", "STATUS-4", "USERS-6"],
  { connections: 6 },
  function* (t) {
    yield* tooLongIdle(t)
    const [leo, ana, hugo, eva, pia, teo] = yield* t.people(6)
    const [room, other] = [yield* t.room(leo!, ana!, hugo!, eva!, pia!, teo!), t.roomName()]
    yield* pia!.ask({ type: "status", status: "busy" })
    yield* teo!.ask({ type: "status", status: "away" })
    yield* hugo!.ask({ type: "status", text: "here" })
    const from = yield* t.now
    yield* ana!.send(room, "hola")
    const active = yield* whoIs(ana!, ana!)
    yield* leo!.fence
    // None of this counts: a client does it by itself.
    const asks: ReadonlyArray<Ask> = [
      { type: "ping" },
      { type: "sync" },
      { type: "users" },
      { type: "whois", nick: leo!.nick },
      { type: "members", room },
      { type: "rooms", limit: 1 },
      { type: "join", room: other },
      { type: "leave", room: other },
      ...(suite.isClaimed("history") ? [{ type: "history", room, limit: 1 } as const] : [])
    ]
    const looksOn = (nth: number) => ana!.ask(asks[nth % asks.length]!)
    const talks = (nth: number) => (nth % 2 === 0 ? eva!.send(room, `word ${nth}`) : eva!.ask({ type: "status" }))
    const idle = yield* ana!.whileDoing(looksOn, eva!.whileDoing(talks, becomesIdle(t, leo!, ana!, "IDLE-1")))
    yield* judgeIdle(t, from, idle)
    yield* t.judge("STATUS-4", idle.since !== active.since, {
      sent: `nothing for ${t.limits.idleSeconds} s, since ${active.since}`,
      expected: "another `since` with another status",
      got: idle
    })
    const hugoIdle = yield* becomesIdle(t, leo!, hugo!, "IDLE-1")
    for (const [person, event] of [
      [ana!, idle],
      [hugo!, hugoIdle]
    ] as const) {
      const listed = (yield* users(leo!)).find(({ nick }) => nick === person.nick)
      for (const shown of [listed, yield* whoIs(leo!, person)]) {
        yield* t.judge("USERS-6", shown !== undefined && same(bare(shown), bare(event)), {
          sent: "`users` and `whois`, after a `presence`",
          expected: JSON.stringify(bare(event)),
          got: shown
        })
      }
    }
    const events = yield* presences(leo!)
    const ofEva = events.filter(({ nick }) => nick === eva!.nick)
    yield* t.judge("IDLE-2", ofEva.length === 0 && (yield* whoIs(leo!, eva!)).status === "active", {
      sent: "a `send` or a `status` every quarter of a heartbeat",
      expected: `${eva!.nick} never idle`,
      got: ofEva
    })
    for (const [person, status] of [
      [pia!, "busy"],
      [teo!, "away"]
    ] as const) {
      const theirs = events.filter(({ nick }) => nick === person.nick)
      const asked = yield* whoIs(leo!, person)
      yield* t.judge("IDLE-4", theirs.length === 0 && asked.status === status, {
        sent: `status ${status}, then nothing for as long as it makes others idle`,
        expected: `no \`presence\`: ${person.nick} is ${status} as before`,
        got: theirs.length > 0 ? theirs : asked
      })
    }
    yield* ana!.send(room, "back")
    yield* hugo!.ask({ type: "status", text: "back" })
    const back = yield* presences(leo!)
    for (const [person, expected] of [
      [ana!, { nick: ana!.nick, status: "active" }],
      [hugo!, { nick: hugo!.nick, status: "active", text: "back" }]
    ] as const) {
      const own = back.filter(({ nick }) => nick === person.nick)
      yield* t.judge("IDLE-3", own.length === 1 && same(apart(own[0]!), expected), {
        sent: person === ana! ? "`send` of somebody who is idle" : "`status` of somebody who is idle",
        expected: `one \`presence\`, before the reply: ${JSON.stringify(expected)}`,
        got: own
      })
    }
  }
)

scenario(
  "who does nothing is idle, however often the connection comes back",
  ["IDLE-2", "PRESENCE-8", "PRESENCE-9"],
  { connections: 12 },
  function* (t) {
    yield* needsResume(t)
    yield* tooLongIdle(t)
    const leo = yield* t.person("leo")
    const ana = yield* claimant(t)
    const room = yield* t.room(leo, ana)
    yield* ana.ask({ type: "status", text: "here" })
    yield* leo.fence
    let last: Claimant = ana
    let nth = 1
    let came = yield* t.now
    // Often enough that a clock which begins anew with each connection never comes to its end.
    const comesBack = Effect.fnUntraced(function* () {
      const now = yield* t.now
      if (now - came < 300 * t.limits.idleSeconds) return
      came = now
      last = yield* goesOn(t, last, ++nth)
      yield* last.join(room)
    })
    const idle = yield* leo.whileDoing(comesBack, leo.whileAlive(becomesIdle(t, leo, ana, "IDLE-2")))
    yield* t.judge("IDLE-2", idle.text === "here" && idle.status === "idle", {
      sent: "logins with the session and joins, and nothing else",
      expected: 'the whole presence, with "status":"idle"',
      got: idle
    })
    const back = yield* goesOn(t, last, ++nth)
    yield* back.join(room)
    const asked = yield* whoIs(back, ana)
    yield* t.judge("PRESENCE-9", same(bare(asked), bare(idle)), {
      sent: "login with the session of somebody who is idle, and a join",
      expected: `idle as before: ${JSON.stringify(bare(idle))}`,
      got: asked
    })
    const events = yield* presences(leo)
    yield* t.judge("PRESENCE-8", events.length === 0, { expected: "no `presence` event", got: events })
  }
)

scenario(
  "a person on several connections is there once, and until the last ends",
  ["PRESENCE-2", "PRESENCE-3", "PRESENCE-7", "USERS-1"],
  { also: "accounts", connections: 5 },
  function* (t) {
    const leo = yield* t.person("leo")
    const ana = yield* registered(t)
    const room = yield* t.room(leo, ana)
    const second = yield* further(t, ana)
    yield* second.join(room)
    const coming = yield* presencesOf(leo, ana)
    yield* t.judge("PRESENCE-2", coming.length === 0, {
      sent: "a login and a join of somebody who is there already",
      expected: "no `presence`",
      got: coming
    })
    yield* second.ask({ type: "status", status: "busy" }, "STATUS-1")
    const told = yield* presencesOf(leo, ana)
    yield* t.judge("PRESENCE-2", told.length === 1 && told[0]!.status === "busy", {
      sent: "`status` on one of two connections",
      expected: 'one `presence`, with "status":"busy"',
      got: told
    })
    const own = yield* presencesOf(ana, ana)
    yield* t.judge("PRESENCE-3", own.length === 0, {
      sent: "`status` on another connection of the person",
      expected: "no `presence`",
      got: own
    })
    const listed = (yield* users(leo, room)).filter(({ nick }) => nick === ana.nick)
    const shown = yield* whoIs(ana, ana)
    yield* t.judge("USERS-1", listed.length === 1 && shown.status === "busy", {
      expected: `${ana.nick} once, busy, and so to each of their connections`,
      got: [...listed, shown]
    })
    yield* ana.ask({ type: "bye" })
    const staying = yield* presencesOf(leo, ana)
    yield* t.judge("PRESENCE-7", staying.length === 0, {
      sent: "`bye` on the first of two connections",
      expected: "no `presence`",
      got: staying
    })
    yield* second.ask({ type: "bye" })
    const leaving = yield* presencesOf(leo, ana)
    yield* t.judge("PRESENCE-7", leaving.length === 1 && leaving[0]!.status === "offline", {
      sent: "`bye` on the last",
      expected: 'one `presence`, with "status":"offline"',
      got: leaving
    })
  }
)

/** Somebody, and what they do that counts. */
type Doer = readonly [person: Person, deed: (nth: number) => Ask]

/**
 * Judges that what people do puts their idleness off, and wakes them: it is done halfway, and again when they are idle. Meanwhile
 * another does what doesn't count, and becomes idle.
 */
const judgeDeeds = Effect.fnUntraced(function* (
  t: Scenario,
  id: RequirementId,
  [watcher, other]: readonly [Person, Person],
  doers: ReadonlyArray<Doer>,
  whatDoesNotCount: (nth: number) => Effect.Effect<unknown, Stop>
) {
  const from = yield* t.now
  const acted: Array<number> = []
  const meanwhile = Effect.fnUntraced(function* (nth: number) {
    yield* whatDoesNotCount(nth)
    if (acted.length > 0 || (yield* t.now) - from < 500 * t.limits.idleSeconds) return
    for (const [person, deed] of doers) {
      acted.push(yield* t.now)
      yield* person.ask(deed(0))
    }
  })
  const idle = yield* watcher.whileDoing(meanwhile, becomesIdle(t, watcher, other, "IDLE-2"))
  yield* t.judge("IDLE-2", idle.status === "idle", { expected: `${other.nick} idle`, got: idle })
  for (const [nth, [person, deed]] of doers.entries()) {
    const { arrived } = yield* becomesIdle(t, watcher, person, "IDLE-1")
    const seconds = (arrived - acted[nth]!) / 1_000
    yield* t.judge(id, seconds >= t.limits.idleSeconds - 0.05, {
      sent: deed(0),
      expected: `nobody idle who has done this, for ${t.limits.idleSeconds} s`,
      got: `idle after ${seconds.toFixed(1)} s`
    })
  }
  for (const [person, deed] of doers) {
    yield* person.ask(deed(1))
    const events = yield* presencesOf(watcher, person)
    yield* t.judge(id, events.length === 1 && events[0]!.status === "active", {
      sent: deed(1),
      expected: "one `presence`, for who was idle is active",
      got: events
    })
  }
})

scenario(
  "whoever does something on one of their connections is not idle",
  ["IDLE-2"],
  { also: "accounts", connections: 4 },
  function* (t) {
    yield* tooLongIdle(t)
    const [leo, eva] = yield* t.people(2)
    const ana = yield* registered(t)
    const second = yield* further(t, ana)
    const room = yield* t.room(leo, eva, ana, second)
    const sends = (nth: number): Ask => ({ type: "send", room, text: `word ${nth}` })
    yield* judgeDeeds(t, "IDLE-2", [leo, eva], [[second, sends]], () => ana.ask({ type: "ping" }))
  }
)

scenario(
  "who edits, deletes, reacts, names a topic or types is not idle; who reads on or is refused is",
  ["IDLE-5", "IDLE-2"],
  { also: "rich", connections: 7 },
  function* (t) {
    yield* tooLongIdle(t)
    const [leo, hugo, ana, eva, pia, teo, ines] = yield* t.people(7)
    const room = yield* t.room(leo!, hugo!, ana!, eva!, pia!, teo!, ines!)
    const word = yield* ana!.send(room, "word")
    const words = [yield* eva!.send(room, "one"), yield* eva!.send(room, "two")]
    const fails: ReadonlyArray<Ask> = [
      { type: "send", room, text: "hola", replyTo: 1_000_000 },
      { type: "edit", room, target: word.seq, text: "mine" },
      { type: "delete", room, target: word.seq },
      { type: "react", room, target: 1_000_000, reaction: "👍" },
      { type: "typing", room: t.roomName() }
    ]
    const readsOn = (nth: number) =>
      nth % 2 === 0
        ? hugo!.ask({ type: "read", room, seq: words[0]!.seq })
        : Effect.flatMap(hugo!.post(fails[(nth >> 1) % fails.length]!), (id) => hugo!.reply(id))
    const doers: ReadonlyArray<Doer> = [
      [ana!, (nth) => ({ type: "edit", room, target: word.seq, text: `word ${nth}` })],
      [eva!, (nth) => ({ type: "delete", room, target: words[nth]!.seq })],
      [pia!, (nth) => ({ type: "react", room, target: word.seq, reaction: "👍", on: nth === 0 })],
      [teo!, (nth) => ({ type: "topic", room, text: `topic ${nth}` })],
      [ines!, () => ({ type: "typing", room })]
    ]
    yield* judgeDeeds(t, "IDLE-5", [leo!, hugo!], doers, readsOn)
  }
)

scenario(
  "who tells somebody something in private is not idle",
  ["IDLE-6", "IDLE-2"],
  { also: "direct" },
  function* (t) {
    yield* tooLongIdle(t)
    const [leo, hugo, ana, eva] = yield* t.people(4)
    yield* t.room(leo, hugo, ana)
    const tells: Doer = [ana, (nth) => ({ type: "send", room: `@${eva.nick}`, text: `word ${nth}` })]
    yield* judgeDeeds(t, "IDLE-6", [leo, hugo], [tells], () => hugo.ask({ type: "conversations" }))
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Lists
// ---------------------------------------------------------------------------------------------------------------------

// In ASCII: "-" before digits before "_" before letters. A dictionary has another order.
const inOrder = ["n-", "n0", "n9", "n_", "na", "nz"]

scenario(
  "people come by slices, ascending, each once however many rooms they share",
  ["USERS-1", "USERS-2"],
  { connections: 7 },
  function* (t) {
    const people: Array<Person> = []
    for (const name of ["na", "n_", "nz", "n0", "n-", "n9"]) people.push(yield* t.person(name))
    const by = (name: string) => people.find(({ nick }) => nick.startsWith(name))!
    const nicks = inOrder.map((name) => by(name).nick)
    const asker = by("na")
    const first = yield* t.room(asker, by("n-"), by("n9"), by("nz"))
    yield* t.room(asker, by("n0"), by("n9"), by("n_"))
    yield* t.room(asker, by("nz"))
    const stranger = yield* t.person("n5")
    yield* t.room(stranger)
    const members = nicks.filter((nick) => /^n(?:-|9|a|z)/u.test(nick))
    for (const [where, all] of [
      [{}, nicks],
      [{ room: first }, members]
    ] as const) {
      const id = "room" in where ? "USERS-2" : "USERS-1"
      for (const after of [undefined, "n", ...all, "n8", "nzz-zz"]) {
        for (const limit of [undefined, 1, 2, all.length]) {
          const request = {
            type: "users",
            ...where,
            ...(after === undefined ? {} : { after }),
            ...(limit === undefined ? {} : { limit })
          } as const
          const above = all.filter((nick) => after === undefined || nick > after)
          const wanted = above.slice(0, Math.min(limit ?? t.limits.page, t.limits.page))
          const slice = yield* asker.ask(request, id)
          const isWhole = slice.users.map(({ nick }) => nick).join() === wanted.join()
          yield* t.judge(id, isWhole && (slice.more ?? false) === above.length > wanted.length, {
            sent: request,
            expected: `${wanted.join(", ") || "nobody"}${above.length > wanted.length ? ', with "more":true' : ", and no `more`"}`,
            got: slice
          })
        }
      }
    }
    yield* asker.refused({ type: "users", limit: 0 }, "bad-request", { field: "limit", id: "USERS-1" })
    const alone = yield* t.person("alone")
    const own = yield* users(alone)
    yield* t.judge("USERS-1", nicksOf(own) === alone.nick, {
      sent: "`users` of somebody who is in no room",
      expected: `${alone.nick} alone`,
      got: own
    })
  }
)

scenario("people of a room that one isn't in are not listed", ["USERS-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const [room, left] = [yield* t.room(leo), yield* t.room(ana, leo)]
  yield* ana.leave(left)
  for (const each of [room, left, t.roomName("nowhere"), room.toUpperCase()]) {
    yield* ana.refused({ type: "users", room: each }, "not-joined", { field: "room" })
  }
  const own = yield* users(leo, room, "USERS-3")
  yield* t.judge("USERS-3", nicksOf(own) === leo.nick, { expected: `${leo.nick}, who is in the room`, got: own })
})

scenario("whois gives a presence, and the rooms that both are in", ["USERS-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const shared = ["cz", "c-", "c0", "ca"].map((name) => t.roomName(name))
  for (const room of shared) yield* Effect.andThen(ana.join(room), leo.join(room))
  const [own, theirs] = [yield* t.room(ana), yield* t.room(leo)]
  const before = bare(yield* leo.ask({ type: "status", status: "busy", text: "at work", display: "Leo 🦁" }))
  const judge = Effect.fnUntraced(function* (nick: string, presence: Presence, rooms: ReadonlyArray<string>) {
    const asked = yield* whoIs(ana, { nick }, "USERS-4")
    const isIt = same(bare(asked), presence) && asked.rooms.join() === rooms.join() && asked.more !== true
    yield* t.judge("USERS-4", isIt, {
      sent: `whois ${nick}`,
      expected: `${JSON.stringify(presence)}, with the rooms ${rooms.join(", ") || "none"}`,
      got: asked
    })
  })
  const first = shared.toSorted()
  yield* judge(leo.nick, before, first)
  yield* judge(leo.nick.toUpperCase(), before, first)
  const self = bare(yield* ana.ask({ type: "status", status: "away" }))
  yield* judge(ana.nick, self, [...shared, own].toSorted())
  yield* leo.leave(first[0]!)
  yield* judge(leo.nick, before, first.slice(1))
  yield* ana.leave(first[1]!)
  yield* judge(leo.nick, before, first.slice(2))
  for (const room of [own, ...first.filter((_, nth) => nth !== 1)]) yield* ana.leave(room)
  yield* judge(ana.nick, self, [])
  yield* leo.leave(theirs)
})

scenario("a stranger's nick is answered like nobody's", ["USERS-5"], function* (t) {
  const [ana, leo, eva, pia] = yield* t.people(4)
  const room = yield* t.room(ana, eva)
  yield* t.room(leo)
  yield* eva.leave(room)
  yield* pia.ask({ type: "bye" })
  const answers: Array<string> = []
  for (const nick of [t.nick("nobody"), leo.nick, eva.nick, pia.nick, t.nick("nobody").toUpperCase()]) {
    const error = yield* ana.refused({ type: "whois", nick }, "no-such-nick", { field: "nick" })
    const { arrived: _, nth: __, re: ___, ...said } = error
    answers.push(JSON.stringify(said).replaceAll(nick.toLowerCase(), "...").replaceAll(nick, "..."))
  }
  yield* t.judge("USERS-5", new Set(answers).size === 1, {
    sent: "whois of nobody, of somebody elsewhere, of who has left, of who is gone",
    expected: "the same answer to all, but for the nick",
    got: answers
  })
})

scenario("a list shows what the events have said", ["USERS-6"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  for (const [nth, display] of names.entries()) {
    const status = (["busy", "away", "active"] as const)[nth % 3]!
    const reply = bare(yield* ana.ask({ type: "status", status, display, text: nth % 2 === 0 ? display : "" }))
    const event = (yield* presencesOf(leo, ana)).at(-1)
    const listed = [yield* users(leo), yield* users(leo, room), yield* users(ana)].map((list) =>
      list.find(({ nick }) => nick === ana.nick)
    )
    for (const shown of [event, ...listed, yield* whoIs(leo, ana), yield* whoIs(ana, ana)]) {
      yield* t.judge("USERS-6", shown !== undefined && same(bare(shown), reply), {
        sent: "a `status`; then `users` and `whois`",
        expected: JSON.stringify(reply),
        got: shown
      })
    }
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Stories
// ---------------------------------------------------------------------------------------------------------------------

const cast = ["ana", "leo", "eva", "pia"] as const
const rooms = ["#cafe", "#cine", "#solo"] as const

/** What one of the cast does. */
const acts = fc.array(
  fc.record(
    {
      who: fc.constantFrom(0, 1, 2, 3),
      what: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom("join" as const, "leave" as const) },
        { weight: 3, arbitrary: fc.constantFrom("busy" as const, "away" as const, "active" as const) },
        { weight: 1, arbitrary: fc.constantFrom("display" as const, "bye" as const) }
      ),
      room: fc.constantFrom(0, 1, 2)
    },
    { noNullPrototype: true }
  ),
  { minLength: 4, maxLength: 16 }
)

property(
  "whatever people do, exactly those hear of it who share a room",
  ["PRESENCE-1", "PRESENCE-2", "PRESENCE-4", "USERS-1"],
  acts,
  function* (t, drawn) {
    const people = yield* t.people(cast.length)
    const here = rooms.map((name) => t.roomName(name.slice(1)))
    const inside = new Map(people.map(({ nick }) => [nick, new Set<string>()]))
    const known = new Map(people.map(({ nick }) => [nick, JSON.stringify({ nick, status: "active" })]))
    const shares = (one: Person, other: Person) =>
      [...(inside.get(one.nick) ?? [])].some((room) => inside.get(other.nick)?.has(room) === true)
    for (const room of here.slice(0, 2)) {
      for (const person of [people[0]!, people[1]!]) {
        yield* person.join(room)
        inside.get(person.nick)!.add(room)
      }
    }
    const gone = new Set<string>()
    const began = yield* t.now
    for (const [nth, { room: where, what, who }] of [{ who: 0, what: "busy" as const, room: 0 }, ...drawn].entries()) {
      const person = people[who]!
      if (gone.has(person.nick)) continue
      // On a slow machine somebody may become idle, which is another story.
      if ((yield* t.now) - began > 1_000 * (t.limits.idleSeconds - 1)) break
      const own = inside.get(person.nick)!
      const room = here[where]!
      const others = people.filter((other) => other !== person && !gone.has(other.nick))
      const near = others.filter((other) => shares(person, other))
      let now = known.get(person.nick)!
      if (what === "join" && !own.has(room)) {
        yield* person.join(room)
        own.add(room)
      } else if (what === "leave" && own.has(room)) {
        yield* person.leave(room)
        own.delete(room)
      } else if (what === "display") {
        now = JSON.stringify(apart(yield* person.ask({ type: "status", display: `${person.who} ${nth}` })))
      } else if (what === "busy" || what === "away" || what === "active") {
        now = JSON.stringify(apart(yield* person.ask({ type: "status", status: what })))
      } else if (what === "bye") {
        const before: object = JSON.parse(now)
        yield* person.ask({ type: "bye" })
        now = JSON.stringify({ ...before, status: "offline" })
        gone.add(person.nick)
        inside.delete(person.nick)
      }
      const isNews = now !== known.get(person.nick)
      known.set(person.nick, now)
      const act = `${person.who}: ${what}${what === "join" || what === "leave" ? ` ${rooms[where]}` : ""}`
      for (const other of others) {
        const events = yield* presences(other)
        const told = events.map((event) => JSON.stringify(apart(event)))
        const isNear = near.includes(other)
        const id = isNear ? (isNews ? "PRESENCE-1" : "PRESENCE-2") : "PRESENCE-4"
        yield* t.judge(id, told.join() === (isNear && isNews ? now : ""), {
          sent: act,
          expected: isNear && isNews ? `one \`presence\` for ${other.who}: ${now}` : `no \`presence\` for ${other.who}`,
          got: told
        })
      }
      if (nth % 4 > 0) continue
      for (const asker of people.filter(({ nick }) => !gone.has(nick))) {
        const wanted = people.filter((other) => other === asker || (!gone.has(other.nick) && shares(asker, other)))
        const listed = yield* users(asker)
        yield* t.judge("USERS-1", nicksOf(listed) === nicksOf(wanted), {
          sent: `${act}; then \`users\` of ${asker.who}`,
          expected: nicksOf(wanted),
          got: listed
        })
      }
    }
    for (const id of ["PRESENCE-2", "PRESENCE-4"] as const)
      yield* t.judge(id, true, { expected: "nothing of the kind", got: "nothing" })
  }
)
