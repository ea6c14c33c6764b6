/**
 * Lists that are cut into slices, judged slice by slice.
 *
 * @module
 */
import type { Limits, Request, ServerMessage } from "@tertulia/protocol"
import type { Wrong } from "./places.ts"

/** Requests and replies of lists that are cut into slices. */
type ListType = "rooms" | "members" | "conversations" | "users" | "standings"

const listTypes: ReadonlySet<string> = new Set<ListType>(["rooms", "members", "conversations", "users", "standings"])

const isListRequest = (request: Request): request is Extract<Request, { type: ListType }> => listTypes.has(request.type)

const namesIn = (list: Extract<ServerMessage, { type: ListType }>): ReadonlyArray<string> => {
  switch (list.type) {
    case "rooms":
      return list.rooms.map(({ room }) => room)
    case "members":
      return list.members
    case "conversations":
      return list.conversations.map(({ room }) => room)
    case "users":
      return list.users.map(({ nick }) => nick)
    case "standings":
      return list.standings.map(({ nick }) => nick)
  }
}

/** Judges the order and the length of a slice. */
export const judgeSlice = (
  request: Request | undefined,
  reply: Extract<ServerMessage, { type: ListType }>,
  limits: Limits,
  wrong: Wrong
) => {
  if (request === undefined || !isListRequest(request)) return
  const names = namesIn(reply)
  const from = request.after === undefined ? [] : [request.after]
  const all = [...from, ...names]
  if (all.some((name, index) => index > 0 && name <= all[index - 1]!)) {
    wrong("LIST-1", "names above `after`, each once and ascending")
  }
  const most = Math.min(request.limit ?? limits.page, limits.page)
  if (names.length > most) wrong("LIST-2", `at most ${most} items`)
}
