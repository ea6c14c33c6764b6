/** Mutants of the terminal client: what it hears and says is changed on the way. */
import type { JsonObject } from "@tertulia/protocol"
import { clientBreaks, whenAsked, whenSaid } from "../breaks.ts"
import type { Mutant, Tap, Wire } from "../mutant.ts"

/** Ends the process when something comes that it can't stand. */
const diesOf = (odd: (object: JsonObject, type: string) => boolean): (() => Tap) =>
  whenSaid(({ object, type }, wire) => {
    if (!odd(object, type)) return undefined
    wire.hit()
    process.exit(1)
  })

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
  )
]
