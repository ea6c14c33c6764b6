/**
 * What there is to do when a transcript is replayed: everything that clients did, in its order, and what the server had said by then. Pure.
 *
 * @module
 */
import { type JsonObject, makeLineDecoder, parseJson } from "@tertulia/protocol"
import { bytesOf, type Happening } from "./happening.ts"

/** Something that a client did. */
export interface Step {
  readonly connection: number
  readonly does: "opens" | "ends" | "resets" | { readonly sends: Piece }
  /** How many answers had come on connections, where more had than at the step before: these are waited for. */
  readonly after: ReadonlyArray<readonly [connection: number, answers: number]>
}

/** A chunk, as the part of the connection's lines that it is: from an offset up to another, in bytes of all that the client sent. */
export interface Piece {
  readonly from: number
  readonly to: number
}

/** A recording, as it is to be replayed. */
export interface Script {
  readonly steps: ReadonlyArray<Step>
  /** All bytes that the client of each connection sent. */
  readonly sent: ReadonlyMap<number, Uint8Array>
  /** What each connection was answered. */
  readonly answers: ReadonlyMap<number, ReadonlyArray<JsonObject>>
  /** How many answers are waited for after the last step. */
  readonly last: Step["after"]
}

/** Makes a script of what happened. */
export const scriptOf = (happenings: ReadonlyArray<Happening>): Script => {
  const steps: Array<Step> = []
  const sent = new Map<number, Array<Uint8Array>>()
  const lengths = new Map<number, number>()
  const answers = new Map<number, Answers>()
  const news = new Map<number, number>()

  const after = (): Step["after"] => {
    const counts = [...news]
    news.clear()
    return counts
  }
  const step = (connection: number, does: Step["does"]) => steps.push({ connection, does, after: after() })

  for (const happening of happenings) {
    const { connection } = happening
    if (happening.event === "opened") {
      sent.set(connection, [])
      answers.set(connection, makeAnswers())
      step(connection, "opens")
    } else if (happening.event === "chunk" && happening.from === "client") {
      const bytes = bytesOf(happening)
      const from = lengths.get(connection) ?? 0
      sent.get(connection)?.push(bytes)
      lengths.set(connection, from + bytes.length)
      step(connection, { sends: { from, to: from + bytes.length } })
    } else if (happening.event === "chunk") {
      const all = answers.get(connection)
      if (all !== undefined && all.push(bytesOf(happening)) > 0) news.set(connection, all.all.length)
    } else if (happening.event === "ended" && happening.from === "server") {
      answers.get(connection)?.end()
      news.set(connection, answers.get(connection)?.all.length ?? 0)
    } else if (happening.event === "ended") step(connection, "ends")
    else if (happening.event === "reset" && happening.from === "client") step(connection, "resets")
  }
  return {
    steps,
    sent: new Map([...sent].map(([connection, chunks]) => [connection, Buffer.concat(chunks)])),
    answers: new Map([...answers].map(([connection, { all }]) => [connection, all])),
    last: after()
  }
}

/** What a server has answered on a connection. */
export interface Answers {
  readonly all: ReadonlyArray<JsonObject>
  /** Takes bytes of the server, and gives how many answers they ended. */
  readonly push: (bytes: Uint8Array) => number
  /** Takes the server's FIN, which is the last answer. */
  readonly end: () => void
}

const longest = 1_048_576
// As in the dialogues of the spec.
const ending: JsonObject = { type: "(ends)" }

/** Begins to collect answers: `hello`, replies, the `bye` that ends a connection, and its end. What else comes depends on clocks and others. */
export const makeAnswers = (): Answers => {
  const decoder = makeLineDecoder(longest)
  const all: Array<JsonObject> = []
  return {
    all,
    push: (bytes) => {
      const found = decoder.push(bytes).lines.flatMap((line) => {
        const object = parseJson(line)
        return typeof object !== "string" && isAnswer(object) ? [object] : []
      })
      all.push(...found)
      return found.length
    },
    end: () => {
      all.push(ending)
    }
  }
}

const isAnswer = (object: JsonObject): boolean =>
  Object.hasOwn(object, "re") || ["hello", "error", "bye"].includes(String(object["type"]))
