/** The library in a browser: what it imports, and that it can be put into one file. */
import { builtinModules } from "node:module"
import { build, type Rolldown } from "vite"
import { assert, describe, it } from "vitest"

/** A module in one file, as for a browser. */
interface Bundle {
  readonly code: string
  /** What it still imports. */
  readonly imports: ReadonlyArray<string>
  /** What of Node any module of it imports. */
  readonly ofNode: ReadonlyArray<string>
}

const bundled = async (module: string): Promise<Bundle> => {
  const ofNode: Array<string> = []
  const entry = "\0entry"
  const watch = {
    name: "watch",
    enforce: "pre" as const,
    resolveId: (source: string) => {
      if (source.startsWith("node:") || builtinModules.includes(source)) ofNode.push(source)
      return source === entry ? entry : null
    },
    load: (id: string) => (id === entry ? `export * from ${JSON.stringify(module)}` : null)
  }
  const output = (await build({
    configFile: false,
    logLevel: "silent",
    root: import.meta.dirname,
    plugins: [watch],
    build: { write: false, lib: { entry, formats: ["es"] }, rolldownOptions: { input: entry } }
  })) as ReadonlyArray<Rolldown.RolldownOutput>
  const chunks = output.flatMap(({ output }) => output)
  assert.strictEqual(chunks.length, 1)
  const { code, dynamicImports, imports } = chunks[0] as Rolldown.OutputChunk
  return { code, imports: [...imports, ...dynamicImports], ofNode }
}

const load = (code: string): Promise<Readonly<Record<string, unknown>>> =>
  import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)

describe("for a browser", { timeout: 60_000 }, () => {
  it.each([
    ["@tertulia/client", ["connect", "converse", "emptyView", "lookAt", "see"]],
    ["@tertulia/client/chat", ["NotSent", "connect", "lookAt", "open"]],
    ["@tertulia/client/websocket", ["webSocket"]]
  ])("%s needs nothing of Node, and is one file", async (module, names) => {
    const { code, imports, ofNode } = await bundled(module)
    assert.deepStrictEqual(ofNode, [])
    assert.deepStrictEqual(imports, [])
    assert.containsAllKeys(await load(code), names)
  })

  it("what needs Node is found out", async () => {
    assert.include((await bundled("@tertulia/client/tcp")).ofNode, "node:net")
    assert.include((await bundled("@tertulia/client/file")).ofNode, "node:sqlite")
  })
})
