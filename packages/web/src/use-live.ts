/**
 * Values of a chat in React: drawn at most once per frame, however often they change.
 *
 * @module
 */
import type { Live } from "@tertulia/client/web"
import { useSyncExternalStore } from "react"

const subscriptions = new WeakMap<object, Live<unknown>["subscribe"]>()

/** Calls back with the next frame; a page in the background has none, and is called back soon. */
const soon = (callBack: () => void): (() => void) => {
  if (document.visibilityState === "hidden") {
    const timer = setTimeout(callBack, 100)
    return () => clearTimeout(timer)
  }
  const frame = requestAnimationFrame(callBack)
  return () => cancelAnimationFrame(frame)
}

const byFrame = (live: Live<unknown>): Live<unknown>["subscribe"] => {
  const known = subscriptions.get(live)
  if (known !== undefined) return known
  const subscribe: Live<unknown>["subscribe"] = (listener) => {
    let cancel: (() => void) | undefined
    const end = live.subscribe(() => {
      cancel ??= soon(() => {
        cancel = undefined
        listener()
      })
    })
    return () => {
      cancel?.()
      end()
    }
  }
  subscriptions.set(live, subscribe)
  return subscribe
}

/** The value now; draws again when it has changed. */
export const useLive = <A>(live: Live<A>): A => useSyncExternalStore(byFrame(live), live.get)

/** A part of it, which is the same object for as long as it says the same; draws again only when that has changed. */
export const usePart = <A, B>(live: Live<A>, part: (value: A) => B): B =>
  useSyncExternalStore(byFrame(live), () => part(live.get()))
