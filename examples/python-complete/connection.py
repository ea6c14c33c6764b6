"""One client: its lines, its requests and their replies, its outbox and its clocks."""
import asyncio, collections, ipaddress, itertools, socket, sqlite3, sys, traceback
from time import monotonic as now

from people import Conversation, entry_of, people
from storage import GIVE_UP, digest_of, storage, time_string
from wire import (HELLO, LIMITS, REQUESTS, SETTINGS, UNAVAILABLE, UNSENDABLE, Refused, encode, has_type, page_size,
                  parse_object, read_fields, refuse_if, to_json)

connections = set()  # each connection, also those that are ending
DOOR = {"login", "register", "challenge"}  # what leads to a welcome
ACTS = {"message", "edit", "delete", "react", "topic"}  # entries by which one is not idle (IDLE-2, IDLE-5)

def ways_to_log_in(sock, address):
    """AUTH-1, and AUTH-2: a password must not pass where others can read it, and this server speaks no TLS."""
    here = ipaddress.ip_address(address).is_loopback or address == sock.getsockname()[0]
    return ["guest", "scram", "token"] + (["password", "register"] if here else [])

class Connection:
    """One client. It is open until end(); what waits in its outbox is sent even then, and the socket closed.

    Two tasks: read_lines() takes requests and answers them, run() sends what waits in the outbox.
    """

    def __init__(self, sock, address):
        self.sock, self.address, self.auth = sock, address, ways_to_log_in(sock, address)
        self.seat, self.rooms = None, {}  # since it has logged in; `rooms`: those that it has joined
        self.challenge, self.proven = None, False  # see chapters/accounts.py
        self.open, self.spoke, self.pinged, self.overfull = True, False, None, False
        self.inbox, self.turn, self.reading_since = bytearray(), 0, None  # None while no read is under way
        self.outbox, self.unsent, self.asked = collections.deque(), 0, 0  # lines; their bytes; those of replies
        self.waiting, self.empty = asyncio.Event(), asyncio.Event()  # something waits in the outbox; nothing does
        self.answered = asyncio.Event()  # the request has had its reply: it isn't waiting for the disk
        self.id, self.digest = None, None  # of the request that is being answered, and of what it says if it has a key
        self.begun = self.accepted = now()
        self.task = asyncio.create_task(self.run())

    @property
    def person(self):
        return self.seat and self.seat.person

    async def read_lines(self):
        try:
            while (line := await self.next_line()) and self.open:
                self.answered.set()
                await self.answer(line)
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

    async def answer(self, line):
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
            refuse_if(not self.person and kind not in DOOR | {"ping", "bye"}, "login-first", "log in first")
            refuse_if(self.person and kind in DOOR, "already-logged-in", "you have logged in on this connection")
            values = read_fields(kind, request, self.person and self.person.nick)
            if self.find_log(kind, values):
                answer, fields = REQUESTS[kind]
                waits = answer(self, **{fields[name].name: value for name, value in values.items()})
                if waits:  # for a password that is hashed, while others are served
                    await waits
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

    def reply(self, kind, /, **fields):
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

    def end(self, code=None, for_good=False, **more):
        """Leave the rooms, and say why if there is a code. What comes later is not executed (END-2).

        Who has a session and has not said bye stays a member, and keeps the nick, for the grace (SESSION-4).
        """
        if not self.open:
            return
        storage.commit()  # what it has sent is in the log and answered before it is gone (SESSION-3, SESSION-7)
        self.open = self.overfull = False
        for room in list(self.rooms.values()):
            self.leave(room)
        if self.seat:
            self.seat.connection = None
            if self.seat.session and not for_good:
                self.seat.grace_begins()
            else:
                self.seat.end()
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

    def enter(self, room):
        room.listeners.add(self)
        self.rooms[room.key] = room

    def leave(self, room):
        room.listeners.remove(self)
        del self.rooms[room.key]

    def find_conversation(self, nick, epoch):
        """The conversation with whoever has this nick, if that is who is meant (DIRECT-8, DIRECT-12)."""
        refuse_if(nick not in people, "no-such-nick", f"nobody here is called {nick}", "room")
        found = self.person.conversations.get(nick) or Conversation(self.person, people[nick])
        refuse_if(epoch not in (None, found.epoch), "no-such-nick", f"{nick} is somebody else by now", "room")
        return found

    def answer_again(self, log, name, key, kind):
        """Answer a request whose key is known (KEY-2, KEY-3, RICH-2). Says whether it was."""
        storage.commit()  # the first attempt may be on its way to the disk, from another connection of the person
        known = storage.ask("SELECT seq, at, digest, first FROM keys JOIN logs USING (log)"
                            " WHERE person = ? AND log = ? AND key = ?", self.person.id, log, key)  # no nick: KEY-6
        if known:
            seq, at, digest, first = known
            other = seq >= first and digest not in ("", self.digest)  # when the text is gone, nobody can tell
            refuse_if(other, "key-reused", "you have sent another request with this key", "key")
            if kind == "send" or kind in ACTS:
                self.person.act()
            self.reply("sent", room=name, seq=seq, at=at, duplicate=True)
        return bool(known)

    def append(self, log, kind, body, key=None, target=None, also=(), effect=None):
        """Give an entry its place; put it on the disk with what is `also` to be written; then show it (DURABLE-1).

        `effect` is what it does besides, once it is there and has been shown.
        """
        person, name, at = self.person, log.named(self.person)["room"], time_string(0)
        log.last, storage.place = log.last + 1, storage.place + 1
        seq, place, first = log.last, storage.place, max(log.first, log.last - SETTINGS["keep"] + 1)
        row = (log.key, seq, place, kind, person.nick, person.id, target, to_json(body), key, at)
        statements = [("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)]
        if seq == 1:
            statements += log.begin()
        if key:
            statements.append(self.use_key(log, key, seq, at))
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
            if effect:
                effect()
            if kind == "message":
                person.has_spoken(log)
            if kind in ACTS:
                person.act()
            self.reply("sent", room=name, seq=seq, at=at)  # after the `message` (SEND-3)

        self.answered.clear()
        storage.add(done, *statements)
        asyncio.get_running_loop().call_soon(storage.commit)

    def use_key(self, log, key, seq, at):
        values = (self.person.id, log.key, key, self.digest, seq, at, time_string(0))
        return "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)", values
