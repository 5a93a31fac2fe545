/* A client that takes what it can get, until it is told to stop (SIGTERM) or SECONDS are over.
 *
 *   flood produce|fetch|connect BROKER TOPIC SIZE SECONDS
 *
 * produce: one producer with librdkafka's defaults and acks=all, its queue always full. fetch: one consumer of partition
 * 0 from its beginning, again and again. connect: opens a connection, asks for ApiVersions, waits for the answer and
 * hangs up, one after the other. It counts messages, or connections. */
#include "rdkafka.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

static volatile sig_atomic_t stopped;
static int64_t end_ns;
static uint64_t done;

static void stop(int signal) { (void)signal, stopped = 1; }
static int goes_on(void) { return !stopped && now_ns() < end_ns; }

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE && message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    die("not delivered: %s", rd_kafka_err2str(message->err));
  if (!message->err) done++;
}

static void produce(const char *broker, const char *name, size_t size) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", broker);
  set(conf, "acks", "all");
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *rk = open_handle(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
  char *payload = calloc(1, size);
  while (goes_on()) {
    if (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL) == 0) continue;
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(rk, 1);
  }
  rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(rk, 0);
}

static void fetch(const char *broker, const char *name) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", broker);
  set(conf, "enable.partition.eof", "true");
  rd_kafka_t *rk = open_handle(RD_KAFKA_CONSUMER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
  if (rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING) == -1) die("%s", rd_kafka_err2str(rd_kafka_last_error()));
  static rd_kafka_message_t *messages[10000];
  while (goes_on()) {
    ssize_t count = rd_kafka_consume_batch(topic, 0, 100, messages, 10000);
    int at_end = 0;
    for (ssize_t i = 0; i < count; i++) {
      if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) at_end = 1;
      else if (messages[i]->err) die("fetch: %s", rd_kafka_message_errstr(messages[i]));
      else done++;
      rd_kafka_message_destroy(messages[i]);
    }
    if (at_end && rd_kafka_seek(topic, 0, RD_KAFKA_OFFSET_BEGINNING, 10000)) die("the consumer can't go back");
  }
}

static void connect_again(const char *broker) {
  char host[256];
  const char *colon = strrchr(broker, ':');
  if (!colon || (size_t)(colon - broker) >= sizeof(host)) die("%s is not HOST:PORT", broker);
  memcpy(host, broker, (size_t)(colon - broker));
  host[colon - broker] = 0;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *address;
  if (getaddrinfo(host, colon + 1, &hints, &address)) die("%s is unknown", host);
  /* ApiVersions 0, correlation id 1, client id "f". */
  static const unsigned char request[] = {0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 1, 0, 1, 'f'};
  while (goes_on()) {
    int fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (fd < 0) die("no socket");
    int one = 1;
    struct linger at_once = {1, 0}; /* without it the ports of this machine run out */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    char answer[4096];
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0 && write(fd, request, sizeof(request)) == sizeof(request) &&
        read(fd, answer, sizeof(answer)) > 0)
      done++;
    close(fd);
  }
}

int main(int argc, char **argv) {
  if (argc != 6) die("usage: flood produce|fetch|connect BROKER TOPIC SIZE SECONDS");
  signal(SIGTERM, stop);
  signal(SIGPIPE, SIG_IGN);
  int64_t start = now_ns();
  end_ns = start + (int64_t)(atof(argv[5]) * NS_PER_S);
  if (!strcmp(argv[1], "produce")) produce(argv[2], argv[3], (size_t)atol(argv[4]));
  else if (!strcmp(argv[1], "fetch")) fetch(argv[2], argv[3]);
  else if (!strcmp(argv[1], "connect")) connect_again(argv[2]);
  else die("%s is not produce, fetch or connect", argv[1]);
  printf("{\"done\":%" PRIu64 ",\"per_s\":%.1f}\n", done, (double)done * 1e9 / (double)(now_ns() - start));
  return 0;
}
