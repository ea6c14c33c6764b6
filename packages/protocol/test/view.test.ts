import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { emptyView, type KnownItem, mentionsIn, messagesOf, see, topicOf, type View } from "../src/index.ts"
import { mentions } from "../src/vectors.ts"
import { deed, logOf, pageAt } from "./log.ts"

const at = "2026-11-20T20:08:00.000Z"

const shown = (view: View) => ({ topic: topicOf(view), messages: messagesOf(view) })

const viewOf = (items: ReadonlyArray<KnownItem>): View => items.reduce(see, emptyView())

describe("what a client shows of a room", () => {
  it("is the same at every head, by whatever pages and live entries, in whatever order and however often", () => {
    fc.assert(
      fc.property(
        fc.array(deed, { maxLength: 40 }),
        fc.array(fc.record({ from: fc.nat({ max: 40 }), length: fc.nat({ max: 12 }), head: fc.nat({ max: 40 }) }), {
          maxLength: 8
        }),
        fc.nat({ max: 40 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (deeds, pages, upTo, chance) => {
          const log = logOf(deeds)
          const head = Math.min(upTo, log.length)
          const truth = shown(viewOf(pageAt(log, 1, head, head)))
          // Pages of any cursors, read at any time up to now; and what came live, of which some came before.
          const read = pages.flatMap(({ from, head: then, length }) =>
            pageAt(log, from, from + length, Math.min(then, head))
          )
          const live = log.slice(0, head)
          expect(shown(viewOf(live))).toEqual(truth)
          const shuffled = [...live, ...read]
            .map((item) => [chance.next().value ?? 0, item] as const)
            .sort(([one], [other]) => one - other)
            .map(([, item]) => item)
          expect(shown(viewOf(shuffled))).toEqual(truth)
          expect(shown(viewOf([...shuffled, ...read, ...live]))).toEqual(truth)
          // Who comes late reads the newest first, and hears what comes meanwhile.
          const half = Math.floor(head / 2)
          const late = [...log.slice(half, head), ...pageAt(log, half + 1, head, head), ...pageAt(log, 1, half, head)]
          expect(shown(viewOf(late))).toEqual(truth)
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("passes over what it doesn't know", () => {
    const view = viewOf([{ type: "message", seq: 1, from: "ana", text: "hola", at }])
    expect(see(view, { type: "x-acme/poll", seq: 2 } as never)).toEqual(view)
  })

  it("begins with the topic of `joined`, and takes no older one for it", () => {
    const view = emptyView({ head: 5, topic: "numbers" })
    expect(topicOf(view)).toBe("numbers")
    expect(topicOf(see(view, { type: "topic", seq: 3, from: "ana", text: "letters", at }))).toBe("numbers")
    expect(topicOf(see(view, { type: "topic", seq: 6, from: "ana", text: "", at }))).toBe("")
  })
})

it.each(mentions.vectors)("$name", ({ mentions: named, text }) => {
  expect(mentionsIn(text)).toEqual(named)
})
