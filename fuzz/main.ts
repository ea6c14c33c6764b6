#!/usr/bin/env node
/**
 * `npm run fuzz`: broken lines without end, in a server in this process, until one is answered wrongly, or all are answered. Exit 0 when
 * nothing was found, 1 when something was, 2 when it wasn't asked for rightly.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs, styleText } from "node:util"
import type { Reproduction } from "./case.ts"
import { inLines, linesOf, minimise, type Outcome, type Progress, run, tryAgain } from "./run.ts"

const help = `npm run fuzz -- [options]

Sends mutated conversations to a server in this process, over connections in memory, and judges every answer: each line has one, in
order, of a registered code; none tells of the server's inside; nothing crashes, hangs, grows or stays behind.

  --lines N      how many lines are sent (default 1000000)
  --seed N       what the lines follow from (default: another each time; it is shown)
  --replay FILE  play what an earlier run has found
  --help         this
`

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

const count = (text: string, flag: string): number =>
  /^[1-9][0-9]{0,14}$/u.test(text)
    ? Number(text)
    : fail(`--${flag} is ${JSON.stringify(text)}: it must be a positive integer`)

const options = (() => {
  try {
    const { values } = parseArgs({
      options: {
        lines: { type: "string", default: "1000000" },
        seed: { type: "string", default: String(1 + Math.floor(Math.random() * 1e9)) },
        replay: { type: "string" },
        help: { type: "boolean", default: false }
      }
    })
    return values
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${help}`)
  }
})()

const grouped = (value: number) => value.toLocaleString("en")
const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`
const isTerminal = process.stderr.isTTY === true
const good = (text: string) => styleText("green", text, { stream: process.stdout })
const bad = (text: string) => styleText("red", text, { stream: process.stdout })

const began = performance.now()
const seconds = () => (performance.now() - began) / 1_000
let shownAt = 0

/** On a terminal one line that changes; elsewhere a line now and then. */
const show = (lines: number) => (progress: Progress) => {
  const now = seconds()
  if (now - shownAt < (isTerminal ? 0.2 : 30)) return
  shownAt = now
  const part = `${grouped(progress.lines)} of ${grouped(lines)} lines, ${grouped(Math.round(progress.lines / now))} a second`
  const heap = progress.heaps.at(-1)
  const more = `${progress.branches} branches, ${progress.answers.size} kinds of answers${heap === undefined ? "" : `, ${mebibytes(heap)}`}`
  process.stderr.write(isTerminal ? `\r\u001b[K${part}, ${more}` : `${part}, ${more}\n`)
}

const figures = ({ answers, branches, cases, heaps, houses, kept, lines }: Outcome) => {
  const [first, last] = [heaps[0], heaps.at(-1)]
  const heap =
    first === undefined || last === undefined
      ? ""
      : `; heap ${mebibytes(first)} at first, ${mebibytes(last)} at last, ${mebibytes(Math.max(...heaps))} at most`
  return (
    `${grouped(lines)} lines in ${grouped(cases)} cases on ${houses} servers, ${seconds().toFixed(0)} s, ${grouped(Math.round(lines / seconds()))} a second\n` +
    `${answers.size} kinds of answers, ${branches} branches, ${kept} cases that got somewhere new${heap}\n`
  )
}

const tellOf = (kind: string, what: string, reproduction: Reproduction, file: string) => {
  const profile = reproduction.rules.durable ? "rooms in a file" : "rooms in memory"
  process.stdout.write(
    `${bad(`found: ${kind}`)}\n${what.replace(/^/gmu, "  ")}\n\nit shows with ${linesOf(reproduction)} lines (${profile}):\n${inLines(reproduction)}\n\n` +
      `again: npm run fuzz -- --replay ${file}\n`
  )
}

const replayed = async (file: string): Promise<number> => {
  let reproduction: Reproduction
  try {
    reproduction = JSON.parse(readFileSync(file, "utf8"))
  } catch (error) {
    return fail(`${file} can't be read: ${(error as Error).message}`)
  }
  const finding = await tryAgain(reproduction)
  if (finding === undefined) process.stdout.write(`${good("nothing is wrong with that any more")}\n`)
  else tellOf(finding.kind, finding.what, reproduction, file)
  return finding === undefined ? 0 : 1
}

const searched = async (lines: number, seed: number): Promise<number> => {
  process.stderr.write(`seed ${seed}\n`)
  const outcome = await run({ lines, seed }, show(lines))
  if (isTerminal) process.stderr.write("\r\u001b[K")
  process.stdout.write(figures(outcome))
  if (outcome.found === undefined) {
    process.stdout.write(`${good("nothing found")} (seed ${seed})\n`)
    return 0
  }
  const { finding, reproduction } = outcome.found
  process.stderr.write(`found: ${finding.kind}; making it shorter\n`)
  const shorter = await minimise(reproduction, finding, 120)
  const file = `fuzz-finding-${seed}.json`
  writeFileSync(file, `${JSON.stringify(shorter ?? reproduction)}\n`)
  tellOf(finding.kind, finding.what, shorter ?? reproduction, file)
  if (shorter === undefined)
    process.stdout.write(`it didn't show again; the file has all of it, and so has --lines ${lines} --seed ${seed}\n`)
  return 1
}

if (options.help) process.stdout.write(help)
else if (options.replay !== undefined) process.exitCode = await replayed(options.replay)
else process.exitCode = await searched(count(options.lines, "lines"), count(options.seed, "seed"))
