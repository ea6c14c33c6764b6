import { bye, type ExchangeVector, exchange, exchangesExplained, pong, refused, refusedLine } from "./exchange.ts"
import { fill, hex, text, type VectorFile } from "./notation.ts"

const ping = (id: number) => `{"type":"ping","id":${id}}`
const send = (said: string) => `{"type":"send","id":1,"room":"#cafe","text":"${said}"}`

// Each of them has killed somebody's server, or made it say what wasn't so.
const thirteen: ReadonlyArray<ExchangeVector> = [
  exchange("1: empty lines", ["FRAME-3"], "greeted", ["", "", "\r", " \t ", ping(1)], [pong(1)]),
  {
    name: "2: binary",
    requirements: ["JSON-1", "FRAME-7"],
    state: "greeted",
    send: [hex("00ff80fe7f1b9b00c3280d"), hex("deadbeef", 500), text(`\n${ping(1)}\n`)],
    answers: [refusedLine("bad-json"), pong(1)]
  },
  {
    name: "3: 1 MB without LF",
    requirements: ["FRAME-6"],
    state: "greeted",
    send: [text("a", 1_048_576)],
    answers: [bye("line-too-long")]
  },
  {
    name: "4: nesting 100,000 deep",
    requirements: ["JSON-3", "FRAME-6"],
    state: "greeted",
    send: [text('{"type":"ping","id":1,"x":'), text("[", 100_000), text("]", 100_000), text("}\n")],
    // The line is longer than limits.line by default: a server that allows longer ones has to look inside.
    answers: [bye("line-too-long")],
    or: [refusedLine("bad-json")]
  },
  exchange(
    "5: a lone surrogate",
    ["JSON-4", "FRAME-7"],
    "joined",
    [send("\\ud800"), ping(2)],
    [refusedLine("bad-json"), pong(2)]
  ),
  exchange(
    "6: U+0000",
    ["JSON-4", "FRAME-7"],
    "joined",
    [send("a\\u0000b"), ping(2)],
    [refusedLine("bad-json"), pong(2)]
  ),
  exchange(
    "7: NaN as the id",
    ["JSON-1", "FRAME-7"],
    "greeted",
    ['{"type":"ping","id":NaN}', ping(2)],
    [refusedLine("bad-json"), pong(2)]
  ),
  exchange(
    "8: 2^60 as the id",
    ["JSON-6", "REPLY-5"],
    "greeted",
    ['{"type":"ping","id":1152921504606846976}', ping(2)],
    [refusedLine("bad-request", "id"), pong(2)]
  ),
  exchange(
    "9: a field twice",
    ["JSON-8"],
    "greeted",
    ['{"type":"bye","id":"x","id":1,"type":"ping"}', ping(2)],
    [pong(1), pong(2)]
  ),
  exchange(
    "10: __proto__",
    ["EXT-1", "JSON-5"],
    "greeted",
    [
      '{"type":"ping","id":1,"__proto__":{"nick":"eva","room":"#cafe","id":9}}',
      '{"type":"login","id":2,"__proto__":{"nick":"eva"}}'
    ],
    [pong(1), refused(2, "bad-request", "nick")]
  ),
  exchange(
    "11: wrong types",
    ["JSON-5"],
    "ready",
    ['{"type":"join","id":1,"room":["#cafe"]}', ping(2)],
    [refused(1, "bad-request", "room"), pong(2)]
  ),
  exchange(
    "12: a request before login",
    ["LOGIN-3"],
    "greeted",
    ['{"type":"join","id":1,"room":"#cafe"}', ping(2)],
    [refused(1, "login-first"), pong(2)]
  ),
  exchange(
    "13: an unknown type",
    ["EXT-3"],
    "ready",
    ['{"type":"fly","id":1}', ping(2)],
    [refused(1, "unsupported"), pong(2)]
  )
]

const firstLine: ReadonlyArray<ExchangeVector> = [
  exchange(
    "an HTTP request with a login and a message in its body",
    ["FRAME-8"],
    "opened",
    [
      "POST / HTTP/1.1\r",
      "Host: 127.0.0.1:7331\r",
      "Content-Length: 99\r",
      "\r",
      '{"type":"login","id":1,"nick":"eva"}',
      '{"type":"join","id":2,"room":"#cafe"}',
      '{"type":"send","id":3,"room":"#cafe","text":"pwned"}'
    ],
    [bye("not-tertulia")]
  ),
  exchange(
    "an HTTP request after empty lines",
    ["FRAME-8", "FRAME-3"],
    "opened",
    ["", "\r", "GET / HTTP/1.0\r", "\r"],
    [bye("not-tertulia")]
  ),
  exchange("a request of IRC", ["FRAME-8"], "opened", ["NICK ana\r", "USER ana 0 * :Ana\r"], [bye("not-tertulia")]),
  exchange("a list as the first line", ["FRAME-8"], "opened", ['["login",1,"eva"]'], [bye("not-tertulia")]),
  exchange(
    "a first line that nests too deep",
    ["FRAME-8", "JSON-3"],
    "opened",
    ['{"x":[[[[[[[[0]]]]]]]]}'],
    [bye("not-tertulia")]
  ),
  {
    name: "a byte order mark before the first object",
    requirements: ["FRAME-8", "JSON-1"],
    state: "opened",
    send: [hex("efbbbf"), text(`${ping(1)}\n`)],
    answers: [bye("not-tertulia")]
  },
  {
    name: "the first bytes of TLS, and an LF among them",
    requirements: ["FRAME-8"],
    state: "opened",
    send: [hex("160301020001000a01fc0303"), hex("5a", 64), text("\n")],
    answers: [bye("not-tertulia")]
  },
  exchange(
    "an object as the first line, of no known type",
    ["FRAME-8", "EXT-3"],
    "opened",
    ['{"type":"fly","id":1}', ping(2)],
    [refused(1, "unsupported"), pong(2)]
  ),
  exchange(
    "an empty object as the first line",
    ["FRAME-8", "REPLY-5"],
    "opened",
    ["{}", ping(2)],
    [refusedLine("bad-request", "id"), pong(2)]
  ),
  exchange(
    "a first line that is an object, and then one that isn't",
    ["FRAME-7", "FRAME-8"],
    "opened",
    ["{}", "GET / HTTP/1.0", ping(2)],
    [refusedLine("bad-request", "id"), refusedLine("bad-json"), pong(2)]
  )
]

const lines: ReadonlyArray<ExchangeVector> = [
  {
    name: "requests, then a line without end",
    requirements: ["FRAME-6", "REPLY-3"],
    state: "greeted",
    send: [text(`${ping(1)}\n${ping(2)}\n`), fill("a", "line", 0)],
    answers: [pong(1), pong(2), bye("line-too-long")]
  },
  {
    name: "spaces without end",
    requirements: ["FRAME-6"],
    state: "greeted",
    send: [fill(" ", "line", 0)],
    answers: [bye("line-too-long")]
  },
  {
    name: "a line that is too long by one byte, and a request after it",
    requirements: ["FRAME-6"],
    state: "greeted",
    send: [text('{"type":"ping","id":1,"x":"'), fill("x", "line", 29), text(`"}\n${ping(2)}\n`)],
    answers: [bye("line-too-long")]
  },
  {
    name: "a line without end on a connection that sent nothing else",
    requirements: ["FRAME-6"],
    state: "opened",
    send: [fill("a", "line", 0)],
    answers: [bye("line-too-long")]
  },
  {
    name: "a line of exactly limits.line bytes that is no JSON",
    requirements: ["FRAME-5", "FRAME-7"],
    state: "greeted",
    send: [fill("a", "line", 1), text(`\n${ping(1)}\n`)],
    answers: [refusedLine("bad-json"), pong(1)]
  },
  {
    name: "brackets as deep as the line is long",
    requirements: ["JSON-3", "FRAME-7"],
    state: "greeted",
    send: [fill("[", "line", 1), text(`\n${ping(1)}\n`)],
    answers: [refusedLine("bad-json"), pong(1)]
  },
  {
    name: "1,600 objects, one inside the other, that never close",
    requirements: ["JSON-3", "FRAME-7"],
    state: "greeted",
    send: [text('{"type":"ping","id":1,"x":'), text('{"x":', 1_600), text(`\n${ping(2)}\n`)],
    answers: [refusedLine("bad-json"), pong(2)]
  },
  {
    name: "fifty lines of rubbish",
    requirements: ["FRAME-7", "REPLY-1"],
    state: "greeted",
    send: [text("x\n", 50), text(`${ping(1)}\n`)],
    answers: [...Array.from({ length: 50 }, () => refusedLine("bad-json")), pong(1)]
  },
  {
    name: "ten thousand empty lines",
    requirements: ["FRAME-3"],
    state: "greeted",
    send: [text("\r\n", 10_000), text(`${ping(1)}\n`)],
    answers: [pong(1)]
  },
  exchange(
    "two objects on one line",
    ["JSON-1", "FRAME-7"],
    "greeted",
    [ping(1) + ping(2), ping(3)],
    [refusedLine("bad-json"), pong(3)]
  )
]

const fields: ReadonlyArray<ExchangeVector> = [
  {
    name: "a text that is not UTF-8 is never relayed",
    requirements: ["JSON-1", "FRAME-7"],
    state: "joined",
    send: [text('{"type":"send","id":1,"room":"#cafe","text":"'), hex("c3"), text(`"}\n${ping(2)}\n`)],
    answers: [refusedLine("bad-json"), pong(2)]
  },
  {
    name: "a text with a surrogate in UTF-8",
    requirements: ["JSON-1", "FRAME-7"],
    state: "joined",
    send: [text('{"type":"send","id":1,"room":"#cafe","text":"'), hex("eda080"), text(`"}\n${ping(2)}\n`)],
    answers: [refusedLine("bad-json"), pong(2)]
  },
  {
    name: "a text with an overlong slash",
    requirements: ["JSON-1", "FRAME-7"],
    state: "joined",
    send: [text('{"type":"send","id":1,"room":"#cafe","text":"'), hex("c0af"), text(`"}\n${ping(2)}\n`)],
    answers: [refusedLine("bad-json"), pong(2)]
  },
  exchange(
    "a text that clears terminals",
    ["TEXT-2"],
    "joined",
    [send("\\u001b[2J\\u001b[H")],
    [refused(1, "bad-text", "text")]
  ),
  exchange(
    "a text that clears terminals, in one character",
    ["TEXT-2"],
    "joined",
    [send("\\u009b2J")],
    [refused(1, "bad-text", "text")]
  ),
  exchange("a text with a bell", ["TEXT-2"], "joined", [send("\\u0007")], [refused(1, "bad-text", "text")]),
  {
    name: "a text spelled in six bytes a letter is counted unescaped",
    requirements: ["TEXT-1", "LIMIT-3"],
    state: "joined",
    send: [text('{"type":"send","id":1,"room":"#cafe","text":"'), text("\\u0061", 1_000), text('"}\n')],
    answers: [{ type: "sent", re: 1 }]
  },
  {
    name: "a text nearly as long as a line",
    requirements: ["TEXT-3"],
    state: "joined",
    send: [text('{"type":"send","id":1,"room":"#cafe","text":"'), fill("a", "line", 600), text('"}\n')],
    answers: [refused(1, "too-long", "text")]
  },
  exchange(
    "a nick that is a path",
    ["NAME-1"],
    "greeted",
    ['{"type":"login","id":1,"nick":"../../etc/passwd"}'],
    [refused(1, "bad-name", "nick")]
  ),
  exchange(
    "a room that is a path",
    ["NAME-1"],
    "ready",
    ['{"type":"join","id":1,"room":"#../../etc/passwd"}'],
    [refused(1, "bad-name", "room")]
  ),
  exchange(
    "a room without its #",
    ["NAME-1"],
    "ready",
    ['{"type":"join","id":1,"room":"cafe"}'],
    [refused(1, "bad-name", "room")]
  ),
  {
    name: "a nick of 8,000 letters",
    requirements: ["NAME-1"],
    state: "greeted",
    send: [text('{"type":"login","id":1,"nick":"'), text("a", 8_000), text('"}\n')],
    answers: [refused(1, "bad-name", "nick")]
  },
  exchange(
    "a cursor that is a string",
    ["JSON-5"],
    "ready",
    ['{"type":"join","id":1,"room":"#cafe","after":"5","epoch":"x"}'],
    [refused(1, "bad-request", "after")]
  ),
  exchange(
    "a cursor below 0",
    ["JSON-6"],
    "ready",
    ['{"type":"join","id":1,"room":"#cafe","after":-1,"epoch":"x"}'],
    [refused(1, "bad-request", "after")]
  ),
  exchange(
    "2^53 as the cursor",
    ["JSON-6"],
    "ready",
    ['{"type":"join","id":1,"room":"#cafe","after":9007199254740992,"epoch":"x"}'],
    [refused(1, "bad-request", "after")]
  ),
  exchange(
    "2^60 as the limit of a list",
    ["JSON-6"],
    "ready",
    ['{"type":"rooms","id":1,"limit":1152921504606846976}'],
    [refused(1, "bad-request", "limit")]
  ),
  exchange(
    "0 as the limit of a list",
    ["LIST-4"],
    "ready",
    ['{"type":"rooms","id":1,"limit":0}'],
    [refused(1, "bad-request", "limit")]
  ),
  exchange(
    "a flag that is a string",
    ["JSON-5"],
    "ready",
    ['{"type":"join","id":1,"room":"#cafe","create":"false"}'],
    [refused(1, "bad-request", "create")]
  ),
  exchange(
    "a flag that is null",
    ["JSON-5"],
    "ready",
    ['{"type":"join","id":1,"room":"#cafe","create":null}'],
    [refused(1, "bad-request", "create")]
  ),
  exchange(
    "types that every object of JavaScript has",
    ["EXT-3"],
    "ready",
    [
      '{"type":"toString","id":1}',
      '{"type":"constructor","id":2}',
      '{"type":"__proto__","id":3}',
      '{"type":"hasOwnProperty","id":4}'
    ],
    [refused(1, "unsupported"), refused(2, "unsupported"), refused(3, "unsupported"), refused(4, "unsupported")]
  ),
  exchange(
    "types that a server sends",
    ["EXT-3"],
    "ready",
    ['{"type":"welcome","id":1}', '{"type":"message","id":2}', '{"type":"error","id":3}'],
    [refused(1, "unsupported"), refused(2, "unsupported"), refused(3, "unsupported")]
  ),
  exchange(
    "a type in capitals, an empty one, one with a space",
    ["EXT-3"],
    "ready",
    ['{"type":"PING","id":1}', '{"type":"","id":2}', '{"type":"ping ","id":3}'],
    [refused(1, "unsupported"), refused(2, "unsupported"), refused(3, "unsupported")]
  ),
  exchange(
    "the requests of other profiles",
    ["EXT-4"],
    "ready",
    [
      '{"type":"x-suite/fly","id":1}',
      '{"type":"call","id":2,"nick":"ana"}',
      '{"type":"upload","id":3,"room":"#cafe","nick":"ana"}'
    ],
    [refused(1, "unsupported"), refused(2, "unsupported"), refused(3, "unsupported")]
  ),
  exchange(
    "a request that says what the server says",
    ["SEND-4", "EXT-1"],
    "joined",
    ['{"type":"send","id":1,"room":"#cafe","text":"hola","from":"leo","seq":99,"at":"never","re":7}'],
    [
      { type: "message", room: "#cafe", from: "ana", text: "hola" },
      { type: "sent", re: 1, room: "#cafe" }
    ]
  ),
  exchange(
    "one id for every request",
    ["REPLY-6"],
    "greeted",
    [ping(1), ping(1), ping(1)],
    [pong(1), pong(1), pong(1)]
  ),
  exchange(
    "a second login",
    ["LOGIN-4"],
    "ready",
    ['{"type":"login","id":1,"nick":"eva"}'],
    [refused(1, "already-logged-in")]
  ),
  exchange(
    "send and leave where one is not",
    ["LEAVE-2"],
    "ready",
    [
      '{"type":"send","id":1,"room":"#nowhere","text":"hola"}',
      '{"type":"leave","id":2,"room":"#nowhere"}',
      '{"type":"members","id":3,"room":"#nowhere"}'
    ],
    [refused(1, "not-joined"), refused(2, "not-joined"), refused(3, "not-joined")]
  )
]

const endings: ReadonlyArray<ExchangeVector> = [
  exchange(
    "requests after bye",
    ["END-1", "END-2", "END-3"],
    "ready",
    ['{"type":"bye","id":1}', ping(2), "rubbish"],
    [{ type: "bye", re: 1 }]
  ),
  exchange("bye before login", ["END-1"], "greeted", ['{"type":"bye","id":1}'], [{ type: "bye", re: 1 }]),
  {
    name: "a half-closed connection",
    requirements: ["END-5", "REPLY-1"],
    state: "greeted",
    send: [text(`${ping(1)}\n${ping(2)}\n`)],
    end: "fin",
    answers: [pong(1), pong(2)]
  },
  {
    name: "a half-closed connection whose last line has no LF",
    requirements: ["END-5", "END-6"],
    state: "greeted",
    send: [text(`${ping(1)}\n${ping(2)}`)],
    end: "fin",
    answers: [pong(1)]
  },
  {
    name: "a half-closed connection that said nothing",
    requirements: ["END-5"],
    state: "opened",
    send: [],
    end: "fin",
    answers: []
  },
  {
    name: "half a line, and a reset",
    requirements: ["FLOW-1"],
    state: "ready",
    send: [text('{"type":"join","id":1,"ro')],
    end: "reset",
    answers: []
  },
  {
    name: "many requests, and a reset",
    requirements: ["FLOW-1"],
    state: "joined",
    send: [text(`${send("hola")}\n`, 20)],
    end: "reset",
    answers: []
  }
]

/** What a server meets on a public port, and the registered answer to it. */
export const hostile: VectorFile<ExchangeVector> = {
  title: "Hostile lines",
  description: [
    "What a server meets on a public port. Every exchange has its registered answer, other connections notice nothing, and the server goes on.",
    ...exchangesExplained
  ],
  protocol: 1,
  vectors: [...thirteen, ...firstLine, ...lines, ...fields, ...endings]
}
