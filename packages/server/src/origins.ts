/**
 * Whose pages may open a WebSocket: a browser lets any page connect to anybody, and says in `Origin` which it is.
 *
 * @module
 */
import * as Net from "node:net"

/** Origins as browsers write them. */
export type Origins = ReadonlySet<string>

/** The origins of a setting that has no fault. */
export const parseOrigins = (text: string): Origins => new Set(partsOf(text))

/** What is wrong with a setting of origins. */
export const originsFault = (text: string): string | undefined => {
  const bad = partsOf(text).find((part) => originOf(part) !== part)
  return bad === undefined
    ? undefined
    : `${bad} is no origin; one is written as https://chat.example.org, without a path`
}

const partsOf = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")

const originOf = (text: string): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.origin : undefined
}

/**
 * Whether a handshake with this `Origin`, for this `Host`, may go on. One without `Origin` comes from no browser. The server's own
 * pages may connect, by its IP address or as localhost; by another name only if that was allowed, because any name can be made to
 * point here by whoever owns it.
 */
export const isAllowed = (origin: string | undefined, host: string | undefined, allowed: Origins): boolean => {
  if (origin === undefined || allowed.has(origin)) return true
  if (originOf(origin) !== origin || host === undefined) return false
  const url = new URL(origin)
  return url.host === withoutDefaultPort(host, url.protocol) && isOwnName(url.hostname)
}

const withoutDefaultPort = (host: string, scheme: string): string | undefined => {
  const text = `${scheme}//${host}`
  return URL.canParse(text) ? new URL(text).host : undefined
}

const isOwnName = (name: string): boolean =>
  name === "localhost" || name.endsWith(".localhost") || Net.isIP(name.replace(/^\[|\]$/gu, "")) !== 0
