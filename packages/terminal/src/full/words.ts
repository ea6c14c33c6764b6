/**
 * What the screen says, in English and in Spanish.
 *
 * @module
 */

import { failureIn, refusalIn, type Trouble, troubleIn, troubleWords } from "@tertulia/client/chat"

/** The languages that there are. */
export const languages = ["en", "es"] as const

export type Language = (typeof languages)[number]

/** The language of a locale: what is Spanish in LC_ALL, LC_MESSAGES or LANG, in this order, is Spanish. */
export const languageOf = (environment: Readonly<Record<string, string | undefined>>): Language => {
  const { LANG, LC_ALL, LC_MESSAGES } = environment
  const locale = [LC_ALL, LC_MESSAGES, LANG].find((each) => each !== undefined && each !== "") ?? ""
  return /^es(?:[_.@-]|$)/iu.test(locale) ? "es" : "en"
}

const english = {
  trouble: (why: Trouble): string => why.message,
  failure: (error: unknown): string => {
    const code = error !== null && typeof error === "object" && "code" in error ? ` (${String(error.code)})` : ""
    return (error instanceof Error ? error.message : String(error)) + code
  },
  refused: ({ message }: { readonly code: string; readonly message: string }): string => message,
  putOut: (room: string, by: "kick" | "ban") =>
    by === "kick"
      ? `you have been put out of ${room}; /join ${room} if you may come back`
      : `you have been banned from ${room}: you can come back once somebody ends the ban`,
  kinds: { public: "public", private: "private", secret: "secret" },
  roles: { member: "member", moderator: "moderator", owner: "owner", operator: "operator" },
  muted: "muted",
  noAccount: "a guest has no account: leave, and come back with --register",
  passwordNow: "password now: ",
  passwordNew: "new password: ",
  passwordChanged: "the password was changed: everywhere else the new one is needed",
  nothingDone: "nothing was done",
  revoked: "every login of your account was ended: whoever comes in anew needs the password",
  unregistered: "your account has ended: you go on as a guest",
  connecting: "connecting",
  catchingUp: "catching up",
  live: "connected",
  offline: "offline",
  again: (seconds: number) => (seconds <= 0 ? "connecting again" : `connecting again in ${seconds} s`),
  gaveUp: "not connecting again",
  newBelow: (count: number) => `${count} new below, End shows them`,
  below: "End goes to the last message",
  newHere: "new",
  begin: (room: string) => `this is the beginning of ${room}`,
  older: "reading older messages",
  empty: "Nothing was said here yet. Write something and press Enter.",
  noRoom: "You are in no room. /rooms lists those of the server, /join #cafe enters one.",
  notIn: (room: string, why: string) => `you are not in ${room}: ${why}`,
  deleted: "deleted",
  edited: "edited",
  pending: "sending",
  queued: "waits for the connection",
  failed: (why: string) => `not sent: ${why}; /again or /forget`,
  unknown: "perhaps sent, perhaps not: /again or /forget",
  topic: (nick: string, text: string) =>
    text === "" ? `${nick} took the topic away` : `${nick} set the topic: ${text}`,
  joined: (nick: string) => `${nick} came in`,
  left: (nick: string) => `${nick} left`,
  gone: (from: number, to: number, isForever: boolean) =>
    `${from === to ? `entry ${from}` : `entries ${from} to ${to}`} ${isForever ? "gone for good" : "can't be shown"}`,
  typing: (nicks: ReadonlyArray<string>) =>
    nicks.length > 3 ? "several people are typing" : `${nicks.join(", ")} ${nicks.length === 1 ? "is" : "are"} typing`,
  rooms: "rooms",
  people: (count: number) => `${count} here`,
  statuses: { active: "active", busy: "busy", away: "away", idle: "idle", offline: "offline" },
  selected: (seq: number) => `message ${seq}: /reply /edit /delete /react, Esc lets go`,
  pasted: (lines: number) => `${lines} lines: Enter sends them as one message, Esc discards them`,
  leave: "press Ctrl-C again to leave",
  unknownCommand: (word: string) => `${word} is no command: /help shows them, and // says a text that begins with /`,
  usage: (text: string) => `write it as in ${text}`,
  nickRefused: (why: string) => `${why}; another one with /nick`,
  nothingThere: "no message to do that with: select one with Shift-Up, or give its number",
  nothingInDoubt: "nothing waits for a decision",
  found: (count: number, text: string) => (count === 0 ? `nothing found for ${text}` : `found for ${text}:`),
  more: "there is more: narrow it down",
  wireOn: "the lines of the protocol are shown",
  wireOff: "the lines of the protocol are hidden",
  wire: "wire",
  password: "password: ",
  memory: "not kept: typed while away is lost when you leave (see --outbox)",
  ignoring: (nick: string, on: boolean) => (on ? `${nick} is ignored` : `${nick} is shown again`),
  nobodyIgnored: "nobody is ignored",
  here: "here",
  someone: (nick: string, status: string, text: string) => `${nick} is ${status}${text === "" ? "" : `: ${text}`}`,
  isIn: (rooms: string) => `in ${rooms}`,
  standings: {
    owner: "owner",
    moderator: "moderator",
    invited: "invited",
    banned: "banned",
    muted: "muted"
  } as Readonly<Record<"owner" | "moderator" | "invited" | "banned" | "muted", string>>,
  noStandings: "nobody keeps this room, and nobody is banned",
  another: (nick: string) => `whoever was ${nick} has gone: this is somebody else with the same nick`,
  newLog: (room: string) => `${room} has begun a new log: what was said meanwhile may not all be shown`,
  away: (why: string) => why,
  back: "connected again",
  tooSmall: "this window is too small",
  mouse: (on: boolean): string =>
    on ? "the wheel scrolls; to select text, hold Shift" : "the terminal has the mouse; PgUp and PgDn scroll",
  logFailed: (why: string) => `what is said isn't written down any more: ${why}`,
  remember: (file: string) => `remember that in ${file}? (y/n) `,
  unsent: (texts: string) => `not sent: ${texts}`,
  keptFor: (file: string, texts: string) => `kept in ${file}, to be sent next time: ${texts}`,
  welcome: "Tertulia. Who are you? A nick is 1 to 32 of a-z, 0-9, _ and -; /help shows the rest.",
  askNick: "nick: ",
  noNick: "1 to 32 of a-z, 0-9, _ and -",
  keys: [
    ["Tab", "completes nicks, rooms and commands"],
    ["Up Down", "what you typed before"],
    ["PgUp PgDn, End", "scroll, and return"],
    ["Alt-Up Alt-Down", "room before, room after"],
    ["Alt-A", "next unread room"],
    ["Shift-Up Shift-Down", "select a message"],
    ["Alt-Enter", "a new line in the message"],
    ["Ctrl-A E W U K Y Z", "begin, end, cut word, to begin, to end, paste, undo"],
    ["Ctrl-C twice", "leave"]
  ] as ReadonlyArray<readonly [string, string]>,
  helpHead: ["typed", "sends", "does"] as readonly [string, string, string],
  textHelp: ["any text", "send", "says it here; // for a leading /"] as readonly [string, string, string],
  keysHead: "keys:"
}

/** The same in another language, phrase by phrase. */
export type Words = typeof english

const spanish: Words = {
  trouble: (why) => troubleIn(troubleWords.es, why),
  failure: (error) => failureIn(troubleWords.es, error),
  refused: (why) => refusalIn(troubleWords.es, { ...why, request: "send" }),
  putOut: (room, by) =>
    by === "kick"
      ? `te han sacado de ${room}; /entrar ${room} si puedes volver`
      : `te han vetado en ${room}: podrás volver cuando alguien levante el veto`,
  kinds: { public: "pública", private: "privada", secret: "secreta" },
  roles: { member: "miembro", moderator: "moderación", owner: "dueño o dueña", operator: "operación" },
  muted: "en silencio",
  noAccount: "de invitado no hay cuenta: sal, y vuelve con --register",
  passwordNow: "contraseña de ahora: ",
  passwordNew: "contraseña nueva: ",
  passwordChanged: "la contraseña ha cambiado: en todo lo demás hace falta la nueva",
  nothingDone: "no se ha hecho nada",
  revoked: "se han cerrado todas las sesiones de tu cuenta: quien entre de nuevo necesita la contraseña",
  unregistered: "tu cuenta ha terminado: sigues de invitado",
  connecting: "conectando",
  catchingUp: "poniéndose al día",
  live: "en línea",
  offline: "sin conexión",
  again: (seconds) => (seconds <= 0 ? "conectando otra vez" : `otro intento en ${seconds} s`),
  gaveUp: "sin más intentos",
  newBelow: (count) => `${count} ${count === 1 ? "nuevo" : "nuevos"} abajo, Fin va hasta allí`,
  below: "Fin va al último mensaje",
  newHere: "nuevo",
  begin: (room) => `aquí empieza ${room}`,
  older: "leyendo mensajes anteriores",
  empty: "Aquí todavía no se ha dicho nada. Escribe algo y pulsa Intro.",
  noRoom: "No estás en ninguna sala. /salas muestra las del servidor, /entrar #cafe entra en una.",
  notIn: (room, why) => `no estás en ${room}: ${why}`,
  deleted: "borrado",
  edited: "editado",
  pending: "enviando",
  queued: "espera la conexión",
  failed: (why) => `no enviado: ${why}; /otravez u /olvidar`,
  unknown: "quizá enviado, quizá no: /otravez u /olvidar",
  topic: (nick, text) => (text === "" ? `${nick} quitó el tema` : `${nick} puso el tema: ${text}`),
  joined: (nick) => `${nick} entró`,
  left: (nick) => `${nick} salió`,
  gone: (from, to, isForever) =>
    `${from === to ? `la entrada ${from}` : `las entradas ${from} a ${to}`} ${isForever ? "ya no existen" : "no se pueden mostrar"}`,
  typing: (nicks) =>
    nicks.length > 3
      ? "varias personas escriben"
      : `${nicks.join(", ")} ${nicks.length === 1 ? "escribe" : "escriben"}`,
  rooms: "salas",
  people: (count) => `${count} aquí`,
  statuses: { active: "activo", busy: "ocupado", away: "ausente", idle: "inactivo", offline: "desconectado" },
  selected: (seq) => `mensaje ${seq}: /responder /editar /borrar /reaccionar, Esc lo suelta`,
  pasted: (lines) => `${lines} líneas: Intro las envía como un mensaje, Esc las descarta`,
  leave: "pulsa Ctrl-C otra vez para salir",
  unknownCommand: (word) => `${word} no es una orden: /ayuda las muestra, y // dice un texto que empieza por /`,
  usage: (text) => `escríbelo como en ${text}`,
  nickRefused: (why) => `${why}; prueba otro con /nombre`,
  nothingThere: "ningún mensaje para eso: elige uno con Mayús-Arriba, o da su número",
  nothingInDoubt: "nada espera una decisión",
  found: (count, text) => (count === 0 ? `nada encontrado de ${text}` : `encontrado de ${text}:`),
  more: "hay más: busca algo más preciso",
  wireOn: "se muestran las líneas del protocolo",
  wireOff: "se ocultan las líneas del protocolo",
  wire: "cable",
  password: "contraseña: ",
  memory: "no se guarda: lo escrito sin conexión se pierde al salir (véase --outbox)",
  ignoring: (nick, on) => (on ? `no se muestra a ${nick}` : `se vuelve a mostrar a ${nick}`),
  nobodyIgnored: "no se ignora a nadie",
  here: "aquí",
  someone: (nick, status, text) => `${nick} está ${status}${text === "" ? "" : `: ${text}`}`,
  isIn: (rooms) => `en ${rooms}`,
  standings: {
    owner: "cuida la sala",
    moderator: "modera",
    invited: "con invitación",
    banned: "con veto",
    muted: "sin la palabra"
  },
  noStandings: "nadie cuida esta sala, y nadie tiene un veto",
  another: (nick) => `quien era ${nick} se ha ido: es otra persona con el mismo apodo`,
  newLog: (room) => `${room} empezó un registro nuevo: quizá falte algo de lo dicho mientras tanto`,
  away: (why) => why,
  back: "otra vez en línea",
  tooSmall: "la ventana es demasiado pequeña",
  mouse: (on) =>
    on ? "la rueda desplaza; para seleccionar texto, Mayús" : "el ratón es del terminal; RePág y AvPág desplazan",
  logFailed: (why) => `lo que se dice ya no se guarda: ${why}`,
  remember: (file) => `¿guardarlo en ${file}? (s/n) `,
  unsent: (texts) => `no enviado: ${texts}`,
  keptFor: (file, texts) => `guardado en ${file}, se envía la próxima vez: ${texts}`,
  welcome: "Tertulia. ¿Quién eres? Un apodo tiene de 1 a 32 de a-z, 0-9, _ y -; /ayuda muestra lo demás.",
  askNick: "apodo: ",
  noNick: "de 1 a 32 de a-z, 0-9, _ y -",
  keys: [
    ["Tab", "completa apodos, salas y órdenes"],
    ["Arriba Abajo", "lo que escribiste antes"],
    ["RePág AvPág, Fin", "desplazar, y volver"],
    ["Alt-Arriba Alt-Abajo", "sala anterior, sala siguiente"],
    ["Alt-A", "siguiente sala sin leer"],
    ["Mayús-Arriba Mayús-Abajo", "elegir un mensaje"],
    ["Alt-Intro", "otra línea en el mensaje"],
    ["Ctrl-A E W U K Y Z", "principio, fin, cortar palabra, hasta el principio, hasta el fin, pegar, deshacer"],
    ["Ctrl-C dos veces", "salir"]
  ],
  helpHead: ["escribes", "envía", "hace"],
  textHelp: ["un texto", "send", "lo dice aquí; // para una / al principio"],
  keysHead: "teclas:"
}

/** The phrases of a language. */
export const wordsIn = (language: Language): Words => (language === "es" ? spanish : english)
