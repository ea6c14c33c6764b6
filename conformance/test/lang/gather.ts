/**
 * The phrases that the suite's sources hold for a person to read, found where tests say them: so that none is forgotten in a translation.
 *
 * @module
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "vitest/node"
import { dialoguesOf } from "../../src/spec/dialogues.ts"
import { readChapters } from "../../src/spec/requirements.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A phrase, with `{}` for what varies, and the file that says it. */
export interface Gathered {
  readonly phrase: string
  readonly file: string
}

// The fields, the variables and the calls' arguments that hold prose.
const fields = new Set(["expected", "got", "sent", "reason", "title"])
const calls = new Map<string, ReadonlyArray<number>>(
  Object.entries({
    scenario: [0],
    property: [0],
    play: [0],
    backsOff: [0],
    isNotRepeated: [0, 1],
    vectorTest: [0],
    notRun: [0],
    note: [0],
    take: [1],
    until: [1],
    wait: [1],
    need: [1],
    nextReply: [1],
    not: [1],
    stop: [1],
    noteDeath: [0]
  })
)

/** Every phrase of the tests and of what they are written with, and the titles that the spec gives to tests. */
export const gather = (): ReadonlyArray<Gathered> => [
  ...sources("suite/**/*.test.ts", "suite-clients/**/*.test.ts").flatMap((file) => phrasesIn(file, proseOf)),
  ...sources("src/**/*.ts")
    .filter((file) => !elsewhere.test(file))
    .flatMap((file) => phrasesIn(file, anyText)),
  ...dialoguesOf(readChapters()).dialogues.map(({ chapter, title }) => ({ phrase: title, file: `spec/${chapter}.md` }))
]

// What these say is in the catalogue of words, or is no prose of the suite's: the scripted server's messages, what the spec's checks say,
// what a schema says.
const elsewhere = /^src\/(?:lang|spec|generated|report|main|run\/(?:explain|judged)|proxy\/happening|clients\/host)\b/u

const sources = (...patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  globSync(patterns, { cwd: root }).toSorted()

/** Which expressions of a node, if any, a person may read. */
type Prose = (node: Node) => ReadonlyArray<unknown>

const phrasesIn = (file: string, prose: Prose): ReadonlyArray<Gathered> => {
  const found = new Set<string>()
  const tree: unknown = parseAst(readFileSync(join(root, file), "utf8"), { lang: "ts" }, file)
  visit(tree, (node) => {
    for (const expression of prose(node)) for (const phrase of readings(expression)) found.add(phrase)
  })
  return [...found].filter(isProse).map((phrase) => ({ phrase, file }))
}

/** A node of ESTree, as far as we look at it. */
type Node = { readonly type: string } & Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string"

const visit = (value: unknown, see: (node: Node) => void): void => {
  if (Array.isArray(value)) for (const each of value) visit(each, see)
  else if (isNode(value) && nameOf(value["callee"]) !== "SuiteFault") {
    see(value)
    for (const each of Object.values(value)) visit(each, see)
  }
}

const nameOf = (node: unknown): string => {
  if (!isNode(node)) return ""
  if (node.type === "MemberExpression") return nameOf(node["property"])
  return typeof node["name"] === "string" ? node["name"] : ""
}

/** In tests, texts are data as often as prose: only what stands where prose stands. */
const proseOf: Prose = (node) => {
  switch (node.type) {
    case "Property":
      return fields.has(nameOf(node["key"])) ? [node["value"]] : []
    case "VariableDeclarator":
      return fields.has(nameOf(node["id"])) ? [node["init"]] : []
    case "CallExpression": {
      const given = node["arguments"] as ReadonlyArray<unknown>
      return (calls.get(nameOf(node["callee"])) ?? []).map((nth) => given[nth])
    }
    default:
      return []
  }
}

/** In what tests are written with, every text of several words is prose. */
const anyText: Prose = (node) =>
  (node.type === "Literal" && / /u.test(String(node["value"]))) || node.type === "TemplateLiteral"
    ? [node]
    : proseOf(node)

/** The texts that an expression may come to, with holes; and those that may come to stand in its holes. */
const readings = (node: unknown): ReadonlyArray<string> => {
  if (!isNode(node)) return []
  switch (node.type) {
    case "Literal":
      return typeof node["value"] === "string" ? [node["value"]] : []
    case "TemplateLiteral": {
      const quasis = node["quasis"] as ReadonlyArray<{ readonly value: { readonly cooked: string } }>
      const whole = quasis.map(({ value }) => value.cooked).join("{}")
      return [whole, ...(node["expressions"] as ReadonlyArray<unknown>).flatMap(readings)]
    }
    case "ConditionalExpression":
      return [...readings(node["consequent"]), ...readings(node["alternate"])]
    case "LogicalExpression":
      return [...readings(node["left"]), ...readings(node["right"])]
    case "ArrayExpression":
      return (node["elements"] as ReadonlyArray<unknown>).flatMap(readings)
    case "ArrowFunctionExpression":
      return readings(node["body"])
    default:
      return []
  }
}

// Durations, verdicts and lines that the catalogue of words has, commands, the beginning of a sentence that is looked for.
const noProse =
  /^(?:\d+ |\{\} )(?:millis|seconds?)$|^not (?:run|claimed|judged)$|^(?:stale )?expected failure$|^npm |^--\w+ \{\}$|^the line is not$|^the suite (?:ends|turns)|\.test\.ts$|^\S+\.json$|^"\{\}" "\{\}"|^on the way$|^, then $|^\{\} \.{3} |\n$|^ {2}/u

/** Whether there are words in it, besides code, JSON and names. */
const isProse = (phrase: string): boolean =>
  !noProse.test(phrase) &&
  /\p{Ll}{2}/u.test(phrase.replace(/`[^`]*`|"[^"]*"|\{\}/gu, "").replace(/\b[a-z]+(?:-[a-z]+)+\b/gu, ""))
