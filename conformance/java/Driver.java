// The driver of Kafka's Java client (../lib/driver.mjs describes what it speaks).

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class Driver {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PrintStream OUT = System.out;
  private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
  private static final Duration WAIT = Duration.ofSeconds(60);
  private static Admin admin;

  interface Operation {
    Object run(JsonNode request) throws Exception;
  }

  /** The client has no such operation. */
  static final class Absent extends Exception {
    Absent(String why) {
      super(why);
    }
  }

  public static void main(String[] arguments) throws Exception {
    System.setOut(System.err);
    Map<String, Operation> operations = operations();
    ExecutorService pool = Executors.newCachedThreadPool();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode request = JSON.readTree(line);
      pool.execute(() -> answer(operations, request));
    }
    System.exit(0);
  }

  private static void answer(Map<String, Operation> operations, JsonNode request) {
    Map<String, Object> answer = new HashMap<>();
    answer.put("id", request.get("id").asInt());
    try {
      Operation operation = operations.get(request.get("op").asText());
      if (operation == null) {
        throw new Absent("the driver has no operation " + request.get("op").asText());
      }
      Object result = operation.run(request);
      answer.put("ok", result == null ? Map.of() : result);
    } catch (Absent error) {
      answer.put("absent", error.getMessage());
    } catch (Throwable error) {
      error.printStackTrace();
      answer.put("error", sentence(error));
    }
    write(answer);
  }

  static String sentence(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable each = error; each != null; each = each.getCause()) {
      text.append(text.length() == 0 ? "" : "; ").append(each.getClass().getSimpleName()).append(' ').append(each.getMessage());
    }
    return text.toString();
  }

  static void write(Map<String, Object> message) {
    try {
      String line = JSON.writeValueAsString(message);
      synchronized (OUT) {
        OUT.println(line);
        OUT.flush();
      }
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private static Map<String, Operation> operations() {
    Map<String, Operation> all = new HashMap<>();
    all.put("hello", request -> {
      admin().describeCluster().nodes().get();
      return null;
    });
    all.put("produce", Driver::produce);
    all.put("read", Driver::read);
    all.put("consume", Driver::consume);
    all.put("committed", Driver::committed);
    all.put("setOffsets", Driver::setOffsets);
    all.put("member", Driver::member);
    all.put("leave", Driver::leave);
    all.put("groupMembers", Driver::groupMembers);
    all.put("removeMember", Driver::removeMember);
    all.put("startLoad", Driver::startLoad);
    all.put("stopLoad", Driver::stopLoad);
    all.put("offsetsForTimes", Driver::offsetsForTimes);
    all.put("listOffsets", Driver::listOffsets);
    all.put("createTopics", Driver::createTopics);
    all.put("listTopics", request -> admin().listTopics().names().get());
    all.put("describeTopic", request -> {
      String topic = request.get("topic").asText();
      return Map.of("partitions", Compat.partitionsOf(admin(), topic));
    });
    all.put("createPartitions", request -> {
      NewPartitions total = NewPartitions.increaseTo(request.get("total").asInt());
      return admin().createPartitions(Map.of(request.get("topic").asText(), total)).all().get();
    });
    all.put("deleteTopics", request -> admin().deleteTopics(strings(request.get("topics"))).all().get());
    all.put("describeConfigs", Driver::describeConfigs);
    all.put("alterConfigs", request -> {
      Map<String, String> configs = new HashMap<>();
      request.get("configs").properties().forEach(each -> configs.put(each.getKey(), each.getValue().asText()));
      return Compat.alterConfigs(admin(), topicResource(request), configs);
    });
    all.put("incrementalAlterConfigs", Driver::incrementalAlterConfigs);
    all.put("deleteRecords", request -> {
      Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
      offsets(request, "offsets").forEach((p, offset) -> before.put(p, RecordsToDelete.beforeOffset(offset)));
      return admin().deleteRecords(before).all().get();
    });
    all.put("listGroups", request -> Compat.groups(admin()));
    all.put("describeGroup", request -> {
      String group = request.get("group").asText();
      var found = admin().describeConsumerGroups(List.of(group)).all().get().get(group);
      return Compat.description(found);
    });
    all.put("deleteGroups", request -> admin().deleteConsumerGroups(strings(request.get("groups"))).all().get());
    all.put("describeCluster", request -> {
      var found = admin().describeCluster();
      var brokers = found.nodes().get().stream().map(each -> Map.of("id", each.id(), "host", each.host(), "port", each.port()));
      return Map.of("brokers", brokers.toList(), "controller", found.controller().get().id(), "clusterId", found.clusterId().get());
    });
    Transactions.addTo(all);
    Quotas.addTo(all);
    return all;
  }

  private static synchronized Admin admin() {
    if (admin == null) {
      admin = Admin.create(base());
    }
    return admin;
  }

  static Properties base() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", BOOTSTRAP);
    properties.put("reconnect.backoff.max.ms", "500");
    return properties;
  }

  private static List<String> strings(JsonNode list) {
    List<String> all = new ArrayList<>();
    list.forEach(each -> all.add(each.asText()));
    return all;
  }

  static Map<TopicPartition, Long> offsets(JsonNode request, String field) {
    Map<TopicPartition, Long> all = new HashMap<>();
    request.get(field).properties().forEach(each -> {
      if (!each.getValue().isNull()) {
        all.put(new TopicPartition(request.get("topic").asText(), Integer.parseInt(each.getKey())), each.getValue().asLong());
      }
    });
    return all;
  }

  static byte[] bytes(JsonNode text) {
    return text == null || text.isNull() ? null : Base64.getDecoder().decode(text.asText());
  }

  private static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  static KafkaProducer<byte[], byte[]> producer(Map<String, String> options) {
    Properties properties = base();
    properties.putAll(options);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static Object produce(JsonNode request) throws Exception {
    int acks = request.get("acks").asInt();
    Map<String, String> options = new HashMap<>();
    options.put("acks", Integer.toString(acks));
    options.put("compression.type", request.get("compression").asText());
    options.put("enable.idempotence", "false");
    List<Long> offsets = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(options)) {
      List<Future<RecordMetadata>> futures = new ArrayList<>();
      for (JsonNode each : request.get("messages")) {
        Long timestamp = each.hasNonNull("timestamp") ? each.get("timestamp").asLong() : null;
        var record = new ProducerRecord<>(request.get("topic").asText(), each.get("partition").asInt(), timestamp,
            bytes(each.get("key")), bytes(each.get("value")));
        each.get("headers").forEach(pair -> record.headers().add(pair.get(0).asText(), bytes(pair.get(1))));
        futures.add(producer.send(record));
      }
      producer.flush();
      for (Future<RecordMetadata> each : futures) {
        offsets.add(each.get().offset());
      }
    }
    return acks == 0 ? Map.of() : Map.of("offsets", offsets);
  }

  static KafkaConsumer<byte[], byte[]> consumer(String group, Map<String, String> options) {
    Properties properties = base();
    if (group != null) {
      properties.put("group.id", group);
    }
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "earliest");
    properties.putAll(options);
    return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static List<Map<String, Object>> take(KafkaConsumer<byte[], byte[]> consumer, int count) throws Exception {
    List<Map<String, Object>> all = new ArrayList<>();
    long end = System.nanoTime() + WAIT.toNanos();
    while (all.size() < count) {
      if (System.nanoTime() > end) {
        throw new TimeoutException(all.size() + " of " + count + " messages in " + WAIT);
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
        if (all.size() == count) {
          break;
        }
        List<List<String>> headers = new ArrayList<>();
        for (Header header : record.headers()) {
          List<String> pair = new ArrayList<>();
          pair.add(header.key());
          pair.add(base64(header.value()));
          headers.add(pair);
        }
        Map<String, Object> one = new HashMap<>();
        one.put("partition", record.partition());
        one.put("offset", record.offset());
        one.put("key", base64(record.key()));
        one.put("value", base64(record.value()));
        one.put("headers", headers);
        one.put("timestamp", record.timestamp());
        all.add(one);
      }
    }
    return all;
  }

  private static Object read(JsonNode request) throws Exception {
    Map<String, String> options = Map.of("isolation.level", request.path("isolation").asText("read_uncommitted"));
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(null, options)) {
      Map<TopicPartition, Long> from = offsets(request, "from");
      consumer.assign(from.keySet());
      from.forEach(consumer::seek);
      return take(consumer, request.get("count").asInt());
    }
  }

  private static Object consume(JsonNode request) throws Exception {
    String topic = request.get("topic").asText();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(request.get("group").asText(), Map.of())) {
      consumer.subscribe(List.of(topic));
      List<Map<String, Object>> all = take(consumer, request.get("count").asInt());
      Map<String, Object> last = all.get(all.size() - 1);
      TopicPartition partition = new TopicPartition(topic, (Integer) last.get("partition"));
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata((Long) last.get("offset") + 1, request.get("metadata").asText())));
      return all;
    }
  }

  private static Object committed(JsonNode request) throws Exception {
    String topic = request.get("topic").asText();
    var found = admin().listConsumerGroupOffsets(request.get("group").asText()).partitionsToOffsetAndMetadata().get();
    Map<String, Object> all = new TreeMap<>();
    request.get("partitions").forEach(p -> {
      OffsetAndMetadata at = found.get(new TopicPartition(topic, p.asInt()));
      all.put(p.asText(), at == null ? Map.of("offset", -1) : Map.of("offset", at.offset(), "metadata", at.metadata()));
    });
    return all;
  }

  private static Object setOffsets(JsonNode request) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> at = new HashMap<>();
    offsets(request, "offsets").forEach((p, offset) -> at.put(p, new OffsetAndMetadata(offset)));
    return admin().alterConsumerGroupOffsets(request.get("group").asText(), at).all().get();
  }

  /** A member of a group in a thread of its own. */
  private static final class Member {
    final String name;
    final KafkaConsumer<byte[], byte[]> consumer;
    final CountDownLatch left = new CountDownLatch(1);
    volatile boolean leaving;
    boolean isPattern;
    String atClose = "DEFAULT";

    Member(String name, KafkaConsumer<byte[], byte[]> consumer) {
      this.name = name;
      this.consumer = consumer;
    }

    void say(String event, Map<String, Object> fields) {
      Map<String, Object> message = new HashMap<>(fields);
      message.put("event", event);
      message.put("member", name);
      write(message);
    }

    void run(String topic) {
      try {
        if (isPattern) {
          Compat.subscribe(consumer, topic, new Assignments(this));
        } else {
          consumer.subscribe(List.of(topic), new Assignments(this));
        }
        while (!leaving) {
          pollAndCommit();
        }
      } catch (KafkaException error) {
        say("ended", Map.of("error", sentence(error)));
      } finally {
        Compat.close(consumer, atClose);
        left.countDown();
      }
    }

    private void pollAndCommit() {
      var records = consumer.poll(Duration.ofMillis(100));
      for (ConsumerRecord<byte[], byte[]> record : records) {
        say("message", Map.of("partition", record.partition(), "offset", record.offset()));
      }
      for (TopicPartition partition : records.partitions()) {
        long offset = consumer.position(partition);
        try {
          consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
          say("committed", Map.of("offsets", Map.of(Integer.toString(partition.partition()), offset)));
        } catch (CommitFailedException | RebalanceInProgressException error) {
          // A rebalance refuses the commit: whoever owns the partition next reads those messages again.
          System.err.println("commit refused " + error);
        }
      }
    }
  }

  /** Says after each change what the member has now, and what was taken from it. */
  private record Assignments(Member member) implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      List<TopicPartition> kept = new ArrayList<>(member.consumer.assignment());
      kept.removeAll(partitions);
      member.say("assigned", Map.of("partitions", numbers(kept), "revoked", numbers(partitions)));
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      member.say("assigned", Map.of("partitions", numbers(member.consumer.assignment()), "revoked", List.of()));
    }
  }

  private static List<Integer> numbers(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::partition).sorted().toList();
  }

  private static final Map<String, Member> MEMBERS = new ConcurrentHashMap<>();

  /** Beside what all drivers take: a name, for several members in one process; an assignor's class; a static member's id. */
  private static Object member(JsonNode request) {
    Map<String, String> options = new HashMap<>(Map.of(
        "session.timeout.ms", request.get("sessionTimeoutMs").asText(), "heartbeat.interval.ms", "500",
        "fetch.max.wait.ms", "200"));
    if (request.has("assignor")) {
      options.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + request.get("assignor").asText());
    }
    if (request.path("protocol").asText("").equals("consumer")) {
      // The broker has these for the whole group.
      options.remove("session.timeout.ms");
      options.remove("heartbeat.interval.ms");
      options.put("group.protocol", "consumer");
    }
    if (request.has("remoteAssignor")) {
      options.put("group.remote.assignor", request.get("remoteAssignor").asText());
    }
    if (request.has("rack")) {
      options.put("client.rack", request.get("rack").asText());
    }
    if (request.has("instanceId")) {
      options.put("group.instance.id", request.get("instanceId").asText());
    }
    String name = request.path("name").asText("");
    Member member = new Member(name, consumer(request.get("group").asText(), options));
    member.isPattern = request.path("isPattern").asBoolean(false);
    MEMBERS.put(name, member);
    Thread thread = new Thread(() -> member.run(request.get("topic").asText()));
    thread.setDaemon(true);
    thread.start();
    return null;
  }

  private static Object leave(JsonNode request) throws Exception {
    Member member = MEMBERS.remove(request.path("name").asText(""));
    if (request.has("atClose")) {
      member.atClose = request.get("atClose").asText();
    }
    member.leaving = true;
    if (!member.left.await(60, TimeUnit.SECONDS)) {
      throw new TimeoutException("close() took more than 60 s");
    }
    return null;
  }

  private static Object groupMembers(JsonNode request) throws Exception {
    String group = request.get("group").asText();
    var members = admin().describeConsumerGroups(List.of(group)).all().get().get(group).members();
    Map<String, Object> all = new TreeMap<>();
    members.forEach(each -> all.put(each.groupInstanceId().orElse(each.consumerId()), numbers(each.assignment().topicPartitions())));
    return all;
  }

  private static Object removeMember(JsonNode request) throws Exception {
    var which = new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove(request.get("instanceId").asText())));
    return admin().removeMembersFromConsumerGroup(request.get("group").asText(), which).all().get();
  }

  private static final CountDownLatch STOPPING = new CountDownLatch(1);
  private static Thread loader;

  private static Object startLoad(JsonNode request) {
    String topic = request.get("topic").asText();
    int partitions = request.get("partitions").asInt();
    KafkaProducer<byte[], byte[]> producer = producer(Map.of("enable.idempotence", "true", "delivery.timeout.ms", "120000",
        "request.timeout.ms", "10000", "linger.ms", "2", "max.block.ms", "60000"));
    loader = new Thread(() -> {
      try {
        for (int sequence = 0; !STOPPING.await(5, TimeUnit.MILLISECONDS); sequence += 1) {
          for (int p = 0; p < partitions; p += 1) {
            int partition = p;
            List<Integer> sequences = List.of(sequence);
            byte[] value = (partition + "-" + sequence).getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
              if (error == null) {
                write(Map.of("event", "acked", "partition", partition, "sequences", sequences));
              } else {
                write(Map.of("event", "failed", "partition", partition, "sequences", sequences, "error", sentence(error)));
              }
            });
          }
        }
      } catch (InterruptedException error) {
        Thread.currentThread().interrupt();
      }
      producer.close();
    });
    loader.start();
    return null;
  }

  private static Object stopLoad(JsonNode request) throws Exception {
    STOPPING.countDown();
    loader.join(70_000);
    return null;
  }

  private static Object offsetsForTimes(JsonNode request) throws Exception {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(null, Map.of())) {
      Map<String, Object> all = new HashMap<>();
      consumer.offsetsForTimes(offsets(request, "times"))
          .forEach((p, at) -> all.put(Integer.toString(p.partition()), at == null ? null : at.offset()));
      return all;
    }
  }

  private static Object listOffsets(JsonNode request) throws Exception {
    OffsetSpec spec = request.get("at").asText().equals("earliest") ? OffsetSpec.earliest() : OffsetSpec.latest();
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    request.get("partitions").forEach(p -> asked.put(new TopicPartition(request.get("topic").asText(), p.asInt()), spec));
    Map<String, Object> all = new HashMap<>();
    admin().listOffsets(asked).all().get().forEach((p, at) -> all.put(Integer.toString(p.partition()), at.offset()));
    return all;
  }

  private static Object createTopics(JsonNode request) throws Exception {
    List<NewTopic> topics = new ArrayList<>();
    for (JsonNode each : request.get("topics")) {
      Map<String, String> configs = new HashMap<>();
      each.get("configs").properties().forEach(one -> configs.put(one.getKey(), one.getValue().asText()));
      topics.add(new NewTopic(each.get("topic").asText(), each.get("partitions").asInt(), (short) 1).configs(configs));
    }
    return admin().createTopics(topics).all().get();
  }

  private static ConfigResource topicResource(JsonNode request) {
    return new ConfigResource(ConfigResource.Type.TOPIC, request.get("topic").asText());
  }

  private static Object describeConfigs(JsonNode request) throws Exception {
    Config config = admin().describeConfigs(List.of(topicResource(request))).all().get().get(topicResource(request));
    Map<String, Object> all = new HashMap<>();
    config.entries().forEach(each -> all.put(each.name(), each.value()));
    return all;
  }

  private static Object incrementalAlterConfigs(JsonNode request) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    request.get("set").properties().forEach(each -> changes.add(
        new AlterConfigOp(new ConfigEntry(each.getKey(), each.getValue().asText()), AlterConfigOp.OpType.SET)));
    request.get("delete").forEach(name -> changes.add(
        new AlterConfigOp(new ConfigEntry(name.asText(), null), AlterConfigOp.OpType.DELETE)));
    return admin().incrementalAlterConfigs(Map.of(topicResource(request), changes)).all().get();
  }
}
