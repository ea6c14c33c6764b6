/**
 * Each failure with all that is known of it.
 *
 * @module
 */

import { counted, english } from "../../lang/en.ts"
import type { Stale } from "../../run/expected.ts"
import type { KeptStory, Results, TestResult } from "../../run/results.ts"
import type { Finding, Outcome } from "../../verdict.ts"
import type { Moment, Transcript } from "../../wire/transcript.ts"
import {
  accused,
  type Block,
  blocksOf,
  causesOf,
  deathOf,
  failuresOf,
  type Sentences,
  withVerdict
} from "../evidence.ts"
import { aboutStory, drawnLines } from "../story.ts"
import { plainStyle } from "../style.ts"
import { lanesFigure, storyFigure } from "./lanes.ts"
import { html, type Markup } from "./markup.ts"
import { badge, command, type Home, idLink, prose, quotation, scrollable, toneOf } from "./parts.ts"

/** What the stories need besides their tests. */
export interface Setting {
  readonly results: Results
  readonly sentences: Sentences
  readonly home: Home
}

/** The tests that have a story of their own on the page, in its order. */
export const storied = (results: Results): ReadonlyArray<TestResult> => [
  ...failuresOf(results),
  ...withVerdict(results, "inconclusive"),
  ...withVerdict(results, "warned"),
  ...withVerdict(results, "flaky"),
  ...withVerdict(results, "expected failure")
]

/** The anchor of a test's story. */
export const storyAnchor = (results: Results, test: TestResult): string | undefined => {
  const nth = storied(results).indexOf(test)
  return nth === -1 ? undefined : `story-${nth + 1}`
}

/** What is wrong, from what matters most. */
export const failuresSection = (setting: Setting): Markup => {
  const { results } = setting
  const blocks = blocksOf(results)
  const stories = storied(results)
  if (stories.length + blocks.length + results.stale.length === 0) return html``
  return html`<section id="failures" aria-labelledby="failures-title">
<h2 id="failures-title">What went wrong</h2>
${blocks.length > 0 && html`<p class="lead">Begin at the top: the first failure is the one that keeps most other tests from being judged.</p>`}
${stories.map((test) => storyMarkup(setting, test))}
${blocks.map(blockMarkup)}
${results.stale.map(staleMarkup)}
</section>`
}

const storyMarkup = (setting: Setting, test: TestResult): Markup => {
  const { results } = setting
  const { again, chapter, heading, hint, outcome } = test
  const anchor = storyAnchor(results, test)!
  const findings = outcome.finding === undefined ? outcome.warnings : [outcome.finding]
  const blocked = blocksOf(results).find(({ cause }) => cause !== undefined && cause === outcome.finding?.requirement)
  const blocks = blocked?.tests.length ?? 0
  return html`<article id="${anchor}" class="story ${toneOf(outcome.verdict)}" aria-labelledby="${anchor}-title">
<header><p class="eyebrow">${badge(outcome.verdict)} <span>${chapter}</span>${blocks > 0 && html` <span>blocks ${counted(blocks, "other test")}</span>`}</p>
<h3 id="${anchor}-title">${prose(heading)}</h3></header>
${(findings.length === 0 || isExcused(test)) && html`<p>${outcome.reason}</p>`}
${findings.map((finding) => findingMarkup(setting, test, finding))}
${outcome.crash !== undefined && crashMarkup(outcome)}
${hint !== undefined && html`<p class="hint"><b>Hint</b> ${prose(hint)}</p>`}
${sameReason(results, test)}
${outcome.replay?.counterexample !== undefined && html`<h4>${test.story === undefined ? "The smallest counterexample" : "What was drawn"}</h4><pre>${outcome.replay.counterexample}</pre>`}
${outcome.replay?.hits !== undefined && html`<p>${english.hits(outcome.replay.hits.broken, outcome.replay.hits.runs)}</p>`}
${test.story !== undefined && storyOf(setting, test, test.story)}
${outcome.transcripts.length > 0 && whatHappened(setting, test)}
<h4>Run just this test again</h4>
${command(again)}
</article>
`
}

/** Where the other tests stand that are red for the same reason. */
const sameReason = (results: Results, test: TestResult): Markup => {
  const alike = causesOf(results).find(({ tests }) => tests.includes(test))?.tests ?? []
  if (alike.length < 2) return html``
  const others = alike.filter((each) => each !== test)
  return html`<p>Red for the same reason: ${others.map(
    (other, nth) => html`${nth > 0 && ", "}<a href="#${storyAnchor(results, other)}">${prose(other.heading)}</a>`
  )}</p>`
}

const isExcused = ({ outcome }: TestResult): boolean =>
  outcome.verdict === "flaky" || outcome.verdict === "expected failure"

const findingMarkup = ({ home, sentences }: Setting, test: TestResult, finding: Finding): Markup => {
  const ids = accused(test, finding)
  const quoted = ids.flatMap((id) => sentences.get(id) ?? [])
  return html`${quoted.length > 1 && html`<p>This conversation shows several sentences at once; one of them is broken:</p>`}
${quoted.map((requirement) => quotation(requirement, home))}
<dl class="evidence">
${finding.sent !== undefined && html`<div><dt>Sent</dt><dd><pre>${finding.sent}</pre></dd></div>`}
<div><dt>Expected</dt><dd>${phrase(finding.expected)}</dd></div>
<div class="got"><dt>Came instead</dt><dd>${phrase(finding.got)}</dd></div>
</dl>`
}

const crashMarkup = (outcome: Outcome): Markup => {
  const { output, sanitizer } = deathOf(outcome)
  return html`${sanitizer !== undefined && html`<h4>What the sanitizer reported</h4><pre>${sanitizer}</pre>`}
${output !== undefined && html`<h4>The last lines that it wrote</h4><pre>${output}</pre>`}
${outcome.crash?.remarks.map((remark) => html`<p>${prose(remark)}</p>`)}`
}

/** Words as words, wire as wire. */
const phrase = (text: string): Markup => (/^[[{]/u.test(text) ? html`<pre>${text}</pre>` : html`<p>${prose(text)}</p>`)

const whatHappened = ({ results }: Setting, { heading, outcome }: TestResult): Markup => {
  const target = results.target.who === "server" ? "your server" : "your client"
  const { finding, transcripts } = outcome
  return html`<h4>What happened</h4>
<figure>${scrollable(`Diagram of “${heading}”`, lanesFigure({ transcripts, target, got: finding?.got }))}
<figcaption>Time runs downwards. An arrow is one line on the wire: from the suite to ${target}, or back. Hover over an arrow, or open a transcript, for all of it.</figcaption></figure>
${transcripts.map(transcriptMarkup)}`
}

/** The least of a history, as a picture and as text. */
const storyOf = ({ results }: Setting, { heading }: TestResult, story: KeptStory): Markup => {
  const target = results.target.who === "server" ? "your server" : "your client"
  return html`<h4>The least of it</h4>
<p>${aboutStory(english, story)}</p>
<figure>${scrollable(`The least of “${heading}”`, storyFigure(story, target))}
<figcaption>Time runs downwards. The arrow by which it is plain that the requirement is broken is marked.</figcaption></figure>
<dl class="evidence">
<div><dt>Expected</dt><dd>${phrase(story.violation.expected)}</dd></div>
<div class="got"><dt>Came instead</dt><dd>${phrase(story.violation.got)}</dd></div>
</dl>
<details><summary>The same as text</summary><pre>${drawnLines(plainStyle, story).join("\n")}</pre></details>
${story.file !== undefined && html`<p>${english.history(story.file)}</p>`}`
}

const transcriptMarkup = ({ leftOut, localPort, moments, who }: Transcript): Markup => {
  // What is no connection has no port: the input and the output of a client.
  const place = localPort === undefined ? "typed and shown" : `the suite’s port ${localPort}`
  return html`<details><summary>Transcript of <b>${who}</b> <span>${place}, ${counted(moments.length, "chunk")}</span></summary>
${leftOut > 0 && html`<p>${leftOut} chunks in the middle were not kept.</p>`}
${scrollable(
  `Transcript of ${who}`,
  html`<table class="wire"><thead><tr><th scope="col">Time</th><th scope="col">Way</th><th scope="col">One chunk</th></tr></thead>
<tbody>${moments.map((moment) => momentMarkup(moment, localPort === undefined))}</tbody></table>`
)}</details>
`
}

const momentMarkup = ({ at, text, what }: Moment, typed: boolean): Markup =>
  html`<tr class="${what}"><td>${at} ms</td><td>${wayOf(what, typed)}</td><td><code>${text}</code></td></tr>
`

const wayOf = (what: Moment["what"], typed: boolean): string => {
  if (what === "note") return "note"
  if (typed) return what === "sent" ? "→ typed" : "← shown"
  return what === "sent" ? "→ sent" : "← came"
}

const blockMarkup = ({ cause, reason, tests }: Block): Markup => html`<article class="story block">
<header><p class="eyebrow">${badge("blocked")} <span>${counted(tests.length, "test")}</span></p>
<h3>${cause === undefined ? prose(reason) : html`Blocked by ${idLink(cause)}`}</h3></header>
<p>These tests had to stop before they could judge anything. Nothing is known about what they are for.</p>
<details><summary>Which tests</summary><ul>${tests.map(({ chapter, heading }) => html`<li>${chapter}: ${prose(heading)}</li>`)}</ul></details>
</article>
`

const staleMarkup = ({ complaint, file, reason, subject }: Stale): Markup => html`<article class="story bad">
<header><p class="eyebrow">${badge("stale expected failure")} <code>${file}</code></p>
<h3><code>${subject}</code></h3></header>
<p>${complaint}</p>
<p>Take the entry out of the list. It was there because: <q>${reason}</q></p>
</article>
`
