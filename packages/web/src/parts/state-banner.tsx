/**
 * Tells when there is no connection: why, when the next attempt is, and what waits.
 *
 * @module
 */
import { useEffect, useState } from "react"
import { useDesk } from "../desk.ts"
import { troubleIn } from "../trouble.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"

/** Draws again each second while it is on. */
const useNow = (isOn: boolean): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!isOn) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [isOn])
  return now
}

export const StateBanner = () => {
  const words = useWords()
  const { chat } = useDesk()
  const state = useLive(chat.state)
  const [trouble, setTrouble] = useState<string>()
  const isAway = state._tag === "Offline"
  const now = useNow(isAway)
  const why = isAway ? troubleIn(words, state.why) : undefined
  useEffect(() => {
    if (state._tag === "Live") setTrouble(undefined)
    else if (why !== undefined) setTrouble(why)
  }, [state._tag, why])
  // The first attempt needs no word: there is nothing to miss yet.
  if (trouble === undefined) return null
  const seconds = isAway && state.again !== undefined ? Math.max(0, Math.ceil((state.again - now) / 1_000)) : undefined
  return (
    <section className="banner" aria-label={words.state.offline}>
      <strong>{words.state.offline}</strong>
      <span>
        {trouble}{" "}
        {!isAway
          ? `${words.state.connecting} …`
          : seconds === undefined
            ? words.state.stopped
            : words.state.again(seconds)}{" "}
        {(!isAway || seconds !== undefined) && words.state.kept}
      </span>
      {isAway && seconds === undefined && (
        <button type="button" onClick={() => location.reload()}>
          {words.state.reload}
        </button>
      )}
    </section>
  )
}
