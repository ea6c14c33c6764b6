#!/usr/bin/env node
/**
 * `npm run bench:search`: how long a search takes among 1,000,000 messages, against a bare query of FTS5 for the same words in the same
 * run; what the index takes in the file, and what it costs to make. Storage alone: no network, no rooms.
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { wordsOf } from "@tertulia/protocol"
import { openDataFile, openForReading } from "../packages/server/src/sqlite/data-file.ts"
import { makeFinder } from "../packages/server/src/sqlite/finder.ts"
import { indexedAtOnce } from "../packages/server/src/sqlite/indexer.ts"
import { makeWriter } from "../packages/server/src/sqlite/writer.ts"
import { quantile } from "./times.ts"

const messages = Number(process.argv[2] ?? 1_000_000)
const rooms = 200
const joined = 20
const perTransaction = 256
const vocabulary = 60_000
const runs = 200

/** Numbers that are the same in each run. */
let seed = 20_261_120
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
  return seed / 0x8000_0000
}

/** Words as languages have them: the nth as often as 1 / n. Short ones are common. */
const words = Array.from({ length: vocabulary }, (_, nth) => `${nth.toString(36)}${nth % 7 === 0 ? "ó" : ""}`)
const word = (): string => words[Math.floor(vocabulary ** random()) - 1]!
const text = (): string => Array.from({ length: 4 + Math.floor(random() * 16) }, word).join(" ")
const room = (nth: number): string => `#room-${nth}`

const measure = (count: number, act: (nth: number) => void) => {
  const times = Array.from({ length: count }, (_, nth) => {
    const from = performance.now()
    act(nth)
    return performance.now() - from
  }).sort((one, other) => one - other)
  return { median: quantile(times, 0.5), worst: quantile(times, 0.99), longest: times.at(-1)! }
}

const shown = (number: number) => number.toLocaleString("en", { maximumFractionDigits: 3 })

const folder = mkdtempSync(join(tmpdir(), "tertulia-bench-"))
try {
  const file = join(folder, "tertulia.db")
  const { close, db } = openDataFile(file)
  const write = makeWriter(db)
  const settle = () => {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    return statSync(file).size
  }

  // Appending.
  const heads = new Map<string, number>()
  let textBytes = 0
  const appending = performance.now()
  for (let sent = 0; sent < messages; sent += perTransaction) {
    const group = Array.from({ length: Math.min(perTransaction, messages - sent) }, (_, nth) => {
      const name = room(Math.floor(rooms ** random()) - 1)
      heads.set(name, (heads.get(name) ?? 0) + 1)
      const said = text()
      textBytes += Buffer.byteLength(said)
      const from = `nick-${(sent + nth) % 500}`
      const at = new Date(1.7e12 + 60 * (sent + nth)).toISOString()
      return {
        _tag: "Append",
        room: name,
        epoch: name.slice(1),
        reactions: 64,
        drafts: [{ type: "message", author: { id: from }, from, text: said, at }]
      } as const
    })
    if (write(group)._tag !== "Committed") throw new Error("can't write")
  }
  const appended = ((performance.now() - appending) * 1_000) / messages
  const before = settle()

  // Indexing, as it is done when nobody writes.
  const steps: Array<number> = []
  const indexing = performance.now()
  for (let count = indexedAtOnce; count === indexedAtOnce; ) {
    const from = performance.now()
    const written = write([
      { _tag: "Index", entries: indexedAtOnce },
      { _tag: "Merge", all: false }
    ])
    if (written._tag !== "Committed") throw new Error("can't index")
    count = written.results[0] as number
    steps.push(performance.now() - from)
  }
  const indexed = ((performance.now() - indexing) * 1_000) / messages
  steps.sort((one, other) => one - other)
  const after = settle()
  console.log(
    `${shown(messages)} messages in ${rooms} rooms, ${shown(textBytes / messages)} bytes of text each
append: ${shown(appended)} µs an entry, in transactions of ${perTransaction}
index:  ${shown(indexed)} µs an entry, ${shown(indexed / appended)} of the append; a step of ${indexedAtOnce}: median ${shown(quantile(steps, 0.5))} ms, p99 ${shown(quantile(steps, 0.99))} ms, longest ${shown(steps.at(-1)!)} ms
bytes:  ${shown(before / messages)} an entry without the index, ${shown((after - before) / messages)} of the index: ${shown((after - before) / before)} of the file, ${shown((after - before) / textBytes)} of the texts`
  )

  // A bare table of FTS5 with the same texts, as its documentation has it.
  const bareFile = join(folder, "bare.db")
  const bare = new DatabaseSync(bareFile)
  bare.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  bare.exec(`CREATE VIRTUAL TABLE bare USING fts5 (text, content = '', tokenize = "unicode61 remove_diacritics 2")`)
  const add = bare.prepare("INSERT INTO bare (rowid, text) VALUES (?, ?)")
  const all = db.prepare("SELECT text FROM entries ORDER BY place")
  const filling = performance.now()
  let rowid = 0
  bare.exec("BEGIN")
  for (const row of all.iterate()) {
    add.run(++rowid, String(row["text"]))
    if (rowid % perTransaction === 0) bare.exec("COMMIT; BEGIN")
  }
  bare.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
  console.log(
    `bare FTS5, without rooms and authors: ${shown(((performance.now() - filling) * 1_000) / messages)} µs an entry, ${shown(statSync(bareFile).size / messages)} bytes an entry`
  )
  const query = bare.prepare("SELECT rowid FROM bare WHERE bare MATCH ? ORDER BY rowid DESC LIMIT 51")

  // Searching: the newest 50 in one room, in twenty, in all.
  const { find } = makeFinder(openForReading(file))
  const search = (names: ReadonlyArray<string>, said: string, more: object = {}) => {
    let parts: ReadonlyArray<{ room: string; first: number; below: number }> = names.map((name) => ({
      room: name,
      first: 1,
      below: (heads.get(name) ?? 0) + 1
    }))
    let found = 0
    let slices = 0
    while (parts.length > 0 && found < 51) {
      const slice = find({ ...more, words: wordsOf(said), parts, want: 51 - found })
      if (slice._tag === "Behind") throw new Error("behind")
      found += slice.found.length
      parts = slice.parts
      slices++
    }
    return { found, slices }
  }
  const names = [...heads.keys()].sort((one, other) => heads.get(other)! - heads.get(one)!)
  const places = {
    "the largest room": names.slice(0, 1),
    [`${joined} rooms`]: names.slice(0, joined),
    "128 rooms": names.slice(0, 128)
  }
  const rare = () => words[vocabulary - 1 - Math.floor(random() * 20_000)]!
  const kinds: Readonly<Record<string, () => string>> = {
    "a rare word": rare,
    "a common word": () => words[Math.floor(random() * 20)]!,
    "two common words": () => `${words[Math.floor(random() * 20)]} ${words[20 + Math.floor(random() * 50)]}`,
    "a common and a rare word": () => `${words[Math.floor(random() * 20)]} ${rare()}`,
    "a word that isn't there": () => "nowhere"
  }
  for (const [kind, draw] of Object.entries(kinds)) {
    const asked = Array.from({ length: runs }, draw)
    const bareTimes = measure(runs, (nth) => {
      const said = wordsOf(asked[nth]!)
      query.all(said.map((each) => `"${each}"`).join(" AND "))
    })
    console.log(`${kind}: bare FTS5 median ${shown(bareTimes.median)} ms, p99 ${shown(bareTimes.worst)} ms`)
    for (const [where, of] of Object.entries(places)) {
      const times = measure(runs, (nth) => search(of, asked[nth]!))
      console.log(
        `  in ${where}: median ${shown(times.median)} ms, p99 ${shown(times.worst)} ms; ${shown(times.median / bareTimes.median)} of bare FTS5`
      )
    }
  }
  const [largest] = names
  const hostile: Readonly<Record<string, readonly [string, object]>> = {
    "1,000 words": [Array.from({ length: 1_000 }, (_, nth) => words[nth]!).join(" "), {}],
    "four common words that never meet": [`${words[0]} ${words[1]} ${words[2]} ${words[3]} nowhere nothing`, {}],
    "a common word from long ago": [words[0]!, { until: "2020-01-01T00:00:00.000Z" }],
    "a common word by somebody rare": [words[0]!, { from: "nobody" }],
    "four common words and twenty more": [Array.from({ length: 24 }, (_, nth) => words[nth]!).join(" "), {}]
  }
  for (const [kind, [said, more]] of Object.entries(hostile)) {
    let slices = 0
    const times = measure(10, () => {
      slices = search([largest!], said, more).slices
    })
    console.log(
      `hostile, ${kind}: median ${shown(times.median)} ms, longest ${shown(times.longest)} ms, in ${slices} slices`
    )
  }
  bare.close()
  close()
} finally {
  rmSync(folder, { recursive: true })
}
