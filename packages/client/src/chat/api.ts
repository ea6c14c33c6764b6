/**
 * The types of a chat, wherever it runs.
 *
 * @module
 */
export type { Message, Presence, Profile, RoomItem } from "@tertulia/protocol"
export type { SayOptions, State, Told, Trouble } from "../conversation.ts"
export type { AccountOptions } from "../course.ts"
export type { SaidDeed } from "../deeds.ts"
export type { SearchOptions } from "../search.ts"
export type {
  DeedLine,
  GoneLine,
  MessageLine,
  ReactionLine,
  RoomSnapshot,
  Standing,
  TopicLine,
  View,
  ViewLine,
  WaitingLine
} from "../view.ts"
export type { Chat, ChatAccount, ChatOptions, ChatRoom, Ground, RoomModeration, RoomSummary } from "./chat.ts"
export type { Live } from "./live.ts"
