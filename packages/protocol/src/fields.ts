/**
 * The fields that messages are made of, as schemas.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { Nick } from "./names.ts"
import { JsonString, OneLine } from "./text.ts"

/** An integer in a range, both ends included. */
export const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** What a client calls a request: 1 to 2^31-1. */
export const RequestId = between(1, 2_147_483_647).annotate({
  identifier: "RequestId",
  title: "Request id",
  description: "An integer that the client chooses; the reply carries it in `re`",
  examples: [1, 2]
})

/** The place of an entry in its room's log: 1, 2, 3, ... */
export const Seq = between(1, Number.MAX_SAFE_INTEGER).annotate({
  identifier: "Seq",
  title: "Sequence number",
  description: "The place of an entry in its room's log: 1, 2, 3, ... under one epoch",
  examples: [1, 42]
})

/** The last entry that a client holds, or 0. */
export const Cursor = between(0, Number.MAX_SAFE_INTEGER).annotate({
  identifier: "Cursor",
  title: "Cursor",
  description: "The `seq` of the last entry that the client holds; 0 for none",
  examples: [0, 42]
})

/** What its author calls an entry, so that it is there once however often it is sent (KEY-2). */
export const Key = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/u, { message: "1 to 64 of A-Z, a-z, 0-9, _ and -" })
).annotate({
  identifier: "Key",
  title: "Key",
  description: "What its author calls an entry, so that it is there once however often it is sent",
  examples: ["a1"]
})

/** The place in the results of a search where the next page begins: the server made it, and it alone can read it (SEARCH-8). */
export const SearchCursor = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{1,128}$/u, { message: "the `next` of a page" })
).annotate({
  identifier: "SearchCursor",
  title: "Cursor of a search",
  description: "The place where the next page of results begins; to be given back as it came",
  examples: ["p7Qd0"]
})

/** What its author thinks of a message, in a word or a picture. Its length is bounded by `reactionBytes`, as that of a text by a limit. */
export const Reaction = OneLine.annotate({
  identifier: "Reaction",
  title: "Reaction",
  description: "1 to 64 bytes of UTF-8 without control characters",
  examples: ["\u{1f44d}", "+1"]
})

/** How often a message has a reaction. */
export const Reactions = Schema.Array(
  Schema.Struct({ reaction: Reaction, count: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)) })
).annotate({
  description: "The reactions to the message with how many people have each, in the order of their first use"
})

/** The secret by which a login continues a person (SESSION-1). */
export const SessionSecret = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{16,128}$/u)).annotate({
  identifier: "SessionSecret",
  title: "Session",
  description: "The secret by which a later login continues this person",
  examples: ["Qk3v9TzR1mWx7LpA"]
})

/** The name of one life of a log. */
export const Epoch = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,32}$/u)).annotate({
  identifier: "Epoch",
  title: "Epoch",
  description: "Names one life of a room's log; another epoch is another log",
  examples: ["k3"]
})

/** A time for display. */
export const Time = Schema.String.check(
  Schema.isPattern(
    /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{3}Z$/u
  )
).annotate({
  identifier: "Time",
  title: "Time",
  description: "RFC 3339, UTC, with milliseconds; for display, never for order",
  examples: ["2026-11-20T20:08:00.000Z"]
})

/** A number of things. */
export const count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** A boolean that may be absent. */
export const flag = (description: string) => Schema.optionalKey(Schema.Boolean.annotate({ description }))

/** A duration that may be absent. */
export const milliseconds = (description: string) => Schema.optionalKey(count.annotate({ description }))

/** A string for people, or one that the other side compares. */
export const words = (description: string) => JsonString.annotate({ description })

/** `limit` of a request for a slice. */
export const pageLimit = Schema.optionalKey(
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
    description: "How many items to list at the most; above `limits.page` it means `limits.page`"
  })
)

/** Members of a room. */
export const members = Schema.Array(Nick).annotate({ description: "Nicks of members, ascending" })

/** Whether a slice isn't the last. */
export const more = flag("Whether items follow this slice")
