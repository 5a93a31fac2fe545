/* A topic of one partition with keys, to be compacted.
 *
 *   keyed fill BROKER TOPIC SIZE COUNT KEYS    makes the topic (not compacted yet) and sends COUNT records of SIZE bytes
 *   keyed compact BROKER TOPIC                 has it compacted from now on, and sends one more record
 *   keyed read BROKER TOPIC KEYS               reads all of it, and counts records and different keys
 *
 * Keys are drawn at random from KEYS, always the same row of them. The last record makes Kafka close its active
 * segment, which it does not compact. Ends with 1 when a record is not delivered, or a key comes that was not sent. */
#include "rdkafka.h"

#include <unistd.h>

#include "common.h"

#define WAIT_MS 60000
#define LAST_KEY "last"

static uint64_t acked;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) die("not delivered: %s", rd_kafka_err2str(message->err));
  acked++;
}

static uint64_t draw(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static rd_kafka_t *open_producer(const char *bootstrap) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "acks", "all");
  set(conf, "queue.buffering.max.messages", "1000000");
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  return open_handle(RD_KAFKA_PRODUCER, conf);
}

static void send_record(rd_kafka_t *rk, rd_kafka_topic_t *topic, void *payload, size_t size, const char *key) {
  while (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, payload, size, key, strlen(key), NULL) == -1) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      die("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(rk, 10);
  }
  rd_kafka_poll(rk, 0);
}

static void create(rd_kafka_t *rk, const char *topic) {
  char why[256];
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(topic, 1, 1, why, sizeof(why));
  if (!made) die("CreateTopics: %s", why);
  rd_kafka_CreateTopics(rk, &made, 1, NULL, queue);
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
  if (!event || rd_kafka_event_error(event)) die("CreateTopics: %s", event ? rd_kafka_event_error_string(event) : "no answer");
  rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(made);
  rd_kafka_queue_destroy(queue);
}

static void compact(rd_kafka_t *rk, const char *topic) {
  static const char *const settings[][2] = {{"cleanup.policy", "compact"},
                                            {"min.cleanable.dirty.ratio", "0"},
                                            {"segment.ms", "1000"},
                                            {"file.delete.delay.ms", "0"}};
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
    rd_kafka_error_destroy(rd_kafka_ConfigResource_add_incremental_config(
        resource, settings[i][0], RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, settings[i][1]));
  rd_kafka_IncrementalAlterConfigs(rk, &resource, 1, NULL, queue);
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
  if (!event || rd_kafka_event_error(event)) die("IncrementalAlterConfigs: %s", event ? rd_kafka_event_error_string(event) : "no answer");
  size_t count;
  const rd_kafka_ConfigResource_t **results = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(event), &count);
  if (count != 1 || rd_kafka_ConfigResource_error(results[0]))
    die("IncrementalAlterConfigs: %s", count == 1 ? rd_kafka_ConfigResource_error_string(results[0]) : "no result");
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(resource);
  rd_kafka_queue_destroy(queue);
}

static void finish(rd_kafka_t *rk, rd_kafka_topic_t *topic) {
  if (rd_kafka_flush(rk, 300000)) die("not all delivered in 300 s");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
}

static void fill(char **argv) {
  size_t size = (size_t)atol(argv[4]);
  uint64_t count = strtoull(argv[5], NULL, 10), keys = strtoull(argv[6], NULL, 10), different = 0, state = 88172645463325252ULL;
  char *payload = malloc(size), *seen = calloc(keys, 1), key[32];
  uint64_t filler = 362436069;
  for (size_t i = 0; i < size; i++) payload[i] = (char)draw(&filler);
  rd_kafka_t *rk = open_producer(argv[2]);
  create(rk, argv[3]);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[3], NULL);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t number = draw(&state) % keys;
    different += !seen[number];
    seen[number] = 1;
    snprintf(key, sizeof(key), "key-%010" PRIu64, number);
    send_record(rk, topic, payload, size, key);
  }
  finish(rk, topic);
  if (acked != count) die("%" PRIu64 " acknowledged of %" PRIu64, acked, count);
  printf("{\"acked\":%" PRIu64 ",\"keys\":%" PRIu64 "}\n", acked, different);
}

static void begin(char **argv) {
  rd_kafka_t *rk = open_producer(argv[2]);
  compact(rk, argv[3]);
  /* segment.ms is counted from the first record of the segment. */
  sleep(2);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[3], NULL);
  char payload = 0;
  send_record(rk, topic, &payload, 1, LAST_KEY);
  finish(rk, topic);
  printf("{\"acked\":%" PRIu64 "}\n", acked);
}

static void read_all(char **argv) {
  uint64_t keys = strtoull(argv[4], NULL, 10), messages = 0, different = 0;
  char *seen = calloc(keys, 1);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[2]);
  set(conf, "enable.partition.eof", "true");
  set(conf, "group.id", "unused");
  rd_kafka_t *rk = open_handle(RD_KAFKA_CONSUMER, conf);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, argv[3], 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  if (rd_kafka_assign(rk, list)) die("assign refused");
  for (int ended = 0; !ended;) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, WAIT_MS);
    if (!message) die("no message in %d s", WAIT_MS / 1000);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ended = 1;
    } else if (message->err) {
      die("consume: %s", rd_kafka_message_errstr(message));
    } else if (message->key_len != strlen(LAST_KEY)) {
      char key[32] = {0};
      if (message->key_len >= sizeof(key)) die("a key has %zu bytes", message->key_len);
      memcpy(key, message->key, message->key_len);
      uint64_t number = strtoull(key + 4, NULL, 10);
      if (number >= keys) die("the key %s was not sent", key);
      messages++;
      different += !seen[number];
      seen[number] = 1;
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_consumer_close(rk);
  rd_kafka_destroy(rk);
  printf("{\"messages\":%" PRIu64 ",\"keys\":%" PRIu64 "}\n", messages, different);
}

int main(int argc, char **argv) {
  if (argc == 7 && strcmp(argv[1], "fill") == 0) fill(argv);
  else if (argc == 4 && strcmp(argv[1], "compact") == 0) begin(argv);
  else if (argc == 5 && strcmp(argv[1], "read") == 0) read_all(argv);
  else die("usage: keyed fill BROKER TOPIC SIZE COUNT KEYS | keyed compact BROKER TOPIC | keyed read BROKER TOPIC KEYS");
  return 0;
}
