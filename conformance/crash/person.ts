/**
 * Somebody who talks in several rooms and with each of the others, changes what was said, comes and goes, comes back after each crash as the
 * same person, with a cursor, sends again what had no answer, and notes all that they were told.
 *
 * @module
 */
import {
  type EntryEvent,
  encodeLine,
  type History,
  isDirect,
  isEntryEvent,
  type Joined,
  type Member,
  type Message,
  otherIn,
  type Request
} from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Lane } from "../src/history.ts"
import { type Address, type Arrival, type Connection, connect, type Unreachable } from "../src/wire/connection.ts"
import { type Deed, isChange, makeDeeds } from "./deeds.ts"
import { record } from "./recording.ts"
import { makeTalks } from "./talks.ts"

/** An entry that somebody has sent, to a room or to `@nick`; each text has a key of its own, and is sent again until it is answered. */
export interface Said {
  readonly room: string
  readonly text: string
  readonly key: string
}

/** An entry that changes another, as it was acknowledged. */
export interface Changed {
  readonly room: string
  readonly seq: number
  readonly target: number
}

/** All that one person was told. */
export interface Notes {
  readonly nick: string
  /** What was answered by `sent`. */
  readonly acknowledged: Array<Said & { readonly seq: number }>
  /** What was answered by `sent` and says nothing new. */
  readonly changes: Array<Changed>
  /** The messages that were to be changed, each as `#room seq`, whether that was answered or not. */
  readonly touched: Set<string>
  /** What had no answer when the connection ended, and was sent again. */
  readonly again: Array<Said>
  /** What was there already when it was sent again. */
  readonly duplicates: Array<Said>
  /** What was refused for lack of space: it must not be in the log. */
  readonly refused: Array<Said>
  /** The entries of each room and conversation, by `logName`, in the order in which they came, whatever connection brought them. */
  readonly seen: Map<string, Array<Message>>
  /** What each connection has asked and got. */
  readonly lanes: Array<Lane>
  /** What no server may do, in words. */
  readonly complaints: Array<string>
}

export interface Person {
  readonly notes: Notes
  /** Comes, talks until the connection ends, and calls `onAnswer` whenever a word is acknowledged or refused. */
  readonly talk: (address: Address, onAnswer: () => void) => Effect.Effect<void, Unreachable>
  /** Comes, listens to what was missed, has everything answered, and goes. */
  readonly listen: (address: Address) => Effect.Effect<void, Unreachable>
}

/** What a log is called here, whoever looks at it: a conversation by both nicks. */
export const logName = (room: string, nick: string): string =>
  isDirect(room) ? conversationOf(nick, otherIn(room)) : room

export const conversationOf = (...nicks: readonly [string, string]): string => `@${nicks.toSorted().join("@")}`

/** How a server among several may end a connection while others are killed: what it can't know ends it, too, and nobody gets in without the store. */
const mayEnd: ReadonlySet<string> = new Set(["shutting-down", "internal", "idle", "login-timeout"])

/** Requests that one person has under way. */
const windowSize = 8

export interface PersonOptions {
  /** Whether there are several servers: then one that loses the others says so, and ends connections. */
  readonly isOfMany?: boolean
  /** The milliseconds before each request, on average; without them, nobody waits. */
  readonly pause?: number
}

/** Of so many requests one is waited for, and the others come in a burst. */
const burst = 16

export const makePerson = (
  nick: string,
  rooms: ReadonlyArray<string>,
  { isOfMany = false, pause = 0 }: PersonOptions = {}
): Effect.Effect<Person> =>
  Effect.map(Random.Random, (random) => {
    const notes: Notes = {
      nick,
      acknowledged: [],
      changes: [],
      touched: new Set(),
      again: [],
      duplicates: [],
      refused: [],
      seen: new Map(),
      lanes: [],
      complaints: []
    }
    const complain = (what: string) => void notes.complaints.push(`${nick}: ${what}`)
    const show = (message: Message) => {
      const room = logName(message.room, nick)
      const seen = notes.seen.get(room) ?? []
      seen.push({ ...message, room })
      notes.seen.set(room, seen)
    }
    const talks = makeTalks({ show, complain })
    const deeds = makeDeeds(nick, random)
    // Whoever has been there once stays, by their session: they can be written to.
    const others = new Set<string>()
    const logs = new Map<string, { readonly epoch: string; head: number }>()
    // What was said and not answered, in the order in which it was said.
    const outbox = new Set<Said>()
    let session: string | undefined
    let said = 0
    let visits = 0

    const visit = Effect.fnUntraced(function* (address: Address, onAnswer: () => void, isTalking: boolean) {
      const connection = yield* connect({ address, line: 1_048_576, began: 0, patience: 20_000 })
      const recording = record(`${nick} ${++visits}`, nick)
      const underWay = new Map<number, Said>()
      const done = new Map<number, Deed>()
      const away = new Set<string>()
      let id = 0
      let joined = 0
      let isIn = false
      let hasList = false
      let isOver = false
      // Whoever can't be where they want to be comes again, when all that they have said and done is answered: what was refused unheard would
      // come after what they said next.
      let isGoing = false
      talks.begin()
      const ask = (request: Request) => {
        recording.asked(request)
        return connection.write([Buffer.from(encodeLine(request))])
      }
      const askAll = (asks: ReturnType<typeof talks.onList>) =>
        Effect.forEach(asks, (each) => ask({ ...each, id: ++id }), { discard: true })

      const join = (room: string, id: number) => {
        const log = logs.get(room)
        return ask({
          type: "join",
          id,
          room,
          ...(log === undefined ? {} : { epoch: log.epoch, after: log.head })
        })
      }

      const meet = (member: string) => {
        if (member !== nick) others.add(member)
      }

      const onJoined = ({ epoch, head, members, resumed, room }: Joined) => {
        members.forEach(meet)
        const log = logs.get(room)
        // A room that was never sent to is forgotten with its members.
        if (log === undefined || (log.head === 0 && log.epoch !== epoch)) logs.set(room, { epoch, head })
        else if (epoch !== log.epoch) notes.complaints.push(`${nick}: ${room} has another epoch`)
        else if (head < log.head) notes.complaints.push(`${nick}: the head of ${room} fell from ${log.head} to ${head}`)
        else if (resumed !== true) notes.complaints.push(`${nick}: ${room} wasn't resumed after ${log.head}`)
      }

      const onMember = ({ change, nick: member }: Member) => {
        if (change === "joined") meet(member)
      }

      const onEntry = (entry: EntryEvent) => {
        const log = logs.get(entry.room)!
        if (entry.seq !== log.head + 1)
          notes.complaints.push(`${nick}: entry ${entry.seq} of ${entry.room} came after ${log.head}`)
        log.head = entry.seq
        deeds.onEntry(entry)
        if (entry.type === "message") show(entry)
      }

      const onAnswered = ({ re }: { readonly re?: number }, line: string, note: (entry: Said) => void) => {
        const entry = re === undefined ? undefined : underWay.get(re)
        if (re !== undefined) underWay.delete(re)
        if (entry === undefined) notes.complaints.push(`${nick}: ${line}`)
        else {
          outbox.delete(entry)
          note(entry)
        }
        onAnswer()
      }

      const send = (entry: Said) => {
        underWay.set(++id, entry)
        return ask({ type: "send", id, ...entry })
      }

      const doNext = (deed: Deed) => {
        done.set(++id, deed)
        if (deed.type === "leave") away.add(deed.room)
        if (isChange(deed)) notes.touched.add(`${deed.room} ${deed.target}`)
        return ask({ ...deed, id } as Request)
      }

      const goOnWith = () => {
        const here = rooms.filter((room) => !away.has(room))
        const deed = deeds.next(here)
        return deed === undefined ? sayNext(here) : doNext(deed)
      }

      const sayNext = (here: ReadonlyArray<string>) => {
        const places = [...here, ...Array.from(others, (other) => `@${other}`)]
        const room = places[Math.floor(random.nextDoubleUnsafe() * places.length)]!
        const entry = { room, text: `${nick}-${++said} ${"x".repeat(said % 200)}`, key: `k${said}` }
        outbox.add(entry)
        return send(entry)
      }

      const login = () =>
        ask({ type: "login", id: ++id, nick, ...(session === undefined ? { resume: true } : { session }) })

      /** All that had no answer is sent again, before anything new. */
      const begin = Effect.gen(function* () {
        notes.again.push(...outbox)
        yield* Effect.forEach(outbox, send, { discard: true })
        if (isTalking)
          yield* Effect.forEach(Array.from({ length: windowSize - outbox.size }), goOnWith, { discard: true })
        else yield* goIfAnswered
      })

      /** Without a goodbye: that would end the person, and with them their conversations. */
      const goIfAnswered = Effect.suspend(() => {
        if (isTalking || isOver || outbox.size > 0 || !hasList || !talks.areUpToDate()) return Effect.void
        isOver = true
        return connection.end
      })

      const goOn = Effect.gen(function* () {
        if (isGoing) return
        if (!isTalking) return yield* goIfAnswered
        if (pause > 0 && random.nextDoubleUnsafe() * burst < 1) yield* Effect.sleep(pause * burst)
        yield* goOnWith()
      })

      /** What became of a deed: what isn't done for lack of space is left, but that somebody is to be in the rooms again. */
      const onDone = Effect.fnUntraced(function* (deed: Deed, code: string | undefined, line: string) {
        const isExcused = code === "unavailable" || (code === "no-such-entry" && deed.type === "react")
        if (code !== undefined && !isExcused) notes.complaints.push(`${nick}: ${line}`)
        if (isGoing) return
        if (code === "unavailable") yield* Effect.sleep(20)
        if (deed.type === "leave" && code === undefined) {
          done.set(++id, { type: "join", room: deed.room })
          return yield* join(deed.room, id)
        }
        if (deed.type === "join" && code !== undefined) {
          done.set(++id, deed)
          return yield* join(deed.room, id)
        }
        if (deed.type === "leave" || deed.type === "join") away.delete(deed.room)
        yield* goOn
      })

      const onPage = (page: History, deed: Deed) => {
        const fault = deed.type === "history" ? deeds.faultIn(page, deed) : undefined
        if (fault !== undefined) complain(fault)
      }

      /** Nothing of a refused login has happened: on a full disk it is tried again, and where the session is lost, without it. */
      const onRefusedLogin = Effect.fnUntraced(function* (code: string, line: string) {
        if (code !== "unavailable") notes.complaints.push(`${nick}: ${line}`)
        onAnswer()
        if (code === "session-expired") session = undefined
        yield* Effect.sleep(20)
        yield* login()
      })

      /** Takes one arrival, and gives whether the connection has ended. */
      const take = Effect.fnUntraced(function* (arrival: Arrival) {
        recording.got(arrival)
        if (arrival._tag !== "Object") {
          if (arrival._tag === "Malformed") notes.complaints.push(`${nick}: ${arrival.reason}`)
          return true
        }
        const { line, message } = arrival
        const re = message !== undefined && "re" in message ? message.re : undefined
        const deed = re === undefined ? undefined : done.get(re)
        if (re !== undefined) done.delete(re)
        switch (message?.type) {
          case "welcome":
            if (session !== undefined && message.resumed !== true) notes.complaints.push(`${nick}: ${line}`)
            session = message.session
            isIn = true
            yield* ask({ type: "conversations", id: ++id })
            yield* Effect.forEach(rooms, (room) => join(room, ++id), { discard: true })
            break
          case "conversations":
            hasList = true
            yield* askAll(talks.onList(message))
            break
          case "history":
            if (deed !== undefined) {
              onPage(message, deed)
              yield* onDone(deed, undefined, line)
              break
            }
            yield* askAll(talks.onPage(message))
            yield* goIfAnswered
            break
          case "member":
            onMember(message)
            break
          case "joined":
            onJoined(message)
            if (deed !== undefined) yield* onDone(deed, undefined, line)
            else if (++joined === rooms.length && !isGoing) yield* begin
            break
          case "left":
          case "synced":
            if (deed !== undefined) yield* onDone(deed, undefined, line)
            break
          case "sent":
            if (deed !== undefined) {
              if (isChange(deed)) notes.changes.push({ room: deed.room, target: deed.target, seq: message.seq })
              yield* onDone(deed, undefined, line)
              break
            }
            onAnswered(message, line, (entry) => {
              notes.acknowledged.push({ ...entry, seq: message.seq })
              if (message.duplicate === true) notes.duplicates.push(entry)
            })
            yield* goOn
            break
          case "error":
            if (!isIn) yield* onRefusedLogin(message.code, line)
            else if (deed !== undefined) {
              if (isOfMany && deed.type === "join") isGoing = true
              else yield* onDone(deed, message.code, line)
            } else if (message.code === "unavailable") {
              const isSend = re !== undefined && underWay.has(re)
              if (isOfMany && !isSend) {
                isGoing = true
                break
              }
              // What was sent before without an answer may be there all the same.
              onAnswered(message, line, (entry) => notes.again.includes(entry) || notes.refused.push(entry))
              if (isOfMany) yield* Effect.sleep(20)
              yield* goOn
            } else notes.complaints.push(`${nick}: ${line}`)
            break
          case "bye":
            if (isTalking && !(isOfMany && "code" in message && mayEnd.has(message.code)))
              notes.complaints.push(`${nick}: ${line}`)
            break
          default:
            if (message === undefined || !isEntryEvent(message)) break
            if (!isDirect(message.room)) onEntry(message)
            else if (message.type === "message") yield* askAll(talks.onMessage(message))
        }
        return isGoing && underWay.size === 0 && done.size === 0
      })

      const keep = Effect.sync(() => {
        const lane = recording.lane()
        if (lane !== undefined) notes.lanes.push(lane)
      })

      yield* login()
      yield* Effect.ensuring(takeAll(connection, take), keep)
    }, Effect.scoped)

    return {
      notes,
      talk: (address, onAnswer) => visit(address, onAnswer, true),
      listen: (address) => visit(address, () => {}, false)
    }
  })

const takeAll = Effect.fnUntraced(function* (
  { inbox, nextArrival }: Connection,
  take: (arrival: Arrival) => Effect.Effect<boolean>
) {
  while (true) {
    const more = nextArrival()
    for (const arrival of inbox.splice(0)) if (yield* take(arrival)) return
    yield* more
  }
})
