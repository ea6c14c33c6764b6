/** A short run of `npm run fuzz`; and that what it looks for, it would find. */
import { byeCodes, errorCodes } from "@tertulia/protocol"
import { expect, test, vi } from "vitest"
import type { Finding } from "./case.ts"
import { makeOracle } from "./oracle.ts"
import { run } from "./run.ts"

vi.setConfig({ testTimeout: 180_000 })

test("a short run finds nothing", async () => {
  const { answers, branches, found, lines } = await run({ seed: 7, lines: 22_000 })
  expect(found?.finding).toBeUndefined()
  expect(lines).toBeGreaterThanOrEqual(22_000)
  // It got behind the door: most of what a server can say was said.
  expect(branches).toBeGreaterThan(1_000)
  const codes = errorCodes.filter((code) => answers.has(`error ${code}`))
  expect(codes.length).toBeGreaterThan(15)
  for (const type of ["welcome", "joined", "message", "history", "search", "conversations"])
    expect(answers).toContain(type)
})

const hello = '{"type":"hello","protocol":1,"server":"x/1","features":[],"auth":["guest"],"limits":{},"heartbeat":30}\n'

/** What is found when this is sent and that comes. */
const judged = (sent: string, came: string): Finding | undefined => {
  const oracle = makeOracle(65_536)
  expect(oracle.came(hello, () => {})).toBeUndefined()
  oracle.sent(Buffer.from(sent))
  return oracle.came(came, () => {})
}

const ping = '{"type":"ping","id":1}\n'

test("a right answer is no finding", () => {
  expect(judged(ping, '{"type":"pong","re":1}\n')).toBeUndefined()
  expect(judged("{\n", '{"type":"bye","code":"not-tertulia","message":"no"}\n')).toBeUndefined()
  expect(
    judged(`${ping}{\n`, '{"type":"pong","re":1}\n{"type":"error","code":"bad-json","message":"no"}\n')
  ).toBeUndefined()
})

test("an answer that tells of the server's inside is found out", () => {
  const said = (message: string) =>
    judged(ping, `${JSON.stringify({ type: "error", re: 1, code: "unavailable", message })}\n`)
  expect(said("try again later")).toBeUndefined()
  for (const message of [
    "TypeError: x is not a function",
    "no\n    at answer (session.ts:12:3)",
    "SQLITE_BUSY",
    "see /srv/a.ts:3"
  ])
    expect(said(message)).toMatchObject({ kind: "tells of its inside" })
})

test.each([
  ["a code that isn't registered", '{"type":"error","re":1,"code":"oops","message":"no"}\n'],
  ["an event that isn't registered", '{"type":"oops"}\n'],
  ["what is no object", "oops\n"],
  ["a reply of another type", '{"type":"synced","re":1}\n'],
  ["a reply to another request", '{"type":"pong","re":2}\n'],
  ["a second reply", '{"type":"pong","re":1}\n{"type":"pong","re":1}\n'],
  ["a defect", '{"type":"bye","code":"internal","message":"a defect"}\n'],
  ["an end for nothing", '{"type":"bye","code":"line-too-long","message":"no"}\n']
])("%s is found out", (_, came) => {
  expect(judged(ping, came)).toBeDefined()
})

test("what is owed is known: an answer for each line, and an end", () => {
  const oracle = makeOracle(8_192)
  oracle.sent(Buffer.from(`${ping}\n \r\n${ping}{"type":"ping"`))
  expect(oracle.owed()).toBe(2)
  oracle.sent(Buffer.from("x".repeat(8_192)))
  expect(oracle.isEndOwed()).toBe(true)
  expect(byeCodes).toContain("line-too-long")
})
