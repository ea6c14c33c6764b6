/**
 * A room: its log, its members, and the one place where both change, so that everybody sees one order.
 *
 * Everything but the append itself is synchronous: a join takes the head, the members and its place in the stream of entries
 * at one point (ORDER-3), and an entry goes to everybody before anything else happens.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { entryLine, memberLine, typingLine } from "./encode.ts"
import { makeOrderedMap, type OrderedMap } from "./ordered-map.ts"
import type { Outbox } from "./outbox.ts"
import type { Draft, Entry, Placed, Publish, RoomLog, Unavailable } from "./room-log.ts"

/** A person in a room. */
export interface Member {
  readonly nick: string
  readonly outbox: Pick<Outbox, "post" | "hold" | "isIdle">
  /** Whether entries go out as they come; while false, they are held back behind the replay. */
  live: boolean
}

/** A draft, and what is told when it has become an entry, or hasn't; a defect means that nobody knows. */
export type Submission = Draft & {
  readonly settle: (outcome: Exit.Exit<Placed, Unavailable>) => void
}

export interface Room {
  readonly name: string
  readonly log: RoomLog
  readonly members: OrderedMap<Member>
  /**
   * Lets somebody in and tells the others (MEMBER-1), unless they are a member already (SESSION-5). From here on they get every
   * entry above `head`, if they are live.
   */
  readonly enter: (member: Member) => void
  /** Lets somebody out and tells the others (MEMBER-2). */
  readonly leave: (member: Member) => void
  /** Tells the others who have nothing unsent that somebody is typing, or no more (TYPING-2). */
  readonly typing: (member: Member, on: boolean) => void
  /** Hands in an entry; what was handed in first comes first (ORDER-4). */
  readonly submit: (submission: Submission) => void
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
const nobody: Member["outbox"] = { post: () => {}, hold: () => {}, isIdle: () => false }

/** Puts somebody who has lost the connection in the place of who was there: a member still, who gets nothing (SESSION-4). */
export const absent = ({ members }: Room, { nick }: Member): Member => {
  const member: Member = { nick, outbox: nobody, live: true }
  members.set(nick, member)
  return member
}

/** The most entries that are appended at once. */
const batchSize = 256

export interface RoomOptions {
  readonly name: string
  readonly open: (publish: Publish) => Effect.Effect<RoomLog, Unavailable>
  /** Runs an effect for as long as the server lives. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Called whenever the room has become idle. */
  readonly onIdle: (room: Room) => void
}

/** Opens a room, and with it its log. */
export const openRoom = Effect.fnUntraced(function* ({ fork, name, onIdle, open }: RoomOptions) {
  const members = makeOrderedMap<Member>()
  const submitted: Array<Submission> = []
  let appending = false
  let published = 0

  const tellOthers = (nick: string, change: "joined" | "left") => {
    const line = Buffer.from(memberLine(name, nick, change))
    for (const member of members.values()) if (member.nick !== nick) member.outbox.post(line)
  }

  const publish: Publish = (entries) => {
    assertNext(name, published, entries)
    published += entries.length
    // Encoded once: all members share the bytes.
    const lines = Buffer.from(entries.map((entry) => entryLine(name, entry)).join(""))
    for (const member of members.values()) {
      if (member.live) member.outbox.post(lines)
      else member.outbox.hold(lines)
    }
  }

  /** Appends what was submitted, one batch at a time; whatever is submitted meanwhile makes the next batch. */
  const appendNext = Effect.gen(function* () {
    // Whoever submits in the same turn of the event loop comes along.
    yield* Effect.yieldNow
    const batch = submitted.splice(0, batchSize)
    const drafts = batch.map(({ settle, ...draft }) => draft)
    const outcome = yield* Effect.exit(log.append(drafts))
    if (isUnknown(outcome)) yield* Effect.logError(`an append to ${name} has an unknown outcome`, outcome)
    // Settling may make others act at once, so it comes last.
    appending = submitted.length > 0
    if (appending) fork(appendNext)
    batch.forEach(({ settle }, index) => {
      settle(Exit.map(outcome, (entries) => entries[index]!))
    })
    if (room.isIdle()) onIdle(room)
  })

  const log = yield* open(publish)
  published = log.head()

  const room: Room = {
    name,
    log,
    members,
    enter: (member) => {
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
    submit: (submission) => {
      submitted.push(submission)
      if (appending) return
      appending = true
      fork(appendNext)
    },
    isIdle: () => members.size() === 0 && !appending,
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

/** A log that skips or repeats a place breaks the one promise that this server makes: better to stop there. */
const assertNext = (room: string, published: number, entries: ReadonlyArray<Entry>) => {
  entries.forEach(({ seq }, index) => {
    if (seq !== published + index + 1) throw new Error(`${room}: entry ${seq} comes after ${published + index}`)
  })
}

/** Whether an append neither succeeded nor was refused, so that nobody knows what became of it. */
const isUnknown = (outcome: Exit.Exit<unknown, Unavailable>): boolean =>
  Exit.isFailure(outcome) && !Cause.hasFails(outcome.cause)
