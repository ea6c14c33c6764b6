/**
 * The rooms beside the one that is open, and what goes with it.
 *
 * @module
 */
import { useEffect, useState } from "react"
import { useDesk } from "../desk.ts"
import { goTo, placeIn, useHash } from "../place.ts"
import { focusRegion } from "../regions.ts"
import { useSettings } from "../settings.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { Nowhere } from "./empty.tsx"
import { People } from "./people.tsx"
import { Room } from "./room.tsx"
import { RoomList } from "./room-list.tsx"
import { StateBanner } from "./state-banner.tsx"

export const House = () => {
  const words = useWords()
  const { chat, nick } = useDesk()
  const { aside } = useSettings()
  const rooms = useLive(chat.rooms)
  const place = placeIn(useHash())
  const [isListOpen, setListOpen] = useState(false)
  const name = place?.room

  // Who comes without a place stands in the first of their rooms.
  const first = rooms[0]?.name
  useEffect(() => {
    if (name === undefined && first !== undefined) goTo({ room: first })
  }, [name, first])

  // A place that one was given is entered; a room that one has left isn't.
  useEffect(() => {
    setListOpen(false)
    if (name?.startsWith("#") === true)
      chat.join(name).then(
        () => {},
        () => {}
      )
  }, [chat, name])

  return (
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
          <Room key={name} name={name} seq={place?.seq} onOpenList={() => setListOpen(true)} />
        )}
      </main>
      {name !== undefined && aside === "people" && <People room={name} key={`people ${name} ${nick}`} />}
    </div>
  )
}
