import { assert, describe, it } from "@effect/vitest"
import type { Item, News, Told } from "@tertulia/client"
import { emptyView, firstOf, see, viewOf, withPage } from "@tertulia/client"
import type { Joined } from "@tertulia/protocol"

const room = "#cafe"
const joined: Joined = { type: "joined", re: 1, room, epoch: "k3", first: 1, head: 2, members: ["ana", "leo"] }
const entered = (log: "first" | "same" | "another"): News => ({ _tag: "Entered", joined, last: 2, log })
const entry = (seq: number): News => ({
  _tag: "Entry",
  epoch: "k3",
  entry: { type: "message", room, seq, from: "leo", text: `entry ${seq}`, at: "" }
})
const gone = (from: number, to: number): News => ({ _tag: "Gone", room, epoch: "k3", from, to, isForever: true })
const item = (key: string): Item => ({ key, room, text: key })

/** The lines of the room in a few signs. */
const look = (...told: ReadonlyArray<Told>) => {
  const { lines = [], members = [], waiting = [] } = told.reduce(see, emptyView).rooms.get(room) ?? {}
  return {
    lines: lines.map((line) => (line._tag === "Entry" ? line.entry.seq : `${line.from}-${line.to}`)),
    waiting: waiting.map(({ key, rest }) => `${key} ${rest?._tag ?? ""}`.trim()),
    members: [...members].sort()
  }
}

describe("a picture of a conversation", () => {
  it("shows entries and gaps in their order, and who is there", () => {
    const member = { _tag: "Member", member: { type: "member", room, nick: "eva", change: "joined" } } as const
    assert.deepStrictEqual(look(entered("first"), entry(3), gone(4, 6), entry(7), member), {
      lines: [3, "4-6", 7],
      waiting: [],
      members: ["ana", "eva", "leo"]
    })
  })

  it("goes on after a break, and begins again with another log", () => {
    assert.deepStrictEqual(look(entered("first"), entry(3), entered("same"), entry(4)).lines, [3, 4])
    assert.deepStrictEqual(look(entered("first"), entry(3), entered("another")).lines, [])
    assert.deepStrictEqual(look(entered("first"), entry(3), { _tag: "Left", room }).lines, [])
  })

  it("shows what is on its way until it is there, and what has come to rest until its person decides", () => {
    const waits = (key: string): News => ({ _tag: "Waiting", item: item(key) })
    const rests: News = { _tag: "Waiting", item: { ...item("a"), rest: { _tag: "Unknown" } } }
    assert.deepStrictEqual(look(waits("a"), waits("b")).waiting, ["a", "b"])
    assert.deepStrictEqual(look(waits("a"), waits("b"), rests).waiting, ["a Unknown", "b"])
    assert.deepStrictEqual(look(waits("a"), { _tag: "Sent", item: item("a"), seq: 3, at: "" }).waiting, [])
    assert.deepStrictEqual(look(waits("a"), { _tag: "Dropped", item: item("a") }).waiting, [])
    assert.strictEqual(viewOf([item("a")]).rooms.get(room)?.waiting.length, 1)
  })

  it("takes older pages that fit in front, and no others", () => {
    const view = [entered("first"), entry(3)].reduce(see, emptyView)
    const page = (epoch: string, ...seqs: ReadonlyArray<number>) => {
      const entries = seqs.map((seq) => ({ type: "message", seq, from: "leo", text: "", at: "" }) as const)
      return (
        withPage(view, { type: "history", re: 1, room, epoch, first: 1, head: 3, entries }).rooms.get(room)?.lines ?? []
      )
    }
    assert.deepStrictEqual([page("k3", 1, 2).length, firstOf(page("k3", 1, 2))], [3, 1])
    assert.strictEqual(page("k3", 1).length, 1)
    assert.strictEqual(page("k4", 1, 2).length, 1)
    assert.strictEqual(page("k3").length, 1)
  })
})
