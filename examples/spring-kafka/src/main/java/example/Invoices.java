package example;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;

/** Every delivery gets its invoice in one transaction: reading, writing and committing happen together or not at all. */
@Component
class Invoices {
  static final int COUNT = 20;
  /** The deliveries' invoices, and the last, which closes the day. */
  final CountDownLatch done = new CountDownLatch(COUNT + 1);
  final Queue<String> written = new ConcurrentLinkedQueue<>();
  final AtomicInteger failures = new AtomicInteger();

  private final KafkaTemplate<String, String> template;

  Invoices(@Qualifier("transactionalTemplate") KafkaTemplate<String, String> template) {
    this.template = template;
  }

  @KafkaListener(id = "deliveries", topics = "deliveries", containerFactory = "transactional")
  void deliver(ConsumerRecord<String, String> delivery) {
    template.send("invoices", delivery.value());
    // Fails once after it has written: the invoice of that attempt must never be seen.
    if (delivery.value().equals("delivery 7") && failures.getAndIncrement() == 0) {
      throw new IllegalStateException("the printer is out of paper");
    }
  }

  @KafkaListener(id = "invoices", topics = "invoices", containerFactory = "byRecord")
  void read(ConsumerRecord<String, String> invoice) {
    written.add(invoice.value());
    done.countDown();
  }
}
