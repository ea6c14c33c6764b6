/**
 * When what was said in a turn of the event loop is written: at its end, one connection after the other, with nothing between that would let
 * the processors of those who read fall asleep.
 *
 * What goes to many holds nobody up who talks to few: a room of a thousand takes several turns then, each of a millisecond, and all else is
 * written at once. Where nobody talks to few, it takes one turn: in several it costs twice as much, for those who read fall
 * asleep between them, and what is said meanwhile is written in more pieces.
 *
 * @module
 */

/** What has something to write. */
export interface Flushing {
  readonly flush: () => void
}

/** So few are written to at once in any case; and between two looks at the clock. */
const few = 8

/** Those of one turn who are so many are as good as one room, such as all who are asked for a sign of life. */
const mostAtOnce = 64

/** Milliseconds of a turn in which is written what goes to many, when others talk to few. */
const perTurn = 1

/** Milliseconds for which those who have talked to few count as talking. */
const lately = 1_000

let soon: Array<Flushing> = []

// Those to whom something is being said that goes to many.
let together: Array<Flushing> | undefined

// What goes to many, in its order: what is said to them meanwhile goes along.
const left: Array<Array<Flushing>> = []

let fewWritten = Number.NEGATIVE_INFINITY

/** Has somebody's words written at the end of this turn, or soon after where they are for many. */
export const flushSoon = (flushing: Flushing): void => {
  if (together === undefined && soon.length === 0) queueMicrotask(flushNow)
  const those = together ?? soon
  those.push(flushing)
}

/** Says the same to as many as are counted: whoever has nothing else to be written yet gets it as one of them. */
export const toMany = (count: number, say: () => void): void => {
  if (count <= few || together !== undefined) {
    say()
    return
  }
  const those: Array<Flushing> = []
  together = those
  try {
    say()
  } finally {
    together = undefined
  }
  if (those.length > 0 && left.push(those) === 1) queueMicrotask(flushLeft)
}

const flushNow = () => {
  const now = soon
  soon = []
  if (now.length > mostAtOnce) {
    if (left.push(now) === 1) flushLeft()
    return
  }
  fewWritten = performance.now()
  for (const flushing of now) flushing.flush()
}

const flushLeft = () => {
  const now = performance.now()
  const until = now - fewWritten < lately ? now + perTurn : Number.POSITIVE_INFINITY
  do {
    const first = left[0]!
    for (const flushing of first.splice(0, few)) flushing.flush()
    if (first.length === 0) left.shift()
  } while (left.length > 0 && performance.now() < until)
  if (left.length > 0) setImmediate(flushLeft)
}
