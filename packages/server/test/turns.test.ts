import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expect, test } from "vitest"
import { makeTurns, type Share } from "../src/turns.ts"

/** Turns whose event loop is turned by hand. */
const makeLoop = () => {
  let next: (() => void) | undefined
  const turns = makeTurns((turn) => {
    next = turn
  })
  const turn = () => {
    const now = next
    next = undefined
    now?.()
    return now !== undefined
  }
  const done: Array<string> = []
  const ask = (name: string, share: Share, cost: number) => {
    const deed = Effect.sync(() => {
      done.push(name)
      share.charge(cost)
    })
    return Effect.runFork(share.isFree() ? deed : Effect.andThen(share.turn, deed))
  }
  return { turns, turn, done, ask }
}

test("who is alone acts at once, whatever it costs", () => {
  const { ask, done, turns } = makeLoop()
  const ana = turns.enter("ana")
  for (let index = 0; index < 100; index++) ask("ana", ana, 1_000)
  expect(done).toHaveLength(100)
})

test("who asks for little doesn't wait behind who asks for much, however many connections ask", () => {
  const { ask, done, turn, turns } = makeLoop()
  const many = Array.from({ length: 50 }, () => turns.enter("many"))
  const one = turns.enter("one")
  for (const share of many) ask("many", share, 500)
  const atOnce = done.length
  expect(atOnce).toBeLessThan(many.length)
  ask("one", one, 50)
  expect(done.at(-1)).toBe("one")
  expect(done).toHaveLength(atOnce + 1)
  let turnsTaken = 0
  while (turn()) turnsTaken++
  expect(done).toHaveLength(many.length + 1)
  // So that what comes meanwhile is looked at, little of it is done in one turn.
  expect(turnsTaken).toBeGreaterThan(5)
})

test("those who all ask for much have the same: by what it costs, not by how often they ask", () => {
  const { ask, done, turn, turns } = makeLoop()
  const [dear, cheap] = [turns.enter("dear"), turns.enter("cheap")]
  for (let index = 0; index < 400; index++) {
    ask("dear", dear, 1_000)
    ask("cheap", cheap, 100)
  }
  done.length = 0
  for (let index = 0; index < 50; index++) turn()
  const count = (name: string) => done.filter((other) => other === name).length
  expect(count("cheap") / count("dear")).toBeGreaterThan(5)
  expect(count("cheap") / count("dear")).toBeLessThan(20)
})

test("who has gone and comes back owes what they owed", () => {
  const { ask, done, turns } = makeLoop()
  turns.enter("other")
  ask("ana", turns.enter("ana"), 50_000)
  turns.leave("ana")
  ask("ana", turns.enter("ana"), 1)
  expect(done).toEqual(["ana"])
})

test("who no longer waits has no turn, and keeps nobody from theirs", async () => {
  const { ask, done, turn, turns } = makeLoop()
  const [ana, leo] = [turns.enter("ana"), turns.enter("leo")]
  ask("before", ana, 50_000)
  const gone = ask("gone", ana, 1)
  ask("leo", leo, 5_000)
  ask("leo again", leo, 1)
  await Effect.runPromise(Fiber.interrupt(gone))
  while (turn());
  expect(done).toEqual(["before", "leo", "leo again"])
})
