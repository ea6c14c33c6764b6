/**
 * The example conversations of the spec, parsed from its fenced blocks. spec/conformance.md says how one reads.
 *
 * @module
 */
import { type JsonObject, type Profile, parseJson, profiles } from "@tertulia/protocol"
import type { Chapter, Requirement, SpecFault } from "./requirements.ts"

/** One line of a dialogue. */
export type Step =
  | { readonly _tag: "Says"; readonly client: string; readonly line: string }
  | { readonly _tag: "Hears"; readonly client: string; readonly object: JsonObject; readonly text: string }
  | { readonly _tag: "Opens"; readonly client: string }
  | { readonly _tag: "Ends"; readonly client: string }
  | { readonly _tag: "Resets"; readonly client: string }
  | { readonly _tag: "IsSilent"; readonly client: string }
  | { readonly _tag: "OnlyPings"; readonly client: string }
  | { readonly _tag: "SendsEndlessLine"; readonly client: string }
  | { readonly _tag: "ServerEnds"; readonly client: string }
  | { readonly _tag: "IsConnected"; readonly client: string }
  | { readonly _tag: "Is"; readonly client: string; readonly nick: string; readonly rooms: ReadonlyArray<string> }
  | { readonly _tag: "IsInManyRooms"; readonly client: string; readonly nick: string }
  | { readonly _tag: "HouseIsFull" }
  | { readonly _tag: "ServerIsAskedToStop" }

/** A step with the line of the file that it stands on. */
export type Placed = Step & { readonly at: string }

/** One conversation. */
export interface Dialogue {
  readonly title: string
  readonly ids: ReadonlyArray<string>
  readonly chapter: string
  /** `file:line` of its first line. */
  readonly at: string
  /** It runs only when the suite starts the server itself. */
  readonly needsStart: boolean
  /** A profile that the server has to claim beside that of the requirements. */
  readonly also?: Profile
  readonly steps: ReadonlyArray<Placed>
}

/** A fenced block of a chapter. */
export interface Block {
  readonly info: string
  readonly lines: ReadonlyArray<string>
  /** The number of the block's first line inside the fence. */
  readonly from: number
}

/** Every fenced block of a chapter. */
export const blocksOf = (chapter: Chapter): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let open: { readonly info: string; readonly lines: Array<string>; readonly from: number } | undefined
  chapter.lines.forEach((line, index) => {
    const fence = /^\s*```(.*)$/u.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { info: fence[1]!.trim(), lines: [], from: index + 2 }
    else {
      blocks.push(open)
      open = undefined
    }
  })
  return blocks
}

/** What a chapter's dialogues are, and what is wrong with them. */
export interface Parsed {
  readonly dialogues: ReadonlyArray<Dialogue>
  readonly faults: ReadonlyArray<SpecFault>
}

/** Parses every dialogue of the spec. */
export const dialoguesOf = (chapters: ReadonlyArray<Chapter>): Parsed => {
  const parsed = chapters.flatMap((chapter) =>
    blocksOf(chapter)
      .filter(({ info }) => info === "dialogue" || info.startsWith("dialogue "))
      .map((block) => parseDialogue(chapter, block))
  )
  return {
    dialogues: parsed.flatMap(({ dialogues }) => dialogues),
    faults: parsed.flatMap(({ faults }) => faults)
  }
}

const infoGrammar =
  /^dialogue (?<title>[^[\]]+) \[(?<ids>[A-Z0-9 -]+)\](?: \(also (?<also>[a-z]+)\))?(?<start> \(needs --start\))?$/u

const parseDialogue = (chapter: Chapter, block: Block): Parsed => {
  const info = infoGrammar.exec(block.info)?.groups
  const at = `${chapter.file}:${block.from - 1}`
  if (info === undefined) {
    const message = `"${block.info}" is no heading of a dialogue: write \`dialogue Title [ID-1 ID-2]\``
    return { dialogues: [], faults: [{ at, message }] }
  }
  const read = block.lines
    .map((line, index) => ({ line, at: `${chapter.file}:${block.from + index}` }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ at: place, line }) => ({ at: place, line, step: parseStep(line) }))
  const steps = read.flatMap(({ at: place, step }) => (typeof step === "string" ? [] : [{ ...step, at: place }]))
  const faults = read.flatMap(({ at: place, step }) => (typeof step === "string" ? [{ at: place, message: step }] : []))
  const also = profiles.find((profile) => profile === info["also"])
  const dialogue: Dialogue = {
    title: info["title"]!.trim(),
    ids: info["ids"]!.trim().split(/\s+/u),
    chapter: chapter.name,
    at,
    needsStart: info["start"] !== undefined,
    ...(also === undefined ? {} : { also }),
    steps
  }
  return { dialogues: [dialogue], faults: [...faults, ...storyFaults(dialogue)] }
}

/** One line as a step, or the sentence that says what is wrong with it. */
export const parseStep = (line: string): Step | string => {
  const setup = /^-- (.+)$/u.exec(line)?.[1]
  if (setup !== undefined) return parseSetup(setup)
  const match = /^(?<side>[CS])(?<number>[0-9]*):(?: (?<rest>.*))?$/u.exec(line)?.groups
  if (match === undefined) return `"${line}" is no line of a dialogue: begin with C:, S: or --`
  const client = `C${match["number"] ?? ""}`
  const rest = match["rest"] ?? ""
  const action = /^\((.+)\)$/u.exec(rest)?.[1]
  if (match["side"] === "C") {
    return action === undefined ? { _tag: "Says", client, line: rest } : parseAction(client, action)
  }
  if (action !== undefined) {
    return action === "ends"
      ? { _tag: "ServerEnds", client }
      : `a server can't be told "(${action})": it can only (ends)`
  }
  const object = parseJson(rest)
  return typeof object === "string" ? `${object}: ${rest}` : { _tag: "Hears", client, object, text: rest }
}

const actions = {
  opens: "Opens",
  ends: "Ends",
  resets: "Resets",
  "is silent": "IsSilent",
  "does nothing but ping": "OnlyPings",
  "sends limits.line bytes without LF": "SendsEndlessLine"
} as const

const parseAction = (client: string, action: string): Step | string =>
  Object.hasOwn(actions, action)
    ? { _tag: actions[action as keyof typeof actions], client }
    : `a client can't be told "(${action})": there are ${Object.keys(actions).join(", ")}`

const parseSetup = (setup: string): Step | string => {
  if (setup === "limits.connections connections are open") return { _tag: "HouseIsFull" }
  if (setup === "the server is asked to stop") return { _tag: "ServerIsAskedToStop" }
  const match = /^(?<client>C[0-9]*) is (?<state>.+)$/u.exec(setup)?.groups
  if (match === undefined) return `"-- ${setup}" is unknown: write "-- C1 is ana, in #cafe"`
  const client = match["client"]!
  const state = match["state"]!
  if (state === "connected") return { _tag: "IsConnected", client }
  const many = /^(?<nick>\S+), in limits\.joins rooms$/u.exec(state)?.groups
  if (many !== undefined) return { _tag: "IsInManyRooms", client, nick: many["nick"]! }
  const person = /^(?<nick>[a-z0-9_-]+)(?:, in (?<rooms>#\S+(?:(?:, | and )#\S+)*))?$/u.exec(state)?.groups
  if (person === undefined) return `"-- ${setup}" is unknown: write "-- ${client} is ana, in #cafe and #cine"`
  return { _tag: "Is", client, nick: person["nick"]!, rooms: person["rooms"]?.split(/, | and /u) ?? [] }
}

/** What a dialogue does that can't be: clients who speak before they are there. */
const storyFaults = ({ at, ids, steps }: Dialogue): ReadonlyArray<SpecFault> => {
  const there = new Set<string>()
  const faults = steps.flatMap((step) => {
    if (step._tag === "HouseIsFull" || step._tag === "ServerIsAskedToStop") return []
    const comes =
      step._tag === "Opens" || step._tag === "IsConnected" || step._tag === "Is" || step._tag === "IsInManyRooms"
    if (comes && there.has(step.client)) return [{ at: step.at, message: `${step.client} is already there` }]
    if (comes) there.add(step.client)
    return comes || there.has(step.client)
      ? []
      : [{ at: step.at, message: `${step.client} isn't there yet: begin with "-- ${step.client} is connected"` }]
  })
  return ids.length > 0 ? faults : [...faults, { at, message: "a dialogue judges at least one requirement" }]
}

/** The IDs that dialogues name and the spec doesn't have. */
export const unknownIds = (
  dialogues: ReadonlyArray<Dialogue>,
  requirements: ReadonlyArray<Requirement>
): ReadonlyArray<SpecFault> => {
  const known = new Set(requirements.filter(({ removed }) => removed === undefined).map(({ id }) => id))
  return dialogues.flatMap(({ at, ids }) =>
    ids
      .filter((id) => !known.has(id))
      .map((id) => ({ at, message: `the dialogue judges ${id}, which the spec doesn't have` }))
  )
}
