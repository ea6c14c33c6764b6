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
import type { Rank, Somebody } from "./governance.ts"
import { type Intake, inSequence, makeIntake } from "./intake.ts"
import { type Keeping, makeKeeping } from "./keeping.ts"
import { makeOrderedMap, type OrderedMap } from "./ordered-map.ts"
import type { Outbox } from "./outbox.ts"
import type { Draft, Entry, Publish, RoomLog, Unavailable } from "./room-log.ts"

/** A person in a room. */
export interface Member {
  /** The id of the person, of whom this is one membership. */
  readonly id: string
  readonly nick: string
  readonly outbox: Pick<Outbox, "post" | "hold" | "offer" | "isIdle">
  /** Whether entries go out as they come; while false, they are held back behind the replay. */
  live: boolean
  /** Called when they were put out. */
  readonly onExpelled?: () => void
}

export interface Room extends Pick<Intake, "submit"> {
  readonly name: string
  readonly log: RoomLog
  readonly members: OrderedMap<Member>
  /** How it is kept: who may do what in it. */
  readonly keeping: Omit<Keeping, "rule" | "isDecisive" | "expelled" | "entered" | "said">
  /**
   * Lets somebody in and tells the others (MEMBER-1), unless they are a member already (SESSION-5). From here on they get every
   * entry above `head`, if they are live.
   */
  readonly enter: (member: Member) => void
  /** Lets somebody out and tells the others (MEMBER-2). */
  readonly leave: (member: Member) => void
  /** Tells the others who have nothing unsent that somebody is typing, or no more (TYPING-2). */
  readonly typing: (member: Member, on: boolean) => void
  /** Whether nobody is in it and nothing is under way: it may be forgotten. */
  readonly isIdle: () => boolean
  /** Sends the entries `after` + 1 to `head` at the reader's pace, then what was held back; the member is live from then on (CATCH-2). */
  readonly replay: (
    member: Member & { readonly outbox: Outbox },
    after: number,
    head: number
  ) => Effect.Effect<void, Unavailable>
}

/** Goes nowhere. */
const nobody: Member["outbox"] = { post: () => {}, hold: () => {}, offer: () => {}, isIdle: () => false }

/** Puts somebody who has lost the connection in the place of who was there: a member still, who gets nothing (SESSION-4). */
export const absent = ({ members }: Room, { id, nick }: Member): Member => {
  const member: Member = { id, nick, outbox: nobody, live: true }
  members.set(nick, member)
  return member
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
  /** Called when the last member was put out. */
  readonly onEmptied: (room: Room) => void
  /** Called whenever the room has become idle. */
  readonly onIdle: (room: Room) => void
  /** Is told how many entries were handed to how many members. */
  readonly onPublished: (entries: number, members: number) => void
}

/** Opens a room, and with it its log. */
export const openRoom = Effect.fnUntraced(function* (options: RoomOptions) {
  const { fork, name, now, onEmptied, onIdle, onPublished, open, rankOf } = options
  const members = makeOrderedMap<Member>()

  const tellOthers = (nick: string, change: "joined" | "left") => {
    const line = Buffer.from(memberLine(name, nick, change))
    for (const member of members.values()) if (member.nick !== nick) member.outbox.post(line)
  }

  const sequence = inSequence(name, (entries) => {
    // Encoded once: all members share the bytes.
    const lines = Buffer.from(entries.map((entry) => entryLine(name, entry)).join(""))
    for (const member of members.values()) {
      if (member.live) member.outbox.post(lines)
      else member.outbox.hold(lines)
    }
    onPublished(entries.length, members.size())
    for (const entry of entries) follow(entry)
  })

  // The draft that is on its way to the log and may put somebody out: none follows it until it is there.
  let decisive: Draft | undefined

  /** What follows from an entry, beside its being there: all have got it who are to get it. */
  const follow = (entry: Entry) => {
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
    keeping.expelled(id)
    const line = Buffer.from(expelledLine(name, reason))
    if (member.live) member.outbox.post(line)
    else member.outbox.hold(line)
    member.onExpelled?.()
    tellOthers(nick, "left")
    if (members.size() === 0) onEmptied(room)
  }

  const log = yield* open(sequence.publish)
  sequence.begin(log.head())
  const keeping = makeKeeping({ log, rankOf, now, isIn: ({ id, nick }) => members.get(nick)?.id === id })
  const intake = makeIntake({
    name,
    log,
    fork,
    prepare: (draft) => {
      decisive = keeping.isDecisive(draft) ? draft : undefined
      return keeping.rule(draft)
    },
    isDecisive: keeping.isDecisive,
    onIdle: () => room.isIdle() && onIdle(room)
  })

  const room: Room = {
    name,
    log,
    members,
    keeping,
    enter: (member) => {
      keeping.entered(member.id)
      const isNew = members.get(member.nick) === undefined
      members.set(member.nick, member)
      if (isNew) tellOthers(member.nick, "joined")
    },
    leave: (member) => {
      // They may have come back as another.
      if (members.get(member.nick) !== member) return
      members.delete(member.nick)
      tellOthers(member.nick, "left")
      if (room.isIdle()) onIdle(room)
    },
    typing: (typist, on) => {
      const line = Buffer.from(typingLine(name, typist.nick, on))
      for (const member of members.values()) {
        if (member.nick !== typist.nick && member.live && member.outbox.isIdle()) member.outbox.post(line)
      }
    },
    submit: intake.submit,
    isIdle: () => members.size() === 0 && intake.isIdle(),
    replay: (member, after, head) =>
      log.read(after, head).pipe(
        Stream.runForEach(
          Effect.fnUntraced(function* (entry) {
            if (!member.outbox.isReady()) yield* member.outbox.ready
            member.outbox.say(entryLine(name, entry))
          })
        ),
        Effect.andThen(
          Effect.sync(() => {
            member.live = true
            member.outbox.release()
          })
        )
      )
  }
  return room
})
