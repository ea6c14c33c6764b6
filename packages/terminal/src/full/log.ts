/**
 * What is said, written down: a folder for each server, a file for each room and day.
 *
 * @module
 */
import { appendFile, mkdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type Message, visible } from "@tertulia/protocol"

const two = (part: number) => String(part).padStart(2, "0")

/** Where a message belongs, and its line; what is on several lines stays one entry, as its lines are indented. */
export const logged = (folder: string, address: string, { at, from, room, text }: Message) => {
  const time = new Date(at)
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-")
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")
  return {
    // A colon is no part of a name everywhere.
    path: join(folder, address.replace(/[^\w.-]+/gu, "_"), room, `${day}.log`),
    line: `${clock} <${from}> ${visible(text).replaceAll("\n", "\n         ")}\n`
  }
}

/** Writes messages down, in their order, and never twice at once; the first failure ends it. */
export const makeLog = (folder: string, address: string, fail: (error: Error) => void) => {
  const waiting = new Map<string, string>()
  let writing: Promise<void> | undefined
  let hasFailed = false

  const write = async () => {
    try {
      for (const [path, lines] of waiting) {
        waiting.delete(path)
        await mkdir(dirname(path), { recursive: true })
        await appendFile(path, lines, { mode: 0o600 })
      }
    } catch (error) {
      hasFailed = true
      fail(error as Error)
    }
    writing = undefined
  }

  return {
    put: (message: Message) => {
      if (hasFailed) return
      const { line, path } = logged(folder, address, message)
      waiting.set(path, (waiting.get(path) ?? "") + line)
      writing ??= Promise.resolve().then(write)
    },
    /** Waits until all is written. */
    close: async () => {
      while (writing !== undefined) await writing
    }
  }
}
