/**
 * Finds what was said by its words.
 *
 * @module
 */
import type { Message } from "@tertulia/client/web"
import { useEffect, useRef, useState } from "react"
import { useDesk } from "../desk.ts"
import { hueOf, momentOf } from "../look.ts"
import { goTo } from "../place.ts"
import { RichText } from "../text/rich-text.tsx"
import { failureIn } from "../trouble.ts"
import { useLanguage, useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"

/** So many results are asked for at a time. */
const page = 20

interface Found {
  readonly results: ReadonlyArray<Message>
  readonly hasMore: boolean
}

export const SearchDialog = ({ onClose, room }: { readonly room: string; readonly onClose: () => void }) => {
  const words = useWords()
  const language = useLanguage()
  const { chat } = useDesk()
  const [text, setText] = useState("")
  const [isHere, setHere] = useState(true)
  const [found, setFound] = useState<Found>()
  const [trouble, setTrouble] = useState("")
  const [isBusy, setBusy] = useState(false)
  const results = useRef<AsyncIterator<Message>>(undefined)

  const more = async (before: ReadonlyArray<Message>) => {
    const asked = results.current
    if (asked === undefined) return
    setBusy(true)
    try {
      const taken: Array<Message> = []
      let isDone = false
      while (taken.length < page && !isDone) {
        const next = await asked.next()
        if (next.done === true) isDone = true
        else taken.push(next.value)
      }
      if (results.current === asked) setFound({ results: [...before, ...taken], hasMore: !isDone })
    } catch (error) {
      if (results.current === asked) setTrouble(failureIn(words, error))
    } finally {
      setBusy(false)
    }
  }

  const begin = (event?: React.FormEvent) => {
    event?.preventDefault()
    setTrouble("")
    setFound(undefined)
    void results.current?.return?.()
    results.current = undefined
    if (text.trim() === "") return
    const where = isHere && room.startsWith("#") ? { room } : {}
    results.current = chat.search({ text: text.trim(), limit: page, ...where })[Symbol.asyncIterator]()
    void more([])
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: begun anew when another place is chosen, not with each letter
  useEffect(() => {
    if (found !== undefined) begin()
  }, [isHere])

  return (
    <Dialog title={words.search.title} onClose={onClose} className="search">
      <search>
        <form onSubmit={begin} className="search-form">
          <input
            type="search"
            value={text}
            onChange={({ target }) => setText(target.value)}
            placeholder={words.search.placeholder}
            aria-label={words.search.placeholder}
            autoFocus
          />
          <button type="submit" className="primary">
            {words.search.title}
          </button>
        </form>
        {room.startsWith("#") && (
          <fieldset className="choices">
            <legend className="unseen">{words.search.title}</legend>
            <label className="choice">
              <input type="radio" name="where" checked={isHere} onChange={() => setHere(true)} />
              <span>{words.search.here(room)}</span>
            </label>
            <label className="choice">
              <input type="radio" name="where" checked={!isHere} onChange={() => setHere(false)} />
              <span>{words.search.everywhere}</span>
            </label>
          </fieldset>
        )}
      </search>
      <p className={trouble === "" ? "hint" : "hint bad"} role="status">
        {trouble !== ""
          ? trouble
          : isBusy
            ? `${words.search.searching} …`
            : found === undefined
              ? words.search.hint
              : found.results.length === 0
                ? words.search.none
                : words.search.found(found.results.length, found.hasMore)}
      </p>
      <ul className="results">
        {found?.results.map(({ at, from, room: where, seq, text: said }) => (
          <li key={`${where} ${seq}`}>
            <button
              type="button"
              className="result"
              onClick={() => {
                goTo({ room: where, seq })
                onClose()
              }}
            >
              <span className="by">
                <span className={`nick ${hueOf(from)}`}>{from}</span>
                <span className="crowd">
                  {where} · {momentOf(language, at)}
                </span>
              </span>
              <span className="result-text" dir="auto">
                <RichText text={said} isPlain />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found?.hasMore === true && (
        <button type="button" className="plain" disabled={isBusy} onClick={() => void more(found.results)}>
          {words.search.more}
        </button>
      )}
    </Dialog>
  )
}
