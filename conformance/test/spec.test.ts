import { assert, describe, it } from "@effect/vitest"
import { dialoguesOf, parseStep, unknownIds } from "../src/spec/dialogues.ts"
import { dialogueFaults, exampleFaults } from "../src/spec/examples.ts"
import { linkFaults } from "../src/spec/links.ts"
import { registryFaults, rightsFaults } from "../src/spec/registries.ts"
import { makeChapter, readChapters, requirementsOf } from "../src/spec/requirements.ts"
import { specFaults } from "../src/spec/static-check.ts"

const chapter = (text: string) => makeChapter("spec/wire.md", text)
const fenced = (info: string, text: string) => `\`\`\`${info}\n${text}\n\`\`\``

describe("dialogues", () => {
  it("have a title, requirements and steps, each with its place", () => {
    const text = fenced(
      "dialogue Hello [HELLO-1 LOGIN-1] (needs --start)",
      '-- C is connected\nC: {"a":1}\\r\nS: (ends)'
    )
    const { dialogues, faults } = dialoguesOf([chapter(text)])
    assert.deepStrictEqual(faults, [])
    assert.deepStrictEqual(dialogues, [
      {
        title: "Hello",
        ids: ["HELLO-1", "LOGIN-1"],
        chapter: "wire",
        at: "spec/wire.md:1",
        needsStart: true,
        steps: [
          { _tag: "IsConnected", client: "C", at: "spec/wire.md:2" },
          { _tag: "Says", client: "C", line: '{"a":1}\\r', at: "spec/wire.md:3" },
          { _tag: "ServerEnds", client: "C", at: "spec/wire.md:4" }
        ]
      }
    ])
  })

  it("say where everybody is", () => {
    assert.deepStrictEqual(parseStep("-- C1 is ana, in #cafe and #te"), {
      _tag: "Is",
      client: "C1",
      nick: "ana",
      rooms: ["#cafe", "#te"]
    })
    assert.deepStrictEqual(parseStep("-- C is ana, in limits.joins rooms"), {
      _tag: "IsInManyRooms",
      client: "C",
      nick: "ana"
    })
    assert.deepStrictEqual(parseStep("-- limits.connections connections are open"), { _tag: "HouseIsFull" })
    assert.deepStrictEqual(parseStep("C:"), { _tag: "Says", client: "C", line: "" })
  })

  it.each([
    ["-- C1 is asleep, in the cafe", "is unknown"],
    ["-- the server is tired", "is unknown"],
    ["C1: (dances)", "a client can't be told"],
    ["S1: (dances)", "a server can't be told"],
    ["S1: {", "the line is not JSON"],
    ["hola", "is no line of a dialogue"]
  ])("%s is refused", (line, reason) => {
    const step = parseStep(line)
    assert.include(typeof step === "string" ? step : "", reason)
  })

  it("with clients who aren't there, or IDs that nobody has, are refused", () => {
    const { dialogues, faults } = dialoguesOf([chapter(fenced("dialogue A [A-1]", 'C: {"type":"ping","id":1}'))])
    assert.deepStrictEqual(faults, [
      { at: "spec/wire.md:2", message: `C isn't there yet: begin with "-- C is connected"` }
    ])
    assert.lengthOf(unknownIds(dialogues, []), 1)
    assert.lengthOf(dialoguesOf([chapter(fenced("dialogue Without IDs", ""))]).faults, 1)
  })

  it("in which a server says what no server may say are refused", () => {
    const text = fenced("dialogue A [A-1]", '-- C is connected\nS: {"type":"pong","re":"one"}')
    const { dialogues } = dialoguesOf([chapter(text)])
    assert.deepStrictEqual(
      dialogueFaults(dialogues).map(({ at }) => at),
      ["spec/wire.md:3"]
    )
  })
})

describe("examples", () => {
  it("are valid, or are said to be invalid", () => {
    const good = [
      fenced("json", '{"type":"ping","id":1}\n{"type":"pong","re":1}'),
      fenced("json", '{\n  "type": "ping",\n  "id": 1\n}'),
      fenced("json invalid", '{"type":"ping","id":0}\n{"type":"fly"}')
    ]
    assert.deepStrictEqual(exampleFaults([chapter(good.join("\n"))]), [])
  })

  it("that aren't what they are said to be are named, with their line", () => {
    const bad = [
      fenced("json", '{"type":"ping","id":1}\n{"type":"ping","id":0}'),
      fenced("json invalid", '{"type":"ping"}')
    ]
    const found = exampleFaults([chapter(bad.join("\n"))])
    assert.deepStrictEqual(
      found.map(({ at }) => at),
      ["spec/wire.md:3", "spec/wire.md:6"]
    )
  })
})

describe("registries and links", () => {
  it("a row that differs from packages/protocol is named", () => {
    const registries = readChapters().find(({ name }) => name === "registries")!
    assert.deepStrictEqual(registryFaults([registries]), [])
    const changed = { ...registries, lines: registries.lines.map((line) => line.replace("| 65,536 |", "| 65,535 |")) }
    const [fault, ...more] = registryFaults([changed])
    assert.include(fault?.message ?? "", "65,535")
    assert.deepStrictEqual(more, [])
  })

  it("a cell of the table of rights that differs from packages/protocol is named", () => {
    const moderation = readChapters().find(({ name }) => name === "moderation")!
    assert.deepStrictEqual(rightsFaults([moderation]), [])
    const lines = moderation.lines.map((line) => line.replace("| `kick` | moderator |", "| `kick` | member |"))
    const [fault, ...more] = rightsFaults([{ ...moderation, lines }])
    assert.include(fault?.message ?? "", "`kick` | member")
    assert.deepStrictEqual(more, [])
  })

  it("links and mentions that lead nowhere are named", () => {
    const text =
      '# A head\n- <a id="A-1"></a>**[A-1]** A server MUST.\n[a](#a-head) [b](wire.md#A-1) [c](#none) A-2 UTF-8'
    const chapters = [chapter(text)]
    assert.deepStrictEqual(
      linkFaults(chapters, requirementsOf(chapters)).map(({ message }) => message),
      ["the link #none leads nowhere", "A-2 is mentioned, and the spec doesn't have it"]
    )
  })

  it("the spec itself is sound", () => {
    assert.deepStrictEqual(specFaults(readChapters()), [])
  })
})
