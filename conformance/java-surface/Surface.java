import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;

/** Arguments: bootstrap, `polylog` or `kafka`, the address of the broker's metrics. Prints what the suites print. */
public final class Surface {
    private static final String TOPIC = "surface-topic";
    private static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
    private static final TopicPartition ABSENT = new TopicPartition("surface-absent", 0);

    private static int passed;
    private static int failed;

    private final Admin admin;
    private final String bootstrap;
    private final boolean isKafka;
    private final String metrics;
    private final int broker;

    private Surface(Admin admin, String[] args) throws Exception {
        this.admin = admin;
        this.bootstrap = args[0];
        this.isKafka = args[1].equals("kafka");
        this.metrics = args[2];
        this.broker = admin.describeCluster().controller().get().id();
    }

    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
            new Surface(admin, args).run();
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    private void run() {
        test("features: described", this::featuresDescribed);
        test("features: updated", this::featuresUpdated);
        test("quorum: described", this::quorumDescribed);
        test("quorum: no other broker or voter", this::noOtherBroker);
        test("elections: not needed", this::elections);
        test("reassignments: to where a partition is", this::reassignments);
        test("log directories: to where a replica is", this::logDirectories);
        test("loggers: levels", this::loggers);
        test("client metrics: subscriptions", this::clientMetrics);
        test("config resources: listed", this::configResources);
        test("broker configs: dynamic, default and static", this::brokerConfigs);
        test("produce: the records that a batch is refused for", this::recordErrors);
        if (isKafka) System.out.println("not in this client: telemetry (Apache Kafka has no receiver of metrics)");
        else test("telemetry: pushed and shown", this::telemetry);
    }

    private Void featuresDescribed() throws Exception {
        var metadata = admin.describeFeatures().featureMetadata().get();
        for (var name : List.of("metadata.version", "transaction.version", "group.version", "streams.version")) {
            check(metadata.supportedFeatures().containsKey(name), name + " is supported");
            check(metadata.finalizedFeatures().containsKey(name), name + " is finalized");
        }
        equal((short) 2, metadata.finalizedFeatures().get("transaction.version").maxVersionLevel());
        equal((short) 30, metadata.finalizedFeatures().get("metadata.version").maxVersionLevel());
        check(metadata.finalizedFeaturesEpoch().orElseThrow() >= 0, "there is an epoch");
        return null;
    }

    private Void featuresUpdated() throws Exception {
        refused("InvalidUpdateVersionException", () -> update("transaction.version", 1, UpgradeType.UPGRADE, false));
        refused("InvalidUpdateVersionException", () -> update("transaction.version", 3, UpgradeType.UPGRADE, false));
        refused("InvalidUpdateVersionException", () -> update("absent.version", 1, UpgradeType.UPGRADE, false));
        refused("InvalidUpdateVersionException", () -> update("metadata.version", 99, UpgradeType.UPGRADE, false));
        update("transaction.version", 1, UpgradeType.SAFE_DOWNGRADE, true);
        equal(2, level("transaction.version"));
        long before = admin.describeFeatures().featureMetadata().get().finalizedFeaturesEpoch().orElseThrow();
        update("transaction.version", 0, UpgradeType.SAFE_DOWNGRADE, false);
        equal(0, level("transaction.version"));
        update("transaction.version", 2, UpgradeType.UPGRADE, false);
        equal(2, level("transaction.version"));
        long after = admin.describeFeatures().featureMetadata().get().finalizedFeaturesEpoch().orElseThrow();
        check(after > before, "the epoch rises: " + before + ", " + after);
        return null;
    }

    private Object update(String name, int level, UpgradeType type, boolean dryRun) throws Exception {
        var updates = Map.of(name, new FeatureUpdate((short) level, type));
        return admin.updateFeatures(updates, new UpdateFeaturesOptions().validateOnly(dryRun)).all().get();
    }

    private int level(String name) throws Exception {
        var range = admin.describeFeatures().featureMetadata().get().finalizedFeatures().get(name);
        return range == null ? 0 : range.maxVersionLevel();
    }

    private Void quorumDescribed() throws Exception {
        QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
        equal(broker, quorum.leaderId());
        equal(List.of(broker), quorum.voters().stream().map(QuorumInfo.ReplicaState::replicaId).toList());
        equal(List.of(), quorum.observers());
        check(quorum.highWatermark() > 0, "the metadata has records");
        check(quorum.nodes().containsKey(broker), "the node is named");
        return null;
    }

    private Void noOtherBroker() throws Exception {
        refused("BrokerIdNotRegisteredException", () -> admin.unregisterBroker(99).all().get());
        String absentVoter = isKafka ? "VoterNotFoundException" : "UnsupportedVersionException";
        refused(absentVoter, () -> admin.removeRaftVoter(99, Uuid.randomUuid()).all().get());
        return null;
    }

    private Void elections() throws Exception {
        for (ElectionType type : ElectionType.values()) {
            equal(Map.of(), admin.electLeaders(type, null).partitions().get());
            var results = admin.electLeaders(type, Set.of(FIRST, ABSENT)).partitions().get();
            equal("ElectionNotNeededException", nameOf(results.get(FIRST).orElseThrow()));
            equal("UnknownTopicOrPartitionException", nameOf(results.get(ABSENT).orElseThrow()));
        }
        return null;
    }

    private Void reassignments() throws Exception {
        reassign(FIRST, List.of(broker));
        refused("InvalidReplicaAssignmentException", () -> reassign(FIRST, List.of(99)));
        refused("InvalidReplicaAssignmentException", () -> reassign(FIRST, List.of(broker, 99)));
        refused("InvalidReplicaAssignmentException", () -> reassign(FIRST, List.of(broker, broker)));
        refused("NoReassignmentInProgressException", () -> reassign(FIRST, null));
        refused("UnknownTopicOrPartitionException", () -> reassign(ABSENT, List.of(broker)));
        equal(Map.of(), admin.listPartitionReassignments().reassignments().get());
        equal(Map.of(), admin.listPartitionReassignments(Set.of(FIRST)).reassignments().get());
        return null;
    }

    private Object reassign(TopicPartition partition, List<Integer> replicas) throws Exception {
        Map<TopicPartition, Optional<NewPartitionReassignment>> wanted = new HashMap<>();
        wanted.put(partition, Optional.ofNullable(replicas).map(NewPartitionReassignment::new));
        return admin.alterPartitionReassignments(wanted).all().get();
    }

    private Void logDirectories() throws Exception {
        var replica = new TopicPartitionReplica(TOPIC, 0, broker);
        var info = admin.describeReplicaLogDirs(List.of(replica)).all().get().get(replica);
        String directory = info.getCurrentReplicaLogDir();
        check(directory != null, "the replica is in a directory");
        equal(null, info.getFutureReplicaLogDir());
        admin.alterReplicaLogDirs(Map.of(replica, directory)).all().get();
        refused("LogDirNotFoundException",
            () -> admin.alterReplicaLogDirs(Map.of(replica, "/somewhere/else")).all().get());
        var absent = new TopicPartitionReplica(TOPIC, 9, broker);
        refused("UnknownTopicOrPartitionException",
            () -> admin.alterReplicaLogDirs(Map.of(absent, directory)).all().get());
        return null;
    }

    private Void loggers() throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, String.valueOf(broker));
        var levels = describe(resource, false);
        String root = levels.get("root").value();
        String other = levels.entries().stream().map(ConfigEntry::name).filter(name -> !name.equals("root"))
            .sorted().findFirst().orElseThrow();
        equal(ConfigEntry.ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG, levels.get(other).source());
        alter(resource, OpType.SET, other, "ERROR");
        eventually(other + " has its level", () -> describe(resource, false).get(other).value().equals("ERROR"));
        alter(resource, OpType.DELETE, other, "");
        equal(root, describe(resource, false).get(other).value());
        refused("InvalidConfigurationException", () -> alter(resource, OpType.SET, "root", "LOUD"));
        refused("InvalidConfigurationException", () -> alter(resource, OpType.SET, "no.such.logger", "INFO"));
        refused("InvalidRequestException", () -> alter(resource, OpType.DELETE, "root", ""));
        refused("InvalidRequestException", () -> alter(resource, OpType.APPEND, "root", "DEBUG"));
        return null;
    }

    private Void clientMetrics() throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "surface-subscription");
        equal("300000", describe(resource, true).get("interval.ms").value());
        alter(resource, OpType.SET, "interval.ms", "200", "metrics", "org.apache.kafka.producer.,org.apache.kafka.x.",
            "match", "client_id=surface-.*");
        eventually("the interval is set", () -> describe(resource, true).get("interval.ms").value().equals("200"));
        var entry = describe(resource, true).get("interval.ms");
        equal(ConfigEntry.ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG, entry.source());
        equal(1, entry.synonyms().size());
        refused("InvalidConfigurationException", () -> alter(resource, OpType.SET, "match", "colour=red"));
        refused("InvalidConfigurationException", () -> alter(resource, OpType.SET, "match", "client_id=["));
        refused("InvalidConfigurationException", () -> alter(resource, OpType.SET, "interval.ms", "soon"));
        return null;
    }

    private Void configResources() throws Exception {
        Set<ConfigResource> all = new HashSet<>(admin.listConfigResources().all().get());
        for (var resource : List.of(
            new ConfigResource(ConfigResource.Type.TOPIC, TOPIC),
            new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(broker)),
            new ConfigResource(ConfigResource.Type.BROKER_LOGGER, String.valueOf(broker)),
            new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "surface-subscription"))) {
            check(all.contains(resource), resource + " is in " + all);
            var listed = admin.listConfigResources(Set.of(resource.type()), new ListConfigResourcesOptions());
            check(listed.all().get().contains(resource), resource + " is listed by its type");
        }
        return null;
    }

    private Void brokerConfigs() throws Exception {
        var own = new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(broker));
        var shared = new ConfigResource(ConfigResource.Type.BROKER, "");
        String name = "max.connections";
        alter(shared, OpType.SET, name, "5000");
        awaitSource(shared, name, ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
        equal("5000", describe(shared, true).get(name).value());
        awaitSource(own, name, ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
        alter(own, OpType.SET, name, "6000");
        awaitSource(own, name, ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG);
        var values = describe(own, true).get(name).synonyms().stream().map(ConfigEntry.ConfigSynonym::value).toList();
        equal(List.of("6000", "5000", "2147483647"), values);
        check(!describe(own, false).get(name).isReadOnly(), name + " can be changed");
        check(describe(own, false).get("node.id").isReadOnly(), "node.id is read only");
        refused("InvalidRequestException", () -> alter(own, OpType.SET, "node.id", "7"));
        alter(own, OpType.DELETE, name, "");
        alter(shared, OpType.DELETE, name, "");
        awaitSource(own, name, ConfigEntry.ConfigSource.DEFAULT_CONFIG);
        return null;
    }

    /** Apache Kafka's broker learns of a change a moment after its controller has answered. */
    private void awaitSource(ConfigResource resource, String name, ConfigEntry.ConfigSource wanted) throws Exception {
        eventually(name + " from " + wanted, () -> {
            var entry = describe(resource, true).get(name);
            return entry != null && entry.source() == wanted;
        });
    }

    private KafkaProducer<String, String> producerWith(String setting, String value) {
        Map<String, Object> properties = Map.of("bootstrap.servers", bootstrap, setting, value);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private Void telemetry() throws Exception {
        try (var producer = producerWith("client.id", "surface-producer")) {
            for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(TOPIC, "k", "v" + i));
            producer.flush();
            Uuid id = producer.clientInstanceId(Duration.ofSeconds(20));
            check(id != null && !id.equals(Uuid.ZERO_UUID), "the client has an instance id");
            String total = "kafka_client_producer_record_send_total{";
            eventually("the producer's records are in the metrics", () -> scrape().lines()
                .filter(line -> line.startsWith(total) && line.contains("client_instance_id=\"" + id + "\""))
                .anyMatch(line -> line.contains("client_id=\"surface-producer\"") && line.endsWith(" 100")
                    && line.contains("client_software_name=\"apache-kafka-java\"")));
        }
        return null;
    }

    private String scrape() throws Exception {
        var request = HttpRequest.newBuilder(URI.create(metrics + "/metrics")).build();
        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        equal(200, response.statusCode());
        return response.body();
    }

    /** One batch; a record without a key can't be in a compacted topic. Those beside it could be sent again. */
    private Void recordErrors() throws Exception {
        var topic = new NewTopic("surface-compacted", 1, (short) 1).configs(Map.of("cleanup.policy", "compact"));
        admin.createTopics(List.of(topic)).all().get();
        try (var producer = producerWith("linger.ms", "60000")) {
            List<java.util.concurrent.Future<?>> sent = new java.util.ArrayList<>();
            for (String key : new String[] {"a", null, "b", null}) {
                sent.add(producer.send(new ProducerRecord<>(topic.name(), key, "value")));
            }
            producer.flush();
            for (int i = 0; i < sent.size(); i++) {
                boolean isBlamed = i % 2 == 1;
                var future = sent.get(i);
                refused(isBlamed ? "InvalidRecordException" : "KafkaException", () -> future.get());
            }
        }
        return null;
    }

    private Config describe(ConfigResource resource, boolean synonyms) throws Exception {
        var options = new DescribeConfigsOptions().includeSynonyms(synonyms);
        return admin.describeConfigs(List.of(resource), options).all().get().get(resource);
    }

    private Object alter(ConfigResource resource, OpType operation, String... namesAndValues) throws Exception {
        List<AlterConfigOp> operations = new java.util.ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            var entry = new ConfigEntry(namesAndValues[i], namesAndValues[i + 1]);
            operations.add(new AlterConfigOp(entry, operation));
        }
        return admin.incrementalAlterConfigs(Map.of(resource, operations)).all().get();
    }

    private static void test(String name, Callable<Void> body) {
        long start = System.nanoTime();
        try {
            body.call();
            passed++;
            System.out.println("ok " + name + " (" + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms)");
        } catch (Throwable error) {
            failed++;
            System.out.println("not ok " + name + ": " + error);
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) throw new AssertionError(what);
    }

    private static void equal(Object expected, Object found) {
        check(Objects.equals(expected, found), "expected " + expected + ", found " + found);
    }

    private static String nameOf(Throwable error) {
        return error.getClass().getSimpleName();
    }

    private static void refused(String exception, Callable<Object> call) throws Exception {
        try {
            call.call();
        } catch (ExecutionException error) {
            equal(exception, nameOf(error.getCause()));
            return;
        }
        throw new AssertionError(exception + " was expected, and it was done");
    }

    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!holds.call()) {
            if (System.nanoTime() > deadline) throw new AssertionError("waited a minute for: " + what);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
