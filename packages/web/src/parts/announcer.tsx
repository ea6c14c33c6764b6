/**
 * Says what is new to screen readers: one place for the whole page, so that nothing is said twice and no history is read out.
 *
 * @module
 */
export interface Announcement {
  readonly nth: number
  readonly text: string
}

/** Two lines by turns: the same words said twice are a change, too. */
export const Announcer = ({ announcement: { nth, text } }: { readonly announcement: Announcement }) => (
  <div className="unseen" aria-live="polite">
    <p>{nth % 2 === 0 ? text : ""}</p>
    <p>{nth % 2 === 1 ? text : ""}</p>
  </div>
)
