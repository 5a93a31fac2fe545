// What admin clients before Kafka 4 call otherwise (current/Compat.java).

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;

final class Compat {
  private Compat() {}

  static int partitionsOf(Admin admin, String topic) throws Exception {
    return admin.describeTopics(List.of(topic)).all().get().get(topic).partitions().size();
  }

  static List<String> groups(Admin admin) throws Exception {
    return admin.listConsumerGroups().all().get().stream().map(each -> each.groupId()).toList();
  }

  static Map<String, Object> description(ConsumerGroupDescription group) {
    return Map.of("state", group.state().toString(), "members", group.members().size());
  }

  static void subscribe(KafkaConsumer<byte[], byte[]> consumer, String expression, ConsumerRebalanceListener listener)
      throws KafkaException {
    throw new KafkaException("expressions that the broker evaluates came with Kafka 4.0");
  }

  static void close(KafkaConsumer<byte[], byte[]> consumer, String atClose) {
    consumer.close();
  }

  static Object alterConfigs(Admin admin, ConfigResource resource, Map<String, String> configs) throws Exception {
    var entries = configs.entrySet().stream().map(each -> new ConfigEntry(each.getKey(), each.getValue())).toList();
    return admin.alterConfigs(Map.of(resource, new Config(entries))).all().get();
  }
}
