/**
 * A thread that plays case after case, and tells of each before it begins: whatever becomes of the thread, what it was at is known.
 *
 * @module
 */
import v8 from "node:v8"
import vm from "node:vm"
import { parentPort, workerData } from "node:worker_threads"
import { type Case, type Finding, linesIn, type Reproduction, type Rules } from "./case.ts"
import { type Conversation, conversations } from "./corpus.ts"
import { makeCoverage } from "./coverage.ts"
import { openHouse } from "./house.ts"
import { makeCase, makeRules } from "./mutate.ts"
import { play, replay } from "./play.ts"
import { makeRandom } from "./random.ts"

/** What a thread is to do: play so many lines, or whatever it is sent. */
export type Task = { readonly seed: number; readonly lines: number } | "what it is sent"

/** What a thread tells. */
export type Told =
  | { readonly _tag: "House"; readonly rules: Rules }
  | { readonly _tag: "Case"; readonly turns: Case }
  | { readonly _tag: "Played"; readonly lines: number; readonly answers: ReadonlyArray<string> }
  | { readonly _tag: "Left"; readonly heap: number; readonly branches: number; readonly kept: number }
  | { readonly _tag: "Found"; readonly finding: Finding }
  | { readonly _tag: "Replayed"; readonly finding: Finding | undefined }
  | { readonly _tag: "Done" }

const port = parentPort!
const tell = (told: Told) => port.postMessage(told)

/** Cases that are played in one house. */
const casesPerHouse = 100

/** One house in four keeps its rooms in a file. Of twelve, two are watched for branches that have never run: one of either kind. */
const isDurable = (nth: number) => nth % 4 === 1
const watched = [0, 5]
const watchedEach = 12

/** Cases that are kept because they got somewhere new, and are begun with again. */
const mostKept = 1_000

v8.setFlagsFromString("--expose-gc")
const collect = vm.runInNewContext("gc") as () => void

const answersIn = (text: string, answers: Set<string>) => {
  for (const [, type, code] of text.matchAll(/^\{"type":"([a-z]+)"(?:,"re":[0-9]+)?(?:,"code":"([a-z-]+)")?/gmu))
    answers.add(code === undefined ? type! : `${type} ${code}`)
}

/** What a case says, to be begun with again. */
const conversationOf = (turns: Case): Conversation =>
  turns.map(({ bytes, who }) => ({ who, text: Buffer.from(bytes, "latin1").toString("utf8").replace(/\n+$/u, "") }))

const run = async (seed: number, lines: number) => {
  const coverage = makeCoverage()
  const seeds: Array<Conversation> = [...conversations]
  let played = 0
  for (let nth = 0; played < lines; nth++) {
    const rules = makeRules(makeRandom(seed, nth), isDurable(nth))
    const isWatched = watched.includes(nth % watchedEach)
    tell({ _tag: "House", rules })
    const house = await openHouse(rules)
    for (let at = 0; at < casesPerHouse && played < lines; at++) {
      const turns = makeCase(makeRandom(seed, nth, at), seeds)
      const answers = new Set<string>()
      tell({ _tag: "Case", turns })
      const finding = await play(house, turns, (text) => answersIn(text, answers))
      if (finding !== undefined) tell({ _tag: "Found", finding })
      played += linesIn(turns)
      tell({ _tag: "Played", lines: linesIn(turns), answers: [...answers] })
      if (isWatched && coverage.look() > 0 && nth >= watchedEach) {
        seeds.push(conversationOf(turns))
        if (seeds.length > mostKept) seeds.splice(conversations.length, 1)
      }
    }
    await house.close()
    collect()
    tell({
      _tag: "Left",
      heap: process.memoryUsage().heapUsed,
      branches: coverage.total(),
      kept: seeds.length - conversations.length
    })
  }
  tell({ _tag: "Done" })
}

const task = workerData as Task
if (task === "what it is sent") {
  port.on("message", (reproduction: Reproduction) => {
    void replay(reproduction).then((finding) => tell({ _tag: "Replayed", finding }))
  })
} else {
  await run(task.seed, task.lines)
}
