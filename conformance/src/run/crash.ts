/**
 * What there is to say when a target has died: how, by what its sanitizer says where, and what was sent to it last. Pure.
 *
 * @module
 */
import type { Outcome } from "../verdict.ts"
import type { Transcript } from "../wire/transcript.ts"
import { describeEnd, type Ended, endOf } from "./program.ts"

/** One death of a target that was not asked to end. */
export interface Crash {
  /** Its place among the deaths of the target that the whole run judges; absent for a target that one test has started. */
  readonly nth?: number
  /** The signal that ended it, or its exit code. */
  readonly how: string
  /** What a sanitizer has reported, when one has. */
  readonly report?: Report
  /** The last lines that it has written. */
  readonly output: string
  /** What a reader may do, or ought to know, in sentences. */
  readonly remarks: ReadonlyArray<string>
}

/** A sanitizer's report, as much of it as says what and where. */
export interface Report {
  /** Its first line, as `AddressSanitizer: heap-buffer-overflow on address 0x602000000011`. */
  readonly line: string
  /** Its first frame that is neither the sanitizer's nor a library's, as `read_line server.c:120:3`. */
  readonly frame?: string
}

// What ends programs that have written, read or divided where they must not: in C-like languages a compiler can watch for it.
const ofMemory: ReadonlyArray<Ended> = ["SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"]

const compileSo =
  "written in C or C++, it says itself where this happens when it is compiled with -g -fsanitize=address,undefined"

/** What is known of a death. */
export const crashOf = (ended: Ended, output: string, nth?: number): Crash => {
  const report = reportIn(output)
  return {
    ...(nth === undefined ? {} : { nth }),
    how: describeEnd(ended),
    ...(report === undefined ? {} : { report }),
    output: endOf(output),
    remarks: report === undefined && ofMemory.includes(ended) ? [compileSo] : []
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Sanitizers
// ---------------------------------------------------------------------------------------------------------------------

const headline = /^(?:=+\s*)?(?:==\d+==)?\s*(?:ERROR|WARNING): (?<what>\w+Sanitizer: .+)$/u
// UBSan needs no frame: its line says where.
const undefinedBehaviour = /^(?<where>\S+:\d+:\d+): runtime error: (?<what>.+)$/u
const stackFrame = /^\s*#\d+ (?:0x[0-9a-f]+ )?(?:in )?(?<where>.+)$/u

/** The last sanitizer's report of an output. */
const reportIn = (output: string): Report | undefined => {
  const lines = output.split("\n").map((line) => line.trimEnd())
  const at = lines.findLastIndex((line) => headline.test(line) || undefinedBehaviour.test(line))
  if (at === -1) return undefined
  const undefinedOne = undefinedBehaviour.exec(lines[at]!)?.groups
  if (undefinedOne !== undefined) {
    return { line: `UndefinedBehaviorSanitizer: ${undefinedOne["what"]}`, frame: fileOf(undefinedOne["where"]!) }
  }
  const what = headline.exec(lines[at]!)?.groups?.["what"] ?? ""
  // Registers and process IDs say nothing to a reader.
  const line = what.replace(/ (?:at )?pc 0x.*$/u, "").replace(/ \((?:pid=\d+|pc 0x).*\)?$/u, "")
  const frames = lines.slice(at + 1).flatMap(ownFrame)
  // What is in no source is the program without -g, or a library's function that was linked into it.
  const frame = frames.find((each) => /:\d+$/u.test(each)) ?? frames[0]
  return { line, ...(frame === undefined ? {} : { frame }) }
}

const foreign =
  /(?:sanitizer|\/asan\/|\/ubsan\/|\/tsan\/|\/sysdeps\/|\/csu\/|\/nptl\/|\/stdlib\/|\/usr\/|\.so\b|<null>)/u

const ownFrame = (line: string): ReadonlyArray<string> => {
  const where = stackFrame.exec(line)?.groups?.["where"]?.replace(/ \(BuildId: \w+\)$/u, "")
  if (where === undefined || foreign.test(where)) return []
  // A source comes before the program, in brackets; the program stands alone where there is no source.
  const source = /^(?<name>.+?) (?<file>\S+:\d+(?::\d+)?)(?: \(\S+\))?$/u.exec(where)?.groups
  if (source !== undefined) return [`${source["name"]} ${fileOf(source["file"]!)}`]
  const inProgram = /^(?<name>.+?) \((?<program>\S+)\)$/u.exec(where)?.groups
  return inProgram === undefined ? [] : [`${inProgram["name"]} ${fileOf(inProgram["program"]!)}`]
}

/** The last part of a path. */
const fileOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

// ---------------------------------------------------------------------------------------------------------------------
// The outcome of a test
// ---------------------------------------------------------------------------------------------------------------------

const broken = "END-10"

/** What a test comes to that was running when the target died. */
export const crashed = (outcome: Outcome, transcripts: ReadonlyArray<Transcript>, crash: Crash): Outcome => {
  const { how, report } = crash
  const where = report?.frame === undefined ? "" : `, in ${report.frame}`
  const got = report === undefined ? `it died: ${how}` : `it died: ${how}; ${report.line}${where}`
  const before = outcome.judged[broken] ?? { kept: 0, broken: 0 }
  return {
    ...outcome,
    verdict: "failed",
    reason: `the target died: ${how}`,
    finding: { requirement: broken, ...sentLast(transcripts), expected: "the server goes on, whatever comes", got },
    judged: { ...outcome.judged, [broken]: { ...before, broken: before.broken + 1 } },
    transcripts,
    crash
  }
}

const shownConnections = 6

/** The last bytes that each connection has sent, the latest first. */
const sentLast = (transcripts: ReadonlyArray<Transcript>): { readonly sent?: string } => {
  const last = transcripts.flatMap(({ moments, who }) => {
    const moment = moments.findLast(({ what }) => what === "sent")
    return moment === undefined ? [] : [{ at: moment.at, line: `${who}: ${moment.text}` }]
  })
  if (last.length === 0) return {}
  const latest = last.toSorted((one, other) => other.at - one.at).slice(0, shownConnections)
  return { sent: latest.map(({ line }) => line).join("\n") }
}
