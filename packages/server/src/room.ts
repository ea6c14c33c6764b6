/**
 * A room: its log, its members, and the one place where both change, so that everybody sees one order.
 *
 * Everything but the append itself is synchronous: a join takes the head, the members and its place in the stream of entries
 * at one point (ORDER-3), and an entry goes to everybody before anything else happens.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { entryLine, expelledLine, memberLine, typingLine } from "./encode.ts"
import { toMany } from "./flushing.ts"
import type { Rank, Somebody } from "./governance.ts"
import { type Intake, inSequence, makeIntake } from "./intake.ts"
import { type Keeping, makeKeeping } from "./keeping.ts"
import { OrderedMap } from "./ordered-map.ts"
import type { Outbox } from "./outbox.ts"
import type { Draft, Entry, Publish, RoomLog, Unavailable } from "./room-log.ts"

/** A person in a room, by one connection or several. */
export interface Member extends Somebody {
  /** Their places in it, of connections and of those that are kept (SESSION-4); with the last of them they leave. */
  readonly places: Set<Place>
  /** When the others were told last that they type, in monotonic milliseconds, and whether they think so still. */
  typing: { readonly at: number; readonly on: boolean } | undefined
}

/** A connection in a room, or one that was in it and may be continued. */
export interface Place {
  /** The person whose it is. */
  readonly member: Member
  readonly outbox: Pick<Outbox, "post" | "hold" | "offer" | "isIdle">
  /** Whether entries go out as they come; while false, they are held back behind the replay. */
  live: boolean
  /** Whether its person was put out: what was said there and isn't in the log, comes too late. */
  isOut: boolean
  /** Called when its person was put out. */
  readonly onExpelled: () => void
}

/** Whoever enters a room by a connection. */
export interface Entrant extends Somebody, Pick<Place, "onExpelled" | "outbox"> {}

export interface Room extends Pick<Intake, "submit"> {
  readonly name: string
  readonly log: RoomLog
  readonly members: OrderedMap<Member>
  /** The connections in it, which get what happens there. */
  readonly places: ReadonlySet<Place>
  /** How it is kept: who may do what in it. */
  readonly keeping: Omit<Keeping, "rule" | "isDecisive" | "said">
  /**
   * Lets a connection in and tells the others of its person (MEMBER-1), unless that is a member already (SESSION-5, ACCOUNT-10). From
   * here on it gets every entry above `head`, if it is live.
   */
  readonly enter: (entrant: Entrant) => Place
  /** Keeps the place of a connection that is lost: its person is a member still, and nothing goes there (SESSION-4). */
  readonly keep: (place: Place) => void
  /** Gives a place up, and tells the others when its person has no other (MEMBER-2, ACCOUNT-10). */
  readonly leave: (place: Place) => void
  /** Tells the connections of others that have nothing unsent that somebody is typing, or no more (TYPING-2). */
  readonly typing: (typist: Member, on: boolean) => void
  /** Whether nobody is in it and nothing is under way: it may be forgotten. */
  readonly isIdle: () => boolean
  /** Sends the entries `after` + 1 to `head` at the reader's pace, then what was held back; the place is live from then on (CATCH-2). */
  readonly replay: (place: Place, outbox: Outbox, after: number, head: number) => Effect.Effect<void, Unavailable>
}

export interface RoomOptions {
  readonly name: string
  readonly open: (publish: Publish) => Effect.Effect<RoomLog, Unavailable>
  /** Runs an effect for as long as the server lives. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** What somebody is to the server, where it claims moderation. */
  readonly rankOf: (person: Somebody) => Rank
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Called when the last member has left. */
  readonly onEmptied: (room: Room) => void
  /** Called whenever the room has become idle. */
  readonly onIdle: (room: Room) => void
  /** Is told how many entries were handed to how many connections. */
  readonly onPublished: (entries: number, connections: number) => void
}

/** Opens a room, and with it its log. */
export const openRoom = Effect.fnUntraced(function* (options: RoomOptions) {
  const { fork, name, now, onEmptied, onIdle, onPublished, open, rankOf } = options
  const members = new OrderedMap<Member>()
  const places = new Set<Place>()

  const tellOthers = (about: Member, change: "joined" | "left") => {
    const line = Buffer.from(memberLine(name, about.nick, change))
    toMany(places.size, () => {
      for (const { member, outbox } of places) if (member !== about) outbox.post(line)
    })
  }

  const admit = ({ id, nick }: Somebody): Member => {
    const member: Member = { id, nick, places: new Set(), typing: undefined }
    members.set(nick, member)
    tellOthers(member, "joined")
    return member
  }

  const sequence = inSequence(name, (entries) => {
    // Encoded once: all share the bytes.
    const lines = Buffer.from(entries.map((entry) => entryLine(name, entry)).join(""))
    const tell = ({ live, outbox }: Place) => {
      if (live) outbox.post(lines)
      else outbox.hold(lines)
    }
    // Whoever has said it knows it already, and waits for the others.
    const author = entries.length === 1 ? members.get(entries[0]!.from) : undefined
    toMany(places.size, () => {
      for (const place of places) if (place.member !== author) tell(place)
      for (const place of author?.places ?? []) if (places.has(place)) tell(place)
    })
    onPublished(entries.length, places.size)
    for (const entry of entries) follow(entry)
  })

  // The draft that is on its way to the log and may put somebody out: none follows it until it is there.
  let decisive: Draft | undefined

  /** What follows from an entry, beside its being there: all have got it who are to get it. */
  const follow = (entry: Entry) => {
    // Whoever has said it is not typing it any more.
    const typist = entry.type === "message" ? members.get(entry.from) : undefined
    if (typist?.typing !== undefined) typist.typing = undefined
    if (decisive?.type !== entry.type) return
    const { about, author } = decisive
    decisive = undefined
    if (entry.type === "message") keeping.said(author.id)
    else if (about !== undefined && (entry.type === "kick" || (entry.type === "ban" && entry.on))) {
      expel(about, entry.type)
    }
  }

  /** Puts somebody out, who gets nothing more (KICK-1). */
  const expel = ({ id, nick }: Somebody, reason: "kick" | "ban") => {
    const member = members.get(nick)
    if (member?.id !== id) return
    members.delete(nick)
    const line = Buffer.from(expelledLine(name, reason))
    for (const place of member.places) {
      place.isOut = true
      place.onExpelled()
      if (!places.delete(place)) continue
      if (place.live) place.outbox.post(line)
      else place.outbox.hold(line)
    }
    tellOthers(member, "left")
    if (members.size() === 0) onEmptied(room)
  }

  const log = yield* open(sequence.publish)
  sequence.begin(log.head())
  const keeping = makeKeeping({ log, rankOf, now, isIn: ({ id, nick }) => members.get(nick)?.id === id })
  const intake = makeIntake({
    name,
    log,
    fork,
    prepare: (draft, by) => {
      decisive = keeping.isDecisive(draft) ? draft : undefined
      return keeping.rule(draft, by?.isOut === true)
    },
    isDecisive: keeping.isDecisive,
    onIdle: () => room.isIdle() && onIdle(room)
  })

  const room: Room = {
    name,
    log,
    members,
    places,
    keeping,
    enter: (entrant) => {
      const member = members.get(entrant.nick) ?? admit(entrant)
      const place: Place = { member, outbox: entrant.outbox, live: true, isOut: false, onExpelled: entrant.onExpelled }
      member.places.add(place)
      places.add(place)
      return place
    },
    keep: (place) => void places.delete(place),
    leave: (place) => {
      const { member } = place
      places.delete(place)
      // Whoever was put out has left already.
      if (!member.places.delete(place) || member.places.size > 0 || members.get(member.nick) !== member) return
      members.delete(member.nick)
      tellOthers(member, "left")
      if (members.size() === 0) onEmptied(room)
      if (room.isIdle()) onIdle(room)
    },
    typing: (typist, on) => {
      const line = Buffer.from(typingLine(name, typist.nick, on))
      toMany(places.size, () => {
        for (const { live, member, outbox } of places) {
          if (member !== typist && live && outbox.isIdle()) outbox.post(line)
        }
      })
    },
    submit: intake.submit,
    isIdle: () => members.size() === 0 && intake.isIdle(),
    replay: (place, outbox, after, head) =>
      log.read(after, head).pipe(
        Stream.runForEach(
          Effect.fnUntraced(function* (entry) {
            if (!outbox.isReady()) yield* outbox.ready
            outbox.say(entryLine(name, entry))
          })
        ),
        Effect.andThen(
          Effect.sync(() => {
            place.live = true
            outbox.release()
          })
        )
      )
  }
  return room
})
