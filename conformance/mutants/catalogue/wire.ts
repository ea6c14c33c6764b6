/** Mutants of spec/wire.md. */
import { breaks, isBye, isRefusal, refusal, success, whenAsked, whenSaid } from "../breaks.ts"
import type { Mutant } from "../mutant.ts"

const noise = "x".repeat(70_000)

export const wire: ReadonlyArray<Mutant> = [
  breaks("FRAME-1", "two-objects-on-one-line", "joins `message` and the object after it on one line", () => {
    let held = ""
    return {
      reply: (said, wire) => {
        if (said.type === "message" && held === "") {
          held = said.text
          return []
        }
        if (held === "") return undefined
        wire.hit()
        const joined = held + said.text
        held = ""
        return [joined]
      }
    }
  }),
  breaks("FRAME-2", "cr-is-garbage", "refuses a line that ends in CR LF", () => ({
    request: ({ text }, wire) => {
      if (!text.endsWith("\r")) return undefined
      wire.hit()
      return [`${text}x`]
    }
  })),
  breaks("FRAME-3", "blank-line-is-a-request", "answers an empty line with `bad-json`", () => ({
    request: ({ text }, wire) => {
      if (text.trim() !== "") return undefined
      wire.hit()
      return ["blank"]
    }
  })),
  breaks("FRAME-4", "one-recv-one-message", "takes what one `recv` returns for one message", () => ({
    bytes: (chunk, wire) => {
      if (chunk.at(-1) === 0x0a) return [chunk]
      wire.hit()
      return [chunk, Buffer.from("\n")]
    }
  })),
  breaks("FRAME-4", "three-lines-a-recv", "carries out three lines of what one `recv` returns", () => ({
    bytes: (chunk, wire) => {
      const lines = chunk.toString("latin1").split("\n")
      if (lines.length <= 4) return [chunk]
      wire.hit()
      return [Buffer.from(`${lines.slice(0, 3).join("\n")}\n`, "latin1")]
    }
  })),
  breaks("FRAME-5", "limit-one-too-low", "ends the connection over a line of exactly `limits.line` bytes", () => ({
    request: ({ text }, wire) => {
      if (Buffer.byteLength(text) + 1 < wire.limit("line")) return undefined
      wire.hit()
      return [noise]
    }
  })),
  breaks("FRAME-6", "long-line-is-refused", "answers a line without end by `too-long` and goes on", () => ({
    reply: (said, wire) => {
      if (!isBye(said, "line-too-long")) return undefined
      wire.hit()
      return [refusal(undefined, "too-long", "text")]
    }
  })),
  breaks("FRAME-6", "long-line-forgets-the-rest", "drops the earlier replies before `line-too-long`", () => {
    const held = new Map<number, Array<string>>()
    return {
      reply: (said, wire) => {
        if (said.type === "pong") {
          held.set(wire.nth, [...(held.get(wire.nth) ?? []), said.text])
          setTimeout(() => {
            for (const line of held.get(wire.nth) ?? []) wire.toClient(line)
            held.set(wire.nth, [])
          }, 20)
          return []
        }
        if (!isBye(said, "line-too-long")) return undefined
        held.set(wire.nth, [])
        wire.hit()
        return undefined
      }
    }
  }),
  breaks("FRAME-7", "bad-line-ends-it", "ends the connection after `bad-json`", () => ({
    reply: (said, wire) => {
      if (!isRefusal(said, "bad-json")) return undefined
      wire.hit()
      wire.toClient(said.text)
      wire.endClient()
      return []
    }
  })),
  breaks("FRAME-8", "talks-to-browsers", "refuses a first line that isn't JSON, and goes on", () => {
    const seen = new Set<number>()
    return {
      request: ({ object, text }, wire) => {
        if (seen.has(wire.nth) || text.trim() === "") return undefined
        seen.add(wire.nth)
        if (object !== undefined) return undefined
        wire.hit()
        wire.toClient(refusal(undefined, "bad-json"))
        return []
      }
    }
  }),
  breaks(
    "FRAME-9",
    "endless-reply",
    "pads a reply beyond `limits.line`",
    whenSaid(({ object, type }, wire) =>
      type === "members" ? [{ ...object, pad: "x".repeat(wire.limit("line")) }] : undefined
    )
  ),
  breaks(
    "JSON-1",
    "accepts-comments",
    "reads over what JSON doesn't allow",
    whenAsked(({ object, text }) =>
      object === undefined && text.trim() !== "" ? ['{"type":"ping","id":77}'] : undefined
    )
  ),
  breaks("JSON-1", "accepts-bytes", "reads bytes that aren't UTF-8 as if they were", () => ({
    request: ({ text }, wire) => {
      if (!text.includes("\ufffd")) return undefined
      wire.hit()
      return [text.replaceAll("\ufffd", "?")]
    }
  })),
  breaks(
    "JSON-1",
    "knows-no-escapes",
    "refuses a line with an escape in it",
    whenAsked(({ object, text }) => (object !== undefined && text.includes("\\") ? ["an escape"] : undefined))
  ),
  breaks(
    "JSON-2",
    "seven-levels",
    "refuses 8 levels",
    whenAsked(({ text }) => (text.split(/[[{]/u).length - 1 === 8 ? ["[".repeat(9)] : undefined))
  ),
  breaks(
    "JSON-3",
    "any-depth",
    "accepts any depth in a field that it ignores",
    whenAsked(({ object, text }) =>
      object !== undefined && text.split(/[[{]/u).length - 1 > 8
        ? [Object.fromEntries(Object.entries(object).filter(([, value]) => typeof value !== "object"))]
        : undefined
    )
  ),
  breaks(
    "JSON-4",
    "lone-surrogates",
    "turns lone surrogates and U+0000 into U+FFFD",
    whenAsked(({ text }) =>
      /\\ud[89a-f]|\\u0000/iu.test(text) ? [text.replaceAll(/\\ud[89a-f]..|\\u0000/giu, "\ufffd")] : undefined
    )
  ),
  breaks(
    "JSON-5",
    "wrong-type-is-absent",
    "takes a field of the wrong type for one that is absent",
    whenAsked(({ object }) =>
      object?.["type"] === "join" && object["create"] !== undefined && typeof object["create"] !== "boolean"
        ? [{ ...object, create: true }]
        : object?.["type"] === "send" && typeof object["text"] !== "string"
          ? [{ ...object, text: String(object["text"] ?? "nothing") }]
          : undefined
    )
  ),
  breaks(
    "JSON-5",
    "type-first",
    "refuses a request in which `type` isn't the first field",
    whenAsked(({ object }) =>
      object?.["type"] !== undefined && Object.keys(object)[0] !== "type" ? [{ id: object["id"] ?? null }] : undefined
    )
  ),
  breaks(
    "JSON-5",
    "wrong-type-is-no-json",
    "says `bad-json` of a field of the wrong type",
    whenSaid((said) => (isRefusal(said, "bad-request") ? [{ ...said.object, code: "bad-json" }] : undefined))
  ),
  breaks(
    "JSON-6",
    "clamps-numbers",
    "takes a number that is out of range for the nearest one that isn't",
    whenAsked(({ object }) => {
      const { after, limit } = object ?? {}
      if (typeof limit === "number" && limit > 2_147_483_647) return [{ ...object, limit: 2_147_483_647 }]
      const isOff = typeof after === "number" && (after < 0 || after > Number.MAX_SAFE_INTEGER)
      return isOff ? [{ ...object, after: Math.min(Math.max(after, 0), Number.MAX_SAFE_INTEGER) }] : undefined
    })
  ),
  breaks(
    "JSON-6",
    "rounds-numbers",
    "rounds a number that isn't integral, and wraps one that is too large",
    whenAsked(({ object }) => {
      const id = object?.["id"]
      return typeof id === "number" && id > 0 && (id % 1 !== 0 || id > 2_147_483_647)
        ? [{ ...object, id: Math.max(1, Math.floor(id) % 2_147_483_647) }]
        : undefined
    })
  ),
  breaks(
    "JSON-7",
    "one-spelling",
    "answers `bad-json` to an integer that is spelled with a fraction or an exponent",
    whenAsked(({ text }) => (/:-?\d+(?:\.\d+|[eE][+-]?\d+)/u.test(text) ? ['{"x":"\\ud800"}'] : undefined))
  ),
  breaks(
    "JSON-8",
    "first-field-wins",
    "takes the first of two fields of one name",
    whenAsked(({ text }) => {
      const names = [...text.matchAll(/"([a-z]+)":/gu)].map((match) => match[1])
      const twice = names.find((name, at) => names.indexOf(name) !== at)
      if (twice === undefined) return undefined
      const fields = text.slice(1, -1).split(/,(?=")/u)
      const last = fields.findLastIndex((field) => field.startsWith(`"${twice}":`))
      return [`{${fields.filter((_, at) => at !== last).join(",")}}`]
    })
  ),
  breaks(
    "JSON-9",
    "sends-lone-surrogates",
    "sends a lone surrogate to others",
    whenSaid(({ text, type }) => (type === "message" ? [text.replace('"text":"', '"text":"\\ud800')] : undefined))
  ),
  breaks("NAME-1", "any-name", "accepts names that break the grammar", () => ({
    request: ({ object }, wire) => {
      if (object?.["type"] !== "login" && object?.["type"] !== "join") return undefined
      const field = object["type"] === "login" ? "nick" : "room"
      const name = object[field]
      if (typeof name !== "string" || /^#?[a-z0-9][a-z0-9_-]{0,31}$/iu.test(name)) return undefined
      wire.hit()
      return [{ ...object, [field]: `${field === "room" ? "#" : ""}m${wire.nth}` }]
    }
  })),
  breaks(
    "NAME-1",
    "adds-the-hash",
    "takes a room without its # for the one with it",
    whenAsked(({ object }) => {
      const room = object?.["room"]
      return object?.["type"] === "join" && typeof room === "string" && /^[a-z0-9][a-z0-9_-]*$/u.test(room)
        ? [{ ...object, room: `#${room}` }]
        : undefined
    })
  ),
  breaks(
    "NAME-1",
    "looks-up-any-name",
    "looks a bad name up as if it were a good one",
    whenSaid((said) =>
      isRefusal(said, "bad-name") && said.to !== undefined && !["login", "join"].includes(String(said.to["type"]))
        ? [said.to["type"] === "rooms" ? success(said.to)! : refusal(said.object["re"], "not-joined", "room")]
        : undefined
    )
  ),
  breaks(
    "NAME-1",
    "short-names-only",
    "refuses names of more than 24 characters",
    whenSaid(({ object, to, type }) => {
      const field = ["nick", "room", "after"].find((each) => String(to?.[each] ?? "").length > 25)
      return type !== "error" && field !== undefined ? [refusal(object["re"], "bad-name", field)] : undefined
    })
  ),
  breaks(
    "NAME-2",
    "case-matters",
    "refuses upper case in names",
    whenSaid(({ object, to, type }) =>
      ["welcome", "joined"].includes(type) && to !== undefined && /[A-Z]/u.test(String(to["nick"] ?? to["room"]))
        ? [refusal(object["re"], "bad-name", type === "welcome" ? "nick" : "room")]
        : undefined
    )
  ),
  breaks(
    "NAME-3",
    "echoes-spelling",
    "answers with the name as the client spelled it",
    whenSaid(({ object, to, type }) =>
      ["welcome", "joined"].includes(type) && to !== undefined && /[A-Z]/u.test(String(to["nick"] ?? to["room"]))
        ? [{ ...object, ...(type === "welcome" ? { nick: to["nick"] } : { room: to["room"] }) }]
        : undefined
    )
  ),
  breaks(
    "TEXT-1",
    "trims-texts",
    "takes away the white space around a text",
    whenAsked(({ object }) =>
      object?.["type"] === "send" && typeof object["text"] === "string" && object["text"] !== object["text"].trim()
        ? [{ ...object, text: object["text"].trim() || "." }]
        : undefined
    )
  ),
  breaks(
    "TEXT-1",
    "normalises-texts",
    "brings texts into Unicode's composed form",
    whenAsked(({ object }) =>
      object?.["type"] === "send" && typeof object["text"] === "string" && object["text"] !== object["text"].normalize()
        ? [{ ...object, text: object["text"].normalize() }]
        : undefined
    )
  ),
  breaks(
    "TEXT-1",
    "counts-escapes",
    "counts the bytes of a text as it is spelled",
    whenAsked(({ object, text }, wire) => {
      const limit = wire.limit("text")
      const said = object?.["type"] === "send" ? object["text"] : undefined
      return typeof said === "string" && Buffer.byteLength(said) <= limit && text.length > limit + 200
        ? [{ ...object, text: "x".repeat(limit + 1) }]
        : undefined
    })
  ),
  breaks(
    "TEXT-2",
    "relays-escapes",
    "accepts control characters",
    whenAsked(({ object }) =>
      object?.["type"] === "send" &&
      typeof object["text"] === "string" &&
      /[\u0001-\u0008\u000b-\u001f\u007f-\u009f]/u.test(object["text"])
        ? [{ ...object, text: "control" }]
        : undefined
    )
  ),
  breaks(
    "TEXT-2",
    "accepts-nothing",
    "accepts an empty text",
    whenAsked(({ object }) =>
      object?.["type"] === "send" && object["text"] === "" ? [{ ...object, text: " " }] : undefined
    )
  ),
  breaks(
    "TEXT-3",
    "cuts-texts",
    "cuts a text that is too long",
    whenAsked(({ object }, wire) =>
      object?.["type"] === "send" &&
      typeof object["text"] === "string" &&
      Buffer.byteLength(object["text"]) > wire.limit("text")
        ? [{ ...object, text: object["text"].slice(0, Math.floor(wire.limit("text") / 4)) }]
        : undefined
    )
  ),
  breaks(
    "TEXT-3",
    "counts-characters",
    "counts characters, not bytes",
    whenAsked(({ object }, wire) =>
      object?.["type"] === "send" &&
      typeof object["text"] === "string" &&
      object["text"].length <= wire.limit("text") &&
      Buffer.byteLength(object["text"]) > wire.limit("text")
        ? [{ ...object, text: "counted in characters" }]
        : undefined
    )
  )
]
