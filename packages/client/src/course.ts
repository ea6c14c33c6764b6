/**
 * The course of a conversation that outlives its connections, as a state machine: what to ask, what to keep, what to tell.
 * No I/O, no clock, no chance: whoever drives it tells it what comes and carries out what it says.
 *
 * @module
 */
import {
  type Ask,
  claimedBy,
  claims,
  type EntryEvent,
  type ErrorReply,
  type Exchange,
  effectiveLimits,
  type Hello,
  isDirect,
  type Joined,
  type LeftEvent,
  type Limits,
  type Member,
  type Message,
  type Profile,
  type ReadEvent,
  type ReadReply,
  type Reply,
  type TypingEvent,
  type User
} from "@tertulia/protocol"
import { type Loss, Refused } from "./errors.ts"
import {
  type Change,
  type Cursor,
  type Item,
  type Kept,
  makeKept,
  type Person,
  type Rest,
  type Tried,
  withoutToken
} from "./kept.ts"
import { attempt, isEntryOf, isOpen, type Standing, undone, verdict, withHole } from "./outbox.ts"
import type { LogEntry } from "./passed.ts"
import { makeReader, type Reader, type Reading } from "./reader.ts"
import { makeTalks, type TalkNews } from "./talks.ts"

/** What is told to whoever shows the conversation, in the order in which it is true. */
export type News =
  /** An entry, each once. */
  | { readonly _tag: "Entry"; readonly epoch: string; readonly entry: Message }
  /** What becomes of an entry, or of the room: an entry of its own, each once. One that was deleted is told as `erased`. */
  | { readonly _tag: "Change"; readonly epoch: string; readonly entry: Changing }
  /** An entry of a kind that isn't known, in its place. */
  | {
      readonly _tag: "Passed"
      readonly room: string
      readonly epoch: string
      readonly from: number
      readonly to: number
    }
  /** Somebody came or left. */
  | { readonly _tag: "Member"; readonly member: Member }
  /** More of those who were in the room already when one came. */
  | { readonly _tag: "Members"; readonly room: string; readonly members: ReadonlyArray<string> }
  /** Somebody types, or no more: they said so, or it was too long ago. What they say and that they leave ends it as well. */
  | { readonly _tag: "Typing"; readonly room: string; readonly nick: string; readonly on: boolean }
  /** How people of a room are, and who of them has changed. */
  | {
      readonly _tag: "Presence"
      readonly people: ReadonlyArray<User>
      /** Whether it was asked for: then it says who has an account; an event doesn't. */
      readonly asked: boolean
    }
  /** Up to where one has read a log, and how many messages of others stand above, up to `head`. */
  | {
      readonly _tag: "Read"
      readonly room: string
      readonly epoch: string
      readonly seq: number
      readonly head: number
      readonly unread: number
    }
  /** One is somebody to the server: the same as before when `isContinued`. */
  | {
      readonly _tag: "Welcome"
      readonly nick: string
      readonly isContinued: boolean
      /** What the server claims. */
      readonly profiles: ReadonlyArray<Profile>
      readonly limits: Limits
      /** Whether that is the person of an account. */
      readonly hasAccount: boolean
    }
  /** The account of one's nick has ended: one goes on as a guest. */
  | { readonly _tag: "Unregistered" }
  /** Entries that can't be shown: given up by the server, or out of reach on a server without pages. */
  | {
      readonly _tag: "Gone"
      readonly room: string
      readonly epoch: string
      readonly from: number
      readonly to: number
      readonly isForever: boolean
    }
  /**
   * One is in the room. `log` says whether it is the one that one knows; another has nothing in common with it. What comes
   * next has the `seq` `last` + 1.
   */
  | {
      readonly _tag: "Entered"
      readonly joined: Joined
      readonly last: number
      readonly log: "first" | "same" | "another"
    }
  /** One has left the room. */
  | { readonly _tag: "Left"; readonly room: string }
  /** One can't get into the room, and is no longer in it; `by` says what has put one out who was in it. */
  | {
      readonly _tag: "Out"
      readonly room: string
      readonly why: Refused
      readonly by?: LeftEvent["reason"]
    }
  /** Something was said, and is kept; or it has come to rest, and waits for a decision. */
  | { readonly _tag: "Waiting"; readonly item: Item }
  /** It is in the log. */
  | { readonly _tag: "Sent"; readonly item: Item; readonly seq: number; readonly at: string }
  /** Its person has given it up. */
  | { readonly _tag: "Dropped"; readonly item: Item }
  /** Of conversations of two people: an entry, what can't be shown, or that another has the nick now. */
  | TalkNews

/** An entry that isn't a message, or is none any more. */
export type Changing = Exclude<EntryEvent, Message>

/** What is to be done, in this order; what is to be saved is saved before anything else is done. */
export type Step =
  | { readonly _tag: "Save"; readonly change: Change }
  /** To be asked on the present connection; `next` is for the reply, and forgotten with the connection. */
  | { readonly _tag: "Ask"; readonly ask: Ask; readonly next: (reply: Reply) => Steps }
  /** To be gone on with after a while, whatever the connection has become. */
  | { readonly _tag: "Wait"; readonly millis: number; readonly next: () => Steps }
  | { readonly _tag: "Tell"; readonly news: News }
  /** Makes the proof of a password, which takes a while. */
  | {
      readonly _tag: "Prove"
      readonly password: string
      readonly exchange: Exchange
      readonly next: (proved: Proved) => Steps
    }
  /** The login was refused: there is nothing to do here. */
  | { readonly _tag: "Withdraw"; readonly why: Refused }
  /** What was asked of the account was done; or not, and why. */
  | { readonly _tag: "Decided"; readonly why: Refused | undefined }

export type Steps = ReadonlyArray<Step>

/** What a login says, and what its welcome has to say. */
export interface Proved {
  readonly proof: string
  readonly signature: string
}

/** An account that one wants to log in to. */
export interface AccountOptions {
  /** Its password, which isn't kept; undefined where a token is, which is. */
  readonly password: string
  /** Whether to make the account, unless it is there. */
  readonly register?: boolean
  /** What the operator has given to those who may register. */
  readonly invitation?: string
}

/** What only the password lets one do with an account (ACCOUNT-6). */
export type AccountDeed = Extract<Ask, { type: "password" | "unregister" }>

/** How far a connection has come. */
export type Phase = "away" | "entering" | "catching up" | "live"

/** A conversation, as far as it has come. */
export interface Course {
  readonly kept: Kept
  readonly phase: () => Phase
  /** The limits of the present connection, or of the last. */
  readonly limits: () => Limits
  /** Milliseconds for which the server may keep a nick for somebody who has lost the secret, when it knows people. */
  readonly grace: () => number | undefined
  /** Whether a `replaced` may have been this client's own doing (SESSION-11): once for each login that it gave up on. */
  readonly mayHaveReplacedItself: () => boolean
  /** It begins: with these rooms, besides those that were kept. */
  readonly begin: (rooms: Iterable<string>) => Steps
  /** A connection was made, and greeted by this. */
  readonly greeted: (hello: Hello) => Steps
  /** Something has happened in a room, in the order of the wire; entries whose predecessors are missing included. */
  readonly hear: (event: LogEntry | Member | TypingEvent | ReadEvent) => Steps
  /** The connection was put out of a room; whoever reads the room is told so, as of one that can't be entered. */
  readonly putOut: (event: LeftEvent) => Steps
  /** The connection is over. */
  readonly lost: (loss: Loss) => Steps
  /** Somebody says something in a room that they are in, or to a person: in `@nick`. */
  readonly say: (room: string, text: string, key: string, replyTo?: number) => Steps
  /** One has read up to an entry; nothing when one had read further. Where the server keeps marks it is told, when one is there. */
  readonly read: (room: string, seq: number) => Steps
  /** Says again, under another key, what has come to rest; nothing if it hasn't. */
  readonly again: (key: string, anew: string) => Steps
  /** Gives up what has come to rest, or was never sent; nothing if it is under way. */
  readonly forget: (key: string) => Steps
  readonly join: (room: string) => Steps
  readonly leave: (room: string) => Steps
  /** What was told up to here has been shown: who comes back in another process begins after it. */
  readonly shown: (news: News) => Steps
  /** Whether the server has conversations of two people; undefined while one isn't welcome. */
  readonly hasTalks: () => boolean | undefined
  /** Another nick for a login that continues nobody. */
  readonly rename: (nick: string) => void
  /** Whether one is the person of an account; undefined while one isn't welcome. */
  readonly hasAccount: () => boolean | undefined
  /** Has the next login prove the password, whatever else lets one in, and then asks for this; `Decided` says what came of it. */
  readonly prove: (password: string, nonce: string, deed: AccountDeed) => Steps
  /** Forgets what the next login was to prove. */
  readonly proveNoMore: () => void
  /** All tokens of the account have ended. */
  readonly revoked: () => Steps
}

/** What a conversation begins with. */
export interface CourseOptions {
  readonly kept: Kept
  readonly nick: string
  /** The account that one has under that nick; a guest, when absent and no token is kept. */
  readonly account?: (AccountOptions & { readonly nonce: () => string }) | undefined
  /** How many sends may be under way in one room. With 1, what was refused for the moment can't be overtaken. */
  readonly ahead: number
  /** Milliseconds of the Clock. */
  readonly now: () => number
}

/** A room on one connection, from `joined` on. */
interface Place {
  readonly epoch: string
  readonly reader: Reader
  /** The keys of what was sent, and has no reply. */
  readonly underway: Set<string>
  /** The mark, as the server has said last; how many entries it has counted. */
  mark: { readonly seq: number; readonly head: number } | undefined
  /** Whether it has caught up to the head that it began with. */
  isReady: boolean
  isLeaving: boolean
}

/** One connection, from its greeting on. */
interface Visit {
  readonly hasPages: boolean
  readonly resumes: boolean
  readonly hasTalks: boolean
  readonly hasMarks: boolean
  readonly hasPresence: boolean
  readonly hasAccounts: boolean
  readonly profiles: ReadonlyArray<Profile>
  readonly limits: Limits
  readonly places: Map<string, Place>
  /** What was sent to people and has no reply, by conversation. */
  readonly letters: Map<string, Letters>
  /** The rooms whose `joined` hasn't come. */
  readonly entering: Set<string>
  /** Whether a login with the session has no reply. */
  isClaiming: boolean
  isWelcome: boolean
  hasAccount: boolean
}

/** What goes to one person over one connection. */
interface Letters {
  readonly underway: Set<string>
  /** Whether the epoch of the conversation was asked for, and has not come. */
  isAsking: boolean
}

const noop = () => {}

/** Milliseconds after which `unavailable` is tried again when the server doesn't say. */
const patience = 5_000

export const makeCourse = ({ account, ahead, kept: before, nick: wanted, now: clock }: CourseOptions): Course => {
  const kept = makeKept(before)
  let own = account
  // Why nothing came of what the password was proved for: told once one is welcome again.
  let refusal: Refused | undefined
  // What the password is to be proved for.
  let proving: { readonly password: string; readonly nonce: () => string; readonly deed: AccountDeed } | undefined
  // Where the reading stands, which may be further than what was shown.
  const cursors = new Map<string, Cursor | undefined>(kept.rooms)
  // Rooms in which the server can take nothing for the moment.
  const resting = new Set<string>()
  let nick = wanted
  let visit: Visit | undefined
  let limits = effectiveLimits({})
  let grace: number | undefined
  // Logins with the session on connections that were given up: each may still be read, and end the connection that is there.
  let shadows = 0
  let steps: Array<Step> = []

  /** Collects the steps of one move. */
  const move =
    <Args extends ReadonlyArray<unknown>>(act: (...args: Args) => void) =>
    (...args: Args): Steps => {
      steps = []
      act(...args)
      return steps
    }

  const save = (change: Change) => {
    kept.change(change)
    steps.push({ _tag: "Save", change })
  }
  const tell = (news: News) => void steps.push({ _tag: "Tell", news })
  const ask = (ask: Ask, next: (reply: Reply) => void) => void steps.push({ _tag: "Ask", ask, next: move(next) })
  const wait = (why: ErrorReply, next: () => void) =>
    void steps.push({ _tag: "Wait", millis: why.retryAfter ?? patience, next: move(next) })

  const talks = makeTalks({
    ask,
    wait,
    meet: (room, epoch) => tellMark(room, epoch, 0),
    tell: (news) => {
      tell(news)
      if (news._tag !== "Entry") return
      const item = itemOfKey(news.entry)
      if (item !== undefined) sent(item, news.entry)
    }
  })

  // --- logging in ---

  const begin = (rooms: Iterable<string>) => {
    for (const room of rooms) join(room)
    // A process before this one may have ended while it was leaving a room.
    for (const { key, room } of kept.items.values()) if (!isDirect(room) && !kept.rooms.has(room)) doubt(key)
  }

  const greeted = (hello: Hello) => {
    limits = effectiveLimits(hello.limits)
    visit = {
      hasPages: claims(hello.features, "history"),
      resumes: claims(hello.features, "resume"),
      hasTalks: claims(hello.features, "direct"),
      hasMarks: claims(hello.features, "rich"),
      hasPresence: claims(hello.features, "presence"),
      hasAccounts: claims(hello.features, "accounts"),
      profiles: claimedBy(hello.features),
      limits,
      places: new Map(),
      letters: new Map(),
      entering: new Set(),
      isClaiming: false,
      isWelcome: false,
      hasAccount: false
    }
    grace = visit.resumes ? 1_000 * limits.grace : undefined
    logIn(visit)
  }

  const logIn = (now: Visit) => {
    const { session, token } = kept.person
    const resume = now.resumes ? { resume: true } : {}
    if (now.hasAccounts && proving !== undefined) return prove(now, proving, resume)
    if (now.resumes && session !== undefined) return logInBy(now, { session })
    if (now.hasAccounts && token !== undefined) return logInBy(now, { token, ...resume })
    if (own === undefined) return logInBy(now, resume)
    if (!now.hasAccounts) return withdraw("unsupported", "this server has no accounts")
    if (own.register === true) return register(now, own, resume)
    prove(now, own, resume)
  }

  const logInBy = (now: Visit, how: Omit<Extract<Ask, { type: "login" }>, "type" | "nick">, signature?: string) => {
    const isKnown = "session" in how || "token" in how || proving !== undefined
    const name = isKnown ? (kept.person.nick ?? nick) : nick
    now.isClaiming = "session" in how
    ask({ type: "login", nick: name, ...how }, (reply) => {
      now.isClaiming = false
      if (reply.type === "welcome" && signature !== undefined && reply.signature !== signature) {
        return withdraw("bad-credentials", "this server can't prove that it knows the account: look at the address")
      }
      if (reply.type === "welcome") return welcomed(now, reply, how.session)
      if (reply.type !== "error") return
      // What opens nothing any more is given up, and the next best is tried.
      if (reply.code === "session-expired" && "session" in how) {
        save({ _tag: "Person", person: { ...kept.person, session: undefined } })
        return logIn(now)
      }
      if (reply.code === "bad-credentials" && "token" in how) {
        save({ _tag: "Person", person: withoutToken(kept.person) })
        return logIn(now)
      }
      refusedToLogIn(now, reply)
    })
  }

  const refusedToLogIn = (now: Visit, reply: ErrorReply) => {
    if (proving !== undefined) {
      // Nothing was done, and one comes in as one did before.
      proving = undefined
      refusal = new Refused({ request: "login", ...reply })
      return logIn(now)
    }
    if (reply.code === "unavailable" || reply.code === "rate-limited") {
      return wait(reply, () => visit === now && logIn(now))
    }
    steps.push({ _tag: "Withdraw", why: new Refused({ request: "login", ...reply }) })
  }

  const withdraw = (code: string, message: string) =>
    void steps.push({ _tag: "Withdraw", why: new Refused({ request: "login", code, message }) })

  const decided = (why: Refused | undefined) => {
    proving = undefined
    refusal = undefined
    steps.push({ _tag: "Decided", why })
  }

  const register = (now: Visit, own: NonNullable<typeof account>, resume: { readonly resume?: boolean }) => {
    const { invitation, password } = own
    const invited = invitation === undefined ? {} : { invitation }
    ask({ type: "register", nick, password, ...invited, ...resume }, (reply) => {
      if (reply.type === "welcome") return welcomed(now, reply, undefined)
      if (reply.type !== "error") return
      // It may be one's own, from a connection that has broken before the welcome.
      if (reply.code === "nick-registered") return prove(now, own, resume)
      refusedToLogIn(now, reply)
    })
  }

  const prove = (
    now: Visit,
    { nonce: fresh, password }: Pick<NonNullable<typeof account>, "nonce" | "password">,
    resume: { readonly resume?: boolean }
  ) => {
    const clientNonce = fresh()
    const name = proving === undefined ? nick : (kept.person.nick ?? nick)
    ask({ type: "challenge", nick: name, nonce: clientNonce }, (reply) => {
      if (reply.type === "error") return refusedToLogIn(now, reply)
      if (reply.type !== "challenge") return
      if (!reply.nonce.startsWith(clientNonce)) {
        return withdraw("bad-credentials", "this server answers a challenge that isn't ours: look at the address")
      }
      const { iterations, nonce, salt } = reply
      const exchange = { nick: reply.nick, clientNonce, nonce, salt, iterations }
      const next = ({ proof, signature }: Proved) =>
        move(() => {
          if (visit === now) logInBy(now, { proof, ...resume }, signature)
        })()
      steps.push({ _tag: "Prove", password, exchange, next })
    })
  }

  const welcomed = (now: Visit, welcome: Extract<Reply, { type: "welcome" }>, session: string | undefined) => {
    now.isWelcome = true
    now.hasAccount = welcome.account === true
    const isContinued = session !== undefined && welcome.resumed === true
    const token = welcome.token ?? (welcome.account === true ? kept.person.token : undefined)
    const own = token === undefined ? {} : { token }
    const anew: Person = { nth: kept.person.nth + 1, nick: welcome.nick, session: welcome.session, ...own }
    if (!isContinued) save({ _tag: "Person", person: anew })
    const { hasAccount, limits, profiles } = now
    tell({ _tag: "Welcome", nick: welcome.nick, isContinued, profiles, limits, hasAccount })
    if (proving !== undefined) act(now, proving.deed)
    if (refusal !== undefined) decided(refusal)
    for (const room of kept.rooms.keys()) enter(now, room)
    if (now.hasTalks) talks.welcome(isContinued)
    for (const room of new Set([...kept.items.values()].map(({ room }) => room))) if (isDirect(room)) write(now, room)
  }

  // --- the account ---

  /** Does what the password was proved for. */
  const act = (now: Visit, deed: AccountDeed) =>
    ask(deed, (reply) => {
      if (reply.type === "error") return decided(new Refused({ request: deed.type, ...reply }))
      if (reply.type === "password" && deed.type === "password") {
        save({ _tag: "Person", person: { ...kept.person, token: reply.token } })
        if (own !== undefined) own = { nonce: own.nonce, password: deed.password }
      } else {
        save({ _tag: "Person", person: withoutToken(kept.person) })
        own = undefined
        now.hasAccount = false
        tell({ _tag: "Unregistered" })
      }
      decided(undefined)
    })

  const revoked = () => save({ _tag: "Person", person: withoutToken(kept.person) })

  // --- rooms ---

  const enter = (now: Visit, room: string) => {
    if (now.entering.has(room) || now.places.has(room)) return
    now.entering.add(room)
    const cursor = cursors.get(room)
    const from = cursor === undefined ? {} : { after: cursor.last, epoch: cursor.epoch }
    ask({ type: "join", room, ...from }, (reply) => {
      now.entering.delete(room)
      if (reply.type === "joined")
        return kept.rooms.has(room) ? entered(now, room, reply) : ask({ type: "leave", room }, noop)
      if (reply.type !== "error") return
      if (reply.code !== "unavailable") return out(room, new Refused({ request: "join", ...reply }))
      wait(reply, () => visit === now && kept.rooms.has(room) && enter(now, room))
    })
  }

  const entered = (now: Visit, room: string, joined: Joined) => {
    const cursor = cursors.get(room)
    const { epoch, first, head, resumed } = joined
    // A head that has fallen belongs to another log, whatever its epoch (EPOCH-1).
    const isSame = cursor?.epoch === epoch && cursor.last <= head
    const newest = now.hasPages ? Math.max(first - 1, head - now.limits.page) : head
    const last = isSame ? cursor.last : cursor === undefined ? head : newest
    if (!isSame) {
      save({ _tag: "Room", room, cursor: { epoch, last } })
      leaveHole(room, epoch, cursor?.epoch === epoch ? Number.POSITIVE_INFINITY : last)
    }
    const isReplayed = isSame && resumed === true
    const reader = makeReader({ last, head, isReplayed, hasPages: now.hasPages })
    now.places.set(room, { epoch, reader, underway: new Set(), mark: undefined, isReady: false, isLeaving: false })
    cursors.set(room, { epoch, last })
    tell({ _tag: "Entered", joined, last, log: cursor === undefined ? "first" : isSame ? "same" : "another" })
    if (joined.more === true) listMembers(now, room, joined.members.at(-1) ?? "")
    else if (now.hasPresence) lookAround(room)
    if (now.hasMarks) askMark(room, markIn(room, epoch))
    else tellMark(room, epoch, last)
    read(now, room, reader.begin())
  }

  /** Slice by slice. */
  const listMembers = (now: Visit, room: string, after: string) =>
    ask({ type: "members", room, after }, (reply) => {
      if (reply.type !== "members" || !now.places.has(room)) return
      tell({ _tag: "Members", room, members: reply.members })
      const last = reply.members.at(-1)
      if (reply.more === true && last !== undefined && last > after) listMembers(now, room, last)
    })

  /** How the people of a room are, unless it is a crowd. */
  const lookAround = (room: string) =>
    ask({ type: "users", room }, (reply) => {
      if (reply.type === "users") tell({ _tag: "Presence", people: reply.users, asked: true })
    })

  const out = (room: string, why: Refused, by?: LeftEvent["reason"]) => {
    save({ _tag: "NoRoom", room })
    cursors.delete(room)
    abandon(room, { _tag: "Failed", code: why.code, message: why.message })
    tell({ _tag: "Out", room, why, ...(by === undefined ? {} : { by }) })
  }

  /** Nothing more can be done for what waits in a room. */
  const abandon = (room: string, failed: Rest) => {
    const underway = visit?.places.get(room)?.underway
    for (const item of kept.items.values()) {
      if (item.room !== room || item.rest !== undefined || underway?.has(item.key)) continue
      rest(item, item.tried === undefined ? failed : { _tag: "Unknown" })
    }
  }

  const join = (room: string) => {
    if (!kept.rooms.has(room)) save({ _tag: "Room", room, cursor: undefined })
    if (visit?.isWelcome) enter(visit, room)
  }

  const leave = (room: string) => {
    save({ _tag: "NoRoom", room })
    cursors.delete(room)
    abandon(room, { _tag: "Failed", code: "not-joined", message: `you left ${room} before it was sent` })
    const now = visit
    const place = now?.places.get(room)
    if (now === undefined || place === undefined) return tell({ _tag: "Left", room })
    place.isLeaving = true
    ask({ type: "leave", room }, () => {
      now.places.delete(room)
      tell({ _tag: "Left", room })
      // Who has changed their mind meanwhile.
      if (kept.rooms.has(room)) enter(now, room)
    })
  }

  // --- reading ---

  const hear = (event: LogEntry | Member | TypingEvent | ReadEvent) => {
    if (visit?.hasTalks === true && event.type === "message" && isDirect(event.room)) return talks.hear(event)
    const place = visit?.places.get(event.room)
    if (visit === undefined || place === undefined) return
    if (event.type === "typing") return typed(visit, event)
    if (event.type === "read") return marked(event.room, place, { seq: event.read, ...event })
    if (event.type === "member") return tell({ _tag: "Member", member: event })
    read(visit, event.room, place.reader.take(event))
  }

  const putOut = ({ reason, room }: LeftEvent) => {
    if (visit?.places.delete(room) !== true) return
    const message = `somebody has put you out of ${room}${reason === "ban" ? " for good" : ""}`
    out(room, new Refused({ request: "join", code: "forbidden", message }), reason)
  }

  // The last that was heard of those who type.
  const typists = new Map<string, TypingEvent>()

  const typed = (now: Visit, event: TypingEvent) => {
    const { nick, on, room } = event
    const who = `${room} ${nick}`
    typists.set(who, event)
    tell({ _tag: "Typing", room, nick, on })
    if (!on) return
    const next = () => {
      if (typists.get(who) !== event) return
      typists.delete(who)
      tell({ _tag: "Typing", room, nick, on: false })
    }
    steps.push({ _tag: "Wait", millis: 1_000 * now.limits.typingSeconds, next: move(next) })
  }

  const read = (now: Visit, room: string, readings: ReadonlyArray<Reading>) => {
    const place = now.places.get(room)
    if (place === undefined) return
    for (const reading of readings) take(now, room, place, reading)
    if (place.isLeaving) return
    cursors.set(room, { epoch: place.epoch, last: place.reader.last() })
    if (place.isReady || !place.reader.isReady()) return
    place.isReady = true
    flow(now, room, place)
  }

  const take = (now: Visit, room: string, place: Place, reading: Reading) => {
    const { epoch } = place
    switch (reading._tag) {
      case "Shown": {
        const { entry } = reading
        if (entry.type !== "message") {
          tell({ _tag: "Change", epoch, entry })
          return changed(place, entry)
        }
        tell({ _tag: "Entry", epoch, entry })
        const item = itemOf(now, place, entry)
        if (item !== undefined) sent(item, entry)
        return
      }
      case "Passed":
        return tell({ _tag: "Passed", room, epoch, from: reading.seq, to: reading.seq })
      case "Gone": {
        const { from, isForever, to } = reading
        leaveHole(room, epoch, to)
        return tell({ _tag: "Gone", room, epoch, from, to, isForever })
      }
      case "Wants":
        return turnPage(now, room, place, reading.after)
    }
  }

  const changed = ({ mark }: Place, entry: Changing) => {
    // What was counted as unread isn't there any more: only the server knows whether it was one of those.
    if (entry.type !== "delete" || mark === undefined) return
    if (entry.target > mark.seq && entry.target <= mark.head) askMark(entry.room)
  }

  const turnPage = (now: Visit, room: string, place: Place, after: number) =>
    ask({ type: "history", room, after }, (reply) => {
      if (reply.type === "error" && reply.code === "unavailable") {
        return wait(reply, () => visit === now && turnPage(now, room, place, after))
      }
      const isPage = reply.type === "history" && reply.epoch === place.epoch
      read(now, room, place.reader.page(isPage ? reply : undefined))
    })

  /** The item that an entry is, if it is one. */
  const itemOf = (now: Visit, place: Place, entry: Message): Item | undefined => {
    if (now.resumes) return itemOfKey(entry)
    // Without keys: nobody else has the nick while this connection lasts, and what it sends comes in its order (ORDER-4).
    const [oldest = ""] = [...place.underway].filter((key) => kept.items.has(key))
    const item = kept.items.get(oldest)
    return item !== undefined && entry.from === kept.person.nick && entry.text === item.text ? item : undefined
  }

  const itemOfKey = (entry: Message): Item | undefined => {
    const item = kept.items.get(entry.key ?? "")
    return item !== undefined && isEntryOf(item, entry) ? item : undefined
  }

  const leaveHole = (room: string, epoch: string, to: number) => {
    for (const item of kept.items.values()) {
      const holed = withHole(item, room, epoch, to)
      if (holed !== item) save({ _tag: "Item", item: holed })
    }
  }

  // --- marks ---

  const markIn = (room: string, epoch: string): number | undefined => {
    const mark = kept.marks.get(room)
    return mark?.epoch === epoch ? mark.last : undefined
  }

  const note = (room: string, epoch: string, last: number) => {
    if (last > (markIn(room, epoch) ?? -1)) save({ _tag: "Mark", room, mark: { epoch, last } })
  }

  /** Has the server move the mark, if `seq` is given, and count. */
  const askMark = (room: string, seq?: number) =>
    ask({ type: "read", room, ...(seq === undefined ? {} : { seq }) }, (reply) => {
      const place = visit?.places.get(room)
      if (reply.type === "read" && place !== undefined) marked(room, place, reply)
    })

  /** The server has counted: it was asked to, or another connection of one's own has moved the mark. */
  const marked = (room: string, place: Place, { head, seq, unread }: Omit<ReadReply, "type" | "re" | "room">) => {
    // What was counted for another connection may have been overtaken.
    if (seq < (place.mark?.seq ?? 0)) return
    place.mark = { seq, head: Math.max(head, place.mark?.head ?? 0) }
    note(room, place.epoch, seq)
    tell({ _tag: "Read", room, epoch: place.epoch, seq, head, unread })
  }

  /** Tells the mark that one keeps oneself; whoever has none begins at `otherwise`. */
  const tellMark = (room: string, epoch: string, otherwise: number) => {
    note(room, epoch, otherwise)
    const seq = markIn(room, epoch) ?? otherwise
    tell({ _tag: "Read", room, epoch, seq, head: seq, unread: 0 })
  }

  const readUpTo = (room: string, seq: number) => {
    const epoch = isDirect(room) ? talks.epoch(room) : cursors.get(room)?.epoch
    if (epoch === undefined || seq <= (markIn(room, epoch) ?? -1)) return
    note(room, epoch, seq)
    // Where one isn't there, the server is told when one is.
    if (visit?.hasMarks === true && visit.places.has(room)) askMark(room, seq)
    else tellMark(room, epoch, seq)
  }

  // --- sending ---

  /** Sends what may be sent in a room, in order. */
  const flow = (now: Visit, room: string, place: Place) => {
    for (const item of kept.items.values()) {
      if (!place.isReady || place.isLeaving || resting.has(room) || place.underway.size >= ahead) return
      if (item.room !== room || item.rest !== undefined || place.underway.has(item.key)) continue
      const standing = standingIn(now, place)
      if (item.epoch !== undefined && item.epoch !== place.epoch) rest(item, logIsGone)
      else if (verdict(item, standing, limits.keySeconds) === "unknown") rest(item, { _tag: "Unknown" })
      else send(now, place.underway, item, standing, () => flow(now, room, place))
    }
  }

  /** Sends what may be sent to a person, in order. */
  const write = (now: Visit, room: string) => {
    const letters = lettersTo(now, room)
    for (const item of kept.items.values()) {
      if (resting.has(room) || letters.underway.size >= ahead || letters.isAsking) return
      if (item.room !== room || item.rest !== undefined || letters.underway.has(item.key)) continue
      if (!now.hasTalks) rest(item, item.tried === undefined ? noTalks : { _tag: "Unknown" })
      else if (item.epoch === undefined) meet(now, room, letters)
      else if (!isKnown(now, item.tried)) rest(item, { _tag: "Unknown" })
      else send(now, letters.underway, item, standingWith(now, item.epoch), () => write(now, room))
    }
  }

  const lettersTo = (now: Visit, room: string): Letters => {
    const letters = now.letters.get(room) ?? { underway: new Set(), isAsking: false }
    now.letters.set(room, letters)
    return letters
  }

  /** Whether the server knows an attempt by its key, so that another does no harm; true before the first (KEY-2, KEY-5). */
  const isKnown = (now: Visit, tried: Tried | undefined): boolean => {
    if (tried === undefined) return true
    const { isKeyed, person } = standingWith(now, tried.epoch)
    return isKeyed && tried.isKeyed && tried.person === person && clock() - tried.at < 1_000 * limits.keySeconds
  }

  /** Asks whom a name means now, for all that is to be sent there (DIRECT-12). */
  const meet = (now: Visit, room: string, letters: Letters) => {
    letters.isAsking = true
    ask({ type: "history", room, limit: 1 }, (reply) => {
      letters.isAsking = false
      if (reply.type === "error" && reply.code === "unavailable") {
        return wait(reply, () => visit === now && write(now, room))
      }
      for (const item of kept.items.values()) {
        if (item.room !== room || item.rest !== undefined || item.epoch !== undefined) continue
        if (reply.type === "history") save({ _tag: "Item", item: { ...item, epoch: reply.epoch } })
        else if (reply.type === "error") rest(item, { _tag: "Failed", code: reply.code, message: reply.message })
      }
      write(now, room)
    })
  }

  const standingIn = (now: Visit, { epoch, reader }: Place): Standing => ({
    ...standingWith(now, epoch),
    last: reader.last()
  })

  /** The same in a log of which it doesn't matter what was read: a conversation, which ends with the person. */
  const standingWith = (now: Visit, epoch: string): Standing => {
    const { nick: name = nick, nth, session } = kept.person
    const isKeyed = now.resumes && session !== undefined
    return { person: nth, nick: name, isKeyed, epoch, last: 0, at: clock() }
  }

  const send = (now: Visit, underway: Set<string>, item: Item, standing: Standing, goOn: () => void) => {
    const { epoch, key, replyTo, room, text, tried: before } = item
    // Noted before it is sent: a client that is killed in between takes it for one that may be there, and looks.
    save({ _tag: "Item", item: { ...item, tried: attempt(before, standing) } })
    underway.add(key)
    const whom = isDirect(room) && epoch !== undefined ? { epoch } : {}
    const answered = replyTo === undefined ? {} : { replyTo }
    ask({ type: "send", room, text, ...answered, ...(now.resumes ? { key } : {}), ...whom }, (reply) => {
      underway.delete(key)
      const there = kept.items.get(key)
      if (there !== undefined && reply.type === "sent") sent(there, reply)
      else if (there !== undefined && reply.type === "error") refused(there, before, reply)
      goOn()
    })
  }

  const refused = (item: Item, before: Tried | undefined, error: ErrorReply) => {
    // Whoever it was meant for is gone: what is said next means whoever has the nick then.
    if (error.code === "no-such-nick") talks.forget(item.room)
    if (error.code === "unavailable" && (isDirect(item.room) || kept.rooms.has(item.room))) {
      save({ _tag: "Item", item: undone(item, before) })
      if (resting.has(item.room)) return
      resting.add(item.room)
      return wait(error, () => wake(item.room))
    }
    // The error is about this attempt, and says nothing of an earlier one.
    const { code, message } = error
    const isInDoubt = item.tried !== undefined && isOpen(before, item.tried)
    rest(item, isInDoubt ? { _tag: "Unknown" } : { _tag: "Failed", code, message })
  }

  const wake = (room: string) => {
    resting.delete(room)
    goOnIn(room)
  }

  const goOnIn = (room: string) => {
    if (visit?.isWelcome !== true) return
    if (isDirect(room)) return write(visit, room)
    const place = visit.places.get(room)
    if (place !== undefined) flow(visit, room, place)
  }

  const sent = (item: Item, { at, seq }: { readonly seq: number; readonly at: string }) => {
    save({ _tag: "NoItem", key: item.key })
    tell({ _tag: "Sent", item, seq, at })
  }

  const rest = (item: Item, rest: Rest) => {
    const resting = { ...item, rest }
    save({ _tag: "Item", item: resting })
    tell({ _tag: "Waiting", item: resting })
  }

  // --- what the person does ---

  const say = (room: string, text: string, key: string, replyTo?: number) => {
    const epoch = isDirect(room) ? talks.epoch(room) : replyTo === undefined ? undefined : cursors.get(room)?.epoch
    const item: Item = {
      key,
      room,
      text,
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(epoch === undefined ? {} : { epoch })
    }
    save({ _tag: "Item", item })
    tell({ _tag: "Waiting", item })
    goOnIn(room)
  }

  const drop = (item: Item) => {
    save({ _tag: "NoItem", key: item.key })
    tell({ _tag: "Dropped", item })
  }

  const again = (key: string, anew: string) => {
    const item = kept.items.get(key)
    if (item?.rest === undefined) return
    drop(item)
    const log = isDirect(item.room) ? talks.epoch(item.room) : cursors.get(item.room)?.epoch
    // What it answers stands in one log only.
    say(item.room, item.text, anew, item.epoch === log ? item.replyTo : undefined)
  }

  const forget = (key: string) => {
    const item = kept.items.get(key)
    if (item !== undefined && (item.rest !== undefined || item.tried === undefined)) drop(item)
  }

  const shown = (news: News) => {
    const place = placeOf(news)
    if (place === undefined) return
    const { cursor, room } = place
    const known = kept.rooms.get(room)
    // News of another stay, or of a log that is gone, may be shown late.
    if (known?.epoch === cursor.epoch && known.last < cursor.last) save({ _tag: "Room", room, cursor })
  }

  // --- the end ---

  const lost = (loss: Loss) => {
    const now = visit
    visit = undefined
    talks.lost()
    if (now?.isClaiming === true) shadows++
    // Everything before an answered bye was answered, and with it the session has ended (END-1, SESSION-8).
    if (loss._tag === "Goodbye" && now?.isWelcome === true)
      save({ _tag: "Person", person: { ...kept.person, session: undefined } })
    for (const { underway } of now?.places.values() ?? []) for (const key of underway) doubt(key)
    for (const { underway } of now?.letters.values() ?? []) for (const key of underway) doubt(key)
  }

  /** What was under way can be looked for by its key when one is back in the room; else nobody will know. */
  const doubt = (key: string) => {
    const item = kept.items.get(key)
    if (item === undefined || item.rest !== undefined) return
    if (item.tried?.isKeyed === true && (isDirect(item.room) || kept.rooms.has(item.room))) return
    rest(item, { _tag: "Unknown" })
  }

  const phase = (): Phase => {
    if (visit === undefined) return "away"
    if (!visit.isWelcome) return "entering"
    const isBehind = visit.entering.size > 0 || [...visit.places.values()].some(({ reader }) => !reader.isReady())
    return isBehind ? "catching up" : "live"
  }

  return {
    kept,
    phase,
    limits: () => limits,
    grace: () => grace,
    mayHaveReplacedItself: () => {
      if (shadows === 0) return false
      shadows--
      return true
    },
    begin: move(begin),
    greeted: move(greeted),
    hear: move(hear),
    putOut: move(putOut),
    lost: move(lost),
    say: move(say),
    again: move(again),
    forget: move(forget),
    join: move(join),
    leave: move(leave),
    shown: move(shown),
    read: move(readUpTo),
    hasTalks: () => (visit?.isWelcome === true ? visit.hasTalks : undefined),
    rename: (name) => {
      nick = name
    },
    hasAccount: () => (visit?.isWelcome === true ? visit.hasAccount : undefined),
    prove: move((password: string, nonce: string, deed: AccountDeed) => {
      proving = { password, nonce: () => nonce, deed }
    }),
    proveNoMore: () => {
      proving = undefined
      refusal = undefined
    },
    revoked: move(revoked)
  }
}

const logIsGone: Rest = {
  _tag: "Failed",
  code: "no-such-entry",
  message: "the log is gone in which that stood which it answers"
}

const noTalks: Rest = {
  _tag: "Failed",
  code: "unsupported",
  message: "this server has no conversations of two people"
}

/** How far somebody has come who was told this. */
const placeOf = (news: News): { readonly room: string; readonly cursor: Cursor } | undefined => {
  switch (news._tag) {
    case "Change":
    case "Entry":
      return { room: news.entry.room, cursor: { epoch: news.epoch, last: news.entry.seq } }
    case "Gone":
    case "Passed":
      return { room: news.room, cursor: { epoch: news.epoch, last: news.to } }
    default:
      return undefined
  }
}
