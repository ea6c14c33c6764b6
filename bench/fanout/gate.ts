#!/usr/bin/env node
/**
 * `npm run bench:gate`: whether a delivery still costs what it should. The processor time that the server uses for a million deliveries,
 * over what the raw Node relay uses for them in the same minute: not the time that passes, which a busy machine makes longer.
 * Servers take turns, and the median of the rounds counts. One attempt that holds is enough: noise only ever adds.
 *
 * @module
 */
import { styleText } from "node:util"
import { median } from "../times.ts"
import { type Measured, prepare, putLoad } from "./load.ts"
import { named, withServer } from "./servers.ts"

interface Bound {
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** The most that it may be: what was measured on a quiet machine, and a third on top. */
  readonly most: number
}

const bounds: ReadonlyArray<Bound> = [
  { name: "one room of 100", args: ["--members", "100", "--senders", "10", "--window", "64"], most: 1.8 },
  {
    name: "ten rooms of 10",
    args: ["--rooms", "10", "--members", "10", "--senders", "2", "--window", "64"],
    most: 4.5
  }
]

const rounds = 3
const attempts = 3

const costOf = (name: string, args: ReadonlyArray<string>): Promise<number> => {
  const contender = named(name)
  return withServer(contender, async (server) => {
    const measured = await putLoad<Measured>(contender, server, [...args, "--seconds", "1", "--warm-up", "1"])
    if (measured.lost > 0) throw new Error(`${name} has lost ${measured.lost} deliveries`)
    return measured.cpuPerMillion
  })
}

const ratioOf = async ({ args }: Bound): Promise<number> => {
  const ours: Array<number> = []
  const relays: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await costOf("Tertulia, in memory", args))
    relays.push(await costOf("raw Node relay", args))
  }
  return median(ours) / median(relays)
}

prepare()
for (const bound of bounds) {
  let holds = false
  for (let attempt = 1; attempt <= attempts && !holds; attempt++) {
    const ratio = await ratioOf(bound)
    holds = ratio <= bound.most
    const verdict = holds ? styleText("green", "holds") : styleText("red", "too much")
    process.stdout.write(
      `${bound.name.padEnd(18)} ${ratio.toFixed(2)} of what the raw Node relay uses for a delivery; at most ${bound.most.toFixed(2)}  ${verdict}\n`
    )
  }
  if (!holds) process.exitCode = 1
}
