import { Ajv2020 } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import { schemaFiles } from "../src/json-schema.ts"
import { type MessageVector, messages } from "../src/vectors.ts"

const files = schemaFiles()
const ajv = new Ajv2020({ strict: true, allErrors: true, validateFormats: false })
const validators = new Map(files.map(({ file, schema }) => [file, ajv.compile(schema)]))
const accepts = (file: string, object: unknown) => validators.get(file)!(object)

describe.each(files)("spec/schema/$file", ({ file, schema }) => {
  it("says what it is about", () => {
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema")
    expect(schema["$id"]).toBe(`urn:tertulia:1:${file.replace(".json", "")}`)
    expect(schema["title"]).toBeTypeOf("string")
    expect(schema["description"]).toBeTypeOf("string")
  })

  it("accepts its own examples, and so does the bundle", () => {
    const examples = (schema["examples"] ?? []) as ReadonlyArray<object>
    const bundles = ["request.json", "reply.json", "event.json"]
    if (!bundles.includes(file)) expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      expect(accepts(file, example)).toBe(true)
      expect(bundles.some((bundle) => accepts(bundle, example))).toBe(true)
    }
  })
})

const bundleOf = ({ from, object }: MessageVector) => {
  if (from === "client") return "request.json"
  return Object.hasOwn(object, "re") || object["type"] === "error" ? "reply.json" : "event.json"
}

it.each(messages.vectors)("the schemas judge as the decoders do: $name", (vector: MessageVector) => {
  expect(accepts(bundleOf(vector), vector.object)).toBe(vector.outcome === "accepted")
})

it("every field of every message has a description", () => {
  const bare = files.flatMap(({ file, schema }) => {
    const definitions = (schema["$defs"] ?? {}) as Readonly<Record<string, object>>
    const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, { $ref?: string }>>)
    return properties
      .filter(
        ([name, property]) =>
          name !== "type" && name !== "change" && property.$ref === undefined && !("description" in property)
      )
      .map(([name]) => `${file}: ${name}`)
      .concat(
        Object.entries(definitions).flatMap(([name, part]) => ("description" in part ? [] : [`${file}: ${name}`]))
      )
  })
  expect(bare).toEqual([])
})
