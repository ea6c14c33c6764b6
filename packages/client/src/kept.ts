/**
 * What a client keeps from one connection to the next, and in a file from one process to the next: who it is, its places in
 * the rooms, and its outbox (spec/resume.md, What a client does with it). Plain data.
 *
 * @module
 */

/** A place in the log of a room: everything up to `last` is known, or known to be out of reach. */
export interface Cursor {
  readonly epoch: string
  readonly last: number
}

/** Whom the server knows this client as: one login, and the logins that continued it by `session`. */
export interface Person {
  /** 0 for nobody yet; one more with each login that continued nobody. */
  readonly nth: number
  /** The nick of the last welcome. */
  readonly nick: string | undefined
  /** The secret to come back with; undefined where the server gives none, and once it is worth nothing. */
  readonly session: string | undefined
  /** What opens the account of that nick, where it has one. */
  readonly token?: string | undefined
}

/** A person whose token opens nothing any more. */
export const withoutToken = ({ nick, nth, session }: Person): Person => ({ nth, nick, session })

/** How things stood when an item was sent last. */
export interface Tried {
  /** The person who sent it, and under which nick. */
  readonly person: number
  readonly nick: string
  /** Whether its entry carries its key, and whether the end of the person's session can be told by a login with it. */
  readonly isKeyed: boolean
  readonly epoch: string
  /** The log doesn't have it up to here. */
  readonly last: number
  /** Whether entries after `last` are out of reach, of which one may be this item's. */
  readonly hasHole: boolean
  /** When this person sent it first to this log, in milliseconds of the Clock: a server forgets keys (KEY-5). */
  readonly at: number
}

/** Why an item waits for a decision of its person. */
export type Rest =
  /** It is in the log or not, and nobody can tell (REPLY-12). */
  | { readonly _tag: "Unknown" }
  /** It was not sent, and will not be. */
  | { readonly _tag: "Failed"; readonly code: string; readonly message: string }

/** Something that its person has said, and that isn't known to be in the log. */
export interface Item {
  readonly key: string
  /** Where it was said; `@nick` for a conversation. */
  readonly room: string
  readonly text: string
  /** The `seq` of the message that it answers. */
  readonly replyTo?: number
  /** The log that it is meant for, and no other: of a conversation, or of what it answers. Undefined while nobody knows it. */
  readonly epoch?: string
  /** Undefined while it was never sent. */
  readonly tried?: Tried
  /** Undefined while it is to be sent, or under way. */
  readonly rest?: Rest
}

/** All that is kept. The order of the rooms is that of entering, and the order of the items that of saying. */
export interface Kept {
  readonly person: Person
  /** The rooms that the client is to be in; no cursor before it has been there. */
  readonly rooms: ReadonlyMap<string, Cursor | undefined>
  readonly items: ReadonlyMap<string, Item>
  /** Up to where one has read, of rooms of which the server keeps no mark. */
  readonly marks: ReadonlyMap<string, Cursor>
}

/** A change of what is kept. */
export type Change =
  | { readonly _tag: "Person"; readonly person: Person }
  | { readonly _tag: "Room"; readonly room: string; readonly cursor: Cursor | undefined }
  | { readonly _tag: "NoRoom"; readonly room: string }
  | { readonly _tag: "Item"; readonly item: Item }
  | { readonly _tag: "NoItem"; readonly key: string }
  | { readonly _tag: "Mark"; readonly room: string; readonly mark: Cursor }

/** What is kept by somebody who has never been there. */
export const nothingKept: Kept = {
  person: { nth: 0, nick: undefined, session: undefined },
  rooms: new Map(),
  items: new Map(),
  marks: new Map()
}

/** A copy of what is kept, that changes. An item or a room that changes keeps its place. */
export const makeKept = (kept: Kept): Kept & { readonly change: (change: Change) => void } => {
  const rooms = new Map(kept.rooms)
  const items = new Map(kept.items)
  const marks = new Map(kept.marks)
  let { person } = kept
  const change = (change: Change) => {
    switch (change._tag) {
      case "Person":
        person = change.person
        return
      case "Room":
        rooms.set(change.room, change.cursor)
        return
      case "NoRoom":
        rooms.delete(change.room)
        return
      case "Item":
        items.set(change.item.key, change.item)
        return
      case "NoItem":
        items.delete(change.key)
        return
      case "Mark":
        marks.set(change.room, change.mark)
        return
    }
  }
  return {
    get person() {
      return person
    },
    rooms,
    items,
    marks,
    change
  }
}
