/**
 * The rooms beside the one that is open, and what goes with it.
 *
 * @module
 */
import { lazy, Suspense, useCallback, useEffect, useState } from "react"
import { useDesk } from "../desk.ts"
import { type Front, FrontContext } from "../front.ts"
import { goTo, usePlace } from "../place.ts"
import { focusRegion, nextRegion } from "../regions.ts"
import { isNarrow, set, useSettings } from "../settings.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { AccountDialog } from "./account-dialog.tsx"
import { Nowhere } from "./empty.tsx"
import { KeysDialog } from "./keys-dialog.tsx"
import { People } from "./people.tsx"
import { PersonDialog } from "./person-dialog.tsx"
import { Room } from "./room.tsx"
import { RoomDialog } from "./room-dialog.tsx"
import { RoomList } from "./room-list.tsx"
import { SearchDialog } from "./search-dialog.tsx"
import { SettingsDialog } from "./settings-dialog.tsx"
import { StateBanner } from "./state-banner.tsx"
import { Switcher } from "./switcher.tsx"
import { Watch } from "./watch.tsx"

// Its sentences are half of the specification: whoever doesn't look at the wire needn't load them.
const WirePanel = lazy(() => import("../wire/wire-panel.tsx"))

export const House = () => {
  const words = useWords()
  const { chat } = useDesk()
  const { aside } = useSettings()
  const rooms = useLive(chat.rooms)
  const { place, visit } = usePlace()
  const [isListOpen, setListOpen] = useState(false)
  const [front, setFront] = useState<Front>()
  const name = place?.room

  // Who comes without a place stands in the first of their rooms.
  const first = rooms[0]?.name
  useEffect(() => {
    if (name === undefined && first !== undefined) goTo({ room: first })
  }, [name, first])

  // A place that is gone to is entered.
  useEffect(() => {
    setListOpen(false)
    if (isNarrow()) set({ aside: "none" })
    const isRoom = name?.startsWith("#") === true
    // What comes of it is shown in the room.
    if (isRoom && !chat.room(name).get().isIn) chat.join(name).catch(() => {})
  }, [chat, name])

  const step = useCallback(
    (by: 1 | -1, isUnread: boolean) => {
      const all = chat.rooms.get()
      const at = all.findIndex((room) => room.name === name)
      for (let count = 1; count <= all.length; count++) {
        const next = all[(at + by * count + 2 * all.length) % all.length]
        if (next !== undefined && (!isUnread || next.unread > 0)) return goTo({ room: next.name })
      }
    },
    [chat, name]
  )

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { altKey, key, shiftKey } = event
      const isCommand = event.ctrlKey || event.metaKey
      const isWriting = (event.target as HTMLElement).matches("input, textarea, select")
      if (isCommand && !shiftKey && key.toLowerCase() === "k") setFront({ _tag: "switcher" })
      else if (isCommand && shiftKey && key.toLowerCase() === "f") setFront({ _tag: "search" })
      else if (key === "F6") nextRegion(shiftKey ? -1 : 1)
      else if (altKey && key === "ArrowUp") step(-1, shiftKey)
      else if (altKey && key === "ArrowDown") step(1, shiftKey)
      else if ((altKey && key === "/") || (key === "?" && !isWriting)) setFront({ _tag: "keys" })
      else return
      event.preventDefault()
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  }, [step])

  const close = () => setFront(undefined)
  return (
    <FrontContext value={setFront}>
      <div className={`house aside-${aside}`} data-list={isListOpen ? "open" : "closed"}>
        <button type="button" className="skip" onClick={() => focusRegion("composer")}>
          {words.skip}
        </button>
        <RoomList open={name} onClose={() => setListOpen(false)} />
        <main className="place">
          <StateBanner />
          {name === undefined ? (
            <Nowhere onOpenList={() => setListOpen(true)} />
          ) : (
            <Room key={name} name={name} seq={place?.seq} visit={visit} onOpenList={() => setListOpen(true)} />
          )}
        </main>
        {name !== undefined && aside === "people" && <People room={name} />}
        {aside === "wire" && (
          <Suspense fallback={<aside className="aside" aria-busy="true" />}>
            <WirePanel />
          </Suspense>
        )}
        {isListOpen && (
          <button type="button" className="veil" aria-label={words.rooms.close} onClick={() => setListOpen(false)} />
        )}
        {front?._tag === "settings" && <SettingsDialog onClose={close} />}
        {front?._tag === "search" && <SearchDialog room={name ?? ""} onClose={close} />}
        {front?._tag === "switcher" && <Switcher onClose={close} />}
        {front?._tag === "keys" && <KeysDialog onClose={close} />}
        {front?._tag === "account" && <AccountDialog onClose={close} />}
        {front?._tag === "room" && <RoomDialog room={front.room} onClose={close} />}
        {front?._tag === "person" && <PersonDialog room={front.room} nick={front.nick} onClose={close} />}
        <Watch room={name} />
      </div>
    </FrontContext>
  )
}
