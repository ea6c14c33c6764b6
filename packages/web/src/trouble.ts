/**
 * What went wrong, in the words of the page.
 *
 * @module
 */
import type { Trouble } from "@tertulia/client/web"
import type { Words } from "./words/en.ts"

/** What a code of the registry means: in the language of the page when that has words for it, else as the server says it. */
export const refusalIn = (
  { trouble: words }: Pick<Words, "trouble">,
  { code, message, request = "" }: { readonly code: string; readonly message: string; readonly request?: string }
): string =>
  `${(code === "forbidden" ? words.forbiddenTo[request] : undefined) ?? words.codes[code] ?? message} (${code})`

/** One sentence. */
export const troubleIn = ({ trouble: words }: Words, trouble: Trouble): string => {
  switch (trouble._tag) {
    case "Refused":
      return refusalIn({ trouble: words }, trouble)
    case "NotKept":
      return `${words.NotKept} ${trouble.why}`
    case "Unreachable":
      return words.Unreachable
    case "NotTertulia":
      return trouble.saidNothing ? words.lost : words.NotTertulia
    case "ConnectionLost":
      switch (trouble.loss._tag) {
        case "Bye":
          return byeIn(words, trouble.loss.bye.code)
        case "Silent":
          return words.silent
        case "Nonsense":
          return `${words.nonsense} (${trouble.loss.why})`
        default:
          return words.lost
      }
  }
}

const byeIn = (words: Words["trouble"], code: string): string =>
  code === "replaced" ? words.replaced : code === "kicked" ? words.kicked : `${words.lost} (${code})`

/** One sentence about a request that failed. */
export const failureIn = (words: Words, error: unknown): string =>
  error instanceof Error && "_tag" in error
    ? "code" in error && typeof error.code === "string"
      ? refusalIn(words, error as Error & { readonly code: string })
      : troubleIn(words, error as Trouble)
    : String(error)
