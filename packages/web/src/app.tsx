/**
 * The whole page: the door, and behind it the rooms.
 *
 * @module
 */

import { type Chat, open, type Trouble } from "@tertulia/client/web"
import { foldName } from "@tertulia/protocol"
import { useCallback, useEffect, useState } from "react"
import type { Desk } from "./desk.ts"
import { DeskContext } from "./desk.ts"
import { keepIn } from "./keeper.ts"
import { type Announcement, Announcer } from "./parts/announcer.tsx"
import { Door } from "./parts/door.tsx"
import { House } from "./parts/house.tsx"
import { placeIn } from "./place.ts"
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

const sit = async (nick: string): Promise<Seated> => {
  const wire = makeWireLog()
  const place = placeIn(location.hash)
  const isKnown = stored(`was-here.${nick}`) !== null
  const wanted = place?.room.startsWith("#") === true ? [place.room] : isKnown ? [] : [firstRoom]
  const chat = await open({ nick, rooms: wanted, keeper: keepIn(`tertulia ${nick}`), onWire: wire.put })
  return { chat, wire, nick }
}

/** Whether somebody has to come in by another nick. */
const isTurnedAway = (why: Trouble): boolean => why._tag === "Refused" && why.request === "login"

export const App = () => {
  const { language } = useSettings()
  const words = languages[language]
  const [nick, setNick] = useState(() => stored("nick"))
  const [seated, setSeated] = useState<Seated>()
  const [why, setWhy] = useState<Trouble | string>("")
  const [announcement, setAnnouncement] = useState<Announcement>({ nth: 0, text: "" })
  const [notice, setNotice] = useState("")

  const leave = useCallback((reason: Trouble | string = "") => {
    store("nick", undefined)
    setNick(null)
    setWhy(reason)
  }, [])

  useEffect(() => {
    if (nick === null) return
    let isOver = false
    let chat: Chat | undefined
    const begin = async () => {
      try {
        const now = await sit(nick)
        chat = now.chat
        if (isOver) return void chat.close()
        setSeated(now)
        const trouble = await chat.ended
        if (!isOver && isTurnedAway(trouble)) leave(trouble)
      } catch (error) {
        if (!isOver) leave(error instanceof Error ? error.message : String(error))
      }
    }
    void begin()
    return () => {
      isOver = true
      setSeated(undefined)
      void chat?.close()
    }
  }, [nick, leave])

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

  const enter = (spelling: string) => {
    const folded = foldName(spelling)
    store("nick", folded)
    setWhy("")
    setNick(folded)
  }

  const desk: Desk | undefined = seated && { ...seated, leave, announce, notice: say }
  return (
    <WordsContext value={{ words, language }}>
      {nick === null || desk === undefined ? (
        <Door why={typeof why === "string" ? why : troubleIn(words, why)} isEntering={nick !== null} onEnter={enter} />
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
