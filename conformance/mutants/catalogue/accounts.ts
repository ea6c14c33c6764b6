/** Mutants of spec/accounts.md. */
import type { JsonObject } from "@tertulia/protocol"
import { breaks, insteadOf, isRefusal, refusal, whenAsked, whenSaid } from "../breaks.ts"
import { hasType, type Requests, silent, strict } from "../every-request.ts"
import type { Answered, Mutant, Tap } from "../mutant.ts"

const secret = "mutantmutantmutant"

const isRegister = hasType("register")
const isLogin = hasType("login")

/** Whether a request is a login that shows this. */
const isLoginBy = (object: JsonObject | undefined, way: "password" | "token" | "proof"): object is JsonObject =>
  isLogin(object) && way in object

const nickOf = (object: JsonObject): string => String(object["nick"]).toLowerCase()

/** The `welcome` to a login or a register that ought to have been refused. */
const welcome = (to: JsonObject): JsonObject => ({
  type: "welcome",
  re: to["id"],
  nick: nickOf(to),
  account: true,
  token: secret
})

/** Welcomes whom the server refuses. */
const welcomes = (code: string, whom: (to: JsonObject) => boolean) =>
  whenSaid((said) => (isRefusal(said, code) && said.to !== undefined && whom(said.to) ? [welcome(said.to)] : undefined))

/** Answers another code than the server does. */
const recodes = (code: string, other: string, to: (object: JsonObject) => boolean = () => true) =>
  whenSaid((said) =>
    isRefusal(said, code) && said.to !== undefined && to(said.to) ? [{ ...said.object, code: other }] : undefined
  )

/** Changes the `welcome` to a login or a register that `of` chooses. */
const whenWelcomed = (
  of: (to: JsonObject) => boolean,
  change: (said: JsonObject, to: JsonObject) => JsonObject | undefined
) =>
  whenSaid(({ object, to, type }) => {
    if (type !== "welcome" || to === undefined || !of(to)) return undefined
    const changed = change(object, to)
    return changed === undefined ? undefined : [changed]
  })

const without = (object: JsonObject, field: string): JsonObject | undefined =>
  field in object ? Object.fromEntries(Object.entries(object).filter(([name]) => name !== field)) : undefined

/** What a tap knows of the accounts that were made while it was there. */
const makeAccounts = () => {
  const known = new Set<string>()
  return {
    note: ({ object, to, type }: Answered) => {
      if (type === "welcome" && isRegister(to)) known.add(String(object["nick"]))
    },
    has: (to: JsonObject) => known.has(nickOf(to))
  }
}

/** Changes what is said, knowing which nicks have been registered. */
const knowing =
  (change: (said: Answered, isKnown: (to: JsonObject) => boolean) => ReadonlyArray<JsonObject> | undefined) =>
  (): Tap => {
    const accounts = makeAccounts()
    return {
      reply: (said, wire) => {
        accounts.note(said)
        const changed = change(said, accounts.has)
        if (changed !== undefined) wire.hit()
        return changed
      }
    }
  }

/** Changes the passwords that the server gets to see. */
const passwords = (change: (password: string) => string) =>
  whenAsked(({ object }) => {
    if (typeof object?.["password"] !== "string" || object["password"].length < 8) return undefined
    const changed = change(object["password"])
    return changed === object["password"] ? undefined : [{ ...object, password: changed }]
  })

const offering: ReadonlyArray<Mutant> = [
  breaks(
    "AUTH-1",
    "scram-in-secret",
    "leaves scram out of what it offers",
    whenSaid(({ object, type }) =>
      type === "hello"
        ? [{ ...object, auth: (object["auth"] as ReadonlyArray<string>).filter((way) => way !== "scram") }]
        : undefined
    )
  ),
  breaks("AUTH-1", "offers-what-it-refuses", "refuses every password, though it offers to take one", () => ({
    reply: ({ to, type }, wire) => {
      if (type !== "welcome" || !isLoginBy(to, "password")) return undefined
      wire.hit()
      return [refusal(to["id"], "insecure", "password")]
    }
  })),
  breaks(
    "AUTH-4",
    "two-ways-at-once",
    "takes the first of several ways to log in",
    recodes("bad-request", "bad-credentials", (to) => isLogin(to) && ("token" in to || "proof" in to))
  )
]

const registering: ReadonlyArray<Mutant> = [
  breaks(
    "REGISTER-1",
    "registers-a-guest",
    "doesn't say that who registers has an account",
    whenWelcomed(isRegister, (said) => without(said, "account"))
  ),
  breaks(
    "REGISTER-1",
    "registers-without-a-token",
    "gives who registers no token",
    whenWelcomed(isRegister, (said) => without(said, "token"))
  ),
  breaks("REGISTER-2", "registers-twice", "lets a nick be registered again", welcomes("nick-registered", isRegister)),
  breaks(
    "REGISTER-2",
    "registers-over-a-guest",
    "lets a nick be registered that a guest holds",
    welcomes("nick-taken", isRegister)
  ),
  breaks(
    "REGISTER-3",
    "nicks-for-guests",
    "lets guests in under nicks that are registered",
    whenSaid((said) =>
      isRefusal(said, "nick-registered") && isLogin(said.to)
        ? [{ type: "welcome", re: said.to["id"], nick: nickOf(said.to) }]
        : undefined
    )
  ),
  breaks(
    "REGISTER-3",
    "taken-is-taken",
    "answers a guest who wants a registered nick by nick-taken",
    recodes("nick-registered", "nick-taken", isLogin)
  ),
  breaks(
    "REGISTER-4",
    "short-passwords",
    "takes passwords of seven characters",
    whenSaid((said) => {
      const { to } = said
      const isShort = to !== undefined && [...String(to["password"])].length === 7
      if (!isRefusal(said, "bad-text") || !isShort) return undefined
      return [isRegister(to) ? welcome(to) : { type: "password", re: to["id"], token: secret }]
    })
  ),
  breaks(
    "REGISTER-4",
    "passwords-of-64-bytes",
    "takes no password of more than 64 bytes",
    whenSaid(({ to, type }) =>
      type === "welcome" && isRegister(to) && Buffer.byteLength(String(to["password"])) > 64
        ? [refusal(to["id"], "too-long", "password")]
        : undefined
    )
  ),
  breaks(
    "REGISTER-4",
    "passwords-of-any-length",
    "takes a password of any length",
    whenSaid((said) =>
      isRefusal(said, "too-long") && isRegister(said.to)
        ? [welcome(said.to)]
        : isRefusal(said, "too-long") && said.to?.["type"] === "password"
          ? [{ type: "password", re: said.to["id"], token: secret }]
          : undefined
    )
  ),
  {
    ...breaks("REGISTER-5", "registers-anybody", "registers who isn't invited", welcomes("not-invited", isRegister)),
    host: "invited"
  },
  breaks(
    "REGISTER-6",
    "registers-whoever-is-in",
    "looks at the fields of register and challenge after welcome",
    recodes("already-logged-in", "bad-request", (to) => isRegister(to) || to["type"] === "challenge")
  ),
  {
    ...breaks(
      "REGISTER-7",
      "accounts-of-one-life",
      "has lost the accounts of before its start",
      knowing(({ to, type }, isKnown) =>
        type === "welcome" && (isLoginBy(to, "token") || isLoginBy(to, "password")) && !isKnown(to)
          ? [refusal(to["id"], "bad-credentials", "token")]
          : undefined
      )
    ),
    host: "durable"
  },
  {
    ...breaks(
      "REGISTER-7",
      "what-ended-comes-back",
      "takes tokens that had ended before its start",
      knowing((said, isKnown) =>
        isRefusal(said, "bad-credentials") && isLoginBy(said.to, "token") && !isKnown(said.to) && "token" in said.to
          ? [welcome(said.to)]
          : undefined
      )
    ),
    host: "durable"
  }
]

const byPassword: ReadonlyArray<Mutant> = [
  breaks("PASSWORD-1", "one-token-for-all", "gives the same token at each login", () => {
    const first = new Map<string, string>()
    return {
      reply: ({ object, type }, wire) => {
        const token = object["token"]
        if (type !== "welcome" || typeof token !== "string") return undefined
        const nick = String(object["nick"])
        const before = first.get(nick)
        if (before === undefined) {
          first.set(nick, token)
          return undefined
        }
        wire.hit()
        return [{ ...object, token: before }]
      }
    }
  }),
  breaks(
    "PASSWORD-1",
    "password-without-token",
    "gives no token for a password",
    whenWelcomed(
      (to) => isLoginBy(to, "password"),
      (said) => without(said, "token")
    )
  ),
  breaks(
    "PASSWORD-2",
    "any-password",
    "takes any password",
    welcomes("bad-credentials", (to) => isLoginBy(to, "password"))
  ),
  breaks(
    "PASSWORD-2",
    "trims-passwords",
    "takes the spaces off the ends of a password",
    passwords((password) => password.trim())
  ),
  breaks(
    "PASSWORD-3",
    "says-who-has-an-account",
    "says that nobody has the nick, instead of that the password is wrong",
    knowing((said, isKnown) =>
      isRefusal(said, "bad-credentials") && isLoginBy(said.to, "password") && !isKnown(said.to)
        ? [{ ...said.object, message: "nobody has this nick" }]
        : undefined
    )
  ),
  breaks(
    "PASSWORD-3",
    "no-such-account",
    "has a code of its own for a nick without an account",
    knowing((said, isKnown) =>
      isRefusal(said, "bad-credentials") && isLoginBy(said.to, "password") && !isKnown(said.to)
        ? [{ ...said.object, code: "no-such-nick" }]
        : undefined
    )
  ),
  breaks(
    "PASSWORD-4",
    "passwords-as-bytes",
    "compares the bytes of passwords",
    passwords((password) => Buffer.from(password, "utf8").toString("hex").slice(0, 128))
  ),
  breaks(
    "PASSWORD-4",
    "passwords-of-any-width",
    "takes letters of full width for the plain ones",
    passwords((password) => password.normalize("NFKC"))
  )
]

/** Changes the reply `challenge`. */
const whenChallenged = (change: (said: JsonObject, to: JsonObject) => JsonObject | undefined) =>
  whenSaid(({ object, to, type }) => {
    if (type !== "challenge" || to === undefined) return undefined
    const changed = change(object, to)
    return changed === undefined ? undefined : [changed]
  })

const aSalt = (): string => Buffer.from(String(Math.random()).padEnd(16, "0").slice(0, 16)).toString("base64")

const byProof: ReadonlyArray<Mutant> = [
  breaks(
    "SCRAM-1",
    "nonces-of-its-own",
    "answers a nonce that doesn't begin with the client's",
    whenChallenged((said) => ({ ...said, nonce: `x${String(said["nonce"]).slice(1)}` }))
  ),
  breaks(
    "SCRAM-1",
    "the-same-nonce",
    "adds the same to the nonce each time",
    whenChallenged((said, to) => ({ ...said, nonce: `${String(to["nonce"])}0123456789abcdef` }))
  ),
  breaks(
    "SCRAM-1",
    "nonces-of-any-kind",
    "takes any nonce",
    whenSaid((said) => {
      const { object, to } = said
      if (!isRefusal(said, "bad-request") || object["field"] !== "nonce" || typeof to?.["nonce"] !== "string")
        return undefined
      const [nonce, salt] = ["n".repeat(40), aSalt()]
      return [{ type: "challenge", re: to["id"], nick: nickOf(to), nonce, salt, iterations: 4_096 }]
    })
  ),
  breaks(
    "SCRAM-2",
    "unsigned",
    "doesn't prove that it knows the account",
    whenWelcomed(
      (to) => isLoginBy(to, "proof"),
      (said) => without(said, "signature")
    )
  ),
  breaks(
    "SCRAM-2",
    "signs-anything",
    "answers a proof by another signature",
    whenWelcomed(
      (to) => isLoginBy(to, "proof"),
      (said, to) => ({ ...said, signature: to["proof"]! })
    )
  ),
  breaks(
    "SCRAM-3",
    "any-proof",
    "takes any proof",
    welcomes("bad-credentials", (to) => isLoginBy(to, "proof"))
  ),
  breaks("SCRAM-3", "lasting-challenges", "takes a proof twice", () => {
    const good = new Set<unknown>()
    const tried = new Map<number, Array<unknown>>()
    return {
      request: ({ object }, wire) => {
        if (isLoginBy(object, "proof")) tried.set(wire.nth, [...(tried.get(wire.nth) ?? []), object["proof"]])
        return undefined
      },
      reply: (said, wire) => {
        if (said.type === "challenge") good.add(wire.nth)
        const isFirst = (tried.get(wire.nth)?.length ?? 0) < 2
        if (!isRefusal(said, "bad-credentials") || !isLoginBy(said.to, "proof") || isFirst) return undefined
        wire.hit()
        return [welcome(said.to)]
      }
    }
  }),
  breaks(
    "SCRAM-4",
    "another-salt-for-nobody",
    "has another salt each time for a nick without an account",
    knowing(({ object, to, type }, isKnown) =>
      type === "challenge" && to !== undefined && !isKnown(to) ? [{ ...object, salt: aSalt() }] : undefined
    )
  ),
  breaks(
    "SCRAM-4",
    "no-challenge-for-nobody",
    "refuses to challenge for a nick without an account",
    knowing(({ to, type }, isKnown) =>
      type === "challenge" && to !== undefined && !isKnown(to)
        ? [refusal(to["id"], "bad-credentials", "nick")]
        : undefined
    )
  )
]

/** Whether a login by this token has been tried before, in any connection. */
const makeTried = () => {
  const tried = new Set<unknown>()
  return (token: unknown): boolean => {
    const isTried = tried.has(token)
    tried.add(token)
    return isTried
  }
}

const byToken: ReadonlyArray<Mutant> = [
  breaks("TOKEN-1", "a-token-for-once", "takes a token once", () => {
    const isTried = makeTried()
    return {
      reply: ({ to, type }, wire) => {
        if (type !== "welcome" || !isLoginBy(to, "token") || !isTried(to["token"])) return undefined
        wire.hit()
        return [refusal(to["id"], "bad-credentials", "token")]
      }
    }
  }),
  breaks(
    "TOKEN-1",
    "a-token-for-a-token",
    "gives another token for a token",
    whenWelcomed(
      (to) => isLoginBy(to, "token"),
      (said) => ({ ...said, token: secret })
    )
  ),
  breaks(
    "TOKEN-2",
    "any-token",
    "takes any token",
    welcomes("bad-credentials", (to) => isLoginBy(to, "token"))
  ),
  breaks("TOKEN-3", "a-token-for-ever", "takes a token after its time", () => {
    const given = new Set<unknown>()
    return {
      reply: (said, wire) => {
        if (said.type === "welcome") given.add(said.object["token"])
        if (!isRefusal(said, "bad-credentials") || !isLoginBy(said.to, "token")) return undefined
        if (!given.has(said.to["token"])) return undefined
        wire.hit()
        return [welcome(said.to)]
      }
    }
  }),
  breaks("TOKEN-3", "a-token-for-a-while", "takes a token for half its time", () => {
    const given = new Map<unknown, number>()
    return {
      reply: ({ object, to, type }, wire) => {
        if (type === "welcome") given.set(object["token"], performance.now())
        if (type !== "welcome" || !isLoginBy(to, "token")) return undefined
        const at = given.get(to["token"]) ?? performance.now()
        if (performance.now() - at < 500 * wire.limit("tokenSeconds")) return undefined
        wire.hit()
        return [refusal(to["id"], "bad-credentials", "token")]
      }
    }
  }),
  breaks(
    "TOKEN-4",
    "revokes-nothing",
    "says that tokens are revoked, and takes them",
    insteadOf((object) => (object["type"] === "revoke" ? { type: "revoked", re: object["id"]! } : undefined))
  ),
  breaks(
    "TOKEN-4",
    "revokes-for-guests",
    "answers a guest's revoke by revoked",
    whenSaid((said) =>
      isRefusal(said, "forbidden") && said.to?.["type"] === "revoke"
        ? [{ type: "revoked", re: said.to["id"]! }]
        : undefined
    )
  ),
  breaks("TOKEN-5", "shouts-tokens", "tells everybody each token", () => ({
    reply: ({ object, type }, wire) => {
      if (type !== "password" || typeof object["token"] !== "string") return undefined
      const others = wire.all().filter((other) => other !== wire)
      if (others.length === 0) return undefined
      wire.hit()
      for (const other of others) other.toClient({ type: "x-mutant/token", token: object["token"] })
      return undefined
    }
  }))
]

/** The connections on which somebody was welcome to an account that others have been in before. */
const whoHasReturned = () => {
  const seen = new Set<string>()
  const returned = new Set<number>()
  return {
    note: ({ object, to, type }: Answered, nth: number) => {
      if (type !== "welcome" || object["account"] !== true) return
      const nick = String(object["nick"])
      if (seen.has(nick) && !isRegister(to)) returned.add(nth)
      seen.add(nick)
    },
    has: (nth: number) => returned.has(nth)
  }
}

/** Changes what whoever has come back to an account is told. */
const toWhoReturns = (change: (said: Answered) => ReadonlyArray<JsonObject> | undefined) => (): Tap => {
  const returned = whoHasReturned()
  return {
    reply: (said, wire) => {
      returned.note(said, wire.nth)
      const changed = returned.has(wire.nth) ? change(said) : undefined
      if (changed !== undefined) wire.hit()
      return changed
    }
  }
}

const onePerson: ReadonlyArray<Mutant> = [
  {
    ...breaks("ACCOUNT-1", "keys-of-one-login", "forgets a person's keys with the connection", () => ({
      request: ({ object }, wire) => {
        if (object?.["type"] !== "send" || typeof object["key"] !== "string") return undefined
        wire.hit()
        return [{ ...object, key: `${object["key"]}-${wire.nth}` }]
      }
    })),
    host: "durable"
  },
  {
    ...breaks(
      "ACCOUNT-1",
      "another-author",
      "lets nobody edit what they have said before this login",
      toWhoReturns(({ to, type }) =>
        type === "sent" && to?.["type"] === "edit" ? [refusal(to["id"], "forbidden", "target")] : undefined
      )
    ),
    host: "durable"
  },
  {
    ...breaks(
      "ACCOUNT-1",
      "marks-of-one-login",
      "forgets a person's marks with the connection",
      toWhoReturns(({ object, type }) => {
        const unread = type === "joined" ? without(object, "read") : undefined
        return unread === undefined ? undefined : [unread]
      })
    ),
    host: "durable"
  },
  {
    ...breaks("ACCOUNT-3", "nobody-is-at-home", "refuses what is sent to an account whose person isn't there", () => {
      const away = new Set<string>()
      return {
        reply: ({ object, to, type }, wire) => {
          const nick = wire.nick()
          if (type === "bye" && nick !== undefined) away.add(`@${nick}`)
          if (type === "welcome") away.delete(`@${String(object["nick"])}`)
          if (type !== "sent" || to === undefined || !away.has(String(to["room"]))) return undefined
          wire.hit()
          return [refusal(to["id"], "no-such-nick", "room")]
        }
      }
    }),
    host: "durable"
  },
  {
    ...breaks(
      "ACCOUNT-3",
      "conversations-of-one-login",
      "shows nothing of what was written before the login",
      toWhoReturns(({ object, to, type }) =>
        type === "history" && String(to?.["room"]).startsWith("@") && object["head"] !== 0
          ? [{ ...object, first: 1, head: 0, entries: [] }]
          : undefined
      )
    ),
    host: "durable"
  },
  breaks(
    "ACCOUNT-4",
    "accounts-for-all",
    "says that guests have an account",
    whenWelcomed(
      (to) => isLogin(to) && !("session" in to),
      (said) => (said["account"] === true ? undefined : { ...said, account: true })
    )
  ),
  breaks(
    "ACCOUNT-4",
    "no-account-to-continue",
    "doesn't say that a session is an account's",
    whenWelcomed(
      (to) => isLogin(to) && "session" in to,
      (said) => without(said, "account")
    )
  ),
  breaks(
    "ACCOUNT-8",
    "whois-of-guests",
    "says in `whois` that everybody has an account",
    whenSaid(({ object, type }) =>
      type === "whois" && object["account"] !== true ? [{ ...object, account: true }] : undefined
    )
  ),
  breaks(
    "ACCOUNT-8",
    "whois-without-account",
    "doesn't say in `whois` who has an account",
    whenSaid(({ object, type }) => {
      const changed = type === "whois" ? without(object, "account") : undefined
      return changed === undefined ? undefined : [changed]
    })
  ),
  breaks(
    "ACCOUNT-16",
    "users-of-accounts",
    "says in `users` that everybody has an account",
    whenSaid(({ object, type }) =>
      type === "users"
        ? [
            {
              ...object,
              users: (object["users"] as ReadonlyArray<JsonObject>).map((user) => ({ ...user, account: true }))
            }
          ]
        : undefined
    )
  ),
  breaks(
    "ACCOUNT-16",
    "users-without-account",
    "doesn't say in `users` who has an account",
    whenSaid(({ object, type }) =>
      type === "users"
        ? [{ ...object, users: (object["users"] as ReadonlyArray<JsonObject>).map(({ account: _, ...user }) => user) }]
        : undefined
    )
  ),
  breaks(
    "ACCOUNT-5",
    "changes-nothing",
    "says that the password is changed, and takes the one before",
    insteadOf((object) =>
      object["type"] === "password" && String(object["password"]).length >= 8
        ? { type: "password", re: object["id"]!, token: secret }
        : undefined
    )
  ),
  breaks("ACCOUNT-5", "old-tokens-stay", "takes the tokens of before after a change of the password", () => {
    const given = new Set<unknown>()
    return {
      reply: (said, wire) => {
        if (said.type === "welcome") given.add(said.object["token"])
        if (!isRefusal(said, "bad-credentials") || !given.has(said.to?.["token"])) return undefined
        wire.hit()
        return [welcome(said.to!)]
      }
    }
  }),
  breaks(
    "ACCOUNT-6",
    "a-token-is-enough",
    "lets whom a token has let in change the password and end the account",
    whenSaid((said) => {
      if (!isRefusal(said, "forbidden") || said.to === undefined) return undefined
      const { id: re, type } = said.to
      if (type === "password") return [{ type, re, token: secret }]
      return type === "unregister" ? [{ type: "unregistered", re }] : undefined
    })
  ),
  breaks(
    "ACCOUNT-6",
    "a-proof-is-not-enough",
    "lets nobody change the password whom a proof has let in",
    whenSaid(({ to, type }) =>
      type === "password" && to?.["type"] === "password" && String(to["password"]).startsWith("battery")
        ? [refusal(to["id"], "forbidden")]
        : undefined
    )
  ),
  breaks(
    "ACCOUNT-7",
    "ends-nothing",
    "says that the account has ended, and lets its person in",
    insteadOf((object) => (object["type"] === "unregister" ? { type: "unregistered", re: object["id"]! } : undefined))
  ),
  breaks("ACCOUNT-7", "keeps-the-nick", "lets nobody register a nick that an account has had", () => {
    const had = new Set<string>()
    return {
      reply: ({ to, type }, wire) => {
        const nick = wire.nick()
        if (type === "unregistered" && nick !== undefined) had.add(nick)
        if (type !== "welcome" || !isRegister(to) || !had.has(nickOf(to))) return undefined
        wire.hit()
        return [refusal(to["id"], "nick-registered", "nick")]
      }
    }
  })
]

const guessing: ReadonlyArray<Mutant> = [
  breaks("ATTEMPT-1", "lets-guess", "never makes anybody wait who guesses", recodes("rate-limited", "bad-credentials")),
  breaks(
    "ATTEMPT-1",
    "wait-and-see",
    "doesn't say for how long one has to wait",
    whenSaid((said) => {
      const changed = isRefusal(said, "rate-limited") ? without(said.object, "retryAfter") : undefined
      return changed === undefined ? undefined : [changed]
    })
  ),
  breaks("ATTEMPT-1", "no-patience", "makes whoever has failed twice wait", () => {
    const failed = new Map<string, number>()
    return {
      reply: (said, wire) => {
        if (!isRefusal(said, "bad-credentials") || said.to === undefined) return undefined
        const count = (failed.get(nickOf(said.to)) ?? 0) + 1
        failed.set(nickOf(said.to), count)
        if (count < 3) return undefined
        wire.hit()
        return [{ ...refusal(said.to["id"], "rate-limited"), retryAfter: 2_000 }]
      }
    }
  }),
  breaks("ATTEMPT-2", "locks-out", "refuses a good token while others guess", () => {
    const guessed = new Set<string>()
    return {
      reply: (said, wire) => {
        const { to, type } = said
        if (isRefusal(said, "rate-limited") && to !== undefined) guessed.add(nickOf(to))
        if (type !== "welcome" || !isLoginBy(to, "token") || !guessed.has(nickOf(to))) return undefined
        wire.hit()
        return [{ ...refusal(to["id"], "rate-limited"), retryAfter: 2_000 }]
      }
    }
  }),
  breaks(
    "ATTEMPT-3",
    "one-by-one",
    "lets one address guess at as many nicks as it likes",
    recodes("rate-limited", "bad-credentials", (to) => isLoginBy(to, "token"))
  )
]

const types = new Set<unknown>(["register", "challenge", "password", "revoke", "unregister"])

const ofAccounts: Requests = {
  name: "accounts",
  called: "requests about accounts",
  are: (object): object is JsonObject =>
    types.has(object?.["type"]) || ["password", "token", "proof"].some((way) => isLogin(object) && way in object),
  fields: ["nick", "password", "invitation", "resume", "nonce", "token", "proof", "session"]
}

// What the core says of every request
const requests: ReadonlyArray<Mutant> = [
  silent(ofAccounts),
  strict(ofAccounts),
  breaks(
    "JSON-5",
    "accounts-of-any-type",
    "doesn't look at the types of fields about accounts",
    whenSaid((said) =>
      isRefusal(said, "bad-request") && said.to !== undefined && (ofAccounts.are(said.to) || isLogin(said.to))
        ? [{ ...said.object, code: "bad-credentials" }]
        : undefined
    )
  ),
  breaks(
    "JSON-6",
    "accounts-of-any-id",
    "takes any number for the id of a request about accounts",
    whenSaid((said) =>
      said.type === "error" && said.object["field"] === "id" && ofAccounts.are(said.to)
        ? [{ ...said.object, code: "forbidden" }]
        : undefined
    )
  ),
  breaks(
    "NAME-1",
    "accounts-of-any-name",
    "takes any nick for that of an account",
    whenSaid((said) =>
      isRefusal(said, "bad-name") && ofAccounts.are(said.to)
        ? [refusal(said.to["id"], "bad-credentials", "nick")]
        : undefined
    )
  )
]

export const accounts: ReadonlyArray<Mutant> = [
  ...offering,
  ...registering,
  ...byPassword,
  ...byProof,
  ...byToken,
  ...onePerson,
  ...guessing,
  ...requests
]
