/**
 * How vitest runs the tests of one file when their order is drawn: its own shuffling leaves tests that run at once as they stand.
 *
 * @module
 */
import * as fc from "fast-check"
import { TestRunner } from "vitest"

type Suite = Parameters<TestRunner["onBeforeRunSuite"]>[0]

/** vitest wants a class. */
export default class ShuffledRunner extends TestRunner {
  override async onBeforeRunSuite(suite: Suite): Promise<void> {
    await super.onBeforeRunSuite(suite)
    const { length } = suite.tasks
    const orders = fc.shuffledSubarray(suite.tasks, { minLength: length, maxLength: length })
    suite.tasks = fc.sample(orders, { seed: this.config.sequence.seed, numRuns: 1 })[0]!
  }
}
