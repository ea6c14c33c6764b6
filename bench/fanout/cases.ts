/**
 * What is measured, and on what.
 *
 * @module
 */

/** One kind of load, for every server. */
export interface Case {
  readonly name: string
  /** What it is, for whoever reads the report. */
  readonly about: string
  /** What the load is told (bench/load/load.c). */
  readonly args: ReadonlyArray<string>
  /** What is compared: throughput, or latency at a load that all can bear. */
  readonly measure: "throughput" | "latency"
  /** Only with --full. */
  readonly isLong?: boolean
}

const closed = (rooms: number, members: number, senders: number, window: number): ReadonlyArray<string> => [
  ...["--rooms", `${rooms}`, "--members", `${members}`, "--senders", `${senders}`, "--window", `${window}`]
]

const open = (rate: number, rooms: number, members: number, senders: number): ReadonlyArray<string> => [
  ...["--mode", "open", "--rate", `${rate}`, ...closed(rooms, members, senders, 1)]
]

export const cases: ReadonlyArray<Case> = [
  {
    name: "1 x 100, window 8",
    about: "one room of 100, 10 of whom send; 8 messages under way",
    args: closed(1, 100, 10, 8),
    measure: "throughput"
  },
  {
    name: "1 x 100, window 64",
    about: "the same, 64 under way",
    args: closed(1, 100, 10, 64),
    measure: "throughput"
  },
  {
    name: "1 x 100, window 256",
    about: "the same, 256 under way",
    args: closed(1, 100, 10, 256),
    measure: "throughput"
  },
  {
    name: "10 x 10, window 64",
    about: "ten rooms of 10, 2 of whom send; 64 messages under way in each",
    args: closed(10, 10, 2, 64),
    measure: "throughput"
  },
  {
    name: "1 x 1,000, window 16",
    about: "one room of 1,000, 10 of whom send; 16 messages under way",
    args: closed(1, 1_000, 10, 16),
    measure: "throughput"
  },
  {
    name: "1,000 x 10, window 2",
    about: "1,000 rooms of 10, 2 of whom send; 2 messages under way in each",
    args: closed(1_000, 10, 2, 2),
    measure: "throughput",
    isLong: true
  },
  {
    name: "ping-pong",
    about: "two people answer each other, and nobody else is there",
    args: ["--mode", "pingpong"],
    measure: "latency"
  },
  {
    name: "50,000 deliveries/s",
    about: "one room of 100; 500 messages a second, whatever becomes of them; latency from when each was due",
    args: open(500, 1, 100, 10),
    measure: "latency"
  },
  {
    name: "150,000 deliveries/s",
    about: "the same, 1,500 messages a second",
    args: open(1_500, 1, 100, 10),
    measure: "latency",
    isLong: true
  }
]

/** Connections that do nothing: what each costs is the slope between the two. */
export const idle = { few: 1_000, many: 10_000 } as const
