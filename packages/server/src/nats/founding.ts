/**
 * What the servers of a tertulia have in common, which the first message of its log says; and whether a data file is one of theirs.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { digestOf } from "../secrets.ts"
import type { Following } from "../sqlite/following.ts"
import { StorageFault } from "../sqlite/thread.ts"
import { type Command, decodeCommand, encodeCommand } from "./command.ts"
import type { Engine } from "./engine.ts"
import type { Snapshot } from "./snapshots.ts"

/** A tertulia in an engine. */
export interface Founded {
  readonly id: string
  /** Known to its servers alone; no file holds it. */
  readonly secret: string
  /** With what the log began, if there was something before it. */
  readonly from: Snapshot | undefined
  /** The places from which and up to which the log has messages. */
  readonly start: number
  readonly last: number
}

/** How often a log is begun, at the most, until it has begun. */
const foundingTries = 20

/** Runs what asks the engine; what is wrong is told in one line. */
export const asking = <A>(engine: Engine, ask: () => Promise<A>): Effect.Effect<A, StorageFault> =>
  Effect.tryPromise({
    try: ask,
    catch: (error) =>
      new StorageFault({
        message: `can't use the store ${engine.name}: ${error instanceof Error ? error.message : String(error)}`
      })
  })

/**
 * What a log says of itself; one that has no message yet begins with one of this server's. A cluster that has just begun may need some time
 * until it can store anything, and meanwhile says so, or nothing.
 */
export const founded = (engine: Engine): Effect.Effect<Founded, StorageFault> =>
  asking(engine, async () => {
    for (let tries = 1; ; tries++) {
      try {
        const known = (await foundedIn(engine)) ?? (await begunIn(engine))
        if (known !== undefined) return known
      } catch (error) {
        if (error instanceof Foreign || tries === foundingTries) throw error
      }
      if (tries === foundingTries) throw new Error("nothing can be stored in it")
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })

const begunIn = async (engine: Engine): Promise<Founded | undefined> => {
  const random = (bytes: number) => randomBytes(bytes).toString("hex")
  const found: Command = { _tag: "Found", id: random(16), salting: random(32), cipher: random(16) }
  await engine.appendAfter(0, encodeCommand(found))
  return await foundedIn(engine)
}

/** The log isn't one of a tertulia. */
class Foreign extends Error {
  override readonly message = "its stream is of another program"
}

/** The same of a log that may not have begun. */
export const foundedIn = async (engine: Engine): Promise<Founded | undefined> => {
  const first = await engine.first()
  if (first === undefined) return undefined
  const command = decodeCommand(first)
  if (command?._tag !== "Found") throw new Foreign()
  const { cipher, from, id, salting } = command
  const secret = digestOf(`${salting} ${cipher}`)
  return { id, secret, from, start: await engine.start(), last: await engine.last() }
}

/** Says what is wrong when a file that has followed some log so far is to follow this one; undefined when nothing is. */
export const strangeness = (
  engine: Engine,
  { id, last }: Founded,
  file: string,
  known: Following
): StorageFault | undefined => {
  if (known.id !== id) {
    const message = `the data file ${file} follows another tertulia than ${engine.name}: name another with --data`
    return new StorageFault({ message })
  }
  if (known.place <= last) return undefined
  return new StorageFault({ message: lossOf(engine, file, known.place - last) })
}

export const lossOf = ({ name }: Engine, file: string, messages: number): string =>
  `${name} has lost ${messages} messages that the data file ${file} has: it must not go on as if they had never been`
