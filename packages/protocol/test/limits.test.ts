import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import {
  AnnouncedLimits,
  defaultLimits,
  Event,
  effectiveLimits,
  type LimitName,
  limitFaults,
  limitNames,
  limitRegistry,
  Reply,
  richLine
} from "../src/index.ts"

const minimal = Object.fromEntries(limitNames.map((name) => [name, limitRegistry[name].minimum]))

describe("Limits", () => {
  it("may be announced as they are by default", () => {
    expect(limitFaults(defaultLimits)).toEqual([])
    expect(Schema.is(AnnouncedLimits)(defaultLimits)).toBe(true)
  })

  it("may all be at their minimum, with a backlog for the shortest line", () => {
    expect(limitFaults(effectiveLimits(minimal))).toEqual([])
    expect(Schema.is(AnnouncedLimits)(minimal)).toBe(true)
  })

  it("have their default where a hello doesn't announce them", () => {
    expect(effectiveLimits({})).toEqual(defaultLimits)
    expect(effectiveLimits({ text: 1_000 })).toEqual({ ...defaultLimits, text: 1_000 })
  })

  it.each(limitNames)("have an integer of at least the minimum for %s", (name: LimitName) => {
    for (const value of [limitRegistry[name].minimum - 1, limitRegistry[name].default + 0.5, Number.NaN]) {
      expect(limitFaults({ ...defaultLimits, [name]: value })[0]).toContain(`limits.${name} is ${value}`)
      expect(Schema.is(AnnouncedLimits)({ [name]: value })).toBe(false)
    }
  })

  it("leave a line room for the text that is spelled longest", () => {
    expect(limitFaults({ ...defaultLimits, line: 6 * 4_096 + 2_048 })).toEqual([])
    expect(limitFaults({ ...defaultLimits, line: 6 * 4_096 + 2_047 })).toEqual([
      "limits.line is 26623: it must be at least 6 x limits.text + 2,048 = 26624"
    ])
  })

  it("leave a line room for all that a message can have, wherever it is shown (LIMIT-3, RICH-6)", () => {
    const most = Number.MAX_SAFE_INTEGER
    const [nick, key] = ["n".repeat(32), "k".repeat(64)]
    const core = { type: "message", seq: most, from: nick, text: "x", key, at: "2026-11-20T20:08:00.000Z" } as const
    const rich = {
      ...core,
      edited: most,
      replyTo: most,
      mentions: Array.from({ length: 32 }, (_, index) => `${index}`.padStart(32, "n")),
      reactions: Array.from({ length: defaultLimits.reactions }, (_, index) => ({
        reaction: "ñ".repeat(30) + `${index}`.padStart(4, "0"),
        count: most
      })),
      reacted: most
    } as const
    const re = 2_147_483_647
    const log = { epoch: "e".repeat(32), first: most, head: most }
    const shownAs = (item: typeof core | typeof rich) => [
      { ...item, room: `@${nick}`, epoch: log.epoch },
      { type: "history", re, room: `@${nick}`, ...log, entries: [item], more: true },
      { type: "conversations", re, conversations: [{ room: `@${nick}`, ...log, last: item }], more: true },
      { type: "search", re, results: [{ ...item, room: `#${nick}` }], more: true, next: "n".repeat(128) }
    ]
    // Everything but the text, as a server spells it that escapes whatever isn't ASCII.
    const bytes = (object: unknown) => JSON.stringify(object).replaceAll("ñ", "\\u00f1").length + 1
    for (const object of [...shownAs(core), ...shownAs(rich)]) {
      expect(Schema.is("re" in object ? Reply : Event)(object)).toBe(true)
    }
    expect(Math.max(...shownAs(core).map(bytes))).toBeLessThanOrEqual(2_048)
    expect(Math.max(...shownAs(rich).map(bytes))).toBeLessThanOrEqual(richLine({ ...defaultLimits, text: 0 }))
  })

  it("leave a backlog room for two lines", () => {
    expect(limitFaults({ ...defaultLimits, line: 65_536, backlog: 131_072 })).toEqual([])
    expect(limitFaults({ ...defaultLimits, line: 65_537, backlog: 131_072 })).toEqual([
      "limits.backlog is 131072: it must be at least 2 x limits.line = 131074"
    ])
  })

  it("that nobody knows are ignored", () => {
    expect(Schema.decodeUnknownSync(AnnouncedLimits)({ text: 2_000, "x-suite/cats": "many" })).toEqual({ text: 2_000 })
  })
})
