/**
 * The log of a room: only the lines that can be seen are drawn, however many there are. It stays at the end while its reader is there,
 * and where it is while older entries come in above.
 *
 * @module
 */

import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual"
import type { ChatRoom } from "@tertulia/client/web"
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import { useRoom } from "../desk.ts"
import { dayKey } from "../look.ts"
import { useWords } from "../words/use-words.ts"
import { Beginning } from "./empty.tsx"
import { Icon } from "./icon.tsx"
import { continues, Line } from "./line.tsx"
import type { Writing } from "./room.tsx"
import { type Entry, seqOf, useStretch } from "./stretch.ts"

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

/** So many lines before its edge a stretch goes on. */
const margin = 200

export const Log = ({ onWrite, room, seq, visit }: LogProps) => {
  const words = useWords()
  const { entries, hasOlder, isDirect, last, name, read, unread } = useRoom(room)
  const scroller = useRef<HTMLDivElement>(null)
  const [isAtEnd, setAtEnd] = useState(seq === undefined)
  const [isReading, setReading] = useState(false)
  const [active, setActive] = useState<string>()
  const divider = useDivider(read, entries)

  const stretch = useStretch(entries)
  const { isLast, lines, start } = stretch
  const activeIndex = useMemo(
    () => (active === undefined ? -1 : lines.findLastIndex(({ id }) => id === active)),
    [active, lines]
  )
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(lines[index]!, lines[index - 1], scroller.current?.clientWidth ?? 800),
    getItemKey: useCallback((index: number) => lines[index]!.id, [lines]),
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
  /** Where it was last: whoever is above that has scrolled up. */
  const offset = useRef(0)
  const toEnd = useCallback(() => {
    const { current } = scroller
    if (current === null || !sticks.current) return
    current.scrollTop = current.scrollHeight
    offset.current = current.scrollTop
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever makes it higher
  useLayoutEffect(toEnd, [lines, height, toEnd])
  useEffect(() => {
    const { current } = scroller
    if (current === null) return
    const observer = new ResizeObserver(toEnd)
    observer.observe(current)
    return () => observer.disconnect()
  }, [toEnd])

  const look = () => {
    const { clientHeight, scrollHeight, scrollTop } = scroller.current!
    if (isLast && scrollHeight - scrollTop - clientHeight <= near) sticks.current = true
    else if (scrollTop < offset.current) sticks.current = false
    offset.current = scrollTop
    setAtEnd(sticks.current)
    if (sticks.current) return
    // The stretch goes on before one is at its edge.
    const [first, final] = [scrollTop, scrollTop + clientHeight].map(
      (at) => virtual.getVirtualItemForOffset(at)?.index ?? 0
    )
    if (start > 0 && first! < margin) stretch.move(-1)
    else if (!isLast && final! > lines.length - margin) stretch.move(1)
  }

  const jump = () => {
    sticks.current = true
    setAtEnd(true)
    stretch.toEnd()
    toEnd()
  }

  // The entry that the address names is read for, and shown.
  const shown = useRef("")
  const [target, setTarget] = useState<number>()
  useEffect(() => {
    const wish = `${visit} ${seq}`
    if (seq === undefined || shown.current === wish || entries.length === 0) return
    const index = entries.findIndex((entry) => seqOf(entry) >= seq)
    const isThere = index > 0 || (index === 0 && (seqOf(entries[0]) === seq || !hasOlder))
    if (!isThere) {
      // What is beyond the end may still come.
      if (index === 0 && hasOlder) void room.older(200).catch(() => {})
      return
    }
    sticks.current = false
    setAtEnd(false)
    if (index < start || index >= start + lines.length) return stretch.show(index)
    shown.current = wish
    setTarget(seq)
    setActive(entries[index]!.id)
    virtual.scrollToIndex(index - start, { align: "center" })
  }, [entries, hasOlder, lines, room, seq, start, stretch, visit, virtual])
  useEffect(() => {
    if (target === undefined) return
    const timer = setTimeout(() => setTarget(undefined), 3_000)
    return () => clearTimeout(timer)
  }, [target])

  // Older entries are read before one is at the first.
  useEffect(() => {
    if (start > 0 || !hasOlder || isReading || top > 20) return
    setReading(true)
    room.older(100).then(
      () => setReading(false),
      () => setTimeout(() => setReading(false), 1_000)
    )
  }, [hasOlder, isReading, room, start, top])

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
      ArrowUp: start + activeIndex - 1,
      ArrowDown: start + activeIndex + 1,
      Home: 0,
      End: entries.length - 1
    }
    const wanted = steps[event.key]
    if (wanted === undefined || event.altKey) return
    event.preventDefault()
    focusOn(Math.max(0, Math.min(entries.length - 1, wanted)))
  }

  const wanted = useRef<string>(undefined)
  const focusOn = (index: number) => {
    const entry = entries[index]
    if (entry === undefined) return
    wanted.current = entry.id
    setActive(entry.id)
    sticks.current &&= index === entries.length - 1
    stretch.show(index)
  }
  // The line that was gone to takes the focus once it is drawn.
  useEffect(() => {
    if (wanted.current === undefined || wanted.current !== active || activeIndex === -1) return
    wanted.current = undefined
    virtual.scrollToIndex(activeIndex, { align: "auto" })
    scroller.current?.querySelector<HTMLElement>(`[data-index="${activeIndex}"]`)?.focus()
  }, [active, activeIndex, virtual])

  const tabIndexOf = (id: string, index: number) =>
    id === active || (activeIndex === -1 && index === lines.length - 1) ? 0 : -1

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
          {items.map(({ index, key, start: from }) => {
            const entry = lines[index]!
            const before = lines[index - 1]
            return (
              <article
                key={key}
                className={target !== undefined && seqOf(entry) === target ? "log-line is-target" : "log-line"}
                ref={virtual.measureElement}
                data-index={index}
                data-row=""
                tabIndex={tabIndexOf(entry.id, index)}
                onFocus={() => setActive(entry.id)}
                style={{ transform: `translateY(${from}px)` }}
                aria-setsize={hasOlder ? -1 : entries.length}
                aria-posinset={start + index + 1}
              >
                <Line
                  room={room}
                  entry={entry}
                  before={before}
                  isNewDay={isNewDay(entry, before, hasOlder || start > 0)}
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
  entry !== undefined && (entry._tag === "Message" || entry._tag === "Topic" || entry._tag === "Deed")
    ? entry.at
    : undefined

/**
 * How high a line will be, in pixels: right for most of what people say, because each that turns out otherwise moves all that follow it.
 * What `styles/log.css` says of lines.
 */
const heightOf = (entry: Entry, before: Entry | undefined, width: number): number => {
  const known = heights.get(entry)
  if (known?.width === width && known.before === before) return known.height
  const height = measureOf(entry, before, width)
  heights.set(entry, { before, width, height })
  return height
}

const heights = new WeakMap<
  Entry,
  { readonly before: Entry | undefined; readonly width: number; readonly height: number }
>()

const measureOf = (entry: Entry, before: Entry | undefined, width: number): number => {
  if (entry._tag === "Topic" || entry._tag === "Deed" || entry._tag === "Gone") return 28
  const { text = "" } = entry
  const perRow = Math.max(10, (width - 92) / 7.6)
  const rows = text.length < perRow && !text.includes("\n") ? 1 : rowsOf(text, perRow)
  const fate = entry._tag === "Waiting" ? 20 : entry.reactions.length > 0 ? 34 : 0
  return (continues(entry, before) ? 2 : 33) + 24 * rows + fate
}

const rowsOf = (text: string, perRow: number): number =>
  text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / perRow)), 0)

/** Of the first that is there while older ones are to come, nobody knows yet. */
const isNewDay = (entry: Entry, before: Entry | undefined, hasOlder: boolean): boolean => {
  const at = atOf(entry)
  const earlier = atOf(before)
  if (at === undefined || (before === undefined && hasOlder)) return false
  return earlier === undefined || dayKey(at) !== dayKey(earlier)
}

const isFirstNew = (entry: Entry, before: Entry | undefined, divider: number): boolean =>
  divider > 0 &&
  !isOwn(entry) &&
  seqOf(entry) > divider &&
  before !== undefined &&
  before._tag !== "Waiting" &&
  seqOf(before) <= divider

const isOwn = (entry: Entry | undefined): boolean =>
  entry?._tag === "Waiting" || (entry?._tag === "Message" && entry.isMine)

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
