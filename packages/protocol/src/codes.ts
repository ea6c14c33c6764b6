/**
 * The registries of codes (spec/registries.md): why a request is refused, and why a server ends a connection.
 *
 * @module
 */

/** Whether asking again can help: never, after the client has mended its request, or later. */
export type Retry = "never" | "mend" | "later"

/** The errors, in the order of precedence: of two faults, the first is answered (ERROR-3). */
export const errorRegistry = {
  "bad-json": { retry: "mend", meaning: "the line is not one JSON object of the profile; never with `re`" },
  "bad-request": {
    retry: "mend",
    meaning: "`id`, `type` or another field is missing, of the wrong type or out of range"
  },
  unsupported: {
    retry: "never",
    meaning: "a request that this server doesn't know, or of a profile that it doesn't claim"
  },
  "login-first": {
    retry: "mend",
    meaning: "only `login`, `ping`, `bye` and what leads to a `login` come before `welcome`"
  },
  "already-logged-in": { retry: "never", meaning: "this connection has had its `welcome`" },
  "bad-name": { retry: "mend", meaning: "`nick`, `room`, `after` or `from` breaks the grammar of names" },
  "bad-text": {
    retry: "mend",
    meaning: "a text is empty, holds a forbidden character, or has no word to search for"
  },
  "too-long": { retry: "mend", meaning: "a text is over `limits.text`, or over the bound of its field" },
  "session-expired": {
    retry: "mend",
    meaning: "the session is unknown, has ended, or is another nick's (profile resume)"
  },
  insecure: {
    retry: "never",
    meaning: "a password is taken only over TLS, or on the machine itself (profile accounts)"
  },
  "not-invited": {
    retry: "mend",
    meaning: "who registers has to be invited, or nobody may register here (profile accounts)"
  },
  "rate-limited": {
    retry: "later",
    meaning:
      "too many logins have failed for this nick, or from this address (profile accounts), or one's last message was just now (profile moderation)"
  },
  "bad-credentials": {
    retry: "mend",
    meaning: "no account has this nick and this password, token or proof (profile accounts)"
  },
  "nick-registered": {
    retry: "mend",
    meaning: "an account has this nick, and one's login shows no proof (profile accounts)"
  },
  "nick-taken": { retry: "later", meaning: "somebody else has this nick" },
  "key-reused": {
    retry: "mend",
    meaning: "this person has sent another text with this key to this room (profile resume)"
  },
  "no-such-nick": {
    retry: "later",
    meaning:
      "nobody has this nick whom the request means and whom one may know of (profiles direct, presence and moderation)"
  },
  "no-such-room": { retry: "later", meaning: "`create` is false and the room doesn't exist" },
  "not-joined": { retry: "mend", meaning: "this connection is not in the room" },
  "already-joined": { retry: "never", meaning: "this connection is in the room" },
  "no-such-entry": {
    retry: "never",
    meaning: "the log has no such entry, or none of which this can be asked (profile rich)"
  },
  forbidden: {
    retry: "never",
    meaning:
      "only the author of a message may do that (profile rich), only whom the password has let in (profile accounts), or only who has the right to (profile moderation)"
  },
  "limit-reached": {
    retry: "later",
    meaning: "a limit on rooms, members, reactions, sessions, connections or conversations is reached"
  },
  unavailable: { retry: "later", meaning: "the server can't do it now, and certainly has not done it" }
} as const satisfies Record<string, { readonly retry: Retry; readonly meaning: string }>

/** The code of an `error`. */
export type ErrorCode = keyof typeof errorRegistry

/** Every error code, in the order of precedence. */
export const errorCodes = Object.keys(errorRegistry) as ReadonlyArray<ErrorCode>

/** What a client does after the end: stays away, comes back at once, after a random delay, or after `reconnectAfter`. */
export type Reconnect = "no" | "now" | "backoff" | "after"

/** Why a server ends a connection; `close` is the code of the Close frame that follows over WebSocket (spec/websocket.md). */
export const byeRegistry = {
  "line-too-long": { reconnect: "no", close: 1009, meaning: "`limits.line` bytes came without an LF" },
  "not-tertulia": { reconnect: "no", close: 1003, meaning: "the first line is not a JSON object" },
  replaced: { reconnect: "no", close: 4001, meaning: "the session goes on in another connection (profile resume)" },
  idle: { reconnect: "now", close: 4002, meaning: "nothing came for two heartbeats" },
  kicked: { reconnect: "no", close: 4005, meaning: "an operator has ended the connection and its session" },
  "logged-out": {
    reconnect: "no",
    close: 4006,
    meaning: "the person has ended the connection and its session from another of theirs (profile accounts)"
  },
  banned: { reconnect: "no", close: 4007, meaning: "an operator has banned the address, or the nick, from the server" },
  "slow-consumer": { reconnect: "now", close: 4003, meaning: "unsent bytes were not read in time" },
  "login-timeout": { reconnect: "backoff", close: 4004, meaning: "no `welcome` within `limits.loginSeconds`" },
  "too-many-connections": {
    reconnect: "backoff",
    close: 1013,
    meaning: "`limits.connections` is reached; comes instead of `hello`"
  },
  "shutting-down": { reconnect: "after", close: 1001, meaning: "the server is stopping" },
  internal: {
    reconnect: "backoff",
    close: 1011,
    meaning: "a defect of the server; requests without a reply have an unknown outcome"
  }
} as const satisfies Record<string, { readonly reconnect: Reconnect; readonly close: number; readonly meaning: string }>

/** The code of a `bye` that the server says of its own accord. */
export type ByeCode = keyof typeof byeRegistry

/** Every `bye` code. */
export const byeCodes = Object.keys(byeRegistry) as ReadonlyArray<ByeCode>

/** What a client does after a `bye` with this code, known or not, or after an end without `bye`. */
export const reconnectAfterBye = (code: string | undefined): Reconnect =>
  code !== undefined && Object.hasOwn(byeRegistry, code) ? byeRegistry[code as ByeCode].reconnect : "backoff"
