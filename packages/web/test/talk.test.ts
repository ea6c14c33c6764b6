/** People talk: in browsers and a terminal, while the server goes away and comes back. */
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
