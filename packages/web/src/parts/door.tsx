/**
 * Where somebody says who they are.
 *
 * @module
 */
import { useState } from "react"
import { useWords } from "../words/use-words.ts"

const nickPattern = /^[a-z0-9][a-z0-9_-]{0,31}$/iu

interface DoorProps {
  /** Why somebody stands here again. */
  readonly why: string
  readonly onEnter: (nick: string) => void
}

export const Door = ({ onEnter, why }: DoorProps) => {
  const words = useWords()
  const [nick, setNick] = useState("")
  const [isBad, setBad] = useState(false)
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (!nickPattern.test(nick.trim())) return setBad(true)
    onEnter(nick.trim())
  }
  const complaint = isBad ? words.welcome.bad : why
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
                setBad(false)
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
        </form>
        <p className="about">{words.welcome.about}</p>
      </div>
    </main>
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
