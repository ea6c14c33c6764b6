/*
 * Load on a chat server: one thread, one epoll. Rooms of members who are all connected; some of them send, and every delivery
 * to every member is counted, so that a lost one is seen.
 *
 *   closed    each room has `window` messages under way, each until the last member has it
 *   open      so many messages a second, whatever becomes of them; latency counts from when each was due
 *   pingpong  two members answer each other
 *   idle      connections that log in and do nothing
 *
 * Each member is a connection of its own; with --rooms-each, a connection is a member of so many rooms. --beside adds connections that do nothing.
 *
 * Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "speak.h"
#include "usage.h"

enum mode { CLOSED, OPEN, PINGPONG, IDLE };
static const char *const mode_names[] = {"closed", "open", "pingpong", "idle"};

/* ------------------------------------------------------------------------------------------------------------------
 * What is asked for
 * ------------------------------------------------------------------------------------------------------------------ */

static struct {
  const struct protocol *protocol;
  enum mode mode;
  /* Connections take them in turn. */
  int ports[8];
  int port_count;
  int pid;
  int rooms;
  int rooms_each;
  int members;
  int beside;
  int senders;
  int window;
  int handshakes;
  double rate;
  double seconds;
  double warm_up;
  bool quick_ack;
  bool is_gentle;
} options = {.mode = CLOSED, .rooms = 1, .rooms_each = 1, .members = 100, .senders = 10, .window = 64, .handshakes = 32, .rate = 500, .seconds = 2, .warm_up = 1};

static void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static enum mode mode_named(const char *name) {
  for (int mode = CLOSED; mode <= IDLE; mode++)
    if (strcmp(mode_names[mode], name) == 0) return (enum mode)mode;
  fail("--mode is closed, open, pingpong or idle");
  return CLOSED;
}

static void read_ports(char *list) {
  for (char *port = strtok(list, ","); port != NULL; port = strtok(NULL, ",")) {
    if (options.port_count == sizeof options.ports / sizeof *options.ports) fail("--port takes eight at the most");
    options.ports[options.port_count++] = atoi(port);
  }
}

static void read_options(int count, char **words) {
  static const struct option known[] = {
      {"protocol", 1, 0, 'p'}, {"mode", 1, 0, 'm'},       {"port", 1, 0, 'P'},       {"pid", 1, 0, 'i'},
      {"rooms", 1, 0, 'r'},    {"members", 1, 0, 'n'},    {"senders", 1, 0, 's'},    {"window", 1, 0, 'w'},
      {"rate", 1, 0, 'R'},     {"seconds", 1, 0, 't'},    {"warm-up", 1, 0, 'u'},    {"handshakes", 1, 0, 'h'},
      {"rooms-each", 1, 0, 'e'}, {"beside", 1, 0, 'b'},   {"quick-ack", 0, 0, 'q'}, {"gentle", 0, 0, 'g'},
      {0, 0, 0, 0}};
  for (int letter; (letter = getopt_long(count, words, "", known, NULL)) != -1;) {
    switch (letter) {
      case 'p': options.protocol = protocol_named(optarg); break;
      case 'm': options.mode = mode_named(optarg); break;
      case 'P': read_ports(optarg); break;
      case 'i': options.pid = atoi(optarg); break;
      case 'r': options.rooms = atoi(optarg); break;
      case 'e': options.rooms_each = atoi(optarg); break;
      case 'b': options.beside = atoi(optarg); break;
      case 'n': options.members = atoi(optarg); break;
      case 's': options.senders = atoi(optarg); break;
      case 'w': options.window = atoi(optarg); break;
      case 'R': options.rate = atof(optarg); break;
      case 't': options.seconds = atof(optarg); break;
      case 'u': options.warm_up = atof(optarg); break;
      case 'h': options.handshakes = atoi(optarg); break;
      case 'q': options.quick_ack = true; break;
      case 'g': options.is_gentle = true; break;
      default: exit(2);
    }
  }
  if (options.protocol == NULL) fail("--protocol is tertulia, relay, redis, nats, irc or mqtt");
  if (options.port_count == 0) fail("--port is missing");
  if (options.mode == PINGPONG) options.rooms = 1, options.members = options.senders = 2;
  if (options.rooms_each < 1 || options.rooms % options.rooms_each != 0) fail("--rooms is a multiple of --rooms-each");
  if (options.rooms_each > 1 && !options.protocol->takes_rooms) fail("--rooms-each is for tertulia and relay");
}

/* ------------------------------------------------------------------------------------------------------------------
 * Connections and rooms
 * ------------------------------------------------------------------------------------------------------------------ */

struct connection {
  struct speaker speaker;
  int fd;
  /* Of the handshake; -1 until the connection stands. */
  int step;
  bool is_ready;
  bool waits_to_write;
  bool has_spoken;
  int spoken;
  /* What the server must say next, and what it has said so far. */
  const char *answer;
  char *heard;
  int heard_bytes;
  /* The beginning of a mark, at the end of what was read. */
  char rest[MARK_BYTES];
  int rest_bytes;
  char *out;
  int out_bytes;
  int out_size;
};

struct room {
  int64_t sent;
  int64_t delivered;
  int next_sender;
  bool has_news;
};

static struct connection *connections;
static int connection_count;
/* Those that talk; the others are beside them. */
static int talker_count;
static struct room *rooms;
static int poller;

/* Connections that have something to write, and rooms in which something was delivered, since the last turn. */
static struct connection **speakers;
static int speaker_count;
static int *news;
static int news_count;

static struct {
  int64_t sent;
  int64_t delivered;
  int64_t bytes;
  int64_t reads;
  int lost_connections;
} totals;

static struct histogram latencies;
static bool is_measured;
static bool is_running;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static void watch(struct connection *connection, bool writes) {
  if (connection->waits_to_write == writes) return;
  connection->waits_to_write = writes;
  struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = connection};
  epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

static void lose(struct connection *connection) {
  totals.lost_connections++;
  connection->out_bytes = 0;
  epoll_ctl(poller, EPOLL_CTL_DEL, connection->fd, NULL);
}

static void write_out(struct connection *connection) {
  int at = 0;
  while (at < connection->out_bytes) {
    ssize_t count = send(connection->fd, connection->out + at, (size_t)(connection->out_bytes - at), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return lose(connection);
    at += (int)count;
  }
  connection->out_bytes -= at;
  if (at > 0) memmove(connection->out, connection->out + at, (size_t)connection->out_bytes);
  watch(connection, connection->out_bytes > 0);
}

/* Room for one more speech. */
static char *speech_of(struct connection *connection) {
  if (connection->out_bytes + SPEECH_BYTES > connection->out_size) {
    connection->out_size = 2 * (connection->out_bytes + SPEECH_BYTES);
    connection->out = realloc(connection->out, (size_t)connection->out_size);
  }
  return connection->out + connection->out_bytes;
}

static void write_hexadecimal(char *out, uint64_t value, int digits) {
  for (int index = 0; index < digits; index++) out[index] = "0123456789abcdef"[(value >> (4 * (digits - 1 - index))) & 15];
}

static uint64_t read_hexadecimal(const char *text, int digits) {
  uint64_t value = 0;
  for (int index = 0; index < digits; index++) value = value << 4 | (uint64_t)(text[index] <= '9' ? text[index] - '0' : text[index] - 'a' + 10);
  return value;
}

/* Sends a message to one of the connection's rooms, which was due at this time. */
static void publish(struct connection *connection, int room, uint64_t due) {
  char text[TEXT_BYTES];
  memset(text, 'x', sizeof text);
  memcpy(text, "^^", 2);
  write_hexadecimal(text + 2, due, 16);
  write_hexadecimal(text + 18, (uint64_t)connection->speaker.id, 8);
  write_hexadecimal(text + 26, (uint64_t)room, 8);
  struct speaker speaker = connection->speaker;
  speaker.room = room;
  connection->out_bytes += options.protocol->publish(speech_of(connection), ++connection->spoken + options.rooms_each + 1, &speaker, text);
  totals.sent++;
  rooms[room].sent++;
  if (connection->has_spoken) return;
  connection->has_spoken = true;
  speakers[speaker_count++] = connection;
}

static void write_all_out(void) {
  for (int index = 0; index < speaker_count; index++) {
    speakers[index]->has_spoken = false;
    write_out(speakers[index]);
  }
  speaker_count = 0;
}

/* The senders of a room take turns; they are spread over its members. */
static void publish_in(int index, uint64_t due) {
  struct room *room = &rooms[index];
  int sender = room->next_sender++ % options.senders;
  int first = index / options.rooms_each * options.members;
  publish(&connections[first + (int)((int64_t)sender * options.members / options.senders)], index, due);
}

/* ------------------------------------------------------------------------------------------------------------------
 * What the server says
 * ------------------------------------------------------------------------------------------------------------------ */

static int ready_count;
static int begun_count;
static int handshakes_under_way;

static void greet(struct connection *connection) {
  int count = options.protocol->greet(speech_of(connection), connection->step, &connection->speaker, &connection->answer);
  if (count >= 0) {
    connection->out_bytes += count;
    return write_out(connection);
  }
  connection->is_ready = true;
  ready_count++;
  handshakes_under_way--;
  free(connection->heard);
  connection->heard = NULL;
}

static void hear(struct connection *connection, const char *bytes, int count) {
  connection->heard = realloc(connection->heard, (size_t)(connection->heard_bytes + count));
  memcpy(connection->heard + connection->heard_bytes, bytes, (size_t)count);
  connection->heard_bytes += count;
  if (memmem(connection->heard, (size_t)connection->heard_bytes, connection->answer, strlen(connection->answer)) == NULL) return;
  connection->heard_bytes = 0;
  connection->step++;
  greet(connection);
}

static void deliver(struct connection *connection, const char *mark, uint64_t time) {
  int index = (int)read_hexadecimal(mark + 26, 8);
  struct room *room = &rooms[index];
  totals.delivered++;
  room->delivered++;
  if (!room->has_news) {
    room->has_news = true;
    news[news_count++] = index;
  }
  bool is_own = (int)read_hexadecimal(mark + 18, 8) == connection->speaker.id;
  bool counts = options.mode != PINGPONG || !is_own;
  if (is_measured && counts) histogram_add(&latencies, time - read_hexadecimal(mark + 2, 16));
  if (options.mode == PINGPONG && is_running && !is_own) publish(connection, index, now());
}

/* Finds the marks in what was read; gives how many bytes at its end may begin another. */
static int find_marks(struct connection *connection, const char *bytes, int count) {
  uint64_t time = is_measured ? now() : 0;
  const char *end = bytes + count;
  for (const char *at = bytes; (at = memchr(at, '^', (size_t)(end - at))) != NULL;) {
    if (end - at < MARK_BYTES) return (int)(end - at);
    if (at[1] == '^') {
      deliver(connection, at, time);
      at += MARK_BYTES;
    } else at++;
  }
  return 0;
}

enum { READ_BYTES = 262144 };

static void read_from(struct connection *connection) {
  static char buffer[MARK_BYTES + READ_BYTES];
  memcpy(buffer, connection->rest, (size_t)connection->rest_bytes);
  char *fresh = buffer + connection->rest_bytes;
  ssize_t count = recv(connection->fd, fresh, READ_BYTES, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return lose(connection);
  totals.reads++;
  totals.bytes += count;
  int one = 1;
  if (options.quick_ack) setsockopt(connection->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
  if (!connection->is_ready) return hear(connection, fresh, (int)count);
  int length = connection->rest_bytes + (int)count;
  connection->rest_bytes = find_marks(connection, buffer, length);
  memcpy(connection->rest, buffer + length - connection->rest_bytes, (size_t)connection->rest_bytes);
}

static void take_turn(int milliseconds) {
  static struct epoll_event events[1024];
  int count = epoll_wait(poller, events, 1024, milliseconds);
  for (int index = 0; index < count; index++) {
    struct connection *connection = events[index].data.ptr;
    if (events[index].events & EPOLLOUT) {
      if (connection->step >= 0) write_out(connection);
      else {
        connection->step = 0;
        watch(connection, false);
        greet(connection);
      }
    }
    if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_from(connection);
  }
}

/* ------------------------------------------------------------------------------------------------------------------
 * The run
 * ------------------------------------------------------------------------------------------------------------------ */

static void begin_connection(struct connection *connection, int id) {
  int one = 1;
  bool is_idle = options.mode == IDLE || id >= talker_count;
  int room = is_idle ? 0 : id / options.members * options.rooms_each;
  connection->speaker = (struct speaker){.id = id, .room = room, .rooms = options.rooms_each, .is_idle = is_idle};
  connection->step = -1;
  connection->waits_to_write = true;
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (connection->fd < 0) fail("no more sockets: raise the limit of open files");
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  /* A reset at the end, so that no port stays taken for a minute. */
  struct linger linger = {1, 0};
  setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.ports[id % options.port_count]), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) fail("can't connect");
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
  epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event);
  handshakes_under_way++;
}

static void connect_all(void) {
  uint64_t began = now();
  while (ready_count < connection_count) {
    while (begun_count < connection_count && handshakes_under_way < options.handshakes) {
      begin_connection(&connections[begun_count], begun_count);
      begun_count++;
    }
    take_turn(100);
    if (totals.lost_connections > 0) fail("the server ended a connection during the handshake");
    if (now() - began > 120000000000ull) fail("the handshakes took more than 120 s");
  }
}

/* Waits until nothing has come for some time: what is said of those who join belongs to no measurement. */
static void calm_down(double seconds) {
  int64_t bytes = totals.bytes;
  for (uint64_t since = now(); (double)(now() - since) < seconds * 1e9;) {
    take_turn(20);
    write_all_out();
    if (totals.bytes == bytes) continue;
    bytes = totals.bytes;
    since = now();
  }
}

static int fan_out(void) { return options.protocol->echoes ? options.members : options.members - 1; }

/* Messages under way in a room are those that some member hasn't got. */
static void fill_window(int index) {
  struct room *room = &rooms[index];
  while (room->sent * fan_out() - room->delivered <= (int64_t)(options.window - 1) * fan_out()) publish_in(index, now());
}

static void fill_windows(void) {
  for (int index = 0; index < news_count; index++) {
    rooms[news[index]].has_news = false;
    if (options.mode == CLOSED && is_running) fill_window(news[index]);
  }
  news_count = 0;
}

struct moment {
  uint64_t time;
  double server_cpu, server_waited, own_cpu, own_waited;
  int64_t sent, delivered, bytes, reads;
};

static struct moment this_moment(void) {
  return (struct moment){.time = now(),
                         .server_cpu = usage_cpu(options.pid),
                         .server_waited = usage_waited(options.pid),
                         .own_cpu = usage_cpu(getpid()),
                         .own_waited = usage_waited(getpid()),
                         .sent = totals.sent,
                         .delivered = totals.delivered,
                         .bytes = totals.bytes,
                         .reads = totals.reads};
}

/* Runs for some time, and gives the moment at which the warm-up was over. */
static struct moment run(void) {
  uint64_t began = now();
  uint64_t warm = began + (uint64_t)(options.warm_up * 1e9);
  uint64_t end = warm + (uint64_t)(options.seconds * 1e9);
  double interval = 1e9 / options.rate;
  int64_t due_count = 0;
  struct moment start = {0};
  is_running = true;
  if (options.mode == PINGPONG) publish(&connections[0], 0, began);
  if (options.mode == CLOSED)
    for (int index = 0; index < options.rooms; index++) fill_window(index);
  write_all_out();
  for (uint64_t time; (time = now()) < end && totals.lost_connections == 0;) {
    if (!is_measured && time >= warm) {
      start = this_moment();
      is_measured = true;
    }
    /* To wait would make what is due late by as much as the machine takes to wake; gently, that doesn't matter. */
    take_turn(options.mode == CLOSED ? 20 : options.is_gentle ? 1 : 0);
    fill_windows();
    if (options.mode == OPEN)
      for (uint64_t due; (due = began + (uint64_t)((double)due_count * interval)) <= now(); due_count++)
        publish_in((int)(due_count % options.rooms), due);
    write_all_out();
  }
  is_measured = false;
  is_running = false;
  return start;
}

static void tell(struct moment start, struct moment end) {
  double seconds = (double)(end.time - start.time) / 1e9;
  double delivered = (double)(end.delivered - start.delivered);
  int64_t lost = 0;
  for (int index = 0; index < options.rooms; index++) lost += rooms[index].sent * fan_out() - rooms[index].delivered;
  printf("{\"seconds\":%.3f,\"deliveries\":%.0f,\"deliveriesPerSecond\":%.0f,\"messagesPerSecond\":%.0f,\"bytesPerSecond\":%.0f,", seconds, delivered,
         delivered / seconds, (double)(end.sent - start.sent) / seconds, (double)(end.bytes - start.bytes) / seconds);
  printf("\"deliveriesPerRead\":%.1f,\"bytesPerDelivery\":%.1f,", delivered / (double)(end.reads - start.reads + 1),
         (double)(end.bytes - start.bytes) / (delivered + 1));
  printf("\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,", (double)histogram_quantile(&latencies, 0.5) / 1e3,
         (double)histogram_quantile(&latencies, 0.99) / 1e3, (double)histogram_quantile(&latencies, 0.999) / 1e3, (double)latencies.max / 1e3);
  printf("\"serverCpu\":%.3f,\"serverWaited\":%.3f,\"loadCpu\":%.3f,\"loadWaited\":%.3f,\"cpuPerMillion\":%.4f,", (end.server_cpu - start.server_cpu) / seconds,
         (end.server_waited - start.server_waited) / seconds, (end.own_cpu - start.own_cpu) / seconds, (end.own_waited - start.own_waited) / seconds,
         (end.server_cpu - start.server_cpu) * 1e6 / (delivered + 1));
  printf("\"resident\":%.0f,\"lost\":%lld,\"lostConnections\":%d}\n", usage_resident(options.pid), (long long)lost, totals.lost_connections);
}

static void tell_idle(double before, struct moment start, struct moment end) {
  double seconds = (double)(end.time - start.time) / 1e9;
  printf("{\"connections\":%d,\"connectionsPerSecond\":%.0f,\"cpuPerConnection\":%.2f,\"residentBefore\":%.0f,\"resident\":%.0f,\"lostConnections\":%d}\n",
         connection_count, connection_count / seconds, (end.server_cpu - start.server_cpu) * 1e6 / connection_count, before,
         usage_resident(options.pid), totals.lost_connections);
}

int main(int count, char **words) {
  read_options(count, words);
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  talker_count = options.rooms / options.rooms_each * options.members;
  connection_count = talker_count + options.beside;
  connections = calloc((size_t)connection_count, sizeof *connections);
  rooms = calloc((size_t)options.rooms, sizeof *rooms);
  speakers = calloc((size_t)connection_count, sizeof *speakers);
  news = calloc((size_t)options.rooms, sizeof *news);
  poller = epoll_create1(0);
  double before = usage_resident(options.pid);
  struct moment begin = this_moment();
  connect_all();
  if (options.mode == IDLE) {
    struct moment connected = this_moment();
    calm_down(options.seconds);
    tell_idle(before, begin, connected);
    return 0;
  }
  calm_down(0.3);
  struct moment start = run();
  struct moment end = this_moment();
  /* What is still under way comes now; what doesn't is lost. */
  calm_down(0.5);
  tell(start, end);
  return totals.lost_connections > 0;
}
