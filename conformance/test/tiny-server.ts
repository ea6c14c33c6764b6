/**
 * A core server in a few lines, for the suite's own tests: it answers well enough to be judged, and can be told to break.
 *
 * @module
 */
import * as net from "node:net"
import {
  decodeEnvelope,
  decodeRequest,
  defaultLimits,
  type Line,
  makeLineDecoder,
  parseJson,
  type Refusal,
  type Request,
  requestsOf
} from "@tertulia/protocol"
import * as Result from "effect/Result"

/** Defects that a test can ask for. */
export type Defect =
  | "crashes-on-send"
  | "crashes-on-login"
  | "reorders"
  | "forgets-sent"
  | "wrong-code"
  | "dies-on-send"
  | "no-lf"
  | "other-protocol"
  | "other-heartbeat"
  | "no-fin"
  | "full-for-a-while"

interface Session {
  readonly socket: net.Socket
  nick: string | undefined
  lines: number
}

interface Room {
  readonly epoch: string
  readonly members: Set<Session>
  head: number
}

const usualHeartbeat = 3
const at = () => new Date().toISOString()

/** Listens on a port, a free one if none is given; `close` ends every connection. */
export const startTinyServer = (
  defect?: Defect,
  port = 0
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> => {
  const rooms = new Map<string, Room>()
  const sessions = new Set<Session>()
  let epochs = 0
  let connections = 0

  const say = (session: Session, object: object) =>
    session.socket.writable && session.socket.write(`${JSON.stringify(object)}\n`)
  const refuse = (session: Session, { code, field, message, re }: Refusal) => {
    const wrong = defect === "wrong-code" && code === "login-first" ? "bad-request" : code
    say(session, { type: "error", ...(re === undefined ? {} : { re }), code: wrong, message, ...(field && { field }) })
  }
  const others = (room: Room, session: Session) => [...room.members].filter((member) => member !== session)

  const leave = (session: Session, name: string) => {
    const room = rooms.get(name)
    if (room?.members.delete(session) !== true) return false
    if (room.members.size === 0) rooms.delete(name)
    for (const other of room.members) say(other, { type: "member", room: name, nick: session.nick, change: "left" })
    return true
  }

  const goodbye = (session: Session) => {
    for (const name of rooms.keys()) leave(session, name)
    sessions.delete(session)
  }

  const end = (session: Session, object: object) => {
    goodbye(session)
    say(session, object)
    if (defect !== "no-fin") session.socket.end()
  }

  const join = (session: Session, re: number, name: string, request: Extract<Request, { type: "join" }>) => {
    const room = rooms.get(name)
    if (room?.members.has(session)) return refuse(session, { code: "already-joined", re, message: "in", field: "room" })
    if (room === undefined && request.create === false) {
      return refuse(session, { code: "no-such-room", re, message: "none", field: "room" })
    }
    const entered = room ?? { epoch: `e${Date.now().toString(36)}-${++epochs}`, members: new Set<Session>(), head: 0 }
    rooms.set(name, entered)
    entered.members.add(session)
    for (const other of others(entered, session)) {
      say(other, { type: "member", room: name, nick: session.nick, change: "joined" })
    }
    const { epoch, head } = entered
    const members = nicks(entered)
    const resumed = request.after === undefined ? {} : { resumed: false }
    say(session, { type: "joined", re, room: name, epoch, first: 1, head, ...resumed, members })
  }
  const nicks = (room: Room) => [...room.members].map((member) => member.nick!).sort()

  const send = (session: Session, re: number, name: string, text: string) => {
    const room = rooms.get(name)
    if (!room?.members.has(session)) {
      return refuse(session, { code: "not-joined", re, message: "join first", field: "room" })
    }
    if (defect === "dies-on-send") {
      for (const each of sessions) each.socket.resetAndDestroy()
      return void server.close()
    }
    if (defect === "crashes-on-send") {
      process.stderr.write(`about to log: ${text}\n`)
      process.kill(process.pid, "SIGSEGV")
    }
    const seq = ++room.head
    const entry = { room: name, seq, from: session.nick, text, at: at() }
    for (const member of room.members) say(member, { type: "message", ...entry })
    if (defect === "reorders") for (const member of others(room, session)) say(member, { type: "message", ...entry })
    if (defect !== "forgets-sent") say(session, { type: "sent", re, room: name, seq, at: entry.at })
  }

  const slice = <Item>(all: ReadonlyArray<Item>, name: (item: Item) => string, after = "", limit = 200) => {
    const rest = all.filter((item) => name(item) > after)
    const items = rest.slice(0, Math.min(limit, 200))
    return { items, ...(rest.length > items.length ? { more: true } : {}) }
  }

  const obey = (session: Session, request: Request) => {
    const re = request.id
    switch (request.type) {
      case "ping":
        return say(session, { type: "pong", re })
      case "sync":
        return say(session, { type: "synced", re })
      case "bye":
        return end(session, { type: "bye", re })
      case "login": {
        if (defect === "crashes-on-login") process.exit(7)
        if ([...sessions].some((other) => other.nick === request.nick)) {
          return refuse(session, { code: "nick-taken", re, message: "taken", field: "nick" })
        }
        session.nick = request.nick
        return say(session, { type: "welcome", re, nick: request.nick })
      }
      case "join":
        return join(session, re, request.room, request)
      case "send":
        return send(session, re, request.room, request.text)
      case "leave":
        return leave(session, request.room)
          ? say(session, { type: "left", re, room: request.room })
          : refuse(session, { code: "not-joined", re, message: "not in", field: "room" })
      case "rooms": {
        const all = [...rooms].map(([room, { members }]) => ({ room, members: members.size }))
        const sorted = all.sort((a, b) => (a.room < b.room ? -1 : 1))
        const { items, more } = slice(sorted, ({ room }) => room, request.after, request.limit)
        return say(session, { type: "rooms", re, rooms: items, ...(more && { more }) })
      }
      case "members": {
        const room = rooms.get(request.room)
        if (!room?.members.has(session)) {
          return refuse(session, { code: "not-joined", re, message: "not in", field: "room" })
        }
        const { items, more } = slice(nicks(room), (nick) => nick, request.after, request.limit)
        return say(session, { type: "members", re, room: request.room, members: items, ...(more && { more }) })
      }
    }
  }

  const hear = (session: Session, line: Line) => {
    session.lines++
    if (session.lines === 1 && typeof parseJson(line) === "string") {
      return end(session, { type: "bye", code: "not-tertulia", message: "no object" })
    }
    const envelope = decodeEnvelope(line, requestsOf([]))
    if (Result.isFailure(envelope)) return refuse(session, envelope.failure)
    const { id: re, type } = envelope.success
    if (session.nick === undefined && !["login", "ping", "bye"].includes(type)) {
      return refuse(session, { code: "login-first", re, message: "log in first" })
    }
    if (session.nick !== undefined && type === "login") {
      return refuse(session, { code: "already-logged-in", re, message: "once" })
    }
    const request = decodeRequest(envelope.success, defaultLimits)
    if (Result.isFailure(request)) return refuse(session, request.failure)
    return obey(session, request.success)
  }

  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const session: Session = { socket, nick: undefined, lines: 0 }
    connections++
    if (defect === "full-for-a-while" && connections > 1 && connections < 5) {
      socket.on("error", () => undefined)
      return end(session, { type: "bye", code: "too-many-connections", message: "come back" })
    }
    const decoder = makeLineDecoder(defaultLimits.line)
    sessions.add(session)
    const protocol = defect === "other-protocol" ? 2 : 1
    const heartbeat = defect === "other-heartbeat" ? 4 : usualHeartbeat
    const hello = { type: "hello", protocol, server: "tiny/1", features: [], auth: ["guest"], limits: {}, heartbeat }
    if (defect === "no-lf") socket.write(JSON.stringify(hello))
    else say(session, hello)
    socket.on("data", (chunk) => {
      if (socket.writableEnded) return
      const { lines, tooLong } = decoder.push(chunk)
      for (const line of lines) if (!socket.writableEnded) hear(session, line)
      if (tooLong) end(session, { type: "bye", code: "line-too-long", message: "too long" })
    })
    socket.on("end", () => {
      goodbye(session)
      socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => goodbye(session))
  })

  const close = () =>
    new Promise<void>((resolve) => {
      for (const { socket } of sessions) socket.destroy()
      server.close(() => resolve())
    })
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve({ port: (server.address() as net.AddressInfo).port, close }))
  })
}
