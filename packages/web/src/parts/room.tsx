/**
 * A room or a conversation: its head, its log, and where one writes.
 *
 * @module
 */
import type { MessageLine } from "@tertulia/client/web"
import { useState } from "react"
import { useDesk, useRoom } from "../desk.ts"
import { set, useSettings } from "../settings.ts"
import { refusalIn } from "../trouble.ts"
import { useWords } from "../words/use-words.ts"
import { Composer } from "./composer.tsx"
import { IconButton } from "./icon.tsx"
import { Log } from "./log.tsx"

/** What is being written, when it isn't something new. */
export type Writing = { readonly _tag: "Reply" | "Edit"; readonly to: MessageLine } | undefined

interface RoomProps {
  readonly name: string
  /** The entry that the address names. */
  readonly seq: number | undefined
  readonly onOpenList: () => void
}

export const Room = ({ name, onOpenList, seq }: RoomProps) => {
  const words = useWords()
  const { chat } = useDesk()
  const { aside } = useSettings()
  const room = chat.room(name)
  const { isDirect, out, topic, typing } = useRoom(room)
  const [writing, setWriting] = useState<Writing>()
  return (
    <>
      <header className="room-head">
        <IconButton icon="menu" label={words.rooms.open} className="only-narrow" onClick={onOpenList} />
        <div className="room-title">
          <h1>{name}</h1>
          {!isDirect && (
            <p className="topic" dir="auto">
              {topic === "" ? words.room.noTopic : topic}
            </p>
          )}
        </div>
        <IconButton
          icon="people"
          label={aside === "people" ? words.people.hide : words.people.show}
          aria-pressed={aside === "people"}
          onClick={() => set({ aside: aside === "people" ? "none" : "people" })}
        />
      </header>
      {out !== undefined && (
        <section className="banner">
          <span>
            {words.room.out} {refusalIn(words, out)}
          </span>
          <button type="button" onClick={() => void chat.join(name).catch(() => {})}>
            {words.room.rejoin}
          </button>
        </section>
      )}
      <Log room={room} seq={seq} onWrite={setWriting} />
      <p className="typing">{typing.length > 0 && words.room.typing(typing)}</p>
      <Composer room={room} writing={writing} onWrite={setWriting} />
    </>
  )
}
