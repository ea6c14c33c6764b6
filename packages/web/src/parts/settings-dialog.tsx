/**
 * How the page looks and speaks, when it notifies, and how one is.
 *
 * @module
 */
import { useState } from "react"
import { useDesk, useNick } from "../desk.ts"
import { useFront } from "../front.ts"
import { set, type Theme, useSettings } from "../settings.ts"
import { failureIn } from "../trouble.ts"
import { usePart } from "../use-live.ts"
import { isLanguage, useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"
import { usePresence } from "./presence.tsx"

const themes = ["system", "light", "dark"] as const satisfies ReadonlyArray<Theme>

export const SettingsDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const words = useWords()
  const { chat, leave } = useDesk()
  const me = useNick()
  const { language, notifies, theme } = useSettings()
  const [isDenied, setDenied] = useState(false)
  const profiles = usePart(chat.view, (view) => view.profiles)
  const hasPresence = profiles.includes("presence")
  const hasAccounts = profiles.includes("accounts")
  const onFront = useFront()

  const notify = async (wish: boolean) => {
    if (!wish) return set({ notifies: false })
    const isGranted = "Notification" in globalThis && (await Notification.requestPermission()) === "granted"
    setDenied(!isGranted)
    set({ notifies: isGranted })
  }

  return (
    <Dialog title={words.settings.title} onClose={onClose}>
      {hasPresence && <StatusForm />}
      <fieldset className="choices">
        <legend>{words.settings.theme}</legend>
        {themes.map((each) => (
          <label key={each} className="choice">
            <input type="radio" name="theme" checked={theme === each} onChange={() => set({ theme: each })} />
            <span>{words.settings[each]}</span>
          </label>
        ))}
      </fieldset>
      <label className="row">
        <span>{words.settings.language}</span>
        <select
          value={language}
          onChange={({ target }) => {
            if (isLanguage(target.value)) set({ language: target.value })
          }}
        >
          <option value="en" lang="en">
            English
          </option>
          <option value="es" lang="es">
            Español
          </option>
        </select>
      </label>
      <label className="check">
        <input type="checkbox" checked={notifies} onChange={({ target }) => void notify(target.checked)} />
        {words.settings.notify}
      </label>
      <p className={isDenied ? "hint bad" : "hint"} role={isDenied ? "alert" : undefined}>
        {isDenied ? words.settings.notifyDenied : words.settings.notifyBusy}
      </p>
      <footer className="dialog-foot">
        {hasAccounts && (
          <button type="button" className="plain" onClick={() => onFront({ _tag: "account" })}>
            {words.settings.account}
          </button>
        )}
        <button type="button" className="plain" onClick={() => leave()}>
          {words.settings.leave} {me}
        </button>
      </footer>
    </Dialog>
  )
}

const statuses = ["active", "busy", "away"] as const

/** How one is, for the others. */
const StatusForm = () => {
  const words = useWords()
  const { chat, notice } = useDesk()
  const person = usePresence(useNick())
  const [display, setDisplay] = useState(person?.display ?? "")
  const [text, setText] = useState(person?.text ?? "")
  const tell = (wish: Parameters<typeof chat.status>[0]) =>
    chat.status(wish).catch((error: unknown) => notice(failureIn(words, error)))
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    void tell({ display: display.trim(), text: text.trim() })
  }
  return (
    <>
      <fieldset className="choices">
        <legend>{words.people.status}</legend>
        {statuses.map((status) => (
          <label key={status} className="choice">
            <input
              type="radio"
              name="status"
              checked={(person?.status === "idle" ? "active" : person?.status) === status}
              onChange={() => void tell({ status })}
            />
            <span className={`presence is-${status}`}>
              <span className="dot" aria-hidden="true" />
              {words.people[status]}
            </span>
          </label>
        ))}
      </fieldset>
      <form className="about-me" onSubmit={submit}>
        <label>
          <span>{words.people.display}</span>
          <input value={display} maxLength={64} onChange={({ target }) => setDisplay(target.value)} />
        </label>
        <label>
          <span>{words.people.text}</span>
          <input value={text} maxLength={120} onChange={({ target }) => setText(target.value)} />
        </label>
        <button type="submit" className="plain">
          {words.people.save}
        </button>
      </form>
    </>
  )
}
