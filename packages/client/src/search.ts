/**
 * Search over one connection (spec/search.md).
 *
 * @module
 */
import type { Message } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Asking } from "./asking.ts"
import type { RequestError } from "./errors.ts"
import type { Fields } from "./link.ts"

/** What is looked for: every word of `text`, and only that. */
export interface SearchOptions {
  readonly text: string
  /** In one room; in all that one is in when absent. */
  readonly room?: string
  /** What one person has said. */
  readonly from?: string
  /** What was said then or later: a `Date`, or a time as in `at`. */
  readonly since?: Date | string
  /** What was said then or earlier. */
  readonly until?: Date | string
  /** How many results a page has, at the most; as many as the server gives when absent. */
  readonly limit?: number
}

/** What a connection offers to those who search; a server that doesn't claim it refuses by `unsupported`. */
export interface SearchApi {
  /**
   * What is found, newest first. Another page is asked for once the one before has been taken: whoever takes ten results has the pages
   * for ten. Fails as a request does, also between two pages.
   */
  readonly search: (options: SearchOptions) => Stream.Stream<Message, RequestError>
}

const timeOf = (time: Date | string): string => (typeof time === "string" ? time : time.toISOString())

export const searchOver = (ask: Asking): SearchApi => ({
  search: ({ since, until, ...rest }) => {
    const wish: Fields<"search"> = {
      ...rest,
      ...(since === undefined ? {} : { since: timeOf(since) }),
      ...(until === undefined ? {} : { until: timeOf(until) })
    }
    return Stream.paginate(undefined as string | undefined, (before) =>
      Effect.map(
        ask("search", before === undefined ? wish : { ...wish, before }),
        ({ more, next, results }) => [results, more === true ? Option.fromUndefinedOr(next) : Option.none()] as const
      )
    )
  }
})
