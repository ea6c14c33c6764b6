import { defineConfig } from "vitest/config"

/** For whoever writes tests of the suite; `npm run conformance` needs none of it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["suite/**/*.test.ts"],
    globalSetup: ["src/run/watch.ts"],
    pool: "threads",
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    maxConcurrency: 8
  }
})
