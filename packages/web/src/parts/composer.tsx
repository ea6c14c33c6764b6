/**
 * Where one writes: something new, an answer, or another text for what one has said.
 *
 * @module
 */
import type { ChatRoom, MessageLine } from "@tertulia/client/web"
import { utf8Length } from "@tertulia/protocol"
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react"
import { useDesk } from "../desk.ts"
import { store, stored } from "../stored.ts"
import { failureIn } from "../trouble.ts"
import { usePart } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { EmojiButton } from "./emoji-button.tsx"
import { Icon, IconButton } from "./icon.tsx"
import type { Writing } from "./room.tsx"

interface ComposerProps {
  readonly room: ChatRoom
  readonly writing: Writing
  readonly onWrite: (writing: Writing) => void
}

export const Composer = memo(({ onWrite, room, writing }: ComposerProps) => {
  const words = useWords()
  const { chat, nick, notice } = useDesk()
  // Looked at with each key: whoever types isn't to wait for every message that comes.
  const most = chat.view.get().limits.text
  const draft = `draft.${nick}.${room.name}`
  const [text, setText] = useState(() => stored(draft) ?? "")
  const field = useRef<HTMLTextAreaElement>(null)
  const isEditing = writing?._tag === "Edit"
  const isMuted = usePart(room, ({ standing }) => standing.isMuted)

  // What is written for an edit is no draft.
  const beforeEdit = useRef("")
  useEffect(() => {
    if (writing === undefined) return
    field.current?.focus()
    if (writing._tag !== "Edit") return
    beforeEdit.current = stored(draft) ?? ""
    setText(writing.to.text ?? "")
  }, [writing, draft])

  // As high as what is written.
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured again with every text
  useLayoutEffect(() => {
    const { current } = field
    if (current === null) return
    current.style.height = "auto"
    current.style.height = `${current.scrollHeight}px`
  }, [text, isMuted])

  const change = (now: string) => {
    setText(now)
    if (!isEditing) store(draft, now)
    room.typing(now !== "")
  }

  const stop = () => {
    if (isEditing) setText(beforeEdit.current)
    onWrite(undefined)
  }

  const over = utf8Length(text) - most

  const submit = () => {
    if (text.trim() === "" || over > 0) return
    const fails = (error: unknown) => notice(failureIn(words, error))
    if (isEditing) {
      if (text !== writing.to.text) room.edit(writing.to.seq, text).catch(fails)
      return stop()
    }
    // What can't be sent later is told by the message itself; what no server could take, here.
    room.send(text, writing === undefined ? {} : { replyTo: writing.to.seq }).catch((error: unknown) => {
      if (error instanceof Error && "_tag" in error && error._tag !== "NotSent") fails(error)
    })
    room.typing(false)
    setText("")
    store(draft, undefined)
    onWrite(undefined)
  }

  const editLast = () => {
    const last = room.entries.findLast(
      (line): line is MessageLine => line._tag === "Message" && line.isMine && line.text !== undefined
    )
    if (last !== undefined) onWrite({ _tag: "Edit", to: last })
  }

  /** Writes a sign where the cursor is. */
  const putIn = (sign: string) => {
    const { current } = field
    const [from, to] = [current?.selectionStart ?? text.length, current?.selectionEnd ?? text.length]
    change(text.slice(0, from) + sign + text.slice(to))
    requestAnimationFrame(() => {
      current?.focus()
      current?.setSelectionRange(from + sign.length, from + sign.length)
    })
  }

  const press = (event: React.KeyboardEvent) => {
    // While an input method composes, Enter is its own.
    if (event.nativeEvent.isComposing) return
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault()
      submit()
    } else if (event.key === "Escape" && writing !== undefined) {
      event.preventDefault()
      stop()
    } else if (event.key === "ArrowUp" && text === "" && !event.altKey) {
      event.preventDefault()
      editLast()
    }
  }

  return (
    <form
      className="composer"
      data-region="composer"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {writing !== undefined && (
        <div className="writing">
          <Icon name={isEditing ? "edit" : "reply"} />
          <span className="writing-what">
            <strong>{isEditing ? words.composer.editing : words.composer.replying(writing.to.from)}</strong>
            <span className="quote" dir="auto">
              {writing.to.text}
            </span>
          </span>
          <IconButton icon="close" label={words.composer.cancel} onClick={stop} />
        </div>
      )}
      <div className="composer-row">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          aria-label={words.composer.label(room.name)}
          placeholder={isMuted ? words.room.muted : words.composer.label(room.name)}
          disabled={isMuted}
          onChange={({ target }) => change(target.value)}
          onKeyDown={press}
          aria-invalid={over > 0}
        />
        <EmojiButton isDisabled={isMuted} onPick={putIn} />
        <button
          type="submit"
          className="send"
          disabled={text.trim() === "" || over > 0 || isMuted}
          aria-label={isEditing ? words.composer.save : words.composer.send}
        >
          <Icon name="send" />
        </button>
      </div>
      {over > 0 && (
        <p className="hint bad" role="alert">
          {words.composer.tooLong(over)}
        </p>
      )}
    </form>
  )
})
