/*
 * Latencies in nanoseconds, in buckets that are at most 1/64 of their value wide.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 4096 };

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total;
  uint64_t max;
};

static inline int histogram_bucket(uint64_t value) {
  if (value < 64) return (int)value;
  int exponent = 63 - __builtin_clzll(value);
  return (exponent - 5) * 64 + (int)((value >> (exponent - 6)) & 63);
}

static inline uint64_t histogram_floor(int bucket) {
  if (bucket < 64) return (uint64_t)bucket;
  int exponent = bucket / 64 + 5;
  return (1ull << exponent) + ((uint64_t)(bucket % 64) << (exponent - 6));
}

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
  histogram->counts[histogram_bucket(value)]++;
  histogram->total++;
  if (value > histogram->max) histogram->max = value;
}

/* The value below which this part of all lies. */
static inline uint64_t histogram_quantile(const struct histogram *histogram, double part) {
  uint64_t wanted = (uint64_t)((double)histogram->total * part);
  uint64_t seen = 0;
  for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    seen += histogram->counts[bucket];
    if (seen > wanted) return histogram_floor(bucket);
  }
  return histogram->max;
}

#endif
