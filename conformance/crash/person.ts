/**
 * Somebody who talks in several rooms without a pause, comes back after each crash as the same person, with a cursor, sends again what had
 * no answer, and notes all that they were told.
 *
 * @module
 */
import { encodeLine, type Joined, type Message, type Request } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type Address, type Arrival, type Connection, connect, type Unreachable } from "../src/wire/connection.ts"

/** An entry that somebody has sent; each text has a key of its own, and is sent again until it is answered. */
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
  /** The entries of each room, in the order in which they came, whatever connection brought them. */
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

/** Requests that one person has under way. */
const windowSize = 8

export const makePerson = (nick: string, rooms: ReadonlyArray<string>): Effect.Effect<Person> =>
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
      const ask = (request: Request) => connection.write([Buffer.from(encodeLine(request))])

      const join = (room: string) => {
        const log = logs.get(room)
        return ask({
          type: "join",
          id: ++id,
          room,
          ...(log === undefined ? {} : { epoch: log.epoch, after: log.head })
        })
      }

      const onJoined = ({ epoch, head, resumed, room }: Joined) => {
        const log = logs.get(room)
        // A room that was never sent to is forgotten with its members.
        if (log === undefined || (log.head === 0 && log.epoch !== epoch)) logs.set(room, { epoch, head })
        else if (epoch !== log.epoch) notes.complaints.push(`${nick}: ${room} has another epoch`)
        else if (head < log.head) notes.complaints.push(`${nick}: the head of ${room} fell from ${log.head} to ${head}`)
        else if (resumed !== true) notes.complaints.push(`${nick}: ${room} wasn't resumed after ${log.head}`)
      }

      const onMessage = (message: Message) => {
        const log = logs.get(message.room)!
        if (message.seq !== log.head + 1) {
          notes.complaints.push(`${nick}: entry ${message.seq} of ${message.room} came after ${log.head}`)
        }
        log.head = message.seq
        const seen = notes.seen.get(message.room) ?? []
        seen.push(message)
        notes.seen.set(message.room, seen)
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
        const room = rooms[Math.floor(random.nextDoubleUnsafe() * rooms.length)]!
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

      const goIfAnswered = Effect.suspend(() => (outbox.size === 0 ? ask({ type: "bye", id: ++id }) : Effect.void))

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
            yield* Effect.forEach(rooms, join, { discard: true })
            break
          case "joined":
            onJoined(message)
            if (++joined === rooms.length) yield* begin
            break
          case "message":
            onMessage(message)
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
              onAnswered(message, arrival.line, (entry) => notes.refused.push(entry))
              yield* goOn
            } else notes.complaints.push(`${nick}: ${arrival.line}`)
            break
          case "bye":
            if (isTalking) notes.complaints.push(`${nick}: ${arrival.line}`)
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
