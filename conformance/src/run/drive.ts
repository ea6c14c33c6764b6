/**
 * Runs the suite's test files with vitest, in one worker, and hands over what each test came to.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import type { Reporter, TestCase, TestModule, TestSpecification } from "vitest/node"
import { BaseSequencer, startVitest } from "vitest/node"
import type { SuiteOptions, TestPlan } from "../suite.ts"
import type { Outcome } from "../verdict.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const shuffled = fileURLToPath(new URL("shuffled.ts", import.meta.url))

/** One test, before it runs or after. */
export interface TestReport extends TestPlan {
  /** The chapter: the test file's name. */
  readonly chapter: string
  readonly outcome?: Outcome
}

/** What came of one run of vitest. */
export interface Driven {
  /** Every registered test, as counted when the files were loaded: what the verdicts must add up to. */
  readonly plan: ReadonlyArray<TestReport>
  readonly reports: ReadonlyArray<TestReport>
  /** What went wrong in the suite itself. */
  readonly faults: ReadonlyArray<string>
}

/** Is told as tests end. */
export interface Watcher {
  readonly onPlan?: (chapter: string, selected: number) => void
  readonly onTest?: (report: TestReport) => void
  readonly onChapter?: (chapter: string) => void
}

/** Drives one run. */
export const drive = async (options: SuiteOptions, watcher: Watcher = {}): Promise<Driven> => {
  const plan: Array<TestReport> = []
  const reports: Array<TestReport> = []
  const faults: Array<string> = []
  const reporter: Reporter = {
    onTestModuleCollected: (module) => {
      const found = [...module.children.allTests()].map(reportOf)
      plan.push(...found)
      watcher.onPlan?.(chapterOf(module), found.filter(({ selected }) => selected).length)
    },
    onTestCaseResult: (test) => {
      const report = reportOf(test)
      reports.push(report)
      if (report.selected && options.mode === "run") watcher.onTest?.(report)
    },
    onTestModuleEnd: (module) => watcher.onChapter?.(chapterOf(module)),
    onTestRunEnd: (modules, errors) => {
      for (const module of modules) {
        faults.push(...module.errors().map((error) => `${chapterOf(module)}: ${error.stack ?? error.message}`))
      }
      faults.push(...errors.map((error) => error.stack ?? error.message))
    }
  }
  const { exitCode } = process
  const vitest = await startVitest(
    [],
    {
      root,
      config: false,
      watch: false,
      include: filesOf(options),
      reporters: [reporter],
      pool: "threads",
      maxWorkers: 1,
      isolate: false,
      fileParallelism: false,
      maxConcurrency: options.parallel,
      provide: { suite: options },
      ...(options.shuffle === true
        ? { runner: shuffled, sequence: { shuffle: { files: true, tests: false }, seed: options.seed } }
        : { sequence: { sequencer: InTheSpecsOrder } }),
      passWithNoTests: true,
      disableConsoleIntercept: true,
      silent: false
    },
    { logLevel: "error" }
  )
  await vitest.close()
  // To vitest a test that failed makes the process fail; what it means is for the verdicts to say.
  process.exitCode = exitCode
  return { plan, reports, faults }
}

const filesOf = ({ client, selection: { chapters = ["**/*"] } }: SuiteOptions): Array<string> => {
  const fileOf = client === undefined ? serverTests : clientTests
  return chapters.map(fileOf)
}

const serverTests = (chapter: string) => `suite/${chapter}.test.ts`
const clientTests = (chapter: string) => `suite-clients/${chapter}.test.ts`

// The chapters of the spec in the order in which it is read, then what goes across them.
const chapters = ["wire", "session", "rooms", "order", "registries", "versioning", "conformance"]

/** Runs the files in the order of the spec: vitest wants a class. */
class InTheSpecsOrder extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = chapters.findIndex((chapter) => moduleId.endsWith(`/${chapter}.test.ts`))
      return at === -1 ? chapters.length : at
    }
    const byName = (one: TestSpecification, other: TestSpecification) => (one.moduleId < other.moduleId ? -1 : 1)
    return Promise.resolve(files.toSorted((one, other) => place(one) - place(other) || byName(one, other)))
  }
}

const chapterOf = (module: TestModule): string => module.moduleId.replace(/^.*[\\/]([^\\/]+)\.test\.ts$/u, "$1")

const reportOf = (test: TestCase): TestReport => {
  const { outcome, plan } = test.meta()
  const known = plan ?? { title: test.name, ids: [], profile: "core", kind: "scenario", selected: true }
  return { ...known, chapter: chapterOf(test.module), ...(outcome === undefined ? {} : { outcome }) }
}
