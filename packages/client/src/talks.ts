/**
 * Conversations of two people, as a client follows them over its connections (spec/direct.md, What a client does with it): after each
 * `welcome` the list, then a page after another of what was missed, merged with what comes live. No I/O.
 *
 * @module
 */
import type { Ask, ErrorReply, Message, Reply } from "@tertulia/protocol"
import type { Cursor } from "./kept.ts"
import { makeReader, type Reader, type Reading } from "./reader.ts"

/** What is told of conversations. */
export type TalkNews =
  | { readonly _tag: "Entry"; readonly epoch: string; readonly entry: Message }
  | {
      readonly _tag: "Gone"
      readonly room: string
      readonly epoch: string
      readonly from: number
      readonly to: number
      readonly isForever: boolean
    }
  /** The person with whom one had this conversation has ended: what comes of it now is somebody else's. */
  | { readonly _tag: "Another"; readonly room: string; readonly epoch: string }

/** What is done for whoever follows. */
export interface TalkHost {
  /** Asks on the present connection; the reply may never come. */
  readonly ask: (ask: Ask, next: (reply: Reply) => void) => void
  /** Goes on after a refusal for the moment. */
  readonly wait: (why: ErrorReply, next: () => void) => void
  readonly tell: (news: TalkNews) => void
  /** A conversation is met on this connection, before anything is told of it. */
  readonly meet: (room: string, epoch: string) => void
}

/** The conversations of one person. */
export interface Talks {
  /** A connection is welcome: asks what there is to catch up with. Who doesn't go on as the person of before has other conversations. */
  readonly welcome: (isContinued: boolean) => void
  /** An entry has come. */
  readonly hear: (entry: Message) => void
  /** The epoch of the conversation of this name, as far as one knows it: whom one means. */
  readonly epoch: (room: string) => string | undefined
  /** Whoever had this name is gone, as the server has said. */
  readonly forget: (room: string) => void
  /** The connection is over. */
  readonly lost: () => void
}

/** A conversation on one connection. */
interface Talk {
  readonly epoch: string
  readonly reader: Reader
}

/** How many entries are read of a conversation that one knows nothing of. */
const newest = 50

export const makeTalks = ({ ask, meet: note, tell, wait }: TalkHost): Talks => {
  // How far each was told, over all connections.
  const cursors = new Map<string, Cursor>()
  // Those of the present connection; another map is another connection.
  let talks = new Map<string, Talk>()

  const meet = (room: string, epoch: string, begin: { readonly last: number; readonly head: number }): Talk => {
    const cursor = cursors.get(room)
    const isSame = cursor?.epoch === epoch
    if (cursor !== undefined && !isSame) tell({ _tag: "Another", room, epoch })
    note(room, epoch)
    const { head, last } = begin
    const reader = makeReader({ last: isSame ? cursor.last : last, head, isReplayed: false, hasPages: true })
    const talk = { epoch, reader }
    talks.set(room, talk)
    cursors.set(room, { epoch, last: reader.last() })
    read(room, talk, reader.begin())
    return talk
  }

  const read = (room: string, talk: Talk, readings: ReadonlyArray<Reading>): void => {
    const { epoch, reader } = talk
    // What comes of a conversation that is over, comes too late.
    if (talks.get(room) !== talk) return
    for (const reading of readings) {
      if (reading._tag === "Shown" && reading.entry.type === "message") {
        tell({ _tag: "Entry", epoch, entry: reading.entry })
      } else if (reading._tag === "Wants") turnPage(room, talk, reading.after)
      // An entry of another kind has its place, and nothing is told of it.
      else if (reading._tag === "Gone")
        tell({ _tag: "Gone", room, epoch, from: reading.from, to: reading.to, isForever: reading.isForever })
    }
    cursors.set(room, { epoch, last: reader.last() })
  }

  const turnPage = (room: string, talk: Talk, after: number): void =>
    ask({ type: "history", room, after, epoch: talk.epoch }, (reply) => {
      if (reply.type === "error" && reply.code === "unavailable") {
        return wait(reply, () => talks.get(room) === talk && turnPage(room, talk, after))
      }
      read(room, talk, talk.reader.page(reply.type === "history" ? reply : undefined))
    })

  const list = (here: typeof talks, after?: string): void =>
    ask({ type: "conversations", ...(after === undefined ? {} : { after }) }, (reply) => {
      if (reply.type === "error" && reply.code === "unavailable")
        return wait(reply, () => talks === here && list(here, after))
      if (reply.type !== "conversations") return
      for (const { epoch, first, head, room } of reply.conversations) {
        // What has come live already is read from there backwards.
        if (talks.get(room)?.epoch !== epoch) meet(room, epoch, { last: Math.max(first - 1, head - newest), head })
      }
      const last = reply.conversations.at(-1)?.room
      if (reply.more === true && last !== undefined && last > (after ?? "")) list(here, last)
    })

  return {
    welcome: (isContinued) => {
      if (!isContinued) cursors.clear()
      list(talks)
    },
    hear: (entry) => {
      const { epoch, room, seq } = entry
      if (epoch === undefined) return
      const known = talks.get(room)
      const talk = known?.epoch === epoch ? known : meet(room, epoch, { last: Math.max(0, seq - 1 - newest), head: 0 })
      read(room, talk, talk.reader.take(entry))
    },
    epoch: (room) => cursors.get(room)?.epoch,
    forget: (room) => {
      talks.delete(room)
      cursors.delete(room)
    },
    lost: () => {
      talks = new Map()
    }
  }
}
