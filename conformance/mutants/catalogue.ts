/**
 * All mutants: servers in the order of the spec's chapters, then clients.
 *
 * @module
 */
import { accounts } from "./catalogue/accounts.ts"
import { claims } from "./catalogue/claims.ts"
import { clients } from "./catalogue/clients.ts"
import { direct } from "./catalogue/direct.ts"
import { history } from "./catalogue/history.ts"
import { moderation } from "./catalogue/moderation.ts"
import { order } from "./catalogue/order.ts"
import { presence } from "./catalogue/presence.ts"
import { registries } from "./catalogue/registries.ts"
import { resume } from "./catalogue/resume.ts"
import { rich } from "./catalogue/rich.ts"
import { rooms } from "./catalogue/rooms.ts"
import { search } from "./catalogue/search.ts"
import { session } from "./catalogue/session.ts"
import { several } from "./catalogue/several.ts"
import { stories } from "./catalogue/stories.ts"
import { tls } from "./catalogue/tls.ts"
import { versioning } from "./catalogue/versioning.ts"
import { websocket } from "./catalogue/websocket.ts"
import { wire } from "./catalogue/wire.ts"
import type { Mutant } from "./mutant.ts"

export const catalogue: ReadonlyArray<Mutant> = [
  ...wire,
  ...session,
  ...rooms,
  ...order,
  ...stories,
  ...history,
  ...resume,
  ...direct,
  ...presence,
  ...rich,
  ...search,
  ...accounts,
  ...several,
  ...moderation,
  ...tls,
  ...websocket,
  ...registries,
  ...versioning,
  ...claims,
  ...clients
]
