/** `npm run audit`: npm itself is asked, and a registry that this test plays answers it. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, test } from "vitest"
import { audit, exitCodeOf, type Finding, lineOf, lookAtLockfile } from "./audit.ts"

/** A registry that answers so. */
const registry = async (listener: RequestListener) => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections())
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: close }
}

const asked = async (listener: RequestListener) => {
  await using playing = await registry(listener)
  const environment = { ...process.env, npm_config_registry: playing.url, npm_config_fetch_retries: "0" }
  const findings = await audit(environment)
  for (const finding of findings) expect(lineOf(finding)).not.toContain("127.0.0.1")
  return findings
}

const verdicts = (findings: ReadonlyArray<Finding>) => findings.map(({ verdict }) => verdict)

describe("npm run audit", () => {
  test("a registry that doesn't offer it is no pass", async () => {
    const findings = await asked((_, response) => response.writeHead(405).end())
    expect(verdicts(findings)).toEqual(["good", "unasked", "unasked"])
    expect(findings[1]?.words).toContain("HTTP 405")
    expect(exitCodeOf(findings)).toBe(2)
  })

  test("a registry that knows no hole is one", async () => {
    const findings = await asked((request, response) => {
      if (request.method !== "POST") return response.writeHead(404).end("{}")
      return response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
    expect(findings[1]).toMatchObject({ verdict: "good", words: "none" })
  })

  test("a hole that is known is told, and exits 1", async () => {
    const hole = { id: 1, url: "https://example.org/1", title: "a hole", severity: "high", vulnerable_versions: ">=0" }
    const findings = await asked((request, response) => {
      if (request.method !== "POST") return response.writeHead(404).end("{}")
      response.writeHead(200, { "content-type": "application/json" })
      return response.end(JSON.stringify({ ws: [{ ...hole, cwe: [], cvss: { score: 7, vectorString: null } }] }))
    })
    expect(findings[1]).toMatchObject({ verdict: "bad", words: expect.stringContaining("ws (high)") })
    expect(exitCodeOf(findings)).toBe(1)
  })
})

describe("the lockfile", () => {
  const good = { version: "1.0.0", integrity: "sha512-x" }

  test("has a hash for each package, no address, and no script that nobody has allowed", () => {
    const packages = {
      "": {},
      "packages/server": {},
      "node_modules/@tertulia/server": { resolved: "packages/server", link: true },
      "node_modules/good": good,
      "node_modules/allowed": { ...good, hasInstallScript: true },
      "node_modules/bare": { version: "1.0.0" },
      "node_modules/good/node_modules/bound": { ...good, resolved: "http://10.0.0.1/bound.tgz" },
      "node_modules/@a/script": { ...good, hasInstallScript: true }
    }
    expect(lookAtLockfile({ packages, allowScripts: { allowed: true } })).toEqual({
      looked: "the lockfile",
      verdict: "bad",
      words:
        "node_modules/bare has no hash; node_modules/good/node_modules/bound is bound to an address; " +
        "node_modules/@a/script has an install script that nobody has allowed"
    })
    const { verdict } = lookAtLockfile({ packages: { "node_modules/good": good }, allowScripts: {} })
    expect(verdict).toBe("good")
  })
})
