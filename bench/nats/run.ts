#!/usr/bin/env node
/**
 * `npm run bench:nats`: what a store of several servers does, and takes: entries per second against the bare client of its engine, many rooms
 * and entries, and deliveries by several servers. Takes a `nats-server` that it starts itself.
 *
 * @module
 */
import { parseArgs } from "node:util"
import { connected, fanOut } from "./fanout.ts"
import { mapping } from "./mapping.ts"
import { failover, size } from "./size.ts"
import { standing } from "./standing.ts"
import { throughput } from "./throughput.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { entries: { type: "string", default: "1000000" } }
})

const parts = {
  throughput,
  mapping,
  size: () => size(Number(values.entries)),
  failover,
  connections: connected,
  fanout: fanOut,
  standing
}

for (const [name, measure] of Object.entries(parts)) {
  if (positionals.length === 0 || positionals.includes(name)) await measure()
}
