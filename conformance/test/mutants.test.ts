import { describe, expect, it } from "vitest"
import { catalogue } from "../mutants/catalogue.ts"
import { assign, unkilled } from "../mutants/killers.ts"
import type { Mutant } from "../mutants/mutant.ts"
import { better, endOf, isGood, type Judged } from "../mutants/outcome.ts"
import type { TestReport } from "../src/run/drive.ts"
import type { Verdict } from "../src/verdict.ts"
import { kept, report, run } from "./results.ts"

const deaf: Mutant = { who: "server", breaks: "FRAME-2", name: "deaf", does: "hears nothing", tap: () => ({}) }

/** A test that has come to a verdict, and has judged some requirements broken. */
const test = (title: string, verdict: Verdict, ...broken: ReadonlyArray<string>): TestReport => {
  const judged = Object.fromEntries(broken.map((id) => [id, { kept: 0, broken: 1 }]))
  return report(title, { ...kept, verdict, judged })
}

const ended = (mutant: Mutant, tests: ReadonlyArray<TestReport>, hits = 1) => endOf(mutant, run(tests), hits).end

describe("A mutant", () => {
  it("is killed by a test that judges its own requirement broken, and by no other", () => {
    expect(ended(deaf, [test("one", "passed"), test("two", "failed", "FRAME-2")])).toBe("killed")
    expect(ended(deaf, [test("one", "failed", "FRAME-3")])).toBe("killed by another")
    expect(ended(deaf, [test("one", "blocked")])).toBe("killed by another")
  })

  it("survives when it was exercised and all was green, and is never hit when it wasn't", () => {
    expect(ended(deaf, [test("one", "passed")])).toBe("survived")
    expect(ended(deaf, [test("one", "passed")], 0)).toBe("never hit")
  })

  it("is void when no test names its requirement or none ran, and inconclusive when none came to a verdict", () => {
    expect(ended(deaf, [])).toBe("void")
    expect(ended(deaf, [test("one", "not run")])).toBe("void")
    expect(ended(deaf, [test("one", "inconclusive")])).toBe("inconclusive")
  })

  it("that is annotated as equivalent fails the run if it is killed after all", () => {
    const annotated = { ...deaf, equivalent: "nobody can see it" }
    expect(ended(annotated, [test("one", "passed")])).toBe("equivalent")
    expect(ended(annotated, [test("one", "failed", "FRAME-2")])).toBe("void")
  })

  it("is good when every test of its list has killed it, in whatever attempt", () => {
    const kill = (title: string) => ({ title, millis: 1 })
    const first: Judged = {
      mutant: deaf,
      end: "killed",
      by: "one",
      hits: 1,
      kills: [kill("one")],
      missed: ["two"],
      attempt: 1
    }
    const second: Judged = { ...first, end: "survived", by: "", kills: [], attempt: 2 }
    const third: Judged = { ...first, by: "two", kills: [kill("two")], missed: [], attempt: 3 }
    expect([first, better(first, second), better(first, third)].map(isGood)).toEqual([false, false, true])
    expect(better(first, second)).toMatchObject({ end: "killed", by: "one", missed: ["two"], attempt: 2 })
  })

  it("has a name of its own", () => {
    const names = catalogue.map(({ name }) => name)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })
})

describe("The lists of killers", () => {
  const titles = new Set(["one", "two", "three"])
  const found = new Map([
    [
      "a",
      [
        { title: "one", millis: 9 },
        { title: "two", millis: 1 }
      ]
    ],
    ["b", [{ title: "two", millis: 5 }]]
  ])

  it("hold the quickest killer of each mutant, and every test that kills one", () => {
    expect(assign({}, ["a", "b"], titles, found)).toEqual({ a: ["two", "one"], b: ["two"] })
    expect(unkilled(titles, { a: ["two", "one"], b: ["two"] })).toEqual(["three"])
  })

  it("keep what still kills, so that they change little", () => {
    expect(assign({ a: ["one"], b: ["two"] }, ["a", "b"], titles, found)).toEqual({ a: ["one"], b: ["two"] })
  })

  it("lose mutants and tests that aren't there any more, and tests that kill no more", () => {
    expect(assign({ a: ["three", "gone"], gone: ["one"] }, ["a"], titles, new Map())).toEqual({ a: ["three"] })
    expect(assign({ b: ["three"] }, ["b"], titles, found)).toEqual({ b: ["two"], a: undefined })
  })
})
