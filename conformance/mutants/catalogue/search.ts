/** Mutants of spec/search.md. */
import { type JsonObject, matches, wordsOf } from "@tertulia/protocol"
import { breaks, insteadOf, isRefusal, refusal, whenAsked, whenSaid } from "../breaks.ts"
import { hasType, ofAnyName, type Requests, silent, strict } from "../every-request.ts"
import type { Answered, Mutant, Tap, Wire } from "../mutant.ts"

type Items = ReadonlyArray<JsonObject>

const resultsOf = ({ object }: Answered): Items => object["results"] as Items

const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))

/** Changes the pages of results for which `change` gives something else. */
const whenFound = (change: (page: Answered, wire: Wire) => JsonObject | undefined): (() => Tap) =>
  whenSaid((said, wire) => {
    const changed = said.type === "search" ? change(said, wire) : undefined
    return changed === undefined ? undefined : [changed]
  })

/** Changes each result for which `change` gives something else. */
const withEach = (change: (result: JsonObject) => JsonObject | undefined): (() => Tap) =>
  whenFound((page) => {
    const changed = resultsOf(page).map((result) => change(result) ?? result)
    return changed.every((result, index) => result === resultsOf(page)[index])
      ? undefined
      : { ...page.object, results: changed }
  })

/** Leaves out results. */
const leavingOut = (isOut: (result: JsonObject, query: JsonObject) => boolean): (() => Tap) =>
  whenFound((page) => {
    const left = resultsOf(page).filter((result) => !isOut(result, page.to ?? {}))
    return left.length === resultsOf(page).length ? undefined : { ...page.object, results: left }
  })

/** Puts results into another order. */
const sorted = (compare: (one: JsonObject, other: JsonObject) => number): (() => Tap) =>
  whenFound((page) => {
    const results = resultsOf(page).toSorted(compare)
    return results.every((result, index) => result === resultsOf(page)[index]) ? undefined : { ...page.object, results }
  })

/** Changes what is searched for. */
const whenSearched = (change: (asked: JsonObject, wire: Wire) => JsonObject | undefined): (() => Tap) =>
  whenAsked(({ object }, wire) => {
    const changed = object?.["type"] === "search" ? change(object, wire) : undefined
    return changed === undefined ? undefined : [changed]
  })

/** Gives an empty page in place of an error. */
const answersNothingTo = (is: (said: Answered) => boolean): (() => Tap) =>
  whenSaid((said) =>
    said.to?.["type"] === "search" && is(said) ? [{ type: "search", re: said.object["re"], results: [] }] : undefined
  )

/** All messages that the proxy has seen, oldest first, each once. */
const makeLog = () => {
  const log: Array<JsonObject> = []
  const known = new Set<string>()
  return {
    log: log as Items,
    note: ({ object, type }: Answered): void => {
      const name = `${String(object["room"])} ${String(object["seq"])}`
      if (type !== "message" || known.has(name)) return
      known.add(name)
      log.push(object)
    }
  }
}

interface Looking {
  readonly page: Answered
  readonly query: { readonly text: string; readonly room?: string; readonly limit?: number }
  /** What was said in the rooms of the one who searches, newest first. */
  readonly own: Items
  /** What was said in all rooms, newest first. */
  readonly all: Items
  readonly wire: Wire
}

/** Finds something else, by what has been said so far. */
const findsAnother = (find: (looking: Looking) => JsonObject | undefined) => (): Tap => {
  const { log, note } = makeLog()
  return whenSaid((said, wire) => {
    note(said)
    const query = said.to as Looking["query"] | undefined
    if (said.type !== "search" || query === undefined) return undefined
    const all = log.toReversed()
    const own = all.filter(({ room }) => (query.room?.toLowerCase() ?? room) === room && wire.rooms.has(String(room)))
    const found = find({ page: said, query, own, all, wire })
    return found === undefined ? undefined : [found]
  })()
}

/** Finds by another rule, as far as one page goes. */
const findsBy = (rule: (text: string, asked: string) => boolean | undefined): (() => Tap) =>
  findsAnother(({ own, page, query }) => {
    if (page.object["more"] === true || Object.keys(query).some((field) => /before|from|since|until/u.test(field))) {
      return undefined
    }
    const results = own.filter((entry) => rule(String(entry["text"]), query.text) ?? isFound(entry, query.text))
    return results.length === resultsOf(page).length ? undefined : { ...page.object, results }
  })

const isFound = (entry: JsonObject, text: string): boolean => matches(entry as never, { text })

const shiftedTime = (field: string, millis: number) => (asked: JsonObject) => {
  const time = Date.parse(String(asked[field]))
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u.test(String(asked[field]))
  const year = new Date(time).getUTCFullYear()
  return isTime && year > 1 && year < 9_999 ? { ...asked, [field]: new Date(time + millis).toISOString() } : undefined
}

const compareTexts = (one: unknown, other: unknown): number => (String(one) < String(other) ? -1 : 1)

const searches: Requests = {
  name: "search",
  called: "search",
  are: hasType("search"),
  fields: ["text", "room", "from", "since", "until", "before", "limit"]
}

const mutants: ReadonlyArray<Mutant> = [
  // What is found
  breaks(
    "SEARCH-1",
    "results-of-another-time",
    "gives results another time than their messages",
    withEach((result) => ({ ...result, at: "2026-01-01T00:00:00.000Z" }))
  ),
  breaks(
    "SEARCH-1",
    "results-without-keys",
    "gives results without their keys",
    withEach((result) => (result["key"] === undefined ? undefined : without(result, "key")))
  ),
  breaks(
    "SEARCH-1",
    "results-as-folded",
    "gives the texts of results as its index has them",
    withEach((result) => {
      const text = wordsOf(String(result["text"])).join(" ")
      return text === result["text"] ? undefined : { ...result, text }
    })
  ),
  breaks("SEARCH-1", "finds-what-this-life-has-seen", "finds nothing of before its start", () => {
    const seen = new Set<string>()
    return whenSaid(({ object, type, ...said }) => {
      if (type === "message") seen.add(`${String(object["room"])} ${String(object["seq"])}`)
      if (type !== "search") return undefined
      const results = resultsOf({ ...said, object, type })
      const left = results.filter(({ room, seq }) => seen.has(`${String(room)} ${String(seq)}`))
      return left.length === results.length ? undefined : [{ ...object, results: left }]
    })()
  }),
  breaks(
    "SEARCH-2",
    "one-word-is-enough",
    "finds what holds the first word of several",
    whenSearched((asked) => {
      const [first, ...others] = wordsOf(String(asked["text"]))
      return others.length === 0 ? undefined : { ...asked, text: first! }
    })
  ),
  breaks(
    "SEARCH-2",
    "capitals-matter",
    "finds only words with the same capitals",
    leavingOut(({ text }, query) => !letters(query["text"]).every((word) => letters(text).includes(word)))
  ),
  breaks(
    "SEARCH-2",
    "accents-matter",
    "finds only words with the same accents",
    leavingOut(
      ({ text }, query) =>
        !letters(query["text"])
          .map(lower)
          .every((word) => letters(text).map(lower).includes(word))
    )
  ),
  breaks(
    "SEARCH-2",
    "parts-of-words",
    "finds words inside of longer ones",
    findsBy((text, asked) => {
      const all = wordsOf(text).join(" ")
      return wordsOf(asked).every((word) => all.includes(word))
    })
  ),
  breaks(
    "SEARCH-2",
    "stems",
    "takes a plural for its singular",
    findsBy((text, asked) => {
      const stem = (word: string) => word.replace(/(?:es|s)$/u, "")
      const stems = wordsOf(text).map(stem)
      return wordsOf(asked)
        .map(stem)
        .every((word) => stems.includes(word))
    })
  ),
  breaks(
    "SEARCH-2",
    "strips-vowel-signs",
    "takes all marks for diacritics",
    findsBy((text, asked) => {
      const bare = (words: string) => wordsOf(words.normalize("NFD").replace(/\p{M}/gu, ""))
      return bare(asked).every((word) => bare(text).includes(word))
    })
  ),
  breaks(
    "SEARCH-2",
    "few-words",
    "looks at the first 16 words of a search only",
    whenSearched((asked) => {
      const words = wordsOf(String(asked["text"]))
      return words.length <= 16 ? undefined : { ...asked, text: words.slice(0, 16).join(" ") }
    })
  ),
  breaks(
    "SEARCH-3",
    "star-is-a-prefix",
    "takes a word with an asterisk for the beginning of words",
    findsBy((text, asked) => {
      const begun = /^([\p{L}\p{N}]+)\*$/u.exec(asked)?.[1]
      return begun === undefined ? undefined : wordsOf(text).some((word) => word.startsWith(wordsOf(begun)[0]!))
    })
  ),
  breaks(
    "SEARCH-3",
    "quotes-are-phrases",
    "looks for what stands between quotation marks as a phrase",
    leavingOut(({ text }, query) => {
      const phrase = /"([^"]+)"/u.exec(String(query["text"]))?.[1]
      return phrase !== undefined && !wordsOf(String(text)).join(" ").includes(wordsOf(phrase).join(" "))
    })
  ),
  breaks(
    "SEARCH-3",
    "or-is-an-operator",
    "finds what holds either side of an OR",
    findsBy((text, asked) => {
      const [one, other] = asked.split(" OR ")
      return other === undefined
        ? undefined
        : [one, other].some((side) => wordsOf(side!).every((word) => wordsOf(text).includes(word)))
    })
  ),
  breaks(
    "SEARCH-3",
    "minus-is-not",
    "doesn't find what holds a word with a minus before it",
    leavingOut((_, query) => /(?:^|\s)-\p{L}/u.test(String(query["text"])))
  ),
  breaks(
    "SEARCH-3",
    "syntax-errors",
    "refuses a search with an odd number of quotation marks or parentheses",
    insteadOf((asked) =>
      asked["type"] === "search" &&
      ["(", '"'].some((mark) => String(asked["text"]).split(mark).length % 2 === 0) &&
      wordsOf(String(asked["text"])).length > 0
        ? refusal(asked["id"], "bad-text", "text")
        : undefined
    )
  ),

  // Where, whose, when
  breaks(
    "SEARCH-4",
    "one-room-only",
    "searches only one room when none is given",
    whenSearched((asked, wire) =>
      asked["room"] !== undefined || wire.rooms.size < 2 ? undefined : { ...asked, room: [...wire.rooms][0]! }
    )
  ),
  breaks(
    "SEARCH-4",
    "all-rooms-always",
    "searches all rooms, also when one is given",
    whenSearched((asked, wire) =>
      wire.rooms.has(String(asked["room"]).toLowerCase()) && wire.rooms.size > 1 ? without(asked, "room") : undefined
    )
  ),
  breaks(
    "SEARCH-5",
    "nothing-in-other-rooms",
    "answers a search in a room that one isn't in by an empty page",
    answersNothingTo((said) => isRefusal(said, "not-joined"))
  ),
  breaks(
    "SEARCH-5",
    "no-such-room-to-search",
    "tells whether the room exists that one isn't in",
    whenSaid((said) =>
      isRefusal(said, "not-joined") && said.to?.["type"] === "search"
        ? [refusal(said.to["id"], "no-such-room", "room")]
        : undefined
    )
  ),
  breaks(
    "SEARCH-6",
    "from-anybody",
    "ignores from",
    whenSearched((asked) => (typeof asked["from"] === "string" ? without(asked, "from") : undefined))
  ),
  breaks("SEARCH-6", "since-and-later", "leaves out the time of since itself", whenSearched(shiftedTime("since", 1))),
  breaks(
    "SEARCH-6",
    "until-and-earlier",
    "leaves out the time of until itself",
    whenSearched(shiftedTime("until", -1))
  ),
  breaks(
    "SEARCH-6",
    "since-ever",
    "ignores since and until",
    whenSearched((asked) => {
      const rest = without(asked, "since", "until")
      return Object.keys(rest).length < Object.keys(asked).length ? rest : undefined
    })
  ),

  // Pages
  breaks(
    "SEARCH-7",
    "oldest-result-first",
    "gives the oldest result of a page first",
    sorted((one, other) => (one["room"] === other["room"] ? Number(one["seq"]) - Number(other["seq"]) : 0))
  ),
  breaks(
    "SEARCH-7",
    "by-room",
    "gives results room by room",
    sorted((one, other) =>
      one["room"] === other["room"]
        ? Number(other["seq"]) - Number(one["seq"])
        : compareTexts(one["room"], other["room"])
    )
  ),
  breaks(
    "SEARCH-7",
    "by-relevance",
    "gives the shortest texts first",
    sorted((one, other) => String(one["text"]).length - String(other["text"]).length)
  ),
  breaks("SEARCH-8", "offsets", "goes on after so many results, whatever has come since", () => {
    const limits = new Map<string, number>()
    return {
      request: ({ object }, wire) => {
        const skip = /^offset-(\d+)$/u.exec(String(object?.["before"]))?.[1]
        if (object?.["type"] !== "search" || skip === undefined) return undefined
        wire.hit()
        limits.set(`${wire.nth} ${String(object["id"])}`, Number(skip))
        return [{ ...without(object, "before"), limit: Number(object["limit"] ?? 100) + Number(skip) }]
      },
      reply: (said, wire) => {
        if (said.type !== "search") return undefined
        const skip = limits.get(`${wire.nth} ${String(said.object["re"])}`) ?? 0
        const results = resultsOf(said).slice(skip)
        const isMore = said.object["more"] === true
        return [{ ...said.object, results, ...(isMore ? { next: `offset-${skip + results.length}` } : {}) }]
      }
    }
  }),
  breaks("SEARCH-8", "begins-with-the-last", "begins a page with the last result of the page before", () => {
    const last = new Map<number, JsonObject>()
    return whenFound((page, wire) => {
      const results = resultsOf(page)
      const before = page.to?.["before"] === undefined ? undefined : last.get(wire.nth)
      if (results.length > 0) last.set(wire.nth, results.at(-1)!)
      return before === undefined ? undefined : { ...page.object, results: [before, ...results.slice(0, -1)] }
    })()
  }),
  breaks(
    "SEARCH-8",
    "skips-a-result",
    "leaves out the result after a page",
    whenFound((page) =>
      page.to?.["before"] === undefined || resultsOf(page).length === 0
        ? undefined
        : { ...page.object, results: resultsOf(page).slice(1) }
    )
  ),
  breaks(
    "SEARCH-9",
    "one-result-too-few",
    "puts one result less into a page than it may",
    whenSearched((asked) => (Number(asked["limit"]) > 1 ? { ...asked, limit: Number(asked["limit"]) - 1 } : undefined))
  ),
  breaks(
    "SEARCH-9",
    "two-results-at-the-most",
    "puts two results into a page when no limit is given",
    whenSearched((asked) => (asked["limit"] === undefined ? { ...asked, limit: 2 } : undefined))
  ),
  breaks(
    "SEARCH-9",
    "too-large-to-be-found",
    "leaves out a result that needs more bytes than its text and 4,096 others",
    whenSaid((said, wire) => {
      if (said.type !== "search") return undefined
      const most = 2 * wire.limit("text") + 4_096
      const results = resultsOf(said).filter((result) => JSON.stringify(result).length <= most)
      return results.length < resultsOf(said).length ? [{ ...said.object, results }] : undefined
    })
  ),
  breaks("SEARCH-9", "filters-after-the-cut", "cuts a page before it looks whose the results are", () => {
    const authors = new Map<string, string>()
    return {
      request: ({ object }, wire) => {
        if (object?.["type"] !== "search" || typeof object["from"] !== "string") return undefined
        wire.hit()
        authors.set(`${wire.nth} ${String(object["id"])}`, object["from"].toLowerCase())
        return [without(object, "from")]
      },
      reply: (said, wire) => {
        const author = authors.get(`${wire.nth} ${String(said.object["re"])}`)
        if (said.type !== "search" || author === undefined) return undefined
        return [{ ...said.object, results: resultsOf(said).filter(({ from }) => from === author) }]
      }
    }
  }),
  breaks(
    "SEARCH-10",
    "results-never-say-more",
    "never says more of a page of results",
    whenFound(({ object }) => (object["more"] === true ? without(object, "more", "next") : undefined))
  ),
  breaks(
    "SEARCH-10",
    "results-always-say-more",
    "says more of every page of results",
    whenFound(({ object }) =>
      object["more"] === true ? undefined : { ...object, more: true, next: "nothing-follows" }
    )
  ),
  breaks(
    "SEARCH-10",
    "full-pages-say-more",
    "says more of every page that is full",
    whenFound((page) =>
      page.object["more"] !== true && resultsOf(page).length === page.to?.["limit"]
        ? { ...page.object, more: true, next: "nothing-follows" }
        : undefined
    )
  ),
  breaks(
    "SEARCH-10",
    "more-without-next",
    "says more and doesn't say where",
    whenFound(({ object }) => (object["next"] === undefined ? undefined : without(object, "next")))
  ),

  // What can't be searched for
  breaks(
    "SEARCH-11",
    "no-words-no-results",
    "answers a search without words by an empty page",
    answersNothingTo((said) => isRefusal(said, "bad-text"))
  ),
  breaks(
    "SEARCH-11",
    "searches-any-length",
    "answers a search for a text that is too long by an empty page",
    answersNothingTo((said) => isRefusal(said, "too-long"))
  ),
  breaks(
    "SEARCH-11",
    "rooms-before-words",
    "looks at the room before it looks for words",
    whenSaid((said, wire) =>
      isRefusal(said, "bad-text") &&
      said.to?.["type"] === "search" &&
      said.to["room"] !== undefined &&
      !wire.rooms.has(String(said.to["room"]))
        ? [refusal(said.to["id"], "not-joined", "room")]
        : undefined
    )
  ),
  breaks(
    "SEARCH-12",
    "searches-any-number",
    "takes a limit below 1 for none",
    whenSearched((asked) => (Number(asked["limit"]) < 1 ? without(asked, "limit") : undefined))
  ),
  breaks(
    "SEARCH-12",
    "searches-any-time",
    "takes a time of any form",
    answersNothingTo((said) => isRefusal(said, "bad-request") && /since|until/u.test(String(said.object["field"])))
  ),
  breaks(
    "SEARCH-12",
    "searches-before-anything",
    "takes any text for a cursor",
    answersNothingTo((said) => isRefusal(said, "bad-request") && said.object["field"] === "before")
  ),

  // What others write
  breaks("SEARCH-13", "index-lags", "finds an entry only when the next has come", () => {
    const newest = new Map<string, unknown>()
    return whenSaid((said) => {
      if (said.type === "sent") newest.set(String(said.object["room"]), said.object["seq"])
      if (said.type !== "search") return undefined
      const left = resultsOf(said).filter(({ room, seq }) => newest.get(String(room)) !== seq)
      return left.length === resultsOf(said).length ? undefined : [{ ...said.object, results: left }]
    })()
  }),
  breaks(
    "SEARCH-14",
    "counts-other-rooms",
    "cuts a page before it looks in which rooms the results are",
    findsAnother(({ all, page, query, wire }) => {
      if (query.limit === undefined || query.room !== undefined) return undefined
      const results = resultsOf(page)
      const seen = all.filter((entry) => isFound(entry, query.text)).slice(0, query.limit)
      const own = seen.filter(({ room }) => wire.rooms.has(String(room)))
      return own.length >= results.length ? undefined : { ...page.object, results: results.slice(0, own.length) }
    })
  ),
  breaks(
    "SEARCH-14",
    "more-elsewhere",
    "says more when there are results in other rooms",
    findsAnother(({ all, own, page, query }) =>
      page.object["more"] !== true && all.some((entry) => isFound(entry, query.text) && !own.includes(entry))
        ? { ...page.object, more: true, next: "elsewhere" }
        : undefined
    )
  ),
  breaks("SEARCH-14", "cursors-count", "counts the entries of all rooms in its cursors", () => {
    const { log, note } = makeLog()
    const places = new Map<string, string>()
    return {
      request: ({ object }) => {
        const place = object?.["type"] === "search" ? places.get(String(object["before"])) : undefined
        return object === undefined || place === undefined ? undefined : [{ ...object, before: place }]
      },
      reply: (said, wire) => {
        note(said)
        if (said.type !== "search" || typeof said.object["next"] !== "string") return undefined
        const last = resultsOf(said).at(-1)
        const count = log.findIndex(({ room, seq }) => room === last?.["room"] && seq === last?.["seq"]) + 1
        if (count === 0) return undefined
        wire.hit()
        places.set(String(count), said.object["next"])
        return [{ ...said.object, next: String(count) }]
      }
    }
  }),
  breaks(
    "SEARCH-15",
    "never-forgets",
    "finds what its logs have given up",
    findsAnother(({ own, page, query }) => {
      const results = resultsOf(page)
      const oldest = Math.min(...results.map(({ seq }) => Number(seq)))
      const gone = own.filter((entry) => Number(entry["seq"]) < oldest && isFound(entry, query.text))
      return page.object["more"] === true || query.room === undefined || results.length === 0 || gone.length === 0
        ? undefined
        : { ...page.object, results: [...results, ...gone] }
    })
  ),
  breaks(
    "SEARCH-15",
    "first-of-another-time",
    "doesn't find the oldest entries that its logs still have",
    leavingOut(({ seq }, query) => query["room"] !== undefined && Number(seq) > 20 && Number(seq) < 100)
  ),

  // What the core says of every request
  silent(searches),
  strict(searches),
  breaks(
    "JSON-5",
    "search-of-any-type",
    "answers a search with a field of another type by an empty page",
    answersNothingTo(
      (said) => isRefusal(said, "bad-request") && typeof said.to?.[String(said.object["field"])] !== "string"
    )
  ),
  breaks(
    "JSON-6",
    "search-rounds",
    "rounds the limit of a search",
    whenSearched((asked) =>
      typeof asked["limit"] === "number" && !Number.isSafeInteger(asked["limit"])
        ? { ...asked, limit: Math.min(Math.floor(asked["limit"]), Number.MAX_SAFE_INTEGER) }
        : undefined
    )
  ),
  ofAnyName(searches)
]

/** The words of a text, as they are written. */
function letters(text: unknown): ReadonlyArray<string> {
  return String(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
}

function lower(word: string): string {
  return word.toLowerCase()
}

/** All of them stand before a server that keeps its logs. */
export const search = mutants.map((mutant): Mutant => ({ ...mutant, host: "durable" }))
