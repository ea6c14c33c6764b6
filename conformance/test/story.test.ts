import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { historyIn, historyJson } from "../src/history/file.ts"
import { firstFound } from "../src/history/shrink.ts"
import { type Story, storyOf } from "../src/history/story.ts"
import type { Lane } from "../src/history.ts"
import { spanish } from "../src/lang/es.ts"
import { storyFigure } from "../src/report/html/lanes.ts"
import { htmlReport } from "../src/report/html.ts"
import { jsonReport } from "../src/report/json.ts"
import { junitReport } from "../src/report/junit.ts"
import { markdownReport } from "../src/report/markdown.ts"
import { storyLines } from "../src/report/story.ts"
import { plainStyle, styleOf } from "../src/report/style.ts"
import { closingLines } from "../src/report/terminal.ts"
import { withStories } from "../src/run/histories.ts"
import { kept, report, requirements, run } from "./results.ts"
import { isWellFormed } from "./well-formed.ts"
import { drawn, faults, historyOf } from "./world.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const room = "#cafe-x1"
const at = "2026-11-20T20:08:00.000Z"
const joined = (re: number, members: ReadonlyArray<string>) =>
  ({ type: "joined", re, room, epoch: "7h2", first: 1, head: 0, members }) as const
const message = (seq: number) =>
  ({ type: "message", room, seq, from: "ana-x1", text: seq === 1 ? "hola" : "¿qué tal?", at }) as const
const sent = (re: number, seq: number) => ({ type: "sent", re, room, seq, at }) as const

/** leo misses the first of ana's two entries; eva has nothing to do with it. */
const lanes: ReadonlyArray<Lane> = [
  {
    who: "ana",
    nick: "ana-x1",
    observations: [
      { moment: 1, sent: { type: "join", id: 4, room } },
      { moment: 2, got: joined(4, ["ana-x1"]) },
      { moment: 9, sent: { type: "send", id: 5, room, text: "hola" } },
      { moment: 10, got: message(1) },
      { moment: 11, got: sent(5, 1) },
      { moment: 12, sent: { type: "send", id: 6, room, text: "¿qué tal?" } },
      { moment: 13, got: message(2) },
      { moment: 14, got: sent(6, 2) }
    ]
  },
  {
    who: "leo",
    nick: "leo-x1",
    observations: [
      { moment: 3, sent: { type: "join", id: 8, room } },
      { moment: 4, got: joined(8, ["ana-x1", "leo-x1"]) },
      { moment: 15, got: message(2) }
    ]
  },
  { who: "eva", nick: "eva-x1", observations: [{ moment: 5, sent: { type: "ping", id: 2 } }], ended: 6 }
]

const story: Story = storyOf(lanes)!

const results = withStories(
  run([
    report("all see one log", {
      ...kept,
      verdict: "failed",
      finding: { requirement: "ORDER-3", expected: "a", got: "b" },
      replay: { seed: 1, path: "3", counterexample: "[]", hits: { runs: 10, broken: 7 } },
      history: lanes
    })
  ]),
  mkdtempSync(join(tmpdir(), "tertulia-story-"))
)

describe("The story of a history", () => {
  it("is what is needed to see what is wrong, under short names, with numbers from 1", () => {
    expect(story.lanes.map(({ who }) => who)).toEqual(["ana", "leo"])
    expect(story.violation).toMatchObject({ who: "leo", expected: expect.stringContaining("#cafe after 0") })
    expect(story.recorded).toEqual({ connections: 3, observations: 12 })
    expect(JSON.stringify(story.lanes)).not.toMatch(/x1|7h2/u)
    const moments = story.lanes.flatMap(({ observations }) => observations.map(({ moment }) => moment))
    expect(moments.toSorted((one, other) => one - other)).toEqual(moments.map((_, nth) => nth + 1))
  })

  it("is one for whatever a server does wrong", () => {
    fc.assert(
      fc.property(drawn, fc.constantFrom(...faults), (steps, fault) => {
        const recorded = historyOf(steps, fault)
        const found = firstFound(recorded)
        expect(storyOf(recorded)?.requirement).toBe(found?.requirement)
      }),
      { numRuns: 30, endOnFailure: true }
    )
  }, 60_000)

  it("is none when nothing is wrong", () => {
    expect(storyOf(lanes.slice(0, 1))).toBeUndefined()
  })
})

describe("A story in the terminal", () => {
  it("has a lane per connection and a line per object, with the violation marked", () => {
    expect(storyLines(plainStyle, story)).toEqual([
      "  the least in which ORDER-3 is broken still: 8 of 12 lines, 2 of 3 connections; > sent, < came",
      "    ┌ ana",
      "    │ ┌ leo",
      "    > │  join #cafe",
      "    < │  joined #cafe epoch k1 head 0 ana",
      "    │ >  join #cafe",
      "    │ <  joined #cafe epoch k1 head 0 ana leo",
      "    > │  send #cafe “hola”",
      "    < │  message #cafe seq 1 ana “hola”",
      "    > │  send #cafe “¿qué tal?”",
      "    │ <  message #cafe seq 2 ana “¿qué tal?”  ✗",
      "  ✗ expected  the entry 1 of #cafe after 0, as each once and ascending",
      "    got       the entry 2"
    ])
  })

  it("fits a narrow terminal", () => {
    const narrow = storyLines({ ...plainStyle, width: 40 }, story).flatMap((lines) => lines.split("\n"))
    expect(narrow.filter((line) => [...line].length > 40)).toEqual([])
  })

  it("has colours on a terminal, and none with NO_COLOR", () => {
    const tty = { isTTY: true, columns: 80 }
    expect(storyLines(styleOf(tty, {}), story).join("")).toContain("\u001b[31m")
    expect(storyLines(styleOf(tty, { NO_COLOR: "1" }), story).join("")).not.toContain("\u001b")
  })

  it("is told in Spanish", () => {
    expect(storyLines({ ...plainStyle, words: spanish }, story)[0]).toContain(
      "lo mínimo en que aún se incumple ORDER-3"
    )
  })

  it("stands in place of the transcripts, with the rate of hits and the file of the whole", () => {
    const text = closingLines(plainStyle, results, requirements)
    expect(text).toContain("7 of 10 times")
    expect(text).toContain("│ <  message #cafe seq 2")
    expect(text).toMatch(/judge \S+history-1\.json/u)
  })
})

describe("A story in the other reports", () => {
  it("is a diagram with a name and an alternative in text, and can't become markup", () => {
    const { markup } = storyFigure(story, "your server")
    expect(isWellFormed(markup)).toBe(true)
    expect(markup).toContain(`role="img"`)
    expect(markup).toContain("lanes for ana, leo and your server")
    expect(markup.match(/class="received marked"/gu)).toHaveLength(1)
    const page = htmlReport(results, requirements)
    expect(page).toContain("The same as text")
    expect(page).toContain("│ &lt;  message #cafe seq 2")
    expect(page).toContain("7 of 10 times")
    const attack = `"><script>alert(1)</script>`
    const evil = { ...story, lanes: story.lanes.map((lane) => ({ ...lane, who: attack })) }
    expect(storyFigure(evil, attack).markup).not.toContain("<script>")
  })

  it("is text in Markdown and JUnit, and data in JSON, without the whole history", () => {
    expect(markdownReport(results, requirements)).toContain("> │  join #cafe")
    expect(junitReport(results, requirements)).toContain("&gt; │  join #cafe")
    const { tests } = JSON.parse(jsonReport(results)) as { readonly tests: ReadonlyArray<Record<string, unknown>> }
    expect(tests[0]).toHaveProperty("story.lanes")
    expect(tests[0]).not.toHaveProperty("history")
  })
})

describe("A history in a file", () => {
  it("is the history that was written", () => {
    expect(historyIn(historyJson(lanes))).toEqual(lanes)
    const [{ story: written }] = results.tests as readonly [(typeof results.tests)[number]]
    expect(historyIn(readFileSync(written!.file!, "utf8"))).toEqual(lanes)
  })

  it("is refused when it is none", () => {
    const json = historyJson(lanes)
    for (const bad of ["", "{}", json.replace("history/1", "history/9"), json.replace(`"join"`, `"jump"`)])
      expect(() => historyIn(bad)).toThrow()
    expect(() => historyIn(json.replace(`"who":"leo"`, `"who":"ana"`))).toThrow("two connections")
  })

  it("is judged again by the command line: all that it breaks, and nothing", () => {
    const folder = mkdtempSync(join(tmpdir(), "tertulia-history-"))
    const judge = (name: string, text: string, ...args: ReadonlyArray<string>) => {
      const file = join(folder, name)
      writeFileSync(file, text)
      return spawnSync(process.execPath, [main, "judge", file, ...args], { encoding: "utf8" })
    }
    const bad = judge("bad.json", historyJson(lanes))
    expect([bad.status, bad.stderr]).toEqual([1, ""])
    expect(bad.stdout).toContain("message #cafe seq 2 ana “¿qué tal?”  ✗")
    expect(bad.stdout).toMatch(/; broken: ORDER-3$/mu)
    const good = judge("good.json", historyJson(lanes.slice(0, 1)), "--lang", "es")
    expect([good.status, good.stdout]).toEqual([0, expect.stringContaining("ninguno incumplido")])
    const none = judge("none.json", "{}")
    expect(none.status).toBe(2)
    expect(none.stderr).toMatch(/^conformance: judge .*none\.json: .*\n$/su)
  }, 60_000)
})
