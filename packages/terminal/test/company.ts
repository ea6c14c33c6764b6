/**
 * Whom the tests of the full-screen client meet, and where.
 *
 * @module
 */
import { join } from "node:path"
import { type AccountOptions, type Chat, type ChatRoom, connect } from "@tertulia/client/chat"
import { Effect } from "effect"
import { folder, referenceServer } from "../../client/test/support/processes.ts"
import { onScreen, type TerminalOptions } from "./child.ts"

/** The reference server, with its rooms in a file. */
export const serving = Effect.flatMap(folder, (directory) => referenceServer(join(directory, "rooms.db"), 0))

/** Somebody else, in #cafe. */
export const somebody = (port: number, nick = "leo", account?: AccountOptions) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const chat = await connect({ url: `tcp://127.0.0.1:${port}`, nick, account, comeBack: "always", ahead: 8 })
      return { chat, cafe: await chat.join("#cafe") }
    }),
    ({ chat }) => Effect.promise(() => chat.close())
  )

/** Somebody says so much. */
export const says = (room: ChatRoom, ...texts: ReadonlyArray<string>) =>
  Effect.promise(() => Promise.all(texts.map((text) => room.send(text))))

/** Waits until somebody else has seen a message. */
export const heard = ({ chat, cafe }: { readonly chat: Chat; readonly cafe: ChatRoom }, text: string) =>
  Effect.callback<void>((resume) => {
    const look = () => {
      if (!cafe.entries.some((line) => line._tag === "Message" && line.text === text)) return
      end()
      resume(Effect.void)
    }
    const end = chat.view.subscribe(look)
    look()
  }).pipe(Effect.timeout("30 seconds"))

/** What was said in a room and isn't deleted. */
export const textsIn = (room: ChatRoom) =>
  room.entries.flatMap((line) => (line._tag === "Message" && line.text !== undefined ? [line.text] : []))

/** The client under test, connected as ana. */
export const ana = Effect.fnUntraced(function* (
  port: number,
  options: TerminalOptions = {},
  ...more: ReadonlyArray<string>
) {
  const screen = yield* onScreen(
    { columns: 80, rows: 24, ...options },
    "--nick",
    "ana",
    "--port",
    String(port),
    ...more
  )
  yield* screen.looks("was connected", (now) => /connected|en línea/u.test(now))
  return screen
})
