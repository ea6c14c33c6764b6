/**
 * What a server owes for what was sent, found without the server's own code, and whether what came is that: each line that isn't blank has
 * one answer, in order, of a registered code; and nothing that came tells of the server's inside.
 *
 * @module
 */
import { byeCodes, decodeServerMessage, errorCodes, replyTypes } from "@tertulia/protocol"
import * as Result from "effect/Result"
import type { Finding } from "./case.ts"

/** An answer that is owed: to a request with this `id`, or to a line that shows none. */
interface Owed {
  readonly id: number | undefined
  readonly type: string | undefined
}

export interface Oracle {
  /** Notes what the client has sent. */
  readonly sent: (bytes: Buffer) => void
  /** Looks at what the server has sent; gives what is wrong with it. */
  readonly came: (text: string, learn: (name: string, value: string) => void) => Finding | undefined
  /** Whether nothing is owed. A server that owes the end has to be seen to end. */
  readonly isPaid: () => boolean
  /** Whether the server has to end the connection by itself. */
  readonly isEndOwed: () => boolean
  /** How many answers are owed. */
  readonly owed: () => number
}

const LF = 0x0a
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** What only somebody inside the server can know: frames of a stack, files, a fault of the program in its own words. */
const inside =
  /^ {4}at |\bnode:[a-z]|node_modules|\.ts:[0-9]|\b(?:Type|Range|Reference|Syntax)Error\b|SQLITE_|FiberFailure/mu

/** Names under which a server gives what a client says again. */
const given = new Set(["epoch", "session", "token", "next", "nonce", "salt"])

/** @param limit `limits.line` */
export const makeOracle = (limit: number): Oracle => {
  const owed: Array<Owed> = []
  let buffer = Buffer.alloc(0)
  let rest = ""
  let isFirst = true
  let hasGreeted = false
  // Why the server has to end the connection after what it owes, and whether it has said its last.
  let end: "goodbye" | "not-tertulia" | "line-too-long" | undefined
  let isOver = false

  const line = (bytes: Buffer) => {
    const owes = answerTo(bytes)
    if (owes === "nothing") return
    const isFirstLine = isFirst
    isFirst = false
    if (owes === "no object" && isFirstLine) {
      end = "not-tertulia"
    } else if (owes === "no object" || owes === "bad string") {
      owed.push({ id: undefined, type: undefined })
    } else {
      owed.push(owes)
      if (owes.id !== undefined && owes.type === "bye") end = "goodbye"
    }
  }

  const sent = (bytes: Buffer) => {
    if (end !== undefined || isOver) return
    if (isFirst && buffer.length === 0 && bytes[0] === 0x16) end = "not-tertulia"
    buffer = Buffer.concat([buffer, bytes])
    let from = 0
    for (let at = buffer.indexOf(LF); at !== -1 && end === undefined; at = buffer.indexOf(LF, from)) {
      if (at - from + 1 > limit) break
      line(buffer.subarray(from, at))
      from = at + 1
    }
    buffer = buffer.subarray(from)
    const last = buffer.indexOf(LF)
    if (end === undefined && (last === -1 ? buffer.length : last) + 1 > limit) end = "line-too-long"
  }

  const judge = (said: string, learn: (name: string, value: string) => void): Finding | undefined => {
    if (isOver) return finding("after the end", said)
    const decoded = decodeServerMessage(said)
    if (Result.isFailure(decoded)) return finding(`malformed: ${decoded.failure.reason}`, said)
    if (decoded.success._tag === "Unknown") return finding("unregistered event", said)
    // A text that somebody has said may look like anything; what the server says itself may not.
    const message = decoded.success.message as unknown as Readonly<Record<string, unknown>>
    if (typeof message["message"] === "string" && inside.test(message["message"]))
      return finding("tells of its inside", said)
    for (const [name, value] of Object.entries(message)) {
      if (given.has(name) && typeof value === "string") learn(name, value)
    }
    if (!hasGreeted) {
      hasGreeted = true
      if (message["type"] === "bye") isOver = true
      return message["type"] === "hello" || message["type"] === "bye" ? undefined : finding("no greeting", said)
    }
    if (message["type"] === "bye" && message["re"] === undefined) return goodbye(String(message["code"]), said)
    if (message["type"] !== "error" && message["re"] === undefined) return undefined
    return reply(message, said)
  }

  const goodbye = (code: string, said: string): Finding | undefined => {
    isOver = true
    if (!byeCodes.some((known) => known === code)) return finding("unregistered bye", said)
    if (code === "internal") return finding("a defect", said)
    const isByItself = code === "not-tertulia" || code === "line-too-long"
    if (isByItself && code !== end) return finding(`${code}, and nothing like it was sent`, said)
    if (isByItself && owed.length > 0) return finding(`${code} before what was owed`, said)
    owed.length = 0
    return undefined
  }

  const reply = (message: Readonly<Record<string, unknown>>, said: string): Finding | undefined => {
    const first = owed.shift()
    if (first === undefined) return finding("a reply to nothing", said)
    if (message["re"] !== first.id)
      return finding("a reply out of turn", `${said}, and ${JSON.stringify(first)} was next`)
    const type = message["type"]
    if (type === "error") {
      if (!errorCodes.some((known) => known === message["code"])) return finding("unregistered error", said)
      const isOfNoRequest =
        message["code"] === "bad-json" || (message["code"] === "bad-request" && message["field"] === "id")
      return first.id !== undefined || isOfNoRequest ? undefined : finding("an answer to no request", said)
    }
    if (first.type === undefined || !(first.type in replyTypes)) return finding("a reply to no request", said)
    if (type !== replyTypes[first.type as keyof typeof replyTypes]) return finding("a reply of another type", said)
    if (type === "bye") isOver = true
    return undefined
  }

  const came = (text: string, learn: (name: string, value: string) => void): Finding | undefined => {
    const lines = (rest + text).split("\n")
    rest = lines.pop()!
    for (const said of lines) {
      const found = judge(said, learn)
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    sent,
    came,
    isPaid: () => owed.length === 0 && hasGreeted,
    isEndOwed: () => end !== undefined && !isOver,
    owed: () => owed.length
  }
}

const finding = (kind: string, said: string): Finding => ({ kind, what: said.slice(0, 2_000) })

/** What a line is owed, by the words of spec/wire.md and spec/session.md. */
const answerTo = (bytes: Buffer): "nothing" | "no object" | "bad string" | Owed => {
  let text: string
  try {
    text = utf8.decode(bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes)
  } catch {
    return "no object"
  }
  if (/^[ \t\r]*$/u.test(text)) return "nothing"
  if (depthOf(text) > 8) return "no object"
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return "no object"
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "no object"
  if (!isWellFormed(value)) return "bad string"
  const { id, type } = value as { readonly id?: unknown; readonly type?: unknown }
  const isId = typeof id === "number" && Number.isInteger(id) && id >= 1 && id <= 2_147_483_647
  return { id: isId ? id : undefined, type: typeof type === "string" ? type : undefined }
}

/** How deep brackets outside of strings open. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gsu)) {
    if (token === "{" || token === "[") deepest = Math.max(deepest, ++depth)
    else if (token === "}" || token === "]") depth--
  }
  return deepest
}

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === "string") return !value.includes("\0") && value.isWellFormed()
  if (typeof value !== "object" || value === null) return true
  return Object.entries(value).every(([name, inner]) => isWellFormed(name) && isWellFormed(inner))
}
