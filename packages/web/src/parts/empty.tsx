/**
 * What stands where nothing is yet: what this is, and what to do.
 *
 * @module
 */
import { useWords } from "../words/use-words.ts"
import { IconButton } from "./icon.tsx"

export const Nowhere = ({ onOpenList }: { readonly onOpenList: () => void }) => {
  const { room, rooms } = useWords()
  return (
    <>
      <header className="room-head">
        <IconButton icon="menu" label={rooms.open} className="only-narrow" onClick={onOpenList} />
      </header>
      <div className="empty">
        <h2>{room.nowhereTitle}</h2>
        <p>{room.nowhere}</p>
      </div>
    </>
  )
}

export const Beginning = ({ isDirect, name }: { readonly name: string; readonly isDirect: boolean }) => {
  const { room } = useWords()
  return (
    <div className="empty">
      <h2>{isDirect ? room.directTitle(name.slice(1)) : room.emptyTitle(name)}</h2>
      <p>{isDirect ? room.directEmpty : room.empty}</p>
    </div>
  )
}
