/**
 * What can be read of a data file while its writer goes on writing: for people, and to find what there is to give up.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { type Checkpointing, makeCheckpointing } from "./checkpoint.ts"
import { type Conversing, makeConversing } from "./conversations.ts"
import { type Finder, makeFinder } from "./finder.ts"
import { makeOverdue, type Overdue } from "./overdue.ts"
import { makeReader, type Reader } from "./reader.ts"
import { makeStandings, type Standings } from "./standings.ts"

/** Each question by its name. */
export type Readings = Reader & Overdue & Conversing & Finder & Standings & Checkpointing

/** A question, as the thread is asked it. */
export type Question = {
  readonly [Name in keyof Readings]: { readonly name: Name; readonly request: Parameters<Readings[Name]>[0] }
}[keyof Readings]

/** What became of a question. */
export type Reply =
  | { readonly _tag: "Read"; readonly value: unknown }
  | { readonly _tag: "Refused"; readonly reason: string }

/**
 * Answers for as long as the file is open.
 *
 * @param openToMove gives it opened once more, to move pages in it
 */
export const makeReadings = (db: DatabaseSync, openToMove: () => DatabaseSync): Readings => ({
  ...makeCheckpointing(openToMove),
  ...makeReader(db),
  ...makeOverdue(db),
  ...makeConversing(db),
  ...makeFinder(db),
  ...makeStandings(db)
})
