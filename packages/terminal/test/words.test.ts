import { assert, describe, it } from "@effect/vitest"
import { fc, test } from "@fast-check/vitest"
import { type Message, visible } from "@tertulia/protocol"
import { commands, help, read, roomName } from "../src/plain/command.ts"
import { crowd, entryLine } from "../src/plain/lines.ts"
import { style } from "../src/plain/style.ts"
import { wordsIn } from "../src/plain/words.ts"
import { oneLine, withoutSecret } from "../src/visible.ts"

const message = (text: string): Message => ({
  type: "message",
  room: "#cafe",
  seq: 1,
  from: "leo",
  text,
  at: "2026-11-20T20:08:00.000Z"
})

describe("a text from the network", () => {
  it("can't command the terminal, nor turn the order of letters around", () => {
    assert.strictEqual(visible("\u001b[2J\u009b1m\u0007\u007f"), "\ufffd[2J\ufffd1m\ufffd\ufffd")
    assert.strictEqual(visible("a\u202eb\u2066c\u200fd\u061ce"), "a\ufffdb\ufffdc\ufffdd\ufffde")
    assert.strictEqual(visible("a\u2028b"), "a\ufffdb")
  })

  it("is left alone where it is harmless", () => {
    const text = "¡ñandú! שלום 日本語 👩‍👩‍👧\ttab\nnext"
    assert.strictEqual(visible(text), text)
    assert.strictEqual(oneLine("one\r\ntwo"), "one two")
  })

  it("shows no session", () => {
    const line = '{"type":"welcome","re":1,"nick":"ana","session":"Qk3v9TzR1mWx7LpA","resumed":true}'
    assert.strictEqual(withoutSecret(line), '{"type":"welcome","re":1,"nick":"ana","session":"...","resumed":true}')
  })

  test.prop([fc.string({ unit: "binary" })])("holds no control character once it is shown", (text) => {
    assert.notMatch(visible(text), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Bidi_Control}]/u)
    assert.notMatch(oneLine(text), /\n/u)
  })

  it("can't pass for another person's line", () => {
    const [first, second] = entryLine(
      message("hola\n20:08 rector: no class today"),
      false,
      undefined,
      style(false)
    ).split("\n")
    assert.match(first!, /^\d\d:\d\d leo: hola$/u)
    assert.match(second!, /^ {11}20:08 rector/u)
  })
})

describe("an entry", () => {
  it("names its room only when it has to", () => {
    assert.match(entryLine(message("hola"), false, undefined, style(false)), /^\d\d:\d\d leo: hola$/u)
    assert.match(entryLine(message("hola"), false, "#cafe", style(false)), /^\d\d:\d\d #cafe leo: hola$/u)
  })

  it("has the colour of its author, or none", () => {
    assert.include(entryLine(message("hola"), false, undefined, style(true)), "\u001b[")
    assert.notInclude(entryLine(message("hola"), true, "#cafe", style(false)), "\u001b")
    assert.strictEqual(style(true).nick("leo"), style(true).nick("leo"))
    assert.notStrictEqual(style(true).nick("leo"), style(true).own("leo"))
  })
})

describe("a list of people", () => {
  it("is cut when it is a crowd", () => {
    const nicks = Array.from({ length: 100 }, (_, index) => `n${index}`)
    assert.match(crowd(nicks, wordsIn("en")), /^n0, n1, .* and 70 more$/u)
    assert.strictEqual(crowd(["ana", "leo"], wordsIn("es")), "ana, leo")
    assert.match(crowd(nicks, wordsIn("es")), / y 70 más$/u)
  })
})

describe("a typed line", () => {
  it("is a text, unless it begins with a slash", () => {
    assert.deepStrictEqual(read("  hola "), { _tag: "Text", text: "  hola " })
    assert.deepStrictEqual(read("//etc/hosts"), { _tag: "Text", text: "/etc/hosts" })
    assert.deepStrictEqual(read("   "), { _tag: "Nothing" })
    assert.deepStrictEqual(read("/wat is this"), { _tag: "Unknown", word: "/wat" })
  })

  it("is a command in any of its spellings", () => {
    assert.deepStrictEqual(read("/join #cine"), { _tag: "Command", name: "join", argument: "#cine", rest: "" })
    assert.deepStrictEqual(read("/SALIR"), { _tag: "Command", name: "quit", argument: "", rest: "" })
    const tell = { _tag: "Command", name: "msg", argument: "leo", rest: "at  five\nor six" } as const
    assert.deepStrictEqual(read(" /msg  leo at  five\nor six "), tell)
    for (const { names } of Object.values(commands)) {
      for (const typed of names) assert.strictEqual(read(typed)._tag, "Command")
    }
  })

  it("may be a wish to leave", () => {
    for (const word of ["salir", "exit", "Quit "]) assert.strictEqual(read(word)._tag, "Farewell")
    assert.strictEqual(read("salir ya")._tag, "Text")
  })

  it("is explained by /help, with the request that it sends", () => {
    const all = help("en", () => true)
    for (const { names, sends } of Object.values(commands)) {
      assert.isTrue(all.some((line) => names.every((name) => line.includes(name)) && line.includes(sends)))
    }
    const spanish = help("es", () => true)
    assert.isTrue(spanish.some((line) => line.includes("/silenciar apodo [off]") && line.includes("quita la palabra")))
    assert.isFalse(help("en", (name) => name !== "ban").some((line) => line.includes("/ban")))
  })

  it("may write a room with or without #", () => {
    assert.strictEqual(roomName("cafe"), "#cafe")
    assert.strictEqual(roomName("#cafe"), "#cafe")
  })
})
