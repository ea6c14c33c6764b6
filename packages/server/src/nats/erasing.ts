/**
 * Takes texts that were taken back, and those of conversations that have ended, out of the engine's log, too.
 *
 * The message is replaced by what is left of it, which lies elsewhere, and then overwritten by the engine where it was. Every server does so
 * for what its file has noted; whoever comes second finds it done.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { type Erasure, someErasures } from "../sqlite/following.ts"
import { readOnce } from "../sqlite/read-once.ts"
import type { TwoWriters } from "../sqlite/two-writers.ts"
import type { Result, Work } from "../sqlite/writer.ts"
import { type Command, encodeCommand, withoutTexts } from "./command.ts"
import type { Engine } from "./engine.ts"

/** How long a text that was taken back may be in the log: others may take back more meanwhile. */
const pause = "5 seconds"

/** Changes nothing. */
const nothing: Command = { _tag: "Turn", server: "", turn: 0 }

export const keepErasing = (
  engine: Engine,
  file: string,
  { settled, write }: Pick<TwoWriters, "settled" | "write">
) => {
  // An earlier life of the server may have left some.
  let hasSome = true

  const eraseSome = Effect.gen(function* () {
    yield* settled
    const erasures = yield* readOnce(file, someErasures)
    // Whoever follows sees that something is missing when something comes after it.
    const last = yield* Effect.tryPromise(() => engine.last())
    if (erasures.some(({ parcel }) => parcel === last))
      yield* Effect.promise(() => engine.append(encodeCommand(nothing)))
    for (const parcel of new Set(erasures.map((each) => each.parcel))) {
      const own = erasures.filter((each) => each.parcel === parcel)
      yield* Effect.tryPromise(() => engine.replace(parcel, (data) => withoutTexts(data, isIn(own))))
      yield* write([{ _tag: "Erased", erasures: own }])
    }
    return erasures.length > 0
  })

  const eraseAll = Effect.gen(function* () {
    if (!hasSome) return
    hasSome = false
    while (yield* eraseSome);
  }).pipe(
    Effect.catch((why) =>
      Effect.suspend(() => {
        hasSome = true
        return Effect.logWarning(`a text that was taken back is still in ${engine.name}`, why)
      })
    )
  )

  return {
    /** Is told what was done. */
    noticed: (work: Work, result: Result | undefined): void => {
      if (work._tag === "RemoveSome") hasSome = true
      if (work._tag !== "Append") return
      const places = result as Result<typeof work>
      hasSome ||= work.drafts.some(({ type }, index) => type === "delete" || typeof places[index] !== "number")
    },
    forever: eraseAll.pipe(Effect.delay(pause), Effect.forever)
  }
}

const isIn =
  (erasures: ReadonlyArray<Erasure>) =>
  (index: number): boolean =>
    erasures.some((each) => each.index === index)
