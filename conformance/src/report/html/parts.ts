/**
 * Small parts of the page.
 *
 * @module
 */
import type { Standing } from "../../run/results.ts"
import type { Requirement } from "../../spec/requirements.ts"
import type { Verdict } from "../../verdict.ts"
import { type Content, html, type Markup } from "./markup.ts"
import { signs, standingWords } from "./words.ts"

/** How the page gets from where it lies to the folder that holds `spec/`. */
export type Home = string

/** What a colour stands for. */
const tones: Readonly<Record<Verdict | Standing, "good" | "bad" | "so-so" | "none">> = {
  passed: "good",
  kept: "good",
  failed: "bad",
  broken: "bad",
  inconclusive: "bad",
  blocked: "bad",
  "stale expected failure": "bad",
  warned: "so-so",
  flaky: "so-so",
  "expected failure": "so-so",
  "not judged": "none",
  "not run": "none",
  "not claimed": "none",
  untestable: "none",
  client: "none",
  server: "none"
}

export const toneOf = (state: Verdict | Standing): string => tones[state]

/** A sign and a word. */
export const badge = (state: Verdict | Standing): Markup =>
  html`<span class="badge ${tones[state]}"><span aria-hidden="true">${signs[state]}</span> ${wordOf(state)}</span>`

export const wordOf = (state: Verdict | Standing): string =>
  state in standingWords ? standingWords[state as Standing] : state

/** The ID of a requirement, as a link to its row in the matrix. */
export const idLink = (id: string): Markup => html`<a class="id" href="#${id}">${id}</a>`

/** A requirement's sentence, and the way to its place in the spec. */
export const quotation = (requirement: Requirement, home: Home): Markup =>
  html`<blockquote><p>${idLink(requirement.id)} ${prose(requirement.text)}</p><footer><a href="${home}${requirement.link}">${requirement.link}</a></footer></blockquote>`

/** A sentence in which code stands between back quotes. */
export const prose = (text: string): Content =>
  text.split(/`([^`]+)`/u).map((part, nth) => (nth % 2 === 1 ? html`<code>${part}</code>` : part))

/** A command to be copied. */
export const command = (text: string): Markup => html`<div class="command"><code>${text}</code></div>`

/** A table that can be scrolled sideways, also with the keyboard. */
export const scrollable = (label: string, content: Markup): Markup =>
  html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`
