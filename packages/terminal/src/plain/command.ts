/**
 * What somebody types: a text to say, or a command.
 *
 * @module
 */

/** The commands, as they are typed and as /help explains them. */
export const commands = {
  help: { names: ["/help"], argument: "", sends: "-", does: "shows this" },
  rooms: { names: ["/rooms"], argument: "", sends: "rooms", does: "lists the rooms of the server" },
  members: { names: ["/members"], argument: "", sends: "members", does: "lists who is in the room" },
  join: { names: ["/join"], argument: "#room", sends: "join", does: "enters a room, or turns to one you are in" },
  tell: { names: ["/msg", "/mensaje"], argument: "nick text", sends: "send", does: "says it to one person alone" },
  leave: { names: ["/leave"], argument: "[#room]", sends: "leave", does: "leaves the room" },
  outbox: { names: ["/outbox"], argument: "", sends: "-", does: "shows what was typed and isn't confirmed" },
  again: { names: ["/again"], argument: "", sends: "send", does: "says again what is in doubt" },
  forget: { names: ["/forget"], argument: "", sends: "-", does: "gives up what is in doubt" },
  nick: {
    names: ["/nick", "/nombre"],
    argument: "[nick]",
    sends: "login",
    does: "tries another nick, if yours is taken"
  },
  raw: { names: ["/raw"], argument: "", sends: "-", does: "shows or hides the lines of the protocol" },
  quit: { names: ["/quit", "/exit", "/salir"], argument: "", sends: "bye", does: "says goodbye" }
} as const

/** The name of a command. */
export type CommandName = keyof typeof commands

/** What a typed line means. */
export type Typed =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Text"; readonly text: string }
  /** A word that looks like an attempt to leave. */
  | { readonly _tag: "Farewell"; readonly word: string }
  /** A command, its first word after that, and all that follows. */
  | { readonly _tag: "Command"; readonly name: CommandName; readonly argument: string; readonly rest: string }
  | { readonly _tag: "Unknown"; readonly word: string }

const byName = new Map<string, CommandName>(
  (Object.keys(commands) as ReadonlyArray<CommandName>).flatMap((name) =>
    commands[name].names.map((typed) => [typed, name] as const)
  )
)

const farewells: ReadonlySet<string> = new Set(["salir", "exit", "quit"])

/** Reads a typed line. A text that begins with "/" is typed with "//". */
export const read = (line: string): Typed => {
  const trimmed = line.trim()
  if (trimmed === "") return { _tag: "Nothing" }
  if (farewells.has(trimmed.toLowerCase())) return { _tag: "Farewell", word: trimmed }
  if (!trimmed.startsWith("/")) return { _tag: "Text", text: line }
  if (trimmed.startsWith("//")) return { _tag: "Text", text: trimmed.slice(1) }
  const [, word = "", argument = "", rest = ""] = /^(\S+)(?:\s+(\S+)(?:\s+(.*))?)?$/su.exec(trimmed) ?? []
  const name = byName.get(word.toLowerCase())
  return name === undefined ? { _tag: "Unknown", word } : { _tag: "Command", name, argument, rest }
}

/** A room as people write it, `cafe` or `#cafe`, as the protocol names it. */
export const roomName = (written: string): string => (written.startsWith("#") ? written : `#${written}`)

const helpLine = (typed: string, sends: string, does: string) => `  ${typed.padEnd(24)}${sends.padEnd(9)}${does}`

/** What /help says: the commands, each with the request of the protocol that it sends. */
export const help: ReadonlyArray<string> = [
  helpLine("typed", "sends", ""),
  ...Object.values(commands).map(({ argument, does, names, sends }) =>
    helpLine(`${names.join(" ")} ${argument}`, sends, does)
  ),
  helpLine("anything else", "send", "says it in the room (// for a leading /)")
]
