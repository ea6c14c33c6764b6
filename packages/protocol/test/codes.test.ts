import { describe, expect, it } from "vitest"
import { byeCodes, byeRegistry, claims, errorCodes, reconnectAfterBye } from "../src/index.ts"

describe("The registry of errors", () => {
  it("is in the order of precedence", () => {
    const order = ["bad-json", "bad-request", "unsupported", "login-first", "bad-name", "bad-text", "too-long"]
    expect(errorCodes.filter((code) => order.includes(code))).toEqual(order)
  })
})

describe("After a bye a client", () => {
  it.each(byeCodes)("does what the registry says of %s", (code) => {
    expect(reconnectAfterBye(code)).toBe(byeRegistry[code].reconnect)
  })

  it("backs off when it doesn't know the code, and when there was no bye", () => {
    expect(reconnectAfterBye("x-bored")).toBe("backoff")
    expect(reconnectAfterBye("toString")).toBe("backoff")
    expect(reconnectAfterBye(undefined)).toBe("backoff")
  })
})

describe("A close code", () => {
  it("tells one bye from another, and may be sent (RFC 6455, section 7.4)", () => {
    const closes = byeCodes.map((code) => byeRegistry[code].close)
    expect(new Set(closes).size).toBe(closes.length)
    const reserved: ReadonlyArray<number> = [1_000, 1_004, 1_005, 1_006, 1_015]
    for (const close of closes) {
      expect((close > 1_000 && close < 1_016) || (close >= 4_000 && close < 5_000)).toBe(true)
      expect(reserved).not.toContain(close)
    }
  })
})

describe("A greeting", () => {
  it("claims the core always", () => {
    expect(claims([], "core")).toBe(true)
  })
})
