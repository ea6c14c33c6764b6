/**
 * What somebody knows of their conversations, through all of their connections, and what they ask for to catch up: the algorithm of
 * spec/direct.md.
 *
 * @module
 */
import type { Conversations, History, Message, Request } from "@tertulia/protocol"

/** What is asked for next, if anything is; the `id` is the caller's. */
type Asks = ReadonlyArray<Omit<Extract<Request, { readonly type: "history" }>, "id">>

export interface Talks {
  /** A connection begins: no page is under way on it. */
  readonly begin: () => void
  readonly onList: (list: Conversations) => Asks
  readonly onMessage: (message: Message) => Asks
  readonly onPage: (page: History) => Asks
  /** Whether everything that is known to be there has come. */
  readonly areUpToDate: () => boolean
}

export interface TalksOptions {
  /** Is told each entry once, in order. */
  readonly show: (message: Message) => void
  /** Is told what no server may do, in words. */
  readonly complain: (what: string) => void
}

interface Talk {
  readonly room: string
  readonly epoch: string
  /** The last entry that was shown. */
  last: number
  /** The last one that was shown by earlier connections: what comes live may be there before a list that doesn't count it. */
  held: number
  /** The last one that is known to be there. */
  to: number
  isFetching: boolean
  /** What came too early. */
  readonly aside: Map<number, Message>
}

export const makeTalks = ({ complain, show }: TalksOptions): Talks => {
  const talks = new Map<string, Talk>()

  const meet = (room: string, epoch: string): Talk => {
    const known = talks.get(room)
    if (known?.epoch === epoch) return known
    if (known !== undefined) complain(`${room} is another conversation`)
    const talk = { room, epoch, last: 0, held: 0, to: 0, isFetching: false, aside: new Map<number, Message>() }
    talks.set(room, talk)
    return talk
  }

  const take = (talk: Talk, message: Message) => {
    if (message.seq <= talk.last) return
    talk.aside.set(message.seq, message)
    talk.to = Math.max(talk.to, message.seq)
    for (let next = talk.aside.get(talk.last + 1); next !== undefined; next = talk.aside.get(talk.last + 1)) {
      talk.aside.delete(next.seq)
      talk.last = next.seq
      show(next)
    }
  }

  const fetch = (talk: Talk): Asks => {
    if (talk.isFetching || talk.last >= talk.to) return []
    talk.isFetching = true
    return [{ type: "history", room: talk.room, after: talk.last, epoch: talk.epoch }]
  }

  return {
    begin: () => {
      for (const talk of talks.values()) {
        talk.isFetching = false
        talk.aside.clear()
        talk.to = talk.last
        talk.held = talk.last
      }
    },
    onList: ({ conversations, more }) => {
      if (more === true) complain("the list of so few conversations has more than a page")
      const listed = new Set(conversations.map(({ room }) => room))
      for (const { held, room } of talks.values()) {
        if (held > 0 && !listed.has(room)) complain(`${room} isn't in the list any more`)
      }
      return conversations.flatMap(({ epoch, head, room }) => {
        const talk = meet(room, epoch)
        if (head < talk.held) complain(`the head of ${room} fell from ${talk.held} to ${head}`)
        talk.to = Math.max(talk.to, head)
        return fetch(talk)
      })
    },
    onMessage: (message) => {
      const talk = meet(message.room, message.epoch ?? "")
      take(talk, message)
      return fetch(talk)
    },
    onPage: ({ entries, epoch, room }) => {
      const talk = meet(room, epoch)
      talk.isFetching = false
      const before = talk.last
      for (const entry of entries) if (entry.type === "message") take(talk, { ...entry, room, epoch })
      if (talk.last === before && talk.last < talk.to) {
        complain(`${room} has no entry ${talk.last + 1}, though there is an entry ${talk.to}`)
        talk.to = talk.last
      }
      return fetch(talk)
    },
    areUpToDate: () => [...talks.values()].every(({ last, to }) => last >= to)
  }
}
