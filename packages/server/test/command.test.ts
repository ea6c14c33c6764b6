import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { expect, test } from "vitest"
import { openHouse } from "./support/house.ts"
import { openPage } from "./support/page.ts"
import { connectTo, linesOf, listening, openFolder } from "./support/process.ts"

const faults: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, says: RegExp]> = [
  ["an unknown flag", ["--prot", "1"], /^tertulia: .*--prot/u],
  ["an argument", ["extra"], /^tertulia: .*extra/u],
  [
    "a value that attacks the terminal",
    ["--port", "\u001b[2J"],
    /^tertulia: --port is "\\u001b\[2J": it must be an integer/u
  ],
  ["a file that isn't there", ["--config", "none.json"], /^tertulia: can't read the configuration file none\.json/u],
  [
    "an address of another machine",
    ["--host", "192.0.2.1", "--port", "0"],
    /^tertulia: 192\.0\.2\.1 is not an address/u
  ]
]
test.for(faults)("%s is one line on standard error, and exit 2", async ([, args, says]) => {
  await using folder = await openFolder()
  const { code, err, out } = await folder.start(args).exit
  expect({ code, out }).toEqual({ code: 2, out: "" })
  expect(err).toMatch(says)
  expect(err.match(/\n/gu)).toHaveLength(1)
})

test("a port in use is one line on standard error, and exit 2", async () => {
  await using house = await openHouse()
  await using folder = await openFolder()
  const { code, err, out } = await folder.start(["--port", String(house.port)]).exit
  expect({ code, out }).toEqual({ code: 2, out: "" })
  expect(err).toMatch(/^tertulia: port \d+ on 127\.0\.0\.1 is in use: .*--port\n$/u)
})

test("the port of the page is said in a line of its own, and one in use is a fault like any other", async () => {
  await using house = await openHouse({ web: {} })
  await using folder = await openFolder()
  const { child } = folder.start(["--port", "0", "--web-port", "0", "--data", ":memory:"])
  const { saying } = linesOf(child)
  const { message, webPort } = await saying("in a browser")
  expect(message).toBe(`in a browser: http://127.0.0.1:${webPort}`)
  await openPage(Number(webPort), { origin: "https://chat.example.org" })
  expect((await saying("are refused"))["message"]).toBe(
    'pages of "https://chat.example.org" are refused; --origins https://chat.example.org would let them in'
  )
  const taken = ["--port", "0", "--web-port", String(house.webPort), "--data", ":memory:"]
  const { code, err } = await folder.start(taken).exit
  expect(code).toBe(2)
  expect(err).toMatch(/^tertulia: port \d+ on 127\.0\.0\.1 is in use: .*--web-port\n$/u)
})

test("a bad file in the folder is one line on standard error, and exit 2", async () => {
  await using folder = await openFolder()
  await writeFile(join(folder.path, "tertulia.json"), '{"prot":1}')
  const { code, err } = await folder.start([]).exit
  expect(code).toBe(2)
  expect(err).toMatch(/^tertulia: \.\/tertulia\.json: there is no setting "prot"; [^\n]*\n$/u)
})

test("flags, environment and file are all heard", async () => {
  await using folder = await openFolder()
  await writeFile(join(folder.path, "tertulia.json"), '{"port":1,"heartbeat":7,"limits":{"joins":7,"page":7}}')
  const { child } = folder.start(["--port", "0", "--joins", "9"], { TERTULIA_JOINS: "8", TERTULIA_PAGE: "8" })
  const { port } = await listening(child)
  const socket = await connectTo(port)
  for await (const line of createInterface({ input: socket })) {
    expect(JSON.parse(line)).toMatchObject({ heartbeat: 7, limits: { joins: 9, page: 8, text: 4_096 } })
    break
  }
  socket.destroy()
})

test("--help documents every flag with its default and its name in the environment, and lists the tools", async () => {
  await using folder = await openFolder()
  const { code, out } = await folder.start(["--help"]).exit
  expect(code).toBe(0)
  expect(out).toMatch(/--port integer .*\[default 7331, TERTULIA_PORT\]/u)
  expect(out).toMatch(/--login-seconds integer .*\[default 30, TERTULIA_LOGIN_SECONDS\]/u)
  expect(out).toContain("--config path")
  expect(out).toMatch(
    /SUBCOMMANDS\n( {2}(serve|export|import|backup|verify|migrate|admin|dev-cert) {2,7}[A-Z][^\n]+\n?){8}$/u
  )
})
