/**
 * How somebody is: a dot and a word, never the colour alone.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"
import { useDesk } from "../desk.ts"
import { usePart } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"

/** Undefined where nobody has said. */
export const usePresence = (nick: string) => {
  const { chat } = useDesk()
  return usePart(chat.view, () => chat.person(nick))
}

export const Presence = ({ isShort = false, nick }: { readonly nick: string; readonly isShort?: boolean }) => {
  const words = useWords().people
  const person = usePresence(nick)
  if (person === undefined) return null
  const word = words[person.status as "active" | "busy" | "idle" | "away" | "offline"] ?? person.status
  return (
    <span className={`presence is-${person.status}`}>
      <span className="dot" aria-hidden="true" />
      <span>
        {word}
        {!isShort && person.text !== undefined && person.text !== "" && `: ${visible(person.text)}`}
      </span>
    </span>
  )
}
