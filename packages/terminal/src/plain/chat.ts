/**
 * The conversation of one person: what they type goes to the server, what happens in their rooms comes to their screen.
 *
 * @module
 */

import {
  type ConnectionLost,
  type Conversation,
  deedWords,
  type Item,
  type News,
  type NotKept,
  type Refused,
  type State,
  type Told,
  type Trouble
} from "@tertulia/client"
import { foldName, isModeration } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { oneLine } from "../visible.ts"
import { type CommandName, help, read, roomName } from "./command.ts"
import { crowd, doubtLine, entryLine, gapLine, noticeLine, outboxLine, quoted, roomLine, troubleLine } from "./lines.ts"
import type { Screen } from "./screen.ts"
import type { Style } from "./style.ts"

/** Where to begin, and how it looks. */
export interface ChatOptions {
  readonly room: string
  /** Where the server is. */
  readonly address: string
  readonly style: Style
  /** Whether the lines of the protocol are shown; /raw changes it. */
  readonly raw: { shown: boolean }
  /** Whether the person is asked for another nick when theirs is refused. */
  readonly asksNick: boolean
}

/** How many lines of a pipe wait to be sent at once: few enough not to read all of a long one. */
const ahead = 64

/**
 * Talks until the person leaves or the input ends, and what they have said is in the log. Succeeds with the number of lines
 * that could not be said; fails when the conversation is over in another way.
 */
export const chat = Effect.fnUntraced(function* (
  conversation: Conversation,
  screen: Screen,
  { address, asksNick, raw, room, style }: ChatOptions
): Effect.fn.Return<number, Trouble> {
  const begun = Deferred.makeUnsafe<void>()
  const rooms = new Set<string>()
  let current: string | undefined = room
  let state: State = { _tag: "Connecting" }
  let unsaid = 0
  // The word that may have been meant as a wish to leave.
  let farewell: string | undefined

  // --- showing ---

  const notice = (text: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => screen.show(noticeLine(now, text, style)))

  /** A remark that isn't part of what is said: of a pipe, it goes to stderr. */
  const remark = (text: string) => screen.complain(style.dim(oneLine(text)))

  const complain = (text: string) => screen.complain(style.bad(oneLine(text)))

  const refused = (error: Refused) => complain(`${error.message} (${error.code})`)

  /** The room of an event, when the reader could take it for another. */
  const elsewhere = (name: string) => (rooms.size > 1 || current !== name ? name : undefined)

  const turnTo = (name: string | undefined) => {
    current = name
    return screen.label(state._tag === "Offline" ? "(away) " : name === undefined ? "> " : `${name}> `)
  }

  const entered = Effect.fnUntraced(function* ({ joined, log }: Extract<News, { _tag: "Entered" }>) {
    const isNew = !rooms.has(joined.room)
    rooms.add(joined.room)
    if (log === "another") yield* complain(gapLine(joined.room))
    if (isNew && screen.interactive) yield* notice(`you are in ${joined.room}: ${crowd(joined.members)}`)
  })

  const parted = Effect.fnUntraced(function* (name: string) {
    rooms.delete(name)
    if (current === name) yield* turnTo([...rooms].at(-1))
  })

  const waits = Effect.fnUntraced(function* (item: Item) {
    switch (item.rest?._tag) {
      case undefined:
        return state._tag === "Live" ? undefined : yield* remark(`waits to be said: ${quoted(item.text)}`)
      case "Unknown":
        unsaid++
        return yield* complain(doubtLine([item.text], screen.interactive))
      case "Failed":
        unsaid++
        yield* complain(`not said: ${quoted(item.text)}: ${item.rest.message} (${item.rest.code})`)
        // It has been told, and nothing is left to be decided.
        return yield* Effect.ignore(conversation.forget(item.key))
    }
  })

  const show = (news: News): Effect.Effect<void, Refused> => {
    switch (news._tag) {
      case "Entry":
        return Effect.flatMap(conversation.nick, (nick) =>
          screen.show(entryLine(news.entry, news.entry.from === nick, elsewhere(news.entry.room), style))
        )
      case "Member": {
        const { change, nick, room: name } = news.member
        const place = elsewhere(name)
        return notice(`${nick} ${change}${place === undefined ? "" : ` ${place}`}`)
      }
      case "Gone":
        return complain(gapLine(news.room, news))
      case "Entered":
        return entered(news)
      case "Left":
        return Effect.andThen(parted(news.room), notice(`you left ${news.room}`))
      case "Out":
        // Who gets into no room at all has nowhere to stay.
        return rooms.size === 0 ? Effect.fail(news.why) : Effect.andThen(parted(news.room), refused(news.why))
      case "Waiting":
        return waits(news.item)
      case "Another":
        return complain(`whoever was ${news.room} has gone: this is somebody else with the same nick`)
      case "Change":
        return isModeration(news.entry) ? notice(deedWords.en(news.entry)) : Effect.void
      case "Passed":
      case "Members":
      case "Typing":
      case "Presence":
      case "Read":
      case "Welcome":
      case "Unregistered":
      case "Sent":
      case "Dropped":
        return Effect.void
    }
  }

  /** Tells what has become of the connection; a trouble when that was the last. */
  const turn = Effect.fnUntraced(function* (now: State): Effect.fn.Return<Trouble | undefined> {
    const before = state
    state = now
    switch (now._tag) {
      case "Connecting":
        return undefined
      case "CatchingUp":
        if (before._tag === "Connecting" && !Deferred.isDoneUnsafe(begun) && screen.interactive) {
          yield* screen.show(style.dim(`you are ${yield* conversation.nick} at ${address}; /help shows the commands`))
        }
        return undefined
      case "Live":
        if (Deferred.isDoneUnsafe(begun)) yield* remark(`back at ${address}`)
        yield* turnTo(current)
        Deferred.doneUnsafe(begun, Exit.void)
        return undefined
      case "Offline":
        return yield* away(now)
    }
  })

  const away = Effect.fnUntraced(function* ({ again, why }: Extract<State, { _tag: "Offline" }>) {
    if (again === undefined) {
      const isNick = why._tag === "Refused" && asksNick && !Deferred.isDoneUnsafe(begun)
      return isNick ? yield* Effect.as(askNick(why), undefined) : why
    }
    const pause = again - (yield* Clock.currentTimeMillis)
    const when = pause <= 0 ? "at once" : `in ${(pause / 1_000).toFixed(1)} s`
    yield* complain(`${troubleLine(why)}; connecting again ${when}`)
    yield* screen.label("(away) ")
    return undefined
  })

  const askNick = Effect.fnUntraced(function* (why: Refused) {
    yield* screen.show(oneLine(why.message))
    const nick = yield* screen.ask("nick: ")
    if (nick === "") return yield* Effect.interrupt
    yield* conversation.rename(nick.trim())
  })

  /** Shows everything there is to show, until it is over. */
  const listen = Effect.gen(function* () {
    let over: Trouble | undefined
    yield* Stream.runForEachWhile(conversation.news, (told: Told) =>
      Effect.gen(function* () {
        if (told._tag === "State") over = yield* turn(told.state)
        else yield* show(told)
        return over === undefined
      })
    )
    return over
  })

  // --- doing ---

  const say = Effect.fnUntraced(function* (text: string): Effect.fn.Return<void, NotKept> {
    if (current === undefined) {
      unsaid++
      return yield* complain(nowhere)
    }
    yield* Effect.catchTag(conversation.say(current, text), "Refused", (error) => {
      unsaid++
      return complain(`not said: ${quoted(text)}: ${error.message} (${error.code})`)
    })
    if (!screen.interactive) yield* conversation.drained(ahead - 1)
  })

  const leave = (name: string | undefined) => (name === undefined ? complain(nowhere) : conversation.leave(name))

  const join = Effect.fnUntraced(function* (name: string) {
    yield* conversation.join(name)
    yield* turnTo(foldName(name))
  })

  /** Decides about the oldest that is in doubt. */
  const decide = (how: (key: string) => Effect.Effect<void, NotKept>) =>
    Effect.flatMap(conversation.outbox, (items) => {
      const doubtful = items.find(({ rest }) => rest !== undefined)
      return doubtful === undefined ? complain("nothing is in doubt") : how(doubtful.key)
    })

  const renames = Effect.fnUntraced(function* (nick: string) {
    if (nick !== "" && state._tag === "Offline" && state.why._tag === "Refused") return yield* conversation.rename(nick)
    const mine = yield* conversation.nick
    yield* notice(`you are ${mine} while you are connected; for another nick, /quit and come back with --nick`)
  })

  type Mishap = Refused | ConnectionLost | NotKept

  /** What each command does with its argument; `quit` is for the caller, who ends the conversation. */
  const commands: Record<
    Exclude<CommandName, "quit">,
    (argument: string, rest: string) => Effect.Effect<void, Mishap>
  > = {
    help: () => screen.show(help.join("\n")),
    rooms: () => Effect.flatMap(conversation.list, (all) => screen.show(["rooms:", ...all.map(roomLine)].join("\n"))),
    members: () =>
      current === undefined
        ? complain(nowhere)
        : Effect.flatMap(conversation.members(current), (nicks) => notice(`here: ${crowd(nicks)}`)),
    join: (argument) => (argument === "" ? complain("which room? For example /join #cafe") : join(roomName(argument))),
    leave: (argument) => leave(argument === "" ? current : foldName(roomName(argument))),
    tell: (nick, text) =>
      text === ""
        ? complain("what to whom? For example /msg leo hola")
        : Effect.asVoid(conversation.tell(nick.replace(/^@/u, ""), text)),
    outbox: () =>
      Effect.flatMap(conversation.outbox, (items) => screen.show(["outbox:", ...items.map(outboxLine)].join("\n"))),
    again: () => decide(conversation.again),
    forget: () => decide(conversation.forget),
    nick: renames,
    raw: () => {
      raw.shown = !raw.shown
      return notice(`${raw.shown ? "showing" : "hiding"} the lines of the protocol`)
    }
  }

  /** Does what a line asks for; false to leave. */
  const obey = Effect.fnUntraced(function* (line: string): Effect.fn.Return<boolean, Mishap> {
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
        if (typed.name === "quit") return false
        if (screen.interactive) yield* screen.show(style.dim(`> ${oneLine(line)}`))
        return yield* Effect.as(commands[typed.name](typed.argument, typed.rest), true)
    }
  })

  const talk = Stream.runForEachWhile(screen.typed, (line) =>
    obey(line).pipe(
      Effect.catchTags({
        Refused: (error) => {
          unsaid++
          return Effect.as(refused(error), true)
        },
        ConnectionLost: (error) => Effect.as(complain(error.message), true)
      })
    )
  )

  // --- from the first to the last word ---

  const all = Deferred.await(begun).pipe(
    Effect.andThen(talk),
    Effect.andThen(conversation.drained()),
    Effect.andThen(conversation.bye),
    // What came before the goodbye is still being shown.
    Effect.andThen(Effect.never)
  )
  yield* greetOutbox(yield* conversation.outbox, screen, complain)
  const over = yield* Effect.raceFirst(listen, all)
  if (over !== undefined && !isGoodbye(over)) return yield* over
  return unsaid
})

const isGoodbye = (why: Trouble): boolean => why._tag === "ConnectionLost" && why.loss._tag === "Goodbye"

/** Tells what an earlier process has left. */
const greetOutbox = Effect.fnUntraced(function* (
  items: ReadonlyArray<Item>,
  { interactive }: Screen,
  complain: (text: string) => Effect.Effect<void>
) {
  const [doubtful, waiting] = [true, false].map((rests) => items.filter(({ rest }) => (rest !== undefined) === rests))
  if (doubtful!.length > 0)
    yield* complain(
      doubtLine(
        doubtful!.map(({ text }) => text),
        interactive
      )
    )
  if (waiting!.length > 0) yield* complain(`from last time, ${waiting!.map(({ text }) => quoted(text)).join(", ")}`)
})

const nowhere = "you are in no room: enter one with /join #room"
