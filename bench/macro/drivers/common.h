/* What the load drivers share: a clock, sorted samples, a configured librdkafka handle, and ending loudly.
 *
 * A driver prints one line of JSON on stdout and exits 0, or a sentence on stderr and exits 1. */
#ifndef POLYLOG_BENCH_COMMON_H
#define POLYLOG_BENCH_COMMON_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000LL

static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static inline void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}

/* Latencies in nanoseconds. The room is taken before the measurement, so adding never allocates. */
typedef struct {
  int64_t *at;
  size_t count, room;
} samples_t;

static inline samples_t samples_new(size_t room) {
  samples_t s = {malloc(room * sizeof(int64_t)), 0, room};
  if (!s.at) die("no memory for %zu samples", room);
  memset(s.at, 0, room * sizeof(int64_t)); /* touches the pages now, not while measuring */
  return s;
}

static inline void samples_add(samples_t *s, int64_t ns) {
  if (s->count == s->room) die("more than %zu samples: the driver's own estimate is wrong", s->room);
  s->at[s->count++] = ns;
}

static inline int samples_order(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static inline void samples_sort(samples_t *s) { qsort(s->at, s->count, sizeof(int64_t), samples_order); }

/* Nearest rank, in milliseconds; the samples are sorted. */
static inline double samples_ms(const samples_t *s, double quantile) {
  if (s->count == 0) die("no samples: nothing was measured");
  size_t rank = (size_t)(quantile * (double)s->count);
  return (double)s->at[rank < s->count ? rank : s->count - 1] / 1e6;
}

/* The tail of a driver's JSON line: count and quantiles. */
static inline void samples_print(const samples_t *s) {
  printf("\"samples\":%zu,\"p50_ms\":%.4f,\"p90_ms\":%.4f,\"p99_ms\":%.4f,\"p999_ms\":%.4f,\"max_ms\":%.4f}\n",
         s->count, samples_ms(s, 0.5), samples_ms(s, 0.9), samples_ms(s, 0.99), samples_ms(s, 0.999),
         samples_ms(s, 1.0));
}

#ifdef RD_KAFKA_VERSION
static inline void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char why[256];
  if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) die("%s=%s: %s", name, value, why);
}

static inline rd_kafka_t *open_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char why[256];
  rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
  if (!rk) die("librdkafka does not start: %s", why);
  return rk;
}
#endif

#endif
