import { assert, describe, it } from "@effect/vitest"
import { hintsByRequirement } from "../src/hints/by-requirement.ts"
import { hintFor, hintOf as hintFrom } from "../src/hints.ts"
import { readRequirements } from "../src/spec/requirements.ts"
import type { TestPlan } from "../src/suite.ts"
import type { Finding, Outcome } from "../src/verdict.ts"
import { kept } from "./results.ts"

const plan = (id: string, kind: TestPlan["kind"] = "scenario"): TestPlan => ({
  title: "a test",
  ids: [id],
  profile: "core",
  kind,
  selected: true
})

const failed = (finding: Finding, chunks: ReadonlyArray<string> = []): Outcome => ({
  ...kept,
  verdict: "failed",
  reason: `${finding.requirement} is broken`,
  finding,
  transcripts: [
    {
      who: "ana",
      localPort: 1,
      leftOut: 0,
      moments: chunks.map((text) => ({ at: 1, what: "sent", text, bytes: text.length }))
    }
  ]
})

const hintOf = (test: TestPlan, outcome: Outcome) => hintFrom(test, outcome, "server")

const silence = "nothing of the kind for 5000 ms"
const badJson = '{"type":"error","code":"bad-json"}'

describe("Hints", () => {
  it("there is one for every requirement that can be broken, and none for what is only allowed", () => {
    for (const { id, level, removed } of readRequirements()) {
      if (removed === undefined) assert.strictEqual(hintFor(id) !== undefined, level !== "MAY", id)
    }
  })

  it("are one or two sentences that stand in a few lines", () => {
    for (const [id, hint] of Object.entries(hintsByRequirement)) {
      assert.match(hint, /^[A-Z`].*[.]$/u, id)
      assert.isBelow(hint.length, 330, id)
    }
  })

  it("a test that passed needs none", () => assert.isUndefined(hintOf(plan("FRAME-4"), kept)))

  it("are about the requirement that is broken, when the evidence says nothing more", () => {
    const outcome = failed({ requirement: "LOGIN-2", expected: "one `welcome`", got: "2" })
    assert.strictEqual(hintOf(plan("LOGIN-2"), outcome), hintsByRequirement["LOGIN-2"])
  })

  it("a warning has one, too", () => {
    const outcome: Outcome = {
      ...kept,
      verdict: "warned",
      warnings: [{ requirement: "FLOW-4", expected: "`bye`", got: "nothing" }]
    }
    assert.strictEqual(hintOf(plan("FLOW-2"), outcome), hintsByRequirement["FLOW-4"])
  })

  it("a line that was split, and refused as if its half were a line, is about recv", () => {
    const finding = { requirement: "REPLY-1", expected: "the reply to request 1", got: badJson } as const
    assert.include(
      hintOf(plan("REPLY-1"), failed(finding, ['{"type":"pi', 'ng","id":1}\\n']))!,
      "`recv` is not one message"
    )
    assert.notInclude(hintOf(plan("REPLY-1"), failed(finding, ['{"type":"ping","id":1}\\n']))!, "`recv` is not")
  })

  it("two lines in one segment, of which the second is never answered, are about recv", () => {
    const finding = { requirement: "REPLY-1", expected: "the reply to request 2", got: silence } as const
    const chunks = ['{"type":"ping","id":1}\\n{"type":"ping","id":2}\\n']
    assert.include(hintOf(plan("REPLY-1"), failed(finding, chunks))!, "`recv` is not one message")
    const vector = hintOf(plan("REPLY-1", "vector"), failed(finding, chunks))
    assert.strictEqual(vector, hintsByRequirement["REPLY-1"])
  })

  it("what was to be refused, and was, by another code, is not about recv", () => {
    const finding = { requirement: "TEXT-2", expected: "an `error` with the code `bad-text`", got: badJson } as const
    assert.strictEqual(hintOf(plan("TEXT-2"), failed(finding, ["{", "}\\n"])), hintsByRequirement["TEXT-2"])
  })

  it("a line that ends in CR LF and is refused is about the CR", () => {
    const finding = { requirement: "REPLY-1", expected: "the reply to request 1", got: badJson } as const
    const hint = hintOf(plan("REPLY-1"), failed(finding, ['{"type":"ping","id":1}\\r\\n']))
    assert.strictEqual(hint, hintsByRequirement["FRAME-2"])
  })

  it("what came and is no line of JSON is told by what is wrong with it", () => {
    const of = (got: string) =>
      hintOf(
        plan("SEND-2"),
        failed({ requirement: "FRAME-1", expected: "only objects that the schemas accept, one per line", got })
      )!
    assert.include(of("the line is not UTF-8"), "surrogate")
    assert.include(of('the line is not JSON: {"type":"pong","re":1}{"type":"pong","re":2}'), "share a line")
    assert.include(of('the line is not JSON: {"type":"message","text":"a "quote""}'), "a part of the line")
  })

  it("a server that says itself that it failed is sent to its log", () => {
    const finding = {
      requirement: "FRAME-3",
      expected: "the reply to request 1",
      got: '{"type":"bye","code":"internal"}'
    } as const
    assert.include(hintOf(plan("FRAME-3"), failed(finding))!, "Its log")
  })

  it("a reset, an end, a silence in what a test only relies on is told apart from its subject", () => {
    const of = (got: string, id = "TEXT-1") =>
      hintOf(plan(id), failed({ requirement: "SYNC-1", expected: "`synced`", got }))!
    assert.include(of("the connection was reset (ECONNRESET)"), "A reset")
    assert.include(of("the end of the connection (FIN)"), "hung up")
    assert.include(of(silence), "Nothing came at all")
    assert.strictEqual(of(silence, "SYNC-1"), hintsByRequirement["SYNC-1"])
  })

  it("what gives servers away says nothing of clients", () => {
    const silent = failed({ requirement: "SYNC-1", expected: "`synced`", got: silence })
    assert.strictEqual(hintFrom(plan("HEART-5"), silent, "client"), hintsByRequirement["SYNC-1"])
  })

  it("a target that is gone, or that a signal has ended, is told before anything else", () => {
    const gone: Outcome = {
      ...kept,
      verdict: "blocked",
      reason: 'blocked: the target is gone (x); these tests were running: "a"'
    }
    assert.include(hintOf(plan("SEND-1"), gone)!, "has ended")
    const of = (how: string, output = "") =>
      hintOf(plan("SEND-1"), {
        ...failed({ requirement: "END-10", expected: "the server goes on, whatever comes", got: `it died: ${how}` }),
        crash: { how, output, remarks: [] }
      })!
    assert.include(of("SIGPIPE"), "Ignore the signal")
    assert.include(of("exit code 1", "make: ended by SIGPIPE"), "Ignore the signal")
    assert.include(of("SIGSEGV"), "memory that isn't its own")
    assert.include(of("exit code 1", "ERROR: AddressSanitizer: heap-buffer-overflow"), "memory that isn't its own")
    assert.strictEqual(of("exit code 1", "KeyError: 'nick'"), hintsByRequirement["END-10"])
  })
})
