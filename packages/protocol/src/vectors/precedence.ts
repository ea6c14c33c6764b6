import { type ExchangeVector, exchange, exchangesExplained, refused, refusedLine } from "./exchange.ts"
import { fill, text, type VectorFile } from "./notation.ts"

const only = ["ERROR-3"]

/** Requests with several faults, of which one is answered. */
export const precedence: VectorFile<ExchangeVector> = {
  title: "Precedence",
  description: ["Requests with several faults: the answer is the first of them.", ...exchangesExplained],
  protocol: 1,
  vectors: [
    exchange(
      "bad-json before a bad id",
      ["ERROR-3", "REPLY-5"],
      "greeted",
      ['{"type":"ping","id":"x"'],
      [refusedLine("bad-json")]
    ),
    exchange(
      "9 levels before an unknown type",
      ["ERROR-3", "JSON-3"],
      "greeted",
      ['{"type":"fly","id":1,"x":[[[[[[[[0]]]]]]]]}'],
      [refusedLine("bad-json")]
    ),
    exchange(
      "a bad id before a bad type",
      ["ERROR-3", "REPLY-5"],
      "greeted",
      ['{"type":5,"id":"x"}'],
      [refusedLine("bad-request", "id")]
    ),
    exchange(
      "a missing id before a missing type",
      ["ERROR-3", "REPLY-5"],
      "greeted",
      ["{}"],
      [refusedLine("bad-request", "id")]
    ),
    exchange(
      "a bad id before an unknown type",
      ["ERROR-3", "REPLY-5"],
      "greeted",
      ['{"type":"fly","id":"x"}'],
      [refusedLine("bad-request", "id")]
    ),
    exchange(
      "a bad id before login-first",
      ["ERROR-3", "REPLY-5"],
      "greeted",
      ['{"type":"join","id":0,"room":"#cafe"}'],
      [refusedLine("bad-request", "id")]
    ),
    exchange(
      "a bad id before a bad field",
      ["ERROR-3", "REPLY-5"],
      "ready",
      ['{"type":"join","id":0,"room":5}'],
      [refusedLine("bad-request", "id")]
    ),
    exchange(
      "a bad type before bad fields",
      only,
      "ready",
      ['{"type":5,"id":1,"room":5}'],
      [refused(1, "bad-request", "type")]
    ),
    exchange(
      "an unknown type before login-first",
      ["ERROR-3", "EXT-3"],
      "greeted",
      ['{"type":"fly","id":1}'],
      [refused(1, "unsupported")]
    ),
    exchange(
      "an unknown type before bad fields",
      ["ERROR-3", "EXT-3"],
      "ready",
      ['{"type":"fly","id":1,"room":5}'],
      [refused(1, "unsupported")]
    ),
    exchange(
      "the type of a reply is an unknown request",
      ["ERROR-3", "EXT-3"],
      "ready",
      ['{"type":"welcome","id":1}'],
      [refused(1, "unsupported")]
    ),
    ...["join", "leave", "send", "rooms", "members", "sync"].map((type) =>
      exchange(
        `login-first before the fields of ${type}`,
        ["ERROR-3", "LOGIN-3"],
        "greeted",
        [`{"type":"${type}","id":1,"room":5,"after":5}`],
        [refused(1, "login-first")]
      )
    ),
    exchange(
      "already-logged-in before a missing nick",
      ["ERROR-3", "LOGIN-4"],
      "ready",
      ['{"type":"login","id":1}'],
      [refused(1, "already-logged-in")]
    ),
    exchange(
      "already-logged-in before a bad nick",
      ["ERROR-3", "LOGIN-4"],
      "ready",
      ['{"type":"login","id":1,"nick":"../leo"}'],
      [refused(1, "already-logged-in")]
    ),
    exchange(
      "already-logged-in before a nick that is taken",
      ["ERROR-3", "LOGIN-4"],
      "ready",
      ['{"type":"login","id":1,"nick":"ana"}'],
      [refused(1, "already-logged-in")]
    ),
    exchange(
      "a wrong type before a bad name",
      only,
      "ready",
      ['{"type":"send","id":1,"room":"the cafe","text":5}'],
      [refused(1, "bad-request", "text")]
    ),
    exchange(
      "a missing field before a bad name",
      only,
      "ready",
      ['{"type":"send","id":1,"room":"the cafe"}'],
      [refused(1, "bad-request", "text")]
    ),
    exchange(
      "a wrong type before a bad text",
      only,
      "joined",
      ['{"type":"send","id":1,"room":5,"text":""}'],
      [refused(1, "bad-request", "room")]
    ),
    exchange(
      "a wrong type before already-joined",
      only,
      "joined",
      ['{"type":"join","id":1,"room":"#cafe","create":"no"}'],
      [refused(1, "bad-request", "create")]
    ),
    exchange(
      "a cursor without its epoch before a bad name",
      ["ERROR-3", "CATCH-5"],
      "ready",
      ['{"type":"join","id":1,"room":"cafe","after":1}'],
      [refused(1, "bad-request", "epoch")]
    ),
    exchange(
      "a cursor without its epoch before already-joined",
      ["ERROR-3", "CATCH-5"],
      "joined",
      ['{"type":"join","id":1,"room":"#cafe","after":1}'],
      [refused(1, "bad-request", "epoch")]
    ),
    exchange(
      "a cursor without its epoch before no-such-room",
      ["ERROR-3", "CATCH-5"],
      "ready",
      ['{"type":"join","id":1,"room":"#nowhere","create":false,"after":1}'],
      [refused(1, "bad-request", "epoch")]
    ),
    exchange(
      "a limit out of range before a bad name",
      ["ERROR-3", "LIST-4"],
      "ready",
      ['{"type":"rooms","id":1,"after":"cafe","limit":0}'],
      [refused(1, "bad-request", "limit")]
    ),
    exchange(
      "a limit out of range before not-joined",
      ["ERROR-3", "LIST-4"],
      "ready",
      ['{"type":"members","id":1,"room":"#nowhere","limit":0}'],
      [refused(1, "bad-request", "limit")]
    ),
    exchange(
      "a bad name before a bad text",
      only,
      "ready",
      ['{"type":"send","id":1,"room":"the cafe","text":""}'],
      [refused(1, "bad-name", "room")]
    ),
    exchange(
      "a bad name of a list before not-joined",
      only,
      "ready",
      ['{"type":"members","id":1,"room":"#nowhere","after":"@"}'],
      [refused(1, "bad-name", "after")]
    ),
    {
      name: "a bad name before a long text",
      requirements: only,
      state: "ready",
      send: [text('{"type":"send","id":1,"room":"cafe","text":"'), fill("a", "text", -1), text('"}\n')],
      answers: [refused(1, "bad-name", "room")]
    },
    {
      name: "a bad text before a long one",
      requirements: only,
      state: "joined",
      send: [text('{"type":"send","id":1,"room":"#cafe","text":"\\u0007'), fill("a", "text", 0), text('"}\n')],
      answers: [refused(1, "bad-text", "text")]
    },
    exchange(
      "a bad text before not-joined",
      only,
      "ready",
      ['{"type":"send","id":1,"room":"#nowhere","text":""}'],
      [refused(1, "bad-text", "text")]
    ),
    {
      name: "a long text before not-joined",
      requirements: only,
      state: "ready",
      send: [text('{"type":"send","id":1,"room":"#nowhere","text":"'), fill("a", "text", -1), text('"}\n')],
      answers: [refused(1, "too-long", "text")]
    },
    exchange(
      "not-joined, when nothing else is wrong",
      ["ERROR-3", "LEAVE-2"],
      "ready",
      ['{"type":"send","id":1,"room":"#nowhere","text":"hola"}'],
      [refused(1, "not-joined")]
    ),
    exchange(
      "not-joined and not no-such-room, by leave",
      ["LEAVE-2"],
      "ready",
      ['{"type":"leave","id":1,"room":"#nowhere"}'],
      [refused(1, "not-joined")]
    ),
    exchange(
      "not-joined and not no-such-room, by members",
      ["LEAVE-2"],
      "ready",
      ['{"type":"members","id":1,"room":"#nowhere"}'],
      [refused(1, "not-joined")]
    ),
    exchange(
      "no-such-room",
      ["JOIN-4"],
      "ready",
      ['{"type":"join","id":1,"room":"#nowhere","create":false}'],
      [refused(1, "no-such-room")]
    ),
    exchange(
      "already-joined, whatever the cursor",
      ["JOIN-5"],
      "joined",
      ['{"type":"join","id":1,"room":"#cafe","create":false,"after":0,"epoch":"x"}'],
      [refused(1, "already-joined")]
    )
  ]
}
