/**
 * The client library of Tertulia. It knows no way of its own to a server: give `connect` a transport, such as `tcp` of
 * `@tertulia/client/tcp`.
 *
 * ```ts
 * const connection = yield* connect(tcp({ host: "127.0.0.1", port: 7331 }))
 * yield* connection.login("ana")
 * const cafe = yield* connection.join("#cafe")
 * yield* cafe.send("hola")
 * yield* Stream.runForEach(cafe.entries, ({ from, text }) => Console.log(`${from}: ${text}`))
 * ```
 *
 * @module
 */
export { type Connection, type ConnectOptions, connect, type JoinOptions, type Room } from "./connection.ts"
export {
  type Conversation,
  type ConverseOptions,
  converse,
  type PageOptions,
  type State,
  type Told,
  type Trouble
} from "./conversation.ts"
export type { News } from "./course.ts"
export * from "./errors.ts"
export type { RoomEvent } from "./inbox.ts"
export { inMemory, type Keeper, NotKept } from "./keeper.ts"
export type { Change, Cursor, Item, Kept, Person, Rest, Tried } from "./kept.ts"
export { Keys } from "./keys.ts"
export { type Transport, TransportEnded } from "./transport.ts"
