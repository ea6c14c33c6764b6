#!/usr/bin/env node
/**
 * The command `tertulia`, on any Node from 20 on: it runs main.ts, which takes Node 24. Where this one is older, the one that `npm ci` has
 * brought along does it.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const main = new URL("../src/main.ts", import.meta.url)

/** The Node beside the packages; undefined where there is none. */
const nodeBeside = () => {
  try {
    return createRequire(import.meta.url).resolve("node/bin/node")
  } catch {
    return undefined
  }
}

/** Runs the command in a process of its own, and ends as it does. */
const runBy = (node) => {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" })
  // A terminal gives Ctrl-C to both of them.
  process.on("SIGINT", () => {})
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.once("error", ({ message }) => fail(`can't start ${node}: ${message}`))
  child.once("close", (code, signal) => {
    process.exitCode = code ?? 1
    if (signal !== null) process.stderr.write(`tertulia: ended by ${signal}\n`)
  })
}

const fail = (message) => {
  process.stderr.write(`tertulia: ${message}\n`)
  process.exitCode = 1
}

if (Number.parseInt(process.versions.node, 10) >= 24) {
  await import(main.href)
} else {
  const node = nodeBeside()
  if (node === undefined) fail(`it takes Node 24, and this is ${process.versions.node}: run npm ci in its folder`)
  else runBy(node)
}
