/** What an engine, a real one, says of messages that are published to it, any number at a time. */
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { describe, expect, test } from "vitest"
import { openPublisher } from "../src/nats/publisher.ts"
import { noNats, openNats } from "./support/nats.ts"

/** An engine with a stream that takes messages of the subject "log", and who publishes there. */
const open = async ({ subject = "log", patience = 60_000 } = {}) => {
  const nats = await openNats()
  const connection = await connect({ servers: `127.0.0.1:${nats.port}`, reconnect: false })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: "log", subjects: ["log"] })
  const publisher = openPublisher(connection, subject, patience)
  return {
    nats,
    connection,
    publish: (text: string) => publisher.publish(Buffer.from(text)),
    lost: publisher.lost,
    close: publisher.close,
    messageAt: async (seq: number) => (await manager.streams.getMessage("log", { seq }))?.string(),
    [Symbol.asyncDispose]: async () => {
      publisher.close()
      await connection.close()
      await nats[Symbol.asyncDispose]()
    }
  }
}

describe.skipIf(noNats !== undefined)("a publisher", () => {
  test("gives each message its place, however many are under way", async () => {
    await using log = await open()
    const texts = Array.from({ length: 1_000 }, (_, nth) => `message ${nth + 1}`)
    const published = await Promise.all(texts.map(log.publish))
    expect(published).toEqual(texts.map((_, nth) => ({ _tag: "Stored", place: nth + 1 })))
    expect(await log.messageAt(1)).toBe("message 1")
    expect(await log.messageAt(1_000)).toBe("message 1000")
  })

  test("says of what was never sent, or nobody takes, that it isn't there", async () => {
    await using log = await open()
    expect(await log.publish("x".repeat(2_000_000))).toMatchObject({
      _tag: "Refused",
      reason: expect.stringContaining("payload")
    })
    expect(await log.publish("one")).toEqual({ _tag: "Stored", place: 1 })
    await using nobody = await open({ subject: "elsewhere" })
    expect(await nobody.publish("one")).toEqual({ _tag: "Refused", reason: "nobody keeps such messages there" })
  })

  test("says that nobody knows when no answer comes, and when the connection is lost or closed", async () => {
    await using log = await open({ patience: 300 })
    await log.nats.freeze()
    expect(await log.publish("one")).toEqual({ _tag: "Unknown", reason: "no answer for 0.3 s" })
    await using other = await open()
    await other.nats.freeze()
    const published = Promise.all([other.publish("one"), other.publish("two")])
    other.lost()
    const lost = { _tag: "Unknown", reason: "the connection was lost" }
    expect(await published).toEqual([lost, lost])
    const closed = other.publish("three")
    other.close()
    expect(await closed).toEqual({ _tag: "Unknown", reason: "the connection was closed" })
    log.nats.thaw()
    other.nats.thaw()
  })
})
