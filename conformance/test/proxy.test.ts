import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import * as net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { connect } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { afterAll, describe, expect } from "vitest"
import { bytesOf, type Happening, type Side, TranscriptLine, transcriptSchema } from "../src/proxy/happening.ts"
import type { Address } from "../src/wire/connection.ts"
import { accusations, conformance, conversation, host, person, proxyTo, resumption, server } from "./traffic.ts"

describe("The proxy", { timeout: 60_000 }, () => {
  it.live("finds nothing in what people say to a right server", () =>
    Effect.gen(function* () {
      const { address, allClosed, judge } = yield* proxyTo(yield* server())
      yield* conversation(address)
      yield* allClosed
      const summary = judge.finish()
      expect(accusations(summary)).toEqual([])
      expect(summary).toMatchObject({ connections: 2, leftOut: 0 })
      expect(summary.lines.client).toBeGreaterThan(10)
    }).pipe(Effect.scoped)
  )

  it.live("finds nothing in what a right server says to whoever comes back by a session", () =>
    Effect.gen(function* () {
      const { address, allClosed, judge } = yield* proxyTo(yield* server())
      yield* resumption(address)
      yield* allClosed
      expect(accusations(judge.finish())).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("finds out a server that appends again what has a known key", () =>
    Effect.gen(function* () {
      const { address, allClosed, judge } = yield* proxyTo(yield* server("appends-again"))
      yield* Effect.timeoutOption(resumption(address), "5 seconds")
      yield* allClosed
      expect(accusations(judge.finish())).toContain("server KEY-2")
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["two-versions", "ORDER-1"],
    ["every-second-number", "ORDER-2"],
    ["repeats-one", "ORDER-3"],
    ["sent-first", "SEND-3"],
    ["own-ids", "REPLY-2"],
    ["seq-as-string", "REPLY-9"],
    ["without-oneself", "JOIN-2"],
    ["tells-oneself", "MEMBER-3"],
    ["silent-arrivals", "MEMBER-6"],
    ["greets-again", "HELLO-2"],
    ["one-more-thing", "END-3"]
  ])("finds out a server that is %s, and names %s", ([mutant, requirement]) =>
    Effect.gen(function* () {
      const { address, allClosed, judge } = yield* proxyTo(yield* server(mutant))
      // A client may well give such a server up.
      yield* Effect.timeoutOption(Effect.ignore(conversation(address)), "5 seconds")
      yield* allClosed
      const summary = judge.finish()
      expect(accusations(summary)).toContain(`server ${requirement}`)
      const found = summary.found.find(({ id }) => id === requirement)!
      expect(found.requirement.text).toMatch(/\bMUST\b/u)
      expect(found.requirement.link).toMatch(new RegExp(`^spec/[a-z]+\\.md#${requirement}$`, "u"))
    }).pipe(Effect.scoped)
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// Bytes
// ---------------------------------------------------------------------------------------------------------------------

/** A target that hands its connections to the test. */
const target = Effect.gen(function* () {
  const accepted = yield* Queue.unbounded<net.Socket>()
  const listening = net.createServer({ allowHalfOpen: true }, (socket) => {
    Queue.offerUnsafe(
      accepted,
      socket.on("error", () => {})
    )
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(listening.listen(0, host), "listening")),
    () => Effect.sync(() => listening.close())
  )
  return { address: { host, port: (listening.address() as net.AddressInfo).port }, next: Queue.take(accepted) }
})

/** A connection through a proxy: the client's end and the target's. */
const pair = Effect.gen(function* () {
  const { address, next } = yield* target
  const proxy = yield* proxyTo(address)
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => net.connect({ ...proxy.address, allowHalfOpen: true }).on("error", () => {})),
    (socket) => Effect.sync(() => socket.destroy())
  )
  const upstream = yield* Effect.acquireRelease(next, (socket) => Effect.sync(() => socket.destroy()))
  return { client, upstream, ...proxy }
})

const happens = (socket: net.Socket, event: string): Effect.Effect<unknown> =>
  Effect.callback((resume) => void socket.once(event, (what: unknown) => resume(Effect.succeed(what))))

/** Everything that a socket brings up to FIN. */
const received = (socket: net.Socket): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    socket.on("end", () => resolve(Buffer.concat(chunks)))
  })

const writeAll = async (socket: net.Socket, chunks: ReadonlyArray<Uint8Array>) => {
  for (const chunk of chunks) if (!socket.write(chunk)) await once(socket, "drain")
  socket.end()
}

/** The bytes of one side in a transcript. */
const bytesFrom = (happenings: ReadonlyArray<Happening>, side: Side): Buffer =>
  Buffer.concat(happenings.flatMap((each) => (each.event === "chunk" && each.from === side ? [bytesOf(each)] : [])))

const chunks = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .constantFrom(
        '{"type":"ping","id":1}\n',
        '{"type":"login","id":2,"ni',
        'ck":"ana"}\n',
        "\r\n",
        "ñ\n",
        '{"re":1}\n'
      )
      .map((text): Uint8Array => Buffer.from(text))
  ),
  { maxLength: 12 }
)

describe("What the proxy can't see", { timeout: 60_000 }, () => {
  it.live(
    "accuses nobody: people around it, who take nicks, fill rooms, speak, and come back under the nick of another",
    () =>
      Effect.gen(function* () {
        const around = yield* server()
        const { address, judge } = yield* proxyTo(around)
        const eva = yield* person(around, "eva")
        const evas = yield* eva.join("#cafe")
        yield* evas.send("I was here before")
        const ana = yield* person(address, "ana")
        expect(yield* Effect.flip((yield* connect(tcp(address))).login("eva"))).toMatchObject({ code: "nick-taken" })
        yield* ana.join("#cafe")
        yield* evas.send("hola")
        const again = yield* Effect.scoped(
          Effect.gen(function* () {
            const leo = yield* person(address, "leo")
            yield* leo.join("#cafe")
            yield* leo.bye
          })
        ).pipe(Effect.andThen(person(around, "leo")))
        yield* again.join("#cafe")
        yield* ana.sync
        yield* ana.ping
        expect(accusations(judge.finish())).toEqual([])
      }).pipe(Effect.scoped)
  )
})

describe("Many connections through the proxy", { timeout: 60_000 }, () => {
  it.live("are kept apart: sixty who talk at once, and nothing is found in it", () =>
    Effect.gen(function* () {
      const { address, judge } = yield* proxyTo(yield* server())
      const story = Effect.fnUntraced(function* (nth: number) {
        const one = yield* person(address, `person-${nth}`)
        const room = yield* one.join(`#room-${nth % 7}`)
        for (const text of ["one", "two", "three"]) yield* room.send(text)
        yield* one.sync
        yield* one.bye
      }, Effect.scoped)
      yield* Effect.forEach(Array.from({ length: 60 }).keys(), story, { concurrency: "unbounded", discard: true })
      const summary = judge.finish()
      expect(accusations(summary)).toEqual([])
      expect(summary.connections).toBe(60)
    }).pipe(Effect.scoped)
  )
})

describe("Two people under one nick", { timeout: 60_000 }, () => {
  it.live("are the server's fault, as soon as both are seen to be there", () =>
    Effect.gen(function* () {
      const { address, judge } = yield* proxyTo(yield* server("two-of-a-name"))
      const first = yield* person(address, "ana")
      yield* Effect.ignore(person(address, "ana"))
      yield* first.ping
      expect(accusations(judge.finish())).toContain("server LOGIN-2")
    }).pipe(Effect.scoped)
  )
})

describe("The bytes through the proxy", { timeout: 60_000 }, () => {
  it.live(
    "come unaltered and whole in both directions at once, however they are cut, and stand so in the transcript",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(chunks, chunks, (there, back) =>
            Effect.gen(function* () {
              const { client, happenings, upstream } = yield* pair
              const came = Promise.all([received(upstream), received(client)])
              yield* Effect.promise(() => Promise.all([writeAll(client, there), writeAll(upstream, back)]))
              const [atTarget, atClient] = yield* Effect.promise(() => came)
              expect(atTarget.equals(Buffer.concat(there))).toBe(true)
              expect(atClient.equals(Buffer.concat(back))).toBe(true)
              const kept = happenings.map((each) => JSON.parse(JSON.stringify(each)) as Happening)
              expect(bytesFrom(kept, "client").equals(atTarget)).toBe(true)
              expect(bytesFrom(kept, "server").equals(atClient)).toBe(true)
            }).pipe(Effect.scoped, Effect.runPromise)
          ),
          { numRuns: 40 }
        )
      )
  )

  it.live("wait in the sender while the other side doesn't read, and come all the same", () =>
    Effect.gen(function* () {
      const { client, happenings, upstream } = yield* pair
      const much = Buffer.alloc(32 * 1_048_576, "x")
      client.pause()
      upstream.write(much)
      client.write("{}\n")
      // The other direction isn't held up; and what nobody reads is not hoarded.
      yield* happens(upstream.resume(), "data")
      expect(bytesFrom(happenings, "server").length).toBeLessThan(much.length / 2)
      const came = received(client.resume())
      upstream.end()
      expect((yield* Effect.promise(() => came)).length).toBe(much.length)
    }).pipe(Effect.scoped)
  )

  it.live("may still come from one side after the FIN of the other", () =>
    Effect.gen(function* () {
      const { client, upstream } = yield* pair
      client.end("last\n")
      expect(String(yield* Effect.promise(() => received(upstream)))).toBe("last\n")
      const came = received(client)
      upstream.end("the very last\n")
      expect(String(yield* Effect.promise(() => came))).toBe("the very last\n")
    }).pipe(Effect.scoped)
  )

  it.live.each(["client", "server"] as const)("end by RST where the %s resets", (side) =>
    Effect.gen(function* () {
      const { client, happenings, until, upstream } = yield* pair
      const [from, to] = side === "client" ? [client, upstream] : [upstream, client]
      yield* until("opened")
      to.resume()
      const hadError = yield* Effect.forkChild(happens(to, "close"), { startImmediately: true })
      from.resetAndDestroy()
      expect(yield* Fiber.join(hadError)).toBe(true)
      yield* until("closed")
      expect(happenings.filter(({ event }) => event === "reset")).toMatchObject([{ from: side }])
    }).pipe(Effect.scoped)
  )

  it.live("have nowhere to go when the target isn't there: the client is closed, and the transcript says why", () =>
    Effect.gen(function* () {
      const { address, happenings } = yield* proxyTo({ host, port: 1 })
      const client = net.connect(address).on("error", () => {})
      yield* happens(client, "close")
      expect(happenings).toMatchObject([{ event: "opened" }, { event: "unreachable" }, { event: "closed" }])
      expect(happenings[1]).toHaveProperty("reason", expect.stringContaining("ECONNREFUSED"))
    }).pipe(Effect.scoped)
  )
})

describe("Whoever sends rubbish through the proxy", { timeout: 60_000 }, () => {
  const talk = (there: ReadonlyArray<Uint8Array>, back: ReadonlyArray<Uint8Array>) =>
    Effect.gen(function* () {
      const { client, judge, until, upstream } = yield* pair
      const came = Promise.all([received(upstream), received(client)])
      yield* Effect.promise(() => Promise.all([writeAll(upstream, back), writeAll(client, there)]))
      yield* Effect.promise(() => came)
      yield* until("closed")
      return accusations(judge.finish())
    }).pipe(Effect.scoped)

  const hello = Buffer.from(
    '{"type":"hello","protocol":1,"server":"x","features":[],"auth":["guest"],"limits":{},"heartbeat":30}\n'
  )
  const huge = Buffer.alloc(3_000_000, "x")

  it.live("is named, be it the client", () =>
    Effect.gen(function* () {
      const found = yield* talk([Buffer.from("GET / HTTP/1.1\r\n"), Uint8Array.of(0xff, 0xfe, 0x0a)], [hello])
      expect(found).toContain("client FRAME-1")
    })
  )

  it.live("is named, be it the server: not UTF-8, no object, without end", () =>
    Effect.gen(function* () {
      expect(yield* talk([], [hello, Uint8Array.of(0xff, 0x0a)])).toContain("server FRAME-1")
      expect(yield* talk([], [Buffer.from("HTTP/1.1 400 Bad Request\n")])).toContain("server FRAME-1")
      expect(yield* talk([huge], [hello, huge])).toContain("server FRAME-9")
    })
  )

  it.live("brings nothing down, and is forwarded as well", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ maxLength: 400 })),
          fc.array(fc.uint8Array({ maxLength: 400 })),
          async (there, back) => {
            await Effect.runPromise(talk(there, [hello, ...back]))
          }
        ),
        { numRuns: 20 }
      )
    )
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// The command
// ---------------------------------------------------------------------------------------------------------------------

const folder = mkdtempSync(join(tmpdir(), "tertulia-proxy-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The command before a target, when it listens. */
const proxyCommand = Effect.fnUntraced(function* ({ port }: Address, ...options: ReadonlyArray<string>) {
  const command = yield* conformance("proxy", "--listen", `${host}:0`, "--target", `${host}:${port}`, ...options)
  yield* command.first
  const own = /listening on 127\.0\.0\.1:(\d+)/u.exec(command.said.out)
  return { ...command, address: { host, port: Number(own?.[1]) } }
})

const decodeLine = Schema.decodeUnknownSync(TranscriptLine, { onExcessProperty: "error" })

const linesOf = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n")

describe("The command proxy", { timeout: 60_000 }, () => {
  it.live("shows the traffic and, when it is told to stop, what it came to: exit code 0 where nothing is broken", () =>
    Effect.gen(function* () {
      const { address, child, code, said } = yield* proxyCommand(yield* server())
      yield* conversation(address)
      child.kill("SIGINT")
      expect(yield* code).toBe(0)
      expect(said.out).toMatch(/ana\/1 +> \{"type":"send","id":\d+,"room":"#cafe","text":"hola"\}/u)
      expect(said.out).toMatch(/leo\/2 +< \{"type":"message",.*"text":"hola"/u)
      expect(said.out).toMatch(/nothing was seen that breaks a requirement\n$/u)
      expect(said.out).not.toContain("\u001b")
    }).pipe(Effect.scoped)
  )

  it.live("says who breaks what, in which sentence, and ends with 1", () =>
    Effect.gen(function* () {
      const { address, child, code, said } = yield* proxyCommand(yield* server("repeats-one"), "--quiet")
      yield* Effect.timeoutOption(Effect.ignore(conversation(address)), "5 seconds")
      child.kill("SIGTERM")
      expect(yield* code).toBe(1)
      expect(said.out).toMatch(/BROKEN by the server, on connection \d+ \((?:ana|leo)\)\n {2}ORDER-3 /u)
      expect(said.out).toContain("spec/order.md#ORDER-3")
      expect(said.out).toMatch(/broken by the server: .*ORDER-3/u)
      expect(said.out).not.toContain(" > {")
    }).pipe(Effect.scoped)
  )

  it.live("says all of it in Spanish, too", () =>
    Effect.gen(function* () {
      const { child, code, said, ...proxy } = yield* conformance(
        ...["proxy", "--lang", "es", "--listen", `${host}:0`, "--target", `${host}:${(yield* server("own-ids")).port}`]
      )
      yield* proxy.first
      const port = Number(/escucha en 127\.0\.0\.1:(\d+)/u.exec(said.out)?.[1])
      yield* Effect.timeoutOption(Effect.ignore(conversation({ host, port })), "5 seconds")
      child.kill("SIGTERM")
      expect(yield* code).toBe(1)
      expect(said.out).toContain("NO CUMPLE el servidor, en la conexión 1")
      expect(said.out).toContain('esperado  la respuesta a la petición 1, con su "re"')
    }).pipe(Effect.scoped)
  )

  it.live("leaves a transcript that is whole up to the moment when it is killed, as the schema says", () =>
    Effect.gen(function* () {
      const out = join(folder, "killed.jsonl")
      const { address, child, code } = yield* proxyCommand(yield* server(), "--out", out)
      const ana = yield* person(address, "ana")
      yield* ana.sync
      child.kill("SIGKILL")
      yield* code
      const lines = linesOf(out).map((line) => decodeLine(JSON.parse(line)))
      expect(lines[0]).toMatchObject({ format: "tertulia-transcript/1" })
      expect(
        lines
          .slice(1)
          .map((line) => ("event" in line ? line.event : ""))
          .slice(0, 3)
      ).toEqual(["opened", "chunk", "chunk"])
      expect(readFileSync(out, "utf8")).toContain("synced")
    }).pipe(Effect.scoped)
  )

  it.live("adds nothing: the suite judges a server through it as it does without it", () =>
    Effect.gen(function* () {
      const { address, child, code, said } = yield* proxyCommand(yield* server(), "--quiet")
      const ids = ["FRAME-4", "FRAME-6", "REPLY-3", "END-5", "END-6", "ORDER-3", "MEMBER-5", "JSON-1"]
      const selection = ids.flatMap((id) => ["--requirement", id])
      const suite = yield* conformance("--target", `${host}:${address.port}`, ...selection, "--runs", "5")
      expect(yield* suite.code, suite.said.out + suite.said.err).toBe(0)
      child.kill("SIGTERM")
      // The suite sends rubbish on purpose, and is told so.
      expect(yield* code).toBe(1)
      expect(said.out).toContain("broken by clients: ")
      expect(said.out).not.toContain("BROKEN by the server")
    }).pipe(Effect.scoped)
  )

  it.live.each<readonly [string, ReadonlyArray<string>, string]>([
    ["no address to listen on", ["--target", "localhost:1"], "Missing required flag: --listen"],
    ["an address that is none", ["--listen", "here", "--target", "localhost:1"], "--listen here: write host:port"],
    [
      "one that isn't this machine's",
      ["--listen", "192.0.2.1:80", "--target", "localhost:1"],
      "--listen 192.0.2.1:80:"
    ],
    [
      "nowhere to record",
      ["--listen", `${host}:0`, "--target", "localhost:1", "--out", "/no/such/folder/t"],
      "--out /no/such"
    ]
  ])("ends with 2 and one line when there is %s", ([, args, reason]) =>
    Effect.gen(function* () {
      const { code, said } = yield* conformance("proxy", ...args)
      expect(yield* code).toBe(2)
      expect(said.err).toContain(reason)
      expect(said.err.trim().split("\n")).toHaveLength(1)
    }).pipe(Effect.scoped)
  )
})

describe("The schema of transcripts", () => {
  it("is the one that transcripts are read by", () => {
    const file = new URL("../src/proxy/transcript.schema.json", import.meta.url)
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(transcriptSchema())
  })
})
