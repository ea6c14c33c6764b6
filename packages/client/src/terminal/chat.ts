/**
 * The conversation of one person: what they type goes to the server, what happens in their rooms comes to their screen.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Connection, Room } from "../connection.ts"
import { ConnectionLost, type FellBehind, type Gap, type Refused, type RequestError } from "../errors.ts"
import type { RoomEvent } from "../inbox.ts"
import { type CommandName, help, read, roomName } from "./command.ts"
import { crowd, entryLine, noticeLine, roomLine } from "./lines.ts"
import type { Screen } from "./screen.ts"
import type { Style } from "./style.ts"
import { oneLine } from "./visible.ts"

/** Who talks, where to begin, and how it looks. */
export interface ChatOptions {
  readonly nick: string
  readonly room: string
  readonly style: Style
  /** Whether the lines of the protocol are shown; /raw changes it. */
  readonly raw: { shown: boolean }
}

/** How many lines are under way at once: enough for a fast pipe, few enough not to read all of a long one. */
const underWay = 64

/**
 * Talks until the person leaves or the input ends, then waits for the replies and says `bye`. Succeeds with the number
 * of lines that could not be said.
 */
export const chat = Effect.fnUntraced(function* (
  connection: Connection,
  screen: Screen,
  { nick, raw, room, style }: ChatOptions
): Effect.fn.Return<number, RequestError | Gap | FellBehind, Scope.Scope> {
  const rooms = new Map<string, Room>()
  const listening = yield* FiberSet.make<void, Gap | FellBehind>()
  const sending = yield* FiberSet.make<void>()
  const permits = yield* Semaphore.make(underWay)
  const unconfirmed: Array<string> = []
  let current: Room | undefined
  let unsaid = 0
  // The word that may have been meant as a wish to leave.
  let farewell: string | undefined

  // --- showing ---

  const notice = (text: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => screen.show(noticeLine(now, text, style)))

  const complain = (text: string) => screen.complain(style.bad(oneLine(text)))

  const refused = (error: Refused) => complain(`${error.message} (${error.code})`)

  /** The room of an event, when the reader could take it for another. */
  const elsewhere = (name: string) => (rooms.size > 1 || current?.name !== name ? name : undefined)

  const show = (event: RoomEvent) => {
    const place = elsewhere(event.room)
    return event.type === "message"
      ? screen.show(entryLine(event, event.from === nick, place, style))
      : notice(`${event.nick} ${event.change}${place === undefined ? "" : ` ${place}`}`)
  }

  const listen = (to: Room) =>
    // That the connection is lost is told once, for all rooms.
    Stream.runForEach(to.events, show).pipe(Effect.catchTag("ConnectionLost", () => Effect.void))

  const turnTo = (to: Room | undefined) => {
    current = to
    return screen.label(to === undefined ? "> " : `${to.name}> `)
  }

  // --- doing ---

  const enter = Effect.fnUntraced(function* (name: string) {
    const entered = yield* connection.join(name)
    rooms.set(entered.name, entered)
    yield* turnTo(entered)
    const members = yield* entered.members
    if (screen.interactive) yield* notice(`you are in ${entered.name}: ${crowd(members)}`)
    yield* FiberSet.run(listening, listen(entered))
  })

  const say = Effect.fnUntraced(function* (text: string) {
    if (current === undefined) {
      unsaid++
      return yield* complain("you are in no room: enter one with /join #room")
    }
    yield* permits.take(1)
    const attempt = current.send(text).pipe(
      Effect.catchTags({
        Refused: (error) => {
          unsaid++
          return complain(`not said: ${JSON.stringify(text)}: ${error.message} (${error.code})`)
        },
        ConnectionLost: () => Effect.sync(() => void unconfirmed.push(text))
      }),
      Effect.asVoid,
      Effect.ensuring(permits.release(1))
    )
    // It is in the outbox when this returns, so that lines keep their order.
    yield* FiberSet.run(sending, attempt)
  })

  const leave = Effect.fnUntraced(function* (name: string | undefined) {
    if (name === undefined) return yield* complain("you are in no room")
    yield* connection.leave(name)
    rooms.delete(name)
    if (current?.name === name) yield* turnTo([...rooms.values()].at(-1))
    yield* notice(`you left ${name}`)
  })

  /** Carries out a command; false to leave. */
  const carryOut = Effect.fnUntraced(function* (
    name: CommandName,
    argument: string
  ): Effect.fn.Return<boolean, RequestError> {
    switch (name) {
      case "help":
        yield* screen.show(help.join("\n"))
        break
      case "rooms": {
        const all = yield* connection.rooms
        yield* screen.show(all.length === 0 ? "  there are no rooms" : all.map(roomLine).join("\n"))
        break
      }
      case "members":
        if (current === undefined) yield* complain("you are in no room")
        else yield* notice(`in ${current.name}: ${crowd(yield* connection.members(current.name))}`)
        break
      case "join": {
        const there = rooms.get(roomName(argument).toLowerCase())
        if (argument === "") yield* complain("which room? For example /join #cafe")
        else if (there === undefined) yield* enter(roomName(argument))
        else yield* turnTo(there)
        break
      }
      case "leave":
        yield* leave(argument === "" ? current?.name : roomName(argument).toLowerCase())
        break
      case "nick":
        yield* notice(`you are ${nick} as long as you are connected; for another nick, /quit and come back with --nick`)
        break
      case "raw":
        raw.shown = !raw.shown
        yield* notice(raw.shown ? "showing the lines of the protocol" : "hiding the lines of the protocol")
        break
      case "quit":
        return false
    }
    return true
  })

  /** Does what a line asks for; false to leave. */
  const obey = Effect.fnUntraced(function* (line: string): Effect.fn.Return<boolean, RequestError> {
    const asked = farewell
    farewell = undefined
    if (asked !== undefined && /^(?:y|yes|s|si|sí)$/iu.test(line.trim())) return false
    const typed = read(line)
    switch (typed._tag) {
      case "Nothing":
        return true
      case "Farewell":
        if (!screen.interactive || asked !== undefined) return yield* Effect.as(say(typed.word), true)
        farewell = typed.word
        yield* notice(`leave? y leaves, "${typed.word}" again says it in the room, anything else stays`)
        return true
      case "Text":
        return yield* Effect.as(say(typed.text), true)
      case "Unknown":
        unsaid++
        yield* complain(`${typed.word} is no command: /help shows them, and // says a text that begins with /`)
        return true
      case "Command":
        if (screen.interactive) yield* screen.show(style.dim(`> ${oneLine(line)}`))
        return yield* carryOut(typed.name, typed.argument)
    }
  })

  const talk = Stream.runForEachWhile(screen.typed, (line) =>
    obey(line).pipe(
      Effect.catchTag("Refused", (error) => {
        unsaid++
        return Effect.as(refused(error), true)
      })
    )
  )

  // --- from the first to the last word ---

  const visit = talk.pipe(Effect.andThen(FiberSet.awaitEmpty(sending)), Effect.andThen(connection.bye))
  const lost = Effect.flatMap(connection.ended, (loss) =>
    // What came before the end is shown before it is told.
    loss._tag === "Goodbye"
      ? Effect.never
      : Effect.andThen(
          FiberSet.awaitEmpty(listening),
          Effect.fail(new ConnectionLost({ address: connection.address, loss, outcome: "none" }))
        )
  )
  yield* turnTo(undefined)
  yield* enter(room)
  yield* visit.pipe(
    Effect.andThen(FiberSet.awaitEmpty(listening)),
    Effect.catchTag("ConnectionLost", () => Effect.never),
    Effect.raceFirst(lost),
    Effect.raceFirst(FiberSet.join(listening)),
    Effect.raceFirst(screen.deserted),
    Effect.tapErrorTag("ConnectionLost", () =>
      unconfirmed.length === 0 ? Effect.void : complain(doubtful(unconfirmed))
    )
  )
  return unsaid
})

const doubtful = (texts: ReadonlyArray<string>) =>
  `not confirmed, so perhaps said and perhaps not: ${texts.map((text) => JSON.stringify(text)).join(", ")}`
