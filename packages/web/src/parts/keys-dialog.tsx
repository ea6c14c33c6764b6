/**
 * The keys of the page.
 *
 * @module
 */
import { useWords } from "../words/use-words.ts"
import { Dialog } from "./dialog.tsx"

const sheet = [
  ["switch", ["Ctrl K"]],
  ["search", ["Ctrl Shift F"]],
  ["rooms", ["Alt ↑", "Alt ↓"]],
  ["unread", ["Alt Shift ↑", "Alt Shift ↓"]],
  ["regions", ["F6", "Shift F6"]],
  ["log", ["↑", "↓", "Home", "End"]],
  ["enter", ["Enter", "Esc"]],
  ["edit", ["↑"]],
  ["newline", ["Shift Enter"]],
  ["sheet", ["?", "Alt /"]]
] as const

export const KeysDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const { keys: words } = useWords()
  return (
    <Dialog title={words.title} onClose={onClose}>
      <dl className="keys">
        {sheet.map(([name, keys]) => (
          <div key={name}>
            <dt>{words[name]}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
