/** The line being typed, completion, and rows: what holds of any text. */
import { test as property } from "@fast-check/vitest"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { commands, readLine, wordsOf } from "../src/commands.ts"
import { complete } from "../src/full/complete.ts"
import { type Editor, editorOf, edits, emptyEditor, insert, layOut, textOf } from "../src/full/editor.ts"
import { withoutMouse } from "../src/full/keyboard.ts"
import { keysOf } from "../src/full/keys.ts"
import { fill, fit, pad, rowWidth, safeGraphemes, span, widthOf, wrap } from "../src/full/text.ts"
import { lookOfNick, themeOf } from "../src/full/theme.ts"
import { languageOf } from "../src/full/words.ts"

const texts = fc.string({ unit: "grapheme" })
const wild = fc.oneof(texts, fc.string({ unit: "binary" }))

describe("the line being typed", () => {
  property.prop([texts, texts])("types, and deletes as many letters as it shows", (before, after) => {
    let editor: Editor = insert(insert(emptyEditor, before), after)
    assert.strictEqual(textOf(editor), before + after)
    for (let count = editor.letters.length; count > 0; count--) editor = edits.backspace(editor)
    assert.strictEqual(textOf(editor), "")
  })

  property.prop([texts, fc.array(fc.constantFrom(...Object.values(edits)))])(
    "keeps its cursor in it, whatever is pressed",
    (text, keys) => {
      let editor = editorOf(text)
      for (const key of keys) {
        editor = key(editor)
        assert.isAtLeast(editor.at, 0)
        assert.isAtMost(editor.at, editor.letters.length)
      }
    }
  )

  property.prop([texts, fc.integer({ min: 2, max: 80 }), fc.nat()])(
    "fits into its width, with its cursor",
    (text, width, at) => {
      const editor = editorOf(text)
      const { rows, x, y } = layOut({ ...editor, at: at % (editor.letters.length + 1) }, width)
      for (const row of rows) assert.isAtMost(widthOf(row), width)
      assert.isBelow(y, rows.length)
      assert.isAtMost(x, width)
    }
  )

  it("undoes what was cut, and pastes it elsewhere", () => {
    const cut = edits.cutWord(editorOf("uno dos"))
    assert.strictEqual(textOf(cut), "uno ")
    assert.strictEqual(textOf(edits.undo(cut)), "uno dos")
    assert.strictEqual(textOf(edits.paste(edits.home(cut))), "dosuno ")
  })
})

describe("rows", () => {
  property.prop([wild, fc.integer({ min: 4, max: 100 })])("never take more than their width", (text, width) => {
    for (const row of wrap([span(text)], width)) assert.isAtMost(rowWidth(row), width)
    assert.isAtMost(widthOf(fit(text.replace(/[\n\r\t]/gu, ""), width)), width)
  })

  property.prop([texts, fc.integer({ min: 1, max: 60 })])("are filled to the last cell", (text, width) => {
    const letters = safeGraphemes(text.replace(/\s+/gu, " ")).join("")
    assert.strictEqual(widthOf(pad(letters, width)), width)
    assert.strictEqual(rowWidth(fill([span(letters)], width)), width)
  })

  property.prop([wild])("have nothing that a terminal would obey", (text) => {
    const shown = wrap([span(text)], 40)
      .flatMap((row) => row.map((each) => each.text))
      .join("")
    assert.notMatch(shown, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u)
  })

  it("break at spaces, and within a word that is longer than a row", () => {
    const lines = wrap([span("uno dos tres cuatrocientos")], 8).map((row) => row.map(({ text }) => text).join(""))
    assert.deepStrictEqual(lines, ["uno dos ", "tres ", "cuatroci", "entos"])
  })

  it("keep what is written from right to left to itself", () => {
    assert.deepStrictEqual(wrap([span("سلام")], 20), [[span("\u2068سلام\u2069")]])
  })
})

describe("completion", () => {
  const known = {
    nicks: ["leo", "lea", "eva"],
    rooms: ["#cafe", "#libros"],
    commands: wordsOf((name) => name !== "kick")
  }
  const tabs = (text: string, count: number) => {
    let completion = complete(editorOf(text), undefined, known, 1)
    for (let more = 1; more < count; more++) completion = complete(completion!.made, completion, known, 1)
    return completion === undefined ? undefined : textOf(completion.made)
  }

  it("goes around among the nicks, with the sign of a mention", () => {
    assert.deepStrictEqual(
      [1, 2, 3].map((count) => tabs("@le", count)),
      ["@leo: ", "@lea: ", "@leo: "]
    )
    assert.strictEqual(tabs("hola ev", 1), "hola @eva ")
    assert.strictEqual(tabs("/msg le", 1), "/msg leo ")
  })

  it("knows rooms and commands, and nothing of what isn't there", () => {
    assert.strictEqual(tabs("/jo", 1), "/join ")
    assert.strictEqual(tabs("/join #li", 1), "/join #libros ")
    assert.strictEqual(tabs("/join ca", 1), "/join #cafe ")
    assert.isUndefined(tabs("zzz", 1))
    assert.isUndefined(tabs("/kic", 1))
  })
})

describe("what is typed", () => {
  it("is a command in either language, or a text", () => {
    assert.deepStrictEqual(readLine("/entrar cafe"), { _tag: "Command", name: "join", rest: "cafe" })
    assert.deepStrictEqual(readLine("//path"), { _tag: "Text", text: "/path" })
    assert.deepStrictEqual(readLine("/nope"), { _tag: "Unknown", word: "/nope" })
    assert.deepStrictEqual(readLine("  "), { _tag: "Nothing" })
  })

  it("has one command for each word", () => {
    const names: ReadonlyArray<string> = Object.values(commands).flatMap(({ names }) => [...names])
    assert.strictEqual(new Set(names).size, names.length)
  })

  it("is keys, also when it comes at once", () => {
    const none = Object.fromEntries(["ctrl", "meta", "shift"].map((name) => [name, false])) as never
    assert.deepStrictEqual(
      keysOf("hola\rque", none).map(({ name, text }) => name ?? text),
      ["hola", "enter", "que"]
    )
    assert.deepStrictEqual(keysOf("[29~", none), [])
  })
})

describe("the mouse", () => {
  it("is taken out of what is typed, also when it comes in pieces", () => {
    const first = withoutMouse("ho\u001b[<64;10;20Mla\u001b[<0;1;1m\u001b[<65;1")
    assert.deepStrictEqual(first, { text: "hola", turns: ["up"], rest: "\u001b[<65;1" })
    assert.deepStrictEqual(withoutMouse(`${first.rest};2M!`), { text: "!", turns: ["down"], rest: "" })
    assert.deepStrictEqual(withoutMouse("\u001b[A"), { text: "\u001b[A", turns: [], rest: "" })
  })
})

describe("how it looks", () => {
  it("is Spanish where the locale is", () => {
    assert.strictEqual(languageOf({ LANG: "es_CR.UTF-8" }), "es")
    assert.strictEqual(languageOf({ LANG: "es_CR.UTF-8", LC_ALL: "C" }), "en")
    assert.strictEqual(languageOf({ LC_MESSAGES: "est" }), "en")
    assert.strictEqual(languageOf({}), "en")
  })

  it("has the same colour for the same nick, and none without colours", () => {
    assert.strictEqual(lookOfNick("ana"), lookOfNick("ana"))
    assert.match(themeOf("ansi", true).paint([span("ana", lookOfNick("ana"))]), /^\u001b\[1;\d+mana\u001b\[0m$/u)
    assert.strictEqual(
      themeOf("ansi", false).paint([{ ...span("x"), link: new URL("https://a.example/\u0007\u009b\u202eñ").href }]),
      "\u001b]8;;https://a.example/%07%C2%9B%E2%80%AE%C3%B1\u0007x\u001b]8;;\u0007"
    )
    assert.strictEqual(themeOf("ansi", false).paint([span("x", "good")]), "x")
    assert.strictEqual(themeOf("ansi", false).paint([span("x", "bad")]), "\u001b[1mx\u001b[0m")
  })
})
