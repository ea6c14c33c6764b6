/**
 * A server that does everything right, its clients and the network between them, in one process and without a clock: whatever is drawn,
 * what the clients record is a history of a conforming server. With a fault, it is not.
 */
import type { Joined, Request, ServerMessage } from "@tertulia/protocol"
import * as fc from "fast-check"
import type { Lane, Observation } from "../src/history.ts"

/** What a server can do wrong, now and then. */
export const faults = [
  "loses an entry",
  "repeats an entry",
  "shows another text",
  "numbers with a hole",
  "forgets a member event",
  "says synced too early",
  "keeps the epoch of a forgotten room",
  "changes the epoch",
  "replays too little",
  "appends twice",
  "answers twice",
  "sends to those who have left"
] as const

export type Fault = (typeof faults)[number]

const rare: ReadonlyArray<Fault> = [
  "keeps the epoch of a forgotten room",
  "replays too little",
  "sends to those who have left"
]

type Deed = "send" | "join" | "leave" | "sync" | "ping" | "break"

/** What happens: each step is a client that does its next deed, a request that is carried out, or a line that arrives. */
export interface Drawn {
  readonly steps: ReadonlyArray<{
    readonly of: number
    readonly what: "do" | "serve" | "arrive"
    readonly deed: Deed
    readonly room: number
  }>
}

export const drawn: fc.Arbitrary<Drawn> = fc.record({
  steps: fc.array(
    fc.record({
      of: fc.nat(2),
      what: fc.constantFrom("do" as const, "serve" as const, "serve" as const, "arrive" as const, "arrive" as const),
      deed: fc.oneof(
        { weight: 5, arbitrary: fc.constant("send" as const) },
        { weight: 3, arbitrary: fc.constant("join" as const) },
        { weight: 3, arbitrary: fc.constantFrom("leave" as const, "sync" as const, "ping" as const, "break" as const) }
      ),
      room: fc.nat(1)
    }),
    { minLength: 40, maxLength: 250, size: "max" }
  )
})

interface Room {
  readonly name: string
  epoch: string
  readonly log: Array<{ readonly seq: number; readonly from: string; readonly text: string; readonly at: string }>
  readonly members: Map<string, Connection>
}

interface Connection {
  readonly who: string
  readonly nick: string
  readonly observations: Array<Observation>
  readonly requests: Array<Request>
  readonly outbox: Array<ServerMessage>
  /** What the client believes: where it is or wants to be, and the cursor that it holds there. */
  readonly wants: Set<string>
  readonly cursors: Map<string, { readonly after: number; readonly epoch: string }>
  ids: number
  ended?: number
}

const at = "2026-11-20T20:08:00.000Z"

/** The history of what was drawn. At its end everybody is asked to `sync`, twice, and everything arrives. */
export const historyOf = ({ steps }: Drawn, fault?: Fault): ReadonlyArray<Lane> => {
  const rooms = new Map<string, Room>()
  const all: Array<Connection> = []
  let moment = 0
  let epochs = 0
  let chances = 0
  /** Every third time that it could go wrong, it does; what is rare, always. */
  const errs = (which: Fault): boolean => fault === which && (rare.includes(which) || ++chances % 3 === 0)

  const connect = (nick: string, nth: number, cursors?: Connection["cursors"]): Connection => {
    const connection: Connection = {
      who: nth === 1 ? nick : `${nick} (${nth})`,
      nick,
      observations: [],
      requests: [],
      outbox: [],
      wants: new Set(),
      cursors: new Map(cursors),
      ids: 0
    }
    all.push(connection)
    return connection
  }
  const clients = ["ana", "leo", "eva"].map((nick) => connect(nick, 1))

  const post = (connection: Connection, request: Request) => {
    connection.observations.push({ moment: ++moment, sent: request })
    connection.requests.push(request)
  }

  const act = (nth: number, deed: Deed, room: string) => {
    const client = clients[nth]!
    const id = ++client.ids
    if (deed === "sync" || deed === "ping") post(client, { type: deed, id })
    if (deed === "leave" && client.wants.delete(room)) post(client, { type: "leave", id, room })
    if ((deed === "join" || deed === "send") && !client.wants.has(room)) {
      client.wants.add(room)
      post(client, { type: "join", id: ++client.ids, room, ...client.cursors.get(room) })
    }
    if (deed === "send") post(client, { type: "send", id, room, text: `${client.who} ${id}` })
    if (deed === "break") {
      client.ended = ++moment
      clients[nth] = connect(client.nick, all.filter(({ nick }) => nick === client.nick).length + 1, client.cursors)
    }
  }

  /** A nick has one holder: what the broken connection has asked is done first, or never, and then it is gone. */
  const bury = (connection: Connection) => {
    for (const broken of all.filter(({ ended, nick }) => nick === connection.nick && ended !== undefined)) {
      broken.requests.splice(0)
      for (const room of rooms.values()) if (room.members.get(broken.nick) === broken) goes(room, broken)
    }
  }

  const tell = (room: Room, nick: string, change: "joined" | "left") => {
    for (const [other, connection] of room.members) {
      if (other !== nick && !errs("forgets a member event"))
        connection.outbox.push({ type: "member", room: room.name, nick, change })
    }
  }

  const goes = (room: Room, connection: Connection) => {
    room.members.delete(connection.nick)
    tell(room, connection.nick, "left")
    if (room.members.size > 0) return
    room.log.splice(0)
    if (!errs("keeps the epoch of a forgotten room")) rooms.delete(room.name)
  }

  const serve = (connection: Connection) => {
    if (connection.ended === undefined) bury(connection)
    const request = connection.requests.shift()
    if (request === undefined) return
    const { outbox } = connection
    const re = request.id
    if (request.type === "ping") outbox.push({ type: "pong", re })
    if (request.type === "sync") {
      if (errs("says synced too early")) outbox.splice(Math.max(0, outbox.length - 2), 0, { type: "synced", re })
      else outbox.push({ type: "synced", re })
    }
    if (request.type === "ping" && errs("answers twice")) outbox.push({ type: "pong", re })
    if (request.type === "join") joins(connection, request)
    const room = "room" in request ? rooms.get(String(request.room)) : undefined
    if (request.type === "leave" && room !== undefined) {
      outbox.push({ type: "left", re, room: room.name })
      const next = room.log.at(-1)
      if (next !== undefined && errs("sends to those who have left"))
        outbox.push({ type: "message", room: room.name, ...next })
      goes(room, connection)
    }
    if (request.type === "send" && room !== undefined) {
      const seq = append(room, connection, request.text)
      if (errs("appends twice")) append(room, connection, request.text)
      outbox.push({ type: "sent", re, room: room.name, seq, at })
    }
  }

  const append = (room: Room, { nick }: Connection, text: string): number => {
    const seq = (room.log.at(-1)?.seq ?? 0) + (errs("numbers with a hole") ? 2 : 1)
    const entry = { seq, from: nick, text, at }
    room.log.push(entry)
    for (const reader of room.members.values()) {
      const shown = errs("shows another text") ? { ...entry, text: `${text}.` } : entry
      const times = errs("loses an entry") ? 0 : errs("repeats an entry") ? 2 : 1
      for (let nth = 0; nth < times; nth++) reader.outbox.push({ type: "message", room: room.name, ...shown })
    }
    return seq
  }

  const joins = (connection: Connection, { after, epoch, id, room: name }: Request & { readonly type: "join" }) => {
    const room: Room = rooms.get(name) ?? { name, epoch: `k${++epochs}`, log: [], members: new Map() }
    if (errs("changes the epoch")) room.epoch = `k${++epochs}`
    rooms.set(name, room)
    tell(room, connection.nick, "joined")
    room.members.set(connection.nick, connection)
    const head = room.log.at(-1)?.seq ?? 0
    const resumed = after === undefined ? undefined : epoch === room.epoch && after <= head
    const joined: Joined = {
      type: "joined",
      re: id,
      room: name,
      epoch: room.epoch,
      first: room.log[0]?.seq ?? head + 1,
      head,
      members: [...room.members.keys()].toSorted(),
      ...(resumed === undefined ? {} : { resumed })
    }
    connection.outbox.push(joined)
    if (resumed !== true) return
    const missed = room.log.filter(({ seq }) => seq > after!)
    if (errs("replays too little")) missed.pop()
    connection.outbox.push(...missed.map((entry) => ({ type: "message" as const, room: name, ...entry })))
  }

  const arrive = ({ cursors, observations, outbox }: Connection) => {
    const got = outbox.shift()
    if (got === undefined) return
    observations.push({ moment: ++moment, got })
    if (got.type === "joined" && got.resumed !== true) cursors.set(got.room, { after: got.head, epoch: got.epoch })
    if (got.type !== "message") return
    const { after, epoch } = cursors.get(got.room) ?? { after: 0, epoch: "" }
    if (epoch !== "") cursors.set(got.room, { after: Math.max(after, got.seq), epoch })
  }

  for (const { deed, of, room, what } of steps) {
    const client = clients[of]!
    if (what === "do") act(of, deed, ["#cafe", "#cine"][room]!)
    else if (what === "arrive") arrive(client)
    // The broken connection's last requests may still be carried out, if nobody has come back under its nick.
    else serve(all.find(({ nick, requests }) => nick === client.nick && requests.length > 0) ?? client)
  }
  for (let round = 0; round < 2; round++) {
    for (const client of clients) post(client, { type: "sync", id: ++client.ids })
    for (const client of clients) while (client.requests.length > 0) serve(client)
    for (const client of clients) while (client.outbox.length > 0) arrive(client)
  }
  return all.map(({ ended, nick, observations, who }) => ({
    who,
    nick,
    observations,
    ...(ended === undefined ? {} : { ended })
  }))
}
