#!/usr/bin/env node
/**
 * Runs a mutant of the terminal client, as a command for `--client`: `chat.ts NAME HITS host:port`. The traffic goes
 * through the mutant's tap, in this very process; the file HITS gets a byte for each time that the mutation was exercised.
 * The name `none` changes nothing.
 *
 * @module
 */
import { appendFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { clients } from "./catalogue/clients.ts"
import { startProxy } from "./proxy.ts"

const [name = "", hits = "", address = ""] = process.argv.slice(2)
const mutant = clients.find((each) => each.name === name)
const port = Number(address.split(":").at(-1))

if ((mutant === undefined && name !== "none") || !(port > 0)) {
  process.stderr.write(
    "Usage: chat.ts NAME HITS host:port, with the name of a client in catalogue/clients.ts, or none\n"
  )
  process.exit(2)
}

const proxy = await startProxy(port, mutant?.tap() ?? {}, () => appendFileSync(hits, "."))
proxy.unref()
const chat = fileURLToPath(new URL("../../packages/terminal/src/main.ts", import.meta.url))
process.argv.splice(
  1,
  process.argv.length,
  chat,
  "--nick",
  "ana",
  "--room",
  "cafe",
  "--reconnect",
  `127.0.0.1:${proxy.port}`
)
await import(chat)
