/**
 * What one may do to keep a room: nothing else is offered.
 *
 * @module
 */
import { type ChatRoom, mayIn, type RoomSnapshot } from "@tertulia/client/web"
import type { RoomAction } from "@tertulia/protocol"
import { useDesk } from "./desk.ts"
import { failureIn } from "./trouble.ts"
import { usePart } from "./use-live.ts"
import { useWords } from "./words/use-words.ts"

/** What one may ask for in a room. */
export const useMay = (room: ChatRoom): ((action: RoomAction) => boolean) => {
  const { chat } = useDesk()
  const profiles = usePart(chat.view, (view) => view.profiles)
  const standing = usePart(room, (now) => now.standing)
  const isIn = usePart(room, (now) => now.isIn)
  const { isDirect } = room.get()
  return (action) => mayIn({ profiles }, { isDirect, isIn, standing }, action)
}

/** Whether one may do anything about the people of a room. */
export const useMayKeep = (room: ChatRoom): boolean => {
  const may = useMay(room)
  return may("kick") || may("role")
}

/** Whether somebody was muted, as far as the log was read. */
export const isMuted = ({ entries }: RoomSnapshot, nick: string): boolean => {
  const last = entries.findLast((line) => line._tag === "Deed" && line.deed.type === "mute" && line.deed.nick === nick)
  return last?._tag === "Deed" && last.deed.type === "mute" && last.deed.on
}

/** Does something, and says when that fails. */
export const useAttempt = (): ((what: Promise<unknown>) => void) => {
  const words = useWords()
  const { notice } = useDesk()
  return (what) => void what.catch((error: unknown) => notice(failureIn(words, error)))
}
