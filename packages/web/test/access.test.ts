/** Everybody can use the page: by keyboard, with a screen reader, in light and dark, on 320 pixels, without movement. */
import { createRequire } from "node:module"
import type { AxeResults } from "axe-core"
import type { Page } from "playwright-core"
import { assert, it } from "vitest"
import { inBrowser, say, sees } from "./support/browser.ts"

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** What the rules of accessibility find wrong. The policy would let no script in but the page's own, so it is off here. */
const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.addScriptTag({ path: axe })
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run()
  )
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
  )
}

const looks = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark", reducedMotion: "reduce" } },
  { name: "narrow", options: { viewport: { width: 320, height: 640 } } }
] as const

inBrowser("everybody", ({ enter, open, serve, troubles }) => {
  for (const { name, options } of looks) {
    it(`finds nothing in the way, ${name}`, async () => {
      const server = await serve()
      const door = await open(server.url, { ...options, bypassCSP: true })
      assert.deepStrictEqual(await violations(door), [])
      const [ana, leo] = [
        await enter(server.url, "ana", { ...options, bypassCSP: true }),
        await enter(server.url, "leo")
      ]
      await say(leo, "hola @ana, *look*: `code` and https://example.org")
      await sees(ana, "hola")
      const line = leo.locator(".message", { hasText: "hola" })
      await line.hover()
      await line.getByRole("button", { name: "React 👍" }).click()
      await line.getByRole("button", { name: "Reply" }).click()
      await say(leo, "an answer")
      await sees(ana, "an answer")
      await ana.getByRole("button", { name: "👍, 1" }).waitFor()
      assert.deepStrictEqual(await violations(ana), [])
      for (const aside of ["people", "wire"]) {
        const button = ana.getByRole("button", { name: `Show ${aside === "wire" ? "the wire" : aside}` })
        if ((await button.count()) > 0) await button.click()
        await ana
          .locator(aside === "wire" ? ".passed" : ".person")
          .first()
          .waitFor()
        assert.deepStrictEqual(await violations(ana), [], aside)
        if (name === "narrow")
          await ana
            .getByRole("button", { name: /^Hide (?:people|the wire)$/ })
            .last()
            .click()
      }
      for (const keys of ["Control+k", "Control+Shift+F", "Alt+/"]) {
        await ana.keyboard.press(keys)
        await ana.getByRole("dialog").waitFor()
        assert.deepStrictEqual(await violations(ana), [], keys)
        await ana.keyboard.press("Escape")
        await ana.getByRole("dialog").waitFor({ state: "detached" })
      }
      if (name === "narrow") await ana.getByRole("button", { name: "Show rooms" }).click()
      await ana.getByRole("button", { name: "Settings" }).click()
      assert.deepStrictEqual(await violations(ana), [], "settings")
    })
  }

  it("goes everywhere by keyboard", async () => {
    const server = await serve()
    const [ana, leo] = [await enter(server.url, "ana"), await enter(server.url, "leo")]
    for (const text of ["one", "two", "three"]) await say(leo, text)
    await sees(ana, "three")
    const focused = () =>
      ana.evaluate(() => document.activeElement?.closest<HTMLElement>("[data-region]")?.dataset["region"])
    const row = () => ana.evaluate(() => document.activeElement?.querySelector(".text")?.textContent)

    await ana.getByRole("textbox", { name: "Write in #cafe" }).focus()
    const visited: Array<string | undefined> = []
    for (let count = 0; count < 4; count++) {
      await ana.keyboard.press("F6")
      visited.push(await focused())
    }
    assert.deepStrictEqual(visited, ["aside", "rooms", "log", "composer"])

    // The log is one stop; within it, the arrows go from message to message.
    await ana.keyboard.press("Shift+F6")
    assert.strictEqual(await row(), "three")
    assert.strictEqual(await ana.locator(".log [tabindex='0']").count(), 1)
    await ana.keyboard.press("ArrowUp")
    await ana.waitForFunction(() => document.activeElement?.textContent?.includes("two"))
    await ana.keyboard.press("Home")
    await ana.waitForFunction(() => document.activeElement?.textContent?.includes("one"))
    await ana.keyboard.press("Enter")
    await ana.waitForFunction(() => document.activeElement?.tagName === "BUTTON")
    await ana.keyboard.press("Enter")
    await leo.getByRole("button", { name: "👍, 1" }).waitFor()
    await ana.keyboard.press("Escape")
    assert.strictEqual(await row(), "one")
    await ana.keyboard.press("Escape")
    assert.strictEqual(await focused(), "composer")

    await ana.keyboard.press("Control+k")
    await ana.keyboard.type("#otra")
    await ana.keyboard.press("Enter")
    await ana.getByRole("heading", { name: "#otra", exact: true }).waitFor()
    await ana.keyboard.press("Alt+ArrowUp")
    await ana.getByRole("heading", { name: "#cafe", exact: true }).waitFor()
    await say(leo, "where are you?")
    await ana.keyboard.press("Alt+ArrowDown")
    await ana.getByRole("heading", { name: "#otra", exact: true }).waitFor()
    assert.deepStrictEqual(troubles, [])
  })

  it("hears what is new, once, and no history", async () => {
    const server = await serve()
    const leo = await enter(server.url, "leo")
    for (const text of ["before one", "before two"]) await say(leo, text)
    const ana = await enter(server.url, "ana")
    await sees(ana, "before two")
    await ana.evaluate(() => {
      const heard: Array<string> = []
      Object.assign(globalThis, { heard })
      new MutationObserver(() => heard.push(document.querySelector("[aria-live=polite]")!.textContent!)).observe(
        document.querySelector("[aria-live=polite]")!,
        { subtree: true, childList: true, characterData: true }
      )
    })
    await say(leo, "and now")
    await ana.waitForFunction(() => (globalThis as unknown as { heard: Array<string> }).heard.length > 0)
    const heard = await ana.evaluate(() => (globalThis as unknown as { heard: Array<string> }).heard)
    assert.deepStrictEqual([...new Set(heard)], ["leo: and now"])
    const log = ana.getByRole("log")
    assert.strictEqual(await log.getAttribute("aria-live"), "off")
    assert.strictEqual(await log.getByRole("article").last().getAttribute("aria-posinset"), "3")
    assert.deepStrictEqual(troubles, [])
  })

  it("sees in the title of the tab how much is unread", async () => {
    const server = await serve()
    const [ana, leo] = [await enter(`${server.url}#otra`, "ana"), await enter(server.url, "leo")]
    await ana.goto(`${server.url}#cafe`)
    await ana.getByRole("heading", { name: "#cafe", exact: true }).waitFor()
    await ana.goto(`${server.url}#otra`)
    await ana.getByRole("heading", { name: "#otra", exact: true }).waitFor()
    await leo.locator(".people").getByText("ana").waitFor()
    for (const text of ["one", "two"]) await say(leo, text)
    await ana.waitForFunction(() => document.title === "(2) #otra · Tertulia")
    assert.deepStrictEqual(troubles, [])
  })
})
