/** `tertulia admin`, asked of a server that runs as a process of its own. */
import { lstatSync } from "node:fs"
import * as Net from "node:net"
import { join } from "node:path"
import { describe, expect, test, vi } from "vitest"
import { table } from "../src/admin/table.ts"
import { type Json, openClient } from "./support/house.ts"
import { linesOf, openFolder } from "./support/process.ts"

/** Looks until it is so: the server learns a little later that a connection has broken. */
const waitFor = (look: () => Promise<void>) => vi.waitFor(look, { timeout: 30_000, interval: 50 })

const password = "correct horse"

/** A server with a data file, and its operator. */
const openServer = async (...args: ReadonlyArray<string>) => {
  const folder = await openFolder()
  const { child, exit } = folder.start(["--port", "0", "--iterations", "4096", ...args])
  const lines = linesOf(child)
  const port = Number((await lines.saying("listening on"))["port"])
  /** Runs a command of an operator to its end. */
  const admin = (...args: ReadonlyArray<string>) => folder.start(["admin", ...args]).exit
  /** The answer to a command, which must succeed. */
  const answer = async (...args: ReadonlyArray<string>): Promise<Json> => {
    const { code, err, out } = await admin("--json", ...args)
    expect({ code, err }).toEqual({ code: 0, err: "" })
    expect(out.endsWith("\n") && !out.slice(0, -1).includes("\n")).toBe(true)
    return JSON.parse(out)
  }
  const socket = join(folder.path, "tertulia.db-admin")
  const greeted = () => openClient(port)
  return {
    child,
    exit,
    lines,
    port,
    socket,
    admin,
    answer,
    greeted,
    [Symbol.asyncDispose]: folder[Symbol.asyncDispose]
  }
}

describe("who may ask", () => {
  test("the socket lies beside the data file, only for whoever runs the server, and goes with it", async () => {
    await using server = await openServer()
    const { mode } = lstatSync(server.socket)
    expect((mode & 0o777).toString(8)).toBe("600")
    server.child.kill("SIGTERM")
    expect((await server.exit).code).toBe(0)
    expect(lstatSync(server.socket, { throwIfNoEntry: false })).toBeUndefined()
    const { code, err, out } = await server.admin("who")
    expect({ code, out }).toEqual({ code: 2, out: "" })
    expect(err).toMatch(/^tertulia: no server that runs has this admin socket; [^\n]+: \.\/tertulia\.db-admin\n$/u)
  })

  test("what a server that was killed has left is no obstacle, and another file is", async () => {
    await using folder = await openFolder()
    const first = folder.start(["--port", "0"])
    await linesOf(first.child).saying("listening on")
    first.child.kill("SIGKILL")
    await first.exit
    expect(lstatSync(join(folder.path, "tertulia.db-admin")).isSocket()).toBe(true)
    const second = folder.start(["--port", "0"])
    await linesOf(second.child).saying("listening on")
    expect(await folder.start(["admin", "who"]).exit).toMatchObject({ code: 0 })
    const third = folder.start(["--port", "0", "--data", ":memory:", "--admin-socket", "tertulia.db-admin"])
    expect(await third.exit).toMatchObject({ code: 2, err: expect.stringContaining("another server uses it") })
    const fourth = folder.start(["--port", "0", "--data", ":memory:", "--admin-socket", "tertulia.db"])
    expect(await fourth.exit).toMatchObject({ code: 2, err: expect.stringContaining("something else has this name") })
  })

  test("a server without a data file has a socket where it is told to, and a path that is too long is told", async () => {
    await using folder = await openFolder()
    const { child } = folder.start(["--port", "0", "--data", ":memory:", "--admin-socket", "here"])
    await linesOf(child).saying("listening on")
    expect(await folder.start(["admin", "--admin-socket", "here", "rooms"]).exit).toMatchObject({ code: 0 })
    const lost = await folder.start(["admin", "--data", ":memory:", "rooms"]).exit
    expect(lost).toMatchObject({ code: 2, err: expect.stringContaining("--admin-socket") })
    const long = await folder.start(["--port", "0", "--admin-socket", "x".repeat(104)]).exit
    expect(long).toMatchObject({ code: 2, err: expect.stringContaining("longer than 103 bytes") })
  })

  test("what isn't asked as it should be is refused, and the server goes on", async () => {
    await using server = await openServer()
    const say = (request: string): Promise<string> =>
      new Promise((resolve) => {
        let heard = ""
        const socket = Net.connect({ path: server.socket }, () => socket.end(request))
        socket.setEncoding("utf8").on("data", (text) => {
          heard += text
        })
        socket.on("close", () => resolve(heard)).on("error", () => {})
      })
    const post = (path: string, body: string) =>
      say(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    expect(await say("GET /who HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 405 /u)
    expect(await post("/nonsense", "{}")).toMatch(/^HTTP\/1\.1 404 /u)
    expect(await post("/toString", "{}")).toMatch(/^HTTP\/1\.1 404 /u)
    expect(await post("/kick", '{"nick":"ana"')).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await post("/kick", '{"nick":7,"reason":""}')).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await post("/who", " ".repeat(70_000))).toMatch(/^HTTP\/1\.1 413 /u)
    expect(await say("nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await server.answer("who")).toEqual({ people: [] })
  })
})

test("who is here, and in which rooms", async () => {
  await using server = await openServer()
  const [ana, leo, nobody] = [await server.greeted(), await server.greeted(), await server.greeted()]
  await ana.ask({ type: "register", nick: "ana", password })
  await leo.ask({ type: "login", nick: "leo", resume: true })
  for (const client of [ana, leo]) await client.ask({ type: "join", room: "#cafe" })
  await ana.ask({ type: "send", room: "#cafe", text: "hola" })
  await leo.ask({ type: "join", room: "#quiet" })
  const address = "127.0.0.1"
  const here = { address, seconds: expect.any(Number), queueBytes: 0 }
  expect(await server.answer("who")).toEqual({
    people: [
      { nick: "ana", account: true, connection: "c1", rooms: 1, ...here },
      { nick: "leo", account: false, connection: "c2", rooms: 2, ...here },
      { account: false, connection: "c3", rooms: 0, ...here }
    ]
  })
  leo.socket.destroy()
  await ana.ask({ type: "sync" })
  await waitFor(async () =>
    expect(await server.answer("who")).toMatchObject({
      people: [{ nick: "ana" }, { connection: "c3" }, { nick: "leo", rooms: 2, address }]
    })
  )
  expect(await server.answer("rooms")).toEqual({
    rooms: [
      { room: "#cafe", members: 2, first: 1, head: 1 },
      { room: "#quiet", members: 1, first: 1, head: 0 }
    ]
  })
  const { out } = await server.admin("rooms")
  expect(out).toBe(
    ["ROOM    MEMBERS  FIRST  HEAD", "#cafe         2      1     1", "#quiet        1      1     0", ""].join("\n")
  )
  for (const client of [ana, nobody]) client.socket.destroy()
})

test("whoever is kicked is so on all of their connections", async () => {
  await using server = await openServer()
  const ana = await server.greeted()
  const { token } = await ana.ask({ type: "register", nick: "ana", password: "correct horse" })
  const [second, lost] = [await server.greeted(), await server.greeted()]
  const login = { type: "login", nick: "ana", token, resume: true }
  await second.ask(login)
  const { session } = await lost.ask(login)
  lost.socket.destroy()
  await waitFor(async () =>
    expect(await server.answer("who")).toMatchObject({ people: [{}, {}, { nick: "ana", rooms: 0 }] })
  )
  expect(await server.answer("kick", "ana", "--reason", "be kind")).toEqual({ nick: "ana" })
  for (const client of [ana, second]) {
    expect((await client.rest()).at(-1)).toEqual({ type: "bye", code: "kicked", message: "be kind" })
  }
  const again = await server.greeted()
  expect(await again.ask({ type: "login", nick: "ana", session })).toMatchObject({ code: "session-expired" })
  expect(await again.ask({ type: "login", nick: "ana", token })).toMatchObject({ type: "welcome" })
  again.socket.destroy()
})

test("whoever is kicked hears why, and neither their connection nor their session goes on", async () => {
  await using server = await openServer()
  const [ana, leo] = [await server.greeted(), await server.greeted()]
  const { session } = await ana.ask({ type: "login", nick: "ana", resume: true })
  await leo.ask({ type: "login", nick: "leo" })
  for (const client of [ana, leo]) await client.ask({ type: "join", room: "#cafe" })
  expect(await server.admin("kick", "Ana", "--reason", "be kind")).toMatchObject({ code: 0, out: "ana is gone\n" })
  expect((await ana.rest()).at(-1)).toEqual({ type: "bye", code: "kicked", message: "be kind" })
  expect(await server.lines.saying("an operator asks for kick")).toMatchObject({ nick: "Ana", reason: "be kind" })
  expect(await leo.ask({ type: "members", room: "#cafe" })).toMatchObject({ members: ["leo"] })
  const again = await server.greeted()
  expect(await again.ask({ type: "login", nick: "ana", session })).toMatchObject({ code: "session-expired" })
  const absent = await again.ask({ type: "login", nick: "ana", resume: true })
  again.socket.destroy()
  await waitFor(async () =>
    expect(((await server.answer("who"))["people"] as ReadonlyArray<Json>).map(({ connection }) => connection)).toEqual(
      ["c2", undefined]
    )
  )
  expect(await server.answer("kick", "ana")).toEqual({ nick: "ana" })
  const third = await server.greeted()
  expect(await third.ask({ type: "login", nick: "ana", session: absent["session"] })).toMatchObject({
    code: "session-expired"
  })
  const { code, err } = await server.admin("kick", "nobody")
  expect({ code, err }).toEqual({ code: 2, err: "tertulia: nobody here is called nobody\n" })
  for (const client of [leo, third]) client.socket.destroy()
})

describe("whoever is banned", () => {
  const told = { type: "bye", code: "banned" }

  test("by their nick is sent away, and comes in under it no more, through a restart, until that is lifted", async () => {
    await using folder = await openFolder()
    const answer = async (...args: ReadonlyArray<string>) =>
      JSON.parse((await folder.start(["admin", "--json", ...args]).exit).out)
    const start = async () => {
      const { child, exit } = folder.start(["--port", "0", "--iterations", "4096"])
      const port = Number((await linesOf(child).saying("listening on"))["port"])
      const greeted = () => openClient(port)
      /** What somebody hears who tries to come in. */
      const tries = async (request: Json) => {
        const client = await greeted()
        client.say({ id: 1, ...request })
        await client.expect({ type: "hello" })
        const reply = await client.next()
        client.socket.destroy()
        return reply
      }
      const kill = () => {
        child.kill("SIGKILL")
        return exit
      }
      return { greeted, tries, kill }
    }
    const before = await start()
    const [ana, eva, leo] = [await before.greeted(), await before.greeted(), await before.greeted()]
    const { session, token } = await ana.ask({ type: "register", nick: "ana", password, resume: true })
    const asGuest = await eva.ask({ type: "login", nick: "eva", resume: true })
    await leo.ask({ type: "login", nick: "leo" })
    for (const client of [ana, eva, leo]) await client.ask({ type: "join", room: "#cafe" })
    const reason = "be kind"
    expect(await answer("ban", "Ana", "--reason", reason)).toEqual({ target: "ana", reason, connections: 1 })
    expect((await ana.rest()).at(-1)).toEqual({ ...told, message: reason })
    expect(await leo.ask({ type: "members", room: "#cafe" })).toMatchObject({ members: ["eva", "leo"] })
    eva.socket.destroy()
    expect(await answer("ban", "eva", "--hours", "2")).toMatchObject({ target: "eva", until: expect.any(String) })
    expect(await leo.ask({ type: "members", room: "#cafe" })).toMatchObject({ members: ["leo"] })
    await before.kill()

    const after = await start()
    expect((await answer("bans")).bans).toMatchObject([
      { target: "ana", reason },
      { target: "eva", until: expect.any(String) }
    ])
    expect(await after.tries({ type: "login", nick: "ANA", password })).toEqual({ ...told, message: reason })
    expect(await after.tries({ type: "login", nick: "ana", token })).toMatchObject(told)
    expect(await after.tries({ type: "login", nick: "eva" })).toMatchObject(told)
    expect(await after.tries({ type: "register", nick: "eva", password })).toMatchObject(told)
    // Who wouldn't have been let in learns of no ban.
    expect(await after.tries({ type: "login", nick: "ana" })).toMatchObject({ code: "nick-registered" })
    expect(await after.tries({ type: "register", nick: "ana", password })).toMatchObject({ code: "nick-registered" })
    expect(await after.tries({ type: "login", nick: "ana", password: "wrong" })).toMatchObject({
      code: "bad-credentials"
    })
    expect(await after.tries({ type: "login", nick: "ana", session })).toMatchObject({ code: "session-expired" })
    expect(await after.tries({ type: "login", nick: "eva", session: asGuest["session"] })).toMatchObject({
      code: "session-expired"
    })
    expect(await after.tries({ type: "login", nick: "leo" })).toMatchObject({ type: "welcome" })
    expect(await answer("unban", "ana")).toEqual({ target: "ana" })
    expect(await after.tries({ type: "login", nick: "ana", token })).toMatchObject({ type: "welcome" })
    const none = await folder.start(["admin", "unban", "ana"]).exit
    expect(none).toMatchObject({ code: 2, err: expect.stringMatching(/^tertulia: ana isn't banned: /u) })
    const nothing = await folder.start(["admin", "ban", "192.0.2.0/33"]).exit
    expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining("no range of addresses") })
    await after.kill()
  })

  test("by their address is sent away, and hears nothing else, before a login or after", async () => {
    await using server = await openServer()
    const [ana, nobody] = [await server.greeted(), await server.greeted()]
    const { session } = await ana.ask({ type: "login", nick: "ana", resume: true })
    expect(await server.answer("ban", "127.0.0.0/8")).toMatchObject({ target: "127.0.0.0/8", connections: 2 })
    for (const client of [ana, nobody]) expect((await client.rest()).at(-1)).toMatchObject(told)
    expect(await server.lines.saying("an operator asks for ban")).toMatchObject({ target: "127.0.0.0/8" })
    const late = await server.greeted()
    expect(await late.rest()).toMatchObject([told])
    expect(await server.answer("ban", "::ffff:127.0.0.1")).toMatchObject({ target: "127.0.0.1", connections: 0 })
    expect(await server.answer("unban", "127.0.0.0/8")).toMatchObject({ target: "127.0.0.0/8" })
    expect(await (await server.greeted()).rest()).toMatchObject([told])
    expect((await server.admin("bans")).out).toMatch(/^BANNED +UNTIL +REASON\n127\.0\.0\.1 +- +an operator has banned/u)
    await server.answer("unban", "127.0.0.1")
    const again = await server.greeted()
    expect(await again.ask({ type: "login", nick: "ana", session })).toMatchObject({ code: "session-expired" })
    expect(await again.ask({ type: "login", nick: "ana" })).toMatchObject({ type: "welcome" })
    again.socket.destroy()
  })
})

describe("a drain", () => {
  test("lets nobody in, and lets those who are there go on until it is their turn", async () => {
    await using server = await openServer()
    const [first, second] = [await server.greeted(), await server.greeted()]
    await first.ask({ type: "login", nick: "ana" })
    await second.ask({ type: "login", nick: "leo" })
    expect(await server.answer("drain", "--grace", "86400")).toEqual({ connections: 2, seconds: 86_400 })
    expect((await first.rest()).at(-1)).toMatchObject({ type: "bye", code: "shutting-down" })
    const late = await server.greeted().then((client) => client.rest())
    expect(late).toMatchObject([{ type: "bye", code: "shutting-down", reconnectAfter: expect.any(Number) }])
    expect(await server.admin("drain")).toMatchObject({ code: 2, err: "tertulia: the server drains already\n" })
    expect(await second.ask({ type: "ping" })).toMatchObject({ type: "pong" })
    server.child.kill("SIGTERM")
    expect((await second.rest()).at(-1)).toMatchObject({ type: "bye", code: "shutting-down" })
    expect((await server.exit).code).toBe(0)
  })

  test("ends the connections in their order, and then the server exits 0", async () => {
    await using server = await openServer()
    const people = [await server.greeted(), await server.greeted(), await server.greeted()]
    const ended: Array<number> = []
    for (const [nth, client] of people.entries()) await client.ask({ type: "login", nick: `p${nth}` })
    const rests = people.map(async (client, nth) => {
      const said = await client.rest()
      ended.push(nth)
      return said.at(-1)
    })
    expect(await server.answer("drain", "--grace", "3")).toEqual({ connections: 3, seconds: 3 })
    for (const last of await Promise.all(rests)) {
      expect(last).toMatchObject({ type: "bye", code: "shutting-down", reconnectAfter: expect.any(Number) })
    }
    expect(ended).toEqual([0, 1, 2])
    expect((await server.exit).code).toBe(0)
  })

  test("of a server where nobody is ends it at once", async () => {
    await using server = await openServer()
    const drained = await server.admin("drain", "--wait")
    expect(drained).toMatchObject({ code: 0, out: "0 connections end within 30 seconds; then the server stops\n" })
    expect(lstatSync(server.socket, { throwIfNoEntry: false })).toBeUndefined()
    expect((await server.exit).code).toBe(0)
  })
})

test("an account gets another password, and ends", async () => {
  await using server = await openServer()
  const [ana, leo] = [await server.greeted(), await server.greeted()]
  const { token } = await ana.ask({ type: "register", nick: "ana", password })
  await leo.ask({ type: "register", nick: "leo", password })
  leo.socket.destroy()
  expect(await server.answer("accounts")).toMatchObject({ accounts: [{ nick: "ana", here: true }, { nick: "leo" }] })
  const { out } = await server.admin("password", "ana")
  expect((await ana.rest()).at(-1)).toMatchObject({ type: "bye", code: "kicked" })
  const made = /^the password of ana is now ([\w-]{16})\n$/u.exec(out)?.[1]
  const again = await server.greeted()
  expect(await again.ask({ type: "login", nick: "ana", token })).toMatchObject({ code: "bad-credentials" })
  expect(await again.ask({ type: "login", nick: "ana", password })).toMatchObject({ code: "bad-credentials" })
  expect(await again.ask({ type: "login", nick: "ana", password: made })).toMatchObject({ type: "welcome" })
  const logged = await server.lines.saying("an operator asks for password")
  expect(JSON.stringify(logged)).toContain('"nick":"ana"')
  expect(JSON.stringify(logged)).not.toContain(made)
  expect(await server.answer("delete-account", "ana")).toEqual({ nick: "ana" })
  expect((await again.rest()).at(-1)).toMatchObject({ type: "bye", code: "kicked" })
  expect(await server.answer("delete-account", "leo")).toEqual({ nick: "leo" })
  expect(await server.answer("accounts")).toEqual({ accounts: [] })
  expect(await server.admin("password", "ana")).toMatchObject({
    code: 2,
    err: "tertulia: no account has the nick ana\n"
  })
  const guest = await server.greeted()
  expect(await guest.ask({ type: "login", nick: "ana" })).toMatchObject({ type: "welcome" })
  guest.socket.destroy()
})

test("an invitation is good for as many accounts as it says, through a restart, until it is revoked", async () => {
  await using folder = await openFolder()
  const start = async () => {
    const { child, exit } = folder.start(["--port", "0", "--iterations", "4096", "--register", "invited"])
    const port = Number((await linesOf(child).saying("listening on"))["port"])
    const register = async (nick: string, invitation?: unknown) => {
      const client = await openClient(port)
      const reply = await client.ask({
        type: "register",
        nick,
        password,
        ...(invitation === undefined ? {} : { invitation })
      })
      client.socket.destroy()
      return reply
    }
    const stop = () => {
      child.kill("SIGKILL")
      return exit
    }
    return { register, stop }
  }
  const answer = async (...args: ReadonlyArray<string>) =>
    JSON.parse((await folder.start(["admin", "--json", ...args]).exit).out)
  const before = await start()
  const one = await answer("invite")
  const two = await answer("invite", "--uses", "2", "--days", "1")
  expect(await before.register("ana")).toMatchObject({ code: "not-invited", field: "invitation" })
  // Who is refused for something else has used nothing up.
  expect(await before.register("ana", two.invitation)).toMatchObject({ type: "welcome" })
  expect(await before.register("ana", one.invitation)).toMatchObject({ code: "nick-registered" })
  const race = await Promise.all(["leo", "eva", "luz"].map((nick) => before.register(nick, one.invitation)))
  expect(race.map(({ code, type }) => code ?? type).sort()).toEqual(["not-invited", "not-invited", "welcome"])
  await before.stop()
  const after = await start()
  expect(await after.register("pia", one.invitation)).toMatchObject({ code: "not-invited" })
  expect((await answer("invitations")).invitations).toEqual([{ id: two.id, uses: 1, until: two.until }])
  expect(await answer("revoke", two.id)).toEqual({ id: two.id })
  expect(await after.register("pia", two.invitation)).toMatchObject({ code: "not-invited" })
  const unknown = await folder.start(["admin", "revoke", "x"]).exit
  expect(unknown).toMatchObject({ code: 2, err: expect.stringMatching(/^tertulia: there is no invitation x: /u) })
  await after.stop()
})

test("where everybody may register no invitation is made", async () => {
  await using server = await openServer()
  const { code, err } = await server.admin("invite")
  expect(code).toBe(2)
  expect(err).toMatch(/--register invited/u)
})

describe("a table", () => {
  const columns = [
    ["NAME", ({ name }: { name: string; size?: number }) => name],
    ["SIZE", ({ size }: { name: string; size?: number }) => size]
  ] as const

  test("has numbers to the right, a dash for nothing, and no escapes but its own", () => {
    const rows = [{ name: "a\u001b[2Jb", size: 1_000 }, { name: "c" }]
    expect(table(columns, rows, false)).toEqual(["NAME    SIZE", "a\ufffd[2Jb  1000", "c          -"])
    expect(table(columns, rows, true)[0]).toBe("\u001b[1mNAME    SIZE\u001b[0m")
  })

  test("is its titles where there are no rows", () => {
    expect(table(columns, [], false)).toEqual(["NAME  SIZE"])
  })
})
