// A word count of Kafka Streams: WordCount APPLICATION_ID GROUP_PROTOCOL STATE_FOLDER counts the words of the topic
// `words-GROUP_PROTOCOL` into the topic `counts-GROUP_PROTOCOL`, exactly once, every count by itself. Prints `state NAME` at each change of state, and
// ends when its input does.

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;

public final class WordCount {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
    properties.put("application.id", arguments[0]);
    properties.put("group.protocol", arguments[1]);
    properties.put("state.dir", arguments[2]);
    properties.put("processing.guarantee", "exactly_once_v2");
    properties.put("num.stream.threads", "2");
    properties.put("replication.factor", "1");
    properties.put("default.key.serde", Serdes.StringSerde.class);
    properties.put("default.value.serde", Serdes.StringSerde.class);
    // Without the cache every count is forwarded: a gap or a repetition is seen.
    properties.put("statestore.cache.max.bytes", "0");
    properties.put("auto.offset.reset", "earliest");
    if (arguments[1].equals("classic")) {
      // The members of a killed process are waited for.
      properties.put("main.consumer.session.timeout.ms", "6000");
      properties.put("main.consumer.heartbeat.interval.ms", "500");
    }

    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream("words-" + arguments[1])
        .groupBy((key, word) -> word, Grouped.as("by-word"))
        .count(Named.as("count"))
        .toStream()
        .to("counts-" + arguments[1], Produced.with(Serdes.String(), Serdes.Long()));
    KafkaStreams streams = new KafkaStreams(builder.build(), properties);
    streams.setStateListener((now, before) -> System.out.println("state " + now));
    streams.start();
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    System.exit(streams.close(Duration.ofSeconds(30)) ? 0 : 1);
  }
}
