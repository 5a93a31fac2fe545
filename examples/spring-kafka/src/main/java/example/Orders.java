package example;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.stereotype.Component;

/** Takes orders with three threads, each with its own partitions, and acknowledges every one by hand. */
@Component
class Orders {
  static final int COUNT = 300;

  final Set<String> threads = ConcurrentHashMap.newKeySet();
  final Map<String, Integer> times = new ConcurrentHashMap<>();
  final CountDownLatch done = new CountDownLatch(COUNT);

  @KafkaListener(id = "orders", topics = "orders", concurrency = "3")
  void take(ConsumerRecord<String, String> order, Acknowledgment acknowledgment) {
    threads.add(Thread.currentThread().getName());
    times.merge(order.value(), 1, Integer::sum);
    acknowledgment.acknowledge();
    done.countDown();
  }
}
