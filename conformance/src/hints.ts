/**
 * One hint for each failure: what the evidence itself gives away, or else what programs that break this requirement usually do wrong.
 * Pure, and in English: the phrase book has the Spanish (`lang/es/hints.json`).
 *
 * @module
 */
import { hintsByRequirement } from "./hints/by-requirement.ts"
import type { Crash } from "./run/crash.ts"
import type { Role } from "./run/judged.ts"
import type { TestPlan } from "./suite.ts"
import type { Finding, Outcome } from "./verdict.ts"
import { isRed } from "./verdict.ts"

/** The hint for a requirement; `undefined` for one that can't be broken. */
export const hintFor = (requirement: string | undefined): string | undefined =>
  requirement !== undefined && Object.hasOwn(hintsByRequirement, requirement)
    ? hintsByRequirement[requirement as keyof typeof hintsByRequirement]
    : undefined

/** The hint for what a test of a server or a client has come to; `undefined` when nothing went wrong, or nothing can be said. */
export const hintOf = (test: TestPlan, outcome: Outcome, who: Role): string | undefined => {
  const finding = outcome.finding ?? outcome.warnings[0]
  if (!isRed(outcome.verdict) && finding === undefined) return undefined
  const seen = seenIn(test, outcome, finding)
  // What gives servers away says nothing of clients.
  const cue = who === "server" ? cues.find(({ sees }) => sees(seen)) : undefined
  return cue?.hint ?? hintFor(finding?.requirement)
}

/** What a cue looks at. */
interface Seen {
  readonly kind: TestPlan["kind"]
  /** Whether the test is about the requirement that is broken, and doesn't just rely on it. */
  readonly isSubject: boolean
  readonly reason: string
  /** How the target died, if it did, and the end of what it said. */
  readonly death: string
  readonly expected: string
  readonly got: string
  /** What the suite has sent on the connection where it went wrong, chunk by chunk, as transcripts show it. */
  readonly chunks: ReadonlyArray<string>
}

const seenIn = ({ ids, kind }: TestPlan, outcome: Outcome, finding: Finding | undefined): Seen => ({
  kind,
  isSubject: finding?.requirement !== undefined && ids.includes(finding.requirement),
  reason: outcome.reason ?? "",
  death: outcome.crash === undefined ? "" : deathOf(outcome.crash),
  expected: finding?.expected ?? "",
  got: finding?.got ?? "",
  chunks: (outcome.transcripts[0]?.moments ?? []).flatMap(({ text, what }) => (what === "sent" ? [text] : []))
})

const deathOf = ({ how, output, report }: Crash): string => [how, report?.line ?? "", output].join("\n")

/** Something that the evidence shows, and that says more than the requirement alone. */
interface Cue {
  readonly sees: (seen: Seen) => boolean
  readonly hint: string
}

const isCut = ({ chunks }: Seen): boolean => chunks.slice(0, -1).some((chunk) => !chunk.endsWith("\\n"))
const isJoined = ({ chunks }: Seen): boolean => chunks.some((chunk) => chunk.includes("}\\n{"))
const isMalformed = ({ expected }: Seen): boolean => /^only objects that the schemas accept/u.test(expected)
const isSilence = ({ got }: Seen): boolean => /^nothing of the kind for \d+ ms$/u.test(got)
const isRefusedAsJson = ({ expected, got }: Seen): boolean =>
  /"code":"(?:bad-json|not-tertulia)"/u.test(got) && !/error|bad-|bye|end of/u.test(expected)

/** The most telling first. */
const cues: ReadonlyArray<Cue> = [
  {
    sees: ({ death }) => /SIGPIPE/u.test(death),
    hint: "SIGPIPE ends a program that writes to a connection whose client has gone. Ignore the signal when the program starts, and let `send` report the error instead: then clean up that connection only."
  },
  {
    sees: ({ death }) => /Sanitizer|SIGSEGV|SIGBUS|SIGABRT/u.test(death),
    hint: "Your server crashed: it used memory that isn't its own. Look at what it did with the last bytes that were sent: a buffer that is too small, an index that is one too high, a pointer to something that was freed. A build with `-fsanitize=address,undefined` names the line."
  },
  {
    sees: ({ reason }) => /the target is gone/u.test(reason),
    hint: "Your server has ended, so start it again and run the tests that are named one by one, to see which one ends it. Its last words on the terminal, or a debugger, tell where: an exception that nobody catches, memory that isn't its own, or SIGPIPE, which a program in C has to ignore."
  },
  {
    sees: (seen) => isMalformed(seen) && seen.got.startsWith("the line is not UTF-8"),
    hint: "What you send is not UTF-8. Usually half a surrogate pair (`\\ud800`) was let in, or a text was cut in the middle of a character: refuse the first, and never cut a text."
  },
  {
    sees: (seen) => isMalformed(seen) && /\}\s*\{"/u.test(seen.got),
    hint: "Two objects share a line: an LF is missing, or two threads or tasks write to the same socket at the same time. Hand over a whole line with its LF at once, and only one at a time."
  },
  {
    sees: (seen) => isMalformed(seen) && seen.got.startsWith("the line is not"),
    hint: "The line is broken. Either a text stands in it as it came, without a backslash before quotes, backslashes and control characters; or `send` took only a part of the line, and the rest was lost or something else was sent in between."
  },
  {
    sees: ({ got }) => /"code":"internal"/u.test(got),
    hint: "Your server says by `internal` that it failed itself. Its log, or the terminal in which it runs, has the exception and the line; what was sent last is what it stumbled over. Catch what you expect where it happens, and answer the error that fits."
  },
  {
    sees: (seen) => isRefusedAsJson(seen) && seen.chunks.at(-1)?.endsWith("\\r\\n") === true && !isCut(seen),
    hint: hintsByRequirement["FRAME-2"]
  },
  {
    sees: (seen) => (isCut(seen) || isJoined(seen)) && isRefusedAsJson(seen),
    hint: hintsByRequirement["FRAME-4"]
  },
  { sees: (seen) => seen.kind !== "vector" && isJoined(seen) && isSilence(seen), hint: hintsByRequirement["FRAME-4"] },
  {
    sees: ({ expected, got }) => /the connection was reset/u.test(got) && !expected.includes("RST"),
    hint: "A reset instead of an end (FIN) or a reply: your server died, or it closed a socket while bytes that it hadn't read were waiting. After the last object shut down the sending half only, read and throw away what still comes, and close then."
  },
  {
    sees: ({ got, isSubject }) => !isSubject && got.endsWith("the end of the connection (FIN)"),
    hint: "Your server hung up, or died, in the middle of what this test is about. See whether it still runs, and whether an exception ended the thread, task or loop of this connection: what was sent last is what it stumbled over."
  },
  {
    sees: (seen) => !seen.isSubject && isSilence(seen),
    hint: "Nothing came at all. Either your server waits elsewhere (in a `recv` for more bytes, in a `send` to somebody who doesn't read, in a lock), or its answer stays in a buffer that nobody flushes."
  }
]
