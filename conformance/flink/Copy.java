// A job of Flink that copies the topic `flink-in` to `flink-out` with checkpoints and an exactly-once sink: Copy COUNT.
// It fails three times by itself and starts again from its last checkpoint. Prints `copied N` every hundred records of an
// attempt, `failing N` before each failure, `finished` when all is committed, and then what readers of committed records see:
// `out VALUE PARTITION@OFFSET`, and `end`.

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Copy {
  private static final int FAILURES = 3;
  private static final int PARTITIONS = 2;
  // The whole cluster is in this process: its tasks share these.
  private static final AtomicInteger SEEN = new AtomicInteger();
  private static final AtomicInteger FAILED = new AtomicInteger();

  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[0]);
    String bootstrap = System.getenv("BOOTSTRAP");
    prepare(bootstrap, count);

    Configuration configuration = new Configuration();
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "100");
    configuration.setString("restart-strategy.fixed-delay.delay", "500 ms");
    var environment = StreamExecutionEnvironment.createLocalEnvironment(PARTITIONS, configuration);
    environment.enableCheckpointing(300);
    var source = KafkaSource.<String>builder().setBootstrapServers(bootstrap).setTopics("flink-in").setGroupId("flink")
        .setStartingOffsets(OffsetsInitializer.earliest()).setBounded(OffsetsInitializer.latest())
        .setValueOnlyDeserializer(new SimpleStringSchema()).build();
    var sink = KafkaSink.<String>builder().setBootstrapServers(bootstrap)
        .setRecordSerializer(KafkaRecordSerializationSchema.<String>builder().setTopic("flink-out")
            .setValueSerializationSchema(new SimpleStringSchema()).build())
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE).setTransactionalIdPrefix("flink-copy")
        .setProperty("transaction.timeout.ms", "600000").build();
    environment.fromSource(source, WatermarkStrategy.noWatermarks(), "in").map(new Failing(count)).sinkTo(sink);
    environment.execute("copy");
    System.out.println("finished");
    print(bootstrap);
    System.exit(0);
  }

  private static KafkaConsumer<String, String> consumer(String bootstrap, String isolation) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("isolation.level", isolation);
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  /** What readers of committed records see, up to the end of all: Kafka ends a transaction a little after its answer. */
  private static void print(String bootstrap) {
    try (var consumer = consumer(bootstrap, "read_committed"); var all = consumer(bootstrap, "read_uncommitted")) {
      var partitions = List.of(new TopicPartition("flink-out", 0), new TopicPartition("flink-out", 1));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = all.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        consumer.poll(Duration.ofMillis(200))
            .forEach(each -> System.out.println("out " + each.value() + " " + each.partition() + "@" + each.offset()));
      }
    }
    System.out.println("end");
  }

  private static void prepare(String bootstrap, int count) throws InterruptedException, ExecutionException {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    try (Admin admin = Admin.create(properties);
        var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      var topics = List.of("flink-in", "flink-out").stream().map(name -> new NewTopic(name, PARTITIONS, (short) 1));
      admin.createTopics(topics.toList()).all().get();
      // One by one at first: after the creation Kafka's leaders need a moment until they answer.
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < count; i += 1) {
        sent.add(producer.send(new ProducerRecord<>("flink-in", i % PARTITIONS, null, "value-" + i)));
        if (i < PARTITIONS) {
          sent.get(i).get();
        }
      }
      for (var each : sent) {
        each.get();
      }
    }
  }

  /** Slow enough for checkpoints to come in between, and failing at each quarter of the records. */
  private static final class Failing implements MapFunction<String, String> {
    private final int count;

    Failing(int count) {
      this.count = count;
    }

    @Override
    public String map(String value) throws InterruptedException {
      Thread.sleep(1);
      int seen = SEEN.incrementAndGet();
      if (seen % 100 == 0) {
        System.out.println("copied " + seen);
      }
      int failed = FAILED.get();
      if (failed < FAILURES && seen > (failed + 1) * count / 4 && FAILED.compareAndSet(failed, failed + 1)) {
        System.out.println("failing " + seen);
        throw new IllegalStateException("a failure that was wanted");
      }
      return value;
    }
  }
}
