/**
 * What stands in the log that servers share: one command in each message, done by all of them in the one order in which the engine has them.
 *
 * @module
 */
import type { Author } from "../room-log.ts"
import { closed, type Following } from "../sqlite/following.ts"
import type { Work } from "../sqlite/writer.ts"
import type { Snapshot } from "./snapshots.ts"

/** What a server wants to have done. */
export type Command =
  /** The first of a log: what all of its servers have in common; and with what it begins, if there was something before it. */
  | {
      readonly _tag: "Found"
      readonly id: string
      readonly salting: string
      readonly cipher: string
      readonly from?: Snapshot
    }
  /** A server wants to be the one that may append, in the place of another ("" for none): done if that is still so. The others reach it `at` host:port. */
  | { readonly _tag: "Lead"; readonly server: string; readonly over: string; readonly at: string }
  /** Whatever this server has sent in an earlier turn and isn't here yet, is void: it may have been lost, or may still come. */
  | { readonly _tag: "Turn"; readonly server: string; readonly turn: number }
  | { readonly _tag: "Resign"; readonly server: string }
  /** `asks` is the number of a question: who has it back knows all that was in the log when it was asked. */
  | {
      readonly _tag: "Do"
      readonly server: string
      readonly turn: number
      readonly tasks: ReadonlyArray<Task>
      readonly asks?: number
    }
  /** The last of a log: its rooms have moved to a file, which the token names. */
  | { readonly _tag: "Close"; readonly token: string }

/** One thing to be done. */
export interface Task {
  /** Names it among those of its server. */
  readonly number: number
  readonly work: Work
}

/** How many drafts some work has. */
export const draftsIn = (work: Work): number => (work._tag === "Append" ? work.drafts.length : 0)

/** A message of the log, understood. */
export interface Told {
  readonly place: number
  readonly command: Command
}

/** What a message means to who has followed the log up to it: what is followed then, and what is to be done, if it isn't void. */
export interface Meaning {
  readonly following: Following
  readonly works: ReadonlyArray<Work> | undefined
}

export const meaningOf = (before: Following, { command, place }: Told): Meaning => {
  const now = { ...before, place }
  const { leader, turn } = before
  // Whoever comes after the end of a log comes too late.
  if (leader === closed) return { following: now, works: undefined }
  switch (command._tag) {
    case "Found": {
      const { cipher, salting } = command
      return { following: now, works: place === 1 ? [{ _tag: "Found", cipher, salting }] : undefined }
    }
    case "Lead": {
      const leads = leader === command.over
      return { following: leads ? { ...now, leader: command.server, turn: 1, at: command.at } : now, works: undefined }
    }
    case "Turn": {
      const begins = leader === command.server
      return { following: begins ? { ...now, turn: Math.max(turn, command.turn) } : now, works: undefined }
    }
    case "Resign":
      return { following: leader === command.server ? { ...now, leader: "" } : now, works: undefined }
    case "Close":
      return { following: { ...now, leader: closed, at: command.token }, works: undefined }
    case "Do": {
      if (leader !== command.server || turn !== command.turn) return { following: now, works: undefined }
      let drafts = 0
      const works = command.tasks.map(({ work }) => {
        const parcel = { place, before: drafts }
        drafts += draftsIn(work)
        return work._tag === "Append" || work._tag === "RemoveSome" ? { ...work, parcel } : work
      })
      return { following: now, works }
    }
  }
}

/** An author may be more than an id, and is to be known again by who it is. */
const fieldOf = (key: string, value: unknown): unknown => (key === "author" ? { id: (value as Author).id } : value)

export const encodeCommand = (command: Command): Uint8Array => Buffer.from(JSON.stringify(command, fieldOf))

export const decodeCommand = (data: Uint8Array): Command => JSON.parse(Buffer.from(data).toString()) as Command

/**
 * The same without the texts of some drafts, which are counted through all of its tasks: nobody can read them any more, and what the rest
 * does is the same.
 */
export const withoutTexts = (data: Uint8Array, isGone: (index: number) => boolean): Uint8Array => {
  const command = decodeCommand(data)
  if (command._tag !== "Do") return data
  let index = 0
  const tasks = command.tasks.map(({ number, work }): Task => {
    if (work._tag !== "Append") return { number, work }
    const drafts = work.drafts.map((draft) => (isGone(index++) && "text" in draft ? { ...draft, text: "" } : draft))
    return { number, work: { ...work, drafts } }
  })
  return encodeCommand({ ...command, tasks })
}
