/**
 * What waits to be sent on one connection: in order, bounded in bytes, one write at a time.
 *
 * What is said in one turn of the event loop goes out in one write. Replies and replays are paced: whoever says them waits
 * for `ready` first (FLOW-6). Events are posted without waiting, so they are bounded: beyond the backlog the outbox
 * overflows, and its connection is to be ended (FLOW-3).
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import { flushSoon } from "./flushing.ts"
import { Gate } from "./gate.ts"
import type { Connection, Writer } from "./transport.ts"

/** How an outbox is bounded. */
export interface OutboxBounds {
  /** Bytes of unsent replies above which no further request is read: `limits.line`. */
  readonly mark: number
  /** Bytes of unsent events above which the outbox overflows: `limits.backlog`. */
  readonly backlog: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Whose outbox it is. */
export interface OutboxOwner {
  /** Called once, when events come too fast for the reader. */
  readonly onOverflow: () => void
}

/** The most bytes that are put together into one write; a longer piece goes alone. */
const writeBytes = 65_536

// There are many, and most of them hold nothing: what they do is on their prototype, and what they hold comes when it is needed.
export class Outbox implements Writer {
  private readonly connection: Pick<Connection, "write">
  private readonly bounds: OutboxBounds
  private readonly owner: OutboxOwner
  // Nearly always one piece waits for the end of the turn; what follows it waits in `others`.
  private piece: Uint8Array | undefined = undefined
  private others: Array<Uint8Array> | undefined = undefined
  // Replies that were said last, behind all that waits: they become bytes together.
  private said = ""
  private waitingBytes = 0
  private writingBytes = 0
  private held: Array<Uint8Array> | undefined = undefined
  private heldBytes = 0
  private isScheduled = false
  private isFinished = false
  private hasOverflowed = false
  private waitsSince: number | undefined = undefined
  private readonly whenReady = new Gate()
  private readonly whenEmpty = new Gate()

  constructor(connection: Pick<Connection, "write">, bounds: OutboxBounds, owner: OutboxOwner) {
    this.connection = connection
    this.bounds = bounds
    this.owner = owner
  }

  /** Says one line, or several: a reply, or a part of a replay. */
  say(lines: string): void {
    if (this.isFinished) return
    this.said += lines
    this.added(Buffer.byteLength(lines))
  }

  /** Posts an event: the bytes of whole lines, shared with other outboxes. */
  post(lines: Uint8Array): void {
    if (this.hasRoom()) this.put(lines)
  }

  /** Posts an event that may be lost (PRESENCE-6): it is, when a quarter of the backlog waits, so that it costs nobody the connection. */
  offer(lines: Uint8Array): void {
    const spare = this.bounds.backlog / 4
    // What counts is what the reader has left unread, not what was said in this turn.
    if (this.underWay() > spare) this.write()
    if (this.underWay() <= spare) this.put(lines)
  }

  /** Holds an event back until `release`: it belongs behind a replay that is being said. It counts as if it was posted. */
  hold(lines: Uint8Array): void {
    if (!this.hasRoom()) return
    this.held ??= []
    this.held.push(lines)
    this.heldBytes += lines.length
  }

  /** Posts what was held back. */
  release(): void {
    for (const lines of this.held ?? []) this.put(lines)
    this.held = undefined
    this.heldBytes = 0
  }

  /** Whether the connection has accepted all that it was given: what is passing may be told (TYPING-2). */
  isIdle(): boolean {
    return this.writingBytes === 0
  }

  /** Whether so little waits that more may be said. */
  isReady(): boolean {
    return this.underWay() <= this.bounds.mark
  }

  /** Waits until little enough waits. */
  get ready(): Effect.Effect<void> {
    return this.whenReady.passed(() => this.isReady())
  }

  /** Waits until nothing waits. */
  get empty(): Effect.Effect<void> {
    return this.whenEmpty.passed(() => this.underWay() === 0)
  }

  /** Says the last lines, if any, and takes nothing after them. */
  finish(lines: string | undefined): void {
    if (lines !== undefined) this.say(lines)
    this.isFinished = true
  }

  /** Throws away what waits but for the write under way, so that what was sent stays whole lines (FLOW-5). */
  discard(): void {
    this.piece = undefined
    this.others = undefined
    this.said = ""
    this.waitingBytes = 0
  }

  /** Throws away everything, for nobody is there to take it, and takes nothing more. */
  abandon(): void {
    this.discard()
    this.held = undefined
    this.writingBytes = 0
    this.waitsSince = undefined
    this.isFinished = true
    this.look()
  }

  /** Bytes that wait, those of the write under way and those that are held back included. */
  unsent(): number {
    return this.underWay() + this.heldBytes
  }

  /** The time since which bytes wait and none was accepted; undefined when none wait. */
  stalledSince(): number | undefined {
    return this.waitsSince
  }

  /** Writes what waits, at the end of the turn in which it came. */
  flush(): void {
    this.isScheduled = false
    this.write()
    this.look()
  }

  onAccepted(): void {
    this.writingBytes = 0
    this.waitsSince = undefined
    this.flush()
  }

  /** Bytes on their way, but for those that are held back. */
  private underWay(): number {
    return this.waitingBytes + this.writingBytes
  }

  /** Lets those pass who wait for what has become so. */
  private look(): void {
    if (this.isReady()) this.whenReady.open()
    if (this.underWay() === 0) this.whenEmpty.open()
  }

  private put(lines: Uint8Array): void {
    if (this.isFinished) return
    if (this.said !== "") this.gather()
    this.push(lines)
    this.added(lines.length)
  }

  private push(lines: Uint8Array): void {
    if (this.piece === undefined) this.piece = lines
    else if (this.others === undefined) this.others = [lines]
    else this.others.push(lines)
  }

  private gather(): void {
    const lines = this.said
    this.said = ""
    this.push(Buffer.from(lines))
  }

  private added(bytes: number): void {
    this.waitingBytes += bytes
    if (this.isScheduled || this.writingBytes > 0) return
    this.isScheduled = true
    flushSoon(this)
  }

  private write(): void {
    if (this.said !== "") this.gather()
    while (this.writingBytes === 0 && this.piece !== undefined) {
      const bytes = this.takeWrite(this.piece)
      this.waitingBytes -= bytes.length
      if (this.connection.write(bytes, this)) continue
      this.writingBytes = bytes.length
      this.waitsSince = this.bounds.now()
    }
  }

  /** As many whole pieces as fit one write, at least the first. */
  private takeWrite(first: Uint8Array): Uint8Array {
    const { others } = this
    if (others === undefined) {
      this.piece = undefined
      return first
    }
    let count = 0
    let bytes = first.length
    while (count < others.length && bytes + others[count]!.length <= writeBytes) bytes += others[count++]!.length
    const together = count === 0 ? first : Buffer.concat([first, ...others.splice(0, count)], bytes)
    this.piece = others.shift()
    if (others.length === 0) this.others = undefined
    return together
  }

  /** Whether an event may still come on top; the first that may not ends the connection. */
  private hasRoom(): boolean {
    if (this.hasOverflowed || this.isFinished) return false
    // A reader is never cut off for what it has asked for: replies up to the mark and the one that crosses it, and its own
    // entries that are under way, as much again (sending.ts). Events come on top.
    const bound = this.bounds.backlog + 4 * this.bounds.mark
    // One burst may be larger than the backlog: what counts is what the reader had left unread before it.
    if (this.unsent() > bound) this.write()
    if (this.unsent() <= bound) return true
    this.hasOverflowed = true
    this.owner.onOverflow()
    return false
  }
}
