/**
 * What the plain mode says, in English and in Spanish.
 *
 * @module
 */
import { deedWords, failureIn, type Refused, refusalIn, type Trouble, troubleIn, troubleWords } from "@tertulia/client"
import type { Language } from "../full/words.ts"

const isLost = ({ _tag }: Trouble) => _tag !== "Refused"

const english = {
  deed: deedWords.en,
  /** Why something was refused, or wasn't said. */
  refused: ({ code, message }: Pick<Refused, "code" | "message">): string => `${message} (${code})`,
  failure: (error: Error): string => error.message,
  trouble: (why: Trouble): string =>
    why._tag === "Refused" ? `${why.request} was refused: ${why.message} (${why.code})` : why.message,
  inRoom: (room: string, people: string) => `you are in ${room}: ${people}`,
  more: (count: number) => ` and ${count} more`,
  waits: (text: string) => `waits to be said: ${text}`,
  notSaid: (texts: string, why: string) => `not said: ${texts}${why === "" ? "" : `: ${why}`}`,
  joined: (nick: string) => `${nick} joined`,
  left: (nick: string) => `${nick} left`,
  youLeft: (room: string) => `you left ${room}`,
  putOut: (room: string, by: "kick" | "ban") =>
    by === "kick"
      ? `you have been put out of ${room}`
      : `you have been banned from ${room}: you can come back once somebody ends the ban`,
  another: (room: string) => `whoever was ${room} has gone: this is somebody else with the same nick`,
  youAre: (nick: string, address: string) => `you are ${nick} at ${address}; /help shows the commands`,
  back: (address: string) => `back at ${address}`,
  again: (why: string, seconds: string | undefined) =>
    `${why}; connecting again ${seconds === undefined ? "at once" : `in ${seconds} s`}`,
  away: "(away) ",
  askNick: "nick: ",
  noDoubt: "nothing is in doubt",
  isNick: (nick: string) =>
    `you are ${nick} while you are connected; for another nick, /quit and come back with --nick`,
  rooms: "rooms:",
  here: (people: string) => `here: ${people}`,
  outbox: "outbox:",
  usage: (typed: string) => `write it as in ${typed}`,
  wire: (isShown: boolean) => `${isShown ? "showing" : "hiding"} the lines of the protocol`,
  farewell: (word: string) => `leave? y leaves, "${word}" again says it in the room, anything else stays`,
  noCommand: (word: string) => `${word} is no command: /help shows them, and // says a text that begins with /`,
  lastTime: (texts: string) => `from last time, ${texts}`,
  nowhere: "you are in no room: enter one with /join #room",
  whoAreYou: "say who you are: --nick ana",
  kept: (file: string, texts: string) => `kept in ${file}, to be said next time: ${texts}`,
  unsaid: (count: number) => `${count} ${count === 1 ? "line was" : "lines were"} not said`,
  password: "password: ",
  passwordNow: "password now: ",
  passwordNew: "new password: ",
  nothingDone: "nothing was done",
  passwordChanged: "the password was changed: everywhere else the new one is needed",
  revoked: "every login of your account was ended: whoever comes in anew needs the password",
  unregistered: "your account has ended: you go on as a guest",
  newLog: (room: string) => `${room} has begun a new log: what was said in it meanwhile may not all be shown`,
  gone: (room: string, which: string, isForever: boolean) =>
    isForever
      ? `${which} of ${room}: gone for good, the server has given up what is so old`
      : `what was said in ${room} meanwhile can't be shown: ${which}`,
  entries: (from: number, to: number) => (from === to ? `entry ${from}` : `entries ${from} to ${to}`),
  doubt: (which: string, canDecide: boolean) =>
    `not confirmed, so perhaps said and perhaps not: ${which}${canDecide ? " (/again says it again, /forget gives it up)" : ""}`,
  lines: (count: number, first: string, last: string) => `${count} lines, ${first} to ${last}`,
  waiting: "waits",
  perhaps: "perhaps said"
}

/** The same in another language, phrase by phrase. */
export type Words = typeof english

const spanish: Words = {
  deed: deedWords.es,
  refused: (why) => refusalIn(troubleWords.es, why),
  failure: (error) => failureIn(troubleWords.es, error),
  trouble: (why) => `${isLost(why) ? "" : "rechazado: "}${troubleIn(troubleWords.es, why)}`,
  inRoom: (room, people) => `estás en ${room}: ${people}`,
  more: (count) => ` y ${count} más`,
  waits: (text) => `espera para decirse: ${text}`,
  notSaid: (texts, why) => `no dicho: ${texts}${why === "" ? "" : `: ${why}`}`,
  joined: (nick) => `${nick} entró`,
  left: (nick) => `${nick} salió`,
  youLeft: (room) => `saliste de ${room}`,
  putOut: (room, by) =>
    by === "kick"
      ? `te han sacado de ${room}`
      : `te han vetado en ${room}: podrás volver cuando alguien levante el veto`,
  another: (room) => `quien era ${room} se ha ido: es otra persona con el mismo apodo`,
  youAre: (nick, address) => `eres ${nick} en ${address}; /ayuda muestra las órdenes`,
  back: (address) => `otra vez en ${address}`,
  again: (why, seconds) => `${why} Otro intento ${seconds === undefined ? "ahora" : `en ${seconds} s`}`,
  away: "(sin conexión) ",
  askNick: "apodo: ",
  noDoubt: "nada está en duda",
  isNick: (nick) => `eres ${nick} mientras haya conexión; para otro apodo, /salir y vuelve con --nick`,
  rooms: "salas:",
  here: (people) => `aquí: ${people}`,
  outbox: "pendientes:",
  usage: (typed) => `escríbelo como en ${typed}`,
  wire: (isShown) => `${isShown ? "se muestran" : "se ocultan"} las líneas del protocolo`,
  farewell: (word) => `¿salir? s sale, "${word}" otra vez lo dice en la sala, otra cosa se queda`,
  noCommand: (word) => `${word} no es una orden: /ayuda las muestra, y // dice un texto que empieza por /`,
  lastTime: (texts) => `de la última vez, ${texts}`,
  nowhere: "no estás en ninguna sala: entra en una con /entrar #sala",
  whoAreYou: "di quién eres: --nick ana",
  kept: (file, texts) => `guardado en ${file}, se dice la próxima vez: ${texts}`,
  unsaid: (count) => (count === 1 ? "1 línea no se dijo" : `${count} líneas no se dijeron`),
  password: "contraseña: ",
  passwordNow: "contraseña de ahora: ",
  passwordNew: "contraseña nueva: ",
  nothingDone: "no se ha hecho nada",
  passwordChanged: "la contraseña ha cambiado: en todo lo demás hace falta la nueva",
  revoked: "se han cerrado todas las sesiones de tu cuenta: quien entre de nuevo necesita la contraseña",
  unregistered: "tu cuenta ha terminado: sigues de invitado",
  newLog: (room) => `${room} empezó un registro nuevo: quizá falte algo de lo dicho mientras tanto`,
  gone: (room, which, isForever) =>
    isForever
      ? `${which} de ${room}: ya no existen, el servidor no guarda lo que es tan viejo`
      : `lo dicho en ${room} mientras tanto no se puede mostrar: ${which}`,
  entries: (from, to) => (from === to ? `entrada ${from}` : `entradas ${from} a ${to}`),
  doubt: (which, canDecide) =>
    `sin confirmar, quizá dicho y quizá no: ${which}${canDecide ? " (/otravez lo repite, /olvidar lo descarta)" : ""}`,
  lines: (count, first, last) => `${count} líneas, de ${first} a ${last}`,
  waiting: "espera",
  perhaps: "quizá dicho"
}

/** The phrases of a language. */
export const wordsIn = (language: Language): Words => (language === "es" ? spanish : english)
