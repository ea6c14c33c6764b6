/**
 * Values for property tests (fast-check): everything that the protocol allows, and much that it doesn't.
 * Built by hand rather than derived from the schemas, so that they shrink well and judge the schemas, too.
 *
 * @module
 */
import * as fc from "fast-check"
import { byeCodes, type ErrorCode, errorCodes } from "./codes.ts"
import { claims, profiles, requestsOf, unknownFieldsOf } from "./features.ts"
import type { JsonObject } from "./json.ts"
import { defaultLimits, heartbeat, limitNames, limitRegistry } from "./limits.ts"
import type { Event, Reply, Request, RequestType, ServerMessage } from "./messages.ts"
import { givenRoles, slowest } from "./moderation.ts"
import { nameLength } from "./names.ts"
import { ownStatuses, presenceBytes, statuses } from "./presence.ts"
import { roomKinds } from "./rights.ts"
import { toBase64 } from "./scram.ts"
import { utf8Length } from "./text.ts"
import { hasWords } from "./words.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------------------------------------------------

const lower = [..."abcdefghijklmnopqrstuvwxyz0123456789"]
const upper = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"]

const name = (letters: ReadonlyArray<string>) =>
  fc
    .tuple(
      fc.constantFrom(...letters),
      fc.string({ unit: fc.constantFrom(...letters, "_", "-"), maxLength: nameLength - 1 })
    )
    .map(([first, rest]) => first + rest)

/** A person's name, folded (NAME-3). */
export const nick: fc.Arbitrary<string> = name(lower)

/** A room's name, folded (NAME-3). */
export const roomName: fc.Arbitrary<string> = nick.map((folded) => `#${folded}`)

/** A person's name as a client may spell it (NAME-2). */
export const nickSpelling: fc.Arbitrary<string> = name([...lower, ...upper])

/** A room's name as a client may spell it (NAME-2). */
export const roomSpelling: fc.Arbitrary<string> = nickSpelling.map((spelling) => `#${spelling}`)

/** A conversation's name, folded. */
export const directName: fc.Arbitrary<string> = nick.map((folded) => `@${folded}`)

/** A conversation's name as a client may spell it. */
export const directSpelling: fc.Arbitrary<string> = nickSpelling.map((spelling) => `@${spelling}`)

/** Strings that are nobody's name, folded or not (NAME-1). */
export const badNick: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", " ", "-ana", "_ana", "ana ", "ana\n", "../ana", "@ana", "#ana", "añá", "ａｎａ", "a.b", "a/b"),
  nick.map((folded) => folded.padEnd(nameLength + 1, "x")),
  fc
    .tuple(nick, fc.constantFrom(".", "/", " ", "\t", "ß", "İ", "\u212a", "😀", "\u202e"))
    .map(([before, bad]) => before + bad)
)

/** Strings that name neither a room nor a conversation, folded or not. */
export const badAnyRoom: fc.Arbitrary<string> = fc.oneof(
  nick,
  fc.tuple(fc.constantFrom("#", "@"), badNick).map(([mark, bad]) => mark + bad)
)

/** Strings that are no room's name, folded or not (NAME-1). */
export const badRoom: fc.Arbitrary<string> = fc.oneof(badAnyRoom, directSpelling)

/** Strings that are no conversation's name, folded or not (NAME-1). */
export const badDirect: fc.Arbitrary<string> = fc.oneof(badAnyRoom, roomSpelling)

// ---------------------------------------------------------------------------------------------------------------------
// Texts
// ---------------------------------------------------------------------------------------------------------------------

// Marks that combine, scripts that change direction, spaces that aren't seen, pairs of surrogates, what JSON escapes.
const curious = [
  "\n",
  "\t",
  '"',
  "\\",
  "/",
  "\u00a0",
  "e\u0301",
  "\u0301",
  "ñ",
  "\u0600",
  "\u200b",
  "\u200d",
  "\u202e",
  "\u2028",
  "\u2066",
  "\ufeff",
  "\ufffd",
  "\uffff",
  "שלום",
  "漢",
  "😀",
  "👩‍👩‍👧",
  "\u{10ffff}"
]
const character = fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }), fc.constantFrom(...curious))
const control = fc
  .oneof(
    fc.integer({ min: 0x01, max: 0x08 }),
    fc.integer({ min: 0x0b, max: 0x1f }),
    fc.integer({ min: 0x7f, max: 0x9f })
  )
  .map((code) => String.fromCodePoint(code))

/** A text that every server accepts (TEXT-1): short, but of any script. */
export const text: fc.Arbitrary<string> = fc
  .string({ unit: character, minLength: 1, maxLength: 40 })
  .filter((drawn) => drawn.length > 0 && utf8Length(drawn) <= limitRegistry.text.minimum)

// Words that differ by what folding takes away, and by what it doesn't; between them what parts words, and means something elsewhere.
const wordsOfTexts = [
  "cancion",
  "canción",
  "CANCIO\u0301N",
  "canciones",
  "año",
  "ano",
  "ΣΑΣ",
  "σας",
  "straße",
  "STRASSE",
  "й",
  "и",
  "漢",
  "漢字",
  "か",
  "が",
  "한글",
  "किताब",
  "कताब",
  "2026",
  "AND",
  "or",
  "NOT",
  "near"
]
const between = [" ", "\n", ", ", '"', "'", "*", "-", "^", ":", "(", ")", "+", "\u00ad", "\u200d", "😀", ""]

/** A text of words that a search tells apart, or doesn't (SEARCH-2). */
export const wordy: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom(...between), fc.constantFrom(...wordsOfTexts)), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.flat().join(""))

/** What may be searched for: a text with a word in it (SEARCH-11). Of characters that all versions of Unicode since 13 know alike. */
export const searchText: fc.Arbitrary<string> = fc
  .oneof(
    wordy,
    fc.string({
      unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom(...curious)),
      minLength: 1,
      maxLength: 20
    })
  )
  .filter(hasWords)

/** Texts without a word, which can't be searched for (SEARCH-11). */
export const wordless: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(" ", "*", '"', '""', "()", "-", "^", "😀", "\u0301", "…", "¿?"),
  fc.string({
    unit: fc.constantFrom(" ", "\n", "*", '"', "(", ")", "+", "-", "😀", "\u0301"),
    minLength: 1,
    maxLength: 9
  })
)

/** A text that no server accepts: empty, or with a control character (TEXT-2). */
export const badText: fc.Arbitrary<string> = fc.oneof(
  fc.constant(""),
  fc.tuple(fc.string({ unit: character }), control, fc.string({ unit: character })).map((parts) => parts.join(""))
)

/** A text of `limit` bytes and a few more (TEXT-3), the last character of any length. */
export const longText = (limit: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom("a", "ñ", "漢", "😀"), fc.integer({ min: 0, max: 8 }))
    .map(([last, more]) => "a".repeat(limit + 1 + more - utf8Length(last)) + last)

// ---------------------------------------------------------------------------------------------------------------------
// Fields
// ---------------------------------------------------------------------------------------------------------------------

/** A request's `id`. */
export const requestId: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 2_147_483_647 }),
  fc.constantFrom(1, 2_147_483_647)
)

/** The place of an entry. */
export const seq: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 1_000 }),
  fc.maxSafeNat().map((n) => n || 1)
)

/** The last entry that a client holds. */
export const cursor: fc.Arbitrary<number> = fc.oneof(fc.constant(0), seq)

/** The name of one life of a log. */
export const epoch: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...lower, ...upper, "_", "-"),
  minLength: 1,
  maxLength: 32
})

/** A time for display. */
export const time: fc.Arbitrary<string> = fc
  .date({ min: new Date("0000-01-01T00:00:00.000Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => date.toISOString())

/** What its author calls an entry. */
export const key: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...lower, ...upper, "_", "-"),
  minLength: 1,
  maxLength: 64
})

/** Strings that are no key (KEY-9). */
export const badKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", " ", "a b", "a1\n", "ñ", "a.b", "a/b", "{}", "漢", "\u202e"),
  key.map((good) => good.padEnd(65, "x"))
)

/** What a server may call a place in the results of a search. */
const searchCursor = fc.string({
  unit: fc.constantFrom(...lower, ...upper, "_", "-"),
  minLength: 1,
  maxLength: 128
})

/** A reaction that every server accepts (REACT-1). */
export const reaction: fc.Arbitrary<string> = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("👍", "+1", "ñ", "👩‍👩‍👧", '"', "\\"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })
    ),
    minLength: 1,
    maxLength: 4
  })
  .filter((drawn) => drawn.length > 0 && utf8Length(drawn) <= 64)

/** A topic that every server accepts (TOPIC-1); often none. */
export const topic: fc.Arbitrary<string> = fc.oneof(
  fc.constant(""),
  text.map((drawn) => drawn.replace(/[\n\t]/gu, " ")).filter((drawn) => utf8Length(drawn) <= 256)
)

const nonceOf = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(..."!#$%&)*+-./09:<=>?@AZ[^_az{|}~"), minLength, maxLength })

const clientNonce = nonceOf(16, 128)

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((drawn) => toBase64(Uint8Array.from(drawn)))

const signature = bytes(32)

/** A password that every server accepts (REGISTER-4). */
export const password: fc.Arbitrary<string> = text
  .map((drawn) => drawn.replace(/[\n\t]/gu, " ").padEnd(16, "x"))
  .filter((drawn) => utf8Length(drawn) <= 256)

const session = fc.string({ unit: fc.constantFrom(...lower, ...upper, "_", "-"), minLength: 16, maxLength: 128 })

// What names are made of, and what makes them hard: marks, joiners, directions, widths.
const lively = fc.constantFrom(
  "a",
  "Ñ",
  "e\u0301",
  "\u0301",
  " ",
  "\u00a0",
  "שלום",
  "عمر",
  "अ",
  "漢",
  "👩‍🚀",
  "🏳️‍🌈",
  "\u200d",
  "\u200f",
  "\u3164",
  '"',
  "\\"
)
const ownWords = (bytes: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.string({ unit: lively, maxLength: 8 }),
      fc.constantFrom("a", "ñ", "漢", "😀"),
      fc.string({ unit: lively, maxLength: 8 })
    )
    .map((parts) => parts.join(""))
    .filter((drawn) => utf8Length(drawn) <= bytes)

/** What a person may be shown as (STATUS-6). */
export const display: fc.Arbitrary<string> = ownWords(presenceBytes.display)

/** What a person may say beside their status (STATUS-6). */
export const statusText: fc.Arbitrary<string> = ownWords(presenceBytes.text)

/** Words that nobody may be shown as or say beside a status: of more than one line, out of their direction, or not to be seen (STATUS-7). */
export const badWords: fc.Arbitrary<string> = fc.oneof(
  fc.string({
    unit: fc.constantFrom(" ", "\u00a0", "\u200b", "\u2060", "\u3000", "\u3164", "\u2800", "\ufeff", "\u{e0020}"),
    minLength: 1,
    maxLength: 8
  }),
  fc
    .tuple(
      fc.string({ unit: lively, maxLength: 4 }),
      fc.oneof(
        control,
        fc.constantFrom("\n", "\t", "\u2028", "\u2029", "\u202a", "\u202d", "\u202e", "\u202c", "\u2066", "\u2069")
      ),
      fc.string({ unit: lively, maxLength: 4 })
    )
    .map((parts) => parts.join(""))
)

const count = fc.nat()
const pageLimit = fc.integer({ min: 1, max: 1_000 })
const code = (registry: ReadonlyArray<string>) => fc.oneof(fc.constantFrom(...registry), fc.constant("x-suite-code"))
/** A sentence for people: anything that a server can say (JSON-9). */
const sentence = fc.string({ unit: character })

// ---------------------------------------------------------------------------------------------------------------------
// Messages
// ---------------------------------------------------------------------------------------------------------------------

type RequestOf<Type extends RequestType> = Extract<Request, { readonly type: Type }>

const inRoomOfOurs = { id: requestId, room: roomSpelling }

const aboutSomebody = <Type extends "invite" | "ban" | "mute">(type: Type) =>
  fc.record(
    { type: fc.constant(type), ...inRoomOfOurs, nick: nickSpelling, on: fc.boolean(), key },
    { requiredKeys: ["type", "id", "room", "nick"] }
  )

/** An arbitrary for each request, by its type. */
export const requests: { readonly [Type in RequestType]: fc.Arbitrary<RequestOf<Type>> } = {
  login: fc
    .tuple(
      fc.record(
        { type: fc.constant("login"), id: requestId, nick: nickSpelling, resume: fc.boolean() },
        { requiredKeys: ["type", "id", "nick"] }
      ),
      // One way to log in at a time.
      fc.oneof(
        fc.constant({}),
        fc.record({ session }),
        fc.record({ token: session }),
        fc.record({ password: sentence }),
        fc.record({ proof: signature })
      )
    )
    .map(([login, way]) => ({ ...login, ...way })),
  join: fc.oneof(
    fc.record(
      { type: fc.constant("join"), id: requestId, room: roomSpelling, create: fc.boolean(), epoch },
      { requiredKeys: ["type", "id", "room"] }
    ),
    fc.record(
      { type: fc.constant("join"), id: requestId, room: roomSpelling, create: fc.boolean(), after: cursor, epoch },
      { requiredKeys: ["type", "id", "room", "after", "epoch"] }
    )
  ),
  leave: fc.record({ type: fc.constant("leave"), id: requestId, room: roomSpelling }),
  send: fc.record(
    { type: fc.constant("send"), id: requestId, room: roomSpelling, text, replyTo: seq, key, epoch },
    { requiredKeys: ["type", "id", "room", "text"] }
  ),
  rooms: fc.record(
    { type: fc.constant("rooms"), id: requestId, after: roomSpelling, limit: pageLimit },
    { requiredKeys: ["type", "id"] }
  ),
  members: fc.record(
    { type: fc.constant("members"), id: requestId, room: roomSpelling, after: nickSpelling, limit: pageLimit },
    { requiredKeys: ["type", "id", "room"] }
  ),
  ping: fc.record({ type: fc.constant("ping"), id: requestId }),
  sync: fc.record({ type: fc.constant("sync"), id: requestId }),
  bye: fc.record({ type: fc.constant("bye"), id: requestId }),
  history: fc.oneof(
    fc.record(
      { type: fc.constant("history"), id: requestId, room: roomSpelling, before: seq, limit: pageLimit, epoch },
      { requiredKeys: ["type", "id", "room"] }
    ),
    fc.record(
      { type: fc.constant("history"), id: requestId, room: roomSpelling, after: cursor, limit: pageLimit, epoch },
      { requiredKeys: ["type", "id", "room", "after"] }
    )
  ),
  conversations: fc.record(
    { type: fc.constant("conversations"), id: requestId, after: directSpelling, limit: pageLimit },
    { requiredKeys: ["type", "id"] }
  ),
  status: fc.record(
    {
      type: fc.constant("status"),
      id: requestId,
      status: fc.constantFrom(...ownStatuses),
      text: fc.oneof(fc.constant(""), statusText),
      display: fc.oneof(fc.constant(""), display)
    },
    { requiredKeys: ["type", "id"] }
  ),
  users: fc.record(
    { type: fc.constant("users"), id: requestId, room: roomSpelling, after: nickSpelling, limit: pageLimit },
    { requiredKeys: ["type", "id"] }
  ),
  whois: fc.record({ type: fc.constant("whois"), id: requestId, nick: nickSpelling }),
  edit: fc.record(
    { type: fc.constant("edit"), id: requestId, room: roomSpelling, target: seq, text, key },
    { requiredKeys: ["type", "id", "room", "target", "text"] }
  ),
  delete: fc.record(
    { type: fc.constant("delete"), id: requestId, room: roomSpelling, target: seq, key },
    { requiredKeys: ["type", "id", "room", "target"] }
  ),
  react: fc.record(
    { type: fc.constant("react"), id: requestId, room: roomSpelling, target: seq, reaction, on: fc.boolean(), key },
    { requiredKeys: ["type", "id", "room", "target", "reaction"] }
  ),
  topic: fc.record(
    { type: fc.constant("topic"), id: requestId, room: roomSpelling, text: topic, key },
    { requiredKeys: ["type", "id", "room", "text"] }
  ),
  typing: fc.record(
    { type: fc.constant("typing"), id: requestId, room: roomSpelling, on: fc.boolean() },
    { requiredKeys: ["type", "id", "room"] }
  ),
  read: fc.record(
    { type: fc.constant("read"), id: requestId, room: roomSpelling, seq: cursor },
    { requiredKeys: ["type", "id", "room"] }
  ),
  register: fc.record(
    {
      type: fc.constant("register"),
      id: requestId,
      nick: nickSpelling,
      password,
      invitation: sentence,
      resume: fc.boolean()
    },
    { requiredKeys: ["type", "id", "nick", "password"] }
  ),
  challenge: fc.record({ type: fc.constant("challenge"), id: requestId, nick: nickSpelling, nonce: clientNonce }),
  password: fc.record({ type: fc.constant("password"), id: requestId, password }),
  revoke: fc.record({ type: fc.constant("revoke"), id: requestId }),
  unregister: fc.record({ type: fc.constant("unregister"), id: requestId }),
  role: fc.record(
    { type: fc.constant("role"), ...inRoomOfOurs, nick: nickSpelling, role: fc.constantFrom(...givenRoles), key },
    { requiredKeys: ["type", "id", "room", "nick", "role"] }
  ),
  kind: fc.record(
    { type: fc.constant("kind"), ...inRoomOfOurs, kind: fc.constantFrom(...roomKinds), key },
    { requiredKeys: ["type", "id", "room", "kind"] }
  ),
  kick: fc.record(
    { type: fc.constant("kick"), ...inRoomOfOurs, nick: nickSpelling, key },
    { requiredKeys: ["type", "id", "room", "nick"] }
  ),
  invite: aboutSomebody("invite"),
  ban: aboutSomebody("ban"),
  mute: aboutSomebody("mute"),
  slow: fc.record(
    { type: fc.constant("slow"), ...inRoomOfOurs, seconds: fc.integer({ min: 0, max: slowest }), key },
    { requiredKeys: ["type", "id", "room", "seconds"] }
  ),
  standings: fc.record(
    { type: fc.constant("standings"), ...inRoomOfOurs, after: nickSpelling, limit: pageLimit },
    { requiredKeys: ["type", "id", "room"] }
  ),
  // Without a cursor, since a server knows its own only.
  search: fc.record(
    {
      type: fc.constant("search"),
      id: requestId,
      text: searchText,
      room: roomSpelling,
      from: nickSpelling,
      since: time,
      until: time,
      limit: pageLimit
    },
    { requiredKeys: ["type", "id", "text"] }
  )
}

/** A request about a conversation. */
const direct: fc.Arbitrary<Request> = fc
  .tuple(fc.oneof(requests.send, requests.history), directSpelling)
  .map(([about, room]) => ({ ...about, room }))

/** Any request, as a client may spell it. */
export const request: fc.Arbitrary<Request> = fc.oneof(...Object.values(requests), direct)

const re = requestId
const members = fc.array(nick, { maxLength: 5 })
const anyRoom = fc.oneof(roomName, directName)
const presence = { nick, status: fc.constantFrom(...statuses), since: time, text: statusText, display }
const presenceKeys = ["nick", "status", "since"] as const

const mentions = fc.array(nick, { maxLength: 3 })
const reactions = fc.array(fc.record({ reaction, count: fc.integer({ min: 1 }) }), { maxLength: 3 })
const entry = { seq, from: nick, key, at: time }
const needed = ["type", "seq", "from", "at"] as const

const onOrOff = <Type extends "invite" | "ban" | "mute">(type: Type) =>
  fc.record({ type: fc.constant(type), ...entry, nick, on: fc.boolean() }, { requiredKeys: [...needed, "nick", "on"] })

/** An entry of each kind, without its room. */
const items = {
  message: fc.record(
    { type: fc.constant("message"), ...entry, text, edited: seq, replyTo: seq, mentions, reactions, reacted: seq },
    { requiredKeys: [...needed, "text"] }
  ),
  erased: fc.record(
    { type: fc.constant("erased"), ...entry, deleted: seq, replyTo: seq },
    { requiredKeys: [...needed, "deleted"] }
  ),
  edit: fc.record(
    { type: fc.constant("edit"), ...entry, target: seq, text, mentions },
    { requiredKeys: [...needed, "target"] }
  ),
  delete: fc.record({ type: fc.constant("delete"), ...entry, target: seq }, { requiredKeys: [...needed, "target"] }),
  react: fc.record(
    { type: fc.constant("react"), ...entry, target: seq, reaction, on: fc.boolean() },
    { requiredKeys: [...needed, "target", "reaction", "on"] }
  ),
  topic: fc.record({ type: fc.constant("topic"), ...entry, text: topic }, { requiredKeys: [...needed, "text"] }),
  role: fc.record(
    { type: fc.constant("role"), ...entry, nick, role: fc.constantFrom(...givenRoles) },
    { requiredKeys: [...needed, "nick", "role"] }
  ),
  kind: fc.record(
    { type: fc.constant("kind"), ...entry, kind: fc.constantFrom(...roomKinds) },
    { requiredKeys: [...needed, "kind"] }
  ),
  kick: fc.record({ type: fc.constant("kick"), ...entry, nick }, { requiredKeys: [...needed, "nick"] }),
  invite: onOrOff("invite"),
  ban: onOrOff("ban"),
  mute: onOrOff("mute"),
  slow: fc.record(
    { type: fc.constant("slow"), ...entry, seconds: fc.integer({ min: 0, max: slowest }) },
    { requiredKeys: [...needed, "seconds"] }
  )
}

const historyItem = fc.oneof(...Object.values(items))

const inRoom = <Item extends object>(item: fc.Arbitrary<Item>) =>
  fc.tuple(item, roomName).map(([fields, room]) => ({ ...fields, room }))

/** What somebody is to a room. */
const standing = fc.record(
  {
    nick,
    role: fc.constantFrom("moderator", "owner"),
    invited: fc.boolean(),
    banned: fc.boolean(),
    muted: fc.boolean()
  },
  { requiredKeys: ["nick"] }
)

/** Any reply, alone by its schema: what a server may say depends on what it was asked. */
export const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record(
    {
      ...{ type: fc.constant("welcome"), re, nick, session, resumed: fc.boolean() },
      ...{ account: fc.boolean(), token: session, signature }
    },
    { requiredKeys: ["type", "re", "nick"] }
  ),
  fc.record(
    {
      type: fc.constant("joined"),
      re,
      room: roomName,
      epoch,
      first: seq,
      head: cursor,
      resumed: fc.boolean(),
      members,
      more: fc.boolean(),
      topic,
      read: seq,
      kind: fc.constantFrom(...roomKinds),
      role: fc.constantFrom("moderator", "owner", "operator"),
      muted: fc.boolean(),
      slow: fc.integer({ min: 1, max: slowest })
    },
    { requiredKeys: ["type", "re", "room", "epoch", "first", "head", "members"] }
  ),
  fc.record({ type: fc.constant("left"), re, room: roomName }),
  fc.record(
    { type: fc.constant("sent"), re, room: anyRoom, seq, at: time, duplicate: fc.boolean() },
    { requiredKeys: ["type", "re", "room", "seq", "at"] }
  ),
  fc.record(
    {
      type: fc.constant("rooms"),
      re,
      rooms: fc.array(fc.record({ room: roomName, members: count }), { maxLength: 5 }),
      more: fc.boolean()
    },
    { requiredKeys: ["type", "re", "rooms"] }
  ),
  fc.record(
    { type: fc.constant("members"), re, room: roomName, members, more: fc.boolean() },
    { requiredKeys: ["type", "re", "room", "members"] }
  ),
  fc.record({
    type: fc.constant("challenge"),
    re,
    nick,
    nonce: nonceOf(32, 256),
    salt: bytes(16),
    iterations: fc.integer({ min: 4_096, max: 2_147_483_647 })
  }),
  fc.record({ type: fc.constant("password"), re, token: session }),
  fc.record({ type: fc.constant("revoked"), re }),
  fc.record({ type: fc.constant("unregistered"), re }),
  fc.record({ type: fc.constant("pong"), re }),
  fc.record({ type: fc.constant("synced"), re }),
  fc.record({ type: fc.constant("bye"), re }),
  fc.record(
    {
      type: fc.constant("history"),
      re,
      room: anyRoom,
      epoch,
      first: seq,
      head: cursor,
      entries: fc.array(historyItem, { maxLength: 3 }),
      more: fc.boolean()
    },
    { requiredKeys: ["type", "re", "room", "epoch", "first", "head", "entries"] }
  ),
  fc.record(
    {
      type: fc.constant("conversations"),
      re,
      conversations: fc.array(
        fc.record(
          { room: directName, epoch, first: seq, head: cursor, last: historyItem },
          { requiredKeys: ["room", "epoch", "first", "head"] }
        ),
        { maxLength: 3 }
      ),
      more: fc.boolean()
    },
    { requiredKeys: ["type", "re", "conversations"] }
  ),
  fc.record(
    {
      type: fc.constant("search"),
      re,
      results: fc.array(inRoom(items.message), { maxLength: 3 }),
      more: fc.boolean(),
      next: searchCursor
    },
    { requiredKeys: ["type", "re", "results"] }
  ),
  fc.record({ type: fc.constant("status"), re, ...presence }, { requiredKeys: ["type", "re", ...presenceKeys] }),
  fc.record(
    {
      type: fc.constant("users"),
      re,
      users: fc.array(fc.record({ ...presence, account: fc.boolean() }, { requiredKeys: [...presenceKeys] }), {
        maxLength: 3
      }),
      more: fc.boolean()
    },
    { requiredKeys: ["type", "re", "users"] }
  ),
  fc.record(
    {
      type: fc.constant("whois"),
      re,
      ...presence,
      account: fc.boolean(),
      rooms: fc.array(roomName, { maxLength: 3 }),
      more: fc.boolean()
    },
    { requiredKeys: ["type", "re", ...presenceKeys, "rooms"] }
  ),
  fc.record(
    {
      type: fc.constant("standings"),
      re,
      room: roomName,
      standings: fc.array(standing, { maxLength: 3 }),
      more: fc.boolean()
    },
    { requiredKeys: ["type", "re", "room", "standings"] }
  ),
  fc.record({ type: fc.constant("typing"), re, room: roomName }),
  fc.record({ type: fc.constant("read"), re, room: roomName, seq: cursor, head: cursor, unread: count }),
  fc.record(
    { type: fc.constant("error"), re, code: code(errorCodes), message: sentence, field: sentence, retryAfter: count },
    { requiredKeys: ["type", "code", "message"] }
  )
)

const limits = fc.record(
  Object.fromEntries(limitNames.map((limit) => [limit, fc.integer({ min: limitRegistry[limit].minimum })])),
  { requiredKeys: [] }
)

/** Any event, alone by its schema. */
export const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    type: fc.constant("hello"),
    protocol: fc.integer({ min: 1 }),
    server: sentence,
    features: fc.array(sentence, { maxLength: 3 }),
    auth: fc.array(sentence, { maxLength: 3 }),
    limits,
    heartbeat: fc.integer({ min: heartbeat.minimum, max: heartbeat.maximum })
  }),
  ...Object.values(items).map(
    (item): fc.Arbitrary<Event> =>
      inRoom<typeof item extends fc.Arbitrary<infer Item> ? Item : never>(item as fc.Arbitrary<never>)
  ),
  fc.tuple(items.message, directName, epoch).map(([fields, room, epoch]): Event => ({ ...fields, room, epoch })),
  fc.record({ type: fc.constant("typing"), room: roomName, nick, on: fc.boolean() }),
  fc.record({ type: fc.constant("member"), room: roomName, nick, change: fc.constantFrom("joined", "left") }),
  fc.record({ type: fc.constant("left"), room: roomName, reason: fc.constantFrom("kick", "ban") }),
  fc.record({ type: fc.constant("ping") }),
  fc.record(
    { type: fc.constant("bye"), code: code(byeCodes), message: sentence, reconnectAfter: count },
    { requiredKeys: ["type", "code", "message"] }
  ),
  fc.record({ type: fc.constant("presence"), ...presence }, { requiredKeys: ["type", ...presenceKeys] })
)

/** Anything that a server says. */
export const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(reply, event)

/** Fields that nobody knows, for requests and server messages alike: whoever reads them ignores them (EXT-1, EXT-2). */
export const unknownFields: fc.Arbitrary<JsonObject> = fc.dictionary(
  nick.map((field) => `x-${field}`),
  fc.jsonValue({ maxDepth: 5, stringUnit: character }),
  { maxKeys: 3 }
)

// ---------------------------------------------------------------------------------------------------------------------
// Faults
// ---------------------------------------------------------------------------------------------------------------------

/** A request with some faults, and the one answer that it must get from a connection that is logged in (ERROR-3). */
export interface Faulty {
  readonly object: JsonObject
  readonly code: ErrorCode
  /** The `re` of the answer; `undefined` where it can have none (REPLY-5). */
  readonly re: number | undefined
  /** The answer's `field` is one of these: two faults of one code are equals. */
  readonly fields: ReadonlyArray<string>
}

interface Fault {
  readonly field: string
  readonly code: ErrorCode
  /** `undefined` takes the field away. */
  readonly value: unknown
}

const wrongType = {
  string: fc.constantFrom(null, 0, 1.5, true, [], ["ana"], {}),
  integer: fc.constantFrom(null, "1", true, [], [1], {}, 1.5, 2 ** 53, 2 ** 60, -1),
  boolean: fc.constantFrom(null, 0, 1, "true", [], {})
}

const fault = (field: string, code: ErrorCode, value: fc.Arbitrary<unknown>): fc.Arbitrary<Fault> =>
  fc.record({ field: fc.constant(field), code: fc.constant(code), value })

const string = (field: string) => fault(field, "bad-request", fc.oneof(wrongType.string, fc.constant(undefined)))
const optional = (field: string, type: keyof typeof wrongType) => fault(field, "bad-request", wrongType[type])
const room = fc.oneof(string("room"), fault("room", "bad-name", badRoom))
const anyRoomFault = fc.oneof(string("room"), fault("room", "bad-name", badAnyRoom))
const ofConversation = optional("epoch", "string")
const words = (field: "display" | "text") =>
  fc.oneof(
    optional(field, "string"),
    fault(field, "bad-text", badWords),
    fault(field, "too-long", longText(presenceBytes[field]))
  )
const limit = fc.oneof(optional("limit", "integer"), fault("limit", "bad-request", fc.constant(0)))

const badTime = fc.constantFrom("", "now", "2026-11-20", "2026-11-20T20:08:00Z", "2026-11-20T20:08:00.000+01:00")

const idFault = fault("id", "bad-request", fc.oneof(wrongType.integer, fc.constantFrom(undefined, 0, 2_147_483_648)))
const typeFault = fc.oneof(
  string("type"),
  fault("type", "unsupported", fc.constantFrom("fly", "LOGIN", "", "toString", "__proto__", "welcome", "x-suite/fly"))
)

const keyed = fault("key", "bad-request", fc.oneof(wrongType.string, badKey))
const target = (field: string) => fault(field, "bad-request", fc.oneof(wrongType.integer, fc.constant(0)))
const neededTarget = fc.oneof(target("target"), fault("target", "bad-request", fc.constant(undefined)))
const said = fc.oneof(
  string("text"),
  fault("text", "bad-text", badText),
  fault("text", "too-long", longText(defaultLimits.text))
)
const somebody = fc.oneof(string("nick"), fault("nick", "bad-name", badNick))
const lines = fc.constantFrom("one\ntwo", "a\tb", "\u001b[2J", "\u009b", "\u007f")

/** What can be wrong with each field of each request but those by which one logs in, which a connection that is logged in can't send. */
const fieldFaults: {
  readonly [Type in Exclude<RequestType, "login" | "register" | "challenge">]: ReadonlyArray<fc.Arbitrary<Fault>>
} = {
  join: [
    room,
    optional("create", "boolean"),
    optional("after", "integer"),
    optional("epoch", "string"),
    // The cursor without its log: the fault is that `epoch` is missing.
    fault("epoch", "bad-request", fc.constant(undefined))
  ],
  leave: [room],
  send: [anyRoomFault, said, target("replyTo"), keyed, ofConversation],
  rooms: [fc.oneof(optional("after", "string"), fault("after", "bad-name", badRoom)), limit],
  members: [room, fc.oneof(optional("after", "string"), fault("after", "bad-name", badNick)), limit],
  ping: [],
  sync: [],
  bye: [],
  history: [
    anyRoomFault,
    optional("after", "integer"),
    fc.oneof(optional("before", "integer"), fault("before", "bad-request", fc.constant(0))),
    limit,
    ofConversation
  ],
  search: [
    fc.oneof(
      string("text"),
      fault("text", "bad-text", fc.oneof(badText, wordless)),
      fault("text", "too-long", longText(defaultLimits.text))
    ),
    fc.oneof(optional("room", "string"), fault("room", "bad-name", badRoom)),
    fc.oneof(optional("from", "string"), fault("from", "bad-name", badNick)),
    fc.oneof(optional("since", "string"), fault("since", "bad-request", badTime)),
    fc.oneof(optional("until", "string"), fault("until", "bad-request", badTime)),
    fc.oneof(
      optional("before", "string"),
      fault("before", "bad-request", fc.constantFrom("", "a b", "ñ", "x".repeat(129)))
    ),
    limit
  ],
  conversations: [fc.oneof(optional("after", "string"), fault("after", "bad-name", badDirect)), limit],
  status: [
    fc.oneof(
      optional("status", "string"),
      fault("status", "bad-request", fc.constantFrom("idle", "offline", "", "Busy"))
    ),
    words("text"),
    words("display")
  ],
  users: [
    fc.oneof(optional("room", "string"), fault("room", "bad-name", badRoom)),
    fc.oneof(optional("after", "string"), fault("after", "bad-name", badNick)),
    limit
  ],
  whois: [somebody],
  edit: [room, neededTarget, said, keyed],
  delete: [room, neededTarget, keyed],
  react: [
    room,
    neededTarget,
    fc.oneof(
      string("reaction"),
      fault("reaction", "bad-text", fc.oneof(lines, fc.constant(""))),
      fault("reaction", "too-long", longText(64))
    ),
    optional("on", "boolean"),
    keyed
  ],
  topic: [
    room,
    fc.oneof(string("text"), fault("text", "bad-text", lines), fault("text", "too-long", longText(256))),
    keyed
  ],
  typing: [room, optional("on", "boolean")],
  read: [room, optional("seq", "integer")],
  password: [
    fc.oneof(
      string("password"),
      fault("password", "bad-text", fc.oneof(fc.constantFrom("", "1234567", "ñandúes"), lines)),
      fault("password", "too-long", longText(256))
    )
  ],
  revoke: [],
  unregister: [],
  role: [
    room,
    somebody,
    fault("role", "bad-request", fc.oneof(wrongType.string, fc.constantFrom("", "operator"))),
    keyed
  ],
  kind: [room, fault("kind", "bad-request", fc.oneof(wrongType.string, fc.constantFrom("", "open"))), keyed],
  kick: [room, somebody, keyed],
  invite: [room, somebody, optional("on", "boolean"), keyed],
  ban: [room, somebody, optional("on", "boolean"), keyed],
  mute: [room, somebody, optional("on", "boolean"), keyed],
  slow: [room, fault("seconds", "bad-request", fc.oneof(wrongType.integer, fc.constant(slowest + 1))), keyed],
  standings: [room, fc.oneof(optional("after", "string"), fault("after", "bad-name", badNick)), limit]
}

/** What is a fault to a server that doesn't claim direct. */
const faultsWithoutDirect: typeof fieldFaults = {
  ...fieldFaults,
  send: [room, ...fieldFaults.send.slice(1)],
  history: [room, ...fieldFaults.history.slice(1)]
}

/** A cursor that needs its log; and none, since a second one beside that of a fault would be a fault itself. */
const cursorsOf = ({ type }: Request) => {
  if (type === "join") return { after: 1, epoch: "k3" }
  return type === "history" ? { before: undefined, after: undefined } : {}
}

const withFaults = (valid: Request, faults: ReadonlyArray<Fault>): Faulty => {
  const changed = {
    ...valid,
    ...cursorsOf(valid),
    ...Object.fromEntries(faults.map(({ field, value }) => [field, value]))
  }
  const object = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined))
  const first = Math.min(...faults.map(rank))
  const deciding = faults.filter((each) => rank(each) === first)
  const code = deciding[0]!.code
  return {
    object,
    code,
    re: faults.some(({ field }) => field === "id") ? undefined : valid.id,
    fields: deciding.map(({ field }) => field)
  }
}

/** The place of a fault in the order of precedence: `id`, then `type`, then the others by the table. */
const rank = ({ code, field }: Fault): number => {
  if (field === "id") return -2
  if (field === "type") return -1
  return errorCodes.indexOf(code)
}

const faultyOf = (
  type: keyof typeof fieldFaults,
  faultsOf: ReadonlyArray<fc.Arbitrary<Fault>>,
  unknown: ReadonlyArray<string>
): fc.Arbitrary<Faulty> => {
  const faults = fc
    .subarray([idFault, typeFault, ...faultsOf], { minLength: 1 })
    .chain((chosen) => fc.tuple(...chosen))
    .map((chosen) => chosen.filter(({ field }) => !unknown.includes(field)))
    .filter((chosen) => chosen.length > 0)
  return fc.tuple(requests[type], faults).map(([valid, injected]) => withFaults(valid, injected))
}

/**
 * A request with one or several faults, of a kind that costs this line only, for a server that claims these features. The
 * limits are the defaults; the texts are too long for a server that announces no more.
 */
export const faultyFor = (features: ReadonlyArray<string>): fc.Arbitrary<Faulty> => {
  const known = requestsOf(features)
  const types = (Object.keys(fieldFaults) as ReadonlyArray<keyof typeof fieldFaults>).filter((type) => known.has(type))
  const unknown = unknownFieldsOf(features)
  const faults = claims(features, "direct") ? fieldFaults : faultsWithoutDirect
  return fc.oneof(...types.map((type) => faultyOf(type, faults[type], unknown[type] ?? [])))
}

/** The same for a server that claims every profile. */
export const faulty: fc.Arbitrary<Faulty> = faultyFor(profiles.map((profile) => `${profile}/1`))

// ---------------------------------------------------------------------------------------------------------------------
// Bytes
// ---------------------------------------------------------------------------------------------------------------------

const LF = 0x0a
const encoder = new TextEncoder()
const withoutLf = (bytes: Uint8Array): Uint8Array => bytes.filter((byte) => byte !== LF)

// Each kind of fault that UTF-8 has: a stray continuation, a start without its rest, an overlong form, a surrogate,
// what lies beyond U+10FFFF, and bytes that never occur.
const notUtf8 = [
  [0x80],
  [0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x98],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x80, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff],
  [0xfe]
]

/** Bytes that are not UTF-8, without an LF; around the fault stands what is. */
export const brokenUtf8: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.string(), fc.constantFrom(...notUtf8), fc.string())
  .map(([before, broken, after]) => Uint8Array.from([...encoder.encode(before), ...broken, ...encoder.encode(after)]))
  .map(withoutLf)

const mutated: fc.Arbitrary<string> = fc
  .tuple(request, fc.nat(), fc.constantFrom("", "\0", '"', "\\", "{", "}", "[", ",", ":", "NaN", "\ufeff", "\u009b"))
  .map(([valid, at, other]) => {
    const line = JSON.stringify(valid)
    return line.slice(0, at % line.length) + other + line.slice((at % line.length) + 1)
  })

const deep: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("[", '{"a":'), fc.integer({ min: 8, max: 2_000 }), fc.boolean())
  .map(([open, levels, closed]) => {
    const close = closed ? (open === "[" ? "]" : "}").repeat(levels) : ""
    return `{"type":"ping","id":1,"x":${open.repeat(levels)}${closed ? "0" : ""}${close}}`
  })

/**
 * A line of anything, without its LF: rubbish, broken JSON, broken UTF-8, values that are no object, deep nesting, and now
 * and then a request that is good after all.
 */
export const hostileLine: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map(withoutLf),
  brokenUtf8,
  mutated.map((line) => withoutLf(encoder.encode(line))),
  deep.map((line) => encoder.encode(line)),
  fc.jsonValue().map((value) => encoder.encode(JSON.stringify(value))),
  faulty.map(({ object }) => encoder.encode(JSON.stringify(object)))
)

/** One cutting of bytes into chunks, none of them empty: whole, byte by byte, or anywhere (FRAME-4). */
export const chunking = (bytes: Uint8Array): fc.Arbitrary<ReadonlyArray<Uint8Array>> =>
  fc
    .oneof(
      fc.constant<ReadonlyArray<number>>([]),
      fc.array(fc.nat({ max: bytes.length }), { maxLength: 20 }),
      fc.constant(Array.from(bytes, (_, at) => at))
    )
    .map((cuts) => cutAt(bytes, cuts))

const cutAt = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const edges = [...new Set([0, ...cuts, bytes.length])].sort((one, other) => one - other)
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}
