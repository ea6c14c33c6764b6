/**
 * A chat in a browser: over WebSocket.
 *
 * ```ts
 * const chat = await open({ nick: "ana", rooms: ["#cafe"] })
 * const cafe = chat.room("#cafe")
 * const { entries, unread } = useSyncExternalStore(cafe.subscribe, cafe.get)
 * ```
 *
 * @module
 */
import { webSocket } from "../transport-websocket.ts"
import { type Chat, type ChatOptions, connectChat, type Ground, openChat } from "./chat.ts"

export type { Keeper } from "../keeper.ts"
export { type Change, type Kept, makeKept, nothingKept } from "../kept.ts"
export type * from "./api.ts"
export * from "./look.ts"

/** Where to, as whom, and how. */
export interface ConnectOptions extends ChatOptions {
  /** `wss://chat.example.org/ws`; the server that the page comes from when absent. */
  readonly url?: string | URL
  /** Where what must not be lost is kept; in memory when absent. */
  readonly keeper?: Ground["keeper"]
}

const here = (): URL => {
  const { location } = globalThis as { readonly location?: { readonly href: string } }
  if (location === undefined) throw new TypeError("there is no page whose server could be meant: give a url")
  const url = new URL("/ws", location.href)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  return url
}

const groundOf = ({ keeper, url = here() }: ConnectOptions): Ground => ({
  open: webSocket(url),
  ...(keeper === undefined ? {} : { keeper })
})

/** Connects; resolves once one is there, and rejects when that can't be: with `Unreachable`, `Refused` and the like. */
export const connect = async (options: ConnectOptions): Promise<Chat> => connectChat(groundOf(options), options)

/** Begins to connect, and goes on trying until it is closed; for a screen, which shows how far it is. */
export const open = async (options: ConnectOptions): Promise<Chat> => openChat(groundOf(options), options)
