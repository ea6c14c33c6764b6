/** What is said looks as it was meant, the page as its reader likes it, and the protocol can be watched. */
import { assert, it } from "vitest"
import { inBrowser, say, sees } from "./support/browser.ts"

inBrowser("what is said", ({ enter, serve, troubles }) => {
  it("is shown with a little Markdown, with links, and in its own direction", async () => {
    const server = await serve()
    const [ana, leo] = [await enter(server.url, "ana"), await enter(server.url, "leo")]
    await say(ana, "**bold** *soft* ~~gone~~ `code *as is*` @leo https://example.org/ñ_a_")
    await ana.getByRole("textbox", { name: "Write in #cafe" }).fill("```js\nlet a = '<b>'\n```")
    await ana.keyboard.press("Enter")
    await say(ana, "مرحبا ana")
    await sees(leo, "مرحبا")
    const first = leo.locator(".message .text").first()
    for (const [tag, text] of [
      ["strong", "bold"],
      ["em", "soft"],
      ["s", "gone"],
      ["code", "code *as is*"],
      ["mark", "@leo"],
      ["a", "https://example.org/ñ_a_"]
    ] as const) {
      assert.strictEqual(await first.locator(tag).innerText(), text)
    }
    assert.strictEqual(await first.locator("a").getAttribute("rel"), "noopener noreferrer nofollow")
    assert.strictEqual(await leo.locator(".text pre code").innerText(), "let a = '<b>'")
    const directions = await leo
      .locator(".message .text")
      .evaluateAll((all) => all.map((each) => (each.matches("[dir=auto]") ? getComputedStyle(each).direction : "")))
    assert.deepStrictEqual(directions, ["ltr", "ltr", "rtl"])
    assert.deepStrictEqual(troubles, [])
  })

  it("is light or dark as the system, or as its reader chooses, also the next time", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana", { colorScheme: "dark" })
    const paper = () => ana.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await paper()
    await ana.emulateMedia({ colorScheme: "light" })
    const light = await paper()
    assert.notStrictEqual(light, dark)
    await ana.getByRole("button", { name: "Settings" }).click()
    await ana.getByRole("radio", { name: "dark" }).check()
    assert.strictEqual(await paper(), dark)
    await ana.reload()
    await ana.getByRole("log").waitFor()
    assert.strictEqual(await paper(), dark)
    assert.deepStrictEqual(troubles, [])
  })

  it("can be watched on the wire, with the sentence of the spec that it follows", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana")
    await ana.getByRole("button", { name: "Show the wire" }).click()
    await say(ana, "seen from below")
    const sent = ana.locator(".passed.is-sent", { hasText: "seen from below" })
    await sent.waitFor()
    const rule = sent.getByRole("link").first()
    assert.match((await rule.getAttribute("href"))!, /^\/spec\/[a-z-]+\.html#[A-Z]+-\d+$/u)
    const page = await ana.context().newPage()
    await page.goto(new URL((await rule.getAttribute("href"))!, server.url).href)
    assert.strictEqual(await page.locator(`#${await rule.innerText()}`).count(), 1)
    assert.deepStrictEqual(troubles, [])
  })

  it("is said again or discarded when it couldn't be sent, and copied as a link when it was", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana", { permissions: ["clipboard-read", "clipboard-write"] })
    await ana.locator("#join").fill("@leo")
    await ana.keyboard.press("Enter")
    await say(ana, "are you there?")
    await say(ana, "never mind")
    const failed = ana.locator(".message.is-failed")
    await failed.nth(1).waitFor()
    await failed.nth(1).getByRole("button", { name: "Discard" }).click()
    await failed.nth(1).waitFor({ state: "detached" })
    await enter(server.url, "leo")
    await failed.getByRole("button", { name: "Send again" }).click()
    await failed.waitFor({ state: "detached" })
    const line = ana.locator(".message", { hasText: "are you there?" })
    await line.hover()
    await line.getByRole("button", { name: "Copy link" }).click()
    await ana.getByText("Link copied").first().waitFor()
    assert.strictEqual(await ana.evaluate(() => navigator.clipboard.readText()), `${server.url}#@leo/1`)
    assert.deepStrictEqual(troubles, [])
  })
})
