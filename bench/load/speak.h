/*
 * What the load says to each kind of server, and what it waits for.
 */
#ifndef SPEAK_H
#define SPEAK_H

#include <stdbool.h>

enum {
  /* A text is this long; it begins with its mark. */
  TEXT_BYTES = 100,
  /* "^^", 16 hexadecimal digits of the time, 8 of the sender, 8 of the room. */
  MARK_BYTES = 34,
  /* The most that one of these functions writes. */
  SPEECH_BYTES = 1024
};

/* One connection, as the server knows it. */
struct speaker {
  int id;
  /* The first of its rooms, and how many they are; or the one that it speaks to. */
  int room;
  int rooms;
  /* Whether it only logs in, and enters no room. */
  bool is_idle;
};

struct protocol {
  const char *name;
  /* Whether who sends gets the message back like everybody else. */
  bool echoes;
  /* Whether a connection may be in several rooms. */
  bool takes_rooms;
  /*
   * Writes what is said in this step of the handshake, and gives its length, or -1 when the handshake is over. `answer` is
   * set to what the server's answer has to contain before the next step.
   */
  int (*greet)(char *out, int step, const struct speaker *speaker, const char **answer);
  /* Writes a message of TEXT_BYTES to the speaker's room. */
  int (*publish)(char *out, int number, const struct speaker *speaker, const char *text);
};

const struct protocol *protocol_named(const char *name);

#endif
