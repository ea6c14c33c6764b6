/**
 * Something to deal with before one goes on: the platform's own dialog, which keeps the focus and gives it back.
 *
 * @module
 */
import { type ReactNode, useEffect, useId, useRef } from "react"
import { useWords } from "../words/use-words.ts"
import { IconButton } from "./icon.tsx"

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly className?: string
  readonly children: ReactNode
}

export const Dialog = ({ children, className = "", onClose, title }: DialogProps) => {
  const words = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const { current } = dialog
    if (current !== null && !current.open) {
      current.showModal()
      // The platform would begin with the first button, which closes.
      current.querySelector<HTMLElement>("input, select")?.focus()
    }
    return () => current?.close()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={id}
      onCancel={onClose}
      onClick={({ target }) => {
        if (target === dialog.current) onClose()
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label={words.close} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  )
}
