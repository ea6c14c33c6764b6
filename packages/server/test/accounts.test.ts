/** spec/accounts.md: what can't be seen from a suite that sits on the machine itself, and what is left on the disk. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { proofOf } from "@tertulia/protocol"
import { Deferred, Effect, Layer } from "effect"
import { expect, test } from "vitest"
import { AccountStore, layerMemory as accountsInMemory } from "../src/account-store.ts"
import { makeAttempts } from "../src/attempts.ts"
import * as MemoryRoomLogs from "../src/room-log-memory.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { type Client, type Json, openHouse } from "./support/house.ts"
import { openTemporary } from "./support/logs.ts"

const password = "correct horse"
const nonce = "0123456789abcdef"
const register = { type: "register", nick: "ana", password }
const byPassword = { type: "login", nick: "ana", password }

/** Logs in by the proof of a password. */
const prove = async (client: Client, nick: string, secret: string): Promise<Json> => {
  const { iterations, nonce: both, salt } = await client.ask({ type: "challenge", nick, nonce })
  const exchange = { nick, clientNonce: nonce, nonce: String(both), salt: String(salt), iterations: Number(iterations) }
  const { proof } = await proofOf(secret, exchange)
  return client.ask({ type: "login", nick, proof })
}

test.each(["192.0.2.7", "2001:db8::1", "127.0.0.1.example.org"])("who comes from %s says no password", async (peer) => {
  await using folder = await openTemporary()
  const { token } = await (async () => {
    await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file }) })
    return await (await house.greeted()).ask(register)
  })()
  await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file }), peer })
  const client = await house.connect()
  expect(await client.next()).toMatchObject({ type: "hello", auth: ["guest", "scram", "token"] })
  expect(await client.ask(byPassword)).toMatchObject({ code: "insecure", field: "password" })
  expect(await client.ask({ ...byPassword, password: "wrong" })).toMatchObject({ code: "insecure" })
  expect(await client.ask({ ...register, nick: "leo" })).toMatchObject({ code: "insecure" })
  expect(await prove(client, "ana", password)).toMatchObject({ type: "welcome", account: true })
  expect(await client.ask({ type: "password", password: "battery staple" })).toMatchObject({ code: "insecure" })
  const other = await house.greeted()
  expect(await other.ask({ type: "login", nick: "ana", token })).toMatchObject({ type: "welcome", account: true })
})

test("who is on the machine itself may say a password", async () => {
  for (const peer of ["127.0.0.1", "127.8.9.10", "::1"]) {
    await using house = await openHouse({ peer })
    const client = await house.connect()
    expect(await client.next()).toMatchObject({ auth: ["guest", "password", "scram", "token", "register"] })
    expect(await client.ask(register)).toMatchObject({ type: "welcome", account: true })
  }
})

test("who has the invitation registers, and nobody where it is closed", async () => {
  await using invited = await openHouse({ accounts: { invitation: "class of 26" } })
  const client = await invited.connect()
  expect(await client.next()).toMatchObject({ auth: ["guest", "password", "scram", "token", "invitation"] })
  expect(await client.ask(register)).toMatchObject({ code: "not-invited", field: "invitation" })
  expect(await client.ask({ ...register, invitation: "class of 25" })).toMatchObject({ code: "not-invited" })
  expect(await client.ask({ ...register, invitation: "class of 26" })).toMatchObject({ type: "welcome" })
  await using closed = await openHouse({ accounts: { register: "closed" } })
  const other = await closed.connect()
  expect(await other.next()).toMatchObject({ auth: ["guest", "password", "scram", "token"] })
  expect(await other.ask(register)).toMatchObject({ code: "not-invited" })
})

test("from one address so many accounts are made in an hour, and a refusal costs none", async () => {
  await using house = await openHouse({ bounds: { newAccounts: 2 } })
  const registerAs = async (nick: string) => (await house.greeted()).ask({ ...register, nick })
  expect(await registerAs("ana")).toMatchObject({ type: "welcome" })
  expect(await registerAs("ana")).toMatchObject({ code: "nick-registered" })
  expect(await registerAs("leo")).toMatchObject({ type: "welcome" })
  const refused = await registerAs("eva")
  expect(refused).toMatchObject({ code: "limit-reached", retryAfter: expect.any(Number) })
  expect(refused["retryAfter"]).toBeLessThanOrEqual(1_800_000)
  expect(await (await house.greeted()).ask({ ...byPassword, nick: "leo" })).toMatchObject({ type: "welcome" })
})

test("neither a password nor a token nor a proof is in the file", async () => {
  await using folder = await openTemporary()
  const secrets: Array<string> = [password, "battery staple"]
  {
    await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file }) })
    const ana = await house.greeted()
    secrets.push(String((await ana.ask(register))["token"]))
    const again = await house.greeted()
    secrets.push(String((await prove(again, "ana", password))["token"]))
    secrets.push(String((await again.ask({ type: "password", password: "battery staple" }))["token"]))
  }
  const files = readdirSync(dirname(folder.file)).map((name) => readFileSync(join(dirname(folder.file), name)))
  const [db] = [Buffer.concat(files)]
  expect(db.includes("ana")).toBe(true)
  for (const secret of secrets) expect(db.includes(secret)).toBe(false)
})

test("a nick without an account has the same salt after a restart, and another in another file", async () => {
  const saltIn = async (file: string) => {
    await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file }) })
    return (await (await house.greeted()).ask({ type: "challenge", nick: "nobody", nonce }))["salt"]
  }
  await using folder = await openTemporary()
  await using other = await openTemporary()
  const salt = await saltIn(folder.file)
  expect(await saltIn(folder.file)).toBe(salt)
  expect(await saltIn(other.file)).not.toBe(salt)
})

test("whose account has ended takes their conversations with them, and an account keeps its own through a restart", async () => {
  await using folder = await openTemporary()
  const logs = () => SqliteRoomLogs.layer({ file: folder.file })
  {
    await using house = await openHouse({ logs: logs() })
    const ana = await house.greeted()
    await ana.ask(register)
    const leo = await house.greeted()
    await leo.ask({ ...register, nick: "leo" })
    await ana.ask({ type: "bye" })
    expect(await leo.ask({ type: "send", room: "@ana", text: "coffee?" })).toMatchObject({ type: "sent", seq: 1 })
  }
  await using house = await openHouse({ logs: logs() })
  const ana = await house.greeted()
  await ana.ask(byPassword)
  expect(await ana.ask({ type: "history", room: "@leo" })).toMatchObject({ head: 1, entries: [{ text: "coffee?" }] })
  const { epoch } = (await ana.ask({ type: "history", room: "@leo" })) as { epoch: string }
  await ana.ask({ type: "unregister" })
  expect(await ana.ask({ type: "history", room: "@leo" })).toMatchObject({ head: 1, epoch })
  await ana.ask({ type: "bye" })
  const next = await house.person("ana")
  const fresh = await next.ask({ type: "history", room: "@leo" })
  expect(fresh).toMatchObject({ head: 0, entries: [] })
  expect(fresh["epoch"]).not.toBe(epoch)
})

test("logins to an account at once are as many connections of one person", async () => {
  await using house = await openHouse()
  const leo = await house.person("leo", "#cafe")
  const first = await house.greeted()
  const { token } = await first.ask({ ...register, resume: true })
  const others = await Promise.all(Array.from({ length: 8 }, () => house.greeted()))
  const login = { type: "login", nick: "ana", token, resume: true }
  const welcomes = await Promise.all(others.map((other) => other.ask(login)))
  expect(new Set(welcomes.map(({ session }) => session)).size).toBe(8)
  const all = [first, ...others]
  await Promise.all(all.map((each) => each.ask({ type: "join", room: "#cafe" })))
  expect(await leo.ask({ type: "rooms" })).toMatchObject({ rooms: [{ room: "#cafe", members: 2 }] })
  expect(leo.before().filter(({ type }) => type === "member")).toHaveLength(1)
  await Promise.all(all.map((each) => each.ask({ type: "bye" })))
  expect(await leo.ask({ type: "members", room: "#cafe" })).toMatchObject({ members: ["leo"] })
  expect(leo.before().filter(({ type }) => type === "member")).toHaveLength(1)
})

test("the sessions of an account go on after a restart, each for itself, and count for its person", async () => {
  await using folder = await openTemporary()
  const logs = () => SqliteRoomLogs.layer({ file: folder.file })
  const [first, second] = await (async () => {
    await using house = await openHouse({ logs: logs() })
    const { session, token } = await (await house.greeted()).ask({ ...register, resume: true })
    const further = await (await house.greeted()).ask({ type: "login", nick: "ana", token, resume: true })
    return [session, further["session"]]
  })()
  await using house = await openHouse({ logs: logs() })
  const leo = await house.person("leo", "#cafe")
  const back: Array<Client> = []
  for (const session of [first, second]) {
    const client = await house.greeted()
    expect(await client.ask({ type: "login", nick: "ana", session })).toMatchObject({ resumed: true, account: true })
    await client.ask({ type: "join", room: "#cafe" })
    back.push(client)
  }
  expect(await leo.ask({ type: "members", room: "#cafe" })).toMatchObject({ members: ["ana", "leo"] })
  for (const client of back) expect(await client.ask({ type: "ping" })).toMatchObject({ type: "pong" })
})

test("a login that is under way while all others are ended gets in before that, and is ended, or not at all", async () => {
  await using house = await openHouse()
  let last = await house.greeted()
  let { token } = await last.ask(register)
  for (const change of [{ type: "revoke" }, { type: "password", password }, { type: "revoke" }]) {
    const others = await Promise.all(Array.from({ length: 10 }, () => house.greeted()))
    const asked = others.map((other) => other.ask({ type: "login", nick: "ana", token, resume: true }))
    expect(await last.ask(change)).toMatchObject({ type: change.type === "revoke" ? "revoked" : change.type })
    for (const [nth, reply] of (await Promise.all(asked)).entries()) {
      if (reply["type"] === "error") expect(reply).toMatchObject({ code: "bad-credentials" })
      else expect((await others[nth]!.rest()).at(-1)).toMatchObject({ type: "bye", code: "logged-out" })
    }
    const next = await house.greeted()
    token = (await prove(next, "ana", password))["token"]
    last = next
  }
})

test("a connection too many costs no token", async () => {
  await using house = await openHouse({ limits: { logins: 2 } })
  const ana = await house.greeted()
  const { token } = await ana.ask(register)
  const second = await house.greeted()
  await second.ask({ type: "login", nick: "ana", token })
  const third = await house.greeted()
  for (let nth = 0; nth < 33; nth++)
    expect(await prove(third, "ana", password)).toMatchObject({ code: "limit-reached" })
  await second.ask({ type: "bye" })
  expect(await third.ask({ type: "login", nick: "ana", token })).toMatchObject({ type: "welcome" })
})

test("a mark that several connections move at once stands where it was moved furthest", async () => {
  await using folder = await openTemporary()
  const logs = () => SqliteRoomLogs.layer({ file: folder.file })
  const { token } = await (async () => {
    await using house = await openHouse({ logs: logs() })
    const leo = await house.person("leo", "#cafe")
    for (let nth = 0; nth < 20; nth++) await leo.ask({ type: "send", room: "#cafe", text: `${nth}` })
    const ana = await house.greeted()
    const { token } = await ana.ask(register)
    const second = await house.greeted()
    await second.ask({ type: "login", nick: "ana", token })
    for (const client of [ana, second]) await client.ask({ type: "join", room: "#cafe" })
    const read = (client: Client, seq: number) => client.ask({ type: "read", room: "#cafe", seq })
    for (let seq = 2; seq <= 20; seq += 2) {
      await Promise.all([read(ana, seq), read(second, seq - 1)])
      expect(await second.ask({ type: "read", room: "#cafe" })).toMatchObject({ seq })
    }
    return { token }
  })()
  await using house = await openHouse({ logs: logs() })
  const back = await house.greeted()
  await back.ask({ type: "login", nick: "ana", token })
  expect(await back.ask({ type: "join", room: "#cafe" })).toMatchObject({ read: 20 })
})

test("an account keeps the 32 tokens that it was given last", async () => {
  await using house = await openHouse()
  const tokens: Array<unknown> = [(await (await house.greeted()).ask(register))["token"]]
  for (let nth = 0; nth < 32; nth++) {
    const client = await house.greeted()
    tokens.push((await prove(client, "ana", password))["token"])
    await client.ask({ type: "bye" })
  }
  const [first, second] = tokens
  const client = await house.greeted()
  expect(await client.ask({ type: "login", nick: "ana", token: first })).toMatchObject({ code: "bad-credentials" })
  expect(await client.ask({ type: "login", nick: "ana", token: second })).toMatchObject({ type: "welcome" })
})

test("passwords are hashed a few at a time, and a crowd that logs in by them is told to wait", async () => {
  await using house = await openHouse({ accounts: { iterations: 200_000 }, limits: { attempts: 1_000 } })
  await (await house.greeted()).ask(register)
  const crowd = await Promise.all(Array.from({ length: 60 }, () => house.greeted()))
  const asked = crowd.map((client) => client.ask({ type: "login", nick: "ana", password: "wrong" }))
  const codes = (await Promise.all(asked)).map(({ code }) => code)
  expect(codes.filter((code) => code === "bad-credentials")).toHaveLength(32)
  expect(codes.filter((code) => code === "unavailable")).toHaveLength(28)
})

/** Accounts that are kept only when they are let, from the `from`th change on. */
const slowKeeping = (from: number) => {
  const kept: Array<string> = []
  const [begun, goOn] = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
  const slow = Layer.effect(
    AccountStore,
    Effect.map(AccountStore, (store) => ({
      ...store,
      keep: ({ nick }: { readonly nick: string }) =>
        Effect.gen(function* () {
          if (kept.length + 1 >= from) {
            yield* Deferred.succeed(begun, undefined)
            yield* Deferred.await(goOn)
          }
          kept.push(nick)
        })
    }))
  ).pipe(Layer.provide(accountsInMemory))
  return {
    kept,
    // The last service counts.
    logs: Layer.merge(MemoryRoomLogs.layer({ entries: 10, bytes: 1e6 }), slow),
    begun: () => Effect.runPromise(Deferred.await(begun)),
    goOn: () => Effect.runPromise(Deferred.succeed(goOn, undefined))
  }
}

test("who goes while their account is being kept has one", async () => {
  const { begun, goOn, kept, logs } = slowKeeping(1)
  await using house = await openHouse({ logs })
  const ana = await house.greeted()
  ana.say({ ...register, id: 1 })
  await begun()
  ana.socket.resetAndDestroy()
  // Whoever asks next is heard after that reset.
  await (await house.greeted()).ask({ type: "ping" })
  await goOn()
  const other = await house.greeted()
  expect(await other.ask(register)).toMatchObject({ code: "nick-registered" })
  expect(kept).toEqual(["ana"])
})

test("who changes a password and goes at once has ended the other connections all the same", async () => {
  const { begun, goOn, logs } = slowKeeping(2)
  await using house = await openHouse({ logs })
  const ana = await house.greeted()
  const { token } = await ana.ask(register)
  const other = await house.greeted()
  await other.ask({ type: "login", nick: "ana", token })
  ana.say({ type: "password", id: 1, password: "battery staple" })
  await begun()
  ana.socket.resetAndDestroy()
  // Whoever asks next is heard after that reset.
  expect(await other.ask({ type: "ping" })).toMatchObject({ type: "pong" })
  await goOn()
  expect((await other.rest()).at(-1)).toMatchObject({ type: "bye", code: "logged-out" })
})

test("attempts come back one by one", () => {
  let now = 1_000_000
  const attempts = makeAttempts(3, 30, () => now)
  for (let nth = 0; nth < 3; nth++) {
    expect(attempts.wait("ana")).toBe(0)
    attempts.begin("ana")
  }
  expect(attempts.wait("ana")).toBe(10_000)
  expect(attempts.wait("leo")).toBe(0)
  now += 10_000
  expect(attempts.wait("ana")).toBe(0)
  attempts.begin("ana")
  expect(attempts.wait("ana")).toBe(10_000)
  attempts.succeed("ana")
  expect(attempts.wait("ana")).toBe(0)
  now += 100_000
  for (let nth = 0; nth < 3; nth++) attempts.begin("ana")
  expect(attempts.wait("ana")).toBe(10_000)
})
