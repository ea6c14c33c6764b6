/**
 * One person at work: their chat and what goes with it, for all parts of the page.
 *
 * @module
 */
import type { Chat, ChatRoom, Trouble } from "@tertulia/client/web"
import { createContext, useContext } from "react"
import { useLive, usePart } from "./use-live.ts"
import type { WireLog } from "./wire/wire-log.ts"

export interface Desk {
  readonly chat: Chat
  readonly wire: WireLog
  /** Under which nick the person came in. */
  readonly nick: string
  /** Ends, and goes back to the door; with a reason, which is told there. */
  readonly leave: (why?: Trouble | string) => void
  /** Says something to whoever can't see it happen. */
  readonly announce: (text: string) => void
  /** Shows a short notice, of something that went wrong for example. */
  readonly notice: (text: string) => void
}

export const DeskContext = createContext<Desk | undefined>(undefined)

export const useDesk = (): Desk => {
  const desk = useContext(DeskContext)
  if (desk === undefined) throw new Error("nobody sits at the desk")
  return desk
}

/** The nick that the server knows one by. */
export const useNick = (): string => {
  const { chat, nick } = useDesk()
  return usePart(chat.view, (view) => view.nick) ?? nick
}

export const useRoom = (room: ChatRoom) => useLive(room)
