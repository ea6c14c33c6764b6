/**
 * A thread that hashes passwords.
 *
 * @module
 */
import { pbkdf2Sync } from "node:crypto"
import { parentPort } from "node:worker_threads"
import type { Hash } from "./hashing.ts"
import { standBack } from "./stand-back.ts"

standBack("hashing")

parentPort!.on("message", ({ iterations, password, salt }: Hash) => {
  const bytes = pbkdf2Sync(password, salt, iterations, 32, "sha256")
  parentPort!.postMessage(Uint8Array.from(bytes))
})
