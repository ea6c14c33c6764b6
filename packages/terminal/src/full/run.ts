/**
 * The full-screen mode: from the first connection to the last goodbye.
 *
 * @module
 */
import { createInterface } from "node:readline/promises"
import { type Chat, openChat } from "@tertulia/client/chat"
import { keepIn } from "@tertulia/client/file"
import { addressOf } from "@tertulia/client/tcp"
import { foldName, isNick } from "@tertulia/protocol"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { render } from "ink"
import { createElement } from "react"
import { accountOf, hiddenLine } from "../account.ts"
import { writeConfig } from "../config.ts"
import { Failed, failed } from "../failed.ts"
import { knownNick } from "../nick.ts"
import { quoted } from "../plain/lines.ts"
import type { Settings } from "../settings.ts"
import { oneLine } from "../visible.ts"
import { App } from "./app.ts"
import { makeDesk } from "./desk.ts"
import { Keyboard, mouseModes } from "./keyboard.ts"
import { makeLog } from "./log.ts"
import { fit, oneRow } from "./text.ts"
import { wordsIn } from "./words.ts"

/** Talks on the whole screen until the person leaves. */
export const runScreen = Effect.fnUntraced(function* (settings: Settings) {
  const { at, outbox, room, transport } = settings
  const address = addressOf(at)
  const { hasToken, nick: known } = yield* whoIsKept(settings, address)
  const nick = known ?? (yield* Effect.promise(() => askNick(settings)))
  if (nick === undefined) return
  const hidden = hiddenLine(wordsIn(settings.language).password)
  const account = yield* Effect.mapError(
    accountOf(settings.account, hasToken, hidden),
    (sentence) => new Failed({ sentence, code: 2 })
  )
  let hearWire: Heard | undefined
  const ground = { open: transport, ...(outbox === undefined ? {} : { keeper: keepIn(outbox, address) }) }
  const onWire: Heard = (direction, line) => hearWire?.(direction, line)
  const chat = yield* Effect.tryPromise({
    try: () => openChat(ground, { nick, account, rooms: [room], onWire }),
    catch: (error) => new Failed({ sentence: error instanceof Error ? error.message : String(error), code: 2 })
  })
  const listen = (hear: Heard) => {
    hearWire = hear
  }
  const unsent = yield* Effect.promise(() => show(chat, { ...settings, nick }, listen))
  if (unsent.length === 0) return
  const words = wordsIn(settings.language)
  const which = unsent.map(quoted).join(", ")
  yield* Console.error(oneLine(outbox === undefined ? words.unsent(which) : words.keptFor(outbox, which)))
})

/** Who one is to be, if that was said or is kept; and whether what opens one's account is. */
const whoIsKept = (settings: Settings, address: string) =>
  settings.outbox === undefined
    ? Effect.succeed({ nick: settings.nick, hasToken: false })
    : keepIn(settings.outbox, address).pipe(
        Effect.mapError((error) => failed(error, settings.language)),
        Effect.flatMap((keeper) =>
          Effect.map(knownNick(settings, keeper), (nick) => ({
            nick,
            hasToken: keeper.kept.person.token !== undefined
          }))
        ),
        Effect.scoped
      )

type Heard = (direction: "sent" | "received", line: string) => void

/** Shows a chat until the person leaves it; resolves to what was typed and isn't known to be said. */
const show = async (
  chat: Chat,
  settings: Settings & { readonly nick: string },
  listen: (hear: Heard) => void
): Promise<ReadonlyArray<string>> => {
  const { at, bell, hasColour, ignored, language, log: folder, nick, notify, raw, room, theme } = settings
  const left = Promise.withResolvers<void>()
  const leave = () => left.resolve()
  const write = (text: string) => void process.stdout.write(text)
  const log =
    folder === undefined
      ? undefined
      : makeLog(folder, addressOf(at), ({ message }) => desk.complain(desk.words.logFailed(message)))
  let hasMouse = settings.mouse
  const desk = makeDesk(chat, {
    language,
    nick,
    room,
    raw,
    theme,
    ignored,
    leave,
    ring: ({ from, text }) => {
      if (bell) write("\u0007")
      if (notify) write(`\u001b]9;${fit(`${from}: ${oneRow(text)}`, 120)}\u0007`)
    },
    mouse: () => {
      hasMouse = !hasMouse
      write(hasMouse ? mouseModes.on : mouseModes.off)
      return hasMouse
    },
    ...(log === undefined ? {} : { write: log.put })
  })
  listen(desk.onWire)
  const keyboard = new Keyboard(process.stdin, (direction) => desk.wheel(direction))
  const screen = render(createElement(App, { desk, hasColour }), {
    alternateScreen: true,
    exitOnCtrlC: false,
    incrementalRendering: true,
    patchConsole: false,
    stdin: keyboard,
    interactive: true
  })
  if (hasMouse) write(mouseModes.on)
  const signals = ["SIGTERM", "SIGHUP"] as const
  for (const signal of signals) process.once(signal, leave)
  await Promise.race([left.promise, screen.waitUntilExit()])
  for (const signal of signals) process.off(signal, leave)
  desk.close()
  if (hasMouse) write(mouseModes.off)
  screen.unmount()
  await screen.waitUntilExit()
  keyboard.release()
  await chat.close()
  await log?.close()
  return [...chat.view.get().rooms.values()].flatMap(({ waiting }) => waiting.map(({ text }) => text))
}

/** Asks who somebody is, until that is a nick, and whether to remember it; undefined when they leave. */
const askNick = async ({ configFile, isConfigured, language }: Settings): Promise<string | undefined> => {
  const words = wordsIn(language)
  const line = createInterface({ input: process.stdin, output: process.stdout })
  const gone = new Promise<undefined>((resolve) => line.once("close", () => resolve(undefined)))
  const ask = (question: string) => Promise.race([line.question(question), gone])
  try {
    process.stdout.write(`${words.welcome}\n`)
    let nick = (await ask(words.askNick))?.trim()
    while (nick !== undefined && !isNick(foldName(nick))) {
      process.stdout.write(`${words.noNick}\n`)
      nick = (await ask(words.askNick))?.trim()
    }
    if (nick === undefined || isConfigured) return nick
    const answer = await ask(words.remember(oneLine(configFile)))
    if (answer !== undefined && /^(?:y|yes|s|si|sí)$/iu.test(answer.trim())) writeConfig(configFile, { nick })
    return nick
  } finally {
    line.close()
  }
}
