/**
 * Every requirement and every test, in tables that can be filtered.
 *
 * @module
 */
import { counted } from "../../lang/en.ts"
import type { RequirementResult, Results, TestResult } from "../../run/results.ts"
import { type Setting, storyAnchor } from "./failures.ts"
import { html, type Markup } from "./markup.ts"
import { badge, type Home, idLink, prose, wordOf } from "./parts.ts"

/** The requirements, chapter by chapter. */
export const requirementsSection = ({ home, results }: Setting): Markup => {
  const { requirements } = results
  const chapters = [...new Set(requirements.map(({ requirement }) => requirement.chapter))]
  return html`<section id="requirements" aria-labelledby="requirements-title">
<h2 id="requirements-title">Requirements</h2>
<p class="lead">Every numbered sentence of the spec, and what this run says about it. “4 + 1” means that it was judged five times: four times kept, once broken.</p>
${filterForm("requirements", statesOf(requirements.map(({ standing }) => standing)))}
${chapters.map((chapter) =>
  chapterTable(
    results,
    chapter,
    requirements.filter(({ requirement }) => requirement.chapter === chapter),
    home
  )
)}
</section>`
}

const chapterTable = (
  results: Results,
  chapter: string,
  rows: ReadonlyArray<RequirementResult>,
  home: Home
): Markup => html`<section class="group" data-group="requirements" aria-labelledby="chapter-${chapter}">
<h3 id="chapter-${chapter}">${chapter} <span>${tally(rows)}</span></h3>
<table class="matrix"><thead><tr><th scope="col">Requirement</th><th scope="col">Sentence</th><th scope="col">Found</th><th scope="col">Judged</th></tr></thead>
<tbody>${rows.map((row) => requirementRow(results, row, home))}</tbody></table>
</section>
`

const tally = (rows: ReadonlyArray<RequirementResult>): string =>
  statesOf(rows.map(({ standing }) => standing))
    .map(({ count, state }) => `${count} ${wordOf(state)}`)
    .join(", ")

const requirementRow = (
  results: Results,
  { broken, kept, requirement, standing }: RequirementResult,
  home: Home
): Markup => {
  const { id, level, link, profile, text, untestable } = requirement
  const judged = broken > 0 ? `${kept} + ${broken}` : kept > 0 ? String(kept) : ""
  return html`<tr id="${id}" data-state="${standing}"><th scope="row"><a class="id" href="${home}${link}">${id}</a><span class="quiet">${level}, ${profile}</span></th>
<td>${prose(text)}${untestable !== undefined && html`<span class="quiet">No test can judge it: ${untestable}</span>`}${judges(results, id)}</td>
<td>${badge(standing)}</td><td class="number">${judged}</td></tr>
`
}

const judges = (results: Results, id: string): Markup => {
  const tests = results.tests.filter(({ outcome }) => outcome.judged[id] !== undefined)
  if (tests.length === 0) return html``
  const titles = tests.map((test) => html`<li>${titleLink(results, test)}</li>`)
  return html`<details class="judges"><summary>${counted(tests.length, "test")}<span class="apart"> of ${id}</span></summary><ul>${titles}</ul></details>`
}

const titleLink = (results: Results, test: TestResult): Markup => {
  const anchor = storyAnchor(results, test)
  return anchor === undefined ? html`${prose(test.heading)}` : html`<a href="#${anchor}">${prose(test.heading)}</a>`
}

/** The tests, chapter by chapter. */
export const testsSection = ({ results }: Setting): Markup => {
  const { tests } = results
  const chapters = [...new Set(tests.map(({ chapter }) => chapter))]
  return html`<section id="tests" aria-labelledby="tests-title">
<h2 id="tests-title">Tests</h2>
${filterForm("tests", statesOf(tests.map(({ outcome }) => outcome.verdict)))}
${chapters.map(
  (chapter) => html`<section class="group" data-group="tests" aria-labelledby="tests-${chapter}">
<h3 id="tests-${chapter}">${chapter}</h3>
<table class="matrix"><thead><tr><th scope="col">Test</th><th scope="col">Judges</th><th scope="col">Verdict</th><th scope="col">Time</th></tr></thead>
<tbody>${tests.filter((test) => test.chapter === chapter).map((test) => testRow(results, test))}</tbody></table>
</section>
`
)}
</section>`
}

const testRow = (results: Results, test: TestResult): Markup => {
  const { ids, outcome } = test
  const remarks = [...(outcome.verdict === "passed" ? [] : [outcome.reason]), ...(outcome.notes ?? [])]
  return html`<tr data-state="${outcome.verdict}"><th scope="row">${titleLink(results, test)}${remarks.map((remark) => remark !== undefined && html`<span class="quiet">${remark}</span>`)}</th>
<td class="ids">${ids.map((id) => html`${idLink(id)} `)}</td><td>${badge(outcome.verdict)}</td><td class="number">${outcome.millis} ms</td></tr>
`
}

// ---------------------------------------------------------------------------------------------------------------------
// The filter: page.js shows it, since without a script it could do nothing
// ---------------------------------------------------------------------------------------------------------------------

type State = RequirementResult["standing"] | TestResult["outcome"]["verdict"]

interface Counted {
  readonly state: State
  readonly count: number
}

const statesOf = (states: ReadonlyArray<State>): ReadonlyArray<Counted> =>
  [...new Set(states)].map((state) => ({ state, count: states.filter((each) => each === state).length }))

const filterForm = (group: string, states: ReadonlyArray<Counted>): Markup =>
  html`<form class="filter" data-filter="${group}" role="search" aria-label="Filter the ${group}" hidden>
<label class="text">Text <input type="search" name="text" placeholder="an ID or a word" autocomplete="off"></label>
<fieldset><legend>Show</legend>${states.map(({ count, state }) => html`<label><input type="checkbox" name="state" value="${state}" checked> ${wordOf(state)} <span class="quiet">${count}</span></label>`)}</fieldset>
<output aria-live="polite"></output>
</form>`
