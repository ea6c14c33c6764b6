/**
 * A TCP relay that can stop handing on, as a network that is cut: nothing comes, and nothing ends.
 */
import { once } from "node:events"
import * as Net from "node:net"

/** Relays to a port of this machine; `await using` ends it, and all that it relays. */
export const openRelay = async (to: number) => {
  const sockets = new Set<Net.Socket>()
  let isCut = false
  const keep = (socket: Net.Socket) => {
    sockets.add(socket)
    socket.on("error", () => {}).on("close", () => sockets.delete(socket))
    if (isCut) socket.pause()
  }
  const relay = Net.createServer((near) => {
    const far = Net.connect(to, "127.0.0.1")
    for (const [one, other] of [
      [near, far],
      [far, near]
    ] as const) {
      one.on("data", (bytes) => other.write(bytes)).on("close", () => other.destroy())
      keep(one)
    }
  }).listen(0, "127.0.0.1")
  await once(relay, "listening")
  return {
    port: (relay.address() as Net.AddressInfo).port,
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    heal: () => {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      relay.close()
      await once(relay, "close")
    }
  }
}
