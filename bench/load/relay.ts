/**
 * What Node allows: `node:net`, one write per member and turn of what a room got in that turn, and nothing checked. As relay.c: a line
 * `j` and five digits enters a room; any other goes as it is to the room of the five digits after its first letter.
 *
 * @module
 */
import * as net from "node:net"

const rooms = new Map<string, Set<net.Socket>>()
const said = new Map<string, Array<Buffer>>()

const membersOf = (room: string): Set<net.Socket> => {
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members)
  return members
}

const sayAll = (): void => {
  for (const [room, lines] of said) {
    const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines)
    for (const member of membersOf(room)) member.write(bytes)
  }
  said.clear()
}

const say = (room: string, line: Buffer): void => {
  if (said.size === 0) setImmediate(sayAll)
  const lines = said.get(room)
  if (lines === undefined) said.set(room, [line])
  else lines.push(line)
}

const serve = (socket: net.Socket): void => {
  let rest: Buffer | undefined
  const entered: Array<Set<net.Socket>> = []

  const take = (line: Buffer): void => {
    const room = line.toString("latin1", 1, 6)
    if (line[0] === 106) {
      entered.push(membersOf(room).add(socket))
      socket.write("joined\n")
    } else say(room, line)
  }

  socket.on("error", () => {})
  socket.on("close", () => {
    for (const members of entered) members.delete(socket)
  })
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    let begin = 0
    for (let feed = bytes.indexOf(10); feed !== -1; feed = bytes.indexOf(10, begin)) {
      take(bytes.subarray(begin, feed + 1))
      begin = feed + 1
    }
    rest = begin < bytes.length ? bytes.subarray(begin) : undefined
  })
}

net.createServer({ noDelay: true }, serve).listen(Number(process.argv[2]), "127.0.0.1", 4096)
