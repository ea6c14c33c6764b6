"""The file. Nothing is shown before it is there (DURABLE-1)."""
import datetime, hashlib, os, sqlite3, sys

from wire import UNAVAILABLE, Refused

APPLICATION = 0x7E29  # marks a SQLite file as ours
SCHEMA = [
    f"PRAGMA application_id = {APPLICATION}",
    # A log is a room's, and has its name, or that of two people, whose ids stand there, and is named by its epoch.
    """CREATE TABLE logs (log TEXT PRIMARY KEY, epoch TEXT NOT NULL, first INTEGER NOT NULL, topic TEXT NOT NULL,
       kind TEXT NOT NULL, slow INTEGER NOT NULL, one TEXT, two TEXT) WITHOUT ROWID""",
    # What people are to a room, whether or not they are in it: those who are nothing have no row.
    """CREATE TABLE standings (log TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, invited INTEGER NOT NULL,
       banned INTEGER NOT NULL, muted INTEGER NOT NULL, PRIMARY KEY (log, person)) WITHOUT ROWID""",
    "CREATE INDEX standings_of_people ON standings (person)",
    # What an entry says stands there as it is to be shown now: in `body`, the fields that not every entry has. `place`
    # is its place among all entries of the server; `person` is who has sent it, and `nick` what the others saw.
    """CREATE TABLE entries (log TEXT NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL UNIQUE, type TEXT NOT NULL,
       nick TEXT NOT NULL, person TEXT NOT NULL, target INTEGER, body TEXT NOT NULL, key TEXT, at TEXT NOT NULL,
       PRIMARY KEY (log, seq)) WITHOUT ROWID""",
    "CREATE INDEX targets ON entries (log, target) WHERE target IS NOT NULL",
    # A key is known as long as its entry, or longer (KEY-5): `at` is the entry's, `used` when the key came.
    """CREATE TABLE keys (person TEXT NOT NULL, log TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,
       seq INTEGER NOT NULL, at TEXT NOT NULL, used TEXT NOT NULL, PRIMARY KEY (person, log, key)) WITHOUT ROWID""",
    "CREATE INDEX keys_of_entries ON keys (log, seq)",
    # Of a password, what SCRAM calls a verifier; of tokens and sessions, their digests.
    """CREATE TABLE accounts (person TEXT PRIMARY KEY, nick TEXT NOT NULL UNIQUE, salt BLOB NOT NULL,
       iterations INTEGER NOT NULL, stored_key BLOB NOT NULL, server_key BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE tokens (digest TEXT NOT NULL UNIQUE, person TEXT NOT NULL, ends REAL NOT NULL)",
    "CREATE INDEX tokens_of_people ON tokens (person)",
    "CREATE TABLE sessions (digest TEXT PRIMARY KEY, person TEXT NOT NULL, nick TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE marks (person TEXT NOT NULL, log TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (person, log))
       WITHOUT ROWID""",
    """CREATE TABLE reactions (log TEXT NOT NULL, target INTEGER NOT NULL, person TEXT NOT NULL, reaction TEXT NOT NULL,
       seq INTEGER NOT NULL, PRIMARY KEY (log, target, person, reaction)) WITHOUT ROWID""",
    """CREATE TABLE words (log TEXT NOT NULL, word TEXT NOT NULL, place INTEGER NOT NULL,
       PRIMARY KEY (log, word, place)) WITHOUT ROWID""",
    "CREATE INDEX words_of_entries ON words (log, place)",
    "CREATE TABLE secret AS SELECT randomblob(32) AS secret",
]
GIVE_UP = [  # the entries of a log before one (DURABLE-4), and keys that have been known for long
    "UPDATE logs SET first = :to WHERE log = :log",
    "DELETE FROM words WHERE log = :log AND place < (SELECT place FROM entries WHERE log = :log AND seq = :to)",
    "DELETE FROM reactions WHERE log = :log AND target < :to",
    "DELETE FROM entries WHERE log = :log AND seq < :to",
    "DELETE FROM keys WHERE log = :log AND seq < :to AND used < :expired",
]
FORGET_PERSON = [f"DELETE FROM {table} WHERE person = :person" for table in ("marks", "keys", "standings")]
FORGET_LOG = [f"DELETE FROM {table} WHERE log = :log" for table in ("entries", "keys", "logs")]
GUESTS = "NOT IN (SELECT person FROM sessions UNION SELECT person FROM accounts)"
FORGET_GUESTS = [  # at the start: a guest without a session has ended with the process, and with them what they had
    f"CREATE TEMP TABLE ended AS SELECT log FROM logs WHERE one IS NOT NULL AND (one {GUESTS} OR two {GUESTS})",
    *(f"DELETE FROM {table} WHERE log IN (SELECT log FROM ended)" for table in ("entries", "keys", "logs")),
    *(f"DELETE FROM {table} WHERE person {GUESTS}" for table in ("marks", "keys", "standings")),
]
# A write that failed for one of these reasons is not in the file. What an fsync has failed to say, nobody knows.
NOT_WRITTEN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}

class Storage:
    """The file. Whoever has something to write adds it to the batch, and is called back when it is there, or isn't."""

    def open(self, path):
        """Open the file, or make it. Raises sqlite3.Error if it is no file of ours, or another process has it."""
        self.batch, self.stale = [], False  # `stale`: what has been taken out is still in the write-ahead log
        self.db = sqlite3.connect(path, timeout=1, isolation_level=None)  # None: we say BEGIN and COMMIT ourselves
        self.db.execute("PRAGMA locking_mode = EXCLUSIVE")  # two servers on one file would give one seq twice
        if self.ask("SELECT count(*) FROM sqlite_master") != (0,):
            if self.ask("PRAGMA application_id") != (APPLICATION,):
                raise sqlite3.DatabaseError("this is the file of another program")
            if self.ask("PRAGMA quick_check(1)") != ("ok",):
                raise sqlite3.DatabaseError("the file is damaged")
        self.db.execute("PRAGMA synchronous = FULL")  # a commit returns when the disk has it: the machine may fail, too
        self.db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
        if self.ask("PRAGMA journal_mode = WAL") != ("wal",):
            raise sqlite3.DatabaseError("the file can't have a write-ahead log")
        self.db.execute("BEGIN EXCLUSIVE")  # from here on, the file is locked as long as we live
        for statement in SCHEMA if self.ask("SELECT count(*) FROM sqlite_master") == (0,) else FORGET_GUESTS:
            self.db.execute(statement)
        self.db.execute("COMMIT")
        self.wipe()
        self.place = self.ask("SELECT coalesce(max(place), 0) FROM entries")[0]  # the last that was given
        self.secret = self.ask("SELECT secret FROM secret")[0]

    def ask(self, sql, *values):
        return self.db.execute(sql, values).fetchone()

    def add(self, done, *statements):
        """Put statements, each with its values, into the batch; done(kept) says whether they are kept."""
        self.batch.append((done, statements))

    def add_surely(self, *statements):
        """Put statements into the batch, and into the next one for as long as they can't be kept."""
        self.add(lambda kept: kept or self.add_surely(*statements), *statements)

    def keep(self, *statements):
        """Write statements now, after all that waits. Refuses the request when that fails."""
        self.add(lambda kept: None, *statements)
        if not self.commit():
            raise Refused(UNAVAILABLE)

    def commit(self):
        """Write what waits, in one transaction; then show it (DURABLE-1). Says whether it is kept.

        Everything waits meanwhile; what comes in the meantime is the next batch. So the slower the disk, the larger the
        batches, and nobody waits for more than two commits.
        """
        batch, self.batch = self.batch, []
        if not batch:
            return True
        kept = committing = False
        try:
            self.db.execute("BEGIN")
            for _, statements in batch:
                for sql, values in statements:
                    self.db.execute(sql, values)
            committing = True
            self.db.execute("COMMIT")
            kept = True
        except sqlite3.Error as error:
            print(f"the data file: {error}", file=sys.stderr, flush=True)
            if committing and error.sqlite_errorcode not in NOT_WRITTEN:
                os._exit(1)  # perhaps it is there: no reply would be honest, and the next start will see (ERROR-1)
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
        for done, _ in batch:
            done(kept)
        return kept

    def wipe(self):
        """Bring the write-ahead log into the file and cut it off, with all texts that were taken back."""
        self.commit()
        try:
            self.stale = self.ask("PRAGMA wal_checkpoint(TRUNCATE)")[0] != 0
        except sqlite3.Error as error:  # the next time will do
            print(f"the data file: {error}", file=sys.stderr, flush=True)

storage = Storage()

def time_string(seconds):
    """The time so many seconds from now, as entries have it."""
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

def digest_of(secret):
    return hashlib.sha256(secret.encode()).hexdigest()
