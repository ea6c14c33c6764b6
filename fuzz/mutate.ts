/**
 * Makes cases of conversations: knows the grammar of lines, and breaks it in one place or two.
 *
 * @module
 */
import { requestSchemas } from "@tertulia/protocol"
import { type Case, type Deed, latin1, type Rules, type Turn } from "./case.ts"
import { type Conversation, type Said, strays, words } from "./corpus.ts"
import type { Random } from "./random.ts"

const nicks = ["ana", "leo", "eva", "ANA", "p1", "p2", "nobody"]
const rooms = ["#cafe", "#CAFE", "#cine", "#a", "#b", "#c", "#d", "#e", "@ana", "@leo", "@eva"]
const integers = [
  0, 1, 2, 3, 5, 200, -1, 0.5, 2_147_483_647, 2_147_483_648, 9_007_199_254_740_991, 9_007_199_254_740_992, 1e300
]
const passwords = ["correct horse", "battery staple", "12345678", "short", "ñ".repeat(8)]
const keys = ["k1", "k2", "d1", "", "a".repeat(64), "a".repeat(65)]

/** Values that a field of this name may well have. */
const likely: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  type: [...Object.keys(requestSchemas), "fly", "__proto__", "toString", "error", "message"],
  id: [1, 2, 3, 2_147_483_647],
  nick: nicks,
  from: nicks,
  room: rooms,
  after: [0, 1, 2, 3, "#cafe", "ana", "@leo", ...integers],
  before: [1, 2, 3, "$next", ...integers],
  seq: integers,
  target: [1, 2, 3, ...integers],
  replyTo: [1, 2, 3, ...integers],
  limit: [1, 2, 200, ...integers],
  epoch: ["$epoch", "of-another-log", ""],
  key: keys,
  session: ["$session", "nobody-has-this-session"],
  token: ["$token", "nobody-has-this-token"],
  password: passwords,
  invitation: ["class of 26", "another"],
  nonce: ["rOprNGfwEbeRWgbNEkqO", "$nonce", ""],
  proof: ["dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", ""],
  reaction: ["+1", "👩‍👩‍👧", "a".repeat(65), "\n"],
  status: ["active", "away", "busy", "idle", "offline"],
  since: ["2026-11-20T00:00:00.000Z", "2036-11-20T00:00:00.000Z", "yesterday"],
  until: ["2026-11-20T00:00:00.000Z", "2036-11-20T00:00:00.000Z", "9999-12-31T23:59:59.999Z"],
  create: [true, false],
  resume: [true, false],
  on: [true, false]
}
const fields = [...Object.keys(likely), "text", "display", "re", "seq", "x-acme/mood"]

/** Values that hardly any field may have. */
const strange = (random: Random): unknown =>
  random.pick<unknown>([
    null,
    true,
    false,
    "",
    [],
    {},
    [[]],
    { toString: null },
    "\u0000",
    "\ud800",
    "__proto__",
    "constructor",
    "a\r\nb",
    "\u001b[31m",
    "\u2028",
    "../../etc/passwd",
    "'; drop table entry; --",
    "%s%n",
    "a".repeat(random.below(9_000)),
    "漢".repeat(random.below(3_000)),
    random.pick(integers),
    random.pick(words)
  ])

const valueFor = (random: Random, field: string): unknown => {
  if (random.percent(20)) return strange(random)
  return random.pick<unknown>(likely[field] ?? words)
}

/** How deep a value nests; below the object itself. */
const nested = (random: Random): unknown => {
  let value: unknown = 1
  for (let levels = random.below(12); levels > 0; levels--) value = random.percent(50) ? [value] : { a: value }
  return value
}

// ---------------------------------------------------------------------------------------------------------------------
// Objects
// ---------------------------------------------------------------------------------------------------------------------

type Fields = Array<[string, unknown]>

const mutateFields = (random: Random, object: Fields): void => {
  const at = random.below(object.length)
  const [field] = object[at] ?? ["type"]
  switch (random.below(9)) {
    case 0:
      object.splice(at, 1)
      break
    case 1: {
      const another = random.pick(fields)
      object.push([another, valueFor(random, another)])
      break
    }
    case 2:
      // Twice: the last counts (JSON-5), whoever reads it.
      object.push([field, valueFor(random, field)])
      break
    case 3:
      object.push(["x-acme/mood", nested(random)])
      break
    case 4:
      object.reverse()
      break
    case 5:
      object[at] = [field.toUpperCase(), object[at]?.[1]]
      break
    default:
      object[at] = [field, valueFor(random, field)]
  }
}

const fieldsOf = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined
  } catch {
    return undefined
  }
}

/** A string as JSON, some of its characters as escapes. */
const spellString = (random: Random, text: string): string => {
  const plain = JSON.stringify(text)
  if (!random.percent(5)) return plain
  return plain.replace(/[a-z$#@](?<!\\.)/gu, (letter) =>
    random.percent(20) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter
  )
}

const spell = (random: Random, object: Fields): string => {
  const space = () => (random.percent(2) ? random.pick([" ", "\t", "  ", "\r"]) : "")
  const members = object.map(([name, value]) => {
    const spelled = typeof value === "string" ? spellString(random, value) : (JSON.stringify(value) ?? "null")
    return `${space()}${spellString(random, name)}${space()}:${space()}${spelled}`
  })
  return `${space()}{${members.join(`${space()},`)}}${space()}`
}

// ---------------------------------------------------------------------------------------------------------------------
// Bytes
// ---------------------------------------------------------------------------------------------------------------------

const tokens = [
  "{",
  "}",
  "[",
  "]",
  '"',
  "\\",
  ",",
  ":",
  "\\u0000",
  "\\ud800",
  "\\n",
  "\0",
  "\r",
  "\n",
  "\x16\x03\x01",
  "\xff",
  "\xc0\x80",
  "\xed\xa0\x80",
  "null",
  "1e999",
  "-0",
  "\ufeff"
]

const mutateBytes = (random: Random, bytes: string): string => {
  const at = random.below(bytes.length + 1)
  switch (random.below(6)) {
    case 0:
      return bytes.slice(0, at) + String.fromCharCode(random.below(256)) + bytes.slice(at + 1)
    case 1:
      return bytes.slice(0, at) + bytes.slice(at + 1 + random.below(8))
    case 2:
      return bytes.slice(0, at) + latin1(random.pick(tokens)) + bytes.slice(at)
    case 3:
      return bytes.slice(0, at)
    case 4:
      return (
        bytes.slice(0, at) + bytes.slice(at, at + 1 + random.below(16)).repeat(1 + random.below(40)) + bytes.slice(at)
      )
    default:
      return bytes + latin1(random.pick(strays))
  }
}

const mutateLine = (random: Random, text: string): string => {
  const object = random.percent(88) ? fieldsOf(text) : undefined
  if (object === undefined) return mutateBytes(random, latin1(text))
  for (let times = 1 + random.below(2); times > 0; times--) mutateFields(random, object)
  return latin1(spell(random, object))
}

// ---------------------------------------------------------------------------------------------------------------------
// Cases
// ---------------------------------------------------------------------------------------------------------------------

const connections = 3
const mostLines = 240

/** What is longer than any line may be, once in a while. */
const flood = (random: Random): string =>
  random.pick(["a", "[", '{"type":', '"\\u00', "\xff", " "]).repeat(1 + random.below(12_000))

const deeds: ReadonlyArray<Deed> = ["finish", "reset", "pause", "resume"]

const typeOf = (text: string): string | undefined => /"type":"([a-z]+)"/u.exec(text)?.[1]

/** Whoever is kept for their return holds their nick: each case has names of its own, more or less. */
const renamed = (text: string, nth: number): string => text.replace(/\b(?:ana|leo|eva)\b/giu, (nick) => `${nick}${nth}`)

/** Conversations after each other, or parts of them, by people who are logged in when they have to be. */
const shuffled = (random: Random, seeds: ReadonlyArray<Conversation>): ReadonlyArray<Said> => {
  const said: Array<Said> = []
  const nth = random.below(200)
  const isIn = new Set<number>()
  const say = (who: number, text: string) => void said.push({ who, text: renamed(text, nth) })
  while (said.length < mostLines && (said.length === 0 || random.percent(85))) {
    const conversation = random.pick(seeds)
    const from = random.percent(70) ? 0 : random.below(conversation.length)
    const turn = random.percent(30) ? random.below(connections) : 0
    for (const { text, who: seat } of conversation.slice(from)) {
      const who = (seat + turn) % connections
      const type = typeOf(text)
      const comesIn = type === "login" || type === "register" || type === "challenge"
      if (comesIn && isIn.has(who) && random.percent(85)) continue
      if (!comesIn && !isIn.has(who) && random.percent(85)) say(who, `{"type":"login","id":1,"nick":"${names[who]}"}`)
      isIn.add(who)
      if (type === "bye") isIn.delete(who)
      say(who, text)
    }
  }
  return said
}

const names = ["eva", "ana", "leo"]

/** Makes a case of some conversations. */
export const makeCase = (random: Random, seeds: ReadonlyArray<Conversation>): Case => {
  const turns: Array<Turn> = []
  // How much is left as it was: all too often only the first fault would be found.
  const faults = random.pick([0, 2, 10, 30, 60])
  for (const { text, who } of shuffled(random, seeds)) {
    if (random.percent(faults / 10)) continue
    const lines = [random.percent(faults) ? mutateLine(random, text) : latin1(text)]
    if (random.percent(faults)) lines.push(mutateLine(random, random.pick(strays)))
    if (random.percent(2)) lines.push(latin1(random.pick(strays)))
    if (random.percent(1) && random.percent(20)) lines.push(flood(random))
    const end = random.percent(98) ? "\n" : random.pick(["\r\n", "\n\n", "\r\r\n", "", " \n"])
    const deed = random.percent(2) ? random.pick(deeds) : undefined
    turns.push({
      who,
      bytes: `${lines.join("\n")}${end}`,
      chunk: random.percent(90) ? 0 : 1 + random.below(100),
      awaited: random.percent(30),
      ...(deed === undefined ? {} : { deed })
    })
    // Who comes again says who they are.
    if ((deed === "finish" || deed === "reset") && random.percent(70)) {
      const login = `{"type":"login","id":1,"nick":"${names[who]}${random.below(200)}"}\n`
      turns.push({ who, bytes: login, chunk: 0, awaited: false })
    }
  }
  return turns
}

/** What a house is opened with. */
export const makeRules = (random: Random, durable: boolean): Rules => {
  const short = random.percent(50) ? { line: 8_192, text: 1_000, backlog: 131_072 } : {}
  const few = random.percent(30)
    ? { joins: 4, members: 8, rooms: 16, page: 3, replay: 2, reactions: 8, attempts: 3 }
    : {}
  const scarce = random.percent(20) ? { newRooms: 3, keptRooms: 4, conversations: 1 } : {}
  return {
    durable,
    limits: { ...short, ...few, grace: 5, attemptSeconds: 5 },
    bounds: scarce,
    register: random.percent(85) ? "open" : "closed",
    invitation: random.percent(80) ? "" : "class of 26",
    peer: random.percent(80) ? "127.0.0.1" : "192.0.2.7"
  }
}
