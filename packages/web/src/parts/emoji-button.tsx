/**
 * Emoji to choose from, for those whose keyboard has none.
 *
 * @module
 */
import { useRef, useState } from "react"
import { useWords } from "../words/use-words.ts"
import { IconButton } from "./icon.tsx"

/** Those that are one click away from every message. */
export const quick = ["👍", "❤️", "😂"] as const

/** Those that are two. */
export const signs = ["👏", "🎉", "😮", "😢", "🙏", "👀", "🔥", "✅", "❌", "❓", "💯", "☕", "🤔", "😅", "🚀"] as const

const more = [
  "🙂",
  "😉",
  "😍",
  "😎",
  "😴",
  "😭",
  "😡",
  "👋",
  "👎",
  "💪",
  "🤝",
  "🌞",
  "🌧️",
  "🍎",
  "🍕",
  "🎵",
  "📚",
  "💡"
] as const

interface EmojiButtonProps {
  readonly isDisabled: boolean
  readonly onPick: (sign: string) => void
}

export const EmojiButton = ({ isDisabled, onPick }: EmojiButtonProps) => {
  const { composer: words } = useWords()
  const [isOpen, setOpen] = useState(false)
  const frame = useRef<HTMLDivElement>(null)
  const press = (event: React.KeyboardEvent) => {
    if (!isOpen) return
    if (event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      setOpen(false)
      frame.current?.querySelector("button")?.focus()
      return
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 6, ArrowUp: -6 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const all = [...frame.current!.querySelectorAll<HTMLElement>(".emoji button")]
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of those within
    <div
      ref={frame}
      className="emoji-frame"
      onKeyDown={press}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setOpen(false)
      }}
    >
      <IconButton
        icon="smile"
        label={words.emoji}
        aria-expanded={isOpen}
        disabled={isDisabled}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <fieldset className="emoji" aria-label={words.emoji}>
          {[...quick, ...signs, ...more].map((sign) => (
            <button
              key={sign}
              type="button"
              className="icon-button"
              aria-label={sign}
              onClick={() => {
                setOpen(false)
                onPick(sign)
              }}
            >
              {sign}
            </button>
          ))}
        </fieldset>
      )}
    </div>
  )
}
