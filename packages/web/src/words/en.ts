/**
 * What the page says, in English. The other languages say the same.
 *
 * @module
 */
import { deedWords, troubleWords } from "@tertulia/client/web"

const inTime = (seconds: number): string =>
  seconds % 60 === 0 ? (seconds === 60 ? "minute" : `${seconds / 60} minutes`) : `${seconds} s`

export const en = {
  brand: "Tertulia",
  tagline: "One log per room, and everybody sees the same.",
  welcome: {
    title: "Come in",
    nick: "Your nick",
    hint: "1 to 32 of a-z, 0-9, _ and -",
    bad: "A nick is 1 to 32 of a-z, 0-9, _ and -, and begins with a letter or a digit.",
    enter: "Enter",
    about: "No account is needed: without one, a nick is yours for as long as you are here.",
    account: "I have an account, or want one",
    password: "Password",
    register: "Make the account: the nick stays mine",
    invitation: "Invitation, if the server wants one",
    short: (least: number) => `A password has ${least} characters at least.`,
    insecure: "A password is said over HTTPS only, or on the machine itself.",
    elsewhere: "This person is already here in another tab of this browser.",
    takeOver: "Go on in this tab",
    another: "Another nick"
  },
  rooms: {
    title: "Rooms",
    direct: "Direct",
    join: "Join or make a room",
    placeholder: "#room or @nick",
    go: "Go",
    all: "All rooms of this server",
    none: "No rooms yet. Name one, and it is there.",
    people: (count: number) => (count === 1 ? "1 person" : `${count} people`),
    unread: (count: number) => `${count} unread`,
    mentions: (count: number) => `${count} of them name you`,
    switch: "Go to a room or a person",
    find: "Find a room or a person",
    bad: "A room is # and a name, a person @ and a nick: of a-z, 0-9, _ and -.",
    leave: "Leave",
    open: "Show rooms",
    close: "Hide rooms"
  },
  room: {
    emptyTitle: (name: string) => `This is the beginning of ${name}`,
    empty: "Nobody has said anything yet. Write the first line below.",
    directTitle: (name: string) => `You and ${name}`,
    directEmpty: "Only the two of you read what is said here.",
    nowhereTitle: "You are in no room",
    nowhere: "Choose one on the left, or name a new one.",
    topic: "Topic",
    setTopic: "Set the topic",
    noTopic: "No topic yet",
    older: "Reading older entries",
    beginning: "The beginning",
    newSince: "New",
    jump: (count: number) => (count === 0 ? "Jump to latest" : `${count} new · jump to latest`),
    several: (count: number) => `${count} new messages`,
    gone: (count: number, forever: boolean) =>
      `${count === 1 ? "1 entry" : `${count} entries`} ${forever ? "the server keeps no more" : "can't be shown"}`,
    out: "You are not in this room any more:",
    putOut: {
      kick: "You have been put out. You may come back, unless the room has become private.",
      ban: "You have been banned from this room: you can come back once somebody ends the ban."
    },
    keep: "This room, and who may enter",
    silenced: "muted",
    muted: "You have been muted here: you can read on.",
    slow: (seconds: number) => `One message each ${inTime(seconds)}`,
    kinds: { public: "public", private: "private", secret: "secret" },
    roles: { member: "member", moderator: "moderator", owner: "owner", operator: "operator" },
    rejoin: "Join again",
    log: (name: string) => `What is said in ${name}`,
    typing: (nicks: ReadonlyArray<string>) =>
      nicks.length === 1
        ? `${nicks[0]} is typing`
        : nicks.length === 2
          ? `${nicks[0]} and ${nicks[1]} are typing`
          : `${nicks.length} people are typing`,
    changedTopic: (nick: string, text: string) =>
      text === "" ? `${nick} has taken the topic away` : `${nick} has set the topic: ${text}`,
    deed: deedWords.en
  },
  message: {
    pending: "sending",
    failed: "not sent",
    unknown: "perhaps sent, perhaps not",
    retry: "Send again",
    discard: "Discard",
    deleted: "deleted",
    edited: "edited",
    react: "React",
    own: "In your own words",
    reply: "Reply",
    edit: "Edit",
    remove: "Delete",
    link: "Copy link",
    copied: "Link copied",
    sure: "Delete this message for everybody?",
    about: (nick: string) => `About ${nick}`,
    answers: (nick: string) => `answers ${nick}`,
    answersOld: "answers an older message",
    actions: "What to do with this message",
    reaction: (reaction: string, count: number) => `${reaction}, ${count}`,
    other: "Another reaction",
    label: (from: string, time: string, text: string) => `${from}, ${time}: ${text}`
  },
  composer: {
    label: (name: string) => `Write in ${name}`,
    send: "Send",
    replying: (nick: string) => `Answering ${nick}`,
    editing: "Editing your message",
    cancel: "Cancel",
    save: "Save",
    emoji: "Emoji",
    tooLong: (over: number) => `${over} bytes too long`,
    notIn: "You are not in this room."
  },
  state: {
    connecting: "Connecting",
    catching: "Reading what was said meanwhile",
    live: "Connected",
    offline: "Offline",
    again: (seconds: number) => `Trying again in ${seconds} s.`,
    kept: "What you write is kept, and sent when you are back.",
    waiting: (count: number) => (count === 1 ? "1 message waits." : `${count} messages wait.`),
    stopped: "The page doesn't try again by itself.",
    reload: "Try now"
  },
  trouble: troubleWords.en,
  account: {
    title: "Your account",
    guest: "You are here as a guest. To keep the nick, leave, and come in with an account.",
    current: "Password now",
    password: "New password",
    change: "Change the password",
    changed: "The password was changed. Other devices need the new one.",
    everywhere: "Log out everywhere",
    everywhereHint: "Whoever comes in with this account from now on needs its password, in this browser as well.",
    loggedOut: "Done: every login was ended.",
    end: "End the account",
    endHint: "For good: the nick gets free, and your conversations end. What you have said in rooms stays.",
    sure: (nick: string) => `End the account of ${nick} for good?`,
    ended: "The account has ended: you go on as a guest.",
    working: "One moment"
  },
  keeping: {
    about: (nick: string) => `What to do about ${nick}`,
    write: "Write to them",
    mute: "Mute",
    muteHint: "They read on, and can say nothing here.",
    unmute: "Let speak again",
    kick: "Put out",
    kickHint: "They may come back where the room is public.",
    ban: "Ban",
    banHint: "Out for good, until somebody ends the ban.",
    sureBan: (nick: string) => `Ban ${nick} from this room?`,
    role: "Their role here",
    give: "Give",
    sureOwner: (nick: string) => `Give the room to ${nick}? You will be a moderator of it.`,
    kind: "Who may enter",
    kindHints: {
      public: "Everybody sees the room, and enters.",
      private: "Everybody sees the room; who is invited enters.",
      secret: "Only who is invited sees the room, and enters."
    },
    slow: "Between two messages of one person",
    none: "no pause",
    invite: "Invite",
    inviteWhom: "Whom to invite",
    unban: "End a ban",
    unbanWhom: "Whose ban to end",
    go: "Do it",
    you: (role: string) => `You are here as: ${role}.`,
    done: "Done.",
    badNick: "A nick is 1 to 32 of a-z, 0-9, _ and -."
  },
  people: {
    title: "People",
    show: "Show people",
    hide: "Hide people",
    you: "you",
    none: "Nobody else is here.",
    write: (nick: string) => `Write to ${nick}`,
    status: "How you are",
    display: "Name to show",
    text: "What you are doing",
    save: "Save",
    active: "active",
    busy: "busy",
    idle: "idle",
    away: "away",
    offline: "offline"
  },
  wire: {
    title: "Wire",
    show: "Show the wire",
    hide: "Hide the wire",
    about:
      "Every message of the protocol as it goes and comes, with the sentence of the specification that it follows.",
    lines: "What has passed",
    empty: "Nothing has passed yet.",
    sent: "sent",
    received: "received",
    pause: "Pause",
    resume: "Go on",
    clear: "Clear",
    pings: "Heartbeats",
    more: "Sentences",
    bytes: (count: number) => `${count} bytes`,
    follow: "Newest"
  },
  search: {
    title: "Search",
    placeholder: "Words",
    here: (name: string) => `In ${name}`,
    everywhere: "In all your rooms",
    none: "Nothing was found.",
    hint: "Every word must occur. The newest come first.",
    more: "More",
    searching: "Searching",
    found: (count: number, more: boolean) => `${count}${more ? "+" : ""} found`
  },
  settings: {
    title: "Settings",
    theme: "Colours",
    system: "as the system",
    light: "light",
    dark: "dark",
    language: "Language",
    notify: "Notify me when I am named or written to",
    notifyDenied: "The browser doesn't allow it.",
    notifyBusy: "Silent while you are busy.",
    leave: "Leave, as",
    account: "Your account",
    shortcuts: "Keyboard"
  },
  keys: {
    title: "Keyboard",
    switch: "Go to a room or a person",
    rooms: "Previous and next room",
    unread: "Previous and next unread room",
    regions: "Next part of the page",
    log: "In the log: previous and next message, first, last",
    enter: "Into a message, and back",
    edit: "Edit your last message, in an empty line",
    newline: "New line",
    search: "Search",
    sheet: "This sheet"
  },
  close: "Close",
  skip: "Skip to writing",
  today: "Today",
  yesterday: "Yesterday"
}

/** What every language says. */
export type Words = typeof en
