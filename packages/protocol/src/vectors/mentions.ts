import type { Vector, VectorFile } from "./notation.ts"

/** A text, and whom it names. */
export interface MentionVector extends Vector {
  readonly text: string
  /** The nicks that `message` shows as its `mentions`; none: it shows no `mentions`. */
  readonly mentions: ReadonlyArray<string>
}

const longest = "abcdefghijklmnopqrstuvwxyz-_0123"
const crowd = Array.from({ length: 33 }, (_, index) => `n${index}`)

const cases: ReadonlyArray<readonly [shows: string, text: string, mentions: ReadonlyArray<string>]> = [
  ["nobody", "hola", []],
  ["somebody", "@ana", ["ana"]],
  ["somebody in the middle", "ask @leo about it", ["leo"]],
  ["in the order of first use, each once", "@leo @ana @leo", ["leo", "ana"]],
  ["folded", "@Ana and @ANA", ["ana"]],
  ["between marks", '(@ana), "@leo"! ¡@eva? @pia: @luz. @r2-d2\'s', ["ana", "leo", "eva", "pia", "luz", "r2-d2"]],
  ["with hyphens and underscores at its end", "@ana- @leo_", ["ana-", "leo_"]],
  ["an at alone", "@ @@ @- @_ana", []],
  ["two ats", "@@ana", []],
  ["an address", "write to ana@example.org", []],
  ["after a dot, a hyphen, an underscore", ".@ana -@ana _@ana", []],
  ["after a letter that isn't ASCII", "ñ@ana 漢@leo", ["ana", "leo"]],
  ["before a letter that isn't ASCII", "@anañ", ["ana"]],
  ["after a slash", "https://example.org/@ana", ["ana"]],
  ["one right after another", "@ana@leo", ["ana"]],
  ["on two lines", "@ana\n@leo\t@eva", ["ana", "leo", "eva"]],
  ["the longest name", `@${longest}`, [longest]],
  ["a name that is too long", `@${longest}4`, []],
  ["a room", "#ana", []],
  ["words of programs", "@constructor @__proto__ @null", ["constructor", "null"]],
  ["32 of 33", crowd.map((nick) => `@${nick}`).join(" "), crowd.slice(0, 32)],
  ["in letters of full width", "＠ana @ａｎａ", []]
]

/** Whom a text names. */
export const mentions: VectorFile<MentionVector> = {
  title: "Mentions",
  description: [
    "What a server that claims rich makes of {text}: the message shows {mentions} as its `mentions`, or none when the list is empty.",
    "Nobody needs to have the nicks."
  ],
  protocol: 1,
  vectors: cases.map(([shows, text, named]) => ({
    name: `a text that names ${shows}`,
    requirements: ["MENTION-1"],
    text,
    mentions: named
  }))
}
