import { Deferred, Effect, Layer, Stream } from "effect"
import { expect, test } from "vitest"
import { layerMemory as accountsInMemory } from "../src/account-store.ts"
import { layerMemory } from "../src/claims.ts"
import { ungoverned } from "../src/governance.ts"
import { type Entry, entryAt, RoomLogs, Unavailable } from "../src/room-log.ts"
import { openHouse } from "./support/house.ts"

/** Logs that open as the test says. */
const logsOf = ({ open }: Pick<RoomLogs["Service"], "open">) =>
  Layer.mergeAll(
    Layer.succeed(RoomLogs, {
      durable: false,
      rich: false,
      kept: () => 0,
      failed: Effect.never,
      upToDate: Effect.void,
      known: () => Effect.succeed(undefined),
      unread: () => Effect.succeed(0),
      open
    }),
    layerMemory,
    accountsInMemory
  )

/** A log whose appends are decided by the test, one after another. */
const scripted = (decide: (drafts: number) => Effect.Effect<void, Unavailable>) => {
  let lives = 0
  return logsOf({
    open: (_room, publish) =>
      Effect.sync(() => {
        const entries: Array<Entry> = []
        return {
          epoch: `life-${++lives}`,
          first: () => 1,
          head: () => entries.length,
          topic: () => "",
          governance: ungoverned(),
          append: (drafts) =>
            Effect.map(decide(drafts.length), () => {
              const appended = drafts.map((draft, index) => entryAt(entries.length + index + 1, draft))
              entries.push(...appended)
              publish(appended)
              return appended.map((entry) => ({ _tag: "Added", entry }))
            }),
          read: (after, head) => Stream.fromArray(entries.slice(after, head))
        }
      })
  })
}

test("nothing of an entry is shown before the log has it, and what comes meanwhile makes one batch", async () => {
  const gate = Deferred.makeUnsafe<void>()
  const batches: Array<number> = []
  const logs = scripted((drafts) => {
    batches.push(drafts)
    return Deferred.await(gate)
  })
  await using house = await openHouse({ logs })
  const leo = await house.person("leo", "#cafe")
  const ana = await house.person("ana", "#cafe")
  await leo.expect({ type: "member", nick: "ana" })
  ana.say({ type: "send", id: 1, room: "#cafe", text: "one" })
  await expect.poll(() => batches).toEqual([1])
  ana.say({ type: "send", id: 2, room: "#cafe", text: "two" }, { type: "send", id: 3, room: "#cafe", text: "three" })
  ana.say({ type: "leave", id: 4, room: "#cafe" })
  const pia = await house.person("pia")
  expect(await pia.ask({ type: "join", room: "#cafe" })).toMatchObject({ head: 0, members: ["ana", "leo", "pia"] })
  await leo.expect({ type: "member", nick: "pia" })
  await leo.ask({ type: "sync" })
  expect(leo.before()).toEqual([])
  Deferred.doneUnsafe(gate, Effect.void)
  for (const client of [leo, pia]) for (const seq of [1, 2, 3]) await client.expect({ type: "message", seq })
  await ana.expect({ type: "member", nick: "pia" })
  for (const type of ["message", "sent", "message", "message", "sent", "sent", "left"]) await ana.expect({ type })
  expect(batches).toEqual([1, 2])
})

test("a log that refuses is answered unavailable, in its place, and nothing is shown", async () => {
  let full = true
  const logs = scripted(() => (full ? Effect.fail(new Unavailable({ message: "the disk is full" })) : Effect.void))
  await using house = await openHouse({ logs })
  const ana = await house.person("ana", "#cafe")
  expect(await ana.ask({ type: "send", room: "#cafe", text: "hola" })).toMatchObject({
    code: "unavailable",
    retryAfter: 1_000
  })
  expect(ana.before()).toEqual([])
  full = false
  expect(await ana.ask({ type: "send", room: "#cafe", text: "hola" })).toMatchObject({ type: "sent", seq: 1 })
})

test("a defect of the log ends the connection whose outcome is unknown, and no other", async () => {
  let broken = true
  const logs = scripted(() => (broken ? Effect.die(new Error("torn page")) : Effect.void))
  await using house = await openHouse({ logs, hasDefects: true })
  const leo = await house.person("leo", "#cafe")
  const ana = await house.person("ana", "#cafe")
  ana.say({ type: "send", id: 1, room: "#cafe", text: "hola" })
  expect(await ana.rest()).toMatchObject([{ type: "bye", code: "internal" }])
  broken = false
  await leo.expect({ type: "member", nick: "ana", change: "joined" })
  await leo.expect({ type: "member", nick: "ana", change: "left" })
  expect(await leo.ask({ type: "send", room: "#cafe", text: "still here" })).toMatchObject({ type: "sent", seq: 1 })
})

test("what waits behind something that wasn't stored isn't stored either, but what others have sent is", async () => {
  const refused = Effect.fail(new Unavailable({ message: "the disk is full" }))
  const ended = Effect.die(new Error("torn page"))
  for (const fault of [refused, ended] as const) {
    const gate = Deferred.makeUnsafe<void>()
    const batches: Array<number> = []
    const logs = scripted((drafts) => {
      batches.push(drafts)
      return batches.length > 1 ? Effect.void : Effect.andThen(Deferred.await(gate), fault)
    })
    await using house = await openHouse({ logs, hasDefects: true })
    const leo = await house.person("leo", "#cafe")
    const ana = await house.person("ana", "#cafe")
    await leo.expect({ type: "member", nick: "ana", change: "joined" })
    ana.say({ type: "send", id: 1, room: "#cafe", text: "one" })
    await expect.poll(() => batches).toEqual([1])
    ana.say({ type: "send", id: 2, room: "#cafe", text: "two" }, { type: "send", id: 3, room: "#cafe", text: "three" })
    leo.say({ type: "send", id: 4, room: "#cafe", text: "mine" })
    // What was sent before they came was read before.
    await house.person("pia")
    Deferred.doneUnsafe(gate, Effect.void)
    if (fault === refused) {
      for (const re of [1, 2, 3]) await ana.expect({ type: "error", re, code: "unavailable" })
      await ana.expect({ type: "message", seq: 1, from: "leo" })
      expect(await ana.ask({ type: "send", room: "#cafe", text: "again" })).toMatchObject({ type: "sent", seq: 2 })
    } else {
      expect((await ana.rest()).filter(({ type }) => type !== "message")).toMatchObject([
        { type: "bye", code: "internal" }
      ])
      expect(batches).toEqual([1, 1])
    }
    const seen = await leo.ask({ type: "sync" }).then(() => leo.before())
    expect(seen.filter(({ seq }) => seq === 1)).toMatchObject([{ text: "mine" }, { type: "sent", re: 4 }])
  }
})

test("a room that can't be opened is answered unavailable, and can be tried again", async () => {
  let broken = true
  const logs = logsOf({
    open: (_room, _publish) =>
      broken
        ? Effect.fail(new Unavailable({ message: "the disk is full" }))
        : Effect.succeed({
            epoch: "k",
            first: () => 1,
            head: () => 0,
            topic: () => "",
            governance: ungoverned(),
            append: () => Effect.succeed([]),
            read: () => Stream.empty
          })
  })
  await using house = await openHouse({ logs })
  const ana = await house.person("ana")
  expect(await ana.ask({ type: "join", room: "#cafe" })).toMatchObject({ code: "unavailable" })
  expect(await ana.ask({ type: "rooms" })).toMatchObject({ rooms: [] })
  broken = false
  expect(await ana.ask({ type: "join", room: "#cafe" })).toMatchObject({ type: "joined" })
})
