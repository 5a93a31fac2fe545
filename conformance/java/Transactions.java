// The driver's transactional producers, and its copier, which reads, writes and commits in transactions.

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

final class Transactions {
  /** An aborted transaction's offsets are this far ahead: one that came true would be missed messages. */
  private static final long FAR_AHEAD = 1_000;

  private static final Map<String, KafkaProducer<byte[], byte[]>> PRODUCERS = new ConcurrentHashMap<>();
  private static final CountDownLatch COPY_STOPPED = new CountDownLatch(1);
  private static volatile boolean stopping;

  private Transactions() {}

  static void addTo(Map<String, Driver.Operation> all) {
    all.put("txnOpen", request -> {
      var producer = open(request.get("transactionalId").asText(), request.get("timeoutMs").asText());
      PRODUCERS.put(request.get("name").asText(), producer);
      return null;
    });
    all.put("txnBegin", request -> {
      named(request).beginTransaction();
      return null;
    });
    all.put("txnSend", Transactions::send);
    all.put("txnOffsets", request -> {
      Map<TopicPartition, OffsetAndMetadata> at = new HashMap<>();
      Driver.offsets(request, "offsets").forEach((p, offset) -> at.put(p, new OffsetAndMetadata(offset)));
      named(request).sendOffsetsToTransaction(at, new ConsumerGroupMetadata(request.get("group").asText()));
      return null;
    });
    all.put("txnEnd", request -> {
      if (request.get("commit").asBoolean()) {
        named(request).commitTransaction();
      } else {
        named(request).abortTransaction();
      }
      return null;
    });
    all.put("txnClose", request -> {
      PRODUCERS.remove(request.get("name").asText()).close();
      return null;
    });
    all.put("copy", request -> {
      Thread thread = new Thread(() -> copy(request));
      thread.setDaemon(true);
      thread.start();
      return null;
    });
    all.put("stopCopy", request -> {
      stopping = true;
      COPY_STOPPED.await();
      return null;
    });
  }

  private static KafkaProducer<byte[], byte[]> open(String id, String timeoutMs) {
    var producer = Driver.producer(Map.of("transactional.id", id, "transaction.timeout.ms", timeoutMs));
    producer.initTransactions();
    return producer;
  }

  private static KafkaProducer<byte[], byte[]> named(JsonNode request) {
    return PRODUCERS.get(request.get("name").asText());
  }

  private static Object send(JsonNode request) throws Exception {
    var producer = named(request);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (JsonNode each : request.get("messages")) {
      sent.add(producer.send(new ProducerRecord<>(request.get("topic").asText(), each.get("partition").asInt(),
          Driver.bytes(each.get("key")), Driver.bytes(each.get("value")))));
    }
    producer.flush();
    for (var each : sent) {
      each.get();
    }
    return null;
  }

  /** After any failure the producer and the consumer are made anew, as after a crash. */
  private static void copy(JsonNode request) {
    while (!stopping) {
      try {
        copyUntilFailure(request);
      } catch (KafkaException error) {
        System.err.println("copy: " + Driver.sentence(error));
        Driver.write(Map.of("event", "copyFailed", "error", Driver.sentence(error)));
      }
    }
    COPY_STOPPED.countDown();
  }

  private static void copyUntilFailure(JsonNode request) {
    String group = request.get("group").asText();
    String output = request.get("output").asText();
    var options = Map.of("isolation.level", "read_committed", "max.poll.records", request.get("batch").asText(),
        "session.timeout.ms", request.get("sessionTimeoutMs").asText(), "heartbeat.interval.ms", "500");
    try (var producer = open(request.get("transactionalId").asText(), "60000"); var consumer = Driver.consumer(group, options)) {
      consumer.subscribe(List.of(request.get("input").asText()));
      for (int number = 1; !stopping; ) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
        if (records.isEmpty()) {
          continue;
        }
        if (number % request.get("abortEvery").asInt() == 0) {
          write(producer, output, records, "aborted-");
          producer.sendOffsetsToTransaction(behind(records, FAR_AHEAD), consumer.groupMetadata());
          producer.flush();
          producer.abortTransaction();
        }
        write(producer, output, records, "");
        producer.sendOffsetsToTransaction(behind(records, 0), consumer.groupMetadata());
        producer.commitTransaction();
        Driver.write(Map.of("event", "copied", "count", records.count()));
        number += 1;
      }
    }
  }

  private static void write(KafkaProducer<byte[], byte[]> producer, String topic, ConsumerRecords<byte[], byte[]> records,
      String prefix) {
    producer.beginTransaction();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      byte[] value = (prefix + new String(record.value(), StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>(topic, record.partition(), null, value));
    }
  }

  private static Map<TopicPartition, OffsetAndMetadata> behind(ConsumerRecords<byte[], byte[]> records, long ahead) {
    Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>();
    for (TopicPartition partition : records.partitions()) {
      var list = records.records(partition);
      all.put(partition, new OffsetAndMetadata(list.get(list.size() - 1).offset() + 1 + ahead));
    }
    return all;
  }
}
