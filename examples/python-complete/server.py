"""A Tertulia 1 server with every profile, with nothing but the standard library (Python 3.11).

It is python-durable grown up: read that first, for what is told there (the outbox, the clocks, commits before anything
is shown) is not told again. Then from the inside to the outside: texts.py and wire.py, what requests look like;
storage.py, the file; people.py, logs and who writes them; rights.py and credentials.py, who may what, and who is who;
connection.py, one client; chapters/, the requests, as the specification tells of them; here, the door and the clocks.
Codes such as FRAME-6 name the requirements of the specification, which is in ../../spec.
"""
import argparse, asyncio, random, signal, socket, sqlite3, sys
from time import monotonic as now

from chapters import accounts, moderation, presence, rich, rooms, search, session  # each adds its requests
from connection import Connection, connections
from credentials import Verifier
from people import Conversation, Person, Seat, people
from storage import storage
from wire import HELLO, LIMITS, SETTINGS, encode

async def watch_clocks():
    wiped = now()
    while True:
        await asyncio.sleep(0.1)
        for connection in list(connections):
            connection.tick()
        for person in list(people.values()):
            for seat in [seat for seat in person.seats if seat.deadline and now() >= seat.deadline]:
                seat.grace_is_over()
            if person.seats and person.presence["status"] == "active" and now() - person.acted >= LIMITS["idleSeconds"]:
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
            connection.write(encode(**HELLO, auth=connection.auth))
        connections.add(connection)
        await asyncio.sleep(0)

def take_up(operators):
    """What was here before: accounts, sessions, marks and conversations (REGISTER-7, SESSION-9)."""
    known = {}  # people by id
    for id, nick, *verifier in storage.db.execute("SELECT * FROM accounts"):
        known[id] = people[nick] = Person(nick, id, Verifier(*verifier))
        known[id].is_operator = nick in operators
    for digest, id, nick in storage.db.execute("SELECT digest, person, nick FROM sessions"):
        known[id] = known.get(id) or Person(nick, id)
        Seat(known[id], digest).grace_begins()
    for id, name, seq in storage.db.execute("SELECT person, log, seq FROM marks"):
        known[id].marks[name] = seq
    for one, two in storage.db.execute("SELECT one, two FROM logs WHERE one IS NOT NULL").fetchall():  # DIRECT-15
        one, two = known[one], known[two]
        one.conversations[two.nick] = two.conversations[one.nick] = Conversation(one, two)

async def serve(listener):
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
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
    options.add_argument("--keep", type=int, default=SETTINGS["keep"], metavar="N",
                         help="how many entries a log keeps; all")
    options.add_argument("--members", type=int, default=LIMITS["members"], choices=range(16, 1001), metavar="N",
                         help="how many people a room takes")
    options.add_argument("--iterations", type=int, default=SETTINGS["iterations"], choices=range(4096, 10000001),
                         metavar="N", help="how often a new password is hashed; 600000")
    options.add_argument("--token-seconds", type=int, default=LIMITS["tokenSeconds"], choices=range(5, 2**31),
                         metavar="S")
    options.add_argument("--attempt-seconds", type=int, default=300, choices=range(5, 86401), metavar="S")
    options.add_argument("--operator", default="", metavar="NICK,NICK",
                         help="whose accounts may do in every room what its owner may; they have to be there already")
    options = options.parse_args()
    SETTINGS.update(keep=max(1, options.keep), iterations=options.iterations)
    HELLO["heartbeat"] = options.heartbeat
    LIMITS.update(loginSeconds=options.login_seconds, grace=options.grace, members=options.members,
                  idleSeconds=options.idle_seconds, tokenSeconds=options.token_seconds,
                  attemptSeconds=options.attempt_seconds)
    what = options.data
    try:
        storage.open(options.data)
        take_up(set(options.operator.split(",")))
        what = f"{options.host}:{options.port}"
        listener = socket.create_server((options.host, options.port), backlog=LIMITS["connections"])
    except (OSError, OverflowError, sqlite3.Error) as error:
        print(f"{what}: {error}", file=sys.stderr)
        sys.exit(2)
    asyncio.run(serve(listener))
    storage.db.close()
