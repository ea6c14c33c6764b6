/**
 * Whether the index of words of a data file holds what the entries say, and nothing else.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { kinds, richVersion } from "./entry-rows.ts"
import { isCorrupt } from "./fault.ts"
import { allOf, asFarAsItGoes, eachOf, file, found, rowsAtOnce, type Step } from "./finding.ts"
import { schemaChanges, versionOf } from "./schema.ts"
import { conversationsApart, searchVersion } from "./search-schema.ts"
import { termsOf } from "./search-terms.ts"

interface RoomRow {
  readonly id: number
  readonly name: string
  readonly first: number
  readonly head: number
  readonly indexed: number
}

interface TextRow {
  readonly room: number
  readonly seq: number
  readonly author: string
  readonly text: string
}

interface TermRow {
  readonly term: string
  readonly room: number
  readonly seq: number
}

/**
 * Examines the index of a file that is open for reading, step by step. The index goes by words and the log by entries, and either may be
 * larger than the memory: so of each room only sums are kept, over the words that there should be and over those that there are, and the
 * sums are compared.
 */
export const examineIndex = function* (db: DatabaseSync): Generator<Step, void> {
  const version = versionOf(db)
  if (version < searchVersion || schemaChanges(db).some((name) => name.startsWith("table"))) return
  const sums = makeSums()
  try {
    yield* inSteps(eachOf<TextRow>(db, indexedTexts(version)), ({ author, room, seq, text }) => {
      for (const term of termsOf(room, author, text).split(" ")) sums.add(room, term, seq, 1)
    })
  } catch (error) {
    // Whoever has looked at the entries has said that they can't be read.
    if (isCorrupt(error)) return
    throw error
  }
  yield* asFarAsItGoes("the index of words", compare(db, sums))
}

const compare = function* (db: DatabaseSync, sums: Sums): Generator<Step, void> {
  db.exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, words, instance)")
  // They are many, and their numbers are exact: 3,900,000 take 4 s so, and 9 s by `eachOf`.
  yield* inSteps(db.prepare(terms).iterate() as Iterable<unknown> as Iterable<TermRow>, ({ room, seq, term }) =>
    sums.add(room, term, seq, -1)
  )
  const rooms = allOf<RoomRow>(db, "SELECT id, name, first, head, indexed FROM rooms")
  for (const { first, head, id, indexed, name } of rooms) {
    if (indexed > head) yield found(name, `the index of words goes up to ${indexed}, though head is ${head}`)
    if (versionOf(db) >= conversationsApart && name.startsWith("@") && indexed >= first) {
      yield found(name, "it is in the index of words, where no conversation belongs")
    }
    if (!sums.areEqual(id)) yield found(name, "the index of words has others than its entries say")
  }
  const known = new Set(rooms.map(({ id }) => id))
  for (const room of sums.rooms()) {
    if (!known.has(room) && !sums.areEqual(room)) {
      yield found(file, `the index has words of a room that isn't there, number ${room}`)
    }
  }
}

/** The texts whose words are in the index: of messages up to `indexed`, and as it was, what was changed or went since (search-schema.ts). */
const indexedTexts = (version: number): string => `
  SELECT room, seq, author, text FROM unindexed UNION ALL
  SELECT entries.room, seq, author, text FROM rooms JOIN entries ON entries.room = rooms.id AND seq BETWEEN first AND indexed
  WHERE ${version >= richVersion ? `kind = ${kinds.message} AND ` : ""}
    NOT EXISTS (SELECT 1 FROM unindexed WHERE unindexed.room = entries.room AND unindexed.seq = entries.seq)`

const terms = "SELECT term, doc >> 40 AS room, doc & 1099511627775 AS seq FROM temp.terms"

const inSteps = function* <Row>(rows: Iterable<Row>, look: (row: Row) => void): Generator<Step, void> {
  let count = 0
  for (const row of rows) {
    look(row)
    if (++count % rowsAtOnce === 0) yield { _tag: "Read", rows: rowsAtOnce }
  }
  yield { _tag: "Read", rows: count % rowsAtOnce }
}

/** Of each room, two sums of 32 bits over its words; they are nothing when as much was added as was taken away, whatever the order. */
interface Sums {
  readonly add: (room: number, term: string, seq: number, sign: 1 | -1) => void
  readonly areEqual: (room: number) => boolean
  readonly rooms: () => Iterable<number>
}

const makeSums = (): Sums => {
  const sums = new Map<number, { one: number; other: number }>()
  return {
    add: (room, term, seq, sign) => {
      const sum = sums.get(room) ?? { one: 0, other: 0 }
      sums.set(room, sum)
      sum.one = (sum.one + sign * hashOf(term, seq, 0x811c9dc5)) | 0
      sum.other = (sum.other + sign * hashOf(term, seq, 0x01000193)) | 0
    },
    areEqual: (room) => {
      const sum = sums.get(room)
      return sum === undefined || (sum.one === 0 && sum.other === 0)
    },
    rooms: () => sums.keys()
  }
}

/** FNV-1a over the characters of a word and the seq of its entry, with the bits mixed at the end. */
const hashOf = (term: string, seq: number, seed: number): number => {
  let hash = seed
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ seq, 0x01000193)
  hash = Math.imul(hash ^ Math.floor(seq / 2 ** 32) ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) | 0
}
