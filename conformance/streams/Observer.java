// Observer SUFFIX feeds the topic `words-SUFFIX`, and prints the committed records of the topic `counts-SUFFIX` as they
// come: `WORD COUNT`.
// `ready` comes first, when the topics are there. Words go out at a steady pace from the start until `stop` is read from the input, which is answered by `fed N`.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Observer {
  private static final int PARTITIONS = 2;
  private static final int WORDS = 7;
  private static String words;
  private static String counts;

  public static void main(String[] arguments) throws Exception {
    words = "words-" + arguments[0];
    counts = "counts-" + arguments[0];
    Properties base = new Properties();
    base.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
    try (Admin admin = Admin.create(base)) {
      admin.createTopics(List.of(new NewTopic(words, PARTITIONS, (short) 1), new NewTopic(counts, PARTITIONS, (short) 1)))
          .all().get();
    }
    System.out.println("ready");
    Thread watcher = new Thread(() -> watch(base));
    watcher.setDaemon(true);
    watcher.start();
    CountDownLatch stopping = new CountDownLatch(1);
    Thread feeder = new Thread(() -> feed(base, stopping));
    feeder.start();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      stopping.countDown();
    }
    System.exit(0);
  }

  private static void feed(Properties base, CountDownLatch stopping) {
    int sent = 0;
    try (var producer = new KafkaProducer<>(base, new StringSerializer(), new StringSerializer())) {
      while (!stopping.await(5, TimeUnit.MILLISECONDS)) {
        producer.send(new ProducerRecord<>(words, sent % PARTITIONS, null, "word" + sent % WORDS), (metadata, error) -> {
          if (error != null) {
            System.out.println("failed " + error);
          }
        });
        sent += 1;
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
    System.out.println("fed " + sent);
  }

  private static void watch(Properties base) {
    Properties properties = new Properties();
    properties.putAll(base);
    properties.put("isolation.level", "read_committed");
    properties.put("auto.offset.reset", "earliest");
    try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new LongDeserializer())) {
      consumer.assign(List.of(new TopicPartition(counts, 0), new TopicPartition(counts, 1)));
      while (true) {
        consumer.poll(Duration.ofMillis(200)).forEach(each -> System.out.println(each.key() + " " + each.value()));
      }
    }
  }
}
