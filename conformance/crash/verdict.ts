/**
 * Holds what people were told against what the file has in the end. Pure.
 *
 * @module
 */
import { logName, type Notes } from "./person.ts"

/** An entry, as the file has it. */
export interface Stored {
  readonly room: string
  readonly seq: number
  readonly from: string
  /** Of a message, as it was sent; undefined for all else, and for one that was changed or taken back. */
  readonly text: string | undefined
  /** The entry that it changes, if it does. */
  readonly target?: number | undefined
}

/** What went wrong, by its kind: each a sentence. */
export interface Verdict {
  /** Was acknowledged or shown, and isn't there, or is another entry. */
  readonly lost: ReadonlyArray<string>
  /** Was sent once, and is there twice. */
  readonly doubled: ReadonlyArray<string>
  /** Is there before what its sender had sent before it. */
  readonly reordered: ReadonlyArray<string>
  /** Was refused, and is there all the same. */
  readonly ghosts: ReadonlyArray<string>
  /** Places without an entry. */
  readonly holes: ReadonlyArray<string>
  /** One of several servers has something else than the others. */
  readonly apart?: ReadonlyArray<string>
  /** What the judge of histories says. */
  readonly broken?: ReadonlyArray<string>
  /** What people have noticed by themselves. */
  readonly complaints: ReadonlyArray<string>
}

/** @param log the entries of all rooms and conversations, by room and ascending */
export const judge = (people: ReadonlyArray<Notes>, log: ReadonlyArray<Stored>): Verdict => {
  const at = new Map(log.map((entry) => [placeOf(entry), entry]))
  const texts = new Set(log.map(({ text }) => text))
  const touched = new Set(people.flatMap((each) => [...each.touched]))
  const told = people.flatMap(({ acknowledged, nick, seen }) => [
    ...acknowledged.map((entry) => ({ ...entry, room: logName(entry.room, nick), from: nick })),
    ...[...seen.values()].flat()
  ])
  return {
    lost: [
      ...told.flatMap((entry) => {
        const stored = at.get(placeOf(entry))
        const isSame = stored?.text === entry.text || (stored?.text === undefined && touched.has(placeOf(entry)))
        if (isSame && stored?.from === entry.from) return []
        return [`${placeOf(entry)} was ${show(entry)}, and is ${stored === undefined ? "not there" : show(stored)}`]
      }),
      ...people.flatMap(({ changes, nick }) =>
        changes.flatMap((change) => {
          const stored = at.get(placeOf(change))
          if (stored?.target === change.target && stored.from === nick) return []
          return [`${placeOf(change)} was a change of ${change.target} by ${nick}, and is another entry or none`]
        })
      )
    ],
    doubled: twice(log),
    reordered: outOfOrder(log),
    ghosts: people.flatMap(({ nick, refused }) =>
      refused.filter(({ text }) => texts.has(text)).map(({ text }) => `${show({ from: nick, text })} is there`)
    ),
    holes: gaps(log),
    complaints: people.flatMap(({ complaints }) => complaints)
  }
}

const placeOf = ({ room, seq }: { readonly room: string; readonly seq: number }): string => `${room} ${seq}`

const show = ({ from, text }: Pick<Stored, "from" | "text">): string =>
  text === undefined ? `a change of ${from}` : `${from}'s ${text.split(" ")[0]}`

type Told = Stored & { readonly text: string }

const toldIn = (log: ReadonlyArray<Stored>): ReadonlyArray<Told> =>
  log.filter((entry): entry is Told => entry.text !== undefined)

/** A sender numbers what they say: `ana-12 …`. */
const numberOf = ({ from, text }: Told): number => Number(text.slice(from.length + 1).split(" ")[0])

const twice = (log: ReadonlyArray<Stored>): ReadonlyArray<string> => {
  const texts = new Set<string>()
  return toldIn(log).flatMap((entry) => {
    if (!texts.has(entry.text)) {
      texts.add(entry.text)
      return []
    }
    return [`${show(entry)} is at ${placeOf(entry)}, too`]
  })
}

const outOfOrder = (log: ReadonlyArray<Stored>): ReadonlyArray<string> => {
  const last = new Map<string, number>()
  return toldIn(log).flatMap((entry) => {
    const sender = `${entry.room} ${entry.from}`
    const before = last.get(sender) ?? 0
    last.set(sender, numberOf(entry))
    return numberOf(entry) >= before ? [] : [`${show(entry)} is at ${placeOf(entry)}, after number ${before}`]
  })
}

const gaps = (log: ReadonlyArray<Stored>): ReadonlyArray<string> => {
  const heads = new Map<string, number>()
  return log.flatMap(({ room, seq }) => {
    const expected = (heads.get(room) ?? 0) + 1
    heads.set(room, seq)
    return seq === expected ? [] : [`${room} goes on with ${seq} where ${expected} was next`]
  })
}
