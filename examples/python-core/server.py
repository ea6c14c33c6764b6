"""A Tertulia 1 core server in one file, with nothing but the standard library (Python 3.11).

Each connection has two tasks: read_lines() takes requests from the client and answers them, run() sends what waits in
the outbox. Whoever has something to say to a connection puts a line into its outbox, and never waits for its socket.
Codes such as FRAME-6 name the requirements of the specification, which is in ../../spec.
"""
import argparse, asyncio, collections, datetime, json, random, re, secrets, signal, socket, traceback
from time import monotonic as now

LIMITS = {"line": 65536, "text": 4096, "page": 100, "joins": 32, "members": 100, "rooms": 500, "replay": 50,
          "connections": 200, "loginSeconds": 30, "backlog": 1048576, "burst": 100, "rate": 50}
HELLO = {"type": "hello", "protocol": 1, "server": "python-core/1", "features": [], "auth": ["guest"],
         "limits": LIMITS, "heartbeat": 30}
REQUESTS = {  # the fields of each request; "?" marks those that may be missing; others are ignored (EXT-1)
    "login": {"nick": "nick"},
    "join": {"room": "room", "create": "flag?", "after": "cursor?", "epoch": "string?"},
    "leave": {"room": "room"},
    "send": {"room": "room", "text": "text"},
    "rooms": {"after": "room?", "limit": "limit?"},
    "members": {"room": "room", "after": "nick?", "limit": "limit?"},
    "ping": {}, "sync": {}, "bye": {},
}
RANGES = {"id": (1, 2**31 - 1), "cursor": (0, 2**53 - 1), "limit": (1, 2**53 - 1)}
NAMES = {"nick": re.compile("[a-z0-9][a-z0-9_-]{0,31}"), "room": re.compile("#[a-z0-9][a-z0-9_-]{0,31}")}
FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # lower() would fold more (NAME-2)
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # TEXT-2
UNSENDABLE = re.compile("[\x00\ud800-\udfff]")  # a surrogate that json.loads left alone has no partner (JSON-4)
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[][{}]')  # "++" never goes back: hostile lines cost no more

class Refused(Exception):
    """A request that gets an `error` and has no effect (ERROR-1)."""

def refuse_if(wrong, code, message, *field):
    if wrong:
        raise Refused(dict(zip(("code", "message", "field"), (code, message, *field))))

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
    return isinstance(value, bool if kind == "flag" else str)

def check_fields(request):
    """Look at all fields for one kind of fault before the next kind: this is the order of the registry (ERROR-3)."""
    fields = REQUESTS[request["type"]]
    kinds = {name: kind.rstrip("?") for name, kind in fields.items() if name in request or "?" not in kind}
    if kinds.get("after") == "cursor":
        kinds["epoch"] = "string"  # not optional any more (CATCH-5)
    for name, kind in kinds.items():
        refuse_if(name not in request, "bad-request", f"{name} is missing", name)
        refuse_if(not has_type(request[name], kind), "bad-request", f"{name}: wrong type or out of range", name)
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

rooms, connections = {}, set()  # each room by its name; each connection, also those that are ending

class Room:
    """A log and its members. It lives while it has members; if it comes back, it is another log (EPOCH-2)."""

    def __init__(self):
        self.epoch, self.head, self.members = secrets.token_hex(8), 0, {}
        self.log = collections.deque(maxlen=LIMITS["replay"])  # the last entries, as the lines that were sent

    def tell(self, line):
        for member in self.members.values():
            member.write(line, asked=False)

class Connection:
    """One client. It is open until end(); what waits in its outbox is sent even then, and the socket closed."""

    def __init__(self, sock, address):
        self.sock, self.address, self.nick, self.rooms = sock, address, None, set()
        self.open, self.spoke, self.pinged, self.overfull = True, False, None, False
        self.inbox, self.turn, self.reading_since = bytearray(), 0, None  # None while no read is under way
        self.outbox, self.unsent, self.asked = collections.deque(), 0, 0  # lines; their bytes; those of replies
        self.waiting, self.empty = asyncio.Event(), asyncio.Event()  # something waits in the outbox; nothing does
        self.begun = self.accepted = now()
        self.task = asyncio.create_task(self.run())

    async def read_lines(self):
        try:
            while (line := await self.next_line()) and self.open:
                self.answer(line)
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
            refuse_if(not self.nick and kind not in ("login", "ping", "bye"), "login-first", "log in first")
            refuse_if(self.nick and kind == "login", "already-logged-in", f"you are {self.nick} on this connection")
            check_fields(request)
            bad = kind in ("leave", "send", "members") and request["room"] not in self.rooms
            refuse_if(bad, "not-joined", "you are not in this room: join it first", "room")
            self.act(request, request.get("room"))
        except Refused as refused:
            self.write(encode(type="error", **re_id, **refused.args[0]))

    def reply(self, kind, **fields):
        self.write(encode(type=kind, re=self.id, **fields))

    def act(self, request, name):
        match request["type"]:
            case "ping":
                self.reply("pong")
            case "sync":  # one process: what was acknowledged to anybody is in our outbox already (SYNC-1)
                self.reply("synced")
            case "login":
                taken = any(other.nick == request["nick"] for other in connections if other.open)
                refuse_if(taken, "nick-taken", "somebody has this nick: choose another", "nick")
                self.nick = request["nick"]
                self.reply("welcome", nick=self.nick)
            case "join":
                self.join(name, request)
            case "send":
                self.send(name, request["text"])
            case "leave":
                self.leave(name)
                self.reply("left", room=name)
            case "rooms":
                names, more = slice_of(rooms, request)
                self.reply("rooms", rooms=[{"room": it, "members": len(rooms[it].members)} for it in names], **more)
            case "members":
                members, more = slice_of(rooms[name].members, request)
                self.reply("members", room=name, members=members, **more)
            case "bye":
                self.end()  # so that the nick is free before the reply (LOGIN-6)
                self.reply("bye")

    def join(self, name, request):
        refuse_if(name not in rooms and request.get("create") is False, "no-such-room", f"there is no {name}", "room")
        refuse_if(name in self.rooms, "already-joined", f"you are in {name}", "room")
        refuse_if(len(self.rooms) >= LIMITS["joins"], "limit-reached", "you are in too many rooms: leave one", "room")
        full = len(rooms[name].members) >= LIMITS["members"] if name in rooms else len(rooms) >= LIMITS["rooms"]
        refuse_if(full, "limit-reached", "there are too many rooms, or too many people in this one", "room")
        room = rooms.setdefault(name, Room())
        room.tell(encode(type="member", room=name, nick=self.nick, change="joined"))
        room.members[self.nick] = self  # only now, so that nobody is told of their own joining (MEMBER-3)
        self.rooms.add(name)
        members, more = slice_of(room.members, {})
        first, after = room.head - len(room.log) + 1, request.get("after", -1)
        known = first - 1 <= after <= room.head and request["epoch"] == room.epoch  # CATCH-3
        more |= {"resumed": known} if "after" in request else {}
        self.reply("joined", room=name, epoch=room.epoch, first=first, head=room.head, members=members, **more)
        for line in list(room.log)[after - first + 1:] if known else []:
            self.write(line)

    def leave(self, name):
        self.rooms.remove(name)
        del rooms[name].members[self.nick]
        rooms[name].tell(encode(type="member", room=name, nick=self.nick, change="left"))
        if not rooms[name].members:
            del rooms[name]

    def send(self, name, text):
        room = rooms[name]
        room.head += 1
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = {"room": name, "seq": room.head, "from": self.nick, "text": text, "at": at}
        room.log.append(encode(type="message", **entry))
        room.tell(room.log[-1])  # to the sender, too, and before `sent` (SEND-3)
        self.reply("sent", room=name, seq=room.head, at=at)

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

    def end(self, code=None, **more):
        """Free the nick, leave the rooms, say why if there is a code. What comes later is not executed (END-2)."""
        if not self.open:
            return
        self.open = self.overfull = False
        for name in list(self.rooms):
            self.leave(name)
        while code == "slow-consumer" and len(self.outbox) > 1:  # the first line may be half sent (FLOW-5)
            self.unsent -= len(self.outbox.pop())
        if code:
            self.write(encode(type="bye", code=code, message=code.replace("-", " "), **more))
        self.waiting.set()

    def tick(self):
        """What time alone brings about."""
        silent = now() - self.reading_since if self.reading_since else 0
        stuck = now() - self.accepted if self.outbox else 0
        if self.open and not self.nick and now() - self.begun >= LIMITS["loginSeconds"]:
            self.end("login-timeout")  # LOGIN-8
        elif self.open and stuck > 2 * HELLO["heartbeat"]:
            self.end("slow-consumer")  # FLOW-2
        elif stuck > 3 * HELLO["heartbeat"]:
            self.task.cancel()  # not even the bye was taken
        elif self.open and silent > 2.5 * HELLO["heartbeat"] and self.pinged and now() - self.pinged > HELLO["heartbeat"]:
            self.end("idle")  # HEART-2, HEART-7; the half is for who answers our ping after a whole heartbeat (HEART-5)
        elif self.open and silent > HELLO["heartbeat"] and not self.pinged:
            self.pinged = now()  # HEART-1
            self.write(encode(type="ping"), asked=False)

async def watch_clocks():
    while True:
        await asyncio.sleep(0.1)
        for connection in list(connections):
            connection.tick()

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

async def serve(host, port):
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    with socket.create_server((host, port), backlog=LIMITS["connections"]) as listener:
        listener.setblocking(False)
        print(f"listening on {host}:{listener.getsockname()[1]}", flush=True)
        door, clock = asyncio.create_task(accept(listener)), asyncio.create_task(watch_clocks())
        await stop.wait()
        door.cancel()
    for connection in list(connections):
        connection.end("shutting-down", reconnectAfter=random.randint(500, 3000))  # END-8
    await asyncio.wait([door] + [connection.task for connection in connections], timeout=3)
    clock.cancel()

if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A Tertulia 1 core server")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=7331, help="0 picks a free one")
    options.add_argument("--heartbeat", type=int, default=30, choices=range(1, 301), metavar="S")
    options.add_argument("--login-seconds", type=int, default=30, choices=range(5, 3601), metavar="S")
    options = options.parse_args()
    HELLO["heartbeat"], LIMITS["loginSeconds"] = options.heartbeat, options.login_seconds
    asyncio.run(serve(options.host, options.port))
