import { describe, expect, test, vi } from "vitest"
import { openClient } from "./support/house.ts"
import { noNats, openNats } from "./support/nats.ts"
import { openFolder } from "./support/process.ts"
import { come, said, startServer } from "./support/servers.ts"

vi.setConfig({ testTimeout: 90_000 })

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
    // Whoever comes before all of the other has ended is sent away by it, too.
    const again = await vi.waitFor(() => come(other.port), { timeout: 30_000 })
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
