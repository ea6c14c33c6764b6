/** The tests of spec/rooms.md. */
import type { Joined, Message } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { type Client, type Person, type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"

const { limits } = suite

// ---------------------------------------------------------------------------------------------------------------------
// Joining
// ---------------------------------------------------------------------------------------------------------------------

/** Judges that a log's ends are possible, and that its last entry is this one. */
const judgeEnds = (t: Scenario, joined: Joined, head: number) =>
  t.judge("JOIN-1", joined.head === head && joined.first >= 1 && joined.first <= head + 1, {
    expected: `"head":${head}, and "first" from 1 to ${head + 1}`,
    got: joined
  })

scenario("joined says where the log begins and ends", ["JOIN-1"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = t.roomName()
  yield* judgeEnds(t, yield* ana.join(room), 0)
  yield* ana.send(room, "one")
  yield* ana.send(room, "two")
  yield* judgeEnds(t, yield* leo.join(room), 2)
  yield* leo.send(room, "three")
  yield* judgeEnds(t, yield* eva.join(room), 3)
})

scenario("joined lists the members, oneself among them", ["JOIN-2"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = t.roomName()
  const inside: Array<string> = []
  for (const person of [leo, eva, ana]) {
    const { members, more } = yield* person.join(room)
    inside.push(person.nick)
    const expected = inside.toSorted().slice(0, limits.page)
    yield* t.judge("JOIN-2", members.join() === expected.join() && (more ?? false) === inside.length > limits.page, {
      sent: `join, by ${person.nick}`,
      expected: `"members":${JSON.stringify(expected)}`,
      got: { members, more }
    })
  }
})

scenario("whoever joins a room that isn't there creates it", ["JOIN-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const quietly = t.roomName()
  const expressly = t.roomName()
  yield* ana.ask({ type: "join", room: quietly }, "JOIN-3")
  yield* ana.ask({ type: "join", room: expressly, create: true }, "JOIN-3")
  for (const room of [quietly, expressly]) {
    const joined = yield* leo.ask({ type: "join", room, create: false }, "JOIN-3")
    yield* t.judge("JOIN-3", joined.members.includes(ana.nick), {
      expected: `the room that ${ana.nick} has created, with ${ana.nick} in it`,
      got: joined
    })
  }
})

scenario("create false doesn't create", ["JOIN-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  yield* ana.refused({ type: "join", room, create: false }, "no-such-room")
  yield* ana.refused({ type: "join", room, create: false }, "no-such-room")
  yield* leo.refused({ type: "join", room, create: false }, "no-such-room")
  yield* ana.refused({ type: "send", room, text: "hola" }, "not-joined", { id: "JOIN-4" })
  yield* ana.join(room)
  const joined = yield* leo.ask({ type: "join", room, create: false }, "JOIN-4")
  yield* t.judge("JOIN-4", joined.room === room, { expected: "`joined`, once the room exists", got: joined })
})

scenario("a room exists while it has a member", ["JOIN-4"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana, leo)
  yield* ana.leave(room)
  const { room: joined } = yield* eva.ask({ type: "join", room, create: false }, "JOIN-4")
  yield* t.judge("JOIN-4", joined === room, {
    sent: "a member left, another stayed",
    expected: "`joined`",
    got: joined
  })
  yield* eva.leave(room)
  if (t.hello.features.some((feature) => feature.startsWith("history/"))) return
  yield* leo.leave(room)
  yield* ana.refused({ type: "join", room, create: false }, "no-such-room")
})

scenario("one is in a room once", ["JOIN-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const again = { type: "join", room }
  yield* ana.refused(again, "already-joined")
  yield* ana.refused({ ...again, create: false }, "already-joined")
  yield* ana.refused({ ...again, room: room.toUpperCase() }, "already-joined")
  yield* leo.send(room, "hola")
  const seen = yield* ana.messages(room)
  yield* t.judge("JOIN-5", seen.length === 1, {
    sent: "a second `join`, then a message by leo",
    expected: "the message, once: ana is still in the room, and once",
    got: seen
  })
})

/** Joins fresh rooms without waiting in between, and gives their names. */
const joinMany = function* (t: Scenario, person: Client, count: number) {
  const rooms = Array.from({ length: count }, () => t.roomName("many"))
  const ids: Array<number> = []
  for (const room of rooms) ids.push(yield* person.post({ type: "join", room }))
  for (const id of ids) {
    const reply = yield* person.reply(id)
    if (reply.type !== "joined") {
      return yield* t.broken({ sent: `join of ${count} rooms`, expected: "`joined`, each time", got: reply }, person)
    }
  }
  return rooms
}

// A server that reads slowly by its own limits is not made to be read for longer than this.
const longestSeconds = 30
const secondsFor = (requests: number): number => Math.max(0, requests - limits.burst) / limits.rate

scenario("a connection is in limits.joins rooms at most", ["JOIN-6"], function* (t) {
  const { joins } = t.limits
  if (secondsFor(joins) > longestSeconds) yield* t.notRun(`${joins} joins take too long at the announced limits.rate`)
  // Others need rooms, too.
  if (joins > t.limits.rooms / 4)
    yield* t.notRun(`limits.rooms is ${t.limits.rooms}: too few for ${joins} joins by one`)
  const [ana, leo] = yield* t.people(2)
  const [first = "", second = ""] = yield* joinMany(t, ana, joins)
  const room = t.roomName()
  yield* ana.refused({ type: "join", room }, "limit-reached")
  yield* leo.refused({ type: "join", room, create: false }, "no-such-room", { id: "JOIN-6" })
  yield* ana.refused({ type: "join", room: second }, "already-joined", { id: "JOIN-6" })
  yield* ana.leave(first)
  const joined = yield* ana.ask({ type: "join", room }, "JOIN-6")
  yield* t.judge("JOIN-6", joined.room === room, { sent: "leave, then join", expected: "`joined`", got: joined })
})

scenario("a room has limits.members members at most", ["JOIN-7"], { connections: limits.members + 1 }, function* (t) {
  const people = yield* t.people(t.limits.members)
  const late = yield* t.person("late")
  const room = t.roomName()
  for (const person of people) yield* person.ask({ type: "join", room }, "JOIN-7")
  yield* late.refused({ type: "join", room }, "limit-reached")
  yield* late.refused({ type: "send", room, text: "hola" }, "not-joined", { id: "JOIN-7" })
  yield* people[0]!.leave(room)
  const joined = yield* late.ask({ type: "join", room }, "JOIN-7")
  yield* t.judge("JOIN-7", joined.room === room, {
    sent: "somebody left, then join",
    expected: "`joined`: there is a place again",
    got: joined
  })
})

const toFill = Math.ceil(limits.rooms / limits.joins)

scenario(
  "a server has limits.rooms rooms at most",
  ["JOIN-8"],
  // Nobody else could create a room meanwhile: so it is filled only where nobody else is.
  { needs: "start", connections: toFill + 1 },
  function* (t) {
    yield* t.ownServer
    const { joins, rooms } = t.limits
    const people = yield* t.people(toFill)
    const late = yield* t.person("late")
    const names: Array<string> = []
    for (const person of people) {
      names.push(...(yield* joinMany(t, person, Math.min(joins - 1, rooms - names.length))))
    }
    for (const person of people.slice(0, rooms - names.length)) names.push(...(yield* joinMany(t, person, 1)))
    const room = t.roomName()
    yield* late.refused({ type: "join", room }, "limit-reached")
    yield* late.refused({ type: "join", room, create: false }, "no-such-room", { id: "JOIN-8" })
    const known = yield* late.ask({ type: "join", room: names[0]! }, "JOIN-8")
    yield* t.judge("JOIN-8", known.room === names[0], { expected: "`joined`, since that room exists", got: known })
    yield* late.leave(names[0]!)
    yield* people[0]!.leave(names[0]!)
    const joined = yield* late.ask({ type: "join", room }, "JOIN-8")
    yield* t.judge("JOIN-8", joined.room === room, {
      sent: "the last member of a room left, then join of a new one",
      expected: "`joined`: there is a place again",
      got: joined
    })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Leaving
// ---------------------------------------------------------------------------------------------------------------------

scenario("whoever has left is in the room no more", ["LEAVE-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const left = yield* leo.ask({ type: "leave", room }, "LEAVE-1")
  yield* t.judge("LEAVE-1", left.room === room, { expected: `\`left\` of ${room}`, got: left })
  yield* ana.send(room, "are you there?")
  const heard = yield* leo.messages(room)
  yield* t.judge("LEAVE-1", heard.length === 0, {
    sent: "leave, then a message by ana",
    expected: "nothing",
    got: heard
  })
  yield* leo.refused({ type: "send", room, text: "yes" }, "not-joined")
  const members = yield* ana.members(room)
  yield* t.judge("LEAVE-1", members.join() === ana.nick, { expected: "only ana is left", got: members })
})

scenario("who isn't in a room can't leave it, send to it or list it", ["LEAVE-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana)
  const nowhere = t.roomName("nowhere")
  for (const name of [room, nowhere]) {
    yield* leo.refused({ type: "leave", room: name }, "not-joined")
    yield* leo.refused({ type: "send", room: name, text: "hola" }, "not-joined")
    yield* leo.refused({ type: "members", room: name }, "not-joined")
  }
  const heard = yield* ana.messages(room)
  yield* t.judge("LEAVE-2", heard.length === 0, { expected: "ana hears nothing of it", got: heard })
  yield* ana.leave(room)
  yield* ana.refused({ type: "leave", room }, "not-joined")
  yield* ana.refused({ type: "send", room, text: "hola" }, "not-joined")
  yield* ana.refused({ type: "members", room }, "not-joined")
})

scenario("whoever has left may come back, again and again", ["LEAVE-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  for (let round = 1; round <= 10; round++) {
    yield* leo.leave(room)
    yield* leo.ask({ type: "join", room }, "LEAVE-3")
    const members = yield* leo.members(room)
    yield* ana.send(room, `${round}`)
    const seen = (yield* leo.messages(room)).map(({ text }) => text)
    yield* t.judge("LEAVE-3", members.includes(leo.nick) && seen.join() === `${round}`, {
      sent: `leave and join, for the ${round}. time, then the text "${round}" by ana`,
      expected: `leo is a member, and sees "${round}" once`,
      got: { members, seen }
    })
  }
})

scenario("whoever sends, leaves and comes back in one go is in a sound room", ["LEAVE-3", "SEND-1"], function* (t) {
  const ana = yield* t.person()
  const room = t.roomName()
  for (let round = 0; round < 5; round++) {
    const ids: Array<number> = []
    for (const type of ["join", "send", "leave", "join", "send", "leave"] as const) {
      ids.push(yield* ana.post(type === "send" ? { type, room, text: "hola" } : { type, room }))
    }
    const replies: Array<string> = []
    for (const id of ids) replies.push((yield* ana.reply(id, { id: "LEAVE-3" })).type)
    yield* t.judge("LEAVE-3", replies.join() === "joined,sent,left,joined,sent,left", {
      sent: "join, send, leave, and the same again, in one go, by the only member",
      expected: "joined, sent, left, joined, sent, left",
      got: replies
    })
    const texts = (yield* ana.messages(room)).map(({ text }) => text)
    yield* t.judge("SEND-1", texts.join() === "hola,hola", { expected: "both messages", got: texts })
  }
})

scenario(
  "a room that grows and shrinks many times is as good as new",
  ["LEAVE-3", "LIST-5"],
  { connections: 6 },
  function* (t) {
    const people = yield* t.people(6)
    const [keeper, ...guests] = people
    const room = yield* t.room(keeper!)
    const rounds = 20
    const comeAndGo = Effect.fnUntraced(function* (guest: Person) {
      const ids: Array<number> = []
      for (let round = 0; round < rounds; round++) {
        ids.push(yield* guest.post({ type: "join", room }), yield* guest.post({ type: "leave", room }))
      }
      const replies: Array<string> = []
      for (const id of ids) replies.push((yield* guest.reply(id)).type)
      return replies
    })
    const all = yield* Effect.forEach(guests, comeAndGo, { concurrency: "unbounded" })
    for (const replies of all) {
      yield* t.judge("LEAVE-3", replies.join() === Array(rounds).fill("joined,left").join(), {
        sent: `join and leave, ${rounds} times each, by five people at once`,
        expected: "`joined` and `left`, each time",
        got: replies
      })
    }
    const found = yield* listed(keeper!, room)
    yield* t.judge("LIST-5", found?.members === 1, {
      expected: `${room} with one member`,
      got: found ?? "no such room"
    })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Sending
// ---------------------------------------------------------------------------------------------------------------------

scenario("what is sent is in the log", ["SEND-1"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana, leo)
  for (const [nth, text] of ["one", "two", "three"].entries()) {
    const sent = yield* ana.ask({ type: "send", room, text }, "SEND-1")
    const [seen] = yield* leo.messages(room)
    yield* t.judge("SEND-1", sent.room === room && sent.seq === nth + 1, {
      expected: `\`sent\` with "seq":${nth + 1}`,
      got: sent
    })
    yield* t.judge("SEND-1", seen?.text === text && seen.seq === sent.seq && seen.at === sent.at, {
      sent: text,
      expected: `an entry with this text, "seq":${sent.seq} and "at":"${sent.at}"`,
      got: seen
    })
  }
  const { head } = yield* eva.join(room)
  yield* t.judge("SEND-1", head === 3, { expected: `"head":3 after three entries`, got: head })
})

scenario("everybody in the room gets each entry", ["SEND-2", "SEND-5"], { connections: 5 }, function* (t) {
  const people = yield* t.people(5)
  const room = yield* t.room(...people)
  for (const sender of people) yield* sender.send(room, `from ${sender.nick}`)
  const entries = (seen: ReadonlyArray<Message>) => seen.map(({ at, from, seq, text }) => ({ seq, from, text, at }))
  const first = entries(yield* people[0]!.messages(room))
  const expected = people.map(({ nick }) => `${nick}: from ${nick}`)
  yield* t.judge("SEND-2", first.map(({ from, text }) => `${from}: ${text}`).join() === expected.join(), {
    expected: `the messages ${expected.join(", ")}, the own one among them`,
    got: first
  })
  for (const person of people.slice(1)) {
    const seen = entries(yield* person.messages(room))
    const texts = (all: typeof seen) => all.map(({ seq, from, text }) => `${seq} ${from} ${text}`).join()
    yield* t.judge("SEND-2", texts(seen) === texts(first), {
      expected: `what the others see: ${JSON.stringify(first)}`,
      got: seen
    })
    const times = (all: typeof seen) => all.map(({ at }) => at).join()
    yield* t.judge("SEND-5", times(seen) === times(first), {
      expected: `the same times for everybody: ${times(first)}`,
      got: times(seen)
    })
  }
})

scenario("a sender sees the entry before it is told that it was sent", ["SEND-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const texts = Array.from({ length: 30 }, (_, nth) => `text ${nth}`)
  const talk = Effect.fnUntraced(function* (person: Person) {
    for (const text of texts) yield* person.post({ type: "send", room, text })
    return yield* person.fence
  })
  for (const items of yield* Effect.all([talk(ana), talk(leo)], { concurrency: "unbounded" })) {
    const own = items.filter(({ type }) => type === "sent")
    for (const sent of own) {
      const seq = sent.object["seq"]
      const message = items.find(({ object, type }) => type === "message" && object["seq"] === seq)
      yield* t.judge("SEND-3", message !== undefined && message.nth < sent.nth, {
        expected: `the \`message\` ${seq} before its \`sent\``,
        got: message === undefined ? "no such message" : `object ${message.nth}, and \`sent\` is object ${sent.nth}`
      })
    }
  }
})

scenario("nobody can speak under another's name", ["SEND-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const forged = { type: "send", id: 1, room, text: "I resign", from: leo.nick, nick: leo.nick, seq: 99, at: "never" }
  yield* ana.line(JSON.stringify(forged))
  yield* ana.reply(1, { id: "SEND-4" })
  for (const person of [ana, leo]) {
    const seen = yield* person.messages(room)
    yield* t.judge("SEND-4", seen.length === 1 && seen[0]?.from === ana.nick, {
      sent: forged,
      expected: `a message from ${ana.nick}, to ${person.nick}`,
      got: seen
    })
  }
})

scenario("an entry has one time, wherever it appears", ["SEND-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const { epoch } = yield* (yield* t.person("eva")).join(room)
  const sent = yield* ana.send(room, "hola")
  yield* ana.send(room, "adiós")
  const places: Array<readonly [string, string | undefined]> = []
  for (const person of [ana, leo]) {
    const seen = (yield* person.messages(room)).find(({ seq }) => seq === sent.seq)
    places.push([`the message to ${person.who}`, seen?.at])
  }
  yield* leo.leave(room)
  const back = yield* leo.join(room, { after: 0, epoch })
  if (back.resumed === true) {
    const replayed = (yield* leo.messages(room)).find(({ seq }) => seq === sent.seq)
    places.push(["the replay to leo", replayed?.at])
  }
  for (const [place, at] of places) {
    yield* t.judge("SEND-5", at === sent.at, { expected: `"at":"${sent.at}" in ${place}, as in \`sent\``, got: at })
  }
})

scenario("whoever sends fast is read later, and neither refused nor cut", ["SEND-6"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  // Beyond the burst, but not for longer than some seconds.
  const count = Math.min(Math.max(200, 2 * t.limits.burst), t.limits.burst + 10 * t.limits.rate, 2_000)
  const texts = Array.from({ length: count }, (_, nth) => `line ${nth}`)
  const lines = texts.map((text, nth) => `${JSON.stringify({ type: "send", id: nth + 1, room, text })}\n`)
  yield* ana.bytes(lines.join(""))
  for (let id = 1; id <= count; id++) {
    const reply = yield* ana.reply(id, { id: "SEND-6" })
    yield* t.judge("SEND-6", reply.type === "sent" && reply.seq === id, {
      sent: `${count} messages in one write`,
      expected: `\`sent\` with "seq":${id} for message ${id}`,
      got: reply
    })
  }
  const seen = (yield* leo.messages(room)).map(({ text }) => text)
  yield* t.judge("SEND-6", seen.join() === texts.join(), {
    sent: `${count} messages in one write`,
    expected: `all ${count}, in the order in which they were sent`,
    got: `${seen.length}: ${seen.slice(0, 5).join(", ")} ...`
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Members
// ---------------------------------------------------------------------------------------------------------------------

/** The `member` events of a room, in short: "+ana" and "-ana". */
const changes = (person: Client, room: string) =>
  Effect.map(person.memberEvents(room), (events) =>
    events.map(({ change, nick }) => `${change === "joined" ? "+" : "-"}${nick}`)
  )

/** Changes a list of members by what was told. */
const apply = (known: Set<string>, told: ReadonlyArray<string>): void => {
  for (const change of told) {
    if (change[0] === "+") known.add(change.slice(1))
    else known.delete(change.slice(1))
  }
}

scenario("those in the room are told who comes", ["MEMBER-1", "MEMBER-3"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana)
  yield* leo.join(room)
  yield* eva.join(room)
  const expected: ReadonlyArray<readonly [Person, ReadonlyArray<string>]> = [
    [ana, [`+${leo.nick}`, `+${eva.nick}`]],
    [leo, [`+${eva.nick}`]],
    [eva, []]
  ]
  for (const [person, wanted] of expected) {
    const told = yield* changes(person, room)
    const others = told.filter((change) => change.slice(1) !== person.nick)
    yield* t.judge("MEMBER-1", others.join() === wanted.join(), {
      sent: "ana, leo and eva join, in this order",
      expected: `${person.who} is told: ${wanted.join(", ") || "nothing"}`,
      got: told
    })
    yield* t.judge("MEMBER-3", others.length === told.length, {
      expected: `${person.who} is not told of its own joining`,
      got: told
    })
  }
})

for (const how of ["leave", "bye", "FIN", "RST"] as const) {
  scenario(`those who stay are told who has gone, by ${how}`, ["MEMBER-2"], function* (t) {
    const [ana, leo, eva] = yield* t.people(3)
    const room = yield* t.room(ana, leo, eva)
    if (how === "leave") yield* leo.leave(room)
    if (how === "bye") yield* leo.ask({ type: "bye" })
    if (how === "FIN") yield* leo.end
    if (how === "RST") yield* leo.reset
    const isAcknowledged = how === "leave" || how === "bye"
    for (const person of [ana, eva]) {
      const expected = `the event \`member\`: ${leo.nick} has left`
      const more = { seconds: 2 * t.heartbeat, expected }
      if (!isAcknowledged) yield* person.find("member", ({ nick }) => nick === leo.nick, more)
      const told = isAcknowledged ? yield* changes(person, room) : [`-${leo.nick}`, ...(yield* changes(person, room))]
      yield* t.judge("MEMBER-2", told.join() === `-${leo.nick}`, {
        sent: `${how} by leo`,
        expected: `${person.who} is told once that ${leo.nick} has left`,
        got: told
      })
      const members = yield* person.members(room)
      yield* t.judge("MEMBER-2", !members.includes(leo.nick), {
        expected: `${leo.nick} is a member no more`,
        got: members
      })
    }
  })
}

scenario("nobody is told of their own coming and going", ["MEMBER-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana)
  for (let round = 0; round < 5; round++) {
    yield* leo.join(room)
    yield* leo.leave(room)
  }
  yield* leo.join(room)
  const own = yield* changes(leo, room)
  yield* t.judge("MEMBER-3", own.length === 0, {
    sent: "join and leave, five times, and join",
    expected: "nothing",
    got: own
  })
  const told = yield* changes(ana, room)
  yield* t.judge("MEMBER-3", told.at(-1) === `+${leo.nick}`, {
    expected: `ana is told, at last, of ${leo.nick}`,
    got: told
  })
})

/** Joins, and gives the whole list of members: what `joined` says, and further slices where that isn't all. */
const joinAndList = Effect.fnUntraced(function* (person: Client, room: string) {
  const { members, more } = yield* person.join(room)
  return more === true ? yield* person.members(room) : members
})

scenario("comings and goings alternate", ["MEMBER-4", "MEMBER-6"], { connections: 5 }, function* (t) {
  const people = yield* t.people(4)
  const room = yield* t.room(people[0]!)
  const watcher = yield* t.person("watcher")
  const members = yield* joinAndList(watcher, room)
  const comeAndGo = Effect.fnUntraced(function* (person: Person, isIn: boolean) {
    for (let nth = 0; nth < 21; nth++) yield* person.post({ type: (nth % 2 === 0) === isIn ? "leave" : "join", room })
    yield* person.fence
  })
  yield* Effect.forEach(people, (person, nth) => comeAndGo(person, nth === 0), { concurrency: "unbounded" })
  const told = yield* changes(watcher, room)
  for (const [nth, { nick }] of people.entries()) {
    const own = told.filter((change) => change.slice(1) === nick)
    const first = nth === 0 ? "-" : "+"
    const alternates = own.every((change, index) => (index % 2 === 0) === (change[0] === first))
    // Pairs may be left out; of an odd number of changes an odd number is left.
    yield* t.judge("MEMBER-4", alternates && own.length % 2 === 1, {
      sent: `${nick} ${nth === 0 ? "is in the room" : "is not in the room"}, and comes and goes many times`,
      expected: `of ${nick}: ${first === "-" ? "left, joined, left, ..." : "joined, left, joined, ..."}`,
      got: own
    })
  }
  const known = new Set(members)
  apply(known, told)
  const real = yield* watcher.members(room)
  yield* t.judge("MEMBER-6", [...known].toSorted().join() === real.join(), {
    expected: `what \`members\` says: ${real.join(", ")}`,
    got: `the list in \`joined\`, changed by the \`member\` events: ${[...known].toSorted().join(", ")}`
  })
})

for (const how of ["FIN", "RST"] as const) {
  scenario(`a connection that ends by ${how} is noticed in time`, ["MEMBER-5"], function* (t) {
    const [ana, leo] = yield* t.people(2)
    yield* t.room(ana, leo)
    const began = yield* t.now
    yield* how === "FIN" ? leo.end : leo.reset
    const told = yield* ana.find("member", ({ nick }) => nick === leo.nick, { seconds: 2 * t.heartbeat })
    const seconds = (told.arrived - began) / 1_000
    yield* t.judge("MEMBER-5", told.change === "left" && seconds <= 2 * t.heartbeat + 0.5, {
      sent: `${how} by leo`,
      expected: `\`member\` with left within two heartbeats (${2 * t.heartbeat} s)`,
      got: `${told.change} after ${seconds} s`
    })
  })
}

scenario("a connection that falls silent is noticed in time", ["MEMBER-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* leo.fallSilent
  yield* leo.ping
  const began = yield* t.now
  const told = yield* ana.find("member", ({ nick }) => nick === leo.nick, { seconds: 4 * t.heartbeat })
  const seconds = (told.arrived - began) / 1_000
  yield* t.judge("MEMBER-5", told.change === "left" && seconds <= 4 * t.heartbeat + 0.5, {
    sent: "nothing at all, by leo",
    expected: `\`member\` with left within four heartbeats (${4 * t.heartbeat} s)`,
    got: `${told.change} after ${seconds} s`
  })
  const members = yield* ana.members(room)
  yield* t.judge("MEMBER-5", members.join() === ana.nick, { expected: "only ana is left", got: members })
})

scenario(
  "a peer that has vanished is noticed in time, however much there is to tell it",
  ["MEMBER-5", "LOGIN-7"],
  { connections: 3 },
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    yield* leo.fallSilent
    yield* leo.ping
    // Neither FIN nor RST comes from a machine that has lost its net, and what it is sent waits in between.
    yield* leo.stopReading
    const began = yield* t.now
    const more = { seconds: 4 * t.heartbeat }
    const isGone = ana.find("member", ({ change, nick }) => change === "left" && nick === leo.nick, more)
    const told = yield* ana.whileAsking({ type: "send", room, text: "are you there?" }, isGone)
    const seconds = (told.arrived - began) / 1_000
    yield* t.judge("MEMBER-5", seconds <= 4 * t.heartbeat + 0.5, {
      sent: "nothing at all, by leo, who doesn't read either; messages, by ana",
      expected: `\`member\` with left within four heartbeats (${4 * t.heartbeat} s)`,
      got: `${told.change} after ${seconds} s`
    })
    const heir = yield* t.connection("heir")
    yield* heir.post({ type: "login", nick: leo.nick })
    const welcome = yield* heir.answer({ id: "LOGIN-7" })
    yield* t.judge("LOGIN-7", welcome.type === "welcome", {
      sent: "login under the nick of whoever has left",
      expected: "`welcome`",
      got: welcome
    })
  }
)

scenario("a list and the events after it are the real members", ["MEMBER-6"], { connections: 6 }, function* (t) {
  const people = yield* t.people(6)
  const [ana, leo, eva, pia, teo, ines] = people as [Person, Person, Person, Person, Person, Person]
  const room = yield* t.room(leo, eva)
  const known = new Set(yield* joinAndList(ana, room))
  const inside = new Set([leo.nick, eva.nick, ana.nick])
  const check = Effect.fnUntraced(function* (what: string) {
    apply(known, yield* changes(ana, room))
    const members = yield* ana.members(room)
    const real = [...inside].toSorted().join(", ")
    yield* t.judge("MEMBER-6", [...known].toSorted().join(", ") === real, {
      sent: what,
      expected: `the list in \`joined\`, changed by the events, is ${real}`,
      got: [...known].toSorted().join(", ")
    })
    yield* t.judge("MEMBER-6", members.join(", ") === real, { sent: what, expected: `members ${real}`, got: members })
  })
  yield* check("nothing yet")
  yield* pia.join(room)
  inside.add(pia.nick)
  yield* check("pia joins")
  yield* leo.leave(room)
  inside.delete(leo.nick)
  yield* teo.join(room)
  inside.add(teo.nick)
  yield* check("leo leaves, teo joins")
  yield* eva.ask({ type: "bye" })
  inside.delete(eva.nick)
  yield* leo.join(room)
  inside.add(leo.nick)
  yield* check("eva says goodbye, leo comes back")
  yield* Effect.all([pia.leave(room), ines.join(room), teo.leave(room)], { concurrency: "unbounded" })
  inside.delete(pia.nick)
  inside.delete(teo.nick)
  inside.add(ines.nick)
  yield* check("pia and teo leave while ines joins")
})

// ---------------------------------------------------------------------------------------------------------------------
// Lists
// ---------------------------------------------------------------------------------------------------------------------

/** What the list of rooms says of one room, slice by slice: others may have rooms before it. */
const listed = Effect.fnUntraced(function* (person: Client, room: string) {
  let after = room.slice(0, -1)
  while (true) {
    const slice = yield* person.ask({ type: "rooms", after }, "LIST-5")
    const found = slice.rooms.find((item) => item.room === room)
    const last = slice.rooms.at(-1)?.room
    if (found !== undefined || slice.more !== true || last === undefined || last > room) return found
    after = last
  }
})

// In ASCII: "-" before digits before "_" before letters. A dictionary has another order.
const inOrder = ["n-", "n0", "n9", "n_", "na", "nz"]

/** People whose nicks come in the order of bytes, all in one room, which they have joined in another order. */
const crowd = function* (t: Scenario) {
  const people: Array<Person> = []
  for (const name of ["na", "n_", "nz", "n0", "n-", "n9"]) people.push(yield* t.person(name))
  const room = yield* t.room(...people)
  const nicks = inOrder.map((name) => people.find(({ nick }) => nick.startsWith(name))!.nick)
  return { asker: people[0]!, people, room, nicks }
}

scenario("members come by slices, ascending by bytes", ["LIST-1", "LIST-3"], { connections: 6 }, function* (t) {
  const { asker, nicks, room } = yield* crowd(t)
  const [first = "", second = "", third = ""] = nicks
  // Between two nicks, below all and above all: `after` needn't be a name that exists.
  const cases: ReadonlyArray<readonly [string | undefined, number]> = [
    [undefined, 0],
    [first, 1],
    [second, 2],
    [nicks[4]!, 5],
    [nicks[5]!, 6],
    [first.slice(0, 2), 0],
    [`${second}x`.slice(0, 32), 2],
    [third.toUpperCase(), 3],
    ["zzz", 6],
    ["0", 0]
  ]
  for (const [after, from] of cases) {
    for (const limit of [1, 2, t.limits.page]) {
      const request = { type: "members" as const, room, limit, ...(after === undefined ? {} : { after }) }
      const slice = yield* asker.ask(request, "LIST-1")
      const wanted = nicks.slice(from, from + Math.min(limit, t.limits.page))
      const follows = from + wanted.length < nicks.length
      yield* t.judge("LIST-1", slice.members.join() === wanted.join(), {
        sent: request,
        expected: `"members":${JSON.stringify(wanted)}`,
        got: slice.members
      })
      yield* t.judge("LIST-3", (slice.more ?? false) === follows, {
        sent: request,
        expected: follows ? `"more":true, since others follow` : `no "more", since nobody follows`,
        got: slice
      })
    }
  }
})

scenario("rooms come by slices, ascending by bytes", ["LIST-1", "LIST-3"], function* (t) {
  const ana = yield* t.person()
  const names = inOrder.map((name) => t.roomName(name))
  for (const room of names.toReversed().slice(0, t.limits.joins)) yield* ana.join(room)
  const own = new Set(names.slice(-t.limits.joins))
  // Others may have rooms in between: what is judged is the order, and that none of these is skipped.
  for (const limit of [1, 2, t.limits.page]) {
    let after = "#n"
    const walked: Array<string> = []
    while (walked.at(-1) !== names.at(-1)) {
      const slice = yield* ana.ask({ type: "rooms", after, limit }, "LIST-1")
      const found = slice.rooms.map(({ room }) => room)
      const ascending = found.every((room, index) => room > (found[index - 1] ?? after))
      yield* t.judge("LIST-1", ascending && found.length > 0, {
        sent: { type: "rooms", after, limit },
        expected: `names above ${after}, ascending, and at least one, since ${names.at(-1)} is to come`,
        got: found
      })
      walked.push(...found)
      const isWhole = walked.includes(names.at(-1)!)
      yield* t.judge("LIST-3", isWhole || slice.more === true, {
        sent: { type: "rooms", after, limit },
        expected: `"more":true, since ${names.at(-1)} follows`,
        got: slice
      })
      if (isWhole) break
      after = found.at(-1)!
    }
    const seen = walked.filter((room) => own.has(room))
    yield* t.judge("LIST-1", seen.join() === [...own].join(), {
      sent: `rooms, slice by slice, with "limit":${limit}`,
      expected: [...own].join(", "),
      got: seen
    })
  }
})

scenario("a slice is as long as was asked for", ["LIST-2"], { connections: 6 }, function* (t) {
  const { asker, nicks, people, room } = yield* crowd(t)
  for (const limit of [1, 2, 3, 5, 6, 7]) {
    const { members } = yield* asker.ask({ type: "members", room, limit }, "LIST-2")
    const wanted = Math.min(limit, t.limits.page, nicks.length)
    yield* t.judge("LIST-2", members.length === wanted, {
      sent: `members with "limit":${limit}, of a room with ${nicks.length} members`,
      expected: `${wanted} members`,
      got: members
    })
  }
  yield* people[1]!.leave(room)
  const { members } = yield* people[1]!.join(room)
  yield* t.judge("LIST-2", members.length === Math.min(t.limits.page, nicks.length), {
    expected: `as many members in \`joined\` as there are, or limits.page (${t.limits.page})`,
    got: members
  })
})

const beyondPage = limits.page + 2
const roomy = limits.rooms >= 10 * beyondPage

scenario(
  "a slice is never longer than limits.page, nor shorter without a reason",
  ["LIST-2", "LIST-4"],
  // Where rooms are few, the others need them.
  { connections: Math.ceil(beyondPage / limits.joins), ...(roomy ? {} : { needs: "start" as const }) },
  function* (t) {
    if (secondsFor(Math.min(beyondPage, t.limits.joins)) > longestSeconds) {
      yield* t.notRun(`${beyondPage} rooms take too long at the announced limits.rate`)
    }
    if (beyondPage > t.limits.rooms) {
      yield* t.notRun("limits.rooms of this target is too small for a list that is longer than limits.page")
    }
    if (!roomy) yield* t.ownServer
    const people = yield* t.people(Math.ceil(beyondPage / t.limits.joins))
    const rooms: Array<string> = []
    for (const person of people) {
      rooms.push(...(yield* joinMany(t, person, Math.min(t.limits.joins, beyondPage - rooms.length))))
    }
    // The names begin alike, so that others' rooms don't come between.
    const after = rooms.toSorted()[0]!.slice(0, 5)
    for (const limit of [undefined, t.limits.page, t.limits.page + 1, 2_147_483_647]) {
      const slice = yield* people[0]!.ask({ type: "rooms", after, ...(limit === undefined ? {} : { limit }) }, "LIST-4")
      const bytes = JSON.stringify(slice).length
      const isFull = slice.rooms.length === t.limits.page || (slice.rooms.length > 0 && bytes + 200 > t.limits.line)
      yield* t.judge("LIST-2", isFull && slice.rooms.length <= t.limits.page, {
        sent: `rooms with the limit ${limit ?? "left out"}, where ${beyondPage} follow`,
        expected: `limits.page rooms (${t.limits.page}), or as many as the line allows`,
        got: `${slice.rooms.length} rooms in ${bytes} bytes`
      })
      yield* t.judge("LIST-4", slice.rooms.length > 0, {
        sent: `"limit":${limit}`,
        expected: "a slice: a limit above limits.page is legal",
        got: slice
      })
    }
  }
)

scenario("a limit below one is refused", ["LIST-4"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  for (const limit of [0, -1]) {
    yield* ana.refused({ type: "members", room, limit }, "bad-request", { field: "limit" })
    yield* ana.refused({ type: "rooms", limit }, "bad-request", { field: "limit" })
  }
  const { members } = yield* ana.ask({ type: "members", room, limit: t.limits.page + 1 }, "LIST-4")
  yield* t.judge("LIST-4", members.join() === ana.nick, {
    sent: `"limit":${t.limits.page + 1}, above limits.page`,
    expected: "the members",
    got: members
  })
})

scenario("the list of rooms says how many are in each", ["LIST-5"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = t.roomName()
  const check = Effect.fnUntraced(function* (what: string, members: number) {
    const found = yield* listed(eva, room)
    yield* t.judge("LIST-5", (found?.members ?? 0) === members, {
      sent: `${what}, then rooms`,
      expected: members === 0 ? `no ${room}, or one without members` : `{"room":"${room}","members":${members}}`,
      got: found ?? "the room isn't in the list"
    })
  })
  yield* check("nobody has joined yet", 0)
  yield* ana.join(room)
  yield* check("ana joins", 1)
  yield* leo.join(room)
  yield* check("leo joins", 2)
  yield* ana.leave(room)
  yield* check("ana leaves", 1)
  yield* leo.ask({ type: "bye" })
  yield* check("leo says goodbye", 0)
})
