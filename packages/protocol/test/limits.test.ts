import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import {
  AnnouncedLimits,
  defaultLimits,
  effectiveLimits,
  type LimitName,
  limitFaults,
  limitNames,
  limitRegistry
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
