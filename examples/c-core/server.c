/*
 * A Tertulia 1 core server in one file: C11, libc, poll, no threads.
 * Words in brackets, such as [FRAME-5], are requirements of the specification.
 *
 * Reading order: limits, state, output, rooms, JSON, requests, connections, main.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- Limits: whatever differs from the registry's default is announced in hello [LIMIT-1] ---- */

enum {
    LINE = 65536,            /* bytes of a line, its LF included; the default */
    TEXT = 4096,             /* bytes of a text; the default */
    NAME = 32,               /* characters of a name */
    LEVELS = 8,              /* nesting of JSON */
    JOINS = 16,              /* rooms that one connection is in */
    MEMBERS = 64,            /* members of a room */
    ROOMS = 64,              /* rooms of the server */
    PAGE = 64,               /* items of a list: such a slice always fits a line [LIST-2] */
    CONNECTIONS = 256,       /* connections from one address */
    BACKLOG = 131072,        /* bytes of events that may wait for a slow reader */
    SLOTS = 512,             /* connections from anywhere, those that are closing included */
    BURST = 100,             /* requests read at once; the default */
    REQUEST_MS = 1000 / 50,  /* what a request costs after that: limits.rate is 50, the default */
    TICK_MS = 100,           /* how often the clocks are looked at */
    DRAIN_MS = 1000,         /* how long, and how much, is read after the last object [END-4] */
    DRAIN_BYTES = 1 << 20,
    STOP_MS = 3000,          /* how long SIGTERM may take */
    OUT_SIZE = BACKLOG + LINE, /* at most one reply waits, so beyond this the events pass BACKLOG */
    BYE_SIZE = 256           /* kept free for a last bye */
};
#define MAX_INTEGER 9007199254740991LL

/* ---- State ---- */

/* CLOSING: the last object is in `out`. DRAINING: it was sent, and so was FIN. */
enum phase { FREE, OPEN, CLOSING, DRAINING };

struct connection {
    enum phase phase;
    int fd;
    in_addr_t address;
    char nick[NAME + 1];     /* empty before welcome */
    bool in_room[ROOMS];
    int joins;
    bool spoke;              /* its first line has come [FRAME-8] */
    bool client_fin;         /* the client has ended its side [END-5] */
    bool line_waits;         /* `in` holds a whole line that is not handled yet */
    long long pinged;        /* when the event ping was sent in this silence, or 0 */
    bool overflow;           /* events did not fit: it will be ended [FLOW-3] */
    long long opened, heard, accepted, deadline; /* times in ms */
    long long credit;        /* ms: a request costs REQUEST_MS [SEND-6] */
    size_t drained, in_length, out_start, out_length;
    char in[LINE];
    char out[OUT_SIZE + BYE_SIZE];
};

struct room { /* it exists while it has members [JOIN-4] */
    char name[NAME + 2];
    char epoch[40];
    long long head;
    int members;
};

static struct connection connections[SLOTS];
static struct room rooms[ROOMS];
static long long now, heartbeat = 30000, login_time = 30000;
static volatile sig_atomic_t stopping;

/* ---- Output: an object is put together in `draft`, then queued ---- */

static struct { char bytes[LINE]; size_t length; } draft;

static void add_list(const char *format, va_list arguments)
{
    size_t room = sizeof draft.bytes - draft.length;
    int n = vsnprintf(draft.bytes + draft.length, room, format, arguments);
    if (n > 0 && (size_t)n < room)
        draft.length += (size_t)n;
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_list(format, arguments);
    va_end(arguments);
}

/* The only string that needs escapes: texts hold no control characters but LF and TAB. */
static void add_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            add("\\n");
        else if (*text == '\t')
            add("\\t");
        else if (*text == '"' || *text == '\\')
            add("\\%c", *text);
        else
            draft.bytes[draft.length++] = *text;
    }
}

/* Queues the draft; nothing follows a bye [END-3], and an object is queued whole [FLOW-5]. */
static void queue(struct connection *c, size_t most)
{
    if (c->phase != OPEN || c->overflow)
        return;
    if (c->out_length + draft.length > most) {
        c->overflow = true;
        return;
    }
    if (c->out_length == 0)
        c->accepted = now;
    if (c->out_start + c->out_length + draft.length > sizeof c->out) {
        memmove(c->out, c->out + c->out_start, c->out_length);
        c->out_start = 0;
    }
    memcpy(c->out + c->out_start + c->out_length, draft.bytes, draft.length);
    c->out_length += draft.length;
}

__attribute__((format(printf, 2, 3))) static void say(struct connection *c, const char *format, ...)
{
    va_list arguments;
    draft.length = 0;
    va_start(arguments, format);
    add_list(format, arguments);
    va_end(arguments);
    add("\n");
    queue(c, OUT_SIZE);
}

/* ---- Rooms and members ---- */

static void broadcast(int room, const struct connection *except)
{
    for (int i = 0; i < SLOTS; i++)
        if (connections[i].in_room[room] && &connections[i] != except)
            queue(&connections[i], OUT_SIZE);
}

static void tell_member(int room, const struct connection *who, const char *change)
{
    draft.length = 0;
    add("{\"type\":\"member\",\"room\":\"%s\",\"nick\":\"%s\",\"change\":\"%s\"}\n",
        rooms[room].name, who->nick, change);
    broadcast(room, who); /* [MEMBER-3] */
}

static int find_room(const char *name)
{
    for (int i = 0; i < ROOMS; i++)
        if (rooms[i].members > 0 && strcmp(rooms[i].name, name) == 0)
            return i;
    return -1;
}

/* A random number per process and a count: no epoch comes twice [EPOCH-2]. */
static int create_room(const char *name)
{
    static unsigned long long process, count;
    if (process == 0 && getentropy(&process, sizeof process) < 0)
        process = (unsigned long long)time(NULL);
    for (int i = 0; i < ROOMS; i++)
        if (rooms[i].members == 0) {
            snprintf(rooms[i].name, sizeof rooms[i].name, "%s", name);
            snprintf(rooms[i].epoch, sizeof rooms[i].epoch, "%llx-%llx", process, ++count & 0xffffffffffff);
            rooms[i].head = 0;
            return i;
        }
    return -1;
}

static void leave_room(struct connection *c, int room)
{
    c->in_room[room] = false;
    c->joins--;
    rooms[room].members--;
    tell_member(room, c, "left");
}

static void leave_everything(struct connection *c)
{
    for (int i = 0; i < ROOMS; i++)
        if (c->in_room[i])
            leave_room(c, i);
    c->nick[0] = '\0';
}

struct item { const char *name; int members; }; /* members is -1 in a list of nicks */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

/* Adds the slice after `after` as a list [LIST-1] and, if items follow it, "more" [LIST-3]. */
static void add_slice(struct item *items, int count, const char *after, long long limit)
{
    int i = 0, most;
    qsort(items, (size_t)count, sizeof *items, by_name);
    while (i < count && strcmp(items[i].name, after) <= 0)
        i++;
    most = i + (int)(limit < PAGE ? limit : PAGE);
    add("[");
    for (const char *comma = ""; i < count && i < most; i++, comma = ",") {
        if (items[i].members < 0)
            add("%s\"%s\"", comma, items[i].name);
        else
            add("%s{\"room\":\"%s\",\"members\":%d}", comma, items[i].name, items[i].members);
    }
    add("]%s}\n", i < count ? ",\"more\":true" : "");
}

static void add_members(int room, const char *after, long long limit)
{
    struct item items[MEMBERS];
    int count = 0;
    for (int i = 0; i < SLOTS; i++)
        if (connections[i].in_room[room])
            items[count++] = (struct item){connections[i].nick, -1};
    add_slice(items, count, after, limit);
}

/* ---- JSON: one pass over a line that ends in NUL, so that nothing reads beyond it ---- */

enum kind { ABSENT, OTHER, BOOLEAN, INTEGER, STRING }; /* OTHER: null, 1.5, lists, objects */
struct value { enum kind kind; long long integer; char *string; };

enum field { TYPE, ID, NICK, ROOM, BODY, CREATE, AFTER, EPOCH, LIMIT, FIELDS };
static const char *const field_names[FIELDS] = {"type",  "id",    "nick", "room", "text", "create",
                                                "after", "epoch", "limit"};

struct request { long long id; struct value fields[FIELDS]; };
struct scanner { char *at; bool bad_escape; };

static bool valid_utf8(const char *line, size_t length)
{
    static const unsigned least[] = {0, 0x80, 0x800, 0x10000}; /* below it, a form is overlong */
    const unsigned char *at = (const unsigned char *)line, *end = at + length;
    while (at < end) {
        unsigned first = *at++, code, more;
        if (first < 0x80)
            continue;
        if (first < 0xc0 || first > 0xf7)
            return false;
        more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        code = first & (0x3fu >> more);
        for (unsigned i = 0; i < more; i++) {
            if ((*at & 0xc0) != 0x80)
                return false;
            code = code << 6 | (*at++ & 0x3fu);
        }
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
    }
    return true;
}

static void skip_space(struct scanner *s)
{
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
        s->at++;
}

/* The value of four hexadecimal digits, or -1. */
static int hex4(const char *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = at[i] ? strchr(digits, at[i]) : NULL;
        if (digit == NULL)
            return -1;
        value = value * 16 + (int)(digit - digits) % 16;
    }
    return value;
}

static char *put_utf8(char *out, unsigned code)
{
    static const unsigned first[] = {0, 0xc0, 0xe0, 0xf0};
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *out++ = (char)(first[more] | code >> 6 * more);
    while (more-- > 0)
        *out++ = (char)(0x80 | (code >> 6 * more & 0x3f));
    return out;
}

/* After "\u". A lone surrogate or U+0000 is no fault of syntax: it is noted [JSON-4]. */
static bool scan_unicode(struct scanner *s, char **out)
{
    int code = hex4(s->at), low;
    if (code < 0)
        return false;
    s->at += 4;
    if (code >= 0xd800 && code <= 0xdbff && s->at[0] == '\\' && s->at[1] == 'u') {
        low = hex4(s->at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            s->at += 6;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    if (code == 0 || (code >= 0xd800 && code <= 0xdfff))
        s->bad_escape = true;
    else
        *out = put_utf8(*out, (unsigned)code);
    return true;
}

/* Unescapes a string where it stands, for it only gets shorter, and ends it by NUL. */
static bool scan_string(struct scanner *s)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char *out = ++s->at;
    while (*s->at != '"') {
        char c = *s->at++;
        if ((unsigned char)c < 0x20)
            return false;
        if (c != '\\') {
            *out++ = c;
            continue;
        }
        c = *s->at++;
        const char *letter = c ? strchr(letters, c) : NULL;
        if (letter != NULL)
            *out++ = meanings[letter - letters];
        else if (c != 'u' || !scan_unicode(s, &out))
            return false;
    }
    s->at++;
    *out = '\0';
    return true;
}

static bool scan_digits(struct scanner *s)
{
    char *start = s->at;
    while (*s->at >= '0' && *s->at <= '9')
        s->at++;
    return s->at > start;
}

static bool scan_number(struct scanner *s, struct value *value)
{
    value->kind = INTEGER;
    value->integer = strtoll(s->at, NULL, 10); /* too large a number becomes the largest */
    if (*s->at == '-')
        s->at++;
    if (*s->at == '0')
        s->at++;
    else if (!scan_digits(s))
        return false;
    if (*s->at == '.') {
        value->kind = OTHER;
        s->at++;
        if (!scan_digits(s))
            return false;
    }
    if (*s->at == 'e' || *s->at == 'E') {
        value->kind = OTHER; /* 1e2 is refused [JSON-7] */
        s->at++;
        if (*s->at == '+' || *s->at == '-')
            s->at++;
        return scan_digits(s);
    }
    return true;
}

static bool scan_word(struct scanner *s, const char *word)
{
    if (strncmp(s->at, word, strlen(word)) != 0)
        return false;
    s->at += strlen(word);
    return true;
}

static bool scan_nest(struct scanner *s, int level, struct value *fields);

static bool scan_value(struct scanner *s, int level, struct value *value)
{
    skip_space(s);
    *value = (struct value){OTHER, 0, s->at + 1};
    switch (*s->at) {
    case '{':
    case '[':
        return scan_nest(s, level + 1, NULL);
    case '"':
        value->kind = STRING;
        return scan_string(s);
    case 't':
    case 'f':
        value->kind = BOOLEAN;
        value->integer = *s->at == 't';
        return scan_word(s, value->integer ? "true" : "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return scan_number(s, value);
    }
}

/* An object or a list. Of the outermost object the known fields are kept, the last of each [JSON-8]. */
static bool scan_nest(struct scanner *s, int level, struct value *fields)
{
    char end = *s->at++ == '{' ? '}' : ']', next;
    if (level > LEVELS)
        return false; /* [JSON-3] */
    skip_space(s);
    if (*s->at == end) {
        s->at++;
        return true;
    }
    do {
        struct value name = {ABSENT, 0, NULL}, value;
        if (end == '}') {
            if (!scan_value(s, level, &name) || name.kind != STRING)
                return false;
            skip_space(s);
            if (*s->at++ != ':')
                return false;
        }
        if (!scan_value(s, level, &value))
            return false;
        for (int i = 0; fields != NULL && i < FIELDS; i++)
            if (strcmp(name.string, field_names[i]) == 0)
                fields[i] = value;
        skip_space(s);
        next = *s->at++;
    } while (next == ',');
    return next == end;
}

/* Whether the line is a JSON object [JSON-1]; bad_escape says whether it must be refused anyhow. */
static bool scan_line(char *line, size_t length, struct request *q, bool *bad_escape)
{
    struct scanner s = {line, false};
    bool object;
    skip_space(&s);
    object = valid_utf8(line, length) && *s.at == '{' && scan_nest(&s, 1, q->fields);
    if (object)
        skip_space(&s);
    *bad_escape = s.bad_escape;
    return object && s.at == line + length;
}

/* ---- Requests: each handler checks its fields in the order of precedence [ERROR-3] ---- */

/* Refuses a request; returns true, so that checks can be written as `a || b || c`. */
static bool refuse(struct connection *c, const struct request *q, const char *code, const char *field,
                   const char *why)
{
    draft.length = 0;
    add("{\"type\":\"error\",");
    if (q->id > 0)
        add("\"re\":%lld,", q->id); /* [REPLY-5] */
    if (field != NULL)
        add("\"field\":\"%s\",", field);
    add("\"code\":\"%s\",\"message\":\"%s%s%s\"}\n", code, field ? field : "", field ? ": " : "", why);
    queue(c, OUT_SIZE);
    return true;
}

static bool wrong(struct connection *c, const struct request *q, enum field field, enum kind kind,
                  bool required)
{
    const struct value *value = &q->fields[field];
    if (value->kind == ABSENT)
        return required && refuse(c, q, "bad-request", field_names[field], "is missing");
    return value->kind != kind && refuse(c, q, "bad-request", field_names[field], "has the wrong type");
}

static bool out_of_range(struct connection *c, const struct request *q, enum field field, long long least)
{
    const struct value *value = &q->fields[field];
    return value->kind == INTEGER && (value->integer < least || value->integer > MAX_INTEGER) &&
           refuse(c, q, "bad-request", field_names[field], "is out of range");
}

/* Folds a name where it stands [NAME-2] and checks it; one that is absent is no fault. */
static bool bad_name(struct connection *c, const struct request *q, enum field field, bool room)
{
    char *name = q->fields[field].string, *at = name;
    size_t length;
    if (q->fields[field].kind == ABSENT)
        return false;
    for (; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    at = name + (room && *name == '#');
    length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    if ((!room || *name == '#') && length > 0 && length <= NAME && at[length] == '\0' && *at != '_' &&
        *at != '-')
        return false;
    return refuse(c, q, "bad-name", field_names[field],
                  room ? "# and 1 to 32 of a-z, 0-9, _ and -" : "1 to 32 of a-z, 0-9, _ and -");
}

static bool bad_text(struct connection *c, const struct request *q)
{
    const unsigned char *at = (const unsigned char *)q->fields[BODY].string;
    bool bad = *at == '\0';
    for (; *at; at++)
        if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f ||
            (at[0] == 0xc2 && at[1] < 0xa0)) /* U+0080 to U+009F begin with C2 */
            bad = true;
    if (bad)
        return refuse(c, q, "bad-text", "text", "not empty, no control characters but LF and TAB");
    return strlen(q->fields[BODY].string) > TEXT &&
           refuse(c, q, "too-long", "text", "at most 4096 bytes of UTF-8");
}

/* The room that `room` names, if the connection is in it; else -1, and the request was refused. */
static int joined_room(struct connection *c, const struct request *q)
{
    int room = find_room(q->fields[ROOM].string);
    if (room >= 0 && c->in_room[room])
        return room;
    refuse(c, q, "not-joined", "room", "you are not in it: join it first");
    return -1;
}

static void do_login(struct connection *c, struct request *q)
{
    if (wrong(c, q, NICK, STRING, true) || bad_name(c, q, NICK, false))
        return;
    for (int i = 0; i < SLOTS; i++)
        if (strcmp(connections[i].nick, q->fields[NICK].string) == 0) {
            refuse(c, q, "nick-taken", "nick", "somebody has it: choose another");
            return;
        }
    strcpy(c->nick, q->fields[NICK].string);
    say(c, "{\"type\":\"welcome\",\"re\":%lld,\"nick\":\"%s\"}", q->id, c->nick);
}

static void do_join(struct connection *c, struct request *q)
{
    const struct value *create = &q->fields[CREATE], *after = &q->fields[AFTER];
    if (wrong(c, q, ROOM, STRING, true) || wrong(c, q, CREATE, BOOLEAN, false) ||
        wrong(c, q, AFTER, INTEGER, false) || out_of_range(c, q, AFTER, 0) ||
        wrong(c, q, EPOCH, STRING, after->kind != ABSENT) || bad_name(c, q, ROOM, true))
        return;
    int room = find_room(q->fields[ROOM].string);
    if (room < 0 && create->kind == BOOLEAN && !create->integer)
        refuse(c, q, "no-such-room", "room", "there is no such room");
    else if (room >= 0 && c->in_room[room])
        refuse(c, q, "already-joined", "room", "you are in it");
    else if (c->joins == JOINS)
        refuse(c, q, "limit-reached", "room", "you are in too many rooms: leave one");
    else if (room >= 0 && rooms[room].members == MEMBERS)
        refuse(c, q, "limit-reached", "room", "it is full");
    else if (room < 0 && (room = create_room(q->fields[ROOM].string)) < 0)
        refuse(c, q, "limit-reached", "room", "there are too many rooms");
    else {
        c->in_room[room] = true;
        c->joins++;
        rooms[room].members++;
        tell_member(room, c, "joined");
        draft.length = 0; /* no entry is kept, so first is head + 1 [JOIN-1], and nothing is replayed */
        add("{\"type\":\"joined\",\"re\":%lld,\"room\":\"%s\",\"epoch\":\"%s\",\"first\":%lld,"
            "\"head\":%lld,%s\"members\":", q->id, rooms[room].name, rooms[room].epoch,
            rooms[room].head + 1, rooms[room].head, after->kind != ABSENT ? "\"resumed\":false," : "");
        add_members(room, "", PAGE);
        queue(c, OUT_SIZE);
    }
}

static void do_leave(struct connection *c, struct request *q)
{
    if (wrong(c, q, ROOM, STRING, true) || bad_name(c, q, ROOM, true))
        return;
    int room = joined_room(c, q);
    if (room < 0)
        return;
    leave_room(c, room);
    say(c, "{\"type\":\"left\",\"re\":%lld,\"room\":\"%s\"}", q->id, rooms[room].name);
}

static void do_send(struct connection *c, struct request *q)
{
    struct timespec time;
    struct tm utc;
    char at[32];
    if (wrong(c, q, ROOM, STRING, true) || wrong(c, q, BODY, STRING, true) || bad_name(c, q, ROOM, true) ||
        bad_text(c, q))
        return;
    int room = joined_room(c, q);
    if (room < 0)
        return;
    clock_gettime(CLOCK_REALTIME, &time);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", gmtime_r(&time.tv_sec, &utc));
    sprintf(at + 19, ".%03dZ", (int)(time.tv_nsec / 1000000 % 1000));
    draft.length = 0;
    add("{\"type\":\"message\",\"room\":\"%s\",\"seq\":%lld,\"from\":\"%s\",\"at\":\"%s\",\"text\":\"",
        rooms[room].name, ++rooms[room].head, c->nick, at);
    add_text(q->fields[BODY].string);
    add("\"}\n");
    broadcast(room, NULL); /* to the sender, too, and before the reply [SEND-2, SEND-3] */
    say(c, "{\"type\":\"sent\",\"re\":%lld,\"room\":\"%s\",\"seq\":%lld,\"at\":\"%s\"}", q->id,
        rooms[room].name, rooms[room].head, at);
}

static bool bad_slice(struct connection *c, const struct request *q)
{
    return wrong(c, q, AFTER, STRING, false) || wrong(c, q, LIMIT, INTEGER, false) ||
           out_of_range(c, q, LIMIT, 1);
}

static const char *slice_start(const struct request *q)
{
    return q->fields[AFTER].kind == ABSENT ? "" : q->fields[AFTER].string;
}

static long long slice_limit(const struct request *q)
{
    return q->fields[LIMIT].kind == ABSENT ? PAGE : q->fields[LIMIT].integer;
}

static void do_rooms(struct connection *c, struct request *q)
{
    struct item items[ROOMS];
    int count = 0;
    if (bad_slice(c, q) || bad_name(c, q, AFTER, true))
        return;
    for (int i = 0; i < ROOMS; i++)
        if (rooms[i].members > 0)
            items[count++] = (struct item){rooms[i].name, rooms[i].members};
    draft.length = 0;
    add("{\"type\":\"rooms\",\"re\":%lld,\"rooms\":", q->id);
    add_slice(items, count, slice_start(q), slice_limit(q));
    queue(c, OUT_SIZE);
}

static void do_members(struct connection *c, struct request *q)
{
    if (wrong(c, q, ROOM, STRING, true) || bad_slice(c, q) || bad_name(c, q, ROOM, true) ||
        bad_name(c, q, AFTER, false))
        return;
    int room = joined_room(c, q);
    if (room < 0)
        return;
    draft.length = 0;
    add("{\"type\":\"members\",\"re\":%lld,\"room\":\"%s\",\"members\":", q->id, rooms[room].name);
    add_members(room, slice_start(q), slice_limit(q));
    queue(c, OUT_SIZE);
}

/* Nothing more is said: what waits is written, then comes FIN. */
static void start_closing(struct connection *c)
{
    leave_everything(c);
    c->phase = CLOSING;
    c->deadline = now + 2 * heartbeat;
}

static void say_bye(struct connection *c, const char *code, const char *message)
{
    leave_everything(c);
    c->overflow = false;
    draft.length = 0;
    add("{\"type\":\"bye\",\"code\":\"%s\",%s\"message\":\"%s\"}\n", code,
        stopping ? "\"reconnectAfter\":1000," : "", message);
    queue(c, sizeof c->out); /* there is always room for this one */
    start_closing(c);
}

static void do_bye(struct connection *c, struct request *q)
{
    leave_everything(c); /* before the reply [LOGIN-6] */
    say(c, "{\"type\":\"bye\",\"re\":%lld}", q->id);
    start_closing(c);
}

static void do_ping(struct connection *c, struct request *q)
{
    say(c, "{\"type\":\"pong\",\"re\":%lld}", q->id);
}

/* In one process, all that was acknowledged has been queued by now [SYNC-1]. */
static void do_sync(struct connection *c, struct request *q)
{
    say(c, "{\"type\":\"synced\",\"re\":%lld}", q->id);
}

static const struct { const char *type; void (*handle)(struct connection *, struct request *); } handlers[] = {
    {"ping", do_ping}, {"bye", do_bye},   {"login", do_login}, {"join", do_join},      {"leave", do_leave},
    {"send", do_send}, {"sync", do_sync}, {"rooms", do_rooms}, {"members", do_members}, {NULL, NULL},
};
enum { PING, BYE, LOGIN }; /* the first three, which may come before welcome */

static void handle_request(struct connection *c, struct request *q)
{
    const struct value *id = &q->fields[ID];
    int i = 0;
    if (id->kind == INTEGER && id->integer >= 1 && id->integer <= 2147483647)
        q->id = id->integer;
    if (q->id == 0) {
        refuse(c, q, "bad-request", "id", "an integer from 1 to 2147483647");
        return;
    }
    if (wrong(c, q, TYPE, STRING, true))
        return;
    while (handlers[i].type != NULL && strcmp(handlers[i].type, q->fields[TYPE].string) != 0)
        i++;
    if (handlers[i].type == NULL)
        refuse(c, q, "unsupported", NULL, "this server does not know that request");
    else if (i > LOGIN && c->nick[0] == '\0')
        refuse(c, q, "login-first", NULL, "log in first");
    else if (i == LOGIN && c->nick[0] != '\0')
        refuse(c, q, "already-logged-in", NULL, "you are logged in on this connection");
    else
        handlers[i].handle(c, q);
}

static void handle_line(struct connection *c, char *line, size_t length)
{
    struct request q = {0};
    bool first = !c->spoke, bad_escape;
    c->spoke = true;
    if (!scan_line(line, length, &q, &bad_escape)) {
        if (first)
            say_bye(c, "not-tertulia", "the first line is not a JSON object"); /* [FRAME-8] */
        else
            refuse(c, &q, "bad-json", NULL, "the line is not a JSON object");
    } else if (bad_escape) {
        refuse(c, &q, "bad-json", NULL, "an escaped U+0000 or lone surrogate"); /* [JSON-4] */
    } else {
        handle_request(c, &q);
    }
}

/* ---- Connections ---- */

static void drop(struct connection *c)
{
    leave_everything(c);
    close(c->fd);
    c->phase = FREE;
}

static void flush_output(struct connection *c)
{
    while (c->out_length > 0) {
        ssize_t n = send(c->fd, c->out + c->out_start, c->out_length, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                drop(c);
            return;
        }
        c->accepted = now;
        c->out_start += (size_t)n;
        c->out_length -= (size_t)n;
    }
    c->out_start = 0;
}

/* Handles lines while nothing waits to be written and the connection is not too fast. */
static void handle_lines(struct connection *c)
{
    char *line = c->in, *end = c->in + c->in_length, *lf = NULL;
    while (c->phase == OPEN && (lf = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        *lf = '\0'; /* CR counts as white space, also before LF [FRAME-2, FRAME-3] */
        if (line + strspn(line, " \t\r") < lf) {
            if (c->out_length > 0 || (c->credit < REQUEST_MS && !c->client_fin && !stopping)) {
                *lf = '\n';
                break;
            }
            c->credit -= REQUEST_MS;
            handle_line(c, line, (size_t)(lf - line));
            if (c->phase != FREE)
                flush_output(c);
        }
        line = lf + 1;
    }
    if (c->phase != OPEN)
        return;
    c->line_waits = lf != NULL;
    c->in_length = (size_t)(end - line);
    memmove(c->in, line, c->in_length);
    if (c->in_length == LINE && !c->line_waits)
        say_bye(c, "line-too-long", "65536 bytes came without an LF"); /* [FRAME-6] */
    else if (c->client_fin && !c->line_waits)
        start_closing(c); /* what is left has no LF [END-6] */
}

static bool is_read(const struct connection *c)
{
    return c->phase != OPEN ? !c->client_fin
                            : c->out_length == 0 && !c->line_waits && !c->client_fin;
}

static void read_input(struct connection *c)
{
    static char rubbish[LINE];
    ssize_t n = c->phase == OPEN ? recv(c->fd, c->in + c->in_length, LINE - c->in_length, 0)
                                 : recv(c->fd, rubbish, sizeof rubbish, 0);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            drop(c);
        return;
    }
    if (n == 0)
        c->client_fin = true;
    c->heard = now;
    c->pinged = 0; /* any byte is a sign of life [HEART-3] */
    if (c->phase == OPEN)
        c->in_length += (size_t)n;
    else if (c->phase == DRAINING)
        c->drained += (size_t)n;
}

static void check_closing(struct connection *c)
{
    if (c->phase == CLOSING && c->out_length == 0) {
        shutdown(c->fd, SHUT_WR);
        c->phase = DRAINING; /* [END-4] */
        c->deadline = now + DRAIN_MS;
    }
    if (now >= c->deadline ||
        (c->phase == DRAINING && (c->client_fin || c->drained >= DRAIN_BYTES)))
        drop(c);
}

static void check_clocks(struct connection *c, long long elapsed)
{
    c->credit += elapsed;
    if (c->credit > BURST * REQUEST_MS)
        c->credit = BURST * REQUEST_MS;
    if (!is_read(c))
        c->heard += elapsed; /* no silence of the client's [HEART-4] */
    if (c->overflow || (c->out_length > 0 && now - c->accepted >= 2 * heartbeat)) {
        say_bye(c, "slow-consumer", "unsent bytes were not read in time"); /* [FLOW-2, FLOW-4] */
        c->deadline = now + heartbeat;
    } else if (c->nick[0] == '\0' && now - c->opened >= login_time) {
        say_bye(c, "login-timeout", "no login in time");
    } else if (now - c->heard >= 2 * heartbeat && c->pinged && now - c->pinged >= heartbeat) {
        /* Who stood still ourselves asks before taking anybody for gone [HEART-7]. */
        say_bye(c, "idle", "nothing came for two heartbeats");
    } else if (now - c->heard >= heartbeat && !c->pinged) {
        c->pinged = now;
        say(c, "{\"type\":\"ping\"}");
    }
}

/* Hello, or too-many-connections in its place [HELLO-5]. */
static void greet(struct connection *c)
{
    int same = 0;
    for (int i = 0; i < SLOTS; i++)
        same += connections[i].phase == OPEN && connections[i].address == c->address;
    if (same > CONNECTIONS) { /* this one is counted, too */
        say_bye(c, "too-many-connections", "256 connections from your address are open");
        return;
    }
    say(c, "{\"type\":\"hello\",\"protocol\":1,\"server\":\"c-core/1\",\"features\":[],"
        "\"auth\":[\"guest\"],\"limits\":{\"line\":%d,\"text\":%d,\"page\":%d,\"joins\":%d,\"members\":%d,"
        "\"rooms\":%d,\"replay\":0,\"connections\":%d,\"loginSeconds\":%lld,\"backlog\":%d},"
        "\"heartbeat\":%lld}", LINE, TEXT, PAGE, JOINS, MEMBERS, ROOMS, CONNECTIONS, login_time / 1000,
        BACKLOG, heartbeat / 1000);
}

static struct connection *free_slot(void)
{
    for (int i = 0; i < SLOTS; i++)
        if (connections[i].phase == FREE)
            return &connections[i];
    return NULL;
}

static void accept_one(int listener)
{
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    struct connection *c = free_slot();
    int one = 1, bytes = LINE, fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); /* a frozen reader shows sooner */
    memset(c, 0, offsetof(struct connection, in));
    c->phase = OPEN;
    c->fd = fd;
    c->address = peer.sin_addr.s_addr;
    c->opened = c->heard = c->accepted = now;
    c->credit = BURST * REQUEST_MS;
    greet(c);
}

/* ---- The loop ---- */

static void request_stop(int signal)
{
    (void)signal;
    stopping = 1;
}

static long long clock_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void serve(struct connection *c, short events, long long elapsed)
{
    if (events & (POLLERR | POLLHUP | POLLNVAL)) {
        drop(c);
        return;
    }
    if (events & POLLIN)
        read_input(c);
    if (c->phase != FREE)
        flush_output(c);
    if (c->phase == OPEN)
        handle_lines(c);
    if (c->phase == OPEN)
        check_clocks(c, elapsed);
    if (c->phase == CLOSING || c->phase == DRAINING)
        check_closing(c);
}

/* Answers what has been read, then says goodbye to everyone [END-8]. */
static void stop_serving(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (connections[i].phase == OPEN)
            handle_lines(&connections[i]);
        if (connections[i].phase == OPEN)
            say_bye(&connections[i], "shutting-down", "the server is stopping");
    }
}

static void run(int listener)
{
    static struct pollfd polls[SLOTS + 1];
    long long before, stop_at = 0;
    int alive = 1;
    for (now = clock_ms(); stop_at == 0 || (alive > 0 && now < stop_at);) {
        polls[SLOTS] = (struct pollfd){!stopping && free_slot() ? listener : -1, POLLIN, 0};
        for (int i = 0; i < SLOTS; i++) {
            struct connection *c = &connections[i];
            short events = (short)((is_read(c) ? POLLIN : 0) | (c->out_length > 0 ? POLLOUT : 0));
            polls[i] = (struct pollfd){c->phase == FREE ? -1 : c->fd, events, 0};
        }
        if (poll(polls, SLOTS + 1, TICK_MS) < 0)
            for (int i = 0; i <= SLOTS; i++)
                polls[i].revents = 0;
        before = now;
        now = clock_ms();
        if (stopping && stop_at == 0) {
            stop_at = now + STOP_MS;
            stop_serving();
        }
        alive = 0;
        for (int i = 0; i < SLOTS; i++) {
            if (connections[i].phase != FREE)
                serve(&connections[i], polls[i].revents, now - before);
            alive += connections[i].phase != FREE;
        }
        if (polls[SLOTS].revents & POLLIN)
            accept_one(listener);
    }
}

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    socklen_t size = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        perror("server");
        exit(1);
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* The number after an option; the program ends if there is none from `least` to `most`. */
static int number(const char *text, int least, int most)
{
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : -1;
    if (text == NULL || end == text || *end != '\0' || value < least || value > most) {
        fputs("usage: server [--port 0-65535] [--heartbeat 1-300] [--login-seconds 5-3600]\n", stderr);
        exit(2);
    }
    return (int)value;
}

int main(int count, char **arguments)
{
    int port = 7331;
    for (int i = 1; i < count; i += 2) {
        if (strcmp(arguments[i], "--port") == 0)
            port = number(arguments[i + 1], 0, 65535);
        else if (strcmp(arguments[i], "--heartbeat") == 0)
            heartbeat = 1000LL * number(arguments[i + 1], 1, 300);
        else if (strcmp(arguments[i], "--login-seconds") == 0)
            login_time = 1000LL * number(arguments[i + 1], 5, 3600);
        else
            number(NULL, 0, 0);
    }
    struct sigaction stop = {.sa_handler = request_stop}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    run(listen_on(port));
    return 0;
}
