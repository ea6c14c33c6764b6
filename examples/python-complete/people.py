"""Logs with their entries, and the people who write them."""
import json, secrets
from time import monotonic as now

from storage import FORGET_LOG, FORGET_PERSON, digest_of, storage, time_string
from texts import mentions
from wire import LIMITS, encode

rooms, people, sessions = {}, {}, {}  # rooms by name; people by nick; seats that have a session by its digest

# -------------------------------------------------------------------------------------------------------------- logs

ENTRY = "type, seq, nick, target, body, key, at"

def entry_of(kind, seq, nick, target, body, key, at):
    """What everybody is shown of an entry, but for the name of its log (ORDER-1, SEND-5)."""
    entry = {"type": kind, "seq": seq, "from": nick} | ({"target": target} if target else {}) | json.loads(body)
    named = mentions(entry["text"]) if kind in ("message", "edit") and "text" in entry else []
    return entry | ({"mentions": named} if named else {}) | ({"key": key} if key else {}) | {"at": at}

class Log:
    """Entries in their order. The object is what we know of it; the entries are in the file."""

    one = two = None  # the ids of the two people, if there are just two
    standings = {}  # in a conversation, nobody is anything
    NEW = 1, "", "public", 0

    def __init__(self, key, epoch):
        self.key = key
        known = storage.ask("SELECT epoch, first, topic, kind, slow FROM logs WHERE log = ?", key)
        self.epoch, self.first, self.topic, self.kind, self.slow = known or (epoch, *self.NEW)
        self.head = storage.ask("SELECT coalesce(max(seq), 0) FROM entries WHERE log = ?", key)[0]
        self.last = self.head  # the last seq that was given; above `head` while entries are on their way to the disk

    def begin(self):
        """The first entry is on its way to the disk: what is written before it."""
        values = (self.key, self.epoch, *self.NEW, self.one, self.two)
        return [("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)]

    def entries(self, where, *values):
        """Entries as a page has them (HISTORY-8)."""
        sql = f"SELECT {ENTRY} FROM entries WHERE log = ? AND seq >= ? AND {where}"
        return [entry_of(*row) for row in storage.db.execute(sql, (self.key, self.first, *values))]

    def event(self, entry, person):
        """An entry as this person's connections are told of it, and as a search finds it."""
        return {"type": entry["type"], **self.named(person), **entry}

class Room(Log):
    """A log and its members. This object lives while there are members; the log stays in the file (DURABLE-3)."""

    def __init__(self, name):
        super().__init__(name, secrets.token_hex(8))  # without entries, another log each time (EPOCH-2)
        self.members, self.listeners = {}, set()  # people by nick; connections that have joined
        rows = storage.db.execute("SELECT person, role, invited, banned, muted FROM standings WHERE log = ?", (name,))
        self.standings = {person: standing for person, *standing in rows}  # see rights.py

    def begin(self):
        owners = [("INSERT INTO standings VALUES (?, ?, ?, ?, ?, ?)", (self.key, person, *standing))
                  for person, standing in self.standings.items()]
        return super().begin() + owners

    def named(self, person):
        return {"room": self.key}

    def tell(self, line):
        for connection in self.listeners:
            connection.write(line, asked=False)

    def show(self, entry):
        self.tell(encode(**self.event(entry, None)))

    def enter(self, seat):
        """A person is a member from the first of their seats that takes the room to the last that gives it up."""
        if seat.person.nick not in self.members:  # else they have been one all the time (SESSION-5)
            self.tell(encode(type="member", room=self.key, nick=seat.person.nick, change="joined"))  # MEMBER-1
            self.members[seat.person.nick] = seat.person
        seat.rooms[self.key] = self

    def leave(self, seat):
        del seat.rooms[self.key]
        if self.key not in seat.person.rooms:
            self.lose(seat.person)

    def lose(self, person):
        del self.members[person.nick]
        self.tell(encode(type="member", room=self.key, nick=person.nick, change="left"))  # MEMBER-2
        if not self.members:
            del rooms[self.key]

    def put_out(self, person, reason):
        """All of the person's connections are out, and are told so (KICK-1)."""
        for connection in [connection for connection in self.listeners if connection.person is person]:
            connection.leave(self)
            connection.write(encode(type="left", room=self.key, reason=reason), asked=False)
        for seat in person.seats:
            seat.rooms.pop(self.key, None)
        self.lose(person)

class Conversation(Log):
    """The log of two people. Each knows it by the other's nick, and it ends with either (DIRECT-3, DIRECT-11)."""

    def __init__(self, *two):
        # Ids are given once: so the epoch is the same whenever it is asked for, and no other's (DIRECT-10).
        self.people, (self.one, self.two) = two, sorted(person.id for person in two)
        epoch = digest_of(f"{self.one} {self.two}")[:32]
        super().__init__("@" + epoch, epoch)

    def named(self, person):
        return {"room": "@" + self.other(person).nick, "epoch": self.epoch}  # DIRECT-5

    def other(self, person):
        return self.people[self.people[0] is person]

    def begin(self):
        for person in self.people:
            person.conversations[self.other(person).nick] = self
        return super().begin()

    def show(self, entry):
        for person in self.people:
            for connection in person.connections:
                connection.write(encode(**self.event(entry, person)), asked=False)  # DIRECT-4

# ------------------------------------------------------------------------------------------------------------ people

class Person:
    """Somebody: a guest, who ends with their seat, or whoever has an account. They are there while they have a seat."""

    def __init__(self, nick, id, verifier=None):
        self.nick, self.id, self.verifier = nick, id, verifier  # `verifier`: of the account's password
        self.is_operator, self.seats = False, []
        self.conversations, self.marks = {}, {}  # by the other's nick; by room, up to where they have read
        self.typing, self.spoken = {}, {}  # by room: whom we have told of it, when, and on or off; their last message
        self.appear()

    @property
    def account(self):
        """What `welcome`, `whois` and `users` say of it (ACCOUNT-4, ACCOUNT-8, ACCOUNT-16)."""
        return {"account": True} if self.verifier else {}

    @property
    def connections(self):
        return [seat.connection for seat in self.seats if seat.connection]

    @property
    def rooms(self):
        """The rooms that they are a member of, by name."""
        return {name: room for seat in self.seats for name, room in seat.rooms.items()}

    def appear(self):
        self.presence, self.acted = {"nick": self.nick, "status": "active", "since": time_string(0)}, now()  # STATUS-3

    def change(self, **new):
        """Change something of the presence; tell everybody who shares a room, if anything is another (PRESENCE-1)."""
        after = {name: value for name, value in (self.presence | new).items() if value}  # "" takes away (STATUS-2)
        if after["status"] != self.presence["status"]:
            after["since"] = time_string(0)  # STATUS-4
        if after != self.presence:
            self.presence, line = after, encode(type="presence", **after)
            near = {connection for room in self.rooms.values() for connection in room.listeners}
            for connection in near.difference(self.connections):  # once, and not to oneself (PRESENCE-3)
                connection.write(line, asked=False)

    def act(self):
        """The person does something: not idle, or not any more (IDLE-2, IDLE-3)."""
        self.acted = now()
        if self.presence["status"] == "idle":
            self.change(status="active")

    def has_spoken(self, room):
        """A message of theirs ends the typing: everybody may be told at once that they type again (TYPING-3)."""
        self.spoken[room.key] = now()
        told = self.typing.get(room.key, {})
        for other in list(told):
            told[other] = float("-inf"), False

    def end(self):
        """A guest's conversations end, and the nick is free (DIRECT-11)."""
        for conversation in self.conversations.values():
            del conversation.other(self).conversations[self.nick]
        for room in rooms.values():
            room.standings.pop(self.id, None)
        del people[self.nick]

class Seat:
    """A login, and the connections that continue it, one after the other, if it has a session.

    A guest has one; an account has one for each time that somebody has logged in to it and not gone.
    """

    def __init__(self, person, session=None):
        if not person.seats:
            person.appear()
        people[person.nick] = person
        self.person, self.session, self.rooms = person, session, {}  # the session's digest; rooms that it is in
        self.connection, self.deadline = None, None  # when to look who hasn't come back
        person.seats.append(self)
        if session:
            sessions[session] = self

    def grace_begins(self):
        self.deadline = now() + LIMITS["grace"]

    def grace_is_over(self):
        """End what has not been taken up again: some memberships, or all (SESSION-6)."""
        self.deadline = None
        if not self.connection:
            return self.end()
        for room in [room for name, room in self.rooms.items() if name not in self.connection.rooms]:
            room.leave(self)

    def dismiss(self, code):
        """End it, and the connection that is there, whatever it has still to say."""
        if self.connection:
            self.connection.end(code, for_good=True)
        else:
            self.end()

    def end(self):
        """The session is worth nothing, and the memberships end; with the last seat, nobody is there (SESSION-8)."""
        person, is_last = self.person, self.person.seats == [self]
        sessions.pop(self.session, None)
        self.forget(is_last and not person.verifier)
        storage.commit()  # before the nick is free: else a restart could bring the session back
        if is_last:
            person.change(status="offline")  # PRESENCE-7
        for room in list(self.rooms.values()):
            room.leave(self)
        person.seats.remove(self)
        if is_last and not person.verifier:
            person.end()

    def forget(self, person_too):
        """Take out of the file what is worth nothing now; if that fails, with whatever is written next."""
        gone = [("DELETE FROM sessions WHERE digest = ?", (self.session,))] if self.session else []
        if person_too:
            talks = self.person.conversations.values()
            gone += [(sql, {"person": self.person.id}) for sql in FORGET_PERSON]
            gone += [(sql, {"log": it.key}) for it in talks for sql in FORGET_LOG]
            storage.stale = storage.stale or bool(talks)
        if gone:
            storage.add_surely(*gone)
