/**
 * One's rooms and conversations, and the way into others.
 *
 * @module
 */
import type { RoomItem, RoomSummary } from "@tertulia/client/web"
import { useEffect, useState } from "react"
import { useDesk, useNick } from "../desk.ts"
import { useFront } from "../front.ts"
import { hueOf } from "../look.ts"
import { goTo, hashOf, placeTyped } from "../place.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { IconButton } from "./icon.tsx"
import { Presence } from "./presence.tsx"

interface RoomListProps {
  readonly open: string | undefined
  readonly onClose: () => void
}

export const RoomList = ({ onClose, open }: RoomListProps) => {
  const onFront = useFront()
  const words = useWords()
  const { chat } = useDesk()
  const me = useNick()
  const rooms = useLive(chat.rooms)
  const own = rooms.filter(({ isDirect }) => !isDirect)
  const direct = rooms.filter(({ isDirect }) => isDirect)
  return (
    <nav className="rooms" aria-label={words.rooms.title} data-region="rooms">
      <header className="rooms-head">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <strong className="brand">{words.brand}</strong>
        <IconButton icon="search" label={words.rooms.switch} onClick={() => onFront({ _tag: "switcher" })} />
        <IconButton icon="close" label={words.rooms.close} className="only-narrow" onClick={onClose} />
      </header>
      <div className="rooms-scroll">
        <h2>{words.rooms.title}</h2>
        {own.length === 0 && <p className="hint">{words.rooms.none}</p>}
        <ul>
          {own.map((room) => (
            <Entry key={room.name} room={room} isOpen={room.name === open} onOpen={onClose} />
          ))}
        </ul>
        {direct.length > 0 && <h2>{words.rooms.direct}</h2>}
        <ul>
          {direct.map((room) => (
            <Entry key={room.name} room={room} isOpen={room.name === open} onOpen={onClose} />
          ))}
        </ul>
        <Join onDone={onClose} />
        <Others known={new Set(own.map(({ name }) => name))} onOpen={onClose} />
      </div>
      <footer className="rooms-foot">
        <span className={`avatar ${hueOf(me)}`} aria-hidden="true">
          {me.slice(0, 1).toUpperCase()}
        </span>
        <span className="me">
          <strong>{me}</strong>
          <Presence nick={me} />
        </span>
        <IconButton icon="keyboard" label={words.keys.title} onClick={() => onFront({ _tag: "keys" })} />
        <IconButton icon="gear" label={words.settings.title} onClick={() => onFront({ _tag: "settings" })} />
      </footer>
    </nav>
  )
}

interface EntryProps {
  readonly room: RoomSummary
  readonly isOpen: boolean
  readonly onOpen: () => void
}

const Entry = ({ isOpen, onOpen, room: { isDirect, mentions, name, unread } }: EntryProps) => {
  const words = useWords()
  return (
    <li>
      <a
        href={hashOf({ room: name })}
        className={`room-link ${unread > 0 ? "has-unread" : ""}`}
        aria-current={isOpen ? "page" : undefined}
        onClick={onOpen}
      >
        <span className="room-sign" aria-hidden="true">
          {isDirect ? "@" : "#"}
        </span>
        <span className="room-name">{name.slice(1)}</span>
        {isDirect && <Presence nick={name.slice(1)} isShort />}
        {unread > 0 && (
          <span className={mentions > 0 || isDirect ? "count strong" : "count"}>
            <span aria-hidden="true">{unread > 999 ? "999+" : unread}</span>
            <span className="unseen">
              {words.rooms.unread(unread)}
              {mentions > 0 && `, ${words.rooms.mentions(mentions)}`}
            </span>
          </span>
        )}
      </a>
    </li>
  )
}

const Join = ({ onDone }: { readonly onDone: () => void }) => {
  const { rooms: words } = useWords()
  const [text, setText] = useState("")
  const [isBad, setBad] = useState(false)
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    const place = placeTyped(text)
    if (place === undefined) return setBad(true)
    setText("")
    goTo(place)
    onDone()
  }
  return (
    <form className="join" onSubmit={submit}>
      <label htmlFor="join">{words.join}</label>
      <div className="join-row">
        <input
          id="join"
          value={text}
          placeholder={words.placeholder}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          maxLength={33}
          aria-invalid={isBad}
          aria-describedby={isBad ? "join-bad" : undefined}
          onChange={({ target }) => {
            setText(target.value)
            setBad(false)
          }}
        />
        <IconButton icon="plus" label={words.go} type="submit" />
      </div>
      {isBad && (
        <p id="join-bad" className="hint bad" role="alert">
          {words.bad}
        </p>
      )}
    </form>
  )
}

/** The rooms that one isn't in. */
const Others = ({ known, onOpen }: { readonly known: ReadonlySet<string>; readonly onOpen: () => void }) => {
  const { rooms: words } = useWords()
  const { chat } = useDesk()
  const { _tag } = useLive(chat.state)
  const [all, setAll] = useState<ReadonlyArray<RoomItem>>([])
  const key = [...known].join(" ")
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when one has entered or left a room
  useEffect(() => {
    if (_tag === "Live") chat.list().then(setAll, () => {})
  }, [chat, _tag, key])
  const others = all.filter(({ room }) => !known.has(room)).slice(0, 50)
  if (others.length === 0) return null
  return (
    <>
      <h2>{words.all}</h2>
      <ul>
        {others.map(({ members, room }) => (
          <li key={room}>
            <a href={hashOf({ room })} className="room-link other" onClick={onOpen}>
              <span className="room-sign" aria-hidden="true">
                #
              </span>
              <span className="room-name">{room.slice(1)}</span>
              <span className="crowd">{words.people(members)}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}
