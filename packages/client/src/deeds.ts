/**
 * What was done to keep a room, in words: the same for every client (spec/moderation.md).
 *
 * @module
 */
import type { EntryEvent, ModerationType } from "@tertulia/protocol"

/** An entry of moderation. */
export type Deed = Extract<EntryEvent, { readonly type: ModerationType }>

type Said<Of> = Of extends Deed ? Pick<Of, Exclude<keyof Of, "seq" | "room" | "at" | "key">> : never

/** What words are needed of an entry. */
export type SaidDeed = Said<Deed>

/** Says in a sentence what somebody has done. */
export const deedWords: Readonly<Record<"en" | "es", (deed: SaidDeed) => string>> = {
  en: (deed) => {
    const { from } = deed
    switch (deed.type) {
      case "role":
        return deed.role === "owner"
          ? `${from} has given the room to ${deed.nick}`
          : `${from} has made ${deed.nick} a ${deed.role}`
      case "kind":
        return `${from} has made the room ${deed.kind}`
      case "invite":
        return deed.on ? `${from} has invited ${deed.nick}` : `${from} has taken back the invitation of ${deed.nick}`
      case "kick":
        return `${from} has put ${deed.nick} out`
      case "ban":
        return deed.on ? `${from} has banned ${deed.nick}` : `${from} has ended the ban of ${deed.nick}`
      case "mute":
        return deed.on ? `${from} has muted ${deed.nick}` : `${from} lets ${deed.nick} speak again`
      case "slow":
        return deed.seconds === 0
          ? `${from} lets everybody speak as they like`
          : `${from} has everybody wait ${deed.seconds} s between two messages`
    }
  },
  es: (deed) => {
    const { from } = deed
    switch (deed.type) {
      case "role":
        return deed.role === "owner"
          ? `${from} ha dado la sala a ${deed.nick}`
          : deed.role === "moderator"
            ? `${from} ha nombrado moderador a ${deed.nick}`
            : `${from} ha dejado a ${deed.nick} como miembro`
      case "kind":
        return `${from} ha hecho la sala ${{ public: "pública", private: "privada", secret: "secreta" }[deed.kind]}`
      case "invite":
        return deed.on ? `${from} ha invitado a ${deed.nick}` : `${from} ha retirado la invitación de ${deed.nick}`
      case "kick":
        return `${from} ha sacado a ${deed.nick}`
      case "ban":
        return deed.on ? `${from} ha vetado a ${deed.nick}` : `${from} ha levantado el veto a ${deed.nick}`
      case "mute":
        return deed.on ? `${from} ha silenciado a ${deed.nick}` : `${from} ha devuelto la palabra a ${deed.nick}`
      case "slow":
        return deed.seconds === 0
          ? `${from} deja hablar sin esperas`
          : `${from} hace esperar ${deed.seconds} s entre dos mensajes`
    }
  }
}
