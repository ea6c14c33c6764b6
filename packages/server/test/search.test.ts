/**
 * Search in a data file: the index says what the rule says, whatever has been indexed, changed, given up, or written by an older server.
 */
import { DatabaseSync } from "node:sqlite"
import { holds, matches, wordsOf } from "@tertulia/protocol"
import { searchText, wordy } from "@tertulia/protocol/arbitraries"
import { Effect, Exit } from "effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { layer } from "../src/room-log-sqlite.ts"
import type { Found, Part, Quest } from "../src/search.ts"
import { openDataFile, openForReading } from "../src/sqlite/data-file.ts"
import { type FindRequest, makeFinder, mostUnindexed } from "../src/sqlite/finder.ts"
import { makeIndexer } from "../src/sqlite/indexer.ts"
import { termsOf } from "../src/sqlite/search-terms.ts"
import { makeWriter } from "../src/sqlite/writer.ts"
import { draft, openLogs, openTemporary } from "./support/logs.ts"

interface Said {
  readonly room: string
  readonly text: string
  readonly from?: string
  readonly at?: string
}

const openFile = async () => {
  const folder = await openTemporary()
  const { close, db } = openDataFile(folder.file)
  const write = makeWriter(db)
  const reading = openForReading(folder.file)
  const { find } = makeFinder(reading)
  const log: Array<{ room: string; seq: number; text: string; from: string; at: string }> = []
  const heads = new Map<string, number>()
  /** In one transaction. */
  const say = (...all: ReadonlyArray<Said>) => {
    const said = all.map(({ at = "2026-11-20T20:08:00.000Z", from = "ana", ...one }) => ({ ...one, at, from }))
    const appends = said.map(({ at, from, room, text }) => {
      return {
        _tag: "Append",
        room,
        epoch: room.slice(1),
        reactions: 64,
        drafts: [{ type: "message", author: { id: from }, from, text, at }]
      } as const
    })
    assert.strictEqual(write(appends)._tag, "Committed")
    for (const { at, from, room, text } of said) {
      const seq = (heads.get(room) ?? 0) + 1
      heads.set(room, seq)
      log.push({ room, seq, text, from, at })
    }
  }
  /** Indexes, step by step; gives how many steps that took. */
  const index = (entries = 256): number => {
    for (let steps = 1; ; steps++) {
      const written = write([{ _tag: "Index", entries }])
      if (written._tag !== "Committed") throw new Error(written.reason)
      if ((written.results[0] as number) < entries) return steps
    }
  }
  /** Slice by slice, as the server does; undefined while the index isn't there. */
  const search = (
    quest: Omit<Quest, "words"> & { readonly text: string },
    want = 1_000,
    parts?: ReadonlyArray<Part>
  ) => {
    const { text, ...rest } = quest
    const found: Array<Found> = []
    let left = parts ?? Array.from(heads, ([room, head]) => ({ room, first: 1, below: head + 1 }))
    for (let slices = 0; left.length > 0 && found.length < want; slices++) {
      assert.isBelow(slices, 10_000, "a search ends")
      const request: FindRequest = { ...rest, words: wordsOf(text), parts: left, want: want - found.length }
      const slice = find(request)
      if (slice._tag === "Behind") return undefined
      found.push(...slice.found)
      left = slice.parts
    }
    return found
  }
  return {
    ...folder,
    db,
    log,
    say,
    index,
    search,
    names: (quest: Parameters<typeof search>[0], want?: number) => search(quest, want)?.map(nameOf),
    write,
    [Symbol.asyncDispose]: async () => {
      reading.close()
      close()
      await folder[Symbol.asyncDispose]()
    }
  }
}

const nameOf = ({ entry, room }: Found): string => `${room} ${entry.seq}`

const room = (nth: number) => `#r${nth}`

const someTime = fc.integer({ min: 0, max: 6 }).map((seconds) => `2026-11-20T20:08:0${seconds}.000Z`)
const someNick = fc.constantFrom("ana", "leo", "eva-1", "a_b")

type Act =
  | { readonly say: Said }
  | { readonly index: number }
  | { readonly change: { readonly nth: number; readonly text: string } }
  | { readonly giveUp: { readonly room: number; readonly first: number } }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      say: fc.record({ room: fc.nat({ max: 2 }).map(room), text: wordy, from: someNick, at: someTime })
    })
  },
  { weight: 3, arbitrary: fc.record({ index: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ change: fc.record({ nth: fc.nat(), text: wordy }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ giveUp: fc.record({ room: fc.nat({ max: 2 }), first: fc.integer({ min: 1, max: 6 }) }) })
  }
)

describe("what is found", () => {
  it("is what the rule says, however much is indexed, changed or given up", async () => {
    const asked = fc.record(
      { text: searchText, from: someNick, since: someTime, until: someTime },
      { requiredKeys: ["text"] }
    )
    const story = fc.record({
      acts: fc.array(act, { maxLength: 25 }),
      asked: fc.array(asked, { minLength: 1, maxLength: 5 })
    })
    await fc.assert(
      fc.asyncProperty(story, async ({ acts, asked }) => {
        await using file = await openFile()
        const { db, log, write } = file
        const firsts = new Map<string, number>()
        for (const one of acts) {
          if ("say" in one) file.say(one.say)
          else if ("index" in one) write([{ _tag: "Index", entries: one.index }])
          else if ("change" in one && log.length > 0) {
            const entry = log[one.change.nth % log.length]!
            entry.text = one.change.text
            db.prepare(
              "UPDATE entries SET text = ? WHERE seq = ? AND room = (SELECT id FROM rooms WHERE name = ?)"
            ).run(entry.text, entry.seq, entry.room)
          } else if ("giveUp" in one) {
            const name = room(one.giveUp.room)
            const head = log.filter((entry) => entry.room === name).length
            if (head === 0) continue
            const first = Math.max(firsts.get(name) ?? 1, Math.min(one.giveUp.first, head))
            firsts.set(name, first)
            write([{ _tag: "Append", room: name, epoch: name.slice(1), reactions: 64, drafts: [], first }])
          }
        }
        const judge = () => {
          for (const quest of [...asked, ...log.map(({ text }) => ({ text }))]) {
            const expected = log
              .filter((entry) => entry.seq >= (firsts.get(entry.room) ?? 1) && matches(entry, quest))
              .map((entry) => `${entry.room} ${entry.seq}`)
              .toReversed()
            assert.deepStrictEqual(file.names(quest), expected)
            const half = Math.floor(expected.length / 2)
            if (half === 0) continue
            // By two pages, the second from the place where the first ended.
            const page = file.search(quest, half)!
            const rest = file.names({ ...quest, before: page.at(-1)!.place })
            assert.deepStrictEqual([...page.map(nameOf), ...rest!], expected)
          }
        }
        judge()
        file.index()
        judge()
        db.exec("INSERT INTO words (words) VALUES ('integrity-check')")
        assert.deepStrictEqual(termsIn(db), termsOfEntries(db), "the index has the terms of the entries, and no others")
      }),
      { numRuns: 150 }
    )
  }, 120_000)

  it("comes in the order in which it was said, also when the clock was set back", async () => {
    await using file = await openFile()
    for (let nth = 0; nth < 30; nth++) {
      const at = new Date(Date.UTC(2026, 10, 20) + (nth % 7 === 3 ? -1 : 1) * nth * 3_600_000).toISOString()
      file.say({ room: room(nth % 3), text: `tea ${nth}`, at })
    }
    const expected = file.log.map((entry) => `${entry.room} ${entry.seq}`).toReversed()
    assert.deepStrictEqual(file.names({ text: "tea" }), expected)
    file.index(7)
    assert.deepStrictEqual(file.names({ text: "tea" }), expected)
    for (const { at } of file.log) {
      for (const quest of [
        { text: "tea", since: at },
        { text: "tea", until: at },
        { text: "tea", since: at, until: at }
      ]) {
        const within = file.log.filter((entry) => matches(entry, quest)).map((entry) => `${entry.room} ${entry.seq}`)
        assert.deepStrictEqual(file.names(quest), within.toReversed(), JSON.stringify(quest))
      }
    }
  })

  it("is found in slices, a large room beside a hundred others", async () => {
    await using file = await openFile()
    file.say(...Array.from({ length: 100 }, (_, nth) => ({ room: room(nth), text: "rare common" })))
    const texts = Array.from({ length: 3_000 }, (_, nth) => (nth % 1_000 === 0 ? "common rare" : "common"))
    file.say(...texts.map((text) => ({ room: "#large", text })))
    for (const isIndexed of [false, true]) {
      if (isIndexed) file.index()
      assert.lengthOf(file.names({ text: "rare" })!, 103)
      assert.lengthOf(file.names({ text: "common" }, 3_100)!, 3_100)
      assert.deepStrictEqual(file.names({ text: "rare common", until: "2026-11-20T20:07:59.999Z" }), [])
    }
  })
})

describe("the index", () => {
  it("has nothing any more of a text that was taken back", async () => {
    await using file = await openFile()
    file.say({ room: room(0), text: "xylophonesecret and tea" }, { room: room(0), text: "tea" })
    file.index()
    const bytes = () =>
      Buffer.concat(
        (file.db.prepare("SELECT block FROM words_data").all() as unknown as ReadonlyArray<{ block: Uint8Array }>).map(
          ({ block }) => block
        )
      )
    assert.isTrue(bytes().includes("xylophonesecret"))
    file.db.exec("UPDATE entries SET text = 'gone' WHERE seq = 1")
    assert.deepStrictEqual(file.names({ text: "xylophonesecret" }), [])
    assert.deepStrictEqual(file.names({ text: "gone" }), ["#r0 1"])
    file.index()
    assert.isFalse(bytes().includes("xylophonesecret"))
    assert.deepStrictEqual(file.names({ text: "gone" }), ["#r0 1"])
    assert.strictEqual(file.db.prepare("SELECT count(*) AS n FROM unindexed").get()!["n"], 0)
  })

  it("is made of what an older server has written, and until then a search is refused", async () => {
    await using file = await openFile()
    const texts = Array.from({ length: 600 }, (_, nth) => `tea ${nth}`)
    file.say(
      ...texts.map((text) => ({
        room: room(0),
        text,
        at: new Date(1.7e12 + (Number(text.slice(4)) % 5) * 1_000).toISOString()
      }))
    )
    // As the step of the schema leaves it.
    file.db.exec(`UPDATE entries SET place = NULL;
      UPDATE rooms SET indexed = first - 1, drift = 0, place = 1024 * (SELECT max(at) FROM entries) + head`)
    const indexer = makeIndexer(file.db)
    assert.isUndefined(file.search({ text: "tea" }))
    file.say({ room: room(1), text: "tea, new" })
    assert.lengthOf(
      file.search({ text: "new" }, 9, [{ room: room(1), first: 1, below: 2 }])!,
      1,
      "what is new is found at once"
    )
    file.db.exec("BEGIN")
    assert.strictEqual(indexer.index(256), 256)
    file.db.exec("COMMIT")
    assert.isUndefined(file.search({ text: "tea" }))
    file.db.exec("BEGIN")
    while (indexer.index(256) === 256);
    file.db.exec("COMMIT")
    const expected = file.log.map((entry) => `${entry.room} ${entry.seq}`).toReversed()
    assert.deepStrictEqual(file.names({ text: "tea" }), expected)
    const { at } = file.log[0]!
    const until = file.log.filter((entry) => entry.at <= at && entry.room === room(0))
    assert.lengthOf(file.search({ text: "tea", until: at })!, until.length)
  })

  it("that is far behind makes a search wait for it, by a refusal", async () => {
    await using file = await openFile()
    const drafts = Array.from({ length: mostUnindexed + 1 }, () => ({
      type: "message" as const,
      author: { id: "ana" },
      from: "ana",
      text: "tea",
      at: "2026-11-20T20:08:00.000Z"
    }))
    file.write([{ _tag: "Append", room: "#large", epoch: "large", reactions: 64, drafts }])
    const parts = [{ room: "#large", first: 1, below: mostUnindexed + 2 }]
    assert.isUndefined(file.search({ text: "tea" }, 1, parts))
    file.write([{ _tag: "Index", entries: 1 }])
    assert.lengthOf(file.search({ text: "tea" }, 1, parts)!, 1)
  })

  it("takes in what was appended, as soon as nothing else is to be done", async () => {
    await using folder = await openTemporary()
    {
      await using logs = await openLogs(layer({ file: folder.file }))
      const log = await logs.open("#cafe")
      assert.isTrue(Exit.isSuccess(await log.append(draft("a song"), draft("a dance"))))
      const found = await Effect.runPromise(
        logs.search!.find({ words: ["song"] }, [{ room: "#cafe", first: 1, below: 3 }], 5)
      )
      assert.deepStrictEqual(found.map(nameOf), ["#cafe 1"])
      for (let tries = 0; indexedIn(folder.file) < 2; tries++) {
        assert.isBelow(tries, 1_000)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await using logs = await openLogs(layer({ file: folder.file }))
    const found = await Effect.runPromise(
      logs.search!.find({ words: ["a"] }, [{ room: "#cafe", first: 1, below: 3 }], 1)
    )
    assert.deepStrictEqual(found.map(nameOf), ["#cafe 2"])
    const cursor = logs.search!.cursorOf(found[0]!.place)
    assert.deepStrictEqual(logs.search!.placeOf(cursor), found[0]!.place)
    for (const wrong of ["", "x", cursor.slice(1), `${cursor}A`, "A".repeat(22)]) {
      assert.isUndefined(logs.search!.placeOf(wrong))
    }
  })
})

/** How many entries the index has for each of its terms. */
const termsIn = (db: DatabaseSync): Readonly<Record<string, number>> => {
  db.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab (main, words, row)")
  const rows = db.prepare("SELECT term, doc FROM temp.terms").all()
  return Object.fromEntries(rows.map(({ doc, term }) => [String(term), Number(doc)]))
}

const termsOfEntries = (db: DatabaseSync): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { author, room, text } of db.prepare("SELECT room, author, text FROM entries").all()) {
    for (const term of termsOf(Number(room), String(author), String(text)).split(" "))
      counts[term] = (counts[term] ?? 0) + 1
  }
  return counts
}

const indexedIn = (file: string): number => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return Number(db.prepare("SELECT indexed FROM rooms").get()!["indexed"])
  } finally {
    db.close()
  }
}

it("words are letters and digits, so that no term of the index can be another's", () => {
  fc.assert(
    fc.property(searchText, (text) => {
      for (const word of wordsOf(text)) assert.notMatch(word, /[\s"@_-]/u)
      assert.isTrue(holds(text, wordsOf(text)))
    })
  )
})
