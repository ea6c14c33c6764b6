/**
 * The wire view: every message of the protocol as it goes and comes, with the sentence of the specification that it follows.
 *
 * @module
 */

import sentences from "virtual:sentences"
import { useVirtualizer } from "@tanstack/react-virtual"
import { visibleJson } from "@tertulia/protocol"
import { memo, useCallback, useLayoutEffect, useRef, useState } from "react"
import { useDesk } from "../desk.ts"
import { IconButton } from "../parts/icon.tsx"
import { set } from "../settings.ts"
import { RichText } from "../text/rich-text.tsx"
import { useLive } from "../use-live.ts"
import { useLanguage, useWords } from "../words/use-words.ts"
import { colouredJson } from "./json.tsx"
import { parse, rulesOf } from "./rules.ts"
import type { WireLine } from "./wire-log.ts"

const isHeartbeat = ({ line }: WireLine): boolean => /^\{"type":"(?:ping|pong)"/u.test(line)

const clock = (at: number): string => {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, "0")
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`
}

export default () => {
  const { wire: words } = useWords()
  const { wire } = useDesk()
  const now = useLive(wire)
  const [frozen, setFrozen] = useState<ReadonlyArray<WireLine>>()
  const [hasHeartbeats, setHeartbeats] = useState(false)
  const [open, setOpen] = useState<number>()
  const all = frozen ?? now
  const lines = hasHeartbeats ? all : all.filter((line) => !isHeartbeat(line))
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 76,
    getItemKey: useCallback((index: number) => lines[index]!.nth, [lines]),
    overscan: 6,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: 60,
    paddingStart: 8,
    paddingEnd: 8
  })
  const hasBegun = useRef(false)
  useLayoutEffect(() => {
    if (hasBegun.current || lines.length === 0) return
    hasBegun.current = true
    virtual.scrollToEnd()
  }, [lines.length, virtual])
  return (
    <aside className="aside wire" aria-label={words.title} data-region="aside">
      <header className="aside-head">
        <h2>{words.title}</h2>
        <IconButton
          icon={frozen === undefined ? "pause" : "play"}
          label={frozen === undefined ? words.pause : words.resume}
          onClick={() => setFrozen(frozen === undefined ? now : undefined)}
        />
        <IconButton icon="trash" label={words.clear} onClick={wire.clear} />
        <IconButton icon="close" label={words.hide} onClick={() => set({ aside: "none" })} />
      </header>
      <p className="hint wire-about">
        {words.about}{" "}
        <label className="check">
          <input type="checkbox" checked={hasHeartbeats} onChange={({ target }) => setHeartbeats(target.checked)} />
          {words.pings}
        </label>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus */}
      <section ref={scroller} className="wire-lines" tabIndex={0} aria-label={words.lines}>
        {lines.length === 0 && <p className="hint">{words.empty}</p>}
        <ol style={{ height: `${virtual.getTotalSize()}px` }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Passed
                line={lines[index]!}
                isOpen={lines[index]!.nth === open}
                onToggle={() => setOpen(lines[index]!.nth === open ? undefined : lines[index]!.nth)}
              />
            </li>
          ))}
        </ol>
      </section>
    </aside>
  )
}

interface PassedProps {
  readonly line: WireLine
  readonly isOpen: boolean
  readonly onToggle: () => void
}

const Passed = memo(({ isOpen, line: { at, direction, line }, onToggle }: PassedProps) => {
  const { wire: words } = useWords()
  const parsed = parse(line)
  const rules = parsed === undefined ? [] : rulesOf(direction, parsed)
  const shown = isOpen ? rules : rules.slice(0, 1)
  return (
    <div className={`passed is-${direction}`}>
      <button type="button" className="passed-head" aria-expanded={isOpen} onClick={onToggle}>
        <span className="arrow" aria-hidden="true">
          {direction === "sent" ? "→" : "←"}
        </span>
        <span className="unseen">{words[direction]} </span>
        <strong>{parsed?.type ?? "?"}</strong>
        {parsed?.id !== undefined && <span className="number">id {parsed.id}</span>}
        {parsed?.re !== undefined && <span className="number">re {parsed.re}</span>}
        <time>{clock(at)}</time>
      </button>
      <code className="json" dir="ltr">
        {colouredJson(visibleJson(line), isOpen)}
      </code>
      {shown.map((id) => (
        <Rule key={id} id={id} />
      ))}
    </div>
  )
})

const Rule = ({ id }: { readonly id: string }) => {
  const language = useLanguage()
  const sentence = sentences[id]
  if (sentence === undefined) return null
  const folder = language === "es" && sentence.hasSpanish ? "es/" : ""
  return (
    <p className="rule" lang={folder === "" ? "en" : "es"}>
      <a href={`/spec/${folder}${sentence.chapter}.html#${id}`} target="_blank" rel="noopener">
        {id}
      </a>{" "}
      <RichText text={sentence[language]} />
    </p>
  )
}
