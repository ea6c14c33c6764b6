import { describe, expect, test, vi } from "vitest"
import { type Client, type Json, openClient } from "./support/house.ts"
import { noNats, openNats } from "./support/nats.ts"
import { openFolder } from "./support/process.ts"
import { come, said, startServer } from "./support/servers.ts"
import { tertulia } from "./support/tertulia.ts"

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

  test("lose nothing when the one that leads is drained while people talk through the others", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const leader = await startServer(folder, nats.url("one"), "1.db")
    // It leads before the others come.
    ;(await come(leader.port)).socket.destroy()
    const others = await Promise.all(["2.db", "3.db"].map((file) => startServer(folder, nats.url("one"), file)))
    let isOver = false
    const talk = async (nick: string, port: number) => {
      let session: unknown
      const acknowledged: Array<{ readonly text: string; readonly seq: unknown }> = []
      const again: Array<string> = []
      const visit = async () => {
        const person = await come(port)
        try {
          const login = { type: "login", nick, resume: true, ...(session === undefined ? {} : { session }) }
          const answer = await person.ask(login)
          if (answer["type"] !== "welcome") throw new Error(JSON.stringify(answer))
          session = answer["session"]
          await person.ask({ type: "join", room: "#cafe" })
          while (!isOver) {
            const text = `${nick}-${acknowledged.length + 1}`
            const sent = await person.ask({ type: "send", room: "#cafe", text, key: text })
            if (sent["type"] !== "sent") throw new Error(JSON.stringify(sent))
            acknowledged.push({ text, seq: sent["seq"] })
          }
        } finally {
          person.socket.destroy()
        }
      }
      while (!isOver) await visit().catch((why) => again.push(String(why)))
      return { acknowledged, again }
    }
    const talks = others.map(({ port }, index) => talk(`p${index}`, port))
    const enter = async (nick: string) => {
      const person = await vi.waitFor(() => come(others[1]!.port), { timeout: 30_000 })
      expect(await person.ask({ type: "login", nick })).toMatchObject({ type: "welcome" })
      await person.ask({ type: "join", room: "#cafe" })
      return person
    }
    const headIn = async (person: Client) => Number((await person.ask({ type: "history", room: "#cafe" }))["head"])
    const hear = async (person: Client, more: number) => {
      const before = await headIn(person)
      await vi.waitFor(async () => expect(await headIn(person)).toBeGreaterThan(before + more), {
        timeout: 30_000,
        interval: 50
      })
    }
    await hear(await enter("early"), 20)
    const drained = await tertulia("admin", "drain", "--grace", "1", "--wait", "--data", `${folder.path}/1.db`)
    expect(drained).toMatchObject({ code: 0 })
    expect((await leader.exit).code).toBe(0)
    // Both are where they were, with the next that leads.
    const late = await enter("late")
    await hear(late, 20)
    isOver = true
    const said = await Promise.all(talks)
    const entries: Array<Json> = []
    for (let more = true; more; ) {
      const page = await late.ask({ type: "history", room: "#cafe", after: entries.length })
      entries.push(...(page["entries"] as ReadonlyArray<Json>))
      more = entries.length < Number(page["head"])
    }
    for (const [index, { acknowledged, again }] of said.entries()) {
      expect(again.length).toBeGreaterThan(0)
      const own = entries.filter(({ from }) => from === `p${index}`)
      // The last may be on its way yet.
      const there = own.slice(0, acknowledged.length).map(({ seq, text }) => ({ text, seq }))
      expect(there).toEqual(acknowledged)
      expect(own.length).toBeLessThanOrEqual(acknowledged.length + 1)
    }
    late.socket.destroy()
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
