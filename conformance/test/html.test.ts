import { assert, describe, it } from "@effect/vitest"
import { lanesFigure } from "../src/report/html/lanes.ts"
import { html, trusted } from "../src/report/html/markup.ts"
import { htmlReport } from "../src/report/html.ts"
import { kept, report, requirements, run, target } from "./results.ts"
import { isWellFormed } from "./well-formed.ts"

const attack = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`

const hostile = run(
  [
    report(attack, {
      ...kept,
      verdict: "failed",
      reason: attack,
      finding: { requirement: "HELLO-1", sent: attack, expected: attack, got: `{"type":"${attack}\u202e"}` },
      judged: { "A-1": { kept: 0, broken: 1 } },
      replay: { seed: 1, path: attack, counterexample: attack },
      notes: [attack],
      transcripts: [
        {
          who: attack,
          localPort: 4711,
          leftOut: 0,
          moments: [
            { at: 1, what: "received", text: `{"type":"hello","nick":"${attack}"}\\n${attack}`, bytes: 5 },
            { at: 2, what: "note", text: attack, bytes: 0 }
          ]
        }
      ]
    }),
    report("blocked", { ...kept, verdict: "blocked", reason: attack })
  ],
  { faults: [attack] },
  {
    ...target,
    given: attack,
    hello: { type: "hello", protocol: 1, server: attack, features: [], auth: ["guest"], limits: {}, heartbeat: 30 }
  }
)

describe("markup", () => {
  it("escapes whatever stands in a hole, and nothing else", () => {
    const { markup } = html`<b title="${`"'`}">${["<", 1, undefined, false, html`<i>${"&"}</i>`, trusted("<hr>")]}</b>`
    assert.strictEqual(markup, `<b title="&quot;&#39;">&lt;1<i>&amp;</i><hr></b>`)
  })

  it("shows what is invisible or turns the direction of writing", () => {
    assert.strictEqual(html`${"a\u202eb\u0000\ud800\n"}`.markup, "a\\u202eb\\u0000\\ud800\n")
  })
})

describe("the HTML report", () => {
  const page = htmlReport(hostile, requirements, "../")

  it("has no markup but its own, whatever the target sent", () => {
    assert.notInclude(page, "<script>alert")
    assert.notInclude(page, "<img")
    assert.notInclude(page, "\u202e")
    assert.lengthOf(page.match(/<script/gu)!, 1)
  })

  it("needs nothing else: no file, no address, and a policy that forbids both", () => {
    assert.notMatch(page, /(?:src|href)="(?:https?:)?\/\//u)
    assert.notMatch(page, /<link|@import|url\(/u)
    assert.include(page, "default-src &#39;none&#39;; style-src &#39;sha256-")
  })

  it("closes what it opens, and says each anchor once", () => {
    const body = page.slice(page.indexOf("<body>"), page.indexOf("<script>"))
    const asXml = body.replace(/ (?:hidden|checked)(?=[ >])/gu, "").replace(/<input([^>]*)>/gu, "<input$1/>")
    assert.isTrue(isWellFormed(`${asXml}</body>`), body)
    const anchors = [...page.matchAll(/ id="([^"]+)"/gu)].map((match) => match[1])
    assert.lengthOf(anchors, new Set(anchors).size)
    const links = [...page.matchAll(/ href="#([^"]+)"/gu)].map((match) => match[1])
    assert.deepStrictEqual(
      links.filter((link) => !anchors.includes(link) && link !== "HELLO-1"),
      []
    )
  })

  it("shows sentences with the way to them, evidence, transcripts and the command that runs a test again", () => {
    const good = htmlReport(run([report("all is well", kept)]), requirements, "../")
    assert.include(good, `href="../spec/wire.md#A-1"`)
    assert.include(good, "A server MUST say &lt;hola&gt; &amp; &quot;adiós&quot;.")
    assert.notInclude(good, "What went wrong")
    for (const part of ["Came instead", "Transcript of", "4711", "npm run conformance -- --target"]) {
      assert.include(page, part)
    }
  })
})

describe("the HTML report of a run with lists", () => {
  const finding = { requirement: "LOGIN-1", expected: "a", got: "b" } as const
  const reports = [report("known", { ...kept, verdict: "failed", finding })]
  const entries = [
    { test: "known", reason: "soon" },
    { test: "<gone>", reason: "once" }
  ]
  const scale = { points: { "A-1": 5, "A-2": 3 } }
  const lists = { today: "2026-01-01", failures: { file: "known.json", entries }, scale }
  const page = htmlReport(run(reports, {}, target, lists), requirements)

  it("says what was expected, and which entries are to go", () => {
    assert.include(page, "known to fail: soon")
    assert.include(page, "&lt;gone&gt;")
    assert.include(page, "stale expected failure")
  })

  it("shows the points", () => {
    assert.include(page, "<b>5</b> of 5 points")
    assert.include(page, "3 of 8 are open")
  })
})

describe("the diagram", () => {
  const moment = (at: number, what: "sent" | "received", text: string) => ({ at, what, text, bytes: text.length })
  const lane = (who: string, ...moments: ReadonlyArray<ReturnType<typeof moment>>) => ({
    who,
    localPort: 1,
    moments,
    leftOut: 0
  })

  it("draws one arrow for each object, in the order of time, and marks what was complained of", () => {
    const got = `{"type":"pong","re":7}`
    const { markup } = lanesFigure({
      target: "your server",
      got,
      transcripts: [
        lane(
          "ana",
          moment(1, "sent", `{"type":"ping","id":7}\\n{"type":"bye"}\\n`),
          moment(9, "received", `${got}\\n`)
        ),
        lane("leo", moment(5, "sent", `{"type":"join","id":1,"room":"#cafe"}\\n`))
      ]
    })
    const labels = [
      ...markup.matchAll(/class="(\w+)(?: marked)?"><title>.*?text-anchor|<text x="[^"]+" y="\d+">([^<]+)</gu)
    ]
    const said = labels.flatMap((match) => match[2] ?? [])
    assert.deepStrictEqual(said.slice(-4), ["ping id 7", "bye", "join id 1 #cafe", "✗ pong re 7"])
    assert.lengthOf(markup.match(/marked/gu)!, 1)
    assert.isTrue(isWellFormed(markup), markup)
  })

  it("leaves out the middle of a long story, and says how much", () => {
    const many = Array.from({ length: 100 }, (_, at) => moment(at, "sent", `{"type":"ping","id":${at}}\\n`))
    const { markup } = lanesFigure({ target: "your server", got: undefined, transcripts: [lane("ana", ...many)] })
    assert.include(markup, "68 more")
  })
})
