/** Mutants of spec/rich.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, insteadOf, isRefusal, refusal, success, whenAsked, whenSaid } from "../breaks.ts"
import { ofAnyName, type Requests, silent, strict } from "../every-request.ts"
import type { Answered, Mutant, Tap, Wire } from "../mutant.ts"

const changes = ["edit", "delete", "react", "topic"]

/** Whether this is the event of an entry. */
const isEntry = ({ object }: Answered): boolean => !("re" in object) && "seq" in object

/** Drops fields of an object, when it has any of them. */
const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject | undefined =>
  fields.some((field) => field in object)
    ? Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))
    : undefined

/** Changes entries wherever they are shown: as events, and as items of pages. */
const whenShown = (change: (entry: JsonObject, wire: Wire) => JsonObject | undefined): (() => Tap) =>
  whenSaid((said, wire) => {
    if (isEntry(said)) {
      const changed = change(said.object, wire)
      return changed === undefined ? undefined : [changed]
    }
    if (said.type !== "history") return undefined
    const entries = said.object["entries"] as ReadonlyArray<JsonObject>
    const changed = entries.map((entry) => change(entry, wire))
    if (changed.every((entry) => entry === undefined)) return undefined
    return [{ ...said.object, entries: changed.map((entry, index) => entry ?? entries[index]!) }]
  })

const of = (type: string, change: (entry: JsonObject, wire: Wire) => JsonObject | undefined): (() => Tap) =>
  whenShown((entry, wire) => (entry["type"] === type ? change(entry, wire) : undefined))

/** Grants what the server refuses with this code. */
const grants = (code: string, types: ReadonlyArray<string>, field?: string): (() => Tap) =>
  whenSaid((said) => {
    const isMeant = isRefusal(said, code) && types.includes(String(said.to?.["type"]))
    if (!isMeant || (field !== undefined && said.object["field"] !== field)) return undefined
    return [success(said.to!)!]
  })

/** What each message was sent with, for whoever shows what is past. */
const remembering =
  (show: (entry: JsonObject, first: JsonObject, all: ReadonlyMap<string, JsonObject>) => JsonObject | undefined) =>
  (): Tap => {
    const seen = new Map<string, JsonObject>()
    const nameOf = (room: unknown, seq: unknown) => `${String(room)} ${String(seq)}`
    const look = (room: unknown, entry: JsonObject, wire: Wire): JsonObject | undefined => {
      const name = nameOf(room, entry["seq"])
      const first = seen.get(name)
      if (first === undefined) {
        seen.set(name, entry)
        return undefined
      }
      const shown = show(entry, first, seen)
      if (shown !== undefined) wire.hit()
      return shown
    }
    return {
      reply: (said, wire) => {
        if (isEntry(said)) {
          const shown = look(said.object["room"], said.object, wire)
          return shown === undefined ? undefined : [shown]
        }
        if (said.type !== "history") return undefined
        const entries = said.object["entries"] as ReadonlyArray<JsonObject>
        return [{ ...said.object, entries: entries.map((entry) => look(said.object["room"], entry, wire) ?? entry) }]
      }
    }
  }

const oneLog: ReadonlyArray<Mutant> = [
  breaks(
    "RICH-1",
    "changes-in-silence",
    "tells nobody but the sender of edits",
    whenSaid((said, wire) =>
      isEntry(said) && said.type === "edit" && said.object["from"] !== wire.nick()
        ? [{ ...said.object, type: "x-edit" }]
        : undefined
    )
  ),
  breaks("RICH-1", "sent-before-the-change", "says `sent` of a change before its event", () => {
    const held = new Map<number, JsonObject>()
    return {
      reply: (said, wire) => {
        if (isEntry(said) && changes.includes(said.type) && said.object["from"] === wire.nick()) {
          held.set(wire.nth, said.object)
          return []
        }
        const before = held.get(wire.nth)
        if (said.type !== "sent" || before === undefined) return undefined
        held.delete(wire.nth)
        wire.hit()
        return [said.object, before]
      }
    }
  }),
  breaks(
    "RICH-1",
    "leaves-on-out",
    "leaves `on` out of the event when it is true",
    of("react", (entry) => (entry["on"] === true ? { ...entry, on: false } : undefined))
  ),
  breaks(
    "RICH-2",
    "keys-of-messages-only",
    "doesn't know keys of changes",
    whenAsked(({ object }) => {
      const rest = object !== undefined && changes.includes(String(object["type"])) ? without(object, "key") : undefined
      return rest === undefined ? undefined : [rest]
    })
  ),
  breaks(
    "RICH-2",
    "keys-of-anything",
    "takes whatever comes with a known key for the same",
    whenSaid((said) => {
      const isMeant = isRefusal(said, "key-reused") && changes.includes(String(said.to?.["type"]))
      return isMeant ? [{ ...success(said.to!)!, duplicate: true }] : undefined
    })
  ),
  breaks("RICH-2", "keys-of-entries-only", "forgets the key of a reaction that was there already", () => {
    const forgotten = new Set<string>()
    const nameOf = (object: JsonObject) => `${String(object["room"])} ${String(object["key"])}`
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] !== "react" || object["key"] === undefined || !forgotten.has(nameOf(object)))
          return undefined
        wire.hit()
        return [without(object, "key")!]
      },
      reply: ({ object, to, type }) => {
        if (type === "sent" && to?.["type"] === "react" && object["duplicate"] === true) forgotten.add(nameOf(to))
        return undefined
      }
    }
  }),
  breaks("RICH-2", "keys-of-edited-texts", "compares what comes with a key with the text that was edited since", () => {
    const edited = new Set<string>()
    return {
      reply: (said, wire) => {
        const { object, to, type } = said
        if (isEntry(said) && type === "edit") edited.add(`${String(object["room"])} ${String(object["target"])}`)
        const isAgain = type === "sent" && to?.["type"] === "send" && object["duplicate"] === true
        if (!isAgain || !edited.has(`${String(object["room"])} ${String(object["seq"])}`)) return undefined
        wire.hit()
        return [refusal(to["id"], "key-reused", "key")]
      }
    }
  }),
  breaks(
    "RICH-3",
    "changes-anything",
    "takes changes of what is no message",
    grants("no-such-entry", changes, "target")
  ),
  breaks(
    "RICH-3",
    "reacts-to-nothing",
    "takes reactions to what was deleted",
    grants("no-such-entry", ["react"], "target")
  ),
  breaks("RICH-4", "everybody-edits", "lets everybody change everything", grants("forbidden", changes)),
  breaks(
    "RICH-4",
    "forbids-with-another-code",
    "says no-such-entry of what is somebody else's",
    whenSaid((said) => (isRefusal(said, "forbidden") ? [{ ...said.object, code: "no-such-entry" }] : undefined))
  ),
  breaks(
    "RICH-5",
    "changes-from-outside",
    "takes changes by who isn't in the room",
    grants("not-joined", [...changes, "typing", "read"])
  ),
  breaks(
    "RICH-6",
    "forgets-to-claim-history",
    "claims rich alone",
    whenSaid(({ object, type }) =>
      type === "hello"
        ? [
            {
              ...object,
              features: (object["features"] as ReadonlyArray<string>).filter((name) => name !== "history/1")
            }
          ]
        : undefined
    )
  ),
  breaks(
    "RICH-6",
    "cuts-reactions",
    "shows 50 reactions at the most",
    of("message", (entry) => {
      const reactions = (entry["reactions"] ?? []) as ReadonlyArray<JsonObject>
      return reactions.length > 50 ? { ...entry, reactions: reactions.slice(0, 50) } : undefined
    })
  )
]

const editsAndDeletions: ReadonlyArray<Mutant> = [
  breaks(
    "EDIT-1",
    "shows-the-first-text",
    "shows a message as it was sent, whatever was edited since",
    remembering((entry, first) => (entry["edited"] === undefined ? undefined : { ...entry, text: first["text"]! }))
  ),
  breaks(
    "EDIT-1",
    "hides-that-it-was-edited",
    "doesn't say of a message that it was edited",
    of("message", (entry) => without(entry, "edited"))
  ),
  breaks("EDIT-1", "first-edit-wins", "keeps the text of the first edit", () => {
    const first = new Map<string, JsonObject>()
    const look = (room: unknown, entry: JsonObject, wire: Wire) => {
      if (entry["type"] !== "message" || entry["edited"] === undefined) return entry
      const name = `${String(room)} ${String(entry["seq"])}`
      const before = first.get(name) ?? entry
      first.set(name, before)
      if (before["text"] === entry["text"]) return entry
      wire.hit()
      return { ...entry, text: before["text"]!, edited: before["edited"]! }
    }
    return {
      reply: ({ object, type }, wire) => {
        if (type !== "history") return type === "message" ? [look(object["room"], object, wire)] : undefined
        const entries = object["entries"] as ReadonlyArray<JsonObject>
        return [{ ...object, entries: entries.map((entry) => look(object["room"], entry, wire)) }]
      }
    }
  }),
  breaks(
    "EDIT-2",
    "edits-set-the-clock",
    "gives an edited message another time",
    of("message", (entry) => (entry["edited"] === undefined ? undefined : { ...entry, at: "2026-01-01T00:00:00.000Z" }))
  ),
  breaks(
    "EDIT-2",
    "edits-drop-reactions",
    "forgets the reactions to a message that is edited",
    of("message", (entry) => (entry["edited"] === undefined ? undefined : without(entry, "reactions", "reacted")))
  ),
  breaks(
    "EDIT-2",
    "edits-drop-what-is-answered",
    "forgets what an edited message answers",
    of("message", (entry) => (entry["edited"] === undefined ? undefined : without(entry, "replyTo")))
  ),
  breaks(
    "DELETE-1",
    "holes-where-it-was",
    "leaves what was deleted out of pages",
    whenSaid(({ object, type }) => {
      if (type !== "history") return undefined
      const entries = object["entries"] as ReadonlyArray<JsonObject>
      const left = entries.filter((entry) => entry["type"] !== "erased")
      return left.length === entries.length ? undefined : [{ ...object, entries: left }]
    })
  ),
  breaks(
    "DELETE-1",
    "nobody-erased-it",
    "names another entry than the deletion in `deleted`",
    of("erased", (entry) => ({ ...entry, deleted: entry["seq"]! }))
  ),
  breaks(
    "DELETE-1",
    "deletes-nothing",
    "shows what was deleted as it was",
    remembering((entry, first) =>
      entry["type"] === "erased" ? { ...without(first, "room"), ...roomOf(entry) } : undefined
    )
  ),
  breaks(
    "DELETE-2",
    "edits-survive",
    "shows the edits of a deleted message with their texts",
    remembering((entry, first) =>
      entry["type"] === "edit" && entry["text"] === undefined && first["text"] !== undefined
        ? { ...entry, text: first["text"] }
        : undefined
    )
  )
]

const roomOf = (entry: JsonObject): JsonObject => (entry["room"] === undefined ? {} : { room: entry["room"] })

type Reactions = ReadonlyArray<JsonObject>

/** Changes the reactions that a message is shown with. */
const reactionsOf = (change: (reactions: Reactions) => Reactions) =>
  of("message", (entry) => {
    const reactions = entry["reactions"] as Reactions | undefined
    const changed = reactions === undefined ? undefined : change(reactions)
    if (changed === undefined || JSON.stringify(changed) === JSON.stringify(reactions)) return undefined
    return { ...entry, reactions: changed }
  })

const reactions: ReadonlyArray<Mutant> = [
  breaks(
    "REACT-1",
    "reactions-of-any-letters",
    "takes reactions with control characters",
    grants("bad-text", ["react"])
  ),
  breaks("REACT-1", "reactions-of-any-length", "takes reactions of any length", grants("too-long", ["react"])),
  breaks(
    "REACT-1",
    "reactions-of-ten-bytes",
    "refuses reactions of more than 10 bytes",
    insteadOf((object) =>
      object["type"] === "react" &&
      Buffer.byteLength(String(object["reaction"])) > 10 &&
      typeof object["id"] === "number"
        ? refusal(object["id"], "too-long", "reaction")
        : undefined
    )
  ),
  breaks(
    "REACT-2",
    "reactions-by-letter",
    "lists reactions in alphabetical order",
    reactionsOf((list) => list.toSorted((one, other) => (String(one["reaction"]) < String(other["reaction"]) ? -1 : 1)))
  ),
  breaks(
    "REACT-2",
    "counts-once",
    "counts everybody as one",
    reactionsOf((list) => list.map((each) => ({ ...each, count: 1 })))
  ),
  breaks(
    "REACT-2",
    "never-reacted",
    "doesn't say how far reactions are counted",
    of("message", (entry) => without(entry, "reacted"))
  ),
  breaks(
    "REACT-2",
    "reactions-lag",
    "says that the reactions are those of one entry before",
    of("message", (entry) => {
      const reacted = Number(entry["reacted"])
      return reacted > 2 ? { ...entry, reacted: reacted - 1 } : undefined
    })
  ),
  breaks(
    "REACT-3",
    "refuses-to-react-again",
    "refuses a reaction that is there",
    whenSaid(({ object, to, type }) =>
      type === "sent" && to?.["type"] === "react" && object["duplicate"] === true && to["key"] === undefined
        ? [refusal(to["id"], "limit-reached", "reaction")]
        : undefined
    )
  ),
  breaks(
    "REACT-3",
    "never-says-duplicate",
    "takes a reaction that is there for a new one",
    whenSaid(({ object, to, type }) =>
      type === "sent" && to?.["type"] === "react" && object["duplicate"] === true && to["key"] === undefined
        ? [without(object, "duplicate")!]
        : undefined
    )
  ),
  breaks(
    "REACT-4",
    "takes-away-nothing",
    "takes away what isn't there",
    grants("no-such-entry", ["react"], "reaction")
  ),
  breaks("REACT-5", "any-number-of-reactions", "takes any number of reactions", grants("limit-reached", ["react"])),
  breaks(
    "REACT-5",
    "one-too-few-reactions",
    "takes one different reaction less than it announces",
    whenSaid(({ object, type }) => {
      if (type !== "hello") return undefined
      const limits = object["limits"] as JsonObject
      return [{ ...object, limits: { ...limits, reactions: Number(limits["reactions"]) + 1 } }]
    })
  ),
  breaks("REACT-6", "reactions-of-nicks", "takes a newcomer's reaction for that of who had the nick", () => {
    const had = new Map<string, JsonObject>()
    const nameOf = (room: unknown, { from, reaction, target }: Readonly<Record<string, unknown>>) =>
      `${String(room)} ${String(from)} ${String(target)} ${String(reaction)}`
    return {
      reply: (said, wire) => {
        const { object, to, type } = said
        if (isEntry(said) && type === "react") {
          const name = nameOf(object["room"], object)
          if (object["on"] === true && !had.has(name)) had.set(name, { seq: object["seq"]!, at: object["at"]! })
          if (object["on"] === false) had.delete(name)
          return undefined
        }
        if (type !== "sent" || to?.["type"] !== "react" || to["on"] === false) return undefined
        const first = had.get(nameOf(to["room"], { ...to, from: wire.nick() }))
        if (first === undefined || first["seq"] === object["seq"]) return undefined
        wire.hit()
        return [{ ...object, ...first, duplicate: true }]
      }
    }
  })
]

const answersAndNames: ReadonlyArray<Mutant> = [
  breaks(
    "REPLYTO-1",
    "answers-nothing",
    "doesn't show what a message answers",
    of("message", (entry) => without(entry, "replyTo"))
  ),
  breaks(
    "REPLYTO-1",
    "answers-live-only",
    "doesn't show in pages what a message answers",
    of("message", (entry) => (entry["room"] === undefined ? without(entry, "replyTo") : undefined))
  ),
  breaks("REPLYTO-2", "answers-anything", "takes answers to what isn't there", grants("no-such-entry", ["send"])),
  breaks("REPLYTO-2", "no-answer-to-the-deleted", "refuses an answer to a message that was deleted", () => {
    const deleted = new Set<string>()
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] !== "send" || !deleted.has(`${String(object["room"])} ${String(object["replyTo"])}`)) {
          return undefined
        }
        wire.hit()
        return [{ ...object, replyTo: Number.MAX_SAFE_INTEGER }]
      },
      reply: (said) => {
        if (isEntry(said) && said.type === "delete") {
          deleted.add(`${String(said.object["room"])} ${String(said.object["target"])}`)
        }
        return undefined
      }
    }
  }),
  breaks(
    "MENTION-1",
    "names-nobody",
    "shows no mentions",
    whenShown((entry) => without(entry, "mentions"))
  ),
  breaks(
    "MENTION-1",
    "names-in-addresses",
    "takes what stands before the `@` for nothing",
    whenShown((entry) => {
      const text = entry["text"]
      if (typeof text !== "string" || entry["type"] === "topic") return undefined
      const found = [...new Set([...text.matchAll(/@([a-z0-9][a-z0-9_-]{0,31})/gu)].map(([, name]) => name!))]
      const changed = found.slice(0, 32)
      return changed.length === 0 || changed.join() === ((entry["mentions"] ?? []) as ReadonlyArray<string>).join()
        ? undefined
        : { ...entry, mentions: changed }
    })
  ),
  breaks(
    "MENTION-1",
    "names-by-letter",
    "lists mentions in alphabetical order",
    whenShown((entry) => {
      const named = entry["mentions"] as ReadonlyArray<string> | undefined
      const sorted = named?.toSorted()
      return sorted === undefined || sorted.join() === named!.join() ? undefined : { ...entry, mentions: sorted }
    })
  )
]

const isTyping = ({ object, type }: Answered): boolean => type === "typing" && !("re" in object)

const passing: ReadonlyArray<Mutant> = [
  breaks(
    "TYPING-1",
    "typing-without-reply",
    "doesn't answer `typing`",
    whenSaid(({ object, type }) => (type === "typing" && "re" in object ? [] : undefined))
  ),
  breaks(
    "TYPING-2",
    "nobody-types",
    "tells nobody who types",
    whenSaid((said) => (isTyping(said) ? [] : undefined))
  ),
  breaks(
    "TYPING-2",
    "always-on",
    "says of whoever types no more that they type",
    whenSaid((said) => (isTyping(said) && said.object["on"] === false ? [{ ...said.object, on: true }] : undefined))
  ),
  breaks("TYPING-3", "types-all-the-time", "tells the others each time that somebody types", () => ({
    request: ({ object, text }, wire) => {
      if (object?.["type"] !== "typing" || !wire.rooms.has(String(object["room"]))) return undefined
      for (const other of wire.all()) {
        if (other === wire || !other.rooms.has(String(object["room"])) || object["on"] === false) continue
        wire.hit()
        other.toClient({ type: "typing", room: object["room"]!, nick: String(wire.nick()), on: true })
      }
      return [text]
    },
    reply: (said) => (isTyping(said) && said.object["on"] === true ? [] : undefined)
  })),
  breaks("TYPING-3", "says-twice-that-it-ended", "says that somebody types no more whose message has said so", () => {
    const ended = new Set<string>()
    return {
      request: ({ object, text }, wire) => {
        const room = String(object?.["room"])
        const place = `${wire.nth} ${room}`
        if (object?.["type"] === "send") ended.add(place)
        if (object?.["type"] !== "typing" || !wire.rooms.has(room)) return undefined
        const isOver = ended.delete(place) && object["on"] === false
        for (const other of isOver ? wire.all() : []) {
          if (other === wire || !other.rooms.has(room)) continue
          wire.hit()
          other.toClient({ type: "typing", room, nick: String(wire.nick()), on: false })
        }
        return [text]
      }
    }
  }),
  breaks("TYPING-4", "types-to-oneself", "tells who types that they type", () => ({
    reply: (said, wire) => {
      const { object, to, type } = said
      if (type !== "typing" || !("re" in object)) return undefined
      wire.hit()
      return [object, { type: "typing", room: object["room"]!, nick: String(wire.nick()), on: to?.["on"] !== false }]
    }
  }))
]

/** Changes replies to `read`. */
const whenRead = (change: (read: JsonObject, to: JsonObject, wire: Wire) => JsonObject | undefined): (() => Tap) =>
  whenSaid(({ object, to, type }, wire) => {
    const changed = type === "read" && to !== undefined ? change(object, to, wire) : undefined
    return changed === undefined ? undefined : [changed]
  })

const marks: ReadonlyArray<Mutant> = [
  breaks(
    "READ-1",
    "marks-go-back",
    "moves a mark back",
    whenRead((read, to) => (Number(to["seq"]) < Number(read["seq"]) ? { ...read, seq: to["seq"]! } : undefined))
  ),
  breaks(
    "READ-1",
    "marks-stay",
    "doesn't move a mark",
    whenRead((read) => (read["seq"] === 0 ? undefined : { ...read, seq: 0 }))
  ),
  breaks(
    "READ-2",
    "counts-one-more",
    "counts the deletion as unread",
    whenRead((read) => (Number(read["head"]) > 8 ? { ...read, unread: Number(read["unread"]) + 1 } : undefined))
  ),
  breaks(
    "READ-2",
    "counts-entries",
    "counts all entries above a mark as unread",
    whenRead((read) => {
      const above = Number(read["head"]) - Number(read["seq"])
      return above === read["unread"] ? undefined : { ...read, unread: above }
    })
  ),
  breaks(
    "READ-3",
    "reads-the-future",
    "takes a mark above the head",
    whenSaid((said) =>
      isRefusal(said, "no-such-entry") && said.to?.["type"] === "read"
        ? [{ type: "read", re: said.to["id"]!, room: said.to["room"]!, seq: 9, head: 9, unread: 0 }]
        : undefined
    )
  ),
  breaks("READ-4", "marks-of-nicks", "takes the mark of a nick for that of whoever has it", () => {
    const known = new Map<string, number>()
    return {
      reply: ({ object, type }, wire) => {
        const name = `${wire.nick()} ${String(object["room"])}`
        const mark = known.get(name) ?? 0
        if (type === "read") known.set(name, Math.max(mark, Number(object["seq"])))
        if (type !== "joined" || object["read"] !== undefined || mark === 0) return undefined
        wire.hit()
        return [{ ...object, read: mark }]
      }
    }
  }),
  breaks("READ-4", "marks-of-connections", "forgets the marks of a person who comes back by their session", () => {
    const resumed = new Set<number>()
    return {
      reply: ({ object, type }, wire) => {
        if (type === "welcome" && object["resumed"] === true) resumed.add(wire.nth)
        if (!resumed.has(wire.nth) || type !== "joined" || object["read"] === undefined) return undefined
        wire.hit()
        return [without(object, "read")!]
      }
    }
  }),
  breaks(
    "READ-5",
    "joined-without-a-mark",
    "doesn't say the mark in `joined`",
    whenSaid(({ object, type }) => {
      const rest = type === "joined" ? without(object, "read") : undefined
      return rest === undefined ? undefined : [rest]
    })
  ),
  breaks(
    "READ-5",
    "everybody-has-a-mark",
    "says a mark of 1 to who has none",
    whenSaid(({ object, type }) =>
      type === "joined" && object["read"] === undefined && Number(object["head"]) > 0
        ? [{ ...object, read: 1 }]
        : undefined
    )
  ),
  breaks("READ-6", "tells-who-has-read", "tells everybody in the room what somebody has read", () => ({
    reply: ({ object, type }, wire) => {
      if (type !== "read") return undefined
      for (const other of wire.all()) {
        if (other === wire || !other.rooms.has(String(object["room"]))) continue
        wire.hit()
        other.toClient({ type: "x-read", room: object["room"]!, nick: String(wire.nick()), upTo: object["seq"]! })
      }
      return undefined
    }
  }))
]

const topics: ReadonlyArray<Mutant> = [
  breaks("TOPIC-1", "topics-of-two-lines", "takes topics with control characters", grants("bad-text", ["topic"])),
  breaks("TOPIC-1", "topics-of-any-length", "takes topics of any length", grants("too-long", ["topic"])),
  breaks(
    "TOPIC-1",
    "no-empty-topic",
    "refuses to take a topic away",
    insteadOf((object) =>
      object["type"] === "topic" && object["text"] === "" ? refusal(object["id"], "bad-text", "text") : undefined
    )
  ),
  breaks(
    "TOPIC-2",
    "joined-without-a-topic",
    "doesn't say the topic in `joined`",
    whenSaid(({ object, type }) => {
      const rest = type === "joined" ? without(object, "topic") : undefined
      return rest === undefined ? undefined : [rest]
    })
  ),
  breaks(
    "TOPIC-2",
    "an-empty-topic",
    "says an empty topic where there is none",
    whenSaid(({ object, type }) =>
      type === "joined" && object["topic"] === undefined ? [{ ...object, topic: "" }] : undefined
    )
  )
]

/** Whether this asks for something of rich. */
const asksOfRich = (object: JsonObject | undefined): object is JsonObject =>
  [...changes, "typing", "read"].includes(String(object?.["type"])) ||
  (object?.["type"] === "send" && object["replyTo"] !== undefined)

/** Carries out what the server refuses with this code, if it is one of rich and the field at fault is like that. */
const carriesOut = (code: string, isMeant: (value: unknown, to: JsonObject, field: string) => boolean): (() => Tap) =>
  whenSaid((said) => {
    const field = String(said.object["field"])
    const isIt = isRefusal(said, code) && asksOfRich(said.to) && isMeant(said.to[field], said.to, field)
    return isIt ? [success(said.to!)!] : undefined
  })

const ofRich: Requests = {
  name: "rich",
  called: "the requests of rich",
  are: asksOfRich,
  fields: ["room", "key", "target", "text", "reaction", "on", "seq", "replyTo"]
}

const ofEveryRequest: ReadonlyArray<Mutant> = [
  silent(ofRich),
  strict(ofRich),
  breaks(
    "JSON-5",
    "rich-of-any-type",
    "takes fields of the requests of rich of any type, beside their room",
    carriesOut("bad-request", (value, _, field) => !["id", "room"].includes(field) && typeof value !== "number")
  ),
  breaks(
    "JSON-6",
    "rich-rounds",
    "rounds a number of the requests of rich that isn't integral",
    whenAsked(({ object }) => {
      if (!asksOfRich(object)) return undefined
      const numbers = Object.entries(object).filter(([, value]) => typeof value === "number" && value % 1 !== 0)
      const rounded = numbers.map(([field, value]) => [field, Math.floor(Number(value))])
      return rounded.length > 0 ? [{ ...object, ...Object.fromEntries(rounded) }] : undefined
    })
  ),
  ofAnyName(ofRich),
  breaks(
    "TEXT-2",
    "edits-of-any-text",
    "takes any text for an edit",
    carriesOut("bad-text", (_, to) => to["type"] === "edit")
  )
]

const mutants = [
  ...oneLog,
  ...editsAndDeletions,
  ...reactions,
  ...answersAndNames,
  ...passing,
  ...marks,
  ...topics,
  ...ofEveryRequest
]

/** All of them stand before a server that keeps its logs. */
export const rich = mutants.map((mutant): Mutant => ({ ...mutant, host: "durable" }))
