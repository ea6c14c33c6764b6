/**
 * Imported into a server before anything else: its clock goes by as many milliseconds before or after that of the machine as stand in the file
 * that CLOCK_SHIFT names, and is set another time by writing another number there. Timers and monotonic clocks go on as they are.
 */
import { readFileSync } from "node:fs"

const Machine = Date
const now = (): number => Machine.now() + Number(readFileSync(process.env["CLOCK_SHIFT"]!, "utf8"))

globalThis.Date = class extends Machine {
  constructor(...given: ReadonlyArray<unknown>) {
    super(...((given.length === 0 ? [now()] : given) as [number]))
  }
  static override now = now
} as DateConstructor
