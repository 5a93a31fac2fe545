// What the admin client of Kafka 4 calls otherwise than those before (before-4/Compat.java).

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.config.ConfigResource;

final class Compat {
  private Compat() {}

  static int partitionsOf(Admin admin, String topic) throws Exception {
    return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
  }

  static List<String> groups(Admin admin) throws Exception {
    return admin.listGroups().all().get().stream().map(each -> each.groupId()).toList();
  }

  static Map<String, Object> description(ConsumerGroupDescription group) {
    return Map.of("state", group.groupState().toString(), "members", group.members().size(),
        "type", group.type().toString(), "assignor", group.partitionAssignor(),
        "epoch", group.groupEpoch().orElse(-1), "targetEpoch", group.targetAssignmentEpoch().orElse(-1));
  }

  /** By an expression that the broker evaluates. */
  static void subscribe(KafkaConsumer<byte[], byte[]> consumer, String expression, ConsumerRebalanceListener listener) {
    consumer.subscribe(new SubscriptionPattern(expression), listener);
  }

  /** `atClose`: whether the member leaves its group; DEFAULT, LEAVE_GROUP or REMAIN_IN_GROUP. */
  static void close(KafkaConsumer<byte[], byte[]> consumer, String atClose) {
    consumer.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.valueOf(atClose)));
  }

  static Object alterConfigs(Admin admin, ConfigResource resource, Map<String, String> configs) throws Exception {
    throw new Driver.Absent("removed in Kafka 4.0");
  }
}
