/** What docs/ says can be done by a command: that there are such commands, flags, settings and metrics. */
import { readFileSync } from "node:fs"
import { Result } from "effect"
import { expect, test } from "vitest"
import { combine, fromFile } from "../src/settings.ts"
import { tertulia } from "./support/tertulia.ts"

const root = new URL("../../../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

const pages = [
  "docs/operating.md",
  "docs/run-it-for-real.md",
  "docs/es/run-it-for-real.md",
  "docs/several-servers.md",
  "docs/to-a-million.md"
]
const units = ["deploy/tertulia.service", "deploy/tertulia-backup.service"]

const subcommands: ReadonlyArray<ReadonlyArray<string>> = [
  ...["serve", "backup", "dev-cert", "export", "import", "migrate", "verify"].map((name) => [name]),
  ...["who", "rooms", "kick", "ban", "unban", "bans", "drain"].map((name) => ["admin", name]),
  ...["accounts", "password", "delete-account", "invite", "invitations", "revoke"].map((name) => ["admin", name])
]

const flagsIn = (text: string): ReadonlyArray<string> => text.match(/(?<![\w-])--[a-z][a-z-]*/gu) ?? []

const helpOf = async (path: ReadonlyArray<string>): Promise<string> => {
  const { code, out } = await tertulia(...path, "--help")
  expect(code).toBe(0)
  return out.join("\n")
}

/** What runs the server's command: what comes after it, on each line of a page. */
const commandsIn = (text: string): ReadonlyArray<string> =>
  [
    ...text.matchAll(
      /(?:\bnpm (?:run (?:--silent )?server|start) --|(?<![\w/.-])tertulia|src\/main\.ts) ([^\n|<#`"]+)/gu
    )
  ].map(([, args]) => args!)

test.each([...pages, ...units])("%s names commands and flags that there are", async (page) => {
  const text = read(page)
  const commands = commandsIn(text)
  expect(commands.length).toBeGreaterThan(0)
  for (const command of commands) {
    const words = command.split(" ").filter((word) => /^[a-z-]+$/u.test(word) && !word.startsWith("-"))
    const path = subcommands.find((path) => path.every((word, at) => words[at] === word)) ?? []
    const help = flagsIn(await helpOf(path))
    for (const flag of flagsIn(command)) expect(help, `${flag} of: ${command}`).toContain(flag)
  }
})

test.each(pages)("%s names no flag that nothing has", async (page) => {
  const helps = await Promise.all([[], ...subcommands].map(helpOf))
  // Those of other programs that the pages tell to run.
  const others = [
    "--system",
    "--home-dir",
    "--shell",
    "--now",
    "--offline",
    "--silent",
    "--tls",
    "--target",
    "--start",
    "--servers",
    "--nodes",
    "--still-nodes",
    "--minutes",
    "--every",
    "--seed"
  ]
  const known = new Set([...helps.flatMap(flagsIn), ...others])
  expect(flagsIn(read(page)).filter((flag) => !known.has(flag))).toEqual([])
})

test("the example of a configuration file is one", () => {
  for (const page of pages.filter((page) => page.endsWith("run-it-for-real.md"))) {
    const [, example] = /```json\n(\{[\s\S]*?\n\})\n```/u.exec(read(page)) ?? []
    const settings = Result.flatMap(fromFile("example", example!), (source) => combine([source]))
    expect(Result.isSuccess(settings), JSON.stringify(settings)).toBe(true)
  }
})

test("the alerts ask for metrics that there are", () => {
  const metrics = read("packages/server/src/operations.ts")
  const asked = read("docs/run-it-for-real.md").match(/tertulia_[a-z_]+/gu) ?? []
  expect(asked.length).toBeGreaterThan(5)
  for (const name of asked) {
    expect(metrics).toContain(`"${name.replace(/^tertulia_/u, "").replace(/_bucket$/u, "")}"`)
  }
})
