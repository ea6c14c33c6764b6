/** The tests of spec/versioning.md. */
import { scenario } from "../src/scenario.ts"

/** The requests of the profiles to come, by profile: what isn't claimed must be refused, so a yes-sayer is found out. */
const requestsOfProfiles: Readonly<Record<string, ReadonlyArray<string>>> = {
  history: ["history"],
  direct: ["conversations"],
  presence: ["status", "users", "whois"],
  rich: ["edit", "delete", "react", "typing", "read", "topic"],
  search: ["search"],
  accounts: ["register"],
  moderation: ["role", "kind", "invite", "kick", "ban", "mute", "slow", "standings"]
}

const claimed = (features: ReadonlyArray<string>, profile: string): boolean =>
  features.some((feature) => feature.split("/").at(-2) === profile)

scenario("unknown fields are ignored in every request", ["EXT-1"], function* (t) {
  const client = yield* t.connection()
  const room = t.roomName()
  const odd = { "x-suite": { nested: [1, [2, { three: null }]] }, color: "red", "": 0, after2: false }
  const requests = [
    [{ type: "login", nick: t.nick() }, "welcome"],
    [{ type: "join", room }, "joined"],
    [{ type: "send", room, text: "hola" }, "sent"],
    [{ type: "members", room }, "members"],
    [{ type: "rooms" }, "rooms"],
    [{ type: "ping" }, "pong"],
    [{ type: "sync" }, "synced"],
    [{ type: "leave", room }, "left"],
    [{ type: "bye" }, "bye"]
  ] as const
  for (const [nth, [request, expected]] of requests.entries()) {
    yield* client.line(JSON.stringify({ ...odd, ...request, id: nth + 1 }))
    const reply = yield* client.reply(nth + 1, { id: "EXT-1" })
    yield* t.judge("EXT-1", reply.type === expected, { sent: request, expected: `\`${expected}\``, got: reply })
  }
})

scenario("an unknown request is refused, never met with silence", ["EXT-3"], function* (t) {
  const client = yield* t.connection()
  const nonce = t.nick("request")
  for (const type of [
    "fly",
    `x-suite/${nonce}`,
    `draft/${nonce}`,
    "LOGIN",
    "",
    " ping",
    "toString",
    "__proto__",
    "hello",
    "pong"
  ]) {
    yield* client.refused({ type }, "unsupported")
  }
  yield* client.login(t.nick())
  for (const type of ["fly", `x-suite/${nonce}`, "constructor", "message", "ñ"]) {
    yield* client.refused({ type, room: "#cafe", text: "x" }, "unsupported")
  }
  yield* client.ping
})

scenario("requests of profiles that aren't claimed are refused", ["EXT-4"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  for (const [profile, types] of Object.entries(requestsOfProfiles)) {
    if (claimed(t.hello.features, profile)) continue
    for (const type of types) yield* ana.refused({ type, room, nick: ana.nick, text: "x" }, "unsupported")
  }
  yield* ana.refused({ type: `x-suite/${t.nick("canary")}` }, "unsupported")
})

scenario("fields that the server doesn't know aren't relayed", ["EXT-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const secret = t.nick("secret")
  yield* ana.line(
    JSON.stringify({
      type: "send",
      id: 1,
      room,
      text: "hola",
      "x-suite": secret,
      html: secret,
      message: secret,
      display: secret
    })
  )
  yield* ana.reply(1, { id: "EXT-5" })
  const seen = (yield* leo.fence).filter(({ type }) => type === "message")
  yield* t.judge("EXT-5", seen.length === 1 && !seen.some(({ line }) => line.includes(secret)), {
    sent: `fields that nobody knows, with "${secret}"`,
    expected: "a `message` without them",
    got: seen.map(({ line }) => line)
  })
})

scenario("a key means nothing to a server that doesn't claim resume", ["EXT-5"], { unless: "resume" }, function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  for (const id of [1, 2]) {
    yield* ana.line(JSON.stringify({ type: "send", id, room, text: "hola", key: "k1" }))
    yield* ana.reply(id, { id: "EXT-5" })
  }
  const seen = (yield* leo.fence).filter(({ type }) => type === "message")
  yield* t.judge("EXT-5", seen.length === 2 && seen.every(({ object }) => !("key" in object)), {
    sent: "two sends with one `key`",
    expected: "two entries, without `key`: to this server it is an unknown field",
    got: seen.map(({ line }) => line)
  })
})
