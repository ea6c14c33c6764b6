/**
 * What a server owes: objects of which some fields are known, and others are free but must be the same, or another, each time.
 *
 * @module
 */
import type { JsonObject } from "../json.ts"
import type { Bound, Who } from "./world.ts"

/** The requirements that the model's transitions cite. */
export const modelled = [
  "LOGIN-1",
  "LOGIN-2",
  "LOGIN-3",
  "LOGIN-4",
  "LOGIN-6",
  "LOGIN-7",
  "REPLY-1",
  "REPLY-10",
  "END-1",
  "JOIN-1",
  "JOIN-2",
  "JOIN-3",
  "JOIN-4",
  "JOIN-5",
  "LEAVE-1",
  "LEAVE-2",
  "LEAVE-3",
  "SEND-1",
  "SEND-2",
  "SEND-3",
  "SEND-4",
  "SEND-5",
  "MEMBER-1",
  "MEMBER-2",
  "MEMBER-3",
  "MEMBER-4",
  "MEMBER-5",
  "MEMBER-6",
  "LIST-1",
  "LIST-2",
  "LIST-3",
  "LIST-5",
  "ORDER-1",
  "ORDER-2",
  "ORDER-3",
  "EPOCH-1",
  "EPOCH-2",
  "EPOCH-3",
  "ISOLATE-1",
  "CATCH-1",
  "CATCH-2",
  "CATCH-3",
  "SYNC-1"
] as const

export type Modelled = (typeof modelled)[number]

/** What ought to have come, for whoever explains a fault. */
export type Want =
  /** This object, as far as it is known. */
  | { readonly is: "object"; readonly object: JsonObject }
  /** An object of this type with this value in this field; none means that the field has to be absent. */
  | { readonly is: "field"; readonly type: string; readonly field: string; readonly value: unknown }
  /** The same, between two values. */
  | {
      readonly is: "range"
      readonly type: string
      readonly field: string
      readonly least: number
      readonly most: number
    }
  /** An epoch that no other log has had. */
  | { readonly is: "unused epoch" }
  /** Nothing more than what has come. */
  | { readonly is: "nothing" }

/** What a look at one field comes to: what is bound now, or the requirement that is broken and what would have kept it. */
export type Looked = { readonly bound: Bound } | { readonly cites: Modelled; readonly want: Want }

/** What one field must be. */
export interface Check {
  /** The requirements that are kept when the field is right. */
  readonly cites: ReadonlyArray<Modelled>
  /** The value, when it is known. */
  readonly value?: unknown
  readonly look: (object: JsonObject, bound: Bound) => Looked
}

/** An object that somebody is owed. */
export interface Owed {
  readonly to: Who
  /** Replies and entries come in their order; where `member` events stand among them is free. */
  readonly kind: "reply" | "entry" | "member"
  readonly type: string
  /** Broken when it doesn't come. */
  readonly cites: Modelled
  /** Broken when it comes after what it is to come before. */
  readonly late?: Modelled
  /** Nobody has been told that it is in the log, so it may come now or later (SYNC-1), before a reply or after it. */
  readonly isLoose?: boolean
  readonly checks: ReadonlyArray<Check>
}

const sameJson = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** A field with one right value; `undefined` means that it has to be absent. */
export const is = (type: string, field: string, value: unknown, ...cites: ReadonlyArray<Modelled>): Check => ({
  cites,
  value: value === undefined ? undefined : { [field]: value },
  look: (object, bound) =>
    sameJson(object[field], value) ? { bound } : { cites: cites[0]!, want: { is: "field", type, field, value } }
})

/** A field with one right value, where what is broken depends on the wrong one. */
export const isBlaming = (
  type: string,
  field: string,
  value: unknown,
  cites: ReadonlyArray<Modelled>,
  blame: (got: unknown) => Modelled
): Check => {
  const check = is(type, field, value, ...cites)
  return {
    ...check,
    look: (object, bound) => {
      const looked = check.look(object, bound)
      return "bound" in looked ? looked : { ...looked, cites: blame(object[field]) }
    }
  }
}

/** A number between two others. */
export const isBetween = (type: string, field: string, least: number, most: number, cites: Modelled): Check => ({
  cites: [cites],
  look: (object, bound) => {
    const value = object[field]
    return typeof value === "number" && value >= least && value <= most
      ? { bound }
      : { cites, want: { is: "range", type, field, least, most } }
  }
})

/** `more`: true if and only if items follow (LIST-3). */
export const saysMore = (type: string, follows: boolean): Check => ({
  cites: ["LIST-3"],
  value: follows ? { more: true } : undefined,
  look: (object, bound) =>
    (object["more"] === true) === follows
      ? { bound }
      : { cites: "LIST-3", want: { is: "field", type, field: "more", value: follows ? true : undefined } }
})

/** A field that is free when it is first seen, and the same ever after. */
export const isSame = (type: string, field: string, variable: string, cites: Modelled): Check => ({
  cites: [cites],
  look: (object, bound) => {
    const value = object[field]
    if (!bound.has(variable)) return { bound: new Map(bound).set(variable, value) }
    return sameJson(bound.get(variable), value)
      ? { bound }
      : { cites, want: { is: "field", type, field, value: bound.get(variable) } }
  }
})

/** The epoch of a log that begins: one that no log has had (EPOCH-2). */
export const isNewEpoch = (variable: string): Check => ({
  cites: ["EPOCH-2"],
  look: ({ epoch }, bound) => {
    const isUsed = [...bound].some(([other, value]) => other.startsWith("epoch ") && value === epoch)
    return isUsed ? { cites: "EPOCH-2", want: { is: "unused epoch" } } : { bound: new Map(bound).set(variable, epoch) }
  }
})

/** As much of an object as is known. */
export const knownOf = ({ checks, type }: Owed): JsonObject => ({
  type,
  ...Object.assign({}, ...checks.map(({ value }) => value))
})
