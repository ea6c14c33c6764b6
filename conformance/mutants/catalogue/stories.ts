/** Mutants that keep every requirement until somebody has a past: only stories of several steps tell them from a right server. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, insteadOf, refusal, whenSaid } from "../breaks.ts"
import type { Mutant, Wire } from "../mutant.ts"

/** Counts by a key: 1, 2, 3, ... */
const makeCount = () => {
  const counts = new Map<string, number>()
  return (key: string): number => {
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count
  }
}

const inRoom = (wire: Wire, { room }: JsonObject): string => `${wire.nick()} ${String(room)}`

export const stories: ReadonlyArray<Mutant> = [
  breaks("CATCH-2", "tires-of-returns", "leaves out the last entry of a replay on somebody's third connection", () => {
    const countOf = makeCount()
    const tired = new Set<number>()
    const last = new Map<string, unknown>()
    return whenSaid(({ object, to, type }, wire) => {
      const key = `${wire.nth} ${String(object["room"])}`
      if (type === "welcome" && countOf(String(object["nick"])) === 3) tired.add(wire.nth)
      const isBehind = object["resumed"] === true && Number(to?.["after"]) < Number(object["head"])
      if (type === "joined" && isBehind && tired.has(wire.nth)) last.set(key, object["head"])
      if (type !== "message" || last.get(key) !== object["seq"]) return undefined
      last.delete(key)
      return []
    })()
  }),
  breaks("LOGIN-6", "lets-go-of-one-room", "keeps the nick of whoever says `bye` in two rooms", () => {
    const kept = new Set<unknown>()
    const refusing = insteadOf((object) =>
      object["type"] === "login" && kept.has(object["nick"]) ? refusal(object["id"], "nick-taken", "nick") : undefined
    )()
    return {
      ...refusing,
      request: (asked, wire) => {
        if (asked.object?.["type"] === "bye" && wire.rooms.size === 2) kept.add(wire.nick())
        return refusing.request?.(asked, wire)
      }
    }
  }),
  breaks("MEMBER-1", "announces-twice", "doesn't tell of somebody who joins a room for the third time", () => {
    const countOf = makeCount()
    return whenSaid(({ object, type }, wire) =>
      type === "member" &&
      object["change"] === "joined" &&
      countOf(`${inRoom(wire, object)} ${String(object["nick"])}`) === 3
        ? []
        : undefined
    )()
  }),
  breaks(
    "EPOCH-2",
    "rises-again",
    "gives a room that comes back for the second time the epoch of its first life",
    () => {
      const lives = new Map<unknown, Array<unknown>>()
      return whenSaid(({ object, type }) => {
        if (type !== "joined") return undefined
        const { epoch, room } = object
        const known = lives.get(room) ?? []
        lives.set(room, known)
        if (!known.includes(epoch)) known.push(epoch)
        return known.indexOf(epoch) === 2 ? [{ ...object, epoch: known[0] }] : undefined
      })()
    }
  ),
  breaks(
    "SEND-1",
    "takes-it-for-a-retry",
    "answers by the old entry when somebody who has come back says the same again",
    () => {
      const said = new Map<string, { readonly nth: number; readonly text: unknown; readonly sent: JsonObject }>()
      const nicks = new Map<number, string>()
      const answering = insteadOf((object, nth) => {
        const before = said.get(`${nicks.get(nth)} ${String(object["room"])}`)
        const isAgain = object["type"] === "send" && before?.nth !== nth && before?.text === object["text"]
        return isAgain ? { ...before?.sent, re: object["id"] } : undefined
      })()
      return {
        ...answering,
        reply: (answered, wire) => {
          const { object, to, type } = answered
          if (type === "welcome") nicks.set(wire.nth, String(object["nick"]))
          if (type === "sent") said.set(inRoom(wire, object), { nth: wire.nth, text: to?.["text"], sent: object })
          return answering.reply?.(answered, wire)
        }
      }
    }
  )
]
