import { fc, test as property } from "@fast-check/vitest"
import { expect, test } from "vitest"
import { openHouse } from "./support/house.ts"

const quick = { limits: { burst: 1e6 } }

const hostile: ReadonlyArray<readonly [what: string, line: string | Buffer, answer: object]> = [
  ["binary", Buffer.from([0x7b, 0xff, 0xfe, 0x0a]), { code: "bad-json" }],
  ["a byte order mark", '\ufeff{"type":"ping","id":1}\n', { code: "bad-json" }],
  ["an array", "[]\n", { code: "bad-json" }],
  ["null", "null\n", { code: "bad-json" }],
  ["NaN", '{"type":"ping","id":NaN}\n', { code: "bad-json" }],
  ["a comment", '{"type":"ping","id":1}//\n', { code: "bad-json" }],
  ["8,000 brackets", `${"[".repeat(8_000)}\n`, { code: "bad-json" }],
  [
    "deep nesting in a field nobody reads",
    `{"type":"ping","id":1,"x":${"[".repeat(9)}${"]".repeat(9)}}\n`,
    { code: "bad-json" }
  ],
  ["an escaped lone surrogate", '{"type":"send","id":1,"room":"#cafe","text":"\\ud800"}\n', { code: "bad-json" }],
  ["an escaped NUL", '{"type":"send","id":1,"room":"#cafe","text":"\\u0000"}\n', { code: "bad-json" }],
  ["2^60 as id", '{"type":"ping","id":1152921504606846976}\n', { code: "bad-request", field: "id" }],
  ["an id of 0", '{"type":"ping","id":0}\n', { code: "bad-request", field: "id" }],
  ["no id", '{"type":"ping"}\n', { code: "bad-request", field: "id" }],
  ["a type that is a number", '{"type":1,"id":7}\n', { re: 7, code: "bad-request", field: "type" }],
  ["__proto__ as type", '{"type":"__proto__","id":7}\n', { re: 7, code: "unsupported" }],
  ["constructor as type", '{"type":"constructor","id":7}\n', { re: 7, code: "unsupported" }],
  ["__proto__ as field", '{"__proto__":{"type":"ping","id":1}}\n', { code: "bad-request", field: "id" }],
  ["a nick that is a prototype's", '{"type":"join","id":7,"room":"#__proto__"}\n', { re: 7, code: "bad-name" }],
  ["two ids, the last of which counts", '{"type":"ping","id":1,"id":7}\n', { type: "pong", re: 7 }],
  ["an escaped type", '{"type":"\\u0070ing","id":7}\n', { type: "pong", re: 7 }],
  ["CR LF, and empty lines around", '\r\n \t\r\n{"type":"ping","id":7}\r\n\n', { type: "pong", re: 7 }],
  ["an escape sequence", '{"type":"send","id":7,"room":"#cafe","text":"\\u001b[2J"}\n', { re: 7, code: "bad-text" }],
  ["U+009B", '{"type":"send","id":7,"room":"#cafe","text":"\u009b2J"}\n', { re: 7, code: "bad-text" }]
]

test.for(hostile)("%s costs its line and nothing else", async ([, line, answer]) => {
  await using house = await openHouse()
  const ana = await house.person("ana", "#cafe")
  ana.socket.write(line)
  ana.say({ type: "ping", id: 99 })
  expect(await ana.next()).toMatchObject(answer)
  await ana.expect({ type: "pong", re: 99 })
})

test("who doesn't begin with a JSON object is sent away, and nothing of theirs is executed", async () => {
  await using house = await openHouse()
  const page = await house.greeted()
  page.say("\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\n", { type: "login", id: 1, nick: "ana" })
  expect(await page.rest()).toMatchObject([{ type: "bye", code: "not-tertulia" }])
  await house.person("ana")
})

test("a first line that is an object with a bad field is answered, and costs that line only", async () => {
  await using house = await openHouse()
  const ana = await house.greeted()
  ana.say('{"type":"login","id":1,"nick":"\\ud800"}\n', { type: "ping", id: 2 })
  await ana.expect({ type: "error", code: "bad-json" })
  await ana.expect({ type: "pong", re: 2 })
})

test("a line without end is answered after the lines before it", async () => {
  await using house = await openHouse()
  const ana = await house.greeted()
  ana.say({ type: "ping", id: 1 }, '{"type":"', "x".repeat(1_000_000))
  expect(await ana.rest()).toMatchObject([
    { type: "pong", re: 1 },
    { type: "bye", code: "line-too-long" }
  ])
  expect(await ana.closed).toBe("fin")
})

test("a line of exactly limits.line bytes is read, one byte more is not", async () => {
  await using house = await openHouse()
  const pad = (bytes: number) => {
    const bare = '{"type":"ping","id":1,"pad":""}\n'
    return bare.replace('""', `"${"x".repeat(bytes - bare.length)}"`)
  }
  const ana = await house.greeted()
  ana.say(pad(65_536))
  await ana.expect({ type: "pong", re: 1 })
  ana.say(pad(65_537))
  expect(await ana.rest()).toMatchObject([{ code: "line-too-long" }])
})

property.prop([fc.array(fc.nat(60), { minLength: 1, maxLength: 20 })], { numRuns: 20 })(
  "however the bytes are cut, the same is answered",
  async (cuts) => {
    await using house = await openHouse(quick)
    const ana = await house.greeted()
    const script = Buffer.from(
      '{"type":"login","id":1,"nick":"ana"}\r\n{"type":"join","id":2,"room":"#cafe"}\n{"type":"send","id":3,"room":"#cafe","text":"¡olé! 👋"}\n{"type":"bye","id":4}\n'
    )
    let from = 0
    for (const cut of cuts) {
      ana.socket.write(script.subarray(from, from + cut))
      from += cut
      await new Promise((resolve) => setImmediate(resolve))
    }
    ana.socket.write(script.subarray(from))
    const all = await ana.rest()
    expect(all.map(({ type }) => type)).toEqual(["welcome", "joined", "message", "sent", "bye"])
    expect(all[2]).toMatchObject({ text: "¡olé! 👋" })
  }
)
