import { setTimeout } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { noticedAfter, watchForStalls } from "../src/stall.ts"

const standStill = (millis: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

describe("A stall", () => {
  it("is counted once, when the thread has stood still for longer than is allowed", async () => {
    const stalls = watchForStalls(300)
    await setTimeout(noticedAfter)
    expect(stalls()).toBe(0)
    standStill(600)
    await setTimeout(noticedAfter)
    expect(stalls()).toBe(1)
    await setTimeout(noticedAfter)
    expect(stalls()).toBe(1)
  })
})
