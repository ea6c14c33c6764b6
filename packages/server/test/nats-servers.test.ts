import { once } from "node:events"
import { createInterface } from "node:readline"
import { describe, expect, test, vi } from "vitest"
import { type Client, openClient } from "./support/house.ts"
import { noNats, openNats } from "./support/nats.ts"
import { openFolder } from "./support/process.ts"

vi.setConfig({ testTimeout: 90_000 })

type Folder = Awaited<ReturnType<typeof openFolder>>

/** Starts a server of a tertulia, and waits until it has told where it listens. */
const startServer = async (folder: Folder, store: string, file: string) => {
  const settings = ["--port", "0", "--data", file, "--store", store, "--heartbeat", "2", "--log-format", "json"]
  const { child, exit } = folder.start(settings)
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const { port } = JSON.parse(line) as { readonly port?: number }
      if (port !== undefined) resolve(port)
    })
    void exit.then(({ err }) => reject(new Error(`the server ended: ${err}`)))
  })
  return { port, child, exit }
}

/** Somebody who comes to a server, and is greeted. */
const come = async (port: number): Promise<Client> => {
  const client = await openClient(port)
  await client.expect({ type: "hello" })
  return client
}

const said = (entries: ReadonlyArray<object>) => entries.map((entry) => Reflect.get(entry, "text"))

describe.skipIf(noNats !== undefined)("three servers that share their rooms", () => {
  test("are one: who comes to one sees who came to another, and what they say", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const servers = []
    for (const file of ["1.db", "2.db", "3.db"]) servers.push(await startServer(folder, nats.url("one"), file))
    const people = await Promise.all(servers.map(({ port }) => come(port)))
    for (const [index, person] of people.entries()) {
      await person.ask({ type: "login", nick: `p${index}` })
      await person.ask({ type: "join", room: "#cafe" })
    }
    const taken = await come(servers[2]!.port)
    expect(await taken.ask({ type: "login", nick: "p0" })).toMatchObject({ type: "error", code: "nick-taken" })
    expect(await people[1]!.ask({ type: "send", room: "#cafe", text: "hola" })).toMatchObject({ type: "sent", seq: 1 })
    for (const person of people) {
      const { entries } = (await person.ask({ type: "history", room: "#cafe" })) as { entries: ReadonlyArray<object> }
      expect(said(entries)).toEqual(["hola"])
      expect(await person.ask({ type: "members", room: "#cafe" })).toMatchObject({ members: ["p0", "p1", "p2"] })
    }
    for (const person of [...people, taken]) person.socket.destroy()
  })

  test("go on when the one that leads is killed: whoever was there comes back elsewhere as who they were, and nothing is lost", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const leader = await startServer(folder, nats.url("one"), "1.db")
    const ana = await come(leader.port)
    const { session } = await ana.ask({ type: "login", nick: "ana", resume: true })
    const { epoch } = await ana.ask({ type: "join", room: "#cafe" })
    const other = await startServer(folder, nats.url("one"), "2.db")
    const leo = await come(other.port)
    await leo.ask({ type: "login", nick: "leo" })
    await leo.ask({ type: "join", room: "#cafe" })
    await ana.ask({ type: "send", room: "#cafe", text: "one", key: "a1" })
    leader.child.kill("SIGKILL")
    expect((await leo.rest()).at(-1)).toMatchObject({ type: "bye", code: "shutting-down" })
    const again = await come(other.port)
    expect(await again.ask({ type: "login", nick: "ana", session: session! })).toMatchObject({ resumed: true })
    expect(await again.ask({ type: "join", room: "#cafe", epoch: epoch!, after: 0 })).toMatchObject({
      epoch,
      head: 1,
      resumed: true
    })
    expect(await again.ask({ type: "send", room: "#cafe", text: "one", key: "a1" })).toMatchObject({
      type: "sent",
      seq: 1,
      duplicate: true
    })
    again.socket.destroy()
  })

  test("end the one that led and stood still for longer than its lease: what its clients have asked for meanwhile isn't done", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const leader = await startServer(folder, nats.url("one"), "1.db")
    const ana = await come(leader.port)
    await ana.ask({ type: "login", nick: "ana" })
    await ana.ask({ type: "join", room: "#cafe" })
    const other = await startServer(folder, nats.url("one"), "2.db")
    leader.child.kill("SIGSTOP")
    ana.say({ type: "send", id: 1, room: "#cafe", text: "too late" })
    // Whoever came for the one that stands still is sent away when another leads.
    const leo = await vi.waitFor(() => come(other.port), { timeout: 60_000 })
    await leo.ask({ type: "login", nick: "leo" })
    await leo.ask({ type: "join", room: "#cafe" })
    expect(await leo.ask({ type: "send", room: "#cafe", text: "in time" })).toMatchObject({ seq: 1 })
    leader.child.kill("SIGCONT")
    const [code] = await once(leader.child, "exit")
    expect(code).toBe(1)
    expect((await ana.rest()).filter(({ type }) => type === "sent" || type === "message")).toEqual([])
    const { entries } = (await leo.ask({ type: "history", room: "#cafe" })) as { entries: ReadonlyArray<object> }
    expect(said(entries)).toEqual(["in time"])
    expect((await leader.exit).err).toMatch(/another server has taken over the rooms in nats:/u)
    leo.socket.destroy()
  })

  test("let nobody in between them who doesn't know their secret", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const { port } = await startServer(folder, nats.url("one"), "1.db")
    const ana = await come(port)
    await ana.ask({ type: "login", nick: "ana" })
    const { DatabaseSync } = await import("node:sqlite")
    const db = new DatabaseSync(`${folder.path}/1.db`, { readOnly: true })
    const { at } = db.prepare("SELECT at FROM following").get() as { readonly at: string }
    db.close()
    const stranger = await openClient(Number(at.split(":")[1]))
    stranger.say({ secret: "0".repeat(64), peer: "127.0.0.1", isPrivate: true })
    expect(await stranger.rest()).toEqual([])
    ana.socket.destroy()
  })
})
