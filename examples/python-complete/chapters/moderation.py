"""Whose room it is, who may enter, and what is done about those who spoil it (spec/moderation.md).

Each request here is an entry of the log. It is written at once, so that whatever is asked for next, by anybody, is
judged by it.
"""
from people import people
from rights import change_standing, demand
from storage import storage
from wire import page_size, refuse_if, request

def somebody(nick):
    refuse_if(nick not in people, "no-such-nick", f"nobody is called {nick}", "nick")  # MODERATE-5
    return people[nick]

def carry_out(me, room, action, said, key, changes, effect):
    """Append the entry; what it changes is written with it, and holds when it has been shown (MODERATE-2)."""
    me.append(room, action, said, key, also=changes, effect=effect)
    storage.commit()

def carry_out_on(me, room, action, person, said, key, leaves=False, **standing):
    """The same, where it changes somebody's standing, and perhaps puts them out."""
    write, take_effect = change_standing(person, room, **standing)

    def effect():
        take_effect()
        if leaves and person.nick in room.members:
            room.put_out(person, action)

    carry_out(me, room, action, {"nick": person.nick} | said, key, [write], effect)

@request
def on_role(me, room: "joined", nick: "nick", role: "role", key: "key" = None):
    person = somebody(nick)
    demand(me, room, "role", person)
    refuse_if(not person.verifier, "forbidden", "only who has an account can be more than a member", "nick")  # ROLE-3
    new = [(person, "" if role == "member" else role)]
    if role == "owner":  # in place of the one before (ROLE-2)
        owners = {id for id, standing in room.standings.items() if standing[0] == "owner"}
        new += [(other, "moderator") for other in people.values() if other.id in owners]
    changes = [change_standing(who, room, role=what) for who, what in new]

    def effect():
        for _, take_effect in changes:
            take_effect()

    carry_out(me, room, "role", {"nick": nick, "role": role}, key, [write for write, _ in changes], effect)

@request
def on_kind(me, room: "joined", kind: "kind", key: "key" = None):
    demand(me, room, "kind")
    keep(me, room, "kind", kind, {"kind": kind}, key)

@request
def on_slow(me, room: "joined", seconds: "seconds", key: "key" = None):
    demand(me, room, "slow")
    keep(me, room, "slow", seconds, {"seconds": seconds}, key)

def keep(me, room, what, value, said, key):
    """The room has another kind, or is slow."""
    write = f"UPDATE logs SET {what} = ? WHERE log = ?", (value, room.key)
    carry_out(me, room, what, said, key, [write], lambda: setattr(room, what, value))

@request
def on_invite(me, room: "joined", nick: "nick", on: "flag" = True, key: "key" = None):
    person = somebody(nick)
    demand(me, room, "invite")
    carry_out_on(me, room, "invite", person, {"on": on}, key, invited=on)

@request
def on_kick(me, room: "joined", nick: "nick", key: "key" = None):
    person = somebody(nick)
    refuse_if(nick not in room.members, "no-such-nick", f"{nick} isn't in {room.key}", "nick")  # MODERATE-5
    demand(me, room, "kick", person)
    carry_out_on(me, room, "kick", person, {}, key, leaves=True, invited=False)

@request
def on_ban(me, room: "joined", nick: "nick", on: "flag" = True, key: "key" = None):
    person = somebody(nick)
    demand(me, room, "ban", person)
    if on:
        carry_out_on(me, room, "ban", person, {"on": on}, key, leaves=True, role="", invited=False, banned=True)
    else:
        carry_out_on(me, room, "ban", person, {"on": on}, key, banned=False)

@request
def on_mute(me, room: "joined", nick: "nick", on: "flag" = True, key: "key" = None):
    person = somebody(nick)
    demand(me, room, "mute", person)
    carry_out_on(me, room, "mute", person, {"on": on}, key, muted=on)

@request
def on_standings(me, room: "joined", after: "nick" = None, limit: "limit" = None):
    """Who is something to the room, as long as they have an account or are there (STANDING-1)."""
    demand(me, room, "standings")
    storage.commit()  # as it is after all that was sent before (STANDING-2)
    nicks = sorted(nick for nick, person in people.items() if person.id in room.standings and nick > (after or ""))
    found = [{"nick": nick} | shown(*room.standings[people[nick].id]) for nick in nicks[:page_size(limit) + 1]]
    me.reply_page("standings", "standings", found, limit, room=room.key)

def shown(role, invited, banned, muted):
    given = {"role": role, "invited": bool(invited), "banned": bool(banned), "muted": bool(muted)}
    return {name: value for name, value in given.items() if value}
