/*
 * Load on RocketMQ's gRPC protocol with its own Java client. Prints one line of JSON, or fails with what went wrong.
 *
 *   ENDPOINT send sync|async TOPIC TOPICS BYTES THREADS WARM_S SECONDS   over TOPIC, or TOPIC0 … when TOPICS is more than 1
 *   ENDPOINT fill TOPIC BYTES COUNT                  messages to be received; as fast as they are taken
 *   ENDPOINT receive push|simple TOPIC GROUP COUNT   COUNT messages, each acknowledged, in 20 threads or 16
 *   ENDPOINT transactions TOPIC BYTES THREADS WARM_S SECONDS   half message and commit
 *   ENDPOINT delay TOPIC GROUP COUNT DELAY_MS        how late messages come that 32 threads have sent as fast as they could
 *   ENDPOINT first TOPIC                             when the first message is acknowledged; tries for 3 s, so that its classes are
 *                                                    loaded, and then as soon as somebody listens
 *
 * Asynchronous sends have 512 in flight. Failed calls are counted, and not sent again by the client.
 */
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.apache.rocketmq.client.apis.ClientConfiguration;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.MessageListener;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.Message;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.Transaction;
import org.apache.rocketmq.client.apis.producer.TransactionResolution;

public final class RocketmqLoad {
  private static final int IN_FLIGHT = 512;
  private static final int PUSH_THREADS = 20;
  private static final int SIMPLE_THREADS = 16;
  private static final int DELAY_THREADS = 32;
  private static final int RECEIVE_AT_ONCE = 32;
  private static final int SAMPLES_MAX = 4_000_000;
  private static final ClientServiceProvider provider = ClientServiceProvider.loadService();

  private final String endpoint;
  private final ClientConfiguration configuration;
  private final LongAdder done = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final AtomicReference<String> failure = new AtomicReference<>("");
  private final long[] samplesUs = new long[SAMPLES_MAX];
  private final AtomicInteger sampleCount = new AtomicInteger();
  private volatile boolean stopped;

  private RocketmqLoad(String endpoint) {
    this.endpoint = endpoint;
    configuration = ClientConfiguration.newBuilder().setEndpoints(endpoint).enableSsl(false)
        .setRequestTimeout(Duration.ofSeconds(10)).build();
  }

  public static void main(String[] args) throws Exception {
    RocketmqLoad load = new RocketmqLoad(args[0]);
    String[] rest = Arrays.copyOfRange(args, 2, args.length);
    String line = switch (args[1]) {
      case "send" -> load.send(rest);
      case "fill" -> load.fill(rest[0], Integer.parseInt(rest[1]), Integer.parseInt(rest[2]));
      case "receive" -> load.receive(rest[0], rest[1], rest[2], Integer.parseInt(rest[3]));
      case "transactions" -> load.transactions(rest);
      case "delay" -> load.delay(rest[0], rest[1], Integer.parseInt(rest[2]), Long.parseLong(rest[3]));
      case "first" -> load.first(rest[0]);
      default -> throw new IllegalArgumentException(args[1]);
    };
    System.out.println(line);
    System.out.flush();
    // Clients take seconds to say goodbye, and nobody measures that.
    Runtime.getRuntime().halt(0);
  }

  private void fail(Throwable error) {
    failed.increment();
    failure.compareAndSet("", String.valueOf(error));
  }

  private void sample(long startNs) {
    int at = sampleCount.getAndIncrement();
    if (at < SAMPLES_MAX) samplesUs[at] = (System.nanoTime() - startNs) / 1000;
  }

  /** RocketMQ's proxy may hear of a topic some time after it was made. */
  private Producer producer(String... topics) throws Exception {
    return started(() -> tryProducer(topics));
  }

  private static Producer started(Callable<Producer> make) throws Exception {
    for (int tries = 1;; tries++) {
      try {
        return make.call();
      } catch (Exception error) {
        if (tries == 90) throw error;
        Thread.sleep(500);
      }
    }
  }

  private Producer tryProducer(String... topics) throws Exception {
    return provider.newProducerBuilder().setClientConfiguration(configuration).setTopics(topics).setMaxAttempts(1).build();
  }

  private static Message message(String topic, byte[] body) {
    return provider.newMessageBuilder().setTopic(topic).setBody(body).build();
  }

  private interface Step {
    void run() throws Exception;
  }

  /** Runs a step again and again in many threads until the end. */
  private void repeat(int threads, Step step) {
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(() -> {
        while (!stopped) {
          try {
            step.run();
          } catch (Throwable error) {
            fail(error);
          }
        }
      });
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** What is done in some seconds after those that warm up. */
  private String measure(double warmS, double seconds) throws Exception {
    Thread.sleep((long) (warmS * 1000));
    long before = done.sum();
    long startNs = System.nanoTime();
    int from = Math.min(SAMPLES_MAX, sampleCount.get());
    Thread.sleep((long) (seconds * 1000));
    long messages = done.sum() - before;
    double tookS = (System.nanoTime() - startNs) / 1e9;
    int to = Math.min(SAMPLES_MAX, sampleCount.get());
    stopped = true;
    return line(done.sum(), messages / tookS, Arrays.copyOfRange(samplesUs, from, to));
  }

  private String line(long messages, double perSecond, long[] latenciesUs) {
    Arrays.sort(latenciesUs);
    if (failed.sum() > 0) System.err.println(failed.sum() + " failed, the first: " + failure.get());
    return String.format(Locale.ROOT,
        "{\"messages\":%d,\"per_s\":%.2f,\"failed\":%d,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}",
        messages, perSecond, failed.sum(), at(latenciesUs, 0.5), at(latenciesUs, 0.99), at(latenciesUs, 1));
  }

  /** A quantile of sorted microseconds by nearest rank, in ms. */
  private static double at(long[] sortedUs, double quantile) {
    if (sortedUs.length == 0) return 0;
    int rank = (int) Math.ceil(quantile * sortedUs.length);
    return sortedUs[Math.max(0, rank - 1)] / 1000.0;
  }

  private String send(String[] args) throws Exception {
    boolean isSync = args[0].equals("sync");
    int topicCount = Integer.parseInt(args[2]);
    String[] topics = new String[topicCount];
    for (int i = 0; i < topicCount; i++) topics[i] = topicCount == 1 ? args[1] : args[1] + i;
    byte[] body = new byte[Integer.parseInt(args[3])];
    Producer producer = producer(topics);
    AtomicInteger next = new AtomicInteger();
    Semaphore permits = new Semaphore(IN_FLIGHT);
    repeat(Integer.parseInt(args[4]), () -> {
      Message message = message(topics[Math.floorMod(next.getAndIncrement(), topicCount)], body);
      if (!isSync) permits.acquire();
      long startNs = System.nanoTime();
      if (isSync) {
        producer.send(message);
        done.increment();
        sample(startNs);
        return;
      }
      producer.sendAsync(message).whenComplete((receipt, error) -> {
        permits.release();
        if (error != null) {
          fail(error);
          return;
        }
        done.increment();
        sample(startNs);
      });
    });
    return measure(Double.parseDouble(args[5]), Double.parseDouble(args[6]));
  }

  private String fill(String topic, int bytes, int count) throws Exception {
    Producer producer = producer(topic);
    byte[] body = new byte[bytes];
    Semaphore permits = new Semaphore(IN_FLIGHT);
    long startNs = System.nanoTime();
    // Until so many are acknowledged: a broker that is busy may refuse some.
    while (done.sum() < count) {
      long missing = count - done.sum();
      for (long i = 0; i < missing; i++) {
        permits.acquire();
        producer.sendAsync(message(topic, body)).whenComplete((receipt, error) -> {
          permits.release();
          if (error == null) done.increment();
          else fail(error);
        });
      }
      permits.acquire(IN_FLIGHT);
      permits.release(IN_FLIGHT);
    }
    return line(done.sum(), done.sum() * 1e9 / (System.nanoTime() - startNs), new long[0]);
  }

  /** The rate counts from a fifth of the messages on, when the client is warm. */
  private String receive(String kind, String topic, String group, int count) throws Exception {
    int warm = count / 5;
    AtomicLong warmNs = new AtomicLong();
    AtomicLong received = new AtomicLong();
    CountDownLatch all = new CountDownLatch(1);
    AtomicLong endNs = new AtomicLong();
    Step one = () -> {
      long n = received.incrementAndGet();
      if (n == warm) warmNs.set(System.nanoTime());
      if (n == count) {
        endNs.set(System.nanoTime());
        all.countDown();
      }
    };
    if (kind.equals("push")) {
      push(topic, group, view -> {
        try {
          one.run();
        } catch (Exception error) {
          fail(error);
        }
        return ConsumeResult.SUCCESS;
      });
    } else {
      SimpleConsumer consumer = provider.newSimpleConsumerBuilder().setClientConfiguration(configuration)
          .setConsumerGroup(group).setAwaitDuration(Duration.ofSeconds(5))
          .setSubscriptionExpressions(Map.of(topic, FilterExpression.SUB_ALL)).build();
      repeat(SIMPLE_THREADS, () -> {
        List<MessageView> views = consumer.receive(RECEIVE_AT_ONCE, Duration.ofSeconds(30));
        List<CompletableFuture<Void>> acks = new ArrayList<>();
        for (MessageView view : views) acks.add(consumer.ackAsync(view));
        for (CompletableFuture<Void> ack : acks) {
          ack.get();
          one.run();
        }
      });
    }
    if (!all.await(240, TimeUnit.SECONDS)) {
      throw new IllegalStateException("received " + received.get() + " of " + count + "; " + failed.sum() + " failed: " + failure.get());
    }
    return line(count, (count - warm) * 1e9 / (endNs.get() - warmNs.get()), new long[0]);
  }

  private void push(String topic, String group, MessageListener listener) throws Exception {
    provider.newPushConsumerBuilder().setClientConfiguration(configuration).setConsumerGroup(group)
        .setSubscriptionExpressions(Map.of(topic, FilterExpression.SUB_ALL)).setConsumptionThreadCount(PUSH_THREADS)
        .setMaxCacheMessageCount(8192).setMessageListener(listener).build();
  }

  private String transactions(String[] args) throws Exception {
    String topic = args[0];
    byte[] body = new byte[Integer.parseInt(args[1])];
    Producer producer = started(() -> provider.newProducerBuilder().setClientConfiguration(configuration).setTopics(topic)
        .setMaxAttempts(1).setTransactionChecker(view -> TransactionResolution.COMMIT).build());
    repeat(Integer.parseInt(args[2]), () -> {
      long startNs = System.nanoTime();
      Transaction transaction = producer.beginTransaction();
      producer.send(message(topic, body), transaction);
      transaction.commit();
      done.increment();
      sample(startNs);
    });
    return measure(Double.parseDouble(args[3]), Double.parseDouble(args[4]));
  }

  /** Two rounds warm broker and client up, the third counts. */
  private String delay(String topic, String group, int count, long delayMs) throws Exception {
    AtomicReference<CountDownLatch> awaited = new AtomicReference<>();
    LongAdder early = new LongAdder();
    push(topic, group, view -> {
      long lateMs = System.currentTimeMillis() - view.getBody().getLong(0);
      if (lateMs < 0) early.increment();
      int at = sampleCount.getAndIncrement();
      if (at < SAMPLES_MAX) samplesUs[at] = lateMs * 1000;
      awaited.get().countDown();
      return ConsumeResult.SUCCESS;
    });
    Producer producer = producer(topic);
    // The consumer is to wait already when the first is due.
    Thread.sleep(2000);
    for (int round = 0; round < 3; round++) {
      sampleCount.set(0);
      awaited.set(new CountDownLatch(count));
      sendDelayed(producer, topic, count, delayMs);
      if (!awaited.get().await(delayMs + 60_000, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(awaited.get().getCount() + " of " + count + " did not come within a minute of their time; "
            + failed.sum() + " failed: " + failure.get());
      }
    }
    if (early.sum() > 0) throw new IllegalStateException(early.sum() + " came early");
    return line(count, 0, Arrays.copyOf(samplesUs, Math.min(SAMPLES_MAX, sampleCount.get())));
  }

  private void sendDelayed(Producer producer, String topic, int count, long delayMs) throws Exception {
    AtomicInteger left = new AtomicInteger(count);
    Thread[] threads = new Thread[DELAY_THREADS];
    for (int i = 0; i < threads.length; i++) {
      threads[i] = new Thread(() -> {
        while (left.getAndDecrement() > 0) {
          long due = System.currentTimeMillis() + delayMs;
          byte[] body = ByteBuffer.allocate(128).putLong(due).array();
          try {
            producer.send(provider.newMessageBuilder().setTopic(topic).setBody(body).setDeliveryTimestamp(due).build());
          } catch (Exception error) {
            fail(error);
          }
        }
      });
      threads[i].start();
    }
    for (Thread thread : threads) thread.join();
  }

  private boolean listens() {
    int colon = endpoint.lastIndexOf(':');
    try (Socket socket = new Socket(endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1)))) {
      return true;
    } catch (IOException error) {
      return false;
    }
  }

  private String first(String topic) throws Exception {
    long warmUntil = System.nanoTime() + 3_000_000_000L;
    for (;;) {
      // A try that fails takes a quarter of a second of the client's, which would count as the broker's.
      if (System.nanoTime() > warmUntil && !listens()) {
        Thread.sleep(2);
        continue;
      }
      try {
        Producer producer = tryProducer(topic);
        producer.send(message(topic, new byte[] {1}));
        return "{\"epoch_ms\":" + System.currentTimeMillis() + "}";
      } catch (Exception error) {
        Thread.sleep(10);
      }
    }
  }
}
