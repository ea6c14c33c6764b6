"""Finding what was said by its words (spec/search.md)."""
import base64, heapq, hmac, re

from people import ENTRY, entry_of
from storage import storage
from texts import words
from wire import FORMS, page_size, request

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

FORMS["next"] = lambda text: unseal(text) is not None

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
