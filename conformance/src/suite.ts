/**
 * What all tests of one run share: the target, what it announced, deadlines, fresh names, and the pace of connections.
 * One worker runs all tests, so this state has one owner.
 *
 * @module
 */
import { isUtf8 } from "node:buffer"
import { claims, effectiveLimits, type Hello, type Limits } from "@tertulia/protocol"
import * as Semaphore from "effect/Semaphore"
import { inject } from "vitest"
import type { RequirementId } from "./generated/requirement-id.ts"
import type { StartCommand } from "./run/target.ts"
import type { Offer } from "./spec/offers.ts"
import { type Requirement, readRequirements } from "./spec/requirements.ts"
import type { Outcome } from "./verdict.ts"
import type { Address } from "./wire/connection.ts"

/** Which tests run. Empty selections select everything. */
export interface Selection {
  readonly grep: string
  /** Whole titles, when only these tests are to run. */
  readonly titles?: ReadonlyArray<string>
  readonly requirements: ReadonlyArray<string>
  readonly profiles: ReadonlyArray<string>
  /** The chapters, by the names of their files, when the others need not even be loaded. */
  readonly chapters?: ReadonlyArray<string>
}

/** A client that is judged: a command to which an address is appended. */
export interface ClientUnderTest {
  readonly command: string
  /** Milliseconds from its start to its first room, as when it is started alone: several at once take a multiple of it. */
  readonly startMillis: number
}

/** What the command line tells the tests. Plain data: it crosses to vitest's worker. */
export interface SuiteOptions {
  /** `list` registers the tests without running them. */
  readonly mode: "run" | "list"
  readonly address: Address
  /** The other servers of the target, if it has several. */
  readonly others?: ReadonlyArray<Address>
  /** The greeting that the probe got; absent when the target doesn't greet. */
  readonly hello: Hello | undefined
  /** The target's round trip in milliseconds, measured before the first test. */
  readonly roundTrip: number
  /** False when the target has let the probe wait in vain. */
  readonly responsive?: boolean
  readonly timeoutScale: number
  readonly seed: number
  /** fast-check's path to one counterexample. */
  readonly path: string | undefined
  /** How often each property runs. */
  readonly runs: number
  /** False where nobody reads the counterexample, so that none is made smaller. */
  readonly shrink?: boolean
  readonly parallel: number
  /** Chapters and tests begin in an order drawn from the seed, instead of the spec's. */
  readonly shuffle?: boolean
  readonly bail: boolean
  readonly selection: Selection
  /** How the suite has started the target, if it has: then tests may start their own, to stop or kill it. */
  readonly start: StartCommand | undefined
  /** The name of the channel on which the target's keeper says how it lives, when the suite has started it. */
  readonly keeper?: string
  /** The client under test, when a client is judged; then there is no address. */
  readonly client?: ClientUnderTest
  /** Offer of every name, so that no two runs meet. */
  readonly nonce: string
}

/** What is known of a test before it runs. */
export interface TestPlan {
  readonly title: string
  readonly ids: ReadonlyArray<string>
  readonly profile: Offer
  readonly kind: "scenario" | "dialogue" | "vector" | "property"
  readonly selected: boolean
}

declare module "vitest" {
  interface ProvidedContext {
    suite: SuiteOptions
  }
  interface TaskMeta {
    plan?: TestPlan
    outcome?: Outcome
  }
}

/** The run's options. */
export const options: SuiteOptions = inject("suite")

/** The limits of the target, with the defaults for what it doesn't announce. */
export const limits: Limits = effectiveLimits(options.hello?.limits ?? {})

/** Seconds of the target's heartbeat. */
export const heartbeat: number = options.hello?.heartbeat ?? 30

/** Whether the target is spoken to over TLS. */
export const isSecure: boolean = options.address.tls !== undefined

/** Whether the target is reached over WebSocket. */
export const isWebSocket = options.address.ws !== undefined

/** Whether these bytes of lines get through: over a WebSocket, what is not UTF-8 ends the connection (WS-11). */
export const canCarry = (bytes: Uint8Array): boolean => !isWebSocket || isUtf8(bytes)

/** Whether the target claims a profile, or is reached over a binding, so that it is judged by it. A client meets servers that claim what a test is about. */
export const isClaimed = (offer: Offer): boolean => {
  if (offer === "websocket") return isWebSocket
  if (offer === "tls") return isSecure && options.address.ws === undefined
  return options.client !== undefined || claims(options.hello?.features ?? [], offer)
}

const requirements = new Map<string, Requirement>(readRequirements().map((found) => [found.id, found]))

/** The requirement with this ID; `undefined` when the spec has none. */
export const requirementOf = (id: string): Requirement | undefined => requirements.get(id)

const fullPatience = Math.max(5_000, 100 * options.roundTrip) * options.timeoutScale

// A target that has let so many waits run out is not conformant, whatever the rest says: then the rest waits less.
const enoughInVain = 8
let inVain = options.responsive === false ? enoughInVain : 0

/** Notes that a wait has run out. */
export const noteWaitInVain = (): void => {
  inVain++
}

/** Milliseconds that an answer may take before the wait is given up: far above what a healthy target needs. */
export const patience = (): number => (inVain < enoughInVain ? fullPatience : fullPatience / 5)

// ---------------------------------------------------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------------------------------------------------

let names = 0

/** A suffix that no other test of any run uses: names end with it. */
export const freshSuffix = (): string => {
  names++
  return `-${options.nonce}${names.toString(36)}`
}

// ---------------------------------------------------------------------------------------------------------------------
// Connections
// ---------------------------------------------------------------------------------------------------------------------

/** The most connections that the suite has open at once; a quarter is left for what the target hasn't closed yet. */
export const connectionBudget: number = Math.max(4, Math.floor(Math.min(limits.connections, 1_024) * 0.75))

const budget = Semaphore.makeUnsafe(connectionBudget)

/** Runs a test while it holds its share of the connections. */
export const withConnections = (count: number) => budget.withPermits(Math.min(count, connectionBudget))

// ---------------------------------------------------------------------------------------------------------------------
// What is known to be broken
// ---------------------------------------------------------------------------------------------------------------------

// After so many tests that something blocked, and none that it didn't, the others needn't wait for it.
const enough = 3
const met = new Set<string>()
const unmet = new Map<string, number>()

/** Notes that a thing on which other tests rely has worked, or has not. */
export const noteRelied = (id: RequirementId, worked: boolean): void => {
  if (worked) met.add(id)
  else unmet.set(id, (unmet.get(id) ?? 0) + 1)
}

/** Whether waiting for this once more is pointless. */
export const knownBroken = (id: RequirementId): boolean =>
  !met.has(id) && ((unmet.get(id) ?? 0) >= enough || (id === "HELLO-1" && options.hello === undefined))

let floods = 0

/** Notes that the target sent without measure. */
export const noteFlood = (): void => {
  floods++
}

/** Whether every further connection would be flooded, too. */
export const isFlooding = (): boolean => floods >= enough

// ---------------------------------------------------------------------------------------------------------------------
// The end of the run
// ---------------------------------------------------------------------------------------------------------------------

let stopped = false

/** Whether `--bail` has ended the run. */
export const hasStopped = (): boolean => stopped

/** Ends the run after a failure, when `--bail` asks for it. */
export const stopIfBailing = (): void => {
  stopped = options.bail
}
