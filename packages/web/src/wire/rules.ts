/**
 * Which sentences of the specification a message of the protocol follows.
 *
 * @module
 */

/** Of requests, by type. */
const requests: Readonly<Record<string, ReadonlyArray<string>>> = {
  login: ["LOGIN-1", "LOGIN-2", "SESSION-2"],
  join: ["JOIN-1", "JOIN-3", "CATCH-8"],
  leave: ["LEAVE-1", "LEAVE-3"],
  send: ["SEND-1", "SEND-4", "KEY-1", "KEY-2", "REPLYTO-1"],
  rooms: ["LIST-5", "LIST-1"],
  members: ["MEMBER-6", "LIST-1"],
  ping: ["REPLY-10", "HEART-5", "HEART-6"],
  sync: ["SYNC-1"],
  bye: ["END-1", "END-2", "SESSION-8"],
  history: ["HISTORY-1", "HISTORY-2", "HISTORY-4"],
  conversations: ["DIRECT-16"],
  status: ["STATUS-1", "STATUS-2", "IDLE-3"],
  users: ["USERS-1", "USERS-2"],
  whois: ["USERS-4", "USERS-5"],
  edit: ["RICH-1", "EDIT-1", "RICH-4"],
  delete: ["RICH-1", "DELETE-1", "RICH-4"],
  react: ["RICH-1", "REACT-1", "REACT-3"],
  topic: ["RICH-1", "TOPIC-1"],
  typing: ["TYPING-1", "TYPING-3"],
  read: ["READ-1", "READ-4", "READ-6"],
  search: ["SEARCH-1", "SEARCH-2", "SEARCH-3"],
  register: ["REGISTER-1", "REGISTER-4", "AUTH-3"],
  challenge: ["SCRAM-1", "SCRAM-4"],
  password: ["ACCOUNT-5", "ACCOUNT-6", "REGISTER-4"],
  revoke: ["TOKEN-4"],
  unregister: ["ACCOUNT-7", "ACCOUNT-6"],
  role: ["ROLE-2", "RIGHTS-1", "RIGHTS-2"],
  kind: ["MODERATE-2", "RIGHTS-1"],
  invite: ["INVITE-1", "RIGHTS-1"],
  kick: ["KICK-1", "RIGHTS-1", "RIGHTS-2"],
  ban: ["BAN-1", "RIGHTS-1", "RIGHTS-2"],
  mute: ["MUTE-1", "RIGHTS-1", "RIGHTS-2"],
  slow: ["SLOW-1", "RIGHTS-1"],
  standings: ["STANDING-1", "RIGHTS-1"]
}

/** Of replies, by type: what has `re`. */
const replies: Readonly<Record<string, ReadonlyArray<string>>> = {
  welcome: ["LOGIN-1", "SESSION-1", "SESSION-10"],
  joined: ["JOIN-1", "JOIN-2", "CATCH-1", "CATCH-2"],
  left: ["LEAVE-1"],
  sent: ["SEND-1", "SEND-3", "REPLY-3"],
  rooms: ["LIST-5", "LIST-2"],
  members: ["MEMBER-6", "LIST-3"],
  pong: ["REPLY-10"],
  synced: ["SYNC-1"],
  bye: ["END-1", "END-3"],
  history: ["HISTORY-1", "HISTORY-5", "HISTORY-8"],
  conversations: ["DIRECT-16", "DIRECT-18"],
  status: ["STATUS-1", "STATUS-4"],
  users: ["USERS-1", "USERS-6", "ACCOUNT-16"],
  whois: ["USERS-4", "USERS-6", "ACCOUNT-8"],
  standings: ["STANDING-1", "STANDING-2"],
  typing: ["TYPING-1"],
  read: ["READ-1", "READ-2"],
  search: ["SEARCH-7", "SEARCH-9", "SEARCH-10"],
  challenge: ["SCRAM-1", "SCRAM-4"],
  password: ["ACCOUNT-5", "TOKEN-5"],
  revoked: ["TOKEN-4"],
  unregistered: ["ACCOUNT-7"],
  error: ["ERROR-1", "ERROR-3", "ERROR-5", "REPLY-1"]
}

/** Of events, by type: what has no `re`. */
const events: Readonly<Record<string, ReadonlyArray<string>>> = {
  hello: ["HELLO-1", "HELLO-2", "CLAIM-1", "LIMIT-1"],
  message: ["SEND-2", "ORDER-1", "ORDER-3", "MENTION-1"],
  member: ["MEMBER-1", "MEMBER-2", "MEMBER-3"],
  ping: ["HEART-1", "HEART-7"],
  bye: ["END-7", "END-3", "END-9"],
  presence: ["PRESENCE-1", "PRESENCE-2"],
  erased: ["DELETE-1"],
  edit: ["EDIT-1", "EDIT-2"],
  delete: ["DELETE-1", "DELETE-2"],
  react: ["RICH-1", "REACT-6"],
  topic: ["TOPIC-1", "TOPIC-2"],
  typing: ["TYPING-2", "TYPING-4"],
  role: ["MODERATE-2", "ROLE-2"],
  kind: ["MODERATE-2", "RIGHTS-1"],
  invite: ["MODERATE-2", "INVITE-1"],
  kick: ["MODERATE-2", "KICK-1"],
  ban: ["MODERATE-2", "BAN-1"],
  mute: ["MODERATE-2", "MUTE-1"],
  slow: ["MODERATE-2", "SLOW-1"],
  left: ["KICK-1"],
  error: ["REPLY-5"]
}

/** Every sentence that is shown with some message. */
export const allRules: ReadonlyArray<string> = [
  ...new Set([requests, replies, events].flatMap((table) => Object.values(table).flat())),
  "EXT-2"
]

/** An object of the protocol, as far as it tells what it is. */
export interface Parsed {
  readonly type: string
  readonly id?: number
  readonly re?: number
}

/** What a line is; undefined when it is nothing of the protocol. */
export const parse = (line: string): Parsed | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string")
      return undefined
    return value as Parsed
  } catch {
    return undefined
  }
}

/** The sentences of a message: the one that says the most of it first. */
export const rulesOf = (direction: "sent" | "received", { re, type }: Parsed): ReadonlyArray<string> => {
  const table = direction === "sent" ? requests : re === undefined ? events : replies
  return Object.hasOwn(table, type) ? table[type]! : direction === "received" ? ["EXT-2"] : []
}
