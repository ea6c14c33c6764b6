/** spec/search.md: finding what was said by its words. */
import { type Found, holds, type Message, matches, wordsOf } from "@tertulia/protocol"
import { searchText, wordy } from "@tertulia/protocol/arbitraries"
import { search as vectors } from "@tertulia/protocol/vectors"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { type Ask, type Client, isReply, type Person } from "../src/client.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { property } from "../src/property.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import { readUp } from "./read-up.ts"

const { limits } = suite

type Query = Omit<Extract<Ask, { readonly type: "search" }>, "type">

const search = (client: Client, query: Query, id: RequirementId = "SEARCH-1") =>
  client.ask({ type: "search", ...query }, id)

/** All pages of a search. A page that doesn't go on ends it; whoever judges sees the repetition. */
const searchAll = Effect.fnUntraced(function* (client: Client, query: Query, id: RequirementId = "SEARCH-1") {
  const results: Array<Message> = []
  let page = yield* search(client, query, id)
  while (true) {
    results.push(...page.results)
    if (page.next === undefined || page.results.length === 0 || results.length > 2_000) return results
    page = yield* search(client, { ...query, before: page.next }, id)
  }
})

const counted = (count: number, text: string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${text} ${index + 1}`)

/** Says so many things one after the other, and gives the entries as their sender saw them. */
const say = Effect.fnUntraced(function* (person: Person, room: string, texts: ReadonlyArray<string>) {
  for (const text of texts) yield* person.post({ type: "send", room, text })
  return yield* person.messages(room)
})

const nameOf = ({ room, seq }: Pick<Message, "room" | "seq">): string => `${room} ${seq}`

const shown = (results: ReadonlyArray<Pick<Message, "room" | "seq">>): string =>
  results.map(nameOf).join(", ") || "none"

/** Judges that these and no other entries were found, in this order. */
const judgeFound = (
  t: Scenario,
  id: RequirementId,
  sent: Query | string,
  got: Pick<Found, "results">,
  expected: ReadonlyArray<Pick<Message, "room" | "seq">>
) =>
  t.judge(id, shown(got.results) === shown(expected), {
    sent: typeof sent === "string" ? sent : { type: "search", ...sent },
    expected: `the entries ${shown(expected)}`,
    got: shown(got.results)
  })

// ---------------------------------------------------------------------------------------------------------------------
// What is found
// ---------------------------------------------------------------------------------------------------------------------

scenario("a result is as its message was", ["SEARCH-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* say(leo, room, ["tea, please", 'tea with quotes " and \\, ñ, 漢, 😀', "tea\non two lines\tand a tab"])
  if (suite.isClaimed("resume")) yield* leo.ask({ type: "send", room, text: "tea with a key", key: "k1" })
  const seen = yield* ana.messages(room)
  const got = yield* search(ana, { text: "TEA" })
  yield* judgeFound(t, "SEARCH-1", { text: "TEA" }, got, seen.toReversed())
  for (const [index, { at, from, key, room: of, seq, text }] of seen.toReversed().entries()) {
    const message = { type: "message", room: of, seq, from, text, ...(key === undefined ? {} : { key }), at } as const
    const result = got.results[index]!
    const fields = Object.keys(message) as ReadonlyArray<keyof typeof message>
    const same = fields.every((field) => result[field] === message[field]) && result.key === key
    yield* t.judge("SEARCH-1", same, { expected: JSON.stringify(message), got: result })
  }
  const nothing = yield* search(ana, { text: "coffee" })
  yield* t.judge("SEARCH-1", nothing.results.length === 0, { expected: "no results", got: nothing })
})

scenario(
  "each text of the vectors is found by its words, and by nothing else",
  ["SEARCH-2", "SEARCH-3"],
  { connections: 2 },
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    const texts = vectors.vectors.map(({ text }) => text)
    const half = Math.ceil(texts.length / 2)
    const entries = [...(yield* say(ana, room, texts.slice(0, half))), ...(yield* say(leo, room, texts.slice(half)))]
    const own = entries.filter(({ from }) => from === ana.nick).slice(0, half)
    const all = [...own, ...entries.filter(({ from }) => from === leo.nick)]
    for (const [index, { name, requirements, text, words }] of vectors.vectors.entries()) {
      const searcher = index < half ? ana : leo
      const id = requirements.includes("SEARCH-3") ? "SEARCH-3" : "SEARCH-2"
      if (words.length === 0) continue
      const expected = all.filter((entry) => words.every((word) => wordsOf(entry.text).includes(word)))
      const got = yield* searchAll(searcher, { text, room }, id)
      yield* judgeFound(t, id, `search for the text of "${name}"`, { results: got }, expected.toReversed())
    }
  }
)

/** What was said, in the order in which it was, as history shows it. */
const asShown = Effect.fnUntraced(function* (
  client: Client,
  places: ReadonlyArray<{ readonly room: string; readonly seq: number }>
) {
  const shownBy = new Map<string, Message>()
  for (const room of new Set(places.map((place) => place.room))) {
    for (const entry of yield* readUp(client, room, 0))
      if (entry.type === "message") shownBy.set(nameOf({ room, seq: entry.seq }), { ...entry, room })
  }
  return places.map((place) => shownBy.get(nameOf(place))!)
})

property(
  "for any texts and any words, what is found is what the rule says of the history",
  ["SEARCH-1", "SEARCH-2", "SEARCH-3", "SEARCH-7"],
  fc.record({
    said: fc.array(fc.record({ text: wordy, who: fc.nat({ max: 1 }), where: fc.nat({ max: 1 }) }), {
      minLength: 1,
      maxLength: 8
    }),
    asked: fc.array(searchText, { maxLength: 6 })
  }),
  function* (t, { asked, said }) {
    const people = yield* t.people(2)
    const rooms = [yield* t.room(...people), yield* t.room(...people)]
    const places: Array<{ readonly room: string; readonly seq: number }> = []
    for (const { text, where, who } of said) places.push(yield* people[who]!.send(rooms[where]!, text))
    const [ana] = people
    const log = yield* asShown(ana, places)
    for (const text of [...said.map((one) => one.text), ...asked]) {
      const query = { text }
      const results = yield* searchAll(ana, query)
      const expected = log.filter((entry) => matches(entry, query)).toReversed()
      const names = new Set(expected.map(nameOf))
      const evidence = {
        sent: { type: "search", ...query },
        expected: `the entries ${shown(expected)}`,
        got: shown(results)
      }
      const same = results.length === expected.length && results.every((result) => names.has(nameOf(result)))
      yield* t.judge(/^[\p{L}\p{N}\p{M}\s]+$/u.test(text) ? "SEARCH-2" : "SEARCH-3", same, evidence)
      yield* t.judge("SEARCH-7", shown(results) === shown(expected), evidence)
      const alike = results.every(
        (result, index) => result.text === expected[index]!.text && result.at === expected[index]!.at
      )
      yield* t.judge("SEARCH-1", alike, { ...evidence, expected: "the entries as history shows them", got: results })
    }
  },
  { connections: 2, examples: [{ said: [{ text: "una canción", who: 0, where: 0 }], asked: ["cancion", '"una" *'] }] }
)

const operators = [
  "tea OR coffee",
  "tea NOT sugar",
  '"tea with sugar"',
  "tea*",
  "te*",
  "^tea",
  "-tea",
  "+tea",
  "text:tea",
  "text : tea",
  "{text} : tea",
  "NEAR(tea sugar, 1)",
  "(tea",
  'tea"',
  'tea"" AND ""',
  "tea') OR 1=1 --",
  "tea\\0sugar",
  "tea%",
  "t_a",
  "t?a",
  "/tea/",
  "[tea]",
  "tea~1",
  "tea & sugar | !milk"
]

scenario("nothing that is searched for is an operator", ["SEARCH-3", "SEARCH-2"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const texts = [
    "tea with sugar",
    "sugar with tea",
    "sugar",
    "coffee",
    "tea or coffee",
    "not tea, sugar!",
    "teas",
    "text: tea",
    "near tea 1, sugar",
    "tea and nothing"
  ]
  const log = yield* say(ana, room, texts)
  for (const text of operators) {
    const expected = log.filter((entry) => matches(entry, { text })).toReversed()
    yield* judgeFound(t, "SEARCH-3", { text }, yield* search(ana, { text }, "SEARCH-3"), expected)
  }
  const all = yield* search(ana, { text: "tea" }, "SEARCH-2")
  yield* judgeFound(t, "SEARCH-2", { text: "tea" }, all, log.filter(({ text }) => holds(text, ["tea"])).toReversed())
})

scenario("a search of any size and shape is answered", ["SEARCH-2", "SEARCH-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const most = t.limits.text
  const long = "a".repeat(most)
  const many = Array.from({ length: Math.floor(most / 5) }, (_, index) => index.toString(36).padStart(4, "a")).join(" ")
  const log = yield* say(ana, room, [
    long,
    many,
    "a b c",
    many.split(" ").slice(0, 20).join(" "),
    "漢".repeat(Math.floor(most / 3))
  ])
  const hostile: ReadonlyArray<string> = [
    long,
    many,
    "a* ".repeat(Math.floor(most / 3)).trim(),
    '"a" '.repeat(Math.floor(most / 4)).trim(),
    `a${"(".repeat(most - 1)}`,
    "a AND ".repeat(Math.floor(most / 6)),
    `${"😀".repeat(Math.floor(most / 4) - 1)}a`,
    `\u202e${"שלום ".repeat(Math.floor(most / 10))}`,
    "漢".repeat(Math.floor(most / 3)),
    "a\u0301".repeat(Math.floor(most / 3)),
    "\\u0000 \\x00 a"
  ]
  for (const text of hostile) {
    const expected = log.filter((entry) => matches(entry, { text })).toReversed()
    const sent = `search for ${text.length} characters: ${text.slice(0, 20)}…`
    yield* judgeFound(
      t,
      text.includes("(") ? "SEARCH-3" : "SEARCH-2",
      sent,
      yield* search(leo, { text }, "SEARCH-2"),
      expected
    )
  }
  yield* t.judge("SEARCH-3", true, { expected: "an answer to each", got: "just that" })
})

// ---------------------------------------------------------------------------------------------------------------------
// Where, whose, when
// ---------------------------------------------------------------------------------------------------------------------

scenario("the rooms that one is in are searched, and no others", ["SEARCH-4", "SEARCH-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const [one, two, other] = [yield* t.room(ana, leo), yield* t.room(ana, leo), yield* t.room(leo)]
  const log: Array<Message> = []
  for (const room of [one, two, other]) log.push(...(yield* say(leo, room, ["tea"])))
  yield* ana.fence
  const inRooms = (...rooms: ReadonlyArray<string>) => log.filter(({ room }) => rooms.includes(room)).toReversed()
  yield* judgeFound(t, "SEARCH-4", { text: "tea" }, yield* search(ana, { text: "tea" }), inRooms(one, two))
  const capitals = two.toUpperCase()
  for (const room of [one, two, capitals]) {
    const query = { text: "tea", room }
    yield* judgeFound(t, "SEARCH-4", query, yield* search(ana, query), inRooms(room.toLowerCase()))
  }
  yield* ana.refused({ type: "search", text: "tea", room: other }, "not-joined", { id: "SEARCH-5" })
  yield* ana.refused({ type: "search", text: "tea", room: t.roomName() }, "not-joined", { id: "SEARCH-5" })
  yield* ana.leave(one)
  yield* ana.refused({ type: "search", text: "tea", room: one }, "not-joined", { id: "SEARCH-5" })
  yield* judgeFound(t, "SEARCH-4", "search, after leave", yield* search(ana, { text: "tea" }), inRooms(two))
  yield* ana.leave(two)
  yield* judgeFound(t, "SEARCH-4", "search in no rooms", yield* search(ana, { text: "tea" }), [])
  yield* ana.join(other)
  yield* judgeFound(t, "SEARCH-4", "search, after join", yield* search(ana, { text: "tea" }), inRooms(other))
})

scenario("from, since and until say whose and when", ["SEARCH-6"], function* (t) {
  const people = yield* t.people(2)
  const [ana, leo] = people as unknown as readonly [Person, Person]
  const room = yield* t.room(...people)
  const log: Array<Message> = []
  for (let nth = 0; nth < 8; nth++) {
    const author = people[nth % 2]!
    const { at, seq } = yield* author.send(room, `tea ${nth}`)
    log.push({ type: "message", room, seq, from: author.nick, text: `tea ${nth}`, at })
    // So that not all of them have one time.
    if (nth % 3 === 1) for (let pings = 0; pings < 5; pings++) yield* ana.ping
  }
  const shift = (at: string, millis: number) =>
    DateTime.formatIso(DateTime.add(DateTime.makeUnsafe(at), { milliseconds: millis }))
  const [first, middle, last] = [log[0]!.at, log[4]!.at, log[7]!.at]
  const queries: ReadonlyArray<Query> = [
    { text: "tea", from: ana.nick },
    { text: "tea", from: leo.nick.toUpperCase() },
    { text: "tea", from: t.nick("nobody") },
    { text: "tea", since: middle },
    { text: "tea", until: middle },
    { text: "tea", since: middle, until: middle },
    { text: "tea", since: shift(middle, 1) },
    { text: "tea", until: shift(middle, -1) },
    { text: "tea", since: shift(last, 1) },
    { text: "tea", until: shift(first, -1) },
    { text: "tea", since: last, until: first },
    { text: "tea", since: "0000-01-01T00:00:00.000Z", until: "9999-12-31T23:59:59.999Z" },
    { text: "tea", until: "0000-01-01T00:00:00.000Z" },
    { text: "tea", since: "9999-12-31T23:59:59.999Z" },
    { text: "tea", from: leo.nick, since: first, until: middle, room },
    { text: "tea", from: ana.nick, limit: 2 }
  ]
  for (const query of queries) {
    const rule = query.from === undefined ? query : { ...query, from: query.from.toLowerCase() }
    const expected = log
      .filter((entry) => matches(entry, rule))
      .toReversed()
      .slice(0, query.limit ?? 8)
    yield* judgeFound(t, "SEARCH-6", query, yield* search(ana, query, "SEARCH-6"), expected)
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Pages
// ---------------------------------------------------------------------------------------------------------------------

/** Two people take turns in two rooms, each after the other's `sent`; gives the entries in that order. */
const takeTurns = Effect.fnUntraced(function* (
  people: ReadonlyArray<Person>,
  rooms: ReadonlyArray<string>,
  count: number,
  text = "tea"
) {
  const log: Array<Message> = []
  for (let nth = 0; nth < count; nth++) {
    const [author, room] = [people[nth % people.length]!, rooms[Math.floor(nth / 2) % rooms.length]!]
    const said = `${text} ${nth}${nth % 3 === 0 ? " third" : ""}`
    const { at, seq } = yield* author.send(room, said)
    log.push({ type: "message", room, seq, from: author.nick, text: said, at })
  }
  return log
})

scenario("results come newest first, from all rooms, always in the same order", ["SEARCH-7"], function* (t) {
  const people = yield* t.people(2)
  // The room whose name comes first was there last.
  const rooms = [t.roomName("z"), t.roomName("m"), t.roomName("a")]
  for (const room of rooms) for (const person of people) yield* person.join(room)
  const log = yield* takeTurns(people, rooms, 14)
  for (const [nth, person] of people.entries()) {
    yield* person.fence
    const got = yield* searchAll(person, { text: "tea" }, "SEARCH-7")
    yield* judgeFound(t, "SEARCH-7", { text: "tea" }, { results: got }, log.toReversed())
    const some = yield* searchAll(person, { text: "third tea" }, "SEARCH-7")
    const thirds = log.filter(({ text }) => holds(text, ["third"])).toReversed()
    yield* judgeFound(t, "SEARCH-7", { text: "third tea" }, { results: some }, thirds)
    // What is sent at once may be in any order, but only in one.
    if (nth === 0) {
      for (const room of rooms) for (const each of people) yield* each.post({ type: "send", room, text: "at once" })
      yield* Effect.all(people.map((each) => each.fence))
    }
  }
  const [one, other] = [
    yield* searchAll(people[0]!, { text: "once" }, "SEARCH-7"),
    yield* searchAll(people[1]!, { text: "at", limit: 1 }, "SEARCH-7")
  ]
  yield* judgeFound(t, "SEARCH-7", "two searches for what was sent at once", { results: other }, one)
})

scenario(
  "page by page nothing is repeated or left out, whatever is written meanwhile",
  ["SEARCH-8", "SEARCH-7"],
  { connections: 3 },
  function* (t) {
    const [ana, leo, eva] = yield* t.people(3)
    const people = [ana, leo] as unknown as ReadonlyArray<Person>
    const rooms = [yield* t.room(ana!, leo!, eva!), yield* t.room(ana!, leo!, eva!)]
    let log: ReadonlyArray<Message> = (yield* takeTurns(people, rooms, 13)).toReversed()
    yield* eva!.fence
    for (const limit of [1, 2, 3, 5]) {
      const seen: Array<Message> = []
      let written: ReadonlyArray<Message> = []
      let before: string | undefined
      do {
        const query = { text: "tea", limit, ...(before === undefined ? {} : { before }) }
        const page: Found = yield* search(eva!, query, "SEARCH-8")
        const sent = `${JSON.stringify(query)}, while others write`
        yield* judgeFound(t, "SEARCH-8", sent, page, log.slice(seen.length, seen.length + limit))
        seen.push(...page.results)
        before = page.next
        written = [...(yield* takeTurns(people, rooms, 2, "more tea")).toReversed(), ...written]
      } while (before !== undefined && seen.length < log.length)
      yield* t.judge("SEARCH-8", seen.length === log.length, {
        sent: `all pages of ${limit}`,
        expected: `the entries ${shown(log)}`,
        got: shown(seen)
      })
      yield* eva!.fence
      log = [...written, ...log]
      const anew = { text: "tea", limit: 10 }
      yield* judgeFound(
        t,
        "SEARCH-7",
        anew,
        yield* search(eva!, anew, "SEARCH-7"),
        log.slice(0, Math.min(10, limits.page))
      )
    }
  }
)

scenario(
  "a page holds as many results as were asked for, and says what follows",
  ["SEARCH-9", "SEARCH-10"],
  function* (t) {
    const people = yield* t.people(2)
    const rooms = [yield* t.room(...people), yield* t.room(...people)]
    const log = (yield* takeTurns(people, rooms, 7)).toReversed()
    const [ana] = people
    yield* ana.fence
    const queries: ReadonlyArray<Query> = [
      { text: "tea" },
      { text: "third" },
      { text: "tea", room: rooms[0]! },
      { text: "tea", from: people[1].nick },
      { text: "coffee" }
    ]
    for (const query of queries) {
      const all = log.filter((entry) => (query.room ?? entry.room) === entry.room && matches(entry, query))
      for (const limit of [1, 2, 3, 4, 6, 7, 8, 2 ** 31, undefined]) {
        const most = Math.min(limit ?? limits.page, limits.page)
        const asked = { ...query, ...(limit === undefined ? {} : { limit }) }
        const got = yield* search(ana, asked, "SEARCH-9")
        yield* judgeFound(t, "SEARCH-9", asked, got, all.slice(0, most))
        const follows = all.length > most
        yield* t.judge("SEARCH-10", (got.more ?? false) === follows && (got.next !== undefined) === follows, {
          sent: { type: "search", ...asked },
          expected: follows ? '"more":true and a `next`' : "neither `more` nor `next`: nothing follows",
          got
        })
      }
    }
  }
)

scenario("a page of results holds as many as the line allows", ["SEARCH-9", "SEARCH-10"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  // A quotation mark takes two bytes in JSON, so that not even the smallest page of these fits the line.
  const text = `a${'"'.repeat(t.limits.text - 1)}`
  const count = Math.ceil(t.limits.line / (2 * t.limits.text)) + 2
  if (count > Math.min(t.limits.page, t.limits.burst)) yield* t.notRun("limits.page is reached before the line is full")
  const log = (yield* say(
    ana,
    room,
    Array.from({ length: count }, () => text)
  )).toReversed()
  const seen: Array<Message> = []
  let before: string | undefined
  while (seen.length < count) {
    const query = { text: "a", ...(before === undefined ? {} : { before }) }
    yield* ana.post({ type: "search", ...query })
    const { line, message } = yield* ana.take(isReply, "the reply `search`", { id: "SEARCH-9" })
    if (message?.type !== "search") return yield* t.broken({ expected: "the reply `search`", got: line }, ana)
    const { more = false, next, results } = message
    const bytes = Buffer.byteLength(line) + 1
    const got = `${bytes} bytes with ${results.length} results${more ? ', and "more":true' : ""}`
    const goesOn = results.length > 0 && shown(results) === shown(log.slice(seen.length, seen.length + results.length))
    yield* t.judge("SEARCH-9", goesOn, {
      sent: query,
      expected: `a page that begins with ${nameOf(log[seen.length]!)}`,
      got
    })
    seen.push(...results)
    const isLast = seen.length === count
    yield* t.judge("SEARCH-10", more === !isLast && (next === undefined) === isLast, {
      sent: query,
      expected: isLast ? "neither `more` nor `next`: nothing follows" : '"more":true and a `next`',
      got
    })
    // Each result takes as many bytes as the next one would.
    yield* t.judge("SEARCH-9", isLast || bytes + bytes / results.length > t.limits.line, {
      sent: query,
      expected: `as many results as fit limits.line, ${t.limits.line} bytes`,
      got
    })
    before = next
  }
})

scenario("a search that can't be made is refused", ["SEARCH-11", "SEARCH-12"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  yield* say(ana, room, ["tea"])
  const texts = ["", " ", '"', "*", "…", "😀", "❤\ufe0f", "\u0301", "\u0007tea", "tea\u001b[2J"]
  for (const text of texts) {
    yield* ana.refused({ type: "search", text }, "bad-text", { field: "text", id: "SEARCH-11" })
  }
  const long = "a".repeat(t.limits.text + 1)
  yield* ana.refused({ type: "search", text: long }, "too-long", { field: "text", id: "SEARCH-11" })
  // Before rooms are looked at.
  yield* ana.refused({ type: "search", text: "*", room: t.roomName() }, "bad-text", { field: "text", id: "SEARCH-11" })
  const wrong: ReadonlyArray<readonly [object, string]> = [
    [{ limit: 0 }, "limit"],
    [{ limit: -1 }, "limit"],
    [{ since: "" }, "since"],
    [{ since: "2026-11-20" }, "since"],
    [{ since: "2026-11-20T20:08:00Z" }, "since"],
    [{ until: "2026-11-20T20:08:00.000+01:00" }, "until"],
    [{ until: "2026-13-20T20:08:00.000Z" }, "until"],
    [{ until: 1_795_000_000_000 }, "until"],
    [{ before: "" }, "before"],
    [{ before: "a b" }, "before"],
    [{ before: "x".repeat(129) }, "before"],
    [{ before: 7 }, "before"]
  ]
  for (const [fields, field] of wrong) {
    yield* ana.refused({ type: "search", text: "tea", ...fields }, "bad-request", { field, id: "SEARCH-12" })
    yield* ana.refused({ type: "search", text: "*", room: "cafe", ...fields }, "bad-request", {
      field,
      id: "SEARCH-12"
    })
  }
  yield* ana.ping
})

// ---------------------------------------------------------------------------------------------------------------------
// What others write
// ---------------------------------------------------------------------------------------------------------------------

scenario("what was sent is found at once", ["SEARCH-13"], { connections: 3 }, function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana!, leo!)
  for (let count = 1; count <= 10; count++) {
    const text = `word${count} tea`
    // In one go: the search is asked for before the entry is in the log.
    yield* ana!.post({ type: "send", room, text })
    const asked = yield* ana!.post({ type: "search", text: `word${count}` })
    const own = yield* ana!.take(({ object }) => object["re"] === asked, "`search`, asked for right after a `send`", {
      id: "SEARCH-13"
    })
    const [found] = (own.object["results"] ?? []) as ReadonlyArray<Message>
    yield* t.judge("SEARCH-13", found?.seq === count, {
      sent: "send, and search without waiting for `sent`",
      expected: `the entry ${count}`,
      got: own.line
    })
    yield* leo!.fence
    const others = yield* search(leo!, { text: "tea", limit: 1 }, "SEARCH-13")
    yield* t.judge("SEARCH-13", others.results[0]?.seq === count, {
      sent: "sync, asked for after somebody else's `sent`; then search",
      expected: `the entry ${count}`,
      got: others
    })
    yield* eva!.join(room)
    const newcomers = yield* search(eva!, { text: `tea word${count}`, room }, "SEARCH-13")
    yield* t.judge("SEARCH-13", newcomers.results[0]?.seq === count, {
      sent: "join, asked for after somebody else's `sent`; then search",
      expected: `the entry ${count}`,
      got: newcomers
    })
    yield* eva!.leave(room)
  }
})

/** How far apart some cursors are, where they are numbers. */
const steps = (cursors: ReadonlyArray<string>): ReadonlyArray<number> =>
  cursors.slice(1).map((cursor, index) => Number(cursors[index]) - Number(cursor))

scenario("nothing of other rooms shows, in no page and no cursor", ["SEARCH-14", "SEARCH-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const [own, other] = [yield* t.room(ana), yield* t.room(leo)]
  yield* say(ana, own, ["tea one", "tea two"])
  yield* say(leo, other, counted(9, "tea, and cake"))
  yield* say(ana, own, ["tea three"])
  yield* say(leo, other, counted(4, "tea, and cake"))
  yield* say(ana, own, ["tea four"])
  const queries: ReadonlyArray<Query> = [
    { text: "tea" },
    { text: "tea", limit: 1 },
    { text: "tea", limit: 4 },
    { text: "tea", limit: 5 },
    { text: "cake" },
    { text: "tea", from: leo.nick },
    { text: "tea", room: own, limit: 3 }
  ]
  const replies = Effect.fnUntraced(function* () {
    const all: Array<string> = []
    for (const query of queries) {
      const { more, next, results } = yield* search(ana, query, "SEARCH-14")
      all.push(JSON.stringify({ results, more, next }))
      const foreign = results.find(({ room }) => room !== own)
      yield* t.judge("SEARCH-4", foreign === undefined, {
        sent: query,
        expected: `entries of ${own} only`,
        got: foreign
      })
    }
    return all
  })
  const before = yield* replies()
  yield* say(leo, other, counted(5, "tea, and cake"))
  yield* ana.fence
  const after = yield* replies()
  for (const [index, query] of queries.entries()) {
    yield* t.judge("SEARCH-14", before[index] === after[index], {
      sent: `${JSON.stringify(query)}, before and after somebody has said things in another room`,
      expected: before[index]!,
      got: after[index]!
    })
  }
  const cursors: Array<string> = []
  let next: string | undefined
  do {
    const page: Found = yield* search(
      ana,
      { text: "tea", limit: 1, ...(next === undefined ? {} : { before: next }) },
      "SEARCH-14"
    )
    next = page.next
    if (next !== undefined) cursors.push(next)
  } while (next !== undefined && cursors.length < 4)
  yield* t.judge("SEARCH-14", cursors.length === 3, {
    expected: "four pages of one result",
    got: `${cursors.length + 1} pages`
  })
  const counts = steps(cursors)
  yield* t.judge("SEARCH-14", counts.some(Number.isNaN) || counts[0] === counts[1], {
    sent: "a search, page by page; between some of its entries there are entries of other rooms",
    expected: "cursors that don't count them",
    got: cursors.join(", ")
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// What stays, and what is gone
// ---------------------------------------------------------------------------------------------------------------------

scenario("what was found is found after kill -9", ["SEARCH-1", "SEARCH-7"], { needs: "data" }, function* (t) {
  const first = yield* t.ownServer
  const people = yield* t.people(2)
  const rooms = [yield* t.room(...people), yield* t.room(...people)]
  const log = (yield* takeTurns(people, rooms, 12)).toReversed()
  yield* first.kill
  yield* first.exit
  yield* t.ownServer
  const pia = yield* t.person("pia")
  for (const room of rooms) yield* pia.join(room)
  const got = yield* searchAll(pia, { text: "tea" })
  const names = new Set(got.map(nameOf))
  yield* t.judge(
    "SEARCH-1",
    log.every((entry) => names.has(nameOf(entry))),
    {
      sent: "search, after the server was killed and started again",
      expected: `the entries ${shown(log)}`,
      got: shown(got)
    }
  )
  const { seq } = yield* pia.send(rooms[1]!, "more tea")
  const all = yield* searchAll(pia, { text: "tea", limit: 5 }, "SEARCH-7")
  yield* judgeFound(t, "SEARCH-7", { text: "tea" }, { results: all }, [{ room: rooms[1]!, seq }, ...log])
})

const many = 240
const writers = 4

scenario("what a log has given up is not found", ["SEARCH-15"], { connections: writers + 1 }, function* (t) {
  const share = Math.ceil(many / writers)
  if (share - limits.burst > 30 * limits.rate)
    yield* t.notRun(`${many} entries take too long at the announced limits.rate`)
  const room = t.roomName()
  const people = yield* t.people(writers)
  for (const person of people) yield* person.join(room)
  const half = (texts: ReadonlyArray<string>) =>
    Effect.forEach(people, (person) => Effect.asVoid(say(person, room, texts)), {
      concurrency: "unbounded",
      discard: true
    })
  yield* half(counted(share / 2, "tea"))
  // So that an index has them, wherever it is filled later.
  yield* search(people[0]!, { text: "tea" }, "SEARCH-15")
  yield* half(counted(share / 2, "tea"))
  yield* people[0]!.send(room, "one more tea")
  const { first, head } = yield* people[0]!.ask({ type: "history", room, limit: 1 })
  const found = yield* searchAll(people[0]!, { text: "tea", room }, "SEARCH-15")
  const lost = found.find(({ seq }) => seq < first)
  yield* t.judge("SEARCH-15", lost === undefined, {
    sent: `search, where first is ${first}`,
    expected: `no entry below ${first}`,
    got: lost ?? `${found.length} entries`
  })
  yield* t.judge("SEARCH-15", found.length === head - first + 1, {
    sent: `search, where first is ${first} and head ${head}`,
    expected: `the entries ${first} to ${head}`,
    got: `${found.length} entries`
  })
  if (first === 1) yield* t.notRun(`the server has given up none of ${head} entries: it has to keep fewer to be judged`)
})
