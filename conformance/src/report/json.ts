/**
 * The report for programs. Its shape is part of the suite's interface: conformance/README.md describes it.
 *
 * @module
 */
import { type Results, whereIs } from "../run/results.ts"
import { causesOf } from "./evidence.ts"

/** Names the shape; a change that could break a reader changes the number. */
export const format = "tertulia-conformance/1"

/** One JSON text, with an LF at its end. */
export const jsonReport = (results: Results): string => {
  const { exitCode, faults, millis, planned, requirements, score, seed, stale, target, tests, totals } = results
  const report = {
    format,
    conformant: exitCode === 0,
    exitCode,
    target: {
      who: target.who,
      ...(target.who === "client" || target.started !== undefined ? { command: target.given } : {}),
      ...(target.who === "server" ? { address: whereIs(target) } : {}),
      reference: target.given === undefined,
      profiles: target.profiles,
      roundTripMillis: target.roundTrip,
      ...(target.hello === undefined ? {} : { hello: target.hello })
    },
    seed,
    millis,
    planned,
    totals,
    faults,
    stale,
    ...(score === undefined ? {} : { score }),
    causes: causesOf(results).map(({ blocked, tests: same }) => ({
      ...(same[0]?.outcome.finding?.requirement === undefined
        ? {}
        : { requirement: same[0].outcome.finding.requirement }),
      tests: same.map(({ title }) => title),
      blocked: blocked.map(({ title }) => title)
    })),
    requirements: requirements.map(({ broken, kept, requirement, standing, tests: titles }) => ({
      id: requirement.id,
      level: requirement.level,
      who: requirement.who,
      profile: requirement.profile,
      link: requirement.link,
      text: requirement.text,
      standing,
      kept,
      broken,
      tests: titles
    })),
    tests: tests.map(
      ({ again, chapter, hint, ids, kind, outcome: { history: _, ...outcome }, profile, story, title }) => ({
        chapter,
        title,
        kind,
        ids,
        profile,
        ...outcome,
        ...(hint === undefined ? {} : { hint }),
        ...(story === undefined ? {} : { story }),
        again
      })
    )
  }
  return `${JSON.stringify(report, null, 2)}\n`
}
