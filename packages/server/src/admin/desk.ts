/**
 * Where a server tells that operators can ask it things now. One that nobody administers tells nobody.
 *
 * @module
 */
import * as Context from "effect/Context"
import type { Verbs } from "./verbs.ts"

export interface Desk {
  /** The server listens; gives what it can be asked. */
  readonly opens: (verbs: Verbs) => void
}

export const Desk = Context.Reference<Desk>("@tertulia/server/Desk", { defaultValue: () => ({ opens: () => {} }) })
