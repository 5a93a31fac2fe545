/* Topics made and counted through librdkafka's admin client.
 *
 *   admin create BROKER TOPIC PARTITIONS STEP    a topic, in requests of STEP partitions at most
 *   admin many BROKER TOPIC PARTITIONS TOPICS    topics TOPIC0 … in one request
 *   admin count BROKER TOPIC PARTITIONS          messages in it: the sum of latest - earliest offset
 *
 * `create` sends CreateTopics for the first STEP partitions and CreatePartitions for the rest (Kafka refuses a request
 * for 10,000), then asks ListOffsets until every partition answers: metadata names a leader before the log exists.
 * `many` asks so for the last topic alone. The line has request_s (the last request answered) and ready_s (every
 * partition answers), from the first request. */
#include "rdkafka.h"

#include <unistd.h>

#include "common.h"

#define WAIT_MS 120000

static const char *bootstrap;
static rd_kafka_t *client;
static rd_kafka_queue_t *queue;

static void open_client(void) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "socket.nagle.disable", "true");
  set(conf, "socket.timeout.ms", "300000");
  client = open_handle(RD_KAFKA_PRODUCER, conf);
  queue = rd_kafka_queue_new(client);
}

static void close_client(void) {
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
}

static rd_kafka_event_t *await(const char *what) {
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
  if (!event) die("%s: no answer in %d s", what, WAIT_MS / 1000);
  return event;
}

static rd_kafka_AdminOptions_t *options(rd_kafka_admin_op_t op) {
  char why[256];
  rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(client, op);
  if (rd_kafka_AdminOptions_set_request_timeout(o, WAIT_MS, why, sizeof(why))) die("%s", why);
  return o;
}

static void check(const char *what, rd_kafka_event_t *event, const rd_kafka_topic_result_t **topics, size_t count) {
  if (rd_kafka_event_error(event)) die("%s: %s", what, rd_kafka_event_error_string(event));
  for (size_t i = 0; i < count; i++) {
    rd_kafka_resp_err_t err = rd_kafka_topic_result_error(topics[i]);
    if (err) die("%s: %s: %s", what, rd_kafka_err2name(err), rd_kafka_topic_result_error_string(topics[i]));
  }
}

static void create_topic(const char *topic, int partitions) {
  char why[256];
  size_t count;
  rd_kafka_NewTopic_t *new_topic = rd_kafka_NewTopic_new(topic, partitions, 1, why, sizeof(why));
  if (!new_topic) die("CreateTopics: %s", why);
  rd_kafka_AdminOptions_t *o = options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client, &new_topic, 1, o, queue);
  rd_kafka_event_t *event = await("CreateTopics");
  check("CreateTopics", event, rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count), 1);
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(o);
  rd_kafka_NewTopic_destroy(new_topic);
}

static void grow_topic(const char *topic, int partitions) {
  char why[256];
  size_t count;
  rd_kafka_NewPartitions_t *more = rd_kafka_NewPartitions_new(topic, (size_t)partitions, why, sizeof(why));
  if (!more) die("CreatePartitions: %s", why);
  rd_kafka_AdminOptions_t *o = options(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_CreatePartitions(client, &more, 1, o, queue);
  rd_kafka_event_t *event = await("CreatePartitions");
  check("CreatePartitions", event,
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count), 1);
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(o);
  rd_kafka_NewPartitions_destroy(more);
}

static void create_many(const char *topic, int partitions, int topics) {
  char why[256], name[256];
  size_t count;
  rd_kafka_NewTopic_t **all = malloc((size_t)topics * sizeof *all);
  if (!all) die("no memory for %d topics", topics);
  for (int i = 0; i < topics; i++) {
    snprintf(name, sizeof name, "%s%d", topic, i);
    all[i] = rd_kafka_NewTopic_new(name, partitions, 1, why, sizeof(why));
    if (!all[i]) die("CreateTopics: %s", why);
  }
  rd_kafka_AdminOptions_t *o = options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client, all, (size_t)topics, o, queue);
  rd_kafka_event_t *event = await("CreateTopics");
  const rd_kafka_topic_result_t **results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  check("CreateTopics", event, results, count);
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(o);
  rd_kafka_NewTopic_destroy_array(all, (size_t)topics);
  free(all);
}

/* The sum of one end's offsets, or -1 while a partition has no answer yet (why says which error). */
static int64_t offsets(const char *topic, int partitions, int64_t spec, const char **why) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  for (int p = 0; p < partitions; p++) rd_kafka_topic_partition_list_add(list, topic, p)->offset = spec;
  rd_kafka_AdminOptions_t *o = options(RD_KAFKA_ADMIN_OP_LISTOFFSETS);
  rd_kafka_ListOffsets(client, list, o, queue);
  rd_kafka_event_t *event = await("ListOffsets");
  int64_t sum = 0;
  size_t count = 0;
  if (rd_kafka_event_error(event)) {
    *why = rd_kafka_err2name(rd_kafka_event_error(event));
    sum = -1;
  } else {
    const rd_kafka_ListOffsetsResultInfo_t **infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event), &count);
    for (size_t i = 0; i < count && sum >= 0; i++) {
      const rd_kafka_topic_partition_t *p = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
      if (p->err) *why = rd_kafka_err2name(p->err);
      sum = p->err ? -1 : sum + p->offset;
    }
    if (sum >= 0 && count != (size_t)partitions) {
      *why = "fewer partitions than asked for";
      sum = -1;
    }
  }
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(o);
  rd_kafka_topic_partition_list_destroy(list);
  return sum;
}

static int64_t wait_offsets(const char *topic, int partitions, int64_t spec) {
  const char *why = "";
  for (int64_t limit = now_ns() + 180 * NS_PER_S; now_ns() < limit; usleep(20000)) {
    int64_t sum = offsets(topic, partitions, spec, &why);
    if (sum >= 0) return sum;
    /* A client that once heard of no such topic may answer from that memory for as long as it is asked. */
    close_client();
    open_client();
  }
  die("%s: not every partition answers after 180 s; the last error was %s", topic, why);
  return -1;
}

int main(int argc, char **argv) {
  int creates = argc == 6 && strcmp(argv[1], "create") == 0, counts = argc == 5 && strcmp(argv[1], "count") == 0;
  int many = argc == 6 && strcmp(argv[1], "many") == 0;
  if (!creates && !counts && !many)
    die("usage: admin create BROKER TOPIC PARTITIONS STEP | admin many BROKER TOPIC PARTITIONS TOPICS | "
        "admin count BROKER TOPIC PARTITIONS");
  const char *topic = argv[3];
  int partitions = atoi(argv[4]), step = counts ? 0 : atoi(argv[5]);

  bootstrap = argv[2];
  open_client();

  if (!counts) {
    /* The connection is no part of the figure. */
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(client, 0, NULL, &metadata, 30000);
    if (err) die("no metadata: %s", rd_kafka_err2str(err));
    rd_kafka_metadata_destroy(metadata);
    int64_t start = now_ns();
    char last[256];
    snprintf(last, sizeof last, "%s%d", topic, step - 1);
    if (many) {
      create_many(topic, partitions, step);
      topic = last;
    } else {
      int made = partitions < step ? partitions : step;
      create_topic(topic, made);
      for (; made < partitions; grow_topic(topic, made)) made = made + step < partitions ? made + step : partitions;
    }
    double request_s = (double)(now_ns() - start) / 1e9;
    wait_offsets(topic, partitions, RD_KAFKA_OFFSET_SPEC_LATEST);
    printf("{\"request_s\":%.4f,\"ready_s\":%.4f}\n", request_s, (double)(now_ns() - start) / 1e9);
  } else {
    int64_t last = wait_offsets(topic, partitions, RD_KAFKA_OFFSET_SPEC_LATEST);
    int64_t first = wait_offsets(topic, partitions, RD_KAFKA_OFFSET_SPEC_EARLIEST);
    printf("{\"messages\":%" PRId64 "}\n", last - first);
  }
  close_client();
  return 0;
}
