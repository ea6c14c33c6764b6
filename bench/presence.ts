#!/usr/bin/env node
/**
 * `npm run bench:presence`: what one change of a presence costs in a room of 1,000 people, against one `send` in the same room in the same
 * run: until everybody has it, and in the server's own time. What a slice of `users` costs against one of `members`. And how long
 * somebody else waits at the worst when all 1,000 become idle at once.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import * as net from "node:net"
import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { median } from "./times.ts"

const main = fileURLToPath(new URL("../packages/server/src/main.ts", import.meta.url))
const people = 1_000
const rounds = 9
const deedsPerRound = 40
const idleSeconds = 20

// ---------------------------------------------------------------------------------------------------------------------
// A server, and the room of 1,000
// ---------------------------------------------------------------------------------------------------------------------

const openHouse = async (settings: Readonly<Record<string, number>>) => {
  const generous = { connections: 5_000, burst: 1e6, rate: 1e6, heartbeat: 300, "login-seconds": 600, ...settings }
  const all = Object.entries({ port: 0, data: ":memory:", ...generous })
  const server = spawn(process.execPath, [main, ...all.flatMap(([name, value]) => [`--${name}`, `${value}`])], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  process.once("exit", () => server.kill("SIGKILL"))
  let port = 0
  for await (const line of createInterface({ input: server.stdout })) {
    port = Number(JSON.parse(line)["port"])
    break
  }

  // Lines are counted, not read: what the readers cost must not hide what the server does.
  let lines = 0
  let wanted = Number.POSITIVE_INFINITY
  let enough = () => {}

  const count = (chunk: Buffer) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
    if (lines >= wanted) enough()
  }

  const connect = async (onData: (chunk: Buffer) => void): Promise<net.Socket> => {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true }).on("data", onData)
    await once(socket, "connect")
    return socket
  }

  /** Does something, and waits until so many lines have come, over all connections. */
  const until = (more: number, deed: () => void): Promise<void> =>
    new Promise((resolve) => {
      wanted = lines + more
      enough = () => {
        wanted = Number.POSITIVE_INFINITY
        resolve()
      }
      deed()
    })

  const sockets: Array<net.Socket> = []

  /** Everybody enters a room; each is told of all who come later. */
  const gather = (room: string) =>
    until(people + (people * (people - 1)) / 2, () => {
      for (const socket of sockets) tell(socket, { type: "join", id: 2, room })
    })

  for (let nth = 0; nth < people; nth++)
    await until(1, () => void connect(count).then((socket) => sockets.push(socket)))
  const began = performance.now()
  await until(people, () => {
    for (const [nth, socket] of sockets.entries()) tell(socket, { type: "login", id: 1, nick: `p${nth}` })
  })
  await gather("#cafe")
  if (performance.now() - began > 1_000 * idleSeconds)
    throw new Error("this machine is too slow: somebody is idle already")

  /** Milliseconds of the server's process so far; the kernel counts in hundredths of a second. */
  const ownTime = (): number => {
    const stat = readFileSync(`/proc/${server.pid}/stat`, "utf8")
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
    return 10 * (Number(user) + Number(system))
  }

  const close = async () => {
    for (const socket of sockets) socket.destroy()
    server.kill("SIGTERM")
    await once(server, "exit")
  }
  return { sockets, connect, lines: () => lines, until, gather, ownTime, close }
}

const tell = (socket: net.Socket, ...objects: ReadonlyArray<object>) =>
  void socket.write(objects.map((object) => `${JSON.stringify(object)}\n`).join(""))

// ---------------------------------------------------------------------------------------------------------------------
// One change
// ---------------------------------------------------------------------------------------------------------------------

interface Deed {
  readonly do: () => void
  /** Lines that come of it. */
  readonly lines: number
}

interface Outcome {
  readonly millis: number
  readonly own: number
}

const compare = async () => {
  const house = await openHouse({ "idle-seconds": 1e6 })
  const [actor, companion] = [house.sockets[0]!, house.sockets[1]!]
  let id = 2
  const asks = (socket: net.Socket, request: () => object) => () => tell(socket, { id: ++id, ...request() })
  const statuses = ["busy", "away"]
  const deeds: Readonly<Record<string, Deed>> = {
    send: { do: asks(actor, () => ({ type: "send", room: "#cafe", text: "is anybody here?" })), lines: people + 1 },
    status: {
      do: asks(actor, () => ({ type: "status", status: statuses[id % 2], text: "in a class until ten" })),
      lines: people
    },
    "status, nothing changed": { do: asks(actor, () => ({ type: "status" })), lines: 1 },
    "members, 200 of them": { do: asks(companion, () => ({ type: "members", room: "#cafe" })), lines: 1 },
    "users, 200 of them": { do: asks(companion, () => ({ type: "users", room: "#cafe" })), lines: 1 },
    "users of all rooms": { do: asks(companion, () => ({ type: "users" })), lines: 1 }
  }

  /** One after the other, each when everybody has had the one before. */
  const measure = async (deed: Deed): Promise<Outcome> => {
    const times = deed.lines > 1 ? deedsPerRound : 50 * deedsPerRound
    const [began, before] = [performance.now(), house.ownTime()]
    for (let nth = 0; nth < times; nth++) await house.until(deed.lines, deed.do)
    return { millis: (performance.now() - began) / times, own: (house.ownTime() - before) / times }
  }

  const run = async (title: string, names: readonly [string, ...Array<string>]) => {
    const columns = ["ms", "of first", "server ms", "of first"].map((column) => column.padStart(9))
    console.log(`\n${title.padEnd(32)} ${columns.join(" ")}`)
    const outcomes = new Map<string, Array<Outcome>>(names.map((name) => [name, []]))
    for (let round = 0; round <= rounds; round++) {
      for (const name of names) {
        const outcome = await measure(deeds[name]!)
        // The first round warms up.
        if (round > 0) outcomes.get(name)!.push(outcome)
      }
    }
    const first = outcomes.get(names[0])!
    for (const [name, found] of outcomes) {
      const of = (figure: keyof Outcome) => median(found.map((outcome) => outcome[figure]))
      const ratio = (figure: keyof Outcome) =>
        median(found.map((outcome, round) => outcome[figure] / first[round]![figure]))
      const cells = [of("millis"), ratio("millis"), of("own"), ratio("own")]
      console.log(`${name.padEnd(32)} ${cells.map((cell) => cell.toFixed(2).padStart(9)).join(" ")}`)
    }
  }

  await run("everybody is in one room", ["send", "status", "status, nothing changed"])
  // Each still hears of a change once.
  for (let nth = 1; nth <= 4; nth++) await house.gather(`#cafe-${nth}`)
  await run("everybody is in five rooms", ["send", "status"])
  await run("lists", ["members, 200 of them", "users, 200 of them", "users of all rooms"])
  await house.close()
}

// ---------------------------------------------------------------------------------------------------------------------
// A thousand at once
// ---------------------------------------------------------------------------------------------------------------------

const fallSilent = async () => {
  const house = await openHouse({ "idle-seconds": idleSeconds })
  const waits: Array<number> = []
  let isOver = false
  let answered = () => {}
  const bystander = await house.connect(() => answered())
  const askOn = async () => {
    while (!isOver) {
      const asked = performance.now()
      await new Promise<void>((resolve) => {
        answered = resolve
        tell(bystander, { type: "ping", id: 1 })
      })
      waits.push(performance.now() - asked)
      await setTimeout(2)
    }
  }
  await house.until(people, () => {
    for (const socket of house.sockets) tell(socket, { type: "status", id: 3 })
  })
  const before = house.ownTime()
  const asking = askOn()
  const from = house.lines()
  await house.until(1, () => {})
  const began = performance.now()
  // Whoever reads too late may miss some (PRESENCE-6), and so may this process, which reads for all.
  let last = { came: 0, at: began }
  while (performance.now() - last.at < 2_000) {
    await setTimeout(10)
    const came = house.lines() - from
    if (came > last.came) last = { came, at: performance.now() }
  }
  isOver = true
  await asking
  const sorted = waits.toSorted((one, other) => one - other)
  console.log(`\n${people} people become idle at once: ${last.came} of ${people * (people - 1)} events come`)
  console.log(`the last after                   ${(last.at - began).toFixed(0).padStart(9)} ms`)
  console.log(`the server's own time            ${(house.ownTime() - before).toFixed(0).padStart(9)} ms`)
  console.log(`a bystander's ping, median       ${median(sorted).toFixed(1).padStart(9)} ms`)
  console.log(`a bystander's ping, at the worst ${sorted.at(-1)!.toFixed(1).padStart(9)} ms`)
  bystander.destroy()
  await house.close()
}

console.log(`a room of ${people}; medians of ${rounds} rounds of ${deedsPerRound}`)
await compare()
await fallSilent()
