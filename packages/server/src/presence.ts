/**
 * How people are, and who gets to know it (spec/presence.md).
 *
 * What somebody does leaves a mark and no time: the ticker reads the marks (watch.ts), so that a `send` pays for no clock. The spec
 * allows `idle` to be two heartbeats late; two ticks it is.
 *
 * @module
 */
import type { Presence as Shown } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { toMany } from "./flushing.ts"
import type { Person } from "./people.ts"
import type { Place, Room } from "./room.ts"

/** A person's presence, as it is kept. */
export interface Presence {
  status: Shown["status"]
  since: string
  text: string | undefined
  display: string | undefined
  /** Whether the person has done something since the ticker last looked. */
  hasActed: boolean
  /** When the ticker last saw that they had, in monotonic milliseconds. */
  actedAt: number
}

/** What a `status` may ask for: what is absent stays, and an empty text or display goes. */
export type Wish = Partial<Pick<Shown, "text" | "display" | "status">>

export interface Presences {
  /** The presence of somebody new (STATUS-3). */
  readonly born: () => Presence
  /** Grants a `status`, and tells the others if it changes anything (STATUS-2, PRESENCE-2). */
  readonly set: (person: Person, wish: Wish) => void
  /** Notes that somebody does something that counts (IDLE-2), and makes them active again if they were idle (IDLE-3). */
  readonly acts: (person: Person) => void
  /** Tells the others that somebody is gone (PRESENCE-7); to be called while they are still in their rooms. */
  readonly end: (person: Person) => void
  /** Makes those idle who have done nothing for long enough (IDLE-1). */
  readonly look: (people: Iterable<Person>, now: number) => Effect.Effect<void>
}

export interface PresencesOptions {
  /** Seconds: `limits.idleSeconds`. */
  readonly idle: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The time of day, as entries carry it. */
  readonly today: () => string
}

export const makePresences = ({ idle, now, today }: PresencesOptions): Presences => {
  const become = (presence: Presence, status: Shown["status"]) => {
    presence.status = status
    presence.since = today()
  }

  const set: Presences["set"] = (person, { display, status, text }) => {
    const { presence } = person
    const before = presenceFields(person)
    presence.hasActed = true
    const wanted = status ?? (presence.status === "idle" ? "active" : presence.status)
    if (wanted !== presence.status) become(presence, wanted)
    if (text !== undefined) presence.text = text === "" ? undefined : text
    if (display !== undefined) presence.display = display === "" ? undefined : display
    if (presenceFields(person) !== before) tellOthers(person)
  }

  return {
    born: () => ({
      status: "active",
      since: today(),
      text: undefined,
      display: undefined,
      hasActed: false,
      actedAt: now()
    }),
    set,
    acts: (person) => {
      const { presence } = person
      presence.hasActed = true
      if (presence.status === "idle") set(person, {})
    },
    end: (person) => {
      become(person.presence, "offline")
      tellOthers(person)
    },
    look: Effect.fnUntraced(function* (people, at) {
      let told = 0
      for (const person of people) {
        const { presence } = person
        if (presence.hasActed) {
          presence.hasActed = false
          presence.actedAt = at
        } else if (presence.status === "active" && at - presence.actedAt >= 1_000 * idle) {
          become(presence, "idle")
          told += tellOthers(person)
        }
        // A crowd that came together falls silent together: nobody else waits for that.
        if (told < tellAtOnce) continue
        told = 0
        yield* Effect.yieldNow
      }
    })
  }
}

/** The fields of a presence, as they stand in every object that shows it. */
export const presenceFields = ({ nick, presence: { display, since, status, text } }: Person): string =>
  `"nick":"${nick}","status":"${status}","since":"${since}"` +
  `${text === undefined ? "" : `,"text":${JSON.stringify(text)}`}` +
  `${display === undefined ? "" : `,"display":${JSON.stringify(display)}`}`

/** How many are told that somebody is idle before others have their turn. */
const tellAtOnce = 4_096

/**
 * Tells everybody whom the person shares a room with, each connection once (PRESENCE-1); gives how many that are. Encoded once: all
 * share the bytes.
 */
const tellOthers = (person: Person): number => {
  const [room, ...others] = roomsOf(person)
  if (room === undefined) return 0
  const line = Buffer.from(`{"type":"presence",${presenceFields(person)}}\n`)
  let count = 0
  const told = others.length === 0 ? undefined : new Set<Place["outbox"]>()
  const tell = ({ places }: Room) => {
    for (const { member, outbox } of places) {
      if (member.nick === person.nick || told?.has(outbox) === true) continue
      told?.add(outbox)
      outbox.offer(line)
      count++
    }
  }
  for (const next of [room, ...others]) toMany(next.places.size, () => tell(next))
  return count
}

/** The rooms whose member a person is, each once, with a connection in them or not. */
const roomsOf = ({ stays }: Person): ReadonlySet<Room> => {
  const rooms = new Set<Room>()
  for (const { kept, session } of stays) {
    for (const { room } of session?.seats.values() ?? []) rooms.add(room)
    for (const { room } of kept.values()) rooms.add(room)
  }
  return rooms
}
