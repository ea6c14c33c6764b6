#include "speak.h"

#include <stdio.h>
#include <string.h>

static int append(char *out, int at, const void *bytes, int count) {
  memcpy(out + at, bytes, (size_t)count);
  return at + count;
}

/* ------------------------------------------------------------------------------------------------------------------
 * Tertulia
 * ------------------------------------------------------------------------------------------------------------------ */

static int tertulia_greet(char *out, int step, const struct speaker *speaker, const char **answer) {
  if (step == 0) {
    *answer = "\"welcome\"";
    return sprintf(out, "{\"type\":\"login\",\"id\":1,\"nick\":\"u%d\"}\n", speaker->id);
  }
  if (step > speaker->rooms || speaker->is_idle) return -1;
  *answer = "\"joined\",\"re\"";
  return sprintf(out, "{\"type\":\"join\",\"id\":%d,\"room\":\"#r%d\"}\n", step + 1, speaker->room + step - 1);
}

static int tertulia_publish(char *out, int number, const struct speaker *speaker, const char *text) {
  int at = sprintf(out, "{\"type\":\"send\",\"id\":%d,\"room\":\"#r%d\",\"text\":\"", number, speaker->room);
  at = append(out, at, text, TEXT_BYTES);
  return append(out, at, "\"}\n", 3);
}

/* ------------------------------------------------------------------------------------------------------------------
 * The relays: a room of five digits, and the line as it is
 * ------------------------------------------------------------------------------------------------------------------ */

static int relay_greet(char *out, int step, const struct speaker *speaker, const char **answer) {
  if (step >= (speaker->is_idle ? 1 : speaker->rooms)) return -1;
  *answer = "joined";
  return sprintf(out, "j%05d\n", speaker->is_idle ? 90000 + speaker->id / 100 : speaker->room + step);
}

static int relay_publish(char *out, int number, const struct speaker *speaker, const char *text) {
  /* As long as what Tertulia delivers, so that as many bytes are moved. */
  const char *rest = "\"type\":\"message\",\"at\":\"2026-01-01T00:00:00.000Z\"";
  int at = sprintf(out, "s%05d{%s,\"seq\":%d,\"from\":\"u%d\",\"text\":\"", speaker->room, rest, number, speaker->id);
  at = append(out, at, text, TEXT_BYTES);
  return append(out, at, "\"}\n", 3);
}

/* ------------------------------------------------------------------------------------------------------------------
 * Redis pub/sub
 * ------------------------------------------------------------------------------------------------------------------ */

static int redis_greet(char *out, int step, const struct speaker *speaker, const char **answer) {
  if (step == 0) {
    /* Version 3, so that a subscriber may publish on the same connection. */
    *answer = "modules";
    return sprintf(out, "HELLO 3\r\n");
  }
  if (step > 1 || speaker->is_idle) return -1;
  *answer = "subscribe";
  return sprintf(out, "SUBSCRIBE r%d\r\n", speaker->room);
}

static int redis_publish(char *out, int number, const struct speaker *speaker, const char *text) {
  (void)number;
  char room[16];
  int length = sprintf(room, "r%d", speaker->room);
  int at = sprintf(out, "*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n", length, room, TEXT_BYTES);
  at = append(out, at, text, TEXT_BYTES);
  return append(out, at, "\r\n", 2);
}

/* ------------------------------------------------------------------------------------------------------------------
 * NATS
 * ------------------------------------------------------------------------------------------------------------------ */

static int nats_greet(char *out, int step, const struct speaker *speaker, const char **answer) {
  if (step > 0) return -1;
  *answer = "PONG";
  int at = sprintf(out, "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\",\"protocol\":1}\r\n");
  if (!speaker->is_idle) at += sprintf(out + at, "SUB r.%d 1\r\n", speaker->room);
  return at + sprintf(out + at, "PING\r\n");
}

static int nats_publish(char *out, int number, const struct speaker *speaker, const char *text) {
  (void)number;
  int at = sprintf(out, "PUB r.%d %d\r\n", speaker->room, TEXT_BYTES);
  at = append(out, at, text, TEXT_BYTES);
  return append(out, at, "\r\n", 2);
}

/* ------------------------------------------------------------------------------------------------------------------
 * IRC
 * ------------------------------------------------------------------------------------------------------------------ */

static int irc_greet(char *out, int step, const struct speaker *speaker, const char **answer) {
  if (step == 0) {
    *answer = " 001 ";
    return sprintf(out, "NICK u%d\r\nUSER u%d 0 * :u\r\n", speaker->id, speaker->id);
  }
  if (step > 1 || speaker->is_idle) return -1;
  *answer = " 366 ";
  return sprintf(out, "JOIN #r%d\r\n", speaker->room);
}

static int irc_publish(char *out, int number, const struct speaker *speaker, const char *text) {
  (void)number;
  int at = sprintf(out, "PRIVMSG #r%d :", speaker->room);
  at = append(out, at, text, TEXT_BYTES);
  return append(out, at, "\r\n", 2);
}

/* ------------------------------------------------------------------------------------------------------------------
 * MQTT 3.1.1, quality of service 0
 * ------------------------------------------------------------------------------------------------------------------ */

static int mqtt_string(char *out, int at, const char *text) {
  int length = (int)strlen(text);
  out[at] = (char)(length >> 8);
  out[at + 1] = (char)length;
  return append(out, at + 2, text, length);
}

static int mqtt_greet(char *out, int step, const struct speaker *speaker, const char **answer) {
  char name[16];
  if (step == 0) {
    *answer = "\x20\x02";
    int at = mqtt_string(out, 2, "MQTT");
    at = append(out, at, "\4\2\0\0", 4);
    sprintf(name, "u%d", speaker->id);
    at = mqtt_string(out, at, name);
    out[0] = 0x10;
    out[1] = (char)(at - 2);
    return at;
  }
  if (step > 1 || speaker->is_idle) return -1;
  *answer = "\x90\x03";
  sprintf(name, "r/%d", speaker->room);
  int at = append(out, 2, "\0\1", 2);
  at = mqtt_string(out, at, name);
  out[at++] = 0;
  out[0] = (char)0x82;
  out[1] = (char)(at - 2);
  return at;
}

static int mqtt_publish(char *out, int number, const struct speaker *speaker, const char *text) {
  (void)number;
  char topic[16];
  int length = sprintf(topic, "r/%d", speaker->room) + 2 + TEXT_BYTES;
  int at = 0;
  out[at++] = 0x30;
  /* Seven bits in a byte, the lowest first. */
  for (; length > 127; length >>= 7) out[at++] = (char)(length | 128);
  out[at++] = (char)length;
  at = mqtt_string(out, at, topic);
  return append(out, at, text, TEXT_BYTES);
}

static const struct protocol protocols[] = {
    {"tertulia", true, true, tertulia_greet, tertulia_publish},
    {"relay", true, true, relay_greet, relay_publish},
    {"redis", true, false, redis_greet, redis_publish},
    {"nats", true, false, nats_greet, nats_publish},
    {"irc", false, false, irc_greet, irc_publish},
    {"mqtt", true, false, mqtt_greet, mqtt_publish},
};

const struct protocol *protocol_named(const char *name) {
  for (unsigned index = 0; index < sizeof protocols / sizeof *protocols; index++)
    if (strcmp(protocols[index].name, name) == 0) return &protocols[index];
  return NULL;
}
