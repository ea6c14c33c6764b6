/**
 * The words that the catalogue is written in.
 *
 * @module
 */
import type { JsonObject } from "@tertulia/protocol"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Answered, Mutant, Tap } from "./mutant.ts"

/** One row of the catalogue. */
export const breaks = (
  requirement: RequirementId,
  name: string,
  does: string,
  tap: () => Tap,
  equivalent?: string
): Mutant => ({ breaks: requirement, name, does, tap, ...(equivalent === undefined ? {} : { equivalent }) })

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
      return { type: "sent", re, room, seq: 1, at: "2026-01-01T00:00:00.000Z" }
    case "rooms":
      return { type: "rooms", re, rooms: [] }
    case "members":
      return { type: "members", re, room, members: [] }
    case "ping":
      return { type: "pong", re }
    case "sync":
      return { type: "synced", re }
    default:
      return undefined
  }
}
