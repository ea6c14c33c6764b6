import { limitRegistry } from "@tertulia/protocol"
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { combine, fromFile, fromTexts, type Setting, settingNames, settings } from "../src/settings.ts"

const fromEnvironment = (environment: Readonly<Record<string, string>>) =>
  fromTexts(({ environment: variable }: Setting) => ({ text: environment[variable], place: variable }))

const faultOf = <A>(result: Result.Result<A, string>): string =>
  Result.isFailure(result) ? result.failure : "no fault"

const files: ReadonlyArray<readonly [what: string, text: string, says: RegExp]> = [
  ["that isn't JSON", "{", /^t\.json is not JSON: [^\n]+$/u],
  ["that isn't an object", "[]", /^t\.json must hold one JSON object$/u],
  [
    "with an unknown key",
    '{"prot":1}',
    /^t\.json: there is no setting "prot"; there are host, port, webPort, origins, tlsHost, tlsPort, webTlsPort, tlsCert, tlsKey, proxyProtocol, forwardedFrom, data, store, snapshotEvery, relayHost, relayPort, keep, keepDays, heartbeat, maxConnections, newRooms, newAccounts, keptRooms, conversations, opsHost, opsPort, adminSocket, otlpEndpoint, traceEvery, logFormat, register, invitation, iterations, operator, limits$/u
  ],
  ["with a limit outside limits", '{"page":1}', /there is no setting "page"/u],
  ["with an unknown limit", '{"limits":{"lines":1}}', /there is no setting "limits\.lines"; there are line, text/u],
  ["with a key that attacks the terminal", '{"\\u001b[2J":1}', /there is no setting "\\u001b\[2J"/u],
  ["with limits that are no object", '{"limits":5}', /limits must be an object/u],
  ["with a port that is a text", '{"port":"7331"}', /port is "7331": it must be an integer from 0 to 65535$/u],
  ["with a port that is a fraction", '{"port":1.5}', /port is 1\.5: it must be an integer/u],
  [
    "with a certificate and no key",
    '{"tlsCert":"cert.pem"}',
    /^tlsCert is given without tlsKey: TLS needs a certificate and its key$/u
  ],
  [
    "with a store that is to give entries up without snapshots",
    '{"store":"nats://a","keepDays":30,"snapshotEvery":0}',
    /^a store without snapshots keeps all entries: with keep or keepDays, snapshotEvery must not be 0$/u
  ],
  [
    "with a negative number of messages between snapshots",
    '{"snapshotEvery":-1}',
    /snapshotEvery is -1: it must be an integer of at least 0$/u
  ],
  [
    "with a proxy that is no address",
    '{"proxyProtocol":"127.0.0.1,10.0.0.0/33"}',
    /^proxyProtocol: "10\.0\.0\.0\/33" is no address, and no range of them$/u
  ],
  ["with a log that nobody knows", '{"logFormat":"xml"}', /^logFormat is "xml": it must be auto, json or text$/u],
  ["with a host that is a number", '{"host":1}', /host is 1: it must be a text/u],
  [
    "with a limit below its minimum",
    '{"limits":{"page":0}}',
    /limits\.page is 0: it must be an integer of at least 1$/u
  ],
  ["with limits that contradict each other", '{"limits":{"text":20000}}', /limits\.line is 65536: .* 122048/u],
  ["with a backlog below two lines", '{"limits":{"line":1000000}}', /limits\.backlog is 1048576: .* 2000000/u]
]
describe("a file", () => {
  test.for(files)("%s is refused in one sentence", ([, text, says]) => {
    expect(faultOf(Result.flatMap(fromFile("t.json", text), (source) => combine([source])))).toMatch(says)
  })
})

test("a variable that is no integer, or out of range, is refused in one sentence", () => {
  expect(faultOf(combine([fromEnvironment({ TERTULIA_PORT: "x" })]))).toBe(
    'TERTULIA_PORT is "x": it must be an integer from 0 to 65535'
  )
  expect(faultOf(combine([fromEnvironment({ TERTULIA_HEARTBEAT: "0" })]))).toMatch(
    /TERTULIA_HEARTBEAT is 0: .* 1 to 300/u
  )
  expect(faultOf(combine([fromEnvironment({ TERTULIA_PORT: "" })]))).toBe("no fault")
})

test("whoever chooses another port chooses that of the page, too, or has none", () => {
  const webPortOf = (environment: Readonly<Record<string, string>>) =>
    Result.getOrThrow(combine([fromEnvironment(environment)])).webPort
  expect(webPortOf({})).toBe(7_332)
  expect(webPortOf({ TERTULIA_PORT: "7331" })).toBe(7_332)
  expect(webPortOf({ TERTULIA_PORT: "0" })).toBe(-1)
  expect(webPortOf({ TERTULIA_PORT: "0", TERTULIA_WEB_PORT: "0" })).toBe(0)
  expect(webPortOf({ TERTULIA_WEB_PORT: "-1" })).toBe(-1)
})

test("what is no origin is refused in one sentence", () => {
  expect(faultOf(combine([fromEnvironment({ TERTULIA_ORIGINS: "chat.example.org" })]))).toBe(
    'TERTULIA_ORIGINS is "chat.example.org": chat.example.org is no origin; one is written as https://chat.example.org, without a path'
  )
})

test("the first source wins, and what nobody gives has its default", () => {
  const file = Result.getOrThrow(fromFile("t.json", '{"port":1,"heartbeat":7,"limits":{"joins":7,"page":7}}'))
  const environment = fromEnvironment({ TERTULIA_JOINS: "8", TERTULIA_PAGE: "8" })
  const flags = fromTexts(({ flag }) => ({ text: flag === "joins" ? "9" : undefined, place: `--${flag}` }))
  expect(Result.getOrThrow(combine([flags, environment, file]))).toMatchObject({
    host: "127.0.0.1",
    port: 1,
    heartbeat: 7,
    limits: { joins: 9, page: 8, text: limitRegistry.text.default }
  })
})

test("a store gives entries up, and takes snapshots unless it is told not to", () => {
  const source = Result.getOrThrow(fromFile("t.json", '{"store":"nats://a","keep":5}'))
  expect(Result.getOrThrow(combine([source]))).toMatchObject({ keep: 5, snapshotEvery: 100_000 })
  expect(settings.snapshotEvery).toMatchObject({ flag: "snapshot-every", environment: "TERTULIA_SNAPSHOT_EVERY" })
})

test("every limit of the registry can be set", () => {
  for (const name of Object.keys(limitRegistry)) expect(settingNames).toContain(name)
  expect(settings.loginSeconds).toMatchObject({ flag: "login-seconds", environment: "TERTULIA_LOGIN_SECONDS" })
})
