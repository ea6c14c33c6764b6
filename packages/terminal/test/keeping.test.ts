/** What one may do in the full-screen client beside talking: keep rooms, keep one's account, and have it as one likes. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { folder } from "../../client/test/support/processes.ts"
import { noTmux, onScreen } from "./child.ts"
import { ana, heard, says, serving, somebody, textsIn } from "./company.ts"

if (noTmux !== undefined) console.warn(`Skipped: what one may do in the full-screen client, because ${noTmux}.`)

const slow = { timeout: 120_000 }
const password = "correct horse"
const wide = { columns: 120, rows: 40 }

/** ana with an account, whose password is in the environment. */
const owner = (port: number, ...more: ReadonlyArray<string>) =>
  ana(port, { ...wide, environment: `TERTULIA_PASSWORD='${password}'` }, "--register", ...more)

const typesTo = (screen: Effect.Success<ReturnType<typeof onScreen>>) => (line: string) =>
  Effect.andThen(screen.types(line), screen.presses("Enter"))

describe.skipIf(noTmux !== undefined)("the full-screen client", () => {
  it.live(
    "keeps a room: offers what one may do there and nothing else, and says what has put one out",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const screen = yield* owner(port)
        const does = typesTo(screen)
        yield* screen.looks("said whose room it is", (now) => now.startsWith(" #cafe [owner]"))
        const leo = yield* somebody(port, "leo", { password, register: true })
        const eva = yield* onScreen(wide, "--nick", "eva", "--port", String(port))
        yield* eva.has("eva · connected")
        yield* does("/kind private")
        yield* does("/slow 5")
        yield* does("/role leo moderator")
        yield* screen.looks("had all of it", (now) => now.startsWith(" #cafe [private, owner, 5 s]"))
        yield* screen.has("ana has made leo a moderator")
        yield* does("/mute eva")
        yield* eva.looks("knew that it is muted", (now) => now.startsWith(" #cafe [private, 5 s, muted]"))
        yield* does("/help")
        yield* screen.has("/kick nick")

        // A member is offered nothing of it, and refused it.
        yield* typesTo(eva)("/help")
        const help = yield* eva.has("/theme")
        assert.notInclude(help, "/kick")
        assert.notInclude(help, "/password")
        yield* eva.types("/kic")
        yield* eva.presses("Tab")
        yield* eva.shows("#cafe › /kic")
        yield* eva.types("k leo")
        yield* eva.presses("Enter")
        yield* eva.has("(forbidden)")

        yield* Effect.promise(() => leo.cafe.moderation.kick("eva"))
        yield* eva.has("you have been put out of #cafe")
        yield* does("/ban eva")
        yield* does("/ban leo")
        yield* screen.has("ana has banned leo")
        assert.strictEqual(leo.cafe.get().putOutBy, "ban")
        yield* does("/kick ana")
        yield* screen.has("(forbidden)")
      }),
    slow
  )

  it.live(
    "gives the account another password that nobody sees, logs it out everywhere, and ends it",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const screen = yield* owner(port)
        const does = typesTo(screen)
        yield* does("before")
        yield* does("/password")
        yield* screen.shows("password now:")
        yield* screen.types("wrong")
        yield* screen.shows("password now: •••••")
        yield* screen.presses("Escape")
        yield* screen.has("nothing was done")
        yield* screen.shows("#cafe ›")
        yield* does("/password")
        yield* screen.shows("password now:")
        yield* does("wrong horse")
        yield* screen.shows("new password:")
        yield* does("battery staple")
        yield* screen.has("(bad-credentials)")
        yield* screen.has("ana · connected")
        yield* does("/password")
        yield* screen.shows("password now:")
        yield* does(password)
        yield* screen.shows("new password:")
        yield* does("battery staple")
        yield* screen.has("the password was changed")
        yield* screen.has("ana · connected")
        yield* does("/revoke")
        yield* screen.has("every login of your account was ended")
        yield* does("/unregister")
        yield* screen.shows("password now:")
        yield* does("battery staple")
        const now = yield* screen.has("you go on as a guest")
        assert.notInclude(now, "horse")
        assert.notInclude(now, "staple")
        yield* screen.presses("Up")
        yield* screen.shows("#cafe › /unregister")
        yield* screen.presses("C-u")
        yield* screen.has("ana · connected")
        yield* does("/password")
        yield* screen.has("a guest has no account")
      }),
    slow
  )

  it.live(
    "rings, asks for a notice, and marks links, for terminals that know how; not for those who are ignored",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const directory = yield* folder
        const config = join(directory, "config.json")
        const file = join(directory, "said")
        writeFileSync(config, JSON.stringify({ notify: true, bell: true }))
        const screen = yield* ana(port, wide, "--config", config)
        yield* screen.records(file)
        yield* says(leo.cafe, "look at https://example.org/a_b, @ana")
        yield* screen.has("look at https://example.org")
        yield* screen.types("seen")
        yield* screen.shows("#cafe › seen")
        const said = readFileSync(file, "utf8")
        assert.include(said, "\u001b]9;leo: look at https://example.org/a_b, @ana\u0007")
        assert.include(said, "\u001b]8;;https://example.org/a_b\u0007")
        assert.match(said, /(?<!\u001b\][^\u001b\u0007]*)\u0007/u)
        yield* screen.presses("C-u")
        yield* typesTo(screen)("/ignore leo")
        yield* screen.has("leo is ignored")
        const length = readFileSync(file, "utf8").length
        yield* says(leo.cafe, "@ana, can you hear me?")
        const eva = yield* somebody(port, "eva")
        yield* says(eva.cafe, "the next")
        yield* screen.has("the next")
        assert.notInclude(yield* screen.screen, "hear me")
        assert.notInclude(readFileSync(file, "utf8").slice(length), "\u001b]9;")
        yield* typesTo(screen)("/ignore leo")
        yield* screen.has("can you hear me?")
      }),
    slow
  )

  it.live(
    "undoes what was typed, says again what has failed, and has other colours",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const leo = yield* somebody(port)
        const screen = yield* ana(port, wide)
        const does = typesTo(screen)
        yield* screen.types("one two")
        yield* screen.presses("C-w")
        yield* screen.shows("#cafe › one")
        yield* screen.presses("C-z")
        yield* screen.shows("#cafe › one two")
        yield* screen.presses("C-u")
        yield* does("/msg eva are you there?")
        yield* screen.has("are you there? (not sent:")
        const eva = yield* somebody(port, "eva")
        yield* does("/retry")
        yield* heard({ chat: eva.chat, cafe: eva.chat.direct("ana") }, "are you there?")
        yield* screen.looks("said it", (now) => !now.includes("not sent"))
        yield* screen.presses("M-Up")
        yield* says(leo.cafe, "hola")
        yield* screen.looks("had the day", (now) => /─ \p{L}+, \d{1,2} \p{L}+ \d{4} ─/u.test(now))
        yield* screen.looks("had the latency", (now) => /ana · connected \d+ ms/u.test(now))
        const before = yield* screen.painted
        yield* does("/theme dark")
        assert.notMatch(before, /38;5;/u)
        const dark = Effect.repeat(screen.painted, { until: (now) => /38;5;/u.test(now) })
        yield* Effect.timeout(dark, "20 seconds")
        yield* does("/theme pink")
        yield* screen.has("/theme ansi|dark|light|contrast")
        assert.deepStrictEqual(textsIn(leo.cafe), ["hola"])
        yield* heard(leo, "hola")
      }),
    slow
  )
})
