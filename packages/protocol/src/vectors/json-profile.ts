import { fill, hex, type Outcome, type Piece, piecesExplained, text, type Vector, type VectorFile } from "./notation.ts"

/** One line, and what becomes of it on a connection that has not logged in. */
export interface JsonVector extends Vector {
  /** The line without its LF. */
  readonly line: ReadonlyArray<Piece>
  readonly outcome: Outcome
  /** The `re` of the reply, when it has one. */
  readonly re?: number
  /** The field at fault. */
  readonly field?: string
  /** Another outcome that the specification allows. */
  readonly or?: Outcome
}

const asPieces = (line: string | ReadonlyArray<Piece>) => (typeof line === "string" ? [text(line)] : line)

const accepted = (name: string, requirement: string, line: string | ReadonlyArray<Piece>, re = 1): JsonVector => ({
  name,
  requirements: [requirement],
  line: asPieces(line),
  outcome: "accepted",
  re
})

const badJson = (name: string, requirement: string, line: string | ReadonlyArray<Piece>): JsonVector => ({
  name,
  requirements: [requirement, "REPLY-5"],
  line: asPieces(line),
  outcome: "bad-json"
})

const badId = (name: string, requirement: string, line: string): JsonVector => ({
  name,
  requirements: [requirement, "REPLY-5"],
  line: [text(line)],
  outcome: "bad-request",
  field: "id"
})

const badField = (name: string, requirement: string, field: string, line: string): JsonVector => ({
  name,
  requirements: [requirement, "ERROR-2"],
  line: [text(line)],
  outcome: "bad-request",
  re: 1,
  field
})

const either = (vector: JsonVector, or: Outcome, requirement?: string): JsonVector => ({
  ...vector,
  requirements: requirement === undefined ? vector.requirements : [requirement],
  or
})

const ping = (extra: string) => `{"type":"ping","id":1,"x":${extra}}`

/** `levels` levels in all: the object, and what is nested in its field x. */
const nested = (levels: number, open: string, close: string, inner = ""): ReadonlyArray<Piece> => [
  text('{"type":"ping","id":1,"x":'),
  text(open, levels - 1),
  ...(inner === "" ? [] : [text(inner)]),
  text(close, levels - 1),
  text("}")
]

/** Which lines are objects of the JSON profile. */
export const jsonProfile: VectorFile<JsonVector> = {
  title: "The JSON profile",
  description: [
    "Send each {line} with an LF, on a connection that has not logged in and has had the reply to a good `ping`: the reply is what the request asks for if {outcome} is accepted, or an `error` with {outcome} as its code.",
    "{re} is the reply's re; where it is missing, the reply has none. {field} is the error's field. {or} is another outcome that is allowed.",
    "Each line stands for itself: whatever its outcome, it leaves the connection as it was.",
    piecesExplained
  ],
  protocol: 1,
  vectors: [
    accepted("a plain request", "JSON-5", '{"type":"ping","id":1}'),
    accepted("white space wherever JSON allows it", "JSON-1", ' \t{ "type" :\t"ping" ,\r"id" : 1 } \r'),
    accepted("fields in another order", "JSON-5", '{"id":1,"type":"ping"}'),
    accepted("an escaped letter in a value", "JSON-5", '{"type":"p\\u0069ng","id":1}'),
    accepted("fields that nobody knows, of every type", "EXT-1", ping('[null,true,false,0,-1.5e-3,"",{"y":[]}]')),
    accepted("a field with an empty name", "EXT-1", '{"type":"ping","id":1,"":0}'),
    accepted("a field called __proto__", "EXT-1", '{"type":"ping","id":1,"__proto__":{"type":"fly","id":9}}'),
    accepted("a field called constructor", "EXT-1", '{"type":"ping","id":1,"constructor":{"prototype":{"id":9}}}'),
    accepted("a field's name of many letters", "EXT-1", [
      text('{"type":"ping","id":1,"'),
      text("x", 2_000),
      text('":0}')
    ]),
    accepted("a thousand fields", "EXT-1", [text('{"type":"ping","id":1'), text(',"x":0', 1_000), text("}")]),
    accepted("a pair of surrogates, escaped", "JSON-1", ping('"\\ud83d\\ude00"')),
    accepted("an escaped backslash before u0000", "JSON-4", ping('"\\\\u0000"')),
    accepted("an escaped backslash before ud800", "JSON-4", ping('"\\\\ud800"')),
    accepted("every escape of JSON", "JSON-1", ping('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"')),
    accepted("noncharacters", "JSON-1", ping('"\uffff\\ufffe"')),
    accepted("a line as long as it may be", "FRAME-5", [
      text('{"type":"ping","id":1,"x":"'),
      fill("x", "line", '{"type":"ping","id":1,"x":""}\n'.length),
      text('"}')
    ]),

    accepted("8 levels of lists", "JSON-2", nested(8, "[", "]")),
    accepted("8 levels of objects", "JSON-2", nested(8, '{"y":', "}", "0")),
    accepted("8 levels, again and again", "JSON-2", ping("[[[[[[[]]]]]],[],[],[],[],[],[],[],[],[],[],[[]]]")),
    accepted("brackets in a string nest nothing", "JSON-2", [
      text('{"type":"ping","id":1,"x":"'),
      text("[{", 500),
      text('"}')
    ]),
    accepted("brackets after an escaped quote", "JSON-2", ping('"\\"[[[[[[[[[[[["')),
    accepted("brackets after an escaped backslash and a string", "JSON-2", ping('"\\\\","y":"[[[[[[[[[[[["')),
    badJson("9 levels of lists", "JSON-3", nested(9, "[", "]")),
    badJson("9 levels of objects", "JSON-3", nested(9, '{"y":', "}", "0")),
    badJson("9 levels of lists and objects", "JSON-3", ping('[{"y":[{"y":[{"y":[{"y":0}]}]}]}]')),
    badJson("9 levels after a string that ends in an escaped backslash", "JSON-3", ping('"\\\\","y":[[[[[[[[]]]]]]]]')),
    badJson("2,000 levels", "JSON-3", nested(2_000, "[", "]")),
    badJson("2,000 levels of objects", "JSON-3", nested(1_000, '{"y":', "}", "0")),
    badJson("2,000 levels that never close", "JSON-3", [text('{"type":"ping","id":1,"x":'), text("[", 2_000)]),
    badJson("2,000 lists and no object", "JSON-1", [text("[", 2_000)]),

    badJson("a number", "JSON-1", "42"),
    badJson("a string", "JSON-1", '"ping"'),
    badJson("null", "JSON-1", "null"),
    badJson("true", "JSON-1", "true"),
    badJson("a list", "JSON-1", '[{"type":"ping","id":1}]'),
    badJson("two objects", "JSON-1", '{"type":"ping","id":1}{"type":"ping","id":2}'),
    badJson("something after the object", "JSON-1", '{"type":"ping","id":1} x'),
    badJson("something before the object", "JSON-1", 'x {"type":"ping","id":1}'),
    badJson("words", "JSON-1", "PING :tertulia"),
    badJson("a byte order mark", "JSON-1", [hex("efbbbf"), text('{"type":"ping","id":1}')]),
    badJson("an object without its end", "JSON-1", '{"type":"ping","id":1'),
    badJson("a string without its end", "JSON-1", '{"type":"ping","id":1,"x":"'),
    badJson("an end too many", "JSON-1", '{"type":"ping","id":1}}'),
    badJson("the wrong end", "JSON-1", '{"type":"ping","id":1]'),
    badJson("no comma", "JSON-1", '{"type":"ping" "id":1}'),
    badJson("two commas", "JSON-1", '{"type":"ping",,"id":1}'),
    badJson("a trailing comma", "JSON-1", '{"type":"ping","id":1,}'),
    badJson("no colon", "JSON-1", '{"type" "ping","id":1}'),
    badJson("single quotes", "JSON-1", "{'type':'ping','id':1}"),
    badJson("a name without quotes", "JSON-1", '{type:"ping","id":1}'),
    badJson("a comment", "JSON-1", '{"type":"ping","id":1} // x'),
    badJson("a comment inside", "JSON-1", '{"type":"ping",/* x */"id":1}'),
    badJson("NaN as the id", "JSON-1", '{"type":"ping","id":NaN}'),
    badJson("Infinity as the id", "JSON-1", '{"type":"ping","id":Infinity}'),
    badJson("-Infinity as the id", "JSON-1", '{"type":"ping","id":-Infinity}'),
    either(badJson("NaN in a field that nobody knows", "JSON-1", ping("NaN")), "accepted"),
    badJson("True, as Python writes it", "JSON-1", '{"type":"ping","id":True}'),
    badJson("an id with a zero before", "JSON-1", '{"type":"ping","id":01}'),
    badJson("an id with a plus", "JSON-1", '{"type":"ping","id":+1}'),
    badJson("an id that ends in a point", "JSON-1", '{"type":"ping","id":1.}'),
    badJson("an id in hexadecimal", "JSON-1", '{"type":"ping","id":0x1}'),
    badJson("an id with a separator", "JSON-1", '{"type":"ping","id":1_000}'),
    badJson("a bare NUL in a string", "JSON-1", [text('{"type":"pi'), hex("00"), text('ng","id":1}')]),
    badJson("a bare NUL after the object", "JSON-1", [text('{"type":"ping","id":1}'), hex("00")]),
    badJson("a bare TAB in a string", "JSON-1", '{"type":"pi\tng","id":1}'),
    badJson("a bare ESC in a string", "JSON-1", [text('{"type":"pi'), hex("1b"), text('ng","id":1}')]),
    badJson("a space that isn't JSON's", "JSON-1", '{"type":\u00a0"ping","id":1}'),
    badJson("an escape that JSON doesn't have", "JSON-1", '{"type":"pi\\x6eg","id":1}'),
    badJson("an escape cut short", "JSON-1", '{"type":"ping\\u00","id":1}'),
    badJson("bytes that are not UTF-8", "JSON-1", [text('{"type":"ping","id":1,"x":"'), hex("ff"), text('"}')]),
    badJson("a surrogate in UTF-8", "JSON-1", [text('{"type":"ping","id":1,"x":"'), hex("eda080"), text('"}')]),

    badJson("U+0000 in a field that is used", "JSON-4", '{"type":"login","id":1,"nick":"a\\u0000na"}'),
    badJson("a lone surrogate in a field that is used", "JSON-4", '{"type":"login","id":1,"nick":"\\ud800"}'),
    badJson(
      "a lone trailing surrogate in a field that is used",
      "JSON-4",
      '{"type":"login","id":1,"nick":"ana\\uDC00"}'
    ),
    badJson("surrogates in the wrong order", "JSON-4", '{"type":"login","id":1,"nick":"\\ude00\\ud83d"}'),
    badJson("U+0000 in the type", "JSON-4", '{"type":"ping\\u0000","id":1}'),
    either(accepted("a lone surrogate in a field that nobody knows", "JSON-4", ping('"\\ud800"')), "bad-json"),
    either(accepted("U+0000 in a field that nobody knows", "JSON-4", ping('"\\u0000"')), "bad-json"),

    accepted("the largest id", "REPLY-2", '{"type":"ping","id":2147483647}', 2_147_483_647),
    badId("no id", "JSON-5", '{"type":"ping"}'),
    badId("an id that is a string", "JSON-5", '{"type":"ping","id":"1"}'),
    badId("an id that is null", "JSON-5", '{"type":"ping","id":null}'),
    badId("an id that is true", "JSON-5", '{"type":"ping","id":true}'),
    badId("an id that is a list", "JSON-5", '{"type":"ping","id":[1]}'),
    badId("an id that is an object", "JSON-5", '{"type":"ping","id":{}}'),
    badId("0 as the id", "JSON-6", '{"type":"ping","id":0}'),
    badId("-0 as the id", "JSON-6", '{"type":"ping","id":-0}'),
    badId("-1 as the id", "JSON-6", '{"type":"ping","id":-1}'),
    badId("1.5 as the id", "JSON-6", '{"type":"ping","id":1.5}'),
    badId("15e-1 as the id", "JSON-6", '{"type":"ping","id":15e-1}'),
    badId("2^31 as the id", "JSON-6", '{"type":"ping","id":2147483648}'),
    badId("2^32 + 1 as the id, which is 1 in 32 bits", "JSON-6", '{"type":"ping","id":4294967297}'),
    badId("2^60 as the id", "JSON-6", '{"type":"ping","id":1152921504606846976}'),
    badId("2^64 + 1 as the id, which is 1 in 64 bits", "JSON-6", '{"type":"ping","id":18446744073709551617}'),
    badId("1e400 as the id, which no double can hold", "JSON-6", '{"type":"ping","id":1e400}'),
    badId("an id inside another field", "JSON-5", '{"type":"ping","x":{"id":1}}'),
    badId("an id inside __proto__", "JSON-5", '{"type":"ping","__proto__":{"id":1}}'),
    badId("an Id", "JSON-5", '{"type":"ping","Id":1}'),
    either(accepted("1.0 as the id", "JSON-7", '{"type":"ping","id":1.0}'), "bad-request"),
    either(accepted("1e0 as the id", "JSON-7", '{"type":"ping","id":1e0}'), "bad-request"),
    either(accepted("1e2 as the id", "JSON-7", '{"type":"ping","id":1e2}', 100), "bad-request"),
    accepted("an id twice: the last counts", "JSON-8", '{"type":"ping","id":2,"id":1}'),
    accepted("an id twice, the first of them bad", "JSON-8", '{"type":"ping","id":"x","id":1}'),
    badId("an id twice, the last of them bad", "JSON-8", '{"type":"ping","id":1,"id":"x"}'),
    accepted("a type twice: the last counts", "JSON-8", '{"type":"fly","id":1,"type":"ping"}'),

    badField("no type", "JSON-5", "type", '{"id":1}'),
    badField("a type that is a number", "JSON-5", "type", '{"id":1,"type":5}'),
    badField("a type that is null", "JSON-5", "type", '{"id":1,"type":null}'),
    badField("a type that is a list", "JSON-5", "type", '{"id":1,"type":["ping"]}'),
    badField("a field that is null", "JSON-5", "nick", '{"type":"login","id":1,"nick":null}'),
    badField("a field that is missing", "JSON-5", "nick", '{"type":"login","id":1}'),
    badField("a field of the wrong type", "JSON-5", "nick", '{"type":"login","id":1,"nick":{"nick":"ana"}}')
  ]
}
