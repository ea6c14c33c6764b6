import { may, type RoomAction, type RoomKind, type RoomRole, roomActions, roomKinds, roomRoles } from "../rights.ts"
import type { Vector, VectorFile } from "./notation.ts"

/** One cell of the table of rights, for one role. */
export interface RightsVector extends Vector {
  readonly action: RoomAction
  readonly kind: RoomKind
  readonly role: RoomRole
  readonly allowed: boolean
}

/** Who may do what in which rooms. */
export const rights: VectorFile<RightsVector> = {
  title: "Rights",
  description: [
    "Whoever has {role} in a room of the kind {kind} may do {action} if {allowed} is true; if not, the request is answered by forbidden, or, where the action is list, the room isn't shown.",
    "Whoever is an outsider or invited isn't in the room: of them, every action but join and list is answered by not-joined."
  ],
  protocol: 1,
  vectors: roomActions.flatMap((action) =>
    roomKinds.flatMap((kind) =>
      roomRoles.map((role) => ({
        name: `${action} by ${role} of a ${kind} room`,
        requirements: [action === "list" ? "RIGHTS-3" : action === "delete" ? "RIGHTS-4" : "RIGHTS-1"],
        action,
        kind,
        role,
        allowed: may(role, action, kind)
      }))
    )
  )
}
