/**
 * The keyboard between the terminal and Ink, which knows no mouse: the turns of the wheel are taken out here.
 *
 * @module
 */
import { PassThrough } from "node:stream"
import type { ReadStream } from "node:tty"

/** What is asked of a terminal so that it tells of the wheel, and what ends that. */
export const mouseModes = { on: "\u001b[?1000h\u001b[?1006h", off: "\u001b[?1006l\u001b[?1000l" } as const

const report = /\u001b\[<(\d+);\d+;\d+[Mm]/gu
const cutReport = /\u001b\[<[\d;]*$/u

/** What was typed, without what the mouse said; a report that isn't complete waits for its rest. */
export const withoutMouse = (
  chunk: string
): { readonly text: string; readonly turns: ReadonlyArray<"up" | "down">; readonly rest: string } => {
  const turns: Array<"up" | "down"> = []
  const text = chunk.replace(report, (_, button: string) => {
    if (button === "64") turns.push("up")
    if (button === "65") turns.push("down")
    return ""
  })
  const rest = cutReport.exec(text)?.[0] ?? ""
  return { text: text.slice(0, text.length - rest.length), turns, rest }
}

/** A terminal's keys as Ink reads them. */
export class Keyboard extends PassThrough {
  readonly isTTY = true
  readonly #stdin: ReadStream
  #rest = ""
  readonly #hear: (chunk: string) => void

  constructor(stdin: ReadStream, turn: (direction: "up" | "down") => void) {
    super()
    this.#stdin = stdin
    this.#hear = (chunk) => {
      const { rest, text, turns } = withoutMouse(this.#rest + chunk)
      this.#rest = rest
      if (text !== "") this.write(text)
      for (const each of turns) turn(each)
    }
    // Whoever asked for a nick has left it paused.
    stdin.setEncoding("utf8").on("data", this.#hear).resume()
  }

  setRawMode(isRaw: boolean): this {
    this.#stdin.setRawMode(isRaw)
    return this
  }

  ref(): this {
    this.#stdin.ref()
    return this
  }

  unref(): this {
    this.#stdin.unref()
    return this
  }

  /** Listens no more. */
  release(): void {
    this.#stdin.off("data", this.#hear).pause()
  }
}
