/**
 * Where one is, as the address says it: `#cafe`, `#@leo`, and with an entry `#cafe/12`.
 *
 * @module
 */
import { foldName } from "@tertulia/protocol"
import { useSyncExternalStore } from "react"

/** A room or a conversation, and perhaps an entry of it. */
export interface Place {
  /** `#cafe`, or `@leo`. */
  readonly room: string
  readonly seq?: number
}

const pattern = /^#(@?[a-z0-9][a-z0-9_-]{0,31})(?:\/([1-9]\d{0,15}))?$/iu

export const placeIn = (hash: string): Place | undefined => {
  const [, name, seq] = pattern.exec(decodeURIComponentOr(hash)) ?? []
  if (name === undefined) return undefined
  const room = foldName(name.startsWith("@") ? name : `#${name}`)
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

/** Goes to a place; the browser's own back and forward lead through them. */
export const goTo = (place: Place): void => {
  location.hash = hashOf(place)
}

/** What somebody typed to name a room or a person; undefined when it names neither. */
export const placeTyped = (text: string): Place | undefined => {
  const name = text.trim().replace(/^(?![#@])/u, "#")
  return placeIn(name.startsWith("#") ? name : `#${name}`)
}

const subscribe = (listener: () => void) => {
  addEventListener("hashchange", listener)
  return () => removeEventListener("hashchange", listener)
}

/** The hash of the address; another object for each change would draw without end. */
export const useHash = (): string => useSyncExternalStore(subscribe, () => location.hash)
