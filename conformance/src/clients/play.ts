/**
 * What a test of clients is written with: `play`, and the test `t` that its story gets. The client is a process that the
 * suite has started; the test plays the server that it meets.
 *
 * @module
 */
import type { ByeCode, Hello, Message } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RequirementId } from "../generated/requirement-id.ts"
import { broken, type EvidenceLike, type Judging, judge, noBreaches, register } from "../scenario.ts"
import * as suite from "../suite.ts"
import { Stop, SuiteFault, show } from "../verdict.ts"
import type { People, RoomLog } from "./memory.ts"
import { hearsText, isIn, plainHello, timesShown, unfinished } from "./probe.ts"
import { type ClientProcess, startClient, terminal } from "./process.ts"
import { makeSignal, until } from "./signal.ts"
import { openStage, type Stage, type Visit } from "./stage.ts"

/** Further choices of a wait. */
export interface Expecting {
  /** The requirement that is broken when it doesn't come: the first of the test's, unless it is said here. */
  readonly id?: RequirementId
  /** Seconds that the client may take on top of the usual deadline, when the spec lets a clock run first. */
  readonly seconds?: number
}

/** How a session begins. */
export interface SessionOptions extends Expecting {
  /** What the greeting says besides the plain one, fields that nobody knows included. */
  readonly hello?: Partial<Hello> & Readonly<Record<string, unknown>>
  /** Is asked for objects to send before the host answers anything. */
  readonly first?: ReadonlyArray<object>
}

/** A connection of the client that has been greeted, and whose client is logged in and in a room. */
export interface Session extends Visit {
  /** The first room that the client has joined. */
  readonly room: string
  /** Appends an entry to the room, by somebody else unless it is said, and sends nothing. */
  readonly appends: (text: string, by?: { readonly from: string; readonly key?: string | undefined }) => Message
  /** Appends an entry by somebody else to the room and sends it, with more fields if some are given. */
  readonly tells: (text: string, more?: object) => Effect.Effect<Message>
  /** Sends `member` events, a few a second, while it waits for something else. */
  readonly whileTalking: <A, E>(waiting: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Waits for a `send` with this text. */
  readonly hearsText: (text: string, more?: Expecting) => Effect.Effect<number, Stop>
  /** Waits until the client has ended the connection, or itself, and gives the time. */
  readonly isLeft: (more?: Expecting) => Effect.Effect<number, Stop>
  /** Says `bye` with a code and ends the connection; gives the time. */
  readonly saysBye: (code: ByeCode | (string & {}), more?: object) => Effect.Effect<number>
  /** Ends the connection without `bye`; gives the time. */
  readonly breaksOff: (how: "FIN" | "RST") => Effect.Effect<number>
}

/** Somebody comes and goes, for ever. */
const talking = ({ says }: Visit, room: string): Effect.Effect<never> => {
  const member = { type: "member", room, nick: "eva" }
  const pause = Effect.sleep("200 millis")
  return Effect.forever(
    Effect.gen(function* () {
      yield* Effect.andThen(pause, says({ ...member, change: "joined" }))
      yield* Effect.andThen(pause, says({ ...member, change: "left" }))
    })
  )
}

/** The test, as its story sees it. */
export interface Play {
  /** Counts a judgement of a requirement that the test names. Broken: a MUST ends the test, a SHOULD is a warning. */
  readonly judge: (id: RequirementId, kept: boolean, evidence: EvidenceLike) => Effect.Effect<void, Stop>
  /** Says in the report what a test that passes has seen, where the spec leaves the client a choice. */
  readonly note: (sentence: string) => Effect.Effect<void>
  /** Ends the test: this client can't show it. Says why, in a sentence. */
  readonly notRun: (reason: string) => Effect.Effect<never, Stop>

  /** The next connection that the client makes, to which nothing has been said. */
  readonly visit: (more?: Expecting) => Effect.Effect<Visit, Stop>
  /** The next connection that the client makes, once it is greeted, logged in and in a room. */
  readonly session: (options?: SessionOptions) => Effect.Effect<Session, Stop>
  /** Makes a session of a connection to which nothing has been said. */
  readonly admit: (visit: Visit, options?: SessionOptions) => Effect.Effect<Session, Stop>
  /**
   * Watches for some seconds whether the client connects again, and then lets it end; gives the connection if one comes.
   * A client that has ended can't, so that nobody waits for it.
   */
  readonly comesBack: (seconds: number) => Effect.Effect<Visit | undefined>
  /** Says in the report that a client has not come back, which it need not. */
  readonly stayedAway: Effect.Effect<void>
  /** Ends the client's input, and waits for its end: what it hasn't sent by then, it never will. */
  readonly lastSent: Effect.Effect<void>
  /**
   * Says `bye` with `too-many-connections` to each new connection, up to so many, for some seconds or until the client has
   * ended; gives when they came.
   */
  readonly turnsAway: (most: number, seconds: number) => Effect.Effect<ReadonlyArray<number>>
  /** The log of a room, as the scripted server keeps it. */
  readonly log: (room: string) => RoomLog
  /** Whom the scripted server knows by their sessions, where it claims resume. */
  readonly people: People
  /** Waits until something holds, looking again whenever anything comes. */
  readonly wait: <A>(look: () => A | undefined, expected: string, more?: Expecting) => Effect.Effect<A, Stop>
  /** Waits for it no longer than so many seconds, and no longer than anything can come: for what may fail to come. */
  readonly within: <A>(seconds: number, look: () => A | undefined) => Effect.Effect<A | undefined>

  /** The client's process: what it is typed, and what it shows. */
  readonly client: ClientProcess
  /** Waits until the client has shown a word. */
  readonly shows: (word: string, more?: Expecting) => Effect.Effect<void, Stop>
  /** How often the client has shown a word so far. */
  readonly timesShown: (word: string) => number
  /** A text that nobody has ever sent, and that is no part of another. */
  readonly word: (name?: string) => string
  /** Lets what was written leave, so that what is written next comes in a segment of its own. */
  readonly turn: Effect.Effect<void>
  /** Milliseconds of the suite's clock. */
  readonly now: Effect.Effect<number>
  /** A client is a program of its own on a busy machine: so many seconds late is not yet wrong. */
  readonly late: number
}

/** A story: a generator of effects. */
export type PlayStory = (t: Play) => Generator<Effect.Effect<unknown, Stop, Scope.Scope>, void, never>

/**
 * Registers a test of clients that judges these requirements, each at least once, or it is inconclusive.
 *
 * @param title a sentence that is true of a conforming client
 */
export const play = (title: string, ids: readonly [RequirementId, ...Array<RequirementId>], story: PlayStory): void =>
  register(title, ids, { connections: 1 }, (judging) => Effect.as(perform(judging, story), undefined))

const perform = (judging: Judging, story: PlayStory): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    const changed = makeSignal()
    const stage = yield* openStage(changed, judging.began)
    const client = yield* startClient({ command: commandLine(), address: stage.address, began: judging.began, changed })
    judging.opened.push({ who: terminal, transcript: client.transcript, breach: () => undefined })
    yield* Effect.gen(() => story(makePlay(judging, stage, client, changed)))
    yield* noBreaches(judging)
  }).pipe(Effect.scoped)

const commandLine = (): string => {
  const { client } = suite.options
  if (client === undefined) throw new SuiteFault("a test of clients in a run that judges a server")
  return client.command
}

// A client may be slow to start, and slower when others start beside it.
const startAllowance = () => (5 * (suite.options.client?.startMillis ?? 0)) / 1_000

const makePlay = (
  judging: Judging,
  stage: Stage,
  client: ClientProcess,
  changed: ReturnType<typeof makeSignal>
): Play => {
  const suffix = suite.freshSuffix()
  let words = 0
  let greeted = 0

  const ended = () => client.ended() !== undefined

  // After what nobody may send, nothing that comes can save the test.
  const over = () =>
    stage.visits.some((visit) => visit.breach() !== undefined) ||
    (ended() && stage.visits.every((visit) => visit.ended() !== undefined))

  const look = Effect.fnUntraced(function* <A>(seek: () => A | undefined, seconds: number) {
    const began = yield* Clock.currentTimeMillis
    const millis = suite.patience() + seconds * 1_000
    const found = yield* until(changed, seek, { millis, over })
    return { found, waited: (yield* Clock.currentTimeMillis) - began }
  })

  const wait: Play["wait"] = Effect.fnUntraced(function* (seek, expected, { id = judging.subject, seconds = 0 } = {}) {
    const { found, waited } = yield* look(seek, seconds)
    if (found !== undefined) return found
    // What nobody may send explains more than what didn't come.
    yield* noBreaches(judging)
    return yield* broken(judging, id, { expected, got: nothingOf(waited) })
  })

  const nothingOf = (waited: number) => {
    const none = ended() ? `no such thing: ${client.lastWords()}` : `nothing of the kind for ${Math.round(waited)} ms`
    return `${none}${unfinished(stage.visits)}`
  }

  /** Waits for what every test needs: without it nothing is known of the requirement, unless the test is about it. */
  const need = Effect.fnUntraced(function* <A>(
    seek: () => A | undefined,
    expected: string,
    more: Expecting
  ): Effect.fn.Return<A, Stop> {
    const seconds = (more.seconds ?? 0) + startAllowance()
    if (more.id !== undefined) return yield* wait(seek, expected, { ...more, seconds })
    const { found, waited } = yield* look(seek, seconds)
    if (found !== undefined) return found
    yield* noBreaches(judging)
    const reason = `blocked: no ${expected}`
    return yield* new Stop({ verdict: "blocked", reason, finding: { expected, got: nothingOf(waited) } })
  })

  const next = () => stage.visits[greeted]

  const meet = (visit: Visit): Visit => {
    greeted++
    const { breach, nth, transcript } = visit
    judging.opened.push({ who: `connection ${nth}`, transcript, breach })
    return visit
  }

  const visit: Play["visit"] = (more = {}) => Effect.map(need(next, "connection of the client", more), meet)

  const session: Play["session"] = (options) => Effect.flatMap(visit(options), (met) => admit(met, options))

  const admit: Play["admit"] = Effect.fnUntraced(function* (met, options = {}) {
    const { first = [], hello = {} } = options
    met.announces(hello.limits ?? {})
    met.host.claims(hello.features ?? [])
    yield* met.says({ ...plainHello, ...hello }, ...first)
    yield* need(met.host.nick, "`login` of the client", options)
    yield* need(() => isIn(met), "`join` of the client", options)
    return sessionOf(met)
  })

  const sessionOf = (met: Visit): Session => {
    const room = met.host.joined()[0] ?? ""
    const appends: Session["appends"] = (text, { from, key } = { from: met.host.companion() }) =>
      stage.rooms.append(room, from, text, key)
    return {
      ...met,
      room,
      appends,
      tells: (text, more = {}) =>
        Effect.suspend(() => {
          const entry = appends(text)
          return Effect.as(met.says({ ...entry, ...more }), entry)
        }),
      whileTalking: (waiting) => Effect.raceFirst(waiting, talking(met, room)),
      hearsText: (text, more) => wait(() => hearsText(met, text), `a \`send\` with the text ${show(text)}`, more),
      isLeft: (more) => wait(() => met.ended()?.at, "the end of the connection, which the client has to make", more),
      saysBye: Effect.fnUntraced(function* (code, more = {}) {
        yield* met.says({ type: "bye", code, message: "the suite ends this connection", ...more })
        yield* met.hangsUp
        return yield* Clock.currentTimeMillis
      }),
      breaksOff: (how) => Effect.andThen(how === "FIN" ? met.hangsUp : met.resets, Clock.currentTimeMillis)
    }
  }

  const comesBack: Play["comesBack"] = Effect.fnUntraced(function* (seconds) {
    const watched = yield* until(changed, next, { millis: seconds * 1_000, over: ended })
    if (watched !== undefined) return meet(watched)
    if (!ended()) yield* client.endsInput
    const late = yield* until(changed, next, { millis: suite.patience(), over: ended })
    return late === undefined ? undefined : meet(late)
  })

  const note: Play["note"] = (sentence) => Effect.sync(() => void judging.notes.push(sentence))

  const turnsAway: Play["turnsAway"] = Effect.fnUntraced(function* (most, seconds) {
    const since: Array<number> = []
    const deadline = (yield* Clock.currentTimeMillis) + seconds * 1_000
    while (since.length < most) {
      const millis = deadline - (yield* Clock.currentTimeMillis)
      const found = yield* until(changed, next, { millis, over: ended })
      if (found === undefined) break
      since.push(meet(found).since)
      yield* found.says({ type: "bye", code: "too-many-connections", message: "the suite turns this connection away" })
      yield* found.hangsUp
    }
    return since
  })

  const shown = (word: string) => timesShown(client, word)

  return {
    judge: (id, kept, { expected, got, sent }) => {
      const full = { expected, got: show(got), ...(sent === undefined ? {} : { sent: show(sent) }) }
      return judging.ids.includes(id)
        ? judge(judging, id, kept, full)
        : Effect.die(new SuiteFault(`the test judges ${id}, which it does not name`))
    },
    note,
    notRun: (reason) => Effect.fail(new Stop({ verdict: "not run", reason })),
    visit,
    session,
    admit,
    comesBack,
    stayedAway: Effect.suspend(() => note(`it did not come back${ended() ? ", but ended" : ""}`)),
    lastSent: Effect.andThen(
      client.endsInput,
      Effect.asVoid(until(changed, () => client.ended(), { millis: suite.patience() }))
    ),
    turnsAway,
    wait,
    log: stage.rooms.log,
    people: stage.people,
    within: (seconds, seek) => until(changed, seek, { millis: seconds * 1_000, over }),
    client,
    shows: (word, more) =>
      Effect.asVoid(
        wait(() => (shown(word) > 0 ? true : undefined), `the text ${show(word)} on its standard output`, more)
      ),
    timesShown: shown,
    word: (name = "hola") => `${name}${suffix}-${++words}!`,
    turn: Effect.sleep("1 millis"),
    now: Clock.currentTimeMillis,
    late: Math.max(1, suite.options.timeoutScale)
  }
}
