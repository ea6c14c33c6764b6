import { assert, describe, it } from "@effect/vitest"
import { fc, test } from "@fast-check/vitest"
import type { Joined, Message } from "@tertulia/protocol"
import { membersOf } from "../src/room.ts"
import { makeSession } from "../src/session.ts"

const room = "#cafe"
const joined = (re: number, head: number, members: ReadonlyArray<string> = []): Joined => ({
  type: "joined",
  re,
  room,
  epoch: "k3",
  first: 1,
  head,
  members
})
const entry = (seq: number): Message => ({ type: "message", room, seq, from: "leo", text: "x", at: "" })

/** A session in #cafe. */
const inCafe = (head: number, members?: ReadonlyArray<string>) => {
  const session = makeSession()
  const id = session.nextId()
  session.asked({ type: "join", id, room })
  session.receive(joined(id, head, members))
  return session
}

const nick = fc.constantFrom("ana", "bea", "leo", "mia", "zoe")

describe("a session", () => {
  test.prop([fc.nat(5), fc.array(fc.integer({ min: 1, max: 12 }))])(
    "lets entries through one by one from head + 1, whatever comes, and tells of a gap",
    (head, seqs) => {
      const session = inCafe(head)
      const happenings = seqs.flatMap((seq) => session.receive(entry(seq)))
      const through = happenings.flatMap((one) =>
        one._tag === "Happened" && one.event.type === "message" ? [one.event.seq] : []
      )
      assert.deepStrictEqual(
        through,
        through.map((_, index) => head + 1 + index)
      )
      const told = happenings.flatMap((one) => (one._tag === "Skipped" ? [one.event.seq] : []))
      assert.isTrue(told.every((seq) => seq > head + 1))
      const highest = Math.max(head, ...seqs)
      assert.isTrue(told.length > 0 || head + through.length === highest)
    }
  )

  test.prop([
    fc.uniqueArray(nick),
    fc.array(fc.record({ nick, change: fc.constantFrom("joined" as const, "left" as const) }))
  ])("knows the members that the list and the changes after it make", (members, changes) => {
    const session = inCafe(0, members)
    const model = new Set(members)
    for (const { change, nick } of changes) {
      session.receive({ type: "member", room, nick, change })
      if (change === "joined") model.add(nick)
      else model.delete(nick)
    }
    assert.deepStrictEqual(membersOf(session.rooms.get(room)!), [...model].sort())
  })

  test.prop([fc.uniqueArray(nick), fc.uniqueArray(nick), fc.option(nick, { nil: undefined }), fc.boolean()])(
    "puts a slice in the place of the range that it covers, and of no other",
    (before, listed, after, more) => {
      const session = inCafe(0, before)
      const slice = listed.filter((one) => after === undefined || one > after).sort()
      const id = session.nextId()
      session.asked({ type: "members", id, room, ...(after === undefined ? {} : { after }) })
      session.receive({ type: "members", re: id, room, members: slice, ...(more ? { more } : {}) })
      const last = more ? slice.at(-1) : undefined
      const outside = before.filter(
        (one) => (after !== undefined && one <= after) || (last !== undefined && one > last)
      )
      assert.deepStrictEqual(membersOf(session.rooms.get(room)!), [...outside, ...slice].sort())
    }
  )

  it("gives ids that no waiting request has", () => {
    const session = makeSession()
    session.asked({ type: "ping", id: 1 })
    session.asked({ type: "ping", id: 2 })
    assert.strictEqual(session.nextId(), 3)
    assert.strictEqual(session.nextId(), 4)
  })

  it("takes no reply to a question that it didn't ask, nor one of another kind", () => {
    const session = makeSession()
    assert.deepInclude(session.receive({ type: "pong", re: 5 })[0], { _tag: "Nonsense" })
    session.asked({ type: "login", id: 1, nick: "ana" })
    assert.deepInclude(session.receive({ type: "pong", re: 1 })[0], { _tag: "Nonsense" })
    assert.deepStrictEqual(session.receive({ type: "welcome", re: 1, nick: "ana" }), [
      { _tag: "Answered", id: 1, reply: { type: "welcome", re: 1, nick: "ana" } }
    ])
  })
})
