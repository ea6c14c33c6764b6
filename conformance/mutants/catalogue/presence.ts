/** Mutants of spec/presence.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, insteadOf, isRefusal, refusal, success, whenAsked, whenSaid } from "../breaks.ts"
import type { Answered, Mutant, Passed, Tap, Wire } from "../mutant.ts"
import { makeRegister } from "./resume.ts"

/** What a mutant asks for itself: no client has an `id` like this, and none sees the reply. */
const hidden = 2_147_483_640

const isHidden = ({ object }: Answered): boolean => Number(object["re"]) >= hidden

/** Fields of a presence. */
const presenceOf = ({ display, nick, since, status, text }: JsonObject): JsonObject => ({
  ...{ nick, status, since },
  ...(text === undefined ? {} : { text }),
  ...(display === undefined ? {} : { display })
})

const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))

const isPresence = ({ object, type }: Answered, status?: string): boolean =>
  type === "presence" && (status === undefined || object["status"] === status)

/** The connection of somebody. */
const wireOf = (nick: unknown, wire: Wire): Wire | undefined => wire.all().findLast((other) => other.nick() === nick)

/** How many rooms two connections share. */
const shared = (one: Wire, other: Wire): number => [...one.rooms].filter((room) => other.rooms.has(room)).length

/** Tells all others that share a room with a connection. */
const tellsNear = (wire: Wire, presence: JsonObject) => {
  for (const other of wire.all()) {
    if (other.nth === wire.nth || other.nick() === wire.nick() || shared(wire, other) === 0) continue
    wire.hit()
    other.toClient({ type: "presence", ...presence })
  }
}

/** Changes every presence that is shown, wherever it is. */
const whenShown = (change: (presence: JsonObject, said: Answered, wire: Wire) => JsonObject | undefined) =>
  whenSaid((said, wire) => {
    const { object, type } = said
    if (["presence", "status", "whois"].includes(type)) {
      const changed = change(object, said, wire)
      return changed === undefined ? undefined : [changed]
    }
    if (type !== "users") return undefined
    const users = object["users"] as ReadonlyArray<JsonObject>
    const changed = users.map((user) => change(user, said, wire))
    return changed.every((user) => user === undefined)
      ? undefined
      : [{ ...object, users: users.map((user, nth) => changed[nth] ?? user) }]
  })

/** Asks the server for something of its own now and then; its replies are for nobody. */
const asksToo = (tap: Tap): Tap => ({
  ...tap,
  reply: (said, wire) => (isHidden(said) ? [] : tap.reply?.(said, wire))
})

// ---------------------------------------------------------------------------------------------------------------------
// What one says of oneself
// ---------------------------------------------------------------------------------------------------------------------

const own: ReadonlyArray<Mutant> = [
  breaks(
    "STATUS-1",
    "repeats-the-request",
    "answers `status` by what was asked for, and not by the presence",
    whenSaid(({ object, to, type }) => {
      if (type !== "status" || to === undefined) return undefined
      const { display, text } = to
      return [
        {
          ...without(object, "text", "display"),
          ...(typeof text === "string" && text !== "" ? { text } : {}),
          ...(typeof display === "string" && display !== "" ? { display } : {})
        }
      ]
    })
  ),
  breaks("STATUS-1", "answers-before-it-acts", "answers `status` by the presence as it was before", (): Tap => {
    const before = new Map<string, JsonObject>()
    return whenSaid(({ object, type }) => {
      if (type !== "status") return undefined
      const last = before.get(String(object["nick"]))
      before.set(String(object["nick"]), presenceOf(object))
      return [{ ...without(object, "text", "display"), ...(last ?? presenceOf(object)) }]
    })()
  }),
  breaks(
    "STATUS-2",
    "forgets-the-rest",
    "takes away what a `status` doesn't name",
    whenAsked(({ object }) =>
      object?.["type"] === "status" && (object["text"] === undefined || object["display"] === undefined)
        ? [{ text: "", display: "", ...object }]
        : undefined
    )
  ),
  breaks(
    "STATUS-2",
    "keeps-words-for-ever",
    "takes an empty text or display for none",
    whenAsked(({ object }) => {
      const empty = ["text", "display"].filter((field) => object?.[field] === "")
      return object?.["type"] === "status" && empty.length > 0 ? [without(object, ...empty)] : undefined
    })
  ),
  breaks("STATUS-3", "hands-presence-on", "gives whoever takes a nick the display of its last holder", (): Tap => {
    const last = new Map<string, unknown>()
    return asksToo({
      reply: ({ object, type }, wire) => {
        const nick = String(object["nick"])
        if (type === "status") last.set(nick, object["display"])
        if (type !== "welcome" || object["resumed"] === true || last.get(nick) === undefined) return undefined
        wire.hit()
        wire.toServer({ type: "status", id: hidden, display: last.get(nick) })
        return undefined
      }
    })
  }),
  breaks(
    "STATUS-3",
    "begins-away",
    "gives whoever logs in the status away",
    (): Tap =>
      asksToo({
        reply: ({ object, type }, wire) => {
          if (type !== "welcome" || object["resumed"] === true) return undefined
          wire.hit()
          wire.toServer({ type: "status", id: hidden, status: "away" })
          return undefined
        }
      })
  ),
  breaks("STATUS-4", "since-just-now", "gives as `since` the time at which it shows a presence", (): Tap => {
    let count = 0
    return whenShown((presence) => ({ ...presence, since: new Date(Date.now() + count++).toISOString() }))()
  }),
  breaks("STATUS-4", "since-the-login", "never changes `since`", (): Tap => {
    const first = new Map<string, unknown>()
    return whenShown((presence) => {
      const nick = String(presence["nick"])
      if (!first.has(nick)) first.set(nick, presence["since"])
      return presence["since"] === first.get(nick) ? undefined : { ...presence, since: first.get(nick) }
    })()
  }),
  breaks(
    "STATUS-5",
    "takes-any-status",
    "takes any status for one's own",
    whenSaid((said) =>
      isRefusal(said, "bad-request") && said.object["field"] === "status" ? [success(said.to!)!] : undefined
    )
  ),
  breaks(
    "STATUS-6",
    "letters-of-ascii",
    "takes no display or text but in ASCII",
    insteadOf((object) => {
      const odd = ["display", "text"].find((field) => /[^ -~]/u.test(String(object[field] ?? "")))
      return object["type"] === "status" && odd !== undefined ? refusal(object["id"], "bad-text", odd) : undefined
    })
  ),
  breaks(
    "STATUS-6",
    "tidies-names",
    "composes what was written as letter and accent",
    whenShown((presence) => {
      const display = String(presence["display"] ?? "")
      return display.normalize("NFC") === display ? undefined : { ...presence, display: display.normalize("NFC") }
    })
  ),
  breaks(
    "STATUS-6",
    "short-names",
    "takes no display over 64 bytes",
    insteadOf((object) =>
      object["type"] === "status" && Buffer.byteLength(String(object["display"] ?? "")) > 64
        ? refusal(object["id"], "too-long", "display")
        : undefined
    )
  ),
  breaks(
    "STATUS-7",
    "takes-overrides",
    "takes words that turn the direction of writing",
    whenSaid((said) =>
      isRefusal(said, "bad-text") && /[\u202a-\u202e\u2066-\u2069]/u.test(JSON.stringify(said.to))
        ? [success(said.to!)!]
        : undefined
    )
  ),
  breaks(
    "STATUS-7",
    "takes-names-that-nobody-sees",
    "takes words of nothing but blanks",
    whenSaid((said) => {
      const words = String(said.to?.[String(said.object["field"])])
      return isRefusal(said, "bad-text") && said.to?.["type"] === "status" && /^[^!-~]+$/u.test(words)
        ? [success(said.to)!]
        : undefined
    })
  ),
  breaks(
    "STATUS-7",
    "takes-lines",
    "takes words of several lines, as in the text of a message",
    whenSaid((said) =>
      isRefusal(said, "bad-text") && said.to?.["type"] === "status" && /\\[nt]/u.test(JSON.stringify(said.to))
        ? [success(said.to)!]
        : undefined
    )
  ),
  breaks(
    "STATUS-8",
    "cuts-words",
    "cuts long words instead of refusing them",
    whenAsked(({ object }) => {
      const cut = (field: string, most: number) => {
        const words = object?.[field]
        if (typeof words !== "string" || Buffer.byteLength(words) <= most) return {}
        return { [field]: words.slice(0, most / 4) }
      }
      const shorter = { ...cut("display", 128), ...cut("text", 256) }
      return object?.["type"] === "status" && Object.keys(shorter).length > 0 ? [{ ...object, ...shorter }] : undefined
    })
  ),
  breaks(
    "JSON-5",
    "presence-of-any-type",
    "takes fields of `status`, `users` and `whois` of any type",
    whenSaid((said) => {
      const { field } = said.object
      const value = said.to?.[String(field)]
      const isIt =
        isRefusal(said, "bad-request") &&
        ["status", "users", "whois"].includes(String(said.to?.["type"])) &&
        field !== "id" &&
        typeof value !== (field === "limit" ? "number" : "string")
      return isIt ? [success(said.to!)!] : undefined
    })
  ),
  breaks(
    "JSON-6",
    "limits-with-fractions",
    "takes a `limit` of people that is no integer",
    whenSaid((said) =>
      isRefusal(said, "bad-request") && said.to?.["type"] === "users" && said.object["field"] === "limit"
        ? [success(said.to)!]
        : undefined
    )
  ),
  breaks(
    "NAME-1",
    "people-of-any-name",
    "takes anything for the name of somebody or of a room whose people are asked for",
    whenSaid((said) =>
      isRefusal(said, "bad-name") && ["users", "whois"].includes(String(said.to?.["type"]))
        ? [success({ ...said.to, nick: "nobody" })!]
        : undefined
    )
  ),
  breaks(
    "ERROR-3",
    "looks-at-words-first",
    "answers a bad text before a bad status, and a long text before a bad one",
    whenSaid((said) => {
      const { display, status, text, type } = said.to ?? {}
      if (said.type !== "error" || type !== "status" || typeof said.object["re"] !== "number") return undefined
      const isLong = String(text ?? "").length > 256
      if (isRefusal(said, "bad-text") && isLong) return [refusal(said.object["re"], "too-long", "text")]
      const isBad = isRefusal(said, "bad-request") && status !== undefined && String(display) === "\u202e"
      return isBad ? [refusal(said.object["re"], "bad-text", "display")] : undefined
    })
  )
]

// ---------------------------------------------------------------------------------------------------------------------
// Who learns of it
// ---------------------------------------------------------------------------------------------------------------------

const told: ReadonlyArray<Mutant> = [
  breaks(
    "PRESENCE-1",
    "tells-once-per-room",
    "sends a `presence` for each room that is shared",
    whenSaid((said, wire) => {
      const other = isPresence(said) ? wireOf(said.object["nick"], wire) : undefined
      const rooms = other === undefined ? 0 : shared(wire, other)
      return rooms > 1 ? Array.from({ length: rooms }, () => said.object) : undefined
    })
  ),
  breaks(
    "PRESENCE-1",
    "tells-the-change-alone",
    "leaves `text` and `display` out of `presence`",
    whenSaid((said) =>
      isPresence(said) && (said.object["text"] !== undefined || said.object["display"] !== undefined)
        ? [without(said.object, "text", "display")]
        : undefined
    )
  ),
  breaks("PRESENCE-1", "tells-of-the-status-alone", "says nothing when only `text` or `display` change", (): Tap => {
    const statuses = new Map<string, unknown>()
    return whenSaid((said, wire) => {
      if (!isPresence(said)) return undefined
      const name = `${wire.nth} ${String(said.object["nick"])}`
      const isSame = (statuses.get(name) ?? "active") === said.object["status"]
      statuses.set(name, said.object["status"])
      return isSame ? [] : undefined
    })()
  }),
  breaks(
    "PRESENCE-2",
    "tells-anyway",
    "sends `presence` for each `status`, whether it changes anything or not",
    (): Tap => {
      const last = new Map<string, string>()
      return {
        reply: ({ object, type }, wire) => {
          if (type !== "status") return undefined
          const now = JSON.stringify(presenceOf(object))
          if (last.get(String(object["nick"])) === now) tellsNear(wire, presenceOf(object))
          last.set(String(object["nick"]), now)
          return undefined
        }
      }
    }
  ),
  breaks("PRESENCE-2", "introduces", "sends whoever joins the presences of those who are there", (): Tap => {
    const known = new Map<string, JsonObject>()
    return {
      reply: ({ object, type }, wire) => {
        if (type === "status") known.set(String(object["nick"]), presenceOf(object))
        if (type !== "joined") return undefined
        const others = (object["members"] as ReadonlyArray<string>).filter((nick) => nick !== wire.nick())
        const events = others.flatMap((nick) => (known.has(nick) ? [{ type: "presence", ...known.get(nick) }] : []))
        if (events.length === 0) return undefined
        wire.hit()
        return [object, ...events]
      }
    }
  }),
  breaks(
    "PRESENCE-2",
    "announces",
    "sends everybody in a room the presence of whoever joins",
    (): Tap => ({
      reply: ({ type }, wire) => {
        if (type !== "joined") return undefined
        tellsNear(wire, { nick: wire.nick(), status: "active", since: "2026-01-01T00:00:00.000Z" })
        return undefined
      }
    })
  ),
  breaks(
    "PRESENCE-3",
    "tells-oneself-of-oneself",
    "sends `presence` also to whoever has asked for the change",
    whenSaid(({ object, type }) =>
      type === "status" ? [{ type: "presence", ...presenceOf(object) }, object] : undefined
    )
  ),
  breaks(
    "PRESENCE-4",
    "tells-everybody",
    "sends `presence` to everybody who is logged in",
    (): Tap => ({
      reply: ({ object, type }, wire) => {
        if (type !== "status") return undefined
        for (const other of wire.all()) {
          if (other.nick() === undefined || other.nth === wire.nth || shared(wire, other) > 0) continue
          wire.hit()
          other.toClient({ type: "presence", ...presenceOf(object) })
        }
        return undefined
      }
    })
  ),
  breaks("PRESENCE-4", "tells-who-has-left", "goes on sending `presence` to whoever has left", (): Tap => {
    const met = new Map<number, Set<string>>()
    return {
      reply: ({ object, type }, wire) => {
        if (type === "joined") {
          const members = object["members"] as ReadonlyArray<string>
          met.set(wire.nth, new Set([...(met.get(wire.nth) ?? []), ...members]))
        }
        if (type !== "status") return undefined
        for (const other of wire.all()) {
          if (met.get(other.nth)?.has(String(object["nick"])) !== true || shared(wire, other) > 0) continue
          if (other.nth === wire.nth) continue
          wire.hit()
          other.toClient({ type: "presence", ...presenceOf(object) })
        }
        return undefined
      }
    }
  }),
  breaks("PRESENCE-4", "answers-about-strangers", "answers `whois` about everybody", (): Tap => {
    const known = new Map<string, JsonObject>()
    return whenSaid((said) => {
      if (said.type === "status") known.set(String(said.object["nick"]), presenceOf(said.object))
      const presence = isRefusal(said, "no-such-nick") ? known.get(String(said.to?.["nick"])) : undefined
      return presence === undefined ? undefined : [{ ...success(said.to!)!, ...presence }]
    })()
  }),
  breaks(
    "PRESENCE-5",
    "tells-later",
    "sends `presence` a little later",
    (): Tap => ({
      reply: (said, wire) => {
        if (!isPresence(said)) return undefined
        wire.hit()
        setTimeout(() => wire.toClient(said.object), 150)
        return []
      }
    })
  ),
  breaks(
    "PRESENCE-7",
    "goes-without-a-word",
    "says nothing when somebody is offline",
    whenSaid((said) => (isPresence(said, "offline") ? [] : undefined))
  ),
  breaks(
    "PRESENCE-7",
    "offline-twice",
    "says twice that somebody is offline",
    (): Tap => whenSaid((said) => (isPresence(said, "offline") ? [said.object, said.object] : undefined))()
  ),
  breaks(
    "PRESENCE-7",
    "offline-without-a-name",
    "says that somebody is offline, and forgets what they were shown as",
    whenSaid((said) => (isPresence(said, "offline") ? [without(said.object, "text", "display")] : undefined))
  ),
  breaks("PRESENCE-7", "offline-in-place-of-left", "sends `offline`, and no `member` event beside it", (): Tap => {
    const gone = new Set<string>()
    return whenSaid((said, wire) => {
      const name = `${wire.nth} ${String(said.object["nick"])}`
      if (isPresence(said, "offline")) gone.add(name)
      return said.type === "member" && said.object["change"] === "left" && gone.has(name) ? [] : undefined
    })()
  }),
  breaks("PRESENCE-8", "flaps", "says that somebody is offline whose connection has broken", (): Tap => {
    const { gone, note } = makeRegister()
    return {
      reply: (said, wire) => {
        note(said, wire)
        if (said.type === "bye" && said.object["code"] === "replaced") {
          tellsNear(wire, { nick: wire.nick(), status: "offline", since: "2026-01-01T00:00:00.000Z" })
        }
        return undefined
      },
      clientGone: (wire) => {
        if (gone(wire)) tellsNear(wire, { nick: wire.nick(), status: "offline", since: "2026-01-01T00:00:00.000Z" })
        return true
      }
    }
  }),
  breaks("PRESENCE-8", "greets-the-return", "tells the others when somebody comes back by a session", (): Tap => {
    const back = new Set<number>()
    return {
      reply: ({ object, type }, wire) => {
        if (type === "welcome" && object["resumed"] === true) back.add(wire.nth)
        if (type !== "joined" || !back.has(wire.nth)) return undefined
        tellsNear(wire, { nick: wire.nick(), status: "active", since: "2026-01-01T00:00:00.000Z" })
        return undefined
      }
    }
  }),
  breaks("PRESENCE-9", "presence-of-a-connection", "begins the presence anew with each connection", (): Tap => {
    const back = new Map<string, string>()
    return whenSaid(({ object, type }, wire) => {
      const nick = String(object["nick"])
      if (type === "welcome" && object["resumed"] === true) back.set(nick, new Date().toISOString())
      if (type === "welcome" && object["resumed"] !== true) back.delete(nick)
      if (type !== "whois" || !back.has(nick)) return undefined
      return [
        { ...without(object, "text", "display"), status: "active", since: back.get(wire.nick()!) ?? back.get(nick) }
      ]
    })()
  }),
  breaks("PRESENCE-9", "back-is-active", "makes whoever comes back active", (): Tap => {
    const back = new Set<string>()
    return whenSaid(({ object, type }) => {
      const nick = String(object["nick"])
      if (type === "welcome" && object["resumed"] === true) back.add(nick)
      return type === "whois" && back.has(nick) ? [{ ...object, status: "active" }] : undefined
    })()
  })
]

// ---------------------------------------------------------------------------------------------------------------------
// Idle
// ---------------------------------------------------------------------------------------------------------------------

const idleNow = (wire: Wire): JsonObject => ({ nick: wire.nick(), status: "idle", since: new Date().toISOString() })

/** Does something once for each person, some seconds after they have logged in. */
const afterLogin = (seconds: (wire: Wire) => number, deed: (wire: Wire) => void): Tap => ({
  reply: ({ type }, wire) => {
    if (type === "welcome") {
      setTimeout(() => {
        if (wire.all().includes(wire)) deed(wire)
      }, 1_000 * seconds(wire)).unref()
    }
    return undefined
  }
})

const idle: ReadonlyArray<Mutant> = [
  breaks(
    "IDLE-1",
    "never-idle",
    "lets everybody be active for ever",
    whenSaid((said) => (isPresence(said, "idle") ? [] : undefined))
  ),
  breaks(
    "IDLE-1",
    "idle-too-soon",
    "makes people idle after a second",
    (): Tap =>
      afterLogin(
        () => 1,
        (wire) => tellsNear(wire, idleNow(wire))
      )
  ),
  breaks(
    "IDLE-2",
    "idle-while-they-talk",
    "counts the time from the login, whatever people do",
    (): Tap =>
      afterLogin(
        (wire) => wire.limit("idleSeconds") - 0.5,
        (wire) => tellsNear(wire, idleNow(wire))
      )
  ),
  breaks("IDLE-2", "awake-by-pings", "takes any request for something that a person does", (): Tap => {
    return asksToo({
      request: ({ object, text }, wire) => {
        if (wire.nick() === undefined || object === undefined || ["status", "bye"].includes(String(object["type"])))
          return undefined
        wire.hit()
        return [text, { type: "status", id: hidden }]
      }
    })
  }),
  breaks("IDLE-2", "awake-by-coming-back", "counts the time from the last login by a session", (): Tap => {
    return asksToo({
      reply: ({ object, type }, wire) => {
        if (type !== "welcome" || object["resumed"] !== true) return undefined
        wire.hit()
        wire.toServer({ type: "status", id: hidden })
        return undefined
      }
    })
  }),
  breaks("IDLE-3", "idle-for-ever", "says nothing when somebody who was idle does something", (): Tap => {
    const isIdle = new Set<string>()
    return whenSaid((said, wire) => {
      if (!isPresence(said)) return undefined
      const name = `${wire.nth} ${String(said.object["nick"])}`
      if (said.object["status"] === "idle") isIdle.add(name)
      else if (isIdle.delete(name)) return []
      return undefined
    })()
  }),
  breaks("IDLE-4", "idle-when-busy", "makes also those idle who are busy or away", (): Tap => {
    const statuses = new Map<number, unknown>()
    const { reply } = afterLogin(
      (wire) => wire.limit("idleSeconds") - 0.5,
      (wire) => {
        if (["busy", "away"].includes(String(statuses.get(wire.nth)))) tellsNear(wire, idleNow(wire))
      }
    )
    return {
      reply: (said, wire) => {
        if (said.type === "status") statuses.set(wire.nth, said.object["status"])
        return reply!(said, wire)
      }
    }
  })
]

// ---------------------------------------------------------------------------------------------------------------------
// Lists
// ---------------------------------------------------------------------------------------------------------------------

const usersIn = (object: JsonObject) => object["users"] as ReadonlyArray<JsonObject>

const byNick = (users: ReadonlyArray<JsonObject>) =>
  users.toSorted((a, b) => (String(a["nick"]) < String(b["nick"]) ? -1 : 1))

const lists: ReadonlyArray<Mutant> = [
  breaks(
    "USERS-1",
    "lists-once-per-room",
    "lists people once for each room that they share",
    whenSaid(({ object, to, type }, wire) => {
      if (type !== "users" || to?.["room"] !== undefined) return undefined
      const users = usersIn(object).flatMap((user) => {
        const other = wireOf(user["nick"], wire)
        const times = other === undefined || other.nth === wire.nth ? 1 : Math.max(1, shared(wire, other))
        return Array.from({ length: times }, () => user)
      })
      return users.length === usersIn(object).length ? undefined : [{ ...object, users }]
    })
  ),
  breaks(
    "USERS-1",
    "leaves-oneself-out",
    "leaves whoever asks out of the list",
    whenSaid(({ object, type }, wire) => {
      if (type !== "users" || !usersIn(object).some(({ nick }) => nick === wire.nick())) return undefined
      return [{ ...object, users: usersIn(object).filter(({ nick }) => nick !== wire.nick()) }]
    })
  ),
  breaks(
    "USERS-1",
    "people-by-the-dictionary",
    "lists people in the order of a dictionary",
    whenSaid(({ object, type }) => {
      if (type !== "users") return undefined
      const users = usersIn(object).toSorted((one, other) =>
        String(one["nick"]).localeCompare(String(other["nick"]), "en")
      )
      return JSON.stringify(users) === JSON.stringify(usersIn(object)) ? undefined : [{ ...object, users }]
    })
  ),
  breaks(
    "USERS-1",
    "people-without-more",
    "doesn't say that people follow",
    whenSaid(({ object, type }) =>
      type === "users" && object["more"] === true ? [without(object, "more")] : undefined
    )
  ),
  breaks("USERS-1", "lists-strangers", "lists everybody who is logged in", (): Tap => {
    const since = "2026-01-01T00:00:00.000Z"
    return whenSaid(({ object, to, type }, wire) => {
      if (type !== "users" || to?.["room"] !== undefined || to?.["after"] !== undefined) return undefined
      const nicks = new Set(usersIn(object).map(({ nick }) => nick))
      const more = wire.all().filter((other) => other.nick() !== undefined && !nicks.has(other.nick()))
      if (more.length === 0) return undefined
      const users = [...usersIn(object), ...more.map((other) => ({ nick: other.nick()!, status: "active", since }))]
      return [{ ...object, users: byNick(users) }]
    })()
  }),
  breaks(
    "USERS-2",
    "no-rooms-in-lists",
    "lists the people of all one's rooms, whatever room is asked for",
    (): Tap => ({
      request: ({ object }, wire) => {
        if (object?.["type"] !== "users" || !wire.rooms.has(String(object["room"]))) return undefined
        wire.hit()
        return [without(object, "room")]
      }
    })
  ),
  breaks(
    "USERS-3",
    "people-of-any-room",
    "lists the people of rooms that one isn't in",
    whenSaid((said) =>
      isRefusal(said, "not-joined") && said.to?.["type"] === "users" ? [success(said.to)!] : undefined
    )
  ),
  breaks(
    "USERS-4",
    "rooms-as-they-were-joined",
    "gives the rooms of `whois` in another order",
    (): Tap =>
      whenSaid(({ object, type }) => {
        const rooms = type === "whois" ? (object["rooms"] as ReadonlyArray<string>) : []
        return rooms.length > 1 ? [{ ...object, rooms: rooms.toReversed() }] : undefined
      })()
  ),
  breaks(
    "USERS-4",
    "all-rooms-of-anybody",
    "gives by `whois` all rooms of the person, shared or not",
    whenSaid(({ object, type }, wire) => {
      const other = type === "whois" ? wireOf(object["nick"], wire) : undefined
      if (other === undefined || [...other.rooms].every((room) => wire.rooms.has(room))) return undefined
      return [{ ...object, rooms: [...other.rooms].toSorted() }]
    })
  ),
  breaks(
    "USERS-4",
    "whois-by-the-letter",
    "doesn't find a nick that is spelt in capitals",
    insteadOf((object) =>
      object["type"] === "whois" && /[A-Z]/u.test(String(object["nick"]))
        ? refusal(object["id"], "no-such-nick", "nick")
        : undefined
    )
  ),
  breaks(
    "USERS-4",
    "whois-without-words",
    "leaves `text` and `display` out of `whois`",
    whenSaid(({ object, type }) =>
      type === "whois" && (object["text"] !== undefined || object["display"] !== undefined)
        ? [without(object, "text", "display")]
        : undefined
    )
  ),
  breaks(
    "USERS-5",
    "tells-strangers-from-nobody",
    "says otherwise that somebody is elsewhere than that nobody has the nick",
    whenSaid((said, wire) =>
      isRefusal(said, "no-such-nick") && wireOf(String(said.to?.["nick"]).toLowerCase(), wire) !== undefined
        ? [{ ...said.object, message: "this person is in none of your rooms" }]
        : undefined
    )
  ),
  breaks(
    "USERS-5",
    "strangers-are-not-joined",
    "answers `whois` of somebody elsewhere by not-joined",
    whenSaid((said, wire) =>
      isRefusal(said, "no-such-nick") && wireOf(String(said.to?.["nick"]).toLowerCase(), wire) !== undefined
        ? [refusal(said.object["re"], "not-joined", "nick")]
        : undefined
    )
  ),
  breaks(
    "USERS-6",
    "lists-of-the-active",
    "lists everybody as active",
    whenSaid(({ object, type }) =>
      type === "users" && usersIn(object).some(({ status }) => status !== "active")
        ? [{ ...object, users: usersIn(object).map((user) => ({ ...user, status: "active" })) }]
        : undefined
    )
  ),
  breaks("USERS-6", "whois-of-before", "answers `whois` by the presence of before the last change", (): Tap => {
    const before = new Map<string, JsonObject>()
    const now = new Map<string, JsonObject>()
    return whenSaid(({ object, type }) => {
      const nick = String(object["nick"])
      if (type === "status" || type === "presence") {
        const presence = presenceOf(object)
        const last = now.get(nick)
        if (JSON.stringify(last) !== JSON.stringify(presence)) {
          if (last !== undefined) before.set(nick, last)
          now.set(nick, presence)
        }
      }
      const old = type === "whois" ? before.get(nick) : undefined
      return old === undefined ? undefined : [{ ...without(object, "text", "display"), ...old }]
    })()
  })
]

// ---------------------------------------------------------------------------------------------------------------------
// Beside other profiles
// ---------------------------------------------------------------------------------------------------------------------

/** Makes idle whoever has done nothing else than this for long enough; of who is idle already it says nothing. */
const idleBut = (isUncounted: (object: JsonObject) => boolean) => (): Tap => {
  const clocks = new Map<unknown, NodeJS.Timeout>()
  const isIdle = new Set<unknown>()
  const begins = (wire: Wire) => {
    const nick = wire.nick()
    const isOver = () => {
      if (!wire.all().includes(wire)) return
      isIdle.add(nick)
      tellsNear(wire, idleNow(wire))
    }
    isIdle.delete(nick)
    clearTimeout(clocks.get(nick))
    clocks.set(nick, setTimeout(isOver, 1_000 * wire.limit("idleSeconds")).unref())
  }
  return {
    request: ({ object }, wire) => {
      const isDeed = ["send", "status", ...ofRich].includes(String(object?.["type"]))
      if (isDeed && !isUncounted(object!)) begins(wire)
      return undefined
    },
    reply: (said, wire) => {
      if (said.type === "welcome") begins(wire)
      if (!isPresence(said, "idle")) return undefined
      const { nick } = said.object
      clearTimeout(clocks.get(nick))
      return isIdle.has(nick) ? [] : undefined
    }
  }
}

/** Wakes whoever gets such a reply, as if they had done something. */
const wakes = (isTold: (said: Answered) => boolean) => (): Tap =>
  asksToo({
    reply: (said, wire) => {
      if (!isTold(said)) return undefined
      wire.hit()
      wire.toServer({ type: "status", id: hidden })
      return undefined
    }
  })

const ofRich = ["edit", "delete", "react", "topic", "typing"] as const

const isTelling = ({ room, type }: JsonObject): boolean => type === "send" && String(room).startsWith("@")

/** Lets somebody who is idle sleep on when this is what they do. */
const sleepsOn = (isUncounted: (object: JsonObject) => boolean) => (): Tap => {
  const last = new Map<string, JsonObject>()
  return {
    request: ({ object }, wire) => {
      const nick = wire.nick()
      if (nick !== undefined && object !== undefined) last.set(nick, object)
      return undefined
    },
    reply: (said, wire) => {
      const deed = last.get(String(said.object["nick"]))
      if (!isPresence(said, "active") || deed === undefined || !isUncounted(deed)) return undefined
      wire.hit()
      return []
    }
  }
}

/** Hands on, with each thing that a connection says, what a second one needs for taking both for neighbours. */
const inPrivate = (deed: (said: Answered, wire: Wire, others: ReadonlyArray<Wire>) => Passed) => (): Tap => {
  const told = new Map<string, Set<string>>()
  return {
    reply: (said, wire) => {
      const room = String(said.object["room"])
      const own = told.get(String(wire.nick())) ?? new Set()
      if (said.type === "message" && room.startsWith("@")) told.set(String(wire.nick()), own.add(room.slice(1)))
      const others = [...own].flatMap((nick) => wireOf(nick, wire) ?? [])
      const changed = deed(said, wire, others)
      if (changed !== undefined) wire.hit()
      return changed
    }
  }
}

const asActive = (wire: Wire): JsonObject => ({ ...idleNow(wire), status: "active" })

const besides: ReadonlyArray<Mutant> = [
  ...ofRich.map((type) =>
    breaks(
      "IDLE-5",
      `idle-by-${type}`,
      `takes \`${type}\` for nothing that a person does`,
      idleBut((object) => object["type"] === type)
    )
  ),
  breaks(
    "IDLE-5",
    "asleep-while-they-react",
    "doesn't make active who was idle and reacts",
    sleepsOn((object) => object["type"] === "react")
  ),
  breaks(
    "IDLE-2",
    "awake-by-reading",
    "takes `read` for something that a person does",
    wakes(({ to, type }) => type === "read" && to !== undefined)
  ),
  breaks(
    "IDLE-2",
    "awake-by-failing",
    "counts also what it refuses",
    wakes(({ to, type }) => type === "error" && ["send", ...ofRich].includes(String(to?.["type"])))
  ),
  breaks("IDLE-6", "idle-in-private", "counts no `send` to `@nick`", idleBut(isTelling)),
  breaks("IDLE-6", "asleep-in-private", "doesn't make active who was idle and writes to `@nick`", sleepsOn(isTelling)),
  breaks(
    "PRESENCE-10",
    "seen-in-private",
    "sends `presence` to those with whom a person has a conversation",
    inPrivate(({ object, type }, _, others) => {
      if (type === "status") for (const other of others) other.toClient({ ...object, type: "presence", re: undefined })
      return undefined
    })
  ),
  breaks(
    "PRESENCE-10",
    "listed-in-private",
    "lists those with whom one has a conversation in `users`",
    inPrivate(({ object, to, type }, _, others) =>
      type === "users" && to?.["room"] === undefined && others.length > 0
        ? [{ ...object, users: byNick([...usersIn(object), ...others.map(asActive)]) }]
        : undefined
    )
  ),
  breaks(
    "PRESENCE-10",
    "known-in-private",
    "answers `whois` of those with whom one has a conversation",
    inPrivate((said, _, others) => {
      const other = others.find((wire) => wire.nick() === said.to?.["nick"])
      return isRefusal(said, "no-such-nick") && said.to?.["type"] === "whois" && other !== undefined
        ? [{ type: "whois", re: said.object["re"]!, ...asActive(other), rooms: [] }]
        : undefined
    })
  )
]

export const presence: ReadonlyArray<Mutant> = [
  ...[...own, ...told, ...idle, ...lists],
  ...besides.map((mutant): Mutant => ({ ...mutant, host: "durable" }))
]
