/**
 * Who may do what in which rooms: the one table that spec/moderation.md shows, the server reads and the suite tests cell by cell.
 *
 * @module
 */

/** What rooms there are: one that is private lets in who is invited; one that is secret is shown to nobody else, either. */
export const roomKinds = ["public", "private", "secret"] as const

export type RoomKind = (typeof roomKinds)[number]

/**
 * What somebody is to a room, each with what those before it may: an outsider; one who is invited; a member, who is in it; a moderator; the
 * owner; an operator of the server, who is that in every room.
 */
export const roomRoles = ["outsider", "invited", "member", "moderator", "owner", "operator"] as const

export type RoomRole = (typeof roomRoles)[number]

/** What `delete` means here is that of somebody else's message. */
export const roomActions = [
  "join",
  "list",
  "standings",
  "invite",
  "kick",
  "ban",
  "mute",
  "delete",
  "slow",
  "role",
  "kind"
] as const

export type RoomAction = (typeof roomActions)[number]

type Row = Readonly<Record<RoomKind, RoomRole>>

const everywhere = (role: RoomRole): Row => ({ public: role, private: role, secret: role })

/** The least role that may do something, by the kind of the room. */
export const rights: Readonly<Record<RoomAction, Row>> = {
  join: { public: "outsider", private: "invited", secret: "invited" },
  list: { public: "outsider", private: "outsider", secret: "invited" },
  standings: everywhere("member"),
  invite: { public: "member", private: "member", secret: "moderator" },
  kick: everywhere("moderator"),
  ban: everywhere("moderator"),
  mute: everywhere("moderator"),
  delete: everywhere("moderator"),
  slow: everywhere("moderator"),
  role: everywhere("owner"),
  kind: everywhere("owner")
}

const rankOf = (role: RoomRole): number => roomRoles.indexOf(role)

/** Whether one role is above another. */
export const isAbove = (role: RoomRole, other: RoomRole): boolean => rankOf(role) > rankOf(other)

/** Whether somebody may do something in a room. */
export const may = (role: RoomRole, action: RoomAction, kind: RoomKind): boolean => !isAbove(rights[action][kind], role)
