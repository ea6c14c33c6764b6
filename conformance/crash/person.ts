/**
 * Somebody who talks in several rooms and with each of the others without a pause, comes back after each crash as the same person, with a cursor, sends again what had
 * no answer, and notes all that they were told.
 *
 * @module
 */
import { encodeLine, isDirect, type Joined, type Member, type Message, otherIn, type Request } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type Address, type Arrival, type Connection, connect, type Unreachable } from "../src/wire/connection.ts"
import { makeTalks } from "./talks.ts"

/** An entry that somebody has sent, to a room or to `@nick`; each text has a key of its own, and is sent again until it is answered. */
export interface Said {
  readonly room: string
  readonly text: string
  readonly key: string
}

/** All that one person was told. */
export interface Notes {
  readonly nick: string
  /** What was answered by `sent`. */
  readonly acknowledged: Array<Said & { readonly seq: number }>
  /** What had no answer when the connection ended, and was sent again. */
  readonly again: Array<Said>
  /** What was there already when it was sent again. */
  readonly duplicates: Array<Said>
  /** What was refused for lack of space: it must not be in the log. */
  readonly refused: Array<Said>
  /** The entries of each room and conversation, by `logName`, in the order in which they came, whatever connection brought them. */
  readonly seen: Map<string, Array<Message>>
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

/** How a server among several may end a connection while others are killed: what it can't know ends it, too. */
const mayEnd: ReadonlySet<string> = new Set(["shutting-down", "internal", "idle"])

/** Requests that one person has under way. */
const windowSize = 8

/** @param isOfMany whether there are several servers: then one that loses the others says so, and ends connections */
export const makePerson = (nick: string, rooms: ReadonlyArray<string>, isOfMany = false): Effect.Effect<Person> =>
  Effect.map(Random.Random, (random) => {
    const notes: Notes = {
      nick,
      acknowledged: [],
      again: [],
      duplicates: [],
      refused: [],
      seen: new Map(),
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
    // Whoever has been there once stays, by their session: they can be written to.
    const others = new Set<string>()
    const logs = new Map<string, { readonly epoch: string; head: number }>()
    // What was said and not answered, in the order in which it was said.
    const outbox = new Set<Said>()
    let session: string | undefined
    let said = 0

    const visit = Effect.fnUntraced(function* (address: Address, onAnswer: () => void, isTalking: boolean) {
      const connection = yield* connect({ address, line: 1_048_576, began: 0, patience: 20_000 })
      const underWay = new Map<number, Said>()
      let id = 0
      let joined = 0
      let isIn = false
      let hasList = false
      let isOver = false
      talks.begin()
      const ask = (request: Request) => connection.write([Buffer.from(encodeLine(request))])
      const askAll = (asks: ReturnType<typeof talks.onList>) =>
        Effect.forEach(asks, (each) => ask({ ...each, id: ++id }), { discard: true })

      const join = (room: string) => {
        const log = logs.get(room)
        return ask({
          type: "join",
          id: ++id,
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

      const onMessage = (message: Message) => {
        const log = logs.get(message.room)!
        if (message.seq !== log.head + 1) {
          notes.complaints.push(`${nick}: entry ${message.seq} of ${message.room} came after ${log.head}`)
        }
        log.head = message.seq
        show(message)
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

      const sayNext = () => {
        const places = [...rooms, ...Array.from(others, (other) => `@${other}`)]
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
          yield* Effect.forEach(Array.from({ length: windowSize - outbox.size }), sayNext, { discard: true })
        else yield* goIfAnswered
      })

      /** Without a goodbye: that would end the person, and with them their conversations. */
      const goIfAnswered = Effect.suspend(() => {
        if (isTalking || isOver || outbox.size > 0 || !hasList || !talks.areUpToDate()) return Effect.void
        isOver = true
        return connection.end
      })

      const goOn = Effect.suspend(() => (isTalking ? sayNext() : goIfAnswered))

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
        if (arrival._tag !== "Object") {
          if (arrival._tag === "Malformed") notes.complaints.push(`${nick}: ${arrival.reason}`)
          return true
        }
        const { message } = arrival
        switch (message?.type) {
          case "welcome":
            if (session !== undefined && message.resumed !== true) notes.complaints.push(`${nick}: ${arrival.line}`)
            session = message.session
            isIn = true
            yield* ask({ type: "conversations", id: ++id })
            yield* Effect.forEach(rooms, join, { discard: true })
            break
          case "conversations":
            hasList = true
            yield* askAll(talks.onList(message))
            break
          case "history":
            yield* askAll(talks.onPage(message))
            yield* goIfAnswered
            break
          case "member":
            onMember(message)
            break
          case "joined":
            onJoined(message)
            if (++joined === rooms.length) yield* begin
            break
          case "message":
            if (isDirect(message.room)) yield* askAll(talks.onMessage(message))
            else onMessage(message)
            break
          case "sent":
            onAnswered(message, arrival.line, (entry) => {
              notes.acknowledged.push({ ...entry, seq: message.seq })
              if (message.duplicate === true) notes.duplicates.push(entry)
            })
            yield* goOn
            break
          case "error":
            if (!isIn) yield* onRefusedLogin(message.code, arrival.line)
            else if (message.code === "unavailable") {
              const isSend = message.re !== undefined && underWay.has(message.re)
              // Whoever can't join comes again.
              if (isOfMany && !isSend) return true
              onAnswered(message, arrival.line, (entry) => notes.refused.push(entry))
              if (isOfMany) yield* Effect.sleep(20)
              yield* goOn
            } else notes.complaints.push(`${nick}: ${arrival.line}`)
            break
          case "bye":
            if (isTalking && !(isOfMany && "code" in message && mayEnd.has(message.code)))
              notes.complaints.push(`${nick}: ${arrival.line}`)
        }
        return false
      })

      yield* login()
      yield* takeAll(connection, take)
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
