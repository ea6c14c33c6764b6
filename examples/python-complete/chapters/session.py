"""Coming, going and coming back (spec/session.md, spec/resume.md), and as whom one comes (spec/accounts.md)."""
import base64, hashlib, hmac, secrets

from credentials import (check_guesses, derive_apart, hashing, is_good_token, mac, new_token, new_verifier, opened_by,
                         refuse_guess, verifier_for)
from people import Person, Seat, people, sessions
from storage import digest_of, storage
from wire import LIMITS, refuse_if, request

@request
def on_ping(me):
    me.reply("pong")

@request
def on_sync(me):
    me.reply("synced")  # one process: what was acknowledged to anybody is in our outbox already (SYNC-1, PRESENCE-5)

@request
def on_bye(me):
    me.end(for_good=True)  # so that the nick is free before the reply (LOGIN-6, SESSION-8)
    me.reply("bye")

@request
async def on_login(me, nick: "nick", resume: "flag" = False, session: "string" = None, password: "string" = None,
                   token: "string" = None, proof: "string" = None):
    """Somebody who comes back, whoever an account belongs to, or a guest."""
    if session is not None:
        go_on(me, nick, session)
    elif password is not None:
        log_in(me, await by_password(me, nick, password), resume)
    elif proof is not None:
        person, signature = by_proof(me, nick, proof)
        log_in(me, person, resume, signature=signature)
    elif token is not None:
        log_in(me, by_token(me, nick, token), resume, proven=False)
    else:
        refuse_taken(nick)
        welcome(me, Person(nick, secrets.token_hex(16)), resume)

@request
async def on_register(me, nick: "nick", password: "new-password", resume: "flag" = False, invitation: "string" = None):
    """An account, and its person with it. Anybody may make one: an invitation opens nothing here (REGISTER-5)."""
    refuse_insecure(me)
    refuse_taken(nick)
    async with hashing:
        verifier = await new_verifier(me, password)
    refuse_taken(nick)  # somebody may have been quicker meanwhile (REGISTER-2)
    person = Person(nick, secrets.token_hex(16), verifier)
    token, statements = new_token(person.id)
    me.proven = True
    welcome(me, person, resume, ("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)", (person.id, nick, *verifier)),
            *statements, token=token)

@request
def on_challenge(me, nick: "nick", nonce: "nonce"):
    """The first half of a proof (SCRAM-1). It is the same for a nick without an account (SCRAM-4)."""
    verifier, both = verifier_for(nick), nonce + secrets.token_urlsafe(18)
    salt = base64.b64encode(verifier.salt).decode()
    message = f"n={nick},r={nonce},r={both},s={salt},i={verifier.iterations},c=biws,r={both}"
    me.challenge = nick, verifier, message.encode()
    me.reply("challenge", nick=nick, nonce=both, salt=salt, iterations=verifier.iterations)

def refuse_insecure(me):
    refuse_if("password" not in me.auth, "insecure", "a password is taken on the machine itself only")  # AUTH-3

def refuse_taken(nick):
    has_account = nick in people and people[nick].verifier  # REGISTER-2, REGISTER-3
    refuse_if(has_account, "nick-registered", "an account has this nick: log in, or choose another", "nick")
    refuse_if(nick in people, "nick-taken", "somebody has this nick: choose another", "nick")

async def by_password(me, nick, password):
    refuse_insecure(me)
    async with hashing:
        check_guesses(me, nick)
        verifier = verifier_for(nick)
        derived = await derive_apart(me, password, verifier.salt, verifier.iterations)  # the same work for all nicks
        person = opened_by(nick, verifier)
        if not hmac.compare_digest(derived.stored_key, verifier.stored_key) or not person:
            refuse_guess(me, "password", nick)
    return person

def by_proof(me, nick, proof):
    """The person whose password is proved, and the proof that we have its verifier (SCRAM-2, SCRAM-3)."""
    check_guesses(me, nick)
    challenged, verifier, message = me.challenge or (None, None, None)
    me.challenge = None  # it is for one answer
    person = opened_by(nick, verifier) if challenged == nick else None
    if not person or not is_proof(proof, verifier, message):
        refuse_guess(me, "proof", nick)
    return person, base64.b64encode(mac(verifier.server_key, message)).decode()

def is_proof(proof, verifier, message):
    try:
        given = base64.b64decode(proof, validate=True)
    except ValueError:
        return False
    client_key = bytes(one ^ other for one, other in zip(given, mac(verifier.stored_key, message)))
    return len(given) == 32 and hmac.compare_digest(hashlib.sha256(client_key).digest(), verifier.stored_key)

def by_token(me, nick, token):
    check_guesses(me)
    person = people.get(nick)
    if not person or not person.verifier or not is_good_token(person, token):
        refuse_guess(me, "token")
    return person

def log_in(me, person, resume, proven=True, **said):
    """The person of an account is here. By a password or a proof they get a token, too (PASSWORD-1, TOKEN-1)."""
    statements, me.proven = [], proven
    if proven:
        said["token"], statements = new_token(person.id)
    welcome(me, person, resume, *statements, **said)

def welcome(me, person, resume, *statements, **said):
    """A seat for somebody, and a session if it was asked for; on the disk before the client hears of it (SESSION-9)."""
    too_many, digest = in_the_way(person), None
    if resume:
        session = secrets.token_urlsafe(16)
        digest = digest_of(session)
        statements += (("INSERT INTO sessions VALUES (?, ?, ?)", (digest, person.id, person.nick)),)
        said["session"] = session
    if statements:
        storage.keep(*statements)
    for seat in too_many:
        seat.end()
    sit_down(me, Seat(person, digest), **said)

def in_the_way(person):
    """The seats that end when somebody takes one more: the one lost first, where there are too many (ACCOUNT-14)."""
    full = len(person.connections) >= LIMITS["logins"]
    refuse_if(full, "limit-reached", "this account has as many connections as it may have", "nick")  # ACCOUNT-13
    lost = sorted((seat for seat in person.seats if not seat.connection), key=lambda seat: seat.deadline)
    return lost[:1] if len(person.seats) >= LIMITS["logins"] else []

def go_on(me, nick, session):
    """Whoever comes back takes the seat again (SESSION-2)."""
    seat = sessions.get(digest_of(session))
    # The same answer for all reasons: whoever has guessed a secret isn't told (SESSION-7). Every effect of a session
    # that has ended stands in the log already, since end() commits.
    bad = seat is None or seat.person.nick != nick
    refuse_if(bad, "session-expired", "this session has ended: log in anew", "session")
    if seat.connection:
        seat.connection.end("replaced")  # and all that it will ever have done, is done (SESSION-3)
    seat.grace_begins()  # for the memberships that are to be taken up again
    sit_down(me, seat, session=session, resumed=True)

def sit_down(me, seat, **said):
    me.seat, seat.connection = seat, me
    me.reply("welcome", nick=seat.person.nick, **seat.person.account, **said)
