/**
 * What becomes of the histories in which a requirement is broken: each is kept in a file, and told as a story.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { historyJson } from "../history/file.ts"
import { storyOf } from "../history/story.ts"
import type { Results, TestResult } from "./results.ts"

/**
 * Gives each test that has failed by a history its story. It takes a second or two of work, so it is done when no test runs any more.
 *
 * @param folder where `history-1.json`, ... are written
 */
export const withStories = (results: Results, folder: string): Results => {
  const histories = results.tests.filter(({ outcome }) => outcome.history !== undefined)
  return { ...results, tests: results.tests.map((test) => withStory(test, histories.indexOf(test) + 1, folder)) }
}

const withStory = (test: TestResult, nth: number, folder: string): TestResult => {
  const { finding, history } = test.outcome
  const story = history === undefined ? undefined : storyOf(history, finding?.requirement)
  if (history === undefined || story === undefined) return test
  const file = join(folder, `history-${nth}.json`)
  return { ...test, story: { ...story, ...(isWritten(folder, file, historyJson(history)) ? { file } : {}) } }
}

/** What was found isn't worth less because the folder can't be written: nobody may have asked for reports. */
const isWritten = (folder: string, file: string, text: string): boolean => {
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, text)
    return true
  } catch {
    return false
  }
}
