// A word count of Kafka Streams in a Streams group: App APPLICATION_ID STATE_FOLDER GUARANTEE PORT. Counts the words of the
// topic `text` into the topic `counts`, and says that it can be asked at 127.0.0.1:PORT (0: nothing). Prints `state NAME`, and when they change
// `tasks ACTIVE / STANDBY` and `at PORT=PARTITIONS …`. Ends when its input does; `shutdown` asks the whole application to.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.TaskMetadata;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;

public final class App {
  /** A word that makes its task fail, and with it the application. */
  private static final String POISON = "poison";

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
    properties.put("application.id", arguments[0]);
    properties.put("group.protocol", "streams");
    properties.put("state.dir", arguments[1]);
    properties.put("processing.guarantee", arguments[2]);
    if (!arguments[3].equals("0")) {
      properties.put("application.server", "127.0.0.1:" + arguments[3]);
    }
    properties.put("replication.factor", "1");
    properties.put("commit.interval.ms", "200");
    properties.put("default.key.serde", Serdes.StringSerde.class);
    properties.put("default.value.serde", Serdes.StringSerde.class);
    properties.put("auto.offset.reset", "earliest");
    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream("text")
        .peek((key, word) -> {
          if (word.equals(POISON)) {
            throw new IllegalStateException("a word that can't be counted");
          }
        })
        .groupBy((key, word) -> word, Grouped.as("by-word"))
        .count(Named.as("count"), Materialized.as("counts-store"))
        .toStream()
        .to("counts", Produced.with(Serdes.String(), Serdes.Long()));
    KafkaStreams streams = new KafkaStreams(builder.build(), properties);
    streams.setStateListener((now, before) -> System.out.println("state " + now));
    streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.SHUTDOWN_APPLICATION);
    Thread teller = new Thread(() -> tell(streams));
    teller.setDaemon(true);
    teller.start();
    streams.start();
    new BufferedReader(new InputStreamReader(System.in)).lines().forEach(line -> {});
    System.exit(streams.close(Duration.ofSeconds(30)) ? 0 : 1);
  }

  private static void tell(KafkaStreams streams) {
    String before = "";
    try {
      while (true) {
        Thread.sleep(100);
        String now = tasks(streams) + "\n" + endpoints(streams);
        if (!now.equals(before)) {
          System.out.println(now);
        }
        before = now;
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException stopped) {
      // There is nothing more to tell.
    }
  }

  private static String tasks(KafkaStreams streams) {
    return "tasks " + named(streams.metadataForLocalThreads().stream().flatMap(thread -> thread.activeTasks().stream()))
        + " / " + named(streams.metadataForLocalThreads().stream().flatMap(thread -> thread.standbyTasks().stream()));
  }

  private static String named(Stream<TaskMetadata> tasks) {
    return tasks.map(task -> task.taskId().toString()).sorted().collect(Collectors.joining(","));
  }

  private static String endpoints(KafkaStreams streams) {
    return "at " + streams.metadataForAllStreamsClients().stream()
        .map(each -> each.port() + "=" + each.topicPartitions().stream().map(Object::toString).sorted().collect(Collectors.joining(",")))
        .sorted().collect(Collectors.joining(" "));
  }
}
