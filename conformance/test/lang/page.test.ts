import { describe, expect, it } from "vitest"
import type { Lane } from "../../src/history.ts"
import { pageIn, wordsIn } from "../../src/lang/page.ts"
import { resultsIn } from "../../src/lang/results.ts"
import { pagePhrasesOf } from "../../src/lang/spoken.ts"
import { htmlReport } from "../../src/report/html.ts"
import { withStories } from "../../src/run/histories.ts"
import { type Outcome, verdicts } from "../../src/verdict.ts"
import { kept, report, requirements, run, target } from "../results.ts"

const told = (verdict: Outcome["verdict"]): Outcome => ({
  ...kept,
  verdict,
  reason: verdict === "blocked" ? "blocked by LOGIN-1" : "LOGIN-1 is broken",
  finding: { requirement: "LOGIN-1", sent: "nothing at all, by leo", expected: "`pong`, each time", got: "a reply" },
  judged: verdict === "failed" ? { "A-1": { kept: 1, broken: 1 } } : {},
  replay: { seed: 1, path: "0", counterexample: "passed" },
  notes: ["it is shown"],
  crash: {
    how: "exit code 1",
    report: { line: "AddressSanitizer: SEGV" },
    output: "the last words",
    remarks: [
      "written in C or C++, it says itself where this happens when it is compiled with -g -fsanitize=address,undefined"
    ]
  },
  transcripts: [
    { who: "ana", localPort: 4711, leftOut: 2, moments: [{ at: 1, what: "sent", text: "passed", bytes: 6 }] },
    {
      who: "its terminal",
      localPort: undefined,
      leftOut: 0,
      moments: [{ at: 1, what: "note", text: "FIN came", bytes: 0 }]
    }
  ]
})

const everyVerdict = verdicts
  .filter((verdict) => verdict !== "stale expected failure")
  .map((verdict, nth) => report(`a nick has one holder ${nth}`, told(verdict)))

const replayed = {
  finding: { requirement: "ORDER-2", expected: "a reply", got: "a reply" },
  replay: { seed: 1, path: "0", counterexample: "passed", hits: { runs: 10, broken: 7 } }
} as const

/** One entry, and the number before it is nobody's. */
const holed: ReadonlyArray<Lane> = [
  {
    who: "ana",
    nick: "ana",
    observations: [
      { moment: 1, sent: { type: "join", id: 1, room: "#a" } },
      { moment: 2, got: { type: "joined", re: 1, room: "#a", epoch: "k", first: 1, head: 0, members: ["ana"] } },
      {
        moment: 3,
        got: { type: "message", room: "#a", seq: 2, from: "leo", text: "a", at: "2026-11-20T20:08:00.000Z" }
      }
    ]
  }
]

const pages = [
  run(everyVerdict, { faults: ["connecting took more than 5 ms"] }),
  run([report("a nick has one holder", told("failed")), report("a nick has one holder", told("blocked"))]),
  run([report("a nick has one holder", kept)]),
  withStories(
    run([report("a nick has one holder", { ...told("failed"), ...replayed, history: holed })]),
    "/dev/null/nowhere"
  ),
  run([]),
  run([report("a nick has one holder", kept)], {}, { ...target, who: "client", given: "./chat" })
].map((results) => htmlReport(resultsIn("es", results), requirements))

/** What is data, a name or Spanish already, and not the page's to say. */
const isData = (text: string): boolean =>
  /^(?:A |core$|wire$|spec\/|line 65536|[A-Z]+-[0-9]|MUST|SHOULD|localhost|\.\/chat|LOGIN-1 no|a nick has|send|join(?:ed)? #a|\{"type"|✗|sent$|passed$)/u.test(
    text
  ) ||
  /[áéíóúñ«]|^(?:ana|la entrada 2|que prospera|Siga un$|su terminal|nada de nada|una respuesta|se muestra|cada vez|, cada vez|bloqueada por LOGIN-1)/u.test(
    text
  )

describe("The page in Spanish", () => {
  it("says nothing of its own in English", () => {
    const { knows } = pagePhrasesOf("es")
    const said = [...new Set(pages.flatMap(wordsIn))].filter((text) => /\p{Ll}{2}/u.test(text) && !isData(text))
    expect(said.length).toBeGreaterThan(60)
    expect(said.filter((text) => !knows(text))).toEqual([])
  })

  it("has no English word left where it has spoken", () => {
    const english = /\b(?:the|and|of|to|with|this|that|what|from|was|were|is|are|test|tests|sentence|chunks?)\b/u
    const said = [...new Set(pages.map((page) => pageIn("es", page)).flatMap(wordsIn))]
    expect(
      said.filter((text) => english.test(text) && !/^(?:A |\{")/u.test(text) && !text.startsWith("a nick"))
    ).toEqual([])
  })

  it("has the words of its language, and says which that is", () => {
    const page = pageIn("es", pages[1]!)
    expect(page).toContain('<html lang="es">')
    expect(page).toContain('<a href="#summary">Resumen</a>')
    expect(page).toContain('aria-label="Pruebas por veredicto"')
    expect(page).toContain("bloquea 1 prueba más")
  })

  it("leaves code, scripts and styles as they are, byte by byte", () => {
    const raw = /<(code|pre|script|style)\b[^>]*>.*?<\/\1>/gsu
    for (const page of pages) expect(pageIn("es", page).match(raw)).toEqual(page.match(raw))
  })

  it("is the same page in English", () => expect(pages.map((page) => pageIn("en", page))).toEqual(pages))
})
