/** A room in which much has been said, and one in which much is being said. */
import type { Page } from "playwright-core"
import { assert, it } from "vitest"
import { inBrowser, sees } from "./support/browser.ts"
import { talker, unhurried } from "./support/crowd.ts"

const entries = 100_000

/** The lines that are drawn: few, however many there are. */
const drawn = (page: Page): Promise<number> => page.locator(".log-line").count()

inBrowser("a room of many words", ({ enter, serve, troubles }) => {
  it(`has ${entries} entries, and draws those that are seen`, async () => {
    const server = await serve(undefined, ...unhurried)
    const leo = await talker(server.port, "leo", "#cafe")
    await leo.say(entries, (nth) => `entry ${nth}`)
    // A link leads to the first of them: all are read.
    const ana = await enter(`${server.url}#cafe/1`, "ana")
    await ana.locator(".is-target", { hasText: "entry 1" }).waitFor({ timeout: 90_000 })
    assert.strictEqual(await ana.getByRole("article").first().getAttribute("aria-setsize"), String(entries))
    assert.isBelow(await drawn(ana), 80)
    // Another leads into the middle, and from there one can go on to the end.
    await ana.goto(`${server.url}#cafe/50000`)
    await ana.locator(".is-target", { hasText: "entry 50000" }).waitFor()
    await ana.getByRole("log").evaluate(
      (log) =>
        new Promise<void>((resolve) => {
          const on = () => {
            const last = [...log.querySelectorAll<HTMLElement>("[data-seq]")].at(-1)
            if (Number(last?.dataset["seq"]) > 55_000) return resolve()
            log.scrollTop += 2_000
            requestAnimationFrame(on)
          }
          on()
        })
    )
    assert.isBelow(await drawn(ana), 80)
    await ana.getByRole("button", { name: "Jump to latest" }).click()
    await ana.getByText(`entry ${entries}`, { exact: true }).waitFor()
    leo.end()
    assert.deepStrictEqual(troubles, [])
  })

  it("keeps its place while older entries come in above, and follows the end only from there", async () => {
    const server = await serve(undefined, ...unhurried)
    const leo = await talker(server.port, "leo", "#cafe")
    await leo.say(600, (nth) => `entry ${nth}`)
    // From `hold` to `release` the page hears nothing.
    let held: Array<() => void> | undefined
    const hold = () => {
      held = []
    }
    const release = () => {
      const late = held ?? []
      held = undefined
      for (const hear of late) hear()
    }
    const ana = await enter(server.url, "ana", {}, (page) =>
      page.routeWebSocket(/\/ws$/u, (socket) => {
        socket.connectToServer().onMessage((message) => {
          if (held === undefined) socket.send(message)
          else held.push(() => socket.send(message))
        })
      })
    )
    await sees(ana, "entry 600")
    const log = ana.getByRole("log")
    await ana.locator(".log[aria-busy=false]").waitFor()

    hold()
    await log.evaluate((log) => {
      log.scrollTop = 150
    })
    await ana.locator(".log[aria-busy=true]").waitFor()
    const seq = await log.evaluate((log) => {
      const { top } = log.getBoundingClientRect()
      const lines = [...log.querySelectorAll<HTMLElement>("[data-seq]")]
      return lines.find((line) => line.getBoundingClientRect().top > top + 100)!.dataset["seq"]!
    })
    const line = ana.locator(".log-line", { has: ana.locator(`[data-seq="${seq}"]`) })
    const top = () => line.evaluate((line) => line.getBoundingClientRect().top)
    const [place, number] = [await top(), await line.getAttribute("aria-posinset")]
    release()
    await ana.waitForFunction(
      ({ number, seq }) =>
        document.querySelector(`[data-seq="${seq}"]`)?.closest("article")?.getAttribute("aria-posinset") !== number,
      { number, seq }
    )
    await ana.locator(".log[aria-busy=false]").waitFor()
    assert.approximately(await top(), place, 2)

    // Somebody says something: who reads above stays there, and is told how much is new.
    await leo.say(3, (nth) => `new ${nth}`)
    await ana.getByRole("button", { name: /3 new · jump to latest/ }).click()
    await ana.getByText("new 3", { exact: true }).waitFor()
    await leo.say(1, () => "at the end")
    await sees(ana, "at the end")
    await ana.getByRole("button", { name: /jump to latest/i }).waitFor({ state: "detached" })
    leo.end()
    assert.deepStrictEqual(troubles, [])
  })

  it("lets one write while thousands of messages come", async () => {
    const server = await serve(undefined, ...unhurried)
    const leo = await talker(server.port, "leo", "#cafe")
    const ana = await enter(server.url, "ana")
    await ana.locator(".people").getByText("leo").waitFor()
    const field = ana.getByRole("textbox", { name: "Write in #cafe" })
    const said = leo.say(3_000, (nth) => `word ${nth}`)
    await field.pressSequentially("¿qué tal, ñandú? 🙂")
    await said
    assert.strictEqual(await field.inputValue(), "¿qué tal, ñandú? 🙂")
    await field.press("Enter")
    await ana.getByText("word 3000", { exact: true }).waitFor()
    await sees(ana, "ñandú")
    leo.end()
    assert.deepStrictEqual(troubles, [])
  })
})
