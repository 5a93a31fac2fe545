/* End to end, one message at a time: publish, wait until the consumer has it, publish the next.
 *
 *   e2e BROKER TOPIC SIZE SECONDS WARM_SECONDS
 *
 * One thread calls a producer (acks=all, linger 0) and a consumer of partition 0 (library defaults, so it long-polls)
 * in turn. A sample is the time from the call of produce to the return of the message from the consumer; the
 * consumer may have it before the producer has its answer, as in Kafka's own EndToEndLatency with its waits taken
 * out. The topic must be empty. Ends with 1 when a message is lost, out of order or not acknowledged. */
#include "rdkafka.h"

#include "common.h"

static uint64_t acked;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) die("not delivered: %s", rd_kafka_err2str(message->err));
  acked++;
}

static void expect(rd_kafka_topic_t *from, rd_kafka_t *producer, uint64_t number, size_t size) {
  int64_t limit = now_ns() + 30 * NS_PER_S;
  for (;;) {
    rd_kafka_message_t *m = rd_kafka_consume(from, 0, 1000);
    if (!m) {
      rd_kafka_poll(producer, 0);
      if (now_ns() > limit) die("message %" PRIu64 " did not come within 30 s", number);
      continue;
    }
    if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) die("consume: %s", rd_kafka_message_errstr(m));
    if (m->err) {
      rd_kafka_message_destroy(m);
      continue;
    }
    uint64_t got;
    if (m->len != size) die("a message of %zu bytes instead of %zu", m->len, size);
    memcpy(&got, m->payload, sizeof(got));
    if (got != number) die("message %" PRIu64 " came instead of %" PRIu64, got, number);
    rd_kafka_message_destroy(m);
    return;
  }
}

int main(int argc, char **argv) {
  if (argc != 6) die("usage: e2e BROKER TOPIC SIZE SECONDS WARM_SECONDS");
  size_t size = (size_t)atol(argv[3]);
  double seconds = atof(argv[4]), warm = atof(argv[5]);
  if (size < 8) die("SIZE is 8 at least: it carries the message's number");

  rd_kafka_conf_t *pc = rd_kafka_conf_new(), *cc = rd_kafka_conf_new();
  set(pc, "bootstrap.servers", argv[1]);
  set(pc, "acks", "all");
  set(pc, "linger.ms", "0");
  set(pc, "socket.nagle.disable", "true");
  rd_kafka_conf_set_dr_msg_cb(pc, delivered);
  set(cc, "bootstrap.servers", argv[1]);
  set(cc, "socket.nagle.disable", "true");
  rd_kafka_t *producer = open_handle(RD_KAFKA_PRODUCER, pc), *consumer = open_handle(RD_KAFKA_CONSUMER, cc);
  rd_kafka_topic_t *to = rd_kafka_topic_new(producer, argv[2], NULL), *from = rd_kafka_topic_new(consumer, argv[2], NULL);
  if (rd_kafka_consume_start(from, 0, RD_KAFKA_OFFSET_BEGINNING) == -1) die("the consumer does not start");

  char *payload = calloc(1, size);
  samples_t samples = samples_new((size_t)(seconds * 100000) + 1000);
  uint64_t sent = 0;
  int64_t begin = 0, end = INT64_MAX;
  for (int64_t start = now_ns(); start < end; start = now_ns()) {
    memcpy(payload, &sent, sizeof(sent));
    if (rd_kafka_produce(to, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL) == -1)
      die("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
    expect(from, producer, sent++, size);
    int64_t done = now_ns();
    if (sent == 1) {
      /* The first message waited for connections and metadata; the time runs from here. */
      begin = done + (int64_t)(warm * NS_PER_S);
      end = begin + (int64_t)(seconds * NS_PER_S);
    } else if (start >= begin) {
      samples_add(&samples, done - start);
    }
    rd_kafka_poll(producer, 0);
  }
  if (rd_kafka_flush(producer, 30000)) die("some messages have no answer after 30 s");
  if (acked != sent) die("%" PRIu64 " acknowledged of %" PRIu64, acked, sent);

  samples_sort(&samples);
  printf("{\"sent\":%" PRIu64 ",\"acked\":%" PRIu64 ",\"received\":%" PRIu64 ",", sent, acked, sent);
  samples_print(&samples);
  rd_kafka_consume_stop(from, 0);
  rd_kafka_topic_destroy(to);
  rd_kafka_topic_destroy(from);
  rd_kafka_destroy(producer);
  rd_kafka_destroy(consumer);
  return 0;
}
