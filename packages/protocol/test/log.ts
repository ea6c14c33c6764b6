/**
 * A log as the spec has it, written anew: nothing here is the server's.
 *
 * @module
 */
import * as fc from "fast-check"
import type { KnownItem, Message } from "../src/index.ts"

const at = "2026-11-20T20:08:00.000Z"

/** Something that somebody wants to append. */
export interface Deed {
  readonly from: string
  readonly what: "message" | "edit" | "delete" | "react" | "unreact" | "topic"
  readonly target: number
  readonly word: number
}

export const deed: fc.Arbitrary<Deed> = fc.record({
  from: fc.constantFrom("ana", "leo", "eva"),
  what: fc.constantFrom("message", "message", "edit", "edit", "delete", "react", "react", "unreact", "topic"),
  target: fc.integer({ min: 1, max: 10 }),
  word: fc.nat({ max: 3 })
})

type Reactions = Map<string, Set<string>>

/** Whom it lists, in the order in which each came into the list. */
const listOf = (reactions: Reactions) =>
  [...reactions].filter(([, who]) => who.size > 0).map(([reaction, who]) => ({ reaction, count: who.size }))

/** The log that deeds make, as live entries: those that a server refuses aren't in it. */
export const logOf = (deeds: ReadonlyArray<Deed>): ReadonlyArray<KnownItem> => {
  const log: Array<KnownItem> = []
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
const shownAt = (log: ReadonlyArray<KnownItem>, item: KnownItem, head: number): KnownItem => {
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

/** The entries from one to another, as a page shows them when the log goes up to `head`. */
export const pageAt = (
  log: ReadonlyArray<KnownItem>,
  from: number,
  to: number,
  head: number
): ReadonlyArray<KnownItem> =>
  log
    .slice(0, head)
    .filter(({ seq }) => seq >= from && seq <= to)
    .map((item) => shownAt(log, item, head))
