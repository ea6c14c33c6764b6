/**
 * Who is in a room.
 *
 * @module
 */
import { useDesk, useNick, useRoom } from "../desk.ts"
import { hueOf } from "../look.ts"
import { hashOf } from "../place.ts"
import { set } from "../settings.ts"
import { useWords } from "../words/use-words.ts"
import { IconButton } from "./icon.tsx"
import { Presence, usePresence } from "./presence.tsx"

export const People = ({ room }: { readonly room: string }) => {
  const words = useWords().people
  const { chat } = useDesk()
  const { members } = useRoom(chat.room(room))
  return (
    <aside className="aside" aria-label={words.title} data-region="aside">
      <header className="aside-head">
        <h2>
          {words.title} <span className="crowd">{members.length}</span>
        </h2>
        <IconButton icon="close" label={words.hide} onClick={() => set({ aside: "none" })} />
      </header>
      <ul className="people">
        {members.slice(0, 500).map((nick) => (
          <Person key={nick} nick={nick} />
        ))}
      </ul>
      {members.length < 2 && <p className="hint">{words.none}</p>}
    </aside>
  )
}

const Person = ({ nick }: { readonly nick: string }) => {
  const words = useWords().people
  const me = useNick()
  const display = usePresence(nick)?.display
  const face = (
    <>
      <span className={`avatar ${hueOf(nick)}`} aria-hidden="true">
        {nick.slice(0, 1).toUpperCase()}
      </span>
      <span className="person">
        <span className={`nick ${hueOf(nick)}`}>
          {display !== undefined && <bdi>{display} </bdi>}
          {display === undefined ? nick : <small>{nick}</small>}
          {nick === me && <small> ({words.you})</small>}
        </span>
        <Presence nick={nick} />
      </span>
    </>
  )
  return (
    <li>
      {nick === me ? (
        <span className="person-link">{face}</span>
      ) : (
        <a className="person-link" href={hashOf({ room: `@${nick}` })} title={words.write(nick)}>
          {face}
        </a>
      )}
    </li>
  )
}
