import { fc, test as property } from "@fast-check/vitest"
import { expect, test } from "vitest"
import { sliceLine } from "../src/slice.ts"
import { openHouse } from "./support/house.ts"

test("members and rooms go by slices, ascending, until no more follow", async () => {
  await using house = await openHouse({ limits: { page: 3 } })
  const nicks = ["eva", "ana", "r2-d2", "leo", "9lives", "zoe", "_"].filter((nick) => nick !== "_")
  for (const nick of nicks) await house.person(nick, "#cafe", `#of-${nick}`)
  const pia = await house.person("pia")
  const joined = await pia.ask({ type: "join", room: "#cafe" })
  expect(joined).toMatchObject({ members: ["9lives", "ana", "eva"], more: true })
  expect(await pia.ask({ type: "members", room: "#cafe", after: "EVA" })).toMatchObject({
    members: ["leo", "pia", "r2-d2"],
    more: true
  })
  const last = await pia.ask({ type: "members", room: "#cafe", after: "r2-d2" })
  expect(last).toMatchObject({ members: ["zoe"] })
  expect(last).not.toHaveProperty("more")
  expect(await pia.ask({ type: "members", room: "#cafe", after: "zz" })).toMatchObject({ members: [] })
  expect(await pia.ask({ type: "rooms", limit: 2 })).toMatchObject({
    rooms: [
      { room: "#cafe", members: 7 },
      { room: "#of-9lives", members: 1 }
    ],
    more: true
  })
  expect(await pia.ask({ type: "rooms", after: "#of-r2-d2", limit: 9999 })).toMatchObject({
    rooms: [{ room: "#of-zoe", members: 1 }]
  })
})

test("a list that is longer than a line is cut at a whole item", async () => {
  await using house = await openHouse({ limits: { line: 8_192, text: 1_000, page: 10_000, joins: 1_000, burst: 1e6 } })
  const ana = await house.person("ana")
  const name = (index: number) => `#${String(index).padStart(32, "0")}`
  for (let index = 0; index < 400; index++) await ana.ask({ type: "join", room: name(index) })
  const seen: Array<string> = []
  let after: string | undefined
  do {
    const page = await ana.ask({ type: "rooms", ...(after === undefined ? {} : { after }) })
    expect(JSON.stringify(page).length + 1).toBeLessThanOrEqual(8_192)
    seen.push(...(page["rooms"] as ReadonlyArray<{ room: string }>).map(({ room }) => room))
    after = page["more"] === true ? seen.at(-1) : undefined
  } while (after !== undefined)
  expect(seen).toEqual(Array.from({ length: 400 }, (_, index) => name(index)))
})

property.prop([
  fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 })),
  fc.nat(12),
  fc.integer({ min: 45, max: 200 })
])("a slice holds as many items as fit, and says more exactly when some follow", (items, limit, line) => {
  const head = '{"re":1,"items":['
  const text = sliceLine(
    head,
    { length: items.length, from: 0, limit: limit + 1, line },
    (place) => `"${items[place]}"`
  )
  const { items: taken, more } = JSON.parse(text) as { items: ReadonlyArray<string>; more?: true }
  expect(text.length).toBeLessThanOrEqual(line)
  expect(taken).toEqual(items.slice(0, taken.length))
  expect(more === true).toBe(taken.length < items.length)
  if (taken.length === items.length || taken.length === limit + 1) return
  const longer = items.slice(0, taken.length + 1)
  const rest = longer.length < items.length ? ',"more":true' : ""
  expect(`${head}${longer.map((item) => `"${item}"`).join(",")}]${rest}}\n`.length).toBeGreaterThan(line)
})
