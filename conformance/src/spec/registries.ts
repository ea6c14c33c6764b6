/**
 * The tables of spec/registries.md, and that of rights of spec/moderation.md, against the registries of the protocol package: one of them would drift otherwise.
 *
 * @module
 */
import { byeRegistry, Event, errorRegistry, limitRegistry, replyTypes, rights, roomKinds } from "@tertulia/protocol"
import type { Chapter, SpecFault } from "./requirements.ts"

/** A table of Markdown: its columns, and its rows by column. */
export interface Table {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Readonly<Record<string, string>>>
  /** The number of the line of its head. */
  readonly line: number
}

/** Every table of a chapter. */
export const tablesOf = ({ lines }: Chapter): ReadonlyArray<Table> =>
  lines.flatMap((line, index) => {
    const isHead = line.startsWith("|") && /^\|[-|: ]+\|$/u.test(lines[index + 1] ?? "")
    if (!isHead) return []
    const columns = cellsOf(line)
    const rest = lines.slice(index + 2)
    const end = rest.findIndex((row) => !row.startsWith("|"))
    const rows = (end === -1 ? rest : rest.slice(0, end)).map((row) => {
      const cells = cellsOf(row)
      return Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? ""]))
    })
    return [{ columns, rows, line: index + 1 }]
  })

const cellsOf = (row: string): ReadonlyArray<string> =>
  row
    .replace(/^\||\|$/gu, "")
    .split("|")
    .map((cell) => cell.trim())

const code = (name: string): string => `\`${name}\``
const grouped = (number: number): string => number.toLocaleString("en-US")

interface Expected {
  /** What the table is about, and the columns by which it is known. */
  readonly what: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

const expected: ReadonlyArray<Expected> = [
  {
    what: "error codes",
    columns: ["code", "meaning", "retry"],
    rows: Object.entries(errorRegistry).map(([name, { meaning, retry }]) => [code(name), meaning, retry])
  },
  {
    what: "bye codes",
    columns: ["code", "meaning", "reconnect", "close"],
    rows: Object.entries(byeRegistry).map(([name, { close, meaning, reconnect }]) => [
      code(name),
      meaning,
      reconnect,
      String(close)
    ])
  },
  {
    what: "limits",
    columns: ["name", "unit", "default", "minimum", "what it bounds"],
    rows: Object.entries(limitRegistry).map(([name, { default: byDefault, meaning, minimum, unit }]) => [
      code(name),
      unit,
      grouped(byDefault),
      grouped(minimum),
      meaning
    ])
  },
  {
    what: "requests and replies",
    columns: ["request", "reply"],
    rows: [
      ...Object.entries(replyTypes).map(([request, reply]) => [code(request), code(reply)]),
      ["any", code("error")]
    ]
  },
  {
    what: "events",
    columns: ["event"],
    rows: Object.keys(Event.cases).map((type) => [code(type)])
  }
]

const ofRights: Expected = {
  what: "rights",
  columns: ["action", ...roomKinds],
  rows: Object.entries(rights).map(([action, row]) => [code(action), ...roomKinds.map((kind) => row[kind])])
}

/** What the registries say otherwise than the protocol package, order included. */
export const registryFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> =>
  faultsIn(chapters, "registries", expected)

/** The same of the table of rights. */
export const rightsFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> =>
  faultsIn(chapters, "moderation", [ofRights])

const faultsIn = (
  chapters: ReadonlyArray<Chapter>,
  name: string,
  wanted: ReadonlyArray<Expected>
): ReadonlyArray<SpecFault> => {
  const chapter = chapters.find((each) => each.name === name)
  if (chapter === undefined) return [{ at: `spec/${name}.md`, message: "the chapter is missing" }]
  const tables = tablesOf(chapter)
  return wanted.flatMap((one) => {
    const table = tables.find(({ columns }) => one.columns.every((column) => columns.includes(column)))
    return table === undefined
      ? [{ at: chapter.file, message: `no table of ${one.what}, with the columns ${one.columns.join(", ")}` }]
      : tableFaults(chapter.file, one, table)
  })
}

const tableFaults = (file: string, { columns, rows, what }: Expected, table: Table): ReadonlyArray<SpecFault> => {
  const written = table.rows.map((row) => columns.map((column) => row[column]!).join(" | "))
  const wanted = rows.map((row) => row.join(" | "))
  const length = Math.max(written.length, wanted.length)
  return Array.from({ length }, (_, index) => index)
    .filter((index) => written[index] !== wanted[index])
    .slice(0, 1)
    .map((index) => ({
      at: `${file}:${table.line + 2 + index}`,
      message: `${what}: the table says "${written[index] ?? "nothing"}", packages/protocol "${wanted[index] ?? "nothing"}"`
    }))
}
