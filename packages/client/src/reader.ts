/**
 * Reading the log of one room from a cursor on: the whole of a client's algorithm (spec/history.md, What a client does with
 * it). Nothing is shown twice, and what isn't shown is said. No I/O: it says which page it wants, and is given it.
 *
 * @module
 */
import { type EntryEvent, type History, isKnownItem } from "@tertulia/protocol"
import { type LogEntry, passed } from "./passed.ts"

/** What comes of an entry or a page. */
export type Reading =
  /** The next entry of the log. */
  | { readonly _tag: "Shown"; readonly entry: EntryEvent }
  /** An entry that isn't known: it has its place. */
  | { readonly _tag: "Passed"; readonly seq: number }
  /** Entries that will never come: the server has given them up, or it has no way of showing them. */
  | { readonly _tag: "Gone"; readonly from: number; readonly to: number; readonly isForever: boolean }
  /** The page after this `seq` is wanted; no other is asked for until it has come. */
  | { readonly _tag: "Wants"; readonly after: number }

/** Where a reader begins. */
export interface Beginning {
  /** What it holds without a hole before it. */
  readonly last: number
  /** Up to where it has to catch up. */
  readonly head: number
  /** Whether the entries between come by themselves: `resumed` (CATCH-2). */
  readonly isReplayed: boolean
  /** Whether the server has pages. */
  readonly hasPages: boolean
}

/** A reader of one epoch of one room. */
export interface Reader {
  /** The `seq` up to which everything was shown, or said to be gone. */
  readonly last: () => number
  /** Whether it has caught up to the head that it began with. */
  readonly isReady: () => boolean
  /** What is to be done before anything has come. */
  readonly begin: () => ReadonlyArray<Reading>
  /** An entry has come. */
  readonly take: (entry: LogEntry) => ReadonlyArray<Reading>
  /** The page has come; undefined when it was refused. */
  readonly page: (page: History | undefined) => ReadonlyArray<Reading>
}

export const makeReader = ({ hasPages, head, isReplayed, last: from }: Beginning): Reader => {
  // Entries that came before those in front of them.
  const aside = new Map<number, LogEntry>()
  let last = from
  let wanted = from
  let isAsking = false

  /** Shows those kept aside, as far as they follow. */
  const showAside = (): Array<Reading> => {
    const shown: Array<Reading> = []
    for (let entry = aside.get(last + 1); entry !== undefined; entry = aside.get(last + 1)) {
      aside.delete(entry.seq)
      last = entry.seq
      shown.push(entry.type === "(passed)" ? { _tag: "Passed", seq: entry.seq } : { _tag: "Shown", entry })
    }
    return shown
  }

  /** Gives up what is missing up to `to`, but for what is there already. */
  const giveUp = (to: number, isForever: boolean): Array<Reading> => {
    const readings: Array<Reading> = []
    while (last < to) {
      const end = Math.min(to, ...[...aside.keys()].map((seq) => seq - 1))
      readings.push({ _tag: "Gone", from: last + 1, to: end, isForever })
      last = end
      readings.push(...showAside())
    }
    return readings
  }

  const fetch = (): Array<Reading> => {
    if (isAsking || last >= wanted) return []
    if (!hasPages) return giveUp(wanted, false)
    isAsking = true
    return [{ _tag: "Wants", after: last }]
  }

  const want = (to: number): Array<Reading> => {
    wanted = Math.max(wanted, to)
    return fetch()
  }

  const take = (entry: LogEntry): Array<Reading> => {
    if (entry.seq <= last) return []
    aside.set(entry.seq, entry)
    const shown = showAside()
    return entry.seq <= last ? shown : [...shown, ...want(entry.seq - 1)]
  }

  const page: Reader["page"] = (page) => {
    isAsking = false
    if (page === undefined) return giveUp(wanted, false)
    const before = last
    const readings = giveUp(page.first - 1, true)
    for (const item of page.entries) {
      if (item.seq <= last) continue
      aside.set(item.seq, isKnownItem(item) ? { room: page.room, ...item } : passed(page.room, item.seq))
    }
    readings.push(...showAside())
    // A page with nothing of what was asked for breaks HISTORY-4: the next would have nothing either.
    if (last === before) readings.push(...giveUp(wanted, false))
    return [...readings, ...fetch()]
  }

  return {
    last: () => last,
    isReady: () => last >= head,
    begin: () => (isReplayed ? [] : want(head)),
    take,
    page
  }
}
