import { expect, test } from "vitest"
import { openHouse } from "./support/house.ts"

test("a thousand connections that say nothing delay nobody", async () => {
  await using house = await openHouse()
  const before = process.memoryUsage().rss
  await Promise.all(Array.from({ length: 1_000 }, () => house.greeted()))
  const ana = await house.person("ana", "#cafe")
  expect(await ana.ask({ type: "send", room: "#cafe", text: "hola" })).toMatchObject({ type: "sent", seq: 1 })
  // Both ends of every connection live in this process.
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6)
})

test("a frozen reader is cut off, what it has had is a prefix, and everybody else has everything", async () => {
  await using house = await openHouse({ limits: { burst: 1e9 } })
  const frozen = await house.person("frozen", "#cafe")
  const ana = await house.person("ana", "#cafe")
  const leo = await house.person("leo", "#cafe")
  frozen.socket.pause()
  const text = "x".repeat(4_000)
  const count = 3_000
  for (let id = 1; id <= count; id++) ana.say({ type: "send", id, room: "#cafe", text })
  await ana.ask({ type: "sync" })
  const sent = ana.before().filter(({ type }) => type === "sent")
  expect(sent.length).toBe(count)
  expect(sent.every(({ re }, index) => re === index + 1)).toBe(true)
  await leo.ask({ type: "sync" })
  const seqs = leo.before().filter(({ type }) => type === "message")
  expect(seqs.length).toBe(count)
  expect(seqs.every(({ seq }, index) => seq === index + 1)).toBe(true)
  expect([...leo.before(), ...ana.before()]).toContainEqual({
    type: "member",
    room: "#cafe",
    nick: "frozen",
    change: "left"
  })
  frozen.socket.resume()
  const had = (await frozen.rest()).filter(({ type }) => type === "message")
  expect(had.every(({ seq }, index) => seq === index + 1)).toBe(true)
})

test("connections that come and break in crowds leave nothing behind", async () => {
  await using house = await openHouse()
  for (let round = 0; round < 5; round++) {
    const crowd = await Promise.all(Array.from({ length: 50 }, (_, index) => house.person(`p${index}`, "#cafe")))
    for (const client of crowd) client.socket.resetAndDestroy()
    const ana = await house.person("ana")
    await expect.poll(async () => (await ana.ask({ type: "rooms" }))["rooms"]).toEqual([])
    await ana.ask({ type: "bye" })
  }
})
