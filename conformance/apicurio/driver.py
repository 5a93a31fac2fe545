"""confluent-kafka with its Avro serializers, which register and look up schemas at a registry (../lib/driver.mjs).

| Operation | Arguments → answer |
|---|---|
| `write` | registry, topic, schema, values → the id of the schema that each message carries |
| `read` | registry, topic, count, schema (the reader's) → values |
| `raw` | topic, count → the values of messages as text |
| `configs` | topic → settings that were given with the topic |
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from confluent_kafka import Consumer, Producer  # noqa: E402
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, ResourceType  # noqa: E402
from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: E402
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer  # noqa: E402
from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: E402

from driver import BOOTSTRAP, serve  # noqa: E402

BASE = {"bootstrap.servers": BOOTSTRAP}
TIMEOUT_S = 60


def client_of(registry):
    # Without a time limit it waits for ever for an answer that got lost (FINDINGS.md); with one it asks again.
    return SchemaRegistryClient({"url": registry, "timeout": 5})


def write(registry, topic, schema, values):
    serializer = AvroSerializer(client_of(registry), schema)
    producer = Producer(BASE)
    ids = []
    for value in values:
        content = serializer(value, SerializationContext(topic, MessageField.VALUE))
        ids.append(struct.unpack(">bI", content[:5])[1])
        producer.produce(topic, content)
    if producer.flush(TIMEOUT_S) > 0:
        raise TimeoutError(f"messages left after {TIMEOUT_S} s")
    return ids


def messages(topic, count):
    consumer = Consumer({**BASE, "group.id": f"read-{topic}", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        found = []
        while len(found) < count:
            message = consumer.poll(TIMEOUT_S)
            if message is None:
                raise TimeoutError(f"{len(found)} of {count} messages in {TIMEOUT_S} s")
            if message.error() is None:
                found.append(message.value())
        return found
    finally:
        consumer.close()


def read(registry, topic, count, schema):
    deserializer = AvroDeserializer(client_of(registry), schema)
    context = SerializationContext(topic, MessageField.VALUE)
    return [deserializer(content, context) for content in messages(topic, count)]


def raw(topic, count):
    return [content.decode() for content in messages(topic, count)]


def configs(topic):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    admin = AdminClient(BASE)
    answer = admin.describe_configs([resource])[resource].result(TIMEOUT_S)
    given = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    return {name: entry.value for name, entry in answer.items() if entry.source == given}


serve({"write": write, "read": read, "raw": raw, "configs": configs})
