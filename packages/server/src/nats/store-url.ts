/**
 * Where the engine is that keeps the log of a tertulia: what the setting `store` means.
 *
 * @module
 */

/** An engine, and the tertulia that is meant there. */
export interface Store {
  /** Each as `host:port`; any of them leads to the others. */
  readonly servers: ReadonlyArray<string>
  readonly tls: boolean
  readonly user?: string
  readonly pass?: string
  /** The name of the tertulia: an engine may keep several. */
  readonly name: string
  /** On how many of its nodes the engine keeps what is appended. */
  readonly replicas: number
}

const form = "nats://host:port/name?replicas=3, with several hosts separated by commas"

const shape =
  /^(nats|tls):\/\/(?:([^:@/\s]+):([^@/\s]*)@)?([^/?#\s]+)(?:\/([A-Za-z0-9_-]{1,32})?)?(?:\?replicas=([1-5]))?$/u

const hostShape = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::([0-9]{1,5}))?$/u

/** The name of a tertulia that is given none. */
const defaultName = "tertulia"

/** Reads the setting; undefined when it is none. */
export const storeIn = (text: string): Store | undefined => {
  const found = shape.exec(text)
  if (found === null) return undefined
  const [, scheme, user, pass, hosts, name, replicas] = found
  const servers = hosts!.split(",").map((host) => (hostShape.exec(host)?.[1] === undefined ? `${host}:4222` : host))
  if (!servers.every(isServer)) return undefined
  return {
    servers,
    tls: scheme === "tls",
    ...(user === undefined ? {} : { user: decodeURIComponent(user), pass: decodeURIComponent(pass ?? "") }),
    name: name ?? defaultName,
    replicas: Number(replicas ?? 1)
  }
}

const isServer = (server: string): boolean => {
  const port = Number(hostShape.exec(server)?.[1])
  return port >= 1 && port <= 65_535
}

/** What is wrong with the setting, if anything is. */
export const storeFault = (text: string): string | undefined =>
  storeIn(text) === undefined ? `it must be written as ${form}` : undefined

/** The engine as it is named to the operator: without what opens it. */
export const inWords = ({ name, servers, tls }: Store): string =>
  `${tls ? "tls" : "nats"}://${servers.join(",")}/${name}`
