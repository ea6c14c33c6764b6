/**
 * Conversations of two people (spec/direct.md): one log for both, which each of them calls by the other's nick.
 *
 * A conversation belongs to two persons, and ends with either. One in which somebody has said something is held in memory until
 * then; of one in which nobody has, nothing is kept: its epoch is a digest of the persons' ids.
 *
 * @module
 */
import { directWith } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { type ConversationLogs, epochOf, pairOf } from "./conversation-logs.ts"
import { directLine } from "./encode.ts"
import { type Intake, inSequence, makeIntake, type Submission } from "./intake.ts"
import type { Person } from "./people.ts"
import type { Entry, RoomLog, Unavailable } from "./room-log.ts"

/** A conversation, as one of its two people sees it. */
export interface Side extends Pick<Intake, "submit"> {
  /** What this person calls it: "@" and the other's nick. */
  readonly name: string
  readonly log: Omit<RoomLog, "append">
  /** Whether one of the two has ended: then nothing is submitted or shown any more, but what was under way. */
  readonly hasEnded: () => boolean
  /** Reads the log, which stays for as long as that takes, and uses what was read at once; it may have ended before. */
  readonly reading: <A, B, E>(read: Effect.Effect<A, E>, use: (read: A) => B) => Effect.Effect<B, E | "ended">
}

export interface Conversations {
  /** The conversation of two people as the first sees it, to say something in it. */
  readonly open: (me: Person, other: Person) => Side
  /** The same, if anything was ever said in it. */
  readonly find: (me: Person, other: Person) => Side | undefined
  /** The epoch that it has, whether anything was said in it or not. */
  readonly epoch: (me: Person, other: Person) => string
  /**
   * Ends all conversations of a person. Their logs are removed when a restart wouldn't find the person any more: one that came
   * back without its log would have another under the same epoch.
   */
  readonly end: (person: Person, forgotten: Effect.Effect<void, Unavailable>) => void
  /** The last entry of each of these conversations; undefined where there is none any more. */
  readonly lasts: (sides: ReadonlyArray<Side>) => Effect.Effect<ReadonlyArray<Entry | undefined>, Unavailable>
  /** Takes up what an earlier life of the server has left to these people. */
  readonly restore: (personWith: (id: string) => Person | undefined) => void
}

/** A conversation from outside. */
interface Conversation {
  readonly people: readonly [Person, Person]
  readonly sides: readonly [Side, Side]
  readonly end: (forgotten: Effect.Effect<void, Unavailable>) => void
  readonly isIdle: () => boolean
  /** Runs something once nothing is under way. */
  readonly whenIdle: (next: () => void) => void
}

/**
 * @param fork runs an effect for as long as the server lives
 * @param onPublished is told how many entries were handed to how many people
 */
export const makeConversations = (
  logs: ConversationLogs,
  fork: (effect: Effect.Effect<void>) => void,
  onPublished: (entries: number, people: number) => void = () => {}
): Conversations => {
  // By their epochs, and by their people.
  const open = new Map<string, Conversation>()
  const openOf = new Map<Person, Set<Conversation>>()
  // Those that have ended, and whose last entries are still on their way, by the nicks of their people.
  const ending = new Map<string, Conversation>()

  const hold = (conversation: Conversation, epoch: string) => {
    open.set(epoch, conversation)
    for (const person of conversation.people) {
      if (!openOf.has(person)) openOf.set(person, new Set())
      openOf.get(person)!.add(conversation)
    }
  }

  const drop = (conversation: Conversation, epoch: string) => {
    open.delete(epoch)
    for (const person of conversation.people) {
      const others = openOf.get(person)
      others?.delete(conversation)
      if (others?.size === 0) openOf.delete(person)
    }
  }

  const begin = (one: Person, other: Person): Conversation => {
    const pair = pairOf(one.id, other.id)
    const people = [one, other] as const
    const nicks = [one.nick, other.nick].sort().join(" ")
    const idle: Array<() => void> = []
    let forgetting: Effect.Effect<void, Unavailable> | undefined
    let readers = 0
    let isListed = false
    // What is said here comes after all that was said under these names before (DIRECT-13).
    let held: Array<Submission> | undefined

    const eachSide = (then: (side: Side, person: Person) => void) => {
      for (const place of [0, 1] as const) then(sides[place], people[place])
    }

    const list = () => {
      isListed = true
      eachSide((side, { conversations }) => conversations.set(side.name, side))
    }

    const publish = (entries: ReadonlyArray<Entry>) => {
      if (entries.length === 0) return
      onPublished(entries.length, people.length)
      if (!isListed && forgetting === undefined) list()
      eachSide(({ name }, { stays }) => {
        // Encoded once: all connections of the person share the bytes.
        const lines = Buffer.from(entries.map((entry) => directLine(name, log.epoch, entry)).join(""))
        for (const { session } of stays) session?.outbox.post(lines)
      })
    }

    const settle = () => {
      if (!conversation.isIdle()) return
      for (const next of idle.splice(0)) next()
      if (forgetting === undefined || readers > 0 || log.head() === 0) return
      const removed = Effect.andThen(forgetting, logs.remove(pair))
      // A disk that is full now has space later; until then nobody waits for it.
      fork(removed.pipe(Effect.retry(Schedule.spaced("1 second")), Effect.ignore))
    }

    const reading: Side["reading"] = (read, use) =>
      Effect.suspend(() => {
        if (forgetting !== undefined) return Effect.fail("ended" as const)
        readers++
        return read.pipe(
          Effect.ensuring(
            Effect.sync(() => {
              readers--
              settle()
            })
          ),
          Effect.flatMap((found) =>
            forgetting === undefined ? Effect.succeed(use(found)) : Effect.fail("ended" as const)
          )
        )
      })

    const sideWith = ({ nick }: Person): Side => ({
      name: directWith(nick),
      log,
      reading,
      hasEnded: () => forgetting !== undefined,
      submit: (submission) => {
        if (held === undefined) intake.submit(submission)
        else held.push(submission)
      }
    })

    const sequence = inSequence("a conversation", publish)
    const log = logs.open(pair, sequence.publish)
    sequence.begin(log.head())
    const intake = makeIntake({ name: "a conversation", log, fork, onIdle: settle })
    const sides = [sideWith(other), sideWith(one)] as const
    const conversation: Conversation = {
      people,
      sides,
      isIdle: () => held === undefined && intake.isIdle(),
      whenIdle: (next) => void idle.push(next),
      end: (forgotten) => {
        forgetting = forgotten
        drop(conversation, log.epoch)
        eachSide(({ name }, { conversations }) => conversations.delete(name))
        if (conversation.isIdle()) return settle()
        ending.set(nicks, conversation)
        conversation.whenIdle(() => ending.get(nicks) === conversation && ending.delete(nicks))
      }
    }

    const waitFor = (before: Conversation) => {
      const waiting: Array<Submission> = []
      held = waiting
      before.whenIdle(() => {
        held = undefined
        waiting.forEach(intake.submit)
        settle()
      })
    }

    const before = ending.get(nicks)
    if (before !== undefined) waitFor(before)
    hold(conversation, log.epoch)
    if (log.head() > 0) list()
    return conversation
  }

  const seenBy = (me: Person, { people, sides }: Conversation): Side => sides[people[0] === me ? 0 : 1]

  const find: Conversations["find"] = (me, other) => me.conversations.get(directWith(other.nick))
  const epoch: Conversations["epoch"] = (me, other) => find(me, other)?.log.epoch ?? epochOf(pairOf(me.id, other.id))

  return {
    find,
    epoch,
    open: (me, other) => find(me, other) ?? seenBy(me, open.get(epoch(me, other)) ?? begin(me, other)),
    end: (person, forgotten) => {
      for (const conversation of [...(openOf.get(person) ?? [])]) conversation.end(forgotten)
    },
    lasts: (sides) => logs.entries(sides.map(({ log }) => ({ epoch: log.epoch, seq: log.head() }))),
    restore: (personWith) => {
      for (const left of logs.left) {
        const [one, other] = left.map(personWith)
        if (one !== undefined && other !== undefined) begin(one, other)
      }
    }
  }
}
