/**
 * The seam between people and what outlives their connections: who may come back as whom (spec/resume.md). In memory, or in a
 * SQLite file, beside the logs.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Unavailable } from "./room-log.ts"

/** That a session belongs to a person. The secret itself is kept nowhere: who reads the file can't come back as anybody. */
export interface Claim {
  /** SHA-256 of the session, in hexadecimal. */
  readonly digest: string
  /** The person's id: the author of what they have sent. */
  readonly person: string
  readonly nick: string
}

/** A claim of an earlier life of the server, with the marks of its person: how far they have read which room. */
export interface LeftClaim extends Claim {
  readonly marks: ReadonlyArray<readonly [room: string, seq: number]>
}

/** Where claims are kept. */
export class Claims extends Context.Service<
  Claims,
  {
    /** Those that an earlier life of the server has left (SESSION-9). */
    readonly left: ReadonlyArray<LeftClaim>
    /** Keeps a claim; when it returns, a restart finds it. */
    readonly keep: (claim: Claim) => Effect.Effect<void, Unavailable>
    /** Keeps how far a person with a claim has read a room; when it returns, a restart finds it (READ-5). */
    readonly keepMark: (person: string, room: string, seq: number) => Effect.Effect<void, Unavailable>
    /** Forgets claims, and their people's marks; when it returns, a restart doesn't find them. */
    readonly forget: (digests: ReadonlyArray<string>) => Effect.Effect<void, Unavailable>
  }
>()("@tertulia/server/Claims") {}

/** Claims that end with the server. */
export const layerMemory: Layer.Layer<Claims> = Layer.succeed(Claims, {
  left: [],
  keep: () => Effect.void,
  keepMark: () => Effect.void,
  forget: () => Effect.void
})
