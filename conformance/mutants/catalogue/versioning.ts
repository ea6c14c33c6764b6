/** Mutants of spec/versioning.md. */
import { breaks, isRefusal, refusal, success, whenSaid } from "../breaks.ts"
import type { Mutant } from "../mutant.ts"

const known = new Set(["type", "id", "nick", "room", "text", "create", "after", "epoch", "limit"])

export const versioning: ReadonlyArray<Mutant> = [
  breaks(
    "EXT-1",
    "strict",
    "refuses a request with a field that it doesn't know",
    whenSaid(({ object, to, type }) =>
      (type !== "error" || ["not-joined", "no-such-nick"].includes(String(object["code"]))) &&
      to !== undefined &&
      Object.keys(to).some((field) => !known.has(field))
        ? [
            refusal(
              object["re"],
              "bad-request",
              Object.keys(to).find((field) => !known.has(field))
            )
          ]
        : undefined
    )
  ),
  breaks(
    "EXT-3",
    "silent-on-the-unknown",
    "says nothing to a request that it doesn't know",
    whenSaid((said) => (isRefusal(said, "unsupported") ? [] : undefined))
  ),
  breaks(
    "EXT-3",
    "yes-sayer",
    "says yes to a request that it doesn't know",
    whenSaid((said) =>
      isRefusal(said, "unsupported") && said.to !== undefined ? [{ type: "pong", re: said.to["id"] }] : undefined
    )
  ),
  breaks(
    "EXT-4",
    "claims-less-than-it-does",
    "answers `history` without claiming it",
    whenSaid((said) =>
      isRefusal(said, "unsupported") && said.to?.["type"] === "history"
        ? [{ type: "pong", re: said.to["id"] }]
        : undefined
    )
  ),
  breaks(
    "EXT-4",
    "looks-at-what-it-does-not-know",
    "looks at the room of an `upload`, which it doesn't know",
    whenSaid((said) =>
      isRefusal(said, "unsupported") && said.to?.["type"] === "upload"
        ? [{ ...said.object, code: "not-joined", field: "room" }]
        : undefined
    )
  ),
  breaks("EXT-5", "relays-everything", "relays the fields that it doesn't know", () => {
    const extras = new Map<string, Record<string, unknown>>()
    return {
      request: ({ object }) => {
        if (object?.["type"] !== "send") return undefined
        const unknown = Object.entries(object).filter(([field]) => !known.has(field) && field !== "type")
        if (unknown.length > 0)
          extras.set(`${String(object["room"])} ${String(object["text"])}`, Object.fromEntries(unknown))
        return undefined
      },
      reply: (said, wire) => {
        const extra = extras.get(`${String(said.object["room"])} ${String(said.object["text"])}`)
        if (said.type !== "message" || extra === undefined) return undefined
        wire.hit()
        return [{ ...extra, ...said.object }]
      }
    }
  }),
  breaks("EXT-5", "keys-without-resume", "heeds `key` without claiming resume", () => {
    const seen = new Map<string, string>()
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] !== "send" || typeof object["key"] !== "string") return undefined
        const key = `${wire.nth} ${object["key"]}`
        if (!seen.has(key)) {
          seen.set(key, "")
          return undefined
        }
        wire.hit()
        wire.toClient({ ...success(object) })
        return []
      },
      reply: ({ object, type }) => (type === "hello" ? [{ ...object, features: [] }] : undefined)
    }
  })
]
