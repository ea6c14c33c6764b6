/**
 * Somebody who says a great deal, over TCP.
 *
 * @module
 */
import { connect } from "node:net"
import { createInterface } from "node:readline"

/** A server's flags that let one say so much. */
export const unhurried = ["--rate", "1000000", "--burst", "1000000"] as const

/** Comes into a room; `say` returns when the last of so many texts is in the log. */
export const talker = async (port: number, nick: string, room: string) => {
  const socket = connect(port, "127.0.0.1")
  let id = 0
  let last: { readonly id: number; readonly done: () => void } | undefined
  const ask = (fields: object): Promise<void> =>
    new Promise((done) => {
      last = { id: ++id, done }
      socket.write(`${JSON.stringify({ ...fields, id })}\n`)
    })
  createInterface({ input: socket }).on("line", (line) => {
    const re = /"re":(\d+)/u.exec(line)?.[1]
    if (re !== undefined && Number(re) === last?.id) last.done()
  })
  await ask({ type: "login", nick })
  await ask({ type: "join", room })
  return {
    say: async (count: number, textOf: (nth: number) => string) => {
      const lines: Array<string> = []
      for (let nth = 1; nth < count; nth++) {
        lines.push(`${JSON.stringify({ type: "send", id: ++id, room, text: textOf(nth) })}\n`)
      }
      socket.write(lines.join(""))
      await ask({ type: "send", room, text: textOf(count) })
    },
    end: () => void socket.destroy()
  }
}
