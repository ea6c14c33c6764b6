import type { Live } from "@tertulia/client/chat"

/** Waits until something that changes is as it should be; fails with what it is after 20 seconds. */
export const until = <A, B>(live: Live<A>, look: (now: A) => B | undefined | false): Promise<B> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(wait)
      end()
    }
    const check = () => {
      const seen = look(live.get())
      if (seen === undefined || seen === false) return
      stop()
      resolve(seen)
    }
    const wait = setTimeout(() => {
      stop()
      reject(new Error(`it never was so, but ${JSON.stringify(live.get())}`))
    }, 20_000)
    const end = live.subscribe(check)
    check()
  })
