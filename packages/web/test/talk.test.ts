/** People talk: in browsers and a terminal, while the server goes away and comes back. */
import type { Page } from "playwright-core"
import { assert, it } from "vitest"
import { inBrowser, say, sees, texts } from "./support/browser.ts"

inBrowser("people who talk", ({ enter, open, serve, terminal, troubles }) => {
  it("see the same in two browsers and a terminal, each line once, through the death of the server and a reload", async () => {
    const server = await serve()
    const [ana, leo] = [await enter(server.url, "ana"), await enter(server.url, "leo")]
    const eva = terminal(server, "eva", "cafe")
    await ana.locator(".people").getByText("eva").waitFor()
    await say(ana, "one, from a browser")
    await eva.sees("one, from a browser")
    eva.say("two, from a terminal")
    await sees(leo, "two, from a terminal")
    await say(leo, "three, from the other browser")
    await sees(ana, "three")

    await server.kill()
    await ana.getByText("The connection was lost.").waitFor()
    await ana.getByText(/Trying again in \d+ s\./).waitFor()
    await say(ana, "four, while nobody is there")
    await ana.getByText("sending").waitFor()
    // What is pending outlives the page.
    await leo.getByRole("region", { name: "Offline" }).waitFor()
    await say(leo, "five, and then the page is closed")
    await leo.getByText("sending").waitFor()
    await leo.goto("about:blank")

    const again = await serve(server)
    await leo.goto(again.url)
    await Promise.all([sees(ana, "five"), sees(leo, "four"), eva.sees("five")])
    await Promise.all([ana, leo].map((page) => page.getByText("sending").waitFor({ state: "detached" })))
    const [hers, his] = [await texts(ana), await texts(leo)]
    assert.deepStrictEqual(hers, his)
    assert.strictEqual(hers.length, 5)
    assert.strictEqual(new Set(hers).size, 5)
    assert.deepStrictEqual(troubles, [])
  })

  it("edit, delete, answer, react, type, set a topic, search and follow a link to an entry", async () => {
    const server = await serve()
    const [ana, leo] = [await enter(`${server.url}#sala`, "ana"), await enter(`${server.url}#sala`, "leo")]
    await say(ana, "a mesage about ñandúes")
    await sees(leo, "ñandúes")
    const line = leo.locator(".message", { hasText: "ñandúes" })
    await line.hover()
    await line.getByRole("button", { name: "React 👍" }).click()
    await ana.getByRole("button", { name: "👍, 1" }).waitFor()
    await line.getByRole("button", { name: "Reply" }).click()
    await say(leo, "an answer")
    await ana.locator(".quoted", { hasText: "ñandúes" }).waitFor()

    const field = ana.getByRole("textbox", { name: "Write in #sala" })
    await field.press("ArrowUp")
    await field.fill("a message about ñandúes")
    await field.press("Enter")
    await leo.locator(".text", { hasText: "a message about ñandúes (edited)" }).waitFor()

    await field.pressSequentially("hm")
    await leo.getByText("ana is typing").waitFor()
    await field.fill("to be deleted")
    await field.press("Enter")
    await sees(leo, "to be deleted")
    ana.once("dialog", (dialog) => void dialog.accept())
    const last = ana.locator(".message", { hasText: "to be deleted" })
    await last.hover()
    await last.getByRole("button", { name: "Delete" }).click()
    await leo.getByText("deleted", { exact: true }).waitFor()

    await ana.getByRole("button", { name: "Set the topic" }).click()
    await ana.getByRole("textbox", { name: "Topic" }).fill("Aves")
    await ana.keyboard.press("Enter")
    await leo.getByText("ana has set the topic: Aves").waitFor()

    await leo.keyboard.press("Control+Shift+F")
    await leo.getByRole("searchbox").fill("ñandúes message")
    await leo.keyboard.press("Enter")
    await leo.getByText("1 found").waitFor()
    await leo.locator(".result").click()
    assert.include(leo.url(), "#sala/1")
    await leo.locator(".is-target", { hasText: "ñandúes" }).waitFor()
    assert.deepStrictEqual(troubles, [])
  })

  it("write to one person, who sees a count, and how they are", async () => {
    const server = await serve()
    const [ana, leo] = [await enter(server.url, "ana"), await enter(server.url, "leo")]
    await ana.getByRole("button", { name: "Settings" }).click()
    await ana.getByText("busy", { exact: true }).click()
    await ana.keyboard.press("Escape")
    await leo.locator(".people").getByText("busy").waitFor()
    await leo.getByRole("link", { name: /^ana/ }).click()
    await leo.getByText("Only the two of you read what is said here.").waitFor()
    await say(leo, "psst")
    await ana.getByRole("link", { name: /leo.*1 unread/ }).click()
    await sees(ana, "psst")
    assert.deepStrictEqual(troubles, [])
  })

  it("keep drafts per room, speak Spanish, and go on in another tab", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana")
    const field = ana.getByRole("textbox", { name: /^Write in / })
    await field.fill("half a thought")
    await ana.locator("#join").fill("#otra")
    await ana.keyboard.press("Enter")
    await ana.getByRole("textbox", { name: "Write in #otra" }).fill("another")
    await ana.getByRole("link", { name: "cafe" }).click()
    await ana.getByRole("textbox", { name: "Write in #cafe" }).waitFor()
    assert.strictEqual(await field.inputValue(), "half a thought")

    await ana.getByRole("button", { name: "Settings" }).click()
    await ana.getByRole("combobox").selectOption("es")
    await ana.getByRole("heading", { name: "Ajustes" }).waitFor()
    assert.strictEqual(await ana.locator("html").getAttribute("lang"), "es")
    await ana.keyboard.press("Escape")

    const tab = await ana.context().newPage()
    await tab.goto(server.url)
    await tab.getByRole("button", { name: "Seguir en esta pestaña" }).click()
    await tab.getByRole("log").waitFor()
    await ana.getByText("Esta persona ya está aquí en otra pestaña").waitFor()
    assert.deepStrictEqual(troubles, [])
  })

  it("make an account at the door, keep it through a reload, and open it elsewhere by its password", async () => {
    const server = await serve(undefined, "--iterations", "4096")
    const ana = await open(server.url)
    const atDoor = async (page: Page, password: string, registers: boolean) => {
      await page.locator("#nick").fill("ana")
      if ((await page.locator("#password").count()) === 0 || !(await page.locator("#password").isVisible())) {
        await page.getByText("I have an account").click()
      }
      await page.getByLabel("Password").fill(password)
      await page.getByLabel("Make the account").setChecked(registers)
      await page.getByRole("button", { name: "Enter" }).click()
    }
    await atDoor(ana, "short", true)
    await ana.getByRole("alert").getByText("8 characters").waitFor()
    await atDoor(ana, "correct horse", true)
    await ana.getByRole("textbox", { name: "Write in #cafe" }).fill("mine for good")
    await ana.keyboard.press("Enter")
    await ana.getByText("mine for good").waitFor()
    // Whoever says goodbye without an account gives the nick back.
    await ana.getByRole("button", { name: "Settings" }).click()
    await ana.getByRole("button", { name: "Leave, as ana" }).click()
    const other = await open(server.url)
    await other.locator("#nick").fill("ana")
    await other.keyboard.press("Enter")
    await other.getByRole("alert").getByText("nick-registered").waitFor()
    await atDoor(other, "wrong horse", false)
    await other.getByRole("alert").getByText("bad-credentials").waitFor()
    await atDoor(other, "correct horse", false)
    await other.getByText("mine for good").waitFor()
    await other.reload()
    await other.getByText("mine for good").waitFor()
    assert.strictEqual(await other.locator("#password").count(), 0)
    assert.deepStrictEqual(troubles, [])
  })

  it("are bounded by what the server announces, and react in any words", async () => {
    const server = await serve(undefined, "--text", "1000")
    const ana = await enter(server.url, "ana")
    const field = ana.getByRole("textbox", { name: "Write in #cafe" })
    await field.fill("x".repeat(1_001))
    await ana.getByRole("alert").waitFor()
    await field.fill("short enough")
    await ana.keyboard.press("Enter")
    const line = ana.locator(".message", { hasText: "short enough" })
    await line.hover()
    await line.getByRole("button", { name: "Another reaction" }).click()
    await line.getByRole("textbox", { name: "In your own words" }).fill("qué bien")
    await ana.keyboard.press("Enter")
    await line.getByRole("button", { name: /qué bien/u }).waitFor()
    assert.deepStrictEqual(troubles, [])
  })

  it("are notified when they are named and look elsewhere, but not while they are busy", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana", { permissions: ["notifications"] }, async (page) => {
      await page.addInitScript(() => {
        const shown: Array<string> = []
        const notes = class {
          static readonly permission = "granted"
          static readonly requestPermission = () => Promise.resolve("granted")
          constructor(title: string, { body }: { readonly body: string }) {
            shown.push(`${title}: ${body}`)
          }
        }
        Object.assign(globalThis, { Notification: notes, shown })
        Object.defineProperty(document, "hasFocus", { value: () => false })
        Object.defineProperty(document, "visibilityState", { value: "hidden" })
      })
    })
    const leo = await enter(server.url, "leo")
    await ana.getByRole("button", { name: "Settings" }).click()
    await ana.getByText("Notify me when I am named or written to").click()
    await ana.keyboard.press("Escape")
    await say(leo, "nobody in particular")
    await say(leo, "look, @ana")
    await sees(ana, "look, @ana")
    await ana.getByRole("button", { name: "Settings" }).click()
    await ana.getByText("busy", { exact: true }).click()
    await ana.keyboard.press("Escape")
    await leo.locator(".people").getByText("busy").waitFor()
    await say(leo, "and again, @ana")
    await sees(ana, "and again")
    const shown = await ana.evaluate(() => (globalThis as unknown as { shown: ReadonlyArray<string> }).shown)
    assert.deepStrictEqual(shown, ["leo · #cafe: look, @ana"])
    assert.deepStrictEqual(troubles, [])
  })

  it("are told when a nick is taken", async () => {
    const server = await serve()
    await enter(server.url, "ana")
    const other = await open(server.url)
    await other.locator("#nick").fill("Ana")
    await other.keyboard.press("Enter")
    await other.getByRole("alert").getByText("nick-taken").waitFor()
    assert.deepStrictEqual(troubles, [])
  })
})
