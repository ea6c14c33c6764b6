/** Line by line, too, one keeps rooms and one's account, in English and in Spanish. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inTerminalWith, noTmux, piped } from "./child.ts"
import { heard, serving, somebody } from "./company.ts"

const slow = { timeout: 120_000 }
const password = "correct horse"

process.env["TERTULIA_PASSWORD"] = password

describe("the client in a pipe", () => {
  it.live(
    "keeps a room, is told what it may do there, and what has put it out",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const ana = yield* piped("--plain", "--nick", "ana", "--register", "--port", String(port))
        yield* ana.types("mine\n/help\n")
        yield* ana.shows("/kick /sacar")
        const leo = yield* somebody(port)
        yield* heard(leo, "mine").pipe(Effect.race(Effect.promise(() => leo.cafe.older())))
        const eva = yield* piped("--plain", "--nick", "eva", "--lang", "es", "--port", String(port))
        yield* eva.types("hola\n/ayuda\n")
        yield* heard(leo, "hola")
        yield* eva.shows("la dice en la sala")
        yield* ana.types(
          "/mute eva\n/slow 3\n/kind private\n/topic what we read\n/delete 1\n/invite leo\n/mute eva off\n"
        )
        yield* eva.shows("ana ha devuelto la palabra a eva")
        yield* ana.types("/ban @eva\n/kick\n/role leo king\n")
        yield* ana.shows("ana has banned eva")
        yield* ana.endsInput
        yield* eva.types("y ahora?\n")
        yield* eva.endsInput
        const [ended, out] = [yield* ana.ends, yield* eva.ends]
        assert.include(ended.stdout, "ana has made the room private")
        assert.include(ended.stderr, "write it as in /kick nick")
        assert.include(ended.stderr, "write it as in /role nick member|moderator|owner")
        assert.notInclude(out.stdout, "/sacar")
        assert.include(out.stderr, "te han vetado en #cafe")
        assert.include(out.stderr, "no estás en ninguna sala")
        assert.include(out.stderr, "1 línea no se dijo")
        assert.strictEqual(out.code, 1)
        assert.strictEqual(leo.cafe.topic, "what we read")
        assert.isUndefined(leo.cafe.entries.find((line) => line._tag === "Message" && line.text === "mine"))
      }),
    slow
  )

  it.live(
    "gives its account another password, which is the next line, logs it out everywhere, and ends it",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const ana = yield* piped("--plain", "--nick", "ana", "--register", "--port", String(port))
        yield* ana.types("/password\nwrong horse\nbattery staple\n")
        yield* ana.types(`/password\n${password}\nbattery staple\n`)
        yield* ana.shows("the password was changed")
        yield* ana.types("/revoke\n/unregister\nbattery staple\n")
        yield* ana.shows("you go on as a guest")
        yield* ana.types("still here\n/revoke\n")
        yield* ana.endsInput
        const { stderr, stdout } = yield* ana.ends
        assert.include(stderr, "(bad-credentials)")
        assert.include(stdout, "every login of your account was ended")
        assert.include(stdout, "ana: still here")
        assert.include(stderr, "a guest has no account")
        assert.notInclude(stdout + stderr, "staple")
        assert.notInclude(stdout + stderr, "horse")
      }),
    slow
  )
})

describe.skipIf(noTmux !== undefined)("the client line by line in a terminal", () => {
  it.live(
    "asks for a password that nobody sees, in the language of its person",
    () =>
      Effect.gen(function* () {
        const { port } = yield* serving
        const about = ["--nick", "ana", "--register", "--lang", "es", "--port", String(port)]
        const client = yield* inTerminalWith(`TERTULIA_PASSWORD='${password}'`, ...about)
        yield* client.shows("#cafe>")
        yield* client.types("/clave\n")
        yield* client.shows("contraseña de ahora:")
        yield* client.types(`${password}\n`)
        yield* client.shows("contraseña nueva:")
        yield* client.types("battery staple\n")
        yield* client.has("la contraseña ha cambiado")
        yield* client.types("hola\n")
        const now = yield* client.shows("ana: hola\n#cafe>")
        assert.notInclude(now, "horse")
        assert.notInclude(now, "staple")
      }),
    slow
  )
})
