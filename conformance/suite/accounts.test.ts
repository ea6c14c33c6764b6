/** spec/accounts.md: nicks that stay one's own, and how one proves that they are. */
import { randomBytes } from "node:crypto"
import { type ErrorCode, proofOf, type Welcome } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { letRun } from "../src/again.ts"
import { type Ask, type Client, isReply, type Person } from "../src/client.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { scenario } from "../src/scenario.ts"
import { further, password, registered, whereOneRegisters } from "./registered.ts"

const another = "battery staple"

type Way = { readonly password: string } | { readonly token: string } | { readonly proof: string }

const login = (client: Client, nick: string, way: Way | object, id: RequirementId) =>
  client.ask({ type: "login", nick, ...way }, id)

/** Judges that a login is refused. */
const shut = (
  client: Client,
  nick: string,
  way: Way | object,
  code: ErrorCode,
  more: { readonly id: RequirementId; readonly field?: string }
) => client.refused({ type: "login", nick, ...way }, code, more)

const newNonce = (): string => randomBytes(15).toString("base64url")

/** Asks for a challenge, and makes the proof of a password to it. */
const proved = Effect.fnUntraced(function* (
  client: Client,
  nick: string,
  secret: string,
  id: RequirementId = "SCRAM-1"
) {
  const clientNonce = newNonce()
  const { iterations, nonce, salt } = yield* client.ask({ type: "challenge", nick, nonce: clientNonce }, id)
  return yield* Effect.promise(() => proofOf(secret, { nick, clientNonce, nonce, salt, iterations }))
})

const saysAccount = (welcome: Welcome): boolean => welcome.account === true

/** A proof that fits no password. */
const noProof = Buffer.alloc(32).toString("base64")

// ---------------------------------------------------------------------------------------------------------------------
// What a server offers
// ---------------------------------------------------------------------------------------------------------------------

scenario("the ways to log in that are offered can be gone", ["AUTH-1"], function* (t) {
  const { auth } = t.hello
  const offersAll = ["guest", "scram", "token"].every((way) => auth.includes(way))
  yield* t.judge("AUTH-1", offersAll, { expected: '"guest", "scram" and "token" in `auth`', got: auth })
  const makes = auth.includes("register") || auth.includes("invitation")
  yield* t.judge("AUTH-1", !makes || auth.includes("password"), {
    expected: '"password" in `auth`, where one can register',
    got: auth
  })
  if (!auth.includes("register")) return
  const ana = yield* registered(t)
  yield* ana.ask({ type: "bye" })
  if (auth.includes("password")) {
    const again = yield* t.connection()
    yield* login(again, ana.nick, { password }, "AUTH-1")
  }
})

scenario("a login is by one way at a time", ["AUTH-4"], function* (t) {
  const client = yield* t.connection()
  const nick = t.nick()
  const ways = { session: "0123456789abcdef", password, token: "0123456789abcdef", proof: noProof }
  const names = Object.keys(ways) as ReadonlyArray<keyof typeof ways>
  for (const one of names) {
    for (const other of names.slice(names.indexOf(one) + 1)) {
      const both = { type: "login", nick, [one]: ways[one], [other]: ways[other] }
      const { field } = yield* client.refused(both, "bad-request")
      yield* t.judge("AUTH-4", field === one || field === other, {
        sent: both,
        expected: `"field":"${one}" or "field":"${other}"`,
        got: field ?? "no field"
      })
    }
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Registering
// ---------------------------------------------------------------------------------------------------------------------

scenario("who registers is welcome, with an account and a token", ["REGISTER-1"], function* (t) {
  yield* whereOneRegisters(t)
  const client = yield* t.connection()
  const nick = t.nick()
  const welcome = yield* client.ask({ type: "register", nick: nick.toUpperCase(), password }, "REGISTER-1")
  yield* t.judge("REGISTER-1", welcome.nick === nick && saysAccount(welcome) && welcome.token !== undefined, {
    sent: { type: "register", nick: nick.toUpperCase() },
    expected: `\`welcome\` with "nick":"${nick}", "account":true and a \`token\``,
    got: welcome
  })
  const room = t.roomName()
  yield* client.ask({ type: "join", room }, "REGISTER-1")
  const { from } = yield* Effect.andThen(client.ask({ type: "send", room, text: "hola" }), client.next("message"))
  yield* t.judge("REGISTER-1", from === nick, { expected: `"from":"${nick}"`, got: from })
})

scenario("a nick is registered once", ["REGISTER-2"], { connections: 6 }, function* (t) {
  const ana = yield* registered(t)
  const rival = yield* t.connection("rival")
  const refused = { field: "nick" }
  yield* rival.refused({ type: "register", nick: ana.nick, password: another }, "nick-registered", refused)
  yield* ana.ask({ type: "bye" })
  yield* rival.refused({ type: "register", nick: ana.nick, password: another }, "nick-registered", refused)
  const guest = yield* t.person("leo")
  yield* rival.refused({ type: "register", nick: guest.nick, password }, "nick-taken", refused)
  yield* login(rival, ana.nick, { password }, "REGISTER-2")
})

scenario("of several that race for a nick one has it", ["REGISTER-2"], { connections: 4 }, function* (t) {
  yield* whereOneRegisters(t)
  const racers = yield* t.connections(4)
  const nick = t.nick()
  const ids: Array<number> = []
  for (const racer of racers) ids.push(yield* racer.post({ type: "register", nick, password }))
  const replies: Array<string> = []
  for (const [nth, racer] of racers.entries()) {
    const reply = yield* racer.reply(ids[nth]!)
    replies.push(reply.type === "error" ? reply.code : reply.type)
  }
  const others = replies.filter((reply) => reply === "nick-registered" || reply === "nick-taken")
  yield* t.judge("REGISTER-2", replies.filter((reply) => reply === "welcome").length === 1 && others.length === 3, {
    sent: `register as ${nick}, from 4 connections at once`,
    expected: "one `welcome`, and `nick-registered` or `nick-taken` for the others",
    got: replies.join(", ")
  })
})

scenario("a guest doesn't get a nick that is registered", ["REGISTER-3"], function* (t) {
  const ana = yield* registered(t)
  const guest = yield* t.connection("guest")
  yield* shut(guest, ana.nick, {}, "nick-registered", { id: "REGISTER-3", field: "nick" })
  yield* ana.ask({ type: "bye" })
  yield* shut(guest, ana.nick.toUpperCase(), {}, "nick-registered", { id: "REGISTER-3" })
  yield* shut(guest, ana.nick, { resume: true }, "nick-registered", { id: "REGISTER-3" })
})

scenario("a password is of eight characters to 256 bytes", ["REGISTER-4"], function* (t) {
  yield* whereOneRegisters(t)
  const client = yield* t.connection()
  const nick = t.nick()
  const register = (secret: string) => ({ type: "register", nick, password: secret }) as const
  const field = { field: "password" }
  for (const bad of [
    "",
    "1234567",
    "ñañañañ",
    "\u{1f600}".repeat(7),
    "correct\nhorse",
    "correct\thorse",
    "12345678\u009b"
  ]) {
    yield* client.refused(register(bad), "bad-text", field)
  }
  yield* client.refused(register("x".repeat(257)), "too-long", field)
  yield* client.refused(register("ñ".repeat(129)), "too-long", field)
  const long = `${"ñ".repeat(127)}xy`
  yield* client.ask(register(long), "REGISTER-4")
  yield* client.refused({ type: "password", password: "1234567" }, "bad-text", field)
  yield* client.refused({ type: "password", password: "x".repeat(257) }, "too-long", field)
  yield* client.ask({ type: "password", password: "ñ234567\u{1f600}" }, "REGISTER-4")
})

scenario("only who is invited registers, where one has to be", ["REGISTER-5"], function* (t) {
  const { auth } = t.hello
  if (!auth.includes("password")) return yield* t.notRun("this target takes no passwords here")
  const client = yield* t.connection()
  const register = { type: "register", nick: t.nick(), password } as const
  const invitation = randomBytes(12).toString("base64url")
  if (auth.includes("register")) {
    const { type } = yield* client.ask({ ...register, invitation }, "REGISTER-5")
    return yield* t.judge("REGISTER-5", type === "welcome", { sent: register, expected: "`welcome`", got: type })
  }
  yield* client.refused(register, "not-invited")
  yield* client.refused({ ...register, invitation: "" }, "not-invited")
  yield* client.refused({ ...register, invitation }, "not-invited")
})

scenario("register and challenge come before welcome", ["REGISTER-6"], function* (t) {
  const ana = yield* t.person()
  yield* ana.refused({ type: "register", nick: t.nick(), password }, "already-logged-in")
  yield* ana.refused({ type: "challenge", nick: ana.nick, nonce: newNonce() }, "already-logged-in")
  yield* ana.refused({ type: "register" }, "already-logged-in")
})

scenario(
  "accounts and tokens, and their ends, outlive kill -9",
  ["REGISTER-7"],
  { needs: "data", also: "history", connections: 8 },
  function* (t) {
    const server = yield* t.ownServer
    const [ana, leo, eva] = [yield* registered(t), yield* registered(t, "leo"), yield* registered(t, "eva")]
    yield* leo.ask({ type: "revoke" }, "TOKEN-4")
    const changed = yield* eva.ask({ type: "password", password: another }, "ACCOUNT-5")
    const pia = yield* registered(t, "pia")
    yield* pia.ask({ type: "unregister" }, "ACCOUNT-7")
    yield* server.kill
    yield* server.exit
    yield* t.ownServer
    const id = "REGISTER-7"
    const guest = yield* t.connection("guest")
    yield* shut(guest, ana.nick, {}, "nick-registered", { id })
    yield* shut(guest, leo.nick, { token: leo.token }, "bad-credentials", { id })
    yield* shut(guest, eva.nick, { token: eva.token }, "bad-credentials", { id })
    yield* shut(guest, eva.nick, { password }, "bad-credentials", { id })
    yield* shut(guest, pia.nick, { password }, "bad-credentials", { id })
    yield* login(yield* t.connection(), ana.nick, { token: ana.token }, id)
    yield* login(yield* t.connection(), leo.nick, { password }, id)
    yield* login(yield* t.connection(), eva.nick, { token: changed.token }, id)
    yield* login(guest, pia.nick, {}, id)
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Passwords
// ---------------------------------------------------------------------------------------------------------------------

scenario("the password opens the account, with another token each time", ["PASSWORD-1"], function* (t) {
  const ana = yield* registered(t)
  const tokens = [ana.token]
  for (let nth = 0; nth < 2; nth++) {
    const welcome = yield* login(yield* t.connection(), ana.nick.toUpperCase(), { password }, "PASSWORD-1")
    const isGood = saysAccount(welcome) && welcome.nick === ana.nick && welcome.token !== undefined
    yield* t.judge("PASSWORD-1", isGood && !tokens.includes(welcome.token ?? ""), {
      sent: { type: "login", nick: ana.nick.toUpperCase(), password },
      expected: '`welcome` with "account":true and a new `token`',
      got: welcome
    })
    tokens.push(welcome.token!)
  }
})

scenario("another password doesn't", ["PASSWORD-2"], function* (t) {
  const ana = yield* registered(t)
  const other = yield* t.connection("other")
  for (const wrong of [another, "", password.toUpperCase(), `${password} `, `${password}\n`, password.slice(0, -1)]) {
    yield* shut(other, ana.nick, { password: wrong }, "bad-credentials", { id: "PASSWORD-2", field: "password" })
  }
  yield* login(other, ana.nick, { password }, "PASSWORD-2")
})

scenario("a nick without an account is answered as a wrong password", ["PASSWORD-3"], function* (t) {
  const ana = yield* registered(t)
  const client = yield* t.connection("other")
  const wrong = yield* shut(client, ana.nick, { password: another }, "bad-credentials", { id: "PASSWORD-3" })
  const nobody = yield* shut(client, t.nick("nobody"), { password: another }, "bad-credentials", { id: "PASSWORD-3" })
  yield* t.judge("PASSWORD-3", nobody.field === wrong.field && nobody.message === wrong.message, {
    expected: `"field":${JSON.stringify(wrong.field)} and "message":${JSON.stringify(wrong.message)}`,
    got: nobody
  })
})

scenario("a password is the same however it is spelled", ["PASSWORD-4"], function* (t) {
  const composed = "contraseña del café".normalize("NFC")
  const ana = yield* registered(t, "ana", { password: composed.normalize("NFD").replaceAll(" ", "\u00a0") })
  const other = yield* t.connection("other")
  yield* shut(other, ana.nick, { password: "contrasena del cafe" }, "bad-credentials", { id: "PASSWORD-4" })
  yield* shut(other, ana.nick, { password: composed.replace("ñ", "\uff4e\u0303") }, "bad-credentials", {
    id: "PASSWORD-4"
  })
  yield* login(other, ana.nick, { password: composed }, "PASSWORD-4")
  const third = yield* t.connection("third")
  yield* login(third, ana.nick, { password: composed.replaceAll(" ", "\u3000") }, "PASSWORD-4")
})

// ---------------------------------------------------------------------------------------------------------------------
// Proofs
// ---------------------------------------------------------------------------------------------------------------------

scenario("a challenge has a nonce that goes on, and is new each time", ["SCRAM-1"], function* (t) {
  const ana = yield* registered(t)
  const client = yield* t.connection("other")
  const nonce = "!r0prNGfwEbe~R-WgbNEkqO"
  const ask = { type: "challenge", nick: ana.nick.toUpperCase(), nonce } as const
  const [first, second] = [yield* client.ask(ask, "SCRAM-1"), yield* client.ask(ask, "SCRAM-1")]
  const isGood = [first, second].every(
    (each) => each.nick === ana.nick && each.nonce.startsWith(nonce) && each.nonce.length >= nonce.length + 16
  )
  yield* t.judge("SCRAM-1", isGood && first.nonce !== second.nonce, {
    sent: ask,
    expected: "twice the nick and a nonce that begins so and goes on with 16 characters or more, other ones each time",
    got: `${JSON.stringify(first)} and ${JSON.stringify(second)}`
  })
  yield* t.judge("SCRAM-1", first.salt === second.salt && first.iterations === second.iterations, {
    expected: "the same salt and iterations",
    got: `${JSON.stringify(first)} and ${JSON.stringify(second)}`
  })
  for (const bad of ["", "r".repeat(15), "r".repeat(129), "with,comma,in,the,midst", "ñandúñandúñandú!"]) {
    yield* client.refused({ ...ask, nonce: bad }, "bad-request", { field: "nonce" })
  }
})

scenario("the proof of the password opens the account, and is answered by one", ["SCRAM-2"], function* (t) {
  const secret = "contraseña del café"
  const ana = yield* registered(t, "ana", { password: secret })
  for (const spelling of [secret, secret.normalize("NFD")]) {
    const client = yield* t.connection("other")
    const { proof, signature } = yield* proved(client, ana.nick, spelling)
    const welcome = yield* login(client, ana.nick, { proof }, "SCRAM-2")
    yield* t.judge("SCRAM-2", saysAccount(welcome) && welcome.token !== undefined && welcome.signature === signature, {
      sent: { type: "login", nick: ana.nick, proof },
      expected: `\`welcome\` with "account":true, a \`token\` and "signature":"${signature}"`,
      got: welcome
    })
  }
})

scenario("another proof doesn't, and a challenge is for one answer", ["SCRAM-3"], { connections: 6 }, function* (t) {
  const [ana, leo] = [yield* registered(t), yield* registered(t, "leo")]
  const client = yield* t.connection("other")
  const refused = { id: "SCRAM-3", field: "proof" } as const
  const { proof: early } = yield* proved(yield* t.connection(), ana.nick, password)
  yield* shut(client, ana.nick, { proof: early }, "bad-credentials", refused)
  const { proof: wrong } = yield* proved(client, ana.nick, another)
  yield* shut(client, ana.nick, { proof: wrong }, "bad-credentials", refused)
  const { proof } = yield* proved(client, ana.nick, password)
  yield* shut(client, ana.nick, { proof: `${proof.slice(0, -4)}AAA=` }, "bad-credentials", refused)
  yield* shut(client, ana.nick, { proof }, "bad-credentials", refused)
  const { proof: ofLeo } = yield* proved(client, leo.nick, password)
  yield* shut(client, ana.nick, { proof: ofLeo }, "bad-credentials", refused)
  const { proof: good } = yield* proved(client, ana.nick, password)
  for (const none of ["", "no base64", noProof.slice(0, 8)]) {
    yield* shut(client, ana.nick, { proof: none }, "bad-credentials", refused)
    yield* client.ask({ type: "challenge", nick: ana.nick, nonce: newNonce() }, "SCRAM-1")
  }
  yield* shut(client, ana.nick, { proof: good }, "bad-credentials", refused)
})

scenario("a nick without an account is challenged as one with", ["SCRAM-4"], function* (t) {
  const ana = yield* registered(t)
  const client = yield* t.connection("other")
  const nobody = t.nick("nobody")
  const ask = (nick: string) => client.ask({ type: "challenge", nick, nonce: newNonce() }, "SCRAM-4")
  const real = yield* ask(ana.nick)
  const other = yield* t.connection("third")
  const [first, second] = [
    yield* ask(nobody),
    yield* other.ask({ type: "challenge", nick: nobody, nonce: newNonce() }, "SCRAM-4")
  ]
  const looksSame = first.salt.length === real.salt.length && first.nonce.length === real.nonce.length
  yield* t.judge("SCRAM-4", first.salt === second.salt && first.iterations === real.iterations && looksSame, {
    sent: "challenge for a nick without an account, on two connections",
    expected: `twice the same salt, of the length of ${real.salt}, and ${real.iterations} iterations`,
    got: `${JSON.stringify(first)} and ${JSON.stringify(second)}`
  })
  yield* t.judge("SCRAM-4", first.salt !== (yield* ask(t.nick("nobody"))).salt, {
    expected: "another salt for another nick",
    got: first.salt
  })
  yield* proved(client, ana.nick, another)
  const wrong = yield* shut(client, ana.nick, { proof: noProof }, "bad-credentials", { id: "SCRAM-4" })
  yield* proved(client, nobody, another)
  const none = yield* shut(client, nobody, { proof: noProof }, "bad-credentials", { id: "SCRAM-4" })
  yield* t.judge("SCRAM-4", none.field === wrong.field && none.message === wrong.message, {
    expected: `"field":${JSON.stringify(wrong.field)} and "message":${JSON.stringify(wrong.message)}`,
    got: none
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Tokens
// ---------------------------------------------------------------------------------------------------------------------

scenario("a token opens the account as often as one likes", ["TOKEN-1"], function* (t) {
  const ana = yield* registered(t)
  yield* ana.ask({ type: "bye" })
  for (let nth = 0; nth < 3; nth++) {
    const client = yield* t.connection(`ana (${nth + 2})`)
    const welcome = yield* login(client, ana.nick.toUpperCase(), { token: ana.token }, "TOKEN-1")
    yield* t.judge("TOKEN-1", saysAccount(welcome) && welcome.token === undefined && welcome.nick === ana.nick, {
      sent: { type: "login", nick: ana.nick.toUpperCase(), token: ana.token },
      expected: '`welcome` with "account":true and without a `token`',
      got: welcome
    })
    if (nth > 0) yield* client.ask({ type: "bye" })
  }
})

scenario("another token opens nothing", ["TOKEN-2"], function* (t) {
  const [ana, leo] = [yield* registered(t), yield* registered(t, "leo")]
  const client = yield* t.connection("other")
  const refused = { id: "TOKEN-2", field: "token" } as const
  for (const token of ["0123456789abcdefghijklmnopqrstuv", "", leo.token, `${ana.token}x`, ana.token.slice(0, -1)]) {
    yield* shut(client, ana.nick, { token }, "bad-credentials", refused)
  }
  yield* shut(client, t.nick("nobody"), { token: ana.token }, "bad-credentials", refused)
  yield* login(client, ana.nick, { token: ana.token }, "TOKEN-2")
})

scenario("a token lasts for its time, and not longer", ["TOKEN-3"], function* (t) {
  const { tokenSeconds } = t.limits
  if (tokenSeconds > 30) return yield* t.notRun(`it takes limits.tokenSeconds, here ${tokenSeconds} s`)
  const ana = yield* registered(t)
  const given = yield* t.now
  yield* letRun(1_000 * tokenSeconds - 2_000)
  const early = yield* t.connection()
  if ((yield* t.now) - given < 1_000 * tokenSeconds - 1_000) {
    yield* login(early, ana.nick, { token: ana.token }, "TOKEN-3")
  }
  yield* letRun(3_000)
  yield* shut(yield* t.connection(), ana.nick, { token: ana.token }, "bad-credentials", { id: "TOKEN-3" })
})

scenario("what is revoked opens nothing any more", ["TOKEN-4"], { connections: 6 }, function* (t) {
  const ana = yield* registered(t)
  const back = yield* t.connection("ana (2)")
  const second = (yield* login(back, ana.nick, { password }, "PASSWORD-1")).token!
  yield* back.ask({ type: "revoke" }, "TOKEN-4")
  const other = yield* t.connection("other")
  for (const token of [ana.token, second]) {
    yield* shut(other, ana.nick, { token }, "bad-credentials", { id: "TOKEN-4" })
  }
  yield* back.ask({ type: "ping" }, "TOKEN-4")
  const third = (yield* login(other, ana.nick, { password }, "TOKEN-4")).token!
  yield* login(yield* t.connection(), ana.nick, { token: third }, "TOKEN-4")
  const guest = yield* t.person("guest")
  yield* guest.refused({ type: "revoke" }, "forbidden", { id: "TOKEN-4" })
})

scenario("a token is told to its own connection only", ["TOKEN-5"], { connections: 4 }, function* (t) {
  const leo = yield* registered(t, "leo")
  const room = yield* t.room(leo)
  const ana = yield* registered(t)
  yield* ana.join(room)
  const eva = yield* t.connection("eva")
  const changed = yield* ana.ask({ type: "password", password: another }, "ACCOUNT-5")
  const seen = [...(yield* leo.fence)]
  yield* eva.ask({ type: "ping" })
  const heard = [...seen, ...(yield* eva.taken)].filter(
    ({ line }) => line.includes(ana.token) || line.includes(changed.token)
  )
  yield* t.judge("TOKEN-5", heard.length === 0 && changed.token !== leo.token, {
    expected: "nothing with ana's tokens on the connections of others",
    got: heard[0]?.line ?? "nothing of it"
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// One person
// ---------------------------------------------------------------------------------------------------------------------

scenario("a key stays used after goodbye", ["ACCOUNT-1"], { also: "resume" }, function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* registered(t)
  yield* ana.join(room)
  const send = { type: "send", room, text: "hola", key: "a1" } as const
  const first = yield* ana.ask(send)
  yield* ana.ask({ type: "bye" })
  const back = yield* t.connection("ana (2)")
  yield* login(back, ana.nick, { token: ana.token }, "TOKEN-1")
  yield* back.join(room)
  const again = yield* back.ask(send)
  yield* t.judge("ACCOUNT-1", again.duplicate === true && again.seq === first.seq, {
    sent: "a `send` with the key of before the `bye`, after a login by the token",
    expected: `\`sent\` with "seq":${first.seq} and "duplicate":true`,
    got: again
  })
})

scenario("what one has said one may edit after goodbye", ["ACCOUNT-1"], { also: "rich" }, function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* registered(t)
  yield* ana.join(room)
  const { seq } = yield* ana.send(room, "hola")
  yield* ana.ask({ type: "read", room, seq }, "READ-1")
  yield* ana.ask({ type: "bye" })
  const back = yield* t.connection("ana (2)")
  yield* login(back, ana.nick, { password }, "PASSWORD-1")
  const joined = yield* back.join(room)
  yield* t.judge("ACCOUNT-1", joined.read === seq, { expected: `"read":${seq} in \`joined\``, got: joined })
  yield* back.ask({ type: "edit", room, target: seq, text: "¡hola!" }, "ACCOUNT-1")
})

scenario("what was written to somebody who isn't there is kept", ["ACCOUNT-3"], { also: "direct" }, function* (t) {
  const ana = yield* registered(t)
  yield* ana.ask({ type: "bye" })
  const leo = yield* t.person("leo")
  const room = `@${ana.nick}`
  yield* leo.ask({ type: "send", room, text: "coffee?" }, "ACCOUNT-3")
  const { epoch } = yield* leo.next("message", { id: "ACCOUNT-3" })
  const back = yield* t.connection("ana (2)")
  yield* login(back, ana.nick, { token: ana.token }, "TOKEN-1")
  const page = yield* back.ask({ type: "history", room: `@${leo.nick}` }, "ACCOUNT-3")
  const texts = page.entries.map((entry) => ("text" in entry ? entry.text : entry.type))
  yield* t.judge("ACCOUNT-3", texts.join() === "coffee?" && page.epoch === epoch, {
    expected: `one entry, "coffee?", under the epoch ${epoch}`,
    got: page
  })
  const list = yield* back.ask({ type: "conversations" }, "ACCOUNT-3")
  yield* t.judge(
    "ACCOUNT-3",
    list.conversations.some((one) => one.room === `@${leo.nick}`),
    {
      expected: `@${leo.nick} among the conversations`,
      got: list
    }
  )
  yield* leo.ask({ type: "send", room, text: "at five" }, "ACCOUNT-3")
  const live = yield* back.next("message", { id: "ACCOUNT-3" })
  yield* t.judge("ACCOUNT-3", live.seq === 2 && live.epoch === epoch, {
    expected: '"seq":2, of the same log',
    got: live
  })
})

scenario("every welcome says whether it is an account's", ["ACCOUNT-4"], function* (t) {
  const guest = yield* t.connection("guest")
  const first = yield* guest.ask({ type: "login", nick: t.nick("guest") }, "LOGIN-1")
  yield* t.judge("ACCOUNT-4", first.account === undefined || !first.account, {
    expected: "no `account` in a guest's `welcome`",
    got: first
  })
  const { nick, welcome } = yield* registered(t, "ana", { resume: true })
  yield* t.judge("ACCOUNT-4", saysAccount(welcome), { expected: '"account":true', got: welcome })
  if (welcome.session === undefined) return
  const back = yield* login(yield* t.connection(), nick, { session: welcome.session }, "SESSION-2")
  yield* t.judge("ACCOUNT-4", saysAccount(back) && back.resumed === true, {
    sent: "login with the session",
    expected: '"account":true and "resumed":true',
    got: back
  })
})

scenario("whois says who has an account", ["ACCOUNT-8"], { also: "presence" }, function* (t) {
  const ana = yield* registered(t)
  const guest = yield* t.person("guest")
  yield* t.room(ana, guest)
  const judged = Effect.fnUntraced(function* (client: Client, nick: string, sent: string, isAccount: boolean) {
    const said = yield* client.ask({ type: "whois", nick }, "USERS-4")
    yield* t.judge("ACCOUNT-8", (said.account === true) === isAccount, {
      sent,
      expected: isAccount ? '"account":true' : "no `account`",
      got: said
    })
  })
  for (const asker of [ana, guest]) {
    yield* judged(asker, ana.nick, "`whois` of the person of an account", true)
    yield* judged(asker, guest.nick, "`whois` of a guest", false)
  }
  yield* ana.ask({ type: "unregister" }, "ACCOUNT-7")
  yield* judged(guest, ana.nick, "`unregister`, then `whois`", false)
})

scenario("users says who has an account", ["ACCOUNT-16"], { also: "presence" }, function* (t) {
  const ana = yield* registered(t)
  const guest = yield* t.person("guest")
  const room = yield* t.room(ana, guest)
  const judged = Effect.fnUntraced(function* (client: Client, where: { readonly room?: string }, isAccount: boolean) {
    const { users } = yield* client.ask({ type: "users", ...where }, "USERS-1")
    const said = (nick: string) => users.find((user) => user.nick === nick)?.account
    yield* t.judge("ACCOUNT-16", said(guest.nick) === undefined && said(ana.nick) === (isAccount ? true : undefined), {
      sent: `users, by ${client.who}`,
      expected: isAccount ? '"account":true of ana alone' : "no `account`",
      got: users
    })
  })
  for (const asker of [ana, guest]) {
    yield* judged(asker, {}, true)
    yield* judged(asker, { room }, true)
  }
  yield* ana.ask({ type: "unregister" }, "ACCOUNT-7")
  yield* judged(guest, {}, false)
})

scenario(
  "another password takes the place of the one before, and of all tokens",
  ["ACCOUNT-5"],
  { connections: 6 },
  function* (t) {
    const ana = yield* registered(t)
    const back = yield* t.connection("ana (2)")
    const second = (yield* login(back, ana.nick, { password }, "PASSWORD-1")).token!
    const { token } = yield* back.ask({ type: "password", password: another }, "ACCOUNT-5")
    const client = yield* t.connection("other")
    for (const old of [ana.token, second])
      yield* shut(client, ana.nick, { token: old }, "bad-credentials", { id: "ACCOUNT-5" })
    yield* shut(client, ana.nick, { password }, "bad-credentials", { id: "ACCOUNT-5" })
    const { proof } = yield* proved(client, ana.nick, password)
    yield* shut(client, ana.nick, { proof }, "bad-credentials", { id: "ACCOUNT-5" })
    yield* back.ask({ type: "ping" }, "ACCOUNT-5")
    yield* login(client, ana.nick, { token }, "ACCOUNT-5")
    yield* login(yield* t.connection(), ana.nick, { password: another }, "ACCOUNT-5")
  }
)

scenario(
  "only whom the password has let in changes it, or ends the account",
  ["ACCOUNT-6"],
  { connections: 6 },
  function* (t) {
    const asks: ReadonlyArray<Ask> = [{ type: "password", password: another }, { type: "unregister" }]
    const guest = yield* t.person("guest")
    for (const ask of asks) yield* guest.refused(ask, "forbidden")
    const ana = yield* registered(t)
    const back = yield* t.connection("ana (2)")
    yield* login(back, ana.nick, { token: ana.token }, "TOKEN-1")
    for (const ask of asks) yield* back.refused(ask, "forbidden")
    const third = yield* t.connection("ana (3)")
    const { proof } = yield* proved(third, ana.nick, password)
    yield* login(third, ana.nick, { proof }, "SCRAM-2")
    yield* third.ask({ type: "password", password: another }, "ACCOUNT-6")
    yield* third.ask({ type: "unregister" }, "ACCOUNT-6")
  }
)

scenario(
  "an account that has ended opens for nobody, and its nick is a guest's",
  ["ACCOUNT-7"],
  { connections: 6 },
  function* (t) {
    const leo = yield* t.person("leo")
    const room = yield* t.room(leo)
    const ana = yield* registered(t)
    yield* ana.join(room)
    yield* ana.ask({ type: "unregister" }, "ACCOUNT-7")
    yield* ana.send(room, "I am still here")
    const client = yield* t.connection("other")
    yield* shut(client, ana.nick, { password }, "bad-credentials", { id: "ACCOUNT-7" })
    yield* shut(client, ana.nick, { token: ana.token }, "bad-credentials", { id: "ACCOUNT-7" })
    yield* shut(client, ana.nick, {}, "nick-taken", { id: "ACCOUNT-7" })
    yield* ana.ask({ type: "bye" })
    yield* client.ask({ type: "register", nick: ana.nick, password: another }, "ACCOUNT-7")
    yield* client.join(room)
    const [entry] = yield* leo.messages(room)
    yield* t.judge("ACCOUNT-7", entry?.from === ana.nick, { expected: `an entry from ${ana.nick}`, got: entry })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Several connections
// ---------------------------------------------------------------------------------------------------------------------

scenario("one more connection ends nothing of the others", ["ACCOUNT-9"], { connections: 8 }, function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* registered(t, "ana", { resume: true })
  yield* ana.join(room)
  yield* leo.fence
  for (const by of ["token", "password", "proof"] as const) {
    const other = yield* t.connection(`ana by ${by}`)
    const ways = {
      token: { token: ana.token },
      password: { password },
      proof: { proof: (yield* proved(other, ana.nick, password)).proof }
    }
    const welcome = yield* login(other, ana.nick, ways[by], "ACCOUNT-9")
    yield* t.judge("ACCOUNT-9", welcome.nick === ana.nick && saysAccount(welcome), {
      sent: `a login by the ${by}, while another connection is there`,
      expected: `\`welcome\` with "nick":"${ana.nick}" and "account":true`,
      got: welcome
    })
    yield* other.ask({ type: "ping" }, "ACCOUNT-9")
    yield* ana.ask({ type: "send", room, text: `still here, beside the ${by}` }, "ACCOUNT-9")
    yield* leo.next("message", { id: "ACCOUNT-9" })
  }
  const told = yield* leo.memberEvents(room)
  yield* t.judge("ACCOUNT-9", told.length === 0, {
    sent: "three further logins",
    expected: "no `member`: the membership goes on",
    got: told
  })
  if (ana.welcome.session === undefined) return
  const back = yield* t.connection("ana goes on")
  yield* login(back, ana.nick, { session: ana.welcome.session }, "ACCOUNT-9")
})

/** The `member` events about somebody that a fence brings, as `joined` and `left`. */
const changesOf = (watcher: Client, room: string, { nick }: Pick<Person, "nick">) =>
  Effect.map(watcher.memberEvents(room), (events) =>
    events.filter((event) => event.nick === nick).map(({ change }) => change)
  )

scenario("several connections in a room are one member", ["ACCOUNT-10"], { connections: 6 }, function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* registered(t)
  const [second, third] = [yield* further(t, ana), yield* further(t, ana, 3)]
  const judged = Effect.fnUntraced(function* (sent: string, expected: ReadonlyArray<string>, isIn = true) {
    const changes = yield* changesOf(leo, room, ana)
    yield* t.judge("ACCOUNT-10", changes.join() === expected.join(), {
      sent,
      expected: expected.length === 0 ? "no `member`" : `\`member\`, once, with the change \`${expected[0]}\``,
      got: changes.join(", ")
    })
    const members = (yield* leo.members(room)).filter((nick) => nick === ana.nick)
    yield* t.judge("ACCOUNT-10", members.length === (isIn ? 1 : 0), {
      sent,
      expected: isIn ? `${ana.nick} once among the members` : `no ${ana.nick} among the members`,
      got: members.join(", ")
    })
  })
  yield* ana.join(room)
  yield* judged("join, on the first connection", ["joined"])
  const joined = yield* second.join(room)
  yield* t.judge("ACCOUNT-10", joined.members.filter((nick) => nick === ana.nick).length === 1, {
    sent: "join, on another connection",
    expected: `${ana.nick} once among the members`,
    got: joined
  })
  yield* judged("join, on another connection", [])
  yield* third.join(room)
  yield* ana.leave(room)
  yield* judged("leave, on the first of three", [])
  yield* second.ask({ type: "bye" })
  yield* judged("bye, on the second of three", [])
  yield* third.end
  yield* third.rest({ id: "ACCOUNT-10" })
  const last = yield* leo.find("member", ({ nick }) => nick === ana.nick, {
    id: "ACCOUNT-10",
    seconds: 2 * t.heartbeat
  })
  yield* t.judge("ACCOUNT-10", last.change === "left", {
    sent: "FIN, on the last",
    expected: "`member` with the change `left`",
    got: last
  })
  yield* judged("FIN, on the last", [], false)
})

scenario(
  "each connection of a person has its rooms and its replies for itself",
  ["ACCOUNT-11"],
  { connections: 4 },
  function* (t) {
    const leo = yield* t.person("leo")
    const room = yield* t.room(leo)
    const ana = yield* registered(t)
    const second = yield* further(t, ana)
    yield* ana.join(room)
    const id = "ACCOUNT-11"
    yield* leo.send(room, "for whoever is here")
    const strays = (yield* second.fence).filter(({ object }) => object["room"] === room)
    yield* t.judge(id, strays.length === 0, {
      sent: "a message, to a room that another connection of the person is in",
      expected: "nothing of it on this one",
      got: strays[0]?.line ?? "nothing"
    })
    yield* second.refused({ type: "send", room, text: "me, too" }, "not-joined", { id })
    yield* second.ask({ type: "join", room }, id)
    yield* ana.fence
    yield* second.send(room, "hola from here")
    const heard = yield* ana.fence
    yield* t.judge(id, heard.filter(({ object }) => object["text"] === "hola from here").length === 1, {
      sent: "a message, on another connection of the person",
      expected: "the event `message`, once",
      got: heard.map(({ line }) => line)
    })
    yield* t.judge(id, !heard.some(({ type }) => type === "sent"), {
      sent: "a message, on another connection of the person",
      expected: "no `sent`",
      got: heard.map(({ line }) => line)
    })
    yield* ana.leave(room)
    yield* leo.send(room, "for who has stayed")
    const texts = (yield* second.messages(room)).map(({ text }) => text)
    yield* t.judge(id, texts.includes("for who has stayed"), {
      sent: "leave on one connection, and a message of somebody else",
      expected: "the message on the other connection",
      got: texts.join(", ")
    })
    const gone = yield* ana.messages(room)
    yield* t.judge(id, gone.length === 0, { expected: "nothing where one has left", got: gone })
  }
)

scenario(
  "a session goes on with its own connection, and a bye ends no other",
  ["ACCOUNT-12"],
  { also: "resume", connections: 8 },
  function* (t) {
    const id = "ACCOUNT-12"
    const leo = yield* t.person("leo")
    const room = yield* t.room(leo)
    const ana = yield* registered(t, "ana", { resume: true })
    const second = yield* further(t, ana, 2, { resume: true })
    yield* second.join(room)
    yield* leo.fence
    const [one, other] = [ana.welcome.session ?? "", second.welcome.session ?? ""]
    yield* t.judge(id, one !== other, { expected: "a session of its own for each connection", got: other })
    const third = yield* t.connection("ana (3)")
    yield* login(third, ana.nick, { session: one }, id)
    const { before } = yield* ana.rest({ id })
    yield* t.judge(id, before.at(-1)?.object["code"] === "replaced", {
      sent: "a login by the session of the first connection",
      expected: "`bye` with replaced, on the first",
      got: before.at(-1)?.line ?? "nothing"
    })
    yield* second.ask({ type: "send", room, text: "untouched" }, id)
    yield* third.ask({ type: "bye" })
    yield* second.ask({ type: "send", room, text: "still" }, id)
    yield* shut(yield* t.connection("other"), ana.nick, { session: one }, "session-expired", { id })
    yield* second.reset
    const back = yield* t.connection("ana (4)")
    yield* login(back, ana.nick, { session: other }, id)
    yield* back.join(room)
    const changes = yield* changesOf(leo, room, ana)
    yield* t.judge(id, changes.length === 0, {
      sent: "a takeover and a `bye` of other connections, a reset, and a login by the session",
      expected: "no `member`: the membership goes on",
      got: changes.join(", ")
    })
  }
)

const mostLogins = 24

scenario(
  "one connection too many is refused, and costs none of the others",
  ["ACCOUNT-13"],
  { connections: mostLogins + 2 },
  function* (t) {
    const { logins } = t.limits
    if (logins > mostLogins) return yield* t.notRun(`limits.logins is ${logins}: too many to open`)
    const ana = yield* registered(t)
    const all: Array<Client> = [ana]
    while (all.length < logins) all.push(yield* further(t, ana, all.length + 1))
    const late = yield* t.connection("one too many")
    const refused = { id: "ACCOUNT-13", field: "nick" } as const
    yield* shut(late, ana.nick, { token: ana.token }, "limit-reached", refused)
    const { proof } = yield* proved(late, ana.nick, password)
    yield* shut(late, ana.nick, { proof }, "limit-reached", refused)
    for (const each of all) yield* each.ask({ type: "ping" }, "ACCOUNT-13")
    yield* all.at(-1)!.ask({ type: "bye" })
    yield* login(late, ana.nick, { token: ana.token }, "ACCOUNT-13")
  }
)

scenario(
  "a connection that was lost gives way to one that is there",
  ["ACCOUNT-14"],
  { also: "resume", connections: mostLogins + 4 },
  function* (t) {
    const { grace, logins } = t.limits
    if (logins > mostLogins) return yield* t.notRun(`limits.logins is ${logins}: too many to open`)
    const ana = yield* registered(t, "ana", { resume: true })
    const second = yield* further(t, ana, 2, { resume: true })
    const began = yield* t.now
    // FIN is answered by FIN: then the server has noticed.
    for (const lost of [ana, second]) {
      yield* lost.end
      yield* lost.rest({ id: "ACCOUNT-14" })
    }
    for (let nth = 3; nth <= logins + 1; nth++) {
      const { nick } = yield* login(yield* t.connection(`ana (${nth})`), ana.nick, { token: ana.token }, "ACCOUNT-14")
      yield* t.judge("ACCOUNT-14", nick === ana.nick, { expected: "`welcome`", got: nick })
    }
    const other = yield* t.connection("other")
    const session = { session: ana.welcome.session ?? "" }
    yield* shut(other, ana.nick, session, "session-expired", { id: "ACCOUNT-14" })
    yield* other.post({ type: "login", nick: ana.nick, session: second.welcome.session ?? "" })
    const back = yield* other.answer({ id: "ACCOUNT-14" })
    if ((yield* t.now) - began > 900 * grace) return
    yield* t.judge("ACCOUNT-14", back.type === "welcome", {
      sent: "login with the session of the connection that was lost last",
      expected: "`welcome`",
      got: back
    })
  }
)

for (const change of ["password", "revoke", "unregister"] as const) {
  scenario(`by ${change} all other connections of the person end`, ["ACCOUNT-15"], { connections: 6 }, function* (t) {
    const id = "ACCOUNT-15"
    const leo = yield* t.person("leo")
    const room = yield* t.room(leo)
    const ana = yield* registered(t, "ana", { resume: true })
    yield* ana.join(room)
    const second = yield* t.connection("ana (2)")
    const { proof } = yield* proved(second, ana.nick, password)
    yield* login(second, ana.nick, { proof }, "SCRAM-2")
    yield* leo.fence
    yield* ana.post({ type: "send", room, text: "the last that I say here" })
    yield* second.ask(change === "password" ? { type: change, password: another } : { type: change }, id)
    yield* leo.fence
    const told = [...(yield* leo.taken)]
    const members = yield* leo.members(room)
    yield* t.judge(id, !members.includes(ana.nick), {
      sent: change,
      expected: `nobody called ${ana.nick} in ${room}: the membership of the other connection has ended`,
      got: members.join(", ")
    })
    const { before } = yield* ana.rest({ id })
    yield* t.judge(id, before.at(-1)?.object["code"] === "logged-out", {
      sent: `${change}, on another connection`,
      expected: "`bye` with the code `logged-out`, as its last object",
      got: before.at(-1)?.line ?? "nothing"
    })
    const late = yield* leo.messages(room)
    yield* t.judge(id, late.length === 0, {
      sent: `${change}, after a message on another connection`,
      expected: "nothing of that connection any more",
      got: late[0] ?? `${told.length} before it`
    })
    yield* second.ask({ type: "ping" }, id)
    if (ana.welcome.session === undefined) return
    const other = yield* t.connection("other")
    yield* shut(other, ana.nick, { session: ana.welcome.session }, "session-expired", { id })
  })
}

scenario("a key is the person's, on whichever connection", ["ACCOUNT-1"], { also: "resume" }, function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* registered(t)
  const second = yield* further(t, ana)
  yield* ana.join(room)
  yield* second.join(room)
  const send = { type: "send", room, text: "hola", key: "a1" } as const
  const first = yield* ana.ask(send)
  const again = yield* second.ask(send, "ACCOUNT-1")
  yield* t.judge("ACCOUNT-1", again.duplicate === true && again.seq === first.seq, {
    sent: "a `send` with the key of a message of another connection of the person",
    expected: `\`sent\` with "seq":${first.seq} and "duplicate":true`,
    got: again
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Guessing
// ---------------------------------------------------------------------------------------------------------------------

/** Lets so many logins by a proof fail, one right after the other, and gives the codes of the refusals. */
const guesses = Effect.fnUntraced(function* (client: Client, nick: string, count: number) {
  const ids: Array<number> = []
  for (let nth = 0; nth < count; nth++) ids.push(yield* client.post({ type: "login", nick, proof: noProof }))
  const codes: Array<string> = []
  for (const id of ids) {
    const reply = yield* client.reply(id)
    codes.push(reply.type === "error" ? reply.code : reply.type)
  }
  return codes
})

scenario("who guesses has to wait", ["ATTEMPT-1", "ATTEMPT-2"], { connections: 6 }, function* (t) {
  const { attemptSeconds, attempts, burst } = t.limits
  if (attempts + 10 > burst) return yield* t.notRun("limits.attempts is above what can be asked at once")
  const ana = yield* registered(t)
  yield* ana.ask({ type: "bye" })
  for (const nick of [ana.nick, t.nick("nobody")]) {
    const client = yield* t.connection("other")
    const began = yield* t.now
    const codes = yield* guesses(client, nick, attempts)
    const wrong = codes.find((code) => code !== "bad-credentials")
    yield* t.judge("ATTEMPT-1", wrong === undefined, {
      sent: `${attempts} logins with wrong proofs`,
      expected: "`bad-credentials` for each",
      got: codes.join(", ")
    })
    const { proof } = yield* proved(client, nick, password)
    const late = yield* client.reply(yield* client.post({ type: "login", nick, proof }))
    // One more may be made by now, where this machine is busy.
    if ((yield* t.now) - began > (900 * attemptSeconds) / attempts) continue
    yield* t.judge("ATTEMPT-1", late.type === "error" && late.code === "rate-limited" && (late.retryAfter ?? 0) > 0, {
      sent: `one more login for ${nick}, with the proof of the password`,
      expected: "`rate-limited`, with `retryAfter`",
      got: late
    })
    if (late.type !== "error" || nick !== ana.nick) continue
    const friend = yield* t.connection("ana (2)")
    yield* login(friend, nick, { token: ana.token }, "ATTEMPT-2")
    yield* friend.ask({ type: "bye" })
    if ((late.retryAfter ?? 0) > 5_000) continue
    yield* letRun((late.retryAfter ?? 0) + 100)
    const { proof: again } = yield* proved(client, nick, password)
    yield* login(client, nick, { proof: again }, "ATTEMPT-1")
  }
  yield* t.judge("ATTEMPT-2", true, { expected: "`welcome` by the token", got: "just that" })
})

scenario("an address from which others are guessed has to wait", ["ATTEMPT-3"], { needs: "start" }, function* (t) {
  const { attempts, attemptSeconds, rate } = t.limits
  const count = 10 * attempts
  if (count / rate > (attemptSeconds / attempts) * 5) return yield* t.notRun("so many can't be asked in the time")
  yield* t.ownServer
  const client = yield* t.connection()
  const ids: Array<number> = []
  for (let nth = 0; nth < count + attempts; nth++) {
    ids.push(yield* client.post({ type: "login", nick: t.nick("nobody"), token: "0123456789abcdef" }))
  }
  const codes: Array<string> = []
  for (const id of ids) {
    const reply = yield* client.take((item) => isReply(item) && item.object["re"] === id, "the reply", { seconds: 10 })
    codes.push(String(reply.object["code"]))
  }
  yield* t.judge(
    "ATTEMPT-3",
    codes.slice(0, count).every((code) => code === "bad-credentials"),
    {
      sent: `${count} logins with wrong tokens, each for another nick`,
      expected: "`bad-credentials` for each",
      got: codes.find((code) => code !== "bad-credentials") ?? "just that"
    }
  )
  yield* t.judge("ATTEMPT-3", codes.includes("rate-limited"), {
    sent: `${attempts} more`,
    expected: "`rate-limited` for one of them at least",
    got: codes.slice(count).join(", ")
  })
})
