import { describe, expect, it } from "vitest"
import { languageOf, languageWanted } from "../../src/lang/language.ts"
import { resultsIn } from "../../src/lang/results.ts"
import { titleContains } from "../../src/lang/spoken.ts"
import { wordsOf } from "../../src/lang/words.ts"
import { junitReport } from "../../src/report/junit.ts"
import { plainStyle } from "../../src/report/style.ts"
import { closingLines } from "../../src/report/terminal.ts"
import type { TestReport } from "../../src/run/drive.ts"
import { resultsOf, type Target } from "../../src/run/results.ts"
import { readRequirementsIn } from "../../src/spec/translations.ts"

describe("The language of a run", () => {
  it("is that of the locale: LC_ALL before LC_MESSAGES before LANG", () => {
    expect(languageOf({})).toBe("en")
    expect(languageOf({ LANG: "es_MX.UTF-8" })).toBe("es")
    expect(languageOf({ LC_MESSAGES: "es", LANG: "en_US.UTF-8" })).toBe("es")
    expect(languageOf({ LC_ALL: "C", LC_MESSAGES: "es_AR", LANG: "es_AR" })).toBe("en")
    expect(languageOf({ LC_ALL: "", LANG: "es_CO" })).toBe("es")
  })

  it("is English for languages that only begin alike", () => {
    expect(languageOf({ LANG: "est_EE" })).toBe("en")
    expect(languageOf({ LANG: "de_DE" })).toBe("en")
  })

  it("is what --lang says, whatever the locale", () => {
    expect(languageWanted(["--list", "--lang", "es"], {})).toBe("es")
    expect(languageWanted(["--lang=en"], { LANG: "es_MX" })).toBe("en")
    expect(languageWanted(["--lang", "fr"], { LANG: "es_MX" })).toBe("es")
    expect(languageWanted(["--lang"], {})).toBe("en")
  })
})

describe("The title of a test", () => {
  it("is found by a text of either language, without regard to capitals and accents", () => {
    const title = "whoever joins a room that isn't there creates it"
    expect(titleContains(title, "Isn't There")).toBe(true)
    expect(titleContains(title, "no existe la crea")).toBe(true)
    expect(titleContains("a slice is as long as was asked for", "PIDIÓ")).toBe(true)
    expect(titleContains("a slice is as long as was asked for", "pidio")).toBe(true)
    expect(titleContains(title, "nobody")).toBe(false)
    expect(titleContains(title, "")).toBe(true)
  })
})

const target: Target = {
  who: "server",
  given: "localhost:7331",
  host: "localhost",
  port: 7331,
  hello: undefined,
  roundTrip: 1,
  profiles: ["core"]
}

const title = "a nick has one holder"
const report: TestReport = {
  title,
  ids: ["LOGIN-2"],
  profile: "core",
  kind: "scenario",
  selected: true,
  chapter: "session",
  outcome: {
    verdict: "failed",
    reason: "LOGIN-2 is broken",
    finding: {
      requirement: "LOGIN-2",
      sent: '{"type":"login","id":1,"nick":"a reply"}',
      expected: 'an `error` with "re":1, with "code":"nick-taken" and "field":"nick"',
      got: 'nothing of the kind for 5000 ms, but {"type":"welcome","re":1,"nick":"a reply"}'
    },
    warnings: [],
    judged: { "LOGIN-2": { kept: 0, broken: 1 } },
    transcripts: [
      {
        who: "its terminal",
        localPort: 4711,
        leftOut: 0,
        moments: [
          { at: 1, what: "sent", text: "the end of the connection", bytes: 25 },
          { at: 2, what: "note", text: "FIN came", bytes: 0 }
        ]
      }
    ],
    connections: 1,
    millis: 5
  }
}

describe("A run in Spanish", () => {
  const requirements = readRequirementsIn("es")
  const words = wordsOf("es")
  const english = resultsOf(
    target,
    1,
    { plan: [report], reports: [report], faults: [] },
    readRequirementsIn("en"),
    1_000
  )
  const results = resultsIn("es", english)
  const text = closingLines({ ...plainStyle, words }, results, requirements)

  it("tells a failure from the title to the verdict in Spanish", () => {
    expect(text).toContain("FALLIDA  session > un nick lo tiene una sola conexión")
    expect(text).toContain("Un servidor DEBE responder `nick-taken` a un `login` mientras")
    expect(text).toContain('esperado  un `error` con "re":1, con "code":"nick-taken" y "field":"nick"')
    expect(text).toContain("- llegó FIN")
    expect(text).toMatch(/no conforme: core$/u)
  })

  it("leaves bytes and JSON as they were", () => {
    expect(text).toContain(
      'llegó     nada por el estilo durante 5000 ms, pero {"type":"welcome","re":1,"nick":"a reply"}'
    )
    expect(text).toContain("> the end of the connection")
  })

  it("knows a test by its English title: in the command that runs it again, and for build servers", () => {
    expect(text).toContain(`--grep '${title}'`)
    expect(junitReport(results, requirements, words)).toContain(`name="${title}"`)
    expect(results.tests.map((test) => test.title)).toEqual([title])
  })

  it("says for build servers, too, what was wrong in Spanish", () => {
    const xml = junitReport(results, requirements, words)
    expect(xml).toContain('message="LOGIN-2 no se cumple"')
    expect(xml).toContain("esperado: un `error`")
    expect(xml).toContain('name="sentence" value="Un servidor DEBE')
  })

  it("counts in the singular and in the plural", () => {
    expect([1, 2].map((count) => words.count("failed", count))).toEqual(["1 fallida", "2 fallidas"])
    expect([1, 2].map(words.tests)).toEqual(["1 prueba", "2 pruebas"])
  })

  it("has labels that leave the column where it is", () => {
    const long = Object.values(words.labels).filter((label) => label.length > 10)
    expect(long).toEqual([])
  })
})
