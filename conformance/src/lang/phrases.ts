/**
 * What the suite's tests say, in another language. Tests are written in English and know of no other: a phrase book gives, for each
 * English phrase, that of the language, with holes for what varies.
 *
 *     "the reply to request {}": "la respuesta a la petición {}"
 *
 * What stands in a hole is translated in its turn, when it is a phrase; in quotes, where data stand, only a phrase that is in the book as
 * it is. JSON is never touched.
 *
 * @module
 */

/** Phrases by their English ones. `{}` is a hole; where the order is another, `{1}` is the first hole of the English. */
export type PhraseBook = Readonly<Record<string, string>>

/** Translates phrases. */
export interface Phrases {
  /** The phrase in the language; as it is, where the book doesn't have it. */
  readonly of: (phrase: string) => string
  /** Whether the book has it. */
  readonly knows: (phrase: string) => boolean
}

interface Entry {
  readonly pattern: RegExp
  readonly translation: string
  readonly letters: number
  /** For each hole, whether it stands in quotes. */
  readonly quoted: ReadonlyArray<boolean>
}

/** Reads a phrase book. */
export const makePhrases = (book: PhraseBook): Phrases => {
  // Of the languages that a run could speak, it speaks one.
  let read: ReadonlyArray<Entry> | undefined
  const entries = () => (read ??= entriesOf(book))

  const exactly = (phrase: string): string | undefined => (Object.hasOwn(book, phrase) ? book[phrase] : undefined)

  const find = (phrase: string): string | undefined => {
    const exact = exactly(phrase)
    if (exact !== undefined) return exact
    for (const { pattern, quoted, translation } of entries()) {
      const match = pattern.exec(phrase)
      if (match === null) continue
      const values = match.slice(1)
      return fill(
        translation,
        values.map((value, nth) => (quoted[nth] === true ? (exactly(value) ?? value) : translate(value)))
      )
    }
    return undefined
  }
  const translate = (phrase: string): string => find(phrase) ?? phrase

  return {
    of: (phrase) => {
      const { masked, restore } = withoutJson(phrase)
      return restore(translate(masked))
    },
    knows: (phrase) => find(withoutJson(phrase).masked) !== undefined
  }
}

/** What marks a hole. */
export const hole = "{}"

/** The phrases with holes: the more one says itself, the surer it is the one that is meant. */
const entriesOf = (book: PhraseBook): ReadonlyArray<Entry> =>
  Object.entries(book)
    .filter(([phrase]) => phrase.includes(hole))
    .map(entryOf)
    .toSorted((one, other) => other.letters - one.letters)

const entryOf = ([phrase, translation]: readonly [string, string]): Entry => ({
  pattern: new RegExp(`^${phrase.split(hole).map(literally).join("(.*?)")}$`, "su"),
  translation,
  letters: phrase.replaceAll(hole, "").length,
  quoted: [...phrase.matchAll(/"?\{\}"?/gu)].map(([found]) => found === '"{}"')
})

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")

const fill = (translation: string, values: ReadonlyArray<string>): string => {
  let next = 0
  return translation.replace(
    /\{([1-9]?)\}/gu,
    (_, number: string) => values[number === "" ? next++ : Number(number) - 1]!
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// JSON stays as it is
// ---------------------------------------------------------------------------------------------------------------------

// Private characters stand for the JSON while the words around it are translated.
const [open, close] = ["\ue000", "\ue001"]

const withoutJson = (phrase: string): { readonly masked: string; readonly restore: (text: string) => string } => {
  const found: Array<string> = []
  let masked = ""
  for (let at = 0; at < phrase.length; ) {
    const json = jsonAt(phrase, at)
    masked += json === undefined ? phrase[at] : `${open}${found.push(json) - 1}${close}`
    at += json?.length ?? 1
  }
  const restore = (text: string) =>
    text.replace(/\ue000([0-9]+)\ue001/gu, (whole, nth: string) => found[Number(nth)] ?? whole)
  return { masked, restore }
}

/** The JSON object or list that begins here: up to its end, or to that of the phrase when it was cut. */
const jsonAt = (phrase: string, from: number): string | undefined => {
  if (!/^(?:\{\s*"|\[\s*["{[\d])/u.test(phrase.slice(from, from + 20))) return undefined
  let depth = 0
  let quoted = false
  for (let at = from; at < phrase.length; at++) {
    const character = phrase[at]!
    if (quoted && character === "\\") at++
    else if (character === '"') quoted = !quoted
    else if (!quoted && "{[".includes(character)) depth++
    else if (!quoted && "}]".includes(character) && --depth === 0) return phrase.slice(from, at + 1)
  }
  return phrase.slice(from)
}
