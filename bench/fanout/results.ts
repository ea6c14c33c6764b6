/**
 * What a run has found: medians over its rounds.
 *
 * @module
 */
import { median } from "../times.ts"
import type { Codec } from "./codec.ts"
import type { Idle, Measured } from "./load.ts"
import type { Machine } from "./machine.ts"
import type { RequestRow } from "./requests.ts"
import type { Contender } from "./servers.ts"

/** One contender under one kind of load: the medians of the rounds, and how far they lie apart. */
export interface Row extends Measured {
  readonly contender: string
  readonly role: Contender["role"]
  readonly name: string
  readonly least: number
  readonly most: number
  readonly rounds: number
  /** Whether the load has waited for its processor in every attempt of some round: then the machine wasn't quiet. */
  readonly isNoisy: boolean
}

/** What connections cost that do nothing. */
export interface IdleRow {
  readonly contender: string
  readonly connectionsPerSecond: number
  readonly residentBefore: number
  readonly bytesPerConnection: number
}

export interface Results {
  readonly at: string
  readonly command: string
  readonly commit: string
  readonly machine: Machine
  readonly rows: ReadonlyArray<Row>
  readonly idle: ReadonlyArray<IdleRow>
  /** Single requests on a durable server. */
  readonly requests: ReadonlyArray<RequestRow>
  /** One request, written in several ways. */
  readonly codec: ReadonlyArray<Codec>
  /** Entries per second that Redis Streams acknowledge, each on the disk; absent where it wasn't measured. */
  readonly streams?: number
  /** What was not measured, and why. */
  readonly absent: ReadonlyArray<string>
}

/** The medians of several measurements, field by field. */
export const rowOf = (
  { name: contender, role }: Contender,
  name: string,
  measured: ReadonlyArray<Measured>,
  isNoisy: boolean
): Row => {
  const fields = Object.keys(measured[0]!) as ReadonlyArray<keyof Measured>
  const medians = Object.fromEntries(fields.map((field) => [field, median(measured.map((each) => each[field]))]))
  const rates = measured.map(({ deliveriesPerSecond }) => deliveriesPerSecond)
  return {
    ...(medians as unknown as Measured),
    contender,
    role,
    name,
    least: Math.min(...rates),
    most: Math.max(...rates),
    rounds: measured.length,
    isNoisy,
    // Nothing lost in one round makes up for what another has lost.
    lost: measured.reduce((sum, { lost }) => sum + lost, 0)
  }
}

/** What one connection costs between few and many. */
export const idleRowOf = (contender: string, few: Idle, many: Idle): IdleRow => ({
  contender,
  connectionsPerSecond: many.connectionsPerSecond,
  residentBefore: few.residentBefore,
  bytesPerConnection: (many.resident - few.resident) / (many.connections - few.connections)
})
