#!/usr/bin/env node
/**
 * `npm run example -- c-core --defect sigpipe --port 7331`: starts an example server, right or with one defect.
 * With `--source` it prints the source instead: something to hand out, and to be repaired.
 *
 * @module
 */
import { readDefects, type Server, serverNames, sourceOf, start } from "./defects.ts"

const defects = readDefects()
const namesOf = (server: Server) => defects.filter((defect) => defect.server === server).map(({ name }) => name)

const usage = (reason: string): never => {
  const known = serverNames.map((server) => `  ${server}: ${namesOf(server).join(", ")}\n`).join("")
  const how = "npm run example -- SERVER [--defect NAME] [--source] [the server's own options]"
  process.stderr.write(`example: ${reason}\n${how}\nServers and their defects:\n${known}`)
  return process.exit(2)
}

/** Takes an option and its value out of the arguments; what is left is the server's. */
const take = (args: Array<string>, option: string): string | undefined => {
  const at = args.indexOf(option)
  return at === -1 ? undefined : (args.splice(at, 2)[1] ?? usage(`${option} needs a value`))
}

const [given, ...args] = process.argv.slice(2)
const server = serverNames.find((name) => name === given) ?? usage(`${given ?? "nothing"} is no server`)
const defect = take(args, "--defect")
if (defect !== undefined && !namesOf(server).includes(defect)) usage(`${server} has no defect ${defect}`)

if (args.includes("--source")) process.stdout.write(sourceOf(server, defect))
else {
  const child = start(server, defect, args, "inherit")
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill("SIGTERM"))
  child.once("error", (error) => usage(error.message))
  child.once("exit", (code, signal) => {
    if (signal !== null) process.stderr.write(`example: the server was ended by ${signal}\n`)
    process.exitCode = code ?? 1
  })
}
