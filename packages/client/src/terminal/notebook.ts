/**
 * What a conversation remembers from one connection to the next.
 *
 * @module
 */

/** How far a person has read in a room (spec/order.md, Catching up). */
export interface Cursor {
  readonly epoch: string
  /** The `seq` of the last entry that was shown. */
  readonly after: number
}

/** One person's notebook. Mutable: the conversation writes it, and reads it when it comes back. */
export interface Notebook {
  /** The rooms that the person is in, in the order in which they were entered. */
  readonly rooms: Map<string, Cursor>
  /** Where what is typed goes. */
  current: string | undefined
  /** Lines that were typed and certainly not said: the connection had ended. */
  readonly unsent: Array<string>
  /** How many lines were refused, or may not have been said. */
  unsaid: number
  /** Whether the person has ever been in a room: before that there is nothing to come back to. */
  entered: boolean
  /** How often coming back has failed since the person was last in a room. */
  failures: number
}

export const emptyNotebook = (): Notebook => ({
  rooms: new Map(),
  current: undefined,
  unsent: [],
  unsaid: 0,
  entered: false,
  failures: 0
})
