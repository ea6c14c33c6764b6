/**
 * The conversation of one person: what they type goes to the server, what happens in their rooms comes to their screen.
 *
 * @module
 */
import { foldName } from "@tertulia/protocol"
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
import type { Notebook } from "./notebook.ts"
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
  /** What an earlier connection has left behind. */
  readonly notebook: Notebook
}

/** How many lines are under way at once: enough for a fast pipe, few enough not to read all of a long one. */
const underWay = 64

/**
 * Talks until the person leaves or the input ends, then waits for the replies and says `bye`. Succeeds with the number
 * of lines that could not be said. With a notebook in which there are rooms it comes back to them, after the last entries
 * that were shown.
 */
export const chat = Effect.fnUntraced(function* (
  connection: Connection,
  screen: Screen,
  { nick, notebook, raw, room, style }: ChatOptions
): Effect.fn.Return<number, RequestError | Gap | FellBehind, Scope.Scope> {
  const rooms = new Map<string, Room>()
  const listening = yield* FiberSet.make<void, Gap | FellBehind>()
  const sending = yield* FiberSet.make<void>()
  const permits = yield* Semaphore.make(underWay)
  const unconfirmed: Array<string> = []
  let current: Room | undefined
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
    Stream.runForEach(to.events, (event) => {
      if (event.type === "message") notebook.rooms.set(to.name, { epoch: to.epoch, after: event.seq })
      return show(event)
    }).pipe(
      // That the connection is lost is told once, for all rooms.
      Effect.catchTag("ConnectionLost", () => Effect.void)
    )

  const turnTo = (to: Room | undefined) => {
    current = to
    notebook.current = to?.name
    return screen.label(to === undefined ? "> " : `${to.name}> `)
  }

  // --- doing ---

  const enter = Effect.fnUntraced(function* (name: string) {
    const cursor = notebook.rooms.get(name)
    const entered = yield* connection.join(name, cursor)
    rooms.set(entered.name, entered)
    if (!entered.resumed) notebook.rooms.set(entered.name, { epoch: entered.epoch, after: entered.head })
    Object.assign(notebook, { entered: true, failures: 0 })
    yield* turnTo(entered)
    if (cursor !== undefined && !entered.resumed) yield* complain(`what was said in ${name} meanwhile can't be shown`)
    const members = yield* entered.members
    if (screen.interactive) yield* notice(`you are in ${entered.name}: ${crowd(members)}`)
    yield* FiberSet.run(listening, listen(entered))
  })

  /** Goes back to where the person was, and says what they have typed meanwhile. */
  const comeBack = Effect.gen(function* () {
    const { current: before, rooms: known, unsent } = notebook
    for (const name of [...known.keys()]) {
      yield* Effect.catchTag(enter(name), "Refused", (error) => {
        known.delete(name)
        return refused(error)
      })
    }
    yield* turnTo(rooms.get(before ?? "") ?? [...rooms.values()].at(-1))
    for (const text of unsent.splice(0)) yield* say(text)
  })

  const say = Effect.fnUntraced(function* (text: string) {
    if (current === undefined) {
      notebook.unsaid++
      return yield* complain(nowhere)
    }
    const keep = Effect.sync(() => void notebook.unsent.push(text))
    yield* Effect.onInterrupt(permits.take(1), () => keep)
    const attempt = current.send(text).pipe(
      Effect.catchTags({
        Refused: (error) => {
          notebook.unsaid++
          return complain(`not said: ${JSON.stringify(text)}: ${error.message} (${error.code})`)
        },
        // What may have been said isn't said again: nobody could tell it from a second message (REPLY-12).
        ConnectionLost: ({ outcome }) => (outcome === "none" ? keep : Effect.sync(() => void unconfirmed.push(text)))
      }),
      Effect.asVoid,
      Effect.ensuring(permits.release(1))
    )
    // It is in the outbox when this returns, so that lines keep their order.
    yield* FiberSet.run(sending, attempt)
  })

  const leave = Effect.fnUntraced(function* (name: string | undefined) {
    if (name === undefined) return yield* complain(nowhere)
    yield* connection.leave(name)
    rooms.delete(name)
    notebook.rooms.delete(name)
    if (current?.name === name) yield* turnTo([...rooms.values()].at(-1))
    yield* notice(`you left ${name}`)
  })

  const join = (name: string) => {
    const there = rooms.get(foldName(name))
    return there === undefined ? enter(name) : turnTo(there)
  }

  /** What each command does with its argument; `quit` is for the caller, who ends the conversation. */
  const commands: Record<Exclude<CommandName, "quit">, (argument: string) => Effect.Effect<void, RequestError>> = {
    help: () => screen.show(help.join("\n")),
    rooms: () => Effect.flatMap(connection.rooms, (all) => screen.show(["rooms:", ...all.map(roomLine)].join("\n"))),
    members: () =>
      current === undefined
        ? complain(nowhere)
        : Effect.flatMap(connection.members(current.name), (nicks) => notice(`here: ${crowd(nicks)}`)),
    join: (argument) => (argument === "" ? complain("which room? For example /join #cafe") : join(roomName(argument))),
    leave: (argument) => leave(argument === "" ? current?.name : foldName(roomName(argument))),
    nick: () => notice(`you are ${nick} while you are connected; for another nick, /quit and come back with --nick`),
    raw: () => {
      raw.shown = !raw.shown
      return notice(`${raw.shown ? "showing" : "hiding"} the lines of the protocol`)
    }
  }

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
        notebook.unsaid++
        yield* complain(`${typed.word} is no command: /help shows them, and // says a text that begins with /`)
        return true
      case "Command":
        if (typed.name === "quit") return false
        if (screen.interactive) yield* screen.show(style.dim(`> ${oneLine(line)}`))
        return yield* Effect.as(commands[typed.name](typed.argument), true)
    }
  })

  const talk = Stream.runForEachWhile(screen.typed, (line) =>
    obey(line).pipe(
      Effect.catchTag("Refused", (error) => {
        notebook.unsaid++
        return Effect.as(refused(error), true)
      })
    )
  )

  // --- from the first to the last word ---

  const all = talk.pipe(
    Effect.andThen(FiberSet.awaitEmpty(sending)),
    Effect.andThen(connection.bye),
    Effect.andThen(FiberSet.awaitEmpty(listening)),
    // Told by `settle`, once what came before it is shown.
    Effect.catchTag("ConnectionLost", () => Effect.never)
  )
  /** Shows what came before the end, and tells what had no reply. */
  const settle = Effect.gen(function* () {
    yield* FiberSet.awaitEmpty(sending)
    yield* FiberSet.awaitEmpty(listening)
    notebook.unsaid += unconfirmed.length
    if (unconfirmed.length > 0) yield* complain(doubtful(unconfirmed))
  })
  yield* turnTo(undefined)
  yield* notebook.entered ? comeBack : enter(room)
  yield* all.pipe(
    Effect.raceFirst(lost(connection)),
    Effect.tapErrorTag("ConnectionLost", () => settle),
    Effect.raceFirst(FiberSet.join(listening))
  )
  return notebook.unsaid
})

/** Fails when the connection ends in another way than by this client's own `bye`. */
export const lost = ({ address, ended }: Connection): Effect.Effect<never, ConnectionLost> =>
  Effect.flatMap(ended, (loss) =>
    loss._tag === "Goodbye" ? Effect.never : Effect.fail(new ConnectionLost({ address, loss, outcome: "none" }))
  )

const nowhere = "you are in no room: enter one with /join #room"

/** Replies come in order, so the first line without one and the last say it all. */
const doubtful = (texts: ReadonlyArray<string>) => {
  const [first, last] = [texts[0], texts.at(-1)].map((text) => JSON.stringify(text))
  const which = texts.length === 1 ? first : `${texts.length} lines, ${first} to ${last}`
  return `not confirmed, so perhaps said and perhaps not: ${which}`
}
