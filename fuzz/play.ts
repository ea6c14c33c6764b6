/**
 * Plays a case in a house, and judges all that comes of it.
 *
 * @module
 */
import type { MemoryClient } from "../packages/server/src/transport-memory.ts"
import type { Case, Finding, Reproduction, Turn } from "./case.ts"
import { type House, openHouse } from "./house.ts"
import { makeOracle, type Oracle } from "./oracle.ts"

/** How long the server may owe something that depends on nobody else. */
const patience = 20_000

interface Seat {
  readonly client: MemoryClient
  readonly oracle: Oracle
  isPaused: boolean
  isFinished: boolean
}

const turnOfTheLoop = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Waits for something that the server does by itself; gives whether it did. */
const comes = async (isThere: () => boolean): Promise<boolean> => {
  const until = performance.now() + patience
  while (!isThere()) {
    if (performance.now() > until) return false
    await turnOfTheLoop()
  }
  return true
}

/**
 * @param heard is told each object that came, as text
 * @returns what was wrong, if anything was
 */
export const play = async (
  house: House,
  turns: Case,
  heard: (text: string) => void = () => {}
): Promise<Finding | undefined> => {
  const learned = new Map<string, string>()
  const learn = (name: string, value: string) => void learned.set(name, value)
  const seats = new Map<number, Seat>()
  const everybody: Array<Seat> = []
  let found: Finding | undefined

  const look = ({ client, oracle }: Seat) => {
    const text = client.take()
    if (text === "") return
    heard(text)
    found ??= oracle.came(text, learn)
  }

  const isDone = (seat: Seat): boolean => {
    look(seat)
    const { client, isPaused, oracle } = seat
    if (found !== undefined || isPaused || client.isGone() || client.isFinished()) return true
    // Who has ended their side is owed the end of the other, too (END-5).
    return oracle.isPaid() && !oracle.isEndOwed() && !seat.isFinished
  }

  const settle = async () => {
    if (await comes(() => everybody.every(isDone))) return
    const owed = everybody.reduce((sum, { oracle }) => sum + oracle.owed(), 0)
    found ??= {
      kind: "no answer",
      what: `${owed} answers, or the end of a connection, were owed for ${patience / 1_000} s`
    }
  }

  const open = (who: number): Seat => {
    const before = seats.get(who)
    const isOpen = before !== undefined && !before.isFinished && !before.client.isGone() && !before.client.isFinished()
    if (isOpen) return before
    before?.client.reset()
    const seat = { client: house.connect(), oracle: makeOracle(house.limits.line), isPaused: false, isFinished: false }
    seats.set(who, seat)
    everybody.push(seat)
    return seat
  }

  const say = (seat: Seat, { bytes, chunk }: Turn) => {
    const filled = bytes.replace(
      /\$(epoch|session|token|next|nonce|salt)/gu,
      (whole, name: string) => learned.get(name) ?? whole
    )
    const all = Buffer.from(filled, "latin1")
    if (all.length === 0) return
    seat.oracle.sent(all)
    for (let at = 0; at < all.length; at += chunk || all.length) {
      seat.client.send(all.subarray(at, at + (chunk || all.length)))
    }
  }

  const act = (seat: Seat, deed: Turn["deed"]) => {
    if (deed === "finish") seat.isFinished = true
    if (deed === "pause") seat.isPaused = true
    if (deed === "resume" || deed === "finish") seat.isPaused = false
    if (deed === "finish") seat.client.resume()
    if (deed !== undefined) seat.client[deed]()
  }

  for (const turn of turns) {
    const seat = open(turn.who)
    say(seat, turn)
    act(seat, turn.deed)
    if (turn.awaited) await settle()
    if (found !== undefined) break
  }
  for (const seat of everybody) {
    seat.isPaused = false
    seat.client.resume()
  }
  if (found === undefined) await settle()
  for (const { client } of everybody) client.reset()
  if (found === undefined && !(await comes(() => house.load().connections === 0 && house.load().queueBytes === 0)))
    found = { kind: "what is gone stays", what: JSON.stringify(house.load()) }
  // A client is told of a defect, and the operator of its cause.
  if (house.errors.length > 0) {
    const logged = house.errors.join("\n").slice(0, 4_000)
    found = {
      kind: found?.kind ?? "an error in the log",
      what: found === undefined ? logged : `${found.what}\n${logged}`
    }
  }
  return found
}

/** Plays several cases in a house of their own. */
export const replay = async ({ cases, rules }: Reproduction): Promise<Finding | undefined> => {
  const house = await openHouse(rules)
  try {
    for (const turns of cases) {
      const found = await play(house, turns)
      if (found !== undefined) return found
    }
    return undefined
  } finally {
    await house.close()
  }
}
