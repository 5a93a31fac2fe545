import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.DuplicateResourceException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.UnacceptableCredentialException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** TLS and SASL with Kafka's own client. On a line of its own, whatever the log has left before it, prints `ok java: NAME` or `not ok java: NAME: why` for each check. */
public final class Security {
    private static final String CERTIFICATES = System.getenv("CERTIFICATES") + "/";
    private static final String RUN = System.getenv("RUN") + "/";

    private interface Check {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        check("users are made, described and removed", Security::users);
        check("SSL, trusting PEM", () -> works("SSL", trustPem()));
        check("SSL, trusting PKCS12", () -> works("SSL", trustPkcs12()));
        check("SSL, trusting nobody", () -> refuses("SSL", SslAuthenticationException.class, Map.of()));
        for (String version : List.of("TLSv1.2", "TLSv1.3"))
            check("SSL with " + version, () -> works("SSL", with(trustPem(), "ssl.enabled.protocols", version)));
        check("client certificate in PEM", () -> works("MUTUAL", with(trustPem(), "ssl.keystore.type", "PEM", "ssl.keystore.location", CERTIFICATES + "client.pem")));
        check("client certificate in PKCS12", () -> works("MUTUAL", with(trustPem(), "ssl.keystore.type", "PKCS12", "ssl.keystore.location", CERTIFICATES + "client.p12", "ssl.keystore.password", "secret1")));
        check("no client certificate", () -> refuses("MUTUAL", AuthenticationException.class, trustPem()));
        check("SCRAM-SHA-256", () -> works("SASL_SSL", with(trustPem(), scram("SCRAM-SHA-256", "alice-secret"))));
        check("SCRAM-SHA-512", () -> works("SASL_PLAINTEXT", Map.ofEntries(entries(scram("SCRAM-SHA-512", "alice-secret")))));
        check("PLAIN of a user", () -> works("SASL_SSL", with(trustPem(), plain("alice", "alice-secret"))));
        check("PLAIN of the settings", () -> works("SASL_SSL", with(trustPem(), plain("carol", "carol-secret"))));
        check("wrong password of SCRAM", () -> refuses("SASL_SSL", SaslAuthenticationException.class, with(trustPem(), scram("SCRAM-SHA-256", "wrong"))));
        check("wrong password of PLAIN", () -> refuses("SASL_SSL", SaslAuthenticationException.class, with(trustPem(), plain("carol", "wrong"))));
        check("signed token", () -> works("TOKEN", with(trustPem(), token("token.jwt"))));
        check("token of another key", () -> refuses("TOKEN", SaslAuthenticationException.class, with(trustPem(), token("foreign.jwt"))));
        check("a session is shown anew", Security::shownAnew);
    }

    private static void check(String name, Check body) {
        try {
            body.run();
            System.out.println("\nok java: " + name);
        } catch (Throwable error) {
            System.out.println("\nnot ok java: " + name + ": " + String.valueOf(error).replace('\n', ' '));
        }
    }

    private static String[] scram(String mechanism, String password) {
        return new String[] {"sasl.mechanism", mechanism, "sasl.jaas.config", "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"alice\" password=\"" + password + "\";"};
    }

    private static String[] plain(String user, String password) {
        return new String[] {"sasl.mechanism", "PLAIN", "sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\"" + password + "\";"};
    }

    private static String[] token(String file) {
        String url = "file://" + RUN + file;
        System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.urls", url);
        System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.files", RUN + file);
        return new String[] {
            "sasl.mechanism", "OAUTHBEARER",
            "sasl.jaas.config", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
            "sasl.login.callback.handler.class", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
            "sasl.oauthbearer.jwt.retriever.class", "org.apache.kafka.common.security.oauthbearer.FileJwtRetriever",
            "sasl.oauthbearer.token.endpoint.url", url,
        };
    }

    private static Map<String, String> trustPem() {
        return Map.of("ssl.truststore.type", "PEM", "ssl.truststore.location", CERTIFICATES + "ca.pem");
    }

    private static Map<String, String> trustPkcs12() {
        return Map.of("ssl.truststore.type", "PKCS12", "ssl.truststore.location", CERTIFICATES + "trust.p12", "ssl.truststore.password", "secret1");
    }

    @SuppressWarnings("unchecked")
    private static Map.Entry<String, String>[] entries(String... pairs) {
        Map.Entry<String, String>[] entries = new Map.Entry[pairs.length / 2];
        for (int i = 0; i < entries.length; i++) entries[i] = Map.entry(pairs[2 * i], pairs[2 * i + 1]);
        return entries;
    }

    private static Map<String, String> with(Map<String, String> base, String... pairs) {
        Map<String, String> all = new java.util.HashMap<>(base);
        all.putAll(Map.ofEntries(entries(pairs)));
        return all;
    }

    private static Properties properties(String listener, Map<String, String> given) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", System.getenv("AT_" + listener));
        properties.put("security.protocol", switch (listener) {
            case "MUTUAL" -> "SSL";
            case "TOKEN" -> "SASL_SSL";
            case "SHORT", "DEV" -> "SASL_PLAINTEXT";
            default -> listener;
        });
        properties.put("request.timeout.ms", "20000");
        properties.put("default.api.timeout.ms", "30000");
        properties.put("max.block.ms", "30000");
        properties.put("key.serializer", StringSerializer.class.getName());
        properties.put("value.serializer", StringSerializer.class.getName());
        properties.put("key.deserializer", StringDeserializer.class.getName());
        properties.put("value.deserializer", StringDeserializer.class.getName());
        properties.put("auto.offset.reset", "earliest");
        properties.putAll(given);
        return properties;
    }

    /** A topic is made, a record written, and read back. */
    private static void works(String listener, Map<String, String> given) throws Exception {
        Properties properties = properties(listener, given);
        String topic = "security-" + System.nanoTime();
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
        String value = "v".repeat(50_000);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(properties)) {
            producer.send(new ProducerRecord<>(topic, 0, "k", value)).get();
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
            consumer.assign(Set.of(partition));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (System.nanoTime() < deadline) {
                var records = consumer.poll(Duration.ofMillis(500));
                if (records.isEmpty()) continue;
                if (!records.iterator().next().value().equals(value)) throw new AssertionError("another value");
                return;
            }
        }
        throw new AssertionError("the record did not come back");
    }

    private static void refuses(String listener, Class<? extends Throwable> expected, Map<String, String> given) throws Exception {
        try (Admin admin = Admin.create(properties(listener, given))) {
            admin.describeCluster().clusterId().get();
        } catch (ExecutionException error) {
            if (expected.isInstance(error.getCause())) return;
            throw new AssertionError("expected " + expected.getSimpleName() + ", got " + error.getCause());
        }
        throw new AssertionError("it was let in");
    }

    private static void users() throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        ScramCredentialInfo sha256 = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
        ScramCredentialInfo sha512 = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192);
        try (Admin admin = Admin.create(properties)) {
            for (ScramCredentialInfo info : List.of(sha256, sha512))
                admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("alice", info, "alice-secret"))).all().get();
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("gone", sha256, "x"))).all().get();
            var described = admin.describeUserScramCredentials().all().get();
            if (!described.get("alice").credentialInfos().equals(List.of(sha256, sha512))) throw new AssertionError(described);
            if (described.size() != 2) throw new AssertionError(described);
            admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("gone", ScramMechanism.SCRAM_SHA_256))).all().get();
            fails(ResourceNotFoundException.class, () -> admin.describeUserScramCredentials(List.of("gone")).description("gone").get());
            fails(ResourceNotFoundException.class, () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("gone", ScramMechanism.SCRAM_SHA_256))).all().get());
            fails(DuplicateResourceException.class, () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("twice", sha256, "x"), new UserScramCredentialUpsertion("twice", sha512, "x"))).all().get());
            fails(UnacceptableCredentialException.class, () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("few", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 100), "x"))).all().get());
        }
    }

    private static void fails(Class<? extends Throwable> expected, Check body) throws Exception {
        try {
            body.run();
        } catch (ExecutionException error) {
            if (expected.isInstance(error.getCause())) return;
            throw new AssertionError("expected " + expected.getSimpleName() + ", got " + error.getCause());
        }
        throw new AssertionError("expected " + expected.getSimpleName());
    }

    /** Writes until the client has shown itself anew twice; no record is lost on the way. */
    private static void shownAnew() throws Exception {
        Map<String, String> given = Map.ofEntries(entries(scram("SCRAM-SHA-256", "alice-secret")));
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(properties("SHORT", given))) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (System.nanoTime() < deadline) {
                producer.send(new ProducerRecord<>("anew", "k", "v")).get();
                double shown = producer.metrics().entrySet().stream()
                    .filter(each -> each.getKey().name().equals("successful-reauthentication-total") && each.getKey().group().equals("producer-metrics"))
                    .mapToDouble(each -> (double) each.getValue().metricValue()).sum();
                if (shown >= 2) return;
            }
        }
        throw new AssertionError("it was not shown anew");
    }
}
