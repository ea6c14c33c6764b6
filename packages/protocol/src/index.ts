/**
 * The Tertulia protocol: its messages as schemas, its framing, its names, its registries. No I/O.
 *
 * @module
 */
export * from "./accounts.ts"
export * from "./codes.ts"
export * from "./features.ts"
export { Cursor, Epoch, Key, Reaction, RequestId, Seq, Time } from "./fields.ts"
export * from "./json.ts"
export * from "./limits.ts"
export * from "./line.ts"
export * from "./mentions.ts"
export * from "./messages.ts"
export * from "./moderation.ts"
export * from "./names.ts"
export * from "./presence.ts"
export type { Refusal } from "./refusal.ts"
export * from "./request.ts"
export * from "./rights.ts"
export * from "./scram.ts"
export * from "./search.ts"
export * from "./server-message.ts"
export * from "./text.ts"
export { emptyView, messageAt, messagesOf, type Seen, type Shown, see, topicOf, type View, whoReacted } from "./view.ts"
export * from "./visible.ts"
export * from "./words.ts"
