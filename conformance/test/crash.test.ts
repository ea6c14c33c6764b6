import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { crash } from "../crash/crash.ts"
import type { Notes } from "../crash/person.ts"
import { judge, type Stored, type Verdict } from "../crash/verdict.ts"

type Told = Stored & { readonly text: string }

const said = (seq: number, text: string): Told => ({ room: "#cafe", seq, from: "ana", text })

const notes = (acknowledged: ReadonlyArray<Told>, seen: ReadonlyArray<Told> = []): Notes => ({
  nick: "ana",
  acknowledged: acknowledged.map((entry) => ({ ...entry, key: entry.text })),
  changes: [],
  touched: new Set(),
  again: [],
  duplicates: [],
  refused: [],
  seen: new Map([["#cafe", seen.map(({ target: _, ...entry }): Message => ({ type: "message", at: "", ...entry }))]]),
  lanes: [],
  complaints: []
})

const kindsOf = (verdict: Verdict): ReadonlyArray<string> =>
  Object.entries(verdict).flatMap(([kind, found]) => (found.length > 0 ? [kind] : []))

const good = [said(1, "ana-1 x"), said(2, "ana-2 x"), said(3, "ana-4 x")]

const inPrivate = good.map((entry) => ({ ...entry, room: "@ana@leo" }))
const tells = (entries: ReadonlyArray<Told>) => notes(entries.map((entry) => ({ ...entry, room: "@leo" })))

const faults: ReadonlyArray<readonly [what: string, people: Notes, log: ReadonlyArray<Stored>, kinds: Array<string>]> =
  [
    ["what is there", notes([said(1, "ana-1 x"), said(2, "ana-2 x")], good), good, []],
    ["an entry that was acknowledged and isn't there", notes([said(4, "ana-5 x")]), good, ["lost"]],
    ["an entry that was acknowledged and is another", notes([said(3, "ana-3 x")]), good, ["lost"]],
    ["an entry that was shown and isn't there", notes([], [said(4, "ana-5 x")]), good, ["lost"]],
    ["an entry that is there twice", notes([]), [...good, said(4, "ana-4 x")], ["doubled"]],
    ["an entry before its predecessor", notes([]), [...good, said(4, "ana-3 x")], ["reordered"]],
    ["an entry that was refused", { ...notes([]), refused: [{ ...said(2, "ana-2 x"), key: "k2" }] }, good, ["ghosts"]],
    ["what was told to one person", tells(good), inPrivate, []],
    ["an entry that was told to one person and isn't there", tells([said(4, "ana-5 x")]), inPrivate, ["lost"]],
    ["an entry that was told to one person and stands elsewhere", tells(good), good, ["lost"]],
    ["a place without an entry", notes([]), [...good, said(5, "ana-5 x")], ["holes"]]
  ]

describe("the verdict of a crash test", () => {
  it.each(faults)("on %s", (_what, people, log, kinds) => {
    assert.deepStrictEqual(kindsOf(judge([people], log)), kinds)
  })
})

describe("a crash test", () => {
  it.live(
    "finds nothing wrong with the server",
    () =>
      Effect.map(
        crash({ kills: 2, seed: 1, isEarly: false, isFull: false, onKill: () => {} }),
        ({ acknowledged, stored, told, verdict }) => {
          assert.isAbove(told, 0)
          assert.isAbove(acknowledged, told)
          assert.strictEqual(stored, acknowledged)
          assert.deepStrictEqual(kindsOf(verdict), [])
        }
      ),
    120_000
  )

  it.live(
    "finds nothing wrong with the server on disks that are full",
    () =>
      Effect.map(
        crash({ kills: 3, seed: 1, isEarly: false, isFull: true, onKill: () => {} }),
        ({ refused, verdict }) => {
          assert.isAbove(refused, 0)
          assert.deepStrictEqual(kindsOf(verdict), [])
        }
      ),
    120_000
  )

  it.live(
    "finds out a server that acknowledges before it commits",
    () =>
      Effect.map(crash({ kills: 4, seed: 1, isEarly: true, isFull: false, onKill: () => {} }), ({ verdict }) => {
        assert.isAbove(verdict.lost.length, 0)
      }),
    120_000
  )
})
