/** Mutants of spec/rooms.md. */
import type { JsonObject } from "@tertulia/protocol"
import { quick } from "../../src/run/target.ts"
import { breaks, insteadOf, isRefusal, refusal, success, swapsTexts, whenAsked, whenSaid } from "../breaks.ts"
import type { Answered, Mutant, Tap } from "../mutant.ts"

/** Milliseconds of the reference server's heartbeat. */
const heartbeat = 1_000 * quick.heartbeat

const names = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])

const succeed = (said: Answered): ReadonlyArray<JsonObject> | undefined => {
  const done = said.to === undefined ? undefined : success(said.to)
  return done === undefined ? undefined : [done]
}

/** Whether this refuses a join for a limit. */
const isFull = (said: Answered): boolean => isRefusal(said, "limit-reached") && said.to?.["type"] === "join"

/** Those who have said that they leave, by `leave` or `bye`. */
const politeOnes = () => {
  const polite = new Set<string>()
  const request: NonNullable<Tap["request"]> = ({ object }, wire) => {
    if (object?.["type"] === "leave" || object?.["type"] === "bye") polite.add(String(wire.nick()))
    return undefined
  }
  return { polite, request }
}

/** Hides from the others that somebody has left in this way. */
const hidesDepartures =
  (mark: (note: (nick: string | undefined) => void) => Tap): (() => Tap) =>
  () => {
    const gone = new Set<string>()
    return {
      ...mark((nick) => gone.add(String(nick))),
      reply: (said, wire) => {
        const isGone =
          said.type === "member" && said.object["change"] === "left" && gone.has(String(said.object["nick"]))
        if (!isGone) return undefined
        wire.hit()
        return []
      }
    }
  }

export const rooms: ReadonlyArray<Mutant> = [
  // Joining
  breaks(
    "JOIN-1",
    "stale-head",
    "says in `joined` the head before the last",
    whenSaid(({ object, type }) =>
      type === "joined" && Number(object["head"]) > 0 ? [{ ...object, head: Number(object["head"]) - 1 }] : undefined
    )
  ),
  breaks(
    "JOIN-1",
    "first-beyond-head",
    "says a `first` that lies two above `head`",
    whenSaid(({ object, type }) => (type === "joined" ? [{ ...object, first: Number(object["head"]) + 2 }] : undefined))
  ),
  breaks(
    "JOIN-2",
    "without-oneself",
    "leaves the newcomer out of the members in `joined`",
    whenSaid(({ object, type }, wire) =>
      type === "joined"
        ? [{ ...object, members: names(object["members"]).filter((nick) => nick !== wire.nick()) }]
        : undefined
    )
  ),
  breaks(
    "JOIN-2",
    "only-oneself",
    "lists nobody but the newcomer in `joined`",
    whenSaid(({ object, type }, wire) =>
      type === "joined" ? [{ ...object, members: [String(wire.nick())] }] : undefined
    )
  ),
  breaks(
    "JOIN-3",
    "create-on-request-only",
    "creates a room only when `create` is true",
    whenAsked(({ object }) =>
      object?.["type"] === "join" && !("create" in object) ? [{ ...object, create: false }] : undefined
    )
  ),
  breaks(
    "JOIN-4",
    "creates-anyway",
    "creates the room though `create` is false",
    whenAsked(({ object }) =>
      object?.["type"] === "join" && object["create"] === false ? [{ ...object, create: true }] : undefined
    )
  ),
  breaks("JOIN-4", "goes-with-its-creator", "lets a room cease to exist when whoever created it leaves", () => {
    const creators = new Map<unknown, number>()
    return insteadOf((object, nth) => {
      const room = object["room"]
      if (object["type"] === "join" && object["create"] === false && creators.get(room) === 0) {
        return refusal(object["id"], "no-such-room", "room")
      }
      if (object["type"] === "join" && !creators.has(room)) creators.set(room, nth)
      if (object["type"] === "leave" && creators.get(room) === nth) creators.set(room, 0)
      return undefined
    })()
  }),
  breaks(
    "JOIN-5",
    "joins-twice",
    "lets a connection join a room that it is in",
    whenSaid((said) => (isRefusal(said, "already-joined") ? succeed(said) : undefined))
  ),
  breaks(
    "JOIN-6",
    "endless-joins",
    "lets a connection into more than limits.joins rooms",
    whenSaid((said, wire) => (isFull(said) && wire.rooms.size >= wire.limit("joins") ? succeed(said) : undefined))
  ),
  breaks(
    "JOIN-7",
    "endless-members",
    "lets more than limits.members people into a room",
    whenSaid((said, wire) =>
      isFull(said) && wire.all().some(({ rooms: known }) => known.has(String(said.to?.["room"])))
        ? succeed(said)
        : undefined
    )
  ),
  breaks(
    "JOIN-8",
    "endless-rooms",
    "creates more than limits.rooms rooms",
    whenSaid((said, wire) =>
      isFull(said) && !wire.all().some(({ rooms: known }) => known.has(String(said.to?.["room"])))
        ? succeed(said)
        : undefined
    )
  ),

  // Leaving
  breaks(
    "LEAVE-1",
    "leaves-in-word-only",
    "says `left`, and the connection stays in the room",
    insteadOf((object) => (object["type"] === "leave" ? success(object) : undefined))
  ),
  breaks(
    "LEAVE-2",
    "leaves-anything",
    "says `left` of a room that the connection isn't in",
    whenSaid((said) => (isRefusal(said, "not-joined") && said.to?.["type"] === "leave" ? succeed(said) : undefined))
  ),
  breaks(
    "LEAVE-2",
    "lists-for-outsiders",
    "answers `members` to somebody who isn't in the room",
    whenSaid((said) => (isRefusal(said, "not-joined") && said.to?.["type"] === "members" ? succeed(said) : undefined))
  ),
  breaks(
    "LEAVE-2",
    "tells-what-exists",
    "answers `no-such-room` in place of `not-joined` where nobody is in the room",
    whenSaid((said, wire) => {
      const room = String(said.to?.["room"])
      return isRefusal(said, "not-joined") && !wire.all().some(({ rooms: known }) => known.has(room))
        ? [refusal(said.object["re"], "no-such-room", "room")]
        : undefined
    })
  ),
  breaks("LEAVE-3", "no-way-back", "refuses whoever has left a room and wants to join it again", () => {
    const left = new Set<string>()
    return insteadOf((object, nth) => {
      const key = `${nth} ${String(object["room"])}`
      if (object["type"] === "leave") left.add(key)
      return object["type"] === "join" && left.has(key) ? refusal(object["id"], "limit-reached", "room") : undefined
    })()
  }),

  // Sending
  breaks(
    "SEND-1",
    "throws-texts-away",
    "says `sent` of a text that it doesn't append",
    insteadOf((object) => (object["type"] === "send" ? success(object) : undefined))
  ),
  breaks(
    "SEND-1",
    "miscounts",
    "says in `sent` the number after the entry's",
    whenSaid(({ object, type }) => (type === "sent" ? [{ ...object, seq: Number(object["seq"]) + 1 }] : undefined))
  ),
  breaks(
    "SEND-2",
    "no-echo",
    "doesn't send an entry to its own sender",
    whenSaid(({ object, type }, wire) => (type === "message" && object["from"] === wire.nick() ? [] : undefined))
  ),
  breaks(
    "SEND-2",
    "forgets-somebody",
    "doesn't send entries to every third connection",
    whenSaid(({ object, type }, wire) =>
      type === "message" && wire.nth % 3 === 0 && object["from"] !== wire.nick() ? [] : undefined
    )
  ),
  breaks("SEND-3", "sent-first", "says `sent` before the `message`", () => {
    const held = new Map<number, Array<string>>()
    return {
      reply: (said, wire) => {
        const own = held.get(wire.nth) ?? []
        held.set(wire.nth, own)
        if (said.type === "message" && said.object["from"] === wire.nick()) {
          own.push(said.text)
          return []
        }
        const message = said.type === "sent" ? own.shift() : undefined
        if (message === undefined) return undefined
        wire.hit()
        return [said.text, message]
      }
    }
  }),
  breaks("SEND-4", "believes-from", "takes `from` from the request", () => {
    const forged = new Map<unknown, unknown>()
    return {
      request: ({ object }) => {
        if (object?.["type"] === "send" && "from" in object) forged.set(object["text"], object["from"])
        return undefined
      },
      reply: ({ object, type }, wire) => {
        if (type !== "message" || !forged.has(object["text"])) return undefined
        wire.hit()
        return [{ ...object, from: forged.get(object["text"]) }]
      }
    }
  }),
  breaks(
    "SEND-5",
    "stamps-on-the-way-out",
    "gives an entry another time for every second connection",
    whenSaid(({ object, type }, wire) => {
      const at = String(object["at"])
      return type === "message" && wire.nth % 2 === 0
        ? [{ ...object, at: at.replace(/[0-9]{3}Z$/u, at.endsWith("007Z") ? "008Z" : "007Z") }]
        : undefined
    })
  ),
  breaks("SEND-6", "refuses-the-hasty", "refuses what comes faster than its rate", () => {
    const counts = new Map<number, number>()
    return whenSaid(({ object, type }, wire) => {
      if (type !== "sent") return undefined
      const count = (counts.get(wire.nth) ?? 0) + 1
      counts.set(wire.nth, count)
      return count > wire.limit("burst") ? [refusal(object["re"], "unavailable")] : undefined
    })()
  }),
  breaks("SEND-6", "shuffles-the-hasty", "mixes up what comes faster than its rate", swapsTexts(101)),

  // Members
  breaks(
    "MEMBER-1",
    "silent-arrivals",
    "doesn't tell who joins",
    whenSaid(({ object, type }) => (type === "member" && object["change"] === "joined" ? [] : undefined))
  ),
  breaks(
    "MEMBER-2",
    "silent-leave",
    "doesn't tell of whoever has asked to leave",
    hidesDepartures((note) => ({
      request: ({ object }, wire) => {
        if (object?.["type"] === "leave") note(wire.nick())
        return undefined
      }
    }))
  ),
  breaks(
    "MEMBER-2",
    "silent-goodbye",
    "doesn't tell of whoever has said `bye`",
    hidesDepartures((note) => ({
      request: ({ object }, wire) => {
        if (object?.["type"] === "bye") note(wire.nick())
        return undefined
      }
    }))
  ),
  breaks(
    "MEMBER-2",
    "silent-fin",
    "doesn't tell of whoever has sent FIN",
    hidesDepartures((note) => ({
      clientEnded: (wire) => {
        note(wire.nick())
        return true
      }
    }))
  ),
  breaks(
    "MEMBER-2",
    "silent-reset",
    "doesn't tell of whoever has sent RST",
    hidesDepartures((note) => ({
      clientGone: (wire) => {
        note(wire.nick())
        return true
      }
    }))
  ),
  breaks(
    "MEMBER-3",
    "tells-oneself",
    "tells whoever joins of its own joining",
    whenSaid(({ object, text, type }, wire) =>
      type === "joined"
        ? [text, { type: "member", room: object["room"], nick: String(wire.nick()), change: "joined" }]
        : undefined
    )
  ),
  breaks(
    "MEMBER-4",
    "tells-twice",
    "tells twice of each arrival",
    whenSaid(({ object, text, type }) =>
      type === "member" && object["change"] === "joined" ? [text, text] : undefined
    )
  ),
  breaks(
    "MEMBER-4",
    "tells-what-is-known",
    "tells whoever joins of those whom `joined` has listed",
    whenSaid(({ object, text, type }, wire) => {
      const others = names(object["members"]).filter((nick) => nick !== wire.nick())
      return type === "joined" && others.length > 0
        ? [text, ...others.map((nick) => ({ type: "member", room: object["room"], nick, change: "joined" }))]
        : undefined
    })
  ),
  breaks("MEMBER-5", "ghosts-stay", "tells only of those who say that they leave", () => {
    const { polite, request } = politeOnes()
    return {
      request,
      reply: ({ object, type }, wire) => {
        if (type !== "member" || object["change"] !== "left" || polite.has(String(object["nick"]))) return undefined
        wire.hit()
        return []
      }
    }
  }),
  breaks("MEMBER-5", "ghosts-linger", "tells too late of those who don't say that they leave", () => {
    const { polite, request } = politeOnes()
    return {
      request,
      reply: ({ object, text, type }, wire) => {
        if (type !== "member" || object["change"] !== "left" || polite.has(String(object["nick"]))) return undefined
        wire.hit()
        setTimeout(() => wire.toClient(text), 3 * heartbeat)
        return []
      }
    }
  }),
  breaks("MEMBER-5", "own-words-are-life", "takes whoever it has something to tell for alive", () => ({
    reply: ({ object, type }, wire) => {
      if (type !== "message" || object["from"] === wire.nick()) return undefined
      wire.hit()
      wire.toServer("")
      return undefined
    }
  })),
  breaks("MEMBER-6", "loses-events", "loses every third `member` event", () => {
    let nth = 0
    return whenSaid(({ type }) => {
      if (type !== "member") return undefined
      nth += 1
      return nth % 3 === 0 ? [] : undefined
    })()
  }),
  breaks("MEMBER-6", "remembers-members", "answers `members` as it did the first time", () => {
    const first = new Map<unknown, unknown>()
    return whenSaid(({ object, type }) => {
      if (type !== "members") return undefined
      const known = first.get(object["room"])
      if (known === undefined) first.set(object["room"], object["members"])
      return known === undefined ? undefined : [{ ...object, members: known }]
    })()
  }),

  // Lists
  breaks(
    "LIST-1",
    "backwards",
    "lists members in descending order",
    whenSaid(({ object, type }) =>
      type === "members" ? [{ ...object, members: names(object["members"]).toReversed() }] : undefined
    )
  ),
  breaks(
    "LIST-1",
    "dictionary-order",
    "sorts members as a dictionary does",
    whenSaid(({ object, type }) => {
      const sorted = names(object["members"]).toSorted((one, other) => one.localeCompare(other, "en"))
      return type === "members" && sorted.join() !== names(object["members"]).join()
        ? [{ ...object, members: sorted }]
        : undefined
    })
  ),
  breaks(
    "LIST-1",
    "after-included",
    "begins a list of members with `after` itself",
    whenSaid(({ object, to, type }) =>
      type === "members" && typeof to?.["after"] === "string"
        ? [{ ...object, members: [to["after"].toLowerCase(), ...names(object["members"])] }]
        : undefined
    )
  ),
  breaks(
    "LIST-1",
    "shuffled-rooms",
    "lists rooms in the order in which they have come to be",
    whenSaid(({ object, type }) =>
      type === "rooms" && Array.isArray(object["rooms"]) && object["rooms"].length > 1
        ? [{ ...object, rooms: object["rooms"].toReversed() }]
        : undefined
    )
  ),
  breaks(
    "LIST-2",
    "stingy",
    "lists one member fewer than it was asked for",
    whenSaid(({ object, type }) =>
      type === "members" && names(object["members"]).length > 1
        ? [{ ...object, members: names(object["members"]).slice(0, -1), more: true }]
        : undefined
    )
  ),
  breaks(
    "LIST-2",
    "short-joined",
    "lists one member fewer in `joined` than it could",
    whenSaid(({ object, type }) =>
      type === "joined" && names(object["members"]).length > 2
        ? [{ ...object, members: names(object["members"]).slice(0, -1), more: true }]
        : undefined
    )
  ),
  breaks(
    "LIST-3",
    "never-more",
    "doesn't say `more`",
    whenSaid(({ object, type }) =>
      (type === "members" || type === "rooms") && object["more"] === true ? [{ ...object, more: false }] : undefined
    )
  ),
  breaks(
    "LIST-3",
    "always-more",
    "says `more` when nothing follows",
    whenSaid(({ object, type }) =>
      type === "members" && object["more"] !== true ? [{ ...object, more: true }] : undefined
    )
  ),
  breaks(
    "LIST-4",
    "limit-zero",
    "takes a limit of 0",
    whenSaid((said) => (isRefusal(said, "bad-request") && said.object["field"] === "limit" ? succeed(said) : undefined))
  ),
  breaks(
    "LIST-4",
    "refuses-large-limits",
    "refuses a limit above limits.page",
    whenSaid((said, wire) =>
      (said.type === "members" || said.type === "rooms") && Number(said.to?.["limit"]) > wire.limit("page")
        ? [refusal(said.object["re"], "bad-request", "limit")]
        : undefined
    )
  ),
  breaks(
    "LIST-5",
    "hides-small-rooms",
    "doesn't list rooms with one member",
    whenSaid(({ object, type }) =>
      type === "rooms" && Array.isArray(object["rooms"])
        ? [{ ...object, rooms: object["rooms"].filter((item) => Number(item["members"]) > 1) }]
        : undefined
    )
  ),
  breaks(
    "LIST-5",
    "counts-one-too-many",
    "counts a member too many",
    whenSaid(({ object, type }) =>
      type === "rooms" && Array.isArray(object["rooms"])
        ? [{ ...object, rooms: object["rooms"].map((item) => ({ ...item, members: Number(item["members"]) + 1 })) }]
        : undefined
    )
  )
]
