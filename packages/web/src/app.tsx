/**
 * The whole page: the door, and behind it the rooms.
 *
 * @module
 */

import { type AccountOptions, type Chat, open, type Trouble } from "@tertulia/client/web"
import { foldName } from "@tertulia/protocol"
import { useCallback, useEffect, useRef, useState } from "react"
import type { Desk } from "./desk.ts"
import { DeskContext } from "./desk.ts"
import { keepIn } from "./keeper.ts"
import { type Announcement, Announcer } from "./parts/announcer.tsx"
import { Door, Elsewhere } from "./parts/door.tsx"
import { House } from "./parts/house.tsx"
import { placeIn } from "./place.ts"
import { takeSeat } from "./seat.ts"
import { useSettings } from "./settings.ts"
import { store, stored } from "./stored.ts"
import { troubleIn } from "./trouble.ts"
import { makeWireLog, type WireLog } from "./wire/wire-log.ts"
import { languages, WordsContext } from "./words/use-words.ts"

/** The room that somebody enters who comes without a name of one. */
const firstRoom = "#cafe"

interface Seated {
  readonly chat: Chat
  readonly wire: WireLog
  readonly nick: string
}

const sit = async (nick: string, account: AccountOptions | undefined): Promise<Seated> => {
  const wire = makeWireLog()
  const place = placeIn(location.hash)
  const isNew = stored(`was-here.${nick}`) === null
  const named = place?.room.startsWith("#") === true ? [place.room] : []
  const rooms = isNew && place === undefined ? [firstRoom] : named
  const chat = await open({ nick, account, rooms, keeper: keepIn(`tertulia ${nick}`), onWire: wire.put })
  store(`was-here.${nick}`, "yes")
  return { chat, wire, nick }
}

/** The one before has to be gone: two at once would be two connections of one person. */
let gone: Promise<void> = Promise.resolve()

/** Whether somebody has to come in by another nick. */
const isTurnedAway = (why: Trouble): boolean => why._tag === "Refused" && why.request === "login"

export const App = () => {
  const { language } = useSettings()
  const words = languages[language]
  const [nick, setNick] = useState(() => stored("nick"))
  const [seated, setSeated] = useState<Seated>()
  const [isElsewhere, setElsewhere] = useState(false)
  const [takesOver, setTakesOver] = useState(false)
  const [why, setWhy] = useState<Trouble | string>("")
  const [announcement, setAnnouncement] = useState<Announcement>({ nth: 0, text: "" })
  const [notice, setNotice] = useState("")
  // What was said at the door, for as long as the page is there: a token that the server has given is kept, and this isn't.
  const own = useRef<AccountOptions>(undefined)

  const leave = useCallback((reason: Trouble | string = "") => {
    store("nick", undefined)
    setNick(null)
    setWhy(reason)
  }, [])

  useEffect(() => {
    if (nick === null) return
    let isOver = false
    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })

    /** From coming in to going away. */
    const stay = async () => {
      const seat = await takeSeat(nick, takesOver)
      if (seat === undefined) return setElsewhere(true)
      let chat: Chat | undefined
      try {
        const now = await sit(nick, own.current)
        chat = now.chat
        if (!isOver) setSeated(now)
        const why = await Promise.race([over, seat.lost.then(() => "lost" as const), chat.ended])
        if (why === "lost") setElsewhere(true)
        else if (why !== undefined && isTurnedAway(why)) leave(why)
        else await over
      } catch (error) {
        leave(error instanceof Error ? error.message : String(error))
      } finally {
        setSeated(undefined)
        await chat?.close()
        seat.free()
      }
    }

    const before = gone
    gone = before.then(() => (isOver ? undefined : stay()))
    return () => {
      isOver = true
      end()
    }
  }, [nick, leave, takesOver])

  useEffect(() => {
    if (notice === "") return
    const timer = setTimeout(() => setNotice(""), 6_000)
    return () => clearTimeout(timer)
  }, [notice])

  const announce = useCallback((text: string) => setAnnouncement(({ nth }) => ({ nth: nth + 1, text })), [])
  const say = useCallback(
    (text: string) => {
      setNotice(text)
      announce(text)
    },
    [announce]
  )

  const enter = (spelling: string, account: AccountOptions | undefined) => {
    own.current = account
    const folded = foldName(spelling)
    store("nick", folded)
    setWhy("")
    setElsewhere(false)
    setTakesOver(false)
    setNick(folded)
  }

  const desk: Desk | undefined = seated && { ...seated, leave, announce, notice: say }
  return (
    <WordsContext value={{ words, language }}>
      {nick !== null && isElsewhere ? (
        <Elsewhere
          nick={nick}
          onLeave={() => {
            setElsewhere(false)
            leave()
          }}
          onTakeOver={() => {
            setElsewhere(false)
            // Once more, when it had been taken over before.
            setTakesOver(false)
            requestAnimationFrame(() => setTakesOver(true))
          }}
        />
      ) : nick === null ? (
        <Door why={typeof why === "string" ? why : troubleIn(words, why)} onEnter={enter} />
      ) : desk === undefined ? (
        <main className="door" aria-busy="true" />
      ) : (
        <DeskContext value={desk}>
          <House />
        </DeskContext>
      )}
      {notice !== "" && <div className="notice">{notice}</div>}
      <Announcer announcement={announcement} />
    </WordsContext>
  )
}
