#!/usr/bin/env node
/**
 * The command `tertulia` (program.ts), bundled where that can be, and with what Node has compiled of it kept for the next start: that is
 * sooner then, and takes less memory, because Node doesn't load what strips the types.
 *
 * @module
 */
import { enableCompileCache } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { bundled } from "./bundle.ts"

const cache = fileURLToPath(new URL("../../../node_modules/.cache/tertulia", import.meta.url))
const program = (await bundled(cache)) ?? fileURLToPath(new URL("./program.ts", import.meta.url))
const compiled =
  process.env["NODE_COMPILE_CACHE"] ?? join(program.startsWith(cache) ? dirname(program) : cache, "compiled")

// Node 24 takes up to 134 MB for what is new in memory, and keeps it: 10,000 connections that came one after the other and
// do nothing would be twice as large, and a server under load would seem to grow for an hour. A delivery costs the same with less. It can
// be said only to a process that begins; so this one begins anew, and leaves behind what it has loaded so far.
const bound = "--max-semi-space-size=8"

if (process.platform !== "win32" && process.execve !== undefined && process.send === undefined) {
  const given = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""]
  const isBound = given.some((options) => options.includes("semi-space-size"))
  const words = [...(isBound ? [] : [bound]), ...process.execArgv, program, ...process.argv.slice(2)]
  process.execve(process.execPath, [process.execPath, ...words], { ...process.env, NODE_COMPILE_CACHE: compiled })
}

enableCompileCache(compiled)
await import(pathToFileURL(program).href)
