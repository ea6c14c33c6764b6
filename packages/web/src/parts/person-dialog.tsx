/**
 * What one may do about somebody in a room.
 *
 * @module
 */
import { givenRoles } from "@tertulia/protocol"
import { useState } from "react"
import { useDesk, useRoom } from "../desk.ts"
import { isMuted, useAttempt, useMay } from "../keeping.ts"
import { goTo } from "../place.ts"
import { useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"
import { Presence } from "./presence.tsx"

interface PersonDialogProps {
  readonly room: string
  readonly nick: string
  readonly onClose: () => void
}

export const PersonDialog = ({ nick, onClose, room: name }: PersonDialogProps) => {
  const { keeping: words } = useWords()
  const { chat } = useDesk()
  const room = chat.room(name)
  const may = useMay(room)
  const attempt = useAttempt()
  const now = useRoom(room)
  const hasNoWord = isMuted(now, nick)
  const isHere = now.members.includes(nick)

  /** Does it, and is done with. */
  const act = (deed: () => Promise<void>) => {
    attempt(deed())
    onClose()
  }

  return (
    <Dialog title={words.about(nick)} onClose={onClose} className="person-dialog">
      <Presence nick={nick} />
      <ul className="deeds">
        <Deed
          name={words.write}
          onDo={() => {
            goTo({ room: `@${nick}` })
            onClose()
          }}
        />
        {may("mute") && (
          <Deed
            name={hasNoWord ? words.unmute : words.mute}
            hint={hasNoWord ? undefined : words.muteHint}
            onDo={() => act(() => room.moderation.mute(nick, !hasNoWord))}
          />
        )}
        {may("kick") && isHere && (
          <Deed name={words.kick} hint={words.kickHint} isBad onDo={() => act(() => room.moderation.kick(nick))} />
        )}
        {may("ban") && (
          <Deed
            name={words.ban}
            hint={words.banHint}
            isBad
            onDo={() => {
              if (confirm(words.sureBan(nick))) act(() => room.moderation.ban(nick))
            }}
          />
        )}
      </ul>
      {may("role") && <RoleForm nick={nick} onGive={(role) => act(() => room.moderation.setRole(nick, role))} />}
    </Dialog>
  )
}

interface DeedProps {
  readonly name: string
  readonly hint?: string | undefined
  readonly isBad?: boolean
  readonly onDo: () => void
}

const Deed = ({ hint, isBad = false, name, onDo }: DeedProps) => (
  <li>
    <button type="button" className={isBad ? "deed bad" : "deed"} onClick={onDo}>
      <span>{name}</span>
      {hint !== undefined && <small>{hint}</small>}
    </button>
  </li>
)

type Role = (typeof givenRoles)[number]

const RoleForm = ({ nick, onGive }: { readonly nick: string; readonly onGive: (role: Role) => void }) => {
  const { keeping: words, room } = useWords()
  const [role, setRole] = useState<Role>("moderator")
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (role !== "owner" || confirm(words.sureOwner(nick))) onGive(role)
  }
  return (
    <form className="part" onSubmit={submit}>
      <fieldset className="choices">
        <legend>{words.role}</legend>
        {givenRoles.map((each) => (
          <label key={each} className="choice">
            <input type="radio" name="role" checked={role === each} onChange={() => setRole(each)} />
            <span>{room.roles[each]}</span>
          </label>
        ))}
      </fieldset>
      <button type="submit" className="plain">
        {words.give}
      </button>
    </form>
  )
}
