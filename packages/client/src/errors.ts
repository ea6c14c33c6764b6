/**
 * What can go wrong between a client and a server. Each error says what happened and what to do, in its `message`, and
 * carries as data what a program needs to decide.
 *
 * @module
 */
import { type ByeEvent, type ErrorCode, protocolVersion, type RequestType } from "@tertulia/protocol"
import * as Data from "effect/Data"

/** Nobody answers at the address: no connection was made. */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  readonly address: string
  /** The reason in words: "connection refused", "no such host". */
  readonly why: string
}> {
  override get message() {
    return `can't reach ${this.address}: ${this.why}. Is the server running, and is the address right?`
  }
}

/** Something answers at the address, but it isn't a server of this version of the protocol. */
export class NotTertulia extends Data.TaggedError("NotTertulia")<{
  readonly address: string
  /** What came instead of `hello`. */
  readonly why: string
  /** Whether nothing came at all: a server that is just starting or ending looks like that. */
  readonly saidNothing: boolean
}> {
  override get message() {
    return `what answers at ${this.address} doesn't speak Tertulia ${protocolVersion}: ${this.why}`
  }
}

/** A request was refused: nothing happened, now or later (ERROR-1). */
export class Refused extends Data.TaggedError("Refused")<{
  readonly request: RequestType
  /** A code of the registry, or one that this version doesn't know. */
  readonly code: ErrorCode | (string & {})
  readonly message: string
  readonly field?: string
  /** Milliseconds after which a retry may help. */
  readonly retryAfter?: number
}> {}

/** How a connection ended, other than by the client's own `bye`. */
export type Loss =
  | { readonly _tag: "Bye"; readonly bye: ByeEvent }
  | { readonly _tag: "Closed"; readonly why: string }
  | { readonly _tag: "Silent"; readonly seconds: number }
  | { readonly _tag: "Nonsense"; readonly why: string }
  | { readonly _tag: "Goodbye" }

/** The connection is over, and what was asked on it has no reply. */
export class ConnectionLost extends Data.TaggedError("ConnectionLost")<{
  readonly address: string
  readonly loss: Loss
  /** Whether the request may have taken effect: `none` when it was never sent, else `unknown`. */
  readonly outcome: "none" | "unknown"
}> {
  override get message() {
    return `the connection to ${this.address} has ended: ${lossInWords(this.loss)}`
  }
}

/** How a connection ended whose transport did: as by `bye`, where that has told so. */
export const lossOf = ({ bye, why }: { readonly bye?: ByeEvent; readonly why: string }): Loss =>
  bye === undefined ? { _tag: "Closed", why } : { _tag: "Bye", bye }

/** Why a connection ended, in words. */
export const lossInWords = (loss: Loss): string => {
  switch (loss._tag) {
    case "Bye":
      return loss.bye.code === "kicked"
        ? `an operator of the server has put you out (${loss.bye.message})`
        : `the server said bye, ${loss.bye.code} (${loss.bye.message})`
    case "Closed":
      return loss.why
    case "Silent":
      return `the server has been silent for ${loss.seconds} s`
    case "Nonsense":
      return `the server broke the protocol: ${loss.why}`
    case "Goodbye":
      return "this client said bye"
  }
}

/** An entry of a room never came: the server skipped it, or the client lost it (ORDER-3). */
export class Gap extends Data.TaggedError("Gap")<{
  readonly room: string
  readonly expected: number
  readonly seq: number
}> {
  override get message() {
    return `${this.room} jumped from entry ${this.expected - 1} to ${this.seq}: leave it and join again after ${this.expected - 1}`
  }
}

/** The stream of a room wasn't read for so long that its buffer filled up. */
export class FellBehind extends Data.TaggedError("FellBehind")<{ readonly room: string; readonly buffer: number }> {
  override get message() {
    return `more than ${this.buffer} events of ${this.room} wait unread: leave it and join again after the last one read`
  }
}

/** Why a room's stream ends early. */
export type RoomError = Gap | FellBehind | ConnectionLost

/** Why a request fails. */
export type RequestError = Refused | ConnectionLost
