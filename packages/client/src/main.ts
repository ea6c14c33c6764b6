/**
 * The terminal client: `npm run chat -- --nick ana --room cafe`.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { defaultPort, foldName, isNick, isRoomName } from "@tertulia/protocol"
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
import { comebackAfter } from "./comeback.ts"
import { type Connection, connect } from "./connection.ts"
import type { ConnectionLost, FellBehind, Gap, NotTertulia, Refused, Unreachable } from "./errors.ts"
import { chat, lost } from "./terminal/chat.ts"
import { roomName } from "./terminal/command.ts"
import { emptyNotebook, type Notebook } from "./terminal/notebook.ts"
import { pipe, type Screen, terminal } from "./terminal/screen.ts"
import { type Style, style } from "./terminal/style.ts"
import { oneLine } from "./terminal/visible.ts"
import { type TcpAddress, tcp } from "./transport-tcp.ts"

type Trouble = Refused | ConnectionLost | NotTertulia | Unreachable | Gap | FellBehind

/** What the shell is told, and the sentence that a person is told. */
class Failed extends Data.TaggedError("Failed")<{ readonly sentence: string; readonly code: 1 | 2 }> {
  override readonly [Runtime.errorExitCode] = this.code
}

/** Usage and reachability are the caller's to mend: 2. Everything else is 1. */
const failed = (error: Trouble): Failed => {
  const sentence =
    error._tag === "Refused" ? `${error.request} was refused: ${error.message} (${error.code})` : error.message
  return new Failed({ sentence, code: error._tag === "Unreachable" ? 2 : 1 })
}

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
    Flag.withDescription(`Its TCP port; ${defaultPort} if not given`),
    Flag.filter(isPort, () => "1 to 65535"),
    Flag.withDefault(defaultPort)
  ),
  reconnect: Flag.Boolean("reconnect").pipe(
    Flag.withDescription("Come back when the connection is lost; on a terminal that is so anyway"),
    Flag.withDefault(false)
  ),
  raw: Flag.Boolean("raw").pipe(
    Flag.withDescription("Show the lines of the protocol as they go and come"),
    Flag.withDefault(false)
  )
}

/** Logs in; asks for the nick, and again while it is refused, if it wasn't given. */
const logIn = Effect.fnUntraced(function* (connection: Connection, screen: Screen, given: Option.Option<string>) {
  if (Option.isSome(given)) return yield* connection.login(given.value)
  while (true) {
    const nick = yield* Effect.raceFirst(screen.ask("nick: "), lost(connection))
    if (nick === "") return yield* Effect.interrupt
    const welcome = yield* Effect.result(connection.login(nick.trim()))
    if (welcome._tag === "Success") return welcome.success
    if (welcome.failure._tag !== "Refused") return yield* welcome.failure
    yield* screen.show(oneLine(welcome.failure.message))
  }
})

type Options = Command.Command.Config.Infer<typeof flags>

/** What is the same for all visits of one person. */
interface Stay {
  readonly options: Options
  readonly screen: Screen
  readonly paint: Style
  readonly raw: { shown: boolean }
  readonly notebook: Notebook
  /** Under which nick the person was welcomed last. */
  nick: Option.Option<string>
}

/** Connects, logs in and talks; gives the number of lines that could not be said. */
const visit = Effect.fnUntraced(function* (stay: Stay) {
  const { notebook, options, paint, raw, screen } = stay
  const { address, host, port, room } = options
  const at = Option.getOrElse(address, () => ({ host, port }))
  const connection = yield* connect(tcp(at), {
    onWire: (direction, line) =>
      raw.shown ? screen.show(paint.dim(`${direction === "sent" ? "->" : "<-"} ${oneLine(line)}`)) : Effect.void
  })
  const name = yield* logIn(connection, screen, stay.nick)
  stay.nick = Option.some(name)
  if (screen.interactive) {
    yield* screen.show(paint.dim(`you are ${name} at ${connection.address}; /help shows the commands`))
  }
  return yield* chat(connection, screen, { nick: name, notebook, room, style: paint, raw })
}, Effect.scoped)

/** Milliseconds to wait before the next visit; undefined when there is to be none. */
const pauseAfter = (error: Trouble, { notebook, options, screen }: Stay): Effect.Effect<number | undefined> => {
  if (!notebook.entered || !(screen.interactive || options.reconnect)) return Effect.undefined
  switch (error._tag) {
    case "ConnectionLost":
      return comebackAfter(error.loss, notebook.failures)
    case "Unreachable":
      return comebackAfter({ _tag: "Closed", why: error.why }, notebook.failures)
    case "Refused":
      // The server may not have noticed yet that the last connection is gone.
      return error.code === "nick-taken"
        ? comebackAfter({ _tag: "Closed", why: error.message }, notebook.failures)
        : Effect.undefined
    default:
      return Effect.undefined
  }
}

/** Visits the server, and comes back after an end that the person didn't ask for. */
const visits = Effect.fnUntraced(function* (stay: Stay) {
  const { notebook, screen } = stay
  while (true) {
    const visited = yield* Effect.result(visit(stay))
    if (visited._tag === "Success") return visited.success
    const pause = yield* pauseAfter(visited.failure, stay)
    if (pause === undefined) return yield* visited.failure
    const again = pause === 0 ? "at once" : `in ${(pause / 1_000).toFixed(1)} s`
    yield* screen.complain(`${oneLine(failed(visited.failure).sentence)}; connecting again ${again}`)
    yield* Effect.andThen(screen.label("(away) "), Effect.sleep(pause))
    notebook.failures++
  }
})

const run = Effect.fn("chat")(
  function* (options: Options) {
    const { canColor, canPrompt } = yield* TerminalCapabilities
    if (Option.isNone(options.nick) && !canPrompt) {
      return yield* new Failed({ sentence: "say who you are: --nick ana", code: 2 })
    }
    const screen = yield* canPrompt ? terminal : pipe
    const raw = { shown: options.raw }
    const stay: Stay = { options, screen, paint: style(canColor), raw, notebook: emptyNotebook(), nick: options.nick }
    const unsaid = yield* Effect.raceFirst(visits(stay), Effect.as(screen.deserted, 0))
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
