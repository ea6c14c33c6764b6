/**
 * The line being typed, letter by letter as people count letters. Pure: each key makes another one.
 *
 * @module
 */
import { fit, graphemesOf, widthOf } from "./text.ts"

/** A line, of more than one row perhaps, and where its cursor is. */
export interface Editor {
  readonly letters: ReadonlyArray<string>
  readonly at: number
  /** What was cut last. */
  readonly cut: string
  readonly before: Editor | undefined
}

export const emptyEditor: Editor = { letters: [], at: 0, cut: "", before: undefined }

export const textOf = ({ letters }: Editor): string => letters.join("")

/** How many steps can be undone. */
const depth = 100

const remembered = (editor: Editor): Editor => {
  let last: Editor | undefined = editor
  for (let step = 0; step < depth && last !== undefined; step++) last = last.before
  return last === undefined ? editor : { ...editor, before: undefined }
}

const changed = (editor: Editor, letters: ReadonlyArray<string>, at: number, cut = editor.cut): Editor => ({
  letters,
  at,
  cut,
  before: remembered(editor)
})

/** The editor with a text in it, and the cursor behind. */
export const editorOf = (text: string, before: Editor = emptyEditor): Editor => {
  const letters = graphemesOf(text)
  return changed(before, letters, letters.length)
}

/** Types. A mark that belongs to the letter before it joins it: dead keys, emoji that come in pieces. */
export const insert = (editor: Editor, text: string): Editor => {
  const head = editor.letters.slice(0, editor.at).join("") + text
  const letters = graphemesOf(head)
  return changed(editor, [...letters, ...editor.letters.slice(editor.at)], letters.length)
}

const without = (editor: Editor, from: number, to: number, isCut: boolean): Editor => {
  if (from === to) return editor
  const gone = editor.letters.slice(from, to).join("")
  const letters = [...editor.letters.slice(0, from), ...editor.letters.slice(to)]
  return changed(editor, letters, from, isCut ? gone : editor.cut)
}

const moved = (editor: Editor, at: number): Editor => ({
  ...editor,
  at: Math.max(0, Math.min(editor.letters.length, at))
})

const isSpace = (letter: string | undefined): boolean => letter === undefined || /^\s/u.test(letter)

const wordStart = ({ at, letters }: Editor): number => {
  let index = at
  while (index > 0 && isSpace(letters[index - 1])) index--
  while (index > 0 && !isSpace(letters[index - 1])) index--
  return index
}

const wordEnd = ({ at, letters }: Editor): number => {
  let index = at
  while (index < letters.length && isSpace(letters[index])) index++
  while (index < letters.length && !isSpace(letters[index])) index++
  return index
}

/** Where the line begins that a letter stands in. */
const startOf = (letters: ReadonlyArray<string>, at: number): number => letters.slice(0, at).lastIndexOf("\n") + 1

const lineStart = ({ at, letters }: Editor): number => startOf(letters, at)

const lineEnd = ({ at, letters }: Editor): number => {
  const end = letters.indexOf("\n", at)
  return end < 0 ? letters.length : end
}

/** What keys do to a line. */
export const edits = {
  left: (editor) => moved(editor, editor.at - 1),
  right: (editor) => moved(editor, editor.at + 1),
  wordLeft: (editor) => moved(editor, wordStart(editor)),
  wordRight: (editor) => moved(editor, wordEnd(editor)),
  home: (editor) => moved(editor, editor.at === 0 ? 0 : lineStart(editor)),
  end: (editor) => moved(editor, lineEnd(editor)),
  backspace: (editor) => without(editor, Math.max(0, editor.at - 1), editor.at, false),
  delete: (editor) => without(editor, editor.at, Math.min(editor.letters.length, editor.at + 1), false),
  cutWord: (editor) => without(editor, wordStart(editor), editor.at, true),
  cutWordRight: (editor) => without(editor, editor.at, wordEnd(editor), true),
  cutToStart: (editor) => without(editor, lineStart(editor), editor.at, true),
  cutToEnd: (editor) => without(editor, editor.at, lineEnd(editor), true),
  paste: (editor) => (editor.cut === "" ? editor : insert(editor, editor.cut)),
  undo: (editor) => (editor.before === undefined ? editor : { ...editor.before, cut: editor.cut })
} as const satisfies Record<string, (editor: Editor) => Editor>

/** The cursor a line of the text up or down, in the same column. */
export const vertical = (editor: Editor, by: -1 | 1): Editor => {
  const { at, letters } = editor
  const start = lineStart(editor)
  const column = at - start
  if (by === -1) return start === 0 ? editor : moved(editor, Math.min(startOf(letters, start - 1) + column, start - 1))
  const next = lineEnd(editor) + 1
  if (next > letters.length) return editor
  return moved(editor, Math.min(next + column, lineEnd({ ...editor, at: next })))
}

/** The rows that a line takes, and where its cursor is among them. */
export const layOut = (
  { at, letters }: Editor,
  width: number
): { readonly rows: ReadonlyArray<string>; readonly x: number; readonly y: number } => {
  const rows = [""]
  let used = 0
  let [x, y] = [0, 0]
  letters.forEach((letter, index) => {
    const isBreak = letter === "\n"
    // Some letters are wider than the narrowest windows.
    const shown = isBreak ? "" : letter === "\t" ? "  " : fit(letter, width)
    const cells = widthOf(shown)
    if (used + cells > width) {
      rows.push("")
      used = 0
    }
    if (index === at) [x, y] = [used, rows.length - 1]
    rows[rows.length - 1] += shown
    used += cells
    if (isBreak) {
      rows.push("")
      used = 0
    }
  })
  if (at === letters.length) {
    if (used >= width) {
      rows.push("")
      used = 0
    }
    ;[x, y] = [used, rows.length - 1]
  }
  return { rows, x, y }
}
