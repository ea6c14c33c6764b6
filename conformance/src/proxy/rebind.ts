/**
 * Values that are others in each run, put in the place of those that were recorded: epochs, cursors and sessions, and names where they
 * are to be fresh. Everything else of a line stays as it was spelled.
 *
 * @module
 */
import { foldName, isDirect, type JsonObject, parseJson } from "@tertulia/protocol"
import type { Piece } from "./script.ts"

/** What is known of the values of this run. */
export interface Bindings {
  /** Compares an answer with the one that was recorded in its place. */
  readonly learn: (connection: number, recorded: JsonObject, now: JsonObject) => void
  /** A line of a client, as it is sent now. */
  readonly line: (text: string) => string
}

/** One life of a log, then and now. */
interface Log {
  readonly epoch: string
  /** By how much a `seq` is higher now. */
  shift: number
}

/**
 * Begins with nothing known.
 *
 * @param nonce what makes names fresh; without it they stay
 */
export const makeBindings = (nonce: string | undefined): Bindings => {
  const logs = new Map<string, Log>()
  // What the epochs of conversations that were recorded are now.
  const talks = new Map<string, string>()
  // What the sessions that were recorded are now.
  const sessions = new Map<string, string>()
  // What the places that searches went on from are now.
  const places = new Map<string, string>()
  // The epoch, as recorded, that each connection has met in each room.
  const epochs = new Map<string, string>()

  const learn: Bindings["learn"] = (connection, recorded, now) => {
    if (recorded["type"] !== now["type"]) return
    const room = String(recorded["room"])
    if (recorded["type"] === "joined") {
      const epoch = String(recorded["epoch"])
      epochs.set(`${connection} ${room}`, epoch)
      logs.set(`${room} ${epoch}`, {
        epoch: String(now["epoch"]),
        shift: Number(now["head"]) - Number(recorded["head"])
      })
    }
    if (recorded["type"] === "history" && isDirect(room)) talks.set(String(recorded["epoch"]), String(now["epoch"]))
    if (recorded["type"] === "conversations") {
      for (const then of items(recorded)) {
        const [[, name] = ["room", then["room"]]] = named("room", then["room"], nonce)
        const same = items(now).find((each) => each["room"] === name)
        if (same !== undefined) talks.set(String(then["epoch"]), String(same["epoch"]))
      }
    }
    if (recorded["type"] === "welcome" && typeof recorded["session"] === "string") {
      sessions.set(recorded["session"], String(now["session"]))
    }
    if (recorded["type"] === "search" && typeof recorded["next"] === "string" && typeof now["next"] === "string") {
      places.set(recorded["next"], now["next"])
    }
    if (recorded["type"] === "sent") {
      const log = logs.get(`${room} ${epochs.get(`${connection} ${room}`)}`)
      if (log !== undefined) log.shift = Number(now["seq"]) - Number(recorded["seq"])
    }
  }

  const changesOf = (object: JsonObject): ReadonlyArray<readonly [field: string, value: string | number]> => {
    const { after, before, epoch, from, nick, room, session, type } = object
    const sessionNow = type === "login" ? sessions.get(String(session)) : undefined
    const log = logs.get(`${foldName(String(room))} ${String(epoch)}`)
    const place = type === "search" ? places.get(String(before)) : undefined
    const talk = isDirect(String(room)) ? talks.get(String(epoch)) : undefined
    return [
      ...(talk === undefined ? [] : [["epoch", talk] as const]),
      ...(type === "join" && log !== undefined
        ? [["epoch", log.epoch] as const, ["after", Math.max(0, Number(after) + log.shift)] as const]
        : []),
      ...(place === undefined ? [] : [["before", place] as const]),
      ...(type === "search" ? named("from", from, nonce) : []),
      ...(sessionNow === undefined ? [] : [["session", sessionNow] as const]),
      ...(type === "login" || type === "whois" ? named("nick", nick, nonce) : named("room", room, nonce)),
      ...(["rooms", "members", "conversations", "users", "standings"].includes(String(type))
        ? named("after", after, nonce)
        : [])
    ]
  }

  return {
    learn,
    line: (text) => {
      const object = parseJson(text)
      if (typeof object === "string") return text
      return changesOf(object).reduce((line, [field, value]) => withValue(line, field, object[field], value), text)
    }
  }
}

const items = (list: JsonObject) => list["conversations"] as ReadonlyArray<JsonObject>

const nameGrammar = /^[#@]?[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/u
const longestName = 32

const named = (field: string, name: unknown, nonce: string | undefined): ReadonlyArray<readonly [string, string]> => {
  if (nonce === undefined || typeof name !== "string" || !nameGrammar.test(name)) return []
  const most = (/^[#@]/u.test(name) ? 1 : 0) + longestName - nonce.length - 1
  return [[field, `${name.slice(0, most)}-${nonce}`]]
}

/** The line with another value of a field: nothing else of it is spelled anew. */
const withValue = (line: string, field: string, old: unknown, value: string | number): string =>
  line.replace(
    new RegExp(`("${field}"\\s*:\\s*)${literally(JSON.stringify(old) ?? "")}`, "u"),
    (_, before: string) => `${before}${JSON.stringify(value)}`
  )

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")

// ---------------------------------------------------------------------------------------------------------------------
// Chunks
// ---------------------------------------------------------------------------------------------------------------------

/** A line that was recorded: where it stood, and its bytes as they are sent now, once they are known. */
interface Span {
  readonly from: number
  readonly to: number
  now: Uint8Array | undefined
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Cuts what a client sent into the chunks in which it sent it, with each line as `change` gives it at the time when its first byte is
 * wanted. Where a line has another length now, a cut behind the change stays as far from the line's end as it was.
 */
export const makeCutter = (sent: Uint8Array, change: (line: string) => string): ((piece: Piece) => Uint8Array) => {
  const spans = spansOf(sent)
  const bytesNow = (span: Span): Uint8Array => {
    span.now ??= changed(sent.subarray(span.from, span.to), change)
    return span.now
  }
  return ({ from, to }) =>
    Buffer.concat(
      spans
        .filter((span) => span.from < to && span.to > from)
        .map((span) => {
          const then = sent.subarray(span.from, span.to)
          const now = bytesNow(span)
          return now.subarray(placeIn(then, now, from - span.from), placeIn(then, now, to - span.from))
        })
    )
}

const spansOf = (sent: Uint8Array): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  for (let from = 0; from < sent.length; ) {
    const end = sent.indexOf(0x0a, from)
    const to = end === -1 ? sent.length : end + 1
    spans.push({ from, to, now: undefined })
    from = to
  }
  return spans
}

const changed = (bytes: Uint8Array, change: (line: string) => string): Uint8Array => {
  try {
    const line = utf8.decode(bytes)
    const now = change(line)
    return now === line ? bytes : Buffer.from(now)
  } catch {
    return bytes
  }
}

/** Where an offset of a line lies in the line as it is now. */
const placeIn = (then: Uint8Array, now: Uint8Array, offset: number): number => {
  if (offset <= 0) return 0
  if (offset >= then.length) return now.length
  const same = then.findIndex((byte, at) => byte !== now[at])
  if (same === -1 || offset <= same) return offset
  return Math.max(same, now.length - (then.length - offset))
}
