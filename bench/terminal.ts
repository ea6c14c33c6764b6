#!/usr/bin/env node
/**
 * `npm run bench:terminal`: the terminal client on a whole screen that tmux plays. How long it takes from a key to the screen that shows
 * its letter, in a quiet room and while 1,000 messages a second come in. What tmux takes to be asked is in both.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { noTmux, onScreen } from "../packages/terminal/test/child.ts"
import { talker, unhurried } from "../packages/web/test/support/crowd.ts"
import { startServer } from "../packages/web/test/support/server.ts"
import { report } from "./times.ts"

const letters = 60
const perSecond = 1_000

if (noTmux !== undefined) {
  console.error(noTmux)
  process.exit(2)
}

type Screen = Effect.Success<ReturnType<typeof onScreen>>

/** The milliseconds from each key to the screen that shows all that was typed. */
const type = Effect.fnUntraced(function* (screen: Screen) {
  const times: Array<number> = []
  let typed = ""
  while (times.length < letters) {
    const letter = "abcdefghij"[times.length % 10]!
    typed += letter
    const began = performance.now()
    yield* screen.types(letter)
    yield* screen.has(`› ${typed}`)
    times.push(performance.now() - began)
  }
  yield* screen.presses("C-u")
  yield* screen.looks("was empty", (now) => !now.includes(typed))
  return times
})

const folder = mkdtempSync(join(tmpdir(), "tertulia-bench-"))
const server = await startServer({ data: join(folder, "rooms.db"), flags: unhurried })
try {
  const leo = await talker(server.port, "leo", "#cafe")
  await Effect.runPromise(
    Effect.gen(function* () {
      const screen = yield* onScreen({ columns: 100, rows: 24 }, "--nick", "ana", "--port", String(server.port))
      yield* screen.has("connected")
      report("from a key to the screen, in a quiet room", yield* type(screen))
      let isOver = false
      let nth = 0
      const talk = async () => {
        while (!isOver) {
          const next = setTimeout(50)
          await leo.say(perSecond / 20, () => `word ${++nth}`)
          await next
        }
      }
      const talking = talk()
      const from = performance.now()
      const times = yield* type(screen)
      const rate = nth / ((performance.now() - from) / 1_000)
      isOver = true
      yield* Effect.promise(() => talking)
      report(`the same while ${Math.round(rate).toLocaleString("en")} messages a second come`, times)
    }).pipe(Effect.scoped)
  )
  leo.end()
} finally {
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
}
