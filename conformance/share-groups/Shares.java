// The driver of Kafka's share consumer (../lib/driver.mjs describes what it speaks). Each consumer has a thread of its own, because
// the client is used by one thread only.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Shares {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PrintStream OUT = System.out;
  private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
  private static final Map<String, Member> MEMBERS = new ConcurrentHashMap<>();
  private static final Map<String, KafkaProducer<String, String>> PRODUCERS = new ConcurrentHashMap<>();
  private static Admin admin;

  interface Operation {
    Object run(JsonNode request) throws Exception;
  }

  /** A share consumer, and its thread. */
  private static final class Member {
    final ExecutorService thread = Executors.newSingleThreadExecutor();
    final KafkaShareConsumer<String, String> consumer;
    final List<String> committed = new ArrayList<>();
    /** What it polled last. */
    ConsumerRecords<String, String> polled = ConsumerRecords.empty();

    Member(KafkaShareConsumer<String, String> consumer) {
      this.consumer = consumer;
    }
  }

  public static void main(String[] arguments) throws Exception {
    System.setOut(System.err);
    admin = Admin.create(properties());
    Map<String, Operation> operations = operations();
    ExecutorService others = Executors.newCachedThreadPool();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode request = JSON.readTree(line);
      Member member = request.has("name") ? MEMBERS.get(request.get("name").asText()) : null;
      (member == null ? others : member.thread).execute(() -> answer(operations, request));
    }
    System.exit(0);
  }

  private static void answer(Map<String, Operation> operations, JsonNode request) {
    Map<String, Object> answer = new HashMap<>();
    answer.put("id", request.get("id").asInt());
    try {
      Object result = operations.get(request.get("op").asText()).run(request);
      answer.put("ok", result == null ? Map.of() : result);
    } catch (Throwable error) {
      error.printStackTrace();
      answer.put("error", sentence(error));
    }
    synchronized (OUT) {
      try {
        OUT.println(JSON.writeValueAsString(answer));
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
      OUT.flush();
    }
  }

  private static String sentence(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable each = error; each != null; each = each.getCause()) {
      text.append(text.length() == 0 ? "" : "; ").append(each.getClass().getSimpleName()).append(' ').append(each.getMessage());
    }
    return text.toString();
  }

  private static Properties properties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", BOOTSTRAP);
    properties.put("key.deserializer", StringDeserializer.class.getName());
    properties.put("value.deserializer", StringDeserializer.class.getName());
    properties.put("key.serializer", StringSerializer.class.getName());
    properties.put("value.serializer", StringSerializer.class.getName());
    properties.put("reconnect.backoff.max.ms", "200");
    return properties;
  }

  private static Map<String, Operation> operations() {
    Map<String, Operation> all = new HashMap<>();
    addConsuming(all);
    addProducing(all);
    addAdministration(all);
    return all;
  }

  private static Member member(JsonNode request) {
    return MEMBERS.get(request.get("name").asText());
  }

  private static void addConsuming(Map<String, Operation> all) {
    all.put("open", request -> {
      Properties properties = properties();
      properties.put("group.id", request.get("group").asText());
      if (request.has("properties")) {
        request.get("properties").fields().forEachRemaining(each -> properties.put(each.getKey(), each.getValue().asText()));
      }
      KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(properties);
      Member member = new Member(consumer);
      consumer.setAcknowledgementCommitCallback((offsets, error) -> offsets.forEach((partition, set) ->
          set.forEach(offset -> member.committed.add(
              partition.partition() + ":" + offset + (error == null ? "" : " " + error.getClass().getSimpleName())))));
      consumer.subscribe(List.of(request.get("topic").asText().split(",")));
      MEMBERS.put(request.get("name").asText(), member);
      return null;
    });
    all.put("poll", request -> {
      Member member = member(request);
      List<Object> records = new ArrayList<>();
      member.polled = member.consumer.poll(Duration.ofMillis(request.get("ms").asLong()));
      for (ConsumerRecord<String, String> each : member.polled) {
        records.add(Map.of("topic", each.topic(), "partition", each.partition(), "offset", each.offset(),
            "value", each.value(), "deliveries", (int) each.deliveryCount().orElse((short) 0)));
      }
      return records;
    });
    all.put("acknowledge", request -> {
      Member member = member(request);
      AcknowledgeType type = AcknowledgeType.valueOf(request.get("type").asText());
      Set<String> values = new HashSet<>();
      request.get("values").forEach(each -> values.add(each.asText()));
      for (ConsumerRecord<String, String> each : member.polled) {
        if (values.remove(each.value())) {
          member.consumer.acknowledge(each, type);
        }
      }
      if (!values.isEmpty()) {
        throw new IllegalArgumentException("not polled: " + values);
      }
      return null;
    });
    all.put("commit", request -> {
      Map<String, Object> results = new TreeMap<>();
      member(request).consumer.commitSync(Duration.ofSeconds(30)).forEach((partition, error) ->
          results.put(partition.topic() + "-" + partition.partition(),
              error.isEmpty() ? "" : error.get().getClass().getSimpleName()));
      return results;
    });
    all.put("committed", request -> {
      Member member = member(request);
      List<String> told = List.copyOf(member.committed);
      member.committed.clear();
      return told;
    });
    all.put("lock", request -> member(request).consumer.acquisitionLockTimeoutMs().orElse(-1));
    all.put("close", request -> {
      Member member = member(request);
      member.consumer.close();
      MEMBERS.remove(request.get("name").asText());
      member.thread.shutdown();
      return null;
    });
    all.put("read", request -> {
      Properties properties = properties();
      properties.put("auto.offset.reset", "earliest");
      List<Object> records = new ArrayList<>();
      try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
        String topic = request.get("topic").asText();
        consumer.assign(consumer.partitionsFor(topic).stream().map(each -> new TopicPartition(topic, each.partition())).toList());
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (records.size() < request.get("count").asInt() && System.nanoTime() < end) {
          for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(200))) {
            Map<String, String> headers = new TreeMap<>();
            for (Header header : each.headers()) {
              headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
            records.add(Map.of("value", each.value(), "headers", headers));
          }
        }
      }
      return records;
    });
  }

  private static void addProducing(Map<String, Operation> all) {
    all.put("produce", request -> {
      KafkaProducer<String, String> producer = PRODUCERS.computeIfAbsent("", name -> new KafkaProducer<>(properties()));
      send(producer, request);
      return null;
    });
    all.put("transaction", request -> {
      KafkaProducer<String, String> producer = PRODUCERS.computeIfAbsent(request.get("transactionalId").asText(), name -> {
        Properties properties = properties();
        properties.put("transactional.id", name);
        KafkaProducer<String, String> made = new KafkaProducer<>(properties);
        made.initTransactions();
        return made;
      });
      producer.beginTransaction();
      send(producer, request);
      return null;
    });
    all.put("endTransaction", request -> {
      KafkaProducer<String, String> producer = PRODUCERS.get(request.get("transactionalId").asText());
      if (request.get("commit").asBoolean()) {
        producer.commitTransaction();
      } else {
        producer.abortTransaction();
      }
      return null;
    });
  }

  private static void send(KafkaProducer<String, String> producer, JsonNode request) throws Exception {
    List<Future<?>> sent = new ArrayList<>();
    for (JsonNode value : request.get("values")) {
      Integer partition = request.has("partition") ? request.get("partition").asInt() : null;
      sent.add(producer.send(new ProducerRecord<>(request.get("topic").asText(), partition, null, value.asText())));
      // A batch of its own.
      if (request.has("apart")) {
        producer.flush();
      }
    }
    producer.flush();
    for (Future<?> each : sent) {
      each.get();
    }
  }

  private static void addAdministration(Map<String, Operation> all) {
    all.put("createTopic", request -> {
      admin.createTopics(List.of(new NewTopic(request.get("topic").asText(), request.get("partitions").asInt(), (short) 1))).all().get();
      return null;
    });
    all.put("addPartitions", request -> {
      admin.createPartitions(Map.of(request.get("topic").asText(), NewPartitions.increaseTo(request.get("partitions").asInt()))).all().get();
      return null;
    });
    all.put("configure", request -> {
      Collection<AlterConfigOp> changes = new ArrayList<>();
      request.get("configs").fields().forEachRemaining(each -> changes.add(
          new AlterConfigOp(new ConfigEntry(each.getKey(), each.getValue().asText()), AlterConfigOp.OpType.SET)));
      admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, request.get("group").asText()), changes)).all().get();
      return null;
    });
    all.put("configs", request -> {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, request.get("group").asText());
      Map<String, String> values = new TreeMap<>();
      admin.describeConfigs(List.of(resource)).all().get().get(resource).entries().forEach(each -> values.put(each.name(), each.value()));
      return values;
    });
    all.put("groups", request -> admin.listGroups(ListGroupsOptions.forShareGroups()).all().get().stream()
        .map(each -> List.of(each.groupId(), each.type().get().toString(), each.groupState().get().toString(), each.protocol())).toList());
    all.put("describe", request -> {
      String group = request.get("group").asText();
      var described = admin.describeShareGroups(List.of(group)).all().get().get(group);
      List<Object> members = new ArrayList<>();
      described.members().forEach(each -> members.add(Map.of("clientId", each.clientId(), "epoch", each.memberEpoch(),
          "partitions", each.assignment().topicPartitions().stream().map(TopicPartition::toString).sorted().toList())));
      return Map.of("state", described.groupState().toString(), "epoch", described.groupEpoch(),
          "targetEpoch", described.targetAssignmentEpoch(), "members", members);
    });
    all.put("offsets", request -> {
      String group = request.get("group").asText();
      Map<String, Object> offsets = new TreeMap<>();
      admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get()
          .forEach((partition, info) -> offsets.put(partition.toString(),
              info == null ? List.of() : List.of(info.startOffset(), info.lag().orElse(-1L))));
      return offsets;
    });
    all.put("alterOffsets", request -> {
      Map<TopicPartition, Long> offsets = new HashMap<>();
      request.get("offsets").fields().forEachRemaining(each ->
          offsets.put(new TopicPartition(request.get("topic").asText(), Integer.parseInt(each.getKey())), each.getValue().asLong()));
      admin.alterShareGroupOffsets(request.get("group").asText(), offsets).all().get();
      return null;
    });
    all.put("deleteOffsets", request -> {
      Set<String> topics = new HashSet<>();
      request.get("topics").forEach(each -> topics.add(each.asText()));
      admin.deleteShareGroupOffsets(request.get("group").asText(), topics).all().get();
      return null;
    });
    all.put("deleteGroup", request -> {
      admin.deleteShareGroups(List.of(request.get("group").asText())).all().get();
      return null;
    });
  }
}
