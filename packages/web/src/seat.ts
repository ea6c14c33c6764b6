/**
 * One tab of a browser at a time goes on as a person: two would send everything twice.
 *
 * @module
 */

/** A seat that is held: `lost` resolves when another tab has taken it over. */
export interface Seat {
  readonly lost: Promise<void>
  readonly free: () => void
}

const never = new Promise<void>(() => {})

/** Takes the seat of a person; undefined while another tab has it, unless it is to be taken over. */
export const takeSeat = (nick: string, takeOver: boolean): Promise<Seat | undefined> => {
  // Only a page from localhost or over HTTPS can ask.
  if (navigator.locks === undefined) return Promise.resolve({ lost: never, free: () => {} })
  return new Promise((resolve) => {
    let free = () => {}
    const held = new Promise<void>((end) => {
      free = end
    })
    const options: LockOptions = takeOver ? { steal: true } : { ifAvailable: true }
    const over = navigator.locks.request(`tertulia ${nick}`, options, (lock) => {
      if (lock === null) return resolve(undefined)
      resolve({ lost, free })
      return held
    })
    const lost = over.then(
      () => never,
      () => {}
    )
  })
}
