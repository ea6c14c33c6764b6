/**
 * What Tab makes of the word before the cursor.
 *
 * @module
 */
import { type Editor, editorOf } from "./editor.ts"
import { graphemesOf } from "./text.ts"

/** What there is to complete with. */
export interface Known {
  readonly nicks: ReadonlyArray<string>
  readonly rooms: ReadonlyArray<string>
  readonly commands: ReadonlyArray<string>
}

/** A word that is being completed: each Tab gives the next. */
export interface Completion {
  readonly base: Editor
  readonly from: number
  readonly choices: ReadonlyArray<string>
  readonly index: number
  /** What the last choice has made; another line is another completion. */
  readonly made: Editor
}

const choicesFor = (
  word: string,
  line: string,
  isFirst: boolean,
  { commands, nicks, rooms }: Known
): ReadonlyArray<string> => {
  const startsWith = (each: string) => each.toLowerCase().startsWith(word.toLowerCase())
  if (isFirst && word.startsWith("/")) return commands.filter(startsWith).map((each) => `${each} `)
  if (word.startsWith("#")) return rooms.filter(startsWith).map((each) => `${each} `)
  if (/^\/(?:join|leave|entrar|dejar)\s/u.test(line)) {
    return rooms.filter((each) => each.startsWith(`#${word.toLowerCase()}`)).map((each) => `${each} `)
  }
  const [isAt, name] = word.startsWith("@") ? [true, word.slice(1)] : [false, word]
  if (name === "" && !isAt) return []
  const found = nicks.filter((nick) => nick.startsWith(name.toLowerCase()))
  if (/^\/(?:msg|mensaje|whois|quien|ignore|ignorar)\s+\S*$/u.test(line)) return found.map((nick) => `${nick} `)
  // A mention has its sign (spec/rich.md).
  return found.map((nick) => (isFirst ? `@${nick}: ` : `@${nick} `))
}

/** The next completion, or the one before it; undefined when nothing fits. */
export const complete = (
  editor: Editor,
  before: Completion | undefined,
  known: Known,
  step: 1 | -1
): Completion | undefined => {
  if (before?.made === editor) return chosen(before, before.index + step)
  let from = editor.at
  while (from > 0 && !/^\s/u.test(editor.letters[from - 1]!)) from--
  const word = editor.letters.slice(from, editor.at).join("")
  const line = editor.letters.slice(0, editor.at).join("")
  const choices = choicesFor(word, line, from === 0, known)
  if (choices.length === 0) return undefined
  return chosen({ base: editor, from, choices, index: 0, made: editor }, step === 1 ? 0 : -1)
}

const chosen = (completion: Completion, wish: number): Completion => {
  const { base, choices, from } = completion
  const index = (wish + choices.length) % choices.length
  const head = base.letters.slice(0, from).join("") + choices[index]!
  const tail = base.letters.slice(base.at).join("").replace(/^ /u, "")
  const made = { ...editorOf(head + tail, base), at: graphemesOf(head).length }
  return { ...completion, index, made }
}
