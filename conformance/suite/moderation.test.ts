/** spec/moderation.md: who may what in a room, cell by cell; invitations, kicks, bans, mutes; and that it stays so. */
import { isDeepStrictEqual } from "node:util"
import type { RoomAction, RoomKind, RoomRole, Standing } from "@tertulia/protocol"
import { rights } from "@tertulia/protocol/vectors"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { letRun } from "../src/again.ts"
import type { Ask, Client, Person } from "../src/client.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import type { Stop } from "../src/verdict.ts"
import type { Arrived } from "../src/wire/connection.ts"
import { readUp } from "./read-up.ts"
import { further, type Registered, registered } from "./registered.ts"

// ---------------------------------------------------------------------------------------------------------------------
// A room and its people
// ---------------------------------------------------------------------------------------------------------------------

const invite = (room: string, { nick }: Person, on = true) => ({ type: "invite", room, nick, on }) as const
const kick = (room: string, { nick }: Person) => ({ type: "kick", room, nick }) as const
const ban = (room: string, { nick }: Person, on = true) => ({ type: "ban", room, nick, on }) as const
const mute = (room: string, { nick }: Person, on = true) => ({ type: "mute", room, nick, on }) as const
const role = (room: string, { nick }: Person, given: "member" | "moderator" | "owner") =>
  ({ type: "role", room, nick, role: given }) as const
const kindOf = (room: string, kind: RoomKind) => ({ type: "kind", room, kind }) as const
const slow = (room: string, seconds: number) => ({ type: "slow", room, seconds }) as const

/** A room of somebody with an account, with others in it. */
const owned = Effect.fnUntraced(function* (t: Scenario, owner: Client, ...others: ReadonlyArray<Client>) {
  const room = t.roomName()
  yield* owner.join(room)
  for (const other of others) yield* other.join(room)
  yield* Effect.forEach([owner, ...others], (client) => client.fence, { discard: true })
  return room
})

/** An owner, and a guest who is in their room. */
const anaAndLeo = Effect.fnUntraced(function* (t: Scenario) {
  const ana = yield* registered(t)
  const leo = yield* t.person("leo")
  return { ana, leo, room: yield* owned(t, ana, leo) }
})

/** What has come of a room, before a fence. */
const fenced = (client: Client, room: string): Effect.Effect<ReadonlyArray<Arrived>, Stop> =>
  Effect.map(client.fence, (items) => items.filter(({ object }) => object["room"] === room))

/** An object of which only these fields are looked at. */
const has = (found: object | undefined, fields: Readonly<Record<string, unknown>>): boolean =>
  found !== undefined && Object.entries(fields).every(([field, value]) => Reflect.get(found, field) === value)

/** Whether somebody is shown a room, slice by slice up to where it would stand. */
const listed = Effect.fnUntraced(function* (client: Client, room: string, id: RequirementId) {
  let after = room.slice(0, -1)
  for (;;) {
    const { more, rooms } = yield* client.ask({ type: "rooms", after }, id)
    if (rooms.some((item) => item.room === room)) return true
    after = rooms.at(-1)?.room ?? room
    if (more !== true || after > room) return false
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// The table of rights, cell by cell
// ---------------------------------------------------------------------------------------------------------------------

/** One who is each of the roles that a suite can have made, in one room. */
type Cast = Readonly<Record<Exclude<RoomRole, "operator">, Person>> & { readonly room: string }

const castOf = Effect.fnUntraced(function* (
  t: Scenario,
  kind: RoomKind,
  owner: Registered,
  moderator: Registered
): Effect.fn.Return<Cast, Stop, Scope> {
  const [member, invited, outsider] = [
    yield* t.person("member"),
    yield* t.person("invited"),
    yield* t.person("outsider")
  ]
  const room = yield* owned(t, owner, moderator, member)
  yield* owner.ask(role(room, moderator, "moderator"), "ROLE-2")
  if (kind !== "public") yield* owner.ask(kindOf(room, kind), "MODERATE-2")
  yield* owner.ask(invite(room, invited), "INVITE-1")
  return { outsider, invited, member, moderator, owner, room }
})

/** What somebody asks for to do something to one who is less than they are. */
const askFor = (action: Exclude<RoomAction, "list" | "delete">, room: string, victim: Person): Ask => {
  switch (action) {
    case "join":
      return { type: "join", room }
    case "invite":
      return invite(room, victim)
    case "kick":
      return kick(room, victim)
    case "ban":
      return ban(room, victim)
    case "mute":
      return mute(room, victim)
    case "slow":
      return slow(room, 0)
    case "role":
      return role(room, victim, "member")
    case "kind":
      return kindOf(room, "secret")
    case "standings":
      return { type: "standings", room }
  }
}

const cells = rights.vectors.filter(({ role: who }) => who !== "operator")

/** Judges every cell of one action. */
const judgeCells = (action: Exclude<RoomAction, "list" | "delete">) =>
  scenario(`who may ${action}, by role and kind of room`, ["RIGHTS-1"], { connections: 16 }, function* (t) {
    const [owner, moderator, eva] = [
      yield* registered(t, "owner"),
      yield* registered(t, "mod"),
      yield* registered(t, "eva")
    ]
    for (const kind of ["public", "private", "secret"] as const) {
      const cast = yield* castOf(t, kind, owner, moderator)
      yield* owner.ask(invite(cast.room, eva), "INVITE-1")
      for (const cell of cells) {
        if (cell.action !== action || cell.kind !== kind || cell.role === "operator") continue
        const who = cast[cell.role]
        const isIn = cell.role !== "outsider" && cell.role !== "invited"
        if (action === "join" && isIn) {
          yield* who.leave(cast.room)
          // A member who isn't invited is an outsider, once they have left.
          if (cell.role === "member") continue
        } else if (action !== "join" && !isIn) {
          yield* who.refused(askFor(action, cast.room, eva), "not-joined", { id: "RIGHTS-1" })
          continue
        }
        if (action === "kick") yield* eva.join(cast.room)
        const request = askFor(action, cast.room, eva)
        if (cell.allowed) yield* who.ask(request, "RIGHTS-1")
        else yield* who.refused(request, "forbidden", { id: "RIGHTS-1" })
        if (action === "kick" && cell.allowed) yield* owner.ask(invite(cast.room, eva), "INVITE-1")
        if (action === "kick" && !cell.allowed) yield* eva.leave(cast.room)
        if (action === "kind" && cell.allowed) yield* owner.ask(kindOf(cast.room, kind), "MODERATE-2")
      }
    }
  })

for (const action of ["join", "standings", "invite", "kick", "ban", "mute", "slow", "role", "kind"] as const)
  judgeCells(action)

scenario("who is shown a room, by role and kind of room", ["RIGHTS-3"], { connections: 16 }, function* (t) {
  const [owner, moderator] = [yield* registered(t, "owner"), yield* registered(t, "mod")]
  for (const kind of ["public", "private", "secret"] as const) {
    const cast = yield* castOf(t, kind, owner, moderator)
    for (const cell of cells) {
      if (cell.action !== "list" || cell.kind !== kind || cell.role === "operator") continue
      const isShown = yield* listed(cast[cell.role], cast.room, "RIGHTS-3")
      yield* t.judge("RIGHTS-3", isShown === cell.allowed, {
        sent: `rooms, by the ${cell.role} of a ${kind} room`,
        expected: cell.allowed ? "the room in the list" : "a list without the room",
        got: isShown ? "the room" : "no such room"
      })
    }
  }
})

scenario("who may delete what others say, by role and kind of room", ["RIGHTS-4"], { connections: 16 }, function* (t) {
  if (!suite.isClaimed("rich")) yield* t.notRun("the target doesn't claim rich")
  const [owner, moderator] = [yield* registered(t, "owner"), yield* registered(t, "mod")]
  for (const kind of ["public", "private", "secret"] as const) {
    const cast = yield* castOf(t, kind, owner, moderator)
    const eva = yield* t.person("eva")
    yield* owner.ask(invite(cast.room, eva), "INVITE-1")
    yield* eva.join(cast.room)
    for (const cell of cells) {
      if (cell.action !== "delete" || cell.kind !== kind || cell.role === "operator") continue
      const { seq } = yield* eva.send(cast.room, "something rude")
      const who = cast[cell.role]
      const request = { type: "delete", room: cast.room, target: seq } as const
      if (cell.role === "outsider" || cell.role === "invited") {
        yield* who.refused(request, "not-joined", { id: "RIGHTS-4" })
      } else if (cell.allowed) {
        yield* who.ask(request, "RIGHTS-4")
        const { entries } = yield* eva.ask({ type: "history", room: cast.room, before: seq + 1, limit: 1 })
        yield* t.judge("RIGHTS-4", entries[0]?.type === "erased", { expected: "`erased` in its place", got: entries })
      } else {
        yield* who.refused(request, "forbidden", { id: "RIGHTS-4", field: "target" })
      }
      if (cell.role === "owner") {
        const { seq: other } = yield* eva.send(cast.room, "something else")
        yield* who.refused({ type: "edit", room: cast.room, target: other, text: "polite" }, "forbidden", {
          id: "RIGHTS-4"
        })
      }
    }
  }
})

scenario("nobody acts on their equals, or on those above", ["RIGHTS-2"], { connections: 5 }, function* (t) {
  const [owner, mod, other] = [
    yield* registered(t, "owner"),
    yield* registered(t, "mod"),
    yield* registered(t, "other")
  ]
  const room = yield* owned(t, owner, mod, other)
  yield* owner.ask(role(room, mod, "moderator"), "ROLE-2")
  yield* owner.ask(role(room, other, "moderator"), "ROLE-2")
  for (const act of [kick, ban, mute]) {
    for (const about of [owner, other, mod]) {
      yield* mod.refused(act(room, about), "forbidden", { id: "RIGHTS-2", field: "nick" })
    }
    yield* owner.refused(act(room, owner), "forbidden", { id: "RIGHTS-2", field: "nick" })
  }
  yield* owner.refused(role(room, owner, "member"), "forbidden", { id: "RIGHTS-2", field: "nick" })
  yield* mod.send(room, "still here")
  yield* owner.ask(mute(room, mod), "RIGHTS-2")
  yield* mod.refused(mute(room, mod, false), "forbidden", { id: "RIGHTS-2", field: "nick" })
})

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

scenario("who claims moderation has accounts, and a log", ["MODERATE-1"], function* (t) {
  const { features } = t.hello
  yield* t.judge("MODERATE-1", suite.isClaimed("history") && suite.isClaimed("accounts"), {
    expected: "history and accounts in `features`",
    got: features
  })
})

scenario("whatever is done is an entry for everybody", ["MODERATE-2"], { connections: 4 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const eva = yield* registered(t, "eva")
  yield* eva.join(room)
  yield* Effect.all([ana.fence, leo.fence])
  const { nick } = eva
  const deeds: ReadonlyArray<readonly [Ask, Readonly<Record<string, unknown>>]> = [
    [
      { type: "invite", room, nick },
      { nick, on: true }
    ],
    [invite(room, eva, false), { nick, on: false }],
    [role(room, eva, "moderator"), { nick, role: "moderator" }],
    [role(room, eva, "member"), { nick, role: "member" }],
    [kindOf(room, "private"), { kind: "private" }],
    [slow(room, 60), { seconds: 60 }],
    [
      { type: "mute", room, nick },
      { nick, on: true }
    ],
    [mute(room, eva, false), { nick, on: false }],
    [kick(room, eva), { nick }],
    [
      { type: "ban", room, nick },
      { nick, on: true }
    ],
    [ban(room, eva, false), { nick, on: false }]
  ]
  for (const [index, [request, content]] of deeds.entries()) {
    const re = yield* ana.post(request)
    const sent = yield* ana.reply(re, { id: "MODERATE-2" })
    const isSent = sent.type === "sent" && sent.seq === index + 1 && sent.duplicate === undefined
    yield* t.judge("MODERATE-2", isSent, { sent: request, expected: `\`sent\` with "seq":${index + 1}`, got: sent })
    const fields = { type: request.type, seq: index + 1, from: ana.nick, ...content, at: Reflect.get(sent, "at") }
    const expected = `the event ${JSON.stringify(fields)}`
    const own = (yield* ana.taken).filter(({ object }) => object["seq"] === index + 1).map(({ object }) => object)
    yield* t.judge("MODERATE-2", own.length === 1 && has(own[0], fields), {
      sent: request,
      expected: `${expected}, before \`sent\``,
      got: own
    })
    const others = (yield* fenced(leo, room)).filter(({ object }) => object["seq"] === index + 1)
    yield* t.judge("MODERATE-2", others.length === 1 && has(others[0]?.object, fields), {
      sent: `${request.type}, by ana`,
      expected: `for leo, ${expected}`,
      got: others.map(({ object }) => object)
    })
  }
  const entries = yield* readUp(leo, room, 0)
  const isWhole =
    entries.length === deeds.length && deeds.every(([request], index) => entries[index]?.type === request.type)
  yield* t.judge("MODERATE-2", isWhole, { expected: `these ${deeds.length} entries in the history`, got: entries })
})

scenario("a key is for one deed", ["MODERATE-3"], { connections: 4 }, function* (t) {
  if (!suite.isClaimed("resume")) yield* t.notRun("the target doesn't claim resume")
  const { ana, leo, room } = yield* anaAndLeo(t)
  const eva = yield* t.person("eva")
  const first = yield* ana.ask({ ...ban(room, leo), key: "k1" }, "MODERATE-3")
  yield* ana.ask(ban(room, leo, false), "BAN-1")
  const again = yield* ana.ask({ ...ban(room, leo), key: "k1" }, "MODERATE-3")
  yield* t.judge("MODERATE-3", again.seq === first.seq && again.duplicate === true, {
    sent: "a `ban` by its key again, after the ban was ended",
    expected: `\`sent\` with "seq":${first.seq} and "duplicate":true`,
    got: again
  })
  yield* leo.join(room)
  yield* ana.refused({ ...ban(room, eva), key: "k1" }, "key-reused", { field: "key", id: "MODERATE-3" })
  yield* ana.refused({ ...ban(room, leo, false), key: "k1" }, "key-reused", { field: "key", id: "MODERATE-3" })
  yield* leo.ask({ type: "bye" })
  const late = yield* ana.ask({ ...ban(room, leo), key: "k1" }, "MODERATE-3")
  yield* t.judge("MODERATE-3", late.duplicate === true, {
    sent: "the same, after its person has ended",
    expected: '`sent` with "duplicate":true',
    got: late
  })
})

scenario("from outside, nothing is done, and nothing learned", ["MODERATE-4"], function* (t) {
  const leo = yield* t.person("leo")
  const room = t.roomName()
  for (const nick of [leo.nick, t.nick("nobody")]) {
    for (const type of ["invite", "kick", "ban", "mute"] as const) {
      yield* leo.refused({ type, room, nick }, "not-joined", { id: "MODERATE-4" })
    }
    yield* leo.refused({ type: "role", room, nick, role: "moderator" }, "not-joined", { id: "MODERATE-4" })
  }
  yield* leo.refused(kindOf(room, "secret"), "not-joined", { id: "MODERATE-4" })
  yield* leo.refused(slow(room, 5), "not-joined", { id: "MODERATE-4" })
})

scenario("nobody is meant by a nick that nobody has", ["MODERATE-5"], { connections: 4 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const nick = t.nick("nobody")
  const refused = { field: "nick", id: "MODERATE-5" } as const
  for (const type of ["invite", "kick", "ban", "mute"] as const) {
    yield* ana.refused({ type, room, nick }, "no-such-nick", refused)
  }
  yield* ana.refused({ type: "role", room, nick, role: "moderator" }, "no-such-nick", refused)
  const eva = yield* registered(t, "eva")
  yield* ana.refused(kick(room, eva), "no-such-nick", refused)
  yield* eva.ask({ type: "bye" })
  yield* ana.ask(ban(room, eva), "MODERATE-5")
  yield* leo.ask({ type: "bye" })
  yield* ana.refused(ban(room, leo), "no-such-nick", refused)
})

scenario(
  "how a room is kept outlives kill -9",
  ["MODERATE-6"],
  { needs: "data", also: "history", connections: 8 },
  function* (t) {
    const server = yield* t.ownServer
    const [ana, mod, eva, pia] = [
      yield* registered(t),
      yield* registered(t, "mod"),
      yield* registered(t, "eva"),
      yield* registered(t, "pia")
    ]
    const room = yield* owned(t, ana, mod)
    yield* ana.ask(role(room, mod, "moderator"), "ROLE-2")
    yield* mod.ask(ban(room, eva), "BAN-1")
    yield* mod.ask(invite(room, pia), "INVITE-1")
    yield* mod.ask(mute(room, pia), "MUTE-1")
    yield* mod.ask(slow(room, 60), "SLOW-1")
    yield* ana.ask(kindOf(room, "private"), "MODERATE-2")
    yield* server.kill
    yield* server.exit
    yield* t.ownServer
    const back = Effect.fnUntraced(function* ({ nick, token }: Registered) {
      const client = yield* t.connection(nick)
      yield* client.ask({ type: "login", nick, token }, "TOKEN-1")
      return client
    })
    const joined = yield* (yield* back(pia)).join(room)
    const kept = { kind: "private", muted: true, slow: 60, role: undefined }
    yield* t.judge("MODERATE-6", has(joined, kept), {
      expected: `\`joined\` with ${JSON.stringify(kept)}`,
      got: joined
    })
    const asModerator = yield* (yield* back(mod)).join(room)
    yield* t.judge("MODERATE-6", asModerator.role === "moderator", { expected: '"role":"moderator"', got: asModerator })
    const asOwner = yield* (yield* back(ana)).join(room)
    yield* t.judge("MODERATE-6", asOwner.role === "owner", { expected: '"role":"owner"', got: asOwner })
    yield* (yield* back(eva)).refused({ type: "join", room }, "forbidden", { id: "MODERATE-6" })
    const guest = yield* t.person("guest")
    yield* guest.refused({ type: "join", room }, "forbidden", { id: "MODERATE-6" })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Roles
// ---------------------------------------------------------------------------------------------------------------------

scenario("a room belongs to the account that creates it", ["ROLE-1"], { connections: 4 }, function* (t) {
  const [ana, leo] = [yield* registered(t), yield* registered(t, "leo")]
  const room = t.roomName()
  const created = yield* ana.join(room)
  yield* t.judge("ROLE-1", created.role === "owner", { expected: '`joined` with "role":"owner"', got: created })
  const second = yield* leo.join(room)
  yield* t.judge("ROLE-1", second.role === undefined, {
    expected: "`joined` without `role`, for the next",
    got: second
  })
  yield* leo.send(room, "hola")
  yield* Effect.andThen(ana.leave(room), leo.leave(room))
  const back = yield* leo.join(room)
  yield* t.judge("ROLE-1", back.role === undefined, {
    sent: "join, of a room that was left by all and has an entry",
    expected: "`joined` without `role`",
    got: back
  })
  const owner = yield* ana.join(room)
  yield* t.judge("ROLE-1", owner.role === "owner", { expected: 'for ana, "role":"owner" still', got: owner })
  const guest = yield* t.person("guest")
  const own = t.roomName()
  const asGuest = yield* guest.join(own)
  const after = yield* ana.join(own)
  yield* t.judge("ROLE-1", asGuest.role === undefined && after.role === undefined, {
    sent: "join, of a room that a guest creates",
    expected: "`joined` without `role`, for the guest and for whoever comes then",
    got: [asGuest, after]
  })
})

scenario("roles are given, taken and handed over", ["ROLE-2"], { connections: 4 }, function* (t) {
  const [ana, leo, eva] = [yield* registered(t), yield* registered(t, "leo"), yield* registered(t, "eva")]
  const room = yield* owned(t, ana, leo, eva)
  yield* ana.ask(role(room, leo, "moderator"), "ROLE-2")
  yield* leo.ask(mute(room, eva), "ROLE-2")
  yield* leo.ask(mute(room, eva, false), "ROLE-2")
  yield* ana.ask(role(room, leo, "member"), "ROLE-2")
  yield* leo.refused(mute(room, eva), "forbidden", { id: "ROLE-2" })
  yield* ana.ask(role(room, leo, "owner"), "ROLE-2")
  yield* leo.ask(kindOf(room, "private"), "ROLE-2")
  yield* ana.refused(kindOf(room, "public"), "forbidden", { id: "ROLE-2" })
  yield* ana.ask(mute(room, eva), "ROLE-2")
  yield* leo.ask(role(room, ana, "member"), "ROLE-2")
  yield* ana.refused(mute(room, eva, false), "forbidden", { id: "ROLE-2" })
})

scenario("a guest can't be more than a member", ["ROLE-3"], function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  for (const given of ["moderator", "owner", "member"] as const) {
    yield* ana.refused(role(room, leo, given), "forbidden", { id: "ROLE-3", field: "nick" })
  }
})

scenario("who joins is told how the room is kept", ["ROLE-4"], { connections: 4 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const mod = yield* registered(t, "mod")
  const plain = { kind: undefined, role: undefined, muted: undefined, slow: undefined }
  const again = Effect.fnUntraced(function* (client: Client, fields: Readonly<Record<string, unknown>>) {
    yield* client.leave(room)
    const joined = yield* client.join(room)
    const shown = JSON.stringify(fields, (_, value) => value ?? null)
    yield* t.judge("ROLE-4", has(joined, fields), { expected: `\`joined\` with ${shown} (null: absent)`, got: joined })
  })
  yield* again(leo, plain)
  yield* again(ana, { ...plain, role: "owner" })
  yield* mod.join(room)
  yield* ana.ask(role(room, mod, "moderator"), "ROLE-2")
  yield* ana.ask(invite(room, leo), "INVITE-1")
  yield* ana.ask(kindOf(room, "private"), "MODERATE-2")
  yield* ana.ask(mute(room, leo), "MUTE-1")
  yield* ana.ask(slow(room, 30), "SLOW-1")
  yield* again(leo, { kind: "private", role: undefined, muted: true, slow: 30 })
  yield* again(mod, { kind: "private", role: "moderator", muted: undefined, slow: 30 })
  yield* again(ana, { kind: "private", role: "owner", muted: undefined, slow: 30 })
})

// ---------------------------------------------------------------------------------------------------------------------
// Coming and going
// ---------------------------------------------------------------------------------------------------------------------

scenario("who is invited comes in until that is taken back", ["INVITE-1"], { connections: 4 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const eva = yield* t.person("eva")
  yield* ana.ask(kindOf(room, "secret"), "MODERATE-2")
  yield* eva.refused({ type: "join", room }, "forbidden", { id: "INVITE-1" })
  yield* ana.ask(invite(room, eva), "INVITE-1")
  for (let nth = 0; nth < 2; nth++) {
    yield* eva.ask({ type: "join", room }, "INVITE-1")
    yield* eva.leave(room)
  }
  yield* ana.ask(invite(room, eva, false), "INVITE-1")
  yield* eva.refused({ type: "join", room }, "forbidden", { id: "INVITE-1" })
  yield* ana.ask(invite(room, eva), "INVITE-1")
  yield* eva.ask({ type: "join", room }, "INVITE-1")
  yield* ana.ask(kick(room, eva), "KICK-1")
  yield* eva.refused({ type: "join", room }, "forbidden", { id: "INVITE-1" })
  yield* ana.ask(invite(room, eva), "INVITE-1")
  yield* ana.ask(ban(room, eva), "BAN-1")
  yield* ana.ask(ban(room, eva, false), "BAN-1")
  yield* eva.refused({ type: "join", room }, "forbidden", { id: "INVITE-1" })
  yield* leo.send(room, "hola")
})

for (const act of ["kick", "ban"] as const) {
  scenario(`by a ${act} one is out, after its entry`, ["KICK-1", "KICK-2"], { connections: 4 }, function* (t) {
    const { ana, leo, room } = yield* anaAndLeo(t)
    const eva = yield* t.person("eva")
    yield* eva.join(room)
    yield* Effect.all([ana.fence, leo.fence])
    yield* ana.send(room, "please")
    const { seq } = yield* ana.ask({ type: act, room, nick: leo.nick }, "KICK-1")
    yield* ana.send(room, "at last")
    yield* eva.send(room, "oh")
    const got = (yield* fenced(leo, room)).map(({ object }) => object)
    const ends = got.slice(-2)
    const isOut = has(ends[0], { type: act, seq }) && has(ends[1], { type: "left", room, reason: act })
    yield* t.judge("KICK-1", isOut && ends[1]?.["re"] === undefined && got.length === 3, {
      sent: `${act}, and two messages of others`,
      expected: `the message, \`${act}\` with "seq":${seq}, \`left\` with "reason":"${act}", and nothing more`,
      got
    })
    yield* leo.refused({ type: "send", room, text: "hey" }, "not-joined", { id: "KICK-1" })
    const told = (yield* fenced(eva, room)).filter(({ object }) => object["type"] === "member")
    const isTold = told.length === 1 && has(told[0]?.object, { nick: leo.nick, change: "left" })
    yield* t.judge("KICK-2", isTold, {
      sent: `${act} of ${leo.nick}`,
      expected: "for the others, `member` with the change `left`",
      got: told.map(({ object }) => object)
    })
    const members = yield* eva.members(room)
    yield* t.judge("KICK-2", !members.includes(leo.nick), { expected: "a list without them", got: members })
    if (act === "kick") yield* leo.ask({ type: "join", room }, "KICK-1")
  })
}

scenario(
  "whoever is put out is so with all connections, and muted on all of them",
  ["KICK-1", "MUTE-1"],
  { connections: 4 },
  function* (t) {
    const { ana, leo: guest, room } = yield* anaAndLeo(t)
    const leo = yield* registered(t, "pia")
    const second = yield* further(t, leo)
    for (const client of [leo, second]) yield* client.join(room)
    yield* ana.ask(mute(room, leo), "MUTE-1")
    for (const client of [leo, second]) {
      yield* client.refused({ type: "send", room, text: "hey" }, "forbidden", { id: "MUTE-1" })
    }
    yield* ana.ask(mute(room, leo, false), "MUTE-1")
    yield* Effect.all([leo.fence, second.fence, guest.fence])
    yield* ana.ask(kick(room, leo), "KICK-1")
    yield* ana.send(room, "at last")
    for (const client of [leo, second]) {
      const got = (yield* fenced(client, room)).map(({ object }) => object)
      const isOut = has(got[0], { type: "kick" }) && has(got[1], { type: "left", room, reason: "kick" })
      yield* t.judge("KICK-1", isOut && got.length === 2, {
        sent: "kick of somebody with two connections, and a message",
        expected: "`kick`, `left` with the reason, and nothing more, on each of them",
        got
      })
      yield* client.refused({ type: "send", room, text: "hey" }, "not-joined", { id: "KICK-1" })
    }
    const told = (yield* fenced(guest, room)).filter(({ object }) => object["type"] === "member")
    yield* t.judge("KICK-1", told.length === 1, {
      sent: "kick of somebody with two connections",
      expected: "for the others one `member`",
      got: told.map(({ object }) => object)
    })
  }
)

scenario("what comes too late isn't said", ["KICK-1"], { connections: 3 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const ids: Array<number> = []
  const kicked = yield* ana.post(kick(room, leo))
  for (let nth = 0; nth < 20; nth++) ids.push(yield* leo.post({ type: "send", room, text: `${nth}` }))
  const sent = yield* ana.reply(kicked, { id: "KICK-1" })
  const end = "seq" in sent ? Number(sent.seq) : 0
  for (const id of ids) {
    const reply = yield* leo.reply(id)
    const isEarly = reply.type === "sent" && reply.seq < end
    yield* t.judge("KICK-1", isEarly || (reply.type === "error" && reply.code === "not-joined"), {
      sent: "send, by whoever is being put out",
      expected: `\`sent\` with a \`seq\` below ${end}, or \`not-joined\``,
      got: reply
    })
  }
  const { head } = yield* ana.ask({ type: "history", room })
  yield* t.judge("KICK-1", head === end, {
    expected: `the \`kick\` as the last entry, ${end}`,
    got: `a head of ${head}`
  })
})

scenario("who is banned stays out until the ban ends", ["BAN-1"], { connections: 4 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const mod = yield* registered(t, "mod")
  yield* mod.join(room)
  yield* ana.ask(ban(room, leo), "BAN-1")
  yield* leo.refused({ type: "join", room }, "forbidden", { id: "BAN-1" })
  yield* ana.ask(invite(room, leo), "INVITE-1")
  yield* leo.refused({ type: "join", room }, "forbidden", { id: "BAN-1" })
  yield* ana.ask(ban(room, leo, false), "BAN-1")
  yield* leo.ask({ type: "join", room }, "BAN-1")
  yield* ana.ask(role(room, mod, "moderator"), "ROLE-2")
  yield* ana.ask(ban(room, mod), "BAN-1")
  yield* mod.refused({ type: "join", room }, "forbidden", { id: "BAN-1" })
  yield* ana.ask(ban(room, mod, false), "BAN-1")
  const joined = yield* mod.ask({ type: "join", room }, "BAN-1")
  yield* t.judge("BAN-1", joined.role === undefined, { expected: "`joined` without `role`", got: joined })
})

// ---------------------------------------------------------------------------------------------------------------------
// Who is what
// ---------------------------------------------------------------------------------------------------------------------

/** What `standings` can say of somebody. */
const standingOf = ({ banned, invited, muted, nick, role }: Standing) => ({ nick, role, invited, banned, muted })

/** Judges what somebody is told of a room. */
const judgeStandings = Effect.fnUntraced(function* (
  t: Scenario,
  asker: Client,
  room: string,
  expected: ReadonlyArray<Standing>
) {
  const all: Array<Standing> = []
  for (let more = true; more; ) {
    const after = all.at(-1)?.nick
    const slice = yield* asker.ask({ type: "standings", room, ...(after === undefined ? {} : { after }) }, "STANDING-1")
    all.push(...slice.standings)
    more = slice.more === true && slice.standings.length > 0
  }
  const wanted = expected.toSorted((one, other) => (one.nick < other.nick ? -1 : 1))
  const nicks = (list: ReadonlyArray<Standing>) => list.map(({ nick }) => nick).join(", ")
  yield* t.judge("STANDING-1", nicks(all) === nicks(wanted), {
    sent: `standings, by ${asker.who}`,
    expected: nicks(wanted),
    got: nicks(all)
  })
  yield* t.judge("STANDING-2", isDeepStrictEqual(all.map(standingOf), wanted.map(standingOf)), {
    sent: `standings, by ${asker.who}`,
    expected: JSON.stringify(wanted),
    got: all
  })
})

scenario(
  "everybody in a room can see who is what to it",
  ["STANDING-1", "STANDING-2"],
  { connections: 7 },
  function* (t) {
    const { ana, leo, room } = yield* anaAndLeo(t)
    const [mod, eva] = [yield* registered(t, "mod"), yield* registered(t, "eva")]
    const [pia, member] = [yield* t.person("pia"), yield* t.person("member")]
    for (const client of [mod, member]) yield* client.join(room)
    const owner = { nick: ana.nick, role: "owner" } as const
    yield* judgeStandings(t, member, room, [owner])
    yield* ana.ask(role(room, mod, "moderator"), "ROLE-2")
    yield* mod.ask(invite(room, eva), "INVITE-1")
    yield* mod.ask(invite(room, leo), "INVITE-1")
    yield* mod.ask(mute(room, leo), "MUTE-1")
    yield* mod.ask(ban(room, pia), "BAN-1")
    const all: ReadonlyArray<Standing> = [
      owner,
      { nick: mod.nick, role: "moderator" },
      { nick: eva.nick, invited: true },
      { nick: leo.nick, invited: true, muted: true },
      { nick: pia.nick, banned: true }
    ]
    for (const asker of [ana, member, leo]) yield* judgeStandings(t, asker, room, all)
    yield* eva.refused({ type: "standings", room }, "not-joined", { id: "STANDING-1" })
    // A guest's time ends with their `bye`, an account doesn't; and a role ends with its account.
    for (const client of [pia, eva]) yield* client.ask({ type: "bye" })
    yield* ana.ask(mute(room, leo, false), "MUTE-1")
    yield* mod.ask({ type: "unregister" }, "ACCOUNT-7")
    const left = [owner, { nick: eva.nick, invited: true }, { nick: leo.nick, invited: true }]
    yield* judgeStandings(t, member, room, left)
    const again = yield* t.connection("pia")
    yield* again.ask({ type: "login", nick: pia.nick })
    yield* judgeStandings(t, member, room, left)
  }
)

scenario("who is what comes by slices, ascending", ["STANDING-1"], { connections: 7 }, function* (t) {
  const ana = yield* registered(t, "na")
  const room = yield* owned(t, ana)
  const nicks = [ana.nick]
  for (const name of ["n_", "nz", "n0", "n-"]) {
    const invited = yield* t.person(name)
    nicks.push(invited.nick)
    yield* ana.ask(invite(room, invited), "INVITE-1")
  }
  nicks.sort()
  for (const after of [undefined, "n", ...nicks, "n8", "nzz-zz"]) {
    for (const limit of [undefined, 1, 2, nicks.length]) {
      const request = {
        type: "standings",
        room,
        ...(after === undefined ? {} : { after }),
        ...(limit === undefined ? {} : { limit })
      } as const
      const above = nicks.filter((nick) => after === undefined || nick > after)
      const wanted = above.slice(0, Math.min(limit ?? t.limits.page, t.limits.page))
      const slice = yield* ana.ask(request, "STANDING-1")
      const isWhole = slice.standings.map(({ nick }) => nick).join() === wanted.join()
      yield* t.judge("STANDING-1", isWhole && (slice.more ?? false) === above.length > wanted.length, {
        sent: request,
        expected: `${wanted.join(", ") || "nobody"}${above.length > wanted.length ? ', with "more":true' : ", and no `more`"}`,
        got: slice
      })
    }
  }
  yield* ana.refused({ type: "standings", room, limit: 0 }, "bad-request", { field: "limit", id: "STANDING-1" })
})

// ---------------------------------------------------------------------------------------------------------------------
// Speaking
// ---------------------------------------------------------------------------------------------------------------------

scenario("who is muted reads, and has no word", ["MUTE-1", "KEY-2", "REACT-3"], { connections: 3 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const { seq } = yield* leo.send(room, "one")
  const keyed = { type: "send", room, text: "one and a half", key: "k1" } as const
  const nod = { type: "react", room, target: seq, reaction: "hm" } as const
  if (suite.isClaimed("resume")) yield* leo.ask(keyed)
  if (suite.isClaimed("rich")) yield* leo.ask(nod)
  yield* ana.ask(mute(room, leo), "MUTE-1")
  for (const [profile, request, id] of [
    ["resume", keyed, "KEY-2"],
    ["rich", nod, "REACT-3"]
  ] as const) {
    if (!suite.isClaimed(profile)) continue
    const { duplicate } = yield* leo.ask(request, id)
    yield* t.judge(id, duplicate === true, {
      sent: request,
      expected: '`sent` with "duplicate":true: it is in the log since before the `mute`',
      got: duplicate
    })
  }
  yield* leo.refused({ type: "send", room, text: "two" }, "forbidden", { id: "MUTE-1" })
  if (suite.isClaimed("rich")) {
    const others: ReadonlyArray<Ask> = [
      { type: "edit", room, target: seq, text: "two" },
      { type: "react", room, target: seq, reaction: "+1" },
      { type: "topic", room, text: "me" },
      { type: "typing", room }
    ]
    for (const request of others) yield* leo.refused(request, "forbidden", { id: "MUTE-1" })
    yield* leo.refused({ type: "edit", room, target: 999, text: "two" }, "no-such-entry")
  }
  const { seq: heard } = yield* ana.send(room, "hear me")
  const got = yield* leo.find("message", (message) => message.seq === heard, { id: "MUTE-1" })
  yield* t.judge("MUTE-1", got.text === "hear me", { expected: "what others say", got })
  const elsewhere = yield* t.room(leo)
  yield* leo.ask({ type: "send", room: elsewhere, text: "two" }, "MUTE-1")
  yield* ana.ask(mute(room, leo, false), "MUTE-1")
  yield* leo.ask({ type: "send", room, text: "two" }, "MUTE-1")
})

scenario("in a slow room members wait", ["SLOW-1", "ERROR-3"], { connections: 4 }, function* (t) {
  const { ana, leo, room } = yield* anaAndLeo(t)
  const mod = yield* registered(t, "mod")
  yield* mod.join(room)
  yield* ana.ask(role(room, mod, "moderator"), "ROLE-2")
  yield* ana.ask(slow(room, 600), "SLOW-1")
  yield* leo.ask({ type: "send", room, text: "one" }, "SLOW-1")
  for (let nth = 0; nth < 2; nth++) {
    const refused = yield* leo.refused({ type: "send", room, text: "two" }, "rate-limited", { id: "SLOW-1" })
    const { retryAfter = 0 } = refused
    yield* t.judge("SLOW-1", retryAfter > 0 && retryAfter <= 600_000, {
      expected: "`retryAfter`, of at most 600,000",
      got: refused
    })
  }
  if (suite.isClaimed("rich")) {
    yield* leo.refused({ type: "send", room, text: "two", replyTo: 999 }, "no-such-entry", { id: "ERROR-3" })
  }
  yield* ana.ask(mute(room, leo), "MUTE-1")
  yield* leo.refused({ type: "send", room, text: "two" }, "forbidden", { id: "ERROR-3" })
  yield* ana.ask(mute(room, leo, false), "MUTE-1")
  for (const client of [ana, mod]) {
    yield* client.ask({ type: "send", room, text: "one" }, "SLOW-1")
    yield* client.ask({ type: "send", room, text: "two" }, "SLOW-1")
  }
  const elsewhere = yield* t.room(leo)
  yield* leo.ask({ type: "send", room: elsewhere, text: "two" }, "SLOW-1")
  yield* ana.ask(slow(room, 1), "SLOW-1")
  yield* letRun(1_100)
  yield* leo.ask({ type: "send", room, text: "three" }, "SLOW-1")
  yield* ana.ask(slow(room, 0), "SLOW-1")
  yield* leo.ask({ type: "send", room, text: "four" }, "SLOW-1")
  yield* leo.ask({ type: "send", room, text: "five" }, "SLOW-1")
})
