// What is done beside the application, by lines of input: `create TOPIC PARTITIONS`, `feed COUNT`, `poison`, `counts`, `describe GROUP`,
// `list`, `delete GROUP`, `config TOPIC NAME`, `set GROUP NAME VALUE`. Each is answered by one line of JSON, or by `error MESSAGE`.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupMemberAssignment;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Tools {
  private static final int WORDS = 7;
  private static final Properties BASE = new Properties();
  private static int fed;

  public static void main(String[] arguments) throws Exception {
    BASE.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    try (Admin admin = Admin.create(BASE);
        var producer = new KafkaProducer<>(BASE, new StringSerializer(), new StringSerializer())) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        String answer;
        try {
          answer = run(admin, producer, line.split(" "));
        } catch (Exception error) {
          Throwable cause = error.getCause() == null ? error : error.getCause();
          answer = "error " + cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).replace('\n', ' ');
        }
        System.out.println(answer);
      }
    }
  }

  private static String run(Admin admin, KafkaProducer<String, String> producer, String[] words) throws Exception {
    switch (words[0]) {
      case "create":
        admin.createTopics(List.of(new NewTopic(words[1], Integer.parseInt(words[2]), (short) 1))).all().get();
        return "true";
      case "set":
        AlterConfigOp operation = new AlterConfigOp(new ConfigEntry(words[2], words[3]), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, words[1]), List.of(operation))).all().get();
        return "true";
      case "feed":
        for (int i = 0; i < Integer.parseInt(words[1]); i += 1, fed += 1) {
          producer.send(new ProducerRecord<>("text", "k" + fed % 100, "word" + fed % WORDS));
        }
        producer.flush();
        return Integer.toString(fed);
      case "poison":
        producer.send(new ProducerRecord<>("text", "k", "poison")).get();
        return "true";
      case "counts":
        return counts();
      case "describe":
        return described(admin.describeStreamsGroups(List.of(words[1])).all().get().get(words[1]));
      case "list":
        return admin.listGroups(ListGroupsOptions.forStreamsGroups()).all().get().stream()
            .map(group -> quoted(group.groupId())).sorted().collect(Collectors.joining(",", "[", "]"));
      case "delete":
        admin.deleteStreamsGroups(List.of(words[1])).all().get();
        return "true";
      case "config":
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, words[1]);
        return quoted(admin.describeConfigs(List.of(resource)).all().get().get(resource).get(words[2]).value());
      default:
        throw new IllegalArgumentException(words[0]);
    }
  }

  /** The last count of each word, and how many counts were written. */
  private static String counts() {
    Properties properties = new Properties();
    properties.putAll(BASE);
    properties.put("isolation.level", "read_committed");
    Map<String, Long> last = new TreeMap<>();
    try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new LongDeserializer())) {
      List<TopicPartition> partitions = List.of(new TopicPartition("counts", 0), new TopicPartition("counts", 1));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        consumer.poll(Duration.ofMillis(200)).forEach(each -> last.put(each.key(), each.value()));
      }
    }
    return last.entrySet().stream().map(each -> quoted(each.getKey()) + ":" + each.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String described(StreamsGroupDescription group) {
    String members = group.members().stream()
        .map(member -> "{\"active\":" + tasks(member.assignment().activeTasks()) + ",\"standby\":" + tasks(member.assignment().standbyTasks())
            + ",\"endpoint\":" + member.userEndpoint().map(each -> Integer.toString(each.port())).orElse("null") + "}")
        .collect(Collectors.joining(",", "[", "]"));
    String subtopologies = group.subtopologies().stream()
        .map(each -> "{\"id\":" + quoted(each.subtopologyId()) + ",\"sources\":" + names(each.sourceTopics())
            + ",\"repartition\":" + names(each.repartitionSourceTopics().keySet())
            + ",\"changelogs\":" + names(each.stateChangelogTopics().keySet()) + "}")
        .collect(Collectors.joining(",", "[", "]"));
    return "{\"state\":" + quoted(group.groupState().toString()) + ",\"members\":" + members + ",\"subtopologies\":" + subtopologies + "}";
  }

  private static String tasks(List<StreamsGroupMemberAssignment.TaskIds> tasks) {
    return names(tasks.stream().flatMap(each -> each.partitions().stream().map(one -> each.subtopologyId() + "_" + one)).toList());
  }

  private static String names(java.util.Collection<String> names) {
    return names.stream().sorted().map(Tools::quoted).collect(Collectors.joining(",", "[", "]"));
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
