"""The driver of confluent-kafka (../lib/driver.mjs describes what it speaks)."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition  # noqa: E402
from confluent_kafka.admin import (  # noqa: E402
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
import transactions  # noqa: E402
from driver import BOOTSTRAP, emit, from64, serve, to64  # noqa: E402

BASE = {"bootstrap.servers": BOOTSTRAP, "reconnect.backoff.max.ms": 500}
TIMEOUT_S = 60
kept = None


def admin():
    # A client for each call: after a restart of the broker one that was idle no longer gets answers from the group
    # coordinator (each call times out), and may abort the process by an assertion. See FINDINGS.md.
    global kept
    # Kept until the next call: the futures of a client that is dropped end with _DESTROY.
    kept = AdminClient(dict(BASE))
    return kept



def results(futures):
    return {key: future.result(TIMEOUT_S) for key, future in futures.items()}


def make_consumer(group, **options):
    options = {name.replace("_", "."): value for name, value in options.items()}
    return Consumer({**BASE, "group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest", **options})


def produce(topic, acks, compression, messages):
    producer = Producer({**BASE, "acks": acks, "compression.type": compression, "linger.ms": 5, "message.timeout.ms": TIMEOUT_S * 1000})
    offsets = [None] * len(messages)
    errors = []

    def reported(index):
        def callback(error, message):
            if error is not None:
                errors.append(str(error))
            else:
                offsets[index] = message.offset()

        return callback

    for index, each in enumerate(messages):
        options = {} if each.get("timestamp") is None else {"timestamp": each["timestamp"]}
        producer.produce(
            topic,
            partition=each["partition"],
            key=from64(each["key"]),
            value=from64(each["value"]),
            headers=[(name, from64(value)) for name, value in each["headers"]],
            on_delivery=reported(index),
            **options,
        )
    left = producer.flush(TIMEOUT_S)
    if errors or left:
        raise RuntimeError(f"{left} messages left, errors: {errors[:3]}")
    return {} if acks == 0 else {"offsets": offsets}


def received(message):
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "key": to64(message.key()),
        "value": to64(message.value()),
        "headers": [[name, to64(value)] for name, value in message.headers() or []],
        "timestamp": message.timestamp()[1],
    }


def take(consumer, count):
    messages = []
    end = time.monotonic() + TIMEOUT_S
    while len(messages) < count:
        message = consumer.poll(0.5)
        if message is None:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(messages)} of {count} messages in {TIMEOUT_S} s")
        elif message.error() is not None:
            print(message.error(), file=sys.stderr)
        else:
            messages.append(received(message))
    return messages


def read(topic, count, isolation="read_uncommitted", **arguments):
    consumer = make_consumer(f"read-{topic}", isolation_level=isolation)
    try:
        starts = arguments["from"].items()
        consumer.assign([TopicPartition(topic, int(p), offset) for p, offset in starts if offset is not None])
        return take(consumer, count)
    finally:
        consumer.close()


def consume(group, topic, count, metadata):
    consumer = make_consumer(group)
    try:
        consumer.subscribe([topic])
        messages = take(consumer, count)
        last = messages[-1]
        at = TopicPartition(topic, last["partition"], last["offset"] + 1, metadata=metadata)
        consumer.commit(offsets=[at], asynchronous=False)
        return messages
    finally:
        consumer.close()


def committed(group, topic, partitions, **_options):
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, p) for p in partitions])]
    answer = admin().list_consumer_group_offsets(asked)[group].result(TIMEOUT_S)
    # No commit is -1001 here.
    return {
        str(each.partition): {"offset": max(each.offset, -1), "metadata": each.metadata or ""}
        for each in answer.topic_partitions
    }


def set_offsets(group, topic, offsets):
    at = [TopicPartition(topic, int(p), offset) for p, offset in offsets.items()]
    results(admin().alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, at)]))


leaving = threading.Event()
left = threading.Event()


def member(group, topic, sessionTimeoutMs, protocol="classic", instanceId=None):
    options = {"fetch_wait_max_ms": 200, "group_protocol": protocol}
    if protocol == "classic":
        # With the consumer protocol the broker has these for the whole group.
        options |= {"session_timeout_ms": sessionTimeoutMs, "heartbeat_interval_ms": 500}
    if instanceId is not None:
        options["group_instance_id"] = instanceId
    consumer = make_consumer(group, **options)
    have = set()

    # What the callbacks name is all, or with the consumer protocol what was added or taken.
    def assigned(_consumer, partitions):
        have.update(each.partition for each in partitions)
        emit("assigned", partitions=sorted(have))

    def revoked(_consumer, partitions):
        have.difference_update(each.partition for each in partitions)
        emit("assigned", partitions=sorted(have))

    def run():
        consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked)
        while not leaving.is_set():
            message = consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            emit("message", partition=message.partition(), offset=message.offset())
            try:
                consumer.commit(message=message, asynchronous=False)
                emit("committed", offsets={message.partition(): message.offset() + 1})
            except KafkaException as error:
                # A rebalance refuses the commit: whoever owns the partition next reads this message again.
                print("commit refused", error, file=sys.stderr)
        consumer.close()
        left.set()

    threading.Thread(target=run, daemon=True).start()


def leave():
    leaving.set()
    if not left.wait(TIMEOUT_S):
        raise TimeoutError(f"close() took more than {TIMEOUT_S} s")


stopping = threading.Event()
loader = None


def start_load(topic, partitions):
    global loader
    producer = Producer({**BASE, "enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": 120000})

    def reported(partition, sequence):
        def callback(error, _message):
            if error is None:
                emit("acked", partition=partition, sequences=[sequence])
            else:
                emit("failed", partition=partition, sequences=[sequence], error=str(error))

        return callback

    def run():
        sequence = 0
        while not stopping.wait(0.005):
            if len(producer) < 600:
                for partition in range(partitions):
                    value = f"{partition}-{sequence}"
                    producer.produce(topic, partition=partition, value=value, on_delivery=reported(partition, sequence))
                sequence += 1
            producer.poll(0)
        producer.flush(60)

    loader = threading.Thread(target=run, daemon=True)
    loader.start()


def stop_load():
    stopping.set()
    loader.join(70)


def offsets_for_times(topic, times):
    consumer = make_consumer("asker")
    try:
        asked = [TopicPartition(topic, int(p), ms) for p, ms in times.items()]
        found = consumer.offsets_for_times(asked, timeout=TIMEOUT_S)
        return {str(each.partition): each.offset if each.offset >= 0 else None for each in found}
    finally:
        consumer.close()


def list_offsets(topic, partitions, at):
    spec = OffsetSpec.earliest() if at == "earliest" else OffsetSpec.latest()
    answer = results(admin().list_offsets({TopicPartition(topic, p): spec for p in partitions}))
    return {str(key.partition): value.offset for key, value in answer.items()}


def create_topics(topics, **_options):
    wanted = [NewTopic(t["topic"], num_partitions=t["partitions"], replication_factor=1, config=t["configs"]) for t in topics]
    results(admin().create_topics(wanted))


def describe_topic(topic):
    return {"partitions": len(admin().list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions)}


def topic_resource(topic, **options):
    return ConfigResource(ResourceType.TOPIC, topic, **options)


def describe_configs(topic):
    (answer,) = results(admin().describe_configs([topic_resource(topic)])).values()
    return {name: entry.value for name, entry in answer.items()}


def incremental_alter_configs(topic, set, delete):  # noqa: A002
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in set.items()]
    entries += [ConfigEntry(name, None, incremental_operation=AlterConfigOpType.DELETE) for name in delete]
    results(admin().incremental_alter_configs([topic_resource(topic, incremental_configs=entries)]))


def describe_group(group):
    answer = admin().describe_consumer_groups([group])[group].result(TIMEOUT_S)
    return {"state": answer.state.name, "members": len(answer.members)}


def describe_cluster():
    answer = admin().describe_cluster().result(TIMEOUT_S)
    brokers = [{"id": node.id, "host": node.host, "port": node.port} for node in answer.nodes]
    return {"brokers": brokers, "controller": answer.controller.id, "clusterId": answer.cluster_id}


def hello():
    admin().list_topics(timeout=TIMEOUT_S)


serve(
    {
        "hello": hello,
        "produce": produce,
        "read": read,
        "consume": consume,
        "committed": committed,
        "setOffsets": set_offsets,
        "member": member,
        "leave": leave,
        "startLoad": start_load,
        "stopLoad": stop_load,
        "offsetsForTimes": offsets_for_times,
        "listOffsets": list_offsets,
        "createTopics": create_topics,
        "listTopics": lambda: list(admin().list_topics(timeout=TIMEOUT_S).topics),
        "describeTopic": describe_topic,
        "createPartitions": lambda topic, total: results(admin().create_partitions([NewPartitions(topic, total)])) and None,
        "deleteTopics": lambda topics: results(admin().delete_topics(topics)) and None,
        "describeConfigs": describe_configs,
        "alterConfigs": lambda topic, configs: results(admin().alter_configs([topic_resource(topic, set_config=configs)])) and None,
        "incrementalAlterConfigs": incremental_alter_configs,
        "deleteRecords": lambda topic, offsets: results(
            admin().delete_records([TopicPartition(topic, int(p), offset) for p, offset in offsets.items()])
        )
        and None,
        "listGroups": lambda: [each.group_id for each in admin().list_consumer_groups().result(TIMEOUT_S).valid],
        "describeGroup": describe_group,
        "deleteGroups": lambda groups: results(admin().delete_consumer_groups(groups)) and None,
        "describeCluster": describe_cluster,
        **transactions.operations(make_consumer),
    }
)
