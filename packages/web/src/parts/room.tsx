/**
 * A room or a conversation: its head, its log, and where one writes.
 *
 * @module
 */
import type { ChatRoom, MessageLine, Standing } from "@tertulia/client/web"
import { visible } from "@tertulia/protocol"
import { useState } from "react"
import { useDesk, useRoom } from "../desk.ts"
import { useFront } from "../front.ts"
import { useMay } from "../keeping.ts"
import { set, useSettings } from "../settings.ts"
import { failureIn, refusalIn } from "../trouble.ts"
import { usePart } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { Composer } from "./composer.tsx"
import { IconButton } from "./icon.tsx"
import { Log } from "./log.tsx"
import { Presence, usePresence } from "./presence.tsx"

/** What is being written, when it isn't something new. */
export type Writing = { readonly _tag: "Reply" | "Edit"; readonly to: MessageLine } | undefined

interface RoomProps {
  readonly name: string
  /** The entry that the address names. */
  readonly seq: number | undefined
  /** Another each time that one goes there. */
  readonly visit: number
  readonly onOpenList: () => void
}

export const Room = ({ name, onOpenList, seq, visit }: RoomProps) => {
  const onFront = useFront()
  const words = useWords()
  const { chat } = useDesk()
  const room = chat.room(name)
  const { out, putOutBy, standing, typing } = useRoom(room)
  const may = useMay(room)
  // Into a room that is public, nobody has to be invited.
  const mayKeep = may("slow") || (may("invite") && standing.kind !== "public")
  const [writing, setWriting] = useState<Writing>()
  return (
    <>
      <header className="room-head">
        <IconButton icon="menu" label={words.rooms.open} className="only-narrow" onClick={onOpenList} />
        <Title room={room} />
        {mayKeep && (
          <IconButton icon="shield" label={words.room.keep} onClick={() => onFront({ _tag: "room", room: name })} />
        )}
        <IconButton icon="search" label={words.search.title} onClick={() => onFront({ _tag: "search" })} />
        <AsideButton aside="people" show={words.people.show} hide={words.people.hide} />
        <AsideButton aside="wire" show={words.wire.show} hide={words.wire.hide} />
      </header>
      {out !== undefined && (
        <section className="banner" aria-label={words.room.out}>
          <span>
            {putOutBy === undefined ? `${words.room.out} ${refusalIn(words, out)}` : words.room.putOut[putOutBy]}
          </span>
          {putOutBy !== "ban" && (
            <button type="button" onClick={() => void chat.join(name).catch(() => {})}>
              {words.room.rejoin}
            </button>
          )}
        </section>
      )}
      <Log room={room} seq={seq} visit={visit} onWrite={setWriting} />
      <p className="typing">{typing.length > 0 && words.room.typing(typing)}</p>
      <Composer room={room} writing={writing} onWrite={setWriting} />
    </>
  )
}

interface AsideButtonProps {
  readonly aside: "people" | "wire"
  readonly show: string
  readonly hide: string
}

const AsideButton = ({ aside, hide, show }: AsideButtonProps) => {
  const isShown = useSettings().aside === aside
  return (
    <IconButton
      icon={aside}
      label={isShown ? hide : show}
      aria-pressed={isShown}
      onClick={() => set({ aside: isShown ? "none" : aside })}
    />
  )
}

/** What is special about the room, and about oneself in it. */
const Badges = ({ isMuted, kind, role, slow }: Standing) => {
  const { room: words } = useWords()
  const badges = [
    ...(kind === "public" ? [] : [words.kinds[kind]]),
    ...(role === "member" ? [] : [words.roles[role]]),
    ...(slow === 0 ? [] : [words.slow(slow)]),
    ...(isMuted ? [words.silenced] : [])
  ]
  return badges.map((badge) => (
    <span key={badge} className="badge">
      {badge}
    </span>
  ))
}

/** The name, and what the room is about; that can be changed where the server claims rich. */
const Title = ({ room }: { readonly room: ChatRoom }) => {
  const words = useWords()
  const { chat, notice } = useDesk()
  const { isDirect, name, standing, topic } = useRoom(room)
  const isRich = usePart(chat.view, ({ profiles }) => profiles.includes("rich"))
  const [text, setText] = useState<string>()
  const display = usePresence(name.slice(1))?.display
  if (text !== undefined) {
    const submit = (event: React.FormEvent) => {
      event.preventDefault()
      if (text.trim() !== topic) room.setTopic(text.trim()).catch((error: unknown) => notice(failureIn(words, error)))
      setText(undefined)
    }
    return (
      <form className="room-title topic-form" onSubmit={submit}>
        <h1 className="unseen">{name}</h1>
        <input
          value={text}
          dir="auto"
          maxLength={200}
          aria-label={words.room.topic}
          placeholder={words.room.topic}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={({ key }) => {
            if (key === "Escape") setText(undefined)
          }}
          onBlur={() => setText(undefined)}
          // biome-ignore lint/a11y/noAutofocus: it was opened to be written into
          autoFocus
        />
      </form>
    )
  }
  return (
    <div className="room-title">
      <h1>
        {name}
        {isDirect && display !== undefined && <bdi className="crowd"> {visible(display)}</bdi>}
        {!isDirect && <Badges {...standing} />}
      </h1>
      {isDirect ? (
        <Presence nick={name.slice(1)} />
      ) : isRich ? (
        <button type="button" className="topic" title={words.room.setTopic} dir="auto" onClick={() => setText(topic)}>
          {topic === "" ? words.room.setTopic : visible(topic)}
        </button>
      ) : null}
    </div>
  )
}
