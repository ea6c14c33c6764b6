/**
 * The plain mode: lines in, lines out. For pipes and scripts, for terminals that can't move their cursor, and for people who listen to
 * their screen.
 *
 * @module
 */
import { type Conversation, converse, type Item, inMemory, type Keeper } from "@tertulia/client"
import { keepIn } from "@tertulia/client/file"
import { addressOf } from "@tertulia/client/tcp"
import * as Effect from "effect/Effect"
import { accountOf, hiddenLine } from "../account.ts"
import { Failed, failed } from "../failed.ts"
import { knownNick } from "../nick.ts"
import type { Settings } from "../settings.ts"
import { oneLine, withoutSecret } from "../visible.ts"
import { chat } from "./chat.ts"
import { doubtLine, quoted } from "./lines.ts"
import { pipe, type Screen, terminal } from "./screen.ts"
import { style } from "./style.ts"
import { wordsIn } from "./words.ts"

/** Who to be: as given, as kept, as the machine knows, or as answered. */
const nickOf = Effect.fnUntraced(function* (settings: Settings, keeper: Keeper, screen: Screen) {
  const known = yield* knownNick(settings, keeper)
  if (known !== undefined) return known
  if (settings.login !== undefined) return settings.login
  const words = wordsIn(settings.language)
  if (!screen.interactive) return yield* new Failed({ sentence: words.whoAreYou, code: 2 })
  const answer = yield* screen.ask(words.askNick)
  return answer === "" ? yield* Effect.interrupt : answer.trim()
})

/** Says what is left when one goes: kept for the next time, or lost. */
const tellRest = Effect.fnUntraced(function* (
  conversation: Conversation,
  screen: Screen,
  { language, outbox }: Settings
) {
  const words = wordsIn(language)
  const waiting = (yield* conversation.outbox).filter(({ rest }) => rest === undefined)
  const say = (sentence: string) => screen.complain(oneLine(sentence))
  if (waiting.length === 0) return 0
  if (outbox !== undefined) {
    yield* say(words.kept(outbox, waiting.map(({ text }) => quoted(text)).join(", ")))
    return waiting.length
  }
  const textsOf = (isTried: boolean) =>
    waiting.filter((item: Item) => (item.tried !== undefined) === isTried).map(({ text }) => text)
  const [doubtful, unsaid] = [textsOf(true), textsOf(false)]
  if (doubtful.length > 0) yield* say(doubtLine(doubtful, false, words))
  if (unsaid.length > 0) yield* say(words.notSaid(unsaid.map(quoted).join(", "), ""))
  return waiting.length
})

/** Talks line by line until the person leaves or the input ends. */
export const runPlain = Effect.fn("chat")(
  function* (settings: Settings) {
    const { at, hasColour, isTerminal, language, outbox, room, transport } = settings
    const words = wordsIn(language)
    const address = addressOf(at)
    const keeper = outbox === undefined ? inMemory : yield* keepIn(outbox, address)
    const hasToken = keeper.kept.person.token !== undefined
    const account = yield* accountOf(
      settings.account,
      hasToken,
      isTerminal ? hiddenLine(words.password) : undefined
    ).pipe(Effect.mapError((sentence) => new Failed({ sentence, code: 2 })))
    const screen = yield* isTerminal ? terminal : pipe
    const nick = yield* nickOf(settings, keeper, screen)
    const [paint, raw] = [style(hasColour), { shown: settings.raw }]
    const conversation = yield* converse(transport, {
      nick,
      account,
      rooms: [room],
      keeper,
      comeBack: screen.interactive || settings.reconnect ? "once live" : "never",
      onWire: (direction, line) =>
        raw.shown
          ? screen.show(paint.dim(`${direction === "sent" ? "->" : "<-"} ${oneLine(withoutSecret(line))}`))
          : Effect.void
    })
    const asksNick = screen.interactive && settings.nick === undefined
    const talking = chat(conversation, screen, { room, address, style: paint, raw, asksNick, language })
    const talked = yield* Effect.result(Effect.raceFirst(talking, Effect.as(screen.deserted, 0)))
    yield* conversation.bye
    const rest = yield* tellRest(conversation, screen, settings)
    if (talked._tag === "Failure") return yield* talked.failure
    const unsaid = talked.success + rest
    if (unsaid > 0 && !screen.interactive) {
      return yield* new Failed({ sentence: words.unsaid(unsaid), code: 1 })
    }
  },
  (talking, { language }) =>
    talking.pipe(
      Effect.scoped,
      Effect.mapError((error) => (error._tag === "Failed" ? error : failed(error, language)))
    )
)
