/** Mutants of spec/registries.md. */
import { breaks, isRefusal, refusal, whenAsked, whenSaid } from "../breaks.ts"
import type { Mutant } from "../mutant.ts"

export const registries: ReadonlyArray<Mutant> = [
  breaks(
    "ERROR-1",
    "refuses-and-does-it",
    "refuses a `join` that lacks `epoch`, and joins all the same",
    whenAsked(({ object }, wire) => {
      if (object?.["type"] !== "join" || object["after"] === undefined || object["epoch"] !== undefined)
        return undefined
      wire.toClient(refusal(object["id"], "bad-request", "epoch"))
      return [{ type: "join", id: 2_000_000_000, room: object["room"] }]
    })
  ),
  breaks("ERROR-1", "says-no-to-a-send-that-was-done", "refuses an empty text, and sends something", () => {
    const quiet = new Set<unknown>()
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] !== "send" || object["text"] !== "") return undefined
        wire.hit()
        quiet.add(object["id"])
        return [{ ...object, text: "(nothing)" }]
      },
      reply: (said) => {
        if (said.type !== "sent" || !quiet.delete(said.object["re"])) return undefined
        return [refusal(said.object["re"], "bad-text", "text")]
      }
    }
  }),
  breaks(
    "ERROR-2",
    "names-no-field",
    "leaves `field` out of its errors",
    whenSaid(({ object, type }) => {
      if (type !== "error" || object["field"] === undefined) return undefined
      const { field: _, ...rest } = object
      return [rest]
    })
  ),
  breaks(
    "ERROR-2",
    "names-another-field",
    "names the wrong field",
    whenSaid(({ object, type }) =>
      type === "error" && object["field"] === "nick" ? [{ ...object, field: "room" }] : undefined
    )
  ),
  breaks(
    "ERROR-3",
    "text-before-name",
    "looks at the text before the room's name",
    whenSaid((said) =>
      isRefusal(said, "bad-name") && said.to?.["text"] === ""
        ? [{ ...said.object, code: "bad-text", field: "text" }]
        : undefined
    )
  ),
  breaks(
    "ERROR-3",
    "taken-before-bad",
    "looks whether a nick is taken before it looks at the nick",
    whenSaid((said) =>
      isRefusal(said, "bad-name") && said.to?.["type"] === "login" && String(said.to["nick"]).endsWith(" ")
        ? [{ ...said.object, code: "nick-taken" }]
        : undefined
    )
  ),
  breaks(
    "ERROR-3",
    "login-before-unsupported",
    "answers `login-first` to a request that it doesn't know",
    whenSaid((said, wire) =>
      isRefusal(said, "unsupported") && wire.nick() === undefined
        ? [{ ...said.object, code: "login-first" }]
        : undefined
    )
  ),
  breaks(
    "ERROR-3",
    "fields-before-login",
    "looks at the fields before it asks for a login",
    whenSaid((said) =>
      isRefusal(said, "login-first") && said.to?.["room"] === undefined && said.to?.["type"] === "join"
        ? [refusal(said.object["re"], "bad-request", "room")]
        : undefined
    )
  ),
  breaks(
    "ERROR-4",
    "own-codes",
    "has a code of its own for a room that isn't there",
    whenSaid((said) => (isRefusal(said, "no-such-room") ? [{ ...said.object, code: "room-not-found" }] : undefined))
  ),
  breaks(
    "ERROR-5",
    "curt",
    "says nothing but the code",
    whenSaid(({ object, type }) => (type === "error" ? [{ ...object, message: object["code"] }] : undefined))
  ),
  breaks(
    "LIMIT-1",
    "promises-too-much",
    "refuses texts within `limits.text`",
    whenAsked(({ object }, wire) =>
      object?.["type"] === "send" &&
      typeof object["text"] === "string" &&
      Buffer.byteLength(object["text"]) === wire.limit("text")
        ? [{ ...object, text: `${object["text"]}x` }]
        : undefined
    )
  ),
  breaks(
    "LIMIT-2",
    "narrow",
    "announces a limit below its minimum",
    whenSaid(({ object, type }) =>
      type === "hello" ? [{ ...object, limits: { ...(object["limits"] as object), burst: 9 } }] : undefined
    )
  ),
  breaks(
    "LIMIT-3",
    "tight",
    "announces lines that can't carry its texts",
    whenSaid(({ object, type }) =>
      type === "hello"
        ? [{ ...object, limits: { ...(object["limits"] as object), line: 8_192, text: 4_096 } }]
        : undefined
    )
  )
]
