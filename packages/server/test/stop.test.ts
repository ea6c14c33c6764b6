import { describe, expect, test } from "vitest"
import { openHouse } from "./support/house.ts"
import { connectTo, listening, openFolder } from "./support/process.ts"

describe("a server that is asked to stop", () => {
  test("answers what it has read, says goodbye to everybody, and lets nobody in", async () => {
    await using house = await openHouse()
    const ana = await house.person("ana", "#cafe")
    const guest = await house.greeted()
    ana.say({ type: "send", id: 1, room: "#cafe", text: "last words" })
    await ana.expect({ type: "message", text: "last words" })
    const stopped = house.stop()
    const said = await ana.rest()
    expect(said).toMatchObject([
      { type: "sent", re: 1 },
      { type: "bye", code: "shutting-down" }
    ])
    expect(said[1]!["reconnectAfter"]).toBeGreaterThan(0)
    expect(await guest.rest()).toMatchObject([{ type: "bye", code: "shutting-down" }])
    await expect(connectTo(house.port)).rejects.toMatchObject({ code: "ECONNREFUSED" })
    ana.socket.end()
    guest.socket.end()
    await stopped
  })

  test("isn't held up by somebody who doesn't read", async () => {
    await using house = await openHouse({ limits: { burst: 1e6, line: 8_192, text: 1_000 } })
    const frozen = await house.person("frozen", "#cafe")
    frozen.socket.pause()
    for (let round = 0; round < 100; round++) {
      frozen.say(
        ...Array.from({ length: 100 }, (_, id) => ({ type: "send", id: id + 1, room: "#cafe", text: "x".repeat(900) }))
      )
    }
    const ana = await house.person("ana")
    await ana.ask({ type: "ping" })
    const stopped = house.stop()
    expect(await ana.rest()).toMatchObject([{ code: "shutting-down" }])
    ana.socket.end()
    await stopped
  })

  test.for(["SIGTERM", "SIGINT"] as const)("exits 0 on %s, and logs JSON lines when piped", async (signal) => {
    await using folder = await openFolder()
    const { child, exit } = folder.start(["--port", "0"])
    const { host, message, port } = await listening(child)
    expect(message).toContain(`listening on ${host}:${port}`)
    const socket = await connectTo(port)
    let text = ""
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
    await expect.poll(() => text).toContain("hello")
    socket.on("end", () => socket.end())
    child.kill(signal)
    const { code, err, out } = await exit
    expect(code).toBe(0)
    expect(err).toBe("")
    expect(text).toContain('"code":"shutting-down"')
    const lines = out.trim().split("\n")
    expect(lines.map((line) => JSON.parse(line).message)).toEqual([message, "stopping", "stopped"])
  })
})
