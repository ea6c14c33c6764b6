/**
 * Goes to a room or a person by a few letters of its name.
 *
 * @module
 */
import { useState } from "react"
import { useDesk, useNick } from "../desk.ts"
import { goTo, placeTyped } from "../place.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"

/** So many are offered. */
const most = 12

export const Switcher = ({ onClose }: { readonly onClose: () => void }) => {
  const words = useWords()
  const { chat } = useDesk()
  const me = useNick()
  const [text, setText] = useState("")
  const [chosen, setChosen] = useState(0)
  const rooms = useLive(chat.rooms)
  const view = useLive(chat.view)

  const known = new Set(rooms.map(({ name }) => name))
  for (const { isDirect, name } of rooms) {
    if (isDirect) continue
    for (const nick of chat.room(name).get().members) if (nick !== me) known.add(`@${nick}`)
    if (known.size > 2_000) break
  }
  const wanted = text.trim().toLowerCase()
  const rank = (name: string) => (name.startsWith(wanted) || name.slice(1).startsWith(wanted) ? 0 : 1)
  const found = [...known]
    .filter((name) => name.includes(wanted))
    .sort((one, other) => rank(one) - rank(other))
    .slice(0, most)
  const typed = placeTyped(text)?.room
  const offered = typed === undefined || wanted === "" || found.includes(typed) ? found : [...found, typed]
  const at = Math.min(chosen, offered.length - 1)

  const go = (name: string | undefined) => {
    if (name === undefined) return
    goTo({ room: name })
    onClose()
  }

  const press = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (event.key === "Enter") go(offered[at])
    else if (step !== 0 && offered.length > 0) setChosen((at + step + offered.length) % offered.length)
    else return
    event.preventDefault()
  }

  return (
    <Dialog title={words.rooms.switch} onClose={onClose} className="switcher">
      <input
        role="combobox"
        aria-expanded={offered.length > 0}
        aria-controls="switcher-list"
        aria-activedescendant={offered.length > 0 ? `switch-${at}` : undefined}
        aria-label={words.rooms.find}
        placeholder={words.rooms.find}
        value={text}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={({ target }) => {
          setText(target.value)
          setChosen(0)
        }}
        onKeyDown={press}
        autoFocus
      />
      <div id="switcher-list" role="listbox" aria-label={words.rooms.switch} className="switcher-list">
        {offered.map((name, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
          <div
            key={name}
            id={`switch-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className="switch"
            onClick={() => go(name)}
          >
            <span className="room-name">{name}</span>
            {name.startsWith("@") && <span className="crowd">{chat.person(name.slice(1))?.display}</span>}
            {!view.rooms.has(name) && name.startsWith("#") && <span className="crowd">{words.rooms.join}</span>}
          </div>
        ))}
      </div>
    </Dialog>
  )
}
