/**
 * Where somebody says who they are.
 *
 * @module
 */
import type { AccountOptions } from "@tertulia/client/web"
import { foldName, isNick, passwordCharacters } from "@tertulia/protocol"
import { useState } from "react"
import { useWords } from "../words/use-words.ts"

interface DoorProps {
  /** Why somebody stands here again. */
  readonly why: string
  readonly onEnter: (nick: string, account: AccountOptions | undefined) => void
}

export const Door = ({ onEnter, why }: DoorProps) => {
  const words = useWords()
  const [nick, setNick] = useState("")
  const [own, setOwn] = useState({ password: "", register: false, invitation: "" })
  const [fault, setFault] = useState<"bad" | "short">()
  const { invitation, password, register } = own
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (!isNick(foldName(nick.trim()))) return setFault("bad")
    if (register && [...password].length < passwordCharacters) return setFault("short")
    const invited = register && invitation.trim() !== "" ? { invitation: invitation.trim() } : {}
    onEnter(nick.trim(), password === "" ? undefined : { password, register, ...invited })
  }
  const { bad, short } = words.welcome
  const complaint = fault === undefined ? why : fault === "bad" ? bad : short(passwordCharacters)
  return (
    <main className="door">
      <div className="door-card">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>{words.brand}</h1>
        <p className="tagline">{words.tagline}</p>
        <form onSubmit={submit} noValidate>
          <label htmlFor="nick">{words.welcome.nick}</label>
          <div className="door-row">
            <input
              id="nick"
              value={nick}
              onChange={({ target }) => {
                setNick(target.value)
                setFault(undefined)
              }}
              maxLength={32}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              aria-invalid={complaint !== ""}
              aria-describedby="nick-hint"
              // biome-ignore lint/a11y/noAutofocus: the page has nothing else to do here
              autoFocus
            />
            <button type="submit" className="primary">
              {words.welcome.enter}
            </button>
          </div>
          <p
            id="nick-hint"
            className={complaint === "" ? "hint" : "hint bad"}
            role={complaint === "" ? undefined : "alert"}
          >
            {complaint === "" ? words.welcome.hint : complaint}
          </p>
          <details className="door-account">
            <summary>{words.welcome.account}</summary>
            <AccountFields own={own} onChange={(change) => setOwn({ ...own, ...change })} />
          </details>
        </form>
        <p className="about">{words.welcome.about}</p>
      </div>
    </main>
  )
}

interface AccountFieldsProps {
  readonly own: Required<AccountOptions>
  readonly onChange: (change: Partial<Required<AccountOptions>>) => void
}

const AccountFields = ({ onChange, own }: AccountFieldsProps) => {
  const words = useWords()
  // Web Crypto, which proves a password without saying it, is there over HTTPS and on the machine itself.
  if (globalThis.crypto?.subtle === undefined) return <p className="hint">{words.welcome.insecure}</p>
  return (
    <>
      <label htmlFor="password">{words.welcome.password}</label>
      <input
        id="password"
        type="password"
        value={own.password}
        autoComplete={own.register ? "new-password" : "current-password"}
        onChange={({ target }) => onChange({ password: target.value })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={own.register}
          onChange={({ target }) => onChange({ register: target.checked })}
        />
        {words.welcome.register}
      </label>
      {own.register && (
        <>
          <label htmlFor="invitation">{words.welcome.invitation}</label>
          <input
            id="invitation"
            value={own.invitation}
            autoComplete="off"
            onChange={({ target }) => onChange({ invitation: target.value })}
          />
        </>
      )}
    </>
  )
}

interface ElsewhereProps {
  readonly nick: string
  readonly onLeave: () => void
  readonly onTakeOver: () => void
}

/** What somebody sees who is there in another tab. */
export const Elsewhere = ({ nick, onLeave, onTakeOver }: ElsewhereProps) => {
  const words = useWords()
  return (
    <main className="door">
      <div className="door-card">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>{nick}</h1>
        <p className="tagline">{words.welcome.elsewhere}</p>
        <div className="door-row">
          <button type="button" className="primary" onClick={onTakeOver}>
            {words.welcome.takeOver}
          </button>
          <button type="button" className="plain" onClick={onLeave}>
            {words.welcome.another}
          </button>
        </div>
      </div>
    </main>
  )
}
