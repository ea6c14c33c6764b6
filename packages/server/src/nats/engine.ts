/**
 * The engine that keeps the log: NATS JetStream, as far as we use it. One stream is the log of a tertulia; a bucket has what is left of
 * messages from which texts were taken out, and which snapshot a new server begins with (snapshots.ts).
 *
 * @module
 */
import {
  type ConsumerMessages,
  JetStreamApiError,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig
} from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { connect, type NatsConnection, NoRespondersError } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { StorageFault } from "../sqlite/thread.ts"
import { isApiError, noneIfMissing, patience } from "./api.ts"
import { openPublisher, type Published } from "./publisher.ts"
import { makeSnapshots, type Snapshots } from "./snapshots.ts"
import { inWords, type Store } from "./store-url.ts"

/** A message of the log. */
export interface Message {
  /** Its place in the log, from 1 on. */
  readonly place: number
  readonly data: Uint8Array
}

/** How the log is followed. What this server has appended has come when the engine says where it is, and all before it has come. */
export interface Following {
  /**
   * Says that whoever else appends is to be found out, and not waited for: the engine delivers nothing then, until what this server appends
   * has a place that isn't the next, or a second has passed in which nothing came although there is something. To deliver what is known takes
   * an engine as long as to store it.
   */
  readonly appendsAlone: () => void
  readonly stop: () => Promise<void>
}

export interface Engine {
  /** What it is called to the operator. */
  readonly name: string
  /** Whether it seems to be there: what is appended now has a chance. */
  readonly isReachable: () => boolean
  readonly append: (data: Uint8Array) => Promise<Published>
  /** The same for the message that follows a place, 0 being before the first: refused when another does. */
  readonly appendAfter: (place: number, data: Uint8Array) => Promise<Published>
  /** The very first message, if there is one. */
  readonly first: () => Promise<Uint8Array | undefined>
  /** The place from which on the log has messages: 1, unless it was truncated. */
  readonly start: () => Promise<number>
  /** The place of the last message. */
  readonly last: () => Promise<number>
  /** Follows the log after a place, each message in its order; ends never, until it is stopped. */
  readonly follow: (after: number, take: (message: Message) => void) => Following
  /** What is left of a message that isn't in the log any more; undefined when nothing is. */
  readonly leftOf: (place: number) => Promise<Uint8Array | undefined>
  /** Puts what is left of a message in its place, so that nothing of the former can be read; `change` gives it, or the same if it is so. */
  readonly replace: (place: number, change: (data: Uint8Array) => Uint8Array) => Promise<void>
  /** What a new server begins with. */
  readonly snapshots: Snapshots
  /** Removes what came before a place, and overwrites it where it was; but what the very first message says is there for ever. */
  readonly truncate: (place: number) => Promise<void>
  /** Answers who asks whether this server is there. */
  readonly answerFor: (server: string) => void
  /** Whether a server answers; "silent" is one that is connected and doesn't. */
  readonly asks: (server: string, milliseconds: number) => Promise<"there" | "gone" | "silent" | "unknown">
}

/** A cluster that has just begun has nobody yet who decides: so often it is asked again. */
const electionTries = 20

/** Messages that are on their way to a server at once while it reads what it has missed. */
const window = 1_000

/**
 * A truncated log leaves dead messages in the file of 8 MB that the first of those has that stay: so many, none being shorter than 140 bytes
 * with what the engine puts around it, are overwritten one by one.
 */
const messagesInBlock = 60_000
const erasedAtOnce = 64

/** Connects to the engine, and makes the stream there if there is none. */
export const openEngine = Effect.fnUntraced(function* (
  store: Store
): Effect.fn.Return<Engine, StorageFault, Scope.Scope> {
  const name = inWords(store)
  const faulty = (what: string) => (error: unknown) =>
    new StorageFault({ message: `${what} ${name}: ${error instanceof Error ? error.message : String(error)}` })
  const connection = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => connectTo(store), catch: faulty("can't reach the store") }),
    (opened) => Effect.promise(() => opened.close())
  )
  return yield* Effect.tryPromise({
    try: () => openStream(connection, store, name),
    catch: faulty("can't use the store")
  }).pipe(Effect.retry({ schedule: Schedule.spaced("500 millis"), times: electionTries }))
})

const connectTo = ({ pass, servers, tls, user }: Store): Promise<NatsConnection> =>
  connect({
    servers: [...servers],
    ...(user === undefined ? {} : { user, pass: pass ?? "" }),
    ...(tls ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // One that is frozen is found out in ten seconds at most.
    pingInterval: 3_000,
    maxPingOut: 2,
    timeout: patience,
    // A stack is noted twice for each message otherwise, lest it fail: half of what a message costs the client.
    noAsyncTraces: true
  })

const openStream = async (connection: NatsConnection, store: Store, name: string): Promise<Engine> => {
  const { replicas: num_replicas } = store
  const stream = `tertulia-${store.name}`
  const subject = `tertulia.${store.name}.log`
  const manager = await jetstreamManager(connection, { timeout: patience })
  const config: Partial<StreamConfig> & { readonly name: string } = {
    name: stream,
    subjects: [subject],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    num_replicas,
    allow_direct: true
  }
  await manager.streams.info(stream).catch(async (error) => {
    if (!isApiError(error, 404)) throw error
    await manager.streams.add(config)
  })
  const client = jetstream(connection, { timeout: patience })
  const left = await new Kvm(client).create(`tertulia-${store.name}-left`, { history: 2, replicas: num_replicas })

  let isReachable = true
  const watch = async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") publisher.lost()
      if (type === "disconnect" || type === "reconnecting" || type === "staleConnection") isReachable = false
      if (type === "reconnect") isReachable = true
    }
    publisher.close()
  }
  const publisher = openPublisher(connection, subject, patience)
  void watch()

  const followings: Array<ReturnType<typeof follow>> = []
  const stored = (message: Message) => {
    for (const { comes } of followings) comes(message)
  }

  const messageAt = async (place: number): Promise<Uint8Array | undefined> =>
    (await manager.streams.getMessage(stream, { seq: place }).catch(noneIfMissing))?.data

  const leftOf = async (place: number): Promise<Uint8Array | undefined> => (await left.get(String(place)))?.value

  const state = async () => (await manager.streams.info(stream)).state
  const lastPlace = async (): Promise<number> => (await state()).last_seq
  const replace: Engine["replace"] = async (place, change) => {
    const before = await left.get(String(place))
    const data = before?.value ?? (await messageAt(place))
    if (data === undefined) return
    const after = change(data)
    if (before === null) await left.create(String(place), after)
    else if (!Buffer.from(before.value).equals(after)) {
      await left.update(String(place), after, before.revision)
      await eraseLeft(before.revision)
    }
    await erase(manager, stream, place)
  }
  const eraseLeft = (revision: number) => erase(manager, `KV_tertulia-${store.name}-left`, revision)

  return {
    name,
    isReachable: () => isReachable && !connection.isClosed(),
    append: async (data) => {
      const published = await publisher.publish(data)
      if (published._tag === "Stored") stored({ place: published.place, data })
      return published
    },
    appendAfter: (place, data) => appendAfter(client, subject, place, data),
    first: async () => (await messageAt(1)) ?? (await leftOf(1)),
    start: async () => (await state()).first_seq,
    last: lastPlace,
    follow: (after, take) => {
      const following = follow(client, stream, after, take, lastPlace)
      followings.push(following)
      return following
    },
    leftOf,
    replace,
    snapshots: makeSnapshots(client, manager, left, store),
    truncate: async (place) => {
      if (place <= 1) return
      if ((await state()).first_seq === 1) await replace(1, (data) => data)
      // From 1 on it would be all of them.
      if (place - messagesInBlock > 1) await manager.streams.purge(stream, { seq: place - messagesInBlock })
      for (let from = (await state()).first_seq; from < place; from += erasedAtOnce) {
        const some = Array.from({ length: Math.min(erasedAtOnce, place - from) }, (_, index) => from + index)
        await Promise.all(some.map((each) => erase(manager, stream, each)))
      }
      for await (const key of await left.keys()) {
        if (!(Number(key) > 1 && Number(key) < place)) continue
        const entry = await left.get(key)
        if (entry !== null) await eraseLeft(entry.revision)
      }
    },
    answerFor: (server) => {
      connection.subscribe(askingFor(store, server), { callback: (_error, message) => void message.respond() })
    },
    asks: async (server, milliseconds) => {
      if (!isReachable) return "unknown"
      try {
        await connection.request(askingFor(store, server), "", { timeout: milliseconds })
        return "there"
      } catch (error) {
        if (isNoResponders(error)) return "gone"
        return isReachable ? "silent" : "unknown"
      }
    }
  }
}

const askingFor = (store: Store, server: string): string => `tertulia.${store.name}.there.${server}`

type Manager = Awaited<ReturnType<typeof jetstreamManager>>

/** Overwrites a message where it lies; one that is gone already is gone. */
const erase = async (manager: Manager, stream: string, place: number): Promise<void> => {
  await manager.streams.deleteMessage(stream, place, true).catch(noneIfMissing)
}

/** Whether nobody takes such messages: then nobody has. The client has several errors for it, one in the other. */
const isNoResponders = (error: unknown): boolean =>
  error instanceof NoRespondersError || (error instanceof Error && isNoResponders(error.cause))

const appendAfter = async (
  client: JetStreamClient,
  subject: string,
  lastSequence: number,
  data: Uint8Array
): Promise<Published> => {
  try {
    const { seq } = await client.publish(subject, data, { expect: { lastSequence }, timeout: patience })
    return { _tag: "Stored", place: seq }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // Nobody took it; or the log has begun.
    const isSure = isNoResponders(error) || (error instanceof JetStreamApiError && error.code === 10_071)
    return { _tag: isSure ? "Refused" : "Unknown", reason }
  }
}

/** How often it is looked whether something has come that wasn't delivered, in milliseconds. */
const lookMillis = 1_000

/**
 * Follows by an ordered consumer, which the client makes anew, after the last message that came, whenever it was lost. One that stands still
 * although there is more is given up for another.
 */
const follow = (
  client: JetStreamClient,
  stream: string,
  after: number,
  take: (message: Message) => void,
  lastPlace: () => Promise<number>
): Following & { readonly comes: (stored: Message) => void } => {
  let last = after
  // Up to here, messages are to be delivered.
  let wanted = Number.POSITIVE_INFINITY
  let isStopped = false
  let messages: ConsumerMessages | undefined
  let wake = () => {}
  const isWanted = () => !isStopped && last < wanted
  const want = (place: number) => {
    wanted = place
    if (isWanted()) wake()
    else void messages?.close()
  }
  const come = (message: Message) => {
    last = message.place
    take(message)
    if (!isWanted()) void messages?.close()
  }
  const consume = async () => {
    const consumer = await client.consumers.get(stream, { opt_start_seq: last + 1 })
    messages = await consumer.consume({ max_messages: window, idle_heartbeat: 1_000, expires: 10_000 })
    // It ends when it is read.
    if (!isWanted()) void messages.close()
    try {
      for await (const { data, seq } of messages) if (seq > last) come({ place: seq, data })
    } finally {
      // The engine would keep it for five minutes, and look at it for every message.
      void consumer.delete().catch(() => {})
    }
  }
  const keepOn = async () => {
    while (!isStopped) {
      if (!isWanted()) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      await consume().catch(() => {})
      messages = undefined
      // An engine that is gone refuses at once, and nothing says when it is back.
      if (isWanted()) await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  let seen = after
  const look = async () => {
    const before = last
    const stands = before === seen
    seen = before
    if (!stands) return
    const end = await lastPlace()
    if (end <= before || last !== before) return
    if (isWanted()) await messages?.close()
    else want(end)
  }
  const looking = setInterval(() => void look().catch(() => {}), lookMillis)
  void keepOn()
  return {
    comes: (message) => {
      if (isStopped) return
      if (message.place === last + 1) come(message)
      else if (message.place > wanted) want(message.place)
    },
    appendsAlone: () => {
      if (wanted === Number.POSITIVE_INFINITY) want(last)
    },
    stop: async () => {
      isStopped = true
      clearInterval(looking)
      wake()
      await messages?.close()
    }
  }
}
