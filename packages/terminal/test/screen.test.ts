/** The full-screen client as a person has it: in a terminal that tmux plays, with the reference server. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { at, hello, listening } from "../../client/test/peer.ts"
import { folder, referenceServer } from "../../client/test/support/processes.ts"
import { noTmux, onScreen } from "./child.ts"
import { ana, heard, says, serving, somebody, textsIn } from "./company.ts"

if (noTmux !== undefined) console.warn(`Skipped: the tests of the full-screen client, because ${noTmux}.`)

const slow = { timeout: 120_000 }

const lastLine = (screen: string) => screen.split("\n").at(-1)

describe.skipIf(noTmux !== undefined)("the full-screen client", () => {
  it.live(
    "keeps what is being typed, while 3,000 messages arrive",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        const flood = yield* Effect.forkChild(
          says(leo.cafe, ...Array.from({ length: 3_000 }, (_, n) => `message ${n}`))
        )
        const text = "hola ñandú, ¿qué tal?"
        for (const letter of text) yield* screen.types(letter)
        assert.strictEqual(lastLine(yield* screen.shows(text)), `#cafe › ${text}`)
        yield* Fiber.join(flood)
        const now = yield* screen.has("leo │ message 2999")
        assert.strictEqual(lastLine(now), `#cafe › ${text}`)
        assert.deepStrictEqual(yield* screen.cursor, [8 + text.length, 23])
        yield* screen.presses("Enter")
        yield* heard(leo, text)
      }),
    { timeout: 120_000 }
  )

  it.live(
    "deletes letters as people count them, also those of dead keys",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        yield* screen.types("a👩‍👩‍👧b")
        yield* screen.presses("BSpace", "BSpace")
        yield* screen.shows("#cafe › a")
        // A dead key that comes as a mark of its own.
        yield* screen.types("man\u0303")
        yield* screen.types("n\u0303o")
        yield* screen.presses("BSpace", "BSpace", "BSpace")
        yield* screen.types("ñana 🇪🇸")
        yield* screen.presses("Enter")
        yield* heard(leo, "amañana 🇪🇸")
      }),
    slow
  )

  it.live(
    "fits any window, and shows everything once after each change of its size",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        yield* says(
          leo.cafe,
          "a text that is so long that it takes more than one row in every window that is tried here, one would think of a lighthouse"
        )
        yield* screen.types("half typed")
        yield* screen.has("half typed")
        for (const [columns, rows] of [
          [40, 15],
          [120, 40],
          [30, 10],
          [80, 24]
        ] as const) {
          yield* screen.resizes(columns, rows)
          const now = yield* screen.looks(`fitted ${columns}x${rows}`, (text) => {
            const lines = text.split("\n")
            const isWhole =
              lines.length === rows && lines[0]!.startsWith(" #cafe") && lines.at(-1)!.includes("half typed")
            return isWhole && lines.filter((line) => line.includes("ana · connected")).length === 1
          })
          assert.include(now.split("\n").at(-2), "ana · connected")
          assert.strictEqual(now.split("lighthouse").length, 2)
        }
      }),
    slow
  )

  it.live(
    "sends what was pasted as one message, once Enter is pressed",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        yield* screen.pastes("uno\n  dos\n/quit\ntres")
        yield* screen.has("4 lines: Enter sends them as one message")
        assert.deepStrictEqual(textsIn(leo.cafe), [])
        yield* screen.presses("Enter")
        yield* heard(leo, "uno\n  dos\n/quit\ntres")
        yield* screen.pastes("a\nb")
        yield* screen.has("2 lines: Enter sends")
        yield* screen.presses("Escape")
        yield* screen.shows("#cafe ›")
        yield* screen.types("after")
        yield* screen.presses("Enter")
        yield* heard(leo, "after")
        assert.deepStrictEqual(textsIn(leo.cafe), ["uno\n  dos\n/quit\ntres", "after"])
      }),
    slow
  )

  it.live(
    "says that the server is gone and when it tries again, and says once what was typed meanwhile",
    () =>
      Effect.gen(function* () {
        const data = join(yield* folder, "rooms.db")
        const first = Scope.makeUnsafe()
        const { port } = yield* Scope.provide(referenceServer(data, 0), first)
        const screen = yield* ana(port)
        yield* screen.types("half ")
        yield* Scope.close(first, Exit.void)
        yield* screen.looks("told the end", (now) => /offline: connecting again/u.test(now))
        yield* screen.types("typed")
        yield* screen.presses("Enter")
        yield* screen.has("half typed (waits for the connection)")
        yield* referenceServer(data, port)
        const leo = yield* somebody(port)
        yield* heard(leo, "half typed")
        const now = yield* screen.looks(
          "came back",
          (text) => text.includes("ana · connected") && /ana │ half typed$/mu.test(text)
        )
        assert.strictEqual(now.split("half typed").length, 2)
        assert.deepStrictEqual(textsIn(leo.cafe), ["half typed"])
      }),
    slow
  )

  it.live(
    "lets no text of others do anything to the terminal",
    () =>
      Effect.gen(function* () {
        const server = yield* listening
        const screen = yield* onScreen({ columns: 80, rows: 24 }, "--nick", "ana", "--port", String(server.port))
        const peer = yield* server.accepts
        yield* peer.says(hello)
        const { id, nick } = yield* peer.hears("login")
        yield* peer.says({ type: "welcome", re: id, nick })
        const { id: re, room } = yield* peer.hears("join")
        yield* peer.says({ type: "joined", re, room, epoch: "k3", first: 1, head: 0, members: ["ana"] })
        const texts = [
          "abc\u202edef\u2066ghi",
          `x${"\u0301".repeat(2_000)}y`,
          "line\u2028separator",
          "\u0301".repeat(2_000),
          "nobody\n12:00        leo │ forged",
          "the end"
        ]
        yield* peer.says(
          ...texts.map((text, index) => ({ type: "message", room: "#cafe", seq: index + 1, from: "leo", text, at }))
        )
        const now = yield* screen.has("the end")
        assert.include(now, "leo │ abc\ufffddef\ufffdghi")
        assert.include(now, "leo │ line\ufffdseparator")
        assert.isBelow(now.split("\u0301").length, 16)
        const forged = now.split("\n").find((line) => line.includes("forged"))!
        assert.match(forged, /^ +│ +│ 12:00 {8}leo │ forged$/u)
        assert.strictEqual(now.split("\n").length, 24)
        assert.isTrue(now.startsWith(" #cafe"))
        yield* screen.types("still here")
        yield* screen.shows("#cafe › still here")
        // What the protocol forbids isn't even read.
        yield* peer.says({ type: "message", room: "#cafe", seq: 7, from: "leo", text: "\u001b[2J\u001b[Hcleared", at })
        const end = yield* screen.has("the server broke the protocol")
        assert.isTrue(end.startsWith(" #cafe"))
        assert.isTrue(end.endsWith("#cafe › still here"))
      }),
    slow
  )

  it.live(
    "stays where one reads, counts what comes below, and returns",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        yield* says(leo.cafe, ...Array.from({ length: 60 }, (_, n) => `line ${n}.`))
        yield* screen.has("line 59.")
        yield* screen.presses("PPage")
        const before = yield* screen.looks("went up", (now) => !now.includes("line 59."))
        yield* says(leo.cafe, "new one", "new two")
        const now = yield* screen.has("2 new below, End shows them")
        const log = (text: string) =>
          text
            .split("\n")
            .slice(1, 22)
            .map((line) => line.slice(16))
        assert.deepStrictEqual(log(now), log(before))
        yield* screen.presses("End")
        const end = yield* screen.has("new two")
        assert.notInclude(end, "new below")
        yield* screen.presses("PPage", "PPage", "PPage", "PPage")
        yield* screen.has("this is the beginning of #cafe")
      }),
    slow
  )

  it.live(
    "goes from room to room, keeps a draft for each, marks what is new, and completes",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        yield* screen.types("draft")
        yield* screen.types(" one")
        yield* screen.presses("C-a")
        yield* screen.types("/join libros ")
        yield* screen.presses("C-k")
        yield* screen.presses("Enter")
        yield* screen.has("#libros ›")
        yield* screen.types("for the books")
        yield* says(leo.cafe, "hello @ana", "and more")
        yield* screen.looks("counted", (now) => /1 #cafe +1@/u.test(now))
        yield* screen.presses("M-a")
        const cafe = yield* screen.has("#cafe ›")
        assert.match(cafe, /─ new ─/u)
        assert.match(cafe, /─ new ─+\n.*leo │ hello @ana\n.*leo │ and more/u)
        yield* screen.types("@l")
        yield* screen.presses("Tab")
        yield* screen.types("yes")
        yield* screen.shows("#cafe › @leo: yes")
        yield* screen.presses("Enter")
        yield* heard(leo, "@leo: yes")
        yield* screen.presses("Up")
        yield* screen.shows("#cafe › @leo: yes")
        yield* screen.presses("C-u")
        yield* screen.presses("M-Down")
        yield* screen.shows("#libros › for the books")
      }),
    slow
  )

  it.live(
    "answers, edits, reacts, deletes, sets the topic, searches, and shows the wire",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port, { columns: 110, rows: 40 })
        const does = (line: string) => Effect.andThen(screen.types(line), screen.presses("Enter"))
        yield* says(leo.cafe, "what is a lighthouse?", "and a lamp?")
        yield* screen.has("and a lamp?")
        yield* does("/reply a towr")
        yield* screen.looks("answered", (now) => /↳ leo: and a lamp\?\s+│.*\n.*│ a towr/u.test(now))
        yield* does("/edit a tower")
        yield* screen.has("a tower (edited)")
        yield* screen.presses("S-Up", "S-Up", "S-Up")
        yield* screen.has("message 1: /reply /edit /delete /react")
        yield* does("/react 👍")
        yield* screen.looks("had the reaction", (now) => /what is a lighthouse\?.*\n.*│ 👍 1/u.test(now))
        yield* does("/topic towers")
        yield* screen.looks("had the topic", (now) => now.startsWith(" #cafe  towers"))
        yield* does("/search lighthouse")
        yield* screen.has("found for lighthouse:")
        yield* does("/delete")
        yield* screen.has("(deleted)")
        yield* does("/status busy thinking")
        yield* screen.has("ana is busy: thinking")
        yield* does("/whois leo")
        yield* screen.has("leo is active")
        yield* does("/raw")
        yield* does("last")
        yield* screen.has('"type":"sent"')
        yield* does("/raw")
        yield* does("/help")
        yield* screen.looks("had the help", (now) => /\/msg nick \[text\] +send +talks to one person/u.test(now))
        assert.deepStrictEqual(textsIn(leo.cafe), ["what is a lighthouse?", "and a lamp?", "last"])
      }),
    slow
  )

  it.live(
    "talks to one person alone, and says what a server refuses",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        const does = (line: string) => Effect.andThen(screen.types(line), screen.presses("Enter"))
        yield* does("/msg leo psst")
        yield* screen.has("@leo ›")
        yield* screen.has("ana │ psst")
        yield* does("/msg nobody hello")
        yield* screen.looks("had the failure", (now) => /hello \(not sent:/u.test(now))
        yield* does("/forget")
        yield* screen.looks("forgot", (now) => !now.includes("hello (not sent"))
        yield* does("/nonsense")
        yield* screen.has("/nonsense is no command")
        yield* screen.presses("C-c")
        yield* screen.has("press Ctrl-C again to leave")
        yield* screen.presses("C-c")
        yield* screen.has("exit code 0")
        assert.deepStrictEqual(textsIn(leo.cafe), [])
      }),
    slow
  )

  it.live(
    "speaks the language of the locale, has no colours with NO_COLOR, and goes by a config file",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const directory = yield* folder
        const config = join(directory, "config.json")
        writeFileSync(config, JSON.stringify({ server: `127.0.0.1:${port}`, nick: "eva", room: "libros" }))
        const screen = yield* onScreen(
          { columns: 80, rows: 24, environment: "NO_COLOR=1 LC_ALL=es_CR.UTF-8" },
          "--config",
          config
        )
        yield* screen.has("eva · en línea")
        yield* screen.shows("#libros ›")
        const painted = yield* screen.painted
        assert.notMatch(painted, /\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9\d)m/u)
        writeFileSync(config, JSON.stringify({ nick: "eva", rooom: "libros" }))
        const wrong = yield* onScreen({ columns: 100 }, "--config", config)
        const text = yield* wrong.has("exit code 2")
        assert.include(text, "rooom")
      }),
    slow
  )

  it.live(
    "scrolls by the wheel, and leaves the mouse to the terminal when that is wanted",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port)
        yield* says(leo.cafe, ...Array.from({ length: 60 }, (_, n) => `line ${n}.`))
        yield* screen.has("line 59.")
        yield* screen.types("\u001b[<64;30;10M\u001b[<64;30;10M")
        yield* screen.looks("went up", (now) => !now.includes("line 54.") && now.includes("line 53."))
        yield* screen.types("\u001b[<65;30;10M\u001b[<65;30;10M")
        yield* screen.looks("went down", (now) => now.includes("line 59.") && !now.includes("End goes"))
        yield* screen.types("/mouse")
        yield* screen.presses("Enter")
        yield* screen.has("the terminal has the mouse")
        yield* screen.shows("#cafe ›")
      }),
    slow
  )

  it.live(
    "asks a newcomer for a nick, and remembers it; writes down what is said",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const home = yield* folder
        const config = join(home, "tertulia", "config.json")
        const environment = `XDG_CONFIG_HOME=${home}`
        const wide = { columns: 100, rows: 24, environment }
        const first = yield* onScreen(wide, "--port", String(port))
        const does = (line: string) => Effect.andThen(first.types(line), first.presses("Enter"))
        yield* first.has("nick:")
        yield* does("Ana María")
        yield* first.has("1 to 32 of a-z, 0-9, _ and -\nnick:")
        yield* does("ana")
        yield* first.has("remember that in")
        yield* does("y")
        yield* first.has("ana · connected")
        assert.deepStrictEqual(JSON.parse(readFileSync(config, "utf8")), { nick: "ana" })
        yield* does("/quit")
        yield* first.has("exit code 0")
        writeFileSync(config, JSON.stringify({ nick: "ana", server: `127.0.0.1:${port}`, log: join(home, "log") }))
        const second = yield* onScreen(wide)
        yield* second.has("ana · connected")
        yield* says(leo.cafe, "to be kept\nin two lines")
        yield* second.has("to be kept")
        yield* second.types("/quit")
        yield* second.presses("Enter")
        yield* second.has("exit code 0")
        const cafe = join(home, "log", `127.0.0.1_${port}`, "#cafe")
        const [file = "", ...others] = readdirSync(cafe)
        assert.deepStrictEqual(others, [])
        assert.match(file, /^\d{4}-\d\d-\d\d\.log$/u)
        assert.match(readFileSync(join(cafe, file), "utf8"), /^\d\d:\d\d:\d\d <leo> to be kept\n {9}in two lines\n$/u)
      }),
    slow
  )

  it.live(
    "makes an account by a password that isn't shown, and is let in by what is kept of it",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const outbox = join(yield* folder, "outbox")
        const wide = { columns: 100, rows: 24 }
        const ana = ["--nick", "ana", "--port", String(port), "--outbox", outbox]
        const first = yield* onScreen(wide, ...ana, "--register")
        yield* first.has("password:")
        yield* first.types("correct horse")
        yield* first.presses("Enter")
        const shown = yield* first.has("ana · connected")
        assert.notInclude(String(shown), "correct horse")
        yield* first.types("/quit")
        yield* first.presses("Enter")
        yield* first.has("exit code 0")
        const guest = yield* onScreen(wide, "--nick", "ana", "--port", String(port))
        yield* guest.has("an account has the nick ana")
        const second = yield* onScreen(wide, ...ana, "--account")
        yield* second.has("ana · connected")
      }),
    slow
  )

  it.live(
    "shows who is what to the room",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        yield* somebody(port)
        const screen = yield* onScreen(
          { columns: 100, rows: 24 },
          "--nick",
          "ana",
          "--port",
          String(port),
          "--register"
        )
        yield* screen.has("password:")
        yield* screen.types("correct horse")
        yield* screen.presses("Enter")
        yield* screen.has("ana · connected")
        const does = (line: string) => Effect.andThen(screen.types(line), screen.presses("Enter"))
        yield* does("/standings")
        yield* screen.has("nobody keeps this room")
        yield* does("/join #patio")
        yield* screen.has("#patio ›")
        yield* does("/mute leo")
        yield* screen.has("ana has muted leo")
        yield* does("/invite leo")
        yield* screen.has("ana has invited leo")
        yield* does("/standings")
        yield* screen.has("ana: owner")
        yield* screen.has("leo: invited, muted")
      }),
    slow
  )
})
