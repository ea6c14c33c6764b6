import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { HistoryItem, Message } from "../src/index.ts"
import { emptyView, mentionsIn, messagesOf, see, topicOf, type View } from "../src/index.ts"
import { mentions } from "../src/vectors.ts"

const at = "2026-11-20T20:08:00.000Z"

// ---------------------------------------------------------------------------------------------------------------------
// A log as the spec has it, written anew: nothing here is the server's
// ---------------------------------------------------------------------------------------------------------------------

/** Something that somebody wants to append. */
interface Deed {
  readonly from: string
  readonly what: "message" | "edit" | "delete" | "react" | "unreact" | "topic"
  readonly target: number
  readonly word: number
}

const deed: fc.Arbitrary<Deed> = fc.record({
  from: fc.constantFrom("ana", "leo", "eva"),
  what: fc.constantFrom("message", "message", "edit", "edit", "delete", "react", "react", "unreact", "topic"),
  target: fc.integer({ min: 1, max: 10 }),
  word: fc.nat({ max: 3 })
})

type Item = Exclude<HistoryItem, { readonly type: "(another)" }>
type Reactions = Map<string, Set<string>>

/** Whom it lists, in the order in which each came into the list. */
const listOf = (reactions: Reactions) =>
  [...reactions].filter(([, who]) => who.size > 0).map(([reaction, who]) => ({ reaction, count: who.size }))

/** The log that deeds make, as live entries: those that a server refuses aren't in it. */
const logOf = (deeds: ReadonlyArray<Deed>): ReadonlyArray<Item> => {
  const log: Array<Item> = []
  const messages = new Map<number, { readonly from: string; deleted: boolean; readonly reactions: Reactions }>()
  for (const { from, target, what, word } of deeds) {
    const seq = log.length + 1
    const entry = { seq, from, at }
    const message = messages.get(target)
    const isThere = message !== undefined && !message.deleted
    const reaction = `r${word}`
    const has = message?.reactions.get(reaction)?.has(from) === true
    if (what === "message") {
      messages.set(seq, { from, deleted: false, reactions: new Map() })
      log.push({ type: "message", ...entry, text: `${seq} says @n${word}`, mentions: [`n${word}`] })
    } else if (what === "topic") {
      log.push({ type: "topic", ...entry, text: word === 0 ? "" : `topic ${seq}` })
    } else if (!isThere) {
    } else if (what === "edit" && message.from === from) {
      log.push({ type: "edit", ...entry, target, text: `${seq} edits` })
    } else if (what === "delete" && message.from === from) {
      message.deleted = true
      log.push({ type: "delete", ...entry, target })
    } else if (what === "react" && !has) {
      message.reactions.set(reaction, (message.reactions.get(reaction) ?? new Set()).add(from))
      log.push({ type: "react", ...entry, target, reaction, on: true })
    } else if (what === "unreact" && has) {
      const who = message.reactions.get(reaction)!
      who.delete(from)
      if (who.size === 0) message.reactions.delete(reaction)
      log.push({ type: "react", ...entry, target, reaction, on: false })
    }
  }
  return log
}

/** The entry of a page that is read when the log goes up to `head`. */
const shownAt = (log: ReadonlyArray<Item>, item: Item, head: number): Item => {
  const later = log.slice(0, head)
  const about = (seq: number) => later.filter((entry) => "target" in entry && entry.target === seq)
  if (item.type === "edit") {
    const isGone = about(item.target).some(({ type }) => type === "delete")
    const { text: _, ...rest } = item
    return isGone ? rest : item
  }
  if (item.type !== "message") return item
  const changes = about(item.seq)
  const deletion = changes.find(({ type }) => type === "delete")
  if (deletion !== undefined) return { type: "erased", seq: item.seq, from: item.from, at, deleted: deletion.seq }
  const edit = changes.findLast((entry) => entry.type === "edit")
  const reacts = changes.filter((entry) => entry.type === "react")
  const reactions: Reactions = new Map()
  for (const { from, on, reaction } of reacts) {
    const who = reactions.get(reaction) ?? new Set()
    if (on) reactions.set(reaction, who.add(from))
    else who.delete(from)
    if (who.size === 0) reactions.delete(reaction)
  }
  const list = listOf(reactions)
  const { mentions: named, ...plain } = item
  const text = edit === undefined ? { text: item.text, mentions: named! } : { text: edit.text!, edited: edit.seq }
  const last = reacts.at(-1)
  return {
    ...plain,
    ...text,
    ...(list.length === 0 ? {} : { reactions: list }),
    ...(last === undefined ? {} : { reacted: last.seq })
  } satisfies Omit<Message, "room">
}

const pageAt = (log: ReadonlyArray<Item>, from: number, to: number, head: number): ReadonlyArray<Item> =>
  log
    .slice(0, head)
    .filter(({ seq }) => seq >= from && seq <= to)
    .map((item) => shownAt(log, item, head))

const shown = (view: View) => ({ topic: topicOf(view), messages: messagesOf(view) })

const viewOf = (items: ReadonlyArray<Item>): View => items.reduce(see, emptyView())

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
