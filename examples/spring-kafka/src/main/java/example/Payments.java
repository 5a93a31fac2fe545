package example;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.stereotype.Component;

/**
 * Payments that fail are tried twice more, after a while and without holding up the others. What fails for good is in
 * the dead-letter topic.
 */
@Component
class Payments {
  final Map<String, Integer> attempts = new ConcurrentHashMap<>();
  final Queue<String> paid = new ConcurrentLinkedQueue<>();
  final Queue<String> dead = new ConcurrentLinkedQueue<>();
  final CountDownLatch done = new CountDownLatch(3);

  @RetryableTopic(attempts = "3", backOff = @BackOff(delay = 300), kafkaTemplate = "kafkaTemplate",
      listenerContainerFactory = "byRecord", replicationFactor = "1")
  @KafkaListener(id = "payments", topics = "payments")
  void pay(ConsumerRecord<String, String> payment) {
    if (!payment.key().equals(Day.TODAY)) {
      return;
    }
    int attempt = attempts.merge(payment.value(), 1, Integer::sum);
    if (payment.value().equals("refused") || (payment.value().equals("slow") && attempt < 3)) {
      throw new IllegalStateException(payment.value() + " failed at attempt " + attempt);
    }
    paid.add(payment.value());
    done.countDown();
  }

  @DltHandler
  void giveUp(ConsumerRecord<String, String> payment) {
    if (!payment.key().equals(Day.TODAY)) {
      return;
    }
    dead.add(payment.value());
    done.countDown();
  }
}
