/**
 * Who is there: `users` and `whois` (spec/presence.md).
 *
 * @module
 */
import type { Limits, ListUsers, WhoIs } from "@tertulia/protocol"
import type { OrderedMap } from "./ordered-map.ts"
import type { People, Person, Seat } from "./people.ts"
import { presenceFields } from "./presence.ts"
import { sliceLine } from "./slice.ts"

/** What a list is made from: who asks, and where they are. */
export interface Asking {
  readonly person: Person
  /** The rooms that the connection is in, by name. */
  readonly seats: Pick<ReadonlyMap<string, Seat>, "get"> & { readonly values: () => Iterable<Seat> }
  readonly people: People
  readonly limits: Limits
}

/** The reply to `users`, a line, which says who has an account (ACCOUNT-16); nothing when the connection isn't in the room that it names. */
export const usersLine = (
  { limits, people, person, seats }: Asking,
  { after, id, limit, room }: ListUsers
): string | undefined => {
  const seat = room === undefined ? undefined : seats.get(room)
  if (room !== undefined && seat === undefined) return undefined
  const most = Math.min(limit ?? limits.page, limits.page)
  const lists = seat === undefined ? [...seats.values()].map((each) => each.room.members) : [seat.room.members]
  const alone = seat === undefined && (after === undefined || person.nick > after) ? person.nick : undefined
  // One more than the slice may hold says whether others follow.
  const names = firstNames(lists, after, alone, most + 1)
  const cut = { length: names.length, from: 0, limit: most, line: limits.line }
  return sliceLine(`{"type":"users","re":${id},"users":[`, cut, (place) => {
    const user = people.holder(names[place]!)!
    return `{${presenceFields(user)}${people.accountOf(user) === undefined ? "" : ',"account":true'}}`
  })
}

/**
 * The first names above `after` of several lists together, each once, ascending.
 *
 * @param more a name that belongs to them, whether it is in a list or not
 */
const firstNames = (
  lists: ReadonlyArray<Pick<OrderedMap<unknown>, "names" | "placeAfter">>,
  after: string | undefined,
  more: string | undefined,
  count: number
): ReadonlyArray<string> => {
  const names: Array<string> = []
  const places = lists.map((list) => list.placeAfter(after))
  let extra = more
  while (names.length < count) {
    let first = extra
    lists.forEach((list, index) => {
      const name = list.names[places[index]!]
      if (name !== undefined && (first === undefined || name < first)) first = name
    })
    if (first === undefined) return names
    names.push(first)
    if (extra === first) extra = undefined
    lists.forEach((list, index) => {
      if (list.names[places[index]!] === first) places[index]!++
    })
  }
  return names
}

/** The reply to `whois`, a line, which says whose person has an account (ACCOUNT-8); nothing when the nick is nobody's, or that of somebody whom the connection shares no room with. */
export const whoIsLine = ({ limits, people, person, seats }: Asking, { id, nick }: WhoIs): string | undefined => {
  const found = people.holder(nick)
  if (found === undefined) return undefined
  const shared = [...seats.values()].filter(({ room }) => room.members.get(nick) !== undefined)
  if (found !== person && shared.length === 0) return undefined
  const rooms = shared.map(({ room }) => room.name).sort()
  const cut = { length: rooms.length, from: 0, limit: limits.page, line: limits.line }
  const account = people.accountOf(found) === undefined ? "" : '"account":true,'
  return sliceLine(
    `{"type":"whois","re":${id},${presenceFields(found)},${account}"rooms":[`,
    cut,
    (place) => `"${rooms[place]}"`
  )
}
