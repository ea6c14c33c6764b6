/** Mutants of spec/session.md. */
import { quick } from "../../src/run/target.ts"
import { breaks, hasStoodStill, isBye, isRefusal, refusal, success, whenAsked, whenSaid } from "../breaks.ts"
import type { Mutant, Wire } from "../mutant.ts"

/** Milliseconds of the reference server's heartbeat. */
const heartbeat = 1_000 * quick.heartbeat

export const session: ReadonlyArray<Mutant> = [
  breaks("HELLO-1", "waits-to-be-greeted", "says `hello` only after the client's first line", () => {
    const held = new Map<number, string>()
    return {
      reply: (said, wire) => {
        if (said.type !== "hello") return undefined
        held.set(wire.nth, said.text)
        wire.hit()
        return []
      },
      request: (_, wire) => {
        const hello = held.get(wire.nth)
        held.delete(wire.nth)
        if (hello !== undefined) wire.toClient(hello)
        return undefined
      }
    }
  }),
  breaks("HELLO-2", "greets-again", "says `hello` again after `welcome`", () => {
    let hello = ""
    return {
      reply: (said, wire) => {
        if (said.type === "hello") hello = said.text
        if (said.type !== "welcome") return undefined
        wire.hit()
        return [said.text, hello]
      }
    }
  }),
  breaks(
    "HELLO-3",
    "long-greeting",
    "greets in more than 4,096 bytes",
    whenSaid(({ object, type }) => (type === "hello" ? [{ ...object, motd: "x".repeat(4_096) }] : undefined))
  ),
  breaks(
    "HELLO-4",
    "another-protocol",
    "says `protocol` 2 to every connection but the first",
    whenSaid(({ object, type }, wire) => (type === "hello" && wire.nth > 1 ? [{ ...object, protocol: 2 }] : undefined))
  ),
  breaks(
    "HELLO-5",
    "hangs-up-when-full",
    "ends a connection too many without a word",
    whenSaid((said) => (isBye(said, "too-many-connections") ? [] : undefined))
  ),
  breaks(
    "REPLY-1",
    "unanswered-leave",
    "doesn't answer `leave`",
    whenSaid(({ type }) => (type === "left" ? [] : undefined))
  ),
  breaks("REPLY-1", "every-second-ping", "answers every second `ping` of a connection only", () => {
    const pongs = new Map<number, number>()
    return {
      reply: ({ type }, wire) => {
        if (type !== "pong") return undefined
        const count = (pongs.get(wire.nth) ?? 0) + 1
        pongs.set(wire.nth, count)
        if (count % 2 === 1) return undefined
        wire.hit()
        return []
      }
    }
  }),
  breaks(
    "REPLY-1",
    "answers-twice",
    "answers `ping` twice",
    whenSaid(({ text, type }) => (type === "pong" ? [text, text] : undefined))
  ),
  breaks("REPLY-2", "own-ids", "numbers its replies itself", () => {
    let re = 1_000_000
    return {
      reply: (said, wire) => {
        if (said.to === undefined || !("re" in said.object)) return undefined
        wire.hit()
        re += 1
        return [{ ...said.object, re }]
      }
    }
  }),
  breaks(
    "REPLY-2",
    "short-ids",
    "keeps an `id` in 16 bits",
    whenSaid(({ object }) =>
      Number(object["re"]) > 65_535 ? [{ ...object, re: Number(object["re"]) % 65_536 }] : undefined
    )
  ),
  breaks("REPLY-3", "pongs-first", "answers `ping` ahead of what was asked before", () => ({
    request: ({ object }, wire) => {
      if (object?.["type"] !== "ping") return undefined
      wire.hit()
      wire.toClient({ type: "pong", re: object["id"] })
      return []
    }
  })),
  breaks("REPLY-4", "last-first", "carries out a `leave` before the `send` that came with it", () => {
    const held = new Map<number, string>()
    return {
      request: ({ object, text }, wire) => {
        if (object?.["type"] === "send") {
          held.set(wire.nth, text)
          setTimeout(() => {
            const late = held.get(wire.nth)
            held.delete(wire.nth)
            if (late !== undefined) wire.toServer(late)
          }, 15)
          return []
        }
        const late = held.get(wire.nth)
        if (late === undefined) return undefined
        held.delete(wire.nth)
        wire.hit()
        return [text, late]
      }
    }
  }),
  breaks(
    "REPLY-5",
    "invents-an-id",
    "answers a request without usable `id` with `re` 1",
    whenSaid(({ object, type }) => (type === "error" && !("re" in object) ? [{ ...object, re: 1 }] : undefined))
  ),
  breaks(
    "REPLY-5",
    "ignores-bad-ids",
    "says nothing to a request without usable `id`",
    whenSaid(({ object, type }) => (type === "error" && !("re" in object) && object["field"] === "id" ? [] : undefined))
  ),
  breaks("REPLY-6", "ids-once", "refuses an `id` that was used before", () => {
    const used = new Map<number, Set<unknown>>()
    return {
      reply: (said, wire) => {
        if (said.to === undefined || said.type === "error") return undefined
        const ids = used.get(wire.nth) ?? new Set()
        used.set(wire.nth, ids)
        if (!ids.has(said.object["re"])) {
          ids.add(said.object["re"])
          return undefined
        }
        wire.hit()
        return [refusal(said.object["re"], "bad-request", "id")]
      }
    }
  }),
  breaks(
    "REPLY-7",
    "answers-some-day",
    "never answers `rooms`, and keeps the connection",
    whenSaid(({ type }) => (type === "rooms" ? [] : undefined))
  ),
  breaks("REPLY-8", "lazy-leave", "answers `leave` and `join` before they take effect", () => ({
    request: ({ object, text }, wire) => {
      if (object?.["type"] !== "leave" && object?.["type"] !== "login") return undefined
      const done = success(object)
      if (done === undefined) return undefined
      wire.hit()
      wire.toClient(done)
      setTimeout(() => wire.toServer(text), 200)
      return []
    },
    reply: (said) => (said.type === "left" || said.type === "welcome" ? [] : undefined)
  })),
  breaks(
    "REPLY-9",
    "seq-as-string",
    "sends `seq` as a string",
    whenSaid(({ object, type }) => (type === "sent" ? [{ ...object, seq: String(object["seq"]) }] : undefined))
  ),
  breaks(
    "REPLY-9",
    "re-in-events",
    "puts `re` into events",
    whenSaid(({ object, type }) => (type === "message" ? [{ ...object, re: 1 }] : undefined))
  ),
  breaks(
    "REPLY-10",
    "no-ping-at-the-door",
    "refuses `ping` before login",
    whenSaid(({ object, type }, wire) =>
      type === "pong" && wire.nick() === undefined ? [refusal(object["re"], "login-first")] : undefined
    )
  ),
  breaks(
    "REPLY-10",
    "no-ping-inside",
    "refuses `ping` after login",
    whenSaid(({ object, type }, wire) =>
      type === "pong" && wire.nick() !== undefined ? [refusal(object["re"], "already-logged-in")] : undefined
    )
  ),
  breaks(
    "LOGIN-1",
    "gives-another-nick",
    "welcomes under another nick",
    whenSaid(({ object, type }) =>
      type === "welcome" ? [{ ...object, nick: `${String(object["nick"]).slice(0, 30)}_` }] : undefined
    )
  ),
  breaks(
    "LOGIN-2",
    "two-of-a-name",
    "welcomes two people under one nick",
    whenSaid((said) =>
      isRefusal(said, "nick-taken") && said.to !== undefined
        ? [{ type: "welcome", re: said.object["re"], nick: String(said.to["nick"]).toLowerCase() }]
        : undefined
    )
  ),
  breaks(
    "LOGIN-3",
    "open-house",
    "answers a `join` before login as if it were joined",
    whenSaid((said) => {
      const done = isRefusal(said, "login-first") && said.to !== undefined ? success(said.to) : undefined
      return done === undefined ? undefined : [done]
    })
  ),
  breaks(
    "LOGIN-4",
    "renames",
    "lets a person log in again under another nick",
    whenSaid((said) => {
      const done = isRefusal(said, "already-logged-in") && said.to !== undefined ? success(said.to) : undefined
      return done === undefined ? undefined : [done]
    })
  ),
  breaks("LOGIN-5", "one-try", "ends the connection after a refused login", () => ({
    reply: (said, wire) => {
      if (!isRefusal(said, "nick-taken") && !isRefusal(said, "bad-name")) return undefined
      wire.hit()
      wire.toClient(said.text)
      wire.endClient()
      return []
    }
  })),
  breaks("LOGIN-6", "keeps-the-nick-a-while", "answers `bye` before the nick is free", () => ({
    request: ({ object, text }, wire) => {
      if (object?.["type"] !== "bye") return undefined
      wire.hit()
      wire.toClient({ type: "bye", re: object["id"] })
      wire.endClient()
      setTimeout(() => wire.toServer(text), 500)
      return []
    },
    reply: (said) => (said.type === "bye" && said.to !== undefined ? [] : undefined),
    clientEnded: () => false,
    clientGone: () => false
  })),
  breaks("LOGIN-7", "ghosts", "doesn't notice that a connection has broken", () => {
    const keep = (wire: Wire) => {
      wire.hit()
      const alive = setInterval(() => wire.toServer(""), heartbeat / 2)
      setTimeout(() => clearInterval(alive), 30 * heartbeat)
      return false
    }
    return { clientEnded: keep, clientGone: keep }
  }),
  breaks("LOGIN-8", "waits-for-ever", "never says `login-timeout`", () => ({
    reply: (said, wire) => {
      if (!isBye(said, "login-timeout")) return undefined
      wire.hit()
      return []
    },
    serverEnded: () => false
  })),
  breaks("LOGIN-8", "impatient", "says `login-timeout` after a second", () => ({
    opened: (wire) => {
      setTimeout(() => {
        if (wire.nick() !== undefined) return
        wire.hit()
        wire.toClient({ type: "bye", code: "login-timeout", message: "be quick" })
        wire.endClient()
        wire.endServer()
      }, 1_000)
    }
  })),
  breaks(
    "HEART-1",
    "never-asks",
    "doesn't send `ping`",
    whenSaid(({ object, type }) => (type === "ping" && !("re" in object) ? [] : undefined))
  ),
  breaks("HEART-2", "never-gives-up", "keeps a connection that is silent", () => ({
    opened: (wire) => {
      const alive = setInterval(() => wire.toServer(""), heartbeat / 2)
      setTimeout(() => clearInterval(alive), 30 * heartbeat)
      wire.hit()
    }
  })),
  breaks("HEART-3", "only-requests-count", "takes only whole requests for a sign of life", () => ({
    request: ({ object }, wire) => {
      if (object !== undefined) return undefined
      wire.hit()
      return []
    }
  })),
  breaks("HEART-4", "idle-while-busy", "calls a connection idle that it doesn't read", () => {
    const late = new Set<number>()
    return {
      request: (_, wire) => {
        if (late.has(wire.nth)) return undefined
        late.add(wire.nth)
        setTimeout(() => {
          if (wire.nick() === undefined) return
          wire.hit()
          wire.toClient({ type: "bye", code: "idle", message: "nothing was read" })
          wire.endClient()
        }, 2 * heartbeat)
        return undefined
      }
    }
  }),
  breaks(
    "END-1",
    "curt-goodbye",
    "ends the connection on `bye` without a reply",
    whenSaid(({ object, type }) => (type === "bye" && "re" in object ? [] : undefined))
  ),
  breaks("END-1", "goodbye-first", "answers `bye` ahead of earlier requests", () => ({
    request: ({ object }, wire) => {
      if (object?.["type"] !== "bye") return undefined
      wire.hit()
      wire.toClient({ type: "bye", re: object["id"] })
      return undefined
    },
    // The other replies are late, so that there always is one to be overtaken.
    reply: (said, wire) => {
      if (said.type !== "bye") setTimeout(() => wire.toClient(said.text), 25)
      return []
    },
    serverEnded: (wire) => {
      setTimeout(() => wire.endClient(), 50)
      return false
    }
  })),
  breaks("END-2", "hears-after-goodbye", "carries out what comes after `bye`", () => {
    const left = new Map<number, string>()
    return {
      request: ({ object, text }, wire) => {
        const bye = left.get(wire.nth)
        if (bye !== undefined) {
          wire.hit()
          return undefined
        }
        if (object?.["type"] !== "bye") return undefined
        left.set(wire.nth, text)
        setTimeout(() => wire.toServer(text), 30)
        return []
      }
    }
  }),
  breaks(
    "END-3",
    "one-more-thing",
    "says something after `bye`",
    whenSaid(({ text, type }) => (type === "bye" ? [text, '{"type":"ping"}'] : undefined))
  ),
  breaks("END-3", "never-hangs-up", "doesn't send FIN after `bye`", () => ({
    serverEnded: (wire) => {
      wire.hit()
      return false
    }
  })),
  breaks("END-4", "slams-the-door", "closes with unread input, so that TCP resets the connection", () => ({
    reply: (said, wire) => {
      if (said.type !== "bye") return undefined
      wire.hit()
      wire.toClient(said.text)
      wire.stopReading()
      setTimeout(() => wire.resetClient(), 5)
      return []
    },
    // The server's own FIN must not be there before the RST.
    serverEnded: () => false
  })),
  breaks("END-5", "fin-is-the-end", "drops what was asked before FIN", () => ({
    clientEnded: (wire) => {
      wire.hit()
      wire.endServer()
      wire.resetClient()
      return false
    },
    // Slow replies, as of a server that handles FIN before what it has read.
    reply: (said, wire) => {
      if (said.type === "hello") return undefined
      setTimeout(() => wire.toClient(said.text), 50)
      return []
    }
  })),
  breaks("END-6", "runs-the-torso", "carries out a last line without LF", () => ({
    clientEnded: (wire) => {
      wire.hit()
      wire.toServer("")
      return true
    }
  })),
  breaks("END-6", "old-buffers", "reads what a newcomer sends into the buffer of one that has gone", () => {
    const unended = new Map<number, Buffer>()
    const left: Array<Buffer> = []
    return {
      bytes: (chunk, wire) => {
        const old = unended.has(wire.nth) ? undefined : left.shift()
        if (old !== undefined) wire.hit()
        const whole = Buffer.concat([unended.get(wire.nth) ?? Buffer.alloc(0), chunk])
        unended.set(wire.nth, whole.subarray(whole.lastIndexOf(0x0a) + 1))
        return [...(old === undefined ? [] : [old]), chunk]
      },
      clientEnded: ({ nth }) => {
        const rest = unended.get(nth)
        if (rest !== undefined && rest.length > 0) left.push(rest)
        return true
      }
    }
  }),
  breaks(
    "END-7",
    "no-reason",
    "ends a connection without saying why",
    whenSaid(({ object, type }) => (type === "bye" && "code" in object ? [] : undefined))
  ),
  breaks(
    "END-8",
    "just-stops",
    "stops without `bye`",
    whenSaid((said) => (isBye(said, "shutting-down") ? [] : undefined))
  ),
  breaks(
    "LOGIN-3",
    "syncs-at-the-door",
    "takes `sync` before login for a `ping`",
    whenAsked(({ object }, wire) =>
      wire.nick() === undefined && object?.["type"] === "sync" ? [{ ...object, type: "ping" }] : undefined
    )
  ),
  breaks("HEART-7", "wakes-up-cross", "takes everybody who is silent for gone when it has stood still", () => {
    const isCross = hasStoodStill(1_000)
    return {
      reply: ({ text, type }, wire) => {
        if (type !== "ping" || !isCross()) return undefined
        wire.hit()
        wire.toClient(text)
        wire.toClient({ type: "bye", code: "idle", message: "nothing came" })
        wire.endClient()
        return []
      }
    }
  }),
  breaks("END-10", "falls-with-one", "loses all connections when one sends a line that is too long", () => ({
    reply: (said, wire) => {
      if (!isBye(said, "line-too-long")) return undefined
      wire.hit()
      for (const each of wire.all()) each.resetClient()
      return []
    }
  })),
  breaks("END-10", "table-of-the-dead", "keeps the place of whoever is gone without having said a line", () => {
    const strangers = new Set<number>()
    return {
      opened: (wire) => {
        if (strangers.size > 150) {
          wire.hit()
          wire.resetClient()
        }
        strangers.add(wire.nth)
      },
      request: (_, wire) => {
        strangers.delete(wire.nth)
        return undefined
      }
    }
  })
]
