/** The command `tertulia` as `npm ci` links it: on this Node, and on an older one, where there is one. */
import { execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, realpathSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { openClient } from "./support/house.ts"
import { linesOf, openFolder } from "./support/process.ts"

const bin = fileURLToPath(new URL("../bin/tertulia.js", import.meta.url))
const linked = fileURLToPath(new URL("../../../node_modules/.bin/tertulia", import.meta.url))

/** A Node on the path that doesn't run TypeScript: the one by which most people start npm. */
const older = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .filter((node) => existsSync(node))
  .find((node) => Number.parseInt(execFileSync(node, ["--version"]).toString().slice(1), 10) < 24)

if (older === undefined) console.warn("Skipped: tertulia on an older Node, because there is none on the path.")

test("npm ci links it", () => expect(realpathSync(linked)).toBe(realpathSync(bin)))

test("it is the server's command, with serve for what it does without a subcommand", async () => {
  await using folder = await openFolder()
  const { child, exit } = folder.run(process.execPath, bin, "serve", "--port", "0")
  const { port } = await linesOf(child).saying("listening on")
  const ana = await openClient(Number(port))
  await ana.ask({ type: "login", nick: "ana" })
  const who = await folder.run(process.execPath, bin, "admin", "--json", "who").exit
  expect(JSON.parse(who.out)).toMatchObject({ people: [{ nick: "ana" }] })
  ana.socket.destroy()
  child.kill("SIGTERM")
  expect(await exit).toMatchObject({ code: 0, err: "" })
})

test.skipIf(older === undefined)("on an older Node it is the same, signals and exit codes included", async () => {
  await using folder = await openFolder()
  const { child, exit } = folder.run(older!, bin, "--port", "0")
  await linesOf(child).saying("listening on")
  expect(await folder.run(older!, bin, "serve", "--prot", "1").exit).toMatchObject({ code: 2 })
  expect(await folder.run(older!, bin, "admin", "rooms").exit).toMatchObject({ code: 0, err: "" })
  child.kill("SIGTERM")
  expect(await exit).toMatchObject({ code: 0, err: "" })
})

test.skipIf(older === undefined)("without a Node that can, it says what it takes", async () => {
  await using folder = await openFolder()
  mkdirSync(join(folder.path, "bin"))
  copyFileSync(bin, join(folder.path, "bin/tertulia.mjs"))
  const { status, stderr } = spawnSync(older!, [join(folder.path, "bin/tertulia.mjs")], { encoding: "utf8" })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^tertulia: it takes Node 24, and this is \d+\.\d+\.\d+: run npm ci in its folder\n$/u)
})
