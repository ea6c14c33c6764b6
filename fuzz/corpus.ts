/**
 * The seeds: conversations by hand, one to a file of `corpus/`, each line a connection's number and what it sends; and the vectors of the
 * spec, whose lines are strewn in.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defaultLimits } from "@tertulia/protocol"
import { bytesOf, hostile, messages, precedence, texts } from "@tertulia/protocol/vectors"

/** A line of a conversation, without its LF. */
export interface Said {
  readonly who: number
  readonly text: string
}

export type Conversation = ReadonlyArray<Said>

const folder = fileURLToPath(new URL("corpus/", import.meta.url))

export const conversations: ReadonlyArray<Conversation> = readdirSync(folder)
  .filter((name) => name.endsWith(".ndjson"))
  .sort()
  .map((name) =>
    readFileSync(`${folder}${name}`, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ who: Number(line[0]), text: line.slice(2) }))
  )

const isShort = (text: string) => text.length < 4_096

/** Lines of the spec's vectors. */
export const strays: ReadonlyArray<string> = [
  ...messages.vectors.filter(({ from }) => from === "client").map(({ object }) => JSON.stringify(object)),
  ...[...precedence.vectors, ...hostile.vectors].flatMap(({ send }) =>
    bytesOf(send, defaultLimits).length > 4_096
      ? []
      : Buffer.from(bytesOf(send, defaultLimits)).toString("utf8").split("\n")
  )
].filter((text) => text !== "" && isShort(text))

/** Texts of the spec's vectors, good and bad. */
export const words: ReadonlyArray<string> = texts.vectors
  .map(({ text }) => Buffer.from(bytesOf(text, defaultLimits)).toString("utf8"))
  .filter(isShort)
