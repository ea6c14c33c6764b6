/**
 * What is tried at once: a few connections, and in turns what each does.
 *
 * @module
 */

/** One thing that one connection does. */
export interface Turn {
  /** Which connection: one that has ended is opened anew. */
  readonly who: number
  /**
   * The bytes that it sends, each as one character (Latin-1). `$epoch`, `$session` and the like stand for what a server has last given
   * under that name in this case.
   */
  readonly bytes: string
  /** Bytes at a time; 0 for all at once. */
  readonly chunk: number
  /** Whether all that is owed is waited for before the next turn. */
  readonly awaited: boolean
  /** What it does after that. */
  readonly deed?: Deed
}

export type Deed = "finish" | "reset" | "pause" | "resume"

export type Case = ReadonlyArray<Turn>

/** What a house is opened with: it follows from the seed, and stands in a reproduction. */
export interface Rules {
  /** Whether rooms are kept in a SQLite file, which adds profiles. */
  readonly durable: boolean
  /** The limits that differ from their defaults, and the bounds. */
  readonly limits: Readonly<Record<string, number>>
  readonly bounds: Readonly<Record<string, number>>
  readonly register: string
  readonly invitation: string
  /** The address from which the clients come: a loopback's may say passwords. */
  readonly peer: string
}

/** What was found: the kind is what a shorter case has to show, too. */
export interface Finding {
  readonly kind: string
  readonly what: string
}

/** A case that shows a finding, after others in the same house. */
export interface Reproduction {
  readonly rules: Rules
  readonly cases: ReadonlyArray<Case>
}

export const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

/** How many lines a case sends. */
export const linesIn = (turns: Case): number =>
  turns.reduce((sum, { bytes }) => {
    let lines = 0
    for (let at = bytes.indexOf("\n"); at !== -1; at = bytes.indexOf("\n", at + 1)) lines++
    return sum + lines
  }, 0)
