/**
 * The course of a conversation that outlives its connections, as a state machine: what to ask, what to keep, what to tell.
 * No I/O, no clock, no chance: whoever drives it tells it what comes and carries out what it says.
 *
 * @module
 */
import {
  type Ask,
  claims,
  type ErrorReply,
  effectiveLimits,
  type Hello,
  isDirect,
  type Joined,
  type Limits,
  type Member,
  type Message,
  type Reply
} from "@tertulia/protocol"
import { type Loss, Refused } from "./errors.ts"
import { type Change, type Cursor, type Item, type Kept, makeKept, type Person, type Rest, type Tried } from "./kept.ts"
import { attempt, isEntryOf, isOpen, type Standing, undone, verdict, withHole } from "./outbox.ts"
import type { LogEntry } from "./passed.ts"
import { makeReader, type Reader, type Reading } from "./reader.ts"
import { makeTalks, type TalkNews } from "./talks.ts"

/** What is told to whoever shows the conversation, in the order in which it is true. */
export type News =
  /** An entry, each once. */
  | { readonly _tag: "Entry"; readonly epoch: string; readonly entry: Message }
  /** An entry of a kind that isn't shown, in its place. */
  | {
      readonly _tag: "Passed"
      readonly room: string
      readonly epoch: string
      readonly from: number
      readonly to: number
    }
  /** Somebody came or left. */
  | { readonly _tag: "Member"; readonly member: Member }
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
  /** One can't get into the room, and is no longer in it. */
  | { readonly _tag: "Out"; readonly room: string; readonly why: Refused }
  /** Something was said, and is kept; or it has come to rest, and waits for a decision. */
  | { readonly _tag: "Waiting"; readonly item: Item }
  /** It is in the log. */
  | { readonly _tag: "Sent"; readonly item: Item; readonly seq: number; readonly at: string }
  /** Its person has given it up. */
  | { readonly _tag: "Dropped"; readonly item: Item }
  /** Of conversations of two people: an entry, what can't be shown, or that another has the nick now. */
  | TalkNews

/** What is to be done, in this order; what is to be saved is saved before anything else is done. */
export type Step =
  | { readonly _tag: "Save"; readonly change: Change }
  /** To be asked on the present connection; `next` is for the reply, and forgotten with the connection. */
  | { readonly _tag: "Ask"; readonly ask: Ask; readonly next: (reply: Reply) => Steps }
  /** To be gone on with after a while, whatever the connection has become. */
  | { readonly _tag: "Wait"; readonly millis: number; readonly next: () => Steps }
  | { readonly _tag: "Tell"; readonly news: News }
  /** The login was refused: there is nothing to do here. */
  | { readonly _tag: "Withdraw"; readonly why: Refused }

export type Steps = ReadonlyArray<Step>

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
  readonly hear: (event: LogEntry | Member) => Steps
  /** The connection is over. */
  readonly lost: (loss: Loss) => Steps
  /** Somebody says something in a room that they are in. */
  readonly say: (room: string, text: string, key: string) => Steps
  /** Says again, under another key, what has come to rest; nothing if it hasn't. */
  readonly again: (key: string, anew: string) => Steps
  /** Gives up what has come to rest, or was never sent; nothing if it is under way. */
  readonly forget: (key: string) => Steps
  readonly join: (room: string) => Steps
  readonly leave: (room: string) => Steps
  /** What was told up to here has been shown: who comes back in another process begins after it. */
  readonly shown: (news: News) => Steps
  /** The epoch of a conversation, as far as it is known; undefined where the server has none. */
  readonly talk: (room: string) => { readonly epoch: string | undefined } | undefined
  /** The server has refused this conversation: whoever it was with is gone. */
  readonly forgetTalk: (room: string) => void
  /** Another nick for a login that continues nobody. */
  readonly rename: (nick: string) => void
}

/** What a conversation begins with. */
export interface CourseOptions {
  readonly kept: Kept
  readonly nick: string
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
  /** Whether it has caught up to the head that it began with. */
  isReady: boolean
  isLeaving: boolean
}

/** One connection, from its greeting on. */
interface Visit {
  readonly hasPages: boolean
  readonly resumes: boolean
  readonly hasTalks: boolean
  readonly limits: Limits
  readonly places: Map<string, Place>
  /** The rooms whose `joined` hasn't come. */
  readonly entering: Set<string>
  /** Whether a login with the session has no reply. */
  isClaiming: boolean
  isWelcome: boolean
}

const noop = () => {}

/** Milliseconds after which `unavailable` is tried again when the server doesn't say. */
const patience = 5_000

export const makeCourse = ({ ahead, kept: before, nick: wanted, now: clock }: CourseOptions): Course => {
  const kept = makeKept(before)
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

  const talks = makeTalks({ ask, wait, tell })

  // --- logging in ---

  const begin = (rooms: Iterable<string>) => {
    for (const room of rooms) join(room)
    // A process before this one may have ended while it was leaving a room.
    for (const { key, room } of kept.items.values()) if (!kept.rooms.has(room)) doubt(key)
  }

  const greeted = (hello: Hello) => {
    limits = effectiveLimits(hello.limits)
    visit = {
      hasPages: claims(hello.features, "history"),
      resumes: claims(hello.features, "resume"),
      hasTalks: claims(hello.features, "direct"),
      limits,
      places: new Map(),
      entering: new Set(),
      isClaiming: false,
      isWelcome: false
    }
    grace = visit.resumes ? 1_000 * limits.grace : undefined
    logIn(visit)
  }

  const logIn = (now: Visit) => {
    const { session } = kept.person
    const name = session === undefined ? nick : (kept.person.nick ?? nick)
    const how = !now.resumes ? {} : session === undefined ? { resume: true } : { session }
    now.isClaiming = "session" in how
    ask({ type: "login", nick: name, ...how }, (reply) => {
      now.isClaiming = false
      if (reply.type === "welcome") return welcomed(now, reply, now.resumes ? session : undefined)
      if (reply.type !== "error") return
      if (reply.code === "unavailable") return wait(reply, () => visit === now && logIn(now))
      if (reply.code === "session-expired" && session !== undefined) {
        save({ _tag: "Person", person: { ...kept.person, session: undefined } })
        return logIn(now)
      }
      steps.push({ _tag: "Withdraw", why: new Refused({ request: "login", ...reply }) })
    })
  }

  const welcomed = (now: Visit, welcome: Extract<Reply, { type: "welcome" }>, session: string | undefined) => {
    now.isWelcome = true
    const isContinued = session !== undefined && welcome.resumed === true
    const anew: Person = { nth: kept.person.nth + 1, nick: welcome.nick, session: welcome.session }
    if (!isContinued) save({ _tag: "Person", person: anew })
    for (const room of kept.rooms.keys()) enter(now, room)
    if (now.hasTalks) talks.welcome(isContinued)
  }

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
    now.places.set(room, { epoch, reader, underway: new Set(), isReady: false, isLeaving: false })
    cursors.set(room, { epoch, last })
    tell({ _tag: "Entered", joined, last, log: cursor === undefined ? "first" : isSame ? "same" : "another" })
    read(now, room, reader.begin())
  }

  const out = (room: string, why: Refused) => {
    save({ _tag: "NoRoom", room })
    cursors.delete(room)
    abandon(room, { _tag: "Failed", code: why.code, message: why.message })
    tell({ _tag: "Out", room, why })
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

  const hear = (event: LogEntry | Member) => {
    if (visit?.hasTalks === true && event.type === "message" && isDirect(event.room)) return talks.hear(event)
    const place = visit?.places.get(event.room)
    if (visit === undefined || place === undefined) return
    if (event.type === "member") return tell({ _tag: "Member", member: event })
    read(visit, event.room, place.reader.take(event))
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
    if (now.resumes) {
      const item = kept.items.get(entry.key ?? "")
      return item !== undefined && isEntryOf(item, entry) ? item : undefined
    }
    // Without keys: nobody else has the nick while this connection lasts, and what it sends comes in its order (ORDER-4).
    const [oldest = ""] = [...place.underway].filter((key) => kept.items.has(key))
    const item = kept.items.get(oldest)
    return item !== undefined && entry.from === kept.person.nick && entry.text === item.text ? item : undefined
  }

  const leaveHole = (room: string, epoch: string, to: number) => {
    for (const item of kept.items.values()) {
      const holed = withHole(item, room, epoch, to)
      if (holed !== item) save({ _tag: "Item", item: holed })
    }
  }

  // --- sending ---

  /** Sends what may be sent in a room, in order. */
  const flow = (now: Visit, room: string, place: Place) => {
    for (const item of kept.items.values()) {
      if (!place.isReady || place.isLeaving || resting.has(room) || place.underway.size >= ahead) return
      if (item.room !== room || item.rest !== undefined || place.underway.has(item.key)) continue
      const standing = standingIn(now, place)
      if (verdict(item, standing, limits.keySeconds) === "send") send(now, place, item, standing)
      else rest(item, { _tag: "Unknown" })
    }
  }

  const standingIn = (now: Visit, { epoch, reader }: Place): Standing => {
    const { nick: name = nick, nth, session } = kept.person
    const isKeyed = now.resumes && session !== undefined
    return { person: nth, nick: name, isKeyed, epoch, last: reader.last(), at: clock() }
  }

  const send = (now: Visit, place: Place, item: Item, standing: Standing) => {
    const { key, room, text, tried: before } = item
    // Noted before it is sent: a client that is killed in between takes it for one that may be there, and looks.
    save({ _tag: "Item", item: { ...item, tried: attempt(before, standing) } })
    place.underway.add(key)
    ask({ type: "send", room, text, ...(now.resumes ? { key } : {}) }, (reply) => {
      place.underway.delete(key)
      const there = kept.items.get(key)
      if (there !== undefined && reply.type === "sent") sent(there, reply)
      else if (there !== undefined && reply.type === "error") refused(there, before, reply)
      flow(now, room, place)
    })
  }

  const refused = (item: Item, before: Tried | undefined, error: ErrorReply) => {
    if (error.code === "unavailable" && kept.rooms.has(item.room)) {
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
    const place = visit?.places.get(room)
    if (visit !== undefined && place !== undefined) flow(visit, room, place)
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

  const say = (room: string, text: string, key: string) => {
    const item: Item = { key, room, text }
    save({ _tag: "Item", item })
    tell({ _tag: "Waiting", item })
    const place = visit?.places.get(room)
    if (visit !== undefined && place !== undefined) flow(visit, room, place)
  }

  const drop = (item: Item) => {
    save({ _tag: "NoItem", key: item.key })
    tell({ _tag: "Dropped", item })
  }

  const again = (key: string, anew: string) => {
    const item = kept.items.get(key)
    if (item?.rest === undefined) return
    drop(item)
    say(item.room, item.text, anew)
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
  }

  /** What was under way can be looked for by its key when one is back in the room; else nobody will know. */
  const doubt = (key: string) => {
    const item = kept.items.get(key)
    if (item === undefined || item.rest !== undefined) return
    if (item.tried?.isKeyed === true && kept.rooms.has(item.room)) return
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
    lost: move(lost),
    say: move(say),
    again: move(again),
    forget: move(forget),
    join: move(join),
    leave: move(leave),
    shown: move(shown),
    talk: (room) => (visit?.hasTalks === true ? { epoch: talks.epoch(room) } : undefined),
    forgetTalk: talks.forget,
    rename: (name) => {
      nick = name
    }
  }
}

/** How far somebody has come who was told this. */
const placeOf = (news: News): { readonly room: string; readonly cursor: Cursor } | undefined => {
  switch (news._tag) {
    case "Entry":
      return { room: news.entry.room, cursor: { epoch: news.epoch, last: news.entry.seq } }
    case "Gone":
    case "Passed":
      return { room: news.room, cursor: { epoch: news.epoch, last: news.to } }
    default:
      return undefined
  }
}
