/**
 * The subcommands of `tertulia`, which operate a data file: their arguments and their help.
 *
 * @module
 */
import { foldName, isRoomName } from "@tertulia/protocol"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { storeFault, storeIn } from "../nats/store-url.ts"
import type { Settings } from "../settings.ts"
import { UsageFault } from "../usage.ts"
import { backup } from "./backup.ts"
import { fileOf } from "./data.ts"
import { exportAll, exportRoom } from "./export.ts"
import { importLogs } from "./import.ts"
import { standardError } from "./progress.ts"
import { verify } from "./verify.ts"

/** Who ends a server asks it to stop; who ends anything else breaks it off, and whoever waits for it must know. */
const breakable = Effect.onInterrupt(() =>
  Effect.sync(() => {
    process.exitCode = 130
  })
)

/** @param settings gives the settings that flags, environment and file give: the data file among them */
export const makeOperations = <R>(settings: Effect.Effect<Settings, UsageFault, R>) => {
  /** The data file, which must be one, its store, and where progress is shown. */
  const operated = Effect.gen(function* () {
    const { data, limits, store } = yield* settings
    return { data: yield* fileOf(data), store, textLimit: limits.text, screen: standardError() }
  })

  const exporting = Command.make(
    "export",
    {
      room: Argument.String("room").pipe(Argument.withDescription("The room, cafe or '#cafe'"), Argument.optional),
      all: Flag.Boolean("all").pipe(
        Flag.withDescription("All rooms, a file for each in the folder that --out names"),
        Flag.withDefault(false)
      ),
      format: Flag.Literals("format", ["ndjson", "text"]).pipe(
        Flag.withDescription("ndjson, which can be imported, or text, to be read; its times are UTC [default ndjson]"),
        Flag.withDefault("ndjson")
      ),
      out: Flag.String("out").pipe(
        Flag.withMetavar("path"),
        Flag.withDescription("Where to write, instead of to standard output: a file, or with --all a folder"),
        Flag.optional
      ),
      overwrite: Flag.Boolean("overwrite").pipe(
        Flag.withDescription("Whether files that are there are replaced"),
        Flag.withDefault(false)
      )
    },
    Effect.fnUntraced(function* ({ all, format, out, overwrite, room }) {
      const path = Option.getOrUndefined(out)
      const screen = standardError(path === undefined && process.stdout.isTTY)
      const options = { ...(yield* operated), format, mayReplace: overwrite, screen }
      if (!all) {
        const name = yield* Option.isSome(room)
          ? roomNamed(room.value)
          : fault("say which room, or --all: tertulia export cafe")
        return yield* exportRoom(name, path, options)
      }
      if (Option.isSome(room)) return yield* fault("say a room or --all, not both")
      if (path === undefined) return yield* fault("say which folder: tertulia export --all --out FOLDER")
      return yield* exportAll(path, options)
    }, breakable)
  ).pipe(
    Command.withDescription(
      "Write the log of a room as NDJSON or as text, or those of all rooms: of one moment, while a server may go on writing."
    ),
    Command.withShortDescription("Write the log of a room, or of all, as NDJSON or text")
  )

  const importing = Command.make(
    "import",
    {
      files: Argument.String("file").pipe(
        Argument.withDescription("Files that tertulia export has written; without one, standard input is read"),
        Argument.variadic()
      ),
      room: Flag.String("room").pipe(
        Flag.withMetavar("room"),
        Flag.withDescription("What the room is to be called, instead of what it was"),
        Flag.optional
      )
    },
    Effect.fnUntraced(function* ({ files, room }) {
      const options = yield* operated
      if (Option.isSome(room) && files.length > 1)
        return yield* fault("--room names one room: import one file at a time")
      if (files.length === 0 && process.stdin.isTTY) return yield* fault("say which file: tertulia import cafe.ndjson")
      const name = Option.isSome(room) ? yield* roomNamed(room.value) : undefined
      return yield* importLogs(files, { ...options, room: name })
    }, breakable)
  ).pipe(
    Command.withDescription(
      "Put logs that were exported into a data file that no server uses, all or none, into rooms that have no log there. " +
        "Each becomes a new log, with an epoch of its own: clients that knew the old one begin anew."
    ),
    Command.withShortDescription("Put logs that were exported into a data file that no server uses")
  )

  const backingUp = Command.make(
    "backup",
    { to: Argument.String("file").pipe(Argument.withDescription("Where the copy goes; nothing may be there yet")) },
    Effect.fnUntraced(function* ({ to }) {
      yield* backup(to, yield* operated)
    }, breakable)
  ).pipe(
    Command.withDescription(
      "Copy the data file, as it is at one moment, while a server may go on writing. The copy is compact, and checked before it gets its name."
    ),
    Command.withShortDescription("Copy the data file, while a server may go on writing")
  )

  const verifying = Command.make(
    "verify",
    {},
    Effect.fnUntraced(function* () {
      yield* verify(yield* operated)
    }, breakable)
  ).pipe(
    Command.withDescription(
      "Look for damage in a data file or a backup, while a server may go on writing. Exits 0 when it is sound, 1 when it is damaged, 2 when it couldn't look."
    ),
    Command.withShortDescription("Look for damage in the data file, or in a backup")
  )

  const migrating = Command.make(
    "migrate",
    {
      store: Flag.String("store").pipe(
        Flag.withMetavar("text"),
        Flag.withDescription("The store, as nats://host:4222/name?replicas=3 [TERTULIA_STORE]"),
        Flag.optional
      ),
      back: Flag.Boolean("back").pipe(
        Flag.withDescription("From the store into the data file, which is that of one of its servers, or new"),
        Flag.withDefault(false)
      )
    },
    Effect.fnUntraced(function* ({ back, store: given }) {
      const options = yield* operated
      const text = Option.getOrElse(given, () => options.store)
      if (text === "") return yield* fault("say which store: tertulia migrate --store nats://host/name")
      const store = storeIn(text)
      if (store === undefined) return yield* fault(`--store is ${JSON.stringify(text)}: ${storeFault(text)}`)
      // What only few need takes a while to load.
      const { intoStore, outOfStore } = yield* Effect.promise(() => import("./migrate.ts"))
      return yield* (back ? outOfStore : intoStore)({ ...options, store })
    }, breakable)
  ).pipe(
    Command.withDescription(
      "Put the rooms of a data file that no server uses into a store that has none, with accounts and all else, or with --back those of a store whose servers " +
        "have stopped into a file. All is compared in the end. Called again, it goes on where it was ended."
    ),
    Command.withShortDescription("Put the rooms of a data file into a store, or back")
  )

  return [exporting, importing, backingUp, verifying, migrating] as const
}

const fault = (message: string): Effect.Effect<never, UsageFault> => Effect.fail(new UsageFault({ message }))

/** The name of a room, with or without its #, which a shell may take for a comment. */
const roomNamed = (spelling: string): Effect.Effect<string, UsageFault> => {
  const name = foldName(spelling.startsWith("#") ? spelling : `#${spelling}`)
  if (isRoomName(name)) return Effect.succeed(name)
  return fault(`no room can be called ${JSON.stringify(spelling)}: 1 to 32 of a-z, 0-9, _ and -, with or without #`)
}
