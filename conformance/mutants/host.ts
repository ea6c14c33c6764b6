/**
 * The servers before which mutants stand.
 *
 * @module
 */
import { join } from "node:path"
import { dataHole, type Program, portHole, referenceServerWith } from "../src/run/target.ts"
import type { Mutant } from "./mutant.ts"

/**
 * forgetful: a room ends with its last member, and only then is it a fault to call its next life by the same epoch. durable: it keeps
 * every log, and claims `history`. web: a forgetful one that is reached over WebSocket. invited: a forgetful one at which one registers by invitation only. secure: a forgetful one, before which TLS is spoken.
 */
export const hosts = {
  forgetful: ":memory:",
  durable: join(dataHole, "tertulia.db"),
  invited: ":memory:",
  web: ":memory:",
  secure: ":memory:"
} as const

export type Host = keyof typeof hosts

/** The path by which a host is reached over WebSocket, if it is. */
export const pathOf = (host: Host = "forgetful"): { readonly ws?: string } => (host === "web" ? { ws: "/ws" } : {})

/** Where one of each listens. */
export type Ports = Readonly<Record<Host, number>>

/** What a host is started with, beside where it keeps its data. */
const ownSettings: { readonly [Any in Host]?: Readonly<Record<string, string>> } = {
  invited: { invitation: "for whom the mutants know" },
  web: { "web-port": portHole }
}

/** The server that stands behind a mutant. */
export const hostOf = (
  { host = "forgetful" }: Pick<Mutant, "host">,
  settings: Readonly<Record<string, string>> = {}
): Program => ({
  ...referenceServerWith({ data: hosts[host], ...ownSettings[host], ...settings }),
  ...pathOf(host)
})
