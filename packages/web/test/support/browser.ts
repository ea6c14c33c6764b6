/**
 * The page in a real browser, with the reference server behind it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe } from "vitest"
import { freshen } from "../../build.ts"

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

/** Where the browser is; undefined when there is none. */
const executablePath = [process.env["TERTULIA_CHROMIUM"], ...places].find(
  (path) => path !== undefined && existsSync(path)
)

const reason = executablePath === undefined ? ": skipped, no Chromium (set TERTULIA_CHROMIUM to where it is)" : ""

const main = fileURLToPath(new URL("../../../server/src/main.ts", import.meta.url))
const terminal = fileURLToPath(new URL("../../../terminal/src/main.ts", import.meta.url))

/** A server that may be killed. */
export interface Server {
  readonly port: number
  readonly webPort: number
  readonly url: string
  /** The file of its rooms. */
  readonly data: string
  /** SIGKILL; returns when it is gone. */
  readonly kill: () => Promise<void>
}

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

const killed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGKILL")
  })

/** What a browser says of a server that is away, in words of its own. */
const isAway = (text: string): boolean => /WebSocket connection to|net::ERR_CONNECTION_REFUSED/u.test(text)

/** Tests in a browser; skipped, and said so, where there is none. */
export const inBrowser = (name: string, body: (stage: Stage) => void): void => {
  describe.skipIf(executablePath === undefined)(`${name}${reason}`, { timeout: 120_000 }, () => {
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

    const serve: Stage["serve"] = (before, ...flags) =>
      new Promise((resolve, reject) => {
        const ports = ["--port", String(before?.port ?? 0), "--web-port", String(before?.webPort ?? 0)]
        const data = before?.data ?? join(folder, `rooms-${++served}.db`)
        const child = run(main, [...ports, "--data", data, ...flags])
        let port = 0
        let complaint = ""
        child.stderr.on("data", (text) => {
          complaint += text
        })
        child.once("exit", () => reject(new Error(`the server ended: ${complaint}`)))
        createInterface({ input: child.stdout }).on("line", (line) => {
          const said: { readonly port?: number; readonly webPort?: number } = JSON.parse(line)
          if (said.port !== undefined) port = said.port
          if (said.webPort === undefined) return
          const { webPort } = said
          resolve({ port, webPort, url: `http://127.0.0.1:${webPort}/`, data, kill: () => killed(child) })
        })
      })

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
      browser = await chromium.launch({ executablePath: executablePath! })
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
