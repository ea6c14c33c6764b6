/**
 * The servers before which mutants stand.
 *
 * @module
 */
import { join } from "node:path"
import { dataHole, type Program, referenceServerWith } from "../src/run/target.ts"
import type { Mutant } from "./mutant.ts"

/**
 * forgetful: a room ends with its last member, and only then is it a fault to call its next life by the same epoch. durable: it keeps
 * every log, and claims `history`. secure: a forgetful one, before which TLS is spoken.
 */
export const hosts = { forgetful: ":memory:", durable: join(dataHole, "tertulia.db"), secure: ":memory:" } as const

export type Host = keyof typeof hosts

/** Where one of each listens. */
export type Ports = Readonly<Record<Host, number>>

/** The server that stands behind a mutant. */
export const hostOf = (
  { host = "forgetful" }: Pick<Mutant, "host">,
  settings: Readonly<Record<string, string>> = {}
): Program => referenceServerWith({ data: hosts[host], ...settings })
