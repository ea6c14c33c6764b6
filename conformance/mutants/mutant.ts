/**
 * A mutant: a server or a client that keeps every requirement but one. It is the reference server, or the terminal
 * client, whose traffic a proxy changes on its way from and to the suite.
 *
 * @module
 */
import type { SecureContextOptions } from "node:tls"
import type { JsonObject } from "@tertulia/protocol"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Role } from "../src/run/judged.ts"
import type { Host } from "./host.ts"

/** A server or a client that breaks exactly one sentence of the spec. */
export interface Mutant {
  /** Which side it plays. */
  readonly who: Role
  /** A slug, unique among all mutants. */
  readonly name: string
  /** The requirement that it breaks: a test of this very ID must fail on it. */
  readonly breaks: RequirementId
  /** What it does wrong, in one line. */
  readonly does: string
  /** Makes the change for one run: what its connections share is made here. */
  readonly tap: () => Tap
  /** The server behind it: the forgetful one, unless it is said here. */
  readonly host?: Host
  /** Why no test can tell it from a right one, when none can; it fails the run if it is ever killed. */
  readonly equivalent?: string
}

/** What is done to the traffic. What a hook doesn't name passes as it is. */
export interface Tap {
  /** What is wrong with TLS, where it is spoken. */
  readonly tls?: TlsTap
  /** A client has connected. */
  readonly opened?: (wire: Wire) => void
  /** Bytes of the client, before they are cut into lines: what to take in their place. */
  readonly bytes?: (chunk: Buffer, wire: Wire) => ReadonlyArray<Buffer>
  /** Bytes of the server, as they are handed to the client: what to hand on in their place. Not together with `reply`. */
  readonly replyBytes?: (chunk: Buffer, wire: Wire) => ReadonlyArray<Buffer>
  /** One line of the client, without LF: what to hand to the server in its place. Hit it only by `wire.hit()`. */
  readonly request?: (line: Asked, wire: Wire) => Passed
  /** One object of the server: what to hand to the client in its place. */
  readonly reply?: (line: Answered, wire: Wire) => Passed
  /** The client's FIN: whether the server gets to know of it. */
  readonly clientEnded?: (wire: Wire) => boolean
  /** The server's FIN: whether the client gets to know of it. */
  readonly serverEnded?: (wire: Wire) => boolean
  /** The client's connection is gone, by FIN or RST: whether the server gets to know of it. */
  readonly clientGone?: (wire: Wire) => boolean
}

/** What a server does wrong with TLS; nothing, where nothing is named. */
export interface TlsTap {
  /** The versions that it accepts, and with which ciphers. */
  readonly versions?: Pick<SecureContextOptions, "minVersion" | "maxVersion" | "ciphers">
  /** Whether it waits for handshakes without end. */
  readonly waitsForEver?: boolean
  /** Whether connections count only once their handshake is done. */
  readonly countsLate?: boolean
  /** Whether plain text is served. */
  readonly takesPlain?: boolean
  /** Whether it ends by FIN alone. */
  readonly cutsOff?: boolean
}

/** What goes on in place of a line: nothing said means the line itself. */
export type Passed = ReadonlyArray<string | JsonObject> | undefined

/** A client's line. */
export interface Asked {
  readonly text: string
  /** The object, when the line is one. */
  readonly object: JsonObject | undefined
}

/** A server's object, and the request that it answers. */
export interface Answered {
  readonly text: string
  readonly object: JsonObject
  readonly type: string
  /** The request that this replies to, when it is a reply and the request was an object. */
  readonly to: JsonObject | undefined
}

/** One connection of a client, as the proxy holds it. */
export interface Wire {
  /** 1, 2, 3, ... in the order of connecting. */
  readonly nth: number
  /** The nick that this connection was welcomed with. */
  readonly nick: () => string | undefined
  /** The rooms that it is in. */
  readonly rooms: ReadonlySet<string>
  /** The effective limits that the server announced on this connection. */
  readonly limit: (name: string) => number
  /** Hands a line or an object to the client at once, ahead of what is still to come. */
  readonly toClient: (line: string | JsonObject) => void
  /** Hands a line or an object to the server at once. */
  readonly toServer: (line: string | JsonObject) => void
  /** Sends FIN to the client, after what was handed to it. */
  readonly endClient: () => void
  /** Sends RST to the client. */
  readonly resetClient: () => void
  /** Ends the server's side. */
  readonly endServer: () => void
  /** Bytes for the client that wait in the proxy, since the client doesn't read. */
  readonly unsent: () => number
  /** Stops passing on what the client sends, for ever or until `resume`. */
  readonly stopReading: () => void
  readonly resume: () => void
  /** All connections that are open, this one included. */
  readonly all: () => ReadonlyArray<Wire>
  /** Says that the mutation has really been exercised. */
  readonly hit: () => void
}
