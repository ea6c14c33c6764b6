/**
 * Snapshots in the engine, beside the log: a data file as it is when all is done that the log says up to a place, in parts. A new server begins
 * with the newest and goes on with the log from there, so the log need not have what came before.
 *
 * Each is a stream of its own: its first message says what it is, and each other is a part, in order. The engine's own store of objects isn't
 * used, because there what was sent begins again when its sender is killed; and because, when a stream is removed, its files are, with all the
 * texts in them.
 *
 * Which snapshot counts stands in one value of a bucket, which changes when all of its parts are there; or in the first message of a log that
 * began with one.
 *
 * @module
 */
import {
  type JetStreamClient,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig
} from "@nats-io/jetstream"
import type { KV } from "@nats-io/kv"
import { noneIfMissing, patience } from "./api.ts"
import type { Store } from "./store-url.ts"

/** A snapshot, and what it must be when all of it has come. */
export interface Snapshot {
  /** What it is called in the engine. */
  readonly name: string
  /** Of the tertulia. */
  readonly id: string
  /** The place in the log of what was done last. */
  readonly place: number
  readonly bytes: number
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly digest: string
}

/** Bytes of a part: an engine takes a megabyte, unless it is told otherwise. */
export const partBytes = 262_144

/** Parts that are on their way at once. */
export const partsAtOnce = 8

export const partsOf = ({ bytes }: Snapshot): number => Math.ceil(bytes / partBytes)

export interface Snapshots {
  /** The one that a new server begins with, unless that is what the log itself begins with. */
  readonly current: () => Promise<Snapshot | undefined>
  /** What was begun under a name, and may be there as a whole. */
  readonly begun: (name: string) => Promise<Snapshot | undefined>
  /**
   * Sends what isn't there yet, and gives it when all of it is. Another under this name is removed.
   *
   * @param partAt reads a part, by its number from 0 on
   * @param sent is told how many parts are there
   */
  readonly send: (
    snapshot: Snapshot,
    partAt: (number: number) => Promise<Uint8Array>,
    sent: (parts: number) => void
  ) => Promise<void>
  /** A part of one. */
  readonly part: (snapshot: Snapshot, number: number) => Promise<Uint8Array>
  /** Has new servers begin with it from now on; gives whether it is newer than the one before. */
  readonly use: (snapshot: Snapshot) => Promise<boolean>
  /** Removes all but one, also what was begun only. */
  readonly removeOthers: (than: Snapshot) => Promise<void>
}

const key = "snapshot"

export const makeSnapshots = (
  client: JetStreamClient,
  manager: JetStreamManager,
  bucket: KV,
  { name: tertulia, replicas: num_replicas }: Store
): Snapshots => {
  const streamOf = (name: string) => `snapshot-${tertulia}-${name}`
  const subjectOf = (name: string) => `tertulia.${tertulia}.snapshot.${name}`
  const partsThere = async (name: string): Promise<number | undefined> => {
    const info = await manager.streams.info(streamOf(name)).catch(noneIfMissing)
    return info === undefined ? undefined : info.state.last_seq - 1
  }
  const remove = (stream: string) => manager.streams.delete(stream).catch(noneIfMissing)

  const begun = async (name: string): Promise<Snapshot | undefined> => {
    const message = await manager.streams.getMessage(streamOf(name), { seq: 1 }).catch(noneIfMissing)
    return message?.data === undefined ? undefined : snapshotIn(message.data)
  }

  /** Makes the stream of a snapshot, and says there what it is. */
  const begin = async (snapshot: Snapshot): Promise<void> => {
    const config: Partial<StreamConfig> & { readonly name: string } = {
      name: streamOf(snapshot.name),
      subjects: [subjectOf(snapshot.name)],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      num_replicas,
      allow_direct: true
    }
    await remove(streamOf(snapshot.name))
    await manager.streams.add(config)
    await publish(snapshot.name, 0, Buffer.from(JSON.stringify(snapshot)))
  }

  const publish = (name: string, lastSequence: number, data: Uint8Array) =>
    client.publish(subjectOf(name), data, { expect: { lastSequence }, timeout: patience })

  return {
    current: async () => {
      const value = (await bucket.get(key))?.value
      return value === undefined ? undefined : snapshotIn(value)
    },
    begun,
    send: async (snapshot, partAt, sent) => {
      const { name } = snapshot
      const known = await begun(name)
      if (known === undefined || !isSame(known, snapshot)) await begin(snapshot)
      let next = (await partsThere(name)) ?? 0
      for (const count = partsOf(snapshot); next < count; next += partsAtOnce) {
        sent(next)
        const numbers = numbersFrom(next, count)
        const parts = await Promise.all(numbers.map(partAt))
        await Promise.all(parts.map((data, index) => publish(name, numbers[index]! + 1, data)))
      }
    },
    part: async ({ name }, number) => {
      const query = { seq: number + 2 }
      // Any node of the engine answers, and one may not have it yet; the one that leads has.
      const near = await manager.direct.getMessage(streamOf(name), query).catch(() => null)
      const message = near ?? (await manager.streams.getMessage(streamOf(name), query))
      if (message === null) throw new Error(`part ${number} of its snapshot is missing`)
      return message.data
    },
    use: async (snapshot) => {
      const data = Buffer.from(JSON.stringify(snapshot))
      const before = await bucket.get(key)
      if (before === null) await bucket.create(key, data)
      else if (snapshotIn(before.value).place >= snapshot.place) return false
      else await bucket.update(key, data, before.revision)
      return true
    },
    removeOthers: async (than) => {
      for await (const stream of manager.streams.names(subjectOf("*"))) {
        if (stream !== streamOf(than.name)) await remove(stream)
      }
    }
  }
}

/** The numbers of the parts that are sent, or asked for, at once. */
export const numbersFrom = (next: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: Math.min(partsAtOnce, count - next) }, (_, index) => next + index)

const snapshotIn = (data: Uint8Array): Snapshot => JSON.parse(Buffer.from(data).toString()) as Snapshot

const isSame = (one: Snapshot, other: Snapshot): boolean =>
  one.id === other.id && one.place === other.place && one.bytes === other.bytes && one.digest === other.digest
