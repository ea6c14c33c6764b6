import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { defaultLimits } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as MemoryRoomLogs from "./room-log-memory.ts"
import { serve } from "./server.ts"
import { tcp } from "./transport-tcp.ts"

const main = Effect.gen(function* () {
  const address = yield* serve(tcp({ host: "127.0.0.1", port: 7331 }), { limits: defaultLimits, heartbeat: 30 })
  yield* Effect.log(`listening on ${address.host}:${address.port}`)
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(MemoryRoomLogs.layer({ entries: 1000, bytes: 64 * 1024 * 1024 })))
NodeRuntime.runMain(main)
