/**
 * A picture of a conversation, made of its news: what a screen shows. Pure: a picture never changes, and each news makes
 * another. `Stream.scan(conversation.news, emptyView, see)` is a conversation to look at.
 *
 * @module
 */
import type { History } from "@tertulia/protocol"
import * as HashSet from "effect/HashSet"
import type { State, Told } from "./conversation.ts"
import type { News } from "./course.ts"
import type { Item } from "./kept.ts"

/** One line of a room: an entry, one that isn't shown, or a gap with the reason for it. */
export type ViewLine = Extract<News, { readonly _tag: "Entry" | "Passed" | "Gone" }>

/** A room as its reader sees it. */
export interface RoomPicture {
  /** Undefined before one was there. */
  readonly epoch: string | undefined
  /** Ascending, without a hole that isn't a line of its own. */
  readonly lines: ReadonlyArray<ViewLine>
  /** What one has said and what isn't in `lines` yet: still on its way, or come to rest. In the order in which it was said. */
  readonly waiting: ReadonlyArray<Item>
  /** As far as `joined` has listed them: `conversation.members` lists all of a crowd. */
  readonly members: HashSet.HashSet<string>
}

/** A whole conversation. */
export interface View {
  readonly state: State
  readonly rooms: ReadonlyMap<string, RoomPicture>
}

const blank: RoomPicture = { epoch: undefined, lines: [], waiting: [], members: HashSet.empty() }

/** Before any news. */
export const emptyView: View = { state: { _tag: "Connecting" }, rooms: new Map() }

/** What an earlier process has left in the outbox. */
export const viewOf = (outbox: ReadonlyArray<Item>): View =>
  outbox.reduce((view, item) => see(view, { _tag: "Waiting", item }), emptyView)

/** The picture after a piece of news. */
export const see = (view: View, told: Told): View => {
  switch (told._tag) {
    case "State":
      return { ...view, state: told.state }
    case "Entry":
      return withRoom(view, told.entry.room, (room) => ({ ...room, lines: [...room.lines, told] }))
    case "Passed":
    case "Gone":
      return withRoom(view, told.room, (room) => ({ ...room, lines: [...room.lines, told] }))
    case "Member": {
      const { change, nick, room } = told.member
      const step = change === "joined" ? HashSet.add : HashSet.remove
      return withRoom(view, room, (there) => ({ ...there, members: step(there.members, nick) }))
    }
    case "Entered": {
      const { epoch, members, room } = told.joined
      return withRoom(view, room, ({ lines, waiting }) => ({
        epoch,
        lines: told.log === "same" ? lines : [],
        waiting,
        members: HashSet.fromIterable(members)
      }))
    }
    case "Another":
      return withRoom(view, told.room, (room) => ({ ...room, epoch: told.epoch, lines: [] }))
    case "Left":
    case "Out":
      return { ...view, rooms: new Map([...view.rooms].filter(([name]) => name !== told.room)) }
    case "Waiting":
      return withRoom(view, told.item.room, (room) => ({ ...room, waiting: put(room.waiting, told.item) }))
    case "Sent":
    case "Dropped":
      return withRoom(view, told.item.room, (room) => ({
        ...room,
        waiting: room.waiting.filter(({ key }) => key !== told.item.key)
      }))
  }
}

/** The picture with an older page in front of a room's lines: the one before its first line, or else it stays as it is. */
export const withPage = (view: View, { entries, epoch, room: name }: History): View =>
  withRoom(view, name, (room) => {
    const isNext = room.epoch === epoch && entries.at(-1)?.seq === firstOf(room.lines) - 1
    if (!isNext && room.lines.length > 0) return room
    const older = entries.map(
      (item): ViewLine =>
        item.type === "message"
          ? { _tag: "Entry", epoch, entry: { room: name, ...item } }
          : { _tag: "Passed", room: name, epoch, from: item.seq, to: item.seq }
    )
    return { ...room, lines: [...older, ...room.lines] }
  })

/** The `seq` with which lines begin: what to ask a page before. */
export const firstOf = ([line]: ReadonlyArray<ViewLine>): number =>
  line === undefined ? Number.POSITIVE_INFINITY : line._tag === "Entry" ? line.entry.seq : line.from

const put = (items: ReadonlyArray<Item>, item: Item): ReadonlyArray<Item> =>
  items.some(({ key }) => key === item.key)
    ? items.map((each) => (each.key === item.key ? item : each))
    : [...items, item]

const withRoom = (view: View, name: string, change: (room: RoomPicture) => RoomPicture): View => ({
  ...view,
  rooms: new Map(view.rooms).set(name, change(view.rooms.get(name) ?? blank))
})
