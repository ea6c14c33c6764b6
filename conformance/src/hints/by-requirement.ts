/**
 * One hint per requirement: what programs that break it usually do wrong, and where to look. For people whose first server or client
 * this is, in words that fit any language. The Spanish is in `lang/es/hints.json`.
 *
 * @module
 */
import type { RequirementId } from "../generated/requirement-id.ts"

/** What is only allowed can't be broken. */
type Breakable = Exclude<
  RequirementId,
  "CATCH-6" | "DIRECT-19" | "FLOW-3" | "HELLO-6" | "JOIN-9" | "JSON-7" | "PRESENCE-6" | "REGISTER-8" | "SESSION-12"
>

/** The hints of all requirements that can be broken, in the order of the spec. */
export const hintsByRequirement: Readonly<Record<Breakable, string>> = {
  // ---------------------------------------------------------------------------------------------------------------------
  // Wire
  // ---------------------------------------------------------------------------------------------------------------------
  "FRAME-1":
    "Look at the one function that writes an object: it ends each with a single LF and nothing else, escapes what stands in strings, and hands all bytes of a line over before another thread or task writes to the same socket.",
  "FRAME-2": "Lines may come with CR LF: take one CR off the end of a line before you parse it, but don't demand it.",
  "FRAME-3":
    "Skip a line that holds only spaces, tabs and CRs before you look at its first character or give it to the JSON parser; also when it is the first line.",
  "FRAME-4":
    "One `recv` is not one message. Append what it returns to a buffer that belongs to the connection, take out every whole line up to an LF, and keep what is left over for the next `recv`; decode characters only when the line is whole.",
  "FRAME-5":
    "Your buffer or your check is one byte too small: a line of exactly `limits.line` bytes, its LF counted, is still legal. Compare with `>` and not with `>=`, and leave room for a terminating NUL if you need one.",
  "FRAME-6":
    "Check how full the connection's buffer is after each `recv`: at `limits.line` bytes without an LF, answer the lines before it, send `bye` and end. Never ask `recv` for more bytes than there is room left in the buffer.",
  "FRAME-7":
    "After a line that you refuse, go on in the same loop with the next one: don't close the connection, and don't throw away the rest of the buffer.",
  "FRAME-8":
    "Keep a flag per connection that says whether its first line has been read. If that line is no JSON object, send `bye` with `not-tertulia`, and not an `error`.",
  "FRAME-9":
    "Count the bytes of a line before you send it: lists are cut into slices so that the whole line fits into `limits.line`, whatever the length of the names.",
  "FRAME-10":
    "Measure the encoded line in bytes before you send it: escapes and letters outside ASCII take more than one byte.",
  "FRAME-11": "Bound the buffer in which you collect a line: at `limits.line` bytes without an LF, end the connection.",
  "FRAME-12":
    "One `recv` is not one message: append what it returns to a buffer, take whole lines out of it, keep the rest for the next `recv`, and decode characters only when the line is whole.",
  "JSON-1":
    "Look at what your parser lets pass or throws: bytes that are no UTF-8, a NUL in the middle of a line (C strings end there), `NaN`, comments, trailing commas, something behind the object. Catch its error, and answer `bad-json`.",
  "JSON-2":
    "Your limit for nesting is too strict: the object itself is level 1, and 8 levels are legal, also in fields that you ignore.",
  "JSON-3":
    "Most parsers call themselves for each level, and thousands of brackets overflow the stack. Count the brackets outside of strings before you parse, and answer `bad-json` above 8 levels.",
  "JSON-4":
    "After parsing, look for U+0000 and for half surrogate pairs in the strings that you use: many JSON libraries let them pass, and you can't send them on as UTF-8.",
  "JSON-5":
    'Check that each field is there and has its type before you use it: `null`, `true` and `"5"` are no numbers (in Python `True` is an `int`), and `field` has to name the one that is wrong.',
  "JSON-6":
    "Check that a number is integral and within the range of its field before you turn it into an integer type: a cast cuts fractions off and wraps around.",
  "JSON-8": "Of two fields with one name the last one counts: a parser of your own has to overwrite the first.",
  "JSON-9":
    "Look at what you write: numbers beyond 2^53-1 are no integers to most readers, and strings with U+0000 or half a surrogate pair can't be read at all. Refuse them on the way in.",
  "JSON-10": "Write integers as integers, without fraction or exponent, and the names of fields as plain letters.",
  "NAME-1":
    "Match the whole folded name against the grammar, from its first letter to its last: in many languages `$` lets a line feed pass. Never use a name that came over the wire as part of a file's path.",
  "NAME-2":
    "Fold exactly A-Z to a-z before you look a name up, in every request that has one. The lower-case function of most languages folds other letters, too.",
  "NAME-3":
    "A name has got in that breaks the grammar, or that isn't folded: refuse the first by `bad-name` when the request comes, before anything is done with it, and keep and send only the folded form.",
  "TEXT-1":
    "A text is relayed as it came: measure it in bytes of UTF-8 after unescaping, size buffers for the longest, and escape quotes, backslashes and control characters when you write it into JSON.",
  "TEXT-2":
    "Look at the characters after unescaping: `\\u0007` is one control character and not six letters. TAB and LF are the only ones allowed, and an empty text is refused.",
  "TEXT-3":
    "Measure the text in bytes of UTF-8 after unescaping, not in characters, and refuse it whole: cutting it, or copying it into a buffer before you have measured, is the usual mistake.",

  // ---------------------------------------------------------------------------------------------------------------------
  // Session
  // ---------------------------------------------------------------------------------------------------------------------
  "HELLO-1":
    "Send `hello`, with its LF, as soon as `accept` has given you the connection, before you `recv` anything. If it is buffered, flush it; if one thread serves everybody, don't wait for one client's bytes.",
  "HELLO-2": "Send `hello` where the connection is accepted, and nowhere else: not again after `login`.",
  "HELLO-3": "Shorten what `hello` says: the name of the server and the list of features fit into 4,096 bytes.",
  "HELLO-4": 'Say `"protocol":1`, as a number and not as a string.',
  "HELLO-5":
    "Count the open connections of an address. One too many is accepted, gets `bye` with `too-many-connections` instead of `hello`, and is ended; a closed listening queue or silence doesn't tell the client anything.",
  "REPLY-1":
    "Every branch that handles a request ends in exactly one reply: look for a branch that returns without one, for an exception that swallows it, and for an `error` that is followed by the success.",
  "REPLY-2": "Copy the `id` of the request into `re`, as the number that it was, in every reply, also in an `error`.",
  "REPLY-3":
    "Handle one request of a connection at a time: read the next line only when the reply to the last one has been queued. A thread or task for each request lets the quick ones overtake.",
  "REPLY-4":
    "Let the effects of one connection's requests happen in the order of its lines: don't hand them to threads or tasks that race.",
  "REPLY-5":
    "When you can't trust `id` (missing, not an integer, out of range, the line is no object), leave `re` out of the `error`; don't write 0, -1 or `null`.",
  "REPLY-6": "An `id` belongs to the client: keep no list of those that you have seen.",
  "REPLY-7":
    "Something makes the reply wait: look for a lock that is held while you write to a socket, and for a sleep.",
  "REPLY-8":
    "Reply only when the effect is visible to everybody: change the shared state first, then queue the reply, and don't do the change in a task that runs later.",
  "REPLY-9":
    "Compare the object that came with the tables of the spec, field by field: a field is missing or has another type, an event carries `re`, or you send something that no request asked for.",
  "REPLY-10":
    "Answer `ping` by `pong` with its `id` in `re`, before login too. If no answer came at all, your server is stuck elsewhere: in a `recv`, a `send` or a lock.",
  "REPLY-11":
    "Build each request from its type, an `id` from 1 to 2147483647 and the fields that its section names, with a JSON library; never send what was typed as it stands.",
  "REPLY-12":
    "Keep what waits for its reply apart from what was never sent: after a lost connection show the first as doubtful, and send only the second.",
  "LOGIN-1":
    "Follow a `login` through your server: fold the nick, see whether somebody holds it, note it on the connection, reply `welcome` with the folded nick. If nothing came, the request was not read or the reply not flushed.",
  "LOGIN-2":
    "To look whether a nick is free and to take it must be one step: hold one lock around both, or do nothing in between that lets others run. Compare folded nicks.",
  "LOGIN-3":
    "Before `welcome`, let `ping` and `bye` pass, and refuse every other request that you know by `login-first`; a type that you don't know stays `unsupported`.",
  "LOGIN-4":
    "Look whether the connection has a nick before anything else of a `login`, also when it asks for the same nick.",
  "LOGIN-5": "A refused `login` leaves the connection as it was: don't close it, and don't mark it as logged in.",
  "LOGIN-6": "On `bye`, free the nick and leave the rooms first, and reply afterwards.",
  "LOGIN-7":
    "When `recv` gives 0 or an error, clean up as if `bye` had come: one function that frees the nick, whatever ended the connection.",
  "LOGIN-8":
    "Note the time of `hello` for each connection, and look at it even while bytes come: a `ping` or rubbish doesn't lengthen the time to log in. Use the timeout of `poll` or `select`, or a timer.",
  "HEART-1":
    "Note when bytes last came from each connection and look at that at least once a second, also when nothing happens: give `poll` or `select` a timeout, or use a timer.",
  "HEART-2":
    "Silence is measured from the last byte that came, not from the last that you sent: after two heartbeats send `bye` with `idle`, and end.",
  "HEART-3":
    "Reset the clock of silence where `recv` returns bytes, and not where a valid request has been understood: half a line is a sign of life, too.",
  "HEART-4":
    "While you don't read a connection (it is paced, or its output waits), its silence is your doing: stop its clock, or set it anew when you read again.",
  "HEART-5":
    "Answer the event `ping` at once, where you read from the socket: by any line, even an empty one, and also while you wait for a person to type.",
  "HEART-6":
    "Keep a timer for the server's silence as well: after one heartbeat send `ping`, after two give the connection up.",
  "HEART-7":
    "After a pause of your own process (a sleeping laptop, SIGSTOP) look at what waits to be read before you look at the clock; and count the heartbeat for an answer from the moment when you sent `ping`.",
  "END-1":
    "Answer what came before `bye`, in order, then `bye` with its `id` in `re` and without `code`, and nothing after it.",
  "END-2": "After `bye`, stop taking lines out of the buffer, even if there are more in it.",
  "END-3":
    "Mark the connection as ending when `bye` is queued, and let every function that writes look at that mark: events of rooms must not follow. Then shut down the sending half at once.",
  "END-4":
    "Don't `close` a socket while bytes that you haven't read are waiting: the system then sends a reset, and the client loses your last words. Shut down the sending half, read and throw away until the end (or for a second), then close.",
  "END-5":
    "When `recv` gives 0, only the client's half is closed: answer every whole line in the buffer, let the output drain, and close afterwards.",
  "END-6":
    "When `recv` gives 0, throw away what stands in the buffer without an LF: it is no line. And empty the buffer when a place in a table is used again for another connection.",
  "END-7":
    "Go through the places where you close a connection, and let all of them call one function that sends `bye` with a code first.",
  "END-8":
    "Handle SIGTERM: stop accepting, send every connection `bye` with `shutting-down` and `reconnectAfter`, let the output drain, and exit with 0.",
  "END-9":
    "Look up how long the code of the `bye` asks you to wait, and wait at least so long before you connect again.",
  "END-10":
    "Look at where your program was when it ended: its last output, a core dump, or a build with -fsanitize=address,undefined -g. Check lengths and indexes around what was sent last, ignore SIGPIPE, and catch errors per connection, not around the whole loop.",

  // ---------------------------------------------------------------------------------------------------------------------
  // Rooms
  // ---------------------------------------------------------------------------------------------------------------------
  "JOIN-1":
    "Take `epoch`, `first` and `head` from the room at the moment of the join: `head` is the last number given (0 before the first), and `first` is `head` + 1 if you keep no entries.",
  "JOIN-2":
    "Put the newcomer into the room before you write the list for `joined`, sorted by bytes, at most `limits.page` names.",
  "JOIN-3": 'A `join` makes the room if it isn\'t there; only `"create":false` forbids it.',
  "JOIN-4":
    'With `"create":false`, look the room up without making it; and forget a room when its last member has left.',
  "JOIN-5": "Look whether the connection is in the room before you add it again.",
  "JOIN-6":
    "Count the rooms of each connection, and refuse before anything is changed; leaving a room makes place again.",
  "JOIN-7":
    "Count the members before you add one: the table has `limits.members` places, and one more is refused, not written behind its end.",
  "JOIN-8": "Count the rooms before you make another, and forget those whose last member has left.",
  "LEAVE-1":
    "On `leave`, take the connection out of the room's members, reply `left`, and tell those who stay; nothing of the room follows.",
  "LEAVE-2":
    "Look for the room among those that this connection is in, not among all: the answer is `not-joined` whether it exists or not.",
  "LEAVE-3":
    "Leaving must undo all that joining did: look for a list, a flag or a place in a table that still holds the connection.",
  "SEND-1":
    "Follow a `send` through your server: number the entry, hand it to every member, then reply `sent` with the same `seq` and `at`. If nothing came, see whether one of these steps waits for somebody's socket.",
  "SEND-2":
    "Loop over all members of the room, the sender included, and queue the `message` for each; a failure at one of them must not end the loop.",
  "SEND-3": "Queue the `message` for the sender before you queue `sent`, on the same connection.",
  "SEND-4": "Take `from` from the nick that you noted at `login`; never read it from the request.",
  "SEND-5": "Make the string `at` once, when the entry is made, and use that string in `message`, `sent` and replays.",
  "SEND-6":
    "Who sends fast is read later, and not refused: stop reading from that connection for a while, and keep what has come. Look also for a buffer or queue that drops when it is full.",
  "MEMBER-1":
    "After a `join`, tell every other member by `member` with the change `joined`: loop over the room before you add the newcomer.",
  "MEMBER-2":
    "Let one function end a membership, and call it from every way out: `leave`, `bye`, `recv` that gives 0, `recv` or `send` that fails, and your own timeouts.",
  "MEMBER-3": "Leave the person whose change it is out of the loop that tells the others.",
  "MEMBER-4":
    "Send `member` only when the membership has really changed, once, and after the list in `joined` was taken: list and place in the stream of events belong to one step.",
  "MEMBER-5":
    "Nobody tells you that a client's machine is gone: end the connection when `recv` gives 0 or fails, and when it has been silent for too long, and take it out of its rooms then.",
  "MEMBER-6":
    "The list in `joined` and the events after it must fit together: add the newcomer, take the list and start with events in one step, under the lock of the room if you have threads.",
  "LIST-1": "Sort the names by their bytes, begin with the first one above the folded `after`, and don't skip any.",
  "LIST-2": "Fill a slice up to the smallest of `limit`, `limits.page` and what fits on a line; don't stop earlier.",
  "LIST-3":
    "Say `more` when a name is left after the slice, and only then: compare with what is left, not with the size of the slice.",
  "LIST-4": "Refuse a `limit` below 1, and treat one above `limits.page` as `limits.page`.",
  "LIST-5": "Walk through all rooms that have members, and count the members when the list is asked for.",

  // ---------------------------------------------------------------------------------------------------------------------
  // Order
  // ---------------------------------------------------------------------------------------------------------------------
  "ORDER-1":
    "Make the line of an entry once, and send these very bytes to everybody: numbering, text and time are never made a second time.",
  "ORDER-2":
    "Give the number where the entry is appended, in one place and one step (under the room's lock if you have threads), and only to a `send` that succeeds.",
  "ORDER-3":
    "Taking the head for `joined` and adding the connection to the members must be one step; and numbering and queueing to all members another, under the same lock. Then nobody misses an entry, gets one twice or out of order.",
  "ORDER-4": "Handle the lines of one connection one after the other: no thread or task of its own for each message.",
  "ORDER-5":
    "Number entries by a counter of the room, in the order in which they are handled: not by a clock, nor per connection or thread.",
  "ORDER-6":
    "Handle the lines of a connection one after the other to the end also when it breaks, or stop at one of them and drop all that come after it: never skip one and go on.",
  "EPOCH-1": "Never set the counter of a room back while its epoch lasts: a room that starts anew needs a new epoch.",
  "EPOCH-2":
    "Make a new random epoch whenever a room is made, also after a restart: not the room's name, not a counter that begins at 0 again, not the second of the clock.",
  "EPOCH-3": "Make the epoch when the room is made, keep it there, and don't make it anew for each `join`.",
  "ISOLATE-1":
    "Send an entry to the members of its room, and not to all connections; take whoever leaves out of that list before you reply `left`.",
  "CATCH-1":
    "Put `resumed` into `joined` when the request had `after`, be it true or false, and leave it out otherwise.",
  "CATCH-2":
    "A replay begins with the entry `after` + 1, ends with `head`, and new entries come only after it: take `head`, queue the replay and add the member in one step. Look for an index that is one off.",
  "CATCH-3":
    'Compare the epoch first, then the cursor with `first` - 1 and `head`, then the length of the replay with `limits.replay`: if one of them doesn\'t fit, say `"resumed":false` and replay nothing.',
  "CATCH-4":
    "Queue the whole replay behind `joined` before you take the next line, and before anybody's new entry is queued: not in a thread or task of its own.",
  "CATCH-5": "A `join` with `after` needs an `epoch`: check that before the room is made or entered.",
  "CATCH-7":
    "Keep the last `seq` of each room and epoch, also over connections, and show an entry only if its `seq` is above it.",
  "CATCH-9":
    "Raise your cursor for every event that has `room` and `seq`, before you look at its `type`; then ignore what you don't know.",
  "CATCH-8":
    "Remember for each room the `epoch` of `joined` and the `seq` of the last entry that you have shown, and put both into the next `join`.",
  "SYNC-1":
    "Let `synced` go the same way as everything else: into the connection's outbox, behind what has been queued there. If entries reach outboxes by other threads or tasks, wait for them first.",
  "FLOW-1":
    "Nobody may wait for somebody else's socket: don't `send` to it directly and don't hold a lock while you do. Make sockets non-blocking, give each connection an outbox, and write only what the socket takes. An error on one connection is handled there, not by whoever was sending.",
  "FLOW-2":
    "Note when a connection with a full outbox last accepted a byte; after two heartbeats without one, end it, even though it never fails and never sends FIN.",
  "FLOW-4":
    "When you give up a connection that doesn't read, send `bye` with `slow-consumer` behind the last whole line, if there is still room for it.",
  "FLOW-5":
    "`send` may take only a part, or nothing: look at what it returns, keep the rest, and continue exactly there when the socket is writable again. And drop nothing in the middle: end the connection instead.",
  "FLOW-6":
    "Don't count replies and replays against the bound of the outbox: while they wait, stop reading that connection instead of ending it.",
  "FLOW-7":
    "When an outbox is full, end the connection: to leave out one line and go on is a hole that nobody notices.",
  "FLOW-8":
    "Whoever asks for much of the past waits for it: count the entries of replays, pages, searches and lists of conversations by address, and read the next request of a connection later, when its address has used up what it gets. Don't answer it with an error.",

  // ---------------------------------------------------------------------------------------------------------------------
  // Registries
  // ---------------------------------------------------------------------------------------------------------------------
  "ERROR-1":
    "Check everything before you change anything: a request that is refused must leave no entry, no room, no member and no nick behind.",
  "ERROR-2": "Put the name of the field that is wrong into `field`, as the request spells it.",
  "ERROR-3":
    "Check kind by kind, in the order of the table of error codes, and not field by field: each check looks at all fields.",
  "ERROR-4": "Use the codes of the table, letter by letter; one of your own begins with `x-`.",
  "ERROR-5": "Put a sentence into `message` that says what was wrong: whoever writes a client will read it.",
  "LIMIT-1":
    "Compare what you announce in `hello.limits` with the sizes that your code really has: announced is what must work, up to its last byte.",
  "LIMIT-2": "Look up the least value of each limit in the table: below it, clients can't work.",
  "LIMIT-3":
    "Announce a `line` of at least 6 times `text` plus 2,048 bytes, since each byte of a text may come as an escape of six, and a `backlog` of twice `line`.",

  // ---------------------------------------------------------------------------------------------------------------------
  // History
  // ---------------------------------------------------------------------------------------------------------------------
  "DURABLE-1":
    "Write the entry to the disk first and wait until that is done (`fsync`, or a COMMIT of the database); only then raise `head`, answer `sent` and tell the room.",
  "DURABLE-2":
    "When the program starts, read each room's epoch and its last number back from the file; don't draw a new epoch or begin at 1 for a room that has entries.",
  "DURABLE-3":
    "When the last member leaves, free what you hold in memory of the room, but not its log; whoever joins next opens that log again.",
  "DURABLE-4":
    "When you delete old entries, delete everything below one number and make that number `first`. Don't compute `head` from what is left: keep it apart.",
  "DURABLE-5":
    "Check the three conditions one by one, each with its own comparison: the epoch is equal, `after` lies from `first` - 1 to `head`, and `head` - `after` is at most `limits.replay`; off by one is the usual cause.",
  "DURABLE-6": "Announce a `replay` of 100 or more in `hello.limits`, or leave it out: then it is 1,000.",
  "HISTORY-1":
    "Take the page from the log by number, in ascending order, also when it was asked for backwards: read the numbers from the lowest to the highest, or turn the result round before you answer.",
  "HISTORY-2":
    "Without `after` a page ends at its anchor: compute its last number first (`before` - 1, or `head`), then count downwards for its first.",
  "HISTORY-3":
    "With `after` a page begins at its anchor: compute its first number first (`after` + 1, or `first` when that is higher), then count upwards.",
  "HISTORY-4":
    "Count the bytes of the line while you add entries, and stop before the one that would not fit; when you read backwards, begin adding at the newest. Don't set a lower limit of your own.",
  "HISTORY-5":
    "Whether there is more depends on the direction: with `after`, compare the page's last number with `head`; otherwise its first number with `first`.",
  "HISTORY-6":
    "Check the cursors before you read anything: both at once, a `before` or a `limit` below 1 and an `after` below 0 are refused with the field's name.",
  "HISTORY-7":
    "Look the room up among those of this connection, as you do for `send`, and not among all rooms of the server.",
  "HISTORY-8":
    "Store all fields of an entry when it is sent, its time too, and build the page from what is stored: don't take the time again, and don't change the text on its way to the disk and back.",
  "HISTORY-9":
    "Read pages from the same place to which entries are written, after earlier requests of the connection are done: a cache or a second process that follows later shows less than was acknowledged.",

  // ---------------------------------------------------------------------------------------------------------------------
  // Resume
  // ---------------------------------------------------------------------------------------------------------------------
  "KEY-1":
    "Store the `key` with the entry, and write it into every `message` and every item of a page: live, replayed and read back. An entry that came without a key has no field `key`, not an empty one.",
  "KEY-2":
    'Before you append, look the key up by person and room. If it is there, answer `sent` with the stored `seq` and `at` and `"duplicate":true`, and send nothing to anybody else. Look and append under one lock, or two copies that come at once both get in.',
  "KEY-3":
    "Compare the text with that of the entry which has the key: another text is `key-reused` with the field `key`, and neither a duplicate nor a new entry.",
  "KEY-4":
    "Note a key at the place where the entry is appended, and not where the request is read: what is refused, for whatever reason, leaves its key unused.",
  "KEY-5":
    "Keep keys in a table of their own, beside the entries: a purge of entries doesn't touch it. With `history` it lies in the same file, and is written in the same transaction as the entry.",
  "KEY-6":
    "The key of your table is (room, person, key), where the person is an id that you make at login. The nick won't do: somebody else may take it later.",
  "KEY-7":
    "Look the key up before you look whether the connection is in the room: the retry may come before the `join`, or after `leave`.",
  "KEY-8":
    "Make the key when the person says something, not when the request is sent; keep it with the text until `sent` or `error` comes, and send all that waits again in its order.",
  "KEY-9":
    "Check the key like any other field, before names of rooms are looked up: a string of 1 to 64 letters, digits, `_` and `-`; all else is `bad-request` with the field `key`.",
  "SESSION-1":
    'When `login` has `"resume":true`, make a secret from the system\'s random numbers (16 bytes or more, in base64url or hexadecimal), and put it into `welcome` as `session`; a new one for each person.',
  "SESSION-2":
    'Find the person by the digest of the `session`, compare the nick, and attach the new connection to that same person: its keys, its nick and its memberships stay what they were. `welcome` says `"resumed":true` and repeats the `session`.',
  "SESSION-3":
    "End the old connection first: send it `bye` with `replaced`, execute nothing more that it has sent, wait until its entries that are under way are in the log, and only then send the new `welcome`.",
  "SESSION-4":
    "Where a connection with a session ends without `bye`, don't run the clean-up that you run for others: keep nick and memberships, note the time, and let a timer clean up after `limits.grace` seconds.",
  "SESSION-5":
    "When the joining person is in the room's list already, put the new connection in the place of the old one and tell nobody: send `member` only when the list of people changes.",
  "SESSION-6":
    "Check the deadlines with a timer, also when nobody sends anything: after the grace, rooms that nobody has joined again are left, with `member`, and a nick without a connection is free. A `welcome` moves the deadline; a later `join` takes its room out.",
  "SESSION-7":
    "One answer for every secret that doesn't fit: unknown, ended, or another nick's is `session-expired` with the field `session`. The refused login changes nothing for whoever holds it.",
  "SESSION-8":
    "`bye` ends all: forget the session, free the nick, leave the rooms, and answer then. Only an end without `bye` starts the grace.",
  "SESSION-9":
    "Write the session (its digest, the nick, the person's id) to the file before you send `welcome`, and take it out at `bye`. At the start, read them all: each holds its nick for the grace.",
  "SESSION-10":
    "The secret goes into the `welcome` of its own connection and nowhere else: not into `member`, not into lists, not into messages of errors.",
  "SESSION-11":
    "After `bye` with `replaced` stop: somebody goes on with this session elsewhere. Two programs that both reconnect throw each other out for ever.",
  // ---------------------------------------------------------------------------------------------------------------------
  // Direct
  // ---------------------------------------------------------------------------------------------------------------------
  "DIRECT-1":
    "Claim `history` beside `direct`, or neither: a conversation is caught up with by pages, so its log has to be there.",
  "DIRECT-2":
    "In `send` and `history`, look at the first character of `room`: with `@`, find the person who has that nick, folded, and the log of you two; don't look among the rooms that the connection has joined.",
  "DIRECT-3":
    "Keep one log for each pair of persons, under a key that is the same whoever of the two asks (the two ids in a fixed order), and put in the name only when you send: to each, `@` and the nick of the other one.",
  "DIRECT-4":
    "When an entry of a conversation is in the log, write it to every connection of both persons that has had its `welcome`, whether they have asked for anything or not, and to the sender's before `sent`. Take the connection into account at the same point at which you send `welcome`.",
  "DIRECT-5": "Write the conversation's `epoch` into each `message` that you send of it. In rooms, `message` has none.",
  "DIRECT-6":
    "Deliver by the two persons of the conversation, and never by a name: a third person's `@leo` is another conversation. Keep conversations out of the list of rooms.",
  "DIRECT-7":
    "After folding, compare `room` with `@` and the nick of this connection; if they are equal, answer `bad-request` with the field `room`, before you look at the text.",
  "DIRECT-8":
    "Look the nick up among those who are there: with nobody, answer `no-such-nick` with the field `room`, and keep nothing for later. Whoever has said `bye` isn't there any more.",
  "DIRECT-9":
    "Only `send`, `history` and the `after` of `conversations` take names with `@`: in all other places check for `#` and answer `bad-name`.",
  "DIRECT-10":
    "Make the epoch from what you know before anybody has said anything, such as a digest of both persons' ids; or give it out once and keep it. A new one for each request won't do, and neither will an error.",
  "DIRECT-11":
    "Find conversations by the ids of two persons, not by nicks: an id that you make at login, and that nobody gets again. When a person ends, remove their conversations, and the keys in them.",
  "DIRECT-12":
    "When the request has an `epoch`, compare it with that of the conversation which `@nick` names at this moment; if it is another, answer `no-such-nick` and append nothing.",
  "DIRECT-13":
    "Entries of a conversation that has just ended may still be on their way to the disk. Let those of the next one with the same names wait until they are written and sent, and give up pages that are being read when somebody ends.",
  "DIRECT-14":
    "A person in the grace is there: take the entry into the log, and just don't write it to a connection. When they come back, log and list are what they were for the other one.",
  "DIRECT-15":
    "Store with the log which two persons it belongs to, by their ids, in the same transaction as its first entry. At the start, take up those whose two persons have a session, and remove the others.",
  "DIRECT-16":
    "The list has what has entries: `epoch`, `first` and `head` as `history` would give them now, and in `last` the entry at `head` with all its fields but `room`. Whoever has only asked for a page hasn't begun a conversation.",
  "DIRECT-17":
    "Cut it as you cut the list of rooms: sort by the bytes of the names, begin above `after`, whether that name is there or not, and count items and bytes, of UTF-8 and not of characters.",
  "DIRECT-18":
    "Answer `conversations` when the earlier requests of the connection are done, from the same place where entries are written: a list that is brought up to date later shows less than was acknowledged.",
  // ---------------------------------------------------------------------------------------------------------------------
  // Presence
  // ---------------------------------------------------------------------------------------------------------------------
  "STATUS-1":
    "Keep one record per person (status, since, text, display), change it first, and build the reply from it: not from the request, which names only what changes.",
  "STATUS-2":
    'Look for each field whether it is there, and not whether it is empty: an absent `text` stays, `"text":""` takes it away. The same for `display`.',
  "STATUS-3":
    "Make the record anew at each login without a session, also when somebody had the nick before: active, no `text`, no `display`.",
  "STATUS-4":
    "Take the time when the status changes, store it with the status, and show what is stored. Don't take it again when an object is written, nor when only `text` or `display` change.",
  "STATUS-5":
    "Take `active`, `busy` and `away`, spelled like that, and nothing else: `idle` and `offline` are for the server to say.",
  "STATUS-6":
    "Store the words as they came and write them as they are stored: no trimming, no normalisation, no list of allowed letters. Count bytes of UTF-8, not letters.",
  "STATUS-7":
    "Go through the words code point by code point: one of the forbidden ranges is `bad-text`, and so are words that have nothing but characters of the blank list. LF and TAB are forbidden here, unlike in the text of a message.",
  "STATUS-8":
    "Count the bytes of UTF-8 after unescaping: over 128 for `display`, over 256 for `text` is `too-long`. Refuse; don't cut.",
  "PRESENCE-1":
    "Collect the connections of all rooms whose member the person is into a set, take out their own, and send each the whole presence once. Going room by room sends it twice to who shares two.",
  "PRESENCE-2":
    "Compare the record before and after: send `presence` only when something is different, and don't send any when somebody joins or leaves.",
  "PRESENCE-3": "Leave all of the person's own connections out when you send `presence`.",
  "PRESENCE-4":
    "Send `presence` to the members of the person's rooms, never to everybody, and let `users` and `whois` look only at rooms that the asking connection is in.",
  "PRESENCE-5":
    "Put the events into the others' queues before you write the reply to whoever caused them, without a timer or another thread in between.",
  "PRESENCE-7":
    "Where you end a person (goodbye, lost connection, end of the grace), send one `presence` with `offline` before you take them out of their rooms: afterwards you don't know any more who shared one.",
  "PRESENCE-8":
    "A connection that ends while its session lasts changes nothing about the person, and neither does the login that continues it: send no `presence` for either.",
  "PRESENCE-9":
    "Keep the record with the person and not with the connection: whoever comes back by a session finds status, since, `text` and `display` as they were.",
  "PRESENCE-10":
    "Look for who hears of a person, and for whom `users` and `whois` show, in the rooms that both have joined; leave the conversations out, however you keep them.",
  "IDLE-1":
    "Let a timer look at all active persons once a second or so, and make those idle whose last deed is `limits.idleSeconds` ago. It must run when nobody sends anything, too.",
  "IDLE-2":
    "Note the time of a granted `send` or `status` with the person. No other request changes it: not `ping`, not lists, not `join`, and not the login by a session.",
  "IDLE-3":
    "Where a `send` or a `status` is granted, look whether the person is idle; if so make them active and tell the others, before you answer.",
  "IDLE-5":
    "Where you grant an `edit`, a `delete`, a `react`, a `topic` or a `typing`, note the time with the person and wake them, as you do for `send`. `read` and whatever is refused change nothing.",
  "IDLE-6":
    "A `send` to `@nick` may take another way through your code than one to a room: note its time with the person there, too.",
  "IDLE-4": "Only `active` becomes `idle`: skip those who have said that they are busy or away.",
  "USERS-1":
    "Merge the sorted member lists of the asking connection's rooms, each nick once, with the asking person among them; cut the slice after `after`, and say `more` only if somebody follows.",
  "USERS-2": "With `room`, list the members of that room and no others; `after` and `limit` mean the same as without.",
  "USERS-3":
    "Look the room up among those of this connection, as you do for `members`: `not-joined` for all others, whether they exist or not.",
  "USERS-4":
    "Answer with the person's record, and with the rooms that are both theirs and this connection's, sorted by bytes. Oneself may always be asked for.",
  "USERS-5":
    "Look whether a room is shared before you say anything: if none is, answer as if nobody had the nick, with the same code, field and message.",
  "USERS-6":
    "Build `users` and `whois` from the same record as the events, when they are asked for: a copy that is refreshed now and then shows something else than the last `presence`.",
  // ---------------------------------------------------------------------------------------------------------------------
  // Rich
  // ---------------------------------------------------------------------------------------------------------------------
  "RICH-1":
    "Give changes to the same function that appends messages and sends them to everybody: one counter, one log, one fan-out. Write `on` into the event also when the request left it out.",
  "RICH-2":
    "Look a key up before you know what kind of request it is, and compare the type and all content fields with those of the entry. Keep the text that a message was sent with: an edit must not change what its key stands for. Note the key also where nothing had to be done.",
  "RICH-3":
    "Find the target where the log is written, not where requests are read: it must be there, of the type `message`, and not deleted.",
  "RICH-4":
    "Store with each message the id of its person, and compare that: a nick is somebody else's as soon as its holder has left.",
  "RICH-5": "Ask whether the connection is in the room before you look at the entry, for each of these requests.",
  "RICH-6":
    "Compute the longest line that your limits allow: a text, 32 mentions and all reactions. Raise `line`, or lower `reactions`, until it fits; and claim `history`.",
  "EDIT-1":
    "On `edit`, change the text of the stored message as well, and note the `seq` of the edit beside it; pages and replays then show it without looking for edits.",
  "EDIT-2":
    "Change two things in the stored message, its text and `edited`, and nothing else: no new time, no new key.",
  "DELETE-1":
    "Don't delete the row: the entry keeps its `seq`, and is shown as `erased` with the `seq` of the `delete`. A page with a hole breaks every client.",
  "DELETE-2":
    "Empty the texts in the store when the `delete` is written: that of the message, those of all edits whose target it is, and whatever you keep to compare keys.",
  "REACT-1":
    "Count bytes of UTF-8, not characters, and refuse what a terminal could take for a command: U+0000 to U+001F and U+007F to U+009F.",
  "REACT-2":
    "Keep for each message the reactions in the order in which each came into the list, with the people who have it; one that nobody has leaves the list. Note the `seq` of each `react`, of those that take away too.",
  "REACT-3":
    "Before you append, look whether this person has this reaction already; if so, answer with the place of the entry that added it.",
  "REACT-4": 'With `"on":false` look whether this very person has the reaction, not whether anybody has.',
  "REACT-5":
    "Count different reactions of the message, not people, and only when the new one isn't among them; compare with `>=` before you add.",
  "REACT-6": "Key reactions by the id of the person, not by the nick.",
  "REPLYTO-1":
    "Store `replyTo` with the message and show it wherever the message is shown: live, in replays, in pages.",
  "REPLYTO-2":
    "Check `replyTo` where the log is written: it must be the `seq` of an entry that is a message, deleted or not.",
  "MENTION-1":
    "Scan for `@`: look at the byte before it, then take as many name characters as there are, and drop the name if there are more than 32. `vectors/mentions.json` has every case.",
  "TYPING-1": "`typing` is a request like any other: it gets its reply, in its turn, and the log doesn't hear of it.",
  "TYPING-2":
    "Send the event to every connection of others in the room whose socket has taken all that it was given; only for the others may it be dropped.",
  "TYPING-3":
    "Note for each person and room when the others were last told, and what: `on` again only 3 seconds later or after a message, `off` only if they think that somebody types.",
  "TYPING-4": "Leave out all connections of the person who types when you send the event.",
  "READ-1": "A mark is the maximum of what was asked for: compare before you store, and answer with what is stored.",
  "READ-2":
    "Count messages only, by other people's ids and not nicks, that aren't deleted, above the mark and up to the `head` that you answer.",
  "READ-3": "Compare `seq` with the head of the log before you move the mark.",
  "READ-4":
    "A mark belongs to the id of the person: store it there, in the file too if you claim `resume`, and forget it with the person.",
  "READ-5": "Put the mark into `joined` if and only if it is above 0.",
  "READ-6": "A mark is nobody else's business: answer who asks, and send nothing to the room.",
  "READ-7":
    "When a mark has gone up, send the event `read` to the person's other connections in the room, before the reply. The mark is called `read` there: with a `seq` it would count as an entry.",
  "TOPIC-1": "A topic is a line: count its bytes of UTF-8, refuse every control character, and take an empty one.",
  "TOPIC-2":
    "Keep the topic with the room, not only in the log: `joined` says it as of `head`, and leaves it out when it is empty.",
  // ---------------------------------------------------------------------------------------------------------------------
  // Search
  // ---------------------------------------------------------------------------------------------------------------------
  "SEARCH-1":
    "Build each result from what is stored, with the function that makes the `message` event, room and key included; don't keep a copy in the index that falls behind.",
  "SEARCH-2":
    "Run your splitter of words over `spec/vectors/search.json`. Usual causes: no NFD before the diacritics are taken out, small letters made before NFD, words found inside of longer words, one word of the query enough instead of all.",
  "SEARCH-3":
    'Split the query by the same function as the entries, and hand the engine only words, each quoted as data: `"`, `*`, `-`, `OR` and `NEAR` mean something to most engines.',
  "SEARCH-4":
    "Begin with the rooms of this connection; a `room` makes the list shorter, and its absence never makes it longer than that.",
  "SEARCH-5":
    "Look the room up among those of this connection, as you do for `history`, and not among all rooms of the server.",
  "SEARCH-6":
    "Compare `from` after folding it, and the times as texts, both ends included: `since` <= `at` and `at` <= `until`. Filter before you cut the page, not after.",
  "SEARCH-11":
    "After the checks of every text, split it: without a word it is `bad-text`. The check stands before the look at rooms, since `bad-text` comes before `not-joined`.",
  "SEARCH-12":
    "Check these fields by their form, before names and texts: the form of `at`, an integer from 1, and 1 to 128 letters, digits, `_` and `-`.",
  "SEARCH-13":
    "An index that is filled later has to be brought up to the `head` of the searched rooms before the search answers; or read what is not in it yet from the log.",
  "SEARCH-14":
    "Restrict the query to the rooms of the connection inside the engine, before it counts, cuts or stops; and don't use a number that counts the entries of all rooms as `next`.",
  "SEARCH-15": "When entries are given up, take them out of the index too, or compare each result with `first`.",
  "SEARCH-7":
    "Give every entry a number from one counter of the server when it is committed, and sort by that, descending; `at` and the order of rooms in your table won't do.",
  "SEARCH-8":
    "Let `next` stand for the place of the last result of the page, and go on strictly below it. An offset repeats results as soon as somebody writes; the `seq` of one room says nothing about the others.",
  "SEARCH-9":
    "Look for one result more than the page may hold, then add results while the line has room for them and for `more` and `next`. A filter that throws results away after the page was cut makes it too short.",
  "SEARCH-10":
    "Say `more` when a result was left over, because of the limit or because of the line, and give `next` with it; neither when the last result is on the page.",
  // ---------------------------------------------------------------------------------------------------------------------
  // Accounts
  // ---------------------------------------------------------------------------------------------------------------------
  "AUTH-1":
    "Put each way to log in that you have into `hello.auth`; where the connection is in the open, leave out those by which a password is said. The ways by a proof and by a token are good everywhere.",
  "AUTH-2":
    "Look at the connection before you greet: TLS, or an address that begins with 127. or is ::1, else no `password`, `register` or `invitation` in `hello.auth`. Behind a proxy, look at the client's address.",
  "AUTH-3":
    "Before you look at a password, look whether the connection is private, and answer `insecure` when it isn't.",
  "AUTH-4":
    "Count how many of `session`, `password`, `token` and `proof` a `login` has, where you check its fields: with more than one it is `bad-request`.",
  "REGISTER-1":
    "Answer `register` by a `welcome` like that of `login`, with the folded nick, `account` and a new `token`, when the account is stored; from then on the connection is logged in.",
  "REGISTER-2":
    "Look for the nick among accounts and among who is there, and reserve it, before you begin to hash the password: hashing takes long, and a second `register` may come meanwhile.",
  "REGISTER-3":
    "In a plain `login`, look for the folded nick among the accounts before you look who is there, and answer `nick-registered`.",
  "REGISTER-4":
    "Count characters (code points) for the least and bytes of UTF-8 for the most; your language's length may count neither. Look for control characters, too.",
  "REGISTER-5": "Compare the `invitation` before you look at the nick; an absent one is a wrong one.",
  "REGISTER-6":
    "`register` and `challenge` are ways in, as `login` is: after `welcome` refuse them by `already-logged-in` before you look at their fields.",
  "REGISTER-7":
    "Write accounts and tokens, and that they have ended, and wait until they are on the disk, before you send the reply.",
  "PASSWORD-1":
    "Make a new token of random bits for each login by a password, store its digest, and put `account` and `token` into the `welcome`.",
  "PASSWORD-2":
    "Hash what was given with the account's salt and iterations and compare all of the result; don't trim, cut or fold a password first.",
  "PASSWORD-3":
    "When the nick has no account, hash all the same, with a made-up salt, and go to the very line that answers a wrong password.",
  "PASSWORD-4":
    "Before you hash, replace every space of Unicode (category Zs) by U+0020, then normalize to NFC: not NFKC, and nothing else. Do it in `register`, in `password` and in `login`.",
  "SCRAM-1":
    "The reply's `nonce` is the client's, as it came, with at least 16 random characters after it, new ones for each challenge; salt and iterations are those that the account was stored with.",
  "SCRAM-2":
    "Compute the AuthMessage byte by byte as the table says, with the folded nick. `signature` is HMAC(ServerKey, AuthMessage): a `proof` is checked by StoredKey, and answered by ServerKey.",
  "SCRAM-3":
    "Keep one challenge for each connection, throw it away at the first `proof`, and compare its nick with the one of the `login`. What is no base64, or of another length, is a wrong proof.",
  "SCRAM-4":
    "For a nick without an account make the salt as HMAC(a secret of the server, nick), cut to the length of a real one, and take the usual iterations: then it is the same whenever somebody asks.",
  "TOKEN-1":
    "Look the token's digest up, compare whose it is, and leave the token as it is: it is good until it ends, and no new one is given.",
  "TOKEN-2":
    "The digest has to be known, of the account with this nick, and not past its time; whichever is wrong, the answer is the same.",
  "TOKEN-3": "Store with each token when it ends, in the time of day, and compare at each login; don't lengthen it.",
  "TOKEN-4":
    "Delete every token of the account, and wait until that is stored, before you answer `revoked`. Guests have no tokens: `forbidden`.",
  "TOKEN-5": "A token goes into the reply to its own request, and nowhere else: look at what you log or send to all.",
  "ACCOUNT-1":
    "Give the account an id when it is made, and use it for the author of entries, keys, marks and conversations, wherever you would use the id of a guest's login.",
  "ACCOUNT-3":
    "When you look for whom `@nick` means, look among the accounts, too, whether or not somebody is there; don't end the conversations of an account when its person goes.",
  "ACCOUNT-4":
    "There are several places where a `welcome` is made: by a session, a token, a password, a proof, and for guests. Ask in one place whether the person has an account.",
  "ACCOUNT-5":
    "Replace the verifier and delete every token in one transaction, then make the new token. A login that is under way with the old password must not get a token after that.",
  "ACCOUNT-6":
    "Remember with the connection by what it was let in: `register`, `password` and `proof` show that the password is known; `token` and `session` don't.",
  "ACCOUNT-7":
    "Delete the account and its tokens, and leave the person in their rooms as a guest. The nick is held until they end, and after that free for all.",
  "ACCOUNT-8":
    "Ask whether the person has an account when you answer `whois`, and not when they log in: an account may have ended since, and a guest never had one.",
  "ACCOUNT-9":
    "Keep a set of connections for each person. A login to an account adds one to it; nothing else of the person changes.",
  "ACCOUNT-10":
    "Keep for each member of a room which of their connections are in it: say `joined` when the first comes, and `left` when the last is gone. Make lists of members, not of connections.",
  "ACCOUNT-11":
    "Send what happens in a room to the connections that have joined it, and look at those, not at the person, when a request needs to be in the room. A reply goes to the connection that has asked.",
  "ACCOUNT-12":
    "Keep each session with its own connection, and the rooms of before with the session. `bye` and a takeover end one of them; the person ends when none is left.",
  "ACCOUNT-13":
    "Count the person's connections before you let in one more, and refuse it when there are `limits.logins`; don't end any to make room.",
  "ACCOUNT-14":
    "When there would be too many with those that wait to be continued, end the session that has waited for longest, after what was sent under it is in the log.",
  "ACCOUNT-15":
    "End all other connections of the person, and their sessions, and wait until all that they have asked for is done; only then answer. Look again whether the token of a login that is under way still holds.",
  "ACCOUNT-16":
    "Ask in `users` of each person what `whois` asks: whether an account has the nick, and whether its person is this one.",
  "ATTEMPT-1":
    "Count failures by the folded nick, whether it has an account or not, and look at the count before you look at the password; put the milliseconds until one is forgotten into `retryAfter`. Logins that come at once are all counted.",
  "ATTEMPT-2": "Don't look at the count of the nick when a token or a session is shown.",
  "ATTEMPT-3":
    "Keep a second count by the client's address, without its port, of ten times as many; failed tokens count there, too.",
  "RIGHTS-1":
    "Keep the table as data and ask it in one place, with the role that whoever asks has at the moment at which the entry gets its place.",
  "RIGHTS-2": "Compare the roles of both, and let only the higher act: equals leave each other alone.",
  "RIGHTS-3": "Filter the list for whoever asks, before you cut it into slices.",
  "RIGHTS-4": "Where `delete` looks for the author, let the right to `delete` do as well; not where `edit` does.",
  "MODERATE-1": "Claim moderation only where the log outlives the server and one can have an account.",
  "MODERATE-2":
    "Append these requests as entries, the way `topic` is appended, and let everybody in the room have them before anybody is put out.",
  "MODERATE-3": "Take the same way through the keys as `send` does, before you look at rights.",
  "MODERATE-4": "Look whether the connection is in the room before you look for the nick.",
  "MODERATE-5":
    "Look for the person among those who are there and the accounts; for `kick`, among the members of the room.",
  "MODERATE-6": "Write what an entry changes in the transaction that appends it.",
  "ROLE-1": "Note who has created the room, if they have an account, and keep it with the room's first entry.",
  "ROLE-2":
    "Keep roles by person and room; there is one owner, and whoever was it becomes a moderator in the same step.",
  "ROLE-3": "A guest's person ends with the session, and a role with it: give none.",
  "ROLE-4":
    "Put `kind`, `role`, `muted` and `slow` into `joined` where they differ from what a plain room has, and leave them out otherwise.",
  "STANDING-1":
    "Go through those who are something to the room, leave out whoever has ended, a guest above all, and cut the list by nick as you cut `members`.",
  "STANDING-2": "Make each item of the same record that decides rights, when it is asked for; leave out what is false.",
  "INVITE-1": "Keep the invitation with the room, by person; being in the room doesn't use it up.",
  "KICK-1":
    "Send the entry to everybody first; then take the person's connections out of the room and send them `left` with a `reason`, without `re`.",
  "KICK-2": "End the membership as `leave` does, and tell the others the same.",
  "BAN-2":
    "Compare the address of each connection with those that are banned, before `hello`, and again after the handshake of TLS.",
  "BAN-3":
    "Look at bans of nicks right before `welcome`, after the proof; and end whoever is there as `kick` of an operator does.",
  "BAN-1": "Look at bans first in `join`, before the kind of the room; a ban takes role and invitation away.",
  "MUTE-1": "Look at mutes where an entry gets its place, and in `typing`; a `delete` of one's own passes.",
  "SLOW-1":
    "Note when each member has last said something, and put what is left of the wait into `retryAfter`, in milliseconds.",
  // ---------------------------------------------------------------------------------------------------------------------
  // WebSocket
  // ---------------------------------------------------------------------------------------------------------------------
  "WS-1":
    "Split `Sec-WebSocket-Protocol` at its commas, take the blanks off, and answer with the one name `tertulia.v1`, wherever it stands; a library wants a function that chooses, or takes the first.",
  "WS-2":
    "Most libraries open the WebSocket without a subprotocol when none fits. Look at what was offered before you accept, and answer 400.",
  "WS-3":
    "No library looks at `Origin` unless it is told. Compare the whole origin, scheme and port included, with a list; don't search for your name in it.",
  "WS-4": "Switch compression off in the library: `permessage-deflate` is often on from the beginning.",
  "WS-5":
    "Send each object by one call that sends text, without the LF that TCP needs; a call that is given bytes often sends them as binary.",
  "WS-6":
    "Don't cut a message at its LFs: give all of it to the JSON parser, for which LF is white space, and skip one that is blank.",
  "WS-7":
    "A frame is not a message: put payloads together until FIN is set, answer control frames at once, and decode UTF-8 only when the message is whole.",
  "WS-8":
    "Answer each ping frame with its own payload, before you go on reading; a library does it by itself, unless that was switched off.",
  "WS-9":
    "Tell the library the longest message, `limits.line` less one: it has to count all frames of a message together. Answer what came before, and close with 1009.",
  "WS-10":
    "Where messages come in, look whether the message was text or binary: most libraries say so by a flag or by the type of the value.",
  "WS-11":
    "Decode text messages strictly, so that a bad byte is an error and no replacement character, and close with 1007.",
  "WS-12":
    "Check each frame's first two bytes before its payload: mask, reserved bits, opcode; for control frames FIN and the length, too. Then close with 1002.",
  "WS-13":
    "Send the Close frame yourself after the `bye`, with the code of the registry; a library that is just told to close says 1000 or 1005, and one whose socket is destroyed says nothing.",
  "WS-14":
    "Answer the client's Close frame by one of your own, then close the socket; and do for its person what you do at FIN.",
  "WS-15": "Give the subprotocol to the constructor, and look at `protocol` when the WebSocket is open.",
  "WS-16": "Send each object by one call that sends text, and without an LF.",
  "WS-17": "Remember whether a `bye` came; if none did, look the close code up in the registry.",
  // ---------------------------------------------------------------------------------------------------------------------
  // Versioning, conformance
  // ---------------------------------------------------------------------------------------------------------------------
  "EXT-1":
    "Read the fields that you know, and skip the others, whatever stands in them: a strict decoder that refuses unknown fields is the usual cause.",
  "EXT-2":
    "In the place where you look at `type`, do nothing for one that you don't know; and read only the fields that you know.",
  "EXT-3": "Give the place where you look at `type` a last branch that answers `unsupported`.",
  "EXT-4":
    "Don't answer requests of profiles that `hello.features` doesn't name, not even partly: `unsupported` is the answer.",
  "EXT-5": "Build the `message` from the fields that you know; don't pass the request's object on.",
  "EXT-6":
    "Look the room of each event up among those that you have joined, and do nothing when it isn't there; don't refuse its name, which may belong to a profile that you don't know.",
  "CLAIM-1": "Look at the spelling of each item of `hello.features`: a name, a slash, a version.",
  "CLAIM-2": "Put `guest` into `hello.auth`: nobody needs more than a nick to log in.",
  // ---------------------------------------------------------------------------------------------------------------------
  // TLS
  // ---------------------------------------------------------------------------------------------------------------------
  "TLS-1":
    "Put TLS beneath the code that cuts bytes into lines, not beside it: what one read of the TLS library returns is a piece of a stream, as with `recv`; and read until the library has nothing left, for it may hold more than one read returns.",
  "TLS-2":
    "Don't set a highest version, and use a library that knows TLS 1.3: OpenSSL since 1.1.1, Python's `ssl` since 3.7.",
  "TLS-3":
    "Set the lowest version to TLS 1.2 where the library has another default: `minVersion`, `minimum_version`, `SSL_CTX_set_min_proto_version`.",
  "TLS-4":
    "Start a clock when a connection is accepted, and not when its handshake is done; it runs whatever bytes come meanwhile. A handshake that blocks must not hold up the loop that accepts.",
  "TLS-5":
    "Count a connection as soon as it is accepted, and give it back in one place, whichever way it ends: many libraries tell you only of those whose handshake has succeeded.",
  "TLS-6":
    "When the TLS library says that what came is no handshake, close the socket. Don't look at the first byte in order to serve both on one port.",
  "TLS-7":
    "Close through the TLS library (`SSL_shutdown`, `unwrap`, `end`), and wait until it has written before you close the socket beneath it.",
  "TLS-8":
    "When the library says that the client has closed its side, answer the lines that you have read before you close yours.",
  "TLS-9": "When a connection ends, throw away what is left in its buffer: only an LF makes a line."
}
