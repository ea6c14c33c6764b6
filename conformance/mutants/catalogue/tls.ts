/** Mutants of spec/tls.md. */
import { breaks } from "../breaks.ts"
import type { Mutant, Tap, TlsTap } from "../mutant.ts"

/** A server that speaks TLS. */
const secure = (requirement: Mutant["breaks"], name: string, does: string, tap: () => Tap): Mutant => ({
  ...breaks(requirement, name, does, tap),
  host: "secure"
})

/** One that breaks something of TLS itself. */
const insecure = (requirement: Mutant["breaks"], name: string, does: string, tls: TlsTap): Mutant =>
  secure(requirement, name, does, () => ({ tls }))

export const tls: ReadonlyArray<Mutant> = [
  secure("TLS-1", "one-record-one-line", "takes what one record brings for a line", () => ({
    bytes: (chunk, wire) => {
      if (chunk.at(-1) === 0x0a) return [chunk]
      wire.hit()
      return [chunk, Buffer.from("\n")]
    }
  })),
  secure("TLS-1", "rest-of-record-is-lost", "carries out one line of a record, and forgets the rest", () => ({
    bytes: (chunk, wire) => {
      const end = chunk.indexOf(0x0a) + 1
      if (end === 0 || end === chunk.length) return [chunk]
      wire.hit()
      return [chunk.subarray(0, end)]
    }
  })),
  insecure("TLS-2", "no-tls-1.3", "knows TLS up to 1.2", {
    versions: { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }
  }),
  insecure("TLS-3", "tls-1.0", "accepts TLS from 1.0 on", {
    versions: { minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }
  }),
  insecure("TLS-4", "waits-for-handshakes", "waits for handshakes for ever", { waitsForEver: true }),
  insecure("TLS-5", "counts-after-handshake", "counts connections when their handshake is done", { countsLate: true }),
  insecure("TLS-6", "plain-on-tls-port", "serves plain text on its port for TLS", { takesPlain: true }),
  insecure("TLS-7", "no-close-notify", "ends without close_notify", { cutsOff: true }),
  secure("TLS-8", "close-notify-unheard", "goes on when the client's close_notify has come", () => ({
    clientEnded: (wire) => {
      wire.hit()
      return false
    },
    serverEnded: () => false
  })),
  secure("TLS-9", "torso-over-tls", "takes what is left at the end for a line", () => ({
    clientEnded: (wire) => {
      wire.hit()
      wire.toServer("")
      return true
    }
  }))
]
