/**
 * One line of a log.
 *
 * @module
 */
import type {
  ChatRoom,
  DeedLine,
  GoneLine,
  MessageLine,
  RoomSnapshot,
  TopicLine,
  WaitingLine
} from "@tertulia/client/web"
import { reactionBytes, utf8Length } from "@tertulia/protocol"
import { memo, useState } from "react"
import { useDesk, useNick } from "../desk.ts"
import { useFront } from "../front.ts"
import { useMay } from "../keeping.ts"
import { dayKey, dayOf, hueOf, momentOf, timeOf } from "../look.ts"
import { goTo, linkTo } from "../place.ts"
import { RichText } from "../text/rich-text.tsx"
import { failureIn, refusalIn } from "../trouble.ts"
import { usePart } from "../use-live.ts"
import { useLanguage, useWords } from "../words/use-words.ts"
import { quick, signs } from "./emoji-button.tsx"
import { Icon, IconButton } from "./icon.tsx"
import type { Writing } from "./room.tsx"

type Entry = RoomSnapshot["entries"][number]

interface LineProps {
  readonly room: ChatRoom
  readonly entry: Entry
  readonly before: Entry | undefined
  readonly isNewDay: boolean
  readonly isFirstNew: boolean
  readonly onWrite: (writing: Writing) => void
}

export const Line = memo(({ before, entry, isFirstNew, isNewDay, onWrite, room }: LineProps) => {
  const words = useWords()
  const me = useNick()
  return (
    <>
      {isNewDay && "at" in entry && <Day at={entry.at} />}
      {isFirstNew && (
        <div className="divider new">
          <span>{words.room.newSince}</span>
        </div>
      )}
      {entry._tag === "Message" ? (
        <Message
          room={room}
          line={entry}
          isContinued={!isNewDay && !isFirstNew && continues(entry, before)}
          me={me}
          onWrite={onWrite}
        />
      ) : entry._tag === "Waiting" ? (
        <Waiting room={room} line={entry} me={me} isContinued={continues(entry, before)} />
      ) : entry._tag === "Topic" ? (
        <Topic line={entry} />
      ) : entry._tag === "Deed" ? (
        <Deed line={entry} />
      ) : (
        <Gone line={entry} />
      )}
    </>
  )
})

/** Messages of one person within five minutes stand together. */
const together = 300_000

/** Whether a line needs no name of its own. */
export const continues = (line: Entry, before: Entry | undefined): boolean => {
  if (line._tag === "Waiting") return before?._tag === "Waiting" || (before?._tag === "Message" && before.isMine)
  return (
    line._tag === "Message" &&
    before?._tag === "Message" &&
    before.from === line.from &&
    line.replyTo === undefined &&
    Date.parse(line.at) - Date.parse(before.at) < together
  )
}

const Day = ({ at }: { readonly at: string }) => {
  const words = useWords()
  const language = useLanguage()
  const date = new Date(at)
  const today = new Date()
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)
  const key = dayKey(at)
  const near =
    key === dayKey(today.toISOString())
      ? words.today
      : key === dayKey(yesterday.toISOString())
        ? words.yesterday
        : undefined
  return (
    <div className="divider">
      <span>{near ?? dayOf(language, date)}</span>
    </div>
  )
}

interface MessageProps {
  readonly room: ChatRoom
  readonly line: MessageLine
  readonly isContinued: boolean
  readonly me: string
  readonly onWrite: (writing: Writing) => void
}

const Message = ({ isContinued, line, me, onWrite, room }: MessageProps) => {
  const words = useWords()
  const language = useLanguage()
  const { at, from, isEdited, mentions, mentionsMe, reactions, replyTo, seq, text } = line
  const time = timeOf(language, at)
  return (
    <div className={`message ${isContinued ? "is-continued" : ""} ${mentionsMe ? "mentions-me" : ""}`} data-seq={seq}>
      <div className="gutter" aria-hidden="true">
        {isContinued ? (
          <time>{time}</time>
        ) : (
          <span className={`avatar ${hueOf(from)}`}>{from.slice(0, 1).toUpperCase()}</span>
        )}
      </div>
      <div className="body">
        {!isContinued && (
          <div className="by">
            <span className={`nick ${hueOf(from)}`}>{from}</span>
            <time dateTime={at} title={momentOf(language, at)}>
              {time}
            </time>
          </div>
        )}
        {isContinued && <span className="unseen">{`${from}, ${time}: `}</span>}
        {replyTo !== undefined && <Quoted room={room} seq={replyTo} />}
        {text === undefined ? (
          <p className="text is-deleted">{words.message.deleted}</p>
        ) : (
          <div className="text" dir="auto">
            <RichText text={text} mentions={mentions} me={me} />
            {isEdited && <small className="edited"> ({words.message.edited})</small>}
          </div>
        )}
        {reactions.length > 0 && (
          <ul className="reactions">
            {reactions.map(({ by, count, isMine, reaction }) => (
              <li key={reaction}>
                <Reaction room={room} seq={seq} reaction={reaction} count={count} by={by} isMine={isMine} />
              </li>
            ))}
          </ul>
        )}
      </div>
      {text !== undefined && <Actions room={room} line={line} onWrite={onWrite} />}
    </div>
  )
}

const Quoted = ({ room, seq }: { readonly room: ChatRoom; readonly seq: number }) => {
  const words = useWords().message
  const line = room.line(seq)
  return (
    <button type="button" className="quoted" tabIndex={-1} onClick={() => goTo({ room: room.name, seq })}>
      <Icon name="reply" />
      {line?._tag === "Message" ? (
        <>
          <span className={`nick ${hueOf(line.from)}`}>{line.from}</span>
          <span className="quote" dir="auto">
            {line.text ?? words.deleted}
          </span>
        </>
      ) : (
        <span className="quote">{words.answersOld}</span>
      )}
    </button>
  )
}

interface ReactionProps {
  readonly room: ChatRoom
  readonly seq: number
  readonly reaction: string
  readonly count: number
  readonly by: ReadonlyArray<string>
  readonly isMine: boolean
}

const Reaction = ({ by, count, isMine, reaction, room, seq }: ReactionProps) => {
  const words = useWords()
  const { notice } = useDesk()
  return (
    <button
      type="button"
      className="reaction"
      tabIndex={-1}
      aria-pressed={isMine}
      aria-label={words.message.reaction(reaction, count)}
      title={by.join(", ")}
      onClick={() => void room.react(seq, reaction, !isMine).catch((error: unknown) => notice(failureIn(words, error)))}
    >
      <bdi>{reaction}</bdi> {count}
    </button>
  )
}

const Actions = ({ line, onWrite, room }: Pick<MessageProps, "line" | "onWrite" | "room">) => {
  const words = useWords()
  const { chat, notice } = useDesk()
  const profiles = usePart(chat.view, (view) => view.profiles)
  const isRich = profiles.includes("rich")
  const may = useMay(room)
  const mayRemove = isRich && (line.isMine || may("delete"))
  const onFront = useFront()
  const [isPicking, setPicking] = useState(false)
  const tell = (error: unknown) => notice(failureIn(words, error))
  const react = (reaction: string) => {
    setPicking(false)
    const mine = line.reactions.find((each) => each.reaction === reaction)?.isMine === true
    room.react(line.seq, reaction, !mine).catch(tell)
  }
  const copy = () =>
    navigator.clipboard
      .writeText(linkTo({ room: room.name, seq: line.seq }))
      .then(() => notice(words.message.copied), tell)
  const reaction = (each: string) => (
    <button
      key={each}
      type="button"
      className="icon-button"
      tabIndex={-1}
      aria-label={`${words.message.react} ${each}`}
      onClick={() => react(each)}
    >
      {each}
    </button>
  )
  return (
    <fieldset className={isPicking ? "actions is-picking" : "actions"} aria-label={words.message.actions}>
      {isRich && quick.map(reaction)}
      {isRich && (
        <IconButton
          icon="smile"
          label={words.message.other}
          aria-expanded={isPicking}
          tabIndex={-1}
          onClick={() => setPicking(!isPicking)}
        />
      )}
      {isRich && (
        <IconButton
          icon="reply"
          label={words.message.reply}
          tabIndex={-1}
          onClick={() => onWrite({ _tag: "Reply", to: line })}
        />
      )}
      <IconButton icon="link" label={words.message.link} tabIndex={-1} onClick={() => void copy()} />
      {isRich && line.isMine && (
        <IconButton
          icon="edit"
          label={words.message.edit}
          tabIndex={-1}
          onClick={() => onWrite({ _tag: "Edit", to: line })}
        />
      )}
      {mayRemove && (
        <IconButton
          icon="trash"
          label={words.message.remove}
          tabIndex={-1}
          onClick={() => {
            if (confirm(words.message.sure)) room.remove(line.seq).catch(tell)
          }}
        />
      )}
      {!line.isMine && (may("kick") || may("role")) && (
        <IconButton
          icon="more"
          label={words.message.about(line.from)}
          tabIndex={-1}
          onClick={() => onFront({ _tag: "person", room: room.name, nick: line.from })}
        />
      )}
      {isPicking && (
        <div className="picker">
          {signs.map(reaction)}
          <OwnReaction onReact={react} />
        </div>
      )}
    </fieldset>
  )
}

/** Any other reaction, in a word or a picture. */
const OwnReaction = ({ onReact }: { readonly onReact: (reaction: string) => void }) => {
  const words = useWords()
  const [text, setText] = useState("")
  const reaction = text.trim()
  const isTooLong = utf8Length(reaction) > reactionBytes
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (reaction !== "" && !isTooLong) onReact(reaction)
  }
  return (
    <form className="own-reaction" onSubmit={submit}>
      <input
        value={text}
        aria-label={words.message.own}
        placeholder={words.message.own}
        aria-invalid={isTooLong}
        onChange={({ target }) => setText(target.value)}
      />
    </form>
  )
}

const Waiting = ({
  isContinued,
  line,
  me,
  room
}: {
  readonly room: ChatRoom
  readonly line: WaitingLine
  readonly me: string
  readonly isContinued: boolean
}) => {
  const words = useWords()
  const { key, status, text, why } = line
  return (
    <div className={`message is-${status} ${isContinued ? "is-continued" : ""}`}>
      <div className="gutter" aria-hidden="true">
        {!isContinued && <span className={`avatar ${hueOf(me)}`}>{me.slice(0, 1).toUpperCase()}</span>}
      </div>
      <div className="body">
        {!isContinued && (
          <div className="by">
            <span className={`nick ${hueOf(me)}`}>{me}</span>
          </div>
        )}
        <div className="text" dir="auto">
          <RichText text={text} me={me} />
        </div>
        <p className="fate">
          {words.message[status]}
          {why !== undefined && `: ${refusalIn(words, { ...why, request: "send" })}`}
          {status !== "pending" && (
            <>
              <button type="button" onClick={() => void room.retry(key)}>
                {words.message.retry}
              </button>
              <button type="button" onClick={() => void room.forget(key)}>
                {words.message.discard}
              </button>
            </>
          )}
        </p>
      </div>
    </div>
  )
}

const Topic = ({ line: { from, text } }: { readonly line: TopicLine }) => {
  const { room } = useWords()
  return (
    <p className="remark" dir="auto">
      {room.changedTopic(from, text)}
    </p>
  )
}

const Deed = ({ line: { deed } }: { readonly line: DeedLine }) => {
  const { room } = useWords()
  return (
    <p className="remark" dir="auto">
      {room.deed(deed)}
    </p>
  )
}

const Gone = ({ line: { from, isForever, to } }: { readonly line: GoneLine }) => {
  const { room } = useWords()
  return <p className="remark">{room.gone(to - from + 1, isForever)}</p>
}
