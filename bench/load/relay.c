/*
 * What the machine allows: one thread, one epoll, and nothing checked. A line "j" and five digits enters a room; any other goes as
 * it is to the room of the five digits after its first letter. What a room gets in one turn goes out in one write per member.
 *
 *   relay PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOMS = 100000, READ_BYTES = 262144, DIGITS = 5 };

struct buffer {
  char *bytes;
  int count;
  int size;
};

struct member {
  int fd;
  /* Its rooms are among these. */
  int first_room;
  int last_room;
  bool waits_to_write;
  struct buffer rest;
  struct buffer out;
};

struct room {
  struct member **members;
  int count;
  int size;
  struct buffer said;
};

static struct room rooms[ROOMS];
static int *spoken;
static int spoken_count;
static int poller;

static void append(struct buffer *buffer, const char *bytes, int count) {
  if (buffer->count + count > buffer->size) {
    buffer->size = 2 * (buffer->count + count);
    buffer->bytes = realloc(buffer->bytes, (size_t)buffer->size);
  }
  memcpy(buffer->bytes + buffer->count, bytes, (size_t)count);
  buffer->count += count;
}

static void watch(struct member *member, bool writes) {
  if (member->waits_to_write == writes) return;
  member->waits_to_write = writes;
  struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = member};
  epoll_ctl(poller, EPOLL_CTL_MOD, member->fd, &event);
}

static void put(struct member *member, const char *bytes, int count) {
  if (member->out.count == 0) {
    ssize_t written = send(member->fd, bytes, (size_t)count, MSG_NOSIGNAL);
    if (written == count) return;
    if (written > 0) {
      bytes += written;
      count -= (int)written;
    }
  }
  append(&member->out, bytes, count);
  watch(member, true);
}

static void write_out(struct member *member) {
  ssize_t written = send(member->fd, member->out.bytes, (size_t)member->out.count, MSG_NOSIGNAL);
  if (written <= 0) return;
  member->out.count -= (int)written;
  memmove(member->out.bytes, member->out.bytes + written, (size_t)member->out.count);
  watch(member, member->out.count > 0);
}

static int room_of(const char *line) {
  int room = 0;
  for (int index = 0; index < DIGITS; index++) room = 10 * room + line[1 + index] - '0';
  return room >= 0 && room < ROOMS ? room : 0;
}

static void enter(struct member *member, struct room *room) {
  if (room->count == room->size) {
    room->size = room->size == 0 ? 8 : 2 * room->size;
    room->members = realloc(room->members, (size_t)room->size * sizeof *room->members);
  }
  room->members[room->count++] = member;
  put(member, "joined\n", 7);
}

static void take_line(struct member *member, const char *line, int count) {
  if (count < 1 + DIGITS) return;
  int number = room_of(line);
  struct room *room = &rooms[number];
  if (line[0] == 'j') {
    if (member->last_room == 0 || number < member->first_room) member->first_room = number;
    if (number > member->last_room) member->last_room = number;
    enter(member, room);
    return;
  }
  if (room->said.count == 0) spoken[spoken_count++] = number;
  append(&room->said, line, count);
}

static void say_all(void) {
  for (int index = 0; index < spoken_count; index++) {
    struct room *room = &rooms[spoken[index]];
    for (int place = 0; place < room->count; place++) put(room->members[place], room->said.bytes, room->said.count);
    room->said.count = 0;
  }
  spoken_count = 0;
}

static void leave(struct member *member) {
  for (struct room *room = &rooms[member->first_room]; room <= &rooms[member->last_room]; room++)
    for (int place = 0; place < room->count; place++)
      if (room->members[place] == member) room->members[place] = room->members[--room->count];
  close(member->fd);
  free(member->rest.bytes);
  free(member->out.bytes);
  free(member);
}

static void read_from(struct member *member) {
  static char buffer[2 * READ_BYTES];
  int kept = member->rest.count;
  if (kept > 0) memcpy(buffer, member->rest.bytes, (size_t)kept);
  ssize_t count = recv(member->fd, buffer + kept, READ_BYTES, 0);
  if (count < 0 && errno == EAGAIN) return;
  /* Nobody sends so long a line but a program that isn't the load. */
  if (count <= 0 || kept > READ_BYTES - 1) return leave(member);
  const char *line = buffer;
  const char *end = buffer + kept + count;
  for (const char *feed; (feed = memchr(line, '\n', (size_t)(end - line))) != NULL; line = feed + 1) take_line(member, line, (int)(feed + 1 - line));
  member->rest.count = 0;
  if (line < end) append(&member->rest, line, (int)(end - line));
}

static void accept_all(int listener) {
  int one = 1;
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct member *member = calloc(1, sizeof *member);
    member->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = member};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(int count, char **words) {
  if (count != 2) return fprintf(stderr, "usage: relay PORT\n"), 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  spoken = calloc(ROOMS, sizeof *spoken);
  int one = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) return perror("relay"), 1;
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  static struct epoll_event events[1024];
  for (;;) {
    int ready = epoll_wait(poller, events, 1024, -1);
    for (int index = 0; index < ready; index++) {
      struct member *member = events[index].data.ptr;
      if (member == NULL) {
        accept_all(listener);
        continue;
      }
      if (events[index].events & EPOLLOUT) write_out(member);
      if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_from(member);
    }
    say_all();
  }
}
