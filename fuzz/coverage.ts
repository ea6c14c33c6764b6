/**
 * Which branches of the project's own code have run since the last look, by V8's counts.
 *
 * @module
 */
import { type Profiler, Session } from "node:inspector"

export interface Coverage {
  /** Forgets what has run so far since the last look, and gives how many branches had never run before. */
  readonly look: () => number
  /** How many branches have run. */
  readonly total: () => number
}

const isOurs = /\/packages\/(?:protocol|server)\/src\//u

export const makeCoverage = (): Coverage => {
  const session = new Session()
  const seen = new Set<string>()
  session.connect()
  // Before anything of ours has run: what is compiled without counters never gets them. Commands of the own thread are answered before they return.
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })

  const look = () => {
    const before = seen.size
    session.post("Profiler.takePreciseCoverage", (error, { result }: Profiler.TakePreciseCoverageReturnType) => {
      if (error !== null) return
      for (const { functions, url } of result) {
        if (!isOurs.test(url)) continue
        for (const { ranges } of functions) {
          for (const { count, endOffset, startOffset } of ranges) {
            if (count > 0) seen.add(`${url}:${startOffset}-${endOffset}`)
          }
        }
      }
    })
    return seen.size - before
  }

  return { look, total: () => seen.size }
}
