/**
 * What Ink says of the keyboard, as keys of the desk. What a program or a fast hand types at once comes at once; its control characters
 * are keys all the same.
 *
 * @module
 */
import type { Key as InkKey } from "ink"
import type { Key } from "./desk.ts"

const plain = { ctrl: false, alt: false, shift: false }

const named = (key: InkKey): Key["name"] => {
  if (key.upArrow) return "up"
  if (key.downArrow) return "down"
  if (key.leftArrow) return "left"
  if (key.rightArrow) return "right"
  if (key.pageUp) return "pageUp"
  if (key.pageDown) return "pageDown"
  if (key.home) return "home"
  if (key.end) return "end"
  if (key.return) return "enter"
  if (key.tab) return "tab"
  if (key.escape) return "escape"
  if (key.backspace) return "backspace"
  if (key.delete) return "delete"
  return undefined
}

const controls: Readonly<Record<string, Key>> = {
  "\r": { ...plain, text: "", name: "enter" },
  "\n": { ...plain, text: "j", ctrl: true },
  "\t": { ...plain, text: "", name: "tab" },
  "\u007f": { ...plain, text: "", name: "backspace" },
  "\b": { ...plain, text: "", name: "backspace" }
}

const ofControl = (control: string): ReadonlyArray<Key> => {
  const known = controls[control]
  if (known !== undefined) return [known]
  const code = control.charCodeAt(0)
  return code < 27 ? [{ ...plain, text: String.fromCharCode(96 + code), ctrl: true }] : []
}

/** The keys of one piece of input. */
export const keysOf = (input: string, key: InkKey): ReadonlyArray<Key> => {
  if (key.eventType === "release") return []
  const { ctrl, meta: alt, shift } = key
  const name = named(key)
  if (name !== undefined) return [{ text: "", name, ctrl, alt: alt && name !== "escape", shift }]
  if (ctrl || (alt && input.length === 1)) return [{ text: input, ctrl, alt, shift }]
  // What is left of an unknown escape sequence isn't text.
  if (/^\[[\d;<>?]+[A-Za-z~]$/u.test(input)) return []
  return input
    .split(/([\u0000-\u001f\u007f])/u)
    .filter((part) => part !== "")
    .flatMap((part) => (/^[\u0000-\u001f\u007f]$/u.test(part) ? ofControl(part) : [{ ...plain, text: part }]))
}
