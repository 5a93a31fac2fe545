// A program for RocketMQ 4 with the address that it was given for a name server: prints what its user sees, as one line for each
// thing it tries: NAME, a tab, the exception with its causes.
import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

public class Misled {
    interface Try {
        Object run() throws Exception;
    }

    static void tell(String name, Try attempt) {
        StringBuilder seen = new StringBuilder();
        try {
            Object result = attempt.run();
            seen.append("nothing: ").append(result);
        } catch (Throwable error) {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) seen.append(cause).append(" / ");
        }
        System.out.println(name + "\t" + seen.toString().replaceAll("\\s+", " "));
    }

    public static void main(String[] arguments) throws Exception {
        String address = arguments[0];
        DefaultMQProducer producer = new DefaultMQProducer("misled");
        producer.setNamesrvAddr(address);
        producer.setSendMsgTimeout(10_000);
        tell("start of a producer", () -> {
            producer.start();
            return "started";
        });
        byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
        tell("send", () -> producer.send(new Message("orders", body)));
        producer.shutdown();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("misled");
        consumer.setNamesrvAddr(address);
        consumer.subscribe("orders", MessageSelector.bySql("weight > 1"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> null);
        tell("start of a consumer with SQL", () -> {
            consumer.start();
            return "started";
        });
        System.exit(0);
    }
}
