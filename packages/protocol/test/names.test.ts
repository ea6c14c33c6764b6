import { fc, test } from "@fast-check/vitest"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { badNick, badRoom, nick, nickSpelling, roomName, roomSpelling } from "../src/arbitraries.ts"
import { foldName, isNick, isRoomName, Nick, NickSpelling, nameLength, RoomName, RoomSpelling } from "../src/index.ts"

const is = {
  nick: Schema.is(Nick),
  nickSpelling: Schema.is(NickSpelling),
  room: Schema.is(RoomName),
  roomSpelling: Schema.is(RoomSpelling)
}

describe("A name", () => {
  it("has 1 to 32 characters", () => {
    expect(isNick("a")).toBe(true)
    expect(isNick("a".repeat(nameLength))).toBe(true)
    expect(isNick("a".repeat(nameLength + 1))).toBe(false)
    expect(isNick("")).toBe(false)
    expect(isRoomName(`#${"a".repeat(nameLength)}`)).toBe(true)
    expect(isRoomName(`#${"a".repeat(nameLength + 1)}`)).toBe(false)
    expect(isRoomName("#")).toBe(false)
  })

  it("begins with a letter or a digit", () => {
    expect(["a-", "9_", "0", "z9-_"].every(isNick)).toBe(true)
    expect(["-a", "_a", "-", "_"].some(isNick)).toBe(false)
  })

  it("does not end before a line feed", () => {
    expect(isNick("ana\n")).toBe(false)
    expect(isRoomName("#cafe\n")).toBe(false)
  })

  test.prop([nick, roomName])("is accepted, as a name and as a spelling", (person, room) => {
    expect(isNick(person) && is.nick(person) && is.nickSpelling(person)).toBe(true)
    expect(isRoomName(room) && is.room(room) && is.roomSpelling(room)).toBe(true)
  })

  test.prop([badNick, badRoom])("of another grammar is refused, folded or not", (person, room) => {
    expect(is.nickSpelling(person) || isNick(foldName(person))).toBe(false)
    expect(is.roomSpelling(room) || isRoomName(foldName(room))).toBe(false)
  })
})

describe("Folding", () => {
  it("changes A-Z and nothing else, whatever the locale", () => {
    const every = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code))
    const changed = every.filter((letter) => foldName(letter) !== letter)
    expect(changed.join("")).toBe("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    expect(foldName("\u212aİIÅ")).toBe("\u212aİiÅ")
  })

  test.prop([nickSpelling, roomSpelling])("makes a name of every spelling", (person, room) => {
    expect(isNick(foldName(person))).toBe(true)
    expect(isRoomName(foldName(room))).toBe(true)
  })

  test.prop([fc.string({ unit: "binary" })])("is done once and for all", (any) => {
    expect(foldName(foldName(any))).toBe(foldName(any))
    expect(foldName(any).length).toBe(any.length)
  })
})
