"""Who may what in a room: the table of the specification, and what somebody is to a room (spec/moderation.md)."""
import math
from time import monotonic as now

from storage import storage
from wire import refuse_if

ROLES = ["outsider", "invited", "member", "moderator", "owner", "operator"]  # each may what those before it may
KINDS = ["public", "private", "secret"]
LEAST = {  # the least role that may, in a public, a private and a secret room
    "join": ("outsider", "invited", "invited"),
    "list": ("outsider", "outsider", "invited"),
    "standings": ("member", "member", "member"),
    "invite": ("member", "member", "moderator"),
    "kick": ("moderator", "moderator", "moderator"),
    "ban": ("moderator", "moderator", "moderator"),
    "mute": ("moderator", "moderator", "moderator"),
    "delete": ("moderator", "moderator", "moderator"),
    "slow": ("moderator", "moderator", "moderator"),
    "role": ("owner", "owner", "owner"),
    "kind": ("owner", "owner", "owner"),
}
MOST = 10000  # people who are something to one room without being in it

def allows(action, kind, role):
    """One cell of the table (RIGHTS-1)."""
    return ROLES.index(role) >= ROLES.index(LEAST[action][KINDS.index(kind)])

def standing_of(person, room):
    """What stays of somebody when they have left: a role or "", and whether they are invited, banned and muted."""
    return room.standings.get(person.id) or ["", False, False, False]

def role_of(person, room):
    role, invited, _, _ = standing_of(person, room)
    if person.is_operator:
        return "operator"
    return role or ("member" if person.nick in room.members else "invited" if invited else "outsider")

def may(person, action, room):
    return allows(action, room.kind, role_of(person, room))

def is_below(one, other, room):
    return ROLES.index(role_of(one, room)) < ROLES.index(role_of(other, room))

def demand(me, room, action, about=None):
    """Refuse what somebody may not do, here or to this person (RIGHTS-1, RIGHTS-2)."""
    least = LEAST[action][KINDS.index(room.kind)]
    refuse_if(not may(me.person, action, room), "forbidden", f"in {room.key} one has to be {least} to {action}")
    refuse_if(about and not is_below(about, me.person, room), "forbidden", "only about those below oneself", "nick")

def may_enter(person, room):
    """Whether somebody may join: an operator may whatever was done (BAN-1)."""
    _, _, banned, _ = standing_of(person, room)
    return person.is_operator or may(person, "join", room) and not banned

def is_muted(person, room):
    return bool(standing_of(person, room)[3])

def refuse_muted(person, room):
    refuse_if(is_muted(person, room), "forbidden", f"you have no word in {room.key}", "room")  # MUTE-1

def refuse_hasty(person, room):
    """In a slow room, a member waits between two messages (SLOW-1)."""
    if room.slow and role_of(person, room) == "member":
        storage.commit()  # what they have said on another connection may be on its way
        wait = room.slow - (now() - person.spoken.get(room.key, float("-inf")))
        refuse_if(wait > 0, "rate-limited", f"{room.key} is slow: try again later", "room",
                  retryAfter=math.ceil(1000 * max(wait, 0)))

def change_standing(person, room, role=None, invited=None, banned=None, muted=None):
    """What to write, and what to do then, so that something of somebody's standing is another."""
    before = standing_of(person, room)
    after = [old if new is None else new for old, new in zip(before, (role, invited, banned, muted))]
    if not any(after):
        return ("DELETE FROM standings WHERE log = ? AND person = ?", (room.key, person.id)), \
            lambda: room.standings.pop(person.id, None)
    full = person.id not in room.standings and len(room.standings) >= MOST
    refuse_if(full, "limit-reached", f"very many people are something to {room.key}", "nick")
    return ("INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?, ?)", (room.key, person.id, *after)), \
        lambda: room.standings.update({person.id: after})
