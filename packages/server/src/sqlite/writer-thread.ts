/**
 * The thread that writes a data file. While it has nothing else to do it fills the index of words, so that nobody who appends waits for
 * that; only one who appends all the time, and leaves it no rest, waits now and then for a part of it.
 *
 * @module
 */
import { answerFrom } from "./answering.ts"
import { openDataFile } from "./data-file.ts"
import { indexedAtOnce } from "./indexer.ts"
import { withTraces } from "./traces.ts"
import { makeIndexingWriter, type Written } from "./writer.ts"

/** Entries that may wait to be indexed before an append has to wait for some of them: a search reads them one by one. */
const mostWaiting = 4_096

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  const { behind, write } = makeIndexingWriter(db)
  // What a rest has left behind: one who asks next is told that nothing more can be written.
  let broken: Written | undefined
  const rest = (): boolean => {
    const written = write([
      { _tag: "Index", entries: indexedAtOnce },
      { _tag: "Merge", all: false }
    ])
    if (written._tag === "Broken") broken = written
    // A disk that is full is tried again when something was appended.
    return written._tag === "Committed" && (written.results[0] === indexedAtOnce || written.results[1] === 1)
  }
  const answer = withTraces(db, (group) => {
    const said = broken
    broken = undefined
    if (said !== undefined) return said
    return write(behind() > mostWaiting ? [...group, { _tag: "Index", entries: indexedAtOnce }] : group)
  })
  return { answer, rest, close }
})
