/**
 * Which requirement is to blame when something goes wrong that no test asked about.
 *
 * @module
 */
import type { RequestType } from "@tertulia/protocol"
import type { RequirementId } from "./generated/requirement-id.ts"
import type { Breach } from "./wire/connection.ts"

/** The requirement that is broken when a request which one only relies on isn't answered as it ought to be. */
export const reliedOn = {
  login: "LOGIN-1",
  join: "JOIN-1",
  leave: "LEAVE-1",
  send: "SEND-1",
  rooms: "LIST-5",
  members: "LIST-1",
  ping: "REPLY-10",
  sync: "SYNC-1",
  bye: "END-1",
  history: "HISTORY-1",
  conversations: "DIRECT-16",
  status: "STATUS-1",
  users: "USERS-1",
  whois: "USERS-4",
  edit: "RICH-1",
  delete: "RICH-1",
  react: "RICH-1",
  topic: "RICH-1",
  typing: "TYPING-1",
  read: "READ-1",
  search: "SEARCH-1",
  register: "REGISTER-1",
  challenge: "SCRAM-1",
  password: "ACCOUNT-5",
  revoke: "TOKEN-4",
  unregister: "ACCOUNT-7",
  role: "ROLE-2",
  kind: "MODERATE-2",
  invite: "INVITE-1",
  kick: "KICK-1",
  ban: "BAN-1",
  mute: "MUTE-1",
  slow: "SLOW-1",
  standings: "STANDING-1"
} as const satisfies Record<RequestType, RequirementId>

/** The requirement that an object which no server may send has broken. */
export const brokenBy = {
  frame: "WS-5",
  line: "FRAME-1",
  flood: "REPLY-9",
  length: "FRAME-9",
  json: "JSON-9",
  schema: "REPLY-9",
  name: "NAME-3",
  limit: "LIMIT-2"
} as const satisfies Record<Breach, RequirementId>
