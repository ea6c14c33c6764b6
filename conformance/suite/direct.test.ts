/** spec/direct.md: conversations of two people. */
import { type ConversationItem, type Conversations, claims, type HistoryItem, type Message } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { askUntil } from "../src/again.ts"
import { type Claimant, claimant, goesOn } from "../src/claimant.ts"
import type { Client, Person } from "../src/client.ts"
import { loginAgain } from "../src/lane.ts"
import { property } from "../src/property.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import { type Stop, show } from "../src/verdict.ts"
import type { Arrived } from "../src/wire/connection.ts"
import { further, registered } from "./registered.ts"

const { limits } = suite

const named = ({ nick }: { readonly nick: string }): string => `@${nick}`

const counted = (count: number, text = "word"): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${text} ${index + 1}`)

/** Every entry that a fence brings, of whatever room or conversation. */
const entries = (client: Client) =>
  Effect.map(client.fence, (items) =>
    items.flatMap(({ message }) => (message?.type === "message" ? [message satisfies Message] : []))
  )

const page = (client: Client, room: string, more: { readonly after?: number; readonly epoch?: string } = {}) =>
  client.ask({ type: "history", room, ...more }, "DIRECT-2")

const say = (client: Client, room: string, text: string) => client.ask({ type: "send", room, text }, "DIRECT-2")

/** Posts texts before it waits for anything. */
const posts = (client: Client, room: string, texts: ReadonlyArray<string>) =>
  Effect.forEach(texts, (text) => client.post({ type: "send", room, text }), { discard: true })

/** The whole list of somebody's conversations, slice by slice. */
const list = Effect.fnUntraced(function* (client: Client, cursors: { readonly limit?: number } = {}) {
  const all: Array<ConversationItem> = []
  while (true) {
    const after: string | undefined = all.at(-1)?.room
    const asked = { type: "conversations", ...cursors, ...(after === undefined ? {} : { after }) } as const
    const { conversations, more }: Conversations = yield* client.ask(asked, "DIRECT-16")
    all.push(...conversations)
    // A list that doesn't go on would be asked for for ever; whoever judges sees the repetition.
    if (more !== true || (conversations.at(-1)?.room ?? "") <= (after ?? "")) return all
  }
})

/** What an entry is, whoever sees it. */
const bare = (entry: HistoryItem | Message): string => {
  if (entry.type !== "message") return JSON.stringify(entry)
  const { at, from, key, seq, text } = entry
  return JSON.stringify({ seq, from, text, key, at })
}

/** Somebody under a nick whose last holder may not have been noticed to be gone. */
const nextHolder = Effect.fnUntraced(function* (t: Scenario, nick: string, who: string) {
  const client = yield* t.connection(who)
  yield* loginAgain(t, client, nick)
  return { ...client, nick } satisfies Person
})

// ---------------------------------------------------------------------------------------------------------------------
// One conversation, two names
// ---------------------------------------------------------------------------------------------------------------------

scenario("whoever claims direct claims history", ["DIRECT-1"], function* (t) {
  yield* t.judge("DIRECT-1", suite.isClaimed("history"), {
    expected: "`history/1` in hello.features, since `direct/1` is there",
    got: t.hello.features
  })
})

scenario("two people talk without a room", ["DIRECT-2", "DIRECT-3", "DIRECT-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const told = [
    yield* say(ana, named(leo), "coffee?"),
    yield* say(leo, `@${ana.nick.toUpperCase()}`, "at five"),
    yield* say(ana, named(leo), "good")
  ]
  for (const [index, sent] of told.entries()) {
    const room = named(index === 1 ? ana : leo)
    yield* t.judge("DIRECT-2", sent.seq === index + 1 && sent.room === room, {
      sent: "send to a person, without a `join`",
      expected: `\`sent\` with "room":"${room}" and "seq":${index + 1}`,
      got: sent
    })
  }
  const seen = { ana: yield* entries(ana), leo: yield* entries(leo) }
  const pages = { ana: yield* page(ana, named(leo)), leo: yield* page(leo, named(ana)) }
  for (const [who, other] of [
    ["ana", leo],
    ["leo", ana]
  ] as const) {
    yield* t.judge("DIRECT-3", seen[who].length === 3 && seen[who].every(({ room }) => room === named(other)), {
      sent: "two of ana's entries and one of leo's",
      expected: `to ${who}, all three with "room":"${named(other)}"`,
      got: seen[who]
    })
    yield* t.judge("DIRECT-3", pages[who].room === named(other), {
      expected: `to ${who}, a page with "room":"${named(other)}"`,
      got: pages[who]
    })
    yield* t.judge("DIRECT-3", pages[who].entries.map(bare).join() === seen.ana.map(bare).join(), {
      expected: `a page of the same entries as ana has got: ${seen.ana.map(bare).join(", ")}`,
      got: pages[who].entries
    })
    yield* t.judge(
      "DIRECT-5",
      seen[who].every(({ epoch }) => epoch === pages.ana.epoch),
      {
        expected: `"epoch":"${pages.ana.epoch}" in every \`message\`, as in the page`,
        got: seen[who]
      }
    )
  }
  yield* t.judge("DIRECT-3", seen.leo.map(bare).join() === seen.ana.map(bare).join(), {
    expected: `the same entries to both: ${seen.ana.map(bare).join(", ")}`,
    got: seen.leo
  })
  yield* t.judge("DIRECT-3", pages.leo.epoch === pages.ana.epoch && pages.leo.head === 3, {
    expected: `to both "epoch":"${pages.ana.epoch}" and "head":3`,
    got: pages.leo
  })
})

scenario("from welcome on everybody gets what they are written", ["DIRECT-4"], { connections: 4 }, function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const texts = counted(Math.min(30, limits.burst - 10))
  // Leo says nothing and has asked for nothing.
  yield* Effect.forEach([ana, eva], (person) => posts(person, named(leo), texts), { concurrency: "unbounded" })
  yield* posts(ana, named(eva), texts)
  yield* Effect.forEach([ana, eva], ({ fence }) => fence, { concurrency: "unbounded", discard: true })
  const got = yield* entries(leo)
  for (const from of [ana, eva]) {
    const own = got.filter(({ room }) => room === named(from)).map(({ seq, text }) => `${seq} ${text}`)
    yield* t.judge("DIRECT-4", own.join() === texts.map((text, index) => `${index + 1} ${text}`).join(), {
      sent: `${texts.length} entries for leo by ${from.who}, ahead of their replies`,
      expected: `each of them once and in order on leo's connection, with "room":"${named(from)}"`,
      got: own
    })
  }
  yield* t.judge("DIRECT-4", got.length === 2 * texts.length, {
    expected: "nothing of the conversation of ana and eva on leo's connection",
    got: got.length
  })
})

scenario("the sender gets the entry, too, and before it is acknowledged", ["DIRECT-4", "SEND-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  for (const text of counted(5)) {
    const id = yield* ana.post({ type: "send", room: named(leo), text })
    yield* ana.reply(id, { id: "DIRECT-2" })
    const own = (yield* ana.taken).filter(({ type }) => type === "message")
    yield* t.judge("SEND-3", own.length === 1, {
      sent: "send to a person",
      expected: "one `message` before `sent`",
      got: own.map(({ line }) => line)
    })
    yield* t.judge("DIRECT-4", own[0]?.object["text"] === text, { expected: `the entry "${text}"`, got: own[0]?.line })
  }
})

scenario("what two people say comes to all connections of both", ["DIRECT-4"], { also: "accounts" }, function* (t) {
  const leo = yield* t.person("leo")
  const ana = yield* registered(t)
  const second = yield* further(t, ana)
  yield* say(leo, named(ana), "coffee?")
  yield* say(second, named(leo), "at five")
  for (const client of [ana, second]) {
    const got = yield* entries(client)
    yield* t.judge("DIRECT-4", got.map(({ text }) => text).join() === "coffee?,at five", {
      sent: "one message by each of two people, of whom one has two connections",
      expected: `both on ${client.who}, in order`,
      got
    })
  }
})

scenario("nobody else hears what two people say", ["DIRECT-6"], { connections: 5 }, function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const stranger = yield* t.connection("stranger")
  const room = yield* t.room(ana, leo, eva)
  const secret = t.nick("secret")
  yield* say(ana, named(leo), secret)
  yield* say(leo, named(ana), `${secret}, too`)
  const heard = yield* entries(leo)
  yield* t.judge("DIRECT-6", heard.length === 2, { expected: "both entries on leo's connection", got: heard })
  yield* eva.fence
  yield* stranger.post({ type: "ping" })
  const pong = yield* stranger.object()
  yield* t.judge("DIRECT-6", pong.type === "pong", {
    expected: "nothing on a connection that hasn't logged in",
    got: pong.line
  })
  const asked = [
    yield* eva.ask({ type: "conversations" }, "DIRECT-16"),
    yield* eva.ask({ type: "history", room: named(leo) }, "DIRECT-2"),
    yield* eva.ask({ type: "history", room: named(ana) }, "DIRECT-2"),
    yield* eva.ask({ type: "rooms" }),
    yield* eva.ask({ type: "members", room }),
    yield* eva.ask({ type: "history", room })
  ]
  const told = [...(yield* eva.fence).map(({ line }) => line), ...asked.map(show)]
  const leaks = told.filter((line) => line.includes(secret))
  yield* t.judge("DIRECT-6", leaks.length === 0, {
    sent: "lists and pages, asked for by eva, and sync",
    expected: "nothing of what ana and leo have said",
    got: leaks
  })
  const [conversations, ...pages] = asked
  yield* t.judge("DIRECT-6", conversations?.type === "conversations" && conversations.conversations.length === 0, {
    expected: "no conversations of eva's",
    got: conversations
  })
  const { epoch } = yield* page(ana, named(leo))
  yield* t.judge("DIRECT-6", !pages.some((reply) => show(reply).includes(epoch)), {
    expected: `nothing of the epoch ${epoch}, which is that of ana and leo`,
    got: pages
  })
})

scenario("nobody has a conversation with oneself", ["DIRECT-7"], function* (t) {
  const ana = yield* t.person()
  const wrong = [
    { type: "send", room: named(ana), text: "note to self" },
    { type: "send", room: `@${ana.nick.toUpperCase()}`, text: "note to self" },
    // Of two faults, the first in the table.
    { type: "send", room: named(ana), text: "" },
    { type: "send", room: named(ana), text: "x".repeat(t.limits.text + 1) },
    { type: "history", room: named(ana) },
    { type: "history", room: `@${ana.nick.toUpperCase()}`, after: 0 }
  ]
  for (const request of wrong) yield* ana.refused(request, "bad-request", { field: "room" })
  const seen = yield* entries(ana)
  yield* t.judge("DIRECT-7", seen.length === 0, { expected: "no entry", got: seen })
})

scenario("whoever isn't there can't be written to", ["DIRECT-8"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const nobody = `@${t.nick("nobody")}`
  yield* ana.refused({ type: "send", room: nobody, text: "hola" }, "no-such-nick", { field: "room" })
  yield* ana.refused({ type: "history", room: nobody }, "no-such-nick", { field: "room" })
  yield* ana.refused({ type: "send", room: nobody, text: "" }, "bad-text", { field: "text" })
  yield* say(ana, named(leo), "you are there")
  yield* leo.ask({ type: "bye" })
  yield* ana.refused({ type: "send", room: named(leo), text: "and now?" }, "no-such-nick", { field: "room" })
  yield* ana.refused({ type: "history", room: named(leo) }, "no-such-nick", { field: "room" })
  const seen = yield* entries(ana)
  yield* t.judge("DIRECT-8", seen.length === 1, { expected: "one entry: the one that leo was there for", got: seen })
})

scenario("a conversation isn't joined, left or listed like a room", ["DIRECT-9"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  yield* say(ana, named(leo), "hola")
  for (const type of ["join", "leave", "members"]) {
    yield* ana.refused({ type, room: named(leo) }, "bad-name", { field: "room" })
    yield* ana.refused({ type, room: `@${t.nick("nobody")}` }, "bad-name", { field: "room" })
  }
  yield* ana.refused({ type: "rooms", after: named(leo) }, "bad-name", { field: "after" })
  if (claims(t.hello.features, "presence"))
    yield* ana.refused({ type: "users", room: named(leo) }, "bad-name", { field: "room" })
  if (claims(t.hello.features, "search")) {
    yield* ana.refused({ type: "search", text: "hola", room: named(leo) }, "bad-name", { field: "room" })
  }
  const { entries: kept } = yield* page(ana, named(leo))
  yield* t.judge("DIRECT-9", kept.length === 1, { expected: "the conversation as it was", got: kept })
})

const badDirects = [
  "@",
  "@-leo",
  "@_leo",
  "@the leo",
  "@@leo",
  "@#leo",
  "@leo\n",
  "@ñandú",
  `@${"x".repeat(33)}`,
  " @leo"
]

scenario(
  "the name of a conversation is @ and the grammar of nicks",
  ["NAME-1", "NAME-2"],
  { profile: "direct" },
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    for (const room of badDirects) {
      yield* ana.refused({ type: "send", room, text: "hola" }, "bad-name", { field: "room" })
      yield* ana.refused({ type: "history", room }, "bad-name", { field: "room" })
      yield* ana.refused({ type: "conversations", after: room }, "bad-name", { field: "after" })
    }
    for (const after of [leo.nick, `#${leo.nick}`]) {
      yield* ana.refused({ type: "conversations", after }, "bad-name", { field: "after" })
    }
    const spelt = `@${leo.nick.toUpperCase()}`
    const sent = yield* ana.ask({ type: "send", room: spelt, text: "hola" }, "NAME-2")
    const read = yield* ana.ask({ type: "history", room: spelt }, "NAME-2")
    yield* t.judge("NAME-2", sent.room === named(leo) && read.room === named(leo), {
      sent: `send and history of ${spelt}`,
      expected: `"room":"${named(leo)}"`,
      got: [sent.room, read.room]
    })
    const listed = yield* ana.ask({ type: "conversations", after: spelt }, "NAME-2")
    yield* t.judge("NAME-2", listed.conversations.length === 0, {
      sent: `conversations with "after":"${spelt}"`,
      expected: `nothing: ${named(leo)} is the only one`,
      got: listed
    })
  }
)

scenario("to a server that doesn't claim direct, @nick is no name", ["NAME-1"], { unless: "direct" }, function* (t) {
  const [ana, leo] = yield* t.people(2)
  for (const room of [named(leo), named(ana), `@${t.nick("nobody")}`]) {
    yield* ana.refused({ type: "send", room, text: "hola" }, "bad-name", { field: "room" })
    yield* ana.refused({ type: "send", room, text: "" }, "bad-name", { field: "room" })
    if (suite.isClaimed("history")) yield* ana.refused({ type: "history", room }, "bad-name", { field: "room" })
  }
  const seen = yield* entries(leo)
  yield* t.judge("NAME-1", seen.length === 0, { expected: "nothing on leo's connection", got: seen })
})

scenario("a conversation in which nothing was said has its epoch already", ["DIRECT-10"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const empty = (client: Client, room: string, cursor: { readonly after?: number } = {}) =>
    client.ask({ type: "history", room, ...cursor }, "DIRECT-10")
  const pages = [
    yield* empty(ana, named(leo)),
    yield* empty(ana, named(leo), { after: 0 }),
    yield* empty(leo, named(ana)),
    yield* empty(leo, named(ana), { after: 41 })
  ]
  for (const got of pages) {
    const isEmpty = got.first === 1 && got.head === 0 && got.entries.length === 0 && got.more !== true
    yield* t.judge("DIRECT-10", isEmpty && got.epoch === pages[0]!.epoch, {
      sent: "history of a conversation in which nothing was said, by one and by the other",
      expected: `"epoch":"${pages[0]!.epoch}","first":1,"head":0,"entries":[], and no more`,
      got
    })
  }
  yield* say(leo, named(ana), "hola")
  const full = yield* page(ana, named(leo))
  yield* t.judge("DIRECT-10", full.epoch === pages[0]!.epoch && full.head === 1, {
    sent: "the first entry, then history",
    expected: `"epoch":"${pages[0]!.epoch}" as before, and "head":1`,
    got: full
  })
  const [first] = yield* entries(ana)
  yield* t.judge("DIRECT-10", first?.epoch === pages[0]!.epoch, {
    expected: `the \`message\` with "epoch":"${pages[0]!.epoch}"`,
    got: first
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Persons, not nicks
// ---------------------------------------------------------------------------------------------------------------------

for (const how of ["bye", "FIN", "RST"] as const) {
  scenario(`whoever takes the nick after ${how} is somebody else`, ["DIRECT-11"], { connections: 4 }, function* (t) {
    const [ana, leo] = yield* t.people(2)
    yield* say(leo, named(ana), "the key is under the mat")
    yield* say(ana, named(leo), "which mat?")
    const before = yield* page(ana, named(leo))
    yield* entries(ana)
    if (how === "bye") yield* leo.ask({ type: "bye" })
    if (how === "FIN") yield* leo.end
    if (how === "RST") yield* leo.reset
    const other = yield* nextHolder(t, leo.nick, "another leo")
    const isNew = Effect.fnUntraced(function* (who: Person, room: string) {
      const got = yield* page(who, room)
      yield* t.judge("DIRECT-11", got.epoch !== before.epoch && got.head === 0 && got.entries.length === 0, {
        sent: `leo ends by ${how}, another takes the nick; then history, by ${who.who}`,
        expected: `an empty page of another epoch than ${before.epoch}`,
        got
      })
      const items = yield* list(who)
      yield* t.judge("DIRECT-11", items.length === 0, { expected: "no conversations", got: items })
      return got.epoch
    })
    const epoch = yield* isNew(ana, named(other))
    yield* isNew(other, named(ana))
    const first = yield* say(other, named(ana), "who are you?")
    yield* t.judge("DIRECT-11", first.seq === 1, { expected: 'the first entry: "seq":1', got: first })
    const seen = yield* entries(ana)
    yield* t.judge("DIRECT-11", seen.length === 1 && seen[0]!.seq === 1 && seen[0]!.epoch === epoch, {
      expected: `on ana's connection one \`message\`, with "epoch":"${epoch}" and "seq":1`,
      got: seen
    })
    const own = yield* entries(other)
    yield* t.judge("DIRECT-11", own.length === 1, { expected: "on that of the other one, their own entry", got: own })
  })
}

scenario(
  "keys belong to one conversation, and end with it",
  ["DIRECT-11", "KEY-6"],
  { also: "resume", connections: 4 },
  function* (t) {
    const [ana, leo, eva] = yield* t.people(3)
    const keyed = (person: Person, text: string) =>
      ana.ask({ type: "send", room: named(person), text, key: "k1" }, "KEY-6")
    const isNew = (
      id: "DIRECT-11" | "KEY-6",
      sent: { readonly seq: number; readonly duplicate?: boolean },
      what: string
    ) =>
      t.judge(id, sent.seq === 1 && sent.duplicate !== true, {
        sent: what,
        expected: 'an entry of its own: `sent` with "seq":1, and no `duplicate`',
        got: sent
      })
    yield* isNew("KEY-6", yield* keyed(leo, "hola"), "a key for the first time")
    yield* isNew("KEY-6", yield* keyed(eva, "hola"), "the same key and text to another person")
    const again = yield* keyed(leo, "hola")
    yield* t.judge("KEY-6", again.seq === 1 && again.duplicate === true, {
      sent: "the same key and text to the first again",
      expected: '`sent` with "seq":1 and "duplicate":true',
      got: again
    })
    yield* leo.ask({ type: "bye" })
    yield* ana.refused({ type: "send", room: named(leo), text: "hola", key: "k1" }, "no-such-nick", {
      id: "DIRECT-11",
      field: "room"
    })
    const other = yield* nextHolder(t, leo.nick, "another leo")
    yield* isNew("DIRECT-11", yield* keyed(other, "hola"), "the same key and text to whoever has taken the nick")
    const theirs = (yield* entries(other)).map(({ text }) => text)
    yield* t.judge("DIRECT-11", theirs.join() === "hola", { expected: 'the entry "hola" comes to them', got: theirs })
  }
)

scenario("an epoch says whom one means", ["DIRECT-12"], { connections: 4 }, function* (t) {
  const [ana, leo] = yield* t.people(2)
  const { epoch } = yield* page(ana, named(leo))
  yield* ana.ask({ type: "send", room: named(leo), text: "for you", epoch }, "DIRECT-12")
  yield* ana.ask({ type: "history", room: named(leo), epoch }, "DIRECT-12")
  const wrong = (person: Person, stale: string) =>
    Effect.forEach(
      [
        { type: "send", room: named(person), text: "not for you", epoch: stale },
        { type: "history", room: named(person), epoch: stale }
      ],
      (request) => ana.refused(request, "no-such-nick", { field: "room" }),
      { discard: true }
    )
  for (const other of ["", "of-another-log", `${epoch}x`]) yield* wrong(leo, other)
  yield* leo.ask({ type: "bye" })
  const second = yield* nextHolder(t, leo.nick, "another leo")
  yield* wrong(second, epoch)
  yield* say(second, named(ana), "who are you?")
  // Also when the new conversation has entries.
  yield* wrong(second, epoch)
  const now = yield* page(ana, named(second))
  yield* ana.ask({ type: "send", room: named(second), text: "ana", epoch: now.epoch }, "DIRECT-12")
  const seen = (yield* entries(second)).map(({ text }) => text)
  yield* t.judge("DIRECT-12", seen.join() === "who are you?,ana", {
    sent: "sends with the epoch of the conversation before, and one with that of this",
    expected: 'to whoever has taken the nick, only their own "who are you?" and then "ana"',
    got: seen
  })
  const room = yield* t.room(ana)
  const inRoom = yield* ana.ask({ type: "send", room, text: "hola", epoch: "of-another-log" }, "DIRECT-12")
  yield* t.judge("DIRECT-12", inRoom.seq === 1, { expected: "in a room, it means nothing: `sent`", got: inRoom })
})

const rounds = 3

scenario(
  "what was said to one comes before what is said to the next of the same nick",
  ["DIRECT-13"],
  { connections: 2 + 2 * rounds },
  function* (t) {
    const ana = yield* t.person()
    const share = Math.floor(Math.min(limits.burst - 10, 60) / rounds)
    let leo = yield* t.person("leo")
    const seen: Array<Message> = []
    for (let round = 1; round <= rounds; round++) {
      yield* say(leo, named(ana), "I'm here")
      yield* posts(ana, named(leo), counted(share))
      // While those are on their way.
      yield* leo.ask({ type: "bye" })
      leo = yield* nextHolder(t, leo.nick, `leo (${round + 1})`)
      yield* posts(leo, named(ana), counted(5))
      yield* leo.fence
      seen.push(...(yield* entries(ana)))
    }
    const epochs = seen.map(({ epoch }) => epoch)
    const inTurn = epochs.filter((epoch, index) => epoch !== epochs[index - 1])
    yield* t.judge("DIRECT-13", new Set(inTurn).size === inTurn.length && inTurn.length > rounds, {
      sent: `${rounds} times: somebody says goodbye while entries for them are on their way; another takes the nick, and writes`,
      expected: "on ana's connection all entries of one epoch, then all of the next",
      got: inTurn
    })
    for (const epoch of inTurn) {
      const seqs = seen.filter((entry) => entry.epoch === epoch).map(({ seq }) => seq)
      yield* t.judge(
        "DIRECT-13",
        seqs.every((seq, index) => seq === index + 1),
        {
          expected: "each of them from 1, and in order",
          got: seqs
        }
      )
    }
  }
)

for (const how of ["FIN", "RST"] as const) {
  scenario(
    `who has lost the connection by ${how} is written to all the same`,
    ["DIRECT-14", "DIRECT-4"],
    { also: "resume" },
    function* (t) {
      const leo = yield* t.person("leo")
      const ana = yield* claimant(t)
      const to = named(ana)
      yield* say(leo, to, "one")
      yield* how === "FIN" ? ana.end : ana.reset
      // FIN is answered by FIN: then the server has noticed.
      if (how === "FIN") yield* ana.rest({ id: "DIRECT-14" })
      const away = yield* leo.ask({ type: "send", room: to, text: "two" }, "DIRECT-14")
      yield* t.judge("DIRECT-14", away.seq === 2, {
        sent: "send to a person who has lost the connection, and may come back",
        expected: '`sent` with "seq":2',
        got: away
      })
      const { epoch } = yield* page(leo, to)
      const back = yield* goesOn(t, ana)
      yield* say(leo, to, "three")
      const live = (yield* entries(back)).map(({ text }) => text)
      yield* t.judge("DIRECT-4", live.join() === "three", {
        sent: '"two" while ana was away, "three" after her `welcome`',
        expected: 'live only "three"',
        got: live
      })
      const [item, ...others] = yield* list(back)
      const isListed = item?.room === named(leo) && item.epoch === epoch && item.head === 3
      yield* t.judge("DIRECT-14", isListed && others.length === 0, {
        expected: `one conversation: "${named(leo)}" with "epoch":"${epoch}" and "head":3`,
        got: [item, ...others]
      })
      const got = yield* page(back, named(leo), { after: 0 })
      yield* t.judge(
        "DIRECT-14",
        got.entries.map((entry) => "text" in entry && entry.text).join() === "one,two,three",
        {
          expected: "a page with all three",
          got
        }
      )
    }
  )
}

scenario(
  "who doesn't come back in time can't be written to any more",
  ["DIRECT-11", "DIRECT-14"],
  { also: "resume" },
  function* (t) {
    if (t.limits.grace > 120) yield* t.notRun(`limits.grace is ${t.limits.grace} s: too long to wait for`)
    const leo = yield* t.person("leo")
    const ana = yield* claimant(t)
    yield* say(leo, named(ana), "are you there?")
    const before = yield* page(leo, named(ana))
    const from = yield* t.now
    yield* ana.reset
    const latest = from + 1_000 * (t.limits.grace + 2 * t.heartbeat) + suite.patience()
    const look = Effect.gen(function* () {
      return yield* leo.reply(yield* leo.post({ type: "history", room: named(ana) }), { id: "DIRECT-11" })
    })
    const reply = yield* askUntil(t, look, ({ type }) => type === "error", latest)
    yield* t.judge("DIRECT-14", reply.arrived - from >= 1_000 * t.limits.grace - 50, {
      expected: `the conversation for limits.grace, ${t.limits.grace} s, after the end of the connection`,
      got: reply
    })
    yield* t.judge("DIRECT-11", reply.type === "error" && reply.code === "no-such-nick", {
      sent: "history, again and again",
      expected: `\`no-such-nick\` ${t.limits.grace} s after the end of the connection, and at most two heartbeats later`,
      got: reply
    })
    const other = yield* nextHolder(t, ana.nick, "another ana")
    const got = yield* page(other, named(leo))
    yield* t.judge("DIRECT-11", got.head === 0 && got.epoch !== before.epoch, {
      expected: `an empty page of another epoch than ${before.epoch}`,
      got
    })
  }
)

scenario(
  "conversations of those who may come back outlive kill -9, and others don't",
  ["DIRECT-15"],
  { needs: "data", also: "resume", connections: 6 },
  function* (t) {
    const server = yield* t.ownServer
    const [ana, leo] = [yield* claimant(t), yield* claimant(t, "leo")]
    const eva = yield* t.person("eva")
    const { epoch } = yield* page(ana, named(leo))
    yield* say(eva, named(ana), "I have no session")
    const old = yield* page(eva, named(ana))
    const texts = counted(Math.min(40, limits.burst - 20))
    yield* Effect.forEach(
      [
        [ana, leo],
        [leo, ana]
      ] as const,
      ([one, other]) => posts(one, named(other), texts),
      { concurrency: "unbounded" }
    )
    const half = ({ object }: Arrived) => object["room"] === named(ana) && Number(object["seq"]) >= texts.length
    yield* leo.take(half, `the entry ${texts.length}`, { id: "DIRECT-4" })
    yield* server.kill
    yield* server.exit
    const seen = new Map<number, string>()
    for (const person of [ana, leo]) {
      for (const { message } of (yield* person.rest()).before) {
        if (message?.type === "message" && message.epoch === epoch) seen.set(message.seq, bare(message))
      }
    }
    yield* t.ownServer
    const back = [yield* goesOn(t, ana), yield* goesOn(t, leo)] as const
    for (const [one, other] of [
      [back[0], leo],
      [back[1], ana]
    ] as const) {
      const log = new Map<number, string>()
      let head = 0
      for (let last = 0, more = true; more; ) {
        const got = yield* page(one, named(other), { after: last })
        head = got.head
        yield* t.judge("DIRECT-15", got.epoch === epoch, {
          sent: `the server was killed and started again; then history, by ${one.who}`,
          expected: `"epoch":"${epoch}"`,
          got: { ...got, entries: `${got.entries.length} entries` }
        })
        for (const entry of got.entries) log.set(entry.seq, bare(entry))
        more = got.more === true && (got.entries.at(-1)?.seq ?? 0) > last
        last = got.entries.at(-1)?.seq ?? last
      }
      yield* t.judge("DIRECT-15", head >= Math.max(...seen.keys()), {
        expected: `a head of at least ${Math.max(...seen.keys())}, which was shown before the kill`,
        got: head
      })
      for (const [seq, entry] of seen) {
        yield* t.judge("DIRECT-15", log.get(seq) === entry, {
          expected: `the entry ${seq} as it was shown before the kill: ${entry}`,
          got: log.get(seq)
        })
      }
      const rooms = (yield* list(one)).map(({ room }) => room)
      yield* t.judge("DIRECT-15", rooms.join() === named(other), {
        sent: "conversations, after the restart; eva had no session",
        expected: `only ${named(other)}`,
        got: rooms
      })
    }
    yield* back[0].refused({ type: "history", room: named(eva) }, "no-such-nick", { id: "DIRECT-15" })
    const again = yield* t.connection("another eva")
    yield* again.login(eva.nick)
    const fresh = yield* page(back[0], named(eva))
    yield* t.judge("DIRECT-15", fresh.head === 0 && fresh.epoch !== old.epoch, {
      expected: `with whoever is called ${eva.nick} now, an empty page of another epoch than ${old.epoch}`,
      got: fresh
    })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// The list
// ---------------------------------------------------------------------------------------------------------------------

scenario("the list says what there is to catch up with", ["DIRECT-16"], { connections: 5 }, function* (t) {
  const [ana, leo, eva, pia] = yield* t.people(4)
  const none = yield* list(ana)
  yield* t.judge("DIRECT-16", none.length === 0, { sent: "nobody has said anything", expected: "no items", got: none })
  yield* posts(leo, named(ana), counted(3))
  yield* leo.fence
  yield* say(ana, named(eva), "two\nlines, ñ, 漢, 😀")
  yield* say(leo, named(eva), "not ana's affair")
  // Who has only looked hasn't begun anything.
  yield* page(ana, named(pia))
  const live = yield* entries(ana)
  const expected = [eva, leo].map((other) => ({ other, last: live.findLast(({ room }) => room === named(other))! }))
  const inOrder = expected.toSorted((one, other) => (named(one.other) < named(other.other) ? -1 : 1))
  const items = yield* list(ana)
  yield* t.judge(
    "DIRECT-16",
    items.map(({ room }) => room).join() === inOrder.map(({ other }) => named(other)).join(),
    {
      sent: `ana has conversations with ${eva.nick} and ${leo.nick}, and has asked for the history of one with ${pia.nick}`,
      expected: inOrder.map(({ other }) => named(other)).join(", "),
      got: items
    }
  )
  for (const [index, { last, other }] of inOrder.entries()) {
    const item = items[index]!
    const got = yield* page(ana, named(other))
    const isRight = item.epoch === got.epoch && item.first === got.first && item.head === got.head
    yield* t.judge("DIRECT-16", isRight && item.head === last.seq, {
      expected: `of ${item.room}, the epoch, first and head of its page: ${got.epoch}, ${got.first}, ${got.head}`,
      got: item
    })
    yield* t.judge("DIRECT-16", item.last !== undefined && bare(item.last) === bare(last), {
      expected: `as last, the entry ${last.seq} as its \`message\` was: ${bare(last)}`,
      got: item.last
    })
  }
})

const others = 12

scenario("the list goes by slices, ascending", ["DIRECT-17"], { connections: others + 1 }, function* (t) {
  const ana = yield* t.person()
  const names: Array<string> = []
  for (let nth = 0; nth < others; nth++) {
    const person = yield* t.person(`p${(7 * nth) % others}`)
    yield* say(person, named(ana), "hola")
    names.push(named(person))
  }
  names.sort()
  yield* ana.fence
  const afters = [undefined, names[0], names[5], `${names[5]}x`.slice(0, 33), names.at(-1), "@a", "@zzz"]
  for (const after of afters) {
    for (const limit of [undefined, 1, 5, others, Number.MAX_SAFE_INTEGER]) {
      const asked = {
        type: "conversations",
        ...(after === undefined ? {} : { after }),
        ...(limit === undefined ? {} : { limit })
      } as const
      const most = Math.min(limit ?? limits.page, limits.page)
      const all = names.filter((name) => name > (after ?? ""))
      const wanted = all.slice(0, most)
      const got = yield* ana.ask(asked, "DIRECT-17")
      const rooms = got.conversations.map(({ room }) => room)
      yield* t.judge("DIRECT-17", rooms.join() === wanted.join(), {
        sent: asked,
        expected: wanted.join(", ") || "nothing",
        got: rooms
      })
      yield* t.judge("DIRECT-17", (got.more ?? false) === all.length > wanted.length, {
        sent: asked,
        expected: all.length > wanted.length ? '"more":true, since others follow' : 'no "more": nothing follows',
        got: { more: got.more }
      })
    }
  }
  for (const limit of [0, -1]) yield* ana.refused({ type: "conversations", limit }, "bad-request", { field: "limit" })
  const slices = yield* list(ana, { limit: 5 })
  yield* t.judge("DIRECT-17", slices.map(({ room }) => room).join() === names.join(), {
    sent: "conversations, slice by slice",
    expected: names.join(", "),
    got: slices.map(({ room }) => room)
  })
})

// A quotation mark takes two bytes in JSON, so that so many of the longest texts don't fit one line.
const longest = '"'.repeat(limits.text)
const tooMany = Math.ceil(limits.line / (2 * limits.text)) + 2

scenario(
  "a slice holds as many conversations as the line allows",
  ["DIRECT-17"],
  { connections: tooMany + 1 },
  function* (t) {
    if (tooMany > limits.page) yield* t.notRun("limits.page is reached before the line is full")
    const ana = yield* t.person()
    for (let nth = 0; nth < tooMany; nth++) {
      const person = yield* t.person()
      yield* person.ask({ type: "send", room: named(ana), text: longest }, "DIRECT-2")
    }
    yield* ana.fence
    let seen = 0
    for (let after: string | undefined; seen < tooMany; ) {
      yield* ana.post({ type: "conversations", ...(after === undefined ? {} : { after }) })
      const isIt = ({ type }: Arrived) => type === "conversations" || type === "error"
      const { line, message } = yield* ana.take(isIt, "the reply `conversations`", { id: "DIRECT-17" })
      if (message?.type !== "conversations") return yield* t.broken({ expected: "`conversations`", got: line }, ana)
      const { conversations, more } = message
      const bytes = Buffer.byteLength(line) + 1
      const got = `${bytes} bytes with ${conversations.length} items${more === true ? ', and "more":true' : ""}`
      seen += conversations.length
      const isLast = seen === tooMany
      yield* t.judge("DIRECT-17", conversations.length > 0 && (more ?? false) === !isLast, {
        expected: isLast ? 'the last items, and no "more"' : 'at least one item, and "more":true',
        got
      })
      // Each item takes as many bytes as the next one would, but for the length of names.
      const isFull = bytes + bytes / conversations.length + 64 > limits.line
      yield* t.judge("DIRECT-17", isLast || isFull, {
        expected: `as many items as fit limits.line, ${limits.line} bytes`,
        got
      })
      after = conversations.at(-1)?.room
    }
  }
)

scenario("what was said is in the list at once", ["DIRECT-18"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const headOf = (reply: { readonly conversations: ReadonlyArray<ConversationItem> }) => reply.conversations[0]?.head
  for (let count = 1; count <= 10; count++) {
    // In one go: the list is asked for before the entry is in the log.
    yield* ana.post({ type: "send", room: named(leo), text: `word ${count}` })
    const id = yield* ana.post({ type: "conversations" })
    const own = yield* ana.take(
      ({ object }) => object["re"] === id,
      "`conversations`, asked for right after a `send`",
      {
        id: "DIRECT-18"
      }
    )
    const isOwn = own.message?.type === "conversations" && headOf(own.message) === count
    yield* t.judge("DIRECT-18", isOwn, {
      sent: "send, and conversations without waiting for `sent`",
      expected: `"head":${count}`,
      got: own.line
    })
    yield* leo.fence
    const theirs = yield* leo.ask({ type: "conversations" }, "DIRECT-18")
    yield* t.judge("DIRECT-18", headOf(theirs) === count && theirs.conversations[0]?.last?.seq === count, {
      sent: "sync, asked for after somebody else's `sent`; then conversations",
      expected: `"head":${count}, and that entry as last`,
      got: theirs
    })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Everything at once
// ---------------------------------------------------------------------------------------------------------------------

/** What a person does: writes to one of the two others, waits for what was sent, or loses the connection. */
const deeds = fc.array(
  fc.record(
    {
      what: fc.oneof(
        { weight: 6, arbitrary: fc.constant("send" as const) },
        { weight: 1, arbitrary: fc.constant("wait" as const) },
        { weight: 2, arbitrary: fc.constantFrom("RST" as const, "takeover" as const) }
      ),
      to: fc.constantFrom(1, 2)
    },
    { noNullPrototype: true }
  ),
  { maxLength: 12 }
)

const mostBreaks = 2

const isClaimant = (person: Person): person is Claimant => "session" in person

/** One log, as far as a client holds it: what has no hole before it, and what was kept aside. */
interface Notes {
  epoch: string
  last: number
  readonly shown: Array<string>
  readonly aside: Map<number, string>
}

/** Somebody who keeps notes of all conversations, by the algorithm of the chapter. */
interface Noter {
  readonly nick: string
  readonly who: string
  client: Client
  readonly notes: Map<string, Notes>
  /** What was said, in order, and to whom. */
  readonly said: Array<{ readonly room: string; readonly text: string; readonly key: string }>
  /** How many of those are known to be in their log. */
  readonly done: Set<string>
}

const notesOf = ({ notes }: Noter, room: string, epoch: string): Notes => {
  const known = notes.get(room)
  if (known?.epoch === epoch) return known
  const fresh: Notes = { epoch, last: 0, shown: [], aside: new Map() }
  notes.set(room, fresh)
  return fresh
}

const take = (notes: Notes, seq: number, entry: string) => {
  if (seq > notes.last) notes.aside.set(seq, entry)
  for (let next = notes.aside.get(notes.last + 1); next !== undefined; next = notes.aside.get(notes.last + 1)) {
    notes.last++
    notes.aside.delete(notes.last)
    notes.shown.push(next)
  }
}

const takeLive = (noter: Noter, items: ReadonlyArray<Arrived>) => {
  for (const { message } of items) {
    if (message?.type !== "message" || message.epoch === undefined) continue
    take(notesOf(noter, message.room, message.epoch), message.seq, bare(message))
    if (message.from === noter.nick && message.key !== undefined) noter.done.add(message.key)
  }
}

/** After `welcome`: the list, and a page after another of each that has more. */
const catchUp = Effect.fnUntraced(function* (noter: Noter) {
  for (const { epoch, head, room } of yield* list(noter.client)) {
    const notes = notesOf(noter, room, epoch)
    while (notes.last < head) {
      const { last } = notes
      const got = yield* page(noter.client, room, { after: last, epoch })
      for (const entry of got.entries) {
        take(notes, entry.seq, bare(entry))
        if (entry.type === "message" && entry.from === noter.nick && entry.key !== undefined) noter.done.add(entry.key)
      }
      if (notes.last === last) break
    }
  }
})

const guarantees = ["DIRECT-3", "DIRECT-4"] as const

property(
  "whatever breaks, what people say to each other is the same log to both",
  guarantees,
  fc.array(deeds, { minLength: 3, maxLength: 3 }),
  function* (t, drawn) {
    const canReturn = suite.isClaimed("resume")
    const people = yield* Effect.forEach(drawn, (_, nth) => (canReturn ? claimant(t, `p${nth}`) : t.person(`p${nth}`)))
    const lives = yield* Effect.forEach(
      drawn,
      Effect.fnUntraced(function* (acts, nth) {
        const person = people[nth]!
        const noter: Noter = { ...person, client: person, notes: new Map(), said: [], done: new Set() }
        let breaks = 0
        const speak = (item: Noter["said"][number]) =>
          noter.client.post({ type: "send", ...(canReturn ? item : { room: item.room, text: item.text }) })
        const goOn = Effect.fnUntraced(function* (how: "RST" | "takeover") {
          if (!isClaimant(person)) return
          takeLive(
            noter,
            noter.client.connection.inbox.filter((item) => item._tag === "Object")
          )
          if (how === "RST") yield* noter.client.reset
          noter.client = yield* goesOn(t, person, 2 + breaks++)
          yield* catchUp(noter)
          for (const item of noter.said) if (!noter.done.has(item.key)) yield* speak(item)
        })
        for (const [place, { to, what }] of acts.entries()) {
          if (what === "send") {
            const room = named(people[(nth + to) % people.length]!)
            const item = { room, text: `${person.who} ${place}`, key: `k${place}` }
            noter.said.push(item)
            yield* speak(item)
          } else if (what === "wait") takeLive(noter, yield* noter.client.fence)
          else if (breaks < mostBreaks) yield* goOn(what)
        }
        // However it went, each has said something that may be lost with the connection.
        const last = { room: named(people[(nth + 1) % people.length]!), text: `${person.who} last`, key: "last" }
        noter.said.push(last)
        yield* speak(last)
        yield* goOn("RST")
        takeLive(noter, yield* noter.client.fence)
        return noter
      }),
      { concurrency: "unbounded" }
    )
    yield* judgeNotes(t, lives)
  },
  { connections: 3 * (mostBreaks + 2), isRacy: true }
)

/** Judges what people hold in the end, when each has had a fence after all the others have said their last. */
const judgeNotes = Effect.fnUntraced(function* (
  t: Scenario,
  lives: ReadonlyArray<Noter>
): Effect.fn.Return<void, Stop> {
  for (const noter of lives) takeLive(noter, yield* noter.client.fence)
  const pairs = lives.flatMap((one, index) => lives.slice(index + 1).map((other) => [one, other] as const))
  for (const [one, other] of pairs) {
    const toOther = one.said.filter(({ room }) => room === named(other)).map(({ text }) => text)
    const toOne = other.said.filter(({ room }) => room === named(one)).map(({ text }) => text)
    const count = toOther.length + toOne.length
    if (count === 0) continue
    const [mine, theirs] = [one.notes.get(named(other)), other.notes.get(named(one))]
    yield* t.judge("DIRECT-3", mine !== undefined && mine.epoch === theirs?.epoch, {
      expected: `to both ${one.who} and ${other.who} one epoch of their conversation`,
      got: [mine?.epoch, theirs?.epoch]
    })
    const shown = mine?.shown ?? []
    yield* t.judge("DIRECT-3", shown.join() === theirs?.shown.join(), {
      expected: `the same entries to both; ${one.who} has ${shown.join(", ")}`,
      got: theirs?.shown
    })
    const texts = shown.map((entry) => String((JSON.parse(entry) as { readonly text: string }).text))
    yield* t.judge("DIRECT-4", texts.length === count && mine?.aside.size === 0, {
      sent: `${count} entries, some of them again by their keys when a connection was lost`,
      expected: "each of them once, and none missing",
      got: texts
    })
    for (const wanted of [toOther, toOne]) {
      const own = texts.filter((text) => wanted.includes(text))
      yield* t.judge("DIRECT-4", own.join() === wanted.join(), {
        sent: wanted,
        expected: "what one of the two has said, in the order in which it was said",
        got: own
      })
    }
  }
})
