/**
 * Performs a dialogue of the spec against the target, as it is written.
 *
 * @module
 */
import type { JsonObject } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Client, isCompany } from "./client.ts"
import { freshName } from "./fresh.ts"
import type { RequirementId } from "./generated/requirement-id.ts"
import type { StartedTarget } from "./run/target.ts"
import type { Scenario } from "./scenario.ts"
import type { Dialogue, Placed, Step } from "./spec/dialogues.ts"
import type { Stop } from "./verdict.ts"
import type { Arrived } from "./wire/connection.ts"

/** One client on stage. */
interface Actor {
  readonly client: Client
  /** What it does until it says something again. */
  doing: "talking" | "silent" | "pinging"
  /** Whether its connection is still open on both sides. */
  open: boolean
}

/** What a performance keeps: who is there, and what each epoch and each session stands for that is written. */
interface Stage {
  readonly t: Scenario
  readonly actors: Map<string, Actor>
  readonly chosen: Map<string, string>
  readonly suffix: string
  /** Whether it is about presence, so that no `presence` may come but those that are written. */
  readonly isOfPresence: boolean
  /** The server that was started for this dialogue alone. */
  readonly server: StartedTarget | undefined
}

/** Performs a dialogue; it has judged all of its requirements when it comes to its end. */
export function* perform(
  t: Scenario,
  dialogue: Dialogue
): Generator<Effect.Effect<unknown, Stop, Scope.Scope>, void, never> {
  const items = Math.max(0, ...dialogue.steps.map(longestList))
  if (items > t.limits.page) yield* t.notRun("it shows a list that is longer than limits.page of this target")
  const server = dialogue.needsStart ? yield* t.ownServer : undefined
  const stage: Stage = {
    t,
    server,
    actors: new Map(),
    chosen: new Map(),
    suffix: t.nick(""),
    isOfPresence: dialogue.chapter === "presence"
  }
  for (const step of dialogue.steps) yield* play(stage, step)
  for (const actor of stage.actors.values()) yield* hearsNoMore(actor)
  for (const id of dialogue.ids) {
    yield* t.judge(id as RequirementId, true, { expected: "the conversation as it is written", got: "just that" })
  }
}

/** How long a list is that a line shows: a slice of a smaller page would hold less. */
const longestList = (step: Placed): number => {
  const lists =
    step._tag === "Hears" ? ["members", "conversations", "users", "standings"].map((field) => step.object[field]) : []
  return Math.max(0, ...lists.map((list) => (Array.isArray(list) ? list.length : 0)))
}

const play = (stage: Stage, step: Placed): Effect.Effect<void, Stop, Scope.Scope> => {
  switch (step._tag) {
    case "Opens":
      return Effect.asVoid(enter(stage, step.client, stage.t.connect(step.client)))
    case "IsConnected":
      return Effect.asVoid(enter(stage, step.client, stage.t.connection(step.client)))
    case "Is":
      return settleIn(stage, step)
    case "IsInManyRooms":
      return settleIn(stage, { ...step, rooms: [] }, stage.t.limits.joins)
    case "HouseIsFull":
      return stage.t.fullHouse
    case "ServerIsAskedToStop":
      return stage.server === undefined ? Effect.void : stage.server.stop
    case "Hears":
      return hears(stage, actorOf(stage, step.client), step)
    case "ServerEnds":
      return serverEnds(actorOf(stage, step.client))
    case "Says":
      return says(stage, actorOf(stage, step.client), step.line)
    case "Ends":
    case "Resets":
    case "IsSilent":
    case "OnlyPings":
    case "SendsEndlessLine":
      return act(actorOf(stage, step.client), step._tag, stage.t.limits.line)
  }
}

const actorOf = (stage: Stage, name: string): Actor => stage.actors.get(name)!

const enter = Effect.fnUntraced(function* (
  stage: Stage,
  name: string,
  arrival: Effect.Effect<Client, Stop, Scope.Scope>
) {
  const client = yield* arrival
  stage.actors.set(name, { client, doing: "talking", open: true })
  return client
})

const settleIn = Effect.fnUntraced(function* (
  stage: Stage,
  step: { readonly client: string; readonly nick: string; readonly rooms: ReadonlyArray<string> },
  manyRooms = 0
) {
  const client = yield* enter(stage, step.client, stage.t.connection(step.client))
  yield* client.login(freshName(step.nick, stage.suffix))
  for (const room of step.rooms) yield* client.join(freshName(room, stage.suffix))
  for (let joined = 0; joined < manyRooms; joined++) yield* client.join(stage.t.roomName("r"))
})

const act = Effect.fnUntraced(function* (
  actor: Actor,
  action: "Ends" | "Resets" | "IsSilent" | "OnlyPings" | "SendsEndlessLine",
  line: number
) {
  const { client } = actor
  switch (action) {
    case "Ends":
      actor.open = false
      return yield* client.end
    case "Resets":
      actor.open = false
      return yield* client.reset
    case "SendsEndlessLine":
      return yield* client.bytes("x".repeat(line))
    case "IsSilent":
      actor.doing = "silent"
      return yield* client.fallSilent
    case "OnlyPings":
      actor.doing = "pinging"
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// What clients say
// ---------------------------------------------------------------------------------------------------------------------

const says = (stage: Stage, actor: Actor, line: string): Effect.Effect<void> => {
  actor.doing = "talking"
  return actor.client.line(written(stage, line))
}

/** The line as it is sent: with fresh names, the epochs, sessions and cursors that the server chose, and the long texts spelt out. */
const written = (stage: Stage, line: string): string =>
  line
    .replace(/("(?:nick|room|after)"\s*:\s*")([^"\\]*)(")/gu, (_, before: string, name: string, after: string) =>
      [before, freshName(name, stage.suffix), after].join("")
    )
    .replace(
      /("(?:epoch|session|token|before)"\s*:\s*")([^"\\]*)(")/gu,
      (_, before: string, value: string, after: string) => [before, stage.chosen.get(value) ?? value, after].join("")
    )
    .replace(/\(limits\.text \+ 1 letters\)/gu, () => "a".repeat(stage.t.limits.text + 1))
    .replace(/\\r$/u, "\r")

// ---------------------------------------------------------------------------------------------------------------------
// What they hear
// ---------------------------------------------------------------------------------------------------------------------

const hears = Effect.fnUntraced(function* (stage: Stage, actor: Actor, step: Extract<Step, { _tag: "Hears" }>) {
  const { client, doing } = actor
  const { t } = stage
  const fits = (item: Arrived) => mismatch(stage, step.object, item) === undefined
  // A silent client waits for the server's clocks; whichever is the slower may be meant.
  const seconds = doing === "talking" ? 0 : t.limits.loginSeconds + 3 * t.heartbeat
  const expected = `${step.text}  (${step.object["type"] === "rooms" ? "among others" : "names stand for fresh ones"})`
  // Whoever does nothing may become idle while the story is told.
  const isNews = (item: Arrived) =>
    !isCompany(item) || (stage.isOfPresence && item.type === "presence" && item.object["status"] !== "idle")
  const accept = (item: Arrived) => (doing === "pinging" && item.type === "pong" ? false : isNews(item) || fits(item))
  const item =
    doing === "pinging"
      ? yield* client.whilePinging(client.take(accept, expected, { seconds }))
      : yield* client.take(accept, expected, { seconds })
  if (doing === "pinging") yield* client.dropPongs
  const wrong = mismatch(stage, step.object, item)
  if (wrong !== undefined) return yield* t.broken({ expected, got: `${item.line}  (${wrong})` }, client)
  if (item.type === "bye") actor.open = false
  learnChosen(stage, step.object, item.object)
  if (item.type === "rooms") yield* findRooms(stage, client, step.object, item)
})

/** Fields whose value the server chooses, once: what is written stands for it from then on. */
const choices = ["epoch", "session", "token", "next"]

const learnChosen = ({ chosen }: Stage, expected: JsonObject, got: JsonObject): void => {
  for (const field of choices) {
    if (typeof expected[field] === "string") chosen.set(expected[field], String(got[field]))
  }
}

const serverEnds = (actor: Actor): Effect.Effect<void, Stop> => {
  const { doing } = actor
  actor.open = false
  return actor.client.ended({ seconds: doing === "talking" ? 0 : 60 })
}

/** After the last line nothing else may come: a `ping`, whose `pong` must be next, proves it without waiting. */
const hearsNoMore = Effect.fnUntraced(function* ({ client, open }: Actor) {
  if (!open) return
  yield* client.quiet
})

// ---------------------------------------------------------------------------------------------------------------------
// Comparing
// ---------------------------------------------------------------------------------------------------------------------

/** Fields that vary from server to server: the schema has checked them. What `first` is depends on what is still kept. */
const loose = new Set([
  "first",
  "server",
  "features",
  "auth",
  "limits",
  "heartbeat",
  "at",
  "since",
  "message",
  "reconnectAfter",
  "retryAfter"
])

/** Fields whose absence says something. */
const telling = [
  ...["re", "more", "resumed", "session", "account", "token", "duplicate", "key", "next", "text", "display"],
  ...["edited", "replyTo", "mentions", "reactions", "reacted", "topic", "read"],
  ...["kind", "role", "muted", "slow"]
]

/** Why an object isn't the one that is written, or `undefined` when it is. */
const mismatch = (stage: Stage, expected: JsonObject, item: Arrived): string | undefined => {
  const got = item.object
  return fieldMismatch(stage, expected, got) ?? (item.type === "rooms" ? undefined : extraField(expected, got))
}

const extraField = (expected: JsonObject, got: JsonObject): string | undefined => {
  const extra = telling.find((field) => !Object.hasOwn(expected, field) && (got[field] ?? false) !== false)
  return extra === undefined ? undefined : `${extra} ought to be absent`
}

const fieldMismatch = (stage: Stage, expected: JsonObject, got: JsonObject): string | undefined => {
  const [wrong] = Object.entries(expected).flatMap(([field, value]) => {
    if (loose.has(field)) return Object.hasOwn(got, field) ? [] : [`${field} is missing`]
    if (field === "rooms" && expected["type"] === "rooms") return []
    if (lists.has(field)) return itemsMismatch(stage, field, value as Items, got[field] as Items | undefined)
    if (field === "last") return lastMismatch(stage, value as JsonObject, got[field] as JsonObject | undefined)
    const wanted = choices.includes(field)
      ? (stage.chosen.get(String(value)) ?? got[field])
      : renamed(stage, field, value)
    return same(wanted, got[field]) ? [] : [`${field} ought to be ${JSON.stringify(wanted)}`]
  })
  return wrong
}

type Items = ReadonlyArray<JsonObject>

/** Fields that hold items to be compared one by one. */
const lists = new Set(["entries", "results", "conversations", "users", "standings"])

const itemsMismatch = (stage: Stage, list: string, expected: Items, got: Items | undefined): ReadonlyArray<string> => {
  if (got === undefined) return [`${list} is missing`]
  if (expected.length !== got.length) return [`${list} ought to be ${expected.length}, not ${got.length}`]
  return expected.flatMap((item, index) => {
    const wrong = fieldMismatch(stage, item, got[index]!) ?? extraField(item, got[index]!)
    return wrong === undefined ? [] : [`of the item ${index + 1} of ${list}, ${wrong}`]
  })
}

const lastMismatch = (stage: Stage, expected: JsonObject, got: JsonObject | undefined): ReadonlyArray<string> => {
  const wrong = got === undefined ? "it is missing" : fieldMismatch(stage, expected, got)
  return wrong === undefined ? [] : [`of last, ${wrong}`]
}

const renamed = (stage: Stage, field: string, value: unknown): unknown => {
  if ((field === "nick" || field === "room" || field === "from") && typeof value === "string") {
    return freshName(value, stage.suffix)
  }
  return (field === "members" || field === "rooms") && Array.isArray(value)
    ? value.map((name) => freshName(String(name), stage.suffix))
    : value
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

interface Listed {
  readonly room: string
  readonly members: number
}

/** The rooms that are written must be among those of the server, on this slice or on one of the next. */
const findRooms = Effect.fnUntraced(function* (stage: Stage, client: Client, expected: JsonObject, first: Arrived) {
  const wanted = expected["rooms"] as ReadonlyArray<Listed>
  const found = [...(first.object["rooms"] as ReadonlyArray<Listed>)]
  for (let more = first.object["more"] === true; more; ) {
    const after = found.at(-1)
    const next = yield* client.ask({ type: "rooms", ...(after === undefined ? {} : { after: after.room }) })
    found.push(...next.rooms)
    more = next.more === true && next.rooms.length > 0
  }
  for (const { members, room } of wanted) {
    const name = freshName(room, stage.suffix)
    const listed = found.find((each) => each.room === name)
    if (listed?.members === members) continue
    return yield* stage.t.broken({
      expected: `${name} with ${members} members, in the list of rooms`,
      got: listed === undefined ? `${found.length} rooms without it` : JSON.stringify(listed)
    })
  }
})
