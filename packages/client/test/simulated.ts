/**
 * A server and a client's driver in simulated time: whatever can go wrong between them goes wrong when a test says so. The
 * server keeps the requirements of spec/resume.md and spec/history.md, and no more than those: what may take effect late, does.
 *
 * @module
 */
import type { ErrorReply, Hello, Message, Reply, Request, ServerMessage } from "@tertulia/protocol"
import { type Course, makeCourse, type News, type Step, type Steps } from "../src/course.ts"
import type { Loss } from "../src/errors.ts"
import { type Kept, makeKept, nothingKept } from "../src/kept.ts"
import { hello } from "./peer.ts"

// ---------------------------------------------------------------------------------------------------------------------
// The server
// ---------------------------------------------------------------------------------------------------------------------

interface Log {
  readonly room: string
  readonly epoch: string
  first: number
  readonly entries: Array<Message>
  /** The `seq` of each key, by person. */
  readonly keys: Map<string, number>
  readonly members: Set<Wire>
}

/** One connection. What the client has sent stays in `up` until the server gets to it, even when the client is long gone. */
interface Wire {
  readonly up: Array<Request>
  readonly down: Array<ServerMessage>
  readonly claims: Claims
  person: string | undefined
  nick: string
  session: string | undefined
  /** The client's end is gone: what is still in `up` may take effect, or not. */
  isCut: boolean
}

type Asked<Type extends Request["type"]> = Extract<Request, { readonly type: Type }>

interface Claims {
  readonly resume: boolean
  readonly history: boolean
}

const replayLimit = 3
const pageLimit = 2

export const makeServer = (first: Claims) => {
  const logs = new Map<string, Log>()
  /** Every log that there ever was. */
  const all: Array<Log> = []
  const sessions = new Map<string, { readonly person: string; readonly nick: string }>()
  const wires: Array<Wire> = []
  let claims = first
  let counter = 0
  let refusals = 0
  let strangers = 0
  let isStrict = false
  const fresh = (name: string) => `${name}${++counter}`

  const logOf = (room: string): Log => {
    const log = logs.get(room) ?? {
      room,
      epoch: fresh("k"),
      first: 1,
      entries: [],
      keys: new Map(),
      members: new Set<Wire>()
    }
    if (!logs.has(room)) all.push(log)
    logs.set(room, log)
    return log
  }

  const append = (log: Log, from: string, text: string, key?: string) => {
    const { entries, members, room } = log
    const entry: Message = {
      type: "message",
      room,
      seq: entries.length + 1,
      from,
      text,
      ...(key === undefined ? {} : { key }),
      at: "2026-11-20T20:08:00.000Z"
    }
    entries.push(entry)
    for (const wire of members) wire.down.push(shownTo(wire, entry))
    return entry
  }

  /** Without the profile, nobody sees a key. */
  const shownTo = (wire: Wire, { key, ...entry }: Message) =>
    wire.claims.resume && key !== undefined ? { ...entry, key } : entry

  const part = (wire: Wire) => {
    for (const log of logs.values()) log.members.delete(wire)
  }

  /** Everything that the connections of a session will ever do is done, or never will be. */
  const settle = (session: string, most: number) => {
    for (const wire of wires.filter((wire) => wire.session === session)) settleOne(wire, most)
  }

  const settleOne = (wire: Wire, most: number) => {
    for (let nth = 0; nth < most && wire.up.length > 0; nth++) serve(wire)
    wire.up.length = 0
    if (wire.isCut) return
    wire.down.push({ type: "bye", code: "replaced", message: "it goes on elsewhere" })
    wire.isCut = true
  }

  /** Somebody goes on: an open connection ends before that (SESSION-3); of one that is gone, something may be on its way. */
  const takeOver = (session: string) => {
    for (const wire of wires.filter((wire) => wire.session === session)) {
      if (!wire.isCut || counter++ % 2 === 0) settleOne(wire, counter % 3)
    }
  }

  /** Whoever sends a key again waits for the first attempt, if that is still on its way. */
  const waitFor = (mine: Wire, key: string, room: string) => {
    const isIt = (request: Request) => request.type === "send" && request.key === key && request.room === room
    for (const wire of wires.slice(0, wires.indexOf(mine))) {
      while (wire.session === mine.session && wire.up.some(isIt)) serve(wire)
    }
  }

  /** A person is in no room any more. */
  const end = (session: string) => {
    for (const wire of wires) if (wire.session === session) part(wire)
  }

  const error = (re: number, code: string, more: { readonly retryAfter?: number } = {}): ErrorReply => ({
    type: "error",
    re,
    code,
    message: code,
    ...more
  })

  const logIn = (wire: Wire, { id, nick, resume, session }: Asked<"login">): Reply => {
    if (strangers > 0 && session === undefined) {
      strangers--
      return error(id, "nick-taken")
    }
    const known = session === undefined || !wire.claims.resume ? undefined : sessions.get(session)
    if (session !== undefined && wire.claims.resume && known?.nick !== nick) {
      settle(session, counter++ % 3)
      return error(id, "session-expired")
    }
    if (session !== undefined && known !== undefined) takeOver(session)
    wire.nick = nick
    if (!wire.claims.resume || (resume !== true && session === undefined)) {
      wire.person = fresh("p")
      return { type: "welcome", re: id, nick }
    }
    const secret = known === undefined || session === undefined ? fresh("a-secret-of-") : session
    const person = known?.person ?? fresh("p")
    Object.assign(wire, { session: secret, person })
    sessions.set(secret, { person, nick })
    return { type: "welcome", re: id, nick, session: secret, ...(known === undefined ? {} : { resumed: true }) }
  }

  const enter = (wire: Wire, { after = 0, epoch, id, room }: Asked<"join">) => {
    const log = logOf(room)
    const head = log.entries.length
    const inReach = after <= head && after >= log.first - 1 && head - after <= replayLimit
    const resumed = epoch === log.epoch && inReach && (wire.claims.history || counter++ % 2 === 0)
    log.members.add(wire)
    const how = epoch === undefined ? {} : { resumed }
    wire.down.push({
      type: "joined",
      re: id,
      room,
      epoch: log.epoch,
      first: log.first,
      head,
      ...how,
      members: [wire.nick]
    })
    if (resumed) for (const entry of log.entries.slice(after)) wire.down.push(shownTo(wire, entry))
  }

  const page = (wire: Wire, { after = 0, id, room }: Asked<"history">): Reply => {
    const { entries, epoch, first } = logOf(room)
    const from = Math.max(after, first - 1)
    const items = entries.slice(from, from + pageLimit).map((entry) => {
      const { room: _, ...item } = shownTo(wire, entry)
      return item
    })
    const more = from + pageLimit < entries.length ? { more: true } : {}
    return { type: "history", re: id, room, epoch, first, head: entries.length, entries: items, ...more }
  }

  const send = (wire: Wire, { id, key, room, text }: Asked<"send">): Reply => {
    // What a server looks at before anything else, it may refuse even where it has the entry.
    if (isStrict) return error(id, "too-long")
    if (wire.session !== undefined && key !== undefined) waitFor(wire, key, room)
    const log = logs.get(room)
    const mine = `${wire.person} ${key}`
    const known = wire.claims.resume && key !== undefined ? log?.keys.get(mine) : undefined
    if (known !== undefined) return { type: "sent", re: id, room, seq: known, at: "", duplicate: true }
    if (!log?.members.has(wire)) return error(id, "not-joined")
    if (text.startsWith("bad")) return error(id, "bad-text")
    if (refusals > 0) {
      refusals--
      return error(id, "unavailable", { retryAfter: 1_000 })
    }
    const { at, seq } = append(log, wire.nick, text, wire.claims.resume ? key : undefined)
    if (wire.claims.resume && key !== undefined) log.keys.set(mine, seq)
    return { type: "sent", re: id, room, seq, at }
  }

  const answer = (wire: Wire, request: Request): Reply | undefined => {
    switch (request.type) {
      case "login":
        return logIn(wire, request)
      case "join":
        return void enter(wire, request)
      case "leave":
        logs.get(request.room)?.members.delete(wire)
        return { type: "left", re: request.id, room: request.room }
      case "history":
        return wire.claims.history ? page(wire, request) : error(request.id, "unsupported")
      case "send":
        return send(wire, request)
      default:
        return undefined
    }
  }

  /** Carries out the next request of a connection. */
  const serve = (wire: Wire) => {
    const request = wire.up.shift()
    if (request === undefined) return
    const reply = answer(wire, request)
    if (reply !== undefined) wire.down.push(reply)
    if (wire.isCut && wire.session === undefined && wire.up.length === 0) part(wire)
  }

  return {
    all,
    logs,
    connect: (): Wire => {
      const wire: Wire = { up: [], down: [], claims, person: undefined, nick: "", session: undefined, isCut: false }
      wires.push(wire)
      return wire
    },
    hello: (): Hello => ({
      ...hello,
      features: [...(claims.history ? ["history/1"] : []), ...(claims.resume ? ["resume/1"] : [])],
      limits: { page: pageLimit }
    }),
    serve,
    /** The connection breaks; so many of the lines that were under way arrive all the same. */
    cut: (wire: Wire, arrive: number) => {
      wire.up.splice(arrive)
      wire.down.length = 0
      wire.isCut = true
      if (wire.session === undefined && wire.up.length === 0) part(wire)
    },
    /** Does one thing that a connection which is gone has asked for. */
    serveLate: () => {
      const late = wires.find((wire) => wire.isCut && wire.up.length > 0)
      if (late !== undefined) serve(late)
    },
    /** Somebody else says something, if the room exists. */
    chat: (room: string, text: string) => append(logOf(room), "leo", text),
    purge: (room: string, many: number) => {
      const log = logs.get(room)
      if (log !== undefined) log.first = Math.min(log.first + many, log.entries.length + 1)
    },
    /** So much time passes that no key is known any more. */
    forgetsKeys: (most: number) => {
      for (const wire of wires) if (wire.isCut) settleOne(wire, most)
      for (const log of logs.values()) log.keys.clear()
    },
    /** The sessions end whose connections are gone. */
    expire: (most: number) => {
      for (const session of sessions.keys()) {
        if (wires.some((wire) => wire.session === session && !wire.isCut)) continue
        settle(session, most)
        end(session)
        sessions.delete(session)
      }
    },
    /** Where nothing is kept, a room without members is forgotten. */
    forgets: () => {
      for (const log of logs.values()) if (log.members.size === 0 && !claims.history) logs.delete(log.room)
    },
    /** It begins anew, and claims what is given. */
    restart: (most: number, now: Claims) => {
      for (const wire of wires) {
        for (let nth = 0; nth < most; nth++) serve(wire)
        wire.up.length = 0
        wire.down.length = 0
        wire.isCut = true
        part(wire)
      }
      if (!claims.history || !now.history) logs.clear()
      if (!claims.history || !now.history || !now.resume) sessions.clear()
      claims = now
    },
    refuses: (many: number) => {
      refusals = many
    },
    isTaken: (many: number) => {
      strangers = many
    },
    isStrict: (now: boolean) => {
      isStrict = now
    },
    heals: () => {
      isStrict = false
      refusals = 0
      strangers = 0
    }
  }
}

export type SimulatedServer = ReturnType<typeof makeServer>

// ---------------------------------------------------------------------------------------------------------------------
// The client's process
// ---------------------------------------------------------------------------------------------------------------------

/** Drives the course of a conversation, and remembers what a file would. */
export const makeClient = (server: SimulatedServer, ahead: number) => {
  const rooms = new Set(["#a", "#b"])
  /** What has been kept: it outlives the process. */
  const file = makeKept(nothingKept)
  /** What its person has been told, by process. */
  const told: Array<Array<News>> = []
  let course: Course
  let wire: Wire | undefined
  let waiting = new Map<number, (reply: Reply) => Steps>()
  let timers: Array<() => Steps> = []
  let unread: Array<News> = []
  let ids = 0
  let words = 0
  let now = 0
  /** Where each log was begun to be read, whether or not its person has looked. */
  const begun = new Map<string, number>()
  /** What was in doubt at any time, even if it was found later. */
  const doubted = new Set<string>()

  const carryOut = (steps: Steps) => {
    for (const step of steps) if (step._tag === "Save") file.change(step.change)
    for (const step of steps) perform(step)
  }

  const perform = (step: Step) => {
    switch (step._tag) {
      case "Ask":
        waiting.set(++ids, step.next)
        if (wire?.isCut === false) wire.up.push({ ...step.ask, id: ids })
        return
      case "Wait":
        timers.push(step.next)
        return
      case "Tell":
        if (step.news._tag === "Entered") {
          const { joined, last, log } = step.news
          if (log !== "same") begun.set(joined.epoch, last)
          else if (!begun.has(joined.epoch)) throw new Error(`${joined.epoch} was never known`)
        }
        if (step.news._tag === "Waiting" && step.news.item.rest?._tag === "Unknown") doubted.add(step.news.item.text)
        unread.push(step.news)
        return
      case "Withdraw":
        return cut(0)
    }
  }

  const cut = (arrive: number, loss: Loss = { _tag: "Closed", why: "a test" }) => {
    if (wire === undefined) return
    server.cut(wire, arrive)
    wire = undefined
    waiting = new Map()
    carryOut(course.lost(loss))
  }

  const begin = (kept: Kept) => {
    course = makeCourse({ kept, nick: "ana", ahead, now: () => now })
    waiting = new Map()
    timers = []
    unread = []
    told.push([])
    carryOut(course.begin(rooms))
  }
  begin(nothingKept)

  return {
    file,
    told,
    begun,
    doubted,
    isConnected: () => wire !== undefined,
    course: () => course,
    connect: () => {
      if (wire !== undefined) return
      wire = server.connect()
      carryOut(course.greeted(server.hello()))
    },
    /** The server gets to the next request. */
    serve: () => wire !== undefined && server.serve(wire),
    /** The next object comes. */
    receive: () => {
      const object = wire?.down.shift()
      if (object === undefined) return
      if (object.type === "message") return carryOut(course.hear(object))
      if (object.type === "bye") return cut(0)
      if (!("re" in object) || object.re === undefined) return
      const next = waiting.get(object.re)
      waiting.delete(object.re)
      if (next !== undefined) carryOut(next(object))
    },
    cut,
    /** SIGKILL, and another process that finds the file. */
    kill: (arrive: number) => {
      if (wire !== undefined) server.cut(wire, arrive)
      wire = undefined
      begin(file)
    },
    /** The person looks at so many news. */
    reads: (most: number) => {
      for (const news of unread.splice(0, most)) {
        told.at(-1)!.push(news)
        carryOut(course.shown(news))
      }
    },
    join: (room: string) => {
      rooms.add(room)
      carryOut(course.join(room))
    },
    leave: (room: string) => {
      if (!rooms.delete(room)) return
      carryOut(course.leave(room))
    },
    isIn: (room: string) => rooms.has(room),
    say: (room: string, isBad: boolean) => {
      const text = `${isBad ? "bad" : "word"} ${++words}`
      carryOut(course.say(room, text, `key${words}`))
      return text
    },
    wake: () => {
      const [timer, ...others] = timers
      timers = others
      if (timer !== undefined) carryOut(timer())
    },
    /** Milliseconds pass. */
    passes: (millis: number) => {
      now += millis
    },
    isIdle: () => (wire?.up.length ?? 0) + (wire?.down.length ?? 0) + timers.length + unread.length === 0
  }
}

export type SimulatedClient = ReturnType<typeof makeClient>
