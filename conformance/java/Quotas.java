// The driver's quotas: what Admin sets and says of them, and clients that tell how long they were throttled.

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;

final class Quotas {
  private Quotas() {}

  static void addTo(Map<String, Driver.Operation> all) {
    all.put("alterQuota", Quotas::alter);
    all.put("describeQuotas", Quotas::describe);
    all.put("produceThrottled", Quotas::produce);
    all.put("readThrottled", Quotas::read);
    all.put("createThrottled", Quotas::create);
  }

  private static Map<String, String> entity(JsonNode request) {
    Map<String, String> entity = new HashMap<>();
    request.get("entity").properties().forEach(one -> entity.put(one.getKey(), one.getValue().isNull() ? null : one.getValue().asText()));
    return entity;
  }

  private static Object alter(JsonNode request) throws Exception {
    List<ClientQuotaAlteration.Op> ops = new ArrayList<>();
    request.get("quotas").properties().forEach(one ->
        ops.add(new ClientQuotaAlteration.Op(one.getKey(), one.getValue().isNull() ? null : one.getValue().asDouble())));
    try (Admin admin = Admin.create(Driver.base())) {
      admin.alterClientQuotas(List.of(new ClientQuotaAlteration(new ClientQuotaEntity(entity(request)), ops))).all().get();
    }
    return null;
  }

  /** Entities in the order of their texts, with their quotas. */
  private static Object describe(JsonNode request) throws Exception {
    List<ClientQuotaFilterComponent> components = new ArrayList<>();
    entity(request).forEach((type, name) -> components.add(
        name == null ? ClientQuotaFilterComponent.ofDefaultEntity(type) : ClientQuotaFilterComponent.ofEntity(type, name)));
    ClientQuotaFilter filter = request.get("strict").asBoolean()
        ? ClientQuotaFilter.containsOnly(components) : ClientQuotaFilter.contains(components);
    try (Admin admin = Admin.create(Driver.base())) {
      var found = admin.describeClientQuotas(filter).entities().get();
      return found.entrySet().stream()
          .map(one -> Map.of("entity", one.getKey().entries(), "quotas", one.getValue()))
          .sorted((a, b) -> a.toString().compareTo(b.toString())).toList();
    }
  }

  private static double metric(Map<MetricName, ? extends Metric> metrics, String name) {
    return metrics.entrySet().stream().filter(one -> one.getKey().name().equals(name))
        .mapToDouble(one -> (Double) one.getValue().metricValue()).max().orElseThrow();
  }

  /** Sends records one after the other; answers the longest time that it was throttled for, and its last offset. */
  private static Object produce(JsonNode request) throws Exception {
    Map<String, String> options = Map.of("client.id", request.get("clientId").asText(), "acks", "all");
    byte[] value = new byte[request.get("size").asInt()];
    long offset = -1;
    long beganNs = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = Driver.producer(options)) {
      for (int i = 0; i < request.get("count").asInt(); i++) {
        offset = producer.send(new ProducerRecord<>(request.get("topic").asText(), 0, null, value)).get().offset();
      }
      double throttledMs = metric(producer.metrics(), "produce-throttle-time-max");
      return Map.of("throttledMs", throttledMs, "offset", offset, "tookMs", (System.nanoTime() - beganNs) / 1_000_000);
    }
  }

  /** Reads records from the beginning; answers the longest time that it was throttled for. */
  private static Object read(JsonNode request) throws Exception {
    Map<String, String> options = Map.of("client.id", request.get("clientId").asText());
    int count = request.get("count").asInt();
    int found = 0;
    try (KafkaConsumer<byte[], byte[]> consumer = Driver.consumer(null, options)) {
      consumer.assign(List.of(new TopicPartition(request.get("topic").asText(), 0)));
      while (found < count) found += consumer.poll(Duration.ofSeconds(1)).count();
      return Map.of("throttledMs", metric(consumer.metrics(), "fetch-throttle-time-max"), "found", found);
    }
  }

  /** Creates a topic without trying again; answers for how long it was refused, 0 when it was created. */
  private static Object create(JsonNode request) throws Exception {
    var properties = Driver.base();
    properties.put("client.id", request.get("clientId").asText());
    var topic = new NewTopic(request.get("topic").asText(), request.get("partitions").asInt(), (short) 1);
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(topic), new CreateTopicsOptions().retryOnQuotaViolation(request.get("again").asBoolean())).all().get();
      return Map.of("refusedMs", 0);
    } catch (ExecutionException error) {
      if (error.getCause() instanceof ThrottlingQuotaExceededException throttled) {
        return Map.of("refusedMs", throttled.throttleTimeMs());
      }
      throw error;
    }
  }
}
