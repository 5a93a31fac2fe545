// Access rules as Kafka's Java client meets them. Prints `ok NAME` or `not ok NAME: why` for each check.
//
// admin: on the first listener, where everybody is a super user. alice and eve: logged in with SASL PLAIN.

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Acls {
  private static final String OPEN = System.getenv("BOOTSTRAP");
  private static final String CLOSED = System.getenv("SASL_BOOTSTRAP");
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static int failures;

  interface Check {
    void run() throws Exception;
  }

  /** The client's log, on standard output too, leaves lines without an end. */
  private static void tell(String line) {
    System.out.print("\n" + line + "\n");
  }

  private static void check(String name, Check body) {
    try {
      body.run();
      tell("ok " + name);
    } catch (Throwable error) {
      failures++;
      tell("not ok " + name + ": " + String.valueOf(error).replace('\n', ' '));
    }
  }

  private static void expect(Object actual, Object expected) {
    if (!expected.equals(actual)) throw new AssertionError("got " + actual + " instead of " + expected);
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.get(WAIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static void refused(Class<? extends Throwable> kind, Check body) throws Exception {
    try {
      body.run();
    } catch (Throwable error) {
      for (Throwable one = error; one != null; one = one.getCause()) if (kind.isInstance(one)) return;
      throw new AssertionError("refused with " + error + " instead of " + kind.getSimpleName());
    }
    throw new AssertionError("not refused, which should be a " + kind.getSimpleName());
  }

  /** Null: on the open listener. */
  private static Properties as(String user) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", user == null ? OPEN : CLOSED);
    settings.put("request.timeout.ms", "20000");
    settings.put("default.api.timeout.ms", "20000");
    if (user != null) {
      settings.put("security.protocol", "SASL_PLAINTEXT");
      settings.put("sasl.mechanism", "PLAIN");
      settings.put(
          "sasl.jaas.config",
          "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
              + user + "-secret\";");
    }
    return settings;
  }

  private static KafkaProducer<String, String> producer(String user, Map<String, Object> more) {
    Properties settings = as(user);
    settings.put("max.block.ms", "20000");
    settings.putAll(more);
    return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
  }

  private static KafkaConsumer<String, String> consumer(String user, String group, String protocol) {
    Properties settings = as(user);
    settings.put("group.id", group);
    settings.put("group.protocol", protocol);
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  private static AclBinding rule(
      ResourceType type, String name, PatternType pattern, String user, AclOperation operation, AclPermissionType may) {
    return new AclBinding(
        new ResourcePattern(type, name, pattern),
        new AccessControlEntry("User:" + user, "*", operation, may));
  }

  private static AclBinding allow(ResourceType type, String name, String user, AclOperation operation) {
    return rule(type, name, PatternType.LITERAL, user, operation, AclPermissionType.ALLOW);
  }

  private static void send(KafkaProducer<String, String> producer, String topic, String value) throws Exception {
    get(producer.send(new ProducerRecord<>(topic, value)));
  }

  private static int read(KafkaConsumer<String, String> consumer, int count) {
    int seen = 0;
    for (long end = System.nanoTime() + WAIT.toNanos(); seen < count && System.nanoTime() < end; ) {
      seen += consumer.poll(Duration.ofSeconds(1)).count();
    }
    return seen;
  }

  public static void main(String[] arguments) throws Exception {
    try (Admin admin = Admin.create(as(null)); Admin alice = Admin.create(as("alice")); Admin eve = Admin.create(as("eve"))) {
      get(admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1), new NewTopic("secret", 1, (short) 1))).all());
      denied(eve);
      rules(admin, eve);
      get(admin.createAcls(List.of(
          allow(ResourceType.TOPIC, "orders", "alice", AclOperation.WRITE),
          allow(ResourceType.TOPIC, "orders", "alice", AclOperation.READ),
          allow(ResourceType.GROUP, "billing", "alice", AclOperation.READ),
          rule(ResourceType.TRANSACTIONAL_ID, "tx-", PatternType.PREFIXED, "alice", AclOperation.WRITE, AclPermissionType.ALLOW)))
          .all());
      allowed(alice);
      transactions();
      partly(admin, alice);
    }
    System.exit(failures == 0 ? 0 : 1);
  }

  /** Eve, for whom there is no rule. */
  private static void denied(Admin eve) {
    check("java: who may nothing can't write to a topic that is there, or isn't", () -> {
      for (String topic : List.of("orders", "absent")) {
        for (boolean idempotent : List.of(false, true)) {
          try (KafkaProducer<String, String> producer = producer("eve", Map.of("enable.idempotence", idempotent))) {
            refused(TopicAuthorizationException.class, () -> send(producer, topic, "x"));
          }
        }
      }
    });
    check("java: who may nothing can't read", () -> {
      for (String topic : List.of("orders", "absent")) {
        try (KafkaConsumer<String, String> consumer = consumer("eve", "billing", "classic")) {
          consumer.assign(List.of(new TopicPartition(topic, 0)));
          consumer.seekToBeginning(consumer.assignment());
          refused(TopicAuthorizationException.class, () -> read(consumer, 1));
        }
      }
    });
    for (String protocol : List.of("classic", "consumer")) {
      check("java: who may nothing can't join a group of the protocol " + protocol, () -> {
        try (KafkaConsumer<String, String> consumer = consumer("eve", "billing", protocol)) {
          consumer.subscribe(List.of("orders"));
          refused(org.apache.kafka.common.errors.AuthorizationException.class, () -> read(consumer, 1));
        }
      });
    }
    check("java: who may nothing sees no topics and no groups", () -> {
      expect(get(eve.listTopics().names()), Set.of());
      expect(get(eve.listConsumerGroups().all()).size(), 0);
    });
    check("java: who may nothing is told the same of what is there and what isn't", () -> {
      for (String topic : List.of("orders", "absent")) {
        TopicPartition partition = new TopicPartition(topic, 0);
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        refused(TopicAuthorizationException.class, () -> get(eve.describeTopics(List.of(topic)).allTopicNames()));
        refused(TopicAuthorizationException.class, () -> get(eve.describeConfigs(List.of(resource)).all()));
        refused(TopicAuthorizationException.class, () -> get(eve.deleteTopics(List.of(topic)).all()));
        refused(TopicAuthorizationException.class,
            () -> get(eve.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all()));
        refused(TopicAuthorizationException.class,
            () -> get(eve.createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all()));
        refused(TopicAuthorizationException.class,
            () -> get(eve.listOffsets(Map.of(partition, OffsetSpec.latest())).all()));
        refused(TopicAuthorizationException.class,
            () -> get(eve.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(0))).all()));
        refused(TopicAuthorizationException.class, () -> get(eve.incrementalAlterConfigs(Map.of(resource,
            List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "1"), AlterConfigOp.OpType.SET)))).all()));
      }
      for (String group : List.of("billing", "absent")) {
        refused(GroupAuthorizationException.class, () -> get(eve.describeConsumerGroups(List.of(group)).all()));
        refused(GroupAuthorizationException.class, () -> get(eve.deleteConsumerGroups(List.of(group)).all()));
        refused(GroupAuthorizationException.class,
            () -> get(eve.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()));
        refused(GroupAuthorizationException.class, () -> get(eve.alterConsumerGroupOffsets(group,
            Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(0))).all()));
      }
    });
    check("java: who may nothing can't look into the cluster or change it", () -> {
      refused(ClusterAuthorizationException.class, () -> get(eve.describeAcls(AclBindingFilter.ANY).values()));
      refused(ClusterAuthorizationException.class, () -> get(eve.createAcls(
          List.of(allow(ResourceType.TOPIC, "orders", "eve", AclOperation.ALL))).all()));
      refused(ClusterAuthorizationException.class, () -> get(eve.deleteAcls(List.of(AclBindingFilter.ANY)).all()));
      refused(ClusterAuthorizationException.class, () -> get(eve.describeLogDirs(List.of(1)).allDescriptions()));
      refused(ClusterAuthorizationException.class, () -> get(eve.describeUserScramCredentials().all()));
      refused(ClusterAuthorizationException.class, () -> get(eve.describeClientQuotas(
          org.apache.kafka.common.quota.ClientQuotaFilter.all()).entities()));
      refused(ClusterAuthorizationException.class,
          () -> get(eve.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.BROKER, "1"))).all()));
      expect(get(eve.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true))
          .authorizedOperations()), Set.of());
    });
  }

  private static Set<String> picked(Admin admin, PatternType pattern, String name) throws Exception {
    AclBindingFilter filter = new AclBindingFilter(
        new ResourcePatternFilter(ResourceType.TOPIC, name, pattern), AccessControlEntryFilter.ANY);
    return get(admin.describeAcls(filter).values()).stream()
        .map((binding) -> binding.pattern().patternType() + " " + binding.pattern().name())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void rules(Admin admin, Admin eve) {
    check("java: rules are added, found by filters, and removed", () -> {
      List<AclBinding> rules = List.of(
          allow(ResourceType.TOPIC, "rule", "bob", AclOperation.READ),
          allow(ResourceType.TOPIC, "*", "bob", AclOperation.DESCRIBE),
          rule(ResourceType.TOPIC, "ru", PatternType.PREFIXED, "bob", AclOperation.WRITE, AclPermissionType.DENY),
          allow(ResourceType.GROUP, "rule", "bob", AclOperation.READ));
      get(admin.createAcls(rules).all());
      get(admin.createAcls(rules).all());
      expect(Set.copyOf(get(admin.describeAcls(AclBindingFilter.ANY).values())), Set.copyOf(rules));
      expect(picked(admin, PatternType.MATCH, "rule"), Set.of("LITERAL rule", "LITERAL *", "PREFIXED ru"));
      expect(picked(admin, PatternType.MATCH, "run"), Set.of("LITERAL *", "PREFIXED ru"));
      expect(picked(admin, PatternType.LITERAL, "rule"), Set.of("LITERAL rule"));
      expect(picked(admin, PatternType.PREFIXED, null), Set.of("PREFIXED ru"));
      expect(picked(admin, PatternType.ANY, "rule"), Set.of("LITERAL rule"));
      Collection<AclBinding> removed = get(admin.deleteAcls(List.of(new AclBindingFilter(
          new ResourcePatternFilter(ResourceType.ANY, "rule", PatternType.MATCH), AccessControlEntryFilter.ANY))).all());
      expect(Set.copyOf(removed), Set.copyOf(rules));
      expect(get(admin.describeAcls(AclBindingFilter.ANY).values()).size(), 0);
    });
    check("java: rules that mean nothing are refused", () -> {
      refused(InvalidRequestException.class, () -> get(admin.createAcls(List.of(
          allow(ResourceType.CLUSTER, "mine", "bob", AclOperation.READ))).all()));
      refused(InvalidRequestException.class, () -> get(admin.createAcls(List.of(new AclBinding(
          new ResourcePattern(ResourceType.TOPIC, "t", PatternType.LITERAL),
          new AccessControlEntry("bob", "*", AclOperation.READ, AclPermissionType.ALLOW)))).all()));
    });
  }

  private static void allowed(Admin alice) {
    check("java: who may write does, idempotently too", () -> {
      for (boolean idempotent : List.of(false, true)) {
        try (KafkaProducer<String, String> producer = producer("alice", Map.of("enable.idempotence", idempotent))) {
          send(producer, "orders", "one");
          refused(TopicAuthorizationException.class, () -> send(producer, "secret", "x"));
        }
      }
    });
    for (String protocol : List.of("classic", "consumer")) {
      check("java: who may read does, in a group of the protocol " + protocol, () -> {
        try (KafkaConsumer<String, String> consumer = consumer("alice", "billing", protocol)) {
          consumer.subscribe(List.of("orders"));
          expect(read(consumer, 2), 2);
          consumer.commitSync(Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(0)));
        }
        try (KafkaConsumer<String, String> consumer = consumer("alice", "other", protocol)) {
          consumer.subscribe(List.of("orders"));
          refused(GroupAuthorizationException.class, () -> read(consumer, 1));
        }
      });
    }
    check("java: a pattern subscribes to what may be described, and to nothing else", () -> {
      try (KafkaConsumer<String, String> consumer = consumer("alice", "billing", "consumer")) {
        consumer.subscribe(new SubscriptionPattern("orders|secret"));
        for (long end = System.nanoTime() + WAIT.toNanos();
            consumer.assignment().isEmpty() && System.nanoTime() < end; ) {
          consumer.poll(Duration.ofMillis(300));
        }
        expect(consumer.assignment(), Set.of(new TopicPartition("orders", 0)));
      }
    });
    check("java: lists are of what may be described", () -> {
      expect(get(alice.listTopics().names()), Set.of("orders"));
      expect(get(alice.listConsumerGroups().all()).stream().map((group) -> group.groupId())
          .collect(Collectors.toSet()), Set.of("billing"));
    });
    check("java: operations are told where they are asked for", () -> {
      expect(get(alice.describeTopics(List.of("orders"), new DescribeTopicsOptions().includeAuthorizedOperations(true))
          .allTopicNames()).get("orders").authorizedOperations(),
          Set.of(AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE));
    });
  }

  private static void transactions() {
    check("java: who may use a transactional id commits with it, and with no other", () -> {
      try (KafkaProducer<String, String> producer = producer("alice", Map.of("transactional.id", "tx-1"))) {
        producer.initTransactions();
        producer.beginTransaction();
        send(producer, "orders", "in a transaction");
        producer.sendOffsetsToTransaction(Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(1)),
            new org.apache.kafka.clients.consumer.ConsumerGroupMetadata("billing"));
        producer.commitTransaction();
      }
      try (KafkaProducer<String, String> producer = producer("alice", Map.of("transactional.id", "other"))) {
        refused(TransactionalIdAuthorizationException.class, producer::initTransactions);
      }
    });
    check("java: a transaction can't take in what may not be written or read", () -> {
      try (KafkaProducer<String, String> producer = producer("alice", Map.of("transactional.id", "tx-2"))) {
        producer.initTransactions();
        producer.beginTransaction();
        refused(TopicAuthorizationException.class, () -> send(producer, "secret", "x"));
        producer.abortTransaction();
        producer.beginTransaction();
        refused(GroupAuthorizationException.class, () -> producer.sendOffsetsToTransaction(
            Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(1)),
            new org.apache.kafka.clients.consumer.ConsumerGroupMetadata("other")));
        producer.abortTransaction();
      }
    });
  }

  /** Rights that come and go while clients are connected. */
  private static void partly(Admin admin, Admin alice) {
    check("java: a right that is taken away ends a consumer that is reading, and comes back", () -> {
      AclBinding denial = rule(ResourceType.TOPIC, "ord", PatternType.PREFIXED, "*", AclOperation.READ, AclPermissionType.DENY);
      try (KafkaConsumer<String, String> consumer = consumer("alice", "billing", "classic")) {
        consumer.assign(List.of(new TopicPartition("orders", 0)));
        consumer.seekToBeginning(consumer.assignment());
        if (read(consumer, 2) < 2) throw new AssertionError("nothing was read");
        get(admin.createAcls(List.of(denial)).all());
        refused(TopicAuthorizationException.class, () -> read(consumer, 1_000_000));
        get(admin.deleteAcls(List.of(denial.toFilter())).all());
        consumer.seekToBeginning(consumer.assignment());
        // A fetch that is under way may still bring the refusal.
        int seen = 0;
        for (int attempt = 0; attempt < 100 && seen < 2; attempt++) {
          try {
            seen += consumer.poll(Duration.ofMillis(300)).count();
          } catch (TopicAuthorizationException late) {
            consumer.seekToBeginning(consumer.assignment());
          }
        }
        if (seen < 2) throw new AssertionError("nothing was read again");
      }
    });
    check("java: who may create in the cluster creates, and learns settings only where they may be described", () -> {
      get(admin.createAcls(List.of(allow(ResourceType.CLUSTER, "kafka-cluster", "alice", AclOperation.CREATE))).all());
      var created = alice.createTopics(List.of(new NewTopic("made", 1, (short) 1)));
      get(created.all());
      refused(TopicAuthorizationException.class, () -> get(created.config("made")));
      expect(get(alice.listTopics().names()), Set.of("orders"));
    });
  }
}
