/**
 * Why a request is refused: a value, never an exception. The server answers it as an `error`.
 *
 * @module
 */
import type { ErrorCode } from "./codes.ts"

/** What an `error` says (spec/registries.md). */
export interface Refusal {
  readonly code: ErrorCode
  /** The request's `id`, when it had a usable one. */
  readonly re?: number
  /** The field at fault, when one is. */
  readonly field?: string
  /** A sentence for people: what was wrong, and what would be right. */
  readonly message: string
  /** Milliseconds after which a retry may help. */
  readonly retryAfter?: number
}

const annotation = "~tertulia/code"

/** Annotates a check of a schema with the code that its failure is answered with. */
export const refusedAs = (code: ErrorCode): Record<string, unknown> => ({ [annotation]: code })

/** The code that a failed check is annotated with; a check without one is `bad-request`. */
export const codeOf = (annotations: Readonly<Record<string, unknown>> | undefined): ErrorCode =>
  (annotations?.[annotation] as ErrorCode | undefined) ?? "bad-request"
