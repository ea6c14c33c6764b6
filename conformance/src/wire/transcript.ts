/**
 * What went over one connection, as it went: the evidence of a failure.
 *
 * @module
 */

/** One moment of a connection. */
export interface Moment {
  /** Milliseconds since the test began. */
  readonly at: number
  readonly what: "sent" | "received" | "note"
  /** The bytes of one chunk, printable, or a note. */
  readonly text: string
  /** The length of the chunk in bytes, before anything was left out. */
  readonly bytes: number
}

/** A connection's transcript, ready to be reported. */
export interface Transcript {
  /** The client's name in the test. */
  readonly who: string
  /** The suite's own port, to find the connection in the server's log. */
  readonly localPort: number | undefined
  readonly moments: ReadonlyArray<Moment>
  /** How many moments in the middle were left out. */
  readonly leftOut: number
}

/** Takes the moments of one connection, and keeps a bounded number of them. */
export interface Recorder {
  readonly chunk: (what: "sent" | "received", bytes: Uint8Array) => void
  readonly note: (text: string) => void
  readonly transcript: (who: string, localPort: number | undefined) => Transcript
}

const kept = 60
const shownBytes = 400

/**
 * Makes a recorder.
 *
 * @param now milliseconds since the test began
 */
export const makeRecorder = (now: () => number): Recorder => {
  // The first and the last moments are what explains a failure; a flood in between does not.
  const first: Array<Moment> = []
  const last: Array<Moment> = []
  let leftOut = 0

  const add = (moment: Moment) => {
    if (first.length < kept) first.push(moment)
    else {
      last.push(moment)
      if (last.length > kept) {
        last.shift()
        leftOut++
      }
    }
  }

  return {
    chunk: (what, bytes) => add({ at: now(), what, text: printable(bytes), bytes: bytes.length }),
    note: (text) => add({ at: now(), what: "note", text, bytes: 0 }),
    transcript: (who, localPort) => ({ who, localPort, moments: [...first, ...last], leftOut })
  }
}

const lenient = new TextDecoder("utf-8", { ignoreBOM: true })

/** Bytes as one line of text in which nothing is invisible; long ones lose their middle. */
export const printable = (bytes: Uint8Array): string => {
  if (bytes.length <= shownBytes) return escaped(bytes)
  const half = shownBytes / 2
  const hidden = bytes.length - shownBytes
  return `${escaped(bytes.subarray(0, half))} ... ${hidden} bytes ... ${escaped(bytes.subarray(-half))}`
}

const escaped = (bytes: Uint8Array): string =>
  lenient
    .decode(bytes)
    .replace(/\n/gu, "\\n")
    .replace(/\r/gu, "\\r")
    .replace(/[\u0000-\u001f\u007f-\u009f\ufeff]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
