import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Prints one line of JSON for each vector: message, version, bytes (base64) and fields, all made by the classes of
 * the Java client. The values are random within the schema that the client publishes for each version, so that every
 * field which a version carries is covered, and the same in every run.
 *
 * Arguments: vectors for each message and version, then names of APIs or data messages.
 */
public final class Vectors {
    private static final String[] WORDS = {"", "a", "orders", "payments-eu", "übung", "消息🙂", "0123456789abcdef"};
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        int perVersion = Integer.parseInt(args[0]);
        for (String name : Arrays.copyOfRange(args, 1, args.length)) {
            if (name.startsWith("ConsumerProtocol")) {
                emit(name, Short.MAX_VALUE, perVersion);
                continue;
            }
            short latest = latestStable(name);
            emit(name + "Request", latest, perVersion);
            emit(name + "Response", latest, perVersion);
        }
    }

    private static short latestStable(String api) {
        for (ApiKeys key : ApiKeys.values()) if (key.name.equals(api)) return key.latestVersion(false);
        throw new IllegalArgumentException(api + " is no API");
    }

    private static void emit(String name, short latest, int perVersion) throws Exception {
        Class<?> type = Class.forName("org.apache.kafka.common.message." + name + (name.startsWith("ConsumerProtocol") ? "" : "Data"));
        Class<?> converter = Class.forName(type.getName() + "JsonConverter");
        Method toJson = converter.getMethod("write", type, short.class, boolean.class);
        Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        short lowest = type.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
        short highest = (short) Math.min(latest, type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null));
        for (short version = lowest; version <= highest; version++) {
            for (int i = 0; i < perVersion; i++) {
                Random random = new Random((name + version + "/" + i).hashCode());
                // The first vector of each version has everything in it; the others leave out what they may.
                Struct struct = (Struct) value(schemas[version], random, i == 0);
                ByteBuffer bytes = ByteBuffer.allocate(schemas[version].sizeOf(struct));
                schemas[version].write(bytes, struct);
                bytes.flip();
                Message message = (Message) type.getConstructor(Readable.class, short.class)
                    .newInstance(new ByteBufferAccessor(bytes), version);
                ObjectNode line = JSON.createObjectNode();
                line.put("message", name);
                line.put("version", version);
                line.put("bytes", Base64.getEncoder().encodeToString(serialize(message, version)));
                line.set("fields", (JsonNode) toJson.invoke(null, message, version, false));
                OUT.println(JSON.writeValueAsString(line));
            }
        }
    }

    private static byte[] serialize(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(bytes), cache, version);
        if (bytes.hasRemaining()) throw new IllegalStateException("size and bytes differ");
        return bytes.array();
    }

    private static Object value(Type type, Random random, boolean full) {
        if (type.isNullable() && !full && random.nextInt(3) == 0) return null;
        if (type instanceof Schema schema) return struct(schema, random, full);
        if (type instanceof TaggedFields tagged) return tags(tagged, random, full);
        if (type.isArray()) {
            Object[] items = new Object[full ? 1 + random.nextInt(2) : random.nextInt(3)];
            for (int i = 0; i < items.length; i++) items[i] = value(type.arrayElementType().orElseThrow(), random, full);
            return items;
        }
        return primitive(type.toString(), random);
    }

    private static Struct struct(Schema schema, Random random, boolean full) {
        // A NullableSchema's struct must belong to the schema that wraps it.
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) struct.set(field, value(field.def.type, random, full));
        return struct;
    }

    private static Map<Integer, Object> tags(TaggedFields type, Random random, boolean full) {
        Map<Integer, Object> tags = new TreeMap<>();
        for (Map.Entry<Integer, Field> field : type.fields().entrySet()) {
            if (full || random.nextBoolean()) tags.put(field.getKey(), value(field.getValue().type, random, full));
        }
        return tags;
    }

    private static Object primitive(String type, Random random) {
        return switch (type) {
            case "BOOLEAN" -> random.nextBoolean();
            case "INT8" -> (byte) random.nextInt();
            case "INT16" -> (short) random.nextInt();
            case "UINT16" -> random.nextInt(65536);
            case "INT32" -> random.nextInt();
            case "UINT32" -> random.nextLong(1L << 32);
            // Up to 2^53 - 1, which is what numbers of the other side hold.
            case "INT64" -> random.nextLong() >> 11 + random.nextInt(40);
            case "FLOAT64" -> random.nextGaussian();
            case "UUID" -> new Uuid(random.nextLong(), random.nextLong());
            case "STRING", "COMPACT_STRING", "NULLABLE_STRING", "COMPACT_NULLABLE_STRING" -> word(random);
            case "BYTES", "COMPACT_BYTES", "NULLABLE_BYTES", "COMPACT_NULLABLE_BYTES" -> bytes(random);
            case "RECORDS", "COMPACT_RECORDS", "NULLABLE_RECORDS", "COMPACT_NULLABLE_RECORDS" ->
                MemoryRecords.readableRecords(bytes(random));
            default -> throw new IllegalArgumentException("unknown type " + type);
        };
    }

    private static String word(Random random) {
        return random.nextInt(20) == 0 ? "long ".repeat(30) : WORDS[random.nextInt(WORDS.length)];
    }

    private static ByteBuffer bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(24)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }
}
