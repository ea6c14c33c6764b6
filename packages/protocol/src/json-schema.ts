/**
 * The messages as JSON Schema (2020-12), for readers and validators in any language: what spec/schema/ holds.
 * Pure; `npm run spec` writes the files.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { protocolVersion } from "./features.ts"
import { Event, Reply, Request } from "./messages.ts"

/** A JSON value, as a generated file holds it. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonFields

/** A JSON object, as a generated file holds it. */
export interface JsonFields {
  readonly [field: string]: Json
}

/** One file of spec/schema/. */
export interface SchemaFile {
  /** The file's name: `login.json`. */
  readonly file: string
  readonly schema: JsonFields
}

interface Document {
  readonly root: string
  readonly definitions: { readonly [identifier: string]: JsonFields }
}

const unions = [Request, Reply, Event]
const messages = unions.flatMap((union) => Object.values<Schema.Constraint>(union.cases))

/** Every schema file: one for each message, and one that bundles each of requests, replies and events. */
export const schemaFiles = (): ReadonlyArray<SchemaFile> => [...messages, ...unions].map(documentOf).map(fileOf)

/** A schema as Effect exports it: all its parts under $defs, with their references. */
const documentOf = (schema: Schema.Constraint): Document => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  return {
    root: String(root["$ref"]).replace("#/$defs/", ""),
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([identifier, definition]) => [identifier, tidy(definition as JsonFields)])
    )
  }
}

const fileOf = ({ definitions, root }: Document): SchemaFile => {
  const name = root.replace(/(?<=[a-z])[A-Z]/gu, "-$&").toLowerCase()
  const { [root]: message, ...parts } = definitions
  return {
    file: `${name}.json`,
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:tertulia:${protocolVersion}:${name}`,
      ...message,
      $defs: parts
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The same schema, as a person would write it
// ---------------------------------------------------------------------------------------------------------------------

/** A literal becomes `const`, a single extra condition loses its `allOf`, and the keywords stand in one order. */
const tidy = (schema: JsonFields): JsonFields => inOrder(withoutAllOf(withConst(mapFields(schema, tidyKeyword))))

/** Only what holds schemas is walked: field names and examples are data, whatever they look like. */
const tidyKeyword = (value: Json, keyword: string): Json => {
  if (keyword === "properties") return mapFields(value as JsonFields, (field) => tidy(field as JsonFields))
  if (keyword === "items") return tidy(value as JsonFields)
  return keyword === "allOf" ? (value as ReadonlyArray<JsonFields>).map(tidy) : value
}

const withConst = ({ enum: values, ...rest }: JsonFields): JsonFields => {
  if (values === undefined) return rest
  const [first, second] = values as ReadonlyArray<Json>
  return { ...rest, ...(first !== undefined && second === undefined ? { const: first } : { enum: values }) }
}

const withoutAllOf = ({ allOf, ...rest }: JsonFields): JsonFields => {
  if (allOf === undefined) return rest
  const [first, second] = allOf as ReadonlyArray<JsonFields>
  return { ...rest, ...(second === undefined ? first : { allOf }) }
}

const order = ["title", "description", "type", "const", "enum", "properties", "required", "dependentRequired"]

const inOrder = (schema: JsonFields): JsonFields => {
  const place = (keyword: string) =>
    keyword === "examples" ? 2 * order.length : order.indexOf(keyword) + 1 || order.length + 1
  return Object.fromEntries(Object.entries(schema).sort(([one], [other]) => place(one) - place(other)))
}

const mapFields = (fields: JsonFields, change: (value: Json, name: string) => Json): JsonFields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value, name)]))
