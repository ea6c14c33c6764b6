import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "conformance/test/**/*.test.ts", "{.ci,fuzz,abuse}/*.test.ts"],
    // The suite speaks the language of the locale; what tests read of it is English, on any machine.
    env: { LC_ALL: "C.UTF-8" },
    pool: "forks",
    // They wait for processes and clocks as much as they work.
    maxWorkers: 3,
    // What hangs is to be found out; how fast it is isn't asked here, be the machine as busy as it may.
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
