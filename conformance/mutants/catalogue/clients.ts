/** Mutants of the terminal client: what it hears and says is changed on the way. */
import type { JsonObject } from "@tertulia/protocol"
import { clientBreaks, isRefusal, whenAsked, whenSaid } from "../breaks.ts"
import type { Mutant, Tap, Wire } from "../mutant.ts"

/** Ends the process when something comes that it can't stand. */
const diesOf = (odd: (object: JsonObject, type: string) => boolean): (() => Tap) =>
  whenSaid(({ object, type }, wire) => {
    if (!odd(object, type)) return undefined
    wire.hit()
    process.exit(1)
  })

const withoutCursor = (join: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(join).filter(([field]) => field !== "after" && field !== "epoch"))

/** What a client has sent on its earlier connections without getting a reply, and may send once more by itself. */
const unanswered = () => {
  const sends = new Map<unknown, JsonObject>()
  let ids = 1_000_000
  return {
    sends,
    note: (object: JsonObject | undefined) => {
      if (object?.["type"] === "send" && !sends.has(object["text"])) sends.set(object["text"], object)
    },
    /** Sends these again; the replies are for nobody. */
    repeat: (wire: Wire, again: ReadonlyArray<JsonObject>) => {
      for (const send of again) {
        wire.hit()
        wire.toServer({ ...send, id: ++ids })
      }
    },
    isForNobody: (object: JsonObject) => Number(object["re"]) > 1_000_000
  }
}

/** What a client is told that is to come back at once, whatever the server has said. */
const comeAtOnce: JsonObject = { type: "bye", code: "shutting-down", message: "by a mutant", reconnectAfter: 0 }

const events = ["hello", "message", "member", "ping", "bye"]

export const clients: ReadonlyArray<Mutant> = [
  clientBreaks(
    "FRAME-1",
    "two-lines-for-one",
    "breaks each object across two lines",
    whenAsked(({ text }) => [...text.replace(",", ",\n").split("\n")])
  ),
  clientBreaks(
    "FRAME-10",
    "knows-no-limits",
    "sends texts of any length in one line",
    whenSaid(({ object, type }) =>
      type === "hello" ? [{ ...object, limits: { line: 16_777_216, text: 1_048_576 } }] : undefined
    )
  ),
  clientBreaks("FRAME-11", "hoards-bytes", "keeps whatever comes until an LF does", () => ({
    reply: (_, wire) => {
      wire.hit()
      return undefined
    }
  })),
  clientBreaks("FRAME-12", "one-recv-one-line", "takes what one `recv` returns for one line", () => ({
    replyBytes: (chunk, wire) => {
      if (chunk.at(-1) === 0x0a) return [chunk]
      wire.hit()
      return [chunk, Buffer.from("\n")]
    }
  })),
  clientBreaks("FRAME-12", "cuts-characters", "decodes each segment by itself", () => ({
    replyBytes: (chunk, wire) => {
      const text = chunk.toString()
      if (text.includes("\ufffd")) wire.hit()
      return [Buffer.from(text)]
    }
  })),
  clientBreaks(
    "REPLY-11",
    "forgets-the-room",
    "leaves `room` out of `send`",
    whenAsked(({ object }) =>
      object?.["type"] === "send"
        ? [Object.fromEntries(Object.entries(object).filter(([field]) => field !== "room"))]
        : undefined
    )
  ),
  clientBreaks("REPLY-12", "says-it-again", "sends again, when it comes back, what had no reply", () => {
    const { isForNobody, note, repeat, sends } = unanswered()
    return {
      request: ({ object }) => void note(object),
      reply: ({ object, to, type }, wire) => {
        if (isForNobody(object)) return []
        if (type === "sent" && to !== undefined) sends.delete(to["text"])
        if (type === "joined") repeat(wire, [...sends.values()])
        return undefined
      }
    }
  }),
  clientBreaks(
    "REPLY-12",
    "trusts-an-ended-session",
    "sends again under a new session without looking at the log",
    () => {
      const { isForNobody, note, repeat, sends } = unanswered()
      const expired = new Set<number>()
      return {
        request: ({ object }) => void note(object),
        reply: (said, wire) => {
          if (isForNobody(said.object)) return []
          if (isRefusal(said, "session-expired")) expired.add(wire.nth)
          if (said.type === "joined" && expired.has(wire.nth)) repeat(wire, [...sends.values()])
          return undefined
        }
      }
    }
  ),
  clientBreaks(
    "KEY-8",
    "draws-a-key-each-time",
    "sends again under another key",
    whenAsked(({ object }, wire) =>
      object?.["type"] === "send" && "key" in object && wire.nth > 1
        ? [{ ...object, key: `${object["key"]}-${wire.nth}` }]
        : undefined
    )
  ),
  clientBreaks("KEY-8", "sends-again-backwards", "sends again the last first", () => {
    const { isForNobody, note, repeat, sends } = unanswered()
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] !== "send" || wire.nth > 1) return undefined
        note(object)
        // Whoever waits for a reply gets one: all is sent, and this client itself repeats it.
        const { id, room } = object
        wire.toClient({ type: "sent", re: id, room, seq: sends.size, at: "2026-11-20T20:08:00.000Z" })
        return undefined
      },
      reply: ({ object, type }, wire) => {
        if (isForNobody(object)) return []
        if (type === "joined" && wire.nth > 1) repeat(wire, [...sends.values()].reverse())
        return undefined
      }
    }
  }),
  clientBreaks(
    "SESSION-11",
    "fights-for-its-session",
    "comes back when its session goes on elsewhere",
    whenSaid(({ object }) => (object["code"] === "replaced" ? [comeAtOnce] : undefined))
  ),
  clientBreaks(
    "JSON-10",
    "odd-integers",
    "writes integers with a fraction of zero",
    whenAsked(({ text }) => [text.replace(/"id":(\d+)/u, '"id":$1.0')])
  ),
  clientBreaks(
    "HEART-5",
    "deaf-to-pings",
    "doesn't answer the event `ping`",
    whenSaid(({ object, type }) => (type === "ping" && !("re" in object) ? [] : undefined))
  ),
  clientBreaks(
    "HEART-6",
    "never-doubts",
    "waits for a silent server for ever",
    whenSaid(({ object, type }) => (type === "hello" ? [{ ...object, heartbeat: 300 }] : undefined))
  ),
  clientBreaks("CATCH-7", "shows-whatever-comes", "takes an entry that it has for a new one", () => {
    const last = new Map<string, number>()
    const placeOf = (wire: Wire, room: unknown) => `${wire.nth} ${String(room)}`
    return {
      reply: ({ object, type }, wire) => {
        const place = placeOf(wire, object["room"])
        if (type === "joined") last.set(place, Number(object["head"]))
        if (type !== "message") return undefined
        const seq = (last.get(place) ?? 0) + 1
        last.set(place, seq)
        if (seq === object["seq"]) return undefined
        wire.hit()
        return [{ ...object, seq }]
      }
    }
  }),
  clientBreaks("CATCH-7", "loses-its-place", "begins a room anew when it comes back", () => ({
    request: ({ object }, wire) => (object?.["type"] === "join" && wire.nth > 1 ? [withoutCursor(object)] : undefined),
    reply: ({ object, type }, wire) => {
      if (type !== "joined" || wire.nth === 1) return undefined
      wire.hit()
      return [{ ...object, head: 0, resumed: false }]
    }
  })),
  clientBreaks(
    "CATCH-9",
    "sees-holes",
    "takes no notice of entries of a kind that it doesn't know",
    whenSaid(({ object, type }) =>
      "seq" in object && "room" in object && !("re" in object) && !events.includes(type) ? [] : undefined
    )
  ),
  clientBreaks(
    "CATCH-8",
    "has-no-cursor",
    "comes back without saying what it has",
    whenAsked(({ object }) => (object?.["type"] === "join" && "after" in object ? [withoutCursor(object)] : undefined))
  ),
  clientBreaks(
    "END-9",
    "comes-back-where-it-may-not",
    "comes back after a `bye` that forbids it",
    whenSaid(({ object }) =>
      ["line-too-long", "not-tertulia"].includes(String(object["code"])) ? [comeAtOnce] : undefined
    )
  ),
  clientBreaks(
    "END-9",
    "comes-back-too-soon",
    "doesn't wait for `reconnectAfter`",
    whenSaid(({ object }) => (Number(object["reconnectAfter"]) > 0 ? [comeAtOnce] : undefined))
  ),
  clientBreaks("END-9", "storms", "comes back at once, time and again", () => {
    const left = new Set<number>()
    const hurry = (wire: Wire) => {
      left.add(wire.nth)
      wire.hit()
      wire.toClient(comeAtOnce)
    }
    return {
      reply: ({ type }, wire) => {
        if (type !== "bye") return undefined
        hurry(wire)
        return []
      },
      serverEnded: (wire) => {
        if (!left.has(wire.nth)) hurry(wire)
        return true
      }
    }
  }),
  clientBreaks(
    "EXT-2",
    "dies-of-unknown-events",
    "ends when an event comes that it doesn't know",
    diesOf((object, type) => !("re" in object) && !events.includes(type))
  ),
  clientBreaks(
    "EXT-2",
    "dies-of-unknown-fields",
    "ends when an object has a field that it doesn't know",
    diesOf((object) => "x-suite" in object)
  ),
  clientBreaks(
    "EXT-2",
    "ignores-the-prefix",
    "takes an event of somebody's own type for the one that it knows",
    whenSaid(({ object, type }) => (type === "x-suite/message" ? [{ ...object, type: "message" }] : undefined))
  ),
  clientBreaks(
    "EXT-6",
    "dies-of-other-rooms",
    "ends when an event comes of a room whose name is of another kind",
    diesOf((object, type) => type === "message" && !String(object["room"]).startsWith("#"))
  )
]
