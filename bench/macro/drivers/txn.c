/* Transactions one behind the other.
 *
 *   txn BROKER TOPIC SIZE RECORDS SECONDS WARM_SECONDS
 *
 * A producer with a transactional id and linger 0 writes RECORDS messages to partition 0 and commits, again and again. A
 * sample is the time that rd_kafka_commit_transaction takes: the flush of what is not acknowledged, and EndTxn. The
 * transactions of the first WARM_SECONDS are not counted. Ends with 1 when anything fails. */
#include "rdkafka.h"

#include "common.h"

static uint64_t acked;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) die("not delivered: %s", rd_kafka_err2str(message->err));
  acked++;
}

static void check(rd_kafka_error_t *error, const char *what) {
  if (error) die("%s: %s", what, rd_kafka_error_string(error));
}

int main(int argc, char **argv) {
  if (argc != 7) die("usage: txn BROKER TOPIC SIZE RECORDS SECONDS WARM_SECONDS");
  size_t size = (size_t)atol(argv[3]);
  uint64_t records = (uint64_t)atol(argv[4]);
  double seconds = atof(argv[5]), warm = atof(argv[6]);

  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "transactional.id", argv[2]);
  set(conf, "linger.ms", "0");
  set(conf, "socket.nagle.disable", "true");
  set(conf, "queue.buffering.max.messages", "1000000");
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *rk = open_handle(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
  check(rd_kafka_init_transactions(rk, 60000), "init");

  samples_t samples = samples_new((size_t)(seconds * 20000) + 1000);
  char *payload = calloc(1, size);
  uint64_t sent = 0;
  int64_t start = now_ns(), begin = start + (int64_t)(warm * NS_PER_S), counted = 0;
  int64_t end = begin + (int64_t)(seconds * NS_PER_S);
  while (now_ns() < end || samples.count == 0) {
    check(rd_kafka_begin_transaction(rk), "begin");
    if (counted == 0 && now_ns() >= begin) counted = now_ns();
    for (uint64_t i = 0; i < records; i++) {
      while (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL) == -1) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
          die("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(rk, 10);
      }
      if (i % 1000 == 999) rd_kafka_poll(rk, 0);
    }
    sent += records;
    int64_t at = now_ns();
    check(rd_kafka_commit_transaction(rk, 60000), "commit");
    if (counted) samples_add(&samples, now_ns() - at);
  }
  double counted_s = (double)(now_ns() - counted) / 1e9;
  if (acked != sent) die("%" PRIu64 " acknowledged of %" PRIu64, acked, sent);

  samples_sort(&samples);
  printf("{\"sent\":%" PRIu64 ",\"acked\":%" PRIu64 ",\"commits_per_s\":%.1f,\"records_per_s\":%.1f,", sent, acked,
         (double)samples.count / counted_s, (double)samples.count * (double)records / counted_s);
  samples_print(&samples);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
  return 0;
}
