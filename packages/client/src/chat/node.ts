/**
 * A chat in Node: over TCP or WebSocket, with what must not be lost in a file if there is one.
 *
 * ```ts
 * const chat = await connect({ url: "tcp://localhost:7331", nick: "ana" })
 * const cafe = await chat.join("#cafe")
 * await cafe.send("hola")
 * for await (const { from, text } of cafe.messages) console.log(from, text)
 * ```
 *
 * @module
 */
import { defaultPort } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { Unreachable } from "../errors.ts"
import { keepIn } from "../keeper-file.ts"
import { tcp } from "../transport-tcp.ts"
import { webSocket } from "../transport-websocket.ts"
import { type Chat, type ChatOptions, connectChat, type Ground, openChat } from "./chat.ts"

export type * from "./api.ts"
export { openChat } from "./chat.ts"
export * from "./look.ts"

/** Where to, as whom, and how. */
export interface ConnectOptions extends ChatOptions {
  /** `tcp://localhost:7331`, or `ws://localhost:7332/ws`. */
  readonly url: string | URL
  /** A file for what is said and not yet sent, and for who one is: so that another process goes on. In memory when absent. */
  readonly outbox?: string
}

const groundOf = ({ outbox, url }: Pick<ConnectOptions, "outbox" | "url">): Ground => ({
  open: openingOf(String(url)),
  ...(outbox === undefined ? {} : { keeper: keepIn(outbox, String(url)) })
})

const openingOf = (url: string): Ground["open"] => {
  if (!URL.canParse(url)) return Effect.fail(new Unreachable({ address: url, why: wanted }))
  const { hostname, port, protocol } = new URL(url)
  if (protocol === "ws:" || protocol === "wss:") return webSocket(url)
  if (protocol !== "tcp:" || hostname === "") return Effect.fail(new Unreachable({ address: url, why: wanted }))
  return tcp({ host: hostname.replace(/^\[|\]$/gu, ""), port: port === "" ? defaultPort : Number(port) })
}

const wanted = "an address is tcp://host:port, ws://host:port/ws or wss://host/ws"

/** Connects; resolves once one is there, and rejects when that can't be: with `Unreachable`, `Refused` and the like. */
export const connect = (options: ConnectOptions): Promise<Chat> => connectChat(groundOf(options), options)

/** Begins to connect, and goes on trying until it is closed; for a screen, which shows how far it is. */
export const open = (options: ConnectOptions): Promise<Chat> => openChat(groundOf(options), options)
