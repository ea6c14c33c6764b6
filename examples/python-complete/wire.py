"""From a line to a request and its fields, and from an object to a line.

A request is a function named after it: `def on_leave(me, room: "joined")` answers `leave`. Its parameters are the
fields, and say what these may hold; a field whose parameter has a default may be missing.
"""
import inspect, json, re

from texts import CONTROL, FOLD, OWN_WORDS, words

LIMITS = {"line": 65536, "text": 4096, "page": 100, "joins": 32, "members": 100, "rooms": 500, "replay": 100,
          "connections": 200, "loginSeconds": 30, "backlog": 1048576, "burst": 100, "rate": 50, "grace": 15,
          "keySeconds": 604800, "idleSeconds": 300, "reactions": 64, "typingSeconds": 6, "tokenSeconds": 2592000,
          "attempts": 10, "attemptSeconds": 300, "logins": 16}
HELLO = {"type": "hello", "protocol": 1, "server": "python-complete/2",
         "features": ["history/1", "resume/1", "direct/1", "presence/1", "rich/1", "search/1", "accounts/1",
                      "moderation/1"],
         "limits": LIMITS, "heartbeat": 30}
SETTINGS = {"keep": 2**53, "iterations": 600000}  # how many entries a log keeps; how often a new password is hashed

REQUESTS = {}  # by type: the function that answers, and its parameters by the names of the fields

def request(answer):
    """Let a function answer the requests of its name. A field that Python has a word for ends in "_" there."""
    parameters = list(inspect.signature(answer).parameters.values())[1:]
    REQUESTS[answer.__name__.removeprefix("on_")] = answer, {it.name.rstrip("_"): it for it in parameters}
    return answer

RANGES = {"id": (1, 2**31 - 1), "cursor": (0, 2**53 - 1), "seq": (1, 2**53 - 1), "limit": (1, 2**53 - 1),
          "seconds": (0, 3600)}
FORMS = {  # of strings: whatever a form doesn't take is a bad-request. A chapter may add its own.
    "key": re.compile("[A-Za-z0-9_-]{1,64}").fullmatch,  # KEY-1
    "status": re.compile("active|busy|away").fullmatch,  # STATUS-5
    "time": re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}Z",
                       re.ASCII).fullmatch,
    "nonce": re.compile("[!-+\\--~]{16,128}").fullmatch,  # SCRAM-1
    "role": re.compile("member|moderator|owner").fullmatch,
    "kind": re.compile("public|private|secret").fullmatch,
}
NAME = "[a-z0-9][a-z0-9_-]{0,31}"
NAMES = {  # "joined": a room that this connection is in; "log": one of these, or a conversation
    "nick": re.compile(NAME), "room": re.compile("#" + NAME), "joined": re.compile("#" + NAME),
    "conversation": re.compile("@" + NAME), "log": re.compile("[#@]" + NAME),
}
TEXT = re.compile("[^\x00-\x08\x0b-\x1f\x7f-\x9f]+")  # TEXT-2: LF and TAB may come
TEXTS = {  # what may stand in a text, how many bytes it may have (None: limits.text), and that in words
    "text": (TEXT, None, "not empty, no control characters but LF and TAB"),
    "query": (TEXT, None, "a word to search for, of letters or digits"),
    "status-text": (OWN_WORDS, 256, "one line with something to see, and nothing that turns the direction of writing"),
    "display": (OWN_WORDS, 128, "one line with something to see, and nothing that turns the direction of writing"),
    "topic": (re.compile(f"[^{CONTROL}]*"), 256, "no control characters"),
    "reaction": (re.compile(f"[^{CONTROL}]+"), 64, "not empty, no control characters"),
    "new-password": (re.compile(f"[^{CONTROL}]{{8,}}"), 256, "at least 8 characters, no control characters"),
}
UNSENDABLE = re.compile("[\x00\ud800-\udfff]")  # a surrogate that json.loads left alone has no partner (JSON-4)
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[][{}]')  # "++" never goes back: hostile lines cost no more
WAYS = {"session", "password", "token", "proof"}  # of which a login has one at the most (AUTH-4)

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
    return kind not in FORMS or FORMS[kind](value)

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
    ways = sorted(holds.keys() & WAYS) if kind == "login" else []
    refuse_if(len(ways) > 1, "bad-request", "one of session, password, token and proof", ways[-1] if ways else None)
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
