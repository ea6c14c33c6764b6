"""Tests of server.py over real sockets: python3 -m unittest test_server"""
import json, pathlib, signal, socket, struct, subprocess, sys, time, unittest

class Client:
    def __init__(self, port, nick=None, room=None, small=False):
        self.sock = socket.socket()
        self.sock.settimeout(10)
        if small:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.connect(("127.0.0.1", port))
        self.file = self.sock.makefile("rb")
        self.first = self.read()
        if nick:
            assert self.ask(type="login", id=1, nick=nick)["type"] == "welcome"
        if room:
            self.joined = self.ask(type="join", id=2, room=room)

    def read(self):
        line = self.file.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def send(self, **request):
        self.sock.sendall(json.dumps(request).encode() + b"\n")

    def ask(self, **request):
        self.send(**request)
        while (answer := self.read()) and "re" not in answer and answer["type"] != "error":
            pass
        return answer

    def until(self, kind):
        while (answer := self.read()) and answer["type"] != kind:
            pass
        return answer

    def rest(self):
        return [json.loads(line) for line in self.file.read().splitlines()]

    def close(self):
        self.file.close()
        self.sock.close()

class ServerTest(unittest.TestCase):
    def setUp(self):
        command = [sys.executable, str(pathlib.Path(__file__).with_name("server.py")), "--port", "0"]
        command += ["--heartbeat", "1", "--login-seconds", "5"]
        self.process, self.clients = subprocess.Popen(command, stdout=subprocess.PIPE, text=True), []
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def tearDown(self):
        for client in self.clients:
            client.close()
        self.process.terminate()
        self.process.wait(5)
        self.process.stdout.close()

    def client(self, *args, **options):
        self.clients.append(Client(self.port, *args, **options))
        return self.clients[-1]

    def types(self, objects):
        return [each["type"] for each in objects]

    def test_two_people_see_the_same_log(self):
        ana, leo = self.client("ana", "#cafe"), self.client("leo", "#Cafe")
        self.assertEqual(leo.joined["members"], ["ana", "leo"])
        sent = [ana.ask(type="send", id=n, room="#cafe", text=f"{n} ¡hola!\n") for n in (3, 4)]
        leo.send(type="sync", id=9)
        heard = [leo.read() for _ in range(3)]
        self.assertEqual(self.types(heard), ["message", "message", "synced"])
        self.assertEqual([(h["seq"], h["at"]) for h in heard[:2]], [(s["seq"], s["at"]) for s in sent])

    def test_who_comes_back_gets_what_they_missed(self):
        ana, leo = self.client("ana", "#cafe"), self.client("leo", "#cafe")
        for n in range(5):
            ana.ask(type="send", id=3, room="#cafe", text=str(n))
        leo.ask(type="leave", id=4, room="#cafe")
        leo.send(type="join", id=5, room="#cafe", after=2, epoch=leo.joined["epoch"])
        joined = leo.until("joined")
        self.assertEqual((joined["resumed"], joined["first"], joined["head"]), (True, 1, 5))
        self.assertEqual([leo.read()["text"] for _ in range(3)], ["2", "3", "4"])
        leo.ask(type="leave", id=6, room="#cafe")
        wrong = [dict(after=6, epoch=joined["epoch"]), dict(after=5, epoch="other")]
        for cursor in wrong:
            self.assertIs(leo.ask(type="join", id=7, room="#cafe", **cursor)["resumed"], False)
            leo.ask(type="leave", id=8, room="#cafe")
        self.assertIs(leo.ask(type="join", id=7, room="#cafe", after=5, epoch=joined["epoch"])["resumed"], True)

    def test_bytes_may_come_one_by_one_and_a_half_line_is_none(self):
        ana = self.client()
        for byte in '\r\n{"type":"ping","id":1,"x":"ñ"}\r\n{"type":"ping","id":2}'.encode():
            ana.sock.sendall(bytes([byte]))
        ana.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(ana.rest(), [{"type": "pong", "re": 1}])

    def test_a_line_without_end_gets_a_bye_that_arrives(self):
        ana = self.client()
        ana.sock.sendall(b'{"type":"ping","id":1}\n' + b"a" * 1000000)
        self.assertEqual([each.get("code") for each in ana.rest()], [None, "line-too-long"])

    def test_a_nick_and_a_membership_end_with_a_reset(self):
        ana, leo = self.client("ana", "#cafe"), self.client("leo", "#cafe")
        leo.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        leo.close()
        self.assertEqual(ana.until("member")["change"], "joined")
        self.assertEqual(ana.until("member")["change"], "left")
        self.client("leo")

    def test_who_does_not_read_is_cut_off_and_delays_nobody(self):
        ana, leo = self.client("ana", "#cafe"), self.client("leo", "#cafe", small=True)
        began = time.monotonic()
        for n in range(1, 120):
            self.assertEqual(ana.ask(type="send", id=n, room="#cafe", text="x" * 4000)["seq"], n)
        self.assertEqual(ana.until("member")["change"], "left")
        self.assertLess(time.monotonic() - began, 8)
        lines = leo.file.read().split(b"\n")
        seqs = [json.loads(line)["seq"] for line in lines[:-1] if b'"type":"message"' in line]
        self.assertEqual(seqs, list(range(1, len(seqs) + 1)))

    def test_who_reads_slowly_gets_all_replies(self):
        ana = self.client("ana", "#cafe", small=True)
        for n in range(10):  # so that a list of rooms has some size
            ana.ask(type="join", id=1, room="#" + str(n) * 32)
        request = json.dumps({"type": "rooms", "id": 7, "x": "y" * 50}).encode() + b"\n"
        ana.sock.sendall(request * 90)
        ana.sock.shutdown(socket.SHUT_WR)
        data = b""
        while chunk := ana.sock.recv(2048):
            data += chunk
            time.sleep(0.05)
        self.assertEqual(data.count(b'"re":7'), 90)

    def test_a_hundred_at_once_and_then_fifty_a_second(self):
        ana, began = self.client(), time.monotonic()
        ana.sock.sendall(b'{"type":"ping","id":1}\n' * 150 + b'{"type":"bye","id":2}\n')
        self.assertEqual(self.types(ana.rest()), ["pong"] * 150 + ["bye"])
        self.assertGreater(time.monotonic() - began, 0.9)

    def test_silence_is_noticed(self):
        ana, began = self.client("ana"), time.monotonic()
        rest = ana.rest()
        self.assertEqual([(each["type"], each.get("code")) for each in rest], [("ping", None), ("bye", "idle")])
        self.assertTrue(2 <= time.monotonic() - began <= 3)

    def test_nobody_waits_at_the_door_for_ever(self):
        ana, began = self.client(), time.monotonic()
        for n in range(1, 100):
            if (answer := ana.ask(type="ping", id=n))["type"] != "pong":
                break
            time.sleep(0.2)
            ana.sock.setblocking(False)
            try:
                if b"bye" in ana.sock.recv(1000, socket.MSG_PEEK):
                    break
            except BlockingIOError:
                pass
            ana.sock.settimeout(10)
        ana.sock.settimeout(10)
        self.assertEqual(ana.until("bye")["code"], "login-timeout")
        self.assertTrue(4.9 <= time.monotonic() - began <= 7)

    def test_a_full_house(self):
        limit = self.client().first["limits"]["connections"]
        for _ in range(limit - 1):
            self.client()
        late = self.client()
        self.assertEqual(late.first["code"], "too-many-connections")
        self.assertEqual(late.rest(), [])
        self.clients[0].close()
        time.sleep(0.2)
        self.assertEqual(self.client().first["type"], "hello")

    def test_sigterm_says_goodbye(self):
        ana = self.client("ana")
        self.process.send_signal(signal.SIGTERM)
        bye = ana.until("bye")
        self.assertEqual((bye["code"], bye["reconnectAfter"] >= 0, ana.rest()), ("shutting-down", True, []))
        ana.close()
        self.assertEqual(self.process.wait(5), 0)

if __name__ == "__main__":
    unittest.main()
