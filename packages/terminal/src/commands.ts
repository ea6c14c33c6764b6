/**
 * The commands, each with the request of the protocol that it sends.
 *
 * @module
 */
import type { RoomAction } from "@tertulia/protocol"
import { themeNames } from "./full/theme.ts"
import type { Language } from "./full/words.ts"

/** How a command is typed, what it sends, and what it does. */
export interface Shape {
  readonly names: ReadonlyArray<string>
  readonly argument: string
  readonly sends: string
  readonly does: Readonly<Record<Language, string>>
}

/** The commands, as they are typed and as /help explains them. */
export const commands = {
  help: { names: ["/help", "/ayuda"], argument: "", sends: "-", does: { en: "shows this", es: "muestra esto" } },
  rooms: {
    names: ["/rooms", "/salas"],
    argument: "",
    sends: "rooms",
    does: { en: "lists the rooms of the server", es: "muestra las salas del servidor" }
  },
  join: {
    names: ["/join", "/entrar"],
    argument: "#room",
    sends: "join",
    does: { en: "enters a room, or turns to it", es: "entra en una sala, o va a ella" }
  },
  leave: {
    names: ["/leave", "/dejar"],
    argument: "[#room]",
    sends: "leave",
    does: { en: "leaves the room", es: "sale de la sala" }
  },
  msg: {
    names: ["/msg", "/mensaje"],
    argument: "nick [text]",
    sends: "send",
    does: { en: "talks to one person alone", es: "habla con una sola persona" }
  },
  members: {
    names: ["/members", "/miembros"],
    argument: "",
    sends: "-",
    does: { en: "lists who is here", es: "muestra quién está" }
  },
  topic: {
    names: ["/topic", "/tema"],
    argument: "[text]",
    sends: "topic",
    does: { en: "shows or sets the topic", es: "muestra o pone el tema" }
  },
  reply: {
    names: ["/reply", "/responder"],
    argument: "[number] text",
    sends: "send",
    does: { en: "answers a message", es: "responde a un mensaje" }
  },
  edit: {
    names: ["/edit", "/editar"],
    argument: "[number] [text]",
    sends: "edit",
    does: { en: "changes a message of yours", es: "cambia un mensaje tuyo" }
  },
  delete: {
    names: ["/delete", "/borrar"],
    argument: "[number]",
    sends: "delete",
    does: { en: "deletes a message of yours", es: "borra un mensaje tuyo" }
  },
  react: {
    names: ["/react", "/reaccionar"],
    argument: "[number] sign",
    sends: "react",
    does: { en: "puts a sign to a message, or takes it away", es: "pone un signo a un mensaje, o lo quita" }
  },
  search: {
    names: ["/search", "/buscar"],
    argument: "words",
    sends: "search",
    does: { en: "finds messages, newest first", es: "busca mensajes, primero los últimos" }
  },
  status: {
    names: ["/status", "/estado"],
    argument: "active|busy|away [text]",
    sends: "status",
    does: { en: "says how you are", es: "dice cómo estás" }
  },
  whois: {
    names: ["/whois", "/quien"],
    argument: "nick",
    sends: "whois",
    does: { en: "asks how somebody is", es: "pregunta cómo está alguien" }
  },
  invite: {
    names: ["/invite", "/invitar"],
    argument: "nick [off]",
    sends: "invite",
    does: { en: "lets somebody enter; off: no more", es: "deja entrar a alguien; off: ya no" }
  },
  kick: {
    names: ["/kick", "/sacar"],
    argument: "nick",
    sends: "kick",
    does: { en: "puts somebody out of the room", es: "saca a alguien de la sala" }
  },
  ban: {
    names: ["/ban", "/vetar"],
    argument: "nick [off]",
    sends: "ban",
    does: { en: "puts somebody out for good; off: ends it", es: "saca a alguien para siempre; off: lo levanta" }
  },
  mute: {
    names: ["/mute", "/silenciar"],
    argument: "nick [off]",
    sends: "mute",
    does: { en: "takes the word from somebody; off: gives it back", es: "quita la palabra a alguien; off: la devuelve" }
  },
  role: {
    names: ["/role", "/papel"],
    argument: "nick member|moderator|owner",
    sends: "role",
    does: { en: "gives somebody a role; owner: the room", es: "da un papel a alguien; owner: la sala" }
  },
  kind: {
    names: ["/kind", "/tipo"],
    argument: "public|private|secret",
    sends: "kind",
    does: { en: "says who may enter, and who sees the room", es: "dice quién puede entrar y quién ve la sala" }
  },
  slow: {
    names: ["/slow", "/lento"],
    argument: "seconds",
    sends: "slow",
    does: { en: "has members wait between two messages", es: "hace esperar entre dos mensajes" }
  },
  standings: {
    names: ["/standings", "/papeles"],
    argument: "",
    sends: "standings",
    does: {
      en: "who keeps the room, who is invited, banned or muted",
      es: "quién cuida la sala; invitados, vetados, silenciados"
    }
  },
  password: {
    names: ["/password", "/clave"],
    argument: "",
    sends: "password",
    does: { en: "gives your account another password", es: "da otra contraseña a tu cuenta" }
  },
  revoke: {
    names: ["/revoke", "/revocar"],
    argument: "",
    sends: "revoke",
    does: { en: "logs your account out everywhere", es: "cierra tu cuenta en todas partes" }
  },
  unregister: {
    names: ["/unregister", "/baja"],
    argument: "",
    sends: "unregister",
    does: { en: "ends your account for good", es: "termina tu cuenta para siempre" }
  },
  again: {
    names: ["/again", "/retry", "/otravez"],
    argument: "",
    sends: "send",
    does: { en: "says again what wasn't sent", es: "repite lo que no se envió" }
  },
  forget: {
    names: ["/forget", "/olvidar"],
    argument: "",
    sends: "-",
    does: { en: "gives up what wasn't sent", es: "descarta lo que no se envió" }
  },
  nick: {
    names: ["/nick", "/nombre"],
    argument: "nick",
    sends: "login",
    does: { en: "another nick, when yours is taken", es: "otro apodo, si el tuyo está ocupado" }
  },
  ignore: {
    names: ["/ignore", "/ignorar"],
    argument: "[nick]",
    sends: "-",
    does: { en: "hides what somebody says, or shows it again", es: "oculta lo que dice alguien, o lo muestra" }
  },
  raw: {
    names: ["/raw", "/cable"],
    argument: "",
    sends: "-",
    does: { en: "shows or hides the lines of the protocol", es: "muestra u oculta las líneas del protocolo" }
  },
  mouse: {
    names: ["/mouse", "/raton"],
    argument: "",
    sends: "-",
    does: {
      en: "the wheel scrolls, or the terminal has the mouse",
      es: "la rueda desplaza, o el ratón es del terminal"
    }
  },
  theme: {
    names: ["/theme", "/colores"],
    argument: themeNames.join("|"),
    sends: "-",
    does: { en: "has other colours", es: "pone otros colores" }
  },
  quit: {
    names: ["/quit", "/exit", "/salir"],
    argument: "",
    sends: "bye",
    does: { en: "says goodbye", es: "se despide" }
  }
} as const satisfies Record<string, Shape>

/** What one has to have the right to, for some of them. */
export const actionOf = {
  invite: "invite",
  kick: "kick",
  ban: "ban",
  mute: "mute",
  role: "role",
  kind: "kind",
  slow: "slow"
} as const satisfies { readonly [Name in CommandName]?: RoomAction }

/** Those about an account, which a guest doesn't have. */
export const accountCommands: ReadonlySet<CommandName> = new Set(["password", "revoke", "unregister"])

/** The name of a command. */
export type CommandName = keyof typeof commands

/** What a typed line means. */
export type Typed =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Command"; readonly name: CommandName; readonly rest: string }
  | { readonly _tag: "Unknown"; readonly word: string }

const byName = new Map<string, CommandName>(
  (Object.keys(commands) as ReadonlyArray<CommandName>).flatMap((name) =>
    commands[name].names.map((typed) => [typed, name] as const)
  )
)

const inSpanish: Readonly<Record<string, string>> = {
  number: "número",
  text: "texto",
  words: "palabras",
  sign: "signo",
  room: "sala",
  nick: "apodo",
  seconds: "segundos",
  active: "activo",
  busy: "ocupado",
  away: "ausente"
}

/** What goes with a command, in a language. */
export const argumentIn = (language: Language, { argument }: Pick<Shape, "argument">): string =>
  language === "en" ? argument : argument.replace(/[a-z]+/gu, (word) => inSpanish[word] ?? word)

/** A command as it is typed in a language, with what goes with it. */
export const typedIn = (language: Language, shape: Pick<Shape, "argument" | "names">): string =>
  `${language === "en" ? shape.names[0] : shape.names.at(-1)} ${argumentIn(language, shape)}`

/** How commands are typed, for those who complete them. */
export const wordsOf = (isOffered: (name: CommandName) => boolean): ReadonlyArray<string> =>
  [...byName].flatMap(([word, name]) => (isOffered(name) ? [word] : []))

/** Reads a typed line. A text that begins with "/" is typed with "//"; what has several lines is always a text. */
export const readLine = (line: string): Typed => {
  const trimmed = line.trim()
  if (trimmed === "") return { _tag: "Nothing" }
  if (!trimmed.startsWith("/")) return { _tag: "Text", text: line.trimEnd() }
  if (trimmed.startsWith("//")) return { _tag: "Text", text: trimmed.slice(1) }
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/su.exec(trimmed) ?? []
  const name = byName.get(word.toLowerCase())
  if (name !== undefined) return { _tag: "Command", name, rest }
  return trimmed.includes("\n") ? { _tag: "Text", text: line.trimEnd() } : { _tag: "Unknown", word }
}
