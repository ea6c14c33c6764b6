/** Mutants of spec/order.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, hasStoodStill, isBye, isRefusal, refusal, swapsTexts, whenAsked, whenSaid } from "../breaks.ts"
import type { Answered, Mutant, Passed, Tap, Wire } from "../mutant.ts"

/** Changes the numbers of entries, wherever they stand. */
const renumbered = (
  { object, type }: Answered,
  change: (seq: number, room: string) => number
): JsonObject | undefined => {
  const room = String(object["room"])
  if (type === "message" || type === "sent") return { ...object, seq: change(Number(object["seq"]), room) }
  if (type === "joined" && Number(object["head"]) > 0) return { ...object, head: change(Number(object["head"]), room) }
  return undefined
}

const one = (object: JsonObject | undefined): Passed => (object === undefined ? undefined : [object])

/** Whether this says that the entries after the cursor follow, and some do. */
const beginsReplay = ({ object, to, type }: Answered): boolean =>
  type === "joined" && object["resumed"] === true && Number(to?.["after"]) < Number(object["head"])

/** Tells, of each `message`, whether it is a replayed one: what comes up to the head that `joined` has named. */
const replays = () => {
  const heads = new Map<string, number>()
  return (said: Answered, wire: Wire): boolean => {
    const key = `${wire.nth} ${String(said.object["room"])}`
    if (said.type === "joined") heads.set(key, beginsReplay(said) ? Number(said.object["head"]) : 0)
    return said.type === "message" && Number(said.object["seq"]) <= (heads.get(key) ?? 0)
  }
}

/** Says what `isLate` accepts some milliseconds later than it ought to, in the order in which it came. */
const late = (isLate: (said: Answered, wire: Wire) => boolean): Tap => ({
  reply: (said, wire) => {
    if (!isLate(said, wire)) return undefined
    wire.hit()
    setTimeout(() => wire.toClient(said.text), 25)
    return []
  }
})

/** Hands the events of a room to connections that are not in it. */
const leaks = (type: string, isOutside: (wire: Wire, room: string) => boolean) => (): Tap => {
  const told = new Set<string>()
  return {
    reply: (said, wire) => {
      const room = String(said.object["room"])
      if (said.type !== type || "re" in said.object || told.has(said.text)) return undefined
      told.add(said.text)
      for (const other of wire.all()) {
        if (other.rooms.has(room) || !isOutside(other, room)) continue
        wire.hit()
        other.toClient(said.text)
      }
      return undefined
    }
  }
}

/** Exchanges one of so many entries with the next, for whoever didn't send it, if that comes within a moment. */
const outOfOrder = (every: number) => (): Tap => {
  const held = new Map<number, string>()
  let nth = 0
  return {
    reply: ({ object, text, type }, wire) => {
      const before = held.get(wire.nth)
      if (before !== undefined) {
        held.delete(wire.nth)
        if (type === "message") wire.hit()
        return type === "message" ? [text, before] : [before, text]
      }
      if (type !== "message" || object["from"] === wire.nick() || ++nth % every !== 0) return undefined
      held.set(wire.nth, text)
      setTimeout(() => {
        if (held.get(wire.nth) !== text) return
        held.delete(wire.nth)
        wire.toClient(text)
      }, 3)
      return []
    }
  }
}

const soon = 20

/** Hands on what was held back as soon as `isFree`, looking every few milliseconds; a mutant's process ends with its run. */
const holding = (isFree: (wire: Wire) => boolean) => {
  const held: Array<readonly [Wire, string]> = []
  const release = () => {
    const ready = held.filter(([wire]) => isFree(wire))
    const rest = held.filter(([wire]) => !isFree(wire))
    held.splice(0, held.length, ...rest)
    for (const [wire, line] of ready) wire.toClient(line)
  }
  setInterval(release, soon).unref()
  return {
    hold: (wire: Wire, line: string) => held.push([wire, line]),
    isHeld: (wire: Wire) => held.some(([other]) => other === wire)
  }
}

const isTold = ({ object, type }: Answered): boolean => type === "message" && String(object["room"]).startsWith("@")

/** What rooms have of fairness, and conversations have not. */
const inPrivate: ReadonlyArray<Mutant> = [
  breaks("FLOW-1", "tells-nobody-meanwhile", "sends no entries of conversations while somebody doesn't read", () => {
    const isStuck = (wire: Wire) => wire.all().some((other) => other !== wire && other.unsent() > 0)
    const { hold, isHeld } = holding((wire) => !isStuck(wire))
    return {
      reply: (said, wire) => {
        if (!isTold(said) || !(isStuck(wire) || isHeld(wire))) return undefined
        wire.hit()
        hold(wire, said.text)
        return []
      }
    }
  }),
  breaks("FLOW-2", "keeps-what-is-told", "stores without end what somebody doesn't read of conversations", () => {
    const { hold, isHeld } = holding((wire) => wire.unsent() === 0)
    return {
      reply: (said, wire) => {
        if (!isTold(said) || (wire.unsent() === 0 && !isHeld(wire))) return undefined
        wire.hit()
        hold(wire, said.text)
        return []
      }
    }
  }),
  breaks("FLOW-5", "forgets-what-is-told", "drops entries of conversations for whoever doesn't read", () => {
    let nth = 0
    return whenSaid((said, wire) => (isTold(said) && wire.unsent() > 0 && ++nth % 2 === 0 ? [] : undefined))()
  })
]

export const order: ReadonlyArray<Mutant> = [
  // One log
  breaks(
    "ORDER-1",
    "two-versions",
    "shows every second connection another text",
    whenSaid(({ object, type }, wire) =>
      type === "message" && wire.nth % 2 === 0 ? [{ ...object, text: `${String(object["text"])}.` }] : undefined
    )
  ),
  breaks("ORDER-1", "another-replay", "shows another text when an entry is replayed", () => {
    const isReplayed = replays()
    return whenSaid((said, wire) =>
      isReplayed(said, wire) ? [{ ...said.object, text: `${String(said.object["text"])} (replayed)` }] : undefined
    )()
  }),
  breaks(
    "ORDER-2",
    "every-second-number",
    "numbers entries 2, 4, 6, ...",
    whenSaid((said) => one(renumbered(said, (seq) => 2 * seq)))
  ),
  breaks("ORDER-2", "one-count-for-all", "numbers the entries of all rooms by one count", () => {
    let last = 0
    const numbers = new Map<string, number>()
    const numberOf = (seq: number, room: string) => {
      const key = `${room} ${seq}`
      const known = numbers.get(key)
      if (known !== undefined) return known
      last += 1
      numbers.set(key, last)
      return last
    }
    return whenSaid((said) => one(renumbered(said, numberOf)))()
  }),
  breaks("ORDER-3", "loses-what-waited", "loses what came while it stood still, for everybody but the sender", () => {
    const isDrowsy = hasStoodStill(50)
    return whenSaid(({ object, type }, wire) =>
      type === "message" && object["from"] !== wire.nick() && isDrowsy() ? [] : undefined
    )()
  }),
  breaks("ORDER-3", "loses-one", "loses every seventh entry for whoever didn't send it", () => {
    let nth = 0
    return whenSaid(({ object, type }, wire) => {
      if (type !== "message" || object["from"] === wire.nick()) return undefined
      nth += 1
      return nth % 7 === 0 ? [] : undefined
    })()
  }),
  breaks("ORDER-3", "repeats-one", "sends every seventh entry twice", () => {
    let nth = 0
    return whenSaid(({ text, type }) => {
      if (type !== "message") return undefined
      nth += 1
      return nth % 7 === 0 ? [text, text] : undefined
    })()
  }),
  breaks("ORDER-3", "subscribes-late", "loses the entry that comes right after `joined`", () => {
    const joined = new Map<string, number>()
    return whenSaid(({ object, type }, wire) => {
      const key = `${wire.nth} ${String(object["room"])}`
      if (type === "joined") joined.set(key, Number(object["head"]))
      const isFirst =
        type === "message" && object["from"] !== wire.nick() && object["seq"] === (joined.get(key) ?? -1) + 1
      return isFirst && Number(object["seq"]) > 1 ? [] : undefined
    })()
  }),
  breaks("ORDER-3", "subscribes-first", "sends once more, after `joined`, the entry that its head counts", () => {
    const last = new Map<unknown, string>()
    return whenSaid(({ object, text, type }) => {
      if (type === "message") last.set(object["room"], text)
      const entry = last.get(object["room"])
      return type === "joined" && Number(object["head"]) > 0 && entry !== undefined && !("resumed" in object)
        ? [text, entry]
        : undefined
    })()
  }),
  breaks("ORDER-3", "out-of-order", "sends two entries in the wrong order when they come at once", outOfOrder(1)),
  breaks(
    "ORDER-3",
    "out-of-order-now-and-then",
    "sends every fifth entry after the next, to those who didn't send it, when both come at once",
    outOfOrder(5)
  ),
  breaks("ORDER-4", "overtakes", "appends two messages of one sender in the wrong order", swapsTexts(1)),
  breaks("ORDER-6", "loses-the-middle", "loses one of the lines that it has read when their connection breaks", () => {
    const held = new Map<Wire, Array<string>>()
    // One at a time, so that there are some when it breaks.
    const handOn = (wire: Wire) => {
      const lines = held.get(wire)
      const line = lines?.shift()
      if (line === undefined) return void held.delete(wire)
      wire.toServer(line)
      setTimeout(() => handOn(wire), 5)
    }
    return {
      request: ({ object, text }, wire) => {
        const lines = held.get(wire)
        if (lines !== undefined) lines.push(text)
        else if (object?.["type"] !== "send") return undefined
        else {
          held.set(wire, [text])
          handOn(wire)
        }
        return []
      },
      clientGone: (wire) => {
        const lines = held.get(wire) ?? []
        held.delete(wire)
        if (lines.length > 1) wire.hit()
        for (const line of lines.slice(1)) wire.toServer(line)
        wire.endServer()
        return false
      }
    }
  }),
  breaks(
    "ORDER-5",
    "numbers-by-pairs",
    "gives the second of two entries the lower number",
    whenSaid((said) => one(renumbered(said, (seq) => (seq % 2 === 1 ? seq + 1 : seq - 1))))
  ),

  // Epochs
  breaks(
    "EPOCH-1",
    "head-falls",
    "says a head that lies one below the last entry",
    whenSaid(({ object, type }) =>
      type === "joined" && Number(object["head"]) > 0 ? [{ ...object, head: Number(object["head"]) - 1 }] : undefined
    )
  ),
  breaks(
    "EPOCH-2",
    "one-epoch-for-all",
    "has one epoch for all rooms",
    whenSaid(({ object, type }) => (type === "joined" ? [{ ...object, epoch: "always" }] : undefined))
  ),
  breaks(
    "EPOCH-2",
    "named-after-the-room",
    "has the same epoch when a forgotten room comes back",
    whenSaid(({ object, type }) =>
      type === "joined" ? [{ ...object, epoch: String(object["room"]).slice(1, 33) }] : undefined
    )
  ),
  breaks("EPOCH-2", "counts-epochs-from-one", "numbers its logs from 1 on, each time that it is started", () => {
    const names = new Map<string, string>()
    return whenSaid(({ object, type }) => {
      if (type !== "joined") return undefined
      const log = String(object["epoch"])
      if (!names.has(log)) names.set(log, `log-${names.size + 1}`)
      return [{ ...object, epoch: names.get(log) }]
    })()
  }),
  breaks("EPOCH-3", "epoch-per-join", "has a new epoch for every join", () => {
    let nth = 0
    return whenSaid(({ object, type }) => {
      nth += 1
      return type === "joined" ? [{ ...object, epoch: `e${nth}` }] : undefined
    })()
  }),

  // Isolation
  breaks(
    "ISOLATE-1",
    "broadcasts",
    "sends entries to everybody",
    leaks("message", () => true)
  ),
  breaks(
    "ISOLATE-1",
    "broadcasts-members",
    "sends `member` events to everybody who has logged in",
    leaks("member", (wire) => wire.nick() !== undefined)
  ),
  breaks("ISOLATE-1", "cannot-let-go", "goes on sending entries to those who have left", () => {
    const left = new Map<string, number>()
    const tap = leaks("message", (wire, room) => left.has(`${wire.nth} ${room}`))()
    return {
      reply: (said, wire) => {
        if (said.type === "left") left.set(`${wire.nth} ${String(said.object["room"])}`, wire.nth)
        return tap.reply?.(said, wire)
      }
    }
  }),

  // Catching up
  breaks(
    "CATCH-1",
    "never-says-resumed",
    "doesn't say `resumed`",
    whenSaid(({ object, type }) => {
      const { resumed, ...rest } = object
      return type === "joined" && resumed !== undefined ? [rest] : undefined
    })
  ),
  breaks(
    "CATCH-1",
    "always-says-resumed",
    "says `resumed` to a join without a cursor",
    whenSaid(({ object, type }) =>
      type === "joined" && object["resumed"] === undefined ? [{ ...object, resumed: false }] : undefined
    )
  ),
  breaks("CATCH-2", "skips-the-first", "leaves out the first entry of a replay", () => {
    const isReplayed = replays()
    const isFirst = new Map<number, boolean>()
    return whenSaid((said, wire) => {
      if (said.type === "joined") isFirst.set(wire.nth, true)
      if (!isReplayed(said, wire) || isFirst.get(wire.nth) !== true) return undefined
      isFirst.set(wire.nth, false)
      return []
    })()
  }),
  breaks("CATCH-2", "forgets-to-replay", "says that it resumes, and replays nothing", () => {
    const isReplayed = replays()
    return whenSaid((said, wire) => (isReplayed(said, wire) ? [] : undefined))()
  }),
  breaks(
    "CATCH-3",
    "resumes-anything",
    "says that it resumes from whatever cursor",
    whenSaid(({ object }) => (object["resumed"] === false ? [{ ...object, resumed: true }] : undefined))
  ),
  breaks("CATCH-3", "replays-a-part", "replays the last entry when it can't replay all", () => {
    const last = new Map<unknown, string>()
    return whenSaid(({ object, text, type }) => {
      if (type === "message") last.set(object["room"], text)
      const entry = last.get(object["room"])
      return object["resumed"] === false && entry !== undefined ? [text, entry] : undefined
    })()
  }),
  breaks("CATCH-4", "replays-when-idle", "answers the next request before the replay", () => {
    const isReplayed = replays()
    const held = new Map<number, Array<string>>()
    return {
      reply: (said, wire) => {
        const waiting = held.get(wire.nth) ?? []
        if (isReplayed(said, wire)) {
          held.set(wire.nth, [...waiting, said.text])
          return []
        }
        if (waiting.length === 0) return undefined
        held.delete(wire.nth)
        wire.hit()
        return [said.text, ...waiting]
      }
    }
  }),
  breaks(
    "CATCH-5",
    "guesses-the-epoch",
    "accepts a cursor without an epoch",
    whenAsked(({ object }) =>
      object?.["type"] === "join" && "after" in object && !("epoch" in object)
        ? [{ ...object, epoch: "whatever" }]
        : undefined
    )
  ),

  // The barrier
  breaks("SYNC-1", "synced-too-early", "says `synced` before the entries of others", () =>
    late(({ object, type }, wire) => type === "message" && object["from"] !== wire.nick())
  ),
  breaks("SYNC-1", "members-come-late", "says `synced` before the `member` events", () =>
    late(({ type }) => type === "member")
  ),
  breaks("SYNC-1", "one-room-in-time", "says `synced` before the entries of all rooms but the first", () => {
    const held = new Map<number, Array<string>>()
    return {
      reply: ({ object, text, type }, wire) => {
        const late = held.get(wire.nth) ?? []
        if (type === "message" && object["room"] !== [...wire.rooms][0]) {
          held.set(wire.nth, [...late, text])
          return []
        }
        if (type !== "synced" || late.length === 0) return undefined
        wire.hit()
        held.delete(wire.nth)
        return [text, ...late]
      }
    }
  }),

  // Fairness
  breaks("FLOW-1", "dies-of-sigpipe", "ends when it answers somebody who has gone", () => {
    const ended = new Set<number>()
    return {
      clientEnded: ({ nth }) => {
        ended.add(nth)
        return true
      },
      reply: ({ to }, wire) => {
        if (!ended.has(wire.nth) || to === undefined) return undefined
        wire.hit()
        for (const other of wire.all()) other.resetClient()
        return []
      }
    }
  }),
  breaks("FLOW-1", "busy-with-the-dead", "answers nobody who comes within two seconds after a reset", () => {
    const ended = new Set<number>()
    const unlucky = new Set<number>()
    let busy = false
    return {
      opened: ({ nth }) => {
        if (busy) unlucky.add(nth)
      },
      clientEnded: ({ nth }) => {
        ended.add(nth)
        return true
      },
      clientGone: ({ nth }) => {
        if (!ended.has(nth)) {
          busy = true
          setTimeout(() => {
            busy = false
          }, 2_000)
        }
        return true
      },
      reply: ({ type }, wire) => {
        if (!unlucky.has(wire.nth) || type === "hello") return undefined
        wire.hit()
        return []
      }
    }
  }),
  breaks("FLOW-1", "waits-for-the-slowest", "sends nothing to anybody while somebody doesn't read", () => {
    const isStuck = (wire: Wire) => wire.all().some((other) => other !== wire && other.unsent() > 0)
    const { hold, isHeld } = holding((wire) => !isStuck(wire))
    return {
      reply: ({ text }, wire) => {
        if (!isStuck(wire) && !isHeld(wire)) return undefined
        wire.hit()
        hold(wire, text)
        return []
      }
    }
  }),
  breaks("FLOW-1", "waits-for-the-silent", "sends no entries while a connection has not logged in", () => {
    const isDoor = (wire: Wire) => wire.all().some((other) => other.nick() === undefined)
    const { hold, isHeld } = holding((wire) => !isDoor(wire))
    return {
      reply: ({ text, type }, wire) => {
        if (type !== "message" || !(isDoor(wire) || isHeld(wire))) return undefined
        wire.hit()
        hold(wire, text)
        return []
      }
    }
  }),
  breaks("FLOW-2", "keeps-the-frozen", "stores without end what somebody doesn't read", () => {
    const { hold, isHeld } = holding((wire) => wire.unsent() === 0)
    return {
      reply: ({ text }, wire) => {
        if (wire.unsent() === 0 && !isHeld(wire)) return undefined
        wire.hit()
        hold(wire, text)
        return []
      }
    }
  }),
  breaks(
    "FLOW-4",
    "cuts-without-a-word",
    "doesn't say `slow-consumer`",
    whenSaid((said) => (isBye(said, "slow-consumer") ? [] : undefined))
  ),
  breaks(
    "FLOW-5",
    "cuts-in-the-middle",
    "says `bye` in the middle of a line",
    whenSaid((said) => (isBye(said, "slow-consumer") ? [`{"type":"message","room":"#ca${said.text}`] : undefined))
  ),
  ...inPrivate.map((mutant): Mutant => ({ ...mutant, host: "durable" })),
  breaks("FLOW-5", "empties-its-queue", "throws away what waits, and goes on, before it ends a connection", () => {
    let nth = 0
    return whenSaid(({ type }, wire) => {
      if (type !== "message" || wire.unsent() === 0) return undefined
      nth += 1
      return nth % 2 === 0 ? [] : undefined
    })()
  }),
  breaks("FLOW-8", "refuses-the-nostalgic", "replays no more to whoever has had much of the past", () => {
    const counts = new Map<number, number>()
    return whenSaid(({ object, type }, wire) => {
      if (type !== "joined" || object["resumed"] !== true) return undefined
      const count = (counts.get(wire.nth) ?? 0) + 1
      counts.set(wire.nth, count)
      return count > 20 ? [refusal(object["re"], "limit-reached")] : undefined
    })()
  }),
  {
    ...breaks("FLOW-8", "refuses-the-curious", "searches no more for whoever has found much", () => {
      const counts = new Map<number, number>()
      return whenSaid(({ to, type }, wire) => {
        if (type !== "search") return undefined
        const count = (counts.get(wire.nth) ?? 0) + 1
        counts.set(wire.nth, count)
        return count > 100 ? [refusal(to?.["id"], "limit-reached")] : undefined
      })()
    }),
    host: "durable"
  },
  breaks("FLOW-6", "impatient-with-readers", "ends a connection whose replies must wait", () => ({
    reply: (_, wire) => {
      if (wire.unsent() === 0) return undefined
      wire.hit()
      wire.toClient({ type: "bye", code: "slow-consumer", message: "read faster" })
      wire.endClient()
      wire.endServer()
      return []
    }
  })),
  breaks(
    "FLOW-7",
    "skips-for-the-slow",
    "drops entries for whoever reads slowly",
    whenSaid(({ type }, wire) => (type === "message" && wire.unsent() > 0 ? [] : undefined))
  ),
  breaks(
    "CATCH-5",
    "names-no-epoch",
    "doesn't say that it is the epoch that is missing",
    whenSaid((said) => {
      const { field, ...rest } = said.object
      return isRefusal(said, "bad-request") && field === "epoch" ? [rest] : undefined
    })
  )
]
