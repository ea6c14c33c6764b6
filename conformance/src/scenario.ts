/**
 * What a test is written with: `scenario`, and the test `t` that its story gets.
 *
 * @module
 */
import { createHash } from "node:crypto"
import type { Hello, Limits, Profile } from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { test } from "vitest"
import { brokenBy } from "./blame.ts"
import { type Client, makeClient, type Person } from "./client.ts"
import type { RequirementId } from "./generated/requirement-id.ts"
import type { Lane } from "./history.ts"
import { titleContains } from "./lang/spoken.ts"
import * as life from "./life.ts"
import { crashed, crashOf } from "./run/crash.ts"
import { dataFolder, keepsData, type StartedTarget, startTarget, withData } from "./run/target.ts"
import { type Offer, offers } from "./spec/offers.ts"
import { noticedAfter, watchForStalls } from "./stall.ts"
import type { TestPlan } from "./suite.ts"
import * as suite from "./suite.ts"
import {
  type Evidence,
  type Finding,
  isRed,
  type Outcome,
  Stop,
  SuiteFault,
  show,
  type Tally,
  type Verdict
} from "./verdict.ts"
import { type Address, askForWebSocket, type Connection, connect, type Unreachable } from "./wire/connection.ts"
import type { Answer, Fields } from "./wire/handshake.ts"
import type { Transcript } from "./wire/transcript.ts"

export type { Client, Person } from "./client.ts"

/** The test, as its story sees it. */
export interface Scenario {
  /** Counts a judgement of a requirement that the test names. Broken: a MUST ends the test, a SHOULD is a warning. */
  readonly judge: (id: RequirementId, kept: boolean, evidence: EvidenceLike) => Effect.Effect<void, Stop>

  /** Notes what all connections did and got: it goes into the report when a requirement is broken. */
  readonly recorded: (history: ReadonlyArray<Lane>) => Effect.Effect<void>

  /** Counts what a story has had done and judged, by its kind: a long run says in the end how much that was. */
  readonly counted: (kinds: ReadonlyArray<string>) => Effect.Effect<void>

  /** Ends the test: this target, or this kind of run, can't show it. Says why, in a sentence. */
  readonly notRun: (reason: string) => Effect.Effect<never, Stop>

  /** Opens a connection and reads nothing. */
  readonly connect: (who?: string) => Effect.Effect<Client, Stop, Scope.Scope>
  /** Opens connections and reads their greetings. */
  readonly connections: (count: number) => Effect.Effect<ReadonlyArray<Client>, Stop, Scope.Scope>
  /** One connection whose greeting is read. */
  readonly connection: (who?: string) => Effect.Effect<Client, Stop, Scope.Scope>
  /** Asks for a WebSocket with these fields in place of the usual ones, and gives the answer; then it is closed again. */
  readonly handshake: (fields: Fields) => Effect.Effect<Answer, Stop>
  /** Somebody logged in under a fresh nick that begins with `name`. */
  readonly person: (name?: string) => Effect.Effect<Person, Stop, Scope.Scope>
  /** People logged in: ana, leo, eva, ... */
  readonly people: <const Count extends number>(count: Count) => Effect.Effect<Several<Count>, Stop, Scope.Scope>
  /** A fresh room that these people have joined, in this order; all that they got by that is read. */
  readonly room: (...people: ReadonlyArray<Client>) => Effect.Effect<string, Stop>

  /** A nick that nobody has ever had: `ana` becomes `ana-` and something new. */
  readonly nick: (name?: string) => string
  /** The name of a room that has never been. */
  readonly roomName: (name?: string) => string

  /** Opens connections until no more are allowed. Only for a scenario that declares `all`. */
  readonly fullHouse: Effect.Effect<void, Stop, Scope.Scope>
  /** Starts a target for this test alone: what is opened after that, is opened there. For `{ needs: "start" }`. */
  readonly ownServer: Effect.Effect<StartedTarget, Stop, Scope.Scope>
  /** Ends the test because its subject is broken, or another requirement, on this client's connection. */
  readonly broken: (evidence: EvidenceLike, client?: Client, id?: RequirementId) => Effect.Effect<never, Stop>

  /** What the target announced, and its limits with the defaults. */
  readonly hello: Hello
  readonly limits: Limits
  /** Seconds of the target's heartbeat. */
  readonly heartbeat: number
  /** Where connections are opened. */
  readonly address: () => Address
  /** Milliseconds of the suite's clock: for bounds that the spec gives in seconds. */
  readonly now: Effect.Effect<number>
  /** The requirement that an expectation judges when it names none: the first that the test names. */
  readonly subject: RequirementId
}

/** As many people as were asked for; past five, the compiler no longer counts them. */
type Several<Count extends number> = Count extends 1
  ? readonly [Person]
  : Count extends 2
    ? readonly [Person, Person]
    : Count extends 3
      ? readonly [Person, Person, Person]
      : Count extends 4
        ? readonly [Person, Person, Person, Person]
        : Count extends 5
          ? readonly [Person, Person, Person, Person, Person]
          : ReadonlyArray<Person>

/** Evidence in which anything may stand for what was sent and what came. */
export interface EvidenceLike {
  readonly sent?: unknown
  /** A phrase that a beginner understands. */
  readonly expected: string
  readonly got: unknown
}

/** A story: a generator of effects. */
export type Story = (t: Scenario) => Generator<Effect.Effect<unknown, Stop, Scope.Scope>, void, never>

/** What a scenario may declare. */
export interface ScenarioOptions {
  /** How many connections it opens at most: 4 unless it says so. `all` runs alone. */
  readonly connections?: number | "all"
  /** `start`: it stops or kills the target, so it runs only when the suite has started it; `data`: and looks at what is left. */
  readonly needs?: "start" | "data"
  readonly kind?: TestPlan["kind"]
  /** The profile that the target must claim: that of the requirements, unless it is said here. */
  readonly profile?: Offer
  /** A further profile that the target must claim, beside that of the requirements. */
  readonly also?: Profile
  /** The profile that the target must not claim: what is unknown without it is something else with it. */
  readonly unless?: Profile
  /** What its bytes are made for, when a WebSocket can't carry them. */
  readonly over?: "tcp"
}

/** What the first clients of a test are called. */
const namesOfPeople = ["ana", "leo", "eva", "pia", "teo", "ines", "hugo", "rosa"]

const openByDefault = 4

type Ids = readonly [RequirementId, ...Array<RequirementId>]

/**
 * Registers a test that judges these requirements, each at least once, or it is inconclusive.
 *
 * @param title a sentence that is true of a conforming server
 * @param ids the requirements; an expectation that names none judges the first
 */
export const scenario: {
  (title: string, ids: Ids, story: Story): void
  (title: string, ids: Ids, options: ScenarioOptions, story: Story): void
} = (title: string, ids: Ids, ...rest: readonly [Story] | readonly [ScenarioOptions, Story]): void => {
  const [options, story] = rest.length === 1 ? [{}, rest[0]] : rest
  register(title, ids, options, (judging) => Effect.as(tell(judging, story), undefined))
}

/** Runs one story in a scope of its own: its connections close with it. */
export const tell = (judging: Judging, story: Story): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    yield* Effect.gen(() => story(makeScenario(judging)))
    yield* noBreaches(judging)
  }).pipe(Effect.scoped)

/** Registers a test with vitest; `run` does the judging. */
export const register = (
  title: string,
  ids: Ids,
  scenarioOptions: ScenarioOptions,
  run: (judging: Judging) => Effect.Effect<Partial<Outcome> | undefined, Stop>
): void => {
  const plan = planOf(title, ids, scenarioOptions)
  const ignored = suite.options.mode === "list" || !plan.selected
  test(title, { meta: { plan }, skip: ignored, concurrent: true, timeout: 0 }, async ({ task }) => {
    const outcome = await Effect.runPromise(toldUndisturbed(attempt(plan, ids, scenarioOptions, run)))
    task.meta.outcome = outcome
    if (outcome.fault !== undefined) throw new SuiteFault(outcome.fault)
    if (isRed(outcome.verdict)) throw new Error(outcome.reason)
  })
}

const mostTellings = 3

// Half a heartbeat is what a client has to answer in before anybody may doubt it, and a second is much for any wait.
const stallsSoFar = watchForStalls(Math.min(1_000, 500 * suite.heartbeat))

/** Tells a story again that went wrong while the suite's own process stood still: what it saw then says nothing of the target. */
const toldUndisturbed = (telling: Effect.Effect<Outcome>): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    for (let nth = 1; ; nth++) {
      const before = stallsSoFar()
      const outcome = yield* telling
      const isFinal =
        !isRed(outcome.verdict) || outcome.crash !== undefined || suite.options.bail || nth === mostTellings
      if (isFinal || (yield* Effect.map(Effect.sleep(noticedAfter), stallsSoFar)) === before)
        return nth === 1 ? outcome : retold(outcome)
    }
  })

const retold = (outcome: Outcome): Outcome => ({
  ...outcome,
  notes: [...(outcome.notes ?? []), "told again, since this machine was so busy that the suite itself had stood still"]
})

const planOf = (
  title: string,
  ids: Ids,
  { kind = "scenario", profile = profileOf(ids) }: ScenarioOptions
): TestPlan => {
  const { grep, profiles, requirements, titles } = suite.options.selection
  const selected =
    titleContains(title, grep) &&
    (titles === undefined || titles.includes(title)) &&
    (requirements.length === 0 || ids.some((id) => requirements.includes(id))) &&
    (profiles.length === 0 || profiles.includes(profile))
  return { title, ids, profile, kind, selected }
}

/** A test that judges requirements of the core and of a profile needs the profile. */
const profileOf = (ids: Ids): Offer => {
  const named = ids.map((id) => suite.requirementOf(id)?.profile)
  return offers.findLast((offer) => named.includes(offer)) ?? "core"
}

/** What is said of bytes, segments and FIN, and not of messages and Close frames (spec/websocket.md). */
const onlyOverTcp: ReadonlySet<RequirementId> = new Set(["FRAME-4", "FRAME-6", "END-5", "END-6"])

// ---------------------------------------------------------------------------------------------------------------------
// One attempt
// ---------------------------------------------------------------------------------------------------------------------

/** Something that a test has opened. */
export interface Opened {
  readonly who: string
  readonly transcript: () => Transcript
  /** The first thing that came over it and that nobody may send. */
  readonly breach: () => { readonly id: RequirementId; readonly evidence: Evidence } | undefined
}

/** What one test has judged so far. Mutable: it has one owner, the attempt. */
export interface Judging {
  readonly title: string
  readonly ids: ReadonlyArray<RequirementId>
  readonly subject: RequirementId
  readonly began: number
  readonly tallies: Map<RequirementId, Tally>
  readonly warnings: Array<Finding>
  /** What it has opened: connections, or a client under test with the connections that it has made. */
  readonly opened: Array<Opened>
  /** What a reader ought to know of a test that passed, in sentences. */
  readonly notes: Array<string>
  /** How often stories had what done, by its kind. */
  readonly operations: Map<string, number>
  /** The life of the target in which it began. */
  readonly life: life.Life
  /** Where connections are opened: at the target, or at one that this test has started; and at its other servers, if it has several. */
  address: Address
  others: ReadonlyArray<Address>
  /** The targets that this test has started. */
  readonly own: Array<StartedTarget>
  /** The folder in which they keep their data. */
  data: string | undefined
  /** The client on whose connection something went wrong. */
  culprit: string | undefined
  /** What the story noted by `recorded`. */
  history: ReadonlyArray<Lane> | undefined
  readonly kind: TestPlan["kind"]
}

const attempt = (
  { profile, title }: TestPlan,
  ids: Ids,
  scenarioOptions: ScenarioOptions,
  run: (judging: Judging) => Effect.Effect<Partial<Outcome> | undefined, Stop>
): Effect.Effect<Outcome> => {
  const wanted = scenarioOptions.connections ?? openByDefault
  const count = wanted === "all" ? suite.connectionBudget : wanted
  return Effect.gen(function* () {
    const lived = yield* life.whenUp
    const began = yield* Clock.currentTimeMillis
    const judging: Judging = {
      title,
      ids,
      subject: ids[0],
      began,
      tallies: new Map(),
      warnings: [],
      opened: [],
      notes: [],
      operations: new Map(),
      life: lived,
      address: lived.address,
      others: lived.others,
      own: [],
      data: undefined,
      culprit: undefined,
      history: undefined,
      kind: scenarioOptions.kind ?? "scenario"
    }
    const telling = Effect.gen(function* () {
      const exit = yield* Effect.exit(run(judging))
      return yield* survived(judging, outcomeOf(judging, exit, (yield* Clock.currentTimeMillis) - began))
    })
    const refused = yield* Effect.exit(refuse(ids, profile, scenarioOptions, count))
    if (Exit.isFailure(refused)) return outcomeOf(judging, Exit.failCause(refused.cause), 0)
    const outcome = yield* life.whileRunning(title, telling)
    if (outcome.verdict === "failed") suite.stopIfBailing()
    return outcome
  }).pipe(suite.withConnections(count))
}

/** What a test comes to when it was looked whether the target has survived it. */
const survived = Effect.fnUntraced(function* (judging: Judging, outcome: Outcome): Effect.fn.Return<Outcome> {
  const [dead] = judging.own.filter((target) => target.died() !== undefined)
  // The others look when something is wrong. Alone, nobody else could have done it.
  const looks = isRed(outcome.verdict) || suite.options.parallel === 1
  const crash =
    dead !== undefined
      ? crashOf(dead.died() ?? "", dead.output())
      : looks && judging.own.length === 0
        ? yield* life.endOfLife(judging.life)
        : undefined
  return crash === undefined ? outcome : crashed(outcome, transcriptsOf(judging), crash)
})

/** Whether a requirement says of itself that it holds over TCP. */
const isOfTcp = (id: RequirementId): boolean => /^Over TCP\b/u.test(suite.requirementOf(id)?.text ?? "")

/** Reasons not to begin at all. */
const refuse = (
  ids: Ids,
  profile: Offer,
  { also, needs, over, unless }: ScenarioOptions,
  count: number
): Effect.Effect<void, Stop> => {
  const unknown = ids.find((id) => suite.requirementOf(id) === undefined)
  if (unknown !== undefined) return Effect.die(new SuiteFault(`no chapter of the spec has a requirement ${unknown}`))
  const stop = (verdict: Stop["verdict"], reason: string) => Effect.fail(new Stop({ verdict, reason }))
  if (profile === "websocket" && !suite.isWebSocket)
    return stop("not claimed", "only of a target that is reached over WebSocket (--ws)")
  if (suite.isWebSocket && (over === "tcp" || ids.some((id) => onlyOverTcp.has(id)))) {
    return stop("not claimed", "only over TCP: a WebSocket carries messages, and ends by Close frames")
  }
  const missing = [profile, ...(also === undefined ? [] : [also])].find((each) => !suite.isClaimed(each))
  if (missing === "tls") return stop("not claimed", "only of a target that is spoken to over TLS")
  if (missing !== undefined) return stop("not claimed", `the target doesn't claim ${missing}/1`)
  if (suite.isSecure && ids.some(isOfTcp)) return stop("not claimed", "only of a target that is spoken to over TCP")
  if (unless !== undefined && suite.isClaimed(unless)) {
    return stop("not claimed", `only of a target that doesn't claim ${unless}/1`)
  }
  const death = life.deathNote()
  if (death !== undefined) return stop("blocked", `blocked: ${death}`)
  if (suite.hasStopped()) return stop("not run", "--bail: an earlier test has failed")
  const { start } = suite.options
  if (needs !== undefined && start === undefined) {
    return stop("not run", "only a target that the suite has started itself can be stopped")
  }
  if (needs === "data" && start !== undefined && !keepsData(start)) {
    return stop("not run", "only a target with {data} in the command of --start finds its data again")
  }
  if (count > suite.connectionBudget) {
    const reason = `needs ${count} connections; the target allows the suite ${suite.connectionBudget}`
    return stop("not run", reason)
  }
  return Effect.void
}

const outcomeOf = (judging: Judging, exit: Exit.Exit<Partial<Outcome> | undefined, Stop>, millis: number): Outcome => {
  const judged = Object.fromEntries(judging.tallies)
  const { notes, opened, warnings } = judging
  const noted = notes.length === 0 ? {} : { notes }
  const base = { warnings, judged, connections: opened.length, millis, transcripts: [], ...noted }
  if (Exit.isSuccess(exit)) {
    const own = exit.value ?? {}
    const missing = judging.ids.filter((id) => !judging.tallies.has(id))
    if (own.verdict === undefined && missing.length > 0) {
      const reason = `vacuous: it ended without having judged ${missing.join(", ")}`
      return { ...base, verdict: "inconclusive", reason, transcripts: transcriptsOf(judging) }
    }
    const verdict: Verdict = judging.warnings.length > 0 ? "warned" : "passed"
    const transcripts = verdict === "warned" ? transcriptsOf(judging) : []
    return { ...base, verdict, transcripts, ...own }
  }
  const error = Cause.squash(exit.cause)
  if (error instanceof Stop) {
    const { finding, reason, verdict } = error
    const transcripts = finding === undefined ? [] : transcriptsOf(judging)
    const found = finding === undefined ? {} : { finding }
    return { ...base, verdict, reason, transcripts, ...found, ...historyOf(judging, verdict) }
  }
  const fault = error instanceof SuiteFault ? error.message : Cause.pretty(exit.cause)
  return {
    ...base,
    verdict: "inconclusive",
    reason: "a fault of the suite",
    fault,
    transcripts: transcriptsOf(judging)
  }
}

/** What was recorded, when it is what shows that a requirement is broken. */
export const historyOf = ({ history }: Judging, verdict: Verdict): Pick<Outcome, "history"> =>
  verdict === "failed" && history !== undefined ? { history } : {}

const shownTranscripts = 6

/** The transcripts of what a test has opened: the one where it went wrong first, and not all of a thousand. */
export const transcriptsOf = ({ culprit, opened }: Judging): ReadonlyArray<Transcript> => {
  const first = opened.filter(({ who }) => who === culprit)
  const rest = opened.filter(({ who }) => who !== culprit)
  return [...first, ...rest].slice(0, shownTranscripts).map(({ transcript }) => transcript())
}

/** Counts a judgement. */
export const judge = (
  judging: Judging,
  id: RequirementId,
  kept: boolean,
  evidence: Evidence
): Effect.Effect<void, Stop> => {
  if (!judging.ids.includes(id)) {
    if (kept) return Effect.void
    return broken(judging, id, evidence)
  }
  count(judging, id, kept)
  if (kept) return Effect.void
  if (suite.requirementOf(id)?.level !== "SHOULD") return failed(id, evidence)
  judging.warnings.push({ requirement: id, ...evidence })
  return Effect.void
}

const count = (judging: Judging, id: RequirementId, kept: boolean): void => {
  // A written conversation can't say which of its sentences was broken: any of them may be.
  if (!kept && (judging.kind === "dialogue" || judging.kind === "vector"))
    for (const each of judging.ids) tally(judging, each, false)
  else tally(judging, id, kept)
}

const tally = (judging: Judging, id: RequirementId, kept: boolean): void => {
  const before = judging.tallies.get(id) ?? { kept: 0, broken: 0 }
  judging.tallies.set(id, kept ? { ...before, kept: before.kept + 1 } : { ...before, broken: before.broken + 1 })
}

const failed = (id: RequirementId, evidence: Evidence): Effect.Effect<never, Stop> =>
  Effect.fail(new Stop({ verdict: "failed", reason: `${id} is broken`, finding: { requirement: id, ...evidence } }))

/** A requirement is broken: the test fails if it is about it, and is blocked by it if it only relies on it. */
export const broken = (judging: Judging, id: RequirementId, evidence: Evidence): Effect.Effect<never, Stop> => {
  suite.noteRelied(id, false)
  if (judging.ids.includes(id)) {
    count(judging, id, false)
    return failed(id, evidence)
  }
  const finding = { requirement: id, ...evidence }
  return Effect.fail(new Stop({ verdict: "blocked", reason: `blocked by ${id}`, finding }))
}

/** Fails a test on whose connections something came that nobody may send, whatever the test is about. */
export const noBreaches = (judging: Judging): Effect.Effect<void, Stop> =>
  Effect.forEach(judging.opened, ({ breach, who }) => {
    const found = breach()
    if (found === undefined) return Effect.void
    judging.culprit ??= who
    return broken(judging, found.id, found.evidence)
  })

/** A connection to the target, as something that a test has opened. */
const opening = (who: string, connection: Connection): Opened => ({
  who,
  transcript: () => connection.transcript(who),
  breach: () => {
    const bad = connection.inbox.find((item) => item._tag === "Malformed")
    if (bad?._tag !== "Malformed") return undefined
    const got = bad.line === "" ? bad.reason : `${bad.reason}: ${show(bad.line)}`
    const expected = "only objects that the schemas accept, one per line"
    return { id: brokenBy[bad.breach], evidence: { expected, got } }
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// The test that a story gets
// ---------------------------------------------------------------------------------------------------------------------

/** Makes the `t` of one story. */
export const makeScenario = (judging: Judging): Scenario => {
  const suffix = suite.freshSuffix()
  let named = 0
  let rooms = 0
  // Within one test a name that comes again gets a number, so that it is fresh too.
  const fresh = (name: string, nth: number) => `${name}${suffix}${nth === 0 ? "" : `-${nth}`}`

  const judgeLike: Scenario["judge"] = (id, kept, evidence) => {
    const { expected, got, sent } = evidence
    const full = { expected, got: show(got), ...(sent === undefined ? {} : { sent: show(sent) }) }
    return judging.ids.includes(id)
      ? judge(judging, id, kept, full)
      : Effect.die(new SuiteFault(`the test judges ${id}, which it does not name`))
  }

  const works = (id: RequirementId): Effect.Effect<void, Stop> =>
    !judging.ids.includes(id) && suite.knownBroken(id)
      ? Effect.fail(new Stop({ verdict: "blocked", reason: `blocked by ${id}` }))
      : Effect.void

  const open: Scenario["connect"] = Effect.fnUntraced(function* (who = `C${judging.opened.length + 1}`) {
    // Without a greeting there is nothing to judge, but for the tests of the greeting.
    if (!judging.ids.some((id) => /^(?:HELLO|LIMIT|CLAIM)-/u.test(id))) yield* works("HELLO-1")
    if (suite.isFlooding()) {
      return yield* new Stop({ verdict: "blocked", reason: "blocked: the target sends without measure, unasked" })
    }
    const connection = yield* openConnection
    judging.opened.push(opening(who, connection))
    return clientOf(who, connection)
  })

  /** Where the next client comes: to each server of the target in its turn. */
  let came = seedOf(judging.title) >>> 0
  const nextAddress = (): Address => {
    const all = [judging.address, ...judging.others]
    return all[came++ % all.length]!
  }

  const openConnection = Effect.suspend(() =>
    connect({
      address: nextAddress(),
      line: suite.limits.line,
      began: judging.began,
      patience: suite.patience(),
      onFlood: suite.noteFlood
    })
  ).pipe(Effect.catchTag("Unreachable", (error) => unreachable(judging, error)))

  const clientOf = (who: string, connection: Connection): Client =>
    makeClient(who, connection, {
      subject: judging.subject,
      judge: (id, kept, evidence) => {
        if (!kept) judging.culprit = who
        return judge(judging, id, kept, evidence)
      },
      broken: (id, evidence) => {
        judging.culprit = who
        return broken(judging, id, evidence)
      },
      works,
      relied: (id) => suite.noteRelied(id, true)
    })

  const fullHouse: Scenario["fullHouse"] = Effect.gen(function* () {
    let inside = 0
    // Connections of earlier tests may not be gone yet: then a place becomes free soon, and the house isn't full.
    let retries = 20
    while (inside < suite.limits.connections && retries > 0) {
      const first = yield* clientOf(`C${inside}`, yield* openConnection).object()
      if (first.type === "hello") inside++
      else {
        retries--
        yield* Effect.sleep("50 millis")
      }
    }
  })

  const ownServer: Scenario["ownServer"] = Effect.gen(function* () {
    const command = suite.options.start
    if (command === undefined)
      return yield* Effect.die(new SuiteFault(`"${judging.title}" doesn't declare needs: "start"`))
    judging.data ??= yield* dataFolder
    const target = yield* startTarget(withData(command, judging.data)).pipe(
      Effect.catchTag("NotStarted", ({ reason }) => Effect.fail(new Stop({ verdict: "inconclusive", reason })))
    )
    judging.address = target.address
    judging.others = target.others
    judging.own.push(target)
    return target
  })

  const connection: Scenario["connection"] = Effect.fnUntraced(function* (who) {
    let client = yield* open(who)
    // Somebody else may have filled the target for a moment, another run of this suite for one: that is no fault of the target.
    for (let retries = 40; retries > 0 && (yield* client.isTurnedAway); retries--) {
      yield* Effect.sleep("250 millis")
      client = yield* open(who)
    }
    yield* client.greeting()
    return client
  })

  const handshake: Scenario["handshake"] = (fields) =>
    Effect.gen(function* () {
      const waits = { address: judging.address, patience: suite.patience() }
      const answer = yield* askForWebSocket(waits, fields).pipe(
        Effect.catchTag("Unreachable", (error) => unreachable(judging, error))
      )
      if (typeof answer !== "string") return answer
      return yield* broken(judging, judging.subject, { expected: "an answer to the handshake", got: answer })
    }).pipe(Effect.scoped)

  const person: Scenario["person"] = Effect.fnUntraced(function* (name = namesOfPeople[named] ?? `p${named}`) {
    const nick = fresh(name, named++)
    yield* works("LOGIN-1")
    const client = yield* connection(name)
    yield* client.login(nick)
    return { ...client, nick }
  })

  const several = <A>(count: number, one: Effect.Effect<A, Stop, Scope.Scope>) =>
    Effect.all(
      Array.from({ length: count }, () => one),
      { concurrency: 8 }
    )

  return {
    judge: judgeLike,
    recorded: (history) =>
      Effect.sync(() => {
        judging.history = history
      }),
    counted: (kinds) =>
      Effect.sync(() => {
        for (const kind of kinds) judging.operations.set(kind, (judging.operations.get(kind) ?? 0) + 1)
      }),
    notRun: (reason) => Effect.fail(new Stop({ verdict: "not run", reason })),
    connect: open,
    connection,
    connections: (count) => several(count, connection()),
    handshake,
    person,
    people: <const Count extends number>(count: Count) =>
      Effect.map(
        several(
          count,
          Effect.suspend(() => person())
        ),
        (people) => people as unknown as Several<Count>
      ),
    room: Effect.fnUntraced(function* (...people: ReadonlyArray<Client>) {
      const room = fresh("#cafe", rooms++)
      yield* works("JOIN-1")
      yield* Effect.forEach(people, (client) => client.join(room), { discard: true })
      yield* Effect.forEach(people, (client) => client.fence, { discard: true })
      return room
    }),
    nick: (name = "ana") => fresh(name, named++),
    roomName: (name = "cafe") => fresh(`#${name}`, rooms++),
    fullHouse,
    ownServer,
    broken: ({ expected, got, sent }, client, id = judging.subject) => {
      judging.culprit = client?.who
      const full = { expected, got: show(got), ...(sent === undefined ? {} : { sent: show(sent) }) }
      return broken(judging, id, full)
    },
    get hello() {
      return suite.options.hello ?? noGreeting()
    },
    limits: suite.limits,
    heartbeat: suite.heartbeat,
    address: () => judging.address,
    now: Clock.currentTimeMillis,
    subject: judging.subject
  }
}

const unreachable = Effect.fnUntraced(function* (judging: Judging, { gone, reason }: Unreachable) {
  const stop = (verdict: Stop["verdict"], why: string) => Effect.fail(new Stop({ verdict, reason: why }))
  if (judging.own.length > 0) return yield* stop("inconclusive", `the target that this test has started: ${reason}`)
  if (!gone) return yield* stop("inconclusive", `no connection: ${reason}`)
  const crash = yield* life.endOfLife(judging.life)
  return yield* stop(
    "blocked",
    `blocked: ${crash === undefined ? life.noteDeath(reason) : `the target died: ${crash.how}`}`
  )
})

const noGreeting = (): never => {
  throw new Stop({ verdict: "blocked", reason: "blocked by HELLO-1" })
}

/** A number that depends only on the run's seed and the test's title. */
export const seedOf = (title: string): number =>
  createHash("sha256").update(`${suite.options.seed}:${title}`).digest().readInt32BE(0)
