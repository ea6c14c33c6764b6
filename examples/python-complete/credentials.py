"""What one shows to get into an account: passwords, proofs of them, tokens; and how often one may guess.

A password is kept as what SCRAM (RFC 5802) calls a verifier: it tells whether a password or a proof is right, and is
neither. Tokens and sessions are random: of them, a digest is enough.
"""
import asyncio, collections, concurrent.futures, hashlib, hmac, math, os, secrets, time, unicodedata

from people import people
from storage import digest_of, storage
from wire import LIMITS, SETTINGS, refuse_if

Verifier = collections.namedtuple("Verifier", "salt iterations stored_key server_key")

def mac(key, text):
    return hmac.digest(key, text, "sha256")

def prepared(password):
    """The same password from whatever keyboard (PASSWORD-4)."""
    spaced = "".join(" " if unicodedata.category(it) == "Zs" else it for it in password)
    return unicodedata.normalize("NFC", spaced).encode()

def derive(password, salt, iterations):
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password), salt, iterations)
    stored_key = hashlib.sha256(mac(salted, b"Client Key")).digest()
    return Verifier(salt, iterations, stored_key, mac(salted, b"Server Key"))

# One password is hashed at a time, in a thread of its own: everybody else is served meanwhile, on the other core. And
# so each guess is counted before the next one is looked at.
hashing, hasher = asyncio.Lock(), concurrent.futures.ThreadPoolExecutor(1)

async def derive_apart(me, password, salt, iterations):
    derived = await asyncio.get_running_loop().run_in_executor(hasher, derive, password, salt, iterations)
    if not me.open:
        raise asyncio.CancelledError  # the connection has ended meanwhile: what it asked for has no effect any more
    return derived

async def new_verifier(me, password):
    return await derive_apart(me, password, secrets.token_bytes(16), SETTINGS["iterations"])

def verifier_for(nick):
    """The verifier of an account, or one that no password fits and that looks the same each time (SCRAM-4)."""
    person = people.get(nick)
    if person and person.verifier:
        return person.verifier
    return Verifier(mac(storage.secret, nick.encode())[:16], SETTINGS["iterations"], os.urandom(32), os.urandom(32))

def opened_by(nick, verifier):
    """The person of the account that has this verifier still: it may have another one since, or have ended."""
    person = people.get(nick)
    return person if person and person.verifier is verifier else None

# ------------------------------------------------------------------------------------------------------------ guesses

class Guesses:
    """Of each nick, or each address, so many may fail, and they come back one by one (ATTEMPT-1, ATTEMPT-3)."""

    def __init__(self, times):
        self.times, self.all_back = times, {}  # when all attempts will have come back

    def interval(self):
        return LIMITS["attemptSeconds"] / (LIMITS["attempts"] * self.times)

    def check(self, who):
        most = LIMITS["attempts"] * self.times
        wait = self.all_back.get(who, 0) - time.monotonic() - (most - 1) * self.interval()
        refuse_if(wait > 0, "rate-limited", f"too many logins have failed: try again in {math.ceil(max(wait, 0))} s",
                  retryAfter=math.ceil(1000 * max(wait, 0)))

    def failed(self, who):
        now = time.monotonic()
        if len(self.all_back) > 10000:
            self.all_back = {who: back for who, back in self.all_back.items() if back > now}
        self.all_back[who] = max(now, self.all_back.get(who, 0)) + self.interval()

of_nick, of_address = Guesses(1), Guesses(10)

def check_guesses(me, nick=None):
    if nick:  # not for a token, which nobody guesses (ATTEMPT-2)
        of_nick.check(nick)
    of_address.check(me.address)

def refuse_guess(me, field, nick=None):
    """The same answer, whether or not there is such an account (PASSWORD-3, SCRAM-4)."""
    of_address.failed(me.address)
    if nick:
        of_nick.failed(nick)
    refuse_if(True, "bad-credentials", f"no account has this nick and this {field}", field)

# ------------------------------------------------------------------------------------------------------------- tokens

TOKENS = 32  # of one account (TOKEN-3)

def new_token(person_id):
    """A token, and what to write so that it opens the account."""
    token, now = secrets.token_urlsafe(16), time.time()
    return token, [
        ("INSERT INTO tokens VALUES (?, ?, ?)", (digest_of(token), person_id, now + LIMITS["tokenSeconds"])),
        ("DELETE FROM tokens WHERE person = ?1 AND (ends <= ?2 OR rowid NOT IN"
         " (SELECT rowid FROM tokens WHERE person = ?1 ORDER BY rowid DESC LIMIT ?3))", (person_id, now, TOKENS)),
    ]

def is_good_token(person, token):
    found = storage.ask("SELECT ends FROM tokens WHERE digest = ? AND person = ?", digest_of(token), person.id)
    return bool(found) and time.time() < found[0]

def no_tokens(person):
    return "DELETE FROM tokens WHERE person = ?", (person.id,)
