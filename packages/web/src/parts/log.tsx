/**
 * The log of a room: only the lines that can be seen are drawn, however many there are. It stays at the end while its reader is there,
 * and where it is while older entries come in above.
 *
 * @module
 */

import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual"
import type { ChatRoom, RoomSnapshot } from "@tertulia/client/web"
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react"
import { useRoom } from "../desk.ts"
import { dayKey } from "../look.ts"
import { useWords } from "../words/use-words.ts"
import { Beginning } from "./empty.tsx"
import { Icon } from "./icon.tsx"
import { Line } from "./line.tsx"
import type { Writing } from "./room.tsx"

type Entry = RoomSnapshot["entries"][number]

interface LogProps {
  readonly room: ChatRoom
  /** An entry to show, if the address names one. */
  readonly seq: number | undefined
  /** Another each time that one goes there. */
  readonly visit: number
  readonly onWrite: (writing: Writing) => void
}

/** Pixels from the end within which one is at the end. */
const near = 60

export const Log = ({ onWrite, room, seq, visit }: LogProps) => {
  const words = useWords()
  const { entries, hasOlder, isDirect, last, name, read, unread } = useRoom(room)
  const scroller = useRef<HTMLDivElement>(null)
  const [isAtEnd, setAtEnd] = useState(seq === undefined)
  const [isReading, setReading] = useState(false)
  const [active, setActive] = useState<string>()
  const divider = useDivider(read, entries)

  const activeIndex = active === undefined ? -1 : entries.findLastIndex(({ id }) => id === active)
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 44,
    getItemKey: useCallback((index: number) => entries[index]!.id, [entries]),
    overscan: 8,
    anchorTo: "end",
    scrollEndThreshold: near,
    paddingStart: 16,
    paddingEnd: 8,
    // The line that has the focus stays, wherever one scrolls.
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = defaultRangeExtractor(range)
        return activeIndex === -1 || shown.includes(activeIndex)
          ? shown
          : [...shown, activeIndex].sort((one, other) => one - other)
      },
      [activeIndex]
    )
  })

  // What stands above what is seen moves nothing of it, also when it turns out to have another height while one scrolls up.
  virtual.shouldAdjustScrollPositionOnItemSizeChange = ({ end, key, start }, _delta, { itemSizeCache, scrollOffset }) =>
    (itemSizeCache.has(key) ? end : start + 1) <= (scrollOffset ?? 0)

  const items = virtual.getVirtualItems()
  const top = items[0]?.index ?? 0
  const height = virtual.getTotalSize()

  // One comes in at the end, unless the address names an entry; and stays there until one scrolls up, however much comes and however high
  // it turns out to be.
  const sticks = useRef(seq === undefined)
  const toEnd = useCallback(() => {
    const { current } = scroller
    if (current !== null && sticks.current) current.scrollTop = current.scrollHeight
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever makes it higher
  useLayoutEffect(toEnd, [entries, height, toEnd])
  useEffect(() => {
    const { current } = scroller
    if (current === null) return
    const observer = new ResizeObserver(toEnd)
    observer.observe(current)
    return () => observer.disconnect()
  }, [toEnd])

  const offset = useRef(0)
  const look = () => {
    const { clientHeight, scrollHeight, scrollTop } = scroller.current!
    if (scrollHeight - scrollTop - clientHeight <= near) sticks.current = true
    else if (scrollTop < offset.current) sticks.current = false
    offset.current = scrollTop
    setAtEnd(sticks.current)
  }

  const jump = () => {
    sticks.current = true
    setAtEnd(true)
    toEnd()
  }

  // The entry that the address names is read for, and shown.
  const shown = useRef("")
  const [target, setTarget] = useState<number>()
  useEffect(() => {
    const wish = `${visit} ${seq}`
    if (seq === undefined || shown.current === wish || entries.length === 0) return
    const index = entries.findIndex((entry) => entry._tag !== "Waiting" && seqOf(entry) >= seq)
    const isThere = index > 0 || (index === 0 && (seqOf(entries[0]) === seq || !hasOlder))
    if (!isThere) {
      // What is beyond the end may still come.
      if (index === 0 && hasOlder) void room.older(200).catch(() => {})
      return
    }
    shown.current = wish
    sticks.current = false
    setAtEnd(false)
    setTarget(seq)
    setActive(entries[index]!.id)
    virtual.scrollToIndex(index, { align: "center" })
  }, [entries, hasOlder, room, seq, visit, virtual])
  useEffect(() => {
    if (target === undefined) return
    const timer = setTimeout(() => setTarget(undefined), 3_000)
    return () => clearTimeout(timer)
  }, [target])

  // Older entries are read before one is at the first.
  useEffect(() => {
    if (!hasOlder || isReading || top > 20) return
    setReading(true)
    room.older(100).then(
      () => setReading(false),
      () => setTimeout(() => setReading(false), 1_000)
    )
  }, [hasOlder, isReading, room, top])

  // What is in sight has been read.
  useEffect(() => {
    if (!isAtEnd || last <= read) return
    const mark = () => {
      if (document.visibilityState === "visible" && document.hasFocus()) void room.read(last).catch(() => {})
    }
    mark()
    addEventListener("focus", mark)
    return () => removeEventListener("focus", mark)
  }, [isAtEnd, last, read, room])

  const move = (event: React.KeyboardEvent) => {
    const target = event.target as HTMLElement
    const isOnRow = target.matches("[data-row]")
    if (event.key === "Escape" && !isOnRow) {
      event.preventDefault()
      target.closest<HTMLElement>("[data-row]")?.focus()
      return
    }
    if (!isOnRow) return
    if (event.key === "Escape") {
      event.preventDefault()
      document.querySelector<HTMLElement>("[data-region=composer] textarea")?.focus()
      return
    }
    if (event.key === "Enter") {
      event.preventDefault()
      target.querySelector<HTMLElement>("a, button")?.focus()
      return
    }
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: activeIndex - 1,
      ArrowDown: activeIndex + 1,
      Home: 0,
      End: entries.length - 1
    }
    const wanted = steps[event.key]
    if (wanted === undefined || event.altKey) return
    event.preventDefault()
    focusOn(Math.max(0, Math.min(entries.length - 1, wanted)))
  }

  const focusOn = (index: number) => {
    const entry = entries[index]
    if (entry === undefined) return
    setActive(entry.id)
    sticks.current &&= index === entries.length - 1
    virtual.scrollToIndex(index, { align: "auto" })
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus())
  }

  const tabIndexOf = (id: string, index: number) =>
    id === active || (activeIndex === -1 && index === entries.length - 1) ? 0 : -1

  return (
    <div className="log-frame">
      <div
        ref={scroller}
        className="log"
        role="log"
        // What is new is said by the announcer: here, what is scrolled into sight would be, too.
        aria-live="off"
        aria-label={words.room.log(name)}
        aria-busy={isReading}
        data-region="log"
        onScroll={look}
        onKeyDown={move}
      >
        {entries.length === 0 && !hasOlder && <Beginning name={name} isDirect={isDirect} />}
        <div className="log-lines" style={{ height: `${height}px` }}>
          {items.map(({ index, key, start }) => {
            const entry = entries[index]!
            const before = entries[index - 1]
            return (
              <article
                key={key}
                className={target !== undefined && seqOf(entry) === target ? "log-line is-target" : "log-line"}
                ref={virtual.measureElement}
                data-index={index}
                data-row=""
                tabIndex={tabIndexOf(entry.id, index)}
                onFocus={() => setActive(entry.id)}
                style={{ transform: `translateY(${start}px)` }}
                aria-setsize={hasOlder ? -1 : entries.length}
                aria-posinset={index + 1}
              >
                <Line
                  room={room}
                  entry={entry}
                  before={before}
                  isNewDay={isNewDay(entry, before, hasOlder)}
                  isFirstNew={isFirstNew(entry, before, divider)}
                  onWrite={onWrite}
                />
              </article>
            )
          })}
        </div>
      </div>
      {!isAtEnd && (
        <button type="button" className="jump" onClick={jump}>
          <Icon name="down" />
          {words.room.jump(unread)}
        </button>
      )}
    </div>
  )
}

const atOf = (entry: Entry | undefined): string | undefined =>
  entry !== undefined && (entry._tag === "Message" || entry._tag === "Topic") ? entry.at : undefined

/** Of the first that is there while older ones are to come, nobody knows yet. */
const isNewDay = (entry: Entry, before: Entry | undefined, hasOlder: boolean): boolean => {
  const at = atOf(entry)
  const earlier = atOf(before)
  if (at === undefined || (before === undefined && hasOlder)) return false
  return earlier === undefined || dayKey(at) !== dayKey(earlier)
}

const seqOf = (entry: Entry | undefined): number =>
  entry === undefined || entry._tag === "Waiting" ? 0 : entry._tag === "Gone" ? entry.to : entry.seq

const isFirstNew = (entry: Entry, before: Entry | undefined, divider: number): boolean =>
  divider > 0 &&
  !isOwn(entry) &&
  seqOf(entry) > divider &&
  before !== undefined &&
  before._tag !== "Waiting" &&
  seqOf(before) <= divider

const isOwn = (entry: Entry | undefined): boolean => entry?._tag === "Message" && entry.isMine

/** After which entry the new ones begin: where one had read up to when one came, when one looked away, or when one said something. */
const useDivider = (read: number, entries: ReadonlyArray<Entry>): number => {
  const [divider, setDivider] = useState(read)
  if (divider === 0 && read > 0) setDivider(read)
  const last = entries.findLast(({ _tag }) => _tag !== "Waiting")
  const own = isOwn(last) ? seqOf(last) : 0
  if (own > divider) setDivider(own)
  const now = useRef(read)
  now.current = read
  useEffect(() => {
    const mark = () => setDivider((before) => Math.max(before, now.current))
    addEventListener("blur", mark)
    return () => removeEventListener("blur", mark)
  }, [])
  return divider
}
