package example;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.stereotype.Component;

/** A day of the shop: sends orders, payments and deliveries, waits for what comes of them, and prints it. */
@Component
class Day implements ApplicationRunner {
  /** Of this run: what an earlier one did not finish is delivered again, and is not of this day. */
  static final String TODAY = Long.toString(System.nanoTime(), 36);

  private final KafkaTemplate<String, String> template;
  private final KafkaTemplate<String, String> transactionalTemplate;
  private final Orders orders;
  private final Payments payments;
  private final Invoices invoices;
  private final KafkaListenerEndpointRegistry registry;

  Day(KafkaTemplate<String, String> template,
      @Qualifier("transactionalTemplate") KafkaTemplate<String, String> transactionalTemplate,
      Orders orders, Payments payments, Invoices invoices, KafkaListenerEndpointRegistry registry) {
    this.template = template;
    this.transactionalTemplate = transactionalTemplate;
    this.orders = orders;
    this.payments = payments;
    this.invoices = invoices;
    this.registry = registry;
  }

  @Override
  public void run(ApplicationArguments arguments) throws Exception {
    awaitThreads();
    for (int i = 0; i < Orders.COUNT; i += 1) {
      template.send("orders", "customer-" + i % 30, "order " + i);
    }
    for (String each : List.of("prompt", "slow", "refused")) {
      template.send("payments", TODAY, each).get();
    }
    for (int i = 0; i < Invoices.COUNT; i += 1) {
      template.send("deliveries", "delivery " + i);
    }
    await(orders.done, "orders");
    await(payments.done, "payments");
    rollBack();
    transactionalTemplate.executeInTransaction(operations -> operations.send("invoices", "closing"));
    await(invoices.done, "invoices");
    print();
  }

  /** Orders are sent when each of the three threads has its partitions: otherwise the first might take them all. */
  private void awaitThreads() throws InterruptedException {
    var orders = (ConcurrentMessageListenerContainer<?, ?>) registry.getListenerContainer("orders");
    while (!orders.getContainers().stream().allMatch(each -> each.getAssignedPartitions().size() == 2)) {
      Thread.sleep(50);
    }
  }

  /** A transaction that fails: neither of its invoices is ever seen. */
  private void rollBack() {
    try {
      transactionalTemplate.executeInTransaction(operations -> {
        operations.send("invoices", "rolled back");
        operations.send("invoices", "rolled back too");
        operations.flush();
        throw new IllegalStateException("changed our mind");
      });
    } catch (IllegalStateException expected) {
      System.out.println("rolled back: " + expected.getMessage());
    }
  }

  private void print() {
    boolean once = orders.times.size() == Orders.COUNT && orders.times.values().stream().allMatch(each -> each == 1);
    System.out.println("orders: " + orders.times.size() + (once ? " once each" : " some more than once") + ", "
        + orders.threads.size() + " threads");
    System.out.println("payments: paid " + new TreeSet<>(payments.paid) + ", dead " + payments.dead + ", attempts "
        + payments.attempts.get("prompt") + " " + payments.attempts.get("slow") + " " + payments.attempts.get("refused"));
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < Invoices.COUNT; i += 1) {
      wanted.add("delivery " + i);
    }
    wanted.add("closing");
    Set<String> got = new TreeSet<>(invoices.written);
    boolean exact = got.equals(new TreeSet<>(wanted)) && invoices.written.size() == wanted.size();
    System.out.println("invoices: " + (exact ? "each once" : invoices.written.toString()) + ", failures " + invoices.failures);
  }

  private static void await(CountDownLatch latch, String what) throws InterruptedException {
    if (!latch.await(90, TimeUnit.SECONDS)) {
      throw new IllegalStateException(latch.getCount() + " " + what + " are missing after 90 s");
    }
  }
}
