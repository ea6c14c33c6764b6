/**
 * A port that nobody listens on.
 *
 * @module
 */
import * as net from "node:net"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

// Below the ports that the system gives to connections of its own accord: none of these may take it meanwhile.
const ports = { from: 20_000, below: 32_000 }

export const freePort: Effect.Effect<number> = Effect.gen(function* () {
  while (true) {
    const port = yield* Random.nextIntBetween(ports.from, ports.below)
    if (yield* isFree(port)) return port
  }
})

const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const server = net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, () => server.close(() => resume(Effect.succeed(true))))
  })
