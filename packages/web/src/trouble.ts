/**
 * What went wrong, in the words of the page.
 *
 * @module
 */
import { failureIn as failure, refusalIn as refusal, type Trouble, troubleIn as trouble } from "@tertulia/client/web"
import type { Words } from "./words/en.ts"

export const refusalIn = (words: Words, refused: Parameters<typeof refusal>[1]): string =>
  refusal(words.trouble, refused)

export const troubleIn = (words: Words, why: Trouble): string => trouble(words.trouble, why)

export const failureIn = (words: Words, error: unknown): string => failure(words.trouble, error)
