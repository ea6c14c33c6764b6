/** Stories of several people, held against the pure model of a server: one deed after the other, so that all that may come is known. */
import { modelled, story, tour } from "@tertulia/protocol/model"
import { enact } from "../src/enact.ts"
import { property } from "../src/property.ts"

/** Acts: so few that, with the fences, no connection asks more than a server with the usual limits.burst reads at once. */
const longest = 40

property(
  "whatever people do one after the other, the server does what the model allows",
  modelled,
  story(longest),
  function* (t, acts) {
    yield* enact(t, acts)
  },
  { examples: [tour] }
)
