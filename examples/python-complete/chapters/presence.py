"""Who is there, and how they are (spec/presence.md)."""
from people import people
from wire import page_size, refuse_if, request, slice_of

@request
def on_status(me, status: "status" = None, text: "status-text" = None, display: "display" = None):
    new = {"status": status, "text": text, "display": display}
    new = {name: value for name, value in new.items() if value is not None}
    if me.person.presence["status"] == "idle":
        new = {"status": "active"} | new  # in one event with the rest (IDLE-3)
    me.person.change(**new)
    me.person.act()
    me.reply("status", **me.person.presence)

@request
def on_users(me, room: "joined" = None, after: "nick" = None, limit: "limit" = None):
    near = {me.person.nick: me.person} if room is None else {}
    for shared in [room] if room else me.rooms.values():
        near |= shared.members
    nicks = sorted(nick for nick in near if nick > (after or ""))[:page_size(limit) + 1]
    me.reply_page("users", "users", [near[nick].presence | near[nick].account for nick in nicks], limit)

@request
def on_whois(me, nick: "nick"):
    person = people.get(nick)
    shared = [name for name, room in me.rooms.items() if nick in room.members]
    # A stranger is answered like nobody: who they are, one hears in a room (USERS-5).
    refuse_if(not shared and person is not me.person, "no-such-nick", f"there is no {nick} in your rooms", "nick")
    names, more = slice_of(shared)
    me.reply("whois", **person.presence, **person.account, rooms=names, **more)
