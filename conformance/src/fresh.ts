/**
 * Fresh names for written ones: `ana` in the spec is somebody whom nobody has ever met on the target.
 *
 * @module
 */
import { foldName, isDirectName, isNick, isRoomName } from "@tertulia/protocol"

/** The name with a suffix of its own, at most as long as a name may be. What breaks the grammar stays: that is its point. */
export const freshName = (name: string, suffix: string): string => {
  const folded = foldName(name)
  if (!isNick(folded) && !isRoomName(folded) && !isDirectName(folded)) return name
  const longest = (isNick(folded) ? 32 : 33) - suffix.length
  return `${name.slice(0, longest)}${suffix}`
}
