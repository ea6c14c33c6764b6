/** Mutants of what several chapters say of a person who has several connections (spec/accounts.md). */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, isBye, isRefusal, refusal, whenSaid } from "../breaks.ts"
import { hasType } from "../every-request.ts"
import type { Answered, Mutant, Tap, Wire } from "../mutant.ts"

const isLogin = hasType("login")

/** The other connections of the person of one. */
const othersOf = (wire: Wire): ReadonlyArray<Wire> =>
  wire.nick() === undefined ? [] : wire.all().filter((other) => other !== wire && other.nick() === wire.nick())

/** Those of them that are in a room. */
const othersIn = (wire: Wire, room: unknown): ReadonlyArray<Wire> =>
  othersOf(wire).filter(({ rooms }) => rooms.has(String(room)))

/** Tells everybody else in a room. */
const tellsRoom = (wire: Wire, room: unknown, event: JsonObject) => {
  for (const other of wire.all()) {
    if (other.nick() === wire.nick() || !other.rooms.has(String(room))) continue
    wire.hit()
    other.toClient(event)
  }
}

/** Does something beside what is said. */
const beside = (deed: (said: Answered, wire: Wire) => void) => (): Tap => ({
  reply: (said, wire) => {
    deed(said, wire)
    return undefined
  }
})

/** Ends the other connections of a person. */
const endsOthers = (wire: Wire) => {
  for (const other of othersOf(wire)) {
    wire.hit()
    other.toClient({ type: "bye", code: "replaced", message: "by a mutant" })
    other.endClient()
    other.endServer()
  }
}

/** Doesn't do to further connections of a person what it does to the first that it is done to: what that is, `of` names. */
const toOneOnly = (of: (said: Answered, wire: Wire) => string | undefined) => () => {
  const first = new Map<string, Wire>()
  return whenSaid((said, wire) => {
    const name = of(said, wire)
    if (name === undefined) return undefined
    if (!first.has(name)) first.set(name, wire)
    return first.get(name) === wire ? undefined : []
  })()
}

const isEvent = ({ object, type }: Answered, wanted: string): boolean => type === wanted && !("re" in object)

const isByAccount = (to: JsonObject | undefined): to is JsonObject =>
  isLogin(to) && ["password", "proof", "token"].some((way) => way in to)

export const several: ReadonlyArray<Mutant> = [
  breaks(
    "ACCOUNT-9",
    "one-place-only",
    "ends the connection before when somebody logs in to an account anew",
    beside((said, wire) => {
      if (said.type === "welcome" && isByAccount(said.to)) endsOthers(wire)
    })
  ),
  breaks(
    "ACCOUNT-9",
    "one-at-a-time",
    "refuses a login to an account whose person is there",
    whenSaid(({ to, type }, wire) =>
      type === "welcome" && isByAccount(to) && othersOf(wire).length > 0
        ? [refusal(to["id"], "nick-taken", "nick")]
        : undefined
    )
  ),
  breaks(
    "ACCOUNT-10",
    "joins-once-more",
    "tells a room that somebody has joined who is a member already",
    beside(({ object, type }, wire) => {
      const room = object["room"]
      if (type !== "joined" || othersIn(wire, room).length === 0) return
      tellsRoom(wire, room, { type: "member", room, nick: String(wire.nick()), change: "joined" })
    })
  ),
  breaks(
    "ACCOUNT-10",
    "leaves-with-the-first",
    "tells a room that somebody has left with the first of their connections",
    beside(({ object, to, type }, wire) => {
      const room = object["room"]
      if (type !== "left" || to === undefined || othersIn(wire, room).length === 0) return
      tellsRoom(wire, room, { type: "member", room, nick: String(wire.nick()), change: "left" })
    })
  ),
  breaks(
    "ACCOUNT-10",
    "counts-connections",
    "lists a member once for each connection",
    whenSaid(({ object, type }, wire) => {
      if (type !== "members" && type !== "joined") return undefined
      const room = String(object["room"])
      const all = (object["members"] as ReadonlyArray<string>).flatMap((nick) =>
        Array<string>(
          Math.max(1, wire.all().filter((each) => each.nick() === nick && each.rooms.has(room)).length)
        ).fill(nick)
      )
      return all.length === (object["members"] as ReadonlyArray<string>).length
        ? undefined
        : [{ ...object, members: all }]
    })
  ),
  breaks("ACCOUNT-11", "deaf-to-oneself", "doesn't show a message to the other connections of who has said it", () => {
    const speakers = new Set<Wire>()
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] === "send") speakers.add(wire)
        return undefined
      },
      reply: ({ object, type }, wire) => {
        if (type !== "message" || object["from"] !== wire.nick() || speakers.has(wire)) return undefined
        wire.hit()
        return []
      }
    }
  }),
  breaks(
    "ACCOUNT-11",
    "rooms-of-the-person",
    "sends a message to all connections of a member, also to those that haven't joined",
    beside(({ object, type }, wire) => {
      if (type !== "message") return
      for (const other of othersOf(wire).filter(({ rooms }) => !rooms.has(String(object["room"])))) {
        wire.hit()
        other.toClient(object)
      }
    })
  ),
  breaks(
    "ACCOUNT-11",
    "sent-to-all",
    "says `sent` to the other connections of the person, too",
    beside(({ object, type }, wire) => {
      if (type !== "sent") return
      for (const other of othersIn(wire, object["room"])) {
        wire.hit()
        other.toClient(object)
      }
    })
  ),
  breaks(
    "ACCOUNT-12",
    "one-session-takes-all",
    "ends all connections of a person when one is continued by its session",
    beside((said, wire) => {
      if (said.type === "welcome" && said.object["resumed"] === true) endsOthers(wire)
    })
  ),
  breaks(
    "ACCOUNT-12",
    "goodbye-to-all",
    "ends all connections of a person by the `bye` of one",
    beside((said, wire) => {
      if (said.type === "bye" && said.to !== undefined) endsOthers(wire)
    })
  ),
  breaks(
    "ACCOUNT-13",
    "room-for-one-more",
    "lets in one connection more than limits.logins",
    whenSaid((said) => {
      if (!isRefusal(said, "limit-reached") || !isByAccount(said.to)) return undefined
      return [{ type: "welcome", re: said.to["id"], nick: String(said.to["nick"]).toLowerCase(), account: true }]
    })
  ),
  breaks(
    "ACCOUNT-13",
    "the-last-throws-out-the-first",
    "ends the oldest connection of a person when there is one too many",
    whenSaid((said, wire) => {
      if (!isRefusal(said, "limit-reached") || !isByAccount(said.to)) return undefined
      const nick = String(said.to["nick"]).toLowerCase()
      const [oldest] = wire.all().filter((other) => other.nick() === nick)
      oldest?.toClient({ type: "bye", code: "replaced", message: "by a mutant" })
      oldest?.endClient()
      return [said.object]
    })
  ),
  breaks("ACCOUNT-14", "waits-for-the-lost", "counts connections that were lost like those that are there", () => {
    const logins = new Map<string, number>()
    const count = (nick: unknown, by: number) => logins.set(String(nick), (logins.get(String(nick)) ?? 0) + by)
    return {
      reply: ({ object, to, type }, wire) => {
        if (type === "bye" && to !== undefined) count(wire.nick(), -1)
        if (type !== "welcome" || object["account"] !== true || object["resumed"] === true) return undefined
        if ((logins.get(String(object["nick"])) ?? 0) < wire.limit("logins")) {
          count(object["nick"], 1)
          return undefined
        }
        wire.hit()
        return [refusal(to?.["id"], "limit-reached", "nick")]
      }
    }
  }),
  breaks("ACCOUNT-15", "the-others-stay", "leaves the other connections open when the password is changed", () => ({
    reply: (said, wire) => {
      if (!isBye(said, "logged-out")) return undefined
      wire.hit()
      return []
    },
    serverEnded: () => false
  })),
  breaks(
    "ACCOUNT-15",
    "logged-out-to-come-back",
    "ends the other connections as if they had been idle",
    whenSaid((said) => (isBye(said, "logged-out") ? [{ ...said.object, code: "idle" }] : undefined))
  ),
  {
    ...breaks(
      "DIRECT-4",
      "one-mailbox",
      "sends the entries of a conversation to one connection of each person",
      toOneOnly(({ object, type }, wire) =>
        type === "message" && String(object["room"]).startsWith("@")
          ? `${wire.nick()} ${String(object["room"])}`
          : undefined
      )
    ),
    host: "durable"
  },
  breaks(
    "PRESENCE-7",
    "offline-with-the-first",
    "says that somebody is offline when one of their connections ends",
    beside(({ to, type }, wire) => {
      if (type !== "bye" || to === undefined || othersOf(wire).length === 0) return
      for (const room of wire.rooms) {
        tellsRoom(wire, room, {
          type: "presence",
          nick: String(wire.nick()),
          status: "offline",
          since: "2026-01-01T00:00:00.000Z"
        })
      }
    })
  ),
  breaks(
    "PRESENCE-3",
    "tells-the-other-self",
    "sends `presence` also to the person's other connections",
    beside(({ object, type }, wire) => {
      if (type !== "status") return
      const { re: _, ...presence } = object
      for (const other of othersOf(wire)) {
        wire.hit()
        other.toClient({ ...presence, type: "presence" })
      }
    })
  ),
  {
    ...breaks(
      "READ-7",
      "unread-elsewhere",
      "doesn't tell the person's other connections what was read",
      whenSaid((said) => (isEvent(said, "read") ? [] : undefined))
    ),
    host: "durable"
  },
  {
    ...breaks(
      "READ-7",
      "read-to-the-end",
      "tells the person's other connections that all is read",
      whenSaid((said) => (isEvent(said, "read") ? [{ ...said.object, unread: 0 }] : undefined))
    ),
    host: "durable"
  },
  {
    ...breaks(
      "TYPING-4",
      "types-to-the-other-self",
      "tells the person's other connections that they type",
      beside(({ object, to, type }, wire) => {
        if (type !== "typing" || to === undefined) return
        for (const other of othersIn(wire, object["room"])) {
          wire.hit()
          other.toClient({ type: "typing", room: object["room"], nick: String(wire.nick()), on: to["on"] !== false })
        }
      })
    ),
    host: "durable"
  },
  {
    ...breaks(
      "TYPING-3",
      "types-twice",
      "counts the typing of each connection for itself",
      beside(({ object, to, type }, wire) => {
        if (type !== "typing" || to === undefined || othersIn(wire, object["room"]).length === 0) return
        tellsRoom(wire, object["room"], { type: "typing", room: object["room"], nick: String(wire.nick()), on: true })
      })
    ),
    host: "durable"
  },
  {
    ...breaks(
      "KICK-1",
      "one-of-them-stays",
      "puts out one connection of a person, and not the others",
      toOneOnly((said, wire) => (isEvent(said, "left") ? `${wire.nick()} ${String(said.object["room"])}` : undefined))
    ),
    host: "durable"
  }
]
