/** SECURITY.md: each test that it names is there; and what goes into the log of a whole session. */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { proofOf } from "@tertulia/protocol"
import { expect, test } from "vitest"
import { openClient } from "./support/house.ts"
import { testsNamedIn } from "./support/named-tests.ts"
import { linesOf, openFolder } from "./support/process.ts"

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

const named = readFileSync(at("SECURITY.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .flatMap(testsNamedIn)

test("every row of SECURITY.md names a test", () => {
  const text = readFileSync(at("SECURITY.md"), "utf8")
  const [, table = ""] = text.split("| threat | what is done | test |\n|---|---|---|\n")
  const rows = table.split("\n\n")[0]!.split("\n")
  expect(rows.length).toBeGreaterThan(20)
  for (const row of rows) expect(row, "a file and a name").toMatch(/`[^`]+\.test\.ts`: \*[^*]+\*/u)
  expect(named.length).toBeGreaterThanOrEqual(rows.length)
})

test.each(named)("$file has the test: $name", ({ file, name }) => {
  expect(existsSync(at(file)), `${file} is there`).toBe(true)
  // In quotes, as the name of a test, and not in a comment.
  expect(readFileSync(at(file), "utf8")).toContain(`"${name}"`)
})

test("neither a secret nor a line of somebody's making is in the log of a whole session", async () => {
  await using folder = await openFolder()
  const environment = { TERTULIA_INVITATION: "an invitation that nobody may read" }
  const { child, exit } = folder.start(["--port", "0", "--log-format", "json", "--log-level", "trace"], environment)
  const port = Number((await linesOf(child).saying("listening on"))["port"])
  const forged = '\n{"level":"error","message":"forged"}\r\u001b[31mforged'
  const secrets: Array<unknown> = ["correct horse", "battery staple", "a wrong password", ...Object.values(environment)]
  const invitation = environment.TERTULIA_INVITATION

  const ana = await openClient(port)
  const made = await ana.ask({ type: "register", nick: "ana", password: "correct horse", invitation, resume: true })
  const changed = await ana.ask({ type: "password", password: "battery staple" })
  await ana.ask({ type: "join", room: "#cafe" })
  await ana.ask({ type: "send", room: "#cafe", text: "a text that is nobody's business", key: "k1" })
  await ana.ask({ type: "status", text: "a status that is nobody's business" })
  const leo = await openClient(port)
  await leo.ask({ type: "login", nick: "ana", password: "a wrong password" })
  const nonce = "0123456789abcdef"
  const { iterations, nonce: both, salt } = await leo.ask({ type: "challenge", nick: "ana", nonce })
  const exchange = {
    nick: "ana",
    clientNonce: nonce,
    nonce: String(both),
    salt: String(salt),
    iterations: Number(iterations)
  }
  const { proof } = await proofOf("battery staple", exchange)
  const opened = await leo.ask({ type: "login", nick: "ana", proof, resume: true })
  expect(opened).toMatchObject({ type: "welcome", account: true })
  secrets.push(proof, made["session"], made["token"], changed["token"], opened["session"], opened["token"])
  const eva = await openClient(port)
  await eva.ask({ type: "login", nick: "ana", token: opened["token"] })
  const forger = await openClient(port)
  forger.say(`{"type":"login","id":1,"nick":${JSON.stringify(forged)}}\n`, `${forged}\n`)
  await forger.ask({ type: forged })
  await forger.ask({ type: "login", nick: "forger", session: forged, key: forged })
  for (const client of [ana, leo, eva, forger]) client.socket.destroy()
  child.kill("SIGTERM")
  const { code, err, out } = await exit
  expect(code).toBe(0)

  const log = out + err
  expect(log).toContain("a connection ends")
  for (const secret of secrets) {
    expect(String(secret).length).toBeGreaterThan(8)
    expect(log).not.toContain(String(secret))
  }
  expect(log).not.toMatch(/nobody's business|forged"?\}|^\{"level":"error"/mu)
  for (const line of out.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("message")
})
