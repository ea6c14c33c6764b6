/** Every example conversation of the spec, as it is written there. */
import { perform } from "../src/dialogue.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { scenario } from "../src/scenario.ts"
import { type Dialogue, dialoguesOf } from "../src/spec/dialogues.ts"
import { readChapters } from "../src/spec/requirements.ts"

const clientsOf = ({ steps }: Dialogue): number =>
  new Set(steps.flatMap((step) => ("client" in step ? [step.client] : []))).size

for (const dialogue of dialoguesOf(readChapters()).dialogues) {
  const connections = dialogue.steps.some(({ _tag }) => _tag === "HouseIsFull") ? "all" : clientsOf(dialogue)
  scenario(
    `${dialogue.chapter}: ${dialogue.title}`,
    dialogue.ids as [RequirementId, ...Array<RequirementId>],
    {
      ...{ connections, kind: "dialogue" },
      ...(dialogue.needsStart ? { needs: "start" } : {}),
      ...(dialogue.also === undefined ? {} : { also: dialogue.also })
    },
    (t) => perform(t, dialogue)
  )
}
