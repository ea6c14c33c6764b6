/**
 * The report for a browser: one file that needs nothing else, neither the net nor a script.
 *
 * @module
 */

import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { effectiveLimits } from "@tertulia/protocol"
import { counted } from "../lang/en.ts"
import { type Results, whereIs } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import { isRed, verdicts } from "../verdict.ts"
import { aboutOf, blocksOf, causeCount, coverageOf, nameOf, sentencesOf } from "./evidence.ts"
import { failuresSection, type Setting, storied, storyAnchor } from "./html/failures.ts"
import { html, type Markup, trusted } from "./html/markup.ts"
import { requirementsSection, testsSection } from "./html/matrix.ts"
import { badge, type Home, prose, toneOf, wordOf } from "./html/parts.ts"

const own = (file: string): string => readFileSync(new URL(`html/${file}`, import.meta.url), "utf8")

/**
 * One HTML document. Nothing that the target sent is markup in it, and its policy allows no other style or script than the page's own.
 *
 * @param home the way from where the page will lie to the folder that holds `spec/`: empty, or with a `/` at its end
 */
export const htmlReport = (results: Results, requirements: ReadonlyArray<Requirement>, home: Home = ""): string => {
  const setting: Setting = { results, sentences: sentencesOf(requirements), home }
  const [style, script] = [own("page.css"), own("page.js")]
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${headlineOf(results)}: ${nameOf(results)}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${banner(results)}
<div class="page">
${contents(results)}
<main id="main" tabindex="-1">
${summarySection(setting)}
${failuresSection(setting)}
${requirementsSection(setting)}
${testsSection(setting)}
</main>
</div>
<footer class="colophon"><p>Tertulia conformance suite. Seed ${results.seed}; ${seconds(results)}.</p></footer>
<script>${trusted(script)}</script>
</body>
</html>
`
  return page.markup
}

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`

const seconds = ({ millis }: Results): string => `${(millis / 1_000).toFixed(1)} s`

const headlineOf = ({ exitCode }: Results): string =>
  ["Conformant", "Not conformant", "Nothing was judged", "The suite is at fault"][exitCode]!

const banner = (results: Results): Markup => {
  const { exitCode, target } = results
  const tone = exitCode === 0 ? "good" : exitCode === 1 ? "bad" : "so-so"
  return html`<header class="banner ${tone}"><div>
<p class="eyebrow">Tertulia conformance report</p>
<h1><span class="sign" aria-hidden="true">${exitCode === 0 ? "✓" : exitCode === 1 ? "✗" : "!"}</span> ${headlineOf(results)}</h1>
<p class="target"><b>${target.hello?.server ?? (target.who === "client" ? "A client" : "A server that sends no valid hello")}</b> <code>${target.given ?? whereIs(target)}</code>${target.given === undefined && " (the reference server)"}</p>
</div></header>`
}

const contents = (results: Results): Markup => {
  const stories = storied(results)
  return html`<nav class="contents" aria-label="Contents"><ul>
<li><a href="#summary">Summary</a></li>
${stories.length + blocksOf(results).length > 0 && html`<li><a href="#failures">What went wrong</a><ol>${stories.map((test) => html`<li><a href="#${storyAnchor(results, test)}">${test.outcome.finding?.requirement ?? test.outcome.warnings[0]?.requirement} <span>${test.heading}</span></a></li>`)}</ol></li>`}
<li><a href="#requirements">Requirements</a></li>
<li><a href="#tests">Tests</a></li>
</ul></nav>`
}

// ---------------------------------------------------------------------------------------------------------------------
// The summary
// ---------------------------------------------------------------------------------------------------------------------

const summarySection = ({ results }: Setting): Markup => html`<section id="summary" aria-labelledby="summary-title">
<h2 id="summary-title">Summary</h2>
<p class="lead">${prose(inWords(results))}</p>
${whereToBegin(results)}
${results.faults.map((fault) => html`<p class="fault"><b>A fault of the suite, not of the target:</b> ${fault}</p>`)}
${tiles(results)}
${bar(results)}
${facts(results)}
</section>`

const whereToBegin = (results: Results): Markup => {
  const { causes, first, red } = causeCount(results) ?? {}
  if (causes === undefined || red === undefined) return html``
  const all = `${counted(causes, "cause")}, ${counted(red, "red test")}`
  return first === undefined
    ? html`<p>${all}</p>`
    : html`<p>${all}; begin with <a href="#${storyAnchor(results, first)}">${aboutOf(first)}</a></p>`
}

const inWords = (results: Results): string => {
  const { exitCode, target, tests, totals } = results
  const { binding, broken, judged } = coverageOf(results)
  if (exitCode === 3) return "The suite itself went wrong, so this run says nothing about the target."
  if (exitCode === 2) return "No test was selected, so nothing is known."
  const all = `${judged} of ${counted(binding, "requirement")} on ${target.who}s ${judged === 1 ? "was" : "were"} judged`
  const red = tests.filter(({ outcome }) => isRed(outcome.verdict)).length
  if (red === 0 && broken.length === 0) return `${all}, and none is broken.`
  const many =
    broken.length === 0 ? "" : ` ${broken.length} ${broken.length === 1 ? "is" : "are"} broken: ${broken.join(", ")}.`
  const blocked = totals.blocked === 0 ? "" : ` ${counted(totals.blocked, "test")} had to stop because of that.`
  return `${all}.${many}${blocked}`
}

const tiles = ({ planned, score, totals }: Results): Markup => html`<ul class="tiles" aria-label="Tests by verdict">
<li><b>${planned}</b> ${planned === 1 ? "test" : "tests"}</li>
${verdicts
  .filter((verdict) => totals[verdict] > 0)
  .map((verdict) => html`<li class="${toneOf(verdict)}"><b>${totals[verdict]}</b> ${badge(verdict)}</li>`)}
${score !== undefined && html`<li><b>${score.earned}</b> of ${score.earned + score.lost} points<span class="quiet">${score.open} of ${score.total} are open</span></li>`}
</ul>`

/** The requirements as one bar; the table below says the same with words. */
const bar = ({ requirements }: Results): Markup => {
  const standings = (
    ["kept", "warned", "not judged", "broken", "not claimed", "untestable", "client", "server"] as const
  )
    .map((standing) => ({ standing, count: requirements.filter((each) => each.standing === standing).length }))
    .filter(({ count }) => count > 0)
  const all = Math.max(1, requirements.length)
  const starts = standings.map((_, nth) => standings.slice(0, nth).reduce((sum, { count }) => sum + count, 0))
  return html`<figure class="share"><svg role="img" width="100%" height="14" aria-label="Requirements: ${standings.map(({ count, standing }) => `${count} ${wordOf(standing)}`).join(", ")}">
${standings.map(({ count, standing }, nth) => html`<rect class="${toneOf(standing)}" x="${((starts[nth]! / all) * 100).toFixed(3)}%" width="${((count / all) * 100).toFixed(3)}%" height="14"/>`)}
</svg><figcaption>${counted(requirements.length, "requirement")}: ${standings.map(({ count, standing }) => html`<span>${badge(standing)} ${count}</span> `)}</figcaption></figure>`
}

const facts = ({ seed, target, ...results }: Results): Markup => {
  const { hello } = target
  const limits = hello === undefined ? undefined : effectiveLimits(hello.limits)
  const rows: ReadonlyArray<readonly [string, string | undefined]> = [
    ["Target", nameOf({ ...results, seed, target })],
    ["Software", hello?.server],
    ["Profiles", target.profiles.join(", ")],
    [
      "Limits",
      limits &&
        Object.entries(limits)
          .map(([name, limit]) => `${name} ${String(limit)}`)
          .join(", ")
    ],
    ["Heartbeat", hello && `${hello.heartbeat} s`],
    ["Round trip", `${target.roundTrip} ms`],
    ["Seed", String(seed)],
    ["Took", seconds({ ...results, seed, target })]
  ]
  return html`<dl class="facts">${rows.map(
    ([name, value]) =>
      value !== undefined &&
      html`<div><dt>${name}</dt><dd>${value}</dd></div>
`
  )}</dl>`
}
