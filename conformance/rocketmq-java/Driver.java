// Drives rocketmq-client-java; ../lib/rocketmq.mjs says what the operations are.
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.rocketmq.client.apis.ClientConfiguration;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.StaticSessionCredentialsProvider;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.FilterExpressionType;
import org.apache.rocketmq.client.apis.consumer.LitePushConsumer;
import org.apache.rocketmq.client.apis.consumer.MessageListener;
import org.apache.rocketmq.client.apis.consumer.OffsetOption;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.MessageBuilder;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.SendReceipt;
import org.apache.rocketmq.client.apis.producer.Transaction;
import org.apache.rocketmq.client.apis.producer.TransactionResolution;

public class Driver {
    static final ClientServiceProvider PROVIDER = ClientServiceProvider.loadService();
    static final ClientConfiguration CONFIGURATION =
        ClientConfiguration.newBuilder()
            .setEndpoints(System.getenv("ROCKETMQ"))
            .setCredentialProvider(
                new StaticSessionCredentialsProvider(System.getenv("ROCKETMQ_ACCESS_KEY"), System.getenv("ROCKETMQ_SECRET")))
            .build();
    static final Gson GSON = new Gson();
    static final PrintStream OUT = System.out;
    static final Map<String, AutoCloseable> CONSUMERS = new ConcurrentHashMap<>();
    static final Map<String, List<MessageView>> RECEIVED = new ConcurrentHashMap<>();
    static Producer producer;
    static Producer transactional;

    static synchronized Producer producer() throws Exception {
        if (producer == null) producer = PROVIDER.newProducerBuilder().setClientConfiguration(CONFIGURATION).build();
        return producer;
    }

    static void write(JsonObject line) {
        synchronized (OUT) {
            OUT.println(GSON.toJson(line));
        }
    }

    static String text(JsonObject object, String name) {
        JsonElement element = object.get(name);
        return element == null || element.isJsonNull() ? null : element.getAsString();
    }

    static JsonObject shown(MessageView message) {
        ByteBuffer buffer = message.getBody();
        byte[] body = new byte[buffer.remaining()];
        buffer.get(body);
        JsonObject shown = new JsonObject();
        shown.addProperty("body", Base64.getEncoder().encodeToString(body));
        shown.addProperty("tag", message.getTag().orElse(null));
        shown.add("keys", GSON.toJsonTree(new ArrayList<>(message.getKeys())));
        shown.addProperty("group", message.getMessageGroup().orElse(null));
        shown.addProperty("lite", message.getLiteTopic().orElse(null));
        shown.addProperty("id", message.getMessageId().toString());
        shown.addProperty("attempt", message.getDeliveryAttempt());
        shown.add("properties", GSON.toJsonTree(message.getProperties()));
        return shown;
    }

    static JsonElement send(JsonObject args) throws Exception {
        JsonArray receipts = new JsonArray();
        for (JsonElement each : args.getAsJsonArray("messages")) {
            JsonObject given = each.getAsJsonObject();
            MessageBuilder builder = PROVIDER.newMessageBuilder().setTopic(text(args, "topic"));
            builder.setBody(Base64.getDecoder().decode(text(given, "body")));
            if (given.has("tag")) builder.setTag(text(given, "tag"));
            if (given.has("keys")) builder.setKeys(GSON.fromJson(given.get("keys"), String[].class));
            if (given.has("group")) builder.setMessageGroup(text(given, "group"));
            if (given.has("lite")) builder.setLiteTopic(text(given, "lite"));
            if (given.has("priority")) builder.setPriority(given.get("priority").getAsInt());
            if (given.has("deliverAtMs")) builder.setDeliveryTimestamp(given.get("deliverAtMs").getAsLong());
            if (given.has("properties")) {
                for (Map.Entry<String, JsonElement> property : given.getAsJsonObject("properties").entrySet()) {
                    builder.addProperty(property.getKey(), property.getValue().getAsString());
                }
            }
            SendReceipt sent = producer().send(builder.build());
            JsonObject receipt = new JsonObject();
            receipt.addProperty("id", sent.getMessageId().toString());
            receipt.addProperty("recallHandle", sent.getRecallHandle());
            receipts.add(receipt);
        }
        return receipts;
    }

    /** Says commit of whatever it is asked. */
    static synchronized Producer transactional(String topic) throws Exception {
        if (transactional == null) {
            transactional = PROVIDER.newProducerBuilder()
                .setClientConfiguration(CONFIGURATION)
                .setTopics(topic)
                .setTransactionChecker(message -> TransactionResolution.COMMIT)
                .build();
        }
        return transactional;
    }

    static void transact(JsonObject args) throws Exception {
        String topic = text(args, "topic");
        byte[] body = Base64.getDecoder().decode(text(args, "body"));
        Producer producer = transactional(topic);
        Transaction transaction = producer.beginTransaction();
        producer.send(PROVIDER.newMessageBuilder().setTopic(topic).setBody(body).build(), transaction);
        if (text(args, "end").equals("commit")) transaction.commit();
        if (text(args, "end").equals("rollback")) transaction.rollback();
    }

    static Map<String, FilterExpression> subscription(JsonObject args) {
        FilterExpressionType type =
            text(args, "type").equals("SQL") ? FilterExpressionType.SQL92 : FilterExpressionType.TAG;
        return Collections.singletonMap(text(args, "topic"), new FilterExpression(text(args, "expression"), type));
    }

    static void simple(JsonObject args) throws Exception {
        String name = text(args, "name");
        RECEIVED.put(name, Collections.synchronizedList(new ArrayList<>()));
        CONSUMERS.put(name, PROVIDER.newSimpleConsumerBuilder()
            .setClientConfiguration(CONFIGURATION)
            .setConsumerGroup(text(args, "group"))
            .setSubscriptionExpressions(subscription(args))
            .setAwaitDuration(Duration.ofMillis(args.get("awaitMs").getAsLong()))
            .build());
    }

    static JsonElement receive(JsonObject args) throws Exception {
        String name = text(args, "name");
        List<MessageView> known = RECEIVED.get(name);
        Duration invisible = Duration.ofMillis(args.get("invisibleMs").getAsLong());
        JsonArray messages = new JsonArray();
        for (MessageView message : ((SimpleConsumer) CONSUMERS.get(name)).receive(args.get("max").getAsInt(), invisible)) {
            JsonObject shown = shown(message);
            synchronized (known) {
                known.add(message);
                shown.addProperty("index", known.size() - 1);
            }
            messages.add(shown);
        }
        return messages;
    }

    static MessageView received(JsonObject args) {
        return RECEIVED.get(text(args, "name")).get(args.get("index").getAsInt());
    }

    static MessageListener listener(JsonObject args) {
        String name = text(args, "name");
        List<String> refused = Collections.synchronizedList(new ArrayList<>());
        for (JsonElement each : args.getAsJsonArray("fail")) refused.add(each.getAsString());
        return message -> {
            JsonObject event = shown(message);
            event.addProperty("event", "message");
            event.addProperty("consumer", name);
            write(event);
            String body = StandardCharsets.UTF_8.decode(message.getBody()).toString();
            return refused.remove(body) ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS;
        };
    }

    static void push(JsonObject args) throws Exception {
        PushConsumer consumer = PROVIDER.newPushConsumerBuilder()
            .setClientConfiguration(CONFIGURATION)
            .setConsumerGroup(text(args, "group"))
            .setSubscriptionExpressions(subscription(args))
            .setMessageListener(listener(args))
            .build();
        CONSUMERS.put(text(args, "name"), consumer);
    }

    static void lite(JsonObject args) throws Exception {
        LitePushConsumer consumer = PROVIDER.newLitePushConsumerBuilder()
            .bindTopic(text(args, "topic"))
            .setClientConfiguration(CONFIGURATION)
            .setConsumerGroup(text(args, "group"))
            .setMessageListener(listener(args))
            .build();
        CONSUMERS.put(text(args, "name"), consumer);
    }

    static LitePushConsumer liteConsumer(JsonObject args) {
        return (LitePushConsumer) CONSUMERS.get(text(args, "name"));
    }

    static void subscribeLite(JsonObject args) throws Exception {
        LitePushConsumer consumer = liteConsumer(args);
        String lite = text(args, "lite");
        if (args.has("from")) consumer.subscribeLite(lite, offsetOption(args.getAsJsonObject("from")));
        else consumer.subscribeLite(lite);
    }

    static OffsetOption offsetOption(JsonObject from) {
        if (from.has("offset")) return OffsetOption.ofOffset(from.get("offset").getAsLong());
        if (from.has("tail")) return OffsetOption.ofTailN(from.get("tail").getAsLong());
        if (from.has("timestamp")) return OffsetOption.ofTimestamp(from.get("timestamp").getAsLong());
        return text(from, "policy").equals("min") ? OffsetOption.MIN_OFFSET : OffsetOption.MAX_OFFSET;
    }

    static JsonElement run(String op, JsonObject args) throws Exception {
        JsonObject nothing = new JsonObject();
        switch (op) {
            case "hello":
                return nothing;
            case "send":
                return send(args);
            case "recall":
                nothing.addProperty("id",
                    producer().recallMessage(text(args, "topic"), text(args, "handle")).getMessageId().toString());
                return nothing;
            case "transact":
                transact(args);
                return nothing;
            case "simple":
                simple(args);
                return nothing;
            case "receive":
                return receive(args);
            case "ack":
                ((SimpleConsumer) CONSUMERS.get(text(args, "name"))).ack(received(args));
                return nothing;
            case "extend":
                ((SimpleConsumer) CONSUMERS.get(text(args, "name")))
                    .changeInvisibleDuration(received(args), Duration.ofMillis(args.get("ms").getAsLong()));
                return nothing;
            case "push":
                push(args);
                return nothing;
            case "lite":
                lite(args);
                return nothing;
            case "subscribeLite":
                subscribeLite(args);
                return nothing;
            case "unsubscribeLite":
                liteConsumer(args).unsubscribeLite(text(args, "lite"));
                return nothing;
            case "close":
                AutoCloseable consumer = CONSUMERS.remove(text(args, "name"));
                // A push consumer waits for its long polls: nobody waits for that here.
                Thread closing = new Thread(() -> {
                    try {
                        consumer.close();
                    } catch (Exception error) {
                        error.printStackTrace();
                    }
                });
                closing.setDaemon(true);
                closing.start();
                if (consumer instanceof SimpleConsumer) closing.join();
                return nothing;
            default:
                throw new IllegalArgumentException("no operation " + op);
        }
    }

    public static void main(String[] arguments) throws Exception {
        // What libraries print goes elsewhere.
        System.setOut(System.err);
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonObject request = JsonParser.parseString(line).getAsJsonObject();
            threads.submit(() -> {
                JsonObject answer = new JsonObject();
                answer.add("id", request.get("id"));
                try {
                    answer.add("ok", run(text(request, "op"), request));
                } catch (Throwable error) {
                    answer.addProperty("error", String.valueOf(error));
                }
                write(answer);
            });
        }
        System.exit(0);
    }
}
