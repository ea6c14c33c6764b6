/**
 * How a room is kept: who may enter, how fast one may speak, who is let in.
 *
 * @module
 */
import { foldName, isNick, roomKinds } from "@tertulia/protocol"
import { useId, useState } from "react"
import { useDesk, useRoom } from "../desk.ts"
import { useAttempt, useMay } from "../keeping.ts"
import { failureIn } from "../trouble.ts"
import { useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"

/** Seconds between two messages that are offered. */
const paces = [0, 5, 10, 30, 60, 300, 3_600]

export const RoomDialog = ({ onClose, room: name }: { readonly room: string; readonly onClose: () => void }) => {
  const { keeping: words, room: roomWords } = useWords()
  const { chat } = useDesk()
  const room = chat.room(name)
  const may = useMay(room)
  const attempt = useAttempt()
  const { kind, role, slow } = useRoom(room).standing
  return (
    <Dialog title={name} onClose={onClose}>
      <p className="hint">{words.you(roomWords.roles[role])}</p>
      {may("kind") && (
        <fieldset className="choices is-stacked">
          <legend>{words.kind}</legend>
          {roomKinds.map((each) => (
            <label key={each} className="choice">
              <input
                type="radio"
                name="kind"
                checked={kind === each}
                onChange={() => attempt(room.moderation.setKind(each))}
              />
              <span>
                {roomWords.kinds[each]}
                <small>{words.kindHints[each]}</small>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {may("slow") && (
        <label className="row">
          <span>{words.slow}</span>
          <select value={slow} onChange={({ target }) => attempt(room.moderation.slow(Number(target.value)))}>
            {[...new Set([...paces, slow])]
              .sort((one, other) => one - other)
              .map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds === 0 ? words.none : `${seconds} s`}
                </option>
              ))}
          </select>
        </label>
      )}
      {may("invite") && (
        <NickForm label={words.inviteWhom} does={words.invite} onNick={(nick) => room.moderation.invite(nick)} />
      )}
      {may("ban") && (
        <NickForm label={words.unbanWhom} does={words.unban} onNick={(nick) => room.moderation.ban(nick, false)} />
      )}
    </Dialog>
  )
}

interface NickFormProps {
  readonly label: string
  readonly does: string
  readonly onNick: (nick: string) => Promise<void>
}

/** Does something about somebody who may not be here. */
const NickForm = ({ does, label, onNick }: NickFormProps) => {
  const words = useWords()
  const id = useId()
  const [text, setText] = useState("")
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly isBad: boolean }>()
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    const nick = foldName(text.trim().replace(/^@/u, ""))
    if (!isNick(nick)) return setOutcome({ text: words.keeping.badNick, isBad: true })
    try {
      await onNick(nick)
      setText("")
      setOutcome({ text: words.keeping.done, isBad: false })
    } catch (error) {
      setOutcome({ text: failureIn(words, error), isBad: true })
    }
  }
  return (
    <form className="field" onSubmit={(event) => void submit(event)}>
      <label htmlFor={id}>{label}</label>
      <div className="field-row">
        <input
          id={id}
          value={text}
          maxLength={33}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="nick"
          aria-invalid={outcome?.isBad === true}
          onChange={({ target }) => {
            setText(target.value)
            setOutcome(undefined)
          }}
        />
        <button type="submit" className="plain" disabled={text.trim() === ""}>
          {does}
        </button>
      </div>
      <p className={outcome?.isBad === true ? "hint bad" : "hint"} role={outcome?.isBad === true ? "alert" : "status"}>
        {outcome?.text}
      </p>
    </form>
  )
}
