/**
 * A whole session as a script: `nc -N 127.0.0.1 7331 < spec/vectors/session.ndjson` gets all of its replies (REPLY-1,
 * REPLY-3, END-5), among them two refusals.
 */
export const session: ReadonlyArray<{ readonly type: string; readonly id: number; readonly [field: string]: unknown }> =
  [
    { type: "ping", id: 1 },
    { type: "login", id: 2, nick: "script" },
    { type: "join", id: 3, room: "#script" },
    { type: "send", id: 4, room: "#script", text: "¡hola! This is a script." },
    { type: "send", id: 5, room: "#script", text: "It doesn't wait\nfor its replies.", "x-acme/mood": ["calm"] },
    { type: "send", id: 6, room: "#nowhere", text: "nobody is here" },
    { type: "members", id: 7, room: "#script" },
    { type: "rooms", id: 8, limit: 5 },
    { type: "fly", id: 9 },
    { type: "sync", id: 10 },
    { type: "leave", id: 11, room: "#script" },
    { type: "bye", id: 12 }
  ]

/** The types of the session's replies, in order. */
export const sessionReplies: ReadonlyArray<string> = [
  "pong",
  "welcome",
  "joined",
  "sent",
  "sent",
  "error",
  "members",
  "rooms",
  "error",
  "synced",
  "left",
  "bye"
]
