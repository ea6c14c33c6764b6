"""Edits, deletions, reactions, topics, typing, and marks of what was read (spec/rich.md)."""
import json, weakref
from time import monotonic as now

from chapters.search import index, unindex
from rights import may, refuse_muted
from storage import storage
from wire import LIMITS, encode, refuse_if, request, to_json

def message_of(me, room, target):
    """The place, the author and the fields of a message that is to be changed (RICH-3)."""
    storage.commit()  # what is on its way to the log comes before this request
    found = storage.ask("SELECT place, person, body FROM entries WHERE log = ? AND seq = ? AND type = 'message'",
                        room.key, target)
    refuse_if(not found, "no-such-entry", "this log has no such message that could be meant", "target")
    return found[0], found[1], json.loads(found[2])

def own_message_of(me, room, target, others=False):
    """The same, of one's own messages, unless one may do it with those of others (RICH-4, RIGHTS-4)."""
    place, author, message = message_of(me, room, target)
    own = author == me.person.id or others
    refuse_if(not own, "forbidden", "only its author may do that with a message", "target")
    return place, message

def update(room, target, message):
    return "UPDATE entries SET body = ? WHERE log = ? AND seq = ?", (to_json(message), room.key, target)

@request
def on_edit(me, room: "joined", target: "seq", text: "text", key: "key" = None):
    place, message = own_message_of(me, room, target)
    refuse_muted(me.person, room)
    message |= {"text": text, "edited": room.last + 1}  # EDIT-1
    changes = [update(room, target, message), unindex(room, place), *index(room, place, text)]
    me.append(room, "edit", {"text": text}, key, target, changes)

@request
def on_delete(me, room: "joined", target: "seq", key: "key" = None):
    place, message = own_message_of(me, room, target, may(me.person, "delete", room))
    erased = {"deleted": room.last + 1} | ({"replyTo": message["replyTo"]} if "replyTo" in message else {})
    about = (room.key, target)
    me.append(room, "delete", {}, key, target, [
        update(room, target, erased), unindex(room, place),
        ("UPDATE entries SET type = 'erased' WHERE log = ? AND seq = ?", about),  # DELETE-1
        ("UPDATE entries SET body = '{}' WHERE log = ? AND target = ? AND type = 'edit'", about),  # DELETE-2
        ("UPDATE keys SET digest = '' WHERE log = ?1 AND (seq = ?2 OR seq IN"  # KEY-3
         " (SELECT seq FROM entries WHERE log = ?1 AND target = ?2 AND type = 'edit'))", about),
        ("DELETE FROM reactions WHERE log = ? AND target = ?", about)])
    storage.stale = True

@request
def on_react(me, room: "joined", target: "seq", reaction: "reaction", on: "flag" = True, key: "key" = None):
    _, _, message = message_of(me, room, target)
    mine = (room.key, target, me.person.id, reaction)
    which = "r.log = ? AND r.target = ? AND r.person = ? AND r.reaction = ?"
    had = storage.ask(f"SELECT r.seq, at FROM reactions r JOIN entries USING (log, seq) WHERE {which}", *mine)
    refuse_if(not on and not had, "no-such-entry", "you have no such reaction to it", "reaction")  # REACT-4
    if on and had:  # REACT-3
        if key:
            storage.keep(me.use_key(room, key, *had))
        me.person.act()
        return me.reply("sent", room=room.key, seq=had[0], at=had[1], duplicate=True)
    refuse_muted(me.person, room)
    counts = {it["reaction"]: it["count"] for it in message.get("reactions", [])}
    full = on and reaction not in counts and len(counts) >= LIMITS["reactions"]
    refuse_if(full, "limit-reached", "it has as many different reactions as it can have", "reaction")  # REACT-5
    counts[reaction] = counts.get(reaction, 0) + (1 if on else -1)  # a new one comes at the end (REACT-2)
    shown = [{"reaction": it, "count": count} for it, count in counts.items() if count]
    message = {name: message[name] for name in message if name != "reactions"} | ({"reactions": shown} if shown else {})
    changes = [update(room, target, message | {"reacted": room.last + 1})]
    if on:
        changes.append(("INSERT INTO reactions VALUES (?, ?, ?, ?, ?)", (*mine, room.last + 1)))
    else:
        changes.append((f"DELETE FROM reactions AS r WHERE {which}", mine))
    me.append(room, "react", {"reaction": reaction, "on": on}, key, target, changes)

@request
def on_topic(me, room: "joined", text: "topic", key: "key" = None):
    refuse_muted(me.person, room)
    me.append(room, "topic", {"text": text}, key, also=[("UPDATE logs SET topic = ? WHERE log = ?", (text, room.key))])

@request
def on_typing(me, room: "joined", on: "flag" = True):
    """Tell the others, but nobody too often (TYPING-2, TYPING-3)."""
    refuse_muted(me.person, room)
    told = me.person.typing.setdefault(room.key, weakref.WeakKeyDictionary())
    for other in [other for other in room.listeners if other.person is not me.person]:  # TYPING-4
        since, was_on = told.get(other, (float("-inf"), False))
        if now() - since >= 3 if on else was_on:
            told[other] = now() if on else since, on
            other.write(encode(type="typing", room=room.key, nick=me.person.nick, on=on), asked=False)
    me.person.act()
    me.reply("typing", room=room.key)

@request
def on_read(me, room: "joined", seq: "cursor" = 0):
    marks, name, moves = me.person.marks, room.key, seq > me.person.marks.get(room.key, 0)
    refuse_if(seq > room.head, "no-such-entry", f"the last entry of {name} is {room.head}", "seq")  # READ-3
    if moves:
        storage.keep(("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (me.person.id, name, seq)))  # READ-4
        marks[name] = seq
    mark = marks.get(name, 0)
    unread = storage.ask("SELECT count(*) FROM entries WHERE log = ? AND seq > ? AND type = 'message' AND person != ?",
                         name, mark, me.person.id)[0]
    if moves:
        line = encode(type="read", room=name, read=mark, head=room.head, unread=unread)
        for other in [other for other in room.listeners if other.person is me.person and other is not me]:
            other.write(line, asked=False)  # READ-7
    me.reply("read", room=name, seq=mark, head=room.head, unread=unread)
