/**
 * What has passed on the wire, as far as it is still shown.
 *
 * @module
 */
import type { Live } from "@tertulia/client/web"

/** One object of the protocol, as it went or came. */
export interface WireLine {
  readonly nth: number
  readonly direction: "sent" | "received"
  readonly at: number
  readonly line: string
}

/** So many lines are kept; the oldest go first. */
const most = 1_000

/** Whoever sees the secret of a session can go on as its person: only its beginning is shown. */
const secret = /("session":"[^"]{4})[^"]*"/u

export interface WireLog extends Live<ReadonlyArray<WireLine>> {
  readonly put: (direction: WireLine["direction"], line: string) => void
  readonly clear: () => void
}

export const makeWireLog = (): WireLog => {
  const listeners = new Set<() => void>()
  let lines: Array<WireLine> = []
  let shown: ReadonlyArray<WireLine> | undefined = lines
  let nth = 0
  const changed = () => {
    shown = undefined
    for (const listener of listeners) listener()
  }
  return {
    get: () => {
      shown ??= lines.slice(-most)
      return shown
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    put: (direction, line) => {
      lines.push({ nth: nth++, direction, at: Date.now(), line: line.replace(secret, '$1…"') })
      if (lines.length >= 2 * most) lines = lines.slice(-most)
      changed()
    },
    clear: () => {
      lines = []
      changed()
    }
  }
}
