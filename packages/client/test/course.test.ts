import { assert, describe, it } from "@effect/vitest"
import { fc, test } from "@fast-check/vitest"
import { defaultLimits, type Reply } from "@tertulia/protocol"
import { makeCourse, type News, type Steps } from "../src/course.ts"
import { nothingKept } from "../src/kept.ts"
import { lastingHello } from "./peer.ts"
import { makeClient, makeServer, type SimulatedClient, type SimulatedServer } from "./simulated.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What can happen
// ---------------------------------------------------------------------------------------------------------------------

type Act = (server: SimulatedServer, client: SimulatedClient, said: Said) => void

/** What its person has said, in order, with its room. */
type Said = Array<{ readonly room: string; readonly text: string }>

interface Weighted {
  readonly weight: number
  readonly arbitrary: fc.Arbitrary<Act>
}

const few = fc.nat(3)
const room = fc.constantFrom("#a", "#b")
const claims = fc.record({ resume: fc.boolean(), history: fc.boolean() })
const both = fc.constant({ resume: true, history: true })

/** An act that shows in a counterexample as what it is. */
const act = <Value>(
  weight: number,
  name: string,
  value: fc.Arbitrary<Value>,
  does: (value: Value) => Act
): Weighted => ({
  weight,
  arbitrary: value.map((value) =>
    Object.assign(does(value), { [fc.toStringMethod]: () => `${name}(${fc.stringify(value)})` })
  )
})

const repeat = (times: number, does: () => void) => {
  for (let nth = 0; nth < times; nth++) does()
}

const says =
  (room: string, isBad: boolean): Act =>
  (_, client, said) => {
    if (client.isIn(room)) said.push({ room, text: client.say(room, isBad) })
  }

const ordinary: ReadonlyArray<Weighted> = [
  act(6, "say", room, (room) => says(room, false)),
  act(4, "chat", room, (room) => (server, _, said) => void server.chat(room, `gossip ${said.length}`)),
  act(8, "connect", fc.constant(1), () => (_, client) => client.connect()),
  act(12, "serve", few, (many) => (_, client) => repeat(many + 1, client.serve)),
  act(12, "receive", few, (many) => (_, client) => repeat(many + 1, client.receive)),
  act(
    6,
    "exchange",
    few,
    (many) => (_, client) =>
      repeat(many + 1, () => {
        client.serve()
        client.receive()
      })
  ),
  // The way to most doubts: it was sent, perhaps heard, and the connection breaks.
  act(6, "say and break", fc.tuple(room, few, few), ([room, heard, arrive]) => (server, client, said) => {
    client.connect()
    repeat(12, () => {
      client.serve()
      client.receive()
    })
    says(room, false)(server, client, said)
    repeat(heard, client.serve)
    client.cut(arrive)
  }),
  act(3, "serve late", fc.constant(1), () => (server) => server.serveLate()),
  act(4, "read", few, (many) => (_, client) => client.reads(many + 1)),
  act(4, "cut", few, (arrive) => (_, client) => client.cut(arrive)),
  act(2, "kill", few, (arrive) => (_, client) => client.kill(arrive)),
  act(2, "expire", few, (most) => (server) => server.expire(most)),
  act(1, "nick taken", few, (many) => (server) => server.isTaken(many))
]

const refusals: ReadonlyArray<Weighted> = [
  act(2, "unavailable", few, (many) => (server) => server.refuses(many)),
  act(3, "wake", fc.constant(1), () => (_, client) => client.wake()),
  act(1, "say badly", room, (room) => says(room, true)),
  act(1, "strict", fc.boolean(), (isStrict) => (server) => server.isStrict(isStrict))
]

const losses: ReadonlyArray<Weighted> = [
  act(1, "leave", room, (room) => (_, client) => client.leave(room)),
  act(2, "join", room, (room) => (_, client) => client.join(room)),
  act(1, "forget", fc.constant(1), () => (server) => server.forgets()),
  act(
    1,
    "purge",
    fc.tuple(room, few),
    ([room, many]) =>
      (server) =>
        server.purge(room, many)
  ),
  act(2, "chat and purge", fc.tuple(room, few, few), ([room, many, gone]) => (server) => {
    repeat(many, () => server.chat(room, "gossip"))
    server.purge(room, gone)
  }),
  act(2, "leave and join", room, (room) => (_, client) => {
    client.leave(room)
    client.join(room)
  }),
  // Nothing is on its way for so long; and a session lasts as long as the connection.
  act(1, "a week", few, (most) => (server, client) => {
    repeat(60, () => {
      client.serve()
      client.receive()
    })
    if (!client.isConnected()) server.expire(most)
    server.forgetsKeys(most)
    client.passes(1_000 * defaultLimits.keySeconds)
  })
]

const restarts = (now: typeof claims): ReadonlyArray<Weighted> => [
  act(1, "restart", fc.tuple(few, now), ([most, now]) => (server, client) => {
    client.cut(3)
    server.restart(most, now)
  })
]

const story = (...acts: ReadonlyArray<Weighted>) => fc.array(fc.oneof(...acts), { maxLength: 100, size: "max" })

/** Nothing goes wrong any more, until all is quiet. */
const calm = (server: SimulatedServer, client: SimulatedClient) => {
  server.heals()
  // What is late takes effect now, or never.
  client.cut(0)
  for (let nth = 0; nth < 400; nth++) {
    client.connect()
    client.serve()
    client.receive()
    client.receive()
    client.wake()
    client.reads(9)
  }
  assert.isTrue(client.isIdle(), "it is never done")
  assert.strictEqual(client.course().phase(), "live")
}

// ---------------------------------------------------------------------------------------------------------------------
// What must be true in the end
// ---------------------------------------------------------------------------------------------------------------------

/** What became of each thing that was said, as its person was told. */
const fates = (client: SimulatedClient): Map<string, News> => {
  const fates = new Map<string, News>()
  for (const news of client.told.flat()) if ("item" in news) fates.set(news.item.text, news)
  return fates
}

const judge = (said: Said, server: SimulatedServer, client: SimulatedClient) => {
  const told = fates(client)
  for (const { room, text } of said) {
    const logs = server.all.filter(({ entries }) => entries.some((entry) => entry.text === text))
    const times = logs.map(({ entries }) => entries.filter((entry) => entry.text === text).length)
    assert.isTrue(
      times.every((many) => many === 1),
      `${text} is in one log ${times} times`
    )
    const kept = [...client.file.items.values()].find((item) => item.text === text)
    if (kept === undefined) {
      // It was seen or acknowledged; a person who was told of it in a process that was killed isn't told again.
      assert.isAbove(logs.length, 0, `${text} is lost`)
    } else if (kept.rest?._tag === "Failed") {
      // In a log that is gone it may have been.
      const isThere = logs.some((log) => server.logs.get(room) === log)
      assert.isFalse(isThere, `${text} is in the log, and its person was told that it isn't`)
    } else assert.strictEqual(kept.rest?._tag, "Unknown", `${text} waits for ever`)
    const fate = told.get(text)
    if (fate?._tag === "Sent") {
      assert.isTrue(
        logs.some((log) => log.room === room && log.entries[fate.seq - 1]?.text === text),
        `${text} isn't where its person was told`
      )
    }
  }
}

/** What one has said stands in each log in the order in which it was said, but for what was in doubt: nothing waits for that. */
const judgeOrder = (said: Said, server: SimulatedServer, doubted: ReadonlySet<string>) => {
  const order = said.map(({ text }) => text)
  for (const { entries } of server.all) {
    const places = entries
      .filter(({ from, text }) => from === "ana" && !doubted.has(text))
      .map(({ text }) => order.indexOf(text))
    assert.deepStrictEqual(
      places,
      places.toSorted((a, b) => a - b)
    )
  }
}

/** Each process shows each log from where it began, one by one, or says what is missing; and together they leave nothing out. */
const judgeReading = (server: SimulatedServer, client: SimulatedClient) => {
  const reached = new Map<string, number>()
  for (const news of client.told) {
    const last = new Map<string, number>()
    for (const one of news) {
      if (one._tag === "Entered") {
        const { epoch } = one.joined
        const known = Math.max(reached.get(epoch) ?? 0, client.begun.get(epoch) ?? 0)
        assert.isTrue(one.log !== "same" || one.last <= known, "it began after what was shown")
        if (!last.has(epoch) || one.log !== "same") last.set(epoch, one.last)
        reached.set(epoch, Math.max(reached.get(epoch) ?? 0, one.last))
      }
      const [from, to, epoch] =
        one._tag === "Entry"
          ? [one.entry.seq, one.entry.seq, one.epoch]
          : one._tag === "Gone"
            ? [one.from, one.to, one.epoch]
            : [0, 0, ""]
      if (epoch === "") continue
      assert.strictEqual(from, last.get(epoch)! + 1, `a hole, or the same twice, in ${epoch}`)
      last.set(epoch, to)
      reached.set(epoch, Math.max(reached.get(epoch) ?? 0, to))
    }
  }
  for (const { entries, epoch, room } of server.logs.values()) {
    if (client.isIn(room) && reached.has(epoch))
      assert.strictEqual(reached.get(epoch), entries.length, `${epoch} wasn't read to its end`)
  }
}

const unknowns = (client: SimulatedClient) =>
  [...client.file.items.values()].filter(({ rest }) => rest?._tag === "Unknown").map(({ text }) => text)

// RUNS=100000 looks further; that takes a minute.
const patience = 600_000
const runs = { numRuns: Number(process.env["RUNS"] ?? 400) }

const perform = (
  first: { readonly resume: boolean; readonly history: boolean },
  acts: ReadonlyArray<Act>,
  ahead: number
) => {
  const server = makeServer(first)
  const client = makeClient(server, ahead)
  const said: Said = []
  for (const act of acts) act(server, client, said)
  calm(server, client)
  judge(said, server, client)
  judgeOrder(said, server, client.doubted)
  judgeReading(server, client)
  return client
}

describe("a conversation that outlives its connections", () => {
  test.prop([claims, story(...ordinary, ...refusals, ...losses, ...restarts(claims))], runs)(
    "loses nothing, doubles nothing, keeps the order and tells of every doubt, whatever happens",
    (first, acts) => void perform(first, acts, 1),
    patience
  )

  test.prop([both, story(...ordinary, ...restarts(both)), fc.integer({ min: 1, max: 4 })], runs)(
    "leaves no doubt on a server that claims history and resume and gives up nothing",
    (first, acts, ahead) => assert.deepStrictEqual(unknowns(perform(first, acts, ahead)), []),
    patience
  )

  it("keeps how far one has read in the log that one reads, whatever is shown late", () => {
    const course = makeCourse({ kept: nothingKept, nick: "ana", ahead: 1, now: () => 0 })
    let steps: Steps = [...course.begin(["#a"]), ...course.greeted(lastingHello)]
    const replies = (reply: object) => {
      const asked = steps.findLast((step) => step._tag === "Ask")
      steps = asked?.next({ re: 1, ...reply } as Reply) ?? []
    }
    const entry = { type: "message", room: "#a", from: "leo", text: "x", at: "" } as const
    const hears = (epoch: string, seq: number): News => {
      course.hear({ ...entry, seq })
      return { _tag: "Entry", epoch, entry: { ...entry, seq } }
    }
    const enters = (epoch: string, head: number) => {
      replies({ type: "welcome", nick: "ana", session: "a-secret-of-ana-1" })
      replies({ type: "joined", room: "#a", epoch, first: 1, head, members: ["ana"] })
    }
    enters("k1", 0)
    const [one, two] = [hears("k1", 1), hears("k1", 2)]
    course.shown(two)
    course.shown(one)
    assert.deepStrictEqual(course.kept.rooms.get("#a"), { epoch: "k1", last: 2 })
    course.lost({ _tag: "Closed", why: "a test" })
    steps = course.greeted(lastingHello)
    enters("k2", 0)
    course.shown(two)
    assert.deepStrictEqual(course.kept.rooms.get("#a"), { epoch: "k2", last: 0 })
  })
})
