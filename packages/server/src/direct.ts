/**
 * What the requests of the profile direct do (spec/direct.md).
 *
 * @module
 */
import { type ListConversations, otherIn, type ReadHistory, type Send } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Side } from "./conversations.ts"
import { itemOf } from "./encode.ts"
import { ungoverned } from "./governance.ts"
import { historyLine, pageFor } from "./history.ts"
import type { Person } from "./people.ts"
import { type Refused, refuse } from "./refused.ts"
import type { Entry } from "./room-log.ts"
import { unavailable } from "./rooms.ts"
import type { Session } from "./session.ts"
import { sliceLine } from "./slice.ts"

const noSuchNick = (message: string): Refused => ({ code: "no-such-nick", field: "room", message })

const nobody = (nick: string): Refused => noSuchNick(`nobody here is called ${nick}`)

/** Whoever is meant by a request (DIRECT-8, DIRECT-12), or why nobody is. */
const otherOf = ({ person, server }: Session, { epoch, room }: Pick<Send, "epoch" | "room">): Person | Refused => {
  const nick = otherIn(room)
  const other = server.people.named(nick)
  if (other === undefined) return nobody(nick)
  if (epoch === undefined || epoch === server.conversations!.epoch(person!, other)) return other
  return noSuchNick(`${nick} is somebody else by now`)
}

/** Whether a conversation would be one too many (DIRECT-19). */
const isCrowded = ({ person, server }: Session, other: Person): boolean =>
  person!.conversations.size() >= server.bounds.conversations &&
  server.conversations!.find(person!, other) === undefined

/** Hands in an entry of a conversation. */
export const sendDirect = Effect.fnUntraced(function* (
  session: Session,
  request: Send
): Effect.fn.Return<undefined, Refused> {
  const { person, sending, server } = session
  const { id, key, replyTo, room, text } = request
  yield* sending.ready(room)
  // Nothing may come between this look and the handing in: either may end at any time.
  const other = otherOf(session, request)
  if ("code" in other) return yield* Effect.fail(other)
  const author = person!
  if (isCrowded(session, other)) {
    return yield* refuse(
      "limit-reached",
      "room",
      `you have ${server.bounds.conversations} conversations, and may begin no more`
    )
  }
  const said = { type: "message", text, author, from: author.nick, at: server.today() } as const
  const draft = {
    ...said,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(key === undefined ? {} : { key })
  }
  sending.hand(id, server.conversations!.open(author, other), draft)
})

/** Says a page of a conversation; it is over when one of the two ends meanwhile (DIRECT-13). */
export const historyDirect = Effect.fnUntraced(function* (
  session: Session,
  request: ReadHistory
): Effect.fn.Return<undefined, Refused> {
  const { outbox, person, server } = session
  const other = otherOf(session, request)
  if ("code" in other) return yield* Effect.fail(other)
  const side = server.conversations!.find(person!, other)
  if (side === undefined) {
    const log = emptyLog(server.conversations!.epoch(person!, other))
    const [line] = yield* Effect.mapError(historyLine(request, log, server.limits), unavailable)
    if (server.people.named(other.nick) !== other) return yield* Effect.fail(nobody(other.nick))
    outbox.say(line)
    return
  }
  yield* side
    .reading(pageFor(session, request, side.log), (line) => outbox.say(line))
    .pipe(Effect.mapError((why) => (why === "ended" ? nobody(other.nick) : unavailable(why))))
})

/** The log of a conversation in which nobody has said anything (DIRECT-10). */
const emptyLog = (epoch: string): Side["log"] => ({
  epoch,
  first: () => 1,
  head: () => 0,
  topic: () => "",
  governance: ungoverned(),
  read: () => Stream.empty
})

/** Says a slice of the list of one's conversations (DIRECT-16, DIRECT-17). */
export const listConversations = (session: Session, request: ListConversations): Effect.Effect<undefined, Refused> => {
  const { catchUp, limits } = session.server
  const most = Math.min(request.limit ?? limits.page, limits.page)
  return catchUp.reading(session.peer, most, sayConversations(session, request, most), session.hurried)
}

/** Says the slice, and gives how many entries were read for it. */
const sayConversations = Effect.fnUntraced(function* (
  session: Session,
  request: ListConversations,
  most: number
): Effect.fn.Return<readonly [undefined, number], Refused> {
  const { outbox, server } = session
  const { limits } = server
  const { conversations } = session.person!
  const from = conversations.placeAfter(request.after)
  const sides = conversations.names.slice(from, from + most).map((name) => conversations.get(name)!)
  const heads = sides.map(({ log }) => log.head())
  const lasts = yield* Effect.mapError(server.conversations!.lasts(sides), unavailable)
  // Some may have ended while the last entries were read.
  const items = sides.flatMap((side, nth) => (side.hasEnded() ? [] : [itemOfList(side, heads[nth]!, lasts[nth])]))
  const rest = conversations.names.length - conversations.placeAfter(sides.at(-1)?.name ?? request.after)
  if (items.length === 0 && rest > 0) return yield* sayConversations(session, request, most)
  const cut = { length: items.length + rest, from: 0, limit: items.length, line: limits.line }
  outbox.say(sliceLine(`{"type":"conversations","re":${request.id},"conversations":[`, cut, (place) => items[place]!))
  return [undefined, sides.length] as const
})

const itemOfList = ({ log, name }: Side, head: number, last: Entry | undefined): string =>
  `{"room":"${name}","epoch":"${log.epoch}","first":${log.first()},"head":${head}` +
  `${last === undefined ? "" : `,"last":${itemOf(last)}`}}`
