/**
 * Stories to check a server by: what several people do, one after the other. Every act makes sense in every state (what can't be done is
 * refused, and the model says how), so whatever is left out of a story is a story again, and it shrinks as any list does.
 *
 * @module
 */
import * as fc from "fast-check"
import type { Ask, Deed } from "./step.ts"
import { placeOf, roomsOf, type World } from "./world.ts"

/** The people of a story; each begins logged in under a nick of their own. */
export const people = ["ana", "leo", "eva"] as const

/** The rooms of a story; nobody is in them when it begins. */
export const rooms = ["#cafe", "#cine"] as const

type Person = (typeof people)[number]
type Room = (typeof rooms)[number]

/** How a connection ends: by the request `bye`, by FIN, by RST. */
type End = "bye" | "FIN" | "RST"

/** Which entry somebody who comes back says that they hold: the last that they saw, the one before it, none, or one that nobody has written; or one of another log. */
type Held = "last" | "one before" | "none" | "one to come" | "another log's"

/** What one person does. */
export type Act = { readonly who: Person } & (
  | { readonly act: "join"; readonly room: Room; readonly create?: boolean; readonly holding?: Held }
  | { readonly act: "leave" | "members"; readonly room: Room }
  | { readonly act: "send"; readonly room: Room; readonly text: string }
  | { readonly act: "page"; readonly room: Room; readonly after: Person }
  | { readonly act: "rooms"; readonly limit?: number }
  | { readonly act: "sync" | "ping" }
  | { readonly act: "login"; readonly nick: Person }
  /** Says `bye`, and connects again without logging in. */
  | { readonly act: "bye" }
  /** The connection ends; they come back under their nick, and into the rooms that they were in, unless they hold nothing worth it. */
  | { readonly act: "reconnect"; readonly by: End; readonly holding?: Held }
  /** The connection is lost before the reply to a send; they come back, and send it again. */
  | { readonly act: "retry"; readonly room: Room; readonly text: string }
)

export type Story = ReadonlyArray<Act>

// Few texts, so that the same is said again: a server may not take one entry for another.
const text = fc.constantFrom("hola", "¿quién viene?")
const by = fc.constantFrom<End>("bye", "FIN", "RST")
// Most often what makes a replay.
const holding = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Held>("one before", "none") },
  { weight: 3, arbitrary: fc.constantFrom<Held>("last", "one to come", "another log's") }
)
const only = <Word extends string>(word: Word) => fc.constant(word)

/** Who acts in a story, and where. */
interface Cast {
  readonly who: fc.Arbitrary<Person>
  readonly room: fc.Arbitrary<Room>
  readonly nick: fc.Arbitrary<Person>
}

interface Kind {
  readonly weight: number
  readonly arbitrary: fc.Arbitrary<Act>
}

/** What every story is about: entries, and who gets them when they come back. */
const usual = ({ room, who }: Cast): ReadonlyArray<Kind> => [
  { weight: 4, arbitrary: fc.record({ who, act: only("join"), room }) },
  { weight: 6, arbitrary: fc.record({ who, act: only("send"), room, text }) },
  { weight: 6, arbitrary: fc.record({ who, act: only("reconnect"), by, holding }) }
]

/** What a story may be about besides. */
const further = ({ nick, room, who }: Cast): ReadonlyArray<Kind> => [
  { weight: 6, arbitrary: fc.record({ who, act: only("join"), room, holding }) },
  { weight: 4, arbitrary: fc.record({ who, act: only("leave"), room }) },
  { weight: 2, arbitrary: fc.record({ who, act: only("reconnect"), by }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("retry"), room, text }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("join"), room, create: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("bye") }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("login"), nick }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("members"), room }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("page"), room, after: nick }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("rooms") }) },
  { weight: 1, arbitrary: fc.record({ who, act: only("rooms"), limit: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ who, act: fc.constantFrom("sync", "ping") }) }
]

const anybody = fc.constantFrom(...people)
const everybody: Cast = { who: anybody, room: fc.constantFrom(...rooms), nick: anybody }
const casts: ReadonlyArray<Cast> = [
  everybody,
  { ...everybody, who: fc.constantFrom(people[0], people[1]) },
  { ...everybody, room: fc.constant(rooms[0]) },
  { ...everybody, who: fc.constantFrom(people[0], people[1]), room: fc.constant(rooms[0]) }
]
const anyAct = fc.oneof(...usual(everybody), ...further(everybody))

// Who does everything everywhere does nothing often: so each story has a cast, and some of the acts.
const focused = (longest: number): fc.Arbitrary<Story> =>
  fc.constantFrom(...casts).chain((cast) =>
    fc.subarray([...further(cast)], { minLength: 6 }).chain((some) =>
      fc.array(fc.oneof(...usual(cast), ...some), {
        minLength: Math.ceil(longest / 2),
        maxLength: longest,
        size: "max"
      })
    )
  )

/** Any story of at most so many acts. */
export const story = (longest: number): fc.Arbitrary<Story> => new Stories(longest)

/**
 * Stories shrink by leaving out any run of acts, longer ones first, then by simplifying one act: fast-check's arrays keep acts that come
 * after the failure, and its `commands` need a path of their own besides `--path` to be replayed. A class, for that is how fast-check takes
 * an arbitrary.
 */
class Stories extends fc.Arbitrary<Story> {
  private readonly drawn: fc.Arbitrary<Story>

  constructor(longest: number) {
    super()
    this.drawn = focused(longest)
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<Story> {
    return told(this.drawn.generate(mrng, biasFactor).value)
  }

  // A story that was written down shrinks like one that was drawn.
  canShrinkWithoutContext(value: unknown): value is Story {
    return Array.isArray(value)
  }

  shrink(acts: Story): fc.Stream<fc.Value<Story>> {
    return new fc.Stream(smaller(acts)).map(told)
  }
}

function* smaller(acts: Story): Generator<Story> {
  for (let length = Math.floor(acts.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let from = acts.length - length; from >= 0; from -= length) yield acts.toSpliced(from, length)
  }
  for (const [place, each] of acts.entries()) {
    for (const { value } of anyAct.shrink(each, undefined)) yield acts.with(place, value)
  }
}

const told = (acts: Story): fc.Value<Story> => new fc.Value(readable(acts), undefined)

/** A story that a report shows act by act. */
const readable = (acts: Story): Story =>
  Object.assign([...acts], { [fc.toStringMethod]: () => acts.map(line).join("; ") })

/** An act in a line, as a report shows it: `ana: join #cafe, holding last`. */
const line = ({ who, act, ...rest }: Act): string => {
  const words = Object.entries(rest).map(([name, value]) =>
    name === "room" ? value : `${name} ${JSON.stringify(value)}`
  )
  return [`${who}: ${act}`, ...words].join(", ").replace(", #", " #")
}

/** One story that comes past every transition of the model, so that each requirement is judged in every run. */
export const tour: Story = readable([
  { who: "ana", act: "login", nick: "ana" },
  { who: "ana", act: "ping" },
  { who: "ana", act: "leave", room: "#cafe" },
  { who: "ana", act: "join", room: "#cafe", create: false },
  { who: "ana", act: "join", room: "#cafe" },
  { who: "ana", act: "join", room: "#cafe" },
  { who: "ana", act: "send", room: "#cafe", text: "hola" },
  { who: "leo", act: "join", room: "#cafe" },
  { who: "leo", act: "send", room: "#cafe", text: "¿quién viene?" },
  { who: "leo", act: "members", room: "#cafe" },
  { who: "leo", act: "page", room: "#cafe", after: "ana" },
  { who: "eva", act: "rooms" },
  { who: "eva", act: "sync" },
  { who: "eva", act: "bye" },
  { who: "eva", act: "sync" },
  { who: "eva", act: "login", nick: "ana" },
  { who: "eva", act: "login", nick: "eva" },
  { who: "leo", act: "reconnect", by: "FIN", holding: "one before" },
  { who: "leo", act: "leave", room: "#cafe" },
  { who: "ana", act: "send", room: "#cafe", text: "hola" },
  { who: "leo", act: "join", room: "#cafe", holding: "last" },
  { who: "ana", act: "retry", room: "#cafe", text: "hola" },
  { who: "leo", act: "reconnect", by: "RST", holding: "another log's" },
  { who: "leo", act: "reconnect", by: "bye", holding: "one to come" },
  { who: "ana", act: "leave", room: "#cafe" },
  { who: "leo", act: "leave", room: "#cafe" },
  { who: "eva", act: "join", room: "#cafe", holding: "none" }
])

/** The names that the people and rooms of a story have on the server. */
export interface Names {
  readonly nick: (who: Person) => string
  readonly room: (room: Room) => string
  /** Where the story's rooms begin in the list of all rooms; absent on a server that has no others. */
  readonly before?: string
}

/** What an act comes to, deed by deed, in the world in which it begins. */
export const actOf = (world: World, { before, nick, room }: Names, act: Act): ReadonlyArray<Deed> => {
  const { who } = act
  const asks = (request: Ask): Deed => ({ deed: "ask", request })
  const login = asks({ type: "login", nick: nick(who) })
  const joins = (name: string, held?: Held): Deed =>
    asks({ type: "join", room: name, ...(held === undefined ? {} : cursor(world, who, name, held)) })
  const lists = (limit?: number): Deed =>
    asks({
      type: "rooms",
      ...(before === undefined ? {} : { after: before }),
      ...(limit === undefined ? {} : { limit })
    })
  // Once the nick is free and the rooms are left, as the list shows, the end of the old connection is over.
  const comesBack: ReadonlyArray<Deed> = [{ deed: "open" }, login, lists()]
  switch (act.act) {
    case "join":
      return act.create === undefined
        ? [joins(room(act.room), act.holding)]
        : [asks({ type: "join", room: room(act.room), create: act.create })]
    case "leave":
    case "members":
      return [asks({ type: act.act, room: room(act.room) })]
    case "send":
      return [asks({ type: "send", room: room(act.room), text: act.text })]
    case "page":
      return [asks({ type: "members", room: room(act.room), after: nick(act.after), limit: 1 })]
    case "rooms":
      return [lists(act.limit)]
    case "sync":
    case "ping":
      return [asks({ type: act.act })]
    case "login":
      return [asks({ type: "login", nick: nick(act.nick) })]
    case "bye":
      return [asks({ type: "bye" }), { deed: "open" }]
    case "reconnect":
      return [
        act.by === "bye" ? asks({ type: "bye" }) : { deed: "lose", by: act.by },
        ...comesBack,
        ...(act.holding === undefined ? [] : roomsOf(world, who).map((name) => joins(name, act.holding)))
      ]
    case "retry": {
      const name = room(act.room)
      return [
        { deed: "lose", by: "RST", unanswered: { room: name, text: act.text } },
        ...comesBack,
        joins(name, "last"),
        asks({ type: "send", room: name, text: act.text })
      ]
    }
  }
}

/** What somebody who comes back to a room says that they hold: where they are in it, or were when they left it last. */
const cursor = (
  world: World,
  who: Person,
  room: string,
  held: Held
): { readonly after: number; readonly epoch: string } => {
  const known = placeOf(world, who, room)
  const stranger = { after: 0, epoch: "of-another-log" }
  if (known === undefined) return stranger
  const { after, epoch } = known
  switch (held) {
    case "last":
      return known
    case "one before":
      return { after: Math.max(0, after - 1), epoch }
    case "none":
      return { after: 0, epoch }
    case "one to come":
      return { after: after + 1_000, epoch }
    case "another log's":
      return { ...stranger, after }
  }
}
