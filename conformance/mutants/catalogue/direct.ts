/** Mutants of spec/direct.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, insteadOf, isRefusal, refusal, success, whenAsked, whenSaid } from "../breaks.ts"
import { hasType, type Requests, silent, strict } from "../every-request.ts"
import type { Answered, Mutant, Wire } from "../mutant.ts"

type Items = ReadonlyArray<JsonObject>

const isDirect = (room: unknown): boolean => String(room).startsWith("@")

/** Whether this is about a conversation: a request, a reply or an event. */
const isOfConversation = (object: JsonObject | undefined): object is JsonObject => isDirect(object?.["room"])

const without = (object: JsonObject, field: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))

/** Changes the entries of conversations on their way to somebody. */
const whenTold = (change: (entry: JsonObject, wire: Wire) => ReadonlyArray<JsonObject> | undefined) =>
  whenSaid(({ object, type }, wire) =>
    type === "message" && isOfConversation(object) ? change(object, wire) : undefined
  )

/** Changes pages of conversations. */
const whenPaged = (change: (page: JsonObject, said: Answered, wire: Wire) => JsonObject | undefined) =>
  whenSaid((said, wire) => {
    const changed =
      said.type === "history" && isOfConversation(said.object) ? change(said.object, said, wire) : undefined
    return changed === undefined ? undefined : [changed]
  })

/** Changes lists of conversations that have items. */
const whenListed = (change: (items: Items, said: Answered, wire: Wire) => JsonObject | undefined) =>
  whenSaid((said, wire) => {
    const items = said.type === "conversations" ? (said.object["conversations"] as Items) : []
    const changed = items.length === 0 ? undefined : change(items, said, wire)
    return changed === undefined ? undefined : [{ ...said.object, ...changed }]
  })

/** Changes each item of the lists of conversations. */
const whenEachListed = (change: (item: JsonObject) => JsonObject) =>
  whenListed((items) => ({ conversations: items.map(change) }))

/** Changes what lists of conversations are asked for. */
const whenListAsked = (change: (asked: JsonObject) => JsonObject | undefined) =>
  whenAsked(({ object }) => {
    const changed = object?.["type"] === "conversations" ? change(object) : undefined
    return changed === undefined ? undefined : [changed]
  })

/** Refuses requests about conversations that the server would carry out. */
const refuses = (code: string, type: string) =>
  insteadOf((object) =>
    object["type"] === type && isOfConversation(object) ? refusal(object["id"], code, "room") : undefined
  )

/** Answers by success, or by another code, what is refused by a code about a conversation. */
const insteadOfRefusal = (code: string, other: string | undefined) =>
  whenSaid((said, wire) => {
    const { to } = said
    if (!isRefusal(said, code) || !isOfConversation(to)) return undefined
    const room = String(to["room"]).toLowerCase()
    if (code === "bad-request" && room !== `@${String(wire.nick())}`) return undefined
    if (other !== undefined) return [refusal(to["id"], other, "room")]
    const answer = success(to)
    return answer === undefined ? undefined : [answer]
  })

/** What has been said in conversations so far, by what one side calls them: who, and to whom. */
const makeMemory = () => {
  const told = new Map<string, Array<JsonObject>>()
  const nameOf = (wire: Wire, room: unknown): string => `${String(wire.nick())} ${String(room)}`
  return {
    nameOf,
    of: (name: string): Items => told.get(name) ?? [],
    note: ({ object, type }: Answered, wire: Wire) => {
      if (type !== "message" || !isOfConversation(object)) return
      const name = nameOf(wire, object["room"])
      told.set(name, [...(told.get(name) ?? []), object])
    }
  }
}

const pageOf = (page: JsonObject, entries: Items): JsonObject => ({
  ...page,
  epoch: entries[0]?.["epoch"] ?? page["epoch"],
  head: entries.at(-1)?.["seq"] ?? 0,
  entries: entries.map((entry) => without(without(entry, "room"), "epoch"))
})

const named: ReadonlyArray<Mutant> = [
  breaks(
    "DIRECT-1",
    "direct-without-history",
    "claims direct, and no history",
    whenSaid(({ object, type }) =>
      type === "hello"
        ? [
            {
              ...object,
              features: (object["features"] as ReadonlyArray<string>).filter((each) => each !== "history/1")
            }
          ]
        : undefined
    )
  ),
  breaks("DIRECT-2", "asks-for-a-join", "answers a send to a person by not-joined", refuses("not-joined", "send")),
  breaks(
    "DIRECT-2",
    "reads-rooms-only",
    "answers history of a conversation by not-joined",
    refuses("not-joined", "history")
  ),
  breaks(
    "DIRECT-2",
    "knows-nicks-by-the-letter",
    "finds nobody whose nick is spelt in capitals",
    insteadOf((object) =>
      object["type"] === "send" && isOfConversation(object) && /[A-Z]/u.test(String(object["room"]))
        ? refusal(object["id"], "no-such-nick", "room")
        : undefined
    )
  ),
  breaks(
    "DIRECT-3",
    "named-after-the-author",
    "names a conversation to both by whoever has said the entry",
    whenTold((entry) =>
      entry["room"] === `@${String(entry["from"])}` ? undefined : [{ ...entry, room: `@${String(entry["from"])}` }]
    )
  ),
  breaks("DIRECT-3", "a-log-for-each", "counts in each person's log only what the other has said", () => {
    const counts = new Map<string, number>()
    return whenTold((entry, wire) => {
      const name = `${wire.nth} ${String(entry["room"])} ${entry["from"] === wire.nick() ? "own" : "other"}`
      const seq = (counts.get(name) ?? 0) + 1
      counts.set(name, seq)
      return seq === entry["seq"] ? undefined : [{ ...entry, seq }]
    })()
  }),
  breaks(
    "DIRECT-3",
    "an-epoch-for-each",
    "has another epoch for each of the two",
    whenPaged((page, _, wire) => ({ ...page, epoch: `${String(page["epoch"])}-${wire.nth}` }))
  ),
  breaks(
    "DIRECT-4",
    "waits-to-be-asked",
    "sends the entries of a conversation only to who has said something in it, or read it",
    () => {
      const open = new Set<string>()
      const name = (wire: Wire, room: unknown) => `${wire.nth} ${String(room).toLowerCase()}`
      return {
        request: ({ object }, wire) => {
          if (isOfConversation(object)) open.add(name(wire, object["room"]))
          return undefined
        },
        reply: ({ object, type }, wire) => {
          if (type !== "message" || !isOfConversation(object) || open.has(name(wire, object["room"]))) return undefined
          wire.hit()
          return []
        }
      }
    }
  ),
  breaks(
    "DIRECT-4",
    "sends-it-to-the-other-only",
    "doesn't send an entry of a conversation to whoever has said it",
    whenTold((entry, wire) => (entry["from"] === wire.nick() ? [] : undefined))
  ),
  breaks(
    "DIRECT-4",
    "loses-every-seventh",
    "doesn't send every seventh entry of a conversation",
    whenTold((entry) => (Number(entry["seq"]) % 7 === 0 ? [] : undefined))
  ),
  breaks(
    "DIRECT-4",
    "sends-the-absent-time-again",
    "sends to who comes back also what came while they were away",
    () => {
      const told = new Map<string, Array<JsonObject>>()
      return {
        reply: ({ object, type }, wire) => {
          if (type === "message" && isOfConversation(object)) {
            const other = String(object["room"]).slice(1)
            const name = object["from"] === wire.nick() ? other : String(wire.nick())
            // What its author gets is noted for the other one.
            if (object["from"] === wire.nick())
              told.set(name, [...(told.get(name) ?? []), { ...object, room: `@${String(wire.nick())}` }])
            else
              told.set(
                name,
                (told.get(name) ?? []).filter(({ seq }) => seq !== object["seq"])
              )
          }
          if (type !== "welcome" || object["resumed"] !== true) return undefined
          const missed = told.get(String(object["nick"])) ?? []
          if (missed.length === 0) return undefined
          wire.hit()
          return [object, ...missed]
        }
      }
    }
  ),
  breaks(
    "SEND-3",
    "acknowledges-before-it-tells",
    "sends the sent of an entry of a conversation before the message",
    () => {
      const held = new Map<number, JsonObject>()
      return {
        reply: ({ object, type }, wire) => {
          if (type === "message" && isOfConversation(object) && object["from"] === wire.nick()) {
            const before = held.get(wire.nth)
            held.set(wire.nth, object)
            return before === undefined ? [] : [before]
          }
          const entry = held.get(wire.nth)
          if (entry === undefined || type !== "sent") return undefined
          held.delete(wire.nth)
          wire.hit()
          return [object, entry]
        }
      }
    }
  ),
  breaks(
    "DIRECT-5",
    "keeps-epochs-to-itself",
    "sends entries of conversations without their epoch",
    whenTold((entry) => [without(entry, "epoch")])
  ),
  breaks(
    "DIRECT-5",
    "one-epoch-for-all-messages",
    "puts another epoch into messages than into pages",
    whenTold((entry) => [{ ...entry, epoch: "of-messages" }])
  ),
  breaks("DIRECT-6", "lets-others-listen", "sends what two people say to everybody who is there", () => ({
    reply: ({ object, type }, wire) => {
      if (type !== "message" || !isOfConversation(object) || object["from"] !== wire.nick()) return undefined
      for (const other of wire.all()) {
        const nick = other.nick()
        if (nick === undefined || nick === wire.nick() || object["room"] === `@${nick}`) continue
        wire.hit()
        other.toClient({ ...object, room: `@${String(wire.nick())}` })
      }
      return undefined
    }
  })),
  breaks(
    "DIRECT-6",
    "reads-for-others",
    "gives the page of one conversation to whoever asks for one with either",
    () => {
      const { note, of } = makeMemory()
      const last = new Map<string, string>()
      return {
        reply: (said, wire) => {
          note(said, wire)
          const { object, type } = said
          if (type === "message" && isOfConversation(object)) {
            last.set(String(object["room"]), `${String(wire.nick())} ${String(object["room"])}`)
          }
          const name = last.get(String(object["room"]))
          if (type !== "history" || !isOfConversation(object) || object["head"] !== 0 || name === undefined)
            return undefined
          wire.hit()
          return [pageOf(object, of(name))]
        }
      }
    }
  ),
  breaks("DIRECT-6", "lists-for-others", "lists to everybody the conversations of all", () => {
    let one: JsonObject | undefined
    return {
      reply: ({ object, type }, wire) => {
        if (type === "message" && isOfConversation(object)) {
          const { epoch, room, ...last } = object
          one = { room, epoch, first: 1, head: last["seq"], last: { ...last, type: "message" } }
        }
        if (type !== "conversations" || one === undefined) return undefined
        const items = object["conversations"] as Items
        if (items.length > 0 || one["room"] === `@${String(wire.nick())}`) return undefined
        wire.hit()
        return [{ ...object, conversations: [one] }]
      }
    }
  }),
  breaks(
    "DIRECT-7",
    "talks-to-oneself",
    "takes entries for oneself, and throws them away",
    insteadOfRefusal("bad-request", undefined)
  ),
  breaks(
    "DIRECT-7",
    "doesn't-find-oneself",
    "answers the conversation with oneself by no-such-nick",
    insteadOfRefusal("bad-request", "no-such-nick")
  ),
  breaks(
    "DIRECT-8",
    "promises-to-deliver",
    "takes entries for nobody, and throws them away",
    insteadOfRefusal("no-such-nick", undefined)
  ),
  breaks(
    "DIRECT-8",
    "takes-people-for-rooms",
    "answers a nick that nobody has by no-such-room",
    insteadOfRefusal("no-such-nick", "no-such-room")
  ),
  breaks(
    "DIRECT-9",
    "not-in-that-conversation",
    "answers leave and members of a conversation by not-joined",
    insteadOfRefusal("bad-name", "not-joined")
  ),
  breaks(
    "DIRECT-9",
    "lists-rooms-after-people",
    "takes any name for the last of the list of rooms",
    whenSaid((said) => (isRefusal(said, "bad-name") && said.to?.["type"] === "rooms" ? [success(said.to)!] : undefined))
  ),
  breaks("DIRECT-10", "a-new-epoch-each-time", "makes an epoch each time that an empty conversation is read", () => {
    let count = 0
    return whenPaged((page) => {
      count += 1
      return page["head"] === 0 ? { ...page, epoch: `empty-${count}` } : undefined
    })()
  }),
  breaks(
    "DIRECT-10",
    "no-page-of-nothing",
    "refuses history of a conversation in which nothing was said",
    whenSaid(({ object, type }) =>
      type === "history" && isOfConversation(object) && object["head"] === 0
        ? [refusal(object["re"], "no-such-nick", "room")]
        : undefined
    )
  ),
  breaks(
    "DIRECT-10",
    "begins-with-another-epoch",
    "gives an empty conversation another epoch than its first entry",
    whenPaged((page) => (page["head"] === 0 ? { ...page, epoch: `${String(page["epoch"])}-empty` } : undefined))
  )
]

const persons: ReadonlyArray<Mutant> = [
  breaks("DIRECT-11", "conversations-of-nicks", "shows whoever has a nick what its last holder was written", () => {
    const { nameOf, note, of } = makeMemory()
    return {
      reply: (said, wire) => {
        note(said, wire)
        if (said.type !== "history" || !isOfConversation(said.object) || said.object["head"] !== 0) return undefined
        const entries = of(nameOf(wire, said.object["room"]))
        if (entries.length === 0) return undefined
        wire.hit()
        return [pageOf(said.object, entries)]
      }
    }
  }),
  breaks("DIRECT-11", "epochs-of-nicks", "has one epoch for all conversations of two nicks", () => {
    const epochs = new Map<string, unknown>()
    return whenSaid(({ object, type }, wire) => {
      if ((type !== "history" && type !== "message") || !isOfConversation(object)) return undefined
      const name = [String(wire.nick()), String(object["room"]).slice(1)].sort().join(" ")
      const epoch = epochs.get(name) ?? object["epoch"]
      epochs.set(name, epoch)
      return epoch === object["epoch"] ? undefined : [{ ...object, epoch }]
    })()
  }),
  breaks("DIRECT-11", "counts-on", "goes on counting when another has taken the nick", () => {
    const counts = new Map<string, { readonly epoch: unknown; readonly base: number; readonly head: number }>()
    return whenTold((entry, wire) => {
      const name = `${String(wire.nick())} ${String(entry["room"])}`
      const before = counts.get(name)
      const base = before === undefined ? 0 : before.epoch === entry["epoch"] ? before.base : before.head
      const seq = Number(entry["seq"]) + base
      counts.set(name, { epoch: entry["epoch"], base, head: seq })
      return base === 0 ? undefined : [{ ...entry, seq }]
    })()
  }),
  breaks("DIRECT-11", "lists-the-ended", "lists a conversation whose other person has ended", () => {
    const lists = new Map<string, Items>()
    return {
      reply: ({ object, type }, wire) => {
        const nick = String(wire.nick())
        if (type === "message" && isOfConversation(object)) {
          const { epoch, room, ...last } = object
          lists.set(nick, [{ room, epoch, first: 1, head: last["seq"], last: { ...last, type: "message" } }])
        }
        const known = lists.get(nick) ?? []
        if (type !== "conversations" || known.length === 0 || (object["conversations"] as Items).length > 0)
          return undefined
        wire.hit()
        return [{ ...object, conversations: known }]
      }
    }
  }),
  breaks(
    "DIRECT-11",
    "keys-of-names",
    "takes a key for known that was used before in a conversation of the same name",
    () => {
      const places = new Map<string, JsonObject>()
      return whenSaid(({ object, to, type }, wire) => {
        if (type !== "sent" || !isOfConversation(object) || to?.["key"] === undefined) return undefined
        const name = `${String(wire.nick())} ${String(object["room"])} ${String(to["key"])}`
        const place = places.get(name)
        if (place === undefined) places.set(name, object)
        return place === undefined || object["duplicate"] === true
          ? undefined
          : [{ ...place, re: object["re"], duplicate: true }]
      })()
    }
  ),
  breaks(
    "KEY-6",
    "one-set-of-keys-for-all-conversations",
    "takes a key for known that was used with somebody else",
    () => {
      const places = new Map<string, JsonObject>()
      return whenSaid(({ object, to, type }, wire) => {
        if (type !== "sent" || !isOfConversation(object) || to?.["key"] === undefined) return undefined
        const name = `${wire.nth} ${String(to["key"])}`
        const place = places.get(name)
        if (place === undefined) places.set(name, object)
        return place === undefined || place["room"] === object["room"]
          ? undefined
          : [{ ...place, re: object["re"], room: object["room"], duplicate: true }]
      })()
    }
  ),
  breaks(
    "DIRECT-12",
    "doesn't-mind-the-epoch",
    "carries out a send or history whatever its epoch",
    whenAsked(({ object }) =>
      isOfConversation(object) && typeof object["epoch"] === "string" ? [without(object, "epoch")] : undefined
    )
  ),
  breaks(
    "DIRECT-12",
    "wants-epochs-in-rooms",
    "refuses a send to a room with an epoch",
    insteadOf((object) =>
      object["type"] === "send" && object["epoch"] !== undefined && !isOfConversation(object)
        ? refusal(object["id"], "no-such-room", "room")
        : undefined
    )
  ),
  breaks(
    "DIRECT-13",
    "an-echo-of-the-last",
    "sends the last entry of a conversation once more after the first of the next",
    () => {
      const last = new Map<string, JsonObject>()
      return whenTold((entry, wire) => {
        const name = `${wire.nth} ${String(entry["room"])}`
        const before = last.get(name)
        last.set(name, entry)
        return before === undefined || before["epoch"] === entry["epoch"] ? undefined : [entry, before]
      })()
    }
  ),
  breaks(
    "DIRECT-14",
    "takes-nothing-for-the-absent",
    "answers what is sent to a person without a connection by no-such-nick",
    insteadOf((object, _, wire) => {
      const isThere = wire.all().some((other) => `@${String(other.nick())}` === String(object["room"]).toLowerCase())
      return object["type"] === "send" && isOfConversation(object) && !isThere
        ? refusal(object["id"], "no-such-nick", "room")
        : undefined
    })
  ),
  breaks(
    "DIRECT-14",
    "loses-what-the-absent-missed",
    "has lost for who comes back what was said while they were away",
    () => {
      const resumed = new Set<number>()
      const { nameOf, note, of } = makeMemory()
      return {
        reply: (said, wire) => {
          note(said, wire)
          const { object, type } = said
          if (type === "welcome" && object["resumed"] === true) resumed.add(wire.nth)
          if (type !== "history" || !isOfConversation(object) || !resumed.has(wire.nth)) return undefined
          const heard = new Set(of(nameOf(wire, object["room"])).map(({ seq }) => seq))
          const entries = (object["entries"] as Items).filter(({ seq }) => heard.has(seq))
          if (entries.length === (object["entries"] as Items).length) return undefined
          wire.hit()
          return [{ ...object, entries }]
        }
      }
    }
  ),
  breaks("DIRECT-14", "shows-an-empty-list", "lists nothing to who comes back", () => {
    const resumed = new Set<number>()
    return whenSaid(({ object, type }, wire) => {
      if (type === "welcome" && object["resumed"] === true) resumed.add(wire.nth)
      return type === "conversations" && resumed.has(wire.nth) && (object["conversations"] as Items).length > 0
        ? [{ ...object, conversations: [] }]
        : undefined
    })()
  }),
  breaks(
    "DIRECT-15",
    "another-epoch-in-each-life",
    "has another epoch for each conversation after a restart",
    whenPaged((page) => ({ ...page, epoch: `${String(page["epoch"]).slice(0, 20)}-${process.pid}` }))
  ),
  breaks("DIRECT-15", "conversations-of-one-life", "has lost the conversations of before its start", () => {
    const { note } = makeMemory()
    const known = new Set<unknown>()
    return {
      reply: (said, wire) => {
        note(said, wire)
        const { object, type } = said
        if (type === "message" && isOfConversation(object)) known.add(object["epoch"])
        if (type !== "history" || !isOfConversation(object) || object["head"] === 0 || known.has(object["epoch"]))
          return undefined
        wire.hit()
        return [{ ...without(object, "more"), head: 0, entries: [] }]
      }
    }
  })
]

const lists: ReadonlyArray<Mutant> = [
  breaks(
    "DIRECT-16",
    "lists-without-the-last",
    "leaves the last entry out of the list",
    whenEachListed((item) => without(item, "last"))
  ),
  breaks(
    "DIRECT-16",
    "heads-of-another-time",
    "lists a head that is one too low",
    whenEachListed((item) => ({ ...item, head: Number(item["head"]) - 1 }))
  ),
  breaks(
    "DIRECT-16",
    "shortens-the-last",
    "cuts the last entry to its first line",
    whenEachListed((item) => {
      const last = item["last"] as JsonObject
      return { ...item, last: { ...last, text: String(last["text"]).split("\n")[0] } }
    })
  ),
  breaks("DIRECT-16", "lists-who-was-looked-at", "lists conversations in which nothing was said", () => {
    const looked = new Map<number, JsonObject>()
    return whenSaid(({ object, type }, wire) => {
      if (type === "history" && isOfConversation(object) && object["head"] === 0) {
        looked.set(wire.nth, { room: object["room"], epoch: object["epoch"], first: 1, head: 0 })
      }
      const item = looked.get(wire.nth)
      const items = type === "conversations" ? (object["conversations"] as Items) : []
      if (item === undefined || items.length === 0 || items.some(({ room }) => room === item["room"])) return undefined
      const all = [...items, item].toSorted((one, other) => (String(one["room"]) < String(other["room"]) ? -1 : 1))
      return [{ ...object, conversations: all }]
    })()
  }),
  breaks(
    "DIRECT-16",
    "lists-what-was-begun",
    "lists only the conversations in which one has spoken last",
    whenListed((items, _, wire) => {
      const own = items.filter(({ last }) => (last as JsonObject)["from"] === wire.nick())
      return own.length === items.length ? undefined : { conversations: own }
    })
  ),
  breaks(
    "DIRECT-17",
    "the-other-way-round",
    "lists conversations in descending order",
    whenListed((items) => (items.length < 2 ? undefined : { conversations: items.toReversed() }))
  ),
  breaks(
    "DIRECT-17",
    "lists-all-at-once",
    "doesn't mind the limit of a list of conversations",
    whenListAsked((asked) => (Number(asked["limit"]) > 0 ? without(asked, "limit") : undefined))
  ),
  breaks(
    "DIRECT-17",
    "begins-again",
    "doesn't mind the after of a list of conversations",
    whenListAsked((asked) => (/^@[a-z0-9]/u.test(String(asked["after"])) ? without(asked, "after") : undefined))
  ),
  breaks(
    "DIRECT-17",
    "lists-never-say-more",
    "never says that more conversations follow",
    whenListed((_, { object }) => (object["more"] === true ? { more: false } : undefined))
  ),
  breaks(
    "DIRECT-17",
    "three-at-once",
    "lists three conversations at the most",
    whenListed((items) => (items.length > 3 ? { conversations: items.slice(0, 3), more: true } : undefined))
  ),
  breaks(
    "LIST-4",
    "lists-conversations-without-limit",
    "takes a limit of conversations below 1 for none",
    whenSaid((said) =>
      isRefusal(said, "bad-request") &&
      said.object["field"] === "limit" &&
      said.to?.["type"] === "conversations" &&
      typeof said.to["limit"] === "number"
        ? [success(said.to)!]
        : undefined
    )
  ),
  breaks("DIRECT-18", "lists-lag", "counts an entry in the list only when the next has come", () => {
    const heads = new Map<string, number>()
    return whenSaid(({ object, type }, wire) => {
      if (type === "message" && isOfConversation(object)) {
        heads.set(`${wire.nth} ${String(object["room"])}`, Number(object["seq"]))
      }
      if (type !== "conversations") return undefined
      const items = object["conversations"] as Items
      const late = items.map((item) => {
        const head = Number(item["head"])
        return head > 0 && heads.get(`${wire.nth} ${String(item["room"])}`) === head
          ? { ...item, head: head - 1 }
          : item
      })
      return late.some((item, index) => item !== items[index]) ? [{ ...object, conversations: late }] : undefined
    })()
  })
]

const ofLists: Requests = {
  name: "conversations",
  called: "conversations",
  are: hasType("conversations"),
  fields: ["after", "limit"]
}

// What the core says of every request
const requests: ReadonlyArray<Mutant> = [
  silent(ofLists),
  breaks(
    "REPLY-1",
    "silent-to-nobody",
    "doesn't answer a send or history of a conversation with nobody",
    whenSaid((said) => (isRefusal(said, "no-such-nick") ? [] : undefined))
  ),
  strict(ofLists),
  breaks(
    "JSON-5",
    "conversations-of-any-type",
    "takes an after, a limit or an epoch of any type",
    whenSaid((said) => {
      const isIt =
        isRefusal(said, "bad-request") &&
        ((said.to?.["type"] === "conversations" && typeof said.to[String(said.object["field"])] !== "number") ||
          (said.object["field"] === "epoch" && said.to?.["type"] !== "join"))
      return isIt && said.to !== undefined ? [success(said.to)!] : undefined
    })
  ),
  breaks(
    "JSON-6",
    "conversations-round",
    "rounds the limit of conversations",
    whenSaid((said) =>
      isRefusal(said, "bad-request") &&
      said.object["field"] === "limit" &&
      said.to?.["type"] === "conversations" &&
      Number(said.to["limit"]) > 0
        ? [success(said.to)!]
        : undefined
    )
  ),
  breaks(
    "NAME-1",
    "asks-for-anybody",
    "looks for whoever has a name that breaks the grammar",
    whenSaid((said) => {
      const room = String(said.to?.["room"] ?? said.to?.["after"]).trim()
      const isIt =
        isRefusal(said, "bad-name") && ["send", "history", "conversations"].includes(String(said.to?.["type"]))
      return isIt && (isDirect(room) || said.to?.["type"] === "conversations")
        ? [refusal(said.to?.["id"], "no-such-nick", String(said.object["field"]))]
        : undefined
    })
  ),
  breaks(
    "NAME-2",
    "people-by-the-letter",
    "finds nobody in a list or a page whose nick is spelt in capitals",
    insteadOf((object) => {
      const name = String(object["room"] ?? object["after"])
      const isIt = object["type"] === "history" || object["type"] === "conversations"
      return isIt && isDirect(name) && /[A-Z]/u.test(name) ? refusal(object["id"], "no-such-nick", "room") : undefined
    })
  )
]

/** Stands before a server that claims nothing of the kind. */
const unclaimed: ReadonlyArray<Mutant> = [
  breaks(
    "NAME-1",
    "knows-nobody",
    "answers @nick by no-such-nick, though it doesn't claim direct",
    whenSaid((said) =>
      isRefusal(said, "bad-name") && isOfConversation(said.to)
        ? [refusal(said.to["id"], "no-such-nick", "room")]
        : undefined
    )
  )
]

export const direct: ReadonlyArray<Mutant> = [
  ...[...named, ...persons, ...lists, ...requests].map((mutant): Mutant => ({ ...mutant, host: "durable" })),
  ...unclaimed
]
