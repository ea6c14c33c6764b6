/**
 * Servers that share their rooms in an engine, each a process of its own, and whoever comes to one of them.
 */
import { createInterface } from "node:readline"
import { type Client, openClient } from "./house.ts"
import type { openFolder } from "./process.ts"

type Folder = Awaited<ReturnType<typeof openFolder>>

/** Starts a server of a tertulia on a file in the folder, and waits until it has told where it listens. */
export const startServer = async (
  folder: Folder,
  store: string,
  file: string,
  environment: Readonly<Record<string, string>> = {}
) => {
  const settings = ["--port", "0", "--data", file, "--store", store, "--heartbeat", "2", "--iterations", "4096"]
  settings.push("--rate", "100000", "--burst", "100000")
  const { child, exit } = folder.start([...settings, "--log-format", "json"], environment)
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const { port } = JSON.parse(line) as { readonly port?: number }
      if (port !== undefined) resolve(port)
    })
    void exit.then(({ err }) => reject(new Error(`the server ended: ${err}`)))
  })
  return { port, child, exit }
}

/** Somebody who comes to a server, and is greeted. */
export const come = async (port: number): Promise<Client> => {
  const client = await openClient(port)
  await client.expect({ type: "hello" })
  return client
}

/** The texts of entries, in their order. */
export const said = (entries: ReadonlyArray<object>) => entries.map((entry) => Reflect.get(entry, "text"))
