/** Mutants of spec/resume.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, insteadOf, isBye, isRefusal, refusal, success, whenSaid } from "../breaks.ts"
import type { Answered, Mutant, Tap, Wire } from "../mutant.ts"

const isKeyedSend = (object: JsonObject | undefined): object is JsonObject =>
  object?.["type"] === "send" && typeof object["key"] === "string"

/** Drops fields of an object, when it has any of them. */
const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject | undefined =>
  fields.some((field) => field in object)
    ? Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))
    : undefined

// ---------------------------------------------------------------------------------------------------------------------
// Keys
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Hands the server other keys than the client has sent, so that it takes a repetition for something new, and shows entries with
 * those that were sent.
 *
 * @param other what is put behind a key; nothing leaves it as it is
 */
const renamesKeys = (other: (send: JsonObject, wire: Wire) => string | undefined) => (): Tap => {
  const mark = "--mutant-"
  const restored = (entry: JsonObject): JsonObject | undefined => {
    const [key, added] = String(entry["key"]).split(mark)
    return added === undefined ? undefined : { ...entry, key: key! }
  }
  return {
    request: ({ object }, wire) => {
      const added = isKeyedSend(object) ? other(object, wire) : undefined
      if (object === undefined || added === undefined) return undefined
      wire.hit()
      return [{ ...object, key: `${String(object["key"])}${mark}${added}` }]
    },
    reply: ({ object, type }) => {
      if (type === "message") {
        const entry = restored(object)
        return entry === undefined ? undefined : [entry]
      }
      if (type !== "history") return undefined
      const entries = object["entries"] as ReadonlyArray<JsonObject>
      return [{ ...object, entries: entries.map((entry) => restored(entry) ?? entry) }]
    }
  }
}

/** Counts something by its name: 0 for the first time. */
const makeCounter = () => {
  const counts = new Map<string, number>()
  return (name: string): number => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count
  }
}

/** The entry of a person that a `send` names, as far as one nick in one room is one person. */
const entryOf = (send: JsonObject, wire: Wire): string =>
  `${wire.nick()} ${String(send["room"])} ${String(send["key"])}`

/** Changes the `sent` of repetitions. */
const whenDuplicate = (change: (said: Answered, wire: Wire) => ReadonlyArray<JsonObject> | undefined) =>
  whenSaid((said, wire) => (said.type === "sent" && said.object["duplicate"] === true ? change(said, wire) : undefined))

/** Takes a key for known that was used before by somebody, or in a room, that have nothing to do with this `send`. */
const mixesUp = (scope: (send: JsonObject, wire: Wire) => string) => (): Tap => {
  const used = new Map<string, string>()
  const places = new Map<string, JsonObject>()
  return {
    request: ({ object }, wire) => {
      if (!isKeyedSend(object)) return undefined
      const name = scope(object, wire)
      const mine = `${wire.nth} ${String(object["room"])}`
      const whose = used.get(name)
      if (whose === undefined) used.set(name, mine)
      const place = places.get(name)
      if (whose === undefined || whose === mine || place === undefined) return undefined
      wire.hit()
      wire.toClient({ ...place, re: object["id"], room: object["room"], duplicate: true })
      return []
    },
    reply: ({ object, to, type }, wire) => {
      if (type !== "sent" || !isKeyedSend(to)) return undefined
      const name = scope(to, wire)
      if (!places.has(name)) places.set(name, object)
      return undefined
    }
  }
}

const keys: ReadonlyArray<Mutant> = [
  breaks(
    "KEY-1",
    "keeps-keys-to-itself",
    "shows entries without their keys",
    whenSaid(({ object, type }) => {
      const shown = type === "message" ? without(object, "key") : undefined
      return shown === undefined ? undefined : [shown]
    })
  ),
  breaks(
    "KEY-1",
    "keys-for-all",
    "shows a key where none was sent",
    whenSaid(({ object, type }) =>
      type === "message" && object["key"] === undefined ? [{ ...object, key: "invented" }] : undefined
    )
  ),
  breaks("KEY-2", "appends-again", "appends an entry again, though its key is known", () => {
    const count = makeCounter()
    return renamesKeys((send, wire) => {
      const times = count(entryOf(send, wire))
      return times === 0 ? undefined : String(times)
    })()
  }),
  breaks("KEY-2", "folds-keys", "takes keys that differ in case only for one", () => {
    const places = new Map<string, JsonObject>()
    const folded = (send: JsonObject, wire: Wire) => entryOf({ ...send, key: String(send["key"]).toLowerCase() }, wire)
    return whenSaid(({ object, to, type }, wire) => {
      if (type !== "sent" || !isKeyedSend(to)) return undefined
      const place = places.get(folded(to, wire))
      places.set(folded(to, wire), place ?? object)
      return place === undefined || place["seq"] === object["seq"]
        ? undefined
        : [{ ...place, re: object["re"], duplicate: true }]
    })()
  }),
  breaks("KEY-2", "keys-of-a-connection", "knows the keys of a connection, and not those of a person", () => {
    const first = new Map<string, number>()
    return renamesKeys((_send, wire) => {
      const nick = String(wire.nick())
      if (!first.has(nick)) first.set(nick, wire.nth)
      return first.get(nick) === wire.nth ? undefined : String(wire.nth)
    })()
  }),
  breaks(
    "KEY-2",
    "says-nothing-of-duplicates",
    "doesn't say that an entry was there already",
    whenDuplicate(({ object }) => {
      const changed = without(object, "duplicate")
      return changed === undefined ? undefined : [changed]
    })
  ),
  breaks(
    "KEY-2",
    "another-time",
    "gives a repetition a time of its own",
    whenDuplicate(({ object }) => [{ ...object, at: "2026-01-01T00:00:00.000Z" }])
  ),
  breaks("KEY-2", "shows-it-again", "sends the entry again when its key comes again", () => {
    const entries = new Map<string, JsonObject>()
    return whenSaid((said, wire) => {
      const { object, type } = said
      if (type === "message") entries.set(`${wire.nth} ${String(object["room"])} ${String(object["seq"])}`, object)
      if (type !== "sent" || object["duplicate"] !== true) return undefined
      const entry = entries.get(`${wire.nth} ${String(object["room"])} ${String(object["seq"])}`)
      return entry === undefined ? undefined : [entry, object]
    })()
  }),
  breaks("KEY-3", "ignores-the-text", "takes another text with a known key for a duplicate", () => {
    const places = new Map<string, JsonObject>()
    return whenSaid((said, wire) => {
      if (said.type === "sent" && isKeyedSend(said.to)) places.set(entryOf(said.to, wire), said.object)
      const place =
        isRefusal(said, "key-reused") && said.to !== undefined ? places.get(entryOf(said.to, wire)) : undefined
      return place === undefined ? undefined : [{ ...place, re: said.object["re"], duplicate: true }]
    })()
  }),
  breaks("KEY-3", "another-text-another-entry", "appends another text, though its key is known", () => {
    const texts = new Map<string, string>()
    return renamesKeys((send, wire) => {
      const name = entryOf(send, wire)
      const text = String(send["text"])
      if (!texts.has(name) && wire.rooms.has(String(send["room"]))) texts.set(name, text)
      const known = texts.get(name)
      return known === undefined || known === text ? undefined : String(text.length)
    })()
  }),
  breaks("KEY-4", "uses-keys-of-refusals", "takes the key of a request that it has refused for used", () => {
    const refused = new Set<string>()
    return whenSaid((said, wire) => {
      if (!isKeyedSend(said.to)) return undefined
      const name = entryOf(said.to, wire)
      if (said.type === "error" && said.object["code"] !== "key-reused") refused.add(name)
      return said.type === "sent" && said.object["duplicate"] !== true && refused.has(name)
        ? [{ ...said.object, duplicate: true }]
        : undefined
    })()
  }),
  breaks("KEY-5", "forgets-keys-with-entries", "forgets a key when 150 entries have come after it", () => {
    const heads = new Map<string, number>()
    const places = new Map<string, number>()
    const { reply, request } = renamesKeys((send, wire) => {
      const place = places.get(entryOf(send, wire))
      const head = heads.get(String(send["room"])) ?? 0
      return place !== undefined && head > place + 150 ? String(head) : undefined
    })()
    return {
      request: request!,
      reply: (said, wire) => {
        const { object, to, type } = said
        const room = String(object["room"])
        if (type === "message") heads.set(room, Math.max(heads.get(room) ?? 0, Number(object["seq"])))
        if (type === "sent" && isKeyedSend(to) && !places.has(entryOf(to, wire))) {
          places.set(entryOf(to, wire), Number(object["seq"]))
        }
        return reply!(said, wire)
      }
    }
  }),
  durable(
    breaks(
      "KEY-5",
      "forgets-keys-in-a-restart",
      "knows only the keys of this life of the server",
      renamesKeys(() => String(process.pid))
    )
  ),
  breaks(
    "KEY-6",
    "one-set-of-keys-for-all-rooms",
    "takes a key for known that its author has used in another room",
    mixesUp((send, wire) => `${wire.nth} ${String(send["key"])} ${String(send["text"])}`)
  ),
  breaks(
    "KEY-6",
    "one-set-of-keys-for-all-people",
    "takes a key for known that somebody else has used in the room",
    mixesUp((send) => `${String(send["room"])} ${String(send["key"])} ${String(send["text"])}`)
  ),
  breaks(
    "KEY-6",
    "keys-of-nicks",
    "takes a key for known that an earlier holder of the nick has used",
    mixesUp((send, wire) => entryOf(send, wire))
  ),
  breaks(
    "KEY-7",
    "asks-for-the-seat-first",
    "answers a known key by not-joined when its author isn't in the room",
    whenDuplicate(({ object }, wire) =>
      wire.rooms.has(String(object["room"])) ? undefined : [refusal(object["re"], "not-joined", "room")]
    )
  ),
  breaks(
    "KEY-9",
    "takes-any-key",
    "takes any string for a key",
    whenSaid((said) => {
      const isIt =
        isRefusal(said, "bad-request") && said.object["field"] === "key" && typeof said.to?.["key"] === "string"
      return isIt ? [success(said.to!)!] : undefined
    })
  ),
  breaks(
    "JSON-5",
    "keys-of-any-type",
    "takes a key, a session or a wish to resume of any type",
    whenSaid((said) => {
      const isIt = isRefusal(said, "bad-request") && ["key", "session", "resume"].includes(String(said.object["field"]))
      const answer = isIt && said.to !== undefined ? success(said.to) : undefined
      return answer === undefined ? undefined : [answer]
    })
  )
]

// ---------------------------------------------------------------------------------------------------------------------
// Sessions
// ---------------------------------------------------------------------------------------------------------------------

const isReturn = (object: JsonObject | undefined): object is JsonObject =>
  object?.["type"] === "login" && typeof object["session"] === "string"

const hasReturned = ({ object, type }: Answered): boolean => type === "welcome" && object["resumed"] === true

/** Which connections have a session, by their nick; who is away, and in which rooms they were. */
export const makeRegister = () => {
  const sessions = new Map<number, string>()
  const away = new Map<string, ReadonlySet<string>>()
  const said = new Set<number>()
  return {
    away,
    hasSession: (wire: Wire) => sessions.has(wire.nth) && !said.has(wire.nth),
    note: ({ object, to, type }: Answered, wire: Wire) => {
      if (type === "welcome" && object["session"] !== undefined) sessions.set(wire.nth, String(object["session"]))
      if (type === "welcome") away.delete(String(object["nick"]))
      if (type === "bye" && to !== undefined) said.add(wire.nth)
    },
    /** Notes that a connection is gone; gives whether that was somebody with a session. */
    gone: (wire: Wire): boolean => {
      const nick = wire.nick()
      const isAway = nick !== undefined && sessions.has(wire.nth) && !said.has(wire.nth)
      if (isAway) away.set(nick, new Set(wire.rooms))
      return isAway
    }
  }
}

const tellsOthers = (wire: Wire, nick: string, room: string, change: "joined" | "left") => {
  for (const other of wire.all()) {
    if (other.nth !== wire.nth && other.rooms.has(room)) other.toClient({ type: "member", room, nick, change })
  }
}

/** Tells the others of each room that who was on this connection has left. */
const tellsThatLeft = (wire: Wire) => {
  for (const room of wire.rooms) {
    wire.hit()
    tellsOthers(wire, String(wire.nick()), room, "left")
  }
}

const sessions: ReadonlyArray<Mutant> = [
  breaks(
    "SESSION-1",
    "one-session-for-all",
    "gives everybody the same session",
    whenSaid(({ object, type }) =>
      type === "welcome" && object["session"] !== undefined && object["resumed"] !== true
        ? [{ ...object, session: "the-session-of-everybody" }]
        : undefined
    )
  ),
  breaks(
    "SESSION-1",
    "gives-no-session",
    "gives no session, though one was asked for",
    whenSaid(({ object, type }) => {
      const changed = type === "welcome" ? without(object, "session") : undefined
      return changed === undefined ? undefined : [changed]
    })
  ),
  breaks(
    "SESSION-2",
    "knows-no-session",
    "answers every login with a session by session-expired",
    insteadOf((object) => (isReturn(object) ? refusal(object["id"], "session-expired", "session") : undefined))
  ),
  breaks(
    "SESSION-2",
    "another-session-each-time",
    "gives another session to whoever comes back",
    whenSaid((said) =>
      hasReturned(said) ? [{ ...said.object, session: `${String(said.object["session"])}-again` }] : undefined
    )
  ),
  breaks(
    "SESSION-2",
    "says-nothing-of-the-return",
    "welcomes whoever comes back as if they were new",
    whenSaid((said) => {
      const changed = hasReturned(said) ? without(said.object, "resumed") : undefined
      return changed === undefined ? undefined : [changed]
    })
  ),
  breaks("SESSION-2", "sessions-by-the-letter", "wants the nick spelt as the server spells it", () => {
    const isCapital = (object: JsonObject) => /[A-Z]/u.test(String(object["nick"]))
    return insteadOf((object) =>
      isReturn(object) && isCapital(object) ? refusal(object["id"], "session-expired", "session") : undefined
    )()
  }),
  breaks("SESSION-3", "keeps-the-old-connection", "leaves the connection before open when its session goes on", () => {
    const kept = new Set<number>()
    return {
      reply: (said, wire) => {
        if (!isBye(said, "replaced")) return undefined
        wire.hit()
        kept.add(wire.nth)
        return []
      },
      serverEnded: (wire) => !kept.has(wire.nth)
    }
  }),
  breaks(
    "SESSION-3",
    "replaces-without-a-word",
    "ends the connection before without saying why",
    whenSaid((said) => (isBye(said, "replaced") ? [] : undefined))
  ),
  breaks(
    "SESSION-3",
    "a-ghost-speaks",
    "carries out what the old connection had sent when the new one is welcome",
    () => {
      const last = new Map<string, JsonObject>()
      const ghosts = new Map<number, JsonObject>()
      const id = 2_147_483_647
      return {
        request: ({ object }, wire) => {
          const nick = wire.nick()
          if (object?.["type"] === "send" && nick !== undefined) last.set(nick, object)
          if (isReturn(object)) {
            const ghost = last.get(String(object["nick"]))
            if (ghost !== undefined) ghosts.set(wire.nth, ghost)
          }
          return undefined
        },
        reply: ({ object, type }, wire) => {
          if (object["re"] === id) return []
          const ghost = type === "joined" ? ghosts.get(wire.nth) : undefined
          if (ghost === undefined || ghost["room"] !== object["room"]) return undefined
          wire.hit()
          wire.toServer({ type: "send", id, room: ghost["room"], text: ghost["text"] })
          return undefined
        }
      }
    }
  ),
  breaks("SESSION-4", "gives-no-grace", "takes every end of a connection for a goodbye", () => {
    const { hasSession, note } = makeRegister()
    const goodbye = (wire: Wire) => {
      if (!hasSession(wire)) return
      wire.hit()
      wire.toServer({ type: "bye", id: 2_147_483_647 })
    }
    return {
      reply: (said, wire) => {
        note(said, wire)
        return undefined
      },
      clientEnded: (wire) => {
        goodbye(wire)
        return true
      },
      clientGone: (wire) => {
        goodbye(wire)
        return false
      }
    }
  }),
  breaks("SESSION-4", "tells-too-soon", "tells the others at once that somebody is gone who may come back", () => {
    const { gone, note } = makeRegister()
    return {
      reply: (said, wire) => {
        note(said, wire)
        return undefined
      },
      clientGone: (wire) => {
        if (gone(wire)) {
          tellsThatLeft(wire)
        }
        return true
      }
    }
  }),
  breaks("SESSION-4", "strikes-who-is-away", "leaves who is away out of the lists of members", () => {
    const { away, gone, note } = makeRegister()
    return {
      reply: (said, wire) => {
        note(said, wire)
        if (said.type !== "members") return undefined
        const members = said.object["members"] as ReadonlyArray<string>
        const left = members.filter((nick) => !away.has(nick))
        if (left.length === members.length) return undefined
        wire.hit()
        return [{ ...said.object, members: left }]
      },
      clientGone: (wire) => {
        gone(wire)
        return true
      }
    }
  }),
  breaks("SESSION-4", "no-grace-for-the-silent", "takes the nick from who was ended for silence", () => {
    const silent = new Set<string>()
    return {
      reply: (said, wire) => {
        if (isBye(said, "idle")) silent.add(String(wire.nick()))
        if (!isRefusal(said, "nick-taken") || !silent.has(String(said.to?.["nick"]))) return undefined
        wire.hit()
        return [success(said.to!)!]
      }
    }
  }),
  breaks("JOIN-7", "a-full-room-is-full", "refuses whoever comes back to a room that is full", () => {
    const returned = new Set<number>()
    const full = new Set<string>()
    return whenSaid((said, wire) => {
      const { object, to, type } = said
      if (hasReturned(said)) returned.add(wire.nth)
      if (isRefusal(said, "limit-reached")) full.add(String(to?.["room"]))
      return type === "joined" && returned.has(wire.nth) && full.has(String(object["room"]))
        ? [refusal(object["re"], "limit-reached", "room")]
        : undefined
    })()
  }),
  breaks(
    "SESSION-5",
    "announces-the-return",
    "tells the others when somebody joins a room whose member they still are",
    () => {
      const { away, gone, note } = makeRegister()
      const back = new Map<number, ReadonlySet<string>>()
      return {
        reply: (said, wire) => {
          const { object, type } = said
          if (type === "welcome") back.set(wire.nth, away.get(String(object["nick"])) ?? new Set())
          note(said, wire)
          if (type === "joined" && back.get(wire.nth)?.has(String(object["room"])) === true) {
            wire.hit()
            tellsOthers(wire, String(wire.nick()), String(object["room"]), "joined")
          }
          return undefined
        },
        clientGone: (wire) => {
          gone(wire)
          return true
        }
      }
    }
  ),
  breaks("SESSION-6", "grace-of-a-second", "gives up a member who is away after one second", () => {
    const { gone, note } = makeRegister()
    return {
      reply: (said, wire) => {
        note(said, wire)
        return undefined
      },
      clientGone: (wire) => {
        if (gone(wire)) {
          setTimeout(() => {
            tellsThatLeft(wire)
          }, 1_000)
        }
        return true
      }
    }
  }),
  breaks(
    "SESSION-6",
    "welcome-prolongs-nothing",
    "counts the grace from the end also for who has come back in it",
    () => {
      const { away, gone, note } = makeRegister()
      const since = new Map<string, number>()
      const back = new Map<string, Set<string>>()
      return {
        reply: (said, wire) => {
          const { object, type } = said
          const nick = String(object["nick"])
          if (hasReturned(said)) {
            const rooms = new Set(away.get(nick) ?? [])
            back.set(nick, rooms)
            const left = 1_000 * wire.limit("grace") - (performance.now() - (since.get(nick) ?? 0))
            setTimeout(() => {
              for (const room of rooms) {
                wire.hit()
                tellsOthers(wire, nick, room, "left")
              }
            }, left)
          }
          if (type === "joined") {
            back.get(String(wire.nick()))?.delete(String(object["room"]))
          }
          note(said, wire)
          return undefined
        },
        clientGone: (wire) => {
          if (gone(wire)) since.set(String(wire.nick()), performance.now())
          return true
        }
      }
    }
  ),
  breaks("SESSION-6", "grace-without-end", "never tells that somebody is gone who hasn't come back", () => {
    const { away, gone, note } = makeRegister()
    return {
      reply: (said, wire) => {
        note(said, wire)
        const { object, type } = said
        if (type !== "member" || object["change"] !== "left" || !away.has(String(object["nick"]))) return undefined
        wire.hit()
        return []
      },
      clientGone: (wire) => {
        gone(wire)
        return true
      }
    }
  }),
  breaks("SESSION-6", "gives-up-what-was-taken-up", "gives up also the rooms that were joined again", () => {
    const { away, gone, note } = makeRegister()
    const back = new Map<number, ReadonlySet<string>>()
    return {
      reply: (said, wire) => {
        const { object, type } = said
        if (type === "welcome") back.set(wire.nth, away.get(String(object["nick"])) ?? new Set())
        note(said, wire)
        const room = String(object["room"])
        if (type === "joined" && back.get(wire.nth)?.has(room) === true) {
          setTimeout(() => {
            wire.hit()
            tellsOthers(wire, String(wire.nick()), room, "left")
          }, 1_000 * wire.limit("grace"))
        }
        return undefined
      },
      clientGone: (wire) => {
        gone(wire)
        return true
      }
    }
  }),
  breaks(
    "SESSION-7",
    "any-secret-will-do",
    "welcomes everybody who says that they have a session",
    whenSaid((said) =>
      isRefusal(said, "session-expired")
        ? [{ ...success(said.to!)!, session: "x".repeat(16), resumed: true }]
        : undefined
    )
  ),
  breaks(
    "SESSION-7",
    "tells-that-there-is-one",
    "answers the session of another nick by nick-taken",
    whenSaid((said) =>
      isRefusal(said, "session-expired") ? [refusal(said.object["re"], "nick-taken", "nick")] : undefined
    )
  ),
  breaks("SESSION-8", "sessions-without-end", "welcomes by a session that was ended by a goodbye", () => {
    const ended = new Set<string>()
    const secrets = new Map<number, string>()
    return whenSaid((said, wire) => {
      const { object, to, type } = said
      if (type === "welcome" && object["session"] !== undefined) secrets.set(wire.nth, String(object["session"]))
      if (type === "bye" && to !== undefined && secrets.has(wire.nth)) ended.add(secrets.get(wire.nth)!)
      if (!isRefusal(said, "session-expired") || !ended.has(String(to?.["session"]))) return undefined
      return [{ ...success(to!)!, session: to!["session"], resumed: true }]
    })()
  }),
  breaks(
    "SESSION-8",
    "keeps-the-nick-after-goodbye",
    "keeps the nick of whoever had a session, also after a goodbye",
    () => {
      const kept = new Set<string>()
      const { note, hasSession } = makeRegister()
      const { reply, request } = insteadOf((object) =>
        object["type"] === "login" && object["session"] === undefined && kept.has(String(object["nick"]))
          ? refusal(object["id"], "nick-taken", "nick")
          : undefined
      )()
      return {
        request: request!,
        reply: (said, wire) => {
          if (said.type === "bye" && said.to !== undefined && hasSession(wire)) kept.add(String(wire.nick()))
          note(said, wire)
          return reply!(said, wire)
        }
      }
    }
  ),
  durable(
    breaks("SESSION-9", "sessions-of-one-life", "knows no session of before its start", () => {
      const known = new Set<string>()
      const { reply, request } = insteadOf((object) =>
        isReturn(object) && !known.has(String(object["session"]))
          ? refusal(object["id"], "session-expired", "session")
          : undefined
      )()
      return {
        request: request!,
        reply: (said, wire) => {
          if (said.type === "welcome") known.add(String(said.object["session"]))
          return reply!(said, wire)
        }
      }
    })
  ),
  durable(
    breaks(
      "SESSION-9",
      "a-second-after-the-start",
      "gives the nicks of before its start to others after one second",
      () => {
        const began = performance.now()
        const taken = new Set<string>()
        return whenSaid((said) => {
          if (said.type === "welcome") taken.add(String(said.object["nick"]))
          const isFree = isRefusal(said, "nick-taken") && !taken.has(String(said.to?.["nick"]))
          return isFree && performance.now() - began > 1_000 ? [success(said.to!)!] : undefined
        })()
      }
    )
  ),
  durable(
    breaks("SESSION-9", "nicks-of-one-life", "gives the nicks of before its start to others", () => {
      const taken = new Set<string>()
      return whenSaid((said) => {
        if (said.type === "welcome") taken.add(String(said.object["nick"]))
        const isFree = isRefusal(said, "nick-taken") && !taken.has(String(said.to?.["nick"]))
        return isFree ? [success(said.to!)!] : undefined
      })()
    })
  ),
  breaks("SESSION-10", "gossips", "shows everybody the sessions of those who talk", () => {
    const secrets = new Map<string, unknown>()
    return whenSaid(({ object, type }) => {
      if (type === "welcome" && object["session"] !== undefined) secrets.set(String(object["nick"]), object["session"])
      const session = type === "message" ? secrets.get(String(object["from"])) : undefined
      return session === undefined ? undefined : [{ ...object, session }]
    })()
  })
]

/** Stands before a server that keeps its logs and its sessions. */
function durable(mutant: Mutant): Mutant {
  return { ...mutant, host: "durable" }
}

export const resume: ReadonlyArray<Mutant> = [...keys, ...sessions]
