/**
 * What the scripted server remembers from one connection of a test to the next: the logs of its rooms, and its people.
 *
 * @module
 */
import type { Message } from "@tertulia/protocol"

/** The log of a room. */
export interface RoomLog {
  readonly epoch: string
  readonly entries: Array<Message>
  /** The `seq` of the first entry that it still shows. */
  first: number
}

/** The rooms of one scripted server. */
export interface Rooms {
  /** The room's log, which begins when it is first asked for. */
  readonly log: (room: string) => RoomLog
  /** Appends an entry. */
  readonly append: (room: string, from: string, text: string, key?: string) => Message
}

/** @param now milliseconds of the clock */
export const makeRooms = (now: () => number): Rooms => {
  const logs = new Map<string, RoomLog>()
  const log = (room: string): RoomLog => {
    const found = logs.get(room) ?? { epoch: `k${logs.size + 1}`, entries: [], first: 1 }
    logs.set(room, found)
    return found
  }
  const append: Rooms["append"] = (room, from, text, key) => {
    const { entries } = log(room)
    const at = new Date(now()).toISOString()
    const keyed = key === undefined ? {} : { key }
    const entry: Message = { type: "message", room, seq: entries.length + 1, from, text, ...keyed, at }
    entries.push(entry)
    return entry
  }
  return { log, append }
}

/** Somebody who may come back by their session. */
export interface Person {
  readonly nick: string
  readonly session: string
  /** The entries that they have sent with a key, by room and key. */
  readonly sent: Map<string, Message>
}

/** The people of one scripted server. */
export interface People {
  readonly begin: (nick: string) => Person
  /** Whose session it is; `undefined` when it is unknown, or has ended. */
  readonly find: (session: string) => Person | undefined
  /** Ends all sessions. */
  readonly forget: () => void
}

export const makePeople = (): People => {
  const people = new Map<string, Person>()
  let count = 0
  return {
    begin: (nick) => {
      const person = { nick, session: `session-of-the-suite-${++count}`, sent: new Map() }
      people.set(person.session, person)
      return person
    },
    find: (session) => people.get(session),
    forget: () => people.clear()
  }
}
