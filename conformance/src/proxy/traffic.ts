/**
 * Judges all that went over a proxy, happening by happening: each connection by itself, and in the end all of them together. The same for
 * what passes now and for what was recorded.
 *
 * @module
 */
import type { EntryEvent, Line } from "@tertulia/protocol"
import { judgeHistory, type Lane, type Observation } from "../history.ts"
import type { Requirement } from "../spec/requirements.ts"
import { nextMoment } from "../wire/connection.ts"
import { type Accusation, type ConnectionJudge, judgeConnection } from "./connection-judge.ts"
import { bytesOf, type Happening, type Side } from "./happening.ts"
import type { Logs } from "./places.ts"

/** An accusation, with the connection where it was found: the first of its kind there. */
export interface Found extends Accusation {
  readonly connection: number
  /** The nick on the connection, if it had one. */
  readonly nick: string | undefined
  readonly requirement: Requirement
}

/** What was found, in figures. */
export interface Summary {
  readonly connections: number
  /** Lines of each side. */
  readonly lines: Readonly<Record<Side, number>>
  readonly found: ReadonlyArray<Found>
  /** Connections that couldn't be judged together with the others, as it isn't sure what was done there. */
  readonly leftOut: number
}

/** What is told while traffic passes. */
export interface Watcher {
  /** A line, or what else happened. */
  readonly onLine: (connection: number, nick: string | undefined, from: Side, line: Line, at: number) => void
  readonly onEvent: (happening: Exclude<Happening, { readonly event: "chunk" }>, nick: string | undefined) => void
  readonly onFound: (found: Found) => void
}

/** Judges traffic. */
export interface TrafficJudge {
  readonly take: (happening: Happening) => void
  /** Judges all connections together; nothing is taken after that. */
  readonly finish: () => Summary
}

/** That a connection was welcome under a nick which another seems to hold. */
interface Suspicion {
  readonly connection: number
  readonly holder: ConnectionJudge
  /** The moment after the `welcome`. */
  readonly since: number
}

// What is kept of connections that are over, for the judgement of all together.
const mostObservations = 200_000

/** Begins to judge. */
export const judgeTraffic = (
  requirements: ReadonlyArray<Requirement>,
  { onEvent, onFound, onLine }: Partial<Watcher> = {}
): TrafficJudge => {
  const sentences = new Map(requirements.map((requirement) => [requirement.id, requirement]))
  const logs = makeLogs()
  const open = new Map<number, ConnectionJudge>()
  const lanes: Array<Lane> = []
  const found: Array<Found> = []
  const known = new Set<string>()
  const lines = { client: 0, server: 0 }
  let connections = 0
  let isFinished = false
  let observations = 0
  const leftOut: Array<string> = []
  let suspected: Array<Suspicion> = []

  const accuse = (connection: number, nick: string | undefined, accusation: Accusation) => {
    const kind = `${connection} ${accusation.side} ${accusation.id}`
    if (known.has(kind)) return
    known.add(kind)
    const one = { ...accusation, connection, nick, requirement: sentences.get(accusation.id)! }
    found.push(one)
    onFound?.(one)
  }

  const judgeOf = (connection: number): ConnectionJudge => {
    const judge = open.get(connection)
    if (judge !== undefined) return judge
    connections += 1
    const begun: ConnectionJudge = judgeConnection((accusation) => accuse(connection, begun.nick(), accusation), logs)
    open.set(connection, begun)
    return begun
  }

  /** Notes who else has the nick of a connection that was just welcome: the other may have ended, unseen yet. */
  const suspect = (connection: number, judge: ConnectionJudge) => {
    const since = nextMoment()
    const others = [...open.values()].filter((other) => other !== judge && other.nick() === judge.nick())
    for (const holder of others) suspected.push({ connection, holder, since })
  }

  /** A holder who is answered what was asked after that had not ended. */
  const convict = (holder: ConnectionJudge) => {
    for (const { connection, since } of suspected.filter((each) => each.holder === holder)) {
      if (holder.lastSign() < since) continue
      const nick = holder.nick()
      const expected = "an `error` with the code `nick-taken`, since another connection has the nick"
      accuse(connection, nick, { side: "server", id: "LOGIN-2", evidence: { expected, got: "`welcome`" } })
    }
  }

  /** Keeps what a connection has shown for the judgement of all. */
  const keep = (connection: number, judge: ConnectionJudge) => {
    open.delete(connection)
    suspected = suspected.filter(({ holder }) => holder !== judge)
    const nick = judge.nick()
    if (nick === undefined) return
    const own = judge.observations()
    observations += own?.length ?? 0
    if (own === undefined || observations > mostObservations) leftOut.push(nick)
    else lanes.push(laneOf(nameOf(connection, nick), nick, own, judge))
  }

  const take = (happening: Happening) => {
    if (isFinished) return
    const { connection } = happening
    const judge = judgeOf(connection)
    if (happening.event === "chunk") {
      const wasWelcome = judge.nick() !== undefined
      for (const line of judge.chunk(happening.from, bytesOf(happening), happening.at)) {
        lines[happening.from] += 1
        onLine?.(connection, judge.nick(), happening.from, line, happening.at)
      }
      if (!wasWelcome && judge.nick() !== undefined && !judge.isReturn()) suspect(connection, judge)
      convict(judge)
      return
    }
    onEvent?.(happening, judge.nick())
    if (happening.event === "ended") judge.ended(happening.from)
    if (happening.event === "reset") judge.reset()
    if (happening.event === "closed") {
      judge.over()
      keep(connection, judge)
    }
  }

  const finish = () => {
    isFinished = true
    for (const [connection, judge] of open) keep(connection, judge)
    // Where one connection of a person isn't known, nothing is sure of the person.
    const sure = lanes.filter(({ nick }) => !leftOut.includes(nick))
    for (const { requirement, violations } of judgeHistory(sure)) {
      for (const { expected, got, who } of violations) {
        const [nick, connection] = who.split("/")
        accuse(Number(connection), nick, { side: "server", id: requirement, evidence: { expected, got } })
      }
    }
    return { connections, lines, found, leftOut: leftOut.length + lanes.length - sure.length }
  }

  return { take, finish }
}

/**
 * A connection as the judge of histories sees it. Unless it has ended by the reply to its `bye`, the server may have ended it before anybody
 * sees that: so the last request that was answered is the last sign that it was there. And others, around the proxy, may have had its nick
 * before and after.
 */
const laneOf = (who: string, nick: string, observations: ReadonlyArray<Observation>, judge: ConnectionJudge): Lane => {
  const from = observations.find((each) => "got" in each && each.got.type === "welcome")?.moment ?? 0
  const until = judge.lastSign()
  return { who, nick, observations, held: { from, until }, ...(judge.saidGoodbye() ? {} : { ended: until }) }
}

/** How a connection is called: by its nick, if it has one, and its number. */
export const nameOf = (connection: number, nick: string | undefined): string => `${nick ?? ""}/${connection}`

/** Whether anybody has broken what is binding: a SHOULD is not. */
export const isBroken = ({ found }: Summary): boolean => found.some(({ requirement }) => requirement.level === "MUST")

// The entries of each room that are remembered, and the rooms.
const mostEntries = 1_000
const mostLogs = 1_000

const makeLogs = (): Logs => {
  const all = new Map<string, Map<number, EntryEvent>>()
  const logOf = (log: string): Map<number, EntryEvent> => {
    const entries = all.get(log) ?? new Map<number, EntryEvent>()
    if (!all.has(log)) {
      all.set(log, entries)
      forgetFirst(all, mostLogs)
    }
    return entries
  }
  return {
    show: (log, entry) => {
      const entries = logOf(log)
      const first = entries.get(entry.seq) ?? entry
      entries.set(entry.seq, first)
      forgetFirst(entries, mostEntries)
      return first
    },
    seen: (log, seq) => all.get(log)?.get(seq)
  }
}

const forgetFirst = <Key>(map: Map<Key, unknown>, most: number): void => {
  if (map.size <= most) return
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
