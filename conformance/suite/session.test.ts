import { scenario } from "../src/scenario.ts"

scenario("the server greets before anything is asked of it", ["HELLO-1", "HELLO-4"], function* (t) {
  const client = yield* t.connect()
  const hello = yield* client.greeting()
  yield* t.judge("HELLO-1", true, { expected: "`hello` first", got: hello })
  yield* t.judge("HELLO-4", hello.protocol === 1, { expected: `"protocol":1`, got: hello.protocol })
})

scenario("of several who race for one nick exactly one is welcome", ["LOGIN-2"], { connections: 8 }, function* (t) {
  const clients = yield* t.connections(8)
  const nick = t.nick("ana")
  const ids: Array<number> = []
  for (const client of clients) ids.push(yield* client.post({ type: "login", nick }))
  const replies: Array<string> = []
  for (const [at, client] of clients.entries()) {
    const reply = yield* client.reply(ids[at]!)
    replies.push(reply.type === "error" ? reply.code : reply.type)
  }
  yield* t.judge(
    "LOGIN-2",
    replies.sort().join() ===
      [
        "nick-taken",
        "nick-taken",
        "nick-taken",
        "nick-taken",
        "nick-taken",
        "nick-taken",
        "nick-taken",
        "welcome"
      ].join(),
    {
      sent: `login as ${nick}, from eight connections at once`,
      expected: "one `welcome` and seven times `nick-taken`",
      got: replies
    }
  )
})

scenario("only login, ping and bye come before welcome", ["LOGIN-3"], function* (t) {
  const client = yield* t.connection()
  yield* client.refused({ type: "sync" }, "login-first")
})
