/**
 * What the core says of every request, broken for the requests of one profile.
 *
 * @module
 */
import type { JsonObject, RequestType } from "@tertulia/protocol"
import { breaks, insteadOf, isRefusal, refusal, whenSaid } from "./breaks.ts"
import type { Mutant } from "./mutant.ts"

/** Requests that have much in common. */
export interface Requests {
  /** What the mutants are called after: `silent-` and this. */
  readonly name: string
  /** What they are called in a sentence. */
  readonly called: string
  /** Whether a request is one of them. */
  readonly are: (object: JsonObject | undefined) => object is JsonObject
  /** The fields that they know, beside `type` and `id`. */
  readonly fields: ReadonlyArray<string>
}

export const hasType =
  (type: RequestType) =>
  (object: JsonObject | undefined): object is JsonObject =>
    object?.["type"] === type

/** Doesn't answer them. */
export const silent = (requests: Requests): Mutant =>
  breaks(
    "REPLY-1",
    `silent-${requests.name}`,
    `doesn't answer ${requests.called}`,
    whenSaid(({ object, to }) => ("re" in object && requests.are(to) ? [] : undefined))
  )

/** Refuses them for a field of another profile, or of nobody's. */
export const strict = (requests: Requests): Mutant => {
  const known = new Set(["type", "id", ...requests.fields])
  return breaks(
    "EXT-1",
    `strict-${requests.name}`,
    `refuses ${requests.called} with a field that it doesn't know`,
    insteadOf((object) =>
      requests.are(object) && Object.keys(object).some((field) => !known.has(field))
        ? refusal(object["id"], "bad-request", "x-acme/mood")
        : undefined
    )
  )
}

/** Takes a name that nobody may have for one that isn't there. */
export const ofAnyName = (requests: Requests): Mutant =>
  breaks(
    "NAME-1",
    `${requests.name}-of-any-name`,
    `answers ${requests.called} with a bad name by not-joined`,
    whenSaid((said) =>
      isRefusal(said, "bad-name") && requests.are(said.to) ? [refusal(said.to["id"], "not-joined", "room")] : undefined
    )
  )
