import { type Profile, profileOf, profiles } from "../features.ts"
import type { JsonObject } from "../json.ts"
import type { Event, Reply, RequestType } from "../messages.ts"
import type { Outcome, Vector, VectorFile } from "./notation.ts"

/** One object of either side, and what the other side makes of it. */
export interface MessageVector extends Vector {
  readonly from: "client" | "server"
  /** The profile that a server claims which understands the request; the core when absent. */
  readonly profile?: Profile
  readonly object: JsonObject
  /** Of a client's object: `accepted` or an error code. Of a server's: whether its schema accepts it. */
  readonly outcome: Outcome | "invalid"
  /** The field at fault in a client's object. */
  readonly field?: string
}

// ---------------------------------------------------------------------------------------------------------------------
// What can be wrong with a field
// ---------------------------------------------------------------------------------------------------------------------

/** Values that a field can't have, by the code that a server answers and the requirement that says so. */
interface Kind {
  readonly wrong: ReadonlyArray<
    readonly [code: Exclude<Outcome, "accepted">, requirement: string, values: ReadonlyArray<unknown>]
  >
  readonly optional?: true
}

const notString = ["bad-request", "JSON-5", [null, 5, true, ["ana"], {}]] as const
const notInteger = ["bad-request", "JSON-5", [null, "1", true, [1], {}]] as const
const notBoolean = ["bad-request", "JSON-5", [null, 0, "true", [], {}]] as const
const notList = ["bad-request", "JSON-5", [null, "ana", 5, {}]] as const
const outside = (...values: ReadonlyArray<number>) =>
  ["bad-request", "JSON-6", [1.5, 2 ** 53, 2 ** 60, ...values]] as const

const optional = (kind: Kind): Kind => ({ ...kind, optional: true })

const id: Kind = { wrong: [notInteger, outside(0, -1, 2_147_483_648)] }
const nick: Kind = { wrong: [notString, ["bad-name", "NAME-1", ["", "-ana", "ana!", "@ana", "a".repeat(33)]]] }
const room: Kind = {
  wrong: [notString, ["bad-name", "NAME-1", ["", "#", "cafe", "#-cafe", "#the cafe", `#${"a".repeat(33)}`]]]
}
const text: Kind = {
  wrong: [notString, ["bad-text", "TEXT-2", ["", "\u001b[2J", "\u009b2J", "one\r\ntwo", "\u007f"]]]
}
const direct: Kind = {
  wrong: [notString, ["bad-name", "NAME-1", ["", "@", "leo", "#leo", "@-leo", "@the leo", `@${"a".repeat(33)}`]]]
}
const cursor: Kind = { wrong: [notInteger, outside(-1)] }
const seq: Kind = { wrong: [notInteger, outside(0, -1)] }
const limit: Kind = { wrong: [notInteger, ["bad-request", "LIST-4", [0, -1]], outside()] }
const anchor = (...values: ReadonlyArray<number>): Kind => ({
  wrong: [notInteger, ["bad-request", "HISTORY-6", values], outside()]
})
const flag: Kind = { wrong: [notBoolean] }
const words: Kind = { wrong: [notString] }

const password: Kind = {
  wrong: [notString, ["bad-text", "REGISTER-4", ["", "1234567", "ñññññññ", "correct\nhorse", "\u001b[2J horse"]]]
}
const clientNonce: Kind = {
  wrong: [
    notString,
    ["bad-request", "SCRAM-1", ["", "r".repeat(15), "r".repeat(129), "with,comma,in,the,midst", "with a space in it"]]
  ]
}
const nonce: Kind = { wrong: [notString, ["bad-request", "SCRAM-1", ["", "r".repeat(31), "with,comma".repeat(5)]]] }
const base64: Kind = { wrong: [notString, ["bad-request", "SCRAM-1", ["", "abc", "ab c", "====", "ñandú==="]]] }
const folded = ["bad-name", "NAME-3", ["Ana"]] as const
const foldedRoom = ["bad-name", "NAME-3", ["#Cafe"]] as const
const sentNick: Kind = { wrong: [...nick.wrong, folded] }
const sentRoom: Kind = { wrong: [...room.wrong, foldedRoom] }
const epoch: Kind = { wrong: [notString, ["bad-request", "REPLY-9", ["", "k 3", "a".repeat(33)]]] }
const time: Kind = {
  wrong: [
    notString,
    [
      "bad-request",
      "REPLY-9",
      ["", "2026-11-20", "2026-11-20T20:08:00Z", "2026-11-20T20:08:00.000+01:00", "2026-13-20T20:08:00.000Z"]
    ]
  ]
}
const code: Kind = { wrong: [notString, ["bad-request", "REPLY-9", ["", "Bad_JSON", "bad json"]]] }
const count: Kind = { wrong: [notInteger, outside(-1)] }
const list: Kind = { wrong: [notList, ["bad-request", "REPLY-9", [[5], [null]]]] }
const nicks: Kind = {
  wrong: [notList, ["bad-name", "NAME-3", [["Ana"], ["ana", ""]]], ["bad-request", "REPLY-9", [[5]]]]
}
const rooms: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [
        ["#cafe"],
        [{ room: "#cafe" }],
        [{ members: 2 }],
        [{ room: "cafe", members: 2 }],
        [{ room: "#cafe", members: -1 }]
      ]
    ]
  ]
}
const conversations: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [
        ["@leo"],
        [{ room: "@leo", epoch: "c8", first: 1 }],
        [{ room: "#leo", epoch: "c8", first: 1, head: 2 }],
        [{ room: "@Leo", epoch: "c8", first: 1, head: 2 }],
        [{ room: "@leo", epoch: "c8", first: 1, head: 2, last: { seq: 2 } }]
      ]
    ]
  ]
}
const entries: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [
        ["hola"],
        [{ type: "message", seq: 41, from: "ana", text: "hola" }],
        [{ type: "message", seq: 0 }],
        [{ seq: 41 }]
      ]
    ]
  ]
}
const limits: Kind = {
  wrong: [
    ["bad-request", "REPLY-9", [null, [], { text: "4096" }]],
    ["bad-request", "LIMIT-2", [{ text: 999 }, { line: 8_191 }, { page: 0 }]]
  ]
}
const key: Kind = {
  wrong: [notString, ["bad-request", "KEY-9", ["", "a 1", "a.1", "ñ", "a1\n", "a".repeat(65)]]]
}
const searchText: Kind = {
  wrong: [notString, ["bad-text", "SEARCH-11", ["", " ", "*", '""', "😀", "\u0301", "\u001b[2J", "a\u0007"]]]
}
const askedTime: Kind = {
  wrong: [
    notString,
    ["bad-request", "SEARCH-12", ["", "now", "2026-11-20", "2026-11-20T20:08:00Z", "2026-11-20T20:08:00.000+01:00"]]
  ]
}
const searchCursor: Kind = {
  wrong: [notString, ["bad-request", "SEARCH-12", ["", "p7 Qd0", "ñ", "a".repeat(129)]]]
}
const searchLimit: Kind = { wrong: [notInteger, ["bad-request", "SEARCH-12", [0, -1]], outside()] }
const givenCursor: Kind = { wrong: [notString, ["bad-request", "REPLY-9", ["", "p7 Qd0", "a".repeat(129)]]] }
const results: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [
        ["hola"],
        [{ type: "message", seq: 41, from: "ana", text: "hola", at: "2026-11-20T20:08:00.000Z" }],
        [{ seq: 41 }]
      ]
    ]
  ]
}
const secret: Kind = {
  wrong: [notString, ["bad-request", "REPLY-9", ["", "too-short", "s p a c e s   a r e", "a".repeat(129)]]]
}
const ownStatus: Kind = { wrong: [notString, ["bad-request", "STATUS-5", ["", "idle", "offline", "Busy", "sleeping"]]] }
const ownWords = (bytes: number): Kind => ({
  wrong: [
    notString,
    [
      "bad-text",
      "STATUS-7",
      [" ", "one\ntwo", "\t", "\u001b[2J", "a\u202eb", "\u2066a", "a\u2028b", "\u3164", "\u200b\ufeff"]
    ],
    ["too-long", "STATUS-8", ["x".repeat(bytes + 1)]]
  ]
})
const status: Kind = { wrong: [notString, ["bad-request", "REPLY-9", ["", "sleeping"]]] }
const shownWords = (bytes: number): Kind => {
  const { wrong } = ownWords(bytes)
  return { wrong: [...wrong, ["bad-text", "STATUS-7", [""]]] }
}
const presences: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [
        ["ana"],
        [{ nick: "ana" }],
        [{ nick: "ana", status: "active" }],
        [{ status: "active" }],
        [{ nick: "ana", status: "active", since: "2026-11-20T20:08:00.000Z", account: 1 }]
      ]
    ]
  ]
}
const standings: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [["ana"], [{ banned: true }], [{ nick: "ana", role: "member" }], [{ nick: "ana", muted: "yes" }]]
    ]
  ]
}
const roomNames: Kind = {
  wrong: [notList, ["bad-name", "NAME-3", [["#Cafe"], ["cafe"]]], ["bad-request", "REPLY-9", [[5]]]]
}
const target: Kind = { wrong: [notInteger, outside(0, -1)] }
const oneLine = ["bad-text", "TEXT-2", ["\u001b[2J", "one\ntwo", "a\tb", "\u009b", "\u007f"]] as const
const reaction: Kind = {
  wrong: [notString, ["bad-text", "REACT-1", ["", ...oneLine[2]]]]
}
const topic: Kind = {
  wrong: [notString, ["bad-text", "TOPIC-1", oneLine[2]]]
}
const sentReaction: Kind = { wrong: [notString, ["bad-text", "REPLY-9", ["", ...oneLine[2]]]] }
const sentTopic: Kind = { wrong: [notString, ["bad-text", "REPLY-9", oneLine[2]]] }
const reactions: Kind = {
  wrong: [
    notList,
    [
      "bad-request",
      "REPLY-9",
      [["+1"], [{ reaction: "+1" }], [{ count: 1 }], [{ reaction: "+1", count: 0 }], [{ reaction: "", count: 1 }]]
    ]
  ]
}
const heartbeat: Kind = { wrong: [notInteger, outside(0, 301)] }
const protocol: Kind = { wrong: [notInteger, outside(0)] }
const givenRole: Kind = { wrong: [notString, ["bad-request", "ROLE-2", ["", "operator", "Owner"]]] }
const roomKind: Kind = { wrong: [notString, ["bad-request", "MODERATE-2", ["", "open", "Public"]]] }
const ownRole: Kind = { wrong: [notString, ["bad-request", "REPLY-9", ["", "member", "boss"]]] }
const seconds: Kind = { wrong: [notInteger, outside(-1, 3_601)] }
const change: Kind = { wrong: [notString, ["bad-request", "REPLY-9", ["", "kicked"]]] }

// ---------------------------------------------------------------------------------------------------------------------
// The messages
// ---------------------------------------------------------------------------------------------------------------------

/** One message: a good object with all its fields, the kind of each, and the requirement that describes it. */
interface Message {
  readonly requirement: string
  readonly good: JsonObject & { readonly type: string }
  readonly fields: { readonly [field: string]: Kind }
  /** More objects that are good, each with what it shows. */
  readonly also?: { readonly [shows: string]: JsonObject }
}

const requests: { readonly [Type in RequestType]: Message } = {
  login: {
    requirement: "LOGIN-1",
    good: { type: "login", id: 1, nick: "ana" },
    fields: { id, nick },
    also: { "a nick in capitals": { type: "login", id: 1, nick: "ANA" } }
  },
  join: {
    requirement: "JOIN-1",
    good: { type: "join", id: 2, room: "#cafe", create: true, after: 41, epoch: "k3" },
    fields: { id, room, create: optional(flag), after: optional(cursor), epoch: words },
    also: {
      "no more than a room": { type: "join", id: 2, room: "#cafe" },
      "a cursor before the first entry": { type: "join", id: 2, room: "#cafe", after: 0, epoch: "k3" },
      "the largest cursor": { type: "join", id: 2, room: "#cafe", after: Number.MAX_SAFE_INTEGER, epoch: "k3" },
      "an epoch that no server makes": { type: "join", id: 2, room: "#cafe", after: 1, epoch: "" },
      "an epoch without a cursor": { type: "join", id: 2, room: "#cafe", epoch: "k3" }
    }
  },
  leave: { requirement: "LEAVE-1", good: { type: "leave", id: 5, room: "#cafe" }, fields: { id, room } },
  send: {
    requirement: "SEND-1",
    good: { type: "send", id: 3, room: "#cafe", text: "hola" },
    fields: { id, room, text },
    also: { "a text of two lines": { type: "send", id: 3, room: "#cafe", text: "one\n\ttwo" } }
  },
  rooms: {
    requirement: "LIST-1",
    good: { type: "rooms", id: 6, after: "#cafe", limit: 50 },
    fields: { id, after: optional(room), limit: optional(limit) },
    also: {
      "nothing more": { type: "rooms", id: 6 },
      "a limit above every page": { type: "rooms", id: 6, limit: Number.MAX_SAFE_INTEGER }
    }
  },
  members: {
    requirement: "LIST-1",
    good: { type: "members", id: 8, room: "#cafe", after: "ana", limit: 50 },
    fields: { id, room, after: optional(nick), limit: optional(limit) },
    also: { "no more than a room": { type: "members", id: 8, room: "#cafe" } }
  },
  ping: { requirement: "REPLY-10", good: { type: "ping", id: 10 }, fields: { id } },
  sync: { requirement: "SYNC-1", good: { type: "sync", id: 11 }, fields: { id } },
  bye: {
    requirement: "END-1",
    good: { type: "bye", id: 12 },
    fields: { id },
    also: { "the largest id": { type: "bye", id: 2_147_483_647 } }
  },
  history: {
    requirement: "HISTORY-1",
    good: { type: "history", id: 13, room: "#cafe", before: 42, limit: 50 },
    fields: { id, room, before: optional(anchor(0, -1)), limit: optional(anchor(0, -1)) },
    also: {
      "no more than a room": { type: "history", id: 13, room: "#cafe" },
      "a cursor before the first entry": { type: "history", id: 13, room: "#cafe", after: 0 },
      "the largest cursor": { type: "history", id: 13, room: "#cafe", after: Number.MAX_SAFE_INTEGER }
    }
  },
  register: {
    requirement: "REGISTER-1",
    good: { type: "register", id: 29, nick: "ana", password: "correct horse", invitation: "class of 26", resume: true },
    fields: { id, nick, password, invitation: optional(words), resume: optional(flag) },
    also: {
      "no more than a nick and a password": { type: "register", id: 29, nick: "ana", password: "correct horse" },
      "a password of eight characters in sixteen bytes": {
        type: "register",
        id: 29,
        nick: "ana",
        password: "ññññññññ"
      }
    }
  },
  challenge: {
    requirement: "SCRAM-1",
    good: { type: "challenge", id: 30, nick: "ana", nonce: "rOprNGfwEbeRWgbNEkqO" },
    fields: { id, nick, nonce: clientNonce }
  },
  password: {
    requirement: "ACCOUNT-5",
    good: { type: "password", id: 31, password: "battery staple" },
    fields: { id, password }
  },
  revoke: { requirement: "TOKEN-4", good: { type: "revoke", id: 32 }, fields: { id } },
  unregister: { requirement: "ACCOUNT-7", good: { type: "unregister", id: 33 }, fields: { id } },
  conversations: {
    requirement: "DIRECT-16",
    good: { type: "conversations", id: 21, after: "@leo", limit: 50 },
    fields: { id, after: optional(direct), limit: optional(limit) },
    also: {
      "nothing more": { type: "conversations", id: 21 },
      "a name in capitals": { type: "conversations", id: 21, after: "@LEO" }
    }
  },
  status: {
    requirement: "STATUS-1",
    good: { type: "status", id: 19, status: "busy", text: "in a class until ten", display: "Ana María" },
    fields: { id, status: optional(ownStatus), text: optional(ownWords(256)), display: optional(ownWords(128)) },
    also: {
      "nothing more": { type: "status", id: 19 },
      "a text and a name that are taken away": { type: "status", id: 19, text: "", display: "" },
      "a name of letters, marks and a picture": { type: "status", id: 19, display: "e\u0301 שלום अभि 👩\u200d🚀" },
      "a name of 128 bytes and a text of 256": {
        type: "status",
        id: 19,
        display: "ñ".repeat(64),
        text: "😀".repeat(64)
      }
    }
  },
  users: {
    requirement: "USERS-1",
    good: { type: "users", id: 22, room: "#cafe", after: "ana", limit: 50 },
    fields: { id, room: optional(room), after: optional(nick), limit: optional(limit) },
    also: { "nothing more": { type: "users", id: 22 } }
  },
  whois: {
    requirement: "USERS-4",
    good: { type: "whois", id: 24, nick: "leo" },
    fields: { id, nick },
    also: { "a nick in capitals": { type: "whois", id: 24, nick: "LEO" } }
  },
  edit: {
    requirement: "RICH-1",
    good: { type: "edit", id: 20, room: "#cafe", target: 42, text: "¡hola!" },
    fields: { id, room, target, text },
    also: { "the largest target": { type: "edit", id: 20, room: "#cafe", target: Number.MAX_SAFE_INTEGER, text: "a" } }
  },
  delete: {
    requirement: "RICH-1",
    good: { type: "delete", id: 21, room: "#cafe", target: 42 },
    fields: { id, room, target }
  },
  react: {
    requirement: "REACT-1",
    good: { type: "react", id: 22, room: "#cafe", target: 42, reaction: "+1", on: false },
    fields: { id, room, target, reaction, on: optional(flag) },
    also: {
      "a picture": { type: "react", id: 22, room: "#cafe", target: 42, reaction: "👩‍👩‍👧" },
      "64 bytes": { type: "react", id: 22, room: "#cafe", target: 42, reaction: "ñ".repeat(32) }
    }
  },
  topic: {
    requirement: "TOPIC-1",
    good: { type: "topic", id: 24, room: "#cafe", text: "the party on Friday" },
    fields: { id, room, text: topic },
    also: {
      "no topic": { type: "topic", id: 24, room: "#cafe", text: "" },
      "256 bytes": { type: "topic", id: 24, room: "#cafe", text: "漢".repeat(85) }
    }
  },
  role: {
    requirement: "ROLE-2",
    good: { type: "role", id: 40, room: "#cafe", nick: "leo", role: "moderator" },
    fields: { id, room, nick, role: givenRole }
  },
  kind: {
    requirement: "MODERATE-2",
    good: { type: "kind", id: 41, room: "#cafe", kind: "private" },
    fields: { id, room, kind: roomKind }
  },
  invite: {
    requirement: "INVITE-1",
    good: { type: "invite", id: 42, room: "#cafe", nick: "eva", on: false },
    fields: { id, room, nick, on: optional(flag) },
    also: { "no more than it needs": { type: "invite", id: 42, room: "#cafe", nick: "eva" } }
  },
  kick: {
    requirement: "KICK-1",
    good: { type: "kick", id: 43, room: "#cafe", nick: "eva" },
    fields: { id, room, nick }
  },
  ban: {
    requirement: "BAN-1",
    good: { type: "ban", id: 44, room: "#cafe", nick: "eva", on: false },
    fields: { id, room, nick, on: optional(flag) },
    also: { "no more than it needs": { type: "ban", id: 44, room: "#cafe", nick: "eva" } }
  },
  mute: {
    requirement: "MUTE-1",
    good: { type: "mute", id: 45, room: "#cafe", nick: "eva", on: false },
    fields: { id, room, nick, on: optional(flag) },
    also: { "no more than it needs": { type: "mute", id: 45, room: "#cafe", nick: "eva" } }
  },
  slow: {
    requirement: "SLOW-1",
    good: { type: "slow", id: 46, room: "#cafe", seconds: 30 },
    fields: { id, room, seconds },
    also: {
      "no wait": { type: "slow", id: 46, room: "#cafe", seconds: 0 },
      "the longest": { type: "slow", id: 46, room: "#cafe", seconds: 3_600 }
    }
  },
  standings: {
    requirement: "STANDING-1",
    good: { type: "standings", id: 50, room: "#cafe", after: "ana", limit: 50 },
    fields: { id, room, after: optional(nick), limit: optional(limit) },
    also: { "no more than it needs": { type: "standings", id: 50, room: "#cafe" } }
  },
  typing: {
    requirement: "TYPING-1",
    good: { type: "typing", id: 25, room: "#cafe", on: false },
    fields: { id, room, on: optional(flag) },
    also: { "no more than a room": { type: "typing", id: 25, room: "#cafe" } }
  },
  read: {
    requirement: "READ-1",
    good: { type: "read", id: 27, room: "#cafe", seq: 42 },
    fields: { id, room, seq: optional(cursor) },
    also: {
      "no more than a room": { type: "read", id: 28, room: "#cafe" },
      "a mark before the first entry": { type: "read", id: 28, room: "#cafe", seq: 0 }
    }
  },
  search: {
    requirement: "SEARCH-1",
    good: {
      type: "search",
      id: 20,
      text: "at eight",
      room: "#cafe",
      from: "ana",
      since: "2026-11-20T00:00:00.000Z",
      until: "2026-11-20T23:59:59.999Z",
      limit: 50
    },
    fields: {
      id,
      text: searchText,
      room: optional(room),
      from: optional(nick),
      since: optional(askedTime),
      until: optional(askedTime),
      before: optional(searchCursor),
      limit: optional(searchLimit)
    },
    also: {
      "no more than a text": { type: "search", id: 19, text: "canción" },
      "one letter": { type: "search", id: 19, text: "a" },
      "one ideograph": { type: "search", id: 19, text: "漢" },
      "what looks like operators": { type: "search", id: 19, text: 'a OR "b c"* NEAR(d) -e ^f text:g' },
      "a limit above every page": { type: "search", id: 19, text: "a", limit: Number.MAX_SAFE_INTEGER }
    }
  }
}

/** What a profile adds to requests of the core. */
const additions: { readonly [Added in Profile]?: { readonly [type: string]: Message } } = {
  resume: {
    login: {
      requirement: "SESSION-1",
      good: { type: "login", id: 17, nick: "ana", resume: true },
      fields: { resume: optional(flag), session: optional(words) },
      also: {
        "no session": { type: "login", id: 17, nick: "ana", resume: false },
        "a session that no server gives": { type: "login", id: 18, nick: "ana", session: "" }
      }
    },
    send: {
      requirement: "KEY-1",
      good: { type: "send", id: 16, room: "#cafe", text: "hola", key: "a1" },
      fields: { key: optional(key) },
      also: {
        "the longest key": { type: "send", id: 16, room: "#cafe", text: "hola", key: "Az09_-".padEnd(64, "x") }
      }
    }
  },
  direct: {
    send: {
      requirement: "DIRECT-2",
      good: { type: "send", id: 19, room: "@leo", text: "hola", epoch: "c8" },
      fields: { epoch: optional(words) },
      also: {
        "a nick in capitals": { type: "send", id: 19, room: "@Leo", text: "hola" },
        "an epoch that no server makes": { type: "send", id: 19, room: "@leo", text: "hola", epoch: "" }
      }
    },
    history: {
      requirement: "DIRECT-2",
      good: { type: "history", id: 20, room: "@leo", after: 3, epoch: "c8" },
      fields: { epoch: optional(words) },
      also: { "no more than a nick": { type: "history", id: 20, room: "@leo" } }
    }
  },
  accounts: {
    login: {
      requirement: "TOKEN-1",
      good: { type: "login", id: 34, nick: "ana", token: "Zt4m8YbQ2sVn6KcD" },
      fields: { token: optional(words) },
      also: {
        "a password": { type: "login", id: 34, nick: "ana", password: "correct horse" },
        "a password that nobody may choose": { type: "login", id: 34, nick: "ana", password: "" },
        "a proof": { type: "login", id: 34, nick: "ana", proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=" },
        "a session, and to be resumed": {
          type: "login",
          id: 34,
          nick: "ana",
          resume: true,
          session: "Qk3v9TzR1mWx7LpA"
        }
      }
    }
  },
  rich: {
    send: {
      requirement: "REPLYTO-1",
      good: { type: "send", id: 19, room: "#cafe", text: "¡hola!", replyTo: 42 },
      fields: { replyTo: optional(target) }
    }
  }
}

const re = id
const at = "2026-11-20T20:08:00.000Z"

const presence = { nick: "leo", status: "busy", since: at, text: "in a class", display: "Leo 🦁" }
const presenceFields = {
  nick: sentNick,
  status,
  since: time,
  text: optional(shownWords(256)),
  display: optional(shownWords(128))
}

const replies: { readonly [Type in Reply["type"]]: Message } = {
  challenge: {
    requirement: "SCRAM-1",
    good: {
      type: "challenge",
      re: 30,
      nick: "ana",
      nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
      salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
      iterations: 600_000
    },
    fields: { re, nick: sentNick, nonce, salt: base64, iterations: { wrong: [notInteger, outside(0, 4_095)] } }
  },
  password: {
    requirement: "ACCOUNT-5",
    good: { type: "password", re: 31, token: "Zt4m8YbQ2sVn6KcD" },
    fields: { re, token: secret }
  },
  revoked: { requirement: "TOKEN-4", good: { type: "revoked", re: 32 }, fields: { re } },
  unregistered: { requirement: "ACCOUNT-7", good: { type: "unregistered", re: 33 }, fields: { re } },
  welcome: {
    requirement: "LOGIN-1",
    good: { type: "welcome", re: 18, nick: "ana", session: "Qk3v9TzR1mWx7LpA", resumed: true },
    fields: {
      ...{ re, nick: sentNick, session: optional(secret), resumed: optional(flag) },
      ...{ account: optional(flag), token: optional(secret), signature: optional(base64) }
    },
    also: {
      "no session": { type: "welcome", re: 1, nick: "ana" },
      "an account": { type: "welcome", re: 29, nick: "ana", account: true, token: "Zt4m8YbQ2sVn6KcD" },
      "the answer to a proof": {
        type: "welcome",
        re: 34,
        nick: "ana",
        account: true,
        token: "Zt4m8YbQ2sVn6KcD",
        signature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
      }
    }
  },
  joined: {
    requirement: "JOIN-1",
    good: {
      type: "joined",
      re: 2,
      room: "#cafe",
      epoch: "k3",
      first: 1,
      head: 41,
      resumed: true,
      members: ["ana"],
      more: true,
      topic: "the party on Friday",
      read: 40,
      kind: "private",
      role: "moderator",
      muted: false,
      slow: 30
    },
    fields: {
      re,
      room: sentRoom,
      epoch,
      first: seq,
      head: cursor,
      resumed: optional(flag),
      members: nicks,
      more: optional(flag),
      topic: optional(sentTopic),
      read: optional(seq),
      kind: optional(roomKind),
      role: optional(ownRole),
      muted: optional(flag),
      slow: optional({ wrong: [notInteger, outside(0, 3_601)] })
    },
    also: {
      "a log without entries": {
        type: "joined",
        re: 2,
        room: "#cafe",
        epoch: "k3",
        first: 1,
        head: 0,
        members: ["ana"]
      }
    }
  },
  left: { requirement: "LEAVE-1", good: { type: "left", re: 5, room: "#cafe" }, fields: { re, room: sentRoom } },
  sent: {
    requirement: "SEND-1",
    good: { type: "sent", re: 16, room: "#cafe", seq: 42, at, duplicate: true },
    fields: { re, room: sentRoom, seq, at: time, duplicate: optional(flag) },
    also: {
      "a first attempt": { type: "sent", re: 3, room: "#cafe", seq: 42, at },
      "the name of a conversation": { type: "sent", re: 19, room: "@leo", seq: 1, at }
    }
  },
  rooms: {
    requirement: "LIST-1",
    good: { type: "rooms", re: 6, rooms: [{ room: "#cafe", members: 2 }], more: true },
    fields: { re, rooms, more: optional(flag) },
    also: { "no rooms": { type: "rooms", re: 6, rooms: [] } }
  },
  members: {
    requirement: "LIST-1",
    good: { type: "members", re: 8, room: "#cafe", members: ["ana", "leo"], more: true },
    fields: { re, room: sentRoom, members: nicks, more: optional(flag) },
    also: { "nobody above the name": { type: "members", re: 8, room: "#cafe", members: [] } }
  },
  pong: { requirement: "REPLY-10", good: { type: "pong", re: 10 }, fields: { re } },
  synced: { requirement: "SYNC-1", good: { type: "synced", re: 11 }, fields: { re } },
  bye: { requirement: "END-1", good: { type: "bye", re: 12 }, fields: { re: optional(re) } },
  history: {
    requirement: "HISTORY-1",
    good: {
      type: "history",
      re: 14,
      room: "#cafe",
      epoch: "k3",
      first: 1,
      head: 42,
      entries: [{ type: "message", seq: 41, from: "ana", text: "hola", at }],
      more: true
    },
    fields: { re, room: sentRoom, epoch, first: seq, head: cursor, entries, more: optional(flag) },
    also: {
      "no entries": { type: "history", re: 14, room: "#cafe", epoch: "k3", first: 1, head: 0, entries: [] },
      "the name of a conversation": {
        type: "history",
        re: 20,
        room: "@leo",
        epoch: "c8",
        first: 1,
        head: 0,
        entries: []
      },
      "entries of all kinds": {
        type: "history",
        re: 14,
        room: "#cafe",
        epoch: "k3",
        first: 1,
        head: 47,
        entries: [
          {
            ...{ type: "message", seq: 41, from: "ana", text: "hola @leo", edited: 43, replyTo: 40, mentions: ["leo"] },
            ...{ reactions: [{ reaction: "+1", count: 2 }], reacted: 45, key: "a1", at }
          },
          { type: "erased", seq: 42, from: "ana", deleted: 46, at },
          { type: "edit", seq: 43, from: "ana", target: 41, text: "hola @leo", mentions: ["leo"], at },
          { type: "edit", seq: 44, from: "ana", target: 42, at },
          { type: "react", seq: 45, from: "leo", target: 41, reaction: "+1", on: true, at },
          { type: "delete", seq: 46, from: "ana", target: 42, at },
          { type: "topic", seq: 47, from: "leo", text: "", at }
        ]
      },
      "an entry of a kind that nobody knows": {
        type: "history",
        re: 14,
        room: "#cafe",
        epoch: "k3",
        first: 1,
        head: 1,
        entries: [{ type: "x-acme/poll", seq: 1, question: "where?" }]
      }
    }
  },
  conversations: {
    requirement: "DIRECT-16",
    good: {
      type: "conversations",
      re: 21,
      conversations: [
        {
          room: "@leo",
          epoch: "c8",
          first: 1,
          head: 2,
          last: { type: "message", seq: 2, from: "leo", text: "hola", key: "a1", at }
        }
      ],
      more: true
    },
    fields: { re, conversations, more: optional(flag) },
    also: {
      "no conversations": { type: "conversations", re: 21, conversations: [] },
      "a conversation whose entries are given up": {
        type: "conversations",
        re: 21,
        conversations: [{ room: "@leo", epoch: "c8", first: 3, head: 2 }]
      }
    }
  },
  status: {
    requirement: "STATUS-1",
    good: { type: "status", re: 19, ...presence },
    fields: { re, ...presenceFields },
    also: { "no words": { type: "status", re: 19, nick: "ana", status: "active", since: at } }
  },
  users: {
    requirement: "USERS-1",
    good: {
      type: "users",
      re: 22,
      users: [{ nick: "ana", status: "idle", since: at, account: true }, presence],
      more: true
    },
    fields: { re, users: presences, more: optional(flag) },
    also: { "nobody above the name": { type: "users", re: 22, users: [] } }
  },
  whois: {
    requirement: "USERS-4",
    good: { type: "whois", re: 24, ...presence, rooms: ["#cafe", "#cine"], more: true },
    fields: { re, ...presenceFields, account: optional(flag), rooms: roomNames, more: optional(flag) },
    also: {
      "no room": { type: "whois", re: 24, nick: "ana", status: "active", since: at, rooms: [] },
      "an account": { type: "whois", re: 24, nick: "ana", status: "active", since: at, account: true, rooms: [] }
    }
  },
  standings: {
    requirement: "STANDING-1",
    good: {
      type: "standings",
      re: 50,
      room: "#cafe",
      standings: [
        { nick: "eva", invited: true, banned: true, muted: true },
        { nick: "leo", role: "moderator" }
      ],
      more: true
    },
    fields: { re, room: sentRoom, standings, more: optional(flag) },
    also: { "nobody above the name": { type: "standings", re: 50, room: "#cafe", standings: [] } }
  },
  typing: { requirement: "TYPING-1", good: { type: "typing", re: 25, room: "#cafe" }, fields: { re, room: sentRoom } },
  read: {
    requirement: "READ-1",
    good: { type: "read", re: 27, room: "#cafe", seq: 42, head: 45, unread: 2 },
    fields: { re, room: sentRoom, seq: cursor, head: cursor, unread: count }
  },
  search: {
    requirement: "SEARCH-1",
    good: {
      type: "search",
      re: 20,
      results: [{ type: "message", room: "#cafe", seq: 42, from: "ana", text: "At eight?", at }],
      more: true,
      next: "p7Qd0"
    },
    fields: { re, results, more: optional(flag), next: optional(givenCursor) },
    also: { "nothing found": { type: "search", re: 19, results: [] } }
  },
  error: {
    requirement: "ERROR-1",
    good: { type: "error", re: 3, code: "unavailable", message: "the disk is full", field: "room", retryAfter: 5_000 },
    fields: { re: optional(re), code, message: words, field: optional(words), retryAfter: optional(count) },
    also: {
      "no re": { type: "error", code: "bad-json", message: "the line is not JSON" },
      "a code that nobody knows": { type: "error", re: 3, code: "x-acme-closed", message: "" }
    }
  }
}

const events: { readonly [Type in Event["type"]]: Message } = {
  hello: {
    requirement: "HELLO-1",
    good: {
      type: "hello",
      protocol: 1,
      server: "tertulia/0.1.0",
      features: ["history/1"],
      auth: ["guest"],
      limits: { line: 65_536, text: 4_096 },
      heartbeat: 30
    },
    fields: { protocol, server: words, features: list, auth: list, limits, heartbeat },
    also: {
      "limits all at their defaults": {
        type: "hello",
        protocol: 1,
        server: "",
        features: [],
        auth: ["guest"],
        limits: {},
        heartbeat: 1
      }
    }
  },
  message: {
    requirement: "SEND-2",
    good: { type: "message", room: "#cafe", seq: 42, from: "ana", text: "hola", key: "a1", at },
    fields: {
      ...{ room: sentRoom, seq, from: sentNick, text, key: optional(key), at: time, edited: optional(seq) },
      ...{ replyTo: optional(seq), mentions: optional(nicks), reactions: optional(reactions), reacted: optional(seq) }
    },
    also: {
      "no key": { type: "message", room: "#cafe", seq: 42, from: "ana", text: "hola", at },
      "the name and the epoch of a conversation": {
        type: "message",
        room: "@leo",
        epoch: "c8",
        seq: 1,
        from: "leo",
        text: "hola",
        at
      },
      "all that a message can have": {
        ...{ type: "message", room: "#cafe", seq: 42, from: "ana", text: "hola @leo", edited: 43, replyTo: 41 },
        ...{ mentions: ["leo"], reactions: [{ reaction: "+1", count: 2 }], reacted: 45, key: "a1", at }
      }
    }
  },
  erased: {
    requirement: "DELETE-1",
    good: { type: "erased", room: "#cafe", seq: 42, from: "ana", deleted: 46, replyTo: 41, key: "a1", at },
    fields: {
      ...{ room: sentRoom, seq, from: sentNick, deleted: target, replyTo: optional(seq), key: optional(key), at: time }
    }
  },
  edit: {
    requirement: "RICH-1",
    good: {
      type: "edit",
      room: "#cafe",
      seq: 43,
      from: "ana",
      target: 42,
      text: "@leo",
      mentions: ["leo"],
      key: "a2",
      at
    },
    fields: {
      ...{ room: sentRoom, seq, from: sentNick, target, text: optional(text), mentions: optional(nicks) },
      ...{ key: optional(key), at: time }
    },
    also: { "no text": { type: "edit", room: "#cafe", seq: 43, from: "ana", target: 42, at } }
  },
  delete: {
    requirement: "RICH-1",
    good: { type: "delete", room: "#cafe", seq: 46, from: "ana", target: 42, key: "a3", at },
    fields: { room: sentRoom, seq, from: sentNick, target, key: optional(key), at: time }
  },
  react: {
    requirement: "RICH-1",
    good: { type: "react", room: "#cafe", seq: 45, from: "leo", target: 42, reaction: "+1", on: true, key: "a4", at },
    fields: {
      ...{ room: sentRoom, seq, from: sentNick, target, reaction: sentReaction, on: flag, key: optional(key), at: time }
    }
  },
  topic: {
    requirement: "RICH-1",
    good: { type: "topic", room: "#cafe", seq: 47, from: "leo", text: "the party on Friday", key: "a5", at },
    fields: { room: sentRoom, seq, from: sentNick, text: sentTopic, key: optional(key), at: time },
    also: { "no topic": { type: "topic", room: "#cafe", seq: 47, from: "leo", text: "", at } }
  },
  role: {
    requirement: "MODERATE-2",
    good: { type: "role", room: "#cafe", seq: 43, from: "ana", nick: "leo", role: "moderator", key: "a0", at },
    fields: { room: sentRoom, seq, from: sentNick, nick: sentNick, role: givenRole, key: optional(key), at: time }
  },
  kind: {
    requirement: "MODERATE-2",
    good: { type: "kind", room: "#cafe", seq: 44, from: "ana", kind: "private", key: "a1", at },
    fields: { room: sentRoom, seq, from: sentNick, kind: roomKind, key: optional(key), at: time }
  },
  invite: {
    requirement: "MODERATE-2",
    good: { type: "invite", room: "#cafe", seq: 45, from: "ana", nick: "eva", on: false, key: "a2", at },
    fields: { room: sentRoom, seq, from: sentNick, nick: sentNick, on: flag, key: optional(key), at: time }
  },
  kick: {
    requirement: "MODERATE-2",
    good: { type: "kick", room: "#cafe", seq: 46, from: "ana", nick: "eva", key: "a3", at },
    fields: { room: sentRoom, seq, from: sentNick, nick: sentNick, key: optional(key), at: time }
  },
  ban: {
    requirement: "MODERATE-2",
    good: { type: "ban", room: "#cafe", seq: 47, from: "ana", nick: "eva", on: false, key: "a4", at },
    fields: { room: sentRoom, seq, from: sentNick, nick: sentNick, on: flag, key: optional(key), at: time }
  },
  mute: {
    requirement: "MODERATE-2",
    good: { type: "mute", room: "#cafe", seq: 48, from: "ana", nick: "eva", on: false, key: "a5", at },
    fields: { room: sentRoom, seq, from: sentNick, nick: sentNick, on: flag, key: optional(key), at: time }
  },
  slow: {
    requirement: "MODERATE-2",
    good: { type: "slow", room: "#cafe", seq: 49, from: "ana", seconds: 30, key: "a6", at },
    fields: { room: sentRoom, seq, from: sentNick, seconds, key: optional(key), at: time }
  },
  left: {
    requirement: "KICK-1",
    good: { type: "left", room: "#cafe", reason: "kick" },
    fields: { room: sentRoom, reason: { wrong: [notString, ["bad-request", "REPLY-9", ["", "bored"]]] } }
  },
  typing: {
    requirement: "TYPING-2",
    good: { type: "typing", room: "#cafe", nick: "leo", on: true },
    fields: { room: sentRoom, nick: sentNick, on: flag }
  },
  read: {
    requirement: "READ-7",
    good: { type: "read", room: "#cafe", read: 42, head: 45, unread: 2 },
    fields: { room: sentRoom, read: cursor, head: cursor, unread: count }
  },
  member: {
    requirement: "MEMBER-1",
    good: { type: "member", room: "#cafe", nick: "leo", change: "joined" },
    fields: { room: sentRoom, nick: sentNick, change },
    also: { "somebody who left": { type: "member", room: "#cafe", nick: "leo", change: "left" } }
  },
  ping: { requirement: "HEART-1", good: { type: "ping" }, fields: {} },
  bye: {
    requirement: "END-7",
    good: { type: "bye", code: "shutting-down", message: "the server is stopping", reconnectAfter: 1_250 },
    fields: { code, message: words, reconnectAfter: optional(count) },
    also: { "a code that nobody knows": { type: "bye", code: "x-acme-closed", message: "" } }
  },
  presence: {
    requirement: "PRESENCE-1",
    good: { type: "presence", ...presence },
    fields: presenceFields,
    also: { "somebody who is gone": { type: "presence", nick: "leo", status: "offline", since: at } }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The vectors
// ---------------------------------------------------------------------------------------------------------------------

const without = (object: JsonObject, field: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))

const accepted = (
  from: MessageVector["from"],
  { also = {}, good, requirement }: Message
): ReadonlyArray<MessageVector> => {
  const cases: ReadonlyArray<readonly [string, string, JsonObject]> = [
    ["good", requirement, good],
    ["good, in another order", requirement, Object.fromEntries(Object.entries(good).reverse())],
    [
      "good, with fields that nobody knows",
      from === "client" ? "EXT-1" : "EXT-2",
      { ...good, "x-acme/mood": { is: [null] } }
    ],
    ...Object.entries(also).map(([shows, object]) => [`good, with ${shows}`, requirement, object] as const)
  ]
  return cases.map(([name, because, object]) => ({ name, requirements: [because], from, object, outcome: "accepted" }))
}

const refused = (from: MessageVector["from"], { fields, good }: Message): ReadonlyArray<MessageVector> =>
  Object.entries(fields).flatMap(([field, { optional: mayMiss, wrong }]) => [
    ...(mayMiss ? [] : [refusal(from, `${field} is missing`, "JSON-5", without(good, field), "bad-request", field)]),
    ...wrong.flatMap(([answered, requirement, values]) =>
      values.map((value) =>
        refusal(from, `${field} is ${JSON.stringify(value)}`, requirement, { ...good, [field]: value }, answered, field)
      )
    )
  ])

const refusal = (
  from: MessageVector["from"],
  name: string,
  requirement: string,
  object: JsonObject,
  outcome: Outcome,
  field: string
): MessageVector =>
  from === "client"
    ? { name, requirements: [requirement], from, object, outcome, field }
    : {
        name,
        requirements: ["REPLY-9", ...(/^(?:NAME|LIMIT)/u.test(requirement) ? [requirement] : [])],
        from,
        object,
        outcome: "invalid"
      }

const vectorsOf = (from: MessageVector["from"], kind: string, messages: { readonly [type: string]: Message }) =>
  Object.entries(messages).flatMap(([type, message]) =>
    [...accepted(from, message), ...refused(from, message)].map((vector): MessageVector => {
      const { name, requirements, ...rest } = vector
      return { name: `${kind} ${type}: ${name}`, requirements, ...profileFor(kind, type), ...rest }
    })
  )

/** What a profile adds: objects that are good, and what can be wrong with the fields that are its own. */
const vectorsOfProfile = (profile: Profile): ReadonlyArray<MessageVector> =>
  Object.entries(additions[profile] ?? {}).flatMap(([type, message]) => {
    const good = accepted("client", message).filter(({ requirements: [because] }) => because !== "EXT-1")
    return [...good, ...refused("client", message)].map(({ name, requirements, ...rest }) => ({
      name: `request ${type} of ${profile}: ${name}`,
      requirements,
      profile,
      ...rest
    }))
  })

const profileFor = (kind: string, type: string) => {
  const profile = kind === "request" ? profileOf[type as RequestType] : "core"
  return profile === "core" ? {} : { profile }
}

/** Each message, good and bad. */
export const messages: VectorFile<MessageVector> = {
  title: "Messages",
  description: [
    "{from} client: a server that has a connection in the right state takes {object} for a request if {outcome} is accepted (it may refuse it for its state), or else answers {outcome} with {field} as the field at fault.",
    "{from} server: {object} is what a server may send if {outcome} is accepted, and what no server may send if it is invalid. An object with `re`, and every `error`, is a reply; every other object is an event.",
    "schema/request.json, reply.json and event.json accept and reject the same objects."
  ],
  protocol: 1,
  vectors: [
    ...vectorsOf("client", "request", requests),
    ...profiles.flatMap(vectorsOfProfile),
    ...vectorsOf("server", "reply", replies),
    ...vectorsOf("server", "event", events),
    ...["hello", "message", "member", "ping", "presence"].map(
      (type): MessageVector => ({
        name: `event ${type}: with re`,
        requirements: ["REPLY-9"],
        from: "server",
        object: { ...events[type as keyof typeof events].good, re: 1 },
        outcome: "invalid"
      })
    )
  ]
}
