/**
 * The page in a real browser, with the reference server behind it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe } from "vitest"
import { freshen } from "../../build.ts"
import { chromiumPath, killed, type Server, startServer } from "./server.ts"

const reason = chromiumPath === undefined ? ": skipped, no Chromium (set TERTULIA_CHROMIUM to where it is)" : ""

const terminal = fileURLToPath(new URL("../../../terminal/src/main.ts", import.meta.url))

/** A terminal client in a pipe. */
export interface Terminal {
  readonly say: (line: string) => void
  /** Waits for a line of its output that holds a text. */
  readonly sees: (text: string) => Promise<string>
}

/** What is done to a page before it loads anything. */
type Prepare = (page: Page) => Promise<void>

/** What the tests of a file share. */
export interface Stage {
  /** Starts the reference server; on the ports of an earlier one, when that is given. */
  readonly serve: (before?: Server, ...flags: ReadonlyArray<string>) => Promise<Server>
  /** A page of its own, as another person's browser has it; it must not log any error. */
  readonly open: (url: string, options?: BrowserContextOptions, prepare?: Prepare) => Promise<Page>
  /** The same, and past the door. */
  readonly enter: (url: string, nick: string, options?: BrowserContextOptions, prepare?: Prepare) => Promise<Page>
  readonly terminal: (server: Server, nick: string, room: string) => Terminal
  /** What went wrong on any page: errors, and what the policy has forbidden. */
  readonly troubles: Array<string>
}

/** What a browser says of a server that is away, in words of its own. */
const isAway = (text: string): boolean => /WebSocket connection to|net::ERR_CONNECTION_REFUSED/u.test(text)

/** Tests in a browser; skipped, and said so, where there is none. */
export const inBrowser = (name: string, body: (stage: Stage) => void): void => {
  describe.skipIf(chromiumPath === undefined)(`${name}${reason}`, { timeout: 120_000 }, () => {
    let browser: Browser | undefined
    let folder = ""
    let served = 0
    const children = new Set<ChildProcess>()
    const troubles: Array<string> = []

    const run = (script: string, args: ReadonlyArray<string>) => {
      const child = spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "pipe"], cwd: folder })
      children.add(child)
      return child
    }

    const serve: Stage["serve"] = async (before, ...flags) => {
      const data = before?.data ?? join(folder, `rooms-${++served}.db`)
      const server = await startServer({ data, flags, ...(before === undefined ? {} : { before }) })
      children.add(server.child)
      return server
    }

    const open: Stage["open"] = async (url, options, prepare) => {
      const page = await (await browser!.newContext(options)).newPage()
      page.on("pageerror", ({ message }) => troubles.push(message))
      page.on("console", (message) => {
        if (message.type() === "error" && !isAway(message.text())) troubles.push(message.text())
      })
      await prepare?.(page)
      await page.goto(url)
      return page
    }

    const enter: Stage["enter"] = async (url, nick, options, prepare) => {
      const page = await open(url, options, prepare)
      await page.locator("#nick").fill(nick)
      await page.keyboard.press("Enter")
      await page.getByRole("log").waitFor()
      return page
    }

    const openTerminal: Stage["terminal"] = (server, nick, room) => {
      const child = run(terminal, ["--nick", nick, "--room", room, "--reconnect", `127.0.0.1:${server.port}`])
      const lines: Array<string> = []
      const waiting = new Set<() => void>()
      createInterface({ input: child.stdout }).on("line", (line) => {
        lines.push(line)
        for (const look of [...waiting]) look()
      })
      return {
        say: (line) => void child.stdin.write(`${line}\n`),
        sees: (text) =>
          new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no ${text} in ${lines.join("\n")}`)), 30_000)
            const look = () => {
              const found = lines.find((line) => line.includes(text))
              if (found === undefined) return
              clearTimeout(late)
              waiting.delete(look)
              resolve(found)
            }
            waiting.add(look)
            look()
          })
      }
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "tertulia-web-"))
      await freshen()
      browser = await chromium.launch({ executablePath: chromiumPath! })
    }, 120_000)

    afterEach(async () => {
      await Promise.all(browser!.contexts().map((context) => context.close()))
      await Promise.all([...children].map(killed))
      children.clear()
      troubles.length = 0
    })

    afterAll(async () => {
      await browser?.close()
      rmSync(folder, { recursive: true, force: true })
    })

    body({ serve, open, enter, terminal: openTerminal, troubles })
  })
}

// --- what a person does and sees ---

/** What opens the accounts of the tests. */
export const password = "correct horse"

/** Comes in by an account that is made at the door. */
export const register = async (page: Page, nick: string): Promise<Page> => {
  await page.locator("#nick").fill(nick)
  await page.locator(".door-account summary").click()
  await page.locator("#password").fill(password)
  await page.getByRole("checkbox").check()
  await page.locator("#nick").press("Enter")
  await page.getByRole("log").waitFor()
  return page
}

/** Says something where one is. */
export const say = async (page: Page, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: /^Write in / }).fill(text)
  await page.keyboard.press("Enter")
}

/** The texts of the messages that are drawn, in their order. */
export const texts = (page: Page): Promise<ReadonlyArray<string>> => page.locator(".message .text").allInnerTexts()

/** Waits until a text is among the messages. */
export const sees = (page: Page, text: string): Promise<void> =>
  page.locator(".message .text", { hasText: text }).first().waitFor()
