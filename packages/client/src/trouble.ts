/**
 * What went wrong, in words: the same for every client.
 *
 * @module
 */
import { type ByeEvent, visible } from "@tertulia/protocol"
import type { Trouble } from "./conversation.ts"

/** What there is to say about trouble. */
export interface TroubleWords {
  readonly Unreachable: string
  readonly NotTertulia: string
  readonly NotKept: string
  /** Why the server has ended the connection, by the code of its `bye`; with any other it is lost. */
  readonly byes: Readonly<Record<string, string>>
  readonly lost: string
  readonly silent: string
  readonly nonsense: string
  /** What `forbidden` means, by the request that is. */
  readonly forbiddenTo: Readonly<Record<string, string>>
  /** What the codes of the registry mean; what isn't here is said as the server says it. */
  readonly codes: Readonly<Record<string, string>>
}

export const troubleWords: Readonly<Record<"en" | "es", TroubleWords>> = {
  en: {
    Unreachable: "The server can't be reached.",
    NotTertulia: "What answers there doesn't speak this version of Tertulia.",
    NotKept: "What you write can't be kept:",
    byes: {
      replaced: "You went on in another window.",
      "logged-out": "You have ended this from another device: log in again.",
      kicked: "An operator of this server has put you out.",
      banned: "An operator of this server lets you in no more."
    },
    lost: "The connection was lost.",
    silent: "The server has been silent for too long.",
    nonsense: "The server broke the protocol.",
    forbiddenTo: {},
    codes: {}
  },
  es: {
    Unreachable: "No se llega al servidor.",
    NotTertulia: "Lo que responde allí no habla esta versión de Tertulia.",
    NotKept: "No se puede guardar lo que escribes:",
    byes: {
      replaced: "Has seguido en otra ventana.",
      "logged-out": "Has terminado esto desde otro dispositivo: vuelve a entrar.",
      kicked: "Alguien que opera este servidor te ha sacado.",
      banned: "Alguien que opera este servidor te ha vetado."
    },
    lost: "Se perdió la conexión.",
    silent: "El servidor lleva demasiado tiempo en silencio.",
    nonsense: "El servidor rompió el protocolo.",
    forbiddenTo: {
      join: "la sala es para quien tiene invitación, o te han vetado",
      send: "te han silenciado aquí",
      topic: "te han silenciado aquí",
      react: "te han silenciado aquí",
      edit: "no lo escribiste tú, o te han silenciado aquí"
    },
    codes: {
      "rate-limited": "demasiado seguido: espera un poco",
      "bad-credentials": "esa no es la contraseña de esa cuenta",
      "nick-registered": "ese nick es de una cuenta: entra con su contraseña, o elige otro",
      "not-invited": "aquí solo se registra quien tiene una invitación",
      insecure: "una contraseña solo se dice por TLS, o en la propia máquina",
      "bad-json": "la línea no es un objeto JSON",
      "bad-request": "falta un campo, o no es como debe",
      unsupported: "este servidor no sabe hacer eso",
      "login-first": "primero hay que entrar",
      "already-logged-in": "ya habías entrado",
      "bad-name": "un nombre tiene de 1 a 32 de a-z, 0-9, _ y -, y empieza por una letra o una cifra",
      "bad-text": "el texto está vacío o tiene un carácter prohibido",
      "too-long": "el texto es demasiado largo",
      "session-expired": "la sesión ha terminado",
      "nick-taken": "otra persona tiene este nick",
      "key-reused": "con esta clave ya se envió otro texto",
      "no-such-nick": "nadie tiene este nick",
      "no-such-room": "la sala no existe",
      "not-joined": "no estás en esta sala",
      "already-joined": "ya estás en esta sala",
      "no-such-entry": "no hay tal mensaje",
      forbidden: "no tienes derecho a eso",
      "limit-reached": "se alcanzó un límite del servidor",
      unavailable: "el servidor no puede ahora"
    }
  }
}

/** Why a request was refused: in these words when they have some for it, else as the server says it. */
export const refusalIn = (
  words: TroubleWords,
  { code, message, request = "" }: { readonly code: string; readonly message: string; readonly request?: string }
): string =>
  `${(code === "forbidden" ? words.forbiddenTo[request] : undefined) ?? words.codes[code] ?? message} (${code})`

/** Why there is no connection, in one sentence. */
export const troubleIn = (words: TroubleWords, trouble: Trouble): string => {
  switch (trouble._tag) {
    case "Refused":
      return refusalIn(words, trouble)
    case "NotKept":
      return `${words.NotKept} ${trouble.why}`
    case "Unreachable":
      return words.Unreachable
    case "NotTertulia":
      return trouble.saidNothing ? words.lost : words.NotTertulia
    case "ConnectionLost":
      switch (trouble.loss._tag) {
        case "Bye":
          return endedBy(words, trouble.loss.bye)
        case "Silent":
          return words.silent
        case "Nonsense":
          return `${words.nonsense} (${trouble.loss.why})`
        default:
          return words.lost
      }
  }
}

const endedBy = ({ byes, lost }: TroubleWords, { code, message }: ByeEvent): string => {
  const known = byes[code]
  if (known === undefined) return `${lost} (${code})`
  // Whoever puts somebody out may have said why.
  return code === "kicked" || code === "banned" ? `${known} (${visible(message)})` : known
}

/** Why something that was asked for has failed, in one sentence. */
export const failureIn = (words: TroubleWords, error: unknown): string => {
  if (!(error instanceof Error && "_tag" in error)) return String(error)
  return "code" in error && typeof error.code === "string"
    ? refusalIn(words, error as Error & { readonly code: string })
    : troubleIn(words, error as Error & Trouble)
}
