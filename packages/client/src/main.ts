/**
 * The terminal client: `npm run chat -- --nick ana --room cafe`.
 *
 * @module
 */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { defaultPort, defaultTlsPort, foldName, isNick, isRoomName } from "@tertulia/protocol"
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import { type Conversation, converse, type Trouble } from "./conversation.ts"
import { inMemory, type Keeper } from "./keeper.ts"
import { keepIn } from "./keeper-file.ts"
import type { Item } from "./kept.ts"
import { chat } from "./terminal/chat.ts"
import { roomName } from "./terminal/command.ts"
import { doubtLine, quoted, troubleLine } from "./terminal/lines.ts"
import { pipe, type Screen, terminal } from "./terminal/screen.ts"
import { style } from "./terminal/style.ts"
import { oneLine, withoutSecret } from "./terminal/visible.ts"
import { addressOf, type TcpAddress, tcp } from "./transport-tcp.ts"
import { tls } from "./transport-tls.ts"

/** What the shell is told, and the sentence that a person is told. */
class Failed extends Data.TaggedError("Failed")<{ readonly sentence: string; readonly code: 1 | 2 }> {
  override readonly [Runtime.errorExitCode] = this.code
}

/** Usage, files and reachability are the caller's to mend: 2. Everything else is 1. */
const failed = (error: Trouble): Failed =>
  new Failed({ sentence: troubleLine(error), code: error._tag === "Unreachable" || error._tag === "NotKept" ? 2 : 1 })

/** Reads `host:port`, also `[::1]:7331`. */
const readAddress = (text: string): Option.Option<TcpAddress> => {
  const { host, port, six } =
    /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s]+)):(?<port>[0-9]{1,5})$/u.exec(text)?.groups ?? {}
  const at = six ?? host
  return at !== undefined && isPort(Number(port)) ? Option.some({ host: at, port: Number(port) }) : Option.none()
}

const isPort = (port: number): boolean => port >= 1 && port <= 65_535

const flags = {
  address: Argument.String("host:port").pipe(
    Argument.withDescription("Where the server is, in one word; instead of --host and --port"),
    Argument.filterMap(readAddress, () => "write it as in localhost:7331"),
    Argument.optional
  ),
  nick: Flag.String("nick").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("Who you are: 1 to 32 of a-z, 0-9, _ and -; asked for on a terminal"),
    Flag.filter(
      (nick) => isNick(foldName(nick)),
      () => "1 to 32 of a-z, 0-9, _ and -"
    ),
    Flag.optional
  ),
  room: Flag.String("room").pipe(
    Flag.withAlias("r"),
    Flag.withDescription("The room to enter, cafe or #cafe; #cafe if not given"),
    Flag.map((room) => foldName(roomName(room))),
    Flag.filter(isRoomName, () => "1 to 32 of a-z, 0-9, _ and -, with or without #"),
    Flag.withDefault("#cafe")
  ),
  host: Flag.String("host").pipe(
    Flag.withDescription("Where the server is; 127.0.0.1 if not given"),
    Flag.withDefault("127.0.0.1")
  ),
  port: Flag.Int("port").pipe(
    Flag.withAlias("p"),
    Flag.withDescription(`Its port; ${defaultPort} if not given, with --tls ${defaultTlsPort}`),
    Flag.filter(isPort, () => "1 to 65535"),
    Flag.optional
  ),
  tls: Flag.Boolean("tls").pipe(
    Flag.withDescription("Speak TLS with the server, whose certificate must be good and for that host"),
    Flag.withDefault(false)
  ),
  ca: Flag.String("ca").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription("With --tls: certificates in PEM, trusted in place of those that this machine trusts"),
    Flag.optional
  ),
  reconnect: Flag.Boolean("reconnect").pipe(
    Flag.withDescription("Come back when the connection is lost; on a terminal that is so anyway"),
    Flag.withDefault(false)
  ),
  outbox: Flag.String("outbox").pipe(
    Flag.withDescription(
      "A file that keeps what you have said until it is confirmed, who you are to the server, and where you have read up to, also when this client is killed"
    ),
    Flag.optional
  ),
  raw: Flag.Boolean("raw").pipe(
    Flag.withDescription("Show the lines of the protocol as they go and come"),
    Flag.withDefault(false)
  )
}

type Options = Command.Command.Config.Infer<typeof flags>

/** The way to the server: over TLS, when that is asked for, with the certificates that the file holds. */
const transportTo = Effect.fnUntraced(function* (at: TcpAddress, { ca, tls: isSecure }: Options) {
  if (!isSecure) {
    if (Option.isSome(ca)) return yield* new Failed({ sentence: "--ca is for --tls: give both", code: 2 })
    return tcp(at)
  }
  if (Option.isNone(ca)) return tls(at)
  const file = ca.value
  const unusable = (why: string) => new Failed({ sentence: `--ca ${oneLine(file)}: ${why}`, code: 2 })
  const pem = yield* Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: (error) => unusable(`it can't be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`)
  })
  yield* Effect.try({ try: () => new X509Certificate(pem), catch: () => unusable("it holds no certificate in PEM") })
  return tls({ ...at, ca: pem })
})

/** Who to be: as given, as kept, or as answered. */
const nickOf = Effect.fnUntraced(function* (options: Options, { kept }: Keeper, screen: Screen) {
  const given = Option.getOrUndefined(options.nick)
  const { nick } = kept.person
  if (given !== undefined && nick !== undefined && foldName(given) !== nick) {
    const file = Option.getOrElse(options.outbox, () => "")
    return yield* new Failed({
      sentence: `the outbox ${file} belongs to ${nick}: be ${nick}, or name another file`,
      code: 2
    })
  }
  const known = given ?? nick
  if (known !== undefined) return known
  if (!screen.interactive) return yield* new Failed({ sentence: "say who you are: --nick ana", code: 2 })
  const answer = yield* screen.ask("nick: ")
  return answer === "" ? yield* Effect.interrupt : answer.trim()
})

/** Says what is left when one goes: kept for the next time, or lost. */
const tellRest = Effect.fnUntraced(function* (conversation: Conversation, screen: Screen, { outbox }: Options) {
  const waiting = (yield* conversation.outbox).filter(({ rest }) => rest === undefined)
  const say = (sentence: string) => screen.complain(oneLine(sentence))
  if (waiting.length === 0) return 0
  if (Option.isSome(outbox)) {
    yield* say(`kept in ${outbox.value}, to be said next time: ${waiting.map(({ text }) => quoted(text)).join(", ")}`)
    return waiting.length
  }
  const textsOf = (isTried: boolean) =>
    waiting.filter((item: Item) => (item.tried !== undefined) === isTried).map(({ text }) => text)
  const [doubtful, unsaid] = [textsOf(true), textsOf(false)]
  if (doubtful.length > 0) yield* say(doubtLine(doubtful, false))
  if (unsaid.length > 0) yield* say(`not said: ${unsaid.map(quoted).join(", ")}`)
  return waiting.length
})

const run = Effect.fn("chat")(
  function* (options: Options) {
    const { canColor, canPrompt } = yield* TerminalCapabilities
    const { address: given, host, outbox, room, tls: isSecure } = options
    const port = Option.getOrElse(options.port, () => (isSecure ? defaultTlsPort : defaultPort))
    const at = Option.getOrElse(given, () => ({ host, port }))
    const transport = yield* transportTo(at, options)
    const address = addressOf(at)
    const keeper = Option.isSome(outbox) ? yield* keepIn(outbox.value, address) : inMemory
    const screen = yield* canPrompt ? terminal : pipe
    const nick = yield* nickOf(options, keeper, screen)
    const [paint, raw] = [style(canColor), { shown: options.raw }]
    const conversation = yield* converse(transport, {
      nick,
      rooms: [room],
      keeper,
      comeBack: screen.interactive || options.reconnect ? "once live" : "never",
      onWire: (direction, line) =>
        raw.shown
          ? screen.show(paint.dim(`${direction === "sent" ? "->" : "<-"} ${oneLine(withoutSecret(line))}`))
          : Effect.void
    })
    const asksNick = screen.interactive && Option.isNone(options.nick)
    const talking = chat(conversation, screen, { room, address, style: paint, raw, asksNick })
    const talked = yield* Effect.result(Effect.raceFirst(talking, Effect.as(screen.deserted, 0)))
    yield* conversation.bye
    const rest = yield* tellRest(conversation, screen, options)
    if (talked._tag === "Failure") return yield* talked.failure
    const unsaid = talked.success + rest
    if (unsaid > 0 && !screen.interactive) {
      return yield* new Failed({ sentence: `${unsaid} ${unsaid === 1 ? "line was" : "lines were"} not said`, code: 1 })
    }
  },
  Effect.scoped,
  Effect.mapError((error) => (error._tag === "Failed" ? error : failed(error)))
)

// A usage error is one sentence on stderr; the whole help is for those who ask for it.
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(`${event.errors.map(({ message }) => oneLine(message)).join("; ")} (--help shows the options)`)
      : CliOutput.defaultPresenter.present(event)
})

const builtIns = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

Command.make("chat", flags, run).pipe(
  Command.withDescription(
    "Talk in a room of a Tertulia server. Works in a pipe, too: echo hola | npm run chat -- --nick ana"
  ),
  Command.run({ version: "0.1.0" }),
  Effect.catch((error) =>
    CliError.isCliError(error)
      ? Effect.fail(new Failed({ sentence: "", code: 2 }))
      : Effect.andThen(Console.error(oneLine(error.sentence)), Effect.fail(error))
  ),
  Effect.provide(Layer.mergeAll(NodeServices.layer, presenter, builtIns)),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
