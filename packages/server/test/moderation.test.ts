/** spec/moderation.md: operators, whom a suite can't make; the table of rights for them; and what is left in the file. */
import { readFileSync } from "node:fs"
import { may, type RoomKind, roomActions, roomKinds, roomRoles } from "@tertulia/protocol"
import { rights } from "@tertulia/protocol/vectors"
import { describe, expect, test } from "vitest"
import {
  applyChange,
  type Governance,
  mayEnter,
  type Rank,
  roleOf,
  ruleOn,
  type Standing,
  ungoverned
} from "../src/governance.ts"
import type { Draft } from "../src/room-log.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { type Client, type House, openHouse } from "./support/house.ts"
import { openTemporary } from "./support/logs.ts"

const password = "correct horse"

const registered = async (house: House, nick: string): Promise<Client> => {
  const client = await house.greeted()
  expect(await client.ask({ type: "register", nick, password })).toMatchObject({ type: "welcome" })
  return client
}

const back = async (house: House, nick: string): Promise<Client> => {
  const client = await house.greeted()
  expect(await client.ask({ type: "login", nick, password })).toMatchObject({ type: "welcome", account: true })
  return client
}

/** A server whose file has the accounts of these people, of whom `ops` is its operator. */
const withOperator = async (file: string, ...nicks: ReadonlyArray<string>) => {
  {
    await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file }) })
    for (const nick of ["ops", ...nicks]) await registered(house, nick)
  }
  return openHouse({ logs: SqliteRoomLogs.layer({ file }), accounts: { operator: "Ops" } })
}

const room = "#cafe"

test("an operator enters every room, and may do there what its owner may", async () => {
  await using folder = await openTemporary()
  await using house = await withOperator(folder.file, "ana", "leo")
  const ana = await back(house, "ana")
  const leo = await back(house, "leo")
  expect(await ana.ask({ type: "join", room })).toMatchObject({ type: "joined", role: "owner" })
  await ana.ask({ type: "kind", room, kind: "secret" })
  await ana.ask({ type: "invite", room, nick: "leo" })
  await leo.ask({ type: "join", room })
  const ops = await back(house, "ops")
  expect(await ops.ask({ type: "rooms" })).toMatchObject({ rooms: [{ room }] })
  expect(await ops.ask({ type: "join", room })).toMatchObject({ type: "joined", role: "operator", kind: "secret" })
  for (const type of ["kick", "ban", "mute"]) {
    expect(await ana.ask({ type, room, nick: "ops" })).toMatchObject({ code: "forbidden", field: "nick" })
  }
  const deeds = [
    { type: "mute", room, nick: "ana" },
    { type: "role", room, nick: "leo", role: "owner" },
    { type: "slow", room, seconds: 60 },
    { type: "kind", room, kind: "private" },
    { type: "ban", room, nick: "ana" }
  ]
  for (const deed of deeds) expect(await ops.ask(deed)).toMatchObject({ type: "sent" })
  expect(await ana.ask({ type: "join", room })).toMatchObject({ code: "forbidden" })
  await ops.ask({ type: "send", room, text: "one" })
  expect(await ops.ask({ type: "send", room, text: "two" })).toMatchObject({ type: "sent" })
  expect(await leo.ask({ type: "role", room, nick: "ops", role: "member" })).toMatchObject({ code: "forbidden" })
  const { entries } = (await leo.ask({ type: "history", room, limit: 7 })) as {
    readonly entries: ReadonlyArray<unknown>
  }
  expect(entries).toMatchObject([...deeds.map(({ room: _, ...deed }) => ({ ...deed, from: "ops" })), {}, {}])
})

test("an owner whom an operator bans owns the room no more (BAN-1)", async () => {
  await using folder = await openTemporary()
  await using house = await withOperator(folder.file, "ana")
  const [ana, ops] = [await back(house, "ana"), await back(house, "ops")]
  expect(await ana.ask({ type: "join", room })).toMatchObject({ role: "owner" })
  await ops.ask({ type: "join", room })
  for (const on of [true, false]) expect(await ops.ask({ type: "ban", room, nick: "ana", on })).toHaveProperty("seq")
  const joined = await ana.ask({ type: "join", room })
  expect(joined).toMatchObject({ type: "joined" })
  expect(joined).not.toHaveProperty("role")
})

test("an operator gives a guest's room an owner", async () => {
  await using folder = await openTemporary()
  await using house = await withOperator(folder.file, "ana")
  const guest = await house.person("leo", room)
  await guest.ask({ type: "send", room, text: "hola" })
  const ana = await back(house, "ana")
  expect(await ana.ask({ type: "join", room })).not.toHaveProperty("role")
  const ops = await back(house, "ops")
  await ops.ask({ type: "join", room })
  await ops.ask({ type: "role", room, nick: "ana", role: "owner" })
  expect(await ana.ask({ type: "kick", room, nick: "leo" })).toMatchObject({ type: "sent" })
})

test("nobody becomes an operator by registering the nick", async () => {
  await using folder = await openTemporary()
  const logs = () => SqliteRoomLogs.layer({ file: folder.file })
  {
    await using house = await openHouse({ logs: logs(), accounts: { operator: "ops" }, hasDefects: true })
    const early = await registered(house, "ops")
    const guest = await house.person("leo", room)
    await guest.ask({ type: "send", room, text: "hola" })
    expect(await early.ask({ type: "join", room })).not.toHaveProperty("role")
  }
  await using house = await openHouse({ logs: logs(), accounts: { operator: "ops" } })
  const ops = await back(house, "ops")
  await ops.ask({ type: "unregister" })
  await ops.ask({ type: "bye" })
  const late = await registered(house, "ops")
  expect(await late.ask({ type: "join", room })).not.toHaveProperty("role")
})

test("a role ends with its account", async () => {
  await using folder = await openTemporary()
  await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file }) })
  const ana = await registered(house, "ana")
  await ana.ask({ type: "join", room })
  await house.person("leo", room)
  await ana.ask({ type: "send", room, text: "hola" })
  await ana.ask({ type: "unregister" })
  expect(await ana.ask({ type: "kick", room, nick: "leo" })).toMatchObject({ code: "forbidden" })
  await ana.ask({ type: "bye" })
  const other = await registered(house, "ana")
  expect(await other.ask({ type: "join", room })).not.toHaveProperty("role")
})

test("what was said before a kick comes too late after it, also when another connection has come back", async () => {
  await using folder = await openTemporary()
  await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file }) })
  const [ana, leo] = [await registered(house, "ana"), await registered(house, "leo")]
  const second = await back(house, "leo")
  await ana.ask({ type: "join", room })
  for (let round = 0; round < 10; round++) {
    await leo.ask({ type: "join", room })
    const kicked = ana.ask({ type: "kick", room, nick: "leo" })
    const sends = Array.from({ length: 9 }, (_, nth) => ({ type: "send", id: nth + 1, room, text: `${nth}` }))
    leo.say(...sends)
    second.say({ type: "join", id: 1, room }, { type: "leave", id: 2, room }, { type: "join", id: 3, room })
    const { seq } = (await kicked) as { seq: number }
    for (const { id } of sends) {
      let reply = await leo.next()
      while (reply["re"] !== id) reply = await leo.next()
      if (reply["type"] === "sent") expect(reply["seq"]).toBeLessThan(seq)
      else expect(reply).toMatchObject({ code: "not-joined" })
    }
    // Out again, whether it was put out as well or not.
    await second.ask({ type: "leave", room })
  }
})

test("what a server without a file has of it, it doesn't claim", async () => {
  await using house = await openHouse()
  const ana = await registered(house, "ana")
  expect(await ana.ask({ type: "join", room })).not.toHaveProperty("role")
  expect(await ana.ask({ type: "kick", room, nick: "ana" })).toMatchObject({ code: "unsupported" })
})

// ---------------------------------------------------------------------------------------------------------------------
// The table
// ---------------------------------------------------------------------------------------------------------------------

const standing = (person: string, more: Partial<Standing> = {}): Standing => ({
  ...{ person, nick: person, role: "member", invited: false, banned: false, muted: false },
  ...more
})

const governed = (kind: RoomKind): Governance => ({
  ...ungoverned(),
  kind,
  standings: new Map([
    ["invited", standing("invited", { invited: true })],
    ["moderator", standing("moderator", { role: "moderator" })],
    ["owner", standing("owner", { role: "owner" })]
  ])
})

describe("every cell of the table is what the server decides", () => {
  const rankOf = ({ id }: { readonly id: string }): Rank => (id === "operator" ? "operator" : "account")
  const isIn = ({ id }: { readonly id: string }) => id !== "outsider" && id !== "invited"

  test.each(rights.vectors)("$name", ({ action, allowed, kind, role }) => {
    const situation = { governance: governed(kind), rankOf, isIn, wait: () => 0 }
    const who = { id: role, nick: role }
    expect(roleOf(situation, who)).toBe(role)
    if (action === "join") return expect(mayEnter(situation, who)).toBe(allowed)
    if (action === "list" || action === "standings") return expect(may(role, action, kind)).toBe(allowed)
    const said = { author: who, from: role, at: "2026-11-20T20:08:00.000Z" }
    const about = { about: { id: "victim", nick: "victim" }, nick: "victim", on: true }
    const drafts: Readonly<Record<Exclude<typeof action, "join" | "list" | "standings">, Draft>> = {
      invite: { ...said, ...about, type: "invite" },
      kick: { ...said, ...about, type: "kick" },
      ban: { ...said, ...about, type: "ban" },
      mute: { ...said, ...about, type: "mute" },
      role: { ...said, ...about, type: "role", role: "member" },
      kind: { ...said, type: "kind", kind: "public" },
      slow: { ...said, type: "slow", seconds: 0 },
      delete: { ...said, type: "delete", target: 1 }
    }
    const ruling = ruleOn(situation, who, drafts[action])
    if (action === "delete") return expect(ruling?.overrides === true).toBe(allowed)
    expect(ruling?.refused?.code).toBe(allowed ? undefined : "forbidden")
  })

  test("the file of vectors has each of them", () => {
    const url = new URL("../../../spec/vectors/rights.json", import.meta.url)
    const { vectors } = JSON.parse(readFileSync(url, "utf8")) as { readonly vectors: ReadonlyArray<unknown> }
    expect(vectors).toHaveLength(roomActions.length * roomKinds.length * roomRoles.length)
  })
})

test("so many people are something to a room, and no more", () => {
  const governance = governed("public")
  for (let nth = governance.standings.size; nth < 1_000; nth++) {
    governance.standings.set(`p${nth}`, standing(`p${nth}`, { banned: true }))
  }
  const situation = { governance, rankOf: (): Rank => "account", isIn: () => true, wait: () => 0 }
  const owner = { id: "owner", nick: "owner" }
  const banOf = (nick: string): Draft => ({
    ...{ type: "ban", nick, on: true, author: owner, from: "owner", at: "", about: { id: nick, nick } }
  })
  const ban = (nick: string) => ruleOn(situation, owner, banOf(nick))
  expect(ban("p999")?.refused).toBeUndefined()
  expect(ban("one-more")?.refused).toMatchObject({ code: "limit-reached", field: "nick" })
  // Guests whose time is over make room.
  const rankOf = ({ id }: { readonly id: string }): Rank => (id === "p7" || id === "p8" ? "nobody" : "account")
  const { change } = ruleOn({ ...situation, rankOf }, owner, banOf("one-more")) ?? {}
  applyChange(governance, change!)
  expect(governance.standings.size).toBe(999)
  expect(["p7", "p8", "one-more"].map((id) => governance.standings.has(id))).toEqual([false, false, true])
})
