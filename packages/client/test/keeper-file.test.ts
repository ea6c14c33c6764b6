import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import type { Change, Item } from "@tertulia/client"
import { keepIn } from "@tertulia/client/file"
import { Deferred, Effect, Exit } from "effect"

const server = "localhost:7331"

/** A folder that ends with the test. */
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-outbox-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const file = Effect.map(folder, (path) => join(path, "outbox.db"))

const item = (key: string, more: Partial<Item> = {}): Change => ({
  _tag: "Item",
  item: { key, room: "#cafe", text: `"${key}" y ñandú\n`, ...more }
})

const changes: ReadonlyArray<Change> = [
  { _tag: "Person", person: { nth: 1, nick: "ana", session: "a-secret-of-ana-1" } },
  { _tag: "Room", room: "#cine", cursor: undefined },
  { _tag: "Room", room: "#cafe", cursor: { epoch: "k3", last: 41 } },
  item("a1"),
  item("a2"),
  item("a3", { rest: { _tag: "Failed", code: "too-long", message: "too long" } })
]

/** Keeps changes, and gives what is found afterwards. */
const keepAll = (path: string, changes: ReadonlyArray<Change>) =>
  Effect.andThen(
    Effect.scoped(Effect.flatMap(keepIn(path, server), ({ save }) => save(changes))),
    Effect.scoped(Effect.map(keepIn(path, server), ({ kept }) => kept))
  )

const refusal = (path: string, of = server) => Effect.flip(Effect.scoped(keepIn(path, of)))

describe("a file that keeps a conversation", () => {
  it.live("gives back what was kept, in its order", () =>
    Effect.gen(function* () {
      const { items, person, rooms } = yield* keepAll(yield* file, changes)
      assert.deepStrictEqual(person, { nth: 1, nick: "ana", session: "a-secret-of-ana-1" })
      assert.deepStrictEqual(
        [...rooms],
        [
          ["#cine", undefined],
          ["#cafe", { epoch: "k3", last: 41 }]
        ]
      )
      assert.deepStrictEqual([...items.keys()], ["a1", "a2", "a3"])
      assert.deepStrictEqual(items.get("a3"), (changes[5] as { readonly item: Item }).item)
    })
  )

  it.live("keeps changes, and the order of what has changed", () =>
    Effect.gen(function* () {
      const tried = { person: 1, nick: "ana", isKeyed: true, epoch: "k3", last: 41, hasHole: false, at: 7 }
      const { items, person, rooms } = yield* keepAll(yield* file, [
        ...changes,
        item("a1", { tried }),
        { _tag: "NoItem", key: "a2" },
        { _tag: "NoRoom", room: "#cine" },
        { _tag: "Person", person: { nth: 2, nick: undefined, session: undefined } }
      ])
      assert.deepStrictEqual([...items.keys()], ["a1", "a3"])
      assert.deepStrictEqual(items.get("a1")?.tried, tried)
      assert.deepStrictEqual([...rooms.keys()], ["#cafe"])
      assert.deepStrictEqual(person, { nth: 2, nick: undefined, session: undefined })
    })
  )

  it.live("keeps up to where one has read, of each log the last, and longer than one is in the room", () =>
    Effect.gen(function* () {
      const mark = (room: string, epoch: string, last: number): Change => ({
        _tag: "Mark",
        room,
        mark: { epoch, last }
      })
      const { marks } = yield* keepAll(yield* file, [
        ...changes,
        mark("#cafe", "k3", 7),
        mark("@leo", "d1", 2),
        mark("#cafe", "k3", 9),
        mark("#cine", "k4", 0),
        { _tag: "NoRoom", room: "#cafe" }
      ])
      assert.deepStrictEqual(Object.fromEntries(marks), {
        "#cafe": { epoch: "k3", last: 9 },
        "@leo": { epoch: "d1", last: 2 },
        "#cine": { epoch: "k4", last: 0 }
      })
    })
  )

  it.live("keeps what something answers, and in which log that stands", () =>
    Effect.gen(function* () {
      const { items } = yield* keepAll(yield* file, [item("a1", { replyTo: 41, epoch: "k3" }), item("a2")])
      assert.deepInclude(items.get("a1"), { replyTo: 41, epoch: "k3" })
      assert.notProperty(items.get("a2"), "replyTo")
    })
  )

  it.live("is its owner's only: there is a secret in it", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* keepAll(path, changes)
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
    })
  )

  it.live("is one conversation's at a time", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* keepIn(path, server)
      const error = yield* refusal(path)
      assert.strictEqual(error._tag, "NotKept")
      assert.strictEqual(
        error.message,
        `can't use the outbox ${path}: another client uses it: end that one, or name another file`
      )
    })
  )

  it.live("belongs to one server", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* keepAll(path, changes)
      assert.include(
        (yield* refusal(path, "example.org:7331")).message,
        "belongs to a conversation with localhost:7331"
      )
    })
  )

  it.live("that is something else, damaged, or newer than this client is left as it is", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* keepAll(path, changes)
      const good = readFileSync(path)
      const damage = (how: (db: DatabaseSync) => void) => () => {
        writeFileSync(path, good)
        const db = new DatabaseSync(path)
        how(db)
        db.close()
      }
      const cases: ReadonlyArray<readonly [string, () => void]> = [
        ["no outbox", () => writeFileSync(path, "Dear diary,\n")],
        ["no outbox", () => writeFileSync(path, "x".repeat(10_000))],
        ["no outbox", damage((db) => db.exec("PRAGMA application_id = 7"))],
        [
          "corrupt",
          () => writeFileSync(path, Buffer.concat([good.subarray(0, 4_096), Buffer.alloc(good.length - 4_096, 7)]))
        ],
        ["corrupt", damage((db) => db.exec("UPDATE kept SET value = '{' WHERE kind = 'item'"))],
        ["corrupt", damage((db) => db.exec(`UPDATE kept SET value = '{"nth":"x"}' WHERE kind = 'person'`))],
        ["corrupt", damage((db) => db.exec("INSERT INTO kept (kind, name, value) VALUES ('mark', '#cafe', '{}')"))],
        ["newer client", damage((db) => db.exec("PRAGMA user_version = 9"))],
        ["newer client", damage((db) => db.exec("UPDATE kept SET kind = 'moon' WHERE kind = 'room'"))]
      ]
      for (const [why, make] of cases) {
        make()
        const before = readFileSync(path)
        assert.include((yield* refusal(path)).message, why)
        assert.isTrue(before.equals(readFileSync(path)), `${why}: it was changed`)
      }
    })
  )

  it.live("that can't be there is told", () =>
    Effect.gen(function* () {
      const path = yield* folder
      assert.include((yield* refusal(path)).message, "it is a folder: name a file in it")
      assert.include((yield* refusal(join(path, "nowhere", "outbox.db"))).message, "there is no folder")
    })
  )

  it.live("loses nothing that was kept when its process is killed", () =>
    Effect.gen(function* () {
      const path = yield* file
      const keep = fileURLToPath(new URL("./support/keep.ts", import.meta.url))
      const acknowledged: Array<string> = []
      const enough = Deferred.makeUnsafe<void>()
      const gone = Deferred.makeUnsafe<void>()
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => spawn(process.execPath, [keep, path, server], { stdio: ["ignore", "pipe", "inherit"] })),
        (child) => Effect.sync(() => void child.kill("SIGKILL"))
      )
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        acknowledged.push(...text.split("\n").filter((line) => line !== ""))
        if (acknowledged.length > 20) Deferred.doneUnsafe(enough, Exit.void)
      })
      child.on("close", () => Deferred.doneUnsafe(gone, Exit.void))
      yield* Deferred.await(enough)
      child.kill("SIGKILL")
      yield* Deferred.await(gone)
      const { kept } = yield* keepIn(path, server)
      assert.deepStrictEqual([...kept.items.keys()].slice(0, acknowledged.length), acknowledged)
    })
  )
})
