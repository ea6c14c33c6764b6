#!/usr/bin/env node
/**
 * `npm run bench:web`: the browser client in Chromium. How long frames take while one scrolls through a room of 100,000 entries, and how
 * long it takes from a key to the picture that shows its letter, in a quiet room and while 1,000 messages a second come in. With the name of
 * a file behind the number of entries, Chromium's trace of the scrolling is written there: its frames can be looked at in any DevTools.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { chromium, type Page } from "playwright-core"
import { freshen } from "../packages/web/build.ts"
import { talker, unhurried } from "../packages/web/test/support/crowd.ts"
import { chromiumPath, startServer } from "../packages/web/test/support/server.ts"
import { report } from "./times.ts"

const entries = Number(process.argv[2] ?? 100_000)
const trace = process.argv[3]
const steps = 400
const letters = 60
const perSecond = 1_000

if (chromiumPath === undefined) {
  console.error("there is no Chromium here: say where it is with TERTULIA_CHROMIUM")
  process.exit(2)
}

/** The milliseconds from each frame to the next while the log is scrolled by so many pixels in each. */
const scroll = (page: Page, pixels: number): Promise<ReadonlyArray<number>> =>
  page.locator(".log").evaluate(
    (log, { pixels, steps }) =>
      new Promise<Array<number>>((resolve) => {
        const times: Array<number> = []
        let before = performance.now()
        const step = (now: number) => {
          times.push(now - before)
          before = now
          if (times.length === steps) return resolve(times)
          log.scrollTop += pixels
          requestAnimationFrame(step)
        }
        requestAnimationFrame(step)
      }),
    { pixels, steps }
  )

/** The milliseconds from each key to the frame after the one that shows it. */
const type = async (page: Page): Promise<ReadonlyArray<number>> => {
  const field = page.getByRole("textbox", { name: /^Write in / })
  await field.evaluate((field) => {
    const times: Array<number> = []
    Object.assign(globalThis, { times })
    field.addEventListener("keydown", ({ timeStamp }) => {
      requestAnimationFrame(() => requestAnimationFrame((now) => times.push(now - timeStamp)))
    })
  })
  await field.pressSequentially("abcdefghij".repeat(letters / 10), { delay: 80 })
  await page.waitForFunction(
    (letters) => (globalThis as unknown as { times: Array<number> }).times.length >= letters,
    letters
  )
  const times = await page.evaluate(() => (globalThis as unknown as { times: Array<number> }).times)
  await field.fill("")
  return times.slice(-letters)
}

await freshen(console.error)
const folder = mkdtempSync(join(tmpdir(), "tertulia-bench-"))
const server = await startServer({ data: join(folder, "rooms.db"), flags: unhurried })
const browser = await chromium.launch({ executablePath: chromiumPath })
try {
  const leo = await talker(server.port, "leo", "#cafe")
  await leo.say(entries, (nth) => `entry ${nth}, ${"and some words more ".repeat(nth % 7)}`)
  const page = await browser.newPage()
  await page.goto(`${server.url}#cafe/1`)
  const began = performance.now()
  await page.locator("#nick").fill("ana")
  await page.keyboard.press("Enter")
  await page.locator(".is-target").waitFor({ timeout: 300_000 })
  console.log(
    `${entries.toLocaleString("en")} entries read, page by page, in ${((performance.now() - began) / 1_000).toFixed(1)} s`
  )
  if (trace !== undefined) await browser.startTracing(page, { path: trace })
  report(`frames, ${entries.toLocaleString("en")} entries, 120 pixels a frame`, await scroll(page, 120))
  report(`frames, ${entries.toLocaleString("en")} entries, 4,000 pixels a frame`, await scroll(page, 4_000))
  if (trace !== undefined) await browser.stopTracing()

  await page.goto(`${server.url}#quiet`)
  const other = await talker(server.port, "eva", "#quiet")
  await page.getByRole("textbox", { name: "Write in #quiet" }).waitFor()
  report("from a key to its picture, in a quiet room", await type(page))
  let isOver = false
  let nth = 0
  const talking = (async () => {
    while (!isOver) {
      const next = setTimeout(50)
      await other.say(perSecond / 20, () => `word ${++nth}`)
      await next
    }
  })()
  const from = performance.now()
  const times = await type(page)
  const rate = nth / ((performance.now() - from) / 1_000)
  isOver = true
  await talking
  report(`the same while ${Math.round(rate).toLocaleString("en")} messages a second come`, times)
  leo.end()
  other.end()
} finally {
  await browser.close()
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
}
