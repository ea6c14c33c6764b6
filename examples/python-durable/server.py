"""A Tertulia 1 server that loses nothing, in one file, with nothing but the standard library (Python 3.11).

It speaks the core and the profiles history and resume: what anybody has seen is in a SQLite file first, and survives a
kill -9 of this process; a person whose connection breaks comes back as the same one, and a message that is sent again
with the same key is there once.

From top to bottom: what a request looks like; the storage; rooms and people; connections; clocks, and the door. Whoever
has something to say to a connection puts a line into its outbox, and never waits for its socket. Codes such as FRAME-6
name the requirements of the specification, which is in ../../spec.
"""
import argparse, asyncio, collections, datetime, hashlib, itertools, json, os, random, re, secrets, signal, socket
import sqlite3, sys, traceback
from time import monotonic as now

LIMITS = {"line": 65536, "text": 4096, "page": 100, "joins": 32, "members": 100, "rooms": 500, "replay": 100,
          "connections": 200, "loginSeconds": 30, "backlog": 1048576, "burst": 100, "rate": 50, "grace": 15,
          "keySeconds": 604800}
HELLO = {"type": "hello", "protocol": 1, "server": "python-durable/1", "features": ["history/1", "resume/1"],
         "auth": ["guest"], "limits": LIMITS, "heartbeat": 30}
KEEP = 2**53  # how many entries a room keeps

# ---------------------------------------------------------------------------------------------------------- requests

REQUESTS = {  # the fields of each request; "?" marks those that may be missing; others are ignored (EXT-1)
    "login": {"nick": "nick", "resume": "flag?", "session": "string?"},
    "join": {"room": "room", "create": "flag?", "after": "cursor?", "epoch": "string?"},
    "leave": {"room": "room"},
    "send": {"room": "room", "text": "text", "key": "key?"},
    "history": {"room": "room", "before": "seq?", "after": "cursor?", "limit": "limit?"},
    "rooms": {"after": "room?", "limit": "limit?"},
    "members": {"room": "room", "after": "nick?", "limit": "limit?"},
    "ping": {}, "sync": {}, "bye": {},
}
RANGES = {"id": (1, 2**31 - 1), "cursor": (0, 2**53 - 1), "seq": (1, 2**53 - 1), "limit": (1, 2**53 - 1)}
NAMES = {"nick": re.compile("[a-z0-9][a-z0-9_-]{0,31}"), "room": re.compile("#[a-z0-9][a-z0-9_-]{0,31}")}
KEY = re.compile("[A-Za-z0-9_-]{1,64}")  # KEY-1
FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # lower() would fold more (NAME-2)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # TEXT-2
UNSENDABLE = re.compile("[\x00\ud800-\udfff]")  # a surrogate that json.loads left alone has no partner (JSON-4)
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[][{}]')  # "++" never goes back: hostile lines cost no more

class Refused(Exception):
    """A request that gets an `error` and has no effect (ERROR-1)."""

def refuse_if(wrong, code, message, field=None, **more):
    if wrong:
        raise Refused({"code": code, "message": message} | ({"field": field} if field else {}) | more)

UNAVAILABLE = {"code": "unavailable", "message": "this can't be kept now: try again later", "retryAfter": 2000}

def encode(**message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

def parse_object(line):
    """The JSON object on a line, or None (JSON-1, JSON-3). To JSON, the CR of a CR LF is white space (FRAME-2)."""
    try:
        text, depth = line.decode("utf-8"), 0
        for found in STRING_OR_BRACKET.finditer(text):  # before json.loads, which recurses
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
            refuse_if(depth > 8, "bad-json", "nested too deep")
        # int() chokes on 5,000 digits, and 20 are out of every range. It also refuses "NaN", which Python would read.
        value = json.loads(text, parse_int=lambda digits: int(digits[:20]), parse_constant=int)
        return value if isinstance(value, dict) else None
    except (ValueError, Refused):
        return None

def has_type(value, kind):
    if kind in RANGES:  # 1.0 is no integer here (JSON-7), and True is none anywhere, though isinstance() says so
        return type(value) is int and RANGES[kind][0] <= value <= RANGES[kind][1]
    if kind == "key":  # KEY-9
        return isinstance(value, str) and KEY.fullmatch(value)
    return isinstance(value, bool if kind == "flag" else str)

def check_fields(request):
    """Look at all fields for one kind of fault before the next kind: this is the order of the registry (ERROR-3)."""
    fields = REQUESTS[request["type"]]
    kinds = {name: kind.rstrip("?") for name, kind in fields.items() if name in request or "?" not in kind}
    if "epoch" in fields and "after" in kinds:
        kinds["epoch"] = "string"  # not optional any more (CATCH-5)
    for name, kind in kinds.items():
        refuse_if(name not in request, "bad-request", f"{name} is missing", name)
        refuse_if(not has_type(request[name], kind), "bad-request", f"{name}: wrong type or out of range", name)
    refuse_if("before" in kinds and "after" in kinds, "bad-request", "before or after, not both", "after")  # HISTORY-6
    for name in (name for name, kind in kinds.items() if kind in NAMES):
        request[name] = request[name].translate(FOLD)  # below, "$" would let an LF pass at the end; fullmatch doesn't
        good = NAMES[kinds[name]].fullmatch(request[name])
        refuse_if(not good, "bad-name", f"{name}: 1 to 32 of a-z, 0-9, _ and -, for a room after a #", name)
    if "text" in kinds:
        bad, size = FORBIDDEN.search(request["text"]), len(request["text"].encode())
        refuse_if(bad or not size, "bad-text", "text: not empty, no control characters but LF and TAB", "text")
        refuse_if(size > LIMITS["text"], "too-long", "the text is over limits.text", "text")

def slice_of(names, request):
    """The slice that a request wants, and {"more": True} if names follow it (LIST-1 to LIST-4)."""
    rest = sorted(name for name in names if name > request.get("after", ""))
    size = min(request.get("limit", LIMITS["page"]), LIMITS["page"])
    return rest[:size], {"more": True} if len(rest) > size else {}

# ----------------------------------------------------------------------------------------------------------- storage

APPLICATION = 0x7E27  # marks a SQLite file as ours
SCHEMA = [
    f"PRAGMA application_id = {APPLICATION}",
    "CREATE TABLE logs (room TEXT PRIMARY KEY, epoch TEXT NOT NULL, first INTEGER NOT NULL) WITHOUT ROWID",
    # `person` is who has sent an entry, however often they came back; `nick` is what the others saw. An entry below
    # `first` has been given up, and stands here without its text as long as its key has to be known (KEY-5).
    """CREATE TABLE entries (room TEXT NOT NULL, seq INTEGER NOT NULL, nick TEXT NOT NULL, text TEXT, key TEXT,
       at TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (room, seq)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX keys ON entries (person, room, key) WHERE key IS NOT NULL",
    "CREATE INDEX given_up ON entries (at) WHERE text IS NULL",
    "CREATE TABLE sessions (person TEXT PRIMARY KEY, nick TEXT NOT NULL UNIQUE) WITHOUT ROWID",
]
GIVE_UP = [  # the entries of a room from one seq to before another (DURABLE-4), and keys that have been known for long
    "UPDATE logs SET first = :to WHERE room = :room",
    "DELETE FROM entries WHERE room = :room AND seq >= :first AND seq < :to AND key IS NULL",
    "UPDATE entries SET text = NULL WHERE room = :room AND seq >= :first AND seq < :to",
    "DELETE FROM entries WHERE text IS NULL AND at < :expired",
]
# A write that failed for one of these reasons is not in the file. What an fsync has failed to say, nobody knows.
NOT_WRITTEN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}

class Storage:
    """The file. Whoever has something to write adds it to the batch, and is called back when it is there, or isn't."""

    def __init__(self, path):
        """Open the file, or make it. Raises sqlite3.Error if it is no file of ours, or another process has it."""
        self.batch = []
        self.db = sqlite3.connect(path, timeout=1, isolation_level=None)  # None: we say BEGIN and COMMIT ourselves
        self.db.execute("PRAGMA locking_mode = EXCLUSIVE")  # two servers on one file would give one seq twice
        if self.ask("SELECT count(*) FROM sqlite_master") != (0,):
            if self.ask("PRAGMA application_id") != (APPLICATION,):
                raise sqlite3.DatabaseError("this is the file of another program")
            if self.ask("PRAGMA quick_check(1)") != ("ok",):
                raise sqlite3.DatabaseError("the file is damaged")
        self.db.execute("PRAGMA synchronous = FULL")  # a commit returns when the disk has it: the machine may fail, too
        if self.ask("PRAGMA journal_mode = WAL") != ("wal",):
            raise sqlite3.DatabaseError("the file can't have a write-ahead log")
        self.db.execute("BEGIN EXCLUSIVE")  # from here on, the file is locked as long as we live
        for statement in SCHEMA if self.ask("SELECT count(*) FROM sqlite_master") == (0,) else []:
            self.db.execute(statement)
        self.db.execute("COMMIT")

    def ask(self, sql, *values):
        return self.db.execute(sql, values).fetchone()

    def add(self, done, *statements):
        """Put statements, each with its values, into the batch; done(kept) says whether they are kept."""
        self.batch.append((done, statements))

    def commit(self):
        """Write what waits, in one transaction; then show it (DURABLE-1). Says whether it is kept.

        Everything waits meanwhile; what comes in the meantime is the next batch. So the slower the disk, the larger the
        batches, and nobody waits for more than two commits.
        """
        batch, self.batch = self.batch, []
        if not batch:
            return True
        kept = committing = False
        try:
            self.db.execute("BEGIN")
            for _, statements in batch:
                for sql, values in statements:
                    self.db.execute(sql, values)
            committing = True
            self.db.execute("COMMIT")
            kept = True
        except sqlite3.Error as error:
            print(f"the data file: {error}", file=sys.stderr, flush=True)
            if committing and error.sqlite_errorcode not in NOT_WRITTEN:
                os._exit(1)  # perhaps it is there: no reply would be honest, and the next start will see (ERROR-1)
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
        for done, _ in batch:
            done(kept)
        return kept

    def entries(self, room, where, *values):
        """The entries of a room as their `message` events have them (ORDER-1, SEND-5)."""
        sql = f"SELECT seq, nick, text, key, at FROM entries WHERE room = ? AND seq >= ? AND {where}"
        return [make_entry(room.name, *row) for row in self.db.execute(sql, (room.name, room.first, *values))]

def make_entry(room, seq, nick, text, key, at):
    keyed = {"key": key} if key else {}
    return {"type": "message", "room": room, "seq": seq, "from": nick, "text": text, **keyed, "at": at}

# -------------------------------------------------------------------------------------------------- rooms and people

storage = None  # opened at the start
rooms, people, sessions = {}, {}, {}  # rooms by name; people by nick; people who have a session by its digest
connections = set()  # each connection, also those that are ending

class Room:
    """A log and its members. This object lives while there are members; the log stays in the file (DURABLE-3)."""

    def __init__(self, name):
        self.name, self.members, self.listeners = name, {}, set()  # people by nick; connections that have joined
        log = storage.ask("SELECT epoch, first FROM logs WHERE room = ?", name)
        self.epoch, self.first = log or (secrets.token_hex(8), 1)  # without entries, another log each time (EPOCH-2)
        self.head = storage.ask("SELECT coalesce(max(seq), 0) FROM entries WHERE room = ?", name)[0]
        self.last = self.head  # the last seq that was given; above `head` while entries are on their way to the disk

    def tell(self, line):
        for connection in self.listeners:
            connection.write(line, asked=False)

    def enter(self, person):
        if self.name not in person.rooms:  # else they have been a member all the time (SESSION-5)
            self.tell(encode(type="member", room=self.name, nick=person.nick, change="joined"))  # MEMBER-1
            person.rooms[self.name], self.members[person.nick] = self, person

    def leave(self, person):
        del person.rooms[self.name], self.members[person.nick]
        self.tell(encode(type="member", room=self.name, nick=person.nick, change="left"))  # MEMBER-2
        if not self.members:
            del rooms[self.name]

class Person:
    """Somebody who has logged in: one connection, and those that continue it if there is a session.

    A secret names a person, and only its digest is kept. Who hasn't asked for a session is not told the secret.
    """

    def __init__(self, nick, digest):
        self.nick, self.id, self.rooms = nick, digest, {}  # `rooms`: those that they are a member of
        self.connection, self.deadline = None, None  # when to look who hasn't come back
        people[nick] = self

    def grace_begins(self):
        self.deadline = now() + LIMITS["grace"]

    def grace_is_over(self):
        """End what has not been taken up again: some memberships, or the person (SESSION-6)."""
        self.deadline = None
        if not self.connection:
            return self.end()
        for room in [room for name, room in self.rooms.items() if name not in self.connection.rooms]:
            room.leave(self)

    def end(self):
        """The memberships end, the nick is free, the session is worth nothing (SESSION-8, LOGIN-6, LOGIN-7)."""
        if sessions.pop(self.id, None):
            self.forget(False)
            storage.commit()  # before the nick is free: else a restart could bring the session back
        for room in list(self.rooms.values()):
            room.leave(self)
        del people[self.nick]

    def forget(self, kept):
        """Take the session out of the file; if that fails, with whatever is written next."""
        if not kept:
            storage.add(self.forget, ("DELETE FROM sessions WHERE person = ?", (self.id,)))

def time_string(seconds):
    """The time so many seconds from now, as entries have it."""
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

def digest_of(secret):
    return hashlib.sha256(secret.encode()).hexdigest()

# ------------------------------------------------------------------------------------------------------- connections

class Connection:
    """One client. It is open until end(); what waits in its outbox is sent even then, and the socket closed.

    Two tasks: read_lines() takes requests and answers them, run() sends what waits in the outbox.
    """

    def __init__(self, sock, address):
        self.sock, self.address, self.person, self.rooms = sock, address, None, {}  # `rooms`: those that it has joined
        self.open, self.spoke, self.pinged, self.overfull = True, False, None, False
        self.inbox, self.turn, self.reading_since = bytearray(), 0, None  # None while no read is under way
        self.outbox, self.unsent, self.asked = collections.deque(), 0, 0  # lines; their bytes; those of replies
        self.waiting, self.empty = asyncio.Event(), asyncio.Event()  # something waits in the outbox; nothing does
        self.answered = asyncio.Event()  # the request has had its reply: it isn't waiting for the disk
        self.begun = self.accepted = now()
        self.task = asyncio.create_task(self.run())

    async def read_lines(self):
        try:
            while (line := await self.next_line()) and self.open:
                self.answered.set()
                self.answer(line)
                await self.answered.wait()  # what is sent comes before what is asked next (REPLY-3, REPLY-4)
                await self.empty.wait()  # who asks and doesn't read is not read either (FLOW-6)
        except OSError:
            pass  # the connection broke
        except Exception:
            traceback.print_exc()
            self.end("internal")
        self.end()  # at FIN: every whole line has been answered, and half a line is none (END-5, END-6)

    async def next_line(self):
        """The next line that isn't blank, however TCP has cut it (FRAME-4); None when no more will come."""
        while True:
            while (size := self.inbox.find(b"\n", 0, LIMITS["line"]) + 1) > 0:
                line = bytes(self.inbox[:size])
                del self.inbox[:size]
                if line.strip(b" \t\r\n"):  # FRAME-3
                    self.turn = max(self.turn, now() - LIMITS["burst"] / LIMITS["rate"]) + 1 / LIMITS["rate"]
                    await asyncio.sleep(max(0, self.turn - now()))  # who asks fast is read later (SEND-6)
                    return line
            if len(self.inbox) >= LIMITS["line"]:
                return self.end("line-too-long")  # FRAME-6
            await asyncio.sleep(0)  # others come first: a client that floods us always has something to read (FLOW-1)
            self.reading_since = now()  # the time in which we don't read is no silence (HEART-4)
            data = await asyncio.get_running_loop().sock_recv(self.sock, 65536)
            self.reading_since, self.pinged = None, None
            if not data:
                return None
            self.inbox += data

    def answer(self, line):
        request, re_id = parse_object(line), {}
        if request is None and not self.spoke:
            return self.end("not-tertulia")  # a browser, made to talk to us by a web page, ends here (FRAME-8)
        self.spoke = True
        try:
            bad = request is None or any(UNSENDABLE.search(v) for v in request.values() if isinstance(v, str))
            refuse_if(bad, "bad-json", "the line is not one JSON object of the profile")
            refuse_if(not has_type(request.get("id"), "id"), "bad-request", "id: an integer from 1 to 2147483647", "id")
            self.id, kind = request["id"], request.get("type")
            re_id = {"re": self.id}
            refuse_if(not isinstance(kind, str), "bad-request", "type must be a string", "type")
            refuse_if(kind not in REQUESTS, "unsupported", "this server doesn't know that request")
            refuse_if(not self.person and kind not in ("login", "ping", "bye"), "login-first", "log in first")
            refuse_if(self.person and kind == "login", "already-logged-in", "you have logged in on this connection")
            check_fields(request)
            if "key" in request and self.answer_again(**request):
                return
            bad = kind in ("leave", "send", "members", "history") and request["room"] not in self.rooms
            refuse_if(bad, "not-joined", "you are not in this room: join it first", "room")
            self.act(request, request.get("room"))
        except Refused as refused:
            self.write(encode(type="error", **re_id, **refused.args[0]))
        except sqlite3.Error as error:  # by reading, which comes before any effect: see join
            print(f"the data file: {error}", file=sys.stderr, flush=True)
            self.write(encode(type="error", **re_id, **UNAVAILABLE))

    def reply(self, kind, **fields):
        self.write(encode(type=kind, re=self.id, **fields))

    def act(self, request, name):
        match request["type"]:
            case "ping":
                self.reply("pong")
            case "sync":  # one process: what was acknowledged to anybody is in our outbox already (SYNC-1)
                self.reply("synced")
            case "login":
                self.login(request["nick"], request.get("session"), request.get("resume", False))
            case "join":
                self.join(name, request)
            case "send":
                self.send(self.rooms[name], request["text"], request.get("key"))
            case "leave":
                room = self.rooms.pop(name)
                room.listeners.remove(self)  # first, so that nobody is told of their own leaving (MEMBER-3)
                room.leave(self.person)
                self.reply("left", room=name)
            case "history":
                self.history(self.rooms[name], request)
            case "rooms":
                names, more = slice_of(rooms, request)
                self.reply("rooms", rooms=[{"room": it, "members": len(rooms[it].members)} for it in names], **more)
            case "members":
                members, more = slice_of(rooms[name].members, request)
                self.reply("members", room=name, members=members, **more)
            case "bye":
                self.end(said_bye=True)  # so that the nick is free before the reply (LOGIN-6, SESSION-8)
                self.reply("bye")

    def login(self, nick, secret, resume):
        """Somebody new, or somebody who comes back (SESSION-1, SESSION-2)."""
        if secret is None:
            person, resumed = self.new_person(nick, secret := secrets.token_urlsafe(16), resume), {}
        else:
            person, resumed, resume = sessions.get(digest_of(secret)), {"resumed": True}, True
            # The same answer for all reasons: whoever has guessed a secret isn't told (SESSION-7). Every effect of a
            # session that has ended stands in the log already, since end() commits.
            bad = person is None or person.nick != nick
            refuse_if(bad, "session-expired", "this session has ended: log in anew", "session")
            if person.connection:
                person.connection.end("replaced")  # and all that it will ever have done, is done (SESSION-3)
            person.grace_begins()  # for the memberships that are to be taken up again
        self.person, person.connection = person, self
        self.reply("welcome", nick=nick, **({"session": secret} if resume else {}), **resumed)

    def new_person(self, nick, secret, resume):
        refuse_if(nick in people, "nick-taken", "somebody has this nick: choose another", "nick")
        digest = digest_of(secret)
        if resume:  # on the disk before the client hears of it (SESSION-9)
            storage.add(lambda kept: None, ("INSERT INTO sessions VALUES (?, ?)", (digest, nick)))
            if not storage.commit():
                raise Refused(UNAVAILABLE)
        person = Person(nick, digest)
        if resume:
            sessions[digest] = person
        return person

    def join(self, name, request):
        refuse_if(name not in rooms and request.get("create") is False, "no-such-room", f"there is no {name}", "room")
        refuse_if(name in self.rooms, "already-joined", f"you are in {name}", "room")
        refuse_if(len(self.rooms) >= LIMITS["joins"], "limit-reached", "you are in too many rooms: leave one", "room")
        if name not in self.person.rooms:  # a member who comes back has a place already
            full = len(rooms[name].members) >= LIMITS["members"] if name in rooms else len(rooms) >= LIMITS["rooms"]
            refuse_if(full, "limit-reached", "there are too many rooms, or too many people in this one", "room")
        room, after, replay, more = rooms.get(name) or Room(name), request.get("after"), [], {}
        if after is not None:
            known = room.first - 1 <= after <= room.head and room.head - after <= LIMITS["replay"]  # CATCH-3
            more["resumed"] = known and request["epoch"] == room.epoch  # CATCH-1, DURABLE-5
            replay = storage.entries(room, "seq > ? ORDER BY seq", after) if more["resumed"] else []
        rooms[name] = room  # here the effects begin
        room.enter(self.person)
        room.listeners.add(self)  # only now, so that nobody is told of their own joining (MEMBER-3)
        self.rooms[name] = room
        members, more_members = slice_of(room.members, {})
        self.reply("joined", room=name, epoch=room.epoch, first=room.first, head=room.head, members=members,
                   **more, **more_members)
        for entry in replay:  # CATCH-2, CATCH-4
            self.write(encode(**entry))

    def send(self, room, text, key):
        """Give the entry its place; put it on the disk with whatever else comes now; then show it (DURABLE-1)."""
        room.last += 1
        seq, name, person, at = room.last, room.name, self.person, time_string(0)
        row = (name, seq, person.nick, text, key, at, person.id)
        statements = [("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)]
        if seq == 1:
            statements.append(("INSERT INTO logs VALUES (?, ?, 1)", (name, room.epoch)))
        first = max(room.first, seq - KEEP + 1)
        if first > room.first:
            values = {"room": name, "first": room.first, "to": first, "expired": time_string(-LIMITS["keySeconds"])}
            statements += [(sql, values) for sql in GIVE_UP]

        def done(kept):
            self.answered.set()
            if not kept:
                room.last = room.head  # the whole batch has failed: there is no hole (ORDER-2)
                return self.reply("error", **UNAVAILABLE)  # and the key is not used (KEY-4)
            room.head, room.first = seq, first
            room.tell(encode(**make_entry(name, seq, person.nick, text, key, at)))  # to the sender, too (SEND-2)
            self.reply("sent", room=name, seq=seq, at=at)  # after the `message` (SEND-3)

        self.answered.clear()
        storage.add(done, *statements)
        asyncio.get_running_loop().call_soon(storage.commit)

    def answer_again(self, room, key, text, **_):
        """Answer a `send` whose key is known (KEY-2, KEY-3), in a room or not (KEY-7). Says whether it was.

        The first attempt can't be on its way to the disk: on this connection it has had its reply, and an earlier
        connection has ended.
        """
        known = storage.ask("SELECT seq, at, text FROM entries WHERE person = ? AND room = ? AND key = ?",
                            self.person.id, room, key)  # by the person, not the nick (KEY-6)
        if known:
            seq, at, first_text = known
            other = first_text not in (text, None)  # when the entry is gone, nobody can tell
            refuse_if(other, "key-reused", "you have sent another text with this key", "key")
            self.reply("sent", room=room, seq=seq, at=at, duplicate=True)
        return bool(known)

    def history(self, room, request):
        """One page; its beginning (`after`) or its end (otherwise) is where the client wants it (HISTORY-1 to 6)."""
        size, after = min(request.get("limit", LIMITS["page"]), LIMITS["page"]), request.get("after")
        if after is not None:
            found = storage.entries(room, "seq > ? ORDER BY seq LIMIT ?", after, size + 1)
        else:
            before = request.get("before", 2**53)
            found = storage.entries(room, "seq < ? ORDER BY seq DESC LIMIT ?", before, size + 1)
        for entry in found:
            del entry["room"]  # HISTORY-8
        page = dict(room=room.name, epoch=room.epoch, first=room.first, head=room.head)
        space = LIMITS["line"] - len(encode(type="history", re=self.id, **page, entries=[]))
        ends = itertools.accumulate(len(encode(**entry)) for entry in found[:size])  # the LF is as long as a comma
        fitting = sum(end - 1 <= space for end in ends)  # and the last entry has no comma
        for count in (fitting, fitting - 1):  # one less if it fits only without `more`
            more = {"more": True} if count < len(found) else {}  # HISTORY-5
            entries = found[:count] if after is not None else found[:count][::-1]
            line = encode(type="history", re=self.id, **page, entries=entries, **more)
            if len(line) <= LIMITS["line"]:  # HISTORY-4, FRAME-9
                return self.write(line)

    def write(self, line, asked=True):
        """Put a line into the outbox. Nobody is cut off for what they `asked` for: replies and replays (FLOW-6)."""
        self.overfull = self.overfull or not asked and self.unsent > LIMITS["backlog"] + self.asked  # FLOW-3
        if self.overfull:  # here a line is missing: nothing more may follow but the bye
            return asyncio.get_running_loop().call_soon(self.end, "slow-consumer")
        self.accepted = self.accepted if self.outbox else now()
        self.outbox.append(line)
        self.unsent += len(line)
        self.asked += len(line) if asked else 0
        self.empty.clear()
        self.waiting.set()

    async def run(self):
        """The life of a connection: send what waits until it has ended, then FIN, and read on for a while (END-4)."""
        loop, reader = asyncio.get_running_loop(), asyncio.create_task(self.read_lines())
        try:
            while self.open or self.outbox:
                while self.outbox:
                    await loop.sock_sendall(self.sock, self.outbox[0])
                    self.unsent, self.accepted = self.unsent - len(self.outbox.popleft()), now()
                self.asked = 0
                self.empty.set()
                self.waiting.clear()
                if self.open:
                    await self.waiting.wait()
            reader.cancel()
            await asyncio.wait([reader])
            self.sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(1):
                rest = 2**20
                while rest > 0 and (data := await loop.sock_recv(self.sock, 65536)):
                    rest -= len(data)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            self.end()
            reader.cancel()
            await asyncio.wait([reader])
            connections.discard(self)
            self.sock.close()

    def end(self, code=None, said_bye=False, **more):
        """Leave the rooms, and say why if there is a code. What comes later is not executed (END-2).

        Who has a session and has not said bye stays a member, and keeps the nick, for the grace (SESSION-4).
        """
        if not self.open:
            return
        storage.commit()  # what it has sent is in the log and answered before it is gone (SESSION-3, SESSION-7)
        self.open = self.overfull = False
        for room in self.rooms.values():
            room.listeners.remove(self)
        if self.person:
            self.person.connection = None
            if self.person.id in sessions and not said_bye:
                self.person.grace_begins()
            else:
                self.person.end()
        while code == "slow-consumer" and len(self.outbox) > 1:  # the first line may be half sent (FLOW-5)
            self.unsent -= len(self.outbox.pop())
        if code:
            self.write(encode(type="bye", code=code, message=code.replace("-", " "), **more))
        self.waiting.set()

    def tick(self):
        """What time alone brings about."""
        heartbeat, pinged_since = HELLO["heartbeat"], now() - self.pinged if self.pinged else 0
        silent = now() - self.reading_since if self.reading_since else 0
        stuck = now() - self.accepted if self.outbox else 0
        if self.open and not self.person and now() - self.begun >= LIMITS["loginSeconds"]:
            self.end("login-timeout")  # LOGIN-8
        elif self.open and stuck > 2 * heartbeat:
            self.end("slow-consumer")  # FLOW-2
        elif stuck > 3 * heartbeat:
            self.task.cancel()  # not even the bye was taken
        elif self.open and silent > 2.5 * heartbeat and pinged_since > heartbeat:
            self.end("idle")  # HEART-2, HEART-7; the half is for who answers our ping after a whole heartbeat (HEART-5)
        elif self.open and silent > heartbeat and not self.pinged:
            self.pinged = now()  # HEART-1
            self.write(encode(type="ping"), asked=False)

# ----------------------------------------------------------------------------------------------- clocks, and the door

async def watch_clocks():
    while True:
        await asyncio.sleep(0.1)
        for connection in list(connections):
            connection.tick()
        for person in list(people.values()):
            if person.deadline and now() >= person.deadline:
                person.grace_is_over()

async def accept(listener):
    while True:
        try:
            sock, (address, *_) = await asyncio.get_running_loop().sock_accept(listener)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)  # to notice early who doesn't read
        except OSError:  # no descriptor is left: somebody will go
            await asyncio.sleep(0.1)
            continue
        connection = Connection(sock, address)
        if sum(other.open for other in connections if other.address == address) >= LIMITS["connections"]:
            connection.end("too-many-connections")  # HELLO-5
        else:
            connection.write(encode(**HELLO))
        connections.add(connection)
        await asyncio.sleep(0)

async def serve(listener):
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    for digest, nick in storage.db.execute("SELECT person, nick FROM sessions"):  # who was here before (SESSION-9)
        sessions[digest] = Person(nick, digest)
        sessions[digest].grace_begins()
    with listener:
        listener.setblocking(False)
        print("listening on {}:{}".format(*listener.getsockname()), flush=True)
        door, clock = asyncio.create_task(accept(listener)), asyncio.create_task(watch_clocks())
        await stop.wait()
        door.cancel()
    for connection in list(connections):
        connection.end("shutting-down", reconnectAfter=random.randint(500, 3000))  # END-8; the sessions stay
    await asyncio.wait([door] + [connection.task for connection in connections], timeout=3)
    clock.cancel()

if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A Tertulia 1 server with the profiles history and resume")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=7331, help="0 picks a free one")
    options.add_argument("--data", default="rooms.db", metavar="FILE", help="the SQLite file; made if it isn't there")
    options.add_argument("--heartbeat", type=int, default=30, choices=range(1, 301), metavar="S")
    options.add_argument("--login-seconds", type=int, default=30, choices=range(5, 3601), metavar="S")
    options.add_argument("--grace", type=int, default=15, choices=range(5, 3601), metavar="S")
    options.add_argument("--keep", type=int, default=KEEP, metavar="N", help="how many entries a room keeps; all")
    options.add_argument("--members", type=int, default=LIMITS["members"], choices=range(16, 1001), metavar="N",
                         help="how many people a room takes")
    options = options.parse_args()
    KEEP = max(1, options.keep)
    HELLO["heartbeat"] = options.heartbeat
    LIMITS |= {"loginSeconds": options.login_seconds, "grace": options.grace, "members": options.members}
    what = options.data
    try:
        storage, what = Storage(options.data), f"{options.host}:{options.port}"
        listener = socket.create_server((options.host, options.port), backlog=LIMITS["connections"])
    except (OSError, OverflowError, sqlite3.Error) as error:
        print(f"{what}: {error}", file=sys.stderr)
        sys.exit(2)
    asyncio.run(serve(listener))
    storage.db.close()
