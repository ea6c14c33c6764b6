/**
 * Publishes to a stream, any number of messages at a time: one subscription has the answers to all.
 *
 * The JetStream client's own `publish` makes a request of each message: with a timer of its own, headers, and an error that is made for nobody to
 * see. Without that, an engine acknowledges twice as many messages a second with 256 under way, and an eighth more with one at a time.
 *
 * @module
 */
import { createInbox, type Msg, type NatsConnection } from "@nats-io/transport-node"

/** What became of a message that was published. */
export type Published =
  /** It is in the stream, as durable as the engine makes it. */
  | { readonly _tag: "Stored"; readonly place: number }
  /** It isn't, and won't be. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** Nobody knows. */
  | { readonly _tag: "Unknown"; readonly reason: string }

export interface Publisher {
  readonly publish: (data: Uint8Array) => Promise<Published>
  /** Is told that the connection was lost, and with it the answers to all that is under way. */
  readonly lost: () => void
  readonly close: () => void
}

interface UnderWay {
  /** Monotonic milliseconds. */
  readonly since: number
  readonly resolve: (published: Published) => void
}

/** How often it is looked who waits for too long, in milliseconds. */
const lookMillis = 250

const unknown = (reason: string): Published => ({ _tag: "Unknown", reason })

/** @param patience milliseconds after which nobody knows what became of a message */
export const openPublisher = (connection: NatsConnection, subject: string, patience: number): Publisher => {
  const inbox = `${createInbox()}.`
  const underWay = new Map<string, UnderWay>()
  let count = 0
  const end = (answer: string, published: Published) => {
    underWay.get(answer)?.resolve(published)
    underWay.delete(answer)
  }
  const endAll = (reason: string) => {
    for (const answer of [...underWay.keys()]) end(answer, unknown(reason))
  }
  const subscription = connection.subscribe(`${inbox}*`, {
    callback: (error, message) => end(message.subject, error === null ? answerIn(message) : unknown(error.message))
  })
  const looking = setInterval(() => {
    const before = performance.now() - patience
    for (const [answer, { since }] of underWay) {
      if (since > before) return
      end(answer, unknown(`no answer for ${patience / 1_000} s`))
    }
  }, lookMillis)
  return {
    publish: (data) =>
      new Promise((resolve) => {
        const reply = `${inbox}${++count}`
        try {
          connection.publish(subject, data, { reply })
          underWay.set(reply, { since: performance.now(), resolve })
        } catch (error) {
          resolve(neverSent(error))
        }
      }),
    lost: () => endAll("the connection was lost"),
    close: () => {
      clearInterval(looking)
      subscription.unsubscribe()
      endAll("the connection was closed")
    }
  }
}

/** What is too long is found out before it is sent. */
const neverSent = (error: unknown): Published => {
  const reason = error instanceof Error ? error.message : String(error)
  return { _tag: /payload/iu.test(reason) ? "Refused" : "Unknown", reason }
}

interface Answer {
  readonly seq?: number
  readonly error?: { readonly description?: string }
}

const answerIn = (message: Msg): Published => {
  // Said by a server of the engine where nobody takes such messages, so nobody has.
  if (message.data.length === 0 && message.headers?.code === 503)
    return { _tag: "Refused", reason: "nobody keeps such messages there" }
  try {
    const { error, seq } = message.json<Answer>()
    if (seq !== undefined && error === undefined) return { _tag: "Stored", place: seq }
    return unknown(error?.description ?? "it doesn't say where the message is")
  } catch {
    return unknown("its answer can't be read")
  }
}
