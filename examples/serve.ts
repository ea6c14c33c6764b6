#!/usr/bin/env node
/**
 * `npm run example -- c-core --defect sigpipe --port 7331`: starts an example server, right or with one defect.
 * With `--sanitize` the one in C is built with the compiler's sanitizers, which name the line that uses memory wrongly.
 * With `--source` it prints the source instead: something to hand out, and to be repaired.
 *
 * @module
 */
import { resolve } from "node:path"
import { canSanitize, keepsRooms, readDefects, type Server, serverNames, sourceOf, start } from "./defects.ts"

const defects = readDefects()
const namesOf = (server: Server) => defects.filter((defect) => defect.server === server).map(({ name }) => name)

const usage = (reason: string): never => {
  const known = serverNames.map((server) => `  ${server}: ${namesOf(server).join(", ")}\n`).join("")
  const how = "npm run example -- SERVER [--defect NAME] [--sanitize] [--source] [the server's own options]"
  process.stderr.write(`example: ${reason}\n${how}\nServers and their defects:\n${known}`)
  return process.exit(2)
}

/** Takes an option and its value out of the arguments; what is left is the server's. */
const take = (args: Array<string>, option: string): string | undefined => {
  const at = args.indexOf(option)
  return at === -1 ? undefined : (args.splice(at, 2)[1] ?? usage(`${option} needs a value`))
}

/** Takes an option that has no value out of the arguments. */
const takeFlag = (args: Array<string>, option: string): boolean => {
  const at = args.indexOf(option)
  return at !== -1 && args.splice(at, 1).length > 0
}

const [given, ...args] = process.argv.slice(2)
const server = serverNames.find((name) => name === given) ?? usage(`${given ?? "nothing"} is no server`)
const defect = take(args, "--defect")
if (defect !== undefined && !namesOf(server).includes(defect)) usage(`${server} has no defect ${defect}`)

const sanitize = takeFlag(args, "--sanitize")
if (sanitize && !canSanitize(server)) usage(`${server} has no sanitizers: they are the C compiler's`)

// The server runs in a folder that is gone when it has ended. What it keeps stays where its user stands.
if (keepsRooms(server)) {
  args.push("--data", resolve(process.env["INIT_CWD"] ?? ".", take(args, "--data") ?? "rooms.db"))
}

if (args.includes("--source")) process.stdout.write(sourceOf(server, defect))
else {
  const child = start(server, defect, args, "inherit", sanitize ? "sanitize" : "plain")
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill("SIGTERM"))
  child.once("error", (error) => usage(error.message))
  child.once("exit", (code, signal) => {
    if (signal !== null) process.stderr.write(`example: the server was ended by ${signal}\n`)
    process.exitCode = code ?? 1
  })
}
