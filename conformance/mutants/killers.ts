/**
 * Which tests are tried on which mutant: `killers.json`, written by a run that tries all of them, so that the gate need
 * try only these. Together the lists hold every test of the suite, which is how it is known that each can fail.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The titles of the tests that must kill each mutant, by its name. */
export type Killers = Readonly<Record<string, ReadonlyArray<string>>>

/** A test that has killed a mutant. */
export interface Kill {
  readonly title: string
  /** How long that took. */
  readonly millis: number
}

export const killersFile = fileURLToPath(new URL("killers.json", import.meta.url))

export const readKillers = (): Killers => JSON.parse(readFileSync(killersFile, "utf8")) as Killers

/** As it stands in the file: a line for each test. */
export const killersText = (killers: Killers): string => `${JSON.stringify(killers, undefined, 2)}\n`

/**
 * New lists from what a run has found: each mutant is tried by one test, and each test of `titles` on one mutant that it
 * kills. What was listed before and still kills stays, so that the file changes little; for the rest the quickest is taken.
 *
 * @param names all mutants, in the order of the catalogue
 * @param found what the run has found out, for the mutants that it has judged
 */
export const assign = (
  before: Killers,
  names: ReadonlyArray<string>,
  titles: ReadonlySet<string>,
  found: ReadonlyMap<string, ReadonlyArray<Kill>>
): Killers => {
  const lists = new Map(names.map((name) => [name, stillListed(before[name] ?? [], titles, found.get(name))]))
  for (const [name, list] of lists) {
    const quickest = (found.get(name) ?? []).toSorted((one, other) => one.millis - other.millis)[0]
    if (list.length === 0 && quickest !== undefined) list.push(quickest.title)
  }
  const listed = new Set([...lists.values()].flat())
  const kills = [...found]
    .flatMap(([name, all]) => all.map((kill) => ({ name, ...kill })))
    .toSorted((one, other) => one.millis - other.millis)
  for (const { name, title } of kills) {
    if (listed.has(title) || !titles.has(title)) continue
    listed.add(title)
    lists.get(name)?.push(title)
  }
  return Object.fromEntries([...lists].filter(([, list]) => list.length > 0))
}

const stillListed = (
  list: ReadonlyArray<string>,
  titles: ReadonlySet<string>,
  kills: ReadonlyArray<Kill> | undefined
): Array<string> =>
  list.filter((title) => titles.has(title) && (kills === undefined || kills.some((kill) => kill.title === title)))

/** The tests that no mutant is known to be killed by. */
export const unkilled = (titles: Iterable<string>, killers: Killers): ReadonlyArray<string> => {
  const listed = new Set(Object.values(killers).flat())
  return [...titles].filter((title) => !listed.has(title))
}
