import { readFileSync, writeFileSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, hello, lastingHello, listening, type Peer } from "../../client/test/peer.ts"
import { folder } from "../../client/test/support/processes.ts"
import { inTerminal, inTerminalWith, noTmux, piped } from "./child.ts"

const slow = { timeout: 20_000 }

if (noTmux !== undefined) console.warn(`Skipped: the tests of the client in a terminal, because ${noTmux}.`)

/** Lets a client in, and into its room. */
const receives = Effect.fnUntraced(function* (peer: Peer, members: ReadonlyArray<string> = ["ana"]) {
  yield* peer.says(hello)
  const { id, nick } = yield* peer.hears("login")
  yield* peer.says({ type: "welcome", re: id, nick })
  const { id: re, room } = yield* peer.hears("join")
  yield* peer.says({ type: "joined", re, room, epoch: "k3", first: 1, head: 0, members })
})

const says = (seq: number, from: string, text: string) => ({ type: "message", room: "#cafe", seq, from, text, at })

/** Takes the next line that a client says, as the entry `seq` of #cafe. */
const takes = Effect.fnUntraced(function* (peer: Peer, seq: number, from = "ana") {
  const { id, text } = yield* peer.hears("send")
  yield* peer.says(says(seq, from, text), { type: "sent", re: id, room: "#cafe", seq, at })
  return text
})

const saysGoodbye = (peer: Peer) =>
  Effect.flatMap(peer.hears("bye"), ({ id }) => Effect.andThen(peer.says({ type: "bye", re: id }), peer.hangsUp))

const session = "a-secret-of-ana-1"

/** Lets a client in that may come back by a session. */
const receivesForLong = Effect.fnUntraced(function* (peer: Peer) {
  yield* peer.says(lastingHello)
  const { id, nick } = yield* peer.hears("login")
  yield* peer.says({ type: "welcome", re: id, nick, session })
  const { id: re, room } = yield* peer.hears("join")
  yield* peer.says({ type: "joined", re, room, epoch: "k3", first: 1, head: 0, members: ["ana"] })
})

/** Lets it go on as who it was, in a room of which it has missed nothing; gives its cursor. */
const continues = Effect.fnUntraced(function* (peer: Peer) {
  yield* peer.says(lastingHello)
  const login = yield* peer.hears("login")
  assert.strictEqual(login.session, session)
  yield* peer.says({ type: "welcome", re: login.id, nick: login.nick, session, resumed: true })
  const { after = 0, id: re, room } = yield* peer.hears("join")
  const joined = { type: "joined", re, room, epoch: "k3", first: 1, head: after, resumed: true, members: ["ana"] }
  yield* peer.says(joined)
  return after
})

/** An end after which a client comes back at once, if it does at all. */
const turnsAway = (peer: Peer) =>
  Effect.andThen(peer.says({ type: "bye", code: "idle", message: "nothing came" }), peer.hangsUp)

/** Hears a line, and takes it as the entry `seq`; gives its key. */
const takesWithKey = Effect.fnUntraced(function* (peer: Peer, seq: number) {
  const { id, key, text } = yield* peer.hears("send")
  yield* peer.says({ ...says(seq, "ana", text), key }, { type: "sent", re: id, room: "#cafe", seq, at })
  return key
})

const plain = (stdout: string) => stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d /u, ""))

const ana = (port: number) => ["--nick", "ana", "--room", "cafe", "--port", String(port)]

describe("the client in a pipe", () => {
  it.live(
    "says each line, waits for every reply, says bye and exits with 0",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        yield* client.types("one\ntwo\n\nthree")
        yield* client.endsInput
        const peer = yield* server.accepts
        yield* receives(peer)
        const texts = [yield* takes(peer, 1), yield* takes(peer, 2), yield* takes(peer, 3)]
        yield* saysGoodbye(peer)
        const { code, stderr, stdout } = yield* client.ends
        assert.deepStrictEqual(texts, ["one", "two", "three"])
        assert.strictEqual(stderr, "")
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(
          stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d /u, "")),
          ["ana: one", "ana: two", "ana: three", ""]
        )
      }),
    slow
  )

  it.live(
    "finds the server by an address in one word, too",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped("--nick", "ana", `127.0.0.1:${server.port}`)
        yield* client.endsInput
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* saysGoodbye(peer)
        assert.strictEqual((yield* client.ends).code, 0)
      }),
    slow
  )

  it.live(
    "shows what happens as plain lines, whatever is in them",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* peer.says(
          { type: "member", room: "#cafe", nick: "leo", change: "joined" },
          says(1, "leo", "turn \u202earound\nand indent"),
          { type: "member", room: "#cafe", nick: "leo", change: "left" }
        )
        yield* client.types("/members\n")
        const { id } = yield* peer.hears("members")
        yield* peer.says({ type: "members", re: id, room: "#cafe", members: ["ana"] })
        yield* client.endsInput
        yield* saysGoodbye(peer)
        const { code, stdout } = yield* client.ends
        assert.strictEqual(code, 0)
        assert.notInclude(stdout, "\u001b")
        assert.deepStrictEqual(
          stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d /u, "")),
          ["* leo joined", "leo: turn \ufffdaround", "           and indent", "* leo left", "* here: ana", ""]
        )
      }),
    slow
  )

  it.live(
    "tells which lines were not said, and exits with 1",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        yield* client.types("uno\n/nope\n\u001b[2J\n")
        yield* client.endsInput
        const peer = yield* server.accepts
        yield* receives(peer)
        const { id } = yield* peer.hears("send")
        yield* peer.says({ type: "error", re: id, code: "x-tired", message: "not today" })
        yield* saysGoodbye(peer)
        const { code, stderr, stdout } = yield* client.ends
        assert.strictEqual(code, 1)
        assert.strictEqual(stdout, "")
        assert.include(stderr, `not said: "uno": not today (x-tired)`)
        assert.include(stderr, "/nope is no command")
        assert.include(stderr, "(bad-text)")
        assert.include(stderr, "3 lines were not said")
        assert.notInclude(stderr, "\u001b")
      }),
    slow
  )

  it.live(
    "says in one sentence that nobody is there, and exits with 2",
    () =>
      Effect.gen(function* () {
        const { port } = yield* Effect.scoped(listening)
        const { code, stderr } = yield* (yield* piped(...ana(port))).ends
        assert.strictEqual(code, 2)
        assert.strictEqual(
          stderr,
          `can't reach 127.0.0.1:${port}: nothing listens there (connection refused). Is the server running, and is the address right?\n`
        )
      }),
    slow
  )

  it.live(
    "says in one sentence what is wrong with its options, and exits with 2",
    () =>
      Effect.gen(function* () {
        const wrong = [
          [],
          ["--nick", "../ana"],
          ["--nick", "ana", "--room", "a b"],
          ["--nick", "ana", "--port", "0"],
          ["--nick", "ana", "localhost"],
          ["--wat"]
        ]
        const endings = yield* Effect.forEach(wrong, (args) => Effect.flatMap(piped(...args), ({ ends }) => ends), {
          concurrency: 2
        })
        for (const { code, stderr, stdout } of endings) {
          assert.strictEqual(code, 2)
          assert.strictEqual(stdout, "")
          assert.match(stderr, /^[^\n]+\n$/u)
        }
      }),
    slow
  )

  it.live(
    "says in one sentence that something else answers, and exits with 1",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        yield* (yield* server.accepts).writes("SSH-2.0-OpenSSH_9.9\r\n")
        const { code, stderr } = yield* client.ends
        assert.strictEqual(code, 1)
        assert.match(stderr, /^what answers at 127\.0\.0\.1:\d+ doesn't speak Tertulia 1: [^\n]+\n$/u)
      }),
    slow
  )

  it.live(
    "says in one sentence that the nick is taken, and exits with 1",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        const peer = yield* server.accepts
        yield* peer.says(hello)
        const { id } = yield* peer.hears("login")
        yield* peer.says({ type: "error", re: id, code: "nick-taken", message: "somebody has the nick ana" })
        yield* saysGoodbye(peer)
        const { code, stderr } = yield* client.ends
        assert.strictEqual(code, 1)
        assert.strictEqual(stderr, "login was refused: somebody has the nick ana (nick-taken)\n")
      }),
    slow
  )

  it.live(
    "tells that the server ended, after what it said last and what it never confirmed",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("hola\nadiós\n")
        yield* peer.hears("send")
        yield* peer.says(says(1, "leo", "the last words"), { type: "bye", code: "shutting-down", message: "stopping" })
        const { code, stderr, stdout } = yield* client.ends
        assert.strictEqual(code, 1)
        assert.include(stdout, "leo: the last words")
        const [doubt, unsaid, end] = stderr.split("\n")
        assert.strictEqual(doubt, `not confirmed, so perhaps said and perhaps not: "hola"`)
        assert.strictEqual(unsaid, `not said: "adiós"`)
        assert.match(end!, /has ended: the server said bye, shutting-down \(stopping\)$/u)
      }),
    slow
  )

  it.live(
    "with --plain, is who the machine takes one for, and comes back without having been told to",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped("--plain", `127.0.0.1:${server.port}`)
        const peer = yield* server.accepts
        yield* peer.says(hello)
        const { id, nick } = yield* peer.hears("login")
        assert.strictEqual(nick, userInfo().username.toLowerCase())
        yield* peer.says({ type: "welcome", re: id, nick })
        const { id: re, room } = yield* peer.hears("join")
        yield* peer.says({ type: "joined", re, room, epoch: "k3", first: 1, head: 0, members: [nick] })
        yield* turnsAway(peer)
        const again = yield* server.accepts
        yield* receives(again)
        yield* client.endsInput
        yield* saysGoodbye(again)
        assert.strictEqual((yield* client.ends).code, 0)
      }),
    slow
  )

  it.live(
    "comes back with --reconnect, after what it has shown, and says what it was told meanwhile but nothing twice",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port), "--reconnect")
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("one\ndoubtful\n")
        yield* takes(peer, 1)
        yield* peer.hears("send")
        yield* peer.says({ type: "bye", code: "shutting-down", message: "stopping", reconnectAfter: 200 })
        yield* peer.hangsUp
        const again = yield* server.accepts
        yield* client.types("three\n")
        yield* again.says(hello)
        const { id, nick } = yield* again.hears("login")
        yield* again.says({ type: "welcome", re: id, nick })
        const join = yield* again.hears("join")
        assert.deepInclude(join, { room: "#cafe", after: 1, epoch: "k3" })
        const joined = { type: "joined", re: join.id, room: "#cafe", epoch: "k3", first: 1, head: 2, resumed: true }
        yield* again.says({ ...joined, members: ["ana"] }, says(2, "leo", "you have missed this"))
        assert.strictEqual(yield* takes(again, 3), "three")
        yield* client.endsInput
        yield* saysGoodbye(again)
        const { code, stderr, stdout } = yield* client.ends
        assert.deepStrictEqual(
          stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d /u, "")),
          ["ana: one", "leo: you have missed this", "ana: three", ""]
        )
        assert.include(stderr, `perhaps said and perhaps not: "doubtful"`)
        assert.include(stderr, "connecting again in 0.2 s")
        assert.include(stderr, "1 line was not said")
        assert.strictEqual(code, 1)
      }),
    slow
  )

  it.live(
    "says again under the same key what had no reply, to a server that knows it again",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port), "--reconnect")
        const peer = yield* server.accepts
        yield* receivesForLong(peer)
        yield* client.types("hola\n")
        const { key } = yield* peer.hears("send")
        yield* turnsAway(peer)
        const again = yield* server.accepts
        yield* continues(again)
        assert.strictEqual(yield* takesWithKey(again, 1), key)
        yield* client.endsInput
        yield* saysGoodbye(again)
        const { code, stderr, stdout } = yield* client.ends
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(plain(stdout), ["ana: hola", ""])
        assert.deepStrictEqual(stderr.split("\n"), [
          `the connection to 127.0.0.1:${server.port} has ended: the server said bye, idle (nothing came); connecting again at once`,
          `back at 127.0.0.1:${server.port}`,
          ""
        ])
      }),
    slow
  )

  it.live(
    "goes on where it was killed, with --outbox",
    () =>
      Effect.gen(function* () {
        const outbox = join(yield* folder, "outbox.db")
        const server = yield* listening
        const first = yield* piped(...ana(server.port), "--outbox", outbox)
        const peer = yield* server.accepts
        yield* receivesForLong(peer)
        yield* peer.says(says(1, "leo", "are you there?"))
        yield* first.types("yes\n")
        const { key } = yield* peer.hears("send")
        yield* first.shows("are you there?")
        yield* first.isTold("SIGKILL")
        yield* first.ends
        const second = yield* piped(...ana(server.port), "--outbox", outbox)
        const again = yield* server.accepts
        yield* second.types("and here is why\n")
        yield* second.endsInput
        yield* continues(again)
        assert.strictEqual(yield* takesWithKey(again, 2), key)
        assert.notStrictEqual(yield* takesWithKey(again, 3), key)
        yield* saysGoodbye(again)
        const { code, stderr, stdout } = yield* second.ends
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr, `from last time, "yes"\n`)
        assert.deepStrictEqual(plain(stdout).slice(-3), ["ana: yes", "ana: and here is why", ""])
      }),
    slow
  )

  it.live(
    "keeps for the next time what it couldn't say, with --outbox, and says so",
    () =>
      Effect.gen(function* () {
        const outbox = join(yield* folder, "outbox.db")
        const server = yield* listening
        const client = yield* piped(...ana(server.port), "--outbox", outbox)
        const peer = yield* server.accepts
        yield* receivesForLong(peer)
        yield* client.types("hola\n")
        yield* peer.hears("send")
        yield* peer.resets
        const { code, stderr } = yield* client.ends
        assert.strictEqual(code, 1)
        assert.include(stderr, `kept in ${outbox}, to be said next time: "hola"`)
      }),
    slow
  )

  it.live(
    "says in one sentence what is wrong with its outbox, leaves it as it is, and exits with 2",
    () =>
      Effect.gen(function* () {
        const path = yield* folder
        const [diary, outbox] = [join(path, "diary.txt"), join(path, "outbox.db")]
        writeFileSync(diary, "Dear diary,")
        const server = yield* listening
        const first = yield* piped(...ana(server.port), "--outbox", outbox)
        const peer = yield* server.accepts
        yield* receivesForLong(peer)
        const second = yield* piped(...ana(server.port), "--outbox", outbox)
        assert.include((yield* second.ends).stderr, "another client uses it")
        yield* first.endsInput
        yield* saysGoodbye(peer)
        yield* first.ends
        const cases = [
          [diary, "ana", "no outbox"],
          [outbox, "leo", "belongs to ana: be ana, or name another file"]
        ] as const
        for (const [file, nick, why] of cases) {
          const client = yield* piped("--nick", nick, "--port", String(server.port), "--outbox", file)
          const { code, stderr } = yield* client.ends
          assert.strictEqual(code, 2)
          assert.match(stderr, /^[^\n]+\n$/u)
          assert.include(stderr, why)
        }
        assert.strictEqual(readFileSync(diary, "utf8"), "Dear diary,")
      }),
    slow
  )

  it.live(
    "says what nobody can know, and what is missing; and does what its person decides",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port), "--reconnect")
        const peer = yield* server.accepts
        yield* receivesForLong(peer)
        yield* client.types("doubtful\n")
        const { key } = yield* peer.hears("send")
        yield* turnsAway(peer)
        const again = yield* server.accepts
        yield* again.says(lastingHello)
        const refused = yield* again.hears("login")
        yield* again.says({ type: "error", re: refused.id, code: "session-expired", message: "log in anew" })
        const { id } = yield* again.hears("login")
        yield* again.says({ type: "welcome", re: id, nick: "ana", session: "a-secret-of-ana-2" })
        const join = yield* again.hears("join")
        const log = { room: "#cafe", epoch: "k3", first: 3, head: 2 }
        yield* again.says({ type: "joined", re: join.id, ...log, resumed: false, members: ["ana"] })
        const page = yield* again.hears("history")
        yield* again.says({ type: "history", re: page.id, ...log, entries: [] })
        yield* client.types("/outbox\n/again\n")
        assert.notStrictEqual(yield* takesWithKey(again, 3), key)
        yield* client.types("/forget\n")
        yield* client.endsInput
        yield* saysGoodbye(again)
        const { code, stderr, stdout } = yield* client.ends
        assert.include(stderr, "entries 1 to 2 of #cafe: gone for good")
        assert.include(stderr, `perhaps said and perhaps not: "doubtful"`)
        assert.include(stderr, "nothing is in doubt")
        assert.deepStrictEqual(plain(stdout), [`outbox:`, `  #cafe "doubtful" (perhaps said)`, "ana: doubtful", ""])
        // It was in doubt, and whoever reads the exit code is told.
        assert.strictEqual(code, 1)
      }),
    slow
  )

  it.live(
    "leaves politely when it is told to stop",
    () =>
      Effect.gen(function* () {
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
          const server = yield* listening
          const client = yield* piped(...ana(server.port))
          const peer = yield* server.accepts
          yield* receives(peer)
          yield* client.isTold(signal)
          yield* saysGoodbye(peer)
          assert.strictEqual((yield* client.ends).code, 130)
        }
      }),
    slow
  )

  it.live(
    "leaves when nobody reads what it shows",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.closesOutput
        yield* peer.says(says(1, "leo", "hola"), says(2, "leo", "hola"))
        yield* saysGoodbye(peer)
        const { code, stderr } = yield* client.ends
        assert.strictEqual(stderr, "")
        assert.strictEqual(code, 0)
      }),
    slow
  )

  it.live(
    "leaves at /quit, even while its input stays open",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* piped(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("/quit\n")
        yield* saysGoodbye(peer)
        assert.strictEqual((yield* client.ends).code, 0)
      }),
    slow
  )
})

describe.skipIf(noTmux !== undefined)("the client in a terminal", () => {
  it.live(
    "keeps the line being typed, and the cursor in it, while others talk",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer, ["ana", "leo"])
        yield* client.shows("#cafe>")
        const long = "a line that is still being typed and is long enough to go on in the next row"
        yield* client.types(long)
        yield* client.presses("Left", "Left", "Left")
        yield* client.shows("next row")
        yield* peer.says(says(1, "leo", "one"), says(2, "leo", "two"), says(3, "leo", "three"))
        const shown = yield* client.shows("next row")
        const rows = (yield* Effect.repeat(client.screen, { until: (screen) => screen.includes("leo: three") })).split(
          "\n"
        )
        assert.isTrue(shown.length > 0)
        const at = rows.findIndex((row) => row.endsWith("leo: one"))
        assert.isTrue(rows[at + 1]!.endsWith("leo: two"))
        assert.isTrue(rows[at + 2]!.endsWith("leo: three"))
        assert.strictEqual(rows.slice(at + 3).join(""), `#cafe> ${long}`)
        yield* client.types("X")
        yield* client.shows("next Xrow")
        yield* client.presses("Enter")
        assert.strictEqual(yield* takes(peer, 4), long.replace(/row$/u, "Xrow"))
        yield* client.shows("#cafe>")
        assert.strictEqual((yield* client.screen).split("still being typed").length, 2)
        yield* client.presses("C-d")
        yield* saysGoodbye(peer)
        yield* client.shows("exit code 0")
      }),
    slow
  )

  it.live(
    "asks who one is until the server agrees, and leaves at Ctrl-C",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal("--port", String(server.port))
        yield* client.shows("nick:")
        yield* client.types("ana")
        yield* client.presses("Enter")
        const refusing = yield* server.accepts
        yield* refusing.says(hello)
        const first = yield* refusing.hears("login")
        yield* refusing.says({ type: "error", re: first.id, code: "nick-taken", message: "somebody has the nick ana" })
        yield* saysGoodbye(refusing)
        yield* client.shows("somebody has the nick ana\nnick:")
        yield* client.types("eva")
        yield* client.presses("Enter")
        const peer = yield* server.accepts
        yield* peer.says(hello)
        const second = yield* peer.hears("login")
        yield* peer.says({ type: "welcome", re: second.id, nick: second.nick })
        const { id } = yield* peer.hears("join")
        yield* peer.says({ type: "joined", re: id, room: "#cafe", epoch: "k", first: 1, head: 0, members: ["eva"] })
        yield* client.shows("#cafe>")
        yield* client.presses("C-c")
        yield* saysGoodbye(peer)
        yield* client.shows("exit code 0")
      }),
    slow
  )

  it.live(
    "turns from room to room, and says where one is",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("/join cine\n")
        const { id, room } = yield* peer.hears("join")
        assert.strictEqual(room, "#cine")
        yield* peer.says({ type: "joined", re: id, room, epoch: "k4", first: 1, head: 0, members: ["ana"] })
        yield* client.shows("#cine>")
        yield* peer.says(says(1, "leo", "hola"))
        yield* client.shows("#cafe leo: hola\n#cine>")
        yield* client.types("/join #cafe\n")
        yield* client.shows("#cafe>")
        yield* client.types("/leave\n")
        const leave = yield* peer.hears("leave")
        assert.strictEqual(leave.room, "#cafe")
        yield* peer.says({ type: "left", re: leave.id, room: "#cafe" })
        yield* client.shows("you left #cafe\n#cine>")
      }),
    slow
  )

  it.live(
    "asks before it takes a word for a wish to leave",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("salir\nhola\nsalir\nsalir\nsalir\ny\n")
        assert.strictEqual(yield* takes(peer, 1), "hola")
        assert.strictEqual(yield* takes(peer, 2), "salir")
        yield* saysGoodbye(peer)
        yield* client.shows("exit code 0")
      }),
    slow
  )

  it.live(
    "tells at once that the server is gone, leaves what is being typed as it is, and comes back",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("half a thought")
        yield* client.shows("#cafe> half a thought")
        yield* peer.resets
        yield* client.shows("(away) half a thought")
        assert.include(yield* client.screen, "connecting again")
        yield* client.types("\n")
        yield* Effect.repeat(client.screen, { until: (now) => now.includes(`waits to be said: "half a thought"`) })
        const again = yield* server.accepts
        yield* receives(again)
        assert.strictEqual(yield* takes(again, 1), "half a thought")
        yield* client.shows("ana: half a thought\n#cafe>")
        assert.include(yield* client.screen, `back at 127.0.0.1:${server.port}`)
      }),
    slow
  )

  it.live(
    "doesn't keep a person who leaves a server that doesn't answer",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("/rooms\n")
        yield* peer.hears("rooms")
        yield* client.presses("C-c")
        yield* client.shows("exit code 0")
      }),
    slow
  )

  it.live(
    "has colours, unless NO_COLOR is set",
    () =>
      Effect.gen(function* () {
        for (const [variable, coloured] of [
          ["", true],
          ["NO_COLOR=1", false]
        ] as const) {
          const server = yield* listening
          const client = yield* inTerminalWith(variable, ...ana(server.port))
          const peer = yield* server.accepts
          yield* receives(peer)
          yield* peer.says(says(1, "leo", "hola"))
          yield* client.shows("leo: hola\n#cafe>")
          assert.strictEqual((yield* client.painted).includes("\u001b["), coloured)
        }
      }),
    slow
  )

  it.live(
    "shows the lines of the protocol to who wants to see them",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const client = yield* inTerminal(...ana(server.port))
        const peer = yield* server.accepts
        yield* receives(peer)
        yield* client.types("/raw\n/help\nhola\n")
        yield* takes(peer, 1)
        yield* Effect.repeat(client.screen, { until: (now) => now.includes(`<- {"type":"sent","re":3`) })
        assert.include(yield* client.screen, `-> {"type":"send","id":3,"room":"#cafe","text":"hola"}`)
      }),
    slow
  )
})
