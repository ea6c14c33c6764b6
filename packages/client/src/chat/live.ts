/**
 * Values that change, for programs without Effect: to look at, to be told of, to iterate over.
 *
 * @module
 */

/** A value that changes: what React's `useSyncExternalStore(live.subscribe, live.get)` takes. */
export interface Live<A> {
  /** The value now: the same object for as long as it says the same. */
  readonly get: () => A
  /** Calls back after changes, of which several may come as one; returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void
}

/** Who wants to be told of changes. */
export const makeListeners = () => {
  const listeners = new Set<() => void>()
  let isScheduled = false
  return {
    subscribe: (listener: () => void) => {
      // Of its own, so that one function may listen twice.
      const own = () => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    /** Tells all of them soon: what changes meanwhile is told at once. */
    changed: () => {
      if (isScheduled || listeners.size === 0) return
      isScheduled = true
      setTimeout(() => {
        isScheduled = false
        for (const listener of [...listeners]) listener()
      }, 0)
    }
  }
}

/**
 * What happens, for everybody who iterates: each hears all from then on, at their own pace, until the end.
 *
 * @param before what each hears first
 */
export const makeHappenings = <A>(before: () => ReadonlyArray<A> = () => []) => {
  const readers = new Set<{ readonly put: (event: A) => void; readonly end: () => void }>()
  let isOver = false

  const iterate = (): AsyncIterableIterator<A> => {
    const waiting: Array<A> = [...before()]
    let isDone = isOver
    // Those who have asked for what isn't there yet, in their order.
    const asking: Array<() => void> = []
    const wake = () => {
      for (const each of asking.splice(0)) each()
    }
    const reader = {
      put: (event: A) => {
        waiting.push(event)
        wake()
      },
      end: () => {
        isDone = true
        readers.delete(reader)
        wake()
      }
    }
    if (!isDone) readers.add(reader)
    const next = async (): Promise<IteratorResult<A, undefined>> => {
      while (waiting.length === 0 && !isDone) {
        await new Promise<void>((resolve) => {
          asking.push(resolve)
        })
      }
      const [event] = waiting
      if (waiting.length === 0) return { done: true, value: undefined }
      waiting.shift()
      return { done: false, value: event as A }
    }
    return {
      next,
      return: async () => {
        reader.end()
        waiting.length = 0
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      }
    }
  }

  return {
    /** Begins to hear with its iteration. */
    iterable: { [Symbol.asyncIterator]: iterate } as AsyncIterable<A>,
    put: (event: A) => {
      for (const reader of readers) reader.put(event)
    },
    end: () => {
      isOver = true
      for (const reader of [...readers]) reader.end()
    }
  }
}
