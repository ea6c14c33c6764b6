/**
 * What may be said on the command line.
 *
 * @module
 */

import type { TcpAddress } from "@tertulia/client/tcp"
import { defaultPort, defaultTlsPort, foldName, isNick, isRoomName } from "@tertulia/protocol"
import * as Argument from "effect/cli/Argument"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { passwordVariable } from "./account.ts"
import { themeNames } from "./full/theme.ts"
import { languages } from "./full/words.ts"
import { roomName } from "./plain/command.ts"

/** Reads `host:port`, also `[::1]:7331`. */
export const readAddress = (text: string): Option.Option<TcpAddress> => {
  const { host, port, six } =
    /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s]+)):(?<port>[0-9]{1,5})$/u.exec(text)?.groups ?? {}
  const at = six ?? host
  return at !== undefined && isPort(Number(port)) ? Option.some({ host: at, port: Number(port) }) : Option.none()
}

const isPort = (port: number): boolean => port >= 1 && port <= 65_535

/** The options of the terminal client. */
export const flags = {
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
    Flag.optional
  ),
  host: Flag.String("host").pipe(Flag.withDescription("Where the server is; 127.0.0.1 if not given"), Flag.optional),
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
  config: Flag.String("config").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription(
      "What to begin with, in JSON; tertulia/config.json in XDG_CONFIG_HOME or ~/.config if not given"
    ),
    Flag.optional
  ),
  plain: Flag.Boolean("plain").pipe(
    Flag.withDescription(
      "Line by line instead of the whole screen, which is so anyway without a terminal, or with TERM=dumb; comes back when the connection is lost, and without --nick and a terminal you are who this machine takes you for"
    ),
    Flag.withDefault(false)
  ),
  lang: Flag.Literals("lang", languages).pipe(
    Flag.withDescription("The language of the screen; that of the locale if not given"),
    Flag.optional
  ),
  noColor: Flag.Boolean("no-color").pipe(
    Flag.withDescription("No colours, as with the variable NO_COLOR"),
    Flag.withDefault(false)
  ),
  theme: Flag.Literals("theme", themeNames).pipe(
    Flag.withDescription("The colours of the screen: the terminal's own sixteen if not given"),
    Flag.optional
  ),
  account: Flag.Boolean("account").pipe(
    Flag.withDescription(
      `Be let in by your account: its password is read from --password-file or ${passwordVariable}, or asked for on a terminal; with --outbox, once`
    ),
    Flag.withDefault(false)
  ),
  register: Flag.Boolean("register").pipe(
    Flag.withDescription("The same, and make the account unless it is there"),
    Flag.withDefault(false)
  ),
  passwordFile: Flag.String("password-file").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription("A file whose first line is the password"),
    Flag.optional
  ),
  invitation: Flag.String("invitation").pipe(
    Flag.withDescription("With --register: what the operator has given to those who may"),
    Flag.optional
  ),
  raw: Flag.Boolean("raw").pipe(
    Flag.withDescription("Show the lines of the protocol as they go and come"),
    Flag.withDefault(false)
  )
}

/** What was said, or the default. */
export type Options = Command.Command.Config.Infer<typeof flags>
