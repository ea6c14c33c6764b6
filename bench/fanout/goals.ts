/**
 * The goals: ratios within one run, on one machine.
 *
 * @module
 */
import type { Results, Row } from "./results.ts"

export interface Goal {
  readonly what: string
  readonly against: string
  readonly wanted: string
  readonly reached: string
  /** Undefined when something that it needs wasn't there. */
  readonly isReached: boolean | undefined
}

const ours = "Tertulia, in memory"
const durable = "Tertulia, durable"
const relay = "raw Node relay"

type Measure = (row: Row) => number

const throughput: Measure = ({ deliveriesPerSecond }) => deliveriesPerSecond
const p50: Measure = (row) => row.p50
const p99: Measure = (row) => row.p99

/** The goals, as far as what they need has been measured. */
export const goalsOf = (results: Results): ReadonlyArray<Goal> => {
  const measured = (who: string, name: string, of: Measure): number | undefined => {
    const row = results.rows.find((each) => each.contender === who && each.name === name)
    return row === undefined ? undefined : of(row)
  }

  const peers = (name: string) => results.rows.filter((row) => row.role === "peer" && row.name === name)

  const best = (name: string) =>
    peers(name).reduce<Row | undefined>(
      (one, other) => (one === undefined || other.deliveriesPerSecond > one.deliveriesPerSecond ? other : one),
      undefined
    )?.contender

  const ratio = (
    who: string,
    name: string,
    other: string | undefined,
    of: Measure,
    wanted: number,
    most = false
  ): Goal => {
    const own = measured(who, name, of)
    const theirs = other === undefined ? undefined : measured(other, name, of)
    const reached = own === undefined || theirs === undefined ? undefined : own / theirs
    return {
      what: `${who}: ${name}${of === p50 ? ", p50" : of === p99 ? ", p99" : ""}`,
      against: other ?? "best peer",
      wanted: `${most ? "<=" : ">="} ${wanted.toFixed(2)}`,
      reached: reached === undefined ? "not measured" : reached.toFixed(2),
      isReached: reached === undefined ? undefined : most ? reached <= wanted : reached >= wanted
    }
  }

  const most = (what: string, value: number | undefined, bound: number, unit: string): Goal => ({
    what,
    against: "absolute",
    wanted: `<= ${bound} ${unit}`,
    reached: value === undefined ? "not measured" : `${value.toFixed(1)} ${unit}`,
    isReached: value === undefined ? undefined : value <= bound
  })

  const perSecond = measured(durable, "10 x 10, window 64", ({ messagesPerSecond }) => messagesPerSecond)
  const share = perSecond === undefined || results.streams === undefined ? undefined : perSecond / results.streams
  const acknowledged: Goal = {
    what: `${durable}: entries on the disk per second`,
    against: "Redis Streams",
    wanted: ">= 0.50",
    reached: share === undefined ? "not measured" : share.toFixed(2),
    isReached: share === undefined ? undefined : share >= 0.5
  }

  const relayed = [
    "1 x 100, window 8",
    "1 x 100, window 64",
    "1 x 100, window 256",
    "10 x 10, window 64",
    "1 x 1,000, window 16"
  ]
  const idle = results.idle.find(({ contender }) => contender === ours)

  return [
    ...(
      [
        ["1 x 100, window 8", 1],
        ["1 x 100, window 64", 1.2],
        ["1 x 100, window 256", 1.8],
        ["10 x 10, window 64", 1.1],
        ["1 x 1,000, window 16", 1]
      ] as const
    ).map(([name, wanted]) => ratio(ours, name, best(name), throughput, wanted)),
    ...relayed.map((name) => ratio(ours, name, relay, throughput, 0.9)),
    ratio(ours, "1 x 100, window 64", "C epoll relay", throughput, 0.9),
    ratio(durable, "1 x 100, window 64", "InspIRCd", throughput, 1),
    ratio(durable, "1 x 100, window 64", "NATS", throughput, 1),
    ratio(durable, "1 x 100, window 64", "Redis pub/sub", throughput, 0.8),
    ratio(durable, "10 x 10, window 64", "Redis pub/sub", throughput, 0.6),
    acknowledged,
    ratio(ours, "50,000 deliveries/s", "Redis pub/sub", p50, 1.1, true),
    ratio(ours, "50,000 deliveries/s", "Redis pub/sub", p99, 1.1, true),
    ratio(ours, "ping-pong", relay, p50, 1.15, true),
    most(
      "an idle connection, slope from 1,000 to 10,000",
      idle?.bytesPerConnection && idle.bytesPerConnection / 1e3,
      6,
      "KB"
    ),
    most("the idle server", idle && idle.residentBefore / 1e6, 90, "MB"),
    ...results.codec.map(({ decode, parse, what }) => ({
      what: `time to read a request, ${what}`,
      against: "JSON.parse alone",
      wanted: "<= 1.60",
      reached: (decode / parse).toFixed(2),
      isReached: decode <= 1.6 * parse
    }))
  ]
}
