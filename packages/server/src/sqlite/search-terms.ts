/**
 * The words of entries as the index has them: with the room before them.
 *
 * @module
 */
import { wordsOf } from "@tertulia/protocol"

/** Words hold letters and digits only, so that none can be taken for another of these. */
const wordTerm = (room: number, word: string): string => `${room.toString(36)}_${word}`

/** How the author of an entry stands in the index. */
const authorTerm = (room: number, nick: string): string => `${room.toString(36)}@${nick}`

/** All terms of an entry, apart by spaces. */
export const termsOf = (room: number, author: string, text: string): string =>
  [authorTerm(room, author), ...wordsOf(text).map((word) => wordTerm(room, word))].join(" ")

/** The most words by which the index is asked; whether an entry holds the others as well is seen when it is read. */
const askedWords = 4

/**
 * What the index is asked for the entries of a room that may hold all of some words, by an author if one is given. Each term is a string
 * of FTS5 between quotes that are in none of them: nothing that anybody has written is an operator.
 */
export const termQuery = (room: number, author: string | undefined, words: ReadonlyArray<string>): string => {
  // Long words are rare words.
  const asked = words.toSorted((one, other) => other.length - one.length).slice(0, askedWords)
  const terms = [
    ...asked.map((word) => wordTerm(room, word)),
    ...(author === undefined ? [] : [authorTerm(room, author)])
  ]
  return terms.map((term) => `"${term}"`).join(" AND ")
}
