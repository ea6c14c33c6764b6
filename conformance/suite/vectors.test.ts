/** The vectors of spec/vectors/ that need a connection, sent as they are written, with fresh names. */
import { type JsonObject, type Profile, type RequestType, replyTypes } from "@tertulia/protocol"
import {
  type Answer,
  bytesOf,
  type ExchangeVector,
  hostile,
  type JsonVector,
  jsonProfile,
  type MessageVector,
  messages,
  type NameVector,
  names,
  type OwnWordsVector,
  ownWords,
  type Piece,
  precedence,
  type TextVector,
  texts,
  type Vector
} from "@tertulia/protocol/vectors"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Client, isReply } from "../src/client.ts"
import { freshName } from "../src/fresh.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { type Scenario, type ScenarioOptions, scenario } from "../src/scenario.ts"
import { canCarry, limits } from "../src/suite.ts"
import type { Stop } from "../src/verdict.ts"
import type { Arrived } from "../src/wire/connection.ts"
import { printable } from "../src/wire/transcript.ts"

const vectorTest = <V extends Vector>(
  title: string,
  vectors: ReadonlyArray<V>,
  one: (t: Scenario, vector: V) => Effect.Effect<void, Stop, Scope.Scope>,
  judged: ReadonlyArray<string> = vectors.flatMap(({ requirements }) => requirements),
  profile: Profile = "core",
  over: Pick<ScenarioOptions, "over"> = {}
): void => {
  const ids = [...new Set(judged)] as [RequirementId]
  scenario(title, ids, { connections: 2, kind: "vector", profile, ...over }, function* (t) {
    for (const vector of vectors) yield* Effect.scoped(one(t, vector))
    for (const id of ids) yield* t.judge(id, true, { expected: "what the vectors say", got: "just that" })
  })
}

/** Vectors that exercise the same requirements, together: one test for all of them. */
const groups = <V extends Vector>(vectors: ReadonlyArray<V>, key: (vector: V) => string) =>
  [...Map.groupBy(vectors, key)].map(([name, alike]) => ({ name, vectors: alike }))

const byRequirements = ({ requirements }: Vector): string => requirements.join(" ")

// ---------------------------------------------------------------------------------------------------------------------
// Exchanges
// ---------------------------------------------------------------------------------------------------------------------

const arrive = Effect.fnUntraced(function* (t: Scenario, state: ExchangeVector["state"], suffix: string) {
  const client = yield* t.connection()
  if (state === "greeted") yield* client.ping
  if (state === "ready" || state === "joined") yield* client.login(freshName("ana", suffix))
  if (state === "joined") yield* client.join(freshName("#cafe", suffix))
  return client
})

const renamed = (piece: Piece, suffix: string): Piece =>
  "text" in piece
    ? { ...piece, text: piece.text.replace(/#cafe\b|#nowhere\b|(?<=")ana(?=")/gu, (name) => freshName(name, suffix)) }
    : piece

const fits = (answer: Answer, { object }: Arrived, suffix: string): boolean =>
  (Object.hasOwn(answer, "re") || !Object.hasOwn(object, "re")) &&
  Object.entries(answer).every(([field, value]) => {
    const named = field === "room" || field === "from" ? freshName(String(value), suffix) : value
    return object[field] === named
  })

const exchange = Effect.fnUntraced(function* (t: Scenario, vector: ExchangeVector) {
  const suffix = t.nick("")
  const client = yield* arrive(t, vector.state, suffix)
  yield* client.bytes(
    bytesOf(
      vector.send.map((piece) => renamed(piece, suffix)),
      t.limits
    )
  )
  if (vector.end === "reset") {
    yield* client.reset
    const other = yield* t.connection()
    return void (yield* other.ask({ type: "ping" }, t.subject))
  }
  if (vector.end === "fin") yield* client.end
  yield* answered(t, client, vector, suffix)
})

const answered = Effect.fnUntraced(function* (t: Scenario, client: Client, vector: ExchangeVector, suffix: string) {
  const named = [vector.answers, ...(vector.or === undefined ? [] : [vector.or])]
  const events = named.some((answers) => answers.some(({ type }) => type === "message"))
  const matters = (item: Arrived) => isReply(item) || item.type === "bye" || (events && item.type === "message")
  let open = named
  let count = 0
  while (!open.some((answers) => answers.length === count)) {
    const expected = `${open.map((answers) => JSON.stringify(answers[count])).join(" or ")}, in "${vector.name}"`
    const item = yield* client.take(matters, expected)
    open = open.filter((answers) => answers[count] !== undefined && fits(answers[count]!, item, suffix))
    count++
    if (open.length === 0) {
      const sent = printable(bytesOf(vector.send, t.limits))
      return yield* t.broken({ sent, expected, got: item.line }, client)
    }
  }
  const last = open.find((answers) => answers.length === count)?.at(-1)
  if (last?.type === "bye" || vector.end === "fin") return yield* client.ended()
  // Events between the answers are nobody's fault where the answers name none.
  yield* client.taken
  yield* client.quiet
})

for (const vector of hostile.vectors) {
  const over = canCarry(bytesOf(vector.send, limits)) ? {} : ({ over: "tcp" } as const)
  vectorTest(`hostile: ${vector.name}`, [vector], exchange, undefined, undefined, over)
}
for (const { name, vectors } of groups(precedence.vectors, byRequirements)) {
  vectorTest(`of several faults the first: ${name}`, vectors, exchange)
}

// ---------------------------------------------------------------------------------------------------------------------
// Lines, names, texts, messages
// ---------------------------------------------------------------------------------------------------------------------

const sendLine = Effect.fnUntraced(function* (t: Scenario, { field, line, name, or, outcome, re }: JsonVector) {
  const client = yield* t.connection()
  yield* client.ping
  const bytes = bytesOf(line, t.limits)
  if (!canCarry(bytes)) return
  yield* client.bytes(bytes, "\n")
  const expected = `${outcome}${or === undefined ? "" : ` or ${or}`}, in "${name}"`
  const reply = yield* client.take(isReply, expected)
  const came = reply.type === "error" ? String(reply.object["code"]) : "accepted"
  // Whoever refuses the `id` can't repeat it.
  const noId = came === "bad-json" || (came === or && reply.object["field"] === "id")
  const kept =
    (came === outcome || came === or) &&
    reply.object["re"] === (noId ? undefined : re) &&
    (field === undefined || came === "accepted" || reply.object["field"] === field)
  if (!kept) return yield* t.broken({ sent: printable(bytes), expected, got: reply.line }, client)
  yield* client.quiet
})

for (const { name, vectors } of groups(jsonProfile.vectors, byRequirements)) {
  vectorTest(`lines of the JSON profile: ${name}`, vectors, sendLine)
}

/** A name in the field `after` of a list takes nobody's place, good or bad; a bad one is tried where it would count, too. */
const tryName = Effect.fnUntraced(function* (t: Scenario, { folded, kind, spelling }: NameVector) {
  const [ana, other] = [yield* t.person(), yield* t.connection()]
  const room = yield* t.room(ana)
  const list =
    kind === "nick" ? { type: "members", room, after: spelling } : { type: "rooms", after: spelling, limit: 1 }
  const bad = kind === "nick" ? { type: "login", nick: spelling } : { type: "join", room: spelling }
  if (folded === null) {
    yield* ana.refused(list, "bad-name", { field: "after" })
    return yield* (kind === "nick" ? other : ana).refused(bad, "bad-name", { field: kind })
  }
  yield* ana.line(JSON.stringify({ id: 900, ...list }))
  const reply = yield* ana.take(isReply, `a list after ${spelling}`)
  if (reply.type !== list.type)
    return yield* t.broken({ sent: list, expected: `\`${list.type}\``, got: reply.line }, ana)
  const suffix = t.nick("")
  if (spelling.length + suffix.length > 32) return
  const named =
    kind === "nick" ? (yield* other.login(spelling + suffix)).nick : (yield* ana.join(spelling + suffix)).room
  if (named !== folded + suffix) return yield* t.broken({ sent: spelling, expected: folded + suffix, got: named })
})

for (const { name, vectors } of groups(names.vectors, (vector) => `${vector.kind}, ${byRequirements(vector)}`)) {
  vectorTest(`names: ${name}`, vectors, tryName)
}

const tryText = Effect.fnUntraced(function* (t: Scenario, { name, outcome, text: pieces }: TextVector) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(pieces, t.limits))
  if (outcome !== "accepted") return void (yield* ana.refused({ type: "send", room, text }, outcome, { field: "text" }))
  yield* ana.send(room, text)
  const [message] = (yield* ana.taken).filter(({ type }) => type === "message")
  if (message?.object["text"] !== text) {
    return yield* t.broken(
      { sent: text, expected: `the same text, in "${name}"`, got: message?.line ?? "no message" },
      ana
    )
  }
})

for (const { name, vectors } of groups(texts.vectors, byRequirements)) vectorTest(`texts: ${name}`, vectors, tryText)

const tryOwnWords = Effect.fnUntraced(function* (t: Scenario, { field, name, outcome, words }: OwnWordsVector) {
  const ana = yield* t.person()
  const said = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(words, t.limits))
  const request = { type: "status", [field]: said }
  if (outcome !== "accepted") return void (yield* ana.refused(request, outcome, { field }))
  yield* ana.line(JSON.stringify({ id: 900, ...request }))
  const reply = yield* ana.take(isReply, `the reply to request ${900}`)
  if (reply.object[field] !== said) {
    return yield* t.broken({ sent: said, expected: `the same text, in "${name}"`, got: reply.line }, ana)
  }
})

for (const { name, vectors } of groups(ownWords.vectors, byRequirements)) {
  vectorTest(`own words: ${name}`, vectors, tryOwnWords, undefined, "presence")
}

/** What a server may still answer to a request that has no fault in itself. */
const refusedForState = [
  "session-expired",
  "nick-taken",
  "no-such-nick",
  "no-such-room",
  "not-joined",
  "already-joined",
  "insecure",
  "not-invited",
  "rate-limited",
  "bad-credentials",
  "no-such-entry",
  "forbidden",
  "limit-reached",
  "unavailable"
]

/** What comes before `welcome` only. */
const isWayIn = (type: unknown): boolean => type === "login" || type === "register" || type === "challenge"

const tryMessage = Effect.fnUntraced(function* (t: Scenario, { field, name, object, outcome }: MessageVector) {
  const client = isWayIn(object["type"]) ? yield* t.connection() : yield* t.person()
  // A first object that is good, so that whatever comes is no reason for `not-tertulia`.
  yield* client.ping
  const sent = withFreshNames(object, t.nick(""))
  yield* client.line(JSON.stringify(sent))
  const expected = `${outcome}${field === undefined ? "" : ` with the field ${field}`}, in "${name}"`
  const reply = yield* client.take(isReply, expected)
  const code = reply.type === "error" ? String(reply.object["code"]) : "accepted"
  const kept =
    outcome === "accepted"
      ? reply.type === replyTypes[object["type"] as RequestType] || refusedForState.includes(code)
      : code === outcome && (field === undefined || reply.object["field"] === field)
  if (!kept) return yield* t.broken({ sent, expected, got: reply.line }, client)
})

const withFreshNames = (object: JsonObject, suffix: string): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([field, value]) => [
      field,
      (field === "nick" || field === "room") && typeof value === "string" ? freshName(value, suffix) : value
    ])
  )

const fromClients = messages.vectors.filter(({ from }) => from === "client")
const byType = (vector: MessageVector) => {
  const of = vector.profile === undefined ? "" : ` of ${vector.profile}`
  return `${String(vector.object["type"])}${of}, ${byRequirements(vector)}`
}
for (const { name, vectors } of groups(fromClients, byType)) {
  // A good request exercises what it asks for, but its reply alone shows no more than that it has one.
  const good = vectors.every(({ outcome, requirements }) => outcome === "accepted" && !requirements.includes("EXT-1"))
  vectorTest(`messages: ${name}`, vectors, tryMessage, good ? ["REPLY-1"] : undefined, vectors[0]!.profile)
}
