/**
 * A pure model of a server of the core: what its clients may see, whatever they do one after the other. Written from the chapters
 * session, rooms and order of the spec; it knows no server.
 *
 *     worlds = [emptyWorld(limits, rooms)]
 *     outcomes = worlds.flatMap((world) => step(world, who, deed))     // all that is allowed
 *     seen = observe(outcomes, who, came)                              // the worlds that are left, or the requirement that is broken
 *
 * @module
 */
export { knownOf, type Modelled, modelled, type Want } from "./model/expected.ts"
export { type Came, type Fault, observe, type Seen } from "./model/observe.ts"
export { type Deed, type Outcome, step } from "./model/step.ts"
export { type Act, actOf, type Names, people, rooms, type Story, story, tour } from "./model/story.ts"
export { emptyWorld, type Who, type World } from "./model/world.ts"
