/**
 * What somebody types: a text to say, or a command.
 *
 * @module
 */
import { commands as all, argumentIn, type Shape } from "../commands.ts"
import type { Language } from "../full/words.ts"

/** Those of the screen that need none; and what the screen shows by itself. */
const outbox = {
  names: ["/outbox", "/pendientes"],
  argument: "",
  sends: "-",
  does: { en: "shows what was typed and isn't confirmed", es: "muestra lo escrito y no confirmado" }
} as const satisfies Shape

/** The commands, as they are typed and as /help explains them. */
export const commands = {
  help: all.help,
  rooms: all.rooms,
  members: { ...all.members, sends: "members" },
  join: all.join,
  msg: { ...all.msg, argument: "nick text" },
  leave: all.leave,
  topic: { ...all.topic, argument: "text", does: { en: "sets the topic", es: "pone el tema" } },
  delete: {
    ...all.delete,
    argument: "number",
    does: { en: "deletes a message: its number is in /raw", es: "borra un mensaje: su número está en /cable" }
  },
  invite: all.invite,
  kick: all.kick,
  ban: all.ban,
  mute: all.mute,
  role: all.role,
  kind: all.kind,
  slow: all.slow,
  outbox,
  again: all.again,
  forget: all.forget,
  password: all.password,
  revoke: all.revoke,
  unregister: all.unregister,
  nick: { ...all.nick, argument: "[nick]" },
  raw: all.raw,
  quit: all.quit
} as const satisfies Record<string, Shape>

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

const helpLine = (typed: string, sends: string, does: string) => `  ${typed.padEnd(34)} ${sends.padEnd(11)}${does}`

const head = {
  en: { typed: "typed", sends: "sends", text: "anything else", says: "says it in the room (// for a leading /)" },
  es: { typed: "escribes", sends: "envía", text: "otra cosa", says: "la dice en la sala (// para una / al principio)" }
} as const

/** What /help says: the commands that are offered, each with the request of the protocol that it sends. */
export const help = (language: Language, isOffered: (name: CommandName) => boolean): ReadonlyArray<string> => {
  const words = head[language]
  const offered = (Object.keys(commands) as ReadonlyArray<CommandName>).filter(isOffered)
  return [
    helpLine(words.typed, words.sends, ""),
    ...offered.map((name) => {
      const { does, names, sends } = commands[name]
      return helpLine(`${names.join(" ")} ${argumentIn(language, commands[name])}`, sends, does[language])
    }),
    helpLine(words.text, "send", words.says)
  ]
}
