/**
 * Accounts: who has which nick for good, and how they prove it (spec/accounts.md). All are in memory, so that a login by a token is a
 * look into a table; a password costs a hash, which is computed in threads of their own, a few at a time.
 *
 * @module
 */
import { createHmac, randomBytes } from "node:crypto"
import { type Exchange, type Limits, type Register, signatureFor, type Verifier, verifierOf } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { type Account, AccountStore, type Token } from "./account-store.ts"
import { makeAttempts } from "./attempts.ts"
import type { Budgets } from "./bounds.ts"
import { makeEpoch } from "./epoch.ts"
import { makeHashing } from "./hashing.ts"
import { type Invitations, makeInvitations } from "./invitations.ts"
import { type Refused, refuse } from "./refused.ts"
import type { Unavailable } from "./room-log.ts"
import { digestOf, isSame, Secrets } from "./secrets.ts"

/** How accounts are made and opened. */
export interface AccountOptions extends Pick<Limits, "attempts" | "attemptSeconds" | "tokenSeconds"> {
  /** Who may register. */
  readonly register: Registering
  /** What whoever is invited has to know, unless they have an invitation of their own; "" when nothing does. */
  readonly invitation: string
  /** How many accounts may be made from an address. */
  readonly budgets: Budgets
  /** How often the password of a new account is hashed. */
  readonly iterations: number
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Who may make an account: everybody, who has an invitation, or nobody. */
export type Registering = "everybody" | "invited" | "nobody"

/** An account that somebody has proved to be theirs. */
export interface Opened {
  readonly account: Account
  /** Whether what they have shown opens it still. */
  readonly isOpen: () => boolean
  /** What opens it from now on; absent where it was opened by such a one. */
  readonly token?: string
  /** What proves to whoever has given a proof that this server knows the account. */
  readonly signature?: string
}

type Opening = Effect.Effect<Opened, Refused | Unavailable>

/** Why whoever has opened an account is not let in, if that is so: then they get no token. */
type Fault = (account: Account) => Refused | undefined

export interface Accounts {
  /** The account of a nick, as it is now. */
  readonly of: (nick: string) => Account | undefined
  readonly all: () => Iterable<Account>
  readonly count: () => number
  readonly invitations: Invitations
  /** Whether no guest may take a nick: an account has it, or is about to. */
  readonly isRegistered: (nick: string) => boolean
  /** Makes an account of a nick that nobody holds (REGISTER-1). */
  readonly register: (
    peer: string,
    request: Pick<Register, "nick" | "password" | "invitation">,
    isHeld: () => boolean
  ) => Opening
  readonly byPassword: (peer: string, nick: string, password: string, fault: Fault) => Opening
  readonly byToken: (peer: string, nick: string, token: string) => Opening
  /** What a proof is to be made with; the same for a nick without an account (SCRAM-4). */
  readonly challenge: (nick: string, clientNonce: string) => Exchange
  readonly byProof: (peer: string, nick: string, exchange: Exchange | undefined, proof: string, fault: Fault) => Opening
  /** Gives an account another password, and its only token. */
  readonly setPassword: (account: Account, password: string) => Effect.Effect<string, Refused | Unavailable>
  /** Ends all tokens of an account. */
  readonly revoke: (account: Account) => Effect.Effect<void, Unavailable>
  /** Ends an account. */
  readonly unregister: (account: Account) => Effect.Effect<void, Unavailable>
}

/** What OWASP advises for PBKDF2-HMAC-SHA256. */
export const defaultIterations = 600_000

/** Passwords that may wait to be hashed: with more, the last would wait for longer than people do. */
const waitingHashes = 32

/** Tokens of one account; the oldest gives way to one more. */
const tokensOfOne = 32

/** How many times as many logins may fail from one address as for one nick: a classroom may share one. */
const addressFactor = 10

const busy: Refused = {
  code: "unavailable",
  message: "too many passwords are being checked: try again in a moment",
  retryAfter: 1_000
}

/** The accounts of a server, with those that were there before its restart. */
export const makeAccounts = Effect.fnUntraced(function* (options: AccountOptions) {
  const { attempts, attemptSeconds, budgets, invitation, iterations, now, tokenSeconds } = options
  const store = yield* AccountStore
  const secrets = yield* Secrets
  const invitations = yield* makeInvitations(invitation)
  const byNick = new Map<string, Account>(store.left.accounts.map((account) => [account.nick, account]))
  // Nicks that are being registered.
  const reserved = new Set<string>()
  const forNick = makeAttempts(attempts, attemptSeconds, now)
  const fromPeer = makeAttempts(addressFactor * attempts, attemptSeconds, now)

  const of: Accounts["of"] = (nick) => byNick.get(nick)
  const isCurrent = (account: Account): boolean => of(account.nick) === account

  // -------------------------------------------------------------------------------------------------------------------
  // Hashing
  // -------------------------------------------------------------------------------------------------------------------

  const hashing = yield* makeHashing
  let waiting = 0

  const hash = (password: string, salt: string, times: number): Effect.Effect<Verifier, Refused> =>
    Effect.suspend(() => {
      if (waiting >= waitingHashes) return Effect.fail(busy)
      waiting++
      return Effect.ensuring(
        hashing((derive) => verifierOf(password, salt, times, derive)),
        Effect.sync(() => waiting--)
      )
    })

  const hashNew = (password: string): Effect.Effect<Verifier, Refused> =>
    Effect.suspend(() => hash(password, randomBytes(16).toString("base64"), iterations))

  /** What stands in for the account of a nick that has none: the same salt at each time, and keys that nothing fits. */
  const standIn = (nick: string): Verifier => {
    const salt = createHmac("sha256", store.secret).update(nick).digest().subarray(0, 16).toString("base64")
    const nobodys = randomBytes(32).toString("base64")
    return { salt, iterations, storedKey: nobodys, serverKey: nobodys }
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Tokens
  // -------------------------------------------------------------------------------------------------------------------

  const tokens = new Map<string, Token>()
  // Digests of the tokens of each person, the oldest first.
  const tokensOf = new Map<string, Set<string>>()

  const remember = (token: Token) => {
    tokens.set(token.digest, token)
    const digests = tokensOf.get(token.person) ?? new Set()
    tokensOf.set(token.person, digests.add(token.digest))
  }

  const forget = (digests: Iterable<string>) => {
    for (const digest of digests) {
      const token = tokens.get(digest)
      tokens.delete(digest)
      if (token !== undefined) tokensOf.get(token.person)?.delete(digest)
    }
  }

  for (const token of [...store.left.tokens].sort((one, other) => one.until - other.until)) remember(token)

  const newToken = Effect.fnUntraced(function* (person: string) {
    const secret = secrets()
    const until = (yield* Clock.currentTimeMillis) + 1_000 * tokenSeconds
    return { secret, token: { digest: digestOf(secret), person, until } satisfies Token }
  })

  const isKnown =
    ({ digest }: Token) =>
    () =>
      tokens.has(digest)

  /** Gives an account that has just been opened one more token. */
  const give = Effect.fnUntraced(function* (account: Account, fault: Fault) {
    const refused = fault(account)
    if (refused !== undefined) return yield* Effect.fail(refused)
    const { secret, token } = yield* newToken(account.person)
    yield* store.keepToken(token, yield* Clock.currentTimeMillis)
    // Whoever has changed the password meanwhile has ended the tokens of before.
    if (!isCurrent(account)) {
      yield* store.forgetTokens([token.digest])
      return yield* badCredentials("password")
    }
    remember(token)
    const digests = [...(tokensOf.get(account.person) ?? [])]
    const over = digests.slice(0, Math.max(0, digests.length - tokensOfOne))
    if (over.length > 0) {
      yield* store.forgetTokens(over)
      forget(over)
    }
    return { account, token: secret, isOpen: isKnown(token) } satisfies Opened
  })

  // -------------------------------------------------------------------------------------------------------------------
  // Opening
  // -------------------------------------------------------------------------------------------------------------------

  const badCredentials = (field: string) =>
    refuse("bad-credentials", field, `no account has this nick and this ${field}`)

  /** Counts an attempt that may fail; refuses it unseen when too many have. */
  const counting = <A>(
    names: ReadonlyArray<readonly [typeof forNick, string]>,
    attempt: Effect.Effect<A, Refused | Unavailable>
  ): Effect.Effect<A, Refused | Unavailable> =>
    Effect.suspend(() => {
      const wait = Math.max(...names.map(([counter, name]) => counter.wait(name)))
      if (wait > 0) return Effect.fail(tooMany(wait))
      for (const [counter, name] of names) counter.begin(name)
      const succeed = () => names.forEach(([counter, name]) => void counter.succeed(name))
      return attempt.pipe(
        Effect.tap(Effect.sync(succeed)),
        Effect.tapError((why) => Effect.sync(() => ("code" in why && why.code === "bad-credentials" ? {} : succeed())))
      )
    })

  const byPassword: Accounts["byPassword"] = (peer, nick, password, fault) =>
    counting(
      [
        [forNick, nick],
        [fromPeer, peer]
      ],
      Effect.gen(function* () {
        const account = of(nick)
        const known = account ?? standIn(nick)
        const { storedKey } = yield* hash(password, known.salt, known.iterations)
        const isRight = isSame(storedKey, known.storedKey)
        if (account === undefined || !isRight || !isCurrent(account)) return yield* badCredentials("password")
        return yield* give(account, fault)
      })
    )

  const challenge: Accounts["challenge"] = (nick, clientNonce) => {
    const { iterations, salt } = of(nick) ?? standIn(nick)
    return { nick, clientNonce, nonce: clientNonce + randomBytes(18).toString("base64url"), salt, iterations }
  }

  const byProof: Accounts["byProof"] = (peer, nick, exchange, proof, fault) =>
    counting(
      [
        [forNick, nick],
        [fromPeer, peer]
      ],
      Effect.gen(function* () {
        const account = of(nick)
        if (exchange?.nick !== nick) return yield* badCredentials("proof")
        const signature = yield* Effect.promise(() => signatureFor(account ?? standIn(nick), exchange, proof))
        // The challenge was for the password of then.
        const isOfNow = account?.salt === exchange.salt && isCurrent(account)
        if (account === undefined || signature === undefined || !isOfNow) return yield* badCredentials("proof")
        return { ...(yield* give(account, fault)), signature }
      })
    )

  // A token can't be guessed: those who try hold up their own address, and not the account (ATTEMPT-2).
  const byToken: Accounts["byToken"] = (peer, nick, secret) =>
    counting(
      [[fromPeer, peer]],
      Effect.gen(function* () {
        const token = tokens.get(digestOf(secret))
        const account = of(nick)
        const isRight = token !== undefined && token.person === account?.person
        if (!isRight || token.until <= (yield* Clock.currentTimeMillis)) return yield* badCredentials("token")
        return { account: account!, isOpen: isKnown(token) }
      })
    )

  // -------------------------------------------------------------------------------------------------------------------
  // Making and ending
  // -------------------------------------------------------------------------------------------------------------------

  const isRegistered: Accounts["isRegistered"] = (nick) => byNick.has(nick) || reserved.has(nick)

  // What is kept and what is known change together, whoever goes meanwhile; and one account after the other, so that none is kept
  // again that has just been given up, under a nick that somebody else may have by then.
  const changes = Semaphore.makeUnsafe(1)
  const changing = <A, E>(change: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.uninterruptible(changes.withPermit(change))

  const keep = (
    account: Account,
    { before, invitation }: { readonly before?: Account; readonly invitation?: string | undefined }
  ): Effect.Effect<Pick<Opened, "isOpen"> & { readonly secret: string }, Refused | Unavailable> =>
    changing(
      Effect.gen(function* () {
        if (before !== undefined && !isCurrent(before)) return yield* badCredentials("password")
        const { secret, token } = yield* newToken(account.person)
        yield* store.keep(account, token, invitation)
        byNick.set(account.nick, account)
        forget([...(tokensOf.get(account.person) ?? [])])
        remember(token)
        return { secret, isOpen: isKnown(token) }
      })
    )

  const notInvited = refuse(
    "not-invited",
    "invitation",
    "who registers here needs an invitation: ask whoever runs the server"
  )

  const make = (
    peer: string,
    { nick, password }: Pick<Register, "nick" | "password">,
    isHeld: () => boolean,
    invitation?: string
  ): Opening =>
    Effect.suspend(() => {
      if (isRegistered(nick)) return registered(nick)
      if (isHeld()) return taken(nick)
      const wait = budgets.wait(peer)
      if (wait > 0) return Effect.fail(tooManyMade(wait))
      budgets.spend(peer)
      reserved.add(nick)
      const making = Effect.gen(function* () {
        const account = { ...(yield* hashNew(password)), person: yield* makeEpoch, nick }
        const { isOpen, secret } = yield* keep(account, { invitation })
        return { account, token: secret, isOpen }
      })
      return Effect.ensuring(
        making,
        Effect.sync(() => reserved.delete(nick))
      )
    })

  const register: Accounts["register"] = (peer, request, isHeld) =>
    Effect.gen(function* () {
      if (options.register === "nobody") return yield* refuse("not-invited", "nick", "this server registers nobody")
      if (options.register === "everybody") return yield* make(peer, request, isHeld)
      const held = yield* invitations.take(request.invitation)
      if (held === undefined) return yield* notInvited
      return yield* Effect.onError(make(peer, request, isHeld, held.digest), () => Effect.sync(held.release))
    })

  return {
    of,
    all: () => byNick.values(),
    count: () => byNick.size,
    invitations,
    isRegistered,
    register,
    byPassword,
    byToken,
    challenge,
    byProof,
    setPassword: Effect.fnUntraced(function* (account, password) {
      const verifier = yield* hashNew(password)
      const changed = { ...verifier, person: account.person, nick: account.nick }
      return (yield* keep(changed, { before: account })).secret
    }),
    revoke: ({ person }) =>
      Effect.suspend(() => {
        const digests = [...(tokensOf.get(person) ?? [])]
        return Effect.map(store.forgetTokens(digests), () => forget(digests))
      }),
    unregister: ({ nick, person }) =>
      changing(
        Effect.map(store.forget(person), () => {
          if (of(nick)?.person === person) byNick.delete(nick)
          forget([...(tokensOf.get(person) ?? [])])
          tokensOf.delete(person)
        })
      )
  } satisfies Accounts as Accounts
})

/** Refuses a nick that an account has (REGISTER-3). */
export const registered = (nick: string) =>
  refuse("nick-registered", "nick", `an account has the nick ${nick}: log in with its password, or choose another`)

/** Refuses a nick that somebody has for the time being (LOGIN-2). */
export const taken = (nick: string) => refuse("nick-taken", "nick", `somebody has the nick ${nick}: choose another`)

const tooMany = (retryAfter: number): Refused => ({
  code: "rate-limited",
  message: `too many logins have failed: try again in ${Math.ceil(retryAfter / 1_000)} s`,
  retryAfter
})

const tooManyMade = (retryAfter: number): Refused => ({
  code: "limit-reached",
  message: `many accounts were made from your address: try again in ${Math.ceil(retryAfter / 1_000)} s`,
  retryAfter
})
