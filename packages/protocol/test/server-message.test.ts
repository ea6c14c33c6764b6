import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { decodeServerMessage, type Line, notUtf8 } from "../src/index.ts"

const reason = (line: Line) => {
  const decoded = decodeServerMessage(line)
  return Result.isFailure(decoded) ? decoded.failure.reason : "accepted"
}

describe("A client", () => {
  it("takes what has re for a reply, and an error with or without it", () => {
    expect(reason('{"type":"bye","re":4}')).toBe("accepted")
    expect(reason('{"type":"bye","code":"idle","message":"nothing came"}')).toBe("accepted")
    expect(reason('{"type":"error","code":"bad-json","message":"no"}')).toBe("accepted")
    expect(reason('{"type":"ping"}')).toBe("accepted")
  })

  it.each<[Line, string]>([
    ['{"type":"bye"}', "code: "],
    ['{"type":"message","re":1}', 'no request is answered by "message"'],
    ['{"type":"toString","re":1}', 'no request is answered by "toString"'],
    ['{"type":"pong"}', "accepted"],
    ['{"type":"sent","re":1,"room":"#Cafe","seq":1,"at":"2026-11-20T20:08:00.000Z"}', "room: "],
    ['{"type":"sent","re":1,"room":"#cafe","seq":0,"at":"2026-11-20T20:08:00.000Z"}', "seq: "],
    ['{"type":"sent","re":1,"room":"#cafe","seq":1,"at":"2026-11-20T20:08:00Z"}', "at: "],
    ['{"type":"rooms","re":1,"rooms":[{"room":"#cafe","members":-1}]}', "rooms.0.members: "],
    ['{"type":5}', "type must be a string"],
    ["[]", "the line is not a JSON object"],
    [notUtf8, "the line is not UTF-8"]
  ])("says why it can't take %s", (line, expected) => {
    expect(reason(line)).toContain(expected)
  })
})
