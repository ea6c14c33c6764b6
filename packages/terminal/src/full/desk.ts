/**
 * What a person sees and does on the screen, without the screen: rooms, drafts, where one looks, and what keys and commands do. The
 * screen draws `get()`, and tells of keys.
 *
 * @module
 */
import type { Chat, RoomSnapshot, State } from "@tertulia/client/chat"
import { lookAt, mayIn } from "@tertulia/client/chat"
import { isDirect, type Message, otherIn } from "@tertulia/protocol"
import { accountCommands, actionOf, type CommandName, readLine, wordsOf } from "../commands.ts"
import { oneLine, withoutSecret } from "../visible.ts"
import { type Completion, complete } from "./complete.ts"
import { type Editor, editorOf, edits, emptyEditor, insert, textOf, vertical } from "./editor.ts"
import { type Anchor, type Frame, type Item, itemsOf, look, type Notice, rowsOfItem, scrolled, seqOf } from "./feed.ts"
import { makeOrders } from "./orders.ts"
import { oneRow, span } from "./text.ts"
import type { ThemeName } from "./theme.ts"
import { type Language, type Words, wordsIn } from "./words.ts"

/** A line of the protocol, as it went or came. */
export interface WireLine {
  readonly direction: "sent" | "received"
  readonly line: string
}

/** A question, and as much as was answered. */
interface Asking {
  readonly question: string
  readonly editor: Editor
  readonly answer: (text: string | undefined) => void
}

/** What the screen draws. */
export interface Picture {
  readonly current: string | undefined
  readonly editor: Editor
  /** A question that is to be answered before one goes on writing; the answer isn't shown. */
  readonly asking: Asking | undefined
  readonly theme: ThemeName
  readonly anchor: Anchor | undefined
  /** How many messages came since one has scrolled away from the end. */
  readonly newBelow: number
  readonly marker: number | undefined
  readonly selected: number | undefined
  readonly hint: string | undefined
  readonly wire: ReadonlyArray<WireLine> | undefined
  readonly latency: number | undefined
  readonly ignored: ReadonlySet<string>
  readonly notices: ReadonlyArray<Notice>
  /** Milliseconds of the clock; advances while one waits for something. */
  readonly now: number
  /** Changes with whatever the chat has to say. */
  readonly turn: number
}

/** The keys, as the screen tells of them. */
export interface Key {
  readonly text: string
  readonly name?:
    | "up"
    | "down"
    | "left"
    | "right"
    | "pageUp"
    | "pageDown"
    | "home"
    | "end"
    | "enter"
    | "tab"
    | "escape"
    | "backspace"
    | "delete"
  readonly ctrl: boolean
  readonly alt: boolean
  readonly shift: boolean
}

export interface DeskOptions {
  readonly language: Language
  /** Who one wants to be. */
  readonly nick: string
  /** The room to begin in. */
  readonly room: string
  readonly raw: boolean
  readonly theme?: ThemeName
  readonly ignored: ReadonlyArray<string>
  readonly leave: () => void
  /** Somebody has mentioned one, or spoken to one alone. */
  readonly ring?: (message: Message) => void
  /** Somebody has said something, or oneself. */
  readonly write?: (message: Message) => void
  /** Turns the mouse on or off; says which. */
  readonly mouse?: () => boolean
}

/** The most that is kept of what the client itself has said, and of the wire. */
const kept = 500
const noNotices: ReadonlyArray<Notice> = []

/** A desk over a chat. */
export const makeDesk = (
  chat: Chat,
  {
    ignored,
    language,
    leave,
    mouse = () => false,
    nick: wish,
    raw,
    ring = () => {},
    room,
    theme = "ansi",
    write = () => {}
  }: DeskOptions
) => {
  const words: Words = wordsIn(language)
  const listeners = new Set<() => void>()
  const drafts = new Map<string, Editor>()
  const anchors = new Map<string, Anchor>()
  const seenAt = new Map<string, number>()
  const notices = new Map<string, ReadonlyArray<Notice>>()
  const typed: Array<string> = []
  let typedAt = 0
  let unsaid: Editor | undefined
  let completion: Completion | undefined
  let asksToLeave = false
  let wire: ReadonlyArray<WireLine> = []
  let isWireShown = raw
  let nextNotice = 0
  let size = { width: 80, height: 20 }
  let readTimer: ReturnType<typeof setTimeout> | undefined
  let clock: ReturnType<typeof setInterval> | undefined
  let picture: Picture = {
    current: room,
    editor: emptyEditor,
    asking: undefined,
    theme,
    anchor: undefined,
    newBelow: 0,
    marker: undefined,
    selected: undefined,
    hint: undefined,
    wire: raw ? wire : undefined,
    latency: undefined,
    ignored: new Set(ignored),
    notices: noNotices,
    now: Date.now(),
    turn: 0
  }

  const put = (change: Partial<Picture>) => {
    picture = { ...picture, ...change }
    for (const listener of [...listeners]) listener()
  }

  /** Who one is; before any welcome, who one wants to be. */
  const me = () => chat.nick || wish

  // --- rooms ---

  const here = (): RoomSnapshot | undefined =>
    picture.current === undefined ? undefined : lookAt(chat.view.get(), picture.current)

  const frame = (): Frame => ({
    width: size.width,
    words,
    language,
    nick: me(),
    isLive: chat.state.get()._tag === "Live",
    marker: picture.marker,
    selected: picture.selected,
    ignored: picture.ignored,
    top: here()?.hasOlder === true ? words.older : words.begin(picture.current ?? ""),
    lineOf: (seq) => (picture.current === undefined ? undefined : chat.room(picture.current).line(seq))
  })

  const items = (): ReadonlyArray<Item> => itemsOf(here()?.entries ?? [], picture.notices)

  const turnTo = (name: string | undefined) => {
    if (name === picture.current) return
    if (picture.current !== undefined) drafts.set(picture.current, picture.editor)
    const to = name === undefined ? undefined : lookAt(chat.view.get(), name)
    put({
      current: name,
      editor: (name === undefined ? undefined : drafts.get(name)) ?? emptyEditor,
      anchor: name === undefined ? undefined : anchors.get(name),
      marker: to !== undefined && to.unread > 0 ? to.read : undefined,
      selected: undefined,
      hint: undefined,
      notices: (name === undefined ? undefined : notices.get(name)) ?? noNotices
    })
    typedAt = typed.length
    follow()
  }

  const names = (): ReadonlyArray<string> =>
    chat.rooms
      .get()
      .filter(({ isDirect: direct, isIn, last }) => isIn || direct || last !== undefined)
      .map(({ name }) => name)

  const step = (by: number) => {
    const all = names()
    if (all.length === 0) return
    const at = all.indexOf(picture.current ?? "")
    turnTo(all[(at + by + all.length) % all.length])
  }

  const nextUnread = () => {
    const all = chat.rooms.get()
    const at = all.findIndex(({ name }) => name === picture.current)
    const rest = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))]
    const next = rest.find(({ mentions }) => mentions > 0) ?? rest.find(({ unread }) => unread > 0)
    if (next !== undefined) turnTo(next.name)
  }

  // --- saying things to the person ---

  const tell = (rows: Notice["rows"], name: string | undefined = picture.current, isTable = rows.length > 1) => {
    const place = name ?? ""
    const last = name === undefined ? 0 : lookAt(chat.view.get(), name).last
    const notice: Notice = { _tag: "Notice", id: `notice ${nextNotice++}`, at: Date.now(), after: last, rows, isTable }
    const all = [...(notices.get(place) ?? []), notice].slice(-kept)
    notices.set(place, all)
    if (place !== (picture.current ?? "")) return
    put({ notices: all })
    // What doesn't fit is read from its beginning.
    const tall = rowsOfItem(notice, undefined, frame()).length - size.height
    if (isTable && tall > 0) lookFrom({ id: notice.id, below: tall })
  }

  const remark = (text: string, name?: string) => tell([[span(oneRow(text), "dim")]], name)
  const complain = (text: string, name?: string) => tell([[span(oneRow(text), "bad")]], name)

  const attempt = (what: Promise<unknown>) => {
    const name = picture.current
    what.catch((error: unknown) => complain(words.failure(error), name))
  }

  const askHidden = (question: string) =>
    new Promise<string | undefined>((resolve) => {
      const answer = (text: string | undefined) => {
        put({ asking: undefined })
        resolve(text)
      }
      put({ asking: { question, editor: emptyEditor, answer } })
    })

  const isOffered = (name: CommandName): boolean => {
    if (accountCommands.has(name)) return chat.view.get().hasAccount
    const now = here()
    const action = name in actionOf ? actionOf[name as keyof typeof actionOf] : undefined
    return action === undefined || (now !== undefined && mayIn(chat.view.get(), now, action))
  }

  // --- what comes ---

  let last: State | undefined
  let lastLooked: RoomSnapshot | undefined

  /** Reads on to the end where one looks at the end; else counts what comes. */
  const follow = () => {
    const now = here()
    if (now === undefined || picture.current === undefined) return
    const name = picture.current
    if (picture.anchor === undefined) {
      seenAt.set(name, now.last)
      if (picture.newBelow !== 0) put({ newBelow: 0 })
      if (now.last > now.read && now.isIn) readSoon()
      return
    }
    const seen = seenAt.get(name) ?? now.last
    let newBelow = 0
    for (let index = now.entries.length - 1; index >= 0; index--) {
      const line = now.entries[index]!
      const seq = seqOf(line)
      if (seq !== undefined && seq <= seen) break
      if (line._tag === "Message" && !line.isMine) newBelow++
    }
    if (newBelow !== picture.newBelow) put({ newBelow })
  }

  /** Not with every message: what was read a moment ago is soon enough. */
  const readSoon = () => {
    readTimer ??= setTimeout(() => {
      readTimer = undefined
      const now = here()
      if (now === undefined || picture.anchor !== undefined || now.last <= now.read) return
      chat
        .room(now.name)
        .read()
        .catch(() => {})
    }, 500)
  }

  const watchState = () => {
    const state = chat.state.get()
    if (state === last) return
    const before = last
    last = state
    const isWaiting = state._tag === "Offline" && state.again !== undefined
    if (isWaiting && clock === undefined) clock = setInterval(() => put({ now: Date.now() }), 250)
    if (!isWaiting && clock !== undefined) {
      clearInterval(clock)
      clock = undefined
    }
    if (state._tag === "Offline" && before?._tag !== "Offline") {
      const now = here()
      // What is missed from here on is what will be new.
      if (before?._tag === "Live" && now !== undefined && picture.anchor === undefined) put({ marker: now.last })
      const why = oneLine(words.trouble(state.why))
      const isNick = state.why._tag === "Refused" && state.why.request === "login" && state.again === undefined
      complain(isNick ? words.nickRefused(why) : why)
    }
    put({ now: Date.now() })
  }

  const firstRead = new Set<string>()

  const isGone = () => picture.current !== undefined && !names().includes(picture.current)

  const unwatch = chat.view.subscribe(() => {
    watchState()
    const now = here()
    if (now !== lastLooked) {
      lastLooked = now
      follow()
    }
    put({ turn: picture.turn + 1 })
  })

  void (async () => {
    for await (const told of chat.changes) {
      switch (told._tag) {
        case "Member": {
          const { change, nick, room: name } = told.member
          remark(change === "joined" ? words.joined(nick) : words.left(nick), name)
          break
        }
        case "Out":
          complain(
            told.by === undefined ? words.notIn(told.room, words.failure(told.why)) : words.putOut(told.room, told.by),
            told.room
          )
          break
        case "Left":
          if (told.room === picture.current) turnTo(names().find((name) => name !== told.room))
          break
        case "Entered":
          if (told.log === "another") complain(words.newLog(told.joined.room), told.joined.room)
          if (picture.current === undefined || isGone()) turnTo(told.joined.room)
          break
        case "Read":
          // Where one had read up to before one came.
          if (firstRead.has(told.room) || told.room !== picture.current) break
          firstRead.add(told.room)
          if (told.unread > 0 && picture.marker === undefined) put({ marker: told.seq })
          break
        case "Another":
          complain(words.another(otherIn(told.room)), told.room)
          break
        case "Entry": {
          const { entry } = told
          if (entry.type !== "message") break
          write(entry)
          if (entry.from === me()) break
          const line = chat.room(entry.room).line(entry.seq)
          const isForMe = isDirect(entry.room) || (line?._tag === "Message" && line.mentionsMe)
          if (isForMe && !picture.ignored.has(entry.from) && chat.state.get()._tag === "Live") ring(entry)
          break
        }
        default:
          break
      }
    }
  })()

  const asked = new Map<string, number>()

  /** A line of the protocol goes or comes. */
  const onWire = (direction: WireLine["direction"], line: string) => {
    const id = /"(?:id|re)"\s*:\s*(\d+)/u.exec(line.slice(0, 200))?.[1]
    if (id !== undefined && direction === "sent" && /"id"/u.test(line)) asked.set(id, performance.now())
    if (id !== undefined && direction === "received" && line.includes('"re"')) {
      const since = asked.get(id)
      asked.delete(id)
      if (since !== undefined) picture = { ...picture, latency: Math.round(performance.now() - since) }
    }
    if (asked.size > 1_000) asked.clear()
    wire = [...(wire.length >= 2 * kept ? wire.slice(-kept) : wire), { direction, line: oneLine(withoutSecret(line)) }]
    if (isWireShown) put({ wire })
  }

  // --- what one says and does ---

  const needsRoom = (): string | undefined => {
    if (picture.current === undefined) complain(words.noRoom)
    return picture.current
  }

  const say = (name: string, text: string, replyTo?: number) => {
    chat
      .room(name)
      .send(text, replyTo === undefined ? {} : { replyTo })
      .catch((error: unknown) => {
        // What no server could take never was in the outbox: it goes back to where it was typed.
        if (error === null || typeof error !== "object" || !("_tag" in error) || error._tag === "NotSent") return
        complain(words.failure(error), name)
        if (picture.current === name && picture.editor.letters.length === 0) put({ editor: editorOf(text) })
      })
  }

  const run = makeOrders({
    chat,
    language,
    words,
    get: () => picture,
    put,
    here,
    needsRoom,
    turnTo,
    tell,
    remark,
    complain,
    attempt,
    say,
    width: () => size.width,
    showsWire: () => {
      isWireShown = !isWireShown
      put({ wire: isWireShown ? wire : undefined })
      return isWireShown
    },
    mouse,
    leave,
    askHidden,
    isOffered
  })

  /** Does what was typed. */
  const enter = () => {
    const text = textOf(picture.editor)
    const line = readLine(text)
    if (line._tag === "Nothing") return
    if (line._tag === "Text" && needsRoom() === undefined) return
    typed.push(text)
    typedAt = typed.length
    put({ editor: emptyEditor, hint: undefined })
    switch (line._tag) {
      case "Text":
        chat.room(picture.current!).typing(false)
        toEnd()
        return say(picture.current!, line.text)
      case "Command": {
        // What was selected is what the command is about.
        const isAboutOne = picture.selected !== undefined
        if (!isAboutOne) toEnd()
        run[line.name](line.rest)
        if (isAboutOne) toEnd()
        return
      }
      case "Unknown":
        put({ editor: editorOf(text) })
        return complain(words.unknownCommand(oneRow(line.word)))
    }
  }

  // --- looking around ---

  const lookFrom = (anchor: Anchor | undefined) => {
    if (picture.current !== undefined) {
      if (anchor === undefined) anchors.delete(picture.current)
      else anchors.set(picture.current, anchor)
    }
    put({ anchor })
    follow()
  }

  const toEnd = () => {
    put({ selected: undefined })
    lookFrom(undefined)
  }

  const scroll = (by: number) => {
    const next = scrolled(items(), picture.anchor, by, size.height, frame())
    lookFrom(next)
    if (by > 0) readOlder()
  }

  /** What is above is read before one gets there. */
  const readOlder = () => {
    const now = here()
    if (now === undefined || !now.hasOlder) return
    const { index } = look(items(), picture.anchor, size.height, frame())
    if (index < 3 * size.height)
      chat
        .room(now.name)
        .older(100)
        .catch(() => {})
  }

  const select = (by: 1 | -1) => {
    const all = (here()?.entries ?? []).filter((line) => line._tag === "Message")
    const at = all.findIndex(({ seq }) => seq === picture.selected)
    const next = at < 0 ? (by === -1 ? all.at(-1) : undefined) : all[at + by]
    if (next === undefined && by === -1) return readOlder()
    put({ selected: next?.seq, hint: next === undefined ? undefined : words.selected(next.seq) })
    if (next === undefined) return toEnd()
    lookFrom(next === items().at(-1) ? undefined : { id: next.id, below: 0 })
    if (by === -1) readOlder()
  }

  // --- keys ---

  const edit = (editor: Editor) => {
    if (editor === picture.editor) return
    put({ editor })
    const text = textOf(editor)
    if (picture.current !== undefined && text !== "" && !text.startsWith("/")) chat.room(picture.current).typing()
  }

  const recall = (by: -1 | 1) => {
    if (typedAt === typed.length) unsaid = picture.editor
    const next = typedAt + by
    if (next < 0 || next > typed.length) return
    typedAt = next
    put({ editor: next === typed.length ? (unsaid ?? emptyEditor) : editorOf(typed[next]!) })
  }

  const known = () => {
    const now = here()
    const speakers = [
      ...new Set(
        (now?.entries ?? [])
          .slice(-200)
          .flatMap((each) => ("from" in each && typeof each.from === "string" ? [each.from] : []))
      )
    ].reverse()
    const nicks = [...new Set([...speakers, ...(now?.members ?? [])])].filter((nick) => nick !== me())
    return {
      nicks,
      commands: wordsOf(isOffered),
      rooms: chat.rooms.get().flatMap(({ isDirect: direct, name }) => (direct ? [] : [name]))
    }
  }

  const tab = (by: 1 | -1) => {
    completion = complete(picture.editor, completion, known(), by)
    if (completion === undefined) return
    const { choices, made } = completion
    put({ editor: made, hint: choices.length > 1 ? choices.map((each) => each.trim()).join("  ") : undefined })
  }

  const isUnder = (where: "first" | "last"): boolean => {
    const { at, letters } = picture.editor
    return where === "first" ? !letters.slice(0, at).includes("\n") : !letters.slice(at).includes("\n")
  }

  const ctrl = (letter: string) => {
    const { editor } = picture
    switch (letter) {
      case "a":
        return edit(edits.home(editor))
      case "e":
        return edit(edits.end(editor))
      case "b":
        return edit(edits.left(editor))
      case "f":
        return edit(edits.right(editor))
      case "h":
        return edit(edits.backspace(editor))
      case "w":
        return edit(edits.cutWord(editor))
      case "u":
        return edit(edits.cutToStart(editor))
      case "k":
        return edit(edits.cutToEnd(editor))
      case "y":
        return edit(edits.paste(editor))
      case "_":
      case "z":
        return edit(edits.undo(editor))
      case "j":
        return edit(insert(editor, "\n"))
      case "n":
        return step(1)
      case "p":
        return step(-1)
      case "l":
        return put({})
      case "d":
        return editor.letters.length === 0 ? leave() : edit(edits.delete(editor))
      case "c":
        if (asksToLeave) return leave()
        put({ editor: editorOf("", editor), hint: words.leave })
        asksToLeave = true
        return
    }
  }

  const alt = (text: string) => {
    const { editor } = picture
    switch (text) {
      case "a":
        return nextUnread()
      case "b":
        return edit(edits.wordLeft(editor))
      case "f":
        return edit(edits.wordRight(editor))
      case "d":
        return edit(edits.cutWordRight(editor))
    }
    if (/^[1-9]$/u.test(text)) turnTo(names()[Number(text) - 1] ?? picture.current)
  }

  /** A key while a question is open. */
  const answerBy = (key: Key, { answer, editor, question }: Asking) => {
    const now = (next: Editor) => put({ asking: { question, answer, editor: next } })
    if (key.name === "enter") return answer(textOf(editor))
    if (key.name === "escape" || (key.ctrl && (key.text === "c" || key.text === "d"))) return answer(undefined)
    if (key.name === "backspace") return now(edits.backspace(editor))
    if (key.ctrl && key.text === "u") return now(emptyEditor)
    if (key.name === undefined && !key.ctrl && !key.alt) now(insert(editor, key.text))
  }

  const press = (key: Key) => {
    if (picture.asking !== undefined) return answerBy(key, picture.asking)
    const isLeaving = key.ctrl && key.text === "c"
    if (asksToLeave && !isLeaving) {
      asksToLeave = false
      put({ hint: undefined })
    }
    const { editor } = picture
    switch (key.name) {
      case "enter":
        return key.alt || key.shift ? edit(insert(editor, "\n")) : enter()
      case "tab":
        return tab(key.shift ? -1 : 1)
      case "backspace":
        return edit(key.alt ? edits.cutWord(editor) : edits.backspace(editor))
      case "delete":
        return edit(edits.delete(editor))
      case "left":
        return edit(key.ctrl || key.alt ? edits.wordLeft(editor) : edits.left(editor))
      case "right":
        return edit(key.ctrl || key.alt ? edits.wordRight(editor) : edits.right(editor))
      case "home":
        return edit(edits.home(editor))
      case "end":
        return picture.anchor === undefined ? edit(edits.end(editor)) : toEnd()
      case "pageUp":
        return scroll(Math.max(1, size.height - 2))
      case "pageDown":
        return scroll(-Math.max(1, size.height - 2))
      case "up":
        if (key.shift) return select(-1)
        if (key.alt) return step(-1)
        return isUnder("first") ? recall(-1) : edit(vertical(editor, -1))
      case "down":
        if (key.shift) return select(1)
        if (key.alt) return step(1)
        return isUnder("last") ? recall(1) : edit(vertical(editor, 1))
      case "escape":
        if (picture.selected !== undefined) toEnd()
        return put({ hint: undefined, ...(editor.letters.includes("\n") ? { editor: editorOf("", editor) } : {}) })
      default:
    }
    if (key.ctrl) return ctrl(key.text)
    if (key.alt) return alt(key.text)
    if (key.text !== "") edit(insert(editor, key.text))
  }

  /** A text comes at once, of one line or more: nothing of it is a key. */
  const paste = (text: string) => {
    if (picture.asking !== undefined) {
      const { editor } = picture.asking
      return put({ asking: { ...picture.asking, editor: insert(editor, text.split(/[\r\n]/u)[0] ?? "") } })
    }
    const clean = text.replace(/\r\n?/gu, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/gu, "")
    edit(insert(picture.editor, clean))
    const lines = textOf(picture.editor).split("\n").length
    if (lines > 1) put({ hint: words.pasted(lines) })
  }

  watchState()

  return {
    words,
    chat,
    me,
    get: () => picture,
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** How large the log is on the screen. */
    measure: (width: number, height: number) => {
      size = { width, height }
    },
    frame,
    items,
    here,
    onWire,
    complain: (text: string) => complain(text),
    press,
    paste,
    wheel: (direction: "up" | "down") => {
      if (direction === "up") scroll(3)
      else if (picture.anchor !== undefined) scroll(-3)
    },
    close: () => {
      unwatch()
      clearInterval(clock)
      clearTimeout(readTimer)
      listeners.clear()
    }
  }
}

export type Desk = ReturnType<typeof makeDesk>
