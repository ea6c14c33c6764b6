import { nameLength } from "../names.ts"
import type { Vector, VectorFile } from "./notation.ts"

/** A name as a client may spell it, and what a server makes of it. */
export interface NameVector extends Vector {
  readonly kind: "nick" | "room"
  readonly spelling: string
  /** The name that the server sends; `null` when it answers `bad-name`. */
  readonly folded: string | null
}

const good = (kind: NameVector["kind"], spelling: string, folded = spelling): NameVector => ({
  name: `${kind} ${JSON.stringify(spelling)}`,
  requirements: folded === spelling ? ["NAME-1", "NAME-3"] : ["NAME-1", "NAME-2", "NAME-3"],
  kind,
  spelling,
  folded
})

const bad = (kind: NameVector["kind"], spelling: string, why: string): NameVector => ({
  name: `${kind} that is ${why}`,
  requirements: ["NAME-1"],
  kind,
  spelling,
  folded: null
})

const longest = "abcdefghijklmnopqrstuvwxyz-_0123"

// What is wrong with a name is wrong with a person's and with a room's.
const badNames: ReadonlyArray<readonly [string, string]> = [
  ["", "empty"],
  [`${longest}4`, `longer than ${nameLength} characters`],
  ["-ana", "begun with a hyphen"],
  ["_ana", "begun with an underscore"],
  [" ana", "begun with a space"],
  ["ana ", "ended with a space"],
  ["ana\n", "ended with an LF"],
  ["ana maria", "two words"],
  ["ana.leo", "parted by a dot"],
  ["ana,leo", "parted by a comma"],
  ["ana/leo", "parted by a slash"],
  ["../ana", "a path"],
  ["..", "the folder above"],
  ["ana\\leo", "parted by a backslash"],
  ["ana'--", "a piece of SQL"],
  ["*", "a pattern"],
  ["ana\u001b[2J", "an escape sequence"],
  ["aña", "not ASCII"],
  ["añA", "not ASCII, in capitals"],
  ["\u0430na", "begun with a Cyrillic letter"],
  ["ａｎａ", "in letters of full width"],
  ["\u212aana", "begun with the sign for Kelvin, which folds to k elsewhere"],
  ["İna", "begun with a dotted capital I"],
  ["ana\u200b", "ended with a space that nobody sees"],
  ["ana\u202eoel", "turned around"],
  ["😀", "a picture"]
]

/** Which spellings are names, and what they fold to. */
export const names: VectorFile<NameVector> = {
  title: "Names",
  description: [
    "A server has to make {folded} of {spelling}, or, where {folded} is null, answer `bad-name`.",
    "{kind} nick goes into the field nick of `login`, and after of `members`; room goes into the field room, and after of `rooms`."
  ],
  protocol: 1,
  vectors: [
    good("nick", "ana"),
    good("nick", "a"),
    good("nick", "7"),
    good("nick", "r2-d2"),
    good("nick", "a_b-c"),
    good("nick", "a-"),
    good("nick", "0_"),
    good("nick", longest),
    good("nick", "constructor"),
    good("nick", "null"),
    good("nick", "con"),
    good("nick", "Ana", "ana"),
    good("nick", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"),
    good("nick", "I", "i"),
    good("room", "#cafe"),
    good("room", "#a"),
    good("room", "#2026"),
    good("room", "#so-2026"),
    good("room", `#${longest}`),
    good("room", "#constructor"),
    good("room", "#Cafe", "#cafe"),
    good("room", "#ISTANBUL", "#istanbul"),
    ...badNames.map(([spelling, why]) => bad("nick", spelling, why)),
    bad("nick", "#ana", "a room's"),
    bad("nick", "@ana", "begun with an at sign"),
    ...badNames.map(([spelling, why]) => bad("room", `#${spelling}`, why)),
    bad("room", "", "nothing at all"),
    bad("room", "cafe", "without its #"),
    bad("room", "@ana", "a person's, which nobody joins and no list of rooms has"),
    bad("room", "##cafe", "begun with two #"),
    bad("room", " #cafe", "begun with a space before the #"),
    bad("room", "＃cafe", "begun with a # of full width")
  ]
}
