/**
 * The words that the catalogue is written in.
 *
 * @module
 */
import type { JsonObject } from "@tertulia/protocol"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Answered, Mutant, Tap, Wire } from "./mutant.ts"

/** One row of the catalogue: a server. */
export const breaks = (
  requirement: RequirementId,
  name: string,
  does: string,
  tap: () => Tap,
  equivalent?: string
): Mutant => ({
  who: "server",
  breaks: requirement,
  name,
  does,
  tap,
  ...(equivalent === undefined ? {} : { equivalent })
})

/** One row of the catalogue: a client. */
export const clientBreaks = (requirement: RequirementId, name: string, does: string, tap: () => Tap): Mutant => ({
  who: "client",
  breaks: requirement,
  name,
  does,
  tap
})

/** Changes replies and events for which `change` gives something else. */
export const whenSaid =
  (change: NonNullable<Tap["reply"]>): (() => Tap) =>
  () => ({
    reply: (said, wire) => {
      const changed = change(said, wire)
      if (changed !== undefined) wire.hit()
      return changed
    }
  })

/** Changes requests for which `change` gives something else. */
export const whenAsked =
  (change: NonNullable<Tap["request"]>): (() => Tap) =>
  () => ({
    request: (asked, wire) => {
      const changed = change(asked, wire)
      if (changed !== undefined) wire.hit()
      return changed
    }
  })

/** What goes to the server in place of a request that is not to be carried out: its `pong` keeps the place of the reply. */
const standIn = (object: JsonObject): JsonObject => ({ type: "ping", id: object["id"] })

const isStandIn = ({ to, type }: Answered): boolean => type === "pong" && to?.["type"] !== "ping"

/** Doesn't carry out requests for which `answer` gives a reply, and gives that reply. */
export const insteadOf =
  (answer: (object: JsonObject, nth: number, wire: Wire) => JsonObject | undefined): (() => Tap) =>
  () => {
    const answers = new Map<string, JsonObject>()
    return {
      request: ({ object }, wire) => {
        const reply = object === undefined ? undefined : answer(object, wire.nth, wire)
        if (object === undefined || reply === undefined) return undefined
        answers.set(`${wire.nth} ${String(object["id"])}`, reply)
        return [standIn(object)]
      },
      reply: (said, wire) => {
        const reply = isStandIn(said) ? answers.get(`${wire.nth} ${String(said.object["re"])}`) : undefined
        if (reply === undefined) return undefined
        wire.hit()
        return [reply]
      }
    }
  }

/** Exchanges the texts of every two messages of one connection from the `from`th on. */
export const swapsTexts = (from: number) => (): Tap => {
  const counts = new Map<number, number>()
  const held = new Map<number, JsonObject>()
  return {
    request: ({ object, text }, wire) => {
      const first = held.get(wire.nth)
      held.delete(wire.nth)
      if (object?.["type"] !== "send") return first === undefined ? undefined : [first, text]
      const count = (counts.get(wire.nth) ?? 0) + 1
      counts.set(wire.nth, count)
      if (first !== undefined) {
        wire.hit()
        return [
          { ...first, text: object["text"] },
          { ...object, text: first["text"] }
        ]
      }
      if (count < from) return undefined
      held.set(wire.nth, object)
      setTimeout(() => {
        const last = held.get(wire.nth)
        if (last !== object) return
        held.delete(wire.nth)
        wire.toServer(last)
      }, 30)
      return []
    }
  }
}

/** An `error` in place of a reply. */
export const refusal = (re: unknown, code: string, field?: string): JsonObject => ({
  type: "error",
  ...(typeof re === "number" ? { re } : {}),
  code,
  message: "refused by a mutant",
  ...(field === undefined ? {} : { field })
})

/** Whether this is the `error` with this code. */
export const isRefusal = (said: Answered, code: string): boolean =>
  said.type === "error" && said.object["code"] === code

/** Whether this is the `bye` with this code. */
export const isBye = (said: Answered, code: string): boolean => said.type === "bye" && said.object["code"] === code

/** What a request must have been answered with, had it been carried out. */
export const success = (to: JsonObject): JsonObject | undefined => {
  const re = to["id"]
  const room = String(to["room"])
  switch (to["type"]) {
    case "login":
      return { type: "welcome", re, nick: String(to["nick"]).toLowerCase() }
    case "join":
      return { type: "joined", re, room, epoch: "mutant", first: 1, head: 0, members: [] }
    case "leave":
      return { type: "left", re, room }
    case "send":
    case "edit":
    case "delete":
    case "react":
    case "topic":
    case "role":
    case "kind":
    case "invite":
    case "kick":
    case "ban":
    case "mute":
    case "slow":
      return { type: "sent", re, room, seq: 1, at: "2026-01-01T00:00:00.000Z" }
    case "typing":
      return { type: "typing", re, room }
    case "read":
      return { type: "read", re, room, seq: 0, head: 0, unread: 0 }
    case "rooms":
      return { type: "rooms", re, rooms: [] }
    case "members":
      return { type: "members", re, room, members: [] }
    case "ping":
      return { type: "pong", re }
    case "sync":
      return { type: "synced", re }
    case "history":
      return { type: "history", re, room, epoch: "mutant", first: 1, head: 0, entries: [] }
    case "conversations":
      return { type: "conversations", re, conversations: [] }
    case "status":
      return { type: "status", re, ...mutantsPresence, ...shownOf(to) }
    case "users":
      return { type: "users", re, users: [] }
    case "standings":
      return { type: "standings", re, room, standings: [] }
    case "whois":
      return { type: "whois", re, ...mutantsPresence, nick: String(to["nick"]).toLowerCase(), rooms: [] }
    default:
      return undefined
  }
}

const mutantsPresence = { nick: "mutant", status: "active", since: "2026-01-01T00:00:00.000Z" }

/** What of a `status` its reply may show. */
const shownOf = ({ display, status, text }: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries({ display, status, text }).filter(
      ([field, value]) =>
        typeof value === "string" &&
        (field === "status"
          ? ["active", "busy", "away"].includes(value)
          : /^[!-~\u00a1-\u024f ]*[!-~]$/u.test(value)) &&
        value.length <= 128
    )
  )

/** Tells whether this process has stood still, as after SIGSTOP, within the last so many milliseconds. */
export const hasStoodStill = (within: number): (() => boolean) => {
  let last = performance.now()
  let woke = Number.NEGATIVE_INFINITY
  const look = () => {
    const now = performance.now()
    if (now - last > 500) woke = now
    last = now
    return now - woke < within
  }
  setInterval(look, 20).unref()
  return look
}
