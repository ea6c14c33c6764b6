/**
 * The attacks, each from an address or some of its own. They run until their process is ended.
 *
 * @module
 */
import { connect, type Json, type Lines, type Target } from "./lines.ts"

/** What an attack counts, by name. */
export type Count = (what: string, times?: number) => void

/** How hard the run is. */
export interface Force {
  /** Connections that say nothing. */
  readonly silent: number
}

/** Begins, and goes on by itself. */
export type Attack = (target: Target, force: Force, count: Count) => void

const every = (millis: number, deed: () => void) => void setInterval(deed, millis)

/** Keeps so many connections open, at most `pace` new ones in 100 ms: what the server ends is opened again. */
const keep = (many: number, pace: number, open: (nth: number) => Lines, count: Count) => {
  const free = Array.from({ length: many }, (_, nth) => nth)
  every(100, () => {
    for (const nth of free.splice(0, pace)) {
      count("opened")
      const { socket } = open(nth)
      socket.on("connect", () => count("connected"))
      socket.on("close", () => {
        count("ended")
        free.push(nth)
      })
    }
  })
}

let names = 0
const enter = (lines: Lines, ...rooms: ReadonlyArray<string>) =>
  lines.tell(
    { type: "login", id: 1, nick: `x${process.pid}-${++names}` },
    ...rooms.map((room, nth) => ({ type: "join", id: nth + 2, room }))
  )

/** Counts what the server says, by what it is. */
const counting = (count: Count) => (object: Json) => {
  const { code, type } = object
  if (type === "error" || type === "bye") count(`${type} ${String(code)}`)
}

/** Sends as fast as the server reads, and reads what comes. */
const pour = (lines: Lines, next: () => string | Buffer, count: Count) => {
  const go = () => {
    while (lines.socket.writable) {
      count("lines")
      if (!lines.write(next())) return
      if (lines.socket.writableLength > 0) return
    }
  }
  lines.socket.on("connect", go).on("drain", go)
  every(50, go)
}

const giant = "#giant"
/** Connections of one address stay below its limit, so that none is refused for that. */
const perAddress = 1_000

const requestOf = (object: Json) => `${JSON.stringify(object)}\n`

export const attacks: Readonly<Record<string, Attack>> = {
  "silent connections": (target, { silent }, count) =>
    keep(silent, 250, (nth) => connect(target, `127.0.1.${1 + Math.floor(nth / perAddress)}`), count),

  slowloris: (target, _force, count) => {
    keep(
      300,
      50,
      (nth) => {
        const lines = connect(target, "127.0.2.1")
        if (nth % 2 === 0) enter(lines)
        const drip = setInterval(() => lines.write(nth % 3 === 0 ? " " : "{"), 1_000)
        lines.socket.on("close", () => clearInterval(drip))
        return lines
      },
      count
    )
  },

  "line floods": (target, _force, count) => {
    const rubbish = Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 7919) % 256))
    const floods: ReadonlyArray<() => string | Buffer> = [
      () => requestOf({ type: "ping", id: 1 }).repeat(50),
      () => "{}\n".repeat(500),
      () => "\n".repeat(4_096),
      () => rubbish,
      () => `${"[".repeat(60_000)}\n`,
      () => `{"type":"send","id":1,"room":"#flood","text":"${"a".repeat(4_000)}"}\n`
    ]
    keep(
      60,
      20,
      (nth) => {
        const lines = connect(target, "127.0.3.1", counting(count))
        enter(lines, "#flood")
        pour(lines, floods[nth % floods.length]!, count)
        return lines
      },
      count
    )
  },

  "join/leave storms": (target, _force, count) => {
    keep(
      100,
      50,
      (nth) => {
        const lines = connect(target, "127.0.4.1", counting(count))
        enter(lines)
        let made = 0
        const room = () => (nth % 2 === 0 ? "#storm" : `#storm-${nth}-${made++}`)
        pour(
          lines,
          () => {
            const name = room()
            return requestOf({ type: "join", id: 1, room: name }) + requestOf({ type: "leave", id: 2, room: name })
          },
          count
        )
        return lines
      },
      count
    )
    // And people who come, say who they are, and go.
    keep(
      50,
      20,
      () => {
        const lines = connect(target, "127.0.4.2", counting(count))
        enter(lines, "#storm")
        lines.tell({ type: "bye", id: 9 })
        return lines
      },
      count
    )
  },

  "giant rooms": (target, _force, count) =>
    keep(
      900,
      60,
      (nth) => {
        const lines = connect(target, "127.0.5.1")
        enter(lines, giant)
        if (nth < 4) {
          const talk = setInterval(() => {
            count("sent")
            lines.tell({ type: "send", id: 3, room: giant, text: `a word to everybody ${"and more ".repeat(20)}` })
          }, 100)
          lines.socket.on("close", () => clearInterval(talk))
        }
        return lines
      },
      count
    ),

  "password guessing": (target, _force, count) =>
    keep(
      100,
      20,
      (nth) => {
        let guess = 0
        const lines = connect(target, `127.0.6.${1 + (nth % 4)}`, counting(count))
        pour(
          lines,
          () => {
            const nick = nth % 2 === 0 ? "victim" : `x${process.pid}-${nth}-${guess}`
            const password = `guess number ${guess++}`
            const type = nth % 10 === 9 ? "register" : "login"
            return requestOf({ type, id: 1, nick, password })
          },
          count
        )
        return lines
      },
      count
    ),

  "stalled readers": (target, _force, count) =>
    keep(
      200,
      20,
      (nth) => {
        const lines = connect(target, "127.0.7.1")
        enter(lines, giant, "#flood")
        lines.socket.pause()
        const asks = nth % 2 === 0 ? { type: "members", room: giant } : { type: "history", room: "#flood" }
        lines.tell(...Array.from({ length: 100 }, (_, at) => ({ ...asks, id: at + 10 })))
        return lines
      },
      count
    ),

  "catching up": (target, _force, count) =>
    keep(
      100,
      20,
      (nth) => {
        let epoch = "none"
        const lines = connect(target, "127.0.8.1", (object) => {
          if (typeof object["epoch"] === "string") epoch = object["epoch"]
          counting(count)(object)
        })
        enter(lines, "#flood")
        pour(
          lines,
          () =>
            nth % 2 === 0
              ? requestOf({ type: "history", id: 5, room: "#flood" })
              : requestOf({ type: "leave", id: 3, room: "#flood" }) +
                requestOf({ type: "join", id: 4, room: "#flood", after: 0, epoch }),
          count
        )
        return lines
      },
      count
    )
}
