/** The server held against the pure model: any story, over connections in memory and in simulated time. */
import { describe, expect, it } from "@effect/vitest"
import { defaultLimits, type JsonObject, type Limits } from "@tertulia/protocol"
import {
  type Act,
  actOf,
  type Deed,
  emptyWorld,
  modelled,
  observe,
  people,
  rooms,
  type Story,
  step,
  story,
  tour,
  type Who
} from "@tertulia/protocol/model"
import { Effect } from "effect"
import * as fc from "fast-check"
import { openQuietHouse, type QuietClient } from "./support/quiet-house.ts"

const names = { nick: (who: string) => who, room: (room: string) => room }

/** Performs a story, and gives the requirements that were kept; the first that is broken ends it. */
const perform = Effect.fnUntraced(function* (acts: Story, limits: Partial<Limits> = {}) {
  const house = yield* openQuietHouse({ limits: { burst: 1_000_000, ...limits } })
  const clients = new Map<Who, QuietClient>()
  const kept = new Set<string>()
  let worlds = [emptyWorld({ ...defaultLimits, ...limits }, rooms)]

  const open = Effect.fnUntraced(function* (who: Who) {
    const client = yield* house.connect
    expect(yield* client.heard).toMatchObject([{ type: "hello" }])
    clients.set(who, client)
  })

  const does = Effect.fnUntraced(function* (who: Who, deed: Deed) {
    if (deed.deed === "open") return yield* open(who)
    const client = clients.get(who)!
    if (deed.deed === "ask") yield* client.say({ ...deed.request, id: 1 })
    else {
      if (deed.unanswered !== undefined) client.send(`${JSON.stringify({ type: "send", id: 1, ...deed.unanswered })}\n`)
      if (deed.by === "FIN") client.finish()
      else client.reset()
    }
    if (deed.deed === "lose") clients.delete(who)
    return undefined
  })

  const heard = Effect.gen(function* () {
    const came = new Map<Who, ReadonlyArray<JsonObject>>()
    for (const [who, client] of clients) came.set(who, yield* client.heard)
    return came
  })

  const enact = Effect.fnUntraced(function* (who: Who, deed: Deed) {
    const outcomes = worlds.flatMap((world) => step(world, who, deed))
    yield* does(who, deed)
    const seen = observe(outcomes, who, yield* heard)
    if ("fault" in seen) throw new Error(`${seen.fault.cites}: ${JSON.stringify({ deed, ...seen.fault })}`)
    worlds = [...seen.worlds]
    for (const id of seen.kept) kept.add(id)
  })

  const act = Effect.fnUntraced(function* (each: Act) {
    for (const deed of actOf(worlds[0]!, names, each)) yield* enact(each.who, deed)
  })

  for (const who of people) {
    yield* enact(who, { deed: "open" })
    yield* enact(who, { deed: "ask", request: { type: "login", nick: who } })
  }
  for (const each of acts) yield* act(each)
  return kept
}, Effect.scoped)

describe("the server does what the model allows", () => {
  it.effect("past every transition", () =>
    Effect.gen(function* () {
      const kept = yield* perform(tour)
      expect(modelled.filter((id) => !kept.has(id))).toEqual([])
    })
  )

  it.effect(
    "in any story",
    () =>
      Effect.gen(function* () {
        const context = yield* Effect.context<never>()
        const run = (acts: Story) => Effect.runPromiseWith(context)(Effect.asVoid(perform(acts)))
        yield* Effect.promise(() => fc.assert(fc.asyncProperty(story(40), run), { numRuns: 60 }))
      }),
    60_000
  )
})
