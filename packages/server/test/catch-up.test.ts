import { expect, test } from "vitest"
import { type Client, openHouse } from "./support/house.ts"

const sendMany = async (client: Client, room: string, count: number) => {
  for (let index = 1; index <= count; index++) client.say({ type: "send", id: index, room, text: `entry ${index}` })
  await client.ask({ type: "sync" })
}

test("a join with a cursor replays exactly what was missed, then goes on live", async () => {
  await using house = await openHouse({ limits: { burst: 1e6 } })
  const ana = await house.person("ana")
  const { epoch } = await ana.ask({ type: "join", room: "#cafe" })
  await sendMany(ana, "#cafe", 200)
  const leo = await house.person("leo")
  leo.say({ type: "join", id: 1, room: "#cafe", after: 50, epoch: epoch as string }, { type: "ping", id: 2 })
  await leo.expect({ type: "joined", re: 1, head: 200, first: 1, resumed: true, members: ["ana", "leo"] })
  for (let seq = 51; seq <= 200; seq++) await leo.expect({ type: "message", seq, text: `entry ${seq}` })
  await leo.expect({ type: "pong", re: 2 })
  await ana.ask({ type: "send", room: "#cafe", text: "live" })
  await leo.expect({ type: "message", seq: 201, text: "live" })
})

test("entries that are sent during a replay come once and in order", async () => {
  await using house = await openHouse({ limits: { burst: 1e6, line: 8_192, text: 1_000 } })
  const ana = await house.person("ana")
  const { epoch } = await ana.ask({ type: "join", room: "#cafe" })
  await sendMany(ana, "#cafe", 900)
  const leo = await house.person("leo")
  leo.say({ type: "join", id: 1, room: "#cafe", after: 0, epoch: epoch as string })
  for (let index = 0; index < 1_100; index++) ana.say({ type: "send", id: 5, room: "#cafe", text: "more" })
  await ana.ask({ type: "sync" })
  const joined = await leo.expect({ type: "joined", resumed: true })
  for (let seq = 1; seq <= 2_000; seq++) await leo.expect({ type: "message", seq })
  expect(joined["head"]).toBeGreaterThanOrEqual(900)
  expect(await leo.ask({ type: "sync" })).toMatchObject({ type: "synced" })
  expect(leo.before()).toEqual([])
})

test("a cursor of another log, beyond the head, or too far behind is not resumed", async () => {
  await using house = await openHouse({ limits: { burst: 1e6, replay: 10 } })
  const ana = await house.person("ana")
  const { epoch } = await ana.ask({ type: "join", room: "#cafe" })
  await sendMany(ana, "#cafe", 20)
  const leo = await house.person("leo")
  const attempt = async (after: number, of: unknown = epoch) => {
    const joined = await leo.ask({ type: "join", room: "#cafe", after, epoch: of })
    await leo.ask({ type: "leave", room: "#cafe" })
    return [joined["resumed"], leo.before().map(({ seq }) => seq)]
  }
  expect(await attempt(20, "another")).toEqual([false, []])
  expect(await attempt(21)).toEqual([false, []])
  expect(await attempt(9)).toEqual([false, []])
  expect(await attempt(20)).toEqual([true, []])
  expect(await attempt(18)).toEqual([true, [19, 20]])
  expect(await attempt(10)).toEqual([true, [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]])
  const joined = await leo.ask({ type: "join", room: "#cafe" })
  expect(joined).not.toHaveProperty("resumed")
  expect(joined).toMatchObject({ first: 11, head: 20 })
})
