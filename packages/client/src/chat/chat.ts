/**
 * A chat for programs without Effect: promises, async iterators, and views that a screen subscribes to. It is `converse` and its view,
 * and holds no rules of its own.
 *
 * @module
 */
import {
  directWith,
  foldName,
  isDirect,
  type Message,
  type Presence,
  type Profile,
  type RoomItem,
  type Sent,
  type SetStatus,
  type Standing,
  type User,
  type WhoIsReply
} from "@tertulia/protocol"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type Conversation,
  type ConverseOptions,
  converse,
  type SayOptions,
  type State,
  type Told,
  type Trouble
} from "../conversation.ts"
import type { Refused, Unreachable } from "../errors.ts"
import type { Keeper, NotKept } from "../keeper.ts"
import type { Item } from "../kept.ts"
import type { ModerationApi } from "../moderation.ts"
import type { SearchOptions } from "../search.ts"
import type { Transport } from "../transport.ts"
import {
  firstOf,
  lineAt,
  lookAt,
  type MessageLine,
  personIn,
  type RoomSnapshot,
  see,
  type View,
  type ViewLine,
  viewOf,
  type WaitingLine,
  withPage
} from "../view.ts"
import { type Live, makeHappenings, makeListeners } from "./live.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What a caller gets
// ---------------------------------------------------------------------------------------------------------------------

/** What was said didn't reach the log, or nobody knows whether it did; `retry` says it again. */
export class NotSent extends Data.TaggedError("NotSent")<{
  readonly key: string
  readonly room: string
  readonly text: string
  /**
   * `failed`: nothing happened. `unknown`: it is in the log or not. `dropped`: it was given up. `closed`: the chat was closed before; it stays
   * where it is kept.
   */
  readonly how: "failed" | "unknown" | "dropped" | "closed"
  readonly message: string
  /** The code of the registry, when it has failed. */
  readonly code?: string
}> {}

/** What keeps one room: as of `ModerationApi`. */
export type RoomModeration = {
  readonly [Deed in Exclude<keyof ModerationApi, "standings">]: (
    ...about: AfterRoom<Parameters<ModerationApi[Deed]>>
  ) => Promise<void>
} & { readonly standings: () => Promise<ReadonlyArray<Standing>> }

type AfterRoom<All extends ReadonlyArray<unknown>> = All extends readonly [room: string, ...rest: infer Rest]
  ? Rest
  : never

/** What one does with one's account: as of `OwnAccount`. */
export interface ChatAccount {
  readonly setPassword: (current: string, password: string) => Promise<void>
  readonly revoke: () => Promise<void>
  readonly unregister: (current: string) => Promise<void>
}

/** A room, or a conversation with one person. A handle: to have it costs nothing, and it outlives leaving and coming back. */
export interface ChatRoom extends Live<RoomSnapshot> {
  /** `#cafe`, or `@leo`. */
  readonly name: string
  /** The parts of `get()`, as they are now. */
  readonly entries: RoomSnapshot["entries"]
  readonly members: ReadonlyArray<string>
  readonly typists: ReadonlyArray<string>
  readonly unread: number
  readonly topic: string
  /** All that happens here from the iteration on, as the Effect API tells it; ends with the chat. */
  readonly changes: AsyncIterable<Told>
  /**
   * Messages, each once: of a room, those since this chat came in, and all that follow; of a conversation, those that follow. Who begins
   * late misses nothing. A bot needs no more.
   */
  readonly messages: AsyncIterable<MessageLine>
  /**
   * Says something. It stands among `entries` at once, as `pending`, and is sent as soon as there is a connection: once, and in its order.
   * Resolves when it is in the log, and rejects with `NotSent`, or with `Refused` when no server could take it. Nobody has to wait: that
   * it has failed is also shown among `entries`. It never outlives the chat.
   */
  readonly send: (text: string, options?: SayOptions) => Promise<Pick<Sent, "at" | "seq">>
  /** Says again what has failed or is in doubt. */
  readonly retry: (key: string) => Promise<void>
  /** Gives up what has failed, is in doubt, or was never sent. */
  readonly forget: (key: string) => Promise<void>
  readonly edit: (seq: number, text: string) => Promise<void>
  readonly remove: (seq: number) => Promise<void>
  readonly react: (seq: number, reaction: string, on?: boolean) => Promise<void>
  readonly setTopic: (text: string) => Promise<void>
  /** What keeps the room, for those who have the right to: who hasn't is refused by `forbidden`. */
  readonly moderation: RoomModeration
  /** One types, or no more: may be called with every key that is pressed. */
  readonly typing: (on?: boolean) => void
  /** One has read up to an entry; up to the last when absent. */
  readonly read: (seq?: number) => Promise<void>
  /** Reads a page of older entries into the view; resolves whether there are more. */
  readonly older: (limit?: number) => Promise<boolean>
  /** The line of an entry, if it is shown: of what a message answers. */
  readonly line: (seq: number) => ViewLine | undefined
  readonly leave: () => Promise<void>
}

/** A room in a list to choose from. */
export interface RoomSummary {
  readonly name: string
  readonly isDirect: boolean
  readonly isIn: boolean
  readonly unread: number
  readonly mentions: number
  /** The last message that isn't deleted. */
  readonly last: MessageLine | undefined
}

/** One person's chat with a server, over as many connections as it takes. */
export interface Chat {
  /** How far it has come: `Connecting`, `CatchingUp`, `Live`, or `Offline` with the reason and when one connects again. */
  readonly state: Live<State>
  /** All that one sees: `lookAt(view, name)` is a room of it. */
  readonly view: Live<View>
  /** The rooms and conversations that one is in, by name: rooms first. */
  readonly rooms: Live<ReadonlyArray<RoomSummary>>
  readonly nick: string
  /** One's account, where one has one: `view` says so. */
  readonly account: ChatAccount
  /** What the server claims; empty before it was there. */
  readonly profiles: ReadonlyArray<Profile>
  /** All that happens from the iteration on; ends with the chat. */
  readonly changes: AsyncIterable<Told>
  /** The room or conversation of this name, whether one is in it or not. */
  readonly room: (name: string) => ChatRoom
  /** Enters a room; resolves once one is in it, and rejects with `Refused` when one can't be. */
  readonly join: (name: string) => Promise<ChatRoom>
  /** The conversation with somebody. */
  readonly direct: (nick: string) => ChatRoom
  /** All rooms of the server. */
  readonly list: () => Promise<ReadonlyArray<RoomItem>>
  /** What is found, newest first; further pages are asked for as one goes on. */
  readonly search: (options: SearchOptions) => AsyncIterable<Message>
  /** Says how one is. */
  readonly status: (wish: Pick<SetStatus, "display" | "status" | "text">) => Promise<Presence>
  readonly users: (room?: string) => Promise<ReadonlyArray<User>>
  readonly whois: (nick: string) => Promise<User & Pick<WhoIsReply, "more" | "rooms">>
  /** How somebody is, as far as one was told; part of `view`. */
  readonly person: (nick: string) => User | undefined
  /** Another nick, when one's own was refused. */
  readonly rename: (nick: string) => void
  /** Resolves when one doesn't connect again by oneself, with the reason. */
  readonly ended: Promise<Trouble>
  /** Says `bye`, and ends. What is still in the outbox stays where it is kept. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** What may be set about a chat, however it connects. */
export interface ChatOptions extends Omit<ConverseOptions, "keeper" | "onWire"> {
  /** How many entries are read when one comes into a room; 50 by default, 0 for none. */
  readonly history?: number
  /** Sees every line as it goes and comes. */
  readonly onWire?: (direction: "sent" | "received", line: string) => void
}

/** A way to a server, and what is kept meanwhile; both end with the chat. */
export interface Ground {
  readonly open: Effect.Effect<Transport, Unreachable, Scope.Scope>
  readonly keeper?: Effect.Effect<Keeper, NotKept, Scope.Scope>
}

// ---------------------------------------------------------------------------------------------------------------------
// How it is made
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A chat that begins to connect, and goes on trying until it is closed; resolves at once. Rejects with `NotKept` when what is kept can't
 * be read.
 */
export const openChat = async (ground: Ground, options: ChatOptions): Promise<Chat> => {
  const scope = Scope.makeUnsafe()
  const { account, ahead = 1, comeBack = "always", history = 50, nick, onWire, rooms = [] } = options
  const begin = Effect.gen(function* () {
    const keeper = ground.keeper === undefined ? {} : { keeper: yield* ground.keeper }
    const watching = onWire === undefined ? {} : { onWire: watchedBy(onWire) }
    const who = { nick, account, rooms }
    const conversation = yield* converse(ground.open, { ahead, comeBack, ...who, ...keeper, ...watching })
    return { conversation, outbox: yield* conversation.outbox }
  })
  try {
    const { conversation, outbox } = await Effect.runPromise(Scope.provide(begin, scope))
    return chatOver(conversation, viewOf(outbox), history, () => Effect.runPromise(Scope.close(scope, Exit.void)))
  } catch (error) {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    throw error
  }
}

/** A chat that is live; rejects when the first attempt to connect has failed: with what, says `Trouble`. */
export const connectChat = async (ground: Ground, options: ChatOptions): Promise<Chat> => {
  const chat = await openChat(ground, { comeBack: "once live", ...options })
  const isLive = until(chat.state, ({ _tag }) => _tag === "Live")
  const why = await Promise.race([isLive, chat.ended])
  if (why === undefined) return chat
  await chat.close()
  throw why
}

const until = <A>(live: Live<A>, holds: (value: A) => boolean): Promise<undefined> =>
  new Promise((resolve) => {
    const look = () => {
      if (!holds(live.get())) return
      end()
      resolve(undefined)
    }
    const end = live.subscribe(look)
    look()
  })

const watchedBy =
  (see: NonNullable<ChatOptions["onWire"]>): NonNullable<ConverseOptions["onWire"]> =>
  (direction, line) =>
    Effect.sync(() => see(direction, line))

const run = Effect.runPromise

/** A promise whose failure is told elsewhere too: nobody has to wait for it. */
const observed = <A>(promise: Promise<A>): Promise<A> => {
  promise.catch(() => {})
  return promise
}

/** The room that news is about. */
const roomIn = (told: Told): string | undefined => {
  switch (told._tag) {
    case "Entry":
    case "Change":
      return told.entry.room
    case "Member":
      return told.member.room
    case "Entered":
      return told.joined.room
    case "Waiting":
    case "Sent":
    case "Dropped":
      return told.item.room
    case "State":
    case "Welcome":
    case "Unregistered":
    case "Presence":
      return undefined
    default:
      return told.room
  }
}

const chatOver = (conversation: Conversation, start: View, history: number, close: () => Promise<void>): Chat => {
  let view = start
  let nick = ""
  const listeners = makeListeners()
  const happenings = makeHappenings<Told>()
  const rooms = new Map<string, Member>()
  // Who waits for what becomes of something said; and what has become of it before anybody could wait.
  const sending = new Map<string, { readonly item: Item; readonly hears: (told: Told | Closed) => void }>()
  const early = new Map<string, Told>()
  let saying = 0
  let isOver = false

  const put = (next: View) => {
    view = next
    listeners.changed()
  }

  const hear = (told: Told) => {
    put(see(view, told))
    if (told._tag === "Welcome") nick = told.nick
    if ("item" in told) settle(told.item.key, told)
    if (told._tag === "Entered") cameIn(told)
    happenings.put(told)
    const name = roomIn(told)
    const room = name === undefined ? undefined : rooms.get(name)
    room?.happenings.put(told)
    if (told._tag !== "Entry" || room === undefined) return
    const line = lineAt(view, told.entry.room, told.entry.seq)
    if (line?._tag === "Message") room.messages.put(line)
  }

  const cameIn = ({ joined, last, log }: Extract<Told, { readonly _tag: "Entered" }>) => {
    const member = roomOf(joined.room)
    if (log !== "same") member.since = last
    member.since ??= last
    // A server without pages has none, and says so.
    if (log !== "same" && history > 0) observed(member.room.older(history))
  }

  const settle = (key: string, told: Told) => {
    const waiting = sending.get(key)
    if (waiting !== undefined) waiting.hears(told)
    else if (saying > 0) early.set(key, told)
  }

  /** Says something, and waits until it is in the log or has come to rest. */
  const send = (room: string, text: string, options?: SayOptions): Promise<Pick<Sent, "at" | "seq">> =>
    new Promise((resolve, reject) => {
      const hears = (told: Told | Closed) => {
        if (told._tag === "Closed") reject(notSent(told.item, "closed", "the chat was closed before that"))
        else if (told._tag === "Sent") resolve({ seq: told.seq, at: told.at })
        else if (told._tag === "Dropped") reject(notSent(told.item, "dropped", "it was given up"))
        else if (told._tag === "Waiting" && told.item.rest !== undefined) reject(atRest(told.item, told.item.rest))
        else return
        sending.delete(told.item.key)
      }
      // In the same breath as what says it is kept: what becomes of it may be told before any promise is looked at.
      const waits = (item: Item) => {
        sending.set(item.key, { item, hears })
        const told = early.get(item.key) ?? (isOver ? closed(item) : undefined)
        if (told !== undefined) hears(told)
      }
      saying++
      const said = Effect.map(conversation.say(room, text, options), waits)
      run(said)
        .catch(reject)
        .finally(() => {
          saying--
          if (saying === 0) early.clear()
        })
    })

  const older = async (name: string, limit?: number): Promise<boolean> => {
    const before = firstOf(view, name)
    const from = { ...(before === undefined ? {} : { before }), ...(limit === undefined ? {} : { limit }) }
    const page = await run(conversation.page(name, from))
    // Of the view as it is now: while the page was on its way, news has come.
    put(withPage(view, page))
    return lookAt(view, name).hasOlder
  }

  const roomOf = (spelling: string): Member => {
    const name = foldName(spelling)
    const known = rooms.get(name)
    if (known !== undefined) return known
    const made = makeRoom(name)
    rooms.set(name, made)
    return made
  }

  const makeRoom = (name: string): Member => {
    const own = makeHappenings<Told>()
    const messages = makeHappenings<MessageLine>(() => {
      const { since = get().last } = member
      const isNew = (line: ViewLine | WaitingLine): line is MessageLine => line._tag === "Message" && line.seq > since
      return get().entries.filter(isNew)
    })
    let reading: Promise<boolean> | undefined
    const { moderation: keeps } = conversation
    const deed = (done: ReturnType<typeof keeps.kick>) => run(Effect.asVoid(done))
    const get = () => lookAt(view, name)
    const room: ChatRoom = {
      name,
      get,
      subscribe: listeners.subscribe,
      get entries() {
        return get().entries
      },
      get members() {
        return get().members
      },
      get typists() {
        return get().typing
      },
      get unread() {
        return get().unread
      },
      get topic() {
        return get().topic
      },
      changes: own.iterable,
      messages: messages.iterable,
      send: (text, options) => observed(send(name, text, options)),
      retry: (key) => run(conversation.again(key)),
      forget: (key) => run(conversation.forget(key)),
      edit: (seq, text) => run(Effect.asVoid(conversation.edit(name, seq, text))),
      remove: (seq) => run(Effect.asVoid(conversation.remove(name, seq))),
      react: (seq, reaction, on) => run(Effect.asVoid(conversation.react(name, seq, reaction, on))),
      setTopic: (text) => run(Effect.asVoid(conversation.topic(name, text))),
      moderation: {
        setRole: (nick, role) => deed(keeps.setRole(name, nick, role)),
        setKind: (kind) => deed(keeps.setKind(name, kind)),
        invite: (nick, on) => deed(keeps.invite(name, nick, on)),
        kick: (nick) => deed(keeps.kick(name, nick)),
        ban: (nick, on) => deed(keeps.ban(name, nick, on)),
        mute: (nick, on) => deed(keeps.mute(name, nick, on)),
        slow: (seconds) => deed(keeps.slow(name, seconds)),
        standings: () => run(keeps.standings(name))
      },
      typing: (on) => void Effect.runFork(conversation.typing(name, on)),
      read: (seq) => run(conversation.read(name, seq ?? get().last)),
      older: (limit) => {
        // Two at once would read the same page twice.
        reading ??= older(name, limit).finally(() => {
          reading = undefined
        })
        return reading
      },
      line: (seq) => lineAt(view, name, seq),
      leave: () => run(conversation.leave(name))
    }
    const member: Member = { room, happenings: own, messages, since: undefined }
    return member
  }

  const join = async (spelling: string): Promise<ChatRoom> => {
    const { happenings, room } = roomOf(spelling)
    const news = happenings.iterable[Symbol.asyncIterator]()
    await run(conversation.join(room.name))
    if (room.get().isIn) return room
    try {
      while (true) {
        const next = await Promise.race([news.next(), ended])
        if ("_tag" in next) throw next
        if (next.done === true) throw await ended
        if (next.value._tag === "Entered") return room
        if (next.value._tag === "Out") throw next.value.why satisfies Refused
      }
    } finally {
      await news.return?.()
    }
  }

  const finish = () => {
    isOver = true
    for (const { hears, item } of [...sending.values()]) hears(closed(item))
    happenings.end()
    for (const room of rooms.values()) {
      room.happenings.end()
      room.messages.end()
    }
  }

  const ended = run(conversation.ended)
  const reading = Effect.runPromise(Stream.runForEach(conversation.news, (told) => Effect.sync(() => hear(told))))
  void reading.finally(finish)

  const leave = async () => {
    await run(conversation.bye)
    await reading
    await close()
  }

  let summaries: ReadonlyArray<RoomSummary> = []
  let summarised: View | undefined
  const summary = () => {
    if (summarised === view) return summaries
    summarised = view
    const now = [...view.rooms.keys()].sort().map((name) => summaryOf(lookAt(view, name), summaries))
    if (now.length !== summaries.length || now.some((each, index) => each !== summaries[index])) summaries = now
    return summaries
  }

  const { subscribe } = listeners
  return {
    state: { get: () => view.state, subscribe },
    view: { get: () => view, subscribe },
    rooms: { get: summary, subscribe },
    get nick() {
      return nick
    },
    get profiles() {
      return view.profiles
    },
    account: {
      setPassword: (current, password) => run(conversation.account.setPassword(current, password)),
      revoke: () => run(conversation.account.revoke),
      unregister: (current) => run(conversation.account.unregister(current))
    },
    changes: happenings.iterable,
    room: (name) => roomOf(name).room,
    join,
    direct: (person) => roomOf(directWith(person)).room,
    list: () => run(conversation.list),
    search: (options) => Stream.toAsyncIterable(conversation.search(options)),
    status: (wish) => run(conversation.status(wish)),
    users: (room) => run(conversation.users(room)),
    whois: (person) => run(conversation.whois(person)),
    person: (person) => personIn(view, foldName(person)),
    rename: (wish) => void Effect.runFork(conversation.rename(wish)),
    ended,
    close: leave,
    [Symbol.asyncDispose]: leave
  }
}

/** No more will be told of what was said. */
interface Closed {
  readonly _tag: "Closed"
  readonly item: Item
}

const closed = (item: Item): Closed => ({ _tag: "Closed", item })

interface Member {
  readonly room: ChatRoom
  readonly happenings: ReturnType<typeof makeHappenings<Told>>
  readonly messages: ReturnType<typeof makeHappenings<MessageLine>>
  /** The last entry before this chat came in. */
  since: number | undefined
}

/** The same object as before, when it says the same. */
const summaryOf = (
  { entries, isIn, mentions, name, unread }: RoomSnapshot,
  before: ReadonlyArray<RoomSummary>
): RoomSummary => {
  const last = entries.findLast((line): line is MessageLine => line._tag === "Message" && line.text !== undefined)
  const now: RoomSummary = { name, isDirect: isDirect(name), isIn, unread, mentions, last }
  const same = before.find((each) => each.name === name)
  const isSame = same?.isIn === isIn && same.unread === unread && same.mentions === mentions && same.last === last
  return isSame ? same : now
}

const notSent = ({ key, room, text }: Item, how: NotSent["how"], message: string, code?: string): NotSent =>
  new NotSent({ key, room, text, how, message, ...(code === undefined ? {} : { code }) })

const atRest = (item: Item, rest: NonNullable<Item["rest"]>): NotSent =>
  rest._tag === "Failed"
    ? notSent(item, "failed", rest.message, rest.code)
    : notSent(item, "unknown", "nobody can tell whether it was said")
