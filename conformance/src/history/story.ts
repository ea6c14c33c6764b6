/**
 * The least of a history that shows what was found in it, for people: short names, and numbers from 1.
 *
 * @module
 */
import { isEntryEvent, type Request, type ServerMessage } from "@tertulia/protocol"
import type { RequirementId } from "../generated/requirement-id.ts"
import type { Lane, Observation, Violation } from "../history.ts"
import { SuiteFault } from "../verdict.ts"
import { countOf, firstFound, shrink } from "./shrink.ts"

/** What a history comes down to. */
export interface Story {
  readonly requirement: RequirementId
  /** Judged by themselves, they break the requirement by this violation. */
  readonly lanes: ReadonlyArray<Lane>
  readonly violation: Violation
  /** How much was recorded. */
  readonly recorded: { readonly connections: number; readonly observations: number }
}

/** The story of a history in which a requirement is broken; without one, of the first that is. None if none is. */
export const storyOf = (lanes: ReadonlyArray<Lane>, of?: RequirementId): Story | undefined => {
  const found = firstFound(lanes, of)
  if (found === undefined) return undefined
  const least = readable(shrink(lanes, found))
  // By other names it is the same violation: nothing that the judge looks at has changed.
  const told = firstFound(least, found.requirement)
  if (told === undefined) throw new SuiteFault(`the story of ${found.requirement} has lost its point`)
  return {
    requirement: found.requirement,
    lanes: least,
    violation: told.violation,
    recorded: { connections: lanes.length, observations: countOf(lanes) }
  }
}

/** The same history under names that are easily read; moments become 1, 2, 3, ... */
const readable = (lanes: ReadonlyArray<Lane>): ReadonlyArray<Lane> => {
  const moments = lanes.flatMap(({ ended, observations }) => [
    ...observations.map(({ moment }) => moment),
    ...(ended === undefined ? [] : [ended])
  ])
  const nth = new Map(moments.toSorted((one, other) => one - other).map((moment, index) => [moment, index + 1]))
  const names = shortNames(lanes)
  const objects = lanes.flatMap(({ observations }) => observations.map(objectOf))
  const room = shorten(objects.flatMap(roomsIn))
  const epochs = [...new Set(objects.flatMap(epochsIn))]
  const epoch = (given: string) => `k${epochs.indexOf(given) + 1}`
  return lanes.map(({ ended, nick, observations, who }) => {
    const ids = new Map<number, number>()
    const idOf = (id: number) => {
      if (!ids.has(id)) ids.set(id, ids.size + 1)
      return ids.get(id)!
    }
    const rename: Rename = { nick: names, room, epoch, id: idOf }
    return {
      who,
      nick: names(nick),
      observations: observations.map((observation): Observation => {
        const moment = nth.get(observation.moment)!
        return "sent" in observation
          ? { moment, sent: asked(observation.sent, rename) }
          : { moment, got: answered(observation.got, rename) }
      }),
      ...(ended === undefined ? {} : { ended: nth.get(ended)! })
    }
  })
}

const objectOf = (observation: Observation): Request | ServerMessage =>
  "sent" in observation ? observation.sent : observation.got

const roomsIn = (object: Request | ServerMessage): ReadonlyArray<string> => ("room" in object ? [object.room] : [])

const epochsIn = (object: Request | ServerMessage): ReadonlyArray<string> =>
  "epoch" in object && object.epoch !== undefined ? [object.epoch] : []

/** The nicks of the lanes, then whoever else is named. */
const shortNames = (lanes: ReadonlyArray<Lane>): ((nick: string) => string) => {
  const named = lanes.flatMap(({ observations }) =>
    observations.flatMap((observation) => ("got" in observation ? nicksIn(observation.got) : []))
  )
  return shorten([...lanes.map(({ nick }) => nick), ...named])
}

const nicksIn = (got: ServerMessage): ReadonlyArray<string> => {
  if (isEntryEvent(got)) return [got.from]
  switch (got.type) {
    case "member":
      return [got.nick]
    case "joined":
    case "members":
      return got.members
    default:
      return []
  }
}

/** Names up to their first `-`, with a number where that says two things. */
const shorten = (names: ReadonlyArray<string>): ((name: string) => string) => {
  const short = new Map<string, string>()
  const taken = new Set<string>()
  for (const name of new Set(names)) {
    const base = name.split("-")[0]!
    let candidate = base
    for (let number = 2; taken.has(candidate); number++) candidate = `${base}-${number}`
    taken.add(candidate)
    short.set(name, candidate)
  }
  return (name) => short.get(name) ?? name
}

interface Rename {
  readonly nick: (nick: string) => string
  readonly room: (room: string) => string
  readonly epoch: (epoch: string) => string
  readonly id: (id: number) => number
}

const asked = (request: Request, { epoch, id, room }: Rename): Request => {
  const own = { ...request, id: id(request.id) }
  if (own.type === "join")
    return { ...own, room: room(own.room), ...(own.epoch === undefined ? {} : { epoch: epoch(own.epoch) }) }
  return "room" in own ? { ...own, room: room(own.room) } : own
}

const answered = (got: ServerMessage, { epoch, id, nick, room }: Rename): ServerMessage => {
  const own = "re" in got && got.re !== undefined ? { ...got, re: id(got.re) } : got
  if (isEntryEvent(own)) return { ...own, room: room(own.room), from: nick(own.from) }
  switch (own.type) {
    case "member":
      return { ...own, room: room(own.room), nick: nick(own.nick) }
    case "joined":
      return { ...own, room: room(own.room), epoch: epoch(own.epoch), members: own.members.map(nick) }
    case "members":
      return { ...own, room: room(own.room), members: own.members.map(nick) }
    case "sent":
    case "left":
      return { ...own, room: room(own.room) }
    default:
      return own
  }
}
