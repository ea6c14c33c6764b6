/**
 * Where one is, as the address says it: `#cafe`, `#@leo`, and with an entry `#cafe/12`.
 *
 * @module
 */
import { foldName, isDirectName, isRoomName } from "@tertulia/protocol"
import { useSyncExternalStore } from "react"

/** A room or a conversation, and perhaps an entry of it. */
export interface Place {
  /** `#cafe`, or `@leo`. */
  readonly room: string
  readonly seq?: number
}

const pattern = /^#([^/]+)(?:\/([1-9]\d{0,15}))?$/u

export const placeIn = (hash: string): Place | undefined => {
  const [, name = "", seq] = pattern.exec(decodeURIComponentOr(hash)) ?? []
  const room = foldName(name.startsWith("@") ? name : `#${name}`)
  if (!isRoomName(room) && !isDirectName(room)) return undefined
  return seq === undefined ? { room } : { room, seq: Number(seq) }
}

const decodeURIComponentOr = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const hashOf = ({ room, seq }: Place): string =>
  `#${room.replace(/^#/u, "")}${seq === undefined ? "" : `/${seq}`}`

let visits = 0
const listeners = new Set<() => void>()

/** Goes to a place, also to the one where one is; the browser's own back and forward lead through them. */
export const goTo = (place: Place): void => {
  visits++
  const hash = hashOf(place)
  if (location.hash === hash) for (const listener of listeners) listener()
  else location.hash = hash
}

/** The address of a place, for others. */
export const linkTo = (place: Place): string => new URL(hashOf(place), location.href).href

/** What somebody typed to name a room or a person; undefined when it names neither. */
export const placeTyped = (text: string): Place | undefined => {
  const name = text.trim().replace(/^(?![#@])/u, "#")
  return placeIn(name.startsWith("#") ? name : `#${name}`)
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  addEventListener("hashchange", listener)
  return () => {
    listeners.delete(listener)
    removeEventListener("hashchange", listener)
  }
}

/** The place that the address names, and which visit this is: a place may be gone to again. */
export const usePlace = (): { readonly place: Place | undefined; readonly visit: number } => {
  const now = useSyncExternalStore(subscribe, () => `${visits} ${location.hash}`)
  const [visit = "0", hash = ""] = now.split(" ")
  return { place: placeIn(hash), visit: Number(visit) }
}
