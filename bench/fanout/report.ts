/**
 * The report: Markdown and plots, from results.
 *
 * @module
 */
import type { Case } from "./cases.ts"
import { goalsOf } from "./goals.ts"
import { inOneLine } from "./machine.ts"
import { micro, millions, table } from "./markdown.ts"
import { bars } from "./plot.ts"
import type { RequestRow } from "./requests.ts"
import type { IdleRow, Results, Row } from "./results.ts"

const fileOf = ({ name }: Case): string => `fanout-${name.replaceAll(/[^0-9a-z]+/gu, "-")}.svg`

const rowsOf = ({ rows }: Results, { measure, name }: Case): ReadonlyArray<Row> =>
  rows
    .filter((row) => row.name === name)
    .toSorted((one, other) =>
      measure === "throughput" ? other.deliveriesPerSecond - one.deliveriesPerSecond : one.p50 - other.p50
    )

const sectionOf = (results: Results, each: Case): string => {
  const rows = rowsOf(results, each)
  const head = [
    "server",
    "deliveries/s",
    "least to most",
    "CPU s per million",
    "server CPU",
    "load CPU",
    "bytes each",
    "p50",
    "p99",
    "p99.9",
    "lost"
  ]
  const cells = rows.map((row) => [
    `${row.contender}${row.isNoisy ? " *" : ""}`,
    millions(row.deliveriesPerSecond),
    `${millions(row.least)} to ${millions(row.most)}`,
    row.cpuPerMillion.toFixed(3),
    `${(100 * row.serverCpu).toFixed(0)} %`,
    `${(100 * row.loadCpu).toFixed(0)} %`,
    row.bytesPerDelivery.toFixed(0),
    micro(row.p50),
    micro(row.p99),
    micro(row.p999),
    `${row.lost}`
  ])
  return `### ${each.name}\n\n${each.about}.\n\n![${each.name}](${fileOf(each)})\n\n${table(head, cells)}`
}

const idleSection = (rows: ReadonlyArray<IdleRow>): string =>
  rows.length === 0
    ? ""
    : `## Connections that do nothing\n\n${table(
        ["server", "bytes each, 1,000 to 10,000", "resident before", "connects/s"],
        rows.map((row) => [
          row.contender,
          `${(row.bytesPerConnection / 1e3).toFixed(2)} KB`,
          `${(row.residentBefore / 1e6).toFixed(0)} MB`,
          millions(row.connectionsPerSecond)
        ])
      )}\n\n`

const requestSection = (rows: ReadonlyArray<RequestRow>): string =>
  rows.length === 0
    ? ""
    : `## Single requests\n\nTertulia, durable, from the request to the last byte of what it brings; ${rows[0]!.times} times each.\n\n${table(
        ["request", "p50", "p99"],
        rows.map(({ name, p50, p99 }) => [name, micro(p50), micro(p99)])
      )}\n\n`

/** The files of the report, by name. */
export const report = (results: Results, cases: ReadonlyArray<Case>): Readonly<Record<string, string>> => {
  const { absent, at, command, commit, machine } = results
  const goals = goalsOf(results)
  const mark = (isReached: boolean | undefined) => (isReached === undefined ? "" : isReached ? "reached" : "**missed**")
  const page = `# What it delivers, and what others do

Written by \`${command}\` on ${at.slice(0, 10)} (commit ${commit}); the raw figures are in fanout.json. Machine: ${inOneLine(machine)}.

Every server has one processor to itself, the load another. Rounds are interleaved and the median is told: **compare within a table only**, and take no
difference below 15 % for real. A text has 100 bytes; what is delivered is longer by what each protocol says about it. Where the load's CPU is near
100 %, the server could have done more. Peers keep nothing and are configured to cut nobody off (bench/peers); Tertulia checks, counts and
orders everything as it does by default, with only the bounds on one client's rate raised, and, where it is durable, has each message on the disk
(SQLite, \`synchronous=FULL\`) before anybody sees it. IRC does not send a message back to its sender.
${absent.length === 0 ? "" : `\nNot measured: ${absent.join("; ")}.\n`}
## Goals

${table(
  ["what", "against", "goal", "here", ""],
  goals.map(({ against, isReached, reached, wanted, what }) => [what, against, wanted, reached, mark(isReached)])
)}

## Load

${cases.map((each) => sectionOf(results, each)).join("\n\n")}

${idleSection(results.idle)}${requestSection(results.requests)}\\* the load has waited for its processor: the machine was not quiet.
`
  const plots = cases.map((each) => {
    const isRate = each.measure === "throughput"
    const drawn = rowsOf(results, each).map((row) => ({
      label: row.contender,
      kind: row.role,
      value: isRate ? row.deliveriesPerSecond : row.p50,
      text: isRate ? `${millions(row.deliveriesPerSecond)}/s` : `${micro(row.p50)}, p99 ${micro(row.p99)}`
    }))
    return [fileOf(each), bars(`${each.name}: ${isRate ? "deliveries per second" : "latency, p50"}`, drawn)] as const
  })
  return { "fanout.md": page, ...Object.fromEntries(plots) }
}
