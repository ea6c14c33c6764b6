/**
 * What stands in front of the page, and how any part of it puts something there.
 *
 * @module
 */
import { createContext, useContext } from "react"

/** A dialog; those about a room say which, and that about a person, whom. */
export type Front =
  | { readonly _tag: "settings" | "search" | "switcher" | "keys" | "account" }
  | { readonly _tag: "room"; readonly room: string }
  | { readonly _tag: "person"; readonly room: string; readonly nick: string }

export const FrontContext = createContext<(front: Front) => void>(() => {})

export const useFront = (): ((front: Front) => void) => useContext(FrontContext)
