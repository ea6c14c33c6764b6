/**
 * Test vectors for implementations in any language: what spec/vectors/ holds. Pure data; `npm run spec` writes the files.
 *
 * @module
 */
import { framing } from "./vectors/framing.ts"
import { hostile } from "./vectors/hostile.ts"
import { jsonProfile } from "./vectors/json-profile.ts"
import { mentions } from "./vectors/mentions.ts"
import { messages } from "./vectors/messages.ts"
import { names } from "./vectors/names.ts"
import type { VectorFile } from "./vectors/notation.ts"
import { ownWords } from "./vectors/own-words.ts"
import { precedence } from "./vectors/precedence.ts"
import { rights } from "./vectors/rights.ts"
import { scram } from "./vectors/scram.ts"
import { search } from "./vectors/search.ts"
import { texts } from "./vectors/texts.ts"

export type { Answer, ExchangeVector, State } from "./vectors/exchange.ts"
export type { FramingVector } from "./vectors/framing.ts"
export type { JsonVector } from "./vectors/json-profile.ts"
export type { MentionVector } from "./vectors/mentions.ts"
export type { MessageVector } from "./vectors/messages.ts"
export type { NameVector } from "./vectors/names.ts"
export { bytesOf, type Outcome, type Piece, type Vector, type VectorFile } from "./vectors/notation.ts"
export type { OwnWordsVector } from "./vectors/own-words.ts"
export type { RightsVector } from "./vectors/rights.ts"
export type { ScramVector } from "./vectors/scram.ts"
export type { SearchVector } from "./vectors/search.ts"
export { session, sessionReplies } from "./vectors/session.ts"
export type { TextVector } from "./vectors/texts.ts"
export { framing, hostile, jsonProfile, mentions, messages, names, ownWords, precedence, rights, scram, search, texts }

/** Every file of vectors, by its name. */
export const vectorFiles: { readonly [file: string]: VectorFile } = {
  "framing.json": framing,
  "json-profile.json": jsonProfile,
  "names.json": names,
  "texts.json": texts,
  "own-words.json": ownWords,
  "mentions.json": mentions,
  "search.json": search,
  "scram.json": scram,
  "rights.json": rights,
  "messages.json": messages,
  "precedence.json": precedence,
  "hostile.json": hostile
}
