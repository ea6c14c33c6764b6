/**
 * What waits to be sent on one connection: in order, bounded in bytes, one write at a time.
 *
 * What is said in one turn of the event loop goes out in one write. Replies and replays are paced: whoever says them waits
 * for `ready` first (FLOW-6). Events are posted without waiting, so they are bounded: beyond the backlog the outbox
 * overflows, and its connection is to be ended (FLOW-3).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { Connection } from "./transport.ts"

/** How an outbox is bounded. */
export interface OutboxOptions {
  /** Bytes of unsent replies above which no further request is read: `limits.line`. */
  readonly mark: number
  /** Bytes of unsent events above which the outbox overflows: `limits.backlog`. */
  readonly backlog: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Called once, when events come too fast for the reader. */
  readonly onOverflow: () => void
}

export interface Outbox {
  /** Says one line, or several: a reply, or a part of a replay. */
  readonly say: (lines: string) => void
  /** Posts an event: the bytes of whole lines, shared with other outboxes. */
  readonly post: (lines: Uint8Array) => void
  /** Posts an event that may be lost (PRESENCE-6): it is, when a quarter of the backlog waits, so that it costs nobody the connection. */
  readonly offer: (lines: Uint8Array) => void
  /** Holds an event back until `release`: it belongs behind a replay that is being said. It counts as if it was posted. */
  readonly hold: (lines: Uint8Array) => void
  /** Posts what was held back. */
  readonly release: () => void
  /** Whether the connection has accepted all that it was given: what is passing may be told (TYPING-2). */
  readonly isIdle: () => boolean
  /** Whether so little waits that more may be said. */
  readonly isReady: () => boolean
  /** Waits until little enough waits. */
  readonly ready: Effect.Effect<void>
  /** Says the last lines, if any, and takes nothing after them. */
  readonly finish: (lines: string | undefined) => void
  /** Waits until nothing waits. */
  readonly empty: Effect.Effect<void>
  /** Throws away what waits but for the write under way, so that what was sent stays whole lines (FLOW-5). */
  readonly discard: () => void
  /** Throws away everything, for nobody is there to take it, and takes nothing more. */
  readonly abandon: () => void
  /** Bytes that wait, those of the write under way included. */
  readonly unsent: () => number
  /** The time since which bytes wait and none was accepted; undefined when none wait. */
  readonly stalledSince: () => number | undefined
}

/** The most bytes that are put together into one write; a longer piece goes alone. */
const writeBytes = 65_536

export const makeOutbox = (connection: Connection, options: OutboxOptions): Outbox => {
  const { mark, now, onOverflow } = options
  // A reader is never cut off for what it has asked for: replies up to the mark and the one that crosses it, and its own
  // entries that are under way, as much again (sending.ts). Events come on top.
  const bound = options.backlog + 4 * mark
  const spare = options.backlog / 4
  const ready = makeGate(() => unsent() <= mark)
  const empty = makeGate(() => unsent() === 0)
  // Nearly always one piece waits for the end of the turn; what follows it waits in `others`.
  let piece: Uint8Array | undefined
  let others: Array<Uint8Array> = []
  // Replies that were said last, behind all that waits: they become bytes together.
  let said = ""
  let waitingBytes = 0
  let writingBytes = 0
  let held: Array<Uint8Array> = []
  let heldBytes = 0
  let scheduled = false
  let finished = false
  let overflowed = false
  let stalledSince: number | undefined

  const unsent = () => waitingBytes + writingBytes

  const push = (lines: Uint8Array) => {
    if (piece === undefined) piece = lines
    else others.push(lines)
  }

  const put = (lines: Uint8Array) => {
    if (finished) return
    if (said !== "") gather()
    push(lines)
    added(lines.length)
  }

  const say = (lines: string) => {
    if (finished) return
    said += lines
    added(Buffer.byteLength(lines))
  }

  const gather = () => {
    const lines = said
    said = ""
    push(Buffer.from(lines))
  }

  const added = (bytes: number) => {
    waitingBytes += bytes
    if (scheduled || writingBytes > 0) return
    scheduled = true
    flushSoon(flush)
  }

  const flush = () => {
    scheduled = false
    write()
    ready.look()
    empty.look()
  }

  const write = () => {
    if (said !== "") gather()
    while (writingBytes === 0 && piece !== undefined) {
      const bytes = takeWrite(piece)
      waitingBytes -= bytes.length
      if (connection.write(bytes, accepted)) continue
      writingBytes = bytes.length
      stalledSince = now()
    }
  }

  const accepted = () => {
    writingBytes = 0
    stalledSince = undefined
    flush()
  }

  /** As many whole pieces as fit one write, at least the first. */
  const takeWrite = (first: Uint8Array): Uint8Array => {
    if (others.length === 0) {
      piece = undefined
      return first
    }
    let count = 0
    let bytes = first.length
    while (count < others.length && bytes + others[count]!.length <= writeBytes) bytes += others[count++]!.length
    const together = count === 0 ? first : Buffer.concat([first, ...others.splice(0, count)], bytes)
    piece = others.shift()
    return together
  }

  const clear = () => {
    piece = undefined
    others = []
    said = ""
    waitingBytes = 0
  }

  /** Whether an event may still come on top; the first that may not ends the connection. */
  const hasRoom = (): boolean => {
    if (overflowed || finished) return false
    // One burst may be larger than the backlog: what counts is what the reader had left unread before it.
    if (unsent() + heldBytes > bound) write()
    if (unsent() + heldBytes <= bound) return true
    overflowed = true
    onOverflow()
    return false
  }

  return {
    say,
    post: (lines) => {
      if (hasRoom()) put(lines)
    },
    offer: (lines) => {
      // What counts is what the reader has left unread, not what was said in this turn.
      if (unsent() > spare) write()
      if (unsent() <= spare) put(lines)
    },
    hold: (lines) => {
      if (!hasRoom()) return
      held.push(lines)
      heldBytes += lines.length
    },
    release: () => {
      for (const lines of held) put(lines)
      held = []
      heldBytes = 0
    },
    isIdle: () => writingBytes === 0,
    isReady: () => unsent() <= mark,
    ready: ready.passed,
    finish: (lines) => {
      if (lines !== undefined) say(lines)
      finished = true
    },
    empty: empty.passed,
    discard: clear,
    abandon: () => {
      clear()
      held = []
      writingBytes = 0
      stalledSince = undefined
      finished = true
      ready.look()
      empty.look()
    },
    unsent: () => unsent() + heldBytes,
    stalledSince: () => stalledSince
  }
}

// Those that have something to write in this turn of the event loop: one after the other, with nothing between that would let the
// processors of those who read fall asleep.
let flushing: Array<() => void> = []

// What is left of what goes to many, in its order: what is said to them meanwhile goes along.
const left: Array<Array<() => void>> = []

/** So few go out at once in any case; and between two looks at the clock. */
const few = 8

/**
 * Milliseconds of a turn in which is written what goes to many, when others talk in small rooms: a room of a thousand takes several turns then,
 * and holds nobody up. Where nobody else talks it takes one: in several, it costs twice as much, for the processors of those who
 * read fall asleep between them, and more is written in pieces.
 */
const perTurn = 1

/** Milliseconds for which those who were written to few at a time count as talking. */
const lately = 1_000

let fewWritten = Number.NEGATIVE_INFINITY

const flushSoon = (flush: () => void) => {
  if (flushing.length === 0) queueMicrotask(flushNow)
  flushing.push(flush)
}

const flushNow = () => {
  const now = flushing
  flushing = []
  if (now.length <= few) {
    fewWritten = performance.now()
    for (const flush of now) flush()
  } else if (left.push(now) === 1) flushLeft()
}

const flushLeft = () => {
  const now = performance.now()
  const until = now - fewWritten < lately ? now + perTurn : Number.POSITIVE_INFINITY
  do {
    const first = left[0]!
    for (const flush of first.splice(0, few)) flush()
    if (first.length === 0) left.shift()
  } while (left.length > 0 && performance.now() < until)
  if (left.length > 0) setImmediate(flushLeft)
}

/** Waits for something to become so, and costs next to nothing while nobody waits. */
const makeGate = (isOpen: () => boolean) => {
  let latch: Latch.Latch | undefined
  return {
    passed: Effect.suspend(() => {
      if (isOpen()) return Effect.void
      latch ??= Latch.makeUnsafe(false)
      return latch.await
    }),
    /** Lets those who wait pass, if it has become so. They may run at once, so this comes last. */
    look: () => {
      if (latch === undefined || !isOpen()) return
      const opened = latch
      latch = undefined
      opened.openUnsafe()
    }
  }
}
