"""Rooms, their order, and their history; and conversations, which are rooms that nobody joins.

See spec/rooms.md, spec/order.md, spec/history.md and spec/direct.md.
"""
from chapters.search import index
from people import Room, rooms
from rights import change_standing, is_muted, may, may_enter, refuse_hasty, refuse_muted, role_of
from storage import storage
from wire import LIMITS, encode, page_size, refuse_if, request, slice_of

@request
def on_join(me, room: "room", create: "flag" = True, after: "cursor" = None, epoch: "string" = None):
    name, person = room, me.person
    refuse_if(name not in rooms and not create, "no-such-room", f"there is no {name}", "room")
    refuse_if(name in me.rooms, "already-joined", f"you are in {name}", "room")
    room, is_new = rooms.get(name) or Room(name), name not in rooms
    refuse_if(not may_enter(person, room), "forbidden", f"{name} is for those who are invited, or bans you", "room")
    refuse_if(len(me.rooms) >= LIMITS["joins"], "limit-reached", "you are in too many rooms: leave one", "room")
    full = len(rooms) >= LIMITS["rooms"] if is_new else len(room.members) >= LIMITS["members"]
    full = full and person.nick not in room.members  # a member who comes back has a place already
    refuse_if(full, "limit-reached", "there are too many rooms, or too many people in this one", "room")
    replay, more = [], {}
    if after is not None:
        known = room.first - 1 <= after <= room.head and room.head - after <= LIMITS["replay"]  # CATCH-3
        more["resumed"] = known and epoch == room.epoch  # CATCH-1, DURABLE-5
        replay = room.entries("seq > ? ORDER BY seq", after) if more["resumed"] else []
    more |= {"topic": room.topic} if room.topic else {}  # TOPIC-2
    more |= {"read": person.marks[name]} if person.marks.get(name) else {}  # READ-5
    rooms[name] = room  # here the effects begin
    if is_new and room.head == 0 and person.verifier:
        change_standing(person, room, role="owner")[1]()  # ROLE-1; it is written when there is an entry (MODERATE-6)
    room.enter(me.seat)
    me.enter(room)  # only now, so that nobody is told of their own joining (MEMBER-3)
    members, more_members = slice_of(room.members)
    me.reply("joined", room=name, epoch=room.epoch, first=room.first, head=room.head, **more, **keeping(me, room),
             members=members, **more_members)
    for entry in replay:  # CATCH-2, CATCH-4
        me.write(encode(**room.event(entry, person)))

def keeping(me, room):
    """How the room is kept, as far as it isn't as rooms are in the core (ROLE-4)."""
    role = role_of(me.person, room)
    said = {"kind": room.kind if room.kind != "public" else "", "role": role if role != "member" else "",
            "muted": is_muted(me.person, room), "slow": room.slow}
    return {name: value for name, value in said.items() if value}

@request
def on_leave(me, room: "joined"):
    me.leave(room)  # first, so that nobody is told of their own leaving (MEMBER-3)
    room.leave(me.seat)
    me.reply("left", room=room.key)

@request
def on_send(me, room: "log", text: "text", key: "key" = None, epoch: "string" = None, replyTo: "seq" = None):
    body = {"text": text}
    if replyTo is not None:  # REPLYTO-2
        found = storage.ask("SELECT 1 FROM entries WHERE log = ? AND seq = ? AND type IN ('message', 'erased')",
                            room.key, replyTo)
        refuse_if(not found, "no-such-entry", "this log has no such message to reply to", "replyTo")
        body["replyTo"] = replyTo
    refuse_muted(me.person, room)
    refuse_hasty(me.person, room)  # last of all (ERROR-3)
    words = index(room, storage.place + 1, text) if isinstance(room, Room) else []  # a conversation isn't searched
    me.append(room, "message", body, key, also=words)

@request
def on_rooms(me, after: "room" = None, limit: "limit" = None):
    shown = [name for name, room in rooms.items() if may(me.person, "list", room)]  # RIGHTS-3
    names, more = slice_of(shown, after, limit)
    me.reply("rooms", rooms=[{"room": name, "members": len(rooms[name].members)} for name in names], **more)

@request
def on_members(me, room: "joined", after: "nick" = None, limit: "limit" = None):
    members, more = slice_of(room.members, after, limit)
    me.reply("members", room=room.key, members=members, **more)

@request
def on_history(me, room: "log", before: "seq" = 2**53, after: "cursor" = None, limit: "limit" = None,
               epoch: "string" = None):
    """One page; its beginning (`after`) or its end (otherwise) is where the client wants it (HISTORY-1 to 6)."""
    if after is not None:
        found = room.entries("seq > ? ORDER BY seq LIMIT ?", after, page_size(limit) + 1)
    else:
        found = room.entries("seq < ? ORDER BY seq DESC LIMIT ?", before, page_size(limit) + 1)
    log = room.named(me.person) | {"epoch": room.epoch, "first": room.first, "head": room.head}
    me.reply_page("history", "entries", found, limit, flip=after is None, **log)

@request
def on_conversations(me, after: "conversation" = None, limit: "limit" = None):
    mine = {f"@{nick}": it for nick, it in me.person.conversations.items() if it.head}
    found = []
    for name in sorted(name for name in mine if name > (after or ""))[:page_size(limit) + 1]:
        log = mine[name]
        last = log.entries("seq = ?", log.head)
        found.append({"room": name, "epoch": log.epoch, "first": log.first, "head": log.head}
                     | ({"last": last[0]} if last else {}))
    me.reply_page("conversations", "conversations", found, limit)
