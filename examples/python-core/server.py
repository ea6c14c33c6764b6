"""A Tertulia 1 core server in one file, with nothing but the standard library (Python 3.11).

One thread asks the operating system which sockets are ready, and never waits for one of them. What arrives goes
into a connection's `inbox`, lines are taken out of it and answered, and what they say to anybody goes into the
`outbox` of that connection. A connection whose outbox is not empty is not read: so memory stays bounded, and
whoever asks without reading stops only themselves. Codes such as FRAME-6 name the requirements in ../../spec.
"""

import argparse, collections, datetime, json, math, random, re, resource, secrets, selectors, signal, socket, time
import traceback

LIMITS = {"line": 65536, "text": 4096, "page": 100, "joins": 32, "members": 500, "rooms": 500, "replay": 50,
          "connections": 512, "loginSeconds": 30, "backlog": 1048576, "burst": 100, "rate": 50}
LINE = LIMITS["line"]
TICK = 0.1  # seconds between two looks at the clocks of all connections
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

# The fields of each request; "?" marks those that may be missing. Other fields are ignored (EXT-1).
REQUESTS = {
    "login": {"nick": "nick"},
    "join": {"room": "room", "create": "flag?", "after": "cursor?", "epoch": "string?"},
    "leave": {"room": "room"},
    "send": {"room": "room", "text": "text"},
    "rooms": {"after": "room?", "limit": "limit?"},
    "members": {"room": "room", "after": "nick?", "limit": "limit?"},
    "ping": {}, "sync": {}, "bye": {},
}
BYES = {
    "line-too-long": f"{LINE} bytes came without an LF", "not-tertulia": "the first line is not a JSON object",
    "idle": "nothing came for two heartbeats", "slow-consumer": "what was sent to you was not read in time",
    "login-timeout": "no login came in time", "too-many-connections": "too many connections from your address",
    "shutting-down": "the server is stopping", "internal": "a defect of the server; please reconnect",
}
NAMES = {"nick": re.compile("[a-z0-9][a-z0-9_-]{0,31}"), "room": re.compile("#[a-z0-9][a-z0-9_-]{0,31}")}
FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # str.lower() folds more (NAME-2)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
UNSENDABLE = re.compile("[\x00\ud800-\udfff]")  # a surrogate that json.loads left alone has no partner
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[][{}]')  # never tries twice: hostile lines cost no more


class Refused(Exception):
    """A request that gets an `error`, and has had no effect (ERROR-1): code, sentence and, perhaps, field."""


# --- From bytes to a request, and back ---------------------------------------------------------------------------

def encode(**message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

def read_integer(digits):  # Python refuses to read 5,000 digits, but JSON doesn't; infinity is no integer either
    return int(digits) if len(digits) < 20 else math.inf

def refuse_constant(name):  # Python would accept NaN and Infinity
    raise ValueError(name)

def nests_too_deep(text):
    """Brackets are counted before json.loads sees them, because it recurses (JSON-3)."""
    depth = 0
    for found in STRING_OR_BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > 8:
            return True
    return False

def parse_object(line):
    """The JSON object on a line, or None. The CR of CR LF is white space to JSON, and needs no care (FRAME-2)."""
    try:
        text = line.decode("utf-8")
        if nests_too_deep(text):
            return None
        value = json.loads(text, parse_int=read_integer, parse_constant=refuse_constant)
        return value if isinstance(value, dict) else None
    except ValueError:
        return None

def is_integer(value, lowest, highest):
    return type(value) is int and lowest <= value <= highest  # not isinstance: True is an int, too

def check_fields(request, fields):
    """Look at all fields for one kind of fault before the next kind, in the order of the registry (ERROR-3)."""
    kinds = {name: kind.rstrip("?") for name, kind in fields.items() if name in request or not kind.endswith("?")}
    for name, kind in kinds.items():
        value = request.get(name)
        if name not in request:
            raise Refused("bad-request", f"{name} is missing", name)
        if kind in ("cursor", "limit"):
            right = is_integer(value, 0 if kind == "cursor" else 1, 2**53 - 1)
        else:
            right = type(value) is (bool if kind == "flag" else str)
        if not right:
            raise Refused("bad-request", f"{name} has the wrong type or is out of range", name)
    if kinds.get("after") == "cursor" and "epoch" not in kinds:
        raise Refused("bad-request", "after needs epoch", "epoch")
    for name, kind in kinds.items():
        if kind in NAMES:
            request[name] = request[name].translate(FOLD)
            if not NAMES[kind].fullmatch(request[name]):  # fullmatch, because "$" lets an LF pass
                raise Refused("bad-name", f"{name}: 1 to 32 of a-z, 0-9, _ and -, after a # for rooms", name)
    if "text" in kinds and (not request["text"] or FORBIDDEN.search(request["text"])):
        raise Refused("bad-text", "text: not empty, and no control characters but LF and TAB", "text")
    if "text" in kinds and len(request["text"].encode()) > LIMITS["text"]:
        raise Refused("too-long", f"the text has more than {LIMITS['text']} bytes of UTF-8", "text")

def slice_of(names, after="", limit=LIMITS["page"]):
    """A slice of names in order, and {"more": True} when some follow it (LIST-1 to LIST-4)."""
    rest = sorted(name for name in names if name > after)
    size = min(limit, LIMITS["page"])
    return rest[:size], {"more": True} if len(rest) > size else {}


class Room:
    """A log and its members. It lives while it has members; when it comes back it is another log (EPOCH-2)."""

    def __init__(self, name):
        self.name, self.epoch, self.head = name, secrets.token_hex(8), 0
        self.log = collections.deque(maxlen=LIMITS["replay"])  # the last entries, as the lines that were sent
        self.members = {}  # nick: connection

    def tell(self, line, besides=None):
        for connection in self.members.values():
            if connection is not besides:
                connection.write(line, asked=False)


class Connection:
    """One client: open, then closing (its last object waits), then draining (END-4), then gone."""

    def __init__(self, server, sock, address):
        self.server, self.sock, self.address = server, sock, address
        self.nick, self.rooms = None, {}
        self.inbox, self.outbox = bytearray(), bytearray()
        self.open, self.draining, self.broken = True, None, False
        self.spoke = self.ended = self.pinged = self.overfull = self.reading = False
        self.asked = self.drained = self.interest = 0
        self.since = self.heard = self.paused = self.accepted = self.refilled = time.monotonic()
        self.tokens = LIMITS["burst"]

    # Reading: bytes to lines, lines to requests

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data, self.broken = b"", True
        if self.draining:
            self.drained += len(data)
            self.broken = self.broken or not data or self.drained >= 1048576
        elif data:
            self.heard, self.pinged = time.monotonic(), False  # any byte is a sign of life (HEART-3)
            self.inbox += data
        else:
            self.ended = True
        self.server.unsettled.add(self)

    def may_ask(self):
        """Whether one more request may be read now; if not, it waits in the inbox (SEND-6)."""
        now = time.monotonic()
        self.tokens = min(LIMITS["burst"], self.tokens + (now - self.refilled) * LIMITS["rate"])
        self.refilled = now
        return self.tokens >= 1

    def take_line(self):
        """The next line that may be answered now, or None."""
        while (end := self.inbox.find(b"\n", 0, LINE)) >= 0:
            line = bytes(self.inbox[:end])
            blank = not line.strip(b" \t\r")  # FRAME-3
            if not blank and not self.may_ask():
                return None
            del self.inbox[:end + 1]
            if not blank:
                self.tokens -= 1
                return line
        if len(self.inbox) >= LINE:
            self.end("line-too-long")  # FRAME-6
        elif self.ended:
            self.end()  # every whole line is answered, and half a line is none (END-5, END-6)
        return None

    def answer_lines(self):
        try:
            while self.open and len(self.outbox) < LINE and (line := self.take_line()) is not None:
                self.answer(line)
        except Exception:
            traceback.print_exc()
            self.end("internal")

    def answer(self, line):
        request, usable_id = parse_object(line), {}
        if request is None and not self.spoke:
            return self.end("not-tertulia")  # FRAME-8: here ends what a browser was made to send
        self.spoke = True
        try:
            if request is None or any(UNSENDABLE.search(v) for v in request.values() if isinstance(v, str)):
                raise Refused("bad-json", "the line is not one JSON object of the profile")
            if not is_integer(request.get("id"), 1, 2**31 - 1):
                raise Refused("bad-request", "id must be an integer from 1 to 2147483647", "id")
            usable_id = {"re": request["id"]}
            self.check(request)
            getattr(self, "on_" + request["type"])(request)
        except Refused as refused:
            code, sentence, *field = refused.args
            self.write(encode(type="error", **usable_id, code=code, message=sentence,
                              **({"field": field[0]} if field else {})))

    def check(self, request):
        kind = request.get("type")
        if not isinstance(kind, str):
            raise Refused("bad-request", "type must be a string", "type")
        if kind not in REQUESTS:
            raise Refused("unsupported", "this server does not know that request")
        if not self.nick and kind not in ("login", "ping", "bye"):
            raise Refused("login-first", "log in first")
        if self.nick and kind == "login":
            raise Refused("already-logged-in", f"you are {self.nick} on this connection")
        check_fields(request, REQUESTS[kind])

    # One method for each request

    def reply(self, request, kind, **fields):
        self.write(encode(type=kind, re=request["id"], **fields))

    def on_ping(self, request):
        self.reply(request, "pong")

    def on_sync(self, request):  # one process, one queue for each connection: all that was said is in it (SYNC-1)
        self.reply(request, "synced")

    def on_login(self, request):
        if request["nick"] in self.server.people:
            raise Refused("nick-taken", "somebody has this nick: choose another", "nick")
        self.nick = request["nick"]
        self.server.people[self.nick] = self
        self.reply(request, "welcome", nick=self.nick)

    def on_join(self, request):
        name, after = request["room"], request.get("after")
        room = self.server.rooms.get(name)
        if not room and request.get("create") is False:
            raise Refused("no-such-room", f"there is no {name}", "room")
        if name in self.rooms:
            raise Refused("already-joined", f"you are in {name}", "room")
        if (len(self.rooms) >= LIMITS["joins"] or room and len(room.members) >= LIMITS["members"]
                or not room and len(self.server.rooms) >= LIMITS["rooms"]):
            raise Refused("limit-reached", "too many rooms, or too many people in this one", "room")
        room = self.rooms[name] = self.server.rooms.setdefault(name, room or Room(name))
        room.members[self.nick] = self
        first, (members, more) = room.head - len(room.log) + 1, slice_of(room.members)
        resumed = after is not None and request["epoch"] == room.epoch and first - 1 <= after <= room.head  # CATCH-3
        self.reply(request, "joined", room=name, epoch=room.epoch, first=first, head=room.head,
                   **({} if after is None else {"resumed": resumed}), members=members, **more)
        for line in list(room.log)[after - first + 1:] if resumed else []:
            self.write(line)
        room.tell(encode(type="member", room=name, nick=self.nick, change="joined"), besides=self)

    def joined(self, request):
        if request["room"] not in self.rooms:
            raise Refused("not-joined", f"you are not in {request['room']}: join it first", "room")
        return self.rooms[request["room"]]

    def on_leave(self, request):
        self.leave(self.joined(request))
        self.reply(request, "left", room=request["room"])

    def leave(self, room):
        del self.rooms[room.name], room.members[self.nick]
        room.tell(encode(type="member", room=room.name, nick=self.nick, change="left"))
        if not room.members:
            del self.server.rooms[room.name]

    def on_send(self, request):
        room = self.joined(request)
        room.head += 1
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = {"room": room.name, "seq": room.head, "from": self.nick, "text": request["text"], "at": at}
        line = encode(type="message", **entry)
        room.log.append(line)
        room.tell(line)
        self.reply(request, "sent", room=room.name, seq=room.head, at=at)  # after the message (SEND-3)

    def on_rooms(self, request):
        rooms = self.server.rooms
        names, more = slice_of(rooms, request.get("after", ""), request.get("limit", LIMITS["page"]))
        items = [{"room": name, "members": len(rooms[name].members)} for name in names]
        self.reply(request, "rooms", rooms=items, **more)

    def on_members(self, request):
        room = self.joined(request)
        nicks, more = slice_of(room.members, request.get("after", ""), request.get("limit", LIMITS["page"]))
        self.reply(request, "members", room=room.name, members=nicks, **more)

    def on_bye(self, request):
        self.end()  # the nick is free before the reply (LOGIN-6)
        self.reply(request, "bye")

    # Writing and ending

    def write(self, line, asked=True):
        """Put a line into the outbox. `asked` counts what this client has asked for, and is not cut off for (FLOW-6)."""
        if not asked and len(self.outbox) > LIMITS["backlog"] + self.asked:
            self.flush()
            self.overfull = len(self.outbox) > LIMITS["backlog"] + self.asked
        if not self.overfull or asked:
            self.accepted = self.accepted if self.outbox else time.monotonic()
            self.outbox += line
            self.asked += len(line) if asked else 0
        self.server.unsettled.add(self)

    def flush(self):
        try:
            while self.outbox and (count := self.sock.send(self.outbox)):
                self.accepted = time.monotonic()
                del self.outbox[:count]
        except BlockingIOError:
            pass
        except OSError:
            self.broken = True
        if not self.outbox:
            self.asked = 0

    def end(self, code=None, **more):
        """Free the nick, leave the rooms and say why; settle() does the rest once all is sent."""
        if not self.open:
            return
        self.open = False
        self.server.addresses[self.address] -= 1
        self.server.people.pop(self.nick, None)
        for room in list(self.rooms.values()):
            self.leave(room)
        self.inbox.clear()  # nothing after the end is executed (END-2)
        if code == "slow-consumer":
            del self.outbox[self.outbox.find(b"\n") + 1:]  # end the line that is half sent, no more (FLOW-5)
        if code:
            self.write(encode(type="bye", code=code, message=BYES[code], **more))
        self.server.unsettled.add(self)

    def settle(self):
        """Send what can be sent, answer what may be answered, and choose what to wait for."""
        self.flush()
        if self.overfull:
            self.end("slow-consumer")  # FLOW-3
        if self.open and not self.outbox:
            self.answer_lines()
            self.flush()
        if not self.open and not self.outbox and not self.draining and not self.broken:
            self.draining = time.monotonic()
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                self.broken = True
        if self.broken:
            self.end()
            self.server.connections.discard(self)
        self.watch()
        if self.broken:
            self.sock.close()

    def watch(self):
        listens = self.open and not self.ended and not self.outbox and b"\n" not in self.inbox
        reading = not self.broken and bool(listens or self.draining)
        now = time.monotonic()
        if reading != self.reading:  # the time in which we do not read is no silence (HEART-4)
            self.heard, self.paused, self.reading = self.heard + (now - self.paused if reading else 0), now, reading
        interest = 0 if self.broken else READ * reading | WRITE * bool(self.outbox)
        if interest != self.interest:
            selector = self.server.selector
            if self.interest and interest:
                selector.modify(self.sock, interest, self)
            elif interest:
                selector.register(self.sock, interest, self)
            else:
                selector.unregister(self.sock)
            self.interest = interest

    def tick(self, now):
        """What time alone brings about."""
        heartbeat, silent = self.server.heartbeat, now - self.heard if self.reading else 0
        stuck = now - self.accepted if self.outbox else 0
        if self.draining:
            self.broken = self.broken or now - self.draining > 1
        elif not self.open:
            self.broken = self.broken or stuck > 3 * heartbeat
        elif not self.nick and now - self.since >= LIMITS["loginSeconds"]:
            self.end("login-timeout")  # LOGIN-8
        elif stuck > 2 * heartbeat:
            self.end("slow-consumer")  # FLOW-2
        elif silent > 2.5 * heartbeat:
            self.end("idle")  # later than HEART-2 asks, by half a heartbeat: who answers our ping late is still there
        elif silent > heartbeat and not self.pinged:
            self.pinged = True
            self.write(encode(type="ping"), asked=False)
        self.server.unsettled.add(self)


class Server:
    def __init__(self, host, port, heartbeat):
        self.heartbeat, self.stopping, self.ticked = heartbeat, None, 0
        self.people, self.rooms, self.connections, self.unsettled = {}, {}, set(), set()
        self.addresses = collections.Counter()
        self.hello = encode(type="hello", protocol=1, server="python-core/1", features=[], auth=["guest"],
                            limits=LIMITS, heartbeat=heartbeat)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family, backlog=LIMITS["connections"])
        self.listener.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, READ)

    def accept(self):
        try:
            sock, address = self.listener.accept()
        except OSError:  # perhaps no descriptor is free: ask again at the next tick
            self.selector.unregister(self.listener)
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LINE)  # so that we see early that somebody does not read
        connection = Connection(self, sock, address[0])
        self.connections.add(connection)
        self.addresses[address[0]] += 1
        if self.addresses[address[0]] > LIMITS["connections"]:
            connection.end("too-many-connections")
        else:
            connection.write(self.hello)

    def run(self):
        while not self.stopping or self.connections and time.monotonic() < self.stopping + 3:
            for key, ready in self.selector.select(TICK):
                if key.data is None:
                    self.accept()
                elif ready & READ:
                    key.data.receive()
                else:
                    self.unsettled.add(key.data)
            while self.unsettled:
                self.unsettled.pop().settle()
            if time.monotonic() >= self.ticked + TICK:
                self.tick()
            if self.stopping and not self.listener._closed:
                self.selector.unregister(self.listener)
                self.listener.close()
                for connection in list(self.connections):
                    connection.end("shutting-down", reconnectAfter=random.randint(500, 3000))

    def tick(self):
        self.ticked = time.monotonic()
        if not self.stopping and self.listener not in self.selector.get_map():
            self.selector.register(self.listener, READ)
        for connection in list(self.connections):
            connection.tick(self.ticked)

    def stop(self, *_):
        """SIGTERM: the lines that were read have been answered; say goodbye to everybody (END-8)."""
        self.stopping = time.monotonic()


def main():
    options = argparse.ArgumentParser(description="A Tertulia 1 core server")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=7331, help="0 picks a free one")
    options.add_argument("--heartbeat", type=int, default=30, help="seconds, 1 to 300")
    options.add_argument("--login-seconds", type=int, default=30, help="5 or more")
    options = options.parse_args()
    LIMITS["loginSeconds"] = options.login_seconds
    try:  # an open socket is a file descriptor
        resource.setrlimit(resource.RLIMIT_NOFILE, (4 * LIMITS["connections"], resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    except (ValueError, OSError):
        LIMITS["connections"] = max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    server = Server(options.host, options.port, options.heartbeat)
    signal.signal(signal.SIGTERM, server.stop)
    signal.signal(signal.SIGINT, server.stop)
    print(f"listening on {options.host}:{server.listener.getsockname()[1]}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
