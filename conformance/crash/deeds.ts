/**
 * What somebody does besides talking, by chance: changes what was said, comes and goes, asks for a `synced`, and looks into the history.
 *
 * @module
 */
import { type Ask, type EntryEvent, type History, isSameEntry, type Message } from "@tertulia/protocol"
import type * as Random from "effect/Random"

/** What somebody has done besides sending; its fields say to what. */
export type Deed = Extract<Ask, { readonly type: "edit" | "delete" | "react" | "leave" | "join" | "sync" | "history" }>

/** A deed that appends an entry. */
export type Change = Extract<Deed, { readonly target: number }>

export const isChange = (deed: Deed): deed is Change => "target" in deed

/** A time in which nothing but talk goes on makes little of a history. */
const chance = 0.3

/** One that is there twice happens twice as often. */
const kinds = [
  ...(["edit", "edit", "delete", "react", "react", "unreact"] as const),
  ...(["sync", "sync", "history", "history", "leave"] as const)
]

const reactions = ["+1", "-1", "ha"]

/** Messages to which something may be done: so many, the latest. */
const most = 24

export interface Deeds {
  readonly onEntry: (entry: EntryEvent) => void
  /** What is done next in one of these rooms; undefined when something is said. */
  readonly next: (rooms: ReadonlyArray<string>) => Deed | undefined
  /** What is wrong with a page that was asked for by `next`. */
  readonly faultIn: (page: History, asked: Extract<Deed, { readonly type: "history" }>) => string | undefined
}

/** Somebody's deeds, over all of their connections. */
export const makeDeeds = (nick: string, random: (typeof Random.Random)["Service"]): Deeds => {
  let recent: ReadonlyArray<Message> = []

  const pick = <A>(list: ReadonlyArray<A>): A | undefined => list[Math.floor(random.nextDoubleUnsafe() * list.length)]

  const forget = (room: string, seq: number) => {
    recent = recent.filter((each) => each.room !== room || each.seq !== seq)
  }

  return {
    onEntry: (entry) => {
      if (entry.type === "message") recent = [...recent, entry].slice(-most)
      if (entry.type === "delete") forget(entry.room, entry.target)
    },
    next: (rooms) => {
      if (random.nextDoubleUnsafe() > chance) return undefined
      const kind = pick(kinds)!
      if (kind === "sync") return { type: "sync" }
      const here = recent.filter(({ room }) => rooms.includes(room))
      const own = here.filter(({ from }) => from === nick)
      const message = pick(kind === "react" || kind === "unreact" ? here : own)
      // Somebody is always somewhere.
      if (kind === "leave") return rooms.length < 2 ? undefined : { type: "leave", room: pick(rooms)! }
      if (message === undefined) return undefined
      const { room, seq, text } = message
      switch (kind) {
        case "edit":
          return { type: "edit", room, target: seq, text: `${text.split(" ")[0]} edited` }
        case "delete":
          forget(room, seq)
          return { type: "delete", room, target: seq }
        case "react":
          return { type: "react", room, target: seq, reaction: pick(reactions)! }
        case "unreact":
          return { type: "react", room, target: seq, reaction: pick(reactions)!, on: false }
        case "history":
          return { type: "history", room, after: seq - 1, limit: 1 }
      }
    },
    faultIn: ({ entries, epoch, head, room }, { after = 0 }) => {
      const seq = after + 1
      const [entry] = entries
      if (head < seq || entry?.seq !== seq)
        return `the history of ${room} has no entry ${seq}, though it was acknowledged`
      const seen = recent.find((each) => each.room === room && each.seq === seq)
      if (seen === undefined || isSameEntry(seen, { ...entry, room, epoch } as EntryEvent)) return undefined
      return `the entry ${seq} of ${room} is another in its history`
    }
  }
}
