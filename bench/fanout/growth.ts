#!/usr/bin/env node
/**
 * `npm run bench:growth`: how the cost of a delivery, and the time that it takes, grow with the members of a room, with the rooms, and with
 * connections that do nothing, beside the raw Node relay; and how the cost of an entry, a page and a start grows with the length of a
 * history. Writes bench/results/growth.md and its plots.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs, styleText } from "node:util"
import { median } from "../times.ts"
import { lengthen, page } from "./lengths.ts"
import { type Measured, prepare, putLoad } from "./load.ts"
import { commit, inOneLine, machineWith } from "./machine.ts"
import { micro, table } from "./markdown.ts"
import { type Line, lines } from "./plot.ts"
import { type Contender, named, withServer } from "./servers.ts"

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    entries: { type: "string", default: "10000000" },
    rounds: { type: "string", default: "3" }
  }
})
const out = values.out ?? fileURLToPath(new URL("../results", import.meta.url))
const rounds = Number(values.rounds)
const say = (text = ""): void => void process.stdout.write(`${text}\n`)

prepare()

/** What grows, and what the load is told for each size. */
interface Growth {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly sizes: ReadonlyArray<number>
  readonly args: (size: number) => Readonly<Record<string, number>>
}

const growths: ReadonlyArray<Growth> = [
  {
    name: "members",
    title: "members of one room",
    about: "One room; ten of its members send, and 16 messages are under way.",
    sizes: [10, 100, 1_000, 10_000],
    args: (members) => ({ members, senders: 10, window: 16 })
  },
  {
    name: "rooms",
    title: "rooms of ten",
    about:
      "Two members of each room send. As many messages are under way in all, 1,000, but for 10,000 rooms, which have one each. Above 100 rooms there are a thousand connections, each in several.",
    sizes: [1, 10, 100, 1_000, 10_000],
    args: (rooms) => ({
      rooms,
      "rooms-each": Math.max(1, rooms / 100),
      members: 10,
      senders: 2,
      window: Math.max(1, Math.round(1_000 / rooms))
    })
  },
  {
    name: "connections",
    title: "connections, of which 100 talk",
    about:
      "One room of 100, of whom ten send, 16 messages under way; all other connections have logged in and do nothing.",
    sizes: [100, 1_000, 10_000],
    args: (all) => ({ members: 100, senders: 10, window: 16, beside: all - 100 })
  }
]

const pair: ReadonlyArray<Contender> = ["Tertulia, in memory", "raw Node relay"].map(named)

/** Medians of several runs. */
interface Cost {
  readonly size: number
  readonly contender: Contender
  /** Microseconds of the server's processor time per delivery. */
  readonly cost: number
  /** Microseconds until a delivery. */
  readonly p50: number
  readonly p99: number
}

const costOf = async (contender: Contender, size: number, { args }: Growth): Promise<Cost> => {
  const words = Object.entries({ ...args(size), seconds: 1 }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const found: Array<Measured> = []
  for (let round = 0; round < rounds; round++)
    found.push(await withServer(contender, (server) => putLoad<Measured>(contender, server, words)))
  const middle = (field: "cpuPerMillion" | "p50" | "p99") => median(found.map((each) => each[field]))
  const lost = found.reduce((sum, each) => sum + each.lost + each.lostConnections, 0)
  if (lost > 0) throw new Error(`${contender.name} has lost something: ${words.join(" ")}`)
  return { size, contender, cost: middle("cpuPerMillion"), p50: middle("p50"), p99: middle("p99") }
}

const short = (size: number): string => size.toLocaleString("en")

mkdirSync(out, { recursive: true })
const sections: Array<string> = []
const plots = (name: string, all: Readonly<Record<string, string>>): string =>
  Object.entries(all)
    .map(([what, plot]) => {
      const file = `growth-${name}${what}.svg`
      writeFileSync(join(out, file), plot)
      return `![${name}](${file})`
    })
    .join("\n")

for (const growth of growths) {
  say(`\n${styleText("bold", growth.title)}`)
  const costs: Array<Cost> = []
  for (const size of growth.sizes) {
    for (const contender of pair) {
      const found = await costOf(contender, size, growth)
      costs.push(found)
      say(
        `  ${contender.name.padEnd(22)} ${short(size).padStart(8)}  ${found.cost.toFixed(3)} us per delivery, after ${micro(found.p50)}, 99 of 100 after ${micro(found.p99)}`
      )
    }
  }
  const drawn = (field: "cost" | "p50"): ReadonlyArray<Line> =>
    pair.map((contender) => ({
      label: contender.name,
      kind: contender.role,
      points: costs.filter((each) => each.contender === contender).map((each) => [each.size, each[field]] as const)
    }))
  const { about, name, title } = growth
  const pictures = plots(name, {
    "": lines(title, title, "us of processor time per delivery", drawn("cost")),
    "-latency": lines(title, title, "us until a delivery, p50", drawn("p50"))
  })
  const rows = costs.map(({ contender, cost, p50, p99, size }) => [
    `${short(size)}, ${contender.name}`,
    `${cost.toFixed(3)} us`,
    micro(p50),
    micro(p99)
  ])
  sections.push(
    `## ${title}\n\n${about}\n\n${table([title, "processor per delivery", "p50", "p99"], rows)}\n\n${pictures}`
  )
}

say(`\n${styleText("bold", "entries of one room")}`)
const lengths = await lengthen(Number(values.entries), (found) =>
  say(
    `  ${short(found.entries).padStart(10)} entries: ${found.append.toFixed(1)} us per entry, ${micro(found.read)} per page, opened in ${micro(found.start)}`
  )
)
const along = (label: string, kind: Line["kind"], field: "append" | "read" | "start"): Line => ({
  label,
  kind,
  points: lengths.map((found) => [found.entries, found[field]] as const)
})
const history = lines("entries of one room", "entries", "us", [
  along("an entry", "ours", "append"),
  along(`a page of ${page}`, "peer", "read"),
  along("opening the file", "limit", "start")
])
sections.push(
  `## entries of one room\n\nIn a data file, without a network: an entry more, 256 at once, each on the disk; a page anywhere; and until the file is open.\n\n${table(
    ["entries", "an entry", `a page of ${page}`, "opening the file"],
    lengths.map(({ append, entries, read, start }) => [
      short(entries),
      `${append.toFixed(1)} us`,
      micro(read),
      micro(start)
    ])
  )}\n\n${plots("history", { "": history })}`
)

const words = process.argv.slice(2)
const report = `# How cost grows

Written by \`npm run bench:growth${words.length > 0 ? ` -- ${words.join(" ")}` : ""}\` on ${new Date().toISOString().slice(0, 10)} (commit ${commit()}). Machine: ${inOneLine(machineWith([]))}.

Medians of ${rounds} runs, each on a server of its own. The relay has one write per member and turn, too, and checks nothing. What doesn't rise costs the same, however many there are; why what rises does, [notes.md](notes.md) says.

${sections.join("\n\n")}
`
writeFileSync(join(out, "growth.md"), report)
say(`\n${join(out, "growth.md")}`)
