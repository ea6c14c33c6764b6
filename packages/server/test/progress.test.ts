import { Clock, Effect, Exit, Scope } from "effect"
import { expect, test } from "vitest"
import { type Screen, showProgress, showWaiting } from "../src/operate/progress.ts"
import { stopClock } from "./support/stopped-clock.ts"

const openScreen = (more: Partial<Screen> = {}) => {
  const written: Array<string> = []
  const screen: Screen = {
    isTerminal: true,
    hasColour: true,
    columns: 80,
    write: (text) => void written.push(text),
    ...more
  }
  return { screen, written }
}

/** Shows the progress of work that does 250 of 1,000 entries in each quarter of a second. */
const work = async (screen: Screen, total: number | undefined) => {
  const { clock, pass } = stopClock(0, 0)
  const scope = Scope.makeUnsafe()
  const show = await showProgress(screen, "exporting #cafe", "entries").pipe(
    Effect.provideService(Clock.Clock, clock),
    Scope.provide(scope),
    Effect.runPromise
  )
  for (const done of [250, 500, 750, 1_000]) {
    await pass(250)
    show(done, total)
    // Too soon for anybody to read.
    show(done + 1, total)
  }
  await Effect.runPromise(Scope.close(scope, Exit.void))
}

test("progress is one line, which goes away", async () => {
  const { screen, written } = openScreen({ hasColour: false })
  await work(screen, 1_000)
  expect(written).toEqual([
    "\rexporting #cafe: 25 %, 250 of 1,000 entries, 1,000 entries/s",
    "\rexporting #cafe: 50 %, 500 of 1,000 entries, 1,000 entries/s",
    "\rexporting #cafe: 75 %, 750 of 1,000 entries, 1,000 entries/s",
    "\rexporting #cafe: 100 %, 1,000 of 1,000 entries, 1,000 entries/s",
    `\r${" ".repeat(63)}\r`
  ])
})

test("progress fits the terminal, and says what it can when nobody knows the total", async () => {
  const { screen, written } = openScreen({ columns: 30 })
  await work(screen, undefined)
  expect(written[0]).toBe("\r\u001b[2mexporting #cafe: 250 entries,\u001b[0m")
})

test("there is no progress where nobody looks", async () => {
  const { screen, written } = openScreen({ isTerminal: false })
  await work(screen, 1_000)
  await Effect.runPromise(showWaiting(screen, "checking", Effect.void))
  expect(written).toEqual([])
})

test("what can't tell how far it is says how long it has taken", async () => {
  const { screen, written } = openScreen({ hasColour: false })
  const { allAsleep, clock, pass } = stopClock(0, 1)
  const waiting = Effect.runFork(
    showWaiting(screen, "checking", Effect.never).pipe(Effect.provideService(Clock.Clock, clock))
  )
  await allAsleep()
  await pass(3_000)
  waiting.interruptUnsafe()
  await expect.poll(() => written, { timeout: 30_000 }).toEqual(["\rchecking: 3 s", `\r${" ".repeat(13)}\r`])
})
