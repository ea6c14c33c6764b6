/** Rooms are kept, and accounts are one's own: by what the page offers to those who may, and to nobody else. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import type { Page } from "playwright-core"
import { assert, it } from "vitest"
import { inBrowser, password, register, say, sees } from "./support/browser.ts"
import { main } from "./support/server.ts"

/** What may be done about somebody, by the list of people. */
const about = async (page: Page, nick: string, deed: RegExp | string): Promise<void> => {
  await page
    .locator(".people")
    .getByRole("button", { name: `What to do about ${nick}` })
    .click()
  await page.getByRole("dialog").getByRole("button", { name: deed }).click()
}

inBrowser("who keeps a room", ({ enter, open, serve, troubles }) => {
  it("mutes, deletes, slows, invites, gives roles, puts out and bans; whoever may not is offered none of it", async () => {
    const server = await serve(undefined, "--iterations", "4096")
    const ana = await register(await open(server.url), "ana")
    const leo = await register(await open(server.url), "leo")
    const eva = await enter(server.url, "eva")
    ana.on("dialog", (dialog) => void dialog.accept())
    await say(leo, "something rude")
    await sees(ana, "something rude")
    await ana.locator(".room-title").getByText("owner").waitFor()

    // A member is offered nothing.
    await leo.locator(".people").getByText("eva").waitFor()
    assert.strictEqual(await leo.getByRole("button", { name: /^What to do about/ }).count(), 0)
    assert.strictEqual(await leo.getByRole("button", { name: "This room, and who may enter" }).count(), 0)
    const line = ana.locator(".message", { hasText: "something rude" })
    await leo.locator(".message").hover()
    assert.strictEqual(await leo.locator(".message").getByRole("button", { name: "About leo" }).count(), 0)

    // On a message: it is deleted, and its author muted.
    await line.hover()
    await line.getByRole("button", { name: "About leo" }).click()
    await ana.getByRole("dialog").getByRole("button", { name: /^Mute/ }).click()
    await leo.getByPlaceholder("You have been muted here").waitFor()
    assert.isTrue(await leo.getByRole("textbox", { name: "Write in #cafe" }).isDisabled())
    await line.hover()
    await line.getByRole("button", { name: "Delete" }).click()
    await leo.locator(".message .is-deleted").waitFor()
    await about(ana, "leo", "Let speak again")
    await leo.getByPlaceholder("Write in #cafe").waitFor()

    // A moderator may put out, and not give the room away.
    await ana.locator(".people").getByRole("button", { name: "What to do about leo" }).click()
    await ana.getByRole("dialog").getByRole("button", { name: "Give" }).click()
    await leo.locator(".room-title").getByText("moderator").waitFor()
    await leo.locator(".people").getByRole("button", { name: "What to do about eva" }).click()
    assert.strictEqual(await leo.getByRole("dialog").getByRole("button", { name: "Give" }).count(), 0)
    await leo
      .getByRole("dialog")
      .getByRole("button", { name: /^Put out/ })
      .click()
    await eva.getByText("You have been put out.").waitFor()
    await eva.getByRole("button", { name: "Join again" }).click()
    await leo.locator(".people").getByText("eva").waitFor()

    // The room gets slow and private, and eva doesn't come back but by an invitation.
    await ana.getByRole("button", { name: "This room, and who may enter" }).click()
    await ana.getByRole("combobox").selectOption("30")
    await eva.getByText("One message each 30 s").waitFor()
    await ana.getByRole("radio", { name: /^private/ }).click()
    await eva.locator(".room-title").getByText("private").waitFor()
    await ana.keyboard.press("Escape")
    await about(ana, "eva", /^Ban/)
    await eva.getByText("You have been banned from this room").waitFor()
    assert.strictEqual(await eva.getByRole("button", { name: "Join again" }).count(), 0)
    await ana.getByRole("button", { name: "This room, and who may enter" }).click()
    await ana.getByLabel("Whose ban to end").fill("eva")
    await ana.getByRole("button", { name: "End a ban" }).click()
    await ana.getByRole("status").getByText("Done.").waitFor()
    await ana.getByLabel("Whom to invite").fill("nobody-at-all")
    await ana.getByRole("button", { name: "Invite" }).click()
    await ana.getByRole("alert").getByText("no-such-nick").waitFor()
    await ana.getByLabel("Whom to invite").fill("@eva")
    await ana.getByRole("button", { name: "Invite" }).click()
    await ana.getByText("ana has invited eva").waitFor()
    await ana.keyboard.press("Escape")
    await eva.reload()
    await eva.locator("#join").fill("#cafe")
    await eva.keyboard.press("Enter")
    await ana.locator(".people").getByText("eva").waitFor()
    assert.deepStrictEqual(troubles, [])
  })

  it("has an account: changes its password, logs out everywhere, and ends it, without losing a word", async () => {
    const server = await serve(undefined, "--iterations", "4096")
    const ana = await register(await open(server.url), "ana")
    ana.on("dialog", (dialog) => void dialog.accept())
    const dialog = ana.getByRole("dialog")
    const opens = async () => {
      await ana.getByRole("button", { name: "Settings" }).click()
      await ana.getByRole("button", { name: "Your account" }).click()
      await dialog.getByRole("heading", { name: "Your account" }).waitFor()
    }
    const change = async (current: string, next: string) => {
      await dialog.getByLabel("Password now").first().fill(current)
      await dialog.getByLabel("New password").fill(next)
      await dialog.getByRole("button", { name: "Change the password" }).click()
    }
    await say(ana, "before")
    await opens()
    await change(password, "short")
    await dialog.getByRole("alert").getByText("8 characters").waitFor()
    await change("wrong horse", "battery staple")
    await dialog.getByRole("alert").getByText("bad-credentials").waitFor()
    await change(password, "battery staple")
    await dialog.getByRole("status").getByText("The password was changed.").waitFor()
    await dialog.getByRole("button", { name: "Log out everywhere" }).click()
    await dialog.getByRole("status").getByText("every login was ended").waitFor()
    await ana.keyboard.press("Escape")
    await say(ana, "after")
    await sees(ana, "after")

    const other = await open(server.url)
    await other.locator("#nick").fill("ana")
    await other.locator(".door-account summary").click()
    await other.locator("#password").fill(password)
    await other.locator("#nick").press("Enter")
    await other.getByRole("alert").getByText("bad-credentials").waitFor()

    await opens()
    await dialog.getByText("End the account").first().click()
    await dialog.getByLabel("Password now").last().fill("battery staple")
    await dialog.getByRole("button", { name: "End the account" }).click()
    await dialog.getByRole("status").getByText("you go on as a guest").waitFor()
    await ana.keyboard.press("Escape")
    assert.deepStrictEqual(await ana.locator(".message .text").allInnerTexts(), ["before", "after"])
    await opens()
    await dialog.getByText("You are here as a guest.").waitFor()
    assert.deepStrictEqual(troubles, [])
  })
  it("is told when an operator puts one out, with what they have to say", async () => {
    const server = await serve()
    const ana = await enter(server.url, "ana")
    await say(ana, "hola")
    await sees(ana, "hola")
    const kick = ["admin", "--data", server.data, "kick", "--reason", "stop that", "ana"]
    await promisify(execFile)(process.execPath, [main, ...kick])
    const banner = ana.getByRole("region", { name: "Offline" })
    await banner.getByText("An operator of this server has put you out. (stop that)").waitFor()
    await banner.getByRole("button", { name: "Try now" }).click()
    await sees(ana, "hola")
    assert.deepStrictEqual(troubles, [])
  })
})
