"""Another password, no tokens, no account any more (spec/accounts.md). How one logs in is in session.py."""
from credentials import hashing, new_token, new_verifier, no_tokens
from chapters.session import refuse_insecure
from people import rooms
from storage import storage
from wire import refuse_if, request

def end_others(me):
    """Who else is there in the person's name, has to show again that they may (ACCOUNT-15)."""
    for seat in [seat for seat in me.person.seats if seat is not me.seat]:
        seat.dismiss("logged-out")

def refuse_unproven(me):
    """Who has found a laptop open, or stolen a token, can't lock out whose account it is (ACCOUNT-6)."""
    good = me.person.verifier and me.proven
    refuse_if(not good, "forbidden", "log in by the account's password first")

@request
async def on_password(me, password: "new-password"):
    refuse_insecure(me)
    refuse_unproven(me)
    async with hashing:  # a login with the old password that has its turn later is refused (ACCOUNT-5)
        verifier = await new_verifier(me, password)
        refuse_unproven(me)  # the account may have ended meanwhile
        token, statements = new_token(me.person.id)
        sql = "UPDATE accounts SET salt = ?, iterations = ?, stored_key = ?, server_key = ? WHERE person = ?"
        storage.keep((sql, (*verifier, me.person.id)), no_tokens(me.person), *statements)
        me.person.verifier = verifier
    end_others(me)
    me.reply("password", token=token)

@request
def on_revoke(me):
    refuse_if(not me.person.verifier, "forbidden", "only an account has tokens")
    storage.keep(no_tokens(me.person))
    end_others(me)
    me.reply("revoked")

@request
def on_unregister(me):
    """The account ends, and with it its roles; the person goes on as a guest, banned and muted as they were."""
    refuse_unproven(me)
    id = me.person.id
    storage.keep(("DELETE FROM accounts WHERE person = ?", (id,)), no_tokens(me.person),
                 ("UPDATE standings SET role = '' WHERE person = ?", (id,)),
                 ("DELETE FROM standings WHERE person = ? AND NOT (invited OR banned OR muted)", (id,)))
    me.person.verifier, me.person.is_operator = None, False
    for room in rooms.values():
        _, *rest = room.standings.pop(id, [""])
        if any(rest):
            room.standings[id] = ["", *rest]
    end_others(me)
    me.reply("unregistered")
