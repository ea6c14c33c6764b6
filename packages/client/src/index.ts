/**
 * The client library of Tertulia. It knows no way of its own to a server: give it a transport, such as `tcp` of
 * `@tertulia/client/tcp`. `converse` is a conversation that outlives its connections, `connect` one connection.
 *
 * ```ts
 * const conversation = yield* converse(tcp({ host: "127.0.0.1", port: 7331 }), { nick: "ana", rooms: ["#cafe"] })
 * yield* conversation.say("#cafe", "hola")
 * yield* Stream.runForEach(conversation.news, (news) => Console.log(news))
 * ```
 *
 * @module
 */
export { type AccountsApi, NotProven, type RegisterOptions } from "./accounts.ts"
export {
  type Connection,
  type ConnectOptions,
  connect,
  type HistoryOptions,
  type JoinOptions,
  type Room,
  type SendOptions
} from "./connection.ts"
export {
  type Conversation,
  type ConverseOptions,
  converse,
  type OwnAccount,
  type PageOptions,
  type SayOptions,
  type State,
  type Told,
  type Trouble
} from "./conversation.ts"
export type { AccountDeed, AccountOptions, Changing, News } from "./course.ts"
export { deedWords, type SaidDeed } from "./deeds.ts"
export * from "./errors.ts"
export type { RoomEvent } from "./inbox.ts"
export { inMemory, type Keeper, NotKept } from "./keeper.ts"
export type { Change, Cursor, Item, Kept, Person, Rest, Tried } from "./kept.ts"
export { Keys } from "./keys.ts"
export type { ModerationApi } from "./moderation.ts"
export type { PresenceApi } from "./presence.ts"
export type { RichApi } from "./rich.ts"
export type { SearchApi, SearchOptions } from "./search.ts"
export type { TalkNews } from "./talks.ts"
export { type Transport, TransportEnded } from "./transport.ts"
export { failureIn, refusalIn, type TroubleWords, troubleIn, troubleWords } from "./trouble.ts"
export {
  type DeedLine,
  emptyView,
  firstOf,
  type GoneLine,
  lineAt,
  lookAt,
  type MessageLine,
  mayIn,
  personIn,
  type ReactionLine,
  type RoomPicture,
  type RoomSnapshot,
  type Standing,
  see,
  type TopicLine,
  type View,
  type ViewLine,
  viewOf,
  type WaitingLine,
  withPage
} from "./view.ts"
