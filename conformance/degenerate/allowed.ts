/**
 * The requirements that a degenerate target does keep, each with the reason. A test that passes there may judge nothing
 * else: if it does, it can't fail.
 *
 * @module
 */
import type { RequirementId } from "../src/generated/requirement-id.ts"

/** Requirements that are kept, with the reason. */
export type Kept = Readonly<Partial<Record<RequirementId, string>>>

const greets: Kept = {
  "HELLO-1": "it greets, and says nothing before",
  "HELLO-3": "its greeting is short",
  "HELLO-4": "its greeting says protocol 1"
}

const claimsLittle: Kept = {
  "CLAIM-1": "it claims nothing",
  "LIMIT-2": "the limits in its greeting are above the minimum",
  "LIMIT-3": "the limits in its greeting leave room for a text"
}

const endsAfterFin: Kept = { "END-5": "it ends its side after FIN, when there was nothing to answer" }

const answersRequests: Kept = {
  "REPLY-1": "each request has one reply",
  "REPLY-2": "the reply has the request's id",
  "REPLY-3": "the replies come in order",
  "REPLY-6": "it doesn't remember ids",
  "REPLY-7": "it answers at once",
  "REPLY-10": "it answers ping"
}

const readsLines: Kept = {
  "FRAME-2": "it reads lines with the line decoder of packages/protocol",
  "FRAME-3": "the decoder leaves out blank lines",
  "FRAME-4": "the decoder takes a stream of bytes",
  "FRAME-5": "the decoder takes a line of limits.line bytes",
  "END-5": "it ends its side after FIN, when all is answered",
  "END-6": "the decoder keeps a line without LF"
}

const refusesNothing: Kept = {
  "HELLO-2": "it greets once",
  "HEART-4": "it never ends a connection",
  "LOGIN-1": "whoever asks is welcome",
  "LIMIT-1": "it refuses nothing, so nothing within a limit",
  "FLOW-1": "a reset ends nothing but its connection",
  "EXT-1": "it looks at no field that it doesn't know",
  "CLAIM-2": "guests are welcome",
  "JSON-1": "good lines, with all the white space of JSON, are read",
  "JSON-2": "eight levels are read",
  "JSON-4": "what its answer doesn't hold, it need not look at",
  "JSON-5": "good requests are answered",
  "JSON-7": "other spellings of numbers may be accepted",
  "JSON-8": "JSON.parse takes the last of two fields",
  "NAME-1": "good names are accepted",
  "NAME-3": "the names in question are folded already",
  "TEXT-1": "a good text is accepted, as far as `sent` tells"
}

/** What each target may keep, by its name. */
export const allowed: Readonly<Record<string, Kept>> = {
  "greets, then closes": { ...greets, ...claimsLittle, ...endsAfterFin },
  "greets, then is mute": { ...greets, ...claimsLittle, ...endsAfterFin },
  "greets, then echoes": { ...greets, ...claimsLittle, ...endsAfterFin },
  "answers ok": { ...greets, ...claimsLittle, ...endsAfterFin },
  "answers error": {
    ...greets,
    ...claimsLittle,
    ...endsAfterFin,
    "CLAIM-2": "it offers guests a way in, and lets nobody in"
  },
  "floods with events": greets,
  "agrees with everything": { ...greets, ...claimsLittle, ...answersRequests, ...readsLines, ...refusesNothing }
}
