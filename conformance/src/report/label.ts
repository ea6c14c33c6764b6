/**
 * An object of the protocol in a few words, for diagrams.
 *
 * @module
 */

// What tells objects of one type apart, in the order in which it is shown.
const told = [
  "nick",
  "room",
  "code",
  "reason",
  "change",
  "after",
  "epoch",
  "seq",
  "head",
  "from",
  "text",
  "field"
] as const

const longest = 16

/** `message #cafe seq 1 leo “hola”`; with `ids`, the request's `id` or the reply's `re`, too. */
export const labelOf = (object: Readonly<Record<string, unknown>>, ids = true): string => {
  const pair = ids ? ["id", "re"].flatMap((name) => numbered(object, name)) : []
  const fields = told.flatMap((name) => (object[name] === undefined ? [] : [shortened(name, object[name])]))
  const resumed = object["resumed"] === undefined ? [] : [object["resumed"] === true ? "resumed" : "not resumed"]
  const members = object["members"]
  const people = object["type"] === "joined" && Array.isArray(members) ? [cut(members.join(" "), 2 * longest)] : []
  return [String(object["type"]), ...pair, ...fields, ...resumed, ...people].join(" ")
}

const numbered = (object: Readonly<Record<string, unknown>>, name: string): ReadonlyArray<string> =>
  object[name] === undefined ? [] : [`${name} ${String(object[name])}`]

const shortened = (name: string, value: unknown): string => {
  const text = cut(typeof value === "string" ? value : JSON.stringify(value), longest)
  if (name === "text") return `“${text}”`
  return ["seq", "head", "after", "epoch"].includes(name) ? `${name} ${text}` : text
}

/** A text of at most so many characters. */
export const cut = (text: string, length: number): string => {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`
}
