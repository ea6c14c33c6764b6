import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { jsonReport } from "../src/report/json.ts"
import { type Outcome, verdicts } from "../src/verdict.ts"
import { kept, report, run, target } from "./results.ts"

/** As much of JSON Schema as `report.schema.json` uses. */
interface Schema {
  readonly $ref?: string
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean"
  readonly const?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly required?: ReadonlyArray<string>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
}

const file = new URL("../src/report/report.schema.json", import.meta.url)
const root = JSON.parse(readFileSync(file, "utf8")) as Schema & { readonly $defs: Readonly<Record<string, Schema>> }

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : value === null ? "null" : typeof value

/** Where a value isn't what the schema says. Fields that it doesn't name are faults, too: so the schema says all there is. */
const faultsOf = (value: unknown, schema: Schema, at: string): ReadonlyArray<string> => {
  if (schema.$ref !== undefined) return faultsOf(value, root.$defs[schema.$ref.replace("#/$defs/", "")]!, at)
  if (schema.const !== undefined && schema.const !== value) return [`${at}: not ${String(schema.const)}`]
  if (schema.enum?.includes(value) === false) return [`${at}: ${String(value)} is none of them`]
  const type = typeOf(value)
  if (schema.type !== undefined && schema.type !== type && !(schema.type === "number" && type === "integer")) {
    return [`${at}: ${type} instead of ${schema.type}`]
  }
  if (Array.isArray(value)) return value.flatMap((each, nth) => faultsOf(each, schema.items ?? {}, `${at}[${nth}]`))
  if (typeof value !== "object" || value === null) return []
  const missing = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at}.${name}: missing`)
  const open = schema.properties === undefined && schema.additionalProperties === undefined
  const fields = open ? [] : Object.entries(value)
  return [
    ...missing,
    ...fields.flatMap(([name, each]) => {
      const known = schema.properties?.[name] ?? schema.additionalProperties
      return known === undefined ? [`${at}.${name}: not in the schema`] : faultsOf(each, known, `${at}.${name}`)
    })
  ]
}

const everything: Outcome = {
  ...kept,
  reason: "because",
  finding: { requirement: "LOGIN-1", sent: "a", expected: "b", got: "c" },
  warnings: [{ expected: "b", got: "c" }],
  notes: ["a note"],
  replay: { seed: 1, path: "0:1", counterexample: "d", hits: { runs: 10, broken: 7 } },
  crash: {
    nth: 1,
    how: "SIGSEGV",
    report: { line: "AddressSanitizer: f", frame: "main server.c:1" },
    output: "g",
    remarks: ["h"]
  },
  fault: "boom",
  transcripts: [{ who: "ana", localPort: 1, leftOut: 0, moments: [{ at: 1, what: "sent", text: "e", bytes: 1 }] }]
}

const hello = {
  type: "hello",
  protocol: 1,
  server: "tiny/1",
  features: [],
  auth: ["guest"],
  limits: {},
  heartbeat: 30
} as const

const lists = {
  today: "2026-01-01",
  failures: { file: "known.json", entries: [{ test: "gone", reason: "once" }] },
  scale: { points: { "A-1": 2 } }
}

describe("the schema of the JSON report", () => {
  const reports = verdicts
    .filter((verdict) => verdict !== "stale expected failure")
    .map((verdict) => report(verdict, { ...everything, verdict }))

  it("describes every field of a report, and no field is otherwise", () => {
    const of = (...args: Parameters<typeof run>) => faultsOf(JSON.parse(jsonReport(run(...args))), root, "report")
    assert.deepStrictEqual(of(reports, { faults: ["boom"] }, { ...target, hello }, lists), [])
    assert.deepStrictEqual(of([report("a", kept)], {}, { ...target, who: "client", given: "./chat" }), [])
    assert.deepStrictEqual(of([]), [])
  })

  it("finds what is wrong", () => {
    assert.deepStrictEqual(faultsOf({ kept: 1 }, { required: ["broken"], properties: {} }, "it"), [
      "it.broken: missing",
      "it.kept: not in the schema"
    ])
    assert.deepStrictEqual(faultsOf([1.5], { type: "array", items: { type: "integer" } }, "it"), [
      "it[0]: number instead of integer"
    ])
  })
})
