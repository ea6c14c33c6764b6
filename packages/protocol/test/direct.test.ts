import { test } from "@fast-check/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { badDirect, directName, directSpelling, faultyFor, nickSpelling } from "../src/arbitraries.ts"
import {
  AnyRoomName,
  AnyRoomSpelling,
  claimedBy,
  claimOf,
  DirectName,
  DirectSpelling,
  decodeEnvelope,
  decodeRequest,
  defaultLimits,
  foldName,
  isDirectName,
  requestsOf,
  unclaimedBy
} from "../src/index.ts"

const withoutDirect = ["history/1", "resume/1"]
const all = [...withoutDirect, claimOf("direct")]

/** What ana gets for one object from a server that claims these features: a request, or `code field`. */
const answerOf = (features: ReadonlyArray<string>, object: object) =>
  Result.match(
    Result.flatMap(decodeEnvelope(JSON.stringify(object), requestsOf(features)), (envelope) =>
      decodeRequest(envelope, defaultLimits, { unclaimed: unclaimedBy(features), nick: "ana" })
    ),
    { onSuccess: (request) => request, onFailure: ({ code, field }) => `${code} ${field}` }
  )

const send = { type: "send", id: 1, room: "@leo", text: "hola" }
const history = { type: "history", id: 1, room: "@leo" }

describe("The name of a conversation", () => {
  const is = { name: Schema.is(DirectName), spelling: Schema.is(DirectSpelling) }
  const isAny = { name: Schema.is(AnyRoomName), spelling: Schema.is(AnyRoomSpelling) }

  test.prop([directName])("is accepted, as a name and as a spelling", (name) => {
    expect(isDirectName(name) && is.name(name) && is.spelling(name)).toBe(true)
    expect(isAny.name(name) && isAny.spelling(name)).toBe(true)
  })

  test.prop([badDirect])("of another grammar is refused, folded or not", (name) => {
    expect(is.spelling(name) || isDirectName(foldName(name))).toBe(false)
  })

  test.prop([directSpelling])("is folded, in every request that takes one", (spelling) => {
    const folded = foldName(spelling)
    const request = (object: object) => answerOf(all, { ...object, id: 1 })
    if (folded === "@ana") return
    expect(request({ type: "send", room: spelling, text: "x" })).toMatchObject({ room: folded })
    expect(request({ type: "history", room: spelling })).toMatchObject({ room: folded })
    expect(request({ type: "conversations", after: spelling })).toMatchObject({ after: folded })
  })

  it.each(["join", "leave", "members"])("is bad in %s", (type) => {
    expect(answerOf(all, { type, id: 1, room: "@leo" })).toBe("bad-name room")
  })

  it("is bad in the list of rooms, as a room is in that of conversations", () => {
    expect(answerOf(all, { type: "rooms", id: 1, after: "@leo" })).toBe("bad-name after")
    expect(answerOf(all, { type: "conversations", id: 1, after: "#leo" })).toBe("bad-name after")
  })
})

describe("A conversation with oneself", () => {
  test.prop([nickSpelling])("is a bad request, however it is spelt, and before any later fault", (spelling) => {
    const nick = foldName(spelling)
    const decoded = (object: object) =>
      Result.flatMap(decodeEnvelope(JSON.stringify(object)), (envelope) =>
        decodeRequest(envelope, defaultLimits, { unclaimed: unclaimedBy(all), nick })
      )
    for (const object of [{ ...send, text: "" }, { ...send, text: "x".repeat(5_000) }, send, history]) {
      const refused = decoded({ ...object, room: `@${spelling}` })
      expect(refused).toMatchObject({ failure: { code: "bad-request", field: "room", re: 1 } })
    }
  })
})

describe("To a server that doesn't claim direct", () => {
  it("a conversation's name breaks the grammar, in its place among other faults", () => {
    expect(answerOf(withoutDirect, send)).toBe("bad-name room")
    expect(answerOf(withoutDirect, { ...send, room: "@ana" })).toBe("bad-name room")
    expect(answerOf(withoutDirect, history)).toBe("bad-name room")
    expect(answerOf(withoutDirect, { ...send, text: "" })).toBe("bad-name room")
    expect(answerOf(withoutDirect, { ...send, text: 5 })).toBe("bad-request text")
  })

  it("conversations are unsupported, and epoch is a field that it doesn't know", () => {
    expect(answerOf(withoutDirect, { type: "conversations", id: 1 })).toBe("unsupported type")
    expect(answerOf(withoutDirect, { ...send, room: "#cafe", epoch: 5 })).toEqual({ ...send, room: "#cafe" })
    expect(answerOf(all, { ...send, room: "#cafe", epoch: 5 })).toBe("bad-request epoch")
  })
})

for (const [claim, features] of [
  ["the core", []],
  ["history and resume", withoutDirect],
  ["all", all]
] as const) {
  test.prop([faultyFor(features)])(
    `What is drawn as a fault for a server of ${claim} is one`,
    ({ code, fields, object }) => {
      expect(fields.map((field) => `${code} ${field}`)).toContain(answerOf(features, object))
    }
  )
}

it("is claimed by its name and version, or as the draft that it was", () => {
  expect(claimOf("direct")).toBe("direct/1")
  expect(claimedBy(["history/1", "direct/1"])).toEqual(["core", "history", "direct"])
  expect(claimedBy(["history/1", "draft/direct/1"])).toEqual(["core", "history", "direct"])
})
