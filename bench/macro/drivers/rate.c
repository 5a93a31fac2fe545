/* Latency of produce at a fixed rate.
 *
 *   rate BROKER TOPIC SIZE PER_SECOND SECONDS WARM_SECONDS
 *
 * A producer with acks=all and linger 0 sends to partition 0, one message each 1/PER_SECOND s. A sample is the time
 * from when the message was due (not from when it could be sent) to its delivery report, so a broker that falls
 * behind shows it: nothing is omitted while the queue is full. A thread of its own takes the reports. The messages of
 * the first WARM_SECONDS are sent but not counted. Ends with 1 when any message fails. */
#include "rdkafka.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common.h"

static samples_t samples;
static int64_t begin_ns;
static _Atomic uint64_t acked;
static atomic_int finished;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) die("not delivered: %s", rd_kafka_err2str(message->err));
  int64_t due = (int64_t)(intptr_t)message->_private;
  if (due >= begin_ns) samples_add(&samples, now_ns() - due);
  atomic_fetch_add(&acked, 1);
}

static void *take_reports(void *rk) {
  while (!atomic_load(&finished)) rd_kafka_poll(rk, 100);
  return NULL;
}

static void sleep_until(int64_t ns) {
  struct timespec t = {ns / NS_PER_S, ns % NS_PER_S};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)) {
  }
}

int main(int argc, char **argv) {
  if (argc != 7) die("usage: rate BROKER TOPIC SIZE PER_SECOND SECONDS WARM_SECONDS");
  size_t size = (size_t)atol(argv[3]);
  double rate = atof(argv[4]), seconds = atof(argv[5]), warm = atof(argv[6]);

  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "acks", "all");
  set(conf, "linger.ms", "0");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *rk = open_handle(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);

  /* The first metadata is no part of the figure. */
  const struct rd_kafka_metadata *metadata;
  rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, topic, &metadata, 30000);
  if (err) die("no metadata: %s", rd_kafka_err2str(err));
  rd_kafka_metadata_destroy(metadata);

  samples = samples_new((size_t)(rate * seconds) + 1000);
  char *payload = calloc(1, size);
  pthread_t reporter;
  if (pthread_create(&reporter, NULL, take_reports, rk)) die("no thread for the reports");

  uint64_t warm_count = (uint64_t)(rate * warm), count = warm_count + (uint64_t)(rate * seconds), full = 0;
  int64_t start = now_ns();
  begin_ns = start + (int64_t)((double)warm_count / rate * NS_PER_S);
  for (uint64_t i = 0; i < count; i++) {
    int64_t due = start + (int64_t)((double)i / rate * NS_PER_S);
    if (due > now_ns()) sleep_until(due);
    while (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, (void *)(intptr_t)due) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        die("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
      full++;
      sleep_until(now_ns() + 1000000);
    }
  }
  double sent_s = (double)(now_ns() - start) / 1e9;
  for (int64_t limit = now_ns() + 120 * NS_PER_S; atomic_load(&acked) < count;) {
    if (now_ns() > limit) die("%" PRIu64 " acknowledged of %" PRIu64 " 120 s after the last", atomic_load(&acked), count);
    sleep_until(now_ns() + 5000000);
  }
  atomic_store(&finished, 1);
  pthread_join(reporter, NULL);

  samples_sort(&samples);
  printf("{\"sent\":%" PRIu64 ",\"acked\":%" PRIu64 ",\"queue_full\":%" PRIu64 ",\"sent_per_s\":%.1f,", count,
         atomic_load(&acked), full, (double)count / sent_s);
  samples_print(&samples);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
  return 0;
}
