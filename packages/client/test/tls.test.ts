import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { selfSigned } from "../../server/src/self-signed.ts"
import { piped } from "../../terminal/test/child.ts"
import { connect } from "../src/connection.ts"
import { tls } from "../src/transport-tls.ts"
import { hello, listening, listeningSecurely, type Peer } from "./peer.ts"
import { folder } from "./support/processes.ts"

const day = 86_400_000

const certificateFor = (host: string, days = 1) =>
  Effect.promise(() => selfSigned([host], Date.now() - 2 * day, Date.now() + days * day))

/** Lets a client in and out again. */
const receives = Effect.fnUntraced(function* (peer: Peer) {
  yield* peer.says(hello)
  const login = yield* peer.hears("login")
  yield* peer.says({ type: "welcome", re: login.id, nick: login.nick })
  const { id: re, room } = yield* peer.hears("join")
  yield* peer.says({ type: "joined", re, room, epoch: "k3", first: 1, head: 0, members: ["ana"] })
  const bye = yield* peer.hears("bye")
  yield* peer.says({ type: "bye", re: bye.id })
  yield* peer.hangsUp
})

/** Why a client doesn't come to a server whose certificate is this one. */
const refusal = Effect.fnUntraced(function* (
  certificate: { readonly cert: string; readonly key: string },
  ca?: string
) {
  const { host, port } = yield* listeningSecurely(certificate)
  const address = { host, port, ...(ca === undefined ? {} : { ca }) }
  const error = yield* Effect.flip(connect(tls(address)))
  assert.strictEqual(error._tag, "Unreachable")
  assert.notInclude(error.message, "\n")
  return error.message
})

describe("over TLS a connection", () => {
  it.live("is as good as any", () =>
    Effect.gen(function* () {
      const certificate = yield* certificateFor("127.0.0.1")
      const server = yield* listeningSecurely(certificate)
      const connecting = yield* Effect.forkScoped(connect(tls({ ...server, ca: certificate.cert })))
      const peer = yield* server.accepts
      yield* peer.says(hello)
      const connection = yield* Fiber.join(connecting)
      assert.strictEqual(connection.hello.server, "scripted")
    })
  )

  it.live("never comes where nobody known has signed the certificate", () =>
    Effect.gen(function* () {
      const why = yield* refusal(yield* certificateFor("127.0.0.1"))
      assert.include(why, "signed by nobody but itself")
      assert.include(why, "--ca")
    })
  )

  it.live("never comes where the certificate has expired", () =>
    Effect.gen(function* () {
      const certificate = yield* certificateFor("127.0.0.1", -1)
      assert.include(yield* refusal(certificate, certificate.cert), "its certificate has expired")
    })
  )

  it.live("never comes where the certificate is another host's", () =>
    Effect.gen(function* () {
      const certificate = yield* certificateFor("chat.example")
      assert.include(yield* refusal(certificate, certificate.cert), "its certificate is for another host")
    })
  )

  it.live("never comes where the server speaks plainly", () =>
    Effect.gen(function* () {
      const server = yield* listening
      const connecting = yield* Effect.forkScoped(Effect.flip(connect(tls(server))))
      yield* (yield* server.accepts).says(hello)
      const error = yield* Fiber.join(connecting)
      assert.include(error.message, "it doesn't speak TLS on that port")
    })
  )
})

const slow = { timeout: 20_000 }

describe("the terminal client", () => {
  it.live(
    "speaks TLS with a server whose certificate it is given",
    () =>
      Effect.gen(function* () {
        const certificate = yield* certificateFor("127.0.0.1")
        const file = join(yield* folder, "cert.pem")
        writeFileSync(file, certificate.cert)
        const server = yield* listeningSecurely(certificate)
        const client = yield* piped("--nick", "ana", "--tls", "--ca", file, `127.0.0.1:${server.port}`)
        yield* client.endsInput
        yield* receives(yield* server.accepts)
        assert.deepInclude(yield* client.ends, { code: 0, stderr: "" })
      }),
    slow
  )

  it.live(
    "says in one sentence why it doesn't, and exits with 2",
    () =>
      Effect.gen(function* () {
        const server = yield* listeningSecurely(yield* certificateFor("127.0.0.1"))
        const told = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
          const client = yield* piped("--nick", "ana", ...args, `127.0.0.1:${server.port}`)
          yield* client.endsInput
          const { code, stderr } = yield* client.ends
          assert.strictEqual(code, 2)
          assert.match(stderr, /^[^\n]+\n$/u)
          return stderr
        })
        assert.include(yield* told("--tls"), "signed by nobody but itself")
        assert.include(yield* told("--tls", "--ca", "none.pem"), "--ca none.pem: it can't be read (ENOENT)")
        assert.include(yield* told("--tls", "--ca", import.meta.filename), "it holds no certificate in PEM")
        assert.include(yield* told("--ca", "none.pem"), "--ca is for --tls")
      }),
    slow
  )
})
