/**
 * Who is in a room.
 *
 * @module
 */
import type { Chat, ChatRoom } from "@tertulia/client/web"
import { visible } from "@tertulia/protocol"
import { useEffect } from "react"
import { useDesk, useNick, useRoom } from "../desk.ts"
import { useFront } from "../front.ts"
import { useMayKeep } from "../keeping.ts"
import { hueOf } from "../look.ts"
import { goTo, hashOf } from "../place.ts"
import { set } from "../settings.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { Icon, IconButton } from "./icon.tsx"
import { Presence, usePresence } from "./presence.tsx"

export const People = ({ room }: { readonly room: string }) => {
  const { people: words, rooms } = useWords()
  const { chat } = useDesk()
  const { members } = useRoom(chat.room(room))
  useMissing(room, members)
  const mayKeep = useMayKeep(chat.room(room))
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
          <Person key={nick} nick={nick} room={room} mayKeep={mayKeep} />
        ))}
      </ul>
      {members.length < 2 && <p className="hint">{words.none}</p>}
      {room.startsWith("#") && (
        <footer className="aside-foot">
          <button type="button" className="plain quiet" onClick={() => void leave(chat, chat.room(room))}>
            <Icon name="leave" />
            {rooms.leave} {room}
          </button>
        </footer>
      )}
    </aside>
  )
}

/** Leaves a room, and goes to another. */
const leave = async (chat: Chat, room: ChatRoom): Promise<void> => {
  const next = chat.rooms.get().find(({ name }) => name !== room.name)
  if (next === undefined) location.hash = ""
  else goTo({ room: next.name })
  await room.leave()
}

/** Asks how those are of whom nothing was told: nobody tells of who comes in (PRESENCE-2). */
const useMissing = (room: string, members: ReadonlyArray<string>): void => {
  const { chat } = useDesk()
  const { profiles, state } = useLive(chat.view)
  const isAsked = profiles.includes("presence") && state._tag === "Live" && members.length < 1_000
  const missing = isAsked && members.some((nick) => chat.person(nick) === undefined) ? members.length : 0
  useEffect(() => {
    if (missing === 0) return
    // Of those who come at once, one asks once.
    const timer = setTimeout(() => {
      const asked = room.startsWith("#") ? chat.users(room) : chat.whois(room.slice(1))
      asked.catch(() => {})
    }, 300)
    return () => clearTimeout(timer)
  }, [chat, room, missing])
}

interface PersonProps {
  readonly nick: string
  readonly room: string
  readonly mayKeep: boolean
}

const Person = ({ mayKeep, nick, room }: PersonProps) => {
  const { keeping, people: words } = useWords()
  const onFront = useFront()
  const me = useNick()
  const display = usePresence(nick)?.display
  const face = (
    <>
      <span className={`avatar ${hueOf(nick)}`} aria-hidden="true">
        {nick.slice(0, 1).toUpperCase()}
      </span>
      <span className="person">
        <span className={`nick ${hueOf(nick)}`}>
          {display !== undefined && <bdi>{visible(display)} </bdi>}
          {display === undefined ? nick : <small>{nick}</small>}
          {nick === me && <small> ({words.you})</small>}
        </span>
        <Presence nick={nick} />
      </span>
    </>
  )
  return (
    <li className="person-row">
      {nick === me ? (
        <span className="person-link">{face}</span>
      ) : (
        <a className="person-link" href={hashOf({ room: `@${nick}` })} title={words.write(nick)}>
          {face}
        </a>
      )}
      {mayKeep && nick !== me && (
        <IconButton icon="more" label={keeping.about(nick)} onClick={() => onFront({ _tag: "person", room, nick })} />
      )}
    </li>
  )
}
