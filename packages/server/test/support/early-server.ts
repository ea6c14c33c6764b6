/**
 * A server that acknowledges before it commits, on the file that is named: for tests that must find that out.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { defaultLimits } from "@tertulia/protocol"
import { Effect } from "effect"
import * as SqliteRoomLogs from "../../src/room-log-sqlite.ts"
import { serve } from "../../src/server.ts"
import { tcp } from "../../src/transport-tcp.ts"

const file = process.argv[2]!
const limits = { ...defaultLimits, rate: 100_000, burst: 100_000, replay: 100_000, grace: 600 }

Effect.gen(function* () {
  const address = yield* serve(tcp({ host: "127.0.0.1", port: 0 }), { limits, heartbeat: 30 })
  process.stdout.write(`${JSON.stringify(address)}\n`)
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.provide(SqliteRoomLogs.layer({ file, disk: new URL("./disks/early.ts", import.meta.url) })),
  NodeRuntime.runMain
)
