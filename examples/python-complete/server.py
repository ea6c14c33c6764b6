"""A Tertulia 1 server with every profile, in one file, with nothing but the standard library (Python 3.11).

It speaks the core, history, resume, direct, presence, rich and search. It is python-durable grown up: read that first,
for what is told there (the outbox, the clocks, commits before anything is shown) is not told again.

From top to bottom: what a request looks like; the storage; logs; people; connections; then the chapters of the
specification, each with the requests that it adds; clocks, and the door. A request is a function named after it. Its
parameters are the fields, and say what these may hold; a field whose parameter has a default may be missing. Codes such
as FRAME-6 name the requirements of the specification, which is in ../../spec.
"""
import argparse, asyncio, base64, collections, datetime, hashlib, heapq, hmac, inspect, itertools, json, os, random, re
import secrets, signal, socket, sqlite3, sys, traceback, unicodedata, weakref
from time import monotonic as now

LIMITS = {"line": 65536, "text": 4096, "page": 100, "joins": 32, "members": 100, "rooms": 500, "replay": 100,
          "connections": 200, "loginSeconds": 30, "backlog": 1048576, "burst": 100, "rate": 50, "grace": 15,
          "keySeconds": 604800, "idleSeconds": 300, "reactions": 64, "typingSeconds": 6}
HELLO = {"type": "hello", "protocol": 1, "server": "python-complete/1",
         "features": ["history/1", "resume/1", "direct/1", "presence/1", "rich/1", "search/1"],
         "auth": ["guest"], "limits": LIMITS, "heartbeat": 30}
KEEP = 2**53  # how many entries a log keeps

# ---------------------------------------------------------------------------------------------------------- requests

REQUESTS = {}  # by type: the function that answers, and its parameters by the names of the fields

def request(answer):
    """Let a function answer the requests of its name. A field that Python has a word for ends in "_" there."""
    parameters = list(inspect.signature(answer).parameters.values())[1:]
    REQUESTS[answer.__name__.removeprefix("on_")] = answer, {it.name.rstrip("_"): it for it in parameters}
    return answer

RANGES = {"id": (1, 2**31 - 1), "cursor": (0, 2**53 - 1), "seq": (1, 2**53 - 1), "limit": (1, 2**53 - 1)}
FORMS = {  # of strings; whatever has another form is a bad-request
    "key": re.compile("[A-Za-z0-9_-]{1,64}"),  # KEY-1
    "status": re.compile("active|busy|away"),  # STATUS-5
    "time": re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}Z", re.ASCII),
}
NAME = "[a-z0-9][a-z0-9_-]{0,31}"
NAMES = {  # "joined": a room that this connection is in; "log": one of these, or a conversation
    "nick": re.compile(NAME), "room": re.compile("#" + NAME), "joined": re.compile("#" + NAME),
    "conversation": re.compile("@" + NAME), "log": re.compile("[#@]" + NAME),
}
FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # lower() would fold more (NAME-2)
CONTROL = "\x00-\x1f\x7f-\x9f"
BLANK = (" \xa0\xad\u034f\u061c\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u206f\u2800"
         "\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
         "\U000e0000-\U000e0fff")
TEXT = re.compile("[^\x00-\x08\x0b-\x1f\x7f-\x9f]+")  # TEXT-2: LF and TAB may come
OWN_WORDS = re.compile(f"((?=[{BLANK}]*[^{BLANK}])[^{CONTROL}\u2028-\u202e\u2066-\u2069]+)?")  # STATUS-7
TEXTS = {  # what may stand in a text, how many bytes it may have (None: limits.text), and that in words
    "text": (TEXT, None, "not empty, no control characters but LF and TAB"),
    "query": (TEXT, None, "a word to search for, of letters or digits"),
    "status-text": (OWN_WORDS, 256, "one line with something to see, and nothing that turns the direction of writing"),
    "display": (OWN_WORDS, 128, "one line with something to see, and nothing that turns the direction of writing"),
    "topic": (re.compile(f"[^{CONTROL}]*"), 256, "no control characters"),
    "reaction": (re.compile(f"[^{CONTROL}]+"), 64, "not empty, no control characters"),
}
UNSENDABLE = re.compile("[\x00\ud800-\udfff]")  # a surrogate that json.loads left alone has no partner (JSON-4)
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[][{}]')  # "++" never goes back: hostile lines cost no more

class Refused(Exception):
    """A request that gets an `error` and has no effect (ERROR-1)."""

def refuse_if(wrong, code, message, field=None, **more):
    if wrong:
        raise Refused({"code": code, "message": message} | ({"field": field} if field else {}) | more)

UNAVAILABLE = {"code": "unavailable", "message": "this can't be kept now: try again later", "retryAfter": 2000}

def to_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

def encode(**message):
    return to_json(message).encode() + b"\n"

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
    if not isinstance(value, bool if kind == "flag" else str):
        return False
    return unseal(value) is not None if kind == "next" else kind not in FORMS or FORMS[kind].fullmatch(value)

def read_fields(kind, request, nick):
    """The fields of a request, those that are missing by their defaults, and names folded.

    Looks at all fields for one kind of fault before the next kind: this is the order of the registry (ERROR-3).
    """
    fields = REQUESTS[kind][1]
    holds = {name: it.annotation for name, it in fields.items() if name in request or it.default is it.empty}
    if kind == "join" and "after" in holds:
        holds["epoch"] = "string"  # not optional any more (CATCH-5)
    values = {name: request.get(name, it.default) for name, it in fields.items()}
    for name, what in holds.items():
        refuse_if(name not in request, "bad-request", f"{name} is missing", name)
        refuse_if(not has_type(values[name], what), "bad-request", f"{name}: wrong type, form or range", name)
        if what in NAMES:
            values[name] = values[name].translate(FOLD)  # NAME-2
        oneself = what == "log" and values[name] == f"@{nick}"
        refuse_if(oneself, "bad-request", "a conversation is with somebody else than oneself", name)  # DIRECT-7
    refuse_if(holds.keys() >= {"before", "after"}, "bad-request", "before or after, not both", "after")  # HISTORY-6
    for name, what in holds.items():
        good = what not in NAMES or NAMES[what].fullmatch(values[name])  # "$" would let an LF pass at the end
        refuse_if(not good, "bad-name", f"{name}: 1 to 32 of a-z, 0-9, _ and -; a room's comes after a #", name)
    texts = [(name, values[name], what) for name, what in holds.items() if what in TEXTS]
    for name, text, what in texts:
        good, _, rule = TEXTS[what]
        good = good.fullmatch(text) and (what != "query" or words(text))  # SEARCH-11
        refuse_if(not good, "bad-text", f"{name}: {rule}", name)
    for name, text, what in texts:
        size = TEXTS[what][1] or LIMITS["text"]
        refuse_if(len(text.encode()) > size, "too-long", f"{name}: {size} bytes of UTF-8 at the most", name)
    return values

def page_size(limit):
    return min(limit or LIMITS["page"], LIMITS["page"])

def slice_of(names, after=None, limit=None):
    """The slice that a request wants, and {"more": True} if names follow it (LIST-1 to LIST-4)."""
    rest = sorted(name for name in names if name > (after or ""))
    size = page_size(limit)
    return rest[:size], {"more": True} if len(rest) > size else {}

# ----------------------------------------------------------------------------------------------------------- storage

APPLICATION = 0x7E28  # marks a SQLite file as ours
SCHEMA = [
    f"PRAGMA application_id = {APPLICATION}",
    # A log is a room's, and has its name, or that of two people, whose ids stand there, and is named by its epoch.
    """CREATE TABLE logs (log TEXT PRIMARY KEY, epoch TEXT NOT NULL, first INTEGER NOT NULL, topic TEXT NOT NULL,
       one TEXT, two TEXT) WITHOUT ROWID""",
    # What an entry says stands there as it is to be shown now: in `body`, the fields that not every entry has. `place`
    # is its place among all entries of the server; `person` is who has sent it, and `nick` what the others saw.
    """CREATE TABLE entries (log TEXT NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL UNIQUE, type TEXT NOT NULL,
       nick TEXT NOT NULL, person TEXT NOT NULL, target INTEGER, body TEXT NOT NULL, key TEXT, at TEXT NOT NULL,
       PRIMARY KEY (log, seq)) WITHOUT ROWID""",
    "CREATE INDEX targets ON entries (log, target) WHERE target IS NOT NULL",
    # A key is known as long as its entry, or longer (KEY-5): `at` is the entry's, `used` when the key came.
    """CREATE TABLE keys (person TEXT NOT NULL, log TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,
       seq INTEGER NOT NULL, at TEXT NOT NULL, used TEXT NOT NULL, PRIMARY KEY (person, log, key)) WITHOUT ROWID""",
    "CREATE INDEX keys_of_entries ON keys (log, seq)",
    "CREATE TABLE sessions (person TEXT PRIMARY KEY, nick TEXT NOT NULL UNIQUE) WITHOUT ROWID",
    """CREATE TABLE marks (person TEXT NOT NULL, log TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (person, log))
       WITHOUT ROWID""",
    """CREATE TABLE reactions (log TEXT NOT NULL, target INTEGER NOT NULL, person TEXT NOT NULL, reaction TEXT NOT NULL,
       seq INTEGER NOT NULL, PRIMARY KEY (log, target, person, reaction)) WITHOUT ROWID""",
    """CREATE TABLE words (log TEXT NOT NULL, word TEXT NOT NULL, place INTEGER NOT NULL,
       PRIMARY KEY (log, word, place)) WITHOUT ROWID""",
    "CREATE INDEX words_of_entries ON words (log, place)",
    "CREATE TABLE secret AS SELECT randomblob(32) AS secret",
]
GIVE_UP = [  # the entries of a log before one (DURABLE-4), and keys that have been known for long
    "UPDATE logs SET first = :to WHERE log = :log",
    "DELETE FROM words WHERE log = :log AND place < (SELECT place FROM entries WHERE log = :log AND seq = :to)",
    "DELETE FROM reactions WHERE log = :log AND target < :to",
    "DELETE FROM entries WHERE log = :log AND seq < :to",
    "DELETE FROM keys WHERE log = :log AND seq < :to AND used < :expired",
]
FORGET_PERSON = [f"DELETE FROM {table} WHERE person = :person" for table in ("sessions", "marks", "keys")]
FORGET_LOG = [f"DELETE FROM {table} WHERE log = :log" for table in ("entries", "keys", "logs")]
GUESTS = "NOT IN (SELECT person FROM sessions)"
FORGET_GUESTS = [  # at the start: who had no session has ended with the process before, and their conversations, too
    f"CREATE TEMP TABLE ended AS SELECT log FROM logs WHERE one IS NOT NULL AND (one {GUESTS} OR two {GUESTS})",
    *(f"DELETE FROM {table} WHERE log IN (SELECT log FROM ended)" for table in ("entries", "keys", "logs")),
    *(f"DELETE FROM {table} WHERE person {GUESTS}" for table in ("marks", "keys")),
]
# A write that failed for one of these reasons is not in the file. What an fsync has failed to say, nobody knows.
NOT_WRITTEN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}

class Storage:
    """The file. Whoever has something to write adds it to the batch, and is called back when it is there, or isn't."""

    def __init__(self, path):
        """Open the file, or make it. Raises sqlite3.Error if it is no file of ours, or another process has it."""
        self.batch, self.stale = [], False  # `stale`: what has been taken out is still in the write-ahead log
        self.db = sqlite3.connect(path, timeout=1, isolation_level=None)  # None: we say BEGIN and COMMIT ourselves
        self.db.execute("PRAGMA locking_mode = EXCLUSIVE")  # two servers on one file would give one seq twice
        if self.ask("SELECT count(*) FROM sqlite_master") != (0,):
            if self.ask("PRAGMA application_id") != (APPLICATION,):
                raise sqlite3.DatabaseError("this is the file of another program")
            if self.ask("PRAGMA quick_check(1)") != ("ok",):
                raise sqlite3.DatabaseError("the file is damaged")
        self.db.execute("PRAGMA synchronous = FULL")  # a commit returns when the disk has it: the machine may fail, too
        self.db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
        if self.ask("PRAGMA journal_mode = WAL") != ("wal",):
            raise sqlite3.DatabaseError("the file can't have a write-ahead log")
        self.db.execute("BEGIN EXCLUSIVE")  # from here on, the file is locked as long as we live
        for statement in SCHEMA if self.ask("SELECT count(*) FROM sqlite_master") == (0,) else FORGET_GUESTS:
            self.db.execute(statement)
        self.db.execute("COMMIT")
        self.wipe()
        self.place = self.ask("SELECT coalesce(max(place), 0) FROM entries")[0]  # the last that was given
        self.secret = self.ask("SELECT secret FROM secret")[0]

    def ask(self, sql, *values):
        return self.db.execute(sql, values).fetchone()

    def add(self, done, *statements):
        """Put statements, each with its values, into the batch; done(kept) says whether they are kept."""
        self.batch.append((done, statements))

    def keep(self, *statements):
        """Write statements now, after all that waits. Refuses the request when that fails."""
        self.add(lambda kept: None, *statements)
        if not self.commit():
            raise Refused(UNAVAILABLE)

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

    def wipe(self):
        """Bring the write-ahead log into the file and cut it off, with all texts that were taken back."""
        self.commit()
        try:
            self.stale = self.ask("PRAGMA wal_checkpoint(TRUNCATE)")[0] != 0
        except sqlite3.Error as error:  # the next time will do
            print(f"the data file: {error}", file=sys.stderr, flush=True)

    def entries(self, log, where, *values):
        """The entries of a log as a page has them (HISTORY-8)."""
        sql = f"SELECT {ENTRY} FROM entries WHERE log = ? AND seq >= ? AND {where}"
        return [entry_of(*row) for row in self.db.execute(sql, (log.key, log.first, *values))]

# -------------------------------------------------------------------------------------------------------------- logs

storage = None  # opened at the start
rooms, people, sessions = {}, {}, {}  # rooms by name; people by nick; people who have a session by its digest
connections = set()  # each connection, also those that are ending

ENTRY = "type, seq, nick, target, body, key, at"

def entry_of(kind, seq, nick, target, body, key, at):
    """What everybody is shown of an entry, but for the name of its log (ORDER-1, SEND-5)."""
    entry = {"type": kind, "seq": seq, "from": nick} | ({"target": target} if target else {}) | json.loads(body)
    named = mentions(entry["text"]) if kind in ("message", "edit") and "text" in entry else []
    return entry | ({"mentions": named} if named else {}) | ({"key": key} if key else {}) | {"at": at}

class Log:
    """Entries in their order. The object is what we know of it; the entries are in the file."""

    one = two = None  # the ids of the two people, if there are just two

    def __init__(self, key, epoch):
        self.key = key
        known = storage.ask("SELECT epoch, first, topic FROM logs WHERE log = ?", key)
        self.epoch, self.first, self.topic = known or (epoch, 1, "")
        self.head = storage.ask("SELECT coalesce(max(seq), 0) FROM entries WHERE log = ?", key)[0]
        self.last = self.head  # the last seq that was given; above `head` while entries are on their way to the disk

    def begin(self):
        """The first entry is on its way to the disk."""

    def event(self, entry, person):
        """An entry as this person's connection is told of it, and as a search finds it."""
        return {"type": entry["type"], **self.named(person), **entry}

class Room(Log):
    """A log and its members. This object lives while there are members; the log stays in the file (DURABLE-3)."""

    def __init__(self, name):
        super().__init__(name, secrets.token_hex(8))  # without entries, another log each time (EPOCH-2)
        self.members, self.listeners = {}, set()  # people by nick; connections that have joined

    def named(self, person):
        return {"room": self.key}

    def tell(self, line):
        for connection in self.listeners:
            connection.write(line, asked=False)

    def show(self, entry):
        self.tell(encode(**self.event(entry, None)))

    def enter(self, person):
        if self.key not in person.rooms:  # else they have been a member all the time (SESSION-5)
            self.tell(encode(type="member", room=self.key, nick=person.nick, change="joined"))  # MEMBER-1
            person.rooms[self.key], self.members[person.nick] = self, person

    def leave(self, person):
        del person.rooms[self.key], self.members[person.nick]
        self.tell(encode(type="member", room=self.key, nick=person.nick, change="left"))  # MEMBER-2
        if not self.members:
            del rooms[self.key]

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

    def show(self, entry):
        for person in self.people:
            if person.connection:
                person.connection.write(encode(**self.event(entry, person)), asked=False)  # DIRECT-4

# ------------------------------------------------------------------------------------------------------------ people

class Person:
    """Somebody who has logged in: one connection, and those that continue it if there is a session.

    A secret names a person, and only its digest is kept. Who hasn't asked for a session is not told the secret.
    """

    def __init__(self, nick, digest):
        self.nick, self.id, self.rooms = nick, digest, {}  # `rooms`: those that they are a member of
        self.conversations, self.marks = {}, {}  # by the other's nick; by room, up to where they have read
        self.typing = {}  # by room: whom we have told of it, when, and whether it was on or off
        self.presence, self.acted = {"nick": nick, "status": "active", "since": time_string(0)}, now()  # STATUS-3
        self.connection, self.deadline = None, None  # when to look who hasn't come back
        people[nick] = self

    def change(self, **new):
        """Change something of the presence; tell everybody who shares a room, if anything is another (PRESENCE-1)."""
        after = {name: value for name, value in (self.presence | new).items() if value}  # "" takes away (STATUS-2)
        if after["status"] != self.presence["status"]:
            after["since"] = time_string(0)  # STATUS-4
        if after != self.presence:
            self.presence, line = after, encode(type="presence", **after)
            near = {connection for room in self.rooms.values() for connection in room.listeners}
            for connection in near - {self.connection}:  # once, however many rooms, and not to oneself (PRESENCE-3)
                connection.write(line, asked=False)

    def act(self):
        """The person does something: not idle, or not any more (IDLE-2, IDLE-3)."""
        self.acted = now()
        if self.presence["status"] == "idle":
            self.change(status="active")

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
        """Memberships and conversations end, the nick is free, the session is worth nothing (SESSION-8, DIRECT-11)."""
        sessions.pop(self.id, None)
        self.forget(False)
        storage.commit()  # before the nick is free: else a restart could bring the session back
        self.change(status="offline")  # PRESENCE-7
        for room in list(self.rooms.values()):
            room.leave(self)
        for conversation in self.conversations.values():
            del conversation.other(self).conversations[self.nick]
        del people[self.nick]

    def forget(self, kept):
        """Take what is theirs alone out of the file; if that fails, with whatever is written next."""
        if not kept:
            own = [(sql, {"person": self.id}) for sql in FORGET_PERSON]
            shared = [(sql, {"log": it.key}) for it in self.conversations.values() for sql in FORGET_LOG]
            storage.add(self.forget, *own, *shared)
            storage.stale = storage.stale or bool(shared)

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
        self.id, self.digest = None, None  # of the request that is being answered, and of what it says if it has a key
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
            values = read_fields(kind, request, self.person and self.person.nick)
            if self.find_log(kind, values):
                answer, fields = REQUESTS[kind]
                answer(self, **{fields[name].name: value for name, value in values.items()})
        except Refused as refused:
            self.write(encode(type="error", **re_id, **refused.args[0]))
        except sqlite3.Error as error:  # by reading, which comes before any effect: see on_join
            print(f"the data file: {error}", file=sys.stderr, flush=True)
            self.write(encode(type="error", **re_id, **UNAVAILABLE))

    def find_log(self, kind, values):
        """Put the log that a request is about in the place of its name. False if its key is known: it has its reply."""
        _, fields = REQUESTS[kind]
        name = values.get("room")
        if name and fields["room"].annotation in ("joined", "log"):
            log = self.find_conversation(name[1:], values["epoch"]) if name[0] == "@" else self.rooms.get(name)
            if values.get("key"):
                key, place = log.key if log else name, log.named(self.person) if log else {"room": name}
                said = {it: value for it, value in values.items() if it not in ("room", "epoch", "key")}
                self.digest = digest_of(to_json([self.person.id, kind, said]))
                if self.answer_again(key, place["room"], values["key"], kind):  # in a room or not (KEY-7)
                    return False
            refuse_if(not log, "not-joined", f"you are not in {name}: join it first", "room")
            values["room"] = log
        return True

    def reply(self, kind, **fields):
        self.write(encode(type=kind, re=self.id, **fields))

    def reply_page(self, kind, field, found, limit, more=lambda last: {}, flip=False, **fields):
        """Reply with as many of what was `found` as limit, limits.page and the line allow (LIST-2, HISTORY-4, FRAME-9).

        `found` is in the order in which it is wanted, `flip` if it is shown in the other one; more(n) says what stands
        beside "more" when n of it are shown.
        """
        def line(count):
            items, rest = found[:count], {"more": True} | more(count) if count < len(found) else {}
            return encode(type=kind, re=self.id, **fields, **{field: items[::-1] if flip else items}, **rest)

        size, space = page_size(limit), LIMITS["line"] - len(line(0))
        ends = itertools.accumulate(len(encode(**item)) for item in found[:size])  # the LF is as long as a comma
        fitting = sum(end - 1 <= space for end in ends)  # and the last item has no comma
        whole = line(len(found)) if len(found) <= size else b""  # one more fits if nothing follows
        self.write(whole if 0 < len(whole) <= LIMITS["line"] else line(fitting))

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

    # What the chapters below share.

    def find_conversation(self, nick, epoch):
        """The conversation with whoever has this nick, if that is who is meant (DIRECT-8, DIRECT-12)."""
        refuse_if(nick not in people, "no-such-nick", f"nobody here is called {nick}", "room")
        found = self.person.conversations.get(nick) or Conversation(self.person, people[nick])
        refuse_if(epoch not in (None, found.epoch), "no-such-nick", f"{nick} is somebody else by now", "room")
        return found

    def answer_again(self, log, name, key, kind):
        """Answer a request whose key is known (KEY-2, KEY-3, RICH-2). Says whether it was.

        The first attempt can't be on its way to the disk: on this connection it has had its reply, and an earlier
        connection has ended.
        """
        known = storage.ask("SELECT seq, at, digest, first FROM keys JOIN logs USING (log)"
                            " WHERE person = ? AND log = ? AND key = ?", self.person.id, log, key)  # no nick: KEY-6
        if known:
            seq, at, digest, first = known
            other = seq >= first and digest not in ("", self.digest)  # when the text is gone, nobody can tell
            refuse_if(other, "key-reused", "you have sent another request with this key", "key")
            if kind == "send":
                self.person.act()
            self.reply("sent", room=name, seq=seq, at=at, duplicate=True)
        return bool(known)

    def append(self, log, kind, body, key=None, target=None, also=()):
        """Give an entry its place; put it on the disk with whatever else comes now; then show it (DURABLE-1)."""
        person, name, at = self.person, log.named(self.person)["room"], time_string(0)
        log.last, storage.place = log.last + 1, storage.place + 1
        seq, place, first = log.last, storage.place, max(log.first, log.last - KEEP + 1)
        row = (log.key, seq, place, kind, person.nick, person.id, target, to_json(body), key, at)
        statements = [("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)]
        if seq == 1:
            log.begin()
            statements.append(("INSERT INTO logs VALUES (?, ?, 1, '', ?, ?)", (log.key, log.epoch, log.one, log.two)))
        if key:
            statements.append(self.use_key(log, key, seq, at))
        if kind == "message" and isinstance(log, Room):
            statements += index(log, place, body["text"])
        statements += also
        if first > log.first:
            values = {"log": log.key, "to": first, "expired": time_string(-LIMITS["keySeconds"])}
            statements += [(sql, values) for sql in GIVE_UP]

        def done(kept):
            self.answered.set()
            if not kept:
                log.last = log.head  # the whole batch has failed: there is no hole (ORDER-2)
                return self.reply("error", **UNAVAILABLE)  # and the key is not used (KEY-4)
            log.head, log.first = seq, first
            log.topic = body["text"] if kind == "topic" else log.topic
            log.show(entry_of(kind, seq, person.nick, target, to_json(body), key, at))  # to the sender, too (SEND-2)
            if kind == "message":
                has_spoken(person, log)
            person.act()
            self.reply("sent", room=name, seq=seq, at=at)  # after the `message` (SEND-3)

        self.answered.clear()
        storage.add(done, *statements)
        asyncio.get_running_loop().call_soon(storage.commit)

    def use_key(self, log, key, seq, at):
        values = (self.person.id, log.key, key, self.digest, seq, at, time_string(0))
        return "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)", values

# -------------------------------------------------------------------------------------------------- chapter: session

@request
def on_ping(me):
    me.reply("pong")

@request
def on_sync(me):
    me.reply("synced")  # one process: what was acknowledged to anybody is in our outbox already (SYNC-1, PRESENCE-5)

@request
def on_bye(me):
    me.end(said_bye=True)  # so that the nick is free before the reply (LOGIN-6, SESSION-8)
    me.reply("bye")

@request
def on_login(me, nick: "nick", resume: "flag" = False, session: "string" = None):
    """Somebody new, or somebody who comes back (SESSION-1, SESSION-2)."""
    if session is None:
        person, resumed = new_person(nick, session := secrets.token_urlsafe(16), resume), {}
    else:
        person, resumed, resume = sessions.get(digest_of(session)), {"resumed": True}, True
        # The same answer for all reasons: whoever has guessed a secret isn't told (SESSION-7). Every effect of a
        # session that has ended stands in the log already, since end() commits.
        bad = person is None or person.nick != nick
        refuse_if(bad, "session-expired", "this session has ended: log in anew", "session")
        if person.connection:
            person.connection.end("replaced")  # and all that it will ever have done, is done (SESSION-3)
        person.grace_begins()  # for the memberships that are to be taken up again
    me.person, person.connection = person, me
    me.reply("welcome", nick=nick, **({"session": session} if resume else {}), **resumed)

def new_person(nick, secret, resume):
    refuse_if(nick in people, "nick-taken", "somebody has this nick: choose another", "nick")
    digest = digest_of(secret)
    if resume:  # on the disk before the client hears of it (SESSION-9)
        storage.keep(("INSERT INTO sessions VALUES (?, ?)", (digest, nick)))
    person = Person(nick, digest)
    if resume:
        sessions[digest] = person
    return person

# ---------------------------------------------------------------------------------------- chapters: rooms, and order

@request
def on_join(me, room: "room", create: "flag" = True, after: "cursor" = None, epoch: "string" = None):
    name, person = room, me.person
    refuse_if(name not in rooms and not create, "no-such-room", f"there is no {name}", "room")
    refuse_if(name in me.rooms, "already-joined", f"you are in {name}", "room")
    refuse_if(len(me.rooms) >= LIMITS["joins"], "limit-reached", "you are in too many rooms: leave one", "room")
    if name not in person.rooms:  # a member who comes back has a place already
        full = len(rooms[name].members) >= LIMITS["members"] if name in rooms else len(rooms) >= LIMITS["rooms"]
        refuse_if(full, "limit-reached", "there are too many rooms, or too many people in this one", "room")
    room, replay, more = rooms.get(name) or Room(name), [], {}
    if after is not None:
        known = room.first - 1 <= after <= room.head and room.head - after <= LIMITS["replay"]  # CATCH-3
        more["resumed"] = known and epoch == room.epoch  # CATCH-1, DURABLE-5
        replay = storage.entries(room, "seq > ? ORDER BY seq", after) if more["resumed"] else []
    more |= {"topic": room.topic} if room.topic else {}  # TOPIC-2
    more |= {"read": person.marks[name]} if person.marks.get(name) else {}  # READ-5
    rooms[name] = room  # here the effects begin
    room.enter(person)
    room.listeners.add(me)  # only now, so that nobody is told of their own joining (MEMBER-3)
    me.rooms[name] = room
    members, more_members = slice_of(room.members)
    me.reply("joined", room=name, epoch=room.epoch, first=room.first, head=room.head, **more, members=members,
             **more_members)
    for entry in replay:  # CATCH-2, CATCH-4
        me.write(encode(**room.event(entry, person)))

@request
def on_leave(me, room: "joined"):
    del me.rooms[room.key]
    room.listeners.remove(me)  # first, so that nobody is told of their own leaving (MEMBER-3)
    room.leave(me.person)
    me.reply("left", room=room.key)

@request
def on_send(me, room: "log", text: "text", key: "key" = None, epoch: "string" = None, replyTo: "seq" = None):
    body = {"text": text}
    if replyTo is not None:  # REPLYTO-2
        found = storage.ask("SELECT 1 FROM entries WHERE log = ? AND seq = ? AND type IN ('message', 'erased')",
                            room.key, replyTo)
        refuse_if(not found, "no-such-entry", "this log has no such message to reply to", "replyTo")
        body["replyTo"] = replyTo
    me.append(room, "message", body, key)

@request
def on_rooms(me, after: "room" = None, limit: "limit" = None):
    names, more = slice_of(rooms, after, limit)
    me.reply("rooms", rooms=[{"room": name, "members": len(rooms[name].members)} for name in names], **more)

@request
def on_members(me, room: "joined", after: "nick" = None, limit: "limit" = None):
    members, more = slice_of(room.members, after, limit)
    me.reply("members", room=room.key, members=members, **more)

# -------------------------------------------------------------------------------------------------- chapter: history

@request
def on_history(me, room: "log", before: "seq" = 2**53, after: "cursor" = None, limit: "limit" = None,
               epoch: "string" = None):
    """One page; its beginning (`after`) or its end (otherwise) is where the client wants it (HISTORY-1 to 6)."""
    if after is not None:
        found = storage.entries(room, "seq > ? ORDER BY seq LIMIT ?", after, page_size(limit) + 1)
    else:
        found = storage.entries(room, "seq < ? ORDER BY seq DESC LIMIT ?", before, page_size(limit) + 1)
    log = room.named(me.person) | {"epoch": room.epoch, "first": room.first, "head": room.head}
    me.reply_page("history", "entries", found, limit, flip=after is None, **log)

# --------------------------------------------------------------------------------------------------- chapter: direct

@request
def on_conversations(me, after: "conversation" = None, limit: "limit" = None):
    mine = {f"@{nick}": it for nick, it in me.person.conversations.items() if it.head}
    found = []
    for name in sorted(name for name in mine if name > (after or ""))[:page_size(limit) + 1]:
        log = mine[name]
        last = storage.entries(log, "seq = ?", log.head)
        found.append({"room": name, "epoch": log.epoch, "first": log.first, "head": log.head}
                     | ({"last": last[0]} if last else {}))
    me.reply_page("conversations", "conversations", found, limit)

# ------------------------------------------------------------------------------------------------- chapter: presence

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
    found = [near[nick].presence for nick in sorted(nick for nick in near if nick > (after or ""))]
    me.reply_page("users", "users", found[:page_size(limit) + 1], limit)

@request
def on_whois(me, nick: "nick"):
    person = people.get(nick)
    shared = [name for name, room in me.rooms.items() if nick in room.members]
    # A stranger is answered like nobody: who they are, one hears in a room (USERS-5).
    refuse_if(not shared and person is not me.person, "no-such-nick", f"there is no {nick} in your rooms", "nick")
    names, more = slice_of(shared)
    me.reply("whois", **person.presence, rooms=names, **more)

# ----------------------------------------------------------------------------------------------------- chapter: rich

NAMED = re.compile(r"(?<![A-Za-z0-9_@.-])@([A-Za-z0-9][A-Za-z0-9_-]{0,31})(?![A-Za-z0-9_-])")

def mentions(text):
    """The nicks that a text names (MENTION-1)."""
    return list(dict.fromkeys(name.translate(FOLD) for name in NAMED.findall(text)))[:32]

def message_of(me, room, target):
    """The place, the author and the fields of a message that is to be changed (RICH-3)."""
    storage.commit()  # what is on its way to the log comes before this request
    found = storage.ask("SELECT place, person, body FROM entries WHERE log = ? AND seq = ? AND type = 'message'",
                        room.key, target)
    refuse_if(not found, "no-such-entry", "this log has no such message that could be meant", "target")
    return found[0], found[1], json.loads(found[2])

def own_message_of(me, room, target):
    place, author, message = message_of(me, room, target)
    refuse_if(author != me.person.id, "forbidden", "only its author may do that with a message", "target")  # RICH-4
    return place, message

def update(room, target, message):
    return "UPDATE entries SET body = ? WHERE log = ? AND seq = ?", (to_json(message), room.key, target)

@request
def on_edit(me, room: "joined", target: "seq", text: "text", key: "key" = None):
    place, message = own_message_of(me, room, target)
    message |= {"text": text, "edited": room.last + 1}  # EDIT-1
    changes = [update(room, target, message), unindex(room, place), *index(room, place, text)]
    me.append(room, "edit", {"text": text}, key, target, changes)

@request
def on_delete(me, room: "joined", target: "seq", key: "key" = None):
    place, message = own_message_of(me, room, target)
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
    if on and had:  # REACT-3
        if key:
            storage.keep(me.use_key(room, key, *had))
        return me.reply("sent", room=room.key, seq=had[0], at=had[1], duplicate=True)
    refuse_if(not on and not had, "no-such-entry", "you have no such reaction to it", "reaction")  # REACT-4
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
    me.append(room, "topic", {"text": text}, key, also=[("UPDATE logs SET topic = ? WHERE log = ?", (text, room.key))])

def has_spoken(person, room):
    """A message of theirs ends the typing: everybody may be told at once that they type again (TYPING-3)."""
    told = person.typing.get(room.key, {})
    for other in [other for other in told if other in room.listeners]:
        told[other] = float("-inf"), False

@request
def on_typing(me, room: "joined", on: "flag" = True):
    """Tell the others, but nobody too often (TYPING-2, TYPING-3)."""
    told = me.person.typing.setdefault(room.key, weakref.WeakKeyDictionary())
    for other in room.listeners - {me}:
        since, was_on = told.get(other, (float("-inf"), False))
        if now() - since >= 3 if on else was_on:
            told[other] = now() if on else since, on
            other.write(encode(type="typing", room=room.key, nick=me.person.nick, on=on), asked=False)
    me.person.act()
    me.reply("typing", room=room.key)

@request
def on_read(me, room: "joined", seq: "cursor" = 0):
    marks, name = me.person.marks, room.key
    refuse_if(seq > room.head, "no-such-entry", f"the last entry of {name} is {room.head}", "seq")  # READ-3
    if seq > marks.get(name, 0):
        storage.keep(("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (me.person.id, name, seq)))  # READ-4
        marks[name] = seq
    mark = marks.get(name, 0)
    unread = storage.ask("SELECT count(*) FROM entries WHERE log = ? AND seq > ? AND type = 'message' AND person != ?",
                         name, mark, me.person.id)[0]
    me.reply("read", room=name, seq=mark, head=room.head, unread=unread)

# --------------------------------------------------------------------------------------------------- chapter: search

ALONE = ((0x3041, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))

def words(text):
    """The different words of a text, folded: as the specification has it (SEARCH-2)."""
    text = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))
    found, word, alone = set(), "", False
    for character in text.lower().replace("ς", "σ") + " ":
        kind, code = unicodedata.category(character)[0], ord(character)
        single = kind == "L" and any(low <= code <= high for low, high in ALONE)
        if word and (kind == "M" or kind in "LN" and not alone and not single):
            word += character
            continue
        found.add(word)
        word, alone = (character, single) if kind in "LN" else ("", False)
    return found - {""}

def index(room, place, text):
    return [("INSERT INTO words VALUES (?, ?, ?)", (room.key, word, place)) for word in words(text)]

def unindex(room, place):
    return "DELETE FROM words WHERE log = ? AND place = ?", (room.key, place)

def mix(turn, half):
    return int.from_bytes(hmac.digest(storage.secret, bytes([turn]) + half.to_bytes(8), "sha256")[:8])

def seal(place):
    """A `next` that says nothing: how much is said in all rooms is nobody's business (SEARCH-14). A Feistel network."""
    left, right = place, 0
    for turn in range(4):
        left, right = right, left ^ mix(turn, right)
    return base64.urlsafe_b64encode(left.to_bytes(8) + right.to_bytes(8)).decode().rstrip("=")

def unseal(text):
    """The place in a `next`, or None if we haven't made it (SEARCH-12)."""
    if not re.fullmatch("[A-Za-z0-9_-]{22}", text):
        return None
    sealed = base64.urlsafe_b64decode(text + "==")
    left, right = int.from_bytes(sealed[:8]), int.from_bytes(sealed[8:])
    for turn in reversed(range(4)):
        left, right = right ^ mix(turn, left), left
    return left if right == 0 and seal(left) == text else None

@request
def on_search(me, text: "query", room: "joined" = None, from_: "nick" = None, since: "time" = "",
              until: "time" = "~", before: "next" = None, limit: "limit" = None):
    """Newest first, in the order in which all entries were written (SEARCH-7). Each room has its index: SEARCH-14."""
    wanted = sorted(words(text), key=len, reverse=True)  # the longest is the rarest, as a rule
    first, *others = wanted[:8]  # for more words, we look at the entries themselves
    sql = (f"SELECT w.place, w.log, {ENTRY} FROM words w JOIN entries e ON e.place = w.place"
           " WHERE w.log = ? AND w.word = ? AND w.place < ? AND nick = coalesce(?, nick) AND at BETWEEN ? AND ?"
           + " AND EXISTS (SELECT 1 FROM words WHERE log = w.log AND word = ? AND place = w.place)" * len(others)
           + " ORDER BY w.place DESC")
    values = (first, unseal(before) if before else 2**62, from_, since, until, *others)
    by_room = [storage.db.execute(sql, (name, *values)) for name in ([room.key] if room else me.rooms)]
    places, found = [], []
    for place, name, *row in heapq.merge(*by_room, reverse=True):
        entry = me.rooms[name].event(entry_of(*row), me.person)
        if len(wanted) <= 8 or words(entry["text"]).issuperset(wanted):
            places.append(place)
            found.append(entry)
            if len(found) > page_size(limit):
                break
    me.reply_page("search", "results", found, limit, lambda count: {"next": seal(places[count - 1])})

# ----------------------------------------------------------------------------------------------- clocks, and the door

async def watch_clocks():
    wiped = now()
    while True:
        await asyncio.sleep(0.1)
        for connection in list(connections):
            connection.tick()
        for person in list(people.values()):
            if person.deadline and now() >= person.deadline:
                person.grace_is_over()
            if person.presence["status"] == "active" and now() - person.acted >= LIMITS["idleSeconds"]:
                person.change(status="idle")  # IDLE-1
        if storage.stale and now() - wiped > 10:
            storage.wipe()
            wiped = now()

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

def take_up():
    """Who was here before comes back or doesn't: people with sessions, their marks and conversations (SESSION-9)."""
    for digest, nick in storage.db.execute("SELECT person, nick FROM sessions"):
        sessions[digest] = Person(nick, digest)
        sessions[digest].grace_begins()
    for digest, name, seq in storage.db.execute("SELECT person, log, seq FROM marks"):
        sessions[digest].marks[name] = seq
    for one, two in storage.db.execute("SELECT one, two FROM logs WHERE one IS NOT NULL").fetchall():  # DIRECT-15
        one, two = sessions[one], sessions[two]
        one.conversations[two.nick] = two.conversations[one.nick] = Conversation(one, two)

async def serve(listener):
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    take_up()
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
    options = argparse.ArgumentParser(description="A Tertulia 1 server with every profile")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=7331, help="0 picks a free one")
    options.add_argument("--data", default="rooms.db", metavar="FILE", help="the SQLite file; made if it isn't there")
    options.add_argument("--heartbeat", type=int, default=30, choices=range(1, 301), metavar="S")
    options.add_argument("--login-seconds", type=int, default=30, choices=range(5, 3601), metavar="S")
    options.add_argument("--grace", type=int, default=15, choices=range(5, 3601), metavar="S")
    options.add_argument("--idle-seconds", type=int, default=300, choices=range(5, 86401), metavar="S")
    options.add_argument("--keep", type=int, default=KEEP, metavar="N", help="how many entries a log keeps; all")
    options.add_argument("--members", type=int, default=LIMITS["members"], choices=range(16, 1001), metavar="N",
                         help="how many people a room takes")
    options = options.parse_args()
    KEEP = max(1, options.keep)
    HELLO["heartbeat"] = options.heartbeat
    LIMITS |= {"loginSeconds": options.login_seconds, "grace": options.grace, "members": options.members,
               "idleSeconds": options.idle_seconds}
    what = options.data
    try:
        storage, what = Storage(options.data), f"{options.host}:{options.port}"
        listener = socket.create_server((options.host, options.port), backlog=LIMITS["connections"])
    except (OSError, OverflowError, sqlite3.Error) as error:
        print(f"{what}: {error}", file=sys.stderr)
        sys.exit(2)
    asyncio.run(serve(listener))
    storage.db.close()
