import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "conformance/test/**/*.test.ts", "{.ci,fuzz,abuse}/*.test.ts"],
    // The suite speaks the language of the locale; what tests read of it is English, on any machine.
    env: { LC_ALL: "C.UTF-8" },
    pool: "forks",
    maxWorkers: 2
  }
})
