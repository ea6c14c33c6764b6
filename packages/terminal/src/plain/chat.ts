/**
 * The conversation of one person: what they type goes to the server, what happens in their rooms comes to their screen.
 *
 * @module
 */

import {
  type ConnectionLost,
  type Conversation,
  emptyView,
  type Item,
  lookAt,
  mayIn,
  type News,
  type NotKept,
  type Refused,
  type RequestError,
  type State,
  see,
  type Told,
  type Trouble
} from "@tertulia/client"
import { foldName, givenRoles, isModeration, roomKinds } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { accountCommands, actionOf, typedIn } from "../commands.ts"
import type { Language } from "../full/words.ts"
import { oneLine } from "../visible.ts"
import { type CommandName, help, read, roomName, commands as shapes } from "./command.ts"
import { crowd, doubtLine, entryLine, gapLine, noticeLine, outboxLine, quoted, roomLine } from "./lines.ts"
import type { Screen } from "./screen.ts"
import type { Style } from "./style.ts"
import { type Words, wordsIn } from "./words.ts"

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
  readonly language: Language
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
  { address, asksNick, language, raw, room, style }: ChatOptions
): Effect.fn.Return<number, Trouble> {
  const words = wordsIn(language)
  const begun = Deferred.makeUnsafe<void>()
  const rooms = new Set<string>()
  let current: string | undefined = room
  let state: State = { _tag: "Connecting" }
  let unsaid = 0
  // What one is to each room, for /help.
  let view = emptyView
  // The word that may have been meant as a wish to leave.
  let farewell: string | undefined

  // --- showing ---

  const notice = (text: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => screen.show(noticeLine(now, text, style)))

  /** A remark that isn't part of what is said: of a pipe, it goes to stderr. */
  const remark = (text: string) => screen.complain(style.dim(oneLine(text)))

  const complain = (text: string) => screen.complain(style.bad(oneLine(text)))

  const refused = (error: Refused) => complain(words.refused(error))

  /** The room of an event, when the reader could take it for another. */
  const elsewhere = (name: string) => (rooms.size > 1 || current !== name ? name : undefined)

  const turnTo = (name: string | undefined) => {
    current = name
    return screen.label(state._tag === "Offline" ? words.away : name === undefined ? "> " : `${name}> `)
  }

  const entered = Effect.fnUntraced(function* ({ joined, log }: Extract<News, { _tag: "Entered" }>) {
    const isNew = !rooms.has(joined.room)
    rooms.add(joined.room)
    if (log === "another") yield* complain(gapLine(words, joined.room))
    if (isNew && screen.interactive) yield* notice(words.inRoom(joined.room, crowd(joined.members, words)))
  })

  const parted = Effect.fnUntraced(function* (name: string) {
    rooms.delete(name)
    if (current === name) yield* turnTo([...rooms].at(-1))
  })

  const waits = Effect.fnUntraced(function* (item: Item) {
    switch (item.rest?._tag) {
      case undefined:
        return state._tag === "Live" ? undefined : yield* remark(words.waits(quoted(item.text)))
      case "Unknown":
        unsaid++
        return yield* complain(doubtLine([item.text], screen.interactive, words))
      case "Failed":
        unsaid++
        yield* complain(words.notSaid(quoted(item.text), words.refused(item.rest)))
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
        return notice(`${words[change](nick)}${place === undefined ? "" : ` ${place}`}`)
      }
      case "Gone":
        return complain(gapLine(words, news.room, news))
      case "Entered":
        return entered(news)
      case "Left":
        return Effect.andThen(parted(news.room), notice(words.youLeft(news.room)))
      case "Out":
        // Who gets into no room at all has nowhere to stay.
        if (news.by !== undefined) return Effect.andThen(parted(news.room), complain(words.putOut(news.room, news.by)))
        return rooms.size === 0 ? Effect.fail(news.why) : Effect.andThen(parted(news.room), refused(news.why))
      case "Waiting":
        return waits(news.item)
      case "Another":
        return complain(words.another(news.room))
      case "Change":
        return isModeration(news.entry) ? notice(words.deed(news.entry)) : Effect.void
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
          yield* screen.show(style.dim(words.youAre(yield* conversation.nick, address)))
        }
        return undefined
      case "Live":
        if (Deferred.isDoneUnsafe(begun)) yield* remark(words.back(address))
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
    yield* complain(words.again(words.trouble(why), pause <= 0 ? undefined : (pause / 1_000).toFixed(1)))
    yield* screen.label(words.away)
    return undefined
  })

  const askNick = Effect.fnUntraced(function* (why: Refused) {
    yield* screen.show(oneLine(language === "en" ? why.message : words.refused(why)))
    const nick = yield* screen.ask(words.askNick)
    if (nick === "") return yield* Effect.interrupt
    yield* conversation.rename(nick.trim())
  })

  /** Shows everything there is to show, until it is over. */
  const listen = Effect.gen(function* () {
    let over: Trouble | undefined
    yield* Stream.runForEachWhile(conversation.news, (told: Told) =>
      Effect.gen(function* () {
        if (isAboutStanding(told)) view = see(view, told)
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
      return yield* complain(words.nowhere)
    }
    yield* Effect.catchTag(conversation.say(current, text), "Refused", (error) => {
      unsaid++
      return complain(words.notSaid(quoted(text), words.refused(error)))
    })
    if (!screen.interactive) yield* conversation.drained(ahead - 1)
  })

  const leave = (name: string | undefined) => (name === undefined ? complain(words.nowhere) : conversation.leave(name))

  const join = Effect.fnUntraced(function* (name: string) {
    yield* conversation.join(name)
    yield* turnTo(foldName(name))
  })

  /** Decides about the oldest that is in doubt. */
  const decide = (how: (key: string) => Effect.Effect<void, NotKept>) =>
    Effect.flatMap(conversation.outbox, (items) => {
      const doubtful = items.find(({ rest }) => rest !== undefined)
      return doubtful === undefined ? complain(words.noDoubt) : how(doubtful.key)
    })

  const renames = Effect.fnUntraced(function* (nick: string) {
    if (nick !== "" && state._tag === "Offline" && state.why._tag === "Refused") return yield* conversation.rename(nick)
    const mine = yield* conversation.nick
    yield* notice(words.isNick(mine))
  })

  const usage = (name: CommandName) => {
    unsaid++
    return complain(words.usage(typedIn(language, shapes[name])))
  }

  /** What keeps the room that one is in. */
  const keep = (deed: (room: string) => Effect.Effect<unknown, RequestError>) =>
    current === undefined ? complain(words.nowhere) : Effect.asVoid(deed(current))

  /** What is done to somebody, or undone by `off`. */
  const toSomebody = (name: "invite" | "ban" | "mute", nick: string, rest: string) =>
    nick === "" || (rest !== "" && rest !== "off")
      ? usage(name)
      : keep((room) => conversation.moderation[name](room, withoutSign(nick), rest === ""))

  /** What takes the password: asked for in a terminal, the next line of a pipe. */
  const withPassword = Effect.fnUntraced(function* (
    deed: (current: string) => Effect.Effect<string | undefined, RequestError | NotKept>
  ) {
    const current = yield* screen.askHidden(words.passwordNow)
    const done = current === "" ? undefined : yield* deed(current)
    yield* notice(done ?? words.nothingDone)
  })

  const setPassword = Effect.fnUntraced(function* (current: string) {
    const next = yield* screen.askHidden(words.passwordNew)
    if (next === "") return undefined
    yield* conversation.account.setPassword(current, next)
    return words.passwordChanged
  })

  /** Whether one may do it here: nothing else is explained. */
  const isOffered = (name: CommandName): boolean => {
    if (accountCommands.has(name as keyof typeof actionOf)) return view.hasAccount
    const action = name in actionOf ? actionOf[name as keyof typeof actionOf] : undefined
    if (action === undefined) return true
    return current !== undefined && mayIn(view, lookAt(view, current), action)
  }

  type Mishap = Refused | ConnectionLost | NotKept

  /** What each command does with its argument; `quit` is for the caller, who ends the conversation. */
  const commands: Record<
    Exclude<CommandName, "quit">,
    (argument: string, rest: string) => Effect.Effect<void, Mishap>
  > = {
    help: () => screen.show(help(language, isOffered).join("\n")),
    rooms: () =>
      Effect.flatMap(conversation.list, (all) => screen.show([words.rooms, ...all.map(roomLine)].join("\n"))),
    members: () =>
      current === undefined
        ? complain(words.nowhere)
        : Effect.flatMap(conversation.members(current), (nicks) => notice(words.here(crowd(nicks, words)))),
    join: (argument) => (argument === "" ? usage("join") : join(roomName(argument))),
    leave: (argument) => leave(argument === "" ? current : foldName(roomName(argument))),
    msg: (nick, text) => (text === "" ? usage("msg") : Effect.asVoid(conversation.tell(withoutSign(nick), text))),
    topic: (argument, rest) =>
      argument === ""
        ? usage("topic")
        : keep((room) => conversation.topic(room, rest === "" ? argument : `${argument} ${rest}`)),
    delete: (seq) =>
      /^[1-9]\d{0,14}$/u.test(seq) ? keep((room) => conversation.remove(room, Number(seq))) : usage("delete"),
    invite: (nick, rest) => toSomebody("invite", nick, rest),
    kick: (nick) =>
      nick === "" ? usage("kick") : keep((room) => conversation.moderation.kick(room, withoutSign(nick))),
    ban: (nick, rest) => toSomebody("ban", nick, rest),
    mute: (nick, rest) => toSomebody("mute", nick, rest),
    role: (nick, wish) => {
      const role = givenRoles.find((each) => each === wish)
      return role === undefined
        ? usage("role")
        : keep((room) => conversation.moderation.setRole(room, withoutSign(nick), role))
    },
    kind: (wish) => {
      const kind = roomKinds.find((each) => each === wish)
      return kind === undefined ? usage("kind") : keep((room) => conversation.moderation.setKind(room, kind))
    },
    slow: (seconds) =>
      /^\d{1,4}$/u.test(seconds) ? keep((room) => conversation.moderation.slow(room, Number(seconds))) : usage("slow"),
    password: () => withPassword(setPassword),
    revoke: () => Effect.andThen(conversation.account.revoke, notice(words.revoked)),
    unregister: () =>
      withPassword((current) => Effect.as(conversation.account.unregister(current), words.unregistered)),
    outbox: () =>
      Effect.flatMap(conversation.outbox, (items) =>
        screen.show([words.outbox, ...items.map((item) => outboxLine(item, words))].join("\n"))
      ),
    again: () => decide(conversation.again),
    forget: () => decide(conversation.forget),
    nick: renames,
    raw: () => {
      raw.shown = !raw.shown
      return notice(words.wire(raw.shown))
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
        yield* notice(words.farewell(typed.word))
        return true
      case "Text":
        return yield* Effect.as(say(typed.text), true)
      case "Unknown":
        unsaid++
        yield* complain(words.noCommand(typed.word))
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
        ConnectionLost: (error) => Effect.as(complain(words.failure(error)), true)
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
  yield* greetOutbox(yield* conversation.outbox, screen, complain, words)
  const over = yield* Effect.raceFirst(listen, all)
  if (over !== undefined && !isGoodbye(over)) return yield* over
  return unsaid
})

/** What says what one is to a room or a server; of what else is told, nothing is kept. */
const isAboutStanding = (told: Told): boolean => {
  if (told._tag === "Change") return isModeration(told.entry)
  return ["Welcome", "Unregistered", "Entered", "Left", "Out"].includes(told._tag)
}

const withoutSign = (nick: string): string => nick.replace(/^@/u, "")

const isGoodbye = (why: Trouble): boolean => why._tag === "ConnectionLost" && why.loss._tag === "Goodbye"

/** Tells what an earlier process has left. */
const greetOutbox = Effect.fnUntraced(function* (
  items: ReadonlyArray<Item>,
  { interactive }: Screen,
  complain: (text: string) => Effect.Effect<void>,
  words: Words
) {
  const [doubtful, waiting] = [true, false].map((rests) => items.filter(({ rest }) => (rest !== undefined) === rests))
  if (doubtful!.length > 0)
    yield* complain(
      doubtLine(
        doubtful!.map(({ text }) => text),
        interactive,
        words
      )
    )
  if (waiting!.length > 0) yield* complain(words.lastTime(waiting!.map(({ text }) => quoted(text)).join(", ")))
})
