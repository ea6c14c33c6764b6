/**
 * The rooms and conversations of one connection and its places in them, and what it gets to hear of them, judged.
 *
 * @module
 */
import {
  claims,
  type EntryEvent,
  isDirect,
  isSameEntry,
  type Joined,
  type JsonObject,
  type Limits,
  type Member,
  otherIn,
  type PresenceEvent,
  type Request,
  type Sent
} from "@tertulia/protocol"
import type { RequirementId } from "../generated/requirement-id.ts"
import { type Evidence, show } from "../verdict.ts"

/** What connections know of one another's entries. */
export interface Logs {
  /** Notes an entry, and gives what was shown first in its place; `seen` says whether an entry was shown to anybody. */
  readonly show: (log: string, entry: EntryEvent) => EntryEvent
  readonly seen: (log: string, seq: number) => EntryEvent | undefined
}

/** One stay in a room. */
export interface Stay {
  readonly log: string
  /** The end of the replay. */
  readonly head: number
  last: number
  lastSent: number
  /** The places of the keys that were used here, as far as this connection was told. */
  readonly keys: Map<string, number>
  /** Whether each nick is in, as far as it was said; of a whole list, all that is not said is out. */
  readonly members: Map<string, boolean>
  readonly isWhole: boolean
}

/** A conversation, as far as its entries have come. */
interface Talk {
  readonly epoch: string
  readonly last: number
}

/** Says that a reply is another than was expected. */
export type Wrong = (id: RequirementId, expected: string) => void

/** What the rest of the judge knows of the connection. */
export interface PlacesOptions {
  readonly logs: Logs
  /** Accuses the server. */
  readonly server: (id: RequirementId, evidence: Evidence) => void
  readonly nick: () => string | undefined
  readonly limits: () => Limits
  readonly features: () => ReadonlyArray<string>
  /** Whether something was done whose request can't be read for sure. */
  readonly isObscure: () => boolean
  readonly obscure: () => void
}

export interface Places {
  readonly rooms: Map<string, Stay>
  readonly place: (entry: EntryEvent) => void
  readonly passOver: (object: JsonObject) => void
  readonly move: (event: Member) => void
  readonly change: (event: PresenceEvent) => void
  readonly enter: (request: Extract<Request, { type: "join" }>, reply: Joined, wrong: Wrong) => void
  readonly acknowledge: (request: Request | undefined, reply: Sent, wrong: Wrong) => void
  /** Judges, at a reply, that no replay is under way. */
  readonly judgeReplays: (wrong: Wrong) => void
}

export const makePlaces = ({ features, isObscure, limits, logs, nick, obscure, server }: PlacesOptions): Places => {
  const rooms = new Map<string, Stay>()
  const talks = new Map<string, Talk>()
  // Epochs of conversations after which others have come under their names.
  const past = new Set<string>()

  const stayOf = (event: EntryEvent | Member): Stay | undefined => {
    const stay = rooms.get(event.room)
    if (stay === undefined && !isObscure()) {
      server("ISOLATE-1", { expected: `nothing of ${event.room}: this connection is not in it`, got: show(event) })
    }
    return stay
  }

  const agree = (log: string, entry: EntryEvent) => {
    const first = logs.show(log, entry)
    if (!isSameEntry(first, entry)) {
      server("ORDER-1", { expected: `what was shown before: ${show(first)}`, got: show(entry) })
    }
  }

  /** An entry of a conversation: what came before the first that is seen isn't known here. */
  const placeDirect = (entry: EntryEvent, epoch: string) => {
    const { from, room, seq } = entry
    if (from !== nick() && from !== otherIn(room)) {
      server("DIRECT-3", { expected: `an entry from ${nick()} or ${otherIn(room)} in ${room}`, got: show(entry) })
    }
    agree(`@ ${epoch}`, entry)
    const before = talks.get(room)
    if (before !== undefined && before.epoch !== epoch) past.add(before.epoch)
    if (past.has(epoch)) {
      server("DIRECT-13", {
        expected: `nothing of a conversation after a later one of the name ${room}`,
        got: show(entry)
      })
    }
    if (before?.epoch === epoch && seq !== before.last + 1) {
      const expected = `the entry ${before.last + 1} of ${room} after ${before.last}, as each once and ascending`
      server("DIRECT-4", { expected, got: `the entry ${seq}` })
    }
    talks.set(room, { epoch, last: seq })
  }

  const place = (entry: EntryEvent) => {
    if (isDirect(entry.room) && claims(features(), "direct")) {
      if (entry.type === "message" && entry.epoch !== undefined) return placeDirect(entry, entry.epoch)
      return server("DIRECT-5", { expected: `the epoch of ${entry.room} in \`message\``, got: show(entry) })
    }
    const stay = stayOf(entry)
    if (stay === undefined) return
    agree(stay.log, entry)
    const next = stay.last + 1
    if (entry.seq !== next) {
      const isHole = entry.seq > next && logs.seen(stay.log, next) === undefined
      const expected = `the entry ${next} of ${entry.room} after ${stay.last}, as each once and ascending`
      server(isHole ? "ORDER-2" : "ORDER-3", { expected, got: `the entry ${entry.seq}` })
    }
    stay.last = Math.max(stay.last, entry.seq)
  }

  /** An entry of a kind that this version doesn't know has its place; what it says, nobody here can judge. */
  const passOver = ({ room, seq }: JsonObject) => {
    const stay = rooms.get(String(room))
    if (stay === undefined || !Number.isSafeInteger(seq)) return
    stay.last = Math.max(stay.last, Number(seq))
    obscure()
  }

  const move = (event: Member) => {
    const stay = stayOf(event)
    if (stay === undefined) return
    const isIn = event.change === "joined"
    if (event.nick === nick()) {
      return server("MEMBER-3", { expected: "no `member` event of one's own joining or leaving", got: show(event) })
    }
    if ((stay.members.get(event.nick) ?? (stay.isWhole ? false : !isIn)) === isIn) {
      const expected = `\`joined\` and \`left\` in turn, while ${event.nick} is ${isIn ? "a member" : "no member"}`
      server("MEMBER-4", { expected, got: show(event) })
    }
    stay.members.set(event.nick, isIn)
  }

  // Between these and what is said of rooms there is no order, so all that can be seen is whether this connection may hear any.
  const change: Places["change"] = (event: PresenceEvent) => {
    if (event.nick === nick()) {
      server("PRESENCE-3", { expected: "no `presence` event of one's own person", got: show(event) })
    }
    if (rooms.size === 0 && !isObscure()) {
      server("PRESENCE-4", { expected: "no `presence` event for whoever is in no room", got: show(event) })
    }
  }

  const enter = (request: Extract<Request, { type: "join" }>, reply: Joined, wrong: Wrong) => {
    const { epoch, first, head, members, more, resumed, room } = reply
    if (room !== request.room) wrong("JOIN-1", `"room":"${request.room}"`)
    if (first > head + 1) wrong("JOIN-1", "a `first` of at most `head` + 1")
    const own = nick()
    if (more !== true && own !== undefined && !members.includes(own)) wrong("JOIN-2", `${own} among the members`)
    if ((resumed !== undefined) !== (request.after !== undefined)) {
      wrong("CATCH-1", "`resumed` if and only if the `join` had `after`")
    }
    const after = request.after ?? 0
    const canResume = request.epoch === epoch && after <= head && after >= first - 1 && head - after <= limits().replay
    if (resumed === true && !canResume) wrong("CATCH-3", '"resumed":false')
    rooms.set(room, {
      log: `${room} ${epoch}`,
      head,
      last: resumed === true ? Math.min(after, head) : head,
      lastSent: 0,
      keys: new Map(),
      members: new Map(members.map((each) => [each, true])),
      isWhole: more !== true
    })
  }

  const acknowledge = (request: Request | undefined, { at, duplicate, room, seq }: Sent, wrong: Wrong) => {
    if (isDirect(room) && duplicate !== true && seq > (talks.get(room)?.last ?? 0)) {
      wrong("SEND-3", "the `message` of an entry before its `sent`")
    }
    const stay = rooms.get(room)
    if (stay === undefined) return
    const key = request?.type === "send" ? request.key : undefined
    if (key !== undefined) {
      const first = stay.keys.get(key) ?? seq
      stay.keys.set(key, first)
      if (seq !== first) wrong("KEY-2", `"seq":${first}, which this key has`)
    }
    // What is told again was sent earlier, perhaps on another connection.
    if (duplicate !== true) {
      if (seq > stay.last) wrong("SEND-3", "the `message` of an entry before its `sent`")
      if (seq <= stay.lastSent) wrong("ORDER-4", `a seq above ${stay.lastSent}, which the send before it got`)
      stay.lastSent = Math.max(stay.lastSent, seq)
    }
    const entry = logs.seen(stay.log, seq)
    if (entry !== undefined && entry.at !== at) wrong("SEND-5", `"at":"${entry.at}", as in the \`message\``)
    if (entry !== undefined && entry.from !== nick())
      wrong("SEND-4", `the entry ${seq} from ${nick()}, not from ${entry.from}`)
  }

  const judgeReplays: Places["judgeReplays"] = (wrong) => {
    for (const [room, { head, last }] of rooms) {
      if (last < head) wrong("CATCH-4", `the replay of ${room} up to ${head} before the next reply`)
    }
  }

  return { rooms, place, passOver, move, change, enter, acknowledge, judgeReplays }
}
