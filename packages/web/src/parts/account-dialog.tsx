/**
 * One's account: another password, the end of every login, and its own end.
 *
 * @module
 */
import { passwordCharacters } from "@tertulia/protocol"
import { useId, useState } from "react"
import { useDesk, useNick } from "../desk.ts"
import { failureIn } from "../trouble.ts"
import { usePart } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"

/** What has come of what was asked last. */
interface Outcome {
  readonly text: string
  readonly isBad: boolean
}

export const AccountDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const words = useWords()
  const { account, welcome } = words
  const { chat } = useDesk()
  const me = useNick()
  const hasAccount = usePart(chat.view, (view) => view.hasAccount)
  const [outcome, setOutcome] = useState<Outcome>()
  const [isWorking, setWorking] = useState(false)

  const attempt = async (what: Promise<void>, done: string) => {
    setWorking(true)
    setOutcome(undefined)
    try {
      await what
      setOutcome({ text: done, isBad: false })
    } catch (error) {
      setOutcome({ text: failureIn(words, error), isBad: true })
    }
    setWorking(false)
  }

  const change = (current: string, password: string) => {
    if ([...password].length < passwordCharacters) {
      return setOutcome({ text: welcome.short(passwordCharacters), isBad: true })
    }
    void attempt(chat.account.setPassword(current, password), account.changed)
  }

  return (
    <Dialog title={account.title} onClose={onClose}>
      {hasAccount ? (
        <>
          <PasswordForm isWorking={isWorking} nick={me} onSubmit={change} />
          <section className="part">
            <button
              type="button"
              className="plain"
              disabled={isWorking}
              onClick={() => void attempt(chat.account.revoke(), account.loggedOut)}
            >
              {account.everywhere}
            </button>
            <p className="hint">{account.everywhereHint}</p>
          </section>
          <EndForm
            isWorking={isWorking}
            onSubmit={(current) => {
              if (confirm(account.sure(me))) void attempt(chat.account.unregister(current), account.ended)
            }}
          />
        </>
      ) : (
        outcome === undefined && <p>{account.guest}</p>
      )}
      <p
        className={outcome?.isBad === true ? "outcome bad" : "outcome"}
        role={outcome?.isBad === true ? "alert" : "status"}
      >
        {isWorking ? `${account.working} …` : outcome?.text}
      </p>
    </Dialog>
  )
}

interface PasswordFormProps {
  readonly nick: string
  readonly isWorking: boolean
  readonly onSubmit: (current: string, password: string) => void
}

const PasswordForm = ({ isWorking, nick, onSubmit }: PasswordFormProps) => {
  const { account } = useWords()
  const [current, setCurrent] = useState("")
  const [password, setPassword] = useState("")
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    onSubmit(current, password)
  }
  return (
    <form className="part" onSubmit={submit}>
      {/* So that whatever keeps passwords knows whose it is. */}
      <input type="text" autoComplete="username" value={nick} readOnly hidden />
      <Password label={account.current} value={current} autoComplete="current-password" onChange={setCurrent} />
      <Password label={account.password} value={password} autoComplete="new-password" onChange={setPassword} />
      <button type="submit" className="primary" disabled={isWorking || current === "" || password === ""}>
        {account.change}
      </button>
    </form>
  )
}

interface EndFormProps {
  readonly isWorking: boolean
  readonly onSubmit: (current: string) => void
}

const EndForm = ({ isWorking, onSubmit }: EndFormProps) => {
  const { account } = useWords()
  const [current, setCurrent] = useState("")
  return (
    <details className="part">
      <summary>{account.end}</summary>
      <form
        className="part"
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit(current)
        }}
      >
        <p className="hint">{account.endHint}</p>
        <Password label={account.current} value={current} autoComplete="current-password" onChange={setCurrent} />
        <button type="submit" className="plain bad" disabled={isWorking || current === ""}>
          {account.end}
        </button>
      </form>
    </details>
  )
}

interface PasswordProps {
  readonly label: string
  readonly value: string
  readonly autoComplete: "current-password" | "new-password"
  readonly onChange: (value: string) => void
}

const Password = ({ autoComplete, label, onChange, value }: PasswordProps) => {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="password"
        value={value}
        autoComplete={autoComplete}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  )
}
