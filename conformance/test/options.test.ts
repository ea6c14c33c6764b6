import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkIds, checkNumber, checkWords, parseTarget } from "../src/run/options.ts"
import { makeChapter, requirementsOf } from "../src/spec/requirements.ts"

const requirements = requirementsOf([
  makeChapter(
    "spec/order.md",
    `- <a id="ORDER-1"></a>**[ORDER-1]** A server MUST.
- <a id="ORDER-2"></a>**[ORDER-2]** *removed: it was silly*
- <a id="ORDER-3"></a>**[ORDER-3]** A server MUST.`
  )
])

describe("options", () => {
  it.effect("a target is host:port, also in IPv6", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* parseTarget("localhost:7331"), { host: "localhost", port: 7331 })
      assert.deepStrictEqual(yield* parseTarget("[::1]:7331"), { host: "::1", port: 7331 })
    })
  )

  it.effect.each([
    "",
    "localhost",
    "localhost:",
    ":7331",
    "localhost:0",
    "localhost:65536",
    "::1:7331",
    "a b:1",
    "a:1/x"
  ])("%s is no target", (target) =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(parseTarget(target))
      assert.include(reason, "write host:port")
    })
  )

  it.effect("requirements may be written small; others are refused with what there is", () =>
    Effect.gen(function* () {
      const check = (id: string) => checkIds("--requirement", [id], requirements)
      assert.deepStrictEqual(yield* check("order-1"), ["ORDER-1"])
      const messages = yield* Effect.forEach(["ORDER-9", "FOO-1", "ORDER-2"], (id) => Effect.flip(check(id)))
      assert.deepStrictEqual(
        messages.map(({ reason }) => reason),
        [
          "--requirement ORDER-9: the spec has no such requirement; there are ORDER-1 to ORDER-3",
          "--requirement FOO-1: the spec has no such requirement; see --list",
          "--requirement ORDER-2: it was removed (it was silly)"
        ]
      )
    })
  )

  it.effect("numbers and words out of range are refused", () =>
    Effect.gen(function* () {
      yield* checkNumber("--runs", 1, 1)
      yield* checkWords("--report", ["json"], ["json", "junit"])
      const number = yield* Effect.flip(checkNumber("--runs", 0, 1))
      const word = yield* Effect.flip(checkWords("--report", ["json", "morse"], ["json", "junit"]))
      assert.strictEqual(number.reason, "--runs 0: write a number of at least 1")
      assert.strictEqual(word.reason, "--report morse: write one of json, junit")
    })
  )
})
