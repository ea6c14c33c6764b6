/**
 * `tertulia admin`: what an operator asks of a server that runs.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import { text } from "node:stream/consumers"
import { passwordCharacters, visible } from "@tertulia/protocol"
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Settings } from "../settings.ts"
import { UsageFault } from "../usage.ts"
import { ask, isAnswered } from "./ask.ts"
import type { Answers, InvitationShown, Order, Verb } from "./orders.ts"
import { socketOf } from "./socket.ts"
import { type Column, table } from "./table.ts"

const fault = (message: string): Effect.Effect<never, UsageFault> => Effect.fail(new UsageFault({ message }))

const socket = Flag.String("admin-socket").pipe(
  Flag.withMetavar("path"),
  Flag.withDescription("The admin socket of the server, where it isn't the one beside the data file that --data names"),
  Flag.optional
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Write the answer as one line of JSON"),
  Flag.withDefault(false)
)

const nick = Argument.String("nick").pipe(Argument.withDescription("Whom it is about"))

const target = Argument.String("target").pipe(
  Argument.withDescription("A nick; an address, such as 192.0.2.7; or a range of them, such as 192.0.2.0/24")
)

const integer = (name: string, byDefault: number, meaning: string) =>
  Flag.Int(name).pipe(Flag.withDescription(`${meaning} [default ${byDefault}]`), Flag.withDefault(byDefault))

const isColoured = (): boolean =>
  process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

const tableOf = <Row>(rows: ReadonlyArray<Row>, ...columns: ReadonlyArray<Column<Row>>): ReadonlyArray<string> =>
  table(columns, rows, isColoured())

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

const invitationColumns: ReadonlyArray<Column<InvitationShown>> = [
  ["ID", ({ id }) => id],
  ["USES", ({ uses }) => uses],
  ["UNTIL", ({ until }) => until]
]

const peopleIn = ({ people }: Answers["who"]): ReadonlyArray<string> =>
  tableOf(
    people,
    ["NICK", ({ nick }) => nick],
    ["ACCOUNT", ({ account }) => (account ? "yes" : "no")],
    ["CONNECTION", ({ connection }) => connection],
    ["ADDRESS", ({ address }) => address],
    ["SECONDS", ({ seconds }) => seconds],
    ["ROOMS", ({ rooms }) => rooms],
    ["QUEUE", ({ queueBytes }) => queueBytes]
  )

const roomsIn = ({ rooms }: Answers["rooms"]): ReadonlyArray<string> =>
  tableOf(
    rooms,
    ["ROOM", ({ room }) => room],
    ["MEMBERS", ({ members }) => members],
    ["FIRST", ({ first }) => first],
    ["HEAD", ({ head }) => head]
  )

/** @param settings gives the settings that flags, environment and file give: the data file among them */
export const makeAdmin = <R>(settings: Effect.Effect<Settings, UsageFault, R>) => {
  const admin = Command.make("admin", {}).pipe(Command.withSharedFlags({ "admin-socket": socket, json }))

  const socketPath = Effect.gen(function* () {
    const { "admin-socket": named } = yield* admin
    const { adminSocket, data } = yield* settings
    const path = socketOf({ adminSocket: Option.getOrElse(named, () => adminSocket), data })
    return path ?? (yield* fault(`a server with ${data} has its admin socket where --admin-socket says`))
  })

  /** Asks, and writes the answer. */
  const asking = <V extends Verb>(verb: V, order: Order<V>, inWords: (answer: Answers[V]) => ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const { json } = yield* admin
      const path = yield* socketPath
      const answer = yield* ask(path, verb, order)
      yield* Console.log(json ? JSON.stringify(answer) : inWords(answer).join("\n"))
    })

  const who = Command.make("who", {}, () => asking("who", {}, peopleIn)).pipe(
    Command.withDescription(
      "Who is here: each connection, and whoever has lost theirs and may come back. CONNECTION is its name in the log, QUEUE the bytes that it hasn't read."
    ),
    Command.withShortDescription("Who is here")
  )

  const rooms = Command.make("rooms", {}, () => asking("rooms", {}, roomsIn)).pipe(
    Command.withDescription("Which rooms have members, and which entries their logs have: FIRST to HEAD.")
  )

  const kick = Command.make(
    "kick",
    {
      nick,
      reason: Flag.String("reason").pipe(
        Flag.withDescription("What they are told [default: an operator has ended your connection]"),
        Flag.withDefault("an operator has ended your connection")
      )
    },
    (order) => asking("kick", order, ({ nick }) => [`${nick} is gone`])
  ).pipe(
    Command.withDescription(
      "End somebody's connection and session, and tell them why. Nothing keeps them from logging in again."
    ),
    Command.withShortDescription("End somebody's connection")
  )

  const ban = Command.make(
    "ban",
    {
      target,
      hours: Flag.Int("hours").pipe(Flag.withDescription("Hours after which it ends [default: never]"), Flag.optional),
      reason: Flag.String("reason").pipe(
        Flag.withDescription("What they are told [default: an operator has banned you from this server]"),
        Flag.withDefault("an operator has banned you from this server")
      )
    },
    ({ hours, reason, target }) =>
      asking(
        "ban",
        { target, reason, ...Option.match(hours, { onNone: () => ({}), onSome: (hours) => ({ hours }) }) },
        ({ connections, target, until }) => [
          `${target} is banned${until === undefined ? "" : ` until ${until}`}; ${count(connections, "connection has", "connections have")} ended`
        ]
      )
  ).pipe(
    Command.withDescription(
      "Let in nobody any more under a nick, whether it has an account or not, or from an address or a range of them; and end the connections of those who are there. It holds through a restart. A guest may come back under another nick, and whoever has IPv6 from another address: there ban the range, such as 2001:db8:1:2::/64."
    ),
    Command.withShortDescription("Let in nobody under a nick, or from an address")
  )

  const unban = Command.make("unban", { target }, (order) =>
    asking("unban", order, ({ target }) => [`${target} may come in again`])
  ).pipe(Command.withDescription("Lift a ban: its target as `tertulia admin bans` names it."))

  const bans = Command.make("bans", {}, () =>
    asking("bans", {}, ({ bans }) =>
      tableOf(
        bans,
        ["BANNED", ({ target }) => target],
        ["UNTIL", ({ until }) => until],
        ["REASON", ({ reason }) => reason]
      )
    )
  ).pipe(Command.withDescription("Which nicks and addresses are banned, until when, and what they are told."))

  const drain = Command.make(
    "drain",
    {
      seconds: integer("grace", 30, "Seconds over which the connections are ended"),
      wait: Flag.Boolean("wait").pipe(
        Flag.withDescription("Wait until the server has stopped"),
        Flag.withDefault(false)
      )
    },
    Effect.fnUntraced(function* ({ seconds, wait }) {
      yield* asking("drain", { seconds }, ({ connections }) => [
        `${count(connections, "connection ends", "connections end")} within ${count(seconds, "second")}; then the server stops`
      ])
      if (!wait) return
      const path = yield* socketPath
      while (yield* isAnswered(path)) yield* Effect.sleep("100 millis")
    })
  ).pipe(
    Command.withDescription(
      "Stop the server little by little: /readyz says 503 and no connection is let in from now on; those that are open are told shutting-down, the oldest first, evenly over the grace. When all are gone, or the grace is over, it exits 0."
    ),
    Command.withShortDescription("Stop the server little by little")
  )

  const accounts = Command.make("accounts", {}, () =>
    asking("accounts", {}, ({ accounts }) =>
      tableOf(accounts, ["NICK", ({ nick }) => nick], ["HERE", ({ here }) => (here ? "yes" : "no")])
    )
  ).pipe(Command.withDescription("Which accounts there are."))

  const password = Command.make(
    "password",
    {
      nick,
      stdin: Flag.Boolean("stdin").pipe(
        Flag.withDescription("Read the new password from standard input, instead of making one"),
        Flag.withDefault(false)
      )
    },
    Effect.fnUntraced(function* ({ nick, stdin }) {
      const given = stdin ? (yield* Effect.promise(() => text(process.stdin))).replace(/\r?\n$/u, "") : undefined
      if (given !== undefined && [...given].length < passwordCharacters)
        return yield* fault(`a password has at least ${passwordCharacters} characters`)
      const password = given ?? randomBytes(12).toString("base64url")
      yield* asking("password", { nick, password }, ({ nick }) =>
        given === undefined ? [`the password of ${nick} is now ${password}`] : [`${nick} has the new password`]
      )
    })
  ).pipe(
    Command.withDescription(
      "Give an account another password, and end its tokens, its session and its connection. Without --stdin one is made at random and told."
    ),
    Command.withShortDescription("Give an account another password")
  )

  const deleteAccount = Command.make("delete-account", { nick }, (order) =>
    asking("delete-account", order, ({ nick }) => [`${nick} has no account any more`])
  ).pipe(
    Command.withDescription(
      "End an account, its tokens, its conversations and its connection. What its person has said in rooms stays."
    ),
    Command.withShortDescription("End an account")
  )

  const invite = Command.make(
    "invite",
    {
      uses: integer("uses", 1, "Accounts that it makes"),
      days: integer("days", 7, "Days for which it is good")
    },
    (order) =>
      asking("invite", order, (made) => [
        visible(made.invitation),
        `It makes ${count(made.uses, "account")} until ${made.until}, and is told only now. Its id is ${made.id}.`
      ])
  ).pipe(
    Command.withDescription(
      "Make an invitation, which whoever makes an account has to know where the server runs with --register invited."
    ),
    Command.withShortDescription("Make an invitation")
  )

  const invitations = Command.make("invitations", {}, () =>
    asking("invitations", {}, ({ invitations }) => tableOf(invitations, ...invitationColumns))
  ).pipe(Command.withDescription("Which invitations are good, for how many accounts, and until when."))

  const revoke = Command.make(
    "revoke",
    {
      id: Argument.String("id").pipe(
        Argument.withDescription("The invitation, as `tertulia admin invitations` names it")
      )
    },
    (order) => asking("revoke", order, ({ id }) => [`the invitation ${id} is good no more`])
  ).pipe(Command.withDescription("End an invitation. Accounts that it has made stay."))

  return admin.pipe(
    Command.withHandler(() => fault("say what: tertulia admin who (see tertulia admin --help)")),
    Command.withDescription(
      "Ask a server that runs, over the Unix socket beside its data file, which only root and the user who runs it can use."
    ),
    Command.withShortDescription("Ask a server that runs: who is here, kick, ban, drain, accounts, invitations"),
    Command.withSubcommands([
      who,
      rooms,
      kick,
      ban,
      unban,
      bans,
      drain,
      accounts,
      password,
      deleteAccount,
      invite,
      invitations,
      revoke
    ])
  )
}
