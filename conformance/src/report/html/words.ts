/**
 * What the page says by itself.
 *
 * @module
 */
import type { Standing } from "../../run/results.ts"
import type { Verdict } from "../../verdict.ts"

/** A sign that says the same as the colour, for those who don't see it. */
export const signs: Readonly<Record<Verdict | Standing, string>> = {
  passed: "✓",
  failed: "✗",
  warned: "!",
  flaky: "~",
  "expected failure": "✗",
  "stale expected failure": "✗",
  blocked: "⊘",
  inconclusive: "?",
  "not run": "–",
  "not claimed": "–",
  kept: "✓",
  broken: "✗",
  "not judged": "?",
  untestable: "–",
  client: "–",
  server: "–"
}

/** What a standing means, as words for a table. */
export const standingWords: Readonly<Record<Standing, string>> = {
  kept: "kept",
  broken: "broken",
  warned: "warned",
  "not judged": "not judged",
  "not claimed": "not claimed",
  untestable: "untestable",
  client: "for clients",
  server: "for servers"
}
