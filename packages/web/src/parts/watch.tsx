/**
 * Tells of what happens: screen readers, the title of the tab, and, when nobody looks, the system's notifications. Draws nothing.
 *
 * @module
 */
import type { Message, Told } from "@tertulia/client/web"
import { visible } from "@tertulia/protocol"
import { useEffect, useRef } from "react"
import { useDesk, useNick } from "../desk.ts"
import { goTo } from "../place.ts"
import { useSettings } from "../settings.ts"
import { useLive } from "../use-live.ts"
import { useWords } from "../words/use-words.ts"

/** What comes within so many milliseconds is said together; more than so many messages are only counted. */
const pause = 700
const most = 3

const isLooking = (): boolean => document.visibilityState === "visible" && document.hasFocus()

export const Watch = ({ room }: { readonly room: string | undefined }) => {
  const words = useWords()
  const { announce, chat } = useDesk()
  const me = useNick()
  const { notifies } = useSettings()
  const state = useLive(chat.state)
  const rooms = useLive(chat.rooms)

  // --- the title ---

  const unread = rooms.reduce((sum, each) => sum + (each.name === room && isLooking() ? 0 : each.unread), 0)
  useEffect(() => {
    const place = room === undefined ? "" : `${room} · `
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${place}${words.brand}`
  }, [unread, room, words])

  // --- where one is, and whether one is connected ---

  useEffect(() => {
    if (room !== undefined) announce(room)
  }, [room, announce])

  const wasAway = useRef(false)
  useEffect(() => {
    if (state._tag === "Offline" && !wasAway.current) announce(words.state.offline)
    if (state._tag === "Live" && wasAway.current) announce(words.state.live)
    if (state._tag === "Offline") wasAway.current = true
    if (state._tag === "Live") wasAway.current = false
  }, [state._tag, announce, words])

  // --- what is said ---

  const now = useRef({ announce, me, notifies, room, words })
  now.current = { announce, me, notifies, room, words }

  useEffect(() => {
    let isOver = false
    let waiting: Array<Message> = []
    let timer: ReturnType<typeof setTimeout> | undefined

    const say = () => {
      timer = undefined
      const lines = waiting.map(({ from, text }) => `${from}: ${visible(text)}`)
      now.current.announce(
        lines.length > most ? now.current.words.room.several(lines.length) : lines.join("\n").slice(0, 600)
      )
      waiting = []
    }

    const notify = ({ from, room: name, text }: Message) => {
      if (!now.current.notifies || isLooking() || chat.person(now.current.me)?.status === "busy") return
      if (!("Notification" in globalThis) || Notification.permission !== "granted") return
      const title = name.startsWith("@") ? from : `${from} · ${name}`
      const note = new Notification(title, { body: visible(text).slice(0, 200), tag: name, icon: "/icon.svg" })
      note.onclick = () => {
        window.focus()
        goTo({ room: name })
        note.close()
      }
    }

    const hear = (told: Told) => {
      // What was missed is there to be read, and nothing to be called for.
      if (told._tag !== "Entry" || told.entry.type !== "message" || chat.state.get()._tag !== "Live") return
      const { entry } = told
      const { me, room } = now.current
      if (entry.from === me) return
      if (entry.room.startsWith("@") || entry.mentions?.includes(me) === true) notify(entry)
      if (entry.room !== room) return
      waiting.push(entry)
      timer ??= setTimeout(say, pause)
    }

    const listen = async () => {
      for await (const told of chat.changes) {
        if (isOver) return
        hear(told)
      }
    }
    void listen()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [chat])

  return null
}
