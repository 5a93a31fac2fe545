package example;

import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.TopicBuilder;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/**
 * A small shop that uses what applications of spring-kafka use: orders are taken by three threads with manual
 * acknowledgements, payments are tried again over retry topics and end in a dead-letter topic, invoices are written in
 * transactions. {@link Day} sends what there is to do and prints what came of it.
 */
@SpringBootApplication
@EnableKafkaRetryTopic
public class Shop {
  public static void main(String[] arguments) {
    System.exit(SpringApplication.exit(SpringApplication.run(Shop.class, arguments)));
  }

  @Bean
  NewTopic ordersTopic() {
    return TopicBuilder.name("orders").partitions(6).replicas(1).build();
  }

  @Bean
  NewTopic paymentsTopic() {
    return TopicBuilder.name("payments").partitions(2).replicas(1).build();
  }

  @Bean
  NewTopic deliveriesTopic() {
    return TopicBuilder.name("deliveries").partitions(1).replicas(1).build();
  }

  @Bean
  NewTopic invoicesTopic() {
    return TopicBuilder.name("invoices").partitions(1).replicas(1).build();
  }

  /** What is sent on its own. */
  @Bean
  @Primary
  ProducerFactory<String, String> producers(KafkaProperties properties) {
    return new DefaultKafkaProducerFactory<>(properties.buildProducerProperties());
  }

  @Bean
  @Primary
  KafkaTemplate<String, String> kafkaTemplate(ProducerFactory<String, String> producers) {
    return new KafkaTemplate<>(producers);
  }

  /** What is sent in transactions. */
  @Bean
  DefaultKafkaProducerFactory<String, String> transactionalProducers(KafkaProperties properties) {
    Map<String, Object> settings = properties.buildProducerProperties();
    DefaultKafkaProducerFactory<String, String> factory = new DefaultKafkaProducerFactory<>(settings);
    factory.setTransactionIdPrefix("shop-");
    return factory;
  }

  @Bean
  KafkaTemplate<String, String> transactionalTemplate(DefaultKafkaProducerFactory<String, String> transactionalProducers) {
    return new KafkaTemplate<>(transactionalProducers);
  }

  /** Listeners of this factory read, write and commit in one transaction. */
  @Bean
  ConcurrentKafkaListenerContainerFactory<String, String> transactional(
      ConsumerFactory<String, String> consumers, DefaultKafkaProducerFactory<String, String> transactionalProducers) {
    var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
    factory.setConsumerFactory(consumers);
    factory.getContainerProperties().setKafkaAwareTransactionManager(new KafkaTransactionManager<>(transactionalProducers));
    return factory;
  }

  /** Listeners of this factory acknowledge by returning. */
  @Bean
  ConcurrentKafkaListenerContainerFactory<String, String> byRecord(ConsumerFactory<String, String> consumers) {
    var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
    factory.setConsumerFactory(consumers);
    factory.getContainerProperties().setAckMode(AckMode.RECORD);
    return factory;
  }

  /** Wakes the retry topics' listeners when a delay is over. */
  @Bean
  TaskScheduler scheduler() {
    return new ThreadPoolTaskScheduler();
  }
}
