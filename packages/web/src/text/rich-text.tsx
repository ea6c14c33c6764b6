/**
 * What somebody has written, as React nodes: links, a little of Markdown, and nothing else. No HTML is made of anybody's text.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"
import { linkifyit } from "linkify-it"
import { Fragment, memo, type ReactNode } from "react"

const links = linkifyit().set({ fuzzyEmail: false, fuzzyLink: false })

/** A piece of a line that is marked, and what it becomes. Code first: nothing in it is marked. */
const marks: ReadonlyArray<{ readonly pattern: RegExp; readonly make: (inner: ReactNode, text: string) => ReactNode }> =
  [
    { pattern: /`([^`\n]+)`/u, make: (_, text) => <code>{text}</code> },
    { pattern: /\*\*(?=\S)([^\n]*?\S)\*\*/u, make: (inner) => <strong>{inner}</strong> },
    { pattern: /~~(?=\S)([^\n]*?\S)~~/u, make: (inner) => <s>{inner}</s> },
    {
      pattern: /(?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\p{L}\p{N}*])/u,
      make: (inner) => <em>{inner}</em>
    },
    { pattern: /(?<![\p{L}\p{N}_])_(?=[^\s_])([^\n]*?[^\s_])_(?![\p{L}\p{N}_])/u, make: (inner) => <em>{inner}</em> }
  ]

const mention = /(@[a-z0-9][a-z0-9_-]{0,31})(?![a-z0-9_-])/giu

/** The mentions in a plain text. */
const withMentions = (text: string, mentions: ReadonlyArray<string>, me: string): ReactNode =>
  mentions.length === 0
    ? text
    : text.split(mention).map((part, index) => {
        const nick = part.slice(1).toLowerCase()
        if (index % 2 === 0 || !mentions.includes(nick)) return part
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text that doesn't change
          <mark key={index} className={nick === me ? "mention me" : "mention"}>
            {part}
          </mark>
        )
      })

const inline = (text: string, mentions: ReadonlyArray<string>, me: string, depth = 0): ReactNode => {
  if (text === "") return null
  if (depth > 4) return text
  let first:
    | { readonly at: number; readonly match: RegExpExecArray; readonly make: (typeof marks)[number]["make"] }
    | undefined
  for (const { make, pattern } of marks) {
    const match = pattern.exec(text)
    if (match !== null && (first === undefined || match.index < first.at)) first = { at: match.index, match, make }
  }
  if (first === undefined) return withMentions(text, mentions, me)
  const { at, make, match } = first
  const [whole, inner = ""] = match
  return (
    <>
      {withMentions(text.slice(0, at), mentions, me)}
      {make(inline(inner, mentions, me, depth + 1), inner)}
      {inline(text.slice(at + whole.length), mentions, me, depth)}
    </>
  )
}

/** Where a link may lead: to the web, and to nowhere that runs something. */
const isSafe = (url: string): boolean =>
  URL.canParse(url) && ["http:", "https:", "mailto:"].includes(new URL(url).protocol)

const linked = (text: string, mentions: ReadonlyArray<string>, me: string): ReactNode => {
  const found = (links.match(text) ?? []).filter(({ url }) => isSafe(url))
  if (found.length === 0) return inline(text, mentions, me)
  let from = 0
  const nodes: Array<ReactNode> = []
  for (const { index, lastIndex, raw, url } of found) {
    nodes.push(<Fragment key={`${index} before`}>{inline(text.slice(from, index), mentions, me)}</Fragment>)
    nodes.push(
      <a key={index} href={url} target="_blank" rel="noopener noreferrer nofollow">
        {raw}
      </a>
    )
    from = lastIndex
  }
  nodes.push(<Fragment key="rest">{inline(text.slice(from), mentions, me)}</Fragment>)
  return nodes
}

const fence = /```(?:[\w+-]*\n)?([\s\S]*?)```/u

const blocks = (text: string, mentions: ReadonlyArray<string>, me: string): ReactNode =>
  text.split(fence).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text that doesn't change
      <pre key={index}>
        <code>{part.replace(/\n$/u, "")}</code>
      </pre>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same
      <Fragment key={index}>{linked(part, mentions, me)}</Fragment>
    )
  )

interface RichTextProps {
  readonly text: string
  readonly mentions?: ReadonlyArray<string>
  readonly me?: string
  /** Nothing in it is a link or marked: inside of something that is one itself. */
  readonly isPlain?: boolean
}

const nobody: ReadonlyArray<string> = []

export const RichText = memo(({ isPlain = false, me = "", mentions = nobody, text }: RichTextProps) => (
  <>{isPlain ? visible(text) : blocks(visible(text), mentions, me)}</>
))
