/**
 * What the commands do.
 *
 * @module
 */
import type { Chat, RoomSnapshot } from "@tertulia/client/chat"
import { foldName, givenRoles, roomKinds } from "@tertulia/protocol"
import { type CommandName, commands, typedIn } from "../commands.ts"
import type { Picture } from "./desk.ts"
import { editorOf } from "./editor.ts"
import type { Notice } from "./feed.ts"
import { oneRow, pad, type Span, span, widthOf } from "./text.ts"
import { lookOfNick, themeNames } from "./theme.ts"
import type { Language, Words } from "./words.ts"

/** What commands are carried out on. */
export interface Bench {
  readonly chat: Chat
  readonly language: Language
  readonly words: Words
  readonly get: () => Picture
  readonly put: (change: Partial<Picture>) => void
  readonly here: () => RoomSnapshot | undefined
  /** The room that one is in; says so when there is none. */
  readonly needsRoom: () => string | undefined
  readonly turnTo: (name: string | undefined) => void
  readonly tell: (rows: Notice["rows"]) => void
  readonly remark: (text: string) => void
  readonly complain: (text: string) => void
  /** Says what goes wrong. */
  readonly attempt: (what: Promise<unknown>) => void
  readonly say: (name: string, text: string, replyTo?: number) => void
  /** How wide the log is. */
  readonly width: () => number
  /** Shows the wire or not; tells which. */
  readonly showsWire: () => boolean
  readonly mouse: () => boolean
  readonly leave: () => void
  /** Asks for a line that isn't shown; undefined when its person would rather not. */
  readonly askHidden: (question: string) => Promise<string | undefined>
  readonly isOffered: (name: CommandName) => boolean
}

/** What each command does with what was written after it. */
export const makeOrders = (bench: Bench): Record<CommandName, (rest: string) => void> => {
  const {
    askHidden,
    attempt,
    chat,
    complain,
    get,
    here,
    isOffered,
    language,
    leave,
    mouse,
    needsRoom,
    put,
    remark,
    say,
    showsWire,
    tell,
    turnTo,
    width,
    words
  } = bench

  const lastOf = (isMine: boolean): number | undefined => {
    const line = here()?.entries.findLast(
      (each) => each._tag === "Message" && each.text !== undefined && each.isMine === isMine
    )
    return line?._tag === "Message" ? line.seq : undefined
  }

  /** The number of a message, and what was written after it. */
  const target = (rest: string, isMine: boolean): { readonly seq: number; readonly text: string } | undefined => {
    const [, number, text = ""] = /^(\d+)(?:\s+(.*))?$/su.exec(rest) ?? []
    if (number !== undefined && get().selected === undefined) return { seq: Number(number), text }
    const seq = get().selected ?? lastOf(isMine)
    if (seq === undefined) {
      complain(words.nothingThere)
      return undefined
    }
    return { seq, text: rest }
  }

  const usage = (name: CommandName) => complain(words.usage(typedIn(language, commands[name])))

  const decide = (how: "retry" | "forget") => {
    const name = needsRoom()
    const line = here()?.entries.find((each) => each._tag === "Waiting" && each.status !== "pending")
    if (name === undefined) return
    if (line?._tag !== "Waiting") return complain(words.nothingInDoubt)
    attempt(chat.room(name)[how](line.key))
  }

  const person = async (nick: string) => {
    const { rooms, status, text = "" } = await chat.whois(nick)
    remark(words.someone(nick, words.statuses[status], text))
    if (rooms.length > 0) remark(words.isIn(rooms.join(", ")))
  }

  const search = async (text: string) => {
    const found: Array<ReadonlyArray<Span>> = []
    let hasMore = false
    for await (const message of chat.search({ text, limit: 20 })) {
      if (found.length === 20) {
        hasMore = true
        break
      }
      const at = new Date(message.at).toLocaleString(language === "es" ? "es" : "en-GB", {
        dateStyle: "short",
        timeStyle: "short"
      })
      found.push([
        span(`${message.room} ${message.seq} ${at} `, "dim"),
        span(message.from, lookOfNick(message.from)),
        span(`: ${oneRow(message.text)}`)
      ])
    }
    tell([[span(words.found(found.length, oneRow(text)), "dim")], ...found])
    if (hasMore) remark(words.more)
  }

  /** What is done to somebody, or undone by `off`. */
  const toSomebody = (what: "invite" | "ban" | "mute", rest: string) => {
    const name = needsRoom()
    const [, nick, off] = /^@?(\S+?)(?:\s+(off))?$/u.exec(rest) ?? []
    if (name === undefined) return
    if (nick === undefined) return usage(what)
    attempt(chat.room(name).moderation[what](nick, off === undefined))
  }

  const standings = async (name: string) => {
    const all = await chat.room(name).moderation.standings()
    if (all.length === 0) remark(words.noStandings)
    for (const { nick, role, ...rest } of all) {
      const others = (["invited", "banned", "muted"] as const).filter((each) => rest[each] === true)
      const what = [...(role === undefined ? [] : [role]), ...others].map((each) => words.standings[each])
      tell([[span(nick, lookOfNick(nick)), span(`: ${what.join(", ")}`)]])
    }
  }

  const withAccount = (what: () => Promise<void>) =>
    chat.view.get().hasAccount ? attempt(what()) : complain(words.noAccount)

  /** What is done to one's account, once its password was asked for. */
  const withPassword = async (what: (current: string) => Promise<string | undefined>) => {
    const current = await askHidden(words.passwordNow)
    const done = current === undefined || current === "" ? undefined : await what(current)
    remark(done ?? words.nothingDone)
  }

  const setPassword = async (current: string) => {
    const next = await askHidden(words.passwordNew)
    if (next === undefined || next === "") return undefined
    await chat.account.setPassword(current, next)
    return words.passwordChanged
  }

  const help = () => {
    const [typedHead, sendsHead, doesHead] = words.helpHead
    const offered = (Object.keys(commands) as ReadonlyArray<CommandName>).filter(isOffered)
    const all = offered
      .map((name) => commands[name])
      .map((command) => [typedIn(language, command), command.sends, command.does[language]] as const)
    const wide = width() >= 60
    const first = Math.min(32, Math.max(...all.map(([command]) => widthOf(command))) + 2)
    const row = ([command, sends, does]: readonly [string, string, string]) =>
      wide
        ? [
            span(widthOf(command) < first ? pad(command, first) : `${command}  `, "bold"),
            span(pad(sends, 9), "accent"),
            span(does)
          ]
        : [span(`${command} `, "bold"), span(sends === "-" ? "" : `(${sends}) `, "accent"), span(does)]
    tell([
      ...(wide ? [[span(`${pad(typedHead, first)}${pad(sendsHead, 9)}${doesHead}`, "dim")]] : []),
      ...all.map(row),
      row(words.textHelp),
      [span(words.keysHead, "dim")],
      ...words.keys.map(([key, does]) => [span(wide ? pad(key, first) : `${key} `, "bold"), span(does)])
    ])
  }

  return {
    help,
    rooms: () =>
      attempt(
        chat
          .list()
          .then((all) =>
            tell([
              [span(`${words.rooms}:`, "dim")],
              ...all.map(({ members, room: name, topic = "" }: { members: number; room: string; topic?: string }) => [
                span(pad(name, 20), "bold"),
                span(` ${members}  ${oneRow(topic)}`, "dim")
              ])
            ])
          )
      ),
    join: (rest) => {
      if (rest === "") return usage("join")
      const name = foldName(rest.startsWith("#") ? rest : `#${rest}`)
      attempt(chat.join(name).then(() => turnTo(name)))
    },
    leave: (rest) => {
      const name =
        rest === "" ? needsRoom() : foldName(rest.startsWith("#") || rest.startsWith("@") ? rest : `#${rest}`)
      if (name !== undefined) attempt(chat.room(name).leave())
    },
    msg: (rest) => {
      const [, nick = "", text = ""] = /^@?(\S+)\s*(.*)$/su.exec(rest) ?? []
      if (nick === "") return usage("msg")
      const { name } = chat.direct(nick)
      if (text !== "") say(name, text)
      turnTo(name)
    },
    members: () => {
      const now = here()
      if (needsRoom() === undefined || now === undefined) return
      remark(`${words.here}: ${now.members.join(", ")}`)
    },
    topic: (rest) => {
      const name = needsRoom()
      if (name === undefined) return
      if (rest === "") return remark(here()?.topic || "-")
      attempt(chat.room(name).setTopic(rest))
    },
    invite: (rest) => toSomebody("invite", rest),
    kick: (rest) => {
      const name = needsRoom()
      const nick = rest.replace(/^@/u, "")
      if (name === undefined) return
      if (nick === "") return usage("kick")
      attempt(chat.room(name).moderation.kick(nick))
    },
    ban: (rest) => toSomebody("ban", rest),
    mute: (rest) => toSomebody("mute", rest),
    role: (rest) => {
      const name = needsRoom()
      const [, nick = "", wish] = /^@?(\S+)\s+(\S+)$/u.exec(rest) ?? []
      const role = givenRoles.find((each) => each === wish)
      if (name === undefined) return
      if (role === undefined) return usage("role")
      attempt(chat.room(name).moderation.setRole(nick, role))
    },
    kind: (rest) => {
      const name = needsRoom()
      const kind = roomKinds.find((each) => each === rest)
      if (name === undefined) return
      if (kind === undefined) return usage("kind")
      attempt(chat.room(name).moderation.setKind(kind))
    },
    slow: (rest) => {
      const name = needsRoom()
      if (name === undefined) return
      if (!/^\d{1,4}$/u.test(rest)) return usage("slow")
      attempt(chat.room(name).moderation.slow(Number(rest)))
    },
    standings: () => {
      const name = needsRoom()
      if (name !== undefined) attempt(standings(name))
    },
    reply: (rest) => {
      const name = needsRoom()
      const to = name === undefined ? undefined : target(rest, false)
      if (name === undefined || to === undefined) return
      if (to.text === "") return usage("reply")
      say(name, to.text, to.seq)
      put({ selected: undefined })
    },
    edit: (rest) => {
      const name = needsRoom()
      const to = name === undefined ? undefined : target(rest, true)
      if (name === undefined || to === undefined) return
      if (to.text !== "") {
        put({ selected: undefined })
        return attempt(chat.room(name).edit(to.seq, to.text))
      }
      const line = chat.room(name).line(to.seq)
      if (line?._tag !== "Message" || line.text === undefined) return complain(words.nothingThere)
      put({ editor: editorOf(`/edit ${to.seq} ${line.text}`), selected: undefined })
    },
    delete: (rest) => {
      const name = needsRoom()
      const to = name === undefined ? undefined : target(rest, true)
      if (name === undefined || to === undefined) return
      put({ selected: undefined })
      attempt(chat.room(name).remove(to.seq))
    },
    react: (rest) => {
      const name = needsRoom()
      const to = name === undefined ? undefined : target(rest, false)
      if (name === undefined || to === undefined) return
      if (to.text === "") return usage("react")
      const line = chat.room(name).line(to.seq)
      const has =
        line?._tag === "Message" && line.reactions.some(({ isMine, reaction }) => isMine && reaction === to.text)
      put({ selected: undefined })
      attempt(chat.room(name).react(to.seq, to.text, !has))
    },
    search: (rest) => (rest === "" ? usage("search") : attempt(search(rest))),
    status: (rest) => {
      const [, wish = "", text = ""] = /^(\S+)\s*(.*)$/su.exec(rest) ?? []
      const known = (["active", "busy", "away"] as const).find(
        (each) => each === wish.toLowerCase() || words.statuses[each] === wish.toLowerCase()
      )
      if (known === undefined) return usage("status")
      attempt(
        chat
          .status({ status: known, text })
          .then((now) => remark(words.someone(now.nick, words.statuses[now.status], now.text ?? "")))
      )
    },
    whois: (rest) => (rest === "" ? usage("whois") : attempt(person(rest.replace(/^@/u, "")))),
    password: () => withAccount(() => withPassword(setPassword)),
    revoke: () => withAccount(() => chat.account.revoke().then(() => remark(words.revoked))),
    unregister: () =>
      withAccount(() =>
        withPassword(async (current) => {
          await chat.account.unregister(current)
          return words.unregistered
        })
      ),
    theme: (rest) => {
      const theme = themeNames.find((each) => each === rest)
      if (theme === undefined) return usage("theme")
      put({ theme })
    },
    again: () => decide("retry"),
    forget: () => decide("forget"),
    nick: (rest) => {
      if (rest === "") return usage("nick")
      chat.rename(rest)
    },
    ignore: (rest) => {
      const nick = foldName(rest.replace(/^@/u, ""))
      if (nick === "") return remark([...get().ignored].join(", ") || words.nobodyIgnored)
      const next = new Set(get().ignored)
      const isNew = !next.delete(nick)
      if (isNew) next.add(nick)
      put({ ignored: next })
      remark(words.ignoring(nick, isNew))
    },
    raw: () => {
      remark(showsWire() ? words.wireOn : words.wireOff)
    },
    mouse: () => remark(words.mouse(mouse())),
    quit: leave
  }
}
