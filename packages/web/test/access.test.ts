/** Everybody can use the page: by keyboard, with a screen reader, in light and dark, on 320 pixels, without movement. */
import { createRequire } from "node:module"
import type { AxeResults, RunOptions } from "axe-core"
import type { Page } from "playwright-core"
import { assert, it } from "vitest"
import { inBrowser, register, say, sees } from "./support/browser.ts"

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** What the rules of accessibility find wrong. The policy would let no script in but the page's own, so it is off here. */
const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.addScriptTag({ path: axe })
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } }).axe.run({
      // What is pointed at has 24 pixels at least.
      rules: { "target-size": { enabled: true } }
    })
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
      const server = await serve(undefined, "--iterations", "4096")
      const ana = await open(server.url, { ...options, bypassCSP: true })
      assert.deepStrictEqual(await violations(ana), [])
      await ana.locator(".door-account summary").click()
      await ana.getByRole("checkbox").check()
      assert.deepStrictEqual(await violations(ana), [], "the door with an account")
      await ana.locator(".door-account summary").click()
      await register(ana, "ana")
      const leo = await enter(server.url, "leo")
      await say(leo, "hola @ana, *look*: `code` and https://example.org")
      await sees(ana, "hola")
      const hola = leo.locator(".message", { hasText: "hola" })
      await hola.hover()
      await hola.getByRole("button", { name: "React 👍" }).click()
      await hola.getByRole("button", { name: "Reply" }).click()
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
      await ana.getByRole("button", { name: "Emoji" }).click()
      assert.deepStrictEqual(await violations(ana), [], "emoji")
      await ana.keyboard.press("Escape")
      await ana.getByRole("button", { name: "This room, and who may enter" }).click()
      assert.deepStrictEqual(await violations(ana), [], "the room")
      await ana.keyboard.press("Escape")
      const line = ana.locator(".message", { hasText: "an answer" })
      await line.hover()
      await line.getByRole("button", { name: "About leo" }).click()
      assert.deepStrictEqual(await violations(ana), [], "a person")
      await ana.keyboard.press("Escape")
      if (name === "narrow") await ana.getByRole("button", { name: "Show rooms" }).click()
      await ana.getByRole("button", { name: "Settings" }).click()
      assert.deepStrictEqual(await violations(ana), [], "settings")
      await ana.getByRole("button", { name: "Your account" }).click()
      assert.deepStrictEqual(await violations(ana), [], "the account")
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
    // Past what has nothing new, to what has; around the end, too.
    await ana.keyboard.press("Control+k")
    await ana.keyboard.type("#nada")
    await ana.keyboard.press("Enter")
    await ana.getByRole("heading", { name: "#nada", exact: true }).waitFor()
    await ana.getByRole("link", { name: "nada" }).waitFor()
    await ana.keyboard.press("Alt+ArrowDown")
    await ana.getByRole("heading", { name: "#otra", exact: true }).waitFor()
    await say(leo, "still here")
    await ana.getByRole("link", { name: /cafe.*1 unread/ }).waitFor()
    await ana.keyboard.press("Alt+Shift+ArrowUp")
    await ana.getByRole("heading", { name: "#cafe", exact: true }).waitFor()

    // What is deleted or typed with ? is no wish for the sheet.
    await ana.getByRole("textbox", { name: "Write in #cafe" }).fill("")
    await ana.keyboard.type("what?")
    assert.strictEqual(await ana.getByRole("dialog").count(), 0)
    await ana.keyboard.press("F6")
    await ana.keyboard.press("?")
    await ana.getByRole("dialog").getByText("Previous and next unread room").waitFor()
    assert.deepStrictEqual(troubles, [])
  })

  it("writes emoji by keyboard, where the cursor is", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana")
    const field = ana.getByRole("textbox", { name: "Write in #cafe" })
    await field.fill("good morning")
    for (let count = 0; count < " morning".length; count++) await field.press("ArrowLeft")
    await ana.getByRole("button", { name: "Emoji" }).focus()
    await ana.keyboard.press("Enter")
    await ana.keyboard.press("Tab")
    await ana.keyboard.press("ArrowRight")
    await ana.keyboard.press("ArrowDown")
    await ana.keyboard.press("ArrowLeft")
    await ana.keyboard.press("ArrowUp")
    await ana.keyboard.press("Enter")
    await ana.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA")
    assert.strictEqual(await field.inputValue(), "good👍 morning")
    await ana.getByRole("button", { name: "Emoji" }).click()
    await ana.keyboard.press("Escape")
    assert.strictEqual(await ana.getByRole("button", { name: "🎉" }).count(), 0)
    assert.deepStrictEqual(troubles, [])
  })

  it("has more contrast and no movement where the system wants that, and a drawer on 320 pixels", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana", {
      viewport: { width: 320, height: 640 },
      contrast: "more",
      reducedMotion: "reduce"
    })
    const of = (name: string) =>
      ana.evaluate((name) => getComputedStyle(document.documentElement).getPropertyValue(name), name)
    assert.strictEqual(await of("--ink-soft"), await of("--ink"))
    assert.strictEqual(Number.parseFloat(await of("--pace")), 0)
    await ana.emulateMedia({ contrast: "no-preference", reducedMotion: "no-preference" })
    assert.notStrictEqual(await of("--ink-soft"), await of("--ink"))
    assert.isAbove(Number.parseFloat(await of("--pace")), 0)
    const join = ana.locator("#join")
    assert.isFalse((await join.isVisible()) && (await join.boundingBox())!.x >= 0)
    await ana.getByRole("button", { name: "Show rooms" }).click()
    await join.fill("#otra")
    await join.press("Enter")
    await ana.getByRole("heading", { name: "#otra", exact: true }).waitFor()
    await ana.getByRole("button", { name: "Hide rooms" }).first().waitFor({ state: "hidden" })
    assert.isAtMost(await ana.evaluate(() => document.documentElement.scrollWidth), 320)
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
    assert.strictEqual(await log.getByRole("article").last().getAttribute("aria-setsize"), "3")
    await ana.locator("#join").fill("#otra")
    await ana.keyboard.press("Enter")
    await ana.waitForFunction(() => (globalThis as unknown as { heard: Array<string> }).heard.at(-1) === "#otra")
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
