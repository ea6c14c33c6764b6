/** Traces, as a collector over HTTP gets them of a server that runs as a process of its own. */
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { Effect, Exit } from "effect"
import { expect, test } from "vitest"
import { makeTrace } from "../src/tracing.ts"
import { openClient } from "./support/house.ts"
import { linesOf, openFolder } from "./support/process.ts"

interface Span {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly millis: number
  readonly service: string
}

// biome-ignore lint/suspicious/noExplicitAny: what comes is looked at by the tests
const spansIn = (body: any): ReadonlyArray<Span> =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  body.resourceSpans.flatMap(({ resource, scopeSpans }: any) => {
    const valuesOf = (attributes: ReadonlyArray<{ key: string; value: object }>) =>
      Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
    const service = valuesOf(resource.attributes)["service.name"]
    // biome-ignore lint/suspicious/noExplicitAny: as above
    return scopeSpans.flatMap(({ spans }: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: as above
      spans.map((span: any) => ({
        name: span.name,
        attributes: valuesOf(span.attributes),
        millis: (Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1e6,
        service
      }))
    )
  })

/** A collector, and what it has got, to where. */
const openCollector = async () => {
  const bodies: Array<string> = []
  const paths = new Set<string>()
  const server = createServer(async (request, response) => {
    paths.add(`${request.method} ${request.url}`)
    bodies.push(await text(request))
    response.writeHead(200, { "content-type": "application/json" }).end("{}")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address() as { readonly port: number }
  return {
    url: `http://127.0.0.1:${address.port}/`,
    paths,
    bodies,
    spans: () => bodies.flatMap((body) => spansIn(JSON.parse(body))),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** Talks to a server with these flags and this environment, and stops it. */
const talk = async (flags: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) => {
  await using folder = await openFolder()
  const { child, exit } = folder.start(["--port", "0", ...flags], environment)
  const port = Number((await linesOf(child).saying("listening on"))["port"])
  const ana = await openClient(port)
  await ana.ask({ type: "login", nick: "anastasia" })
  await ana.ask({ type: "join", room: "#cafe" })
  for (let nth = 0; nth < 4; nth++) await ana.ask({ type: "send", room: "#cafe", text: "a secret" })
  await ana.ask({ type: "send", room: "#elsewhere", text: "a secret" })
  ana.socket.destroy()
  child.kill("SIGTERM")
  expect((await exit).code).toBe(0)
}

test("a collector gets a span of each request and each transaction, and nothing that was said", async () => {
  await using collector = await openCollector()
  await talk(["--otlp-endpoint", collector.url, "--trace-every", "1"], {})
  expect([...collector.paths]).toEqual(["POST /v1/traces"])
  const spans = collector.spans()
  const requests = spans.filter(({ name }) => name.startsWith("request "))
  expect(requests.map(({ name }) => name)).toEqual([
    "request login",
    "request join",
    ...Array.from({ length: 5 }, () => "request send")
  ])
  expect(requests.map(({ attributes }) => attributes["tertulia.code"])).toEqual([
    ...Array.from({ length: 6 }, () => "ok"),
    "not-joined"
  ])
  for (const { attributes, service } of requests) {
    expect(attributes["tertulia.connection"]).toBe("c1")
    expect(service).toBe("tertulia")
  }
  const commits = spans.filter(({ name }) => name === "commit")
  // One that the end of the server has cut short doesn't know.
  const outcomes = commits.flatMap(({ attributes }) => attributes["tertulia.stored"] ?? [])
  expect(outcomes.length).toBeGreaterThanOrEqual(4)
  expect(new Set(outcomes)).toEqual(new Set([true]))
  for (const { millis } of spans) expect(millis).toBeGreaterThanOrEqual(0)
  for (const body of collector.bodies) expect(body).not.toMatch(/secret|anastasia|cafe|elsewhere/u)
})

test("one in so many of each is traced, and the standard name in the environment will do", async () => {
  await using collector = await openCollector()
  await talk([], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TERTULIA_TRACE_EVERY: "3" })
  const names = collector.spans().map(({ name }) => name)
  expect(names.filter((name) => name === "request send")).toHaveLength(2)
  expect(names.filter((name) => name === "request login")).toHaveLength(1)
})

test("a collector that isn't there holds nobody up, and one that is no URL is told", async () => {
  await talk(["--otlp-endpoint", "http://127.0.0.1:9", "--trace-every", "1"], {})
  await using folder = await openFolder()
  const { code, err } = await folder.start(["--otlp-endpoint", "collector:4318"]).exit
  expect(code).toBe(2)
  expect(err).toBe(
    'tertulia: --otlp-endpoint is "collector:4318": it must be a URL that begins with http:// or https://\n'
  )
})

test("what is traced ends as it would have", async () => {
  const trace = makeTrace(1)
  const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromiseExit(trace("work", {}, effect, () => ({})))
  expect(await run(Effect.succeed(1))).toEqual(Exit.succeed(1))
  expect(await run(Effect.fail("no"))).toEqual(Exit.fail("no"))
  expect(await run(Effect.die("broken"))).toEqual(Exit.die("broken"))
})
