/** Mutants of spec/moderation.md. */
import { isModeration, type JsonObject, moderationTypes } from "@tertulia/protocol"
import { breaks, isRefusal, refusal, success, whenAsked, whenSaid } from "../breaks.ts"
import { hasType, ofAnyName, type Requests, silent, strict } from "../every-request.ts"
import type { Answered, Mutant, Tap, Wire } from "../mutant.ts"

const isDeed = (object: JsonObject | undefined): object is JsonObject =>
  isModeration({ type: String(object?.["type"]) })

/** Grants what is refused by a code, where the request is one of these. */
const grants = (
  code: string,
  types: ReadonlyArray<string>,
  more: (said: Answered, wire: Wire) => boolean = () => true
) =>
  whenSaid((said, wire) => {
    const { to } = said
    if (!isRefusal(said, code) || to === undefined || !types.includes(String(to["type"])) || !more(said, wire))
      return undefined
    const granted = success(to)
    return granted === undefined ? undefined : [granted]
  })

/** Changes what is asked for, where it is of this type. */
const asks = (type: string, change: (object: JsonObject) => JsonObject | undefined) =>
  whenAsked(({ object }) => {
    const changed = object?.["type"] === type ? change(object) : undefined
    return changed === undefined ? undefined : [changed]
  })

/** Changes `joined`. */
const whenJoined = (change: (joined: JsonObject) => JsonObject | undefined) =>
  whenSaid(({ object, type }) => {
    const changed = type === "joined" ? change(object) : undefined
    return changed === undefined ? undefined : [changed]
  })

const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject | undefined =>
  fields.some((field) => field in object)
    ? Object.fromEntries(Object.entries(object).filter(([name]) => !fields.includes(name)))
    : undefined

/** Changes what is said, with a memory that all connections share. */
const remembering =
  (make: () => (said: Answered, wire: Wire) => ReadonlyArray<JsonObject | string> | undefined) => (): Tap => {
    const change = make()
    return {
      reply: (said, wire) => {
        const changed = change(said, wire)
        if (changed !== undefined) wire.hit()
        return changed
      }
    }
  }

/** The room and the nick that an event is about. */
const placeOf = ({ nick, room }: JsonObject): string => `${String(room)} ${String(nick)}`

const isEvent = ({ object, type }: Answered, ...types: ReadonlyArray<string>): boolean =>
  types.includes(type) && !("re" in object)

/** Rooms of a kind, as far as they were made so. */
const kindsOf = (kind: string) => {
  const rooms = new Set<string>()
  return {
    rooms,
    note: ({ object, to, type }: Answered) => {
      if (type !== "sent" || to?.["type"] !== "kind") return
      const room = String(object["room"])
      if (to["kind"] === kind) rooms.add(room)
      else rooms.delete(room)
    }
  }
}

type Listed = ReadonlyArray<{ readonly room: string; readonly members: number }>

const rightsOf: ReadonlyArray<Mutant> = [
  breaks(
    "RIGHTS-1",
    "rights-for-all",
    "does for everybody what only some may do",
    grants("forbidden", [...moderationTypes], ({ object }) => !("field" in object))
  ),
  breaks("RIGHTS-1", "doors-for-all", "lets everybody into private rooms", grants("forbidden", ["join"])),
  breaks(
    "RIGHTS-1",
    "slow-for-nobody",
    "lets nobody make a room slow",
    whenSaid(({ to, type }) =>
      type === "sent" && to?.["type"] === "slow" ? [refusal(to["id"], "forbidden")] : undefined
    )
  ),
  breaks(
    "RIGHTS-2",
    "equals-fight",
    "lets moderators act on the owner and on each other",
    grants("forbidden", ["kick", "ban", "mute"], ({ object }) => object["field"] === "nick")
  ),
  breaks(
    "RIGHTS-3",
    "secrets-in-the-list",
    "shows secret rooms to everybody",
    remembering(() => {
      const secret = kindsOf("secret")
      return (said) => {
        secret.note(said)
        const { object, to, type } = said
        if (type !== "rooms" || object["more"] === true) return undefined
        const rooms = object["rooms"] as Listed
        const hidden = [...secret.rooms].filter(
          (room) => room > String(to?.["after"] ?? "") && !rooms.some((item) => item.room === room)
        )
        if (hidden.length === 0) return undefined
        const all = [...rooms, ...hidden.map((room) => ({ room, members: 1 }))]
        return [{ ...object, rooms: all.toSorted((one, other) => (one.room < other.room ? -1 : 1)) }]
      }
    })
  ),
  breaks(
    "RIGHTS-3",
    "private-is-secret",
    "shows private rooms to nobody",
    remembering(() => {
      const hidden = kindsOf("private")
      return (said) => {
        hidden.note(said)
        if (said.type !== "rooms") return undefined
        const rooms = said.object["rooms"] as Listed
        const shown = rooms.filter(({ room }) => !hidden.rooms.has(room))
        return shown.length === rooms.length ? undefined : [{ ...said.object, rooms: shown }]
      }
    })
  ),
  breaks("RIGHTS-4", "deletes-by-all", "lets everybody delete what others say", grants("forbidden", ["delete"])),
  breaks(
    "RIGHTS-4",
    "deletes-by-authors",
    "lets nobody but the author delete a message",
    remembering(() => {
      const authors = new Map<string, unknown>()
      return ({ object, to, type }, wire) => {
        if (type === "message") authors.set(`${String(object["room"])} ${String(object["seq"])}`, object["from"])
        if (type !== "sent" || to?.["type"] !== "delete") return undefined
        const author = authors.get(`${String(to["room"])} ${String(to["target"])}`)
        return author === wire.nick() ? undefined : [refusal(to["id"], "forbidden", "target")]
      }
    })
  )
]

const entries: ReadonlyArray<Mutant> = [
  breaks(
    "MODERATE-1",
    "moderates-guests",
    "claims moderation without accounts",
    whenSaid(({ object, type }) =>
      type === "hello"
        ? [
            {
              ...object,
              features: (object["features"] as ReadonlyArray<string>).filter((claim) => !claim.includes("accounts"))
            }
          ]
        : undefined
    )
  ),
  breaks(
    "MODERATE-2",
    "deeds-in-secret",
    "shows what was done only to who has done it",
    whenSaid((said, wire) =>
      isEvent(said, "invite", "mute", "slow") && said.object["from"] !== wire.nick() ? [] : undefined
    )
  ),
  breaks(
    "MODERATE-2",
    "deeds-of-the-other",
    "names as the author whom it is about",
    whenSaid((said) =>
      isEvent(said, "role", "mute", "ban") ? [{ ...said.object, from: said.object["nick"] }] : undefined
    )
  ),
  breaks(
    "MODERATE-2",
    "kinds-without-event",
    "shows no entries of the type kind",
    whenSaid((said) => (isEvent(said, "kind") ? [] : undefined))
  ),
  breaks(
    "MODERATE-3",
    "deeds-without-keys",
    "does a deed as often as it is asked for",
    whenAsked(({ object }) => {
      const keyless = isDeed(object) ? without(object, "key") : undefined
      return keyless === undefined ? undefined : [keyless]
    })
  ),
  breaks(
    "MODERATE-3",
    "a-key-for-all-deeds",
    "takes a key for whatever is done with it",
    grants("key-reused", [...moderationTypes])
  ),
  breaks(
    "MODERATE-4",
    "names-from-outside",
    "looks for the nick before it looks for the room",
    whenSaid((said) =>
      isRefusal(said, "not-joined") && isDeed(said.to) && "nick" in said.to
        ? [refusal(said.to["id"], "no-such-nick", "nick")]
        : undefined
    )
  ),
  breaks(
    "MODERATE-5",
    "deeds-to-nobody",
    "does what is asked to nobody at all",
    grants("no-such-nick", [...moderationTypes])
  ),
  breaks(
    "MODERATE-5",
    "bans-who-is-there",
    "knows only those who are there",
    remembering(() => {
      const gone = new Set<string | undefined>()
      return ({ to, type }, wire) => {
        if (type === "bye") gone.add(wire.nick())
        if (type === "welcome") gone.delete(wire.nick())
        const isMeant = type === "sent" && to?.["type"] === "ban" && gone.has(String(to["nick"]).toLowerCase())
        return isMeant ? [refusal(to["id"], "no-such-nick", "nick")] : undefined
      }
    })
  ),
  breaks(
    "MODERATE-6",
    "keeps-of-one-life",
    "has forgotten after a restart how rooms were kept",
    remembering(() => {
      const begun = new Set<string>()
      return ({ object, type }) => {
        if (type !== "joined") return undefined
        const room = String(object["room"])
        if (object["head"] === 0) begun.add(room)
        const plain = begun.has(room) ? undefined : without(object, "kind", "role", "muted", "slow")
        return plain === undefined ? undefined : [plain]
      }
    })
  )
]

const roles: ReadonlyArray<Mutant> = [
  breaks(
    "ROLE-1",
    "rooms-of-nobody",
    "doesn't tell who creates a room that it is theirs",
    whenJoined((joined) => (joined["head"] === 0 && joined["role"] === "owner" ? without(joined, "role") : undefined))
  ),
  breaks(
    "ROLE-1",
    "rooms-of-guests",
    "gives rooms to guests",
    whenJoined((joined) =>
      joined["head"] === 0 && (joined["members"] as ReadonlyArray<string>).length === 1 && !("role" in joined)
        ? { ...joined, role: "owner" }
        : undefined
    )
  ),
  breaks(
    "ROLE-2",
    "owners-for-ever",
    "makes a moderator of who is given the room",
    asks("role", (object) => (object["role"] === "owner" ? { ...object, role: "moderator" } : undefined))
  ),
  breaks(
    "ROLE-2",
    "moderators-for-ever",
    "doesn't take the role from a moderator",
    asks("role", (object) => (object["role"] === "member" ? { ...object, role: "moderator" } : undefined))
  ),
  breaks(
    "ROLE-3",
    "guests-of-rank",
    "gives roles to guests",
    grants("forbidden", ["role"], ({ object }) => object["field"] === "nick")
  ),
  breaks(
    "ROLE-4",
    "slow-unsaid",
    "doesn't say in joined that a room is slow",
    whenJoined((joined) => without(joined, "slow"))
  ),
  breaks(
    "ROLE-4",
    "muted-unsaid",
    "doesn't say in joined that one is muted",
    whenJoined((joined) => without(joined, "muted"))
  ),
  breaks(
    "ROLE-4",
    "public-said",
    "says in joined that a room is public",
    whenJoined((joined) => ("kind" in joined ? undefined : { ...joined, kind: "public" }))
  )
]

const going: ReadonlyArray<Mutant> = [
  breaks(
    "INVITE-1",
    "invitations-for-once",
    "lets those who are invited in once",
    remembering(() => {
      const seen = new Set<string>()
      return ({ object, to, type }, wire) => {
        if (type !== "joined" || !("kind" in object) || "role" in object) return undefined
        const who = `${String(object["room"])} ${wire.nick()}`
        if (seen.has(who)) return [refusal(to?.["id"], "forbidden", "room")]
        seen.add(who)
        return undefined
      }
    })
  ),
  breaks(
    "INVITE-1",
    "invitations-for-ever",
    "doesn't take invitations back",
    asks("invite", (object) => (object["on"] === false ? { ...object, on: true } : undefined))
  ),
  breaks(
    "KICK-1",
    "kicks-without-a-word",
    "doesn't tell who is put out",
    whenSaid((said) => (isEvent(said, "left") ? [] : undefined))
  ),
  breaks(
    "KICK-1",
    "kicks-without-the-entry",
    "keeps the entry from who is put out by it",
    whenSaid((said, wire) =>
      isEvent(said, "kick", "ban") && said.object["nick"] === wire.nick() && said.object["on"] !== false
        ? []
        : undefined
    )
  ),
  breaks(
    "KICK-1",
    "kicked-and-listening",
    "goes on sending messages to who was put out",
    remembering(() => {
      const out = new Map<string, Set<Wire>>()
      const told = new Set<string>()
      return (said, wire) => {
        const { object, text } = said
        const room = String(object["room"])
        if (isEvent(said, "left")) out.set(room, (out.get(room) ?? new Set()).add(wire))
        if (said.type === "joined") out.get(room)?.delete(wire)
        const place = `${room} ${String(object["seq"])}`
        const listening = out.get(room)
        if (said.type !== "message" || listening === undefined || listening.size === 0 || told.has(place))
          return undefined
        told.add(place)
        for (const other of listening) {
          if (!other.all().includes(other)) continue
          wire.hit()
          other.toClient(text)
        }
        return undefined
      }
    })
  ),
  breaks(
    "KICK-1",
    "kicked-and-talking",
    "tells those who were put out that what they say is in the log",
    remembering(() => {
      const out = new Set<string>()
      return (said, wire) => {
        const { to } = said
        const where = `${String(said.object["room"] ?? to?.["room"])} ${wire.nick()}`
        if (isEvent(said, "left")) out.add(where)
        const isTheirs = isRefusal(said, "not-joined") && to?.["type"] === "send" && out.has(where)
        return isTheirs ? [{ ...success(to)!, seq: 999_999 }] : undefined
      }
    })
  ),
  breaks(
    "KICK-2",
    "kicks-unseen",
    "doesn't tell the others that somebody who was put out is out",
    remembering(() => {
      const out = new Set<string>()
      return (said) => {
        if (isEvent(said, "kick", "ban")) out.add(placeOf(said.object))
        const isTheirs = said.type === "member" && said.object["change"] === "left" && out.has(placeOf(said.object))
        return isTheirs ? [] : undefined
      }
    })
  ),
  breaks(
    "BAN-1",
    "bans-for-a-moment",
    "lets who is banned come back",
    remembering(() => {
      const banned = new Set<string>()
      return (said, wire) => {
        if (isEvent(said, "ban")) banned.add(placeOf(said.object))
        const { to } = said
        if (!isRefusal(said, "forbidden") || to?.["type"] !== "join") return undefined
        return banned.has(`${String(to["room"])} ${wire.nick()}`) ? [success(to)!] : undefined
      }
    })
  ),
  breaks(
    "BAN-1",
    "bans-for-ever",
    "doesn't end bans",
    asks("ban", (object) => (object["on"] === false ? { ...object, on: true } : undefined))
  )
]

/** Forgets what the muted have in the log, when they ask for it again by requests of this type. */
const forgetsOfMuted = (type: "send" | "react") =>
  remembering(() => {
    const muted = new Set<string>()
    return (said, wire) => {
      if (isEvent(said, "mute")) {
        if (said.object["on"] === true) muted.add(placeOf(said.object))
        else muted.delete(placeOf(said.object))
      }
      const { object, to } = said
      if (to?.["type"] !== type || object["duplicate"] !== true) return undefined
      return muted.has(`${String(to["room"])} ${wire.nick()}`) ? [refusal(to["id"], "forbidden")] : undefined
    }
  })

const speaking: ReadonlyArray<Mutant> = [
  breaks("MUTE-1", "muted-and-loud", "takes what those say who are muted", grants("forbidden", ["send"])),
  breaks(
    "MUTE-1",
    "muted-and-editing",
    "lets those who are muted do all but send",
    grants("forbidden", ["edit", "react", "topic", "typing"], ({ object }) => !("field" in object))
  ),
  breaks(
    "MUTE-1",
    "mutes-for-ever",
    "doesn't end mutes",
    asks("mute", (object) => (object["on"] === false ? { ...object, on: true } : undefined))
  ),
  breaks(
    "KEY-2",
    "muted-and-forgotten",
    "refuses what somebody said before they were muted, when it is sent again by its key",
    forgetsOfMuted("send")
  ),
  breaks(
    "REACT-3",
    "muted-and-without-reactions",
    "refuses the reaction that somebody has since before they were muted",
    forgetsOfMuted("react")
  ),
  breaks(
    "ERROR-3",
    "haste-first",
    "answers by rate-limited what comes too soon, whatever else is wrong with it",
    remembering(() => {
      const hasty = new Set<string>()
      return (said) => {
        const { to } = said
        if (to?.["type"] !== "send") return undefined
        if (isRefusal(said, "rate-limited")) hasty.add(String(to["room"]))
        const isOther = isRefusal(said, "forbidden") || isRefusal(said, "no-such-entry")
        return isOther && hasty.has(String(to["room"]))
          ? [{ ...refusal(to["id"], "rate-limited"), retryAfter: 1_000 }]
          : undefined
      }
    })
  ),
  breaks(
    "SLOW-1",
    "slow-in-name",
    "lets everybody talk as fast as they like in a slow room",
    grants("rate-limited", ["send"])
  ),
  breaks(
    "SLOW-1",
    "slow-without-end",
    "doesn't say how long one has to wait",
    whenSaid((said) => {
      const silent =
        isRefusal(said, "rate-limited") && said.to?.["type"] === "send" ? without(said.object, "retryAfter") : undefined
      return silent === undefined ? undefined : [silent]
    })
  ),
  breaks(
    "SLOW-1",
    "slow-for-the-owner",
    "has the owner wait, too",
    remembering(() => {
      const slow = new Set<string>()
      const spoken = new Set<string>()
      return ({ object, to, type }, wire) => {
        const room = String(object["room"])
        if (type !== "sent") return undefined
        if (to?.["type"] === "slow") {
          if (Number(to["seconds"]) > 0) slow.add(`${room} ${wire.nick()}`)
          else slow.delete(`${room} ${wire.nick()}`)
        }
        const who = `${room} ${wire.nick()}`
        if (to?.["type"] !== "send" || !slow.has(who)) return undefined
        if (spoken.has(who)) return [{ ...refusal(to["id"], "rate-limited"), retryAfter: 1_000 }]
        spoken.add(who)
        return undefined
      }
    })
  )
]

/** Changes what `standings` lists; with what was asked for. */
const whenListed = (change: (standings: Items, to: JsonObject, wire: Wire) => Items | undefined) =>
  whenSaid(({ object, to, type }, wire) => {
    const changed =
      type === "standings" && to !== undefined ? change(object["standings"] as Items, to, wire) : undefined
    return changed === undefined ? undefined : [{ ...object, standings: changed }]
  })

type Items = ReadonlyArray<JsonObject>

const unless = (items: Items, isHidden: (item: JsonObject) => boolean): Items | undefined => {
  const shown = items.filter((item) => !isHidden(item))
  return shown.length === items.length ? undefined : shown
}

const listing: ReadonlyArray<Mutant> = [
  breaks(
    "RIGHTS-1",
    "standings-for-the-owner",
    "shows who is what to the owner only",
    whenSaid(({ object, to, type }, wire) => {
      if (type !== "standings" || to?.["after"] !== undefined) return undefined
      const isOwner = (object["standings"] as Items).some(({ nick, role }) => role === "owner" && nick === wire.nick())
      return isOwner ? undefined : [refusal(to?.["id"], "forbidden")]
    })
  ),
  breaks(
    "STANDING-1",
    "hides-the-banned",
    "leaves those out of `standings` who are banned",
    whenListed((items) => unless(items, ({ banned }) => banned === true))
  ),
  breaks(
    "STANDING-1",
    "hides-the-owner",
    "leaves the owner out of `standings`",
    whenListed((items) => unless(items, ({ role }) => role === "owner"))
  ),
  breaks(
    "STANDING-1",
    "remembers-the-dead",
    "goes on listing guests whose time is over",
    remembering(() => {
      const known = new Map<string, Map<string, JsonObject>>()
      return ({ object, to, type }) => {
        if (type !== "standings" || to?.["after"] !== undefined || object["more"] === true) return undefined
        const room = String(object["room"])
        const before = known.get(room) ?? new Map<string, JsonObject>()
        known.set(room, before)
        const items = object["standings"] as Items
        for (const item of items) before.set(String(item["nick"]), item)
        const ended = [...before.values()].filter(
          ({ banned, nick }) => banned === true && !items.some((item) => item["nick"] === nick)
        )
        if (ended.length === 0) return undefined
        const all = [...items, ...ended]
        return [
          { ...object, standings: all.toSorted((one, other) => (String(one["nick"]) < String(other["nick"]) ? -1 : 1)) }
        ]
      }
    })
  ),
  breaks(
    "STANDING-1",
    "standings-as-they-come",
    "lists `standings` in another order than that of the nicks",
    whenListed((items) => (items.length < 2 ? undefined : items.toReversed()))
  ),
  breaks(
    "STANDING-1",
    "standings-without-more",
    "doesn't say that more `standings` follow",
    whenSaid(({ object, type }) => {
      const changed = type === "standings" ? without(object, "more") : undefined
      return changed === undefined ? undefined : [changed]
    })
  ),
  breaks(
    "LIST-4",
    "standings-of-no-limit",
    "takes a `limit` of 0 in `standings`",
    whenSaid((said) =>
      isRefusal(said, "bad-request") && said.to?.["type"] === "standings" && said.object["field"] === "limit"
        ? [success(said.to)!]
        : undefined
    )
  ),
  breaks(
    "STANDING-1",
    "standings-for-outsiders",
    "answers `standings` of a room that one isn't in",
    whenSaid((said) =>
      isRefusal(said, "not-joined") && said.to?.["type"] === "standings" ? [success(said.to)!] : undefined
    )
  ),
  breaks(
    "STANDING-2",
    "hides-mutes",
    "doesn't say in `standings` who is muted",
    whenListed((items) =>
      items.some(({ muted }) => muted === true) ? items.map(({ muted: _, ...item }) => item) : undefined
    )
  ),
  breaks(
    "STANDING-2",
    "says-what-one-is-not",
    'says `"banned":false` in `standings`',
    whenListed((items) =>
      items.some(({ banned }) => banned === undefined) ? items.map((item) => ({ banned: false, ...item })) : undefined
    )
  ),
  breaks(
    "STANDING-2",
    "moderators-are-members",
    "doesn't say in `standings` who is a moderator",
    whenListed((items) =>
      items.some(({ role }) => role === "moderator")
        ? items.map((item) => (item["role"] === "moderator" ? without(item, "role")! : item))
        : undefined
    )
  )
]

const lists: Requests = {
  name: "standings",
  called: "`standings`",
  are: hasType("standings"),
  fields: ["room", "after", "limit"]
}

const deeds: Requests = {
  name: "moderation",
  called: "a request about moderation",
  are: isDeed,
  fields: ["room", "nick", "role", "kind", "on", "seconds", "until", "reason", "key"]
}

/** Takes a word that is none for one that isn't allowed. */
const anyWord = (requirement: "ROLE-2" | "MODERATE-2", type: "role" | "kind"): Mutant =>
  breaks(
    requirement,
    `any-${type}`,
    `looks for a right to give a ${type} that doesn't exist`,
    whenSaid((said) =>
      isRefusal(said, "bad-request") && said.to?.["type"] === type && said.object["field"] === type
        ? [refusal(said.to["id"], "forbidden", type)]
        : undefined
    )
  )

/** Whether something is asked for that this profile knows. */
const isAsked = (object: JsonObject | undefined): object is JsonObject => isDeed(object) || lists.are(object)

// What the core says of every request
const requests: ReadonlyArray<Mutant> = [
  anyWord("ROLE-2", "role"),
  anyWord("MODERATE-2", "kind"),
  silent(deeds),
  strict(deeds),
  ofAnyName(deeds),
  silent(lists),
  strict(lists),
  ofAnyName(lists),
  breaks(
    "JSON-5",
    "moderation-of-any-type",
    "doesn't look at the types of fields about moderation",
    whenSaid((said) =>
      isRefusal(said, "bad-request") && isAsked(said.to) ? [{ ...said.object, code: "not-joined" }] : undefined
    )
  ),
  breaks(
    "JSON-6",
    "moderation-of-any-number",
    "takes any number for the id of a request about moderation, and for a `limit`",
    whenSaid((said) =>
      said.type === "error" && ["id", "limit"].includes(String(said.object["field"])) && isAsked(said.to)
        ? [{ ...said.object, code: "not-joined" }]
        : undefined
    )
  )
]

const all = [...rightsOf, ...entries, ...roles, ...going, ...listing, ...speaking, ...requests]

export const moderation: ReadonlyArray<Mutant> = all.map((mutant): Mutant => ({ ...mutant, host: "durable" }))
