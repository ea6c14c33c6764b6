/** A room in which much has been said, and one in which much is being said. */
import type { Page } from "playwright-core"
import { assert, it } from "vitest"
import { inBrowser, sees } from "./support/browser.ts"
import { talker, unhurried } from "./support/crowd.ts"

const entries = 100_000

/** The lines that are drawn: few, however many there are. */
const drawn = (page: Page): Promise<number> => page.locator(".log-line").count()

const scrollTo = (page: Page, where: "top" | "middle" | "end") =>
  page.locator(".log").evaluate((log, where) => {
    log.scrollTop = where === "top" ? 0 : where === "middle" ? log.scrollHeight / 2 : log.scrollHeight
  }, where)

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
    await scrollTo(ana, "middle")
    await ana.waitForFunction(() => document.querySelector(".log .text")?.textContent?.match(/entry [45]\d{4}/u))
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
    const ana = await enter(server.url, "ana")
    await sees(ana, "entry 600")

    // What stands in the middle of the log stays where it is, whatever comes in above.
    const placeOf = (seq: string) =>
      ana.locator(`[data-seq="${seq}"]`).evaluate((line) => Math.round(line.getBoundingClientRect().top))
    await ana.locator(".log").hover()
    await ana.locator(".log").evaluate((log) => {
      log.scrollTop = 900
    })
    await ana.waitForFunction(() => {
      const log = document.querySelector(".log")!
      return log.getAttribute("aria-busy") === "false" && log.scrollTop > 0
    })
    const seq = await ana.evaluate(() => {
      const box = document.querySelector(".log")!.getBoundingClientRect()
      const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
      return at!.closest<HTMLElement>("[data-seq]")!.dataset["seq"]!
    })
    const before = await placeOf(seq)
    const total = () => ana.getByRole("article").first().getAttribute("aria-posinset")
    const first = await total()
    await ana.locator(".log").evaluate((log) => {
      log.scrollTop -= 40
    })
    await ana.waitForFunction(
      (before) => document.querySelector(".log [aria-posinset]")!.getAttribute("aria-posinset") !== before,
      first
    )
    assert.approximately(await placeOf(seq), before + 40, 60)

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
