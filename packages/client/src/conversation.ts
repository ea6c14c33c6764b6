/**
 * A conversation that outlives its connections: what is said arrives once, what was missed comes by itself, and what nobody
 * can know is said (spec/resume.md, What a client does with it).
 *
 * @module
 */
import {
  type Ask,
  type ConversationItem,
  directWith,
  foldName,
  type History,
  isDirect,
  proofOf,
  type Reply,
  type RequestType,
  type RoomItem,
  type User
} from "@tertulia/protocol"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Asking, listConversations, listMembers, listRooms, type ReplyTo } from "./asking.ts"
import { comebackAfter } from "./comeback.ts"
import { type AccountDeed, type AccountOptions, makeCourse, type News, type Step, type Steps } from "./course.ts"
import { ConnectionLost, type Loss, type NotTertulia, Refused, type RequestError, type Unreachable } from "./errors.ts"
import { greeting } from "./greeting.ts"
import { inMemory, type Keeper, type NotKept } from "./keeper.ts"
import type { Item } from "./kept.ts"
import { Keys } from "./keys.ts"
import { check, type Fields, type Heard, type Link, type OnWire, readable, startLink } from "./link.ts"
import { type ModerationApi, moderationOver } from "./moderation.ts"
import { type PresenceApi, presenceOver } from "./presence.ts"
import { type RichApi, richOver } from "./rich.ts"
import { membersOf } from "./room.ts"
import { type SearchApi, searchOver } from "./search.ts"
import type { Transport } from "./transport.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What a caller gets
// ---------------------------------------------------------------------------------------------------------------------

/** Why there is no connection. */
export type Trouble = Unreachable | NotTertulia | ConnectionLost | Refused | NotKept

/** How far a conversation has come. */
export type State =
  | { readonly _tag: "Connecting" }
  /** Welcome, and reading what was said meanwhile. */
  | { readonly _tag: "CatchingUp" }
  | { readonly _tag: "Live" }
  /** Away. `again` is when one connects again, in milliseconds of the Clock; undefined when one doesn't by oneself. */
  | { readonly _tag: "Offline"; readonly why: Trouble; readonly again: number | undefined }

/** What there is to show. */
export type Told = News | { readonly _tag: "State"; readonly state: State }

/** A page to read: before an entry, or the newest. */
export interface PageOptions {
  readonly before?: number
  readonly limit?: number
}

/** What something that is said may have besides its text. */
export interface SayOptions {
  /** The `seq` of the message that it answers, in the log that one sees now; where the server claims rich. */
  readonly replyTo?: number
}

/**
 * What one does with one's account. What takes the password ends the connection, and comes back by the password: nothing that was said is lost
 * by it. A wrong one is `bad-credentials`, and one goes on as before.
 */
export interface OwnAccount {
  /** Gives the account another password, and ends all its tokens but this client's. */
  readonly setPassword: (current: string, password: string) => Effect.Effect<void, RequestError | NotKept>
  /** Ends all tokens of the account, this client's among them: whoever comes in anew needs the password. */
  readonly revoke: Effect.Effect<void, RequestError | NotKept>
  /** Ends the account for good; one goes on as a guest. */
  readonly unregister: (current: string) => Effect.Effect<void, RequestError | NotKept>
}

/**
 * A conversation of one person, from its beginning to the end of its scope. What comes of `PresenceApi`, `RichApi` and `SearchApi` is
 * asked of the server now, and fails without a connection; what it changes is told by `news` to oneself, too.
 */
export interface Conversation extends Omit<PresenceApi, "presences">, Omit<RichApi, "read" | "typing">, SearchApi {
  /** What is done with one's account. */
  readonly account: OwnAccount
  /** What keeps rooms, where the server claims moderation: asked for once, and not again after a lost connection. */
  readonly moderation: ModerationApi
  readonly state: Effect.Effect<State>
  /** The state now, and each that follows. */
  readonly states: Stream.Stream<State>
  /**
   * Everything there is to show, in order: each entry once, what can't be shown, what becomes of what was said, and the
   * state. For one reader, who must go on reading: asking for the next says that the one before has been shown, and a later
   * process that is given what was kept begins there. Ends with `bye`.
   */
  readonly news: Stream.Stream<Told>
  /** What was said and isn't known to be in the log, in the order in which it was said. */
  readonly outbox: Effect.Effect<ReadonlyArray<Item>>
  /** Returns when no more than so many things wait to be sent; with 0, all is in the log, or has come to rest. */
  readonly drained: (most?: number) => Effect.Effect<void>
  /** Waits until one doesn't connect again by oneself, and says why. */
  readonly ended: Effect.Effect<Trouble>
  /** Under which nick one is known, or wants to be. */
  readonly nick: Effect.Effect<string>
  /** The rooms that one is in, or will be once connected. */
  readonly rooms: Effect.Effect<ReadonlyArray<string>>
  /**
   * Says something in a room that one is in. When it returns, it is kept, and will be sent: once, in its order, over as many
   * connections as that takes. What became of it is told by `news`. Fails when it could never be sent. With `@nick` for a room it is
   * `tell`.
   */
  readonly say: (room: string, text: string, options?: SayOptions) => Effect.Effect<Item, Refused | NotKept>
  /** Says again what has come to rest, as something new; nothing otherwise. */
  readonly again: (key: string) => Effect.Effect<void, NotKept>
  /** Gives up what has come to rest or was never sent; nothing otherwise. */
  readonly forget: (key: string) => Effect.Effect<void, NotKept>
  /** Wants to be in a room from now on; `news` tells `Entered` or `Out`. */
  readonly join: (room: string) => Effect.Effect<void, Refused | NotKept>
  /** Wants to be in a room no more; `news` tells `Left`. */
  readonly leave: (room: string) => Effect.Effect<void, NotKept>
  /** All rooms of the server, by name; only while connected, as all that follows. */
  readonly list: Effect.Effect<ReadonlyArray<RoomItem>, RequestError>
  /** All members of a room that one is in, by nick. */
  readonly members: (room: string) => Effect.Effect<ReadonlyArray<string>, RequestError>
  /**
   * Says something to a person, as `say` does in a room: it is kept, and sent once. It comes to rest, `Failed` by `no-such-nick`, when
   * nobody has the nick, and also when another has it than the one who was heard under it: `again` says it to that one. What both say, and
   * what was missed of it, is told by `news`, with `@nick` for a room.
   */
  readonly tell: (nick: string, text: string, options?: SayOptions) => Effect.Effect<Item, Refused | NotKept>
  /** Says that one types in a room: may be called with every key; the server is told every 3 seconds at most, and only in rooms. */
  readonly typing: (room: string, on?: boolean) => Effect.Effect<void>
  /**
   * One has read up to an entry of a room or a conversation. It is kept, and never goes back; `news` tells what is unread then. A server
   * that claims rich keeps it for all of one's connections.
   */
  readonly read: (room: string, seq: number) => Effect.Effect<void, NotKept>
  /** One's conversations with others that have entries, by name. */
  readonly conversations: Effect.Effect<ReadonlyArray<ConversationItem>, RequestError>
  /** A page of the log of a room that one is in, or of a conversation; `unsupported` where the server has no pages. */
  readonly page: (room: string, options?: PageOptions) => Effect.Effect<History, RequestError>
  /** Tries another nick at once, after a login was refused; a session that can still be continued keeps its own. */
  readonly rename: (nick: string) => Effect.Effect<void>
  /** Leaves for good: says `bye`, and stays away. What is still in the outbox stays where it is kept. */
  readonly bye: Effect.Effect<void>
}

/** What may be set about a conversation. */
export interface ConverseOptions {
  /** Who one wants to be. */
  readonly nick: string
  /**
   * The account that one has under that nick. Its password is proved, and not said, but when it is registered; and asked for once: what the
   * server gives for it is kept, and opens the account from then on.
   */
  readonly account?: AccountOptions | undefined
  /** The rooms to be in from the beginning, besides those that were kept. */
  readonly rooms?: ReadonlyArray<string>
  /** Where what must not be forgotten is kept; in memory by default. */
  readonly keeper?: Keeper
  /** Whether to connect again: always, only after one was live once, or never. Always by default. */
  readonly comeBack?: "always" | "once live" | "never"
  /**
   * How many sends may be under way in one room; 1 by default. With more, what the server refuses for the moment
   * (`unavailable`) is overtaken by what was sent after it.
   */
  readonly ahead?: number
  /** Sees every line as it goes and comes. */
  readonly onWire?: OnWire
}

// ---------------------------------------------------------------------------------------------------------------------
// How it goes on
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Begins a conversation, which connects, and connects again, by itself (END-9, SESSION-11). When the scope closes it says
 * `bye`, and waits a second at the most.
 *
 * @param open makes one connection; closed with its scope
 */
export const converse = Effect.fnUntraced(function* <R>(
  open: Effect.Effect<Transport, Unreachable, R>,
  {
    account,
    ahead = 1,
    comeBack = "always",
    keeper = inMemory,
    nick,
    onWire = () => Effect.void,
    rooms = []
  }: ConverseOptions
): Effect.fn.Return<Conversation, NotKept, R | Scope.Scope> {
  const clock = yield* Clock.Clock
  const freshKey = yield* Keys
  const own = account === undefined ? undefined : { ...account, nonce: freshKey }
  const now = () => clock.currentTimeMillisUnsafe()
  const course = makeCourse({ kept: keeper.kept, nick, account: own, ahead, now })
  const state = yield* SubscriptionRef.make<State>({ _tag: "Connecting" })
  const news = yield* Queue.unbounded<Told, Cause.Done>()
  const timers = yield* FiberSet.make<void>()
  const broken = Deferred.makeUnsafe<never, NotKept>()
  // One move at a time: what it says is carried out before the next.
  const turn = Semaphore.makeUnsafe(1)
  let wanted = nick
  let link: Link | undefined
  let withdrawn = Deferred.makeUnsafe<Refused>()
  // What is to be done with each reply, and who waits for one; forgotten with the connection.
  const waiting = new Map<number, (reply: Reply) => Steps>()
  const asking = new Set<Deferred.Deferred<Reply, ConnectionLost>>()
  let changed = Deferred.makeUnsafe<void>()
  let renamed = Deferred.makeUnsafe<void>()
  // Whether the connection is to be ended and made anew; and who waits for what the password is proved for.
  let leaving = Deferred.makeUnsafe<Loss>()
  let deciding: Deferred.Deferred<void, RequestError> | undefined
  let hasBeenLive = false
  let failures = 0

  // --- moves ---

  const become = (now: State) =>
    Effect.andThen(
      SubscriptionRef.set(state, now),
      Effect.sync(() => void Queue.offerUnsafe(news, { _tag: "State", state: now }))
    )

  const post = ({ type, ...fields }: Ask, next: (reply: Reply) => Steps): Effect.Effect<void, NotKept> => {
    const posted = link?.post(type, fields)
    if (posted === undefined) return Effect.void
    if (Result.isSuccess(posted)) return Effect.sync(() => void waiting.set(posted.success, next))
    // What this client itself must not send, the server would have refused. A connection that is lost says so itself.
    return posted.failure._tag === "Refused" ? carryOut(next(errorOf(posted.failure))) : Effect.void
  }

  const carryOut = Effect.fnUntraced(function* (steps: Steps): Effect.fn.Return<void, NotKept> {
    const changes = steps.flatMap((step) => (step._tag === "Save" ? [step.change] : []))
    if (changes.length > 0) yield* keeper.save(changes)
    for (const step of steps) yield* perform(step)
  })

  const perform = (step: Step): Effect.Effect<void, NotKept> => {
    switch (step._tag) {
      case "Save":
        return Effect.void
      case "Ask":
        return post(step.ask, step.next)
      case "Wait":
        return Effect.asVoid(FiberSet.run(timers, Effect.andThen(Effect.sleep(step.millis), by(step.next))))
      case "Prove": {
        const proved = Effect.promise(() => proofOf(step.password, step.exchange))
        return Effect.asVoid(
          FiberSet.run(
            timers,
            Effect.flatMap(proved, (proof) => by(() => step.next(proof)))
          )
        )
      }
      case "Tell":
        return Effect.sync(() => void Queue.offerUnsafe(news, step.news))
      case "Withdraw":
        return Effect.sync(() => void Deferred.doneUnsafe(withdrawn, Exit.succeed(step.why)))
      case "Decided":
        return Effect.sync(() => decide(step.why))
    }
  }

  const decide = (why: RequestError | undefined) => {
    if (deciding !== undefined) Deferred.doneUnsafe(deciding, why === undefined ? Exit.void : Exit.fail(why))
    deciding = undefined
  }

  /** Nobody will tell any more what has become of it. */
  const giveUp = (why: Trouble) => {
    course.proveNoMore()
    decide(why._tag === "ConnectionLost" || why._tag === "Refused" ? why : away)
  }

  const noticePhase = Effect.suspend(() => {
    const phase = course.phase()
    const { _tag } = SubscriptionRef.getUnsafe(state)
    if (phase === "catching up" && _tag !== "CatchingUp") return become({ _tag: "CatchingUp" })
    if (phase !== "live" || _tag === "Live") return Effect.void
    hasBeenLive = true
    failures = 0
    return become({ _tag: "Live" })
  })

  /** Tells the course that the connection is over, once it is: nothing is sent into one that has ended. */
  const noticeEnd = (): Steps => {
    const loss = link?.loss()
    if (link === undefined || loss === undefined) return []
    const error = new ConnectionLost({ address: link.address, loss, outcome: "unknown" })
    link = undefined
    waiting.clear()
    for (const answer of asking) Deferred.doneUnsafe(answer, Exit.fail(error))
    asking.clear()
    return course.lost(loss)
  }

  /** Makes one move. What can't be kept ends everything: going on would break what was promised. */
  const act = (move: () => Steps): Effect.Effect<void, NotKept> =>
    Effect.suspend(() =>
      Deferred.isDoneUnsafe(broken) ? Deferred.await(broken) : carryOut([...noticeEnd(), ...move()])
    ).pipe(
      Effect.tapError((error) => Effect.sync(() => void Deferred.doneUnsafe(broken, Exit.fail(error)))),
      Effect.andThen(noticePhase),
      Effect.ensuring(
        Effect.sync(() => {
          Deferred.doneUnsafe(changed, Exit.void)
          changed = Deferred.makeUnsafe()
        })
      ),
      Effect.uninterruptible,
      turn.withPermits(1)
    )

  /** The same for what nobody waits for. */
  const by = (move: () => Steps): Effect.Effect<void> => Effect.ignore(act(move))

  // --- one connection ---

  const hear = (heard: Heard): Effect.Effect<void> => {
    if (heard._tag === "Noticed") {
      return Effect.sync(
        () => void Queue.offerUnsafe(news, { _tag: "Presence", people: [heard.presence], asked: false })
      )
    }
    if (heard._tag === "PutOut") return by(() => course.putOut(heard.event))
    if (heard._tag !== "Answered") return by(() => course.hear(heard.event))
    const next = waiting.get(heard.id)
    waiting.delete(heard.id)
    return next === undefined ? Effect.void : by(() => next(heard.reply))
  }

  /** Connects, and stays for as long as it lasts; says why it is over. */
  const visit: Effect.Effect<Trouble, never, R> = Effect.gen(function* () {
    const transport = yield* open
    const { address } = transport
    const hello = yield* greeting(transport, (line) => onWire("received", readable(line)))
    withdrawn = Deferred.makeUnsafe()
    leaving = Deferred.makeUnsafe()
    // Added before the link, so that it comes after the bye that the link says when the scope closes.
    yield* Effect.addFinalizer(() => by(() => []))
    link = yield* startLink(transport, hello, { hear, finish: () => {} }, onWire)
    const { ended } = link
    yield* act(() => (link === undefined ? [] : course.greeted(hello)))
    const ends = [ended, Deferred.await(leaving), Deferred.await(withdrawn), Deferred.await(broken)] as const
    const loss = yield* Effect.raceAllFirst(ends)
    return loss instanceof Refused ? loss : new ConnectionLost({ address, loss, outcome: "unknown" })
  }).pipe(Effect.scoped, Effect.catch(Effect.succeed))

  // --- one after the other ---

  /** Milliseconds to wait before the next visit; undefined to stay away. */
  const pauseAfter = (why: Trouble): Effect.Effect<number | undefined> => {
    if (comeBack === "never" || (comeBack === "once live" && !hasBeenLive)) return Effect.undefined
    const isKnown = course.kept.person.nth > 0
    // Somebody who has lost the secret is kept out by their own shadow for so long.
    if (isTaken(why) && isKnown && course.grace() !== undefined) return Effect.succeed(course.grace())
    const mayPass = isTaken(why) ? isKnown : isReplaced(why) && course.mayHaveReplacedItself()
    const loss = mayPass ? passing : lossIn(why)
    return loss === undefined ? Effect.undefined : comebackAfter(loss, failures)
  }

  const visits = Effect.gen(function* () {
    while (true) {
      yield* become({ _tag: "Connecting" })
      const why = yield* visit
      // Whoever has gone in order to come in by the password, comes at once.
      if (isGoodbye(why)) continue
      giveUp(why)
      const pause = yield* pauseAfter(why)
      const again = pause === undefined ? undefined : (yield* Clock.currentTimeMillis) + pause
      yield* become({ _tag: "Offline", why, again })
      failures++
      yield* Effect.raceFirst(pause === undefined ? Effect.never : Effect.sleep(pause), Deferred.await(renamed))
      renamed = Deferred.makeUnsafe()
    }
  })

  // --- what the person does ---

  const me = () => course.kept.person.nick ?? wanted

  const say: Conversation["say"] = Effect.fnUntraced(function* (name, text, { replyTo } = {}) {
    const answered = replyTo === undefined ? {} : { replyTo }
    const item: Item = { key: freshKey(), room: foldName(name), text, ...answered }
    const { key, room } = item
    yield* allowed("send", { room, text, key, ...answered })
    if (isDirect(room)) {
      if (course.hasTalks() === false) return yield* noTalks
      if (room === directWith(me())) return yield* notOneself
    } else if (!course.kept.rooms.has(room)) {
      const message = `you are not in ${room}: join it first`
      return yield* new Refused({ request: "send", code: "not-joined", message, field: "room" })
    }
    typed.delete(room)
    yield* act(() => course.say(room, text, key, replyTo))
    return item
  })

  // When one has said that one types; the server lets no more through (TYPING-3).
  const typed = new Map<string, number>()
  const typing: Conversation["typing"] = (name, on = true) =>
    Effect.suspend(() => {
      const room = foldName(name)
      const last = typed.get(room)
      const now = clock.currentTimeMillisUnsafe()
      if (isDirect(room) || (on ? last !== undefined && now - last < 3_000 : last === undefined)) return Effect.void
      if (on) typed.set(room, now)
      else typed.delete(room)
      return Effect.ignore(rich.typing(room, on))
    })

  const join: Conversation["join"] = Effect.fnUntraced(function* (name) {
    const room = foldName(name)
    yield* allowed("join", { room })
    yield* act(() => course.join(room))
  })

  /** What no server could take is refused at once. */
  const allowed = (type: RequestType, fields: object) =>
    Effect.asVoid(Effect.fromResult(check(type, 1, fields, course.limits())))

  /** Asks something that is of no use on a later connection. */
  const ask: Asking = <Type extends RequestType>(type: Type, fields: Fields<Type>) =>
    Effect.suspend(() => {
      const isIn = course.phase() === "live" || course.phase() === "catching up"
      const posted = isIn ? link?.post(type, fields) : undefined
      if (posted === undefined) return Effect.fail(away)
      if (Result.isFailure(posted)) return Effect.fail(posted.failure)
      const answer = Deferred.makeUnsafe<Reply, ConnectionLost>()
      asking.add(answer)
      waiting.set(posted.success, (reply) => {
        asking.delete(answer)
        Deferred.doneUnsafe(answer, Exit.succeed(reply))
        return []
      })
      return Deferred.await(answer)
    }).pipe(
      Effect.flatMap((reply) =>
        reply.type === "error"
          ? Effect.fail(new Refused({ request: type, ...reply }))
          : // The session lets no other reply through.
            Effect.succeed(reply as ReplyTo<Type>)
      )
    )
  const rich = richOver(ask)

  // What one asks about people is news, too: nobody sends an event about oneself, or about who has come into a room (PRESENCE-2, PRESENCE-3).
  const told = (people: ReadonlyArray<User>, asked = true) =>
    Effect.sync(() => void Queue.offerUnsafe(news, { _tag: "Presence", people, asked }))
  const asked = presenceOver(ask, Stream.empty)
  const status: Conversation["status"] = (wish) => Effect.tap(asked.status(wish), (one) => told([one], false))
  const users: Conversation["users"] = (room) => Effect.tap(asked.users(room), (all) => told(all))
  const whois: Conversation["whois"] = (nick) => Effect.tap(asked.whois(nick), (one) => told([one]))

  /** Comes in anew by the password, and does what only that lets one do. */
  const byPassword = (current: string, deed: AccountDeed) =>
    Effect.gen(function* () {
      yield* withAccount(deed.type)
      if (deciding !== undefined) return yield* away
      const decision = Deferred.makeUnsafe<void, RequestError>()
      deciding = decision
      yield* act(() => course.prove(current, freshKey(), deed))
      Deferred.doneUnsafe(leaving, Exit.succeed(goodbye))
      return yield* Deferred.await(decision)
    })

  const withAccount = (request: RequestType): Effect.Effect<void, RequestError> =>
    Effect.suspend((): Effect.Effect<void, RequestError> => {
      const hasAccount = course.hasAccount()
      if (hasAccount === undefined) return Effect.fail(away)
      return hasAccount
        ? Effect.void
        : Effect.fail(new Refused({ request, code: "forbidden", message: guestsHaveNone }))
    })

  const ownAccount: OwnAccount = {
    setPassword: (current, password) =>
      Effect.andThen(allowed("password", { password }), byPassword(current, { type: "password", password })),
    revoke: withAccount("revoke").pipe(
      Effect.andThen(Effect.suspend(() => ask("revoke", {}))),
      Effect.andThen(act(() => course.revoked()))
    ),
    unregister: (current) => byPassword(current, { type: "unregister" })
  }

  const members: Conversation["members"] = Effect.fnUntraced(function* (name) {
    const room = foldName(name)
    yield* listMembers(ask, room)
    return membersOf(link?.view(room))
  })

  let shown: Told | undefined
  /** The next news, once those before have been shown. */
  const next = Effect.gen(function* () {
    const before = shown
    shown = undefined
    if (before !== undefined && before._tag !== "State") yield* by(() => course.shown(before))
    shown = yield* Queue.take(news)
    return [shown, undefined] as const
  }).pipe(Effect.orElseSucceed(() => undefined))

  const drained: Conversation["drained"] = Effect.fnUntraced(function* (most = 0) {
    while (true) {
      const change = changed
      const waits = [...course.kept.items.values()].filter(({ rest }) => rest === undefined)
      if (waits.length <= most) return
      yield* Deferred.await(change)
    }
  })

  const ended = SubscriptionRef.changes(state).pipe(
    Stream.filter((now) => now._tag === "Offline" && now.again === undefined),
    Stream.runHead,
    Effect.flatMap((last) =>
      last._tag === "Some" && last.value._tag === "Offline" ? Effect.succeed(last.value.why) : Effect.never
    )
  )

  yield* act(() => course.begin(rooms.map(foldName)))
  const running = yield* Effect.forkScoped(visits)
  const bye = Effect.gen(function* () {
    yield* Fiber.interrupt(running)
    const why = new ConnectionLost({ address: "the server", loss: { _tag: "Goodbye" }, outcome: "none" })
    yield* become({ _tag: "Offline", why, again: undefined })
    giveUp(why)
    yield* Queue.end(news)
  })

  return {
    state: SubscriptionRef.get(state),
    states: SubscriptionRef.changes(state),
    news: Stream.unfold(undefined, () => next),
    outbox: Effect.sync(() => [...course.kept.items.values()]),
    drained,
    ended,
    nick: Effect.sync(me),
    rooms: Effect.sync(() => [...course.kept.rooms.keys()]),
    say,
    again: (key) => act(() => course.again(key, freshKey())),
    forget: (key) => act(() => course.forget(key)),
    join,
    leave: (room) => act(() => course.leave(foldName(room))),
    list: listRooms(ask),
    members,
    tell: (nick, text, options) => say(directWith(foldName(nick)), text, options),
    conversations: listConversations(ask),
    page: (room, options = {}) => ask("history", { room: foldName(room), ...options }),
    typing,
    read: (room, seq) => act(() => course.read(foldName(room), seq)),
    account: ownAccount,
    moderation: moderationOver(ask),
    edit: rich.edit,
    remove: rich.remove,
    react: rich.react,
    topic: rich.topic,
    ...searchOver(ask),
    status,
    users,
    whois,
    rename: (nick) =>
      Effect.sync(() => {
        wanted = nick
        course.rename(nick)
        // Any other end has said itself when one may connect again (END-9).
        const now = SubscriptionRef.getUnsafe(state)
        if (now._tag === "Offline" && now.why._tag === "Refused") Deferred.doneUnsafe(renamed, Exit.void)
      }),
    bye
  }
})

/** What this server doesn't know. */
const noTalks = new Refused({
  request: "send",
  code: "unsupported",
  message: "this server has no conversations of two people"
})

const notOneself = new Refused({
  request: "send",
  code: "bad-request",
  message: "a conversation is with somebody else than oneself",
  field: "room"
})

/** What is asked while there is no connection. */
const away = new ConnectionLost({
  address: "the server",
  loss: { _tag: "Closed", why: "there is no connection now" },
  outcome: "none"
})

const errorOf = ({ code, field, message }: Refused): Reply => ({
  type: "error",
  code,
  message,
  ...(field === undefined ? {} : { field })
})

const guestsHaveNone = "a guest has no account: register the nick first"

const goodbye: Loss = { _tag: "Goodbye" }

const isGoodbye = (why: Trouble): boolean => why._tag === "ConnectionLost" && why.loss._tag === "Goodbye"

const isTaken = (why: Trouble): boolean => why._tag === "Refused" && why.code === "nick-taken"

const isReplaced = (why: Trouble): boolean =>
  why._tag === "ConnectionLost" && why.loss._tag === "Bye" && why.loss.bye.code === "replaced"

const passing: Loss = { _tag: "Closed", why: "the server still knows an earlier connection" }

/** The end that a trouble stands for when it may pass; undefined when it won't. */
const lossIn = (why: Trouble): Loss | undefined => {
  switch (why._tag) {
    case "ConnectionLost":
      return why.loss
    case "Unreachable":
      return { _tag: "Closed", why: why.why }
    case "NotTertulia":
      return why.saidNothing ? { _tag: "Closed", why: why.why } : undefined
    case "Refused":
    case "NotKept":
      return undefined
  }
}
