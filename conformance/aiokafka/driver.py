"""The driver of aiokafka (../lib/driver.mjs describes what it speaks)."""

import asyncio
import importlib.util
import os
import sys

# This folder is named like the package: it must not be looked in for it.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [os.path.join(HERE, "..", "lib")] + [each for each in sys.path if os.path.abspath(each) != HERE]

from aiokafka import (  # noqa: E402
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    OffsetAndMetadata,
    TopicPartition,
)
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete  # noqa: E402
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # noqa: E402
from aiokafka.errors import KafkaError, for_code  # noqa: E402
from driver import BOOTSTRAP, absent, emit, from64, sentence, serve, to64  # noqa: E402

# Without the folder in the path, a module beside this file is loaded by its own path.
spec = importlib.util.spec_from_file_location("transactions", os.path.join(HERE, "transactions.py"))
transactions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(transactions)

WAIT_S = 60
_admin = None


async def admin():
    global _admin
    if _admin is None:
        _admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
        await _admin.start()
    return _admin


def refuse(code, message):
    """Many answers come back as they are, with the error code in them: nothing is raised."""
    if code:
        raise for_code(code)(message)


async def produce(topic, acks, compression, messages):
    producer = AIOKafkaProducer(
        bootstrap_servers=BOOTSTRAP,
        acks="all" if acks == -1 else acks,
        compression_type=None if compression == "none" else compression,
        linger_ms=5,
    )
    await producer.start()
    try:
        futures = [
            await producer.send(
                topic,
                partition=each["partition"],
                key=from64(each["key"]),
                value=from64(each["value"]),
                headers=[(name, from64(value)) for name, value in each["headers"]],
                timestamp_ms=each.get("timestamp"),
            )
            for each in messages
        ]
        answers = await asyncio.gather(*futures)
        return {} if acks == 0 else {"offsets": [each.offset for each in answers]}
    finally:
        await producer.stop()


def received(message):
    return {
        "partition": message.partition,
        "offset": message.offset,
        "key": to64(message.key),
        "value": to64(message.value),
        "headers": [[name, to64(value)] for name, value in message.headers],
        "timestamp": message.timestamp,
    }


def make_consumer(*topics, **options):
    return AIOKafkaConsumer(
        *topics, bootstrap_servers=BOOTSTRAP, enable_auto_commit=False, auto_offset_reset="earliest", **options
    )


async def take(consumer, count):
    return [received(await asyncio.wait_for(consumer.getone(), WAIT_S)) for _ in range(count)]


async def read(topic, count, isolation="read_uncommitted", **arguments):
    consumer = make_consumer(isolation_level=isolation)
    await consumer.start()
    try:
        starts = {TopicPartition(topic, int(p)): at for p, at in arguments["from"].items() if at is not None}
        consumer.assign(list(starts))
        for partition, offset in starts.items():
            consumer.seek(partition, offset)
        return await take(consumer, count)
    finally:
        await consumer.stop()


async def consume(group, topic, count, metadata):
    consumer = make_consumer(topic, group_id=group)
    await consumer.start()
    try:
        messages = await take(consumer, count)
        last = messages[-1]
        at = OffsetAndMetadata(last["offset"] + 1, metadata)
        await consumer.commit({TopicPartition(topic, last["partition"]): at})
        return messages
    finally:
        await consumer.stop()


async def committed(group, topic, partitions, **_options):
    asked = [TopicPartition(topic, p) for p in partitions]
    answer = await (await admin()).list_consumer_group_offsets(group, partitions=asked)
    return {str(key.partition): {"offset": at.offset, "metadata": at.metadata} for key, at in answer.items()}


async def set_offsets(group, topic, offsets):
    consumer = make_consumer(group_id=group)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, int(p)) for p in offsets])
        await consumer.commit({TopicPartition(topic, int(p)): offset for p, offset in offsets.items()})
    finally:
        await consumer.stop()


leaving = asyncio.Event()
membership = None


class Listener(ConsumerRebalanceListener):
    async def on_partitions_revoked(self, revoked):
        emit("assigned", partitions=[])

    async def on_partitions_assigned(self, assigned):
        emit("assigned", partitions=[each.partition for each in assigned])


async def member(group, topic, sessionTimeoutMs):
    global membership
    consumer = make_consumer(
        group_id=group, session_timeout_ms=sessionTimeoutMs, heartbeat_interval_ms=500, fetch_max_wait_ms=200
    )
    await consumer.start()
    consumer.subscribe([topic], listener=Listener())

    async def run():
        while not leaving.is_set():
            batches = await consumer.getmany(timeout_ms=100)
            for partition, messages in batches.items():
                for message in messages:
                    emit("message", partition=message.partition, offset=message.offset)
                offset = messages[-1].offset + 1
                try:
                    await consumer.commit({partition: offset})
                    emit("committed", offsets={partition.partition: offset})
                except KafkaError as error:
                    # A rebalance refuses the commit: whoever owns the partition next reads those messages again.
                    print("commit refused", repr(error), file=sys.stderr)
        await consumer.stop()

    membership = asyncio.create_task(run())


async def leave():
    leaving.set()
    await asyncio.wait_for(membership, WAIT_S)


stopping = asyncio.Event()
loader = None


async def start_load(topic, partitions):
    global loader
    producer = AIOKafkaProducer(
        bootstrap_servers=BOOTSTRAP, enable_idempotence=True, linger_ms=2, request_timeout_ms=120000, retry_backoff_ms=100
    )
    await producer.start()
    waiting = set()

    async def outcome(future, partition, sequence):
        try:
            await future
            emit("acked", partition=partition, sequences=[sequence])
        except KafkaError as error:
            emit("failed", partition=partition, sequences=[sequence], error=sentence(error))

    async def run():
        sequence = 0
        while not stopping.is_set():
            if len(waiting) < 600:
                for partition in range(partitions):
                    future = await producer.send(topic, f"{partition}-{sequence}".encode(), partition=partition)
                    task = asyncio.create_task(outcome(future, partition, sequence))
                    waiting.add(task)
                    task.add_done_callback(waiting.discard)
                sequence += 1
            await asyncio.sleep(0.005)  # the pace of the load
        await asyncio.wait_for(asyncio.gather(*waiting), 60)
        await producer.stop()

    loader = asyncio.create_task(run())


async def stop_load():
    stopping.set()
    await loader


async def with_asker(ask):
    consumer = make_consumer()
    await consumer.start()
    try:
        return await ask(consumer)
    finally:
        await consumer.stop()


async def offsets_for_times(topic, times):
    asked = {TopicPartition(topic, int(p)): ms for p, ms in times.items()}
    found = await with_asker(lambda consumer: consumer.offsets_for_times(asked))
    return {str(key.partition): None if at is None else at.offset for key, at in found.items()}


async def list_offsets(topic, partitions, at):
    asked = [TopicPartition(topic, p) for p in partitions]

    async def ask(consumer):
        return await (consumer.beginning_offsets(asked) if at == "earliest" else consumer.end_offsets(asked))

    return {str(key.partition): offset for key, offset in (await with_asker(ask)).items()}


async def create_topics(topics, **_options):
    wanted = [NewTopic(t["topic"], t["partitions"], 1, topic_configs=t["configs"]) for t in topics]
    answer = await (await admin()).create_topics(wanted)
    for topic, code, *message in answer.topic_errors:
        refuse(code, f"{topic}: {message}")


async def list_topics():
    return await (await admin()).list_topics()


async def describe_topic(topic):
    (answer,) = await (await admin()).describe_topics([topic])
    return {"partitions": len(answer["partitions"])}


async def create_partitions(topic, total):
    await (await admin()).create_partitions({topic: NewPartitions(total)})


async def delete_topics(topics):
    answer = await (await admin()).delete_topics(topics)
    for topic, code in answer.topic_error_codes:
        refuse(code, topic)


async def describe_configs(topic):
    (answer,) = await (await admin()).describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    code, message, _type, _name, entries = answer.resources[0]
    refuse(code, message)
    return {entry[0]: entry[1] for entry in entries}


async def alter_configs(topic, configs):
    answers = await (await admin()).alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    for answer in answers:
        for code, message, *_rest in answer.resources:
            refuse(code, message)


async def delete_records(topic, offsets):
    asked = {TopicPartition(topic, int(p)): RecordsToDelete(before_offset=offset) for p, offset in offsets.items()}
    await (await admin()).delete_records(asked)


async def list_groups():
    return [each[0] for each in await (await admin()).list_consumer_groups()]


async def describe_group(group):
    (answer,) = await (await admin()).describe_consumer_groups([group])
    code, _group, state, _type, _protocol, members, *_rest = answer.groups[0]
    refuse(code, group)
    return {"state": state, "members": len(members)}


async def describe_cluster():
    answer = await (await admin()).describe_cluster()
    brokers = [{"id": each["node_id"], "host": each["host"], "port": each["port"]} for each in answer["brokers"]]
    return {"brokers": brokers, "controller": answer["controller_id"], "clusterId": answer["cluster_id"]}


async def hello():
    await admin()


async def close():
    if _admin is not None:
        await _admin.close()


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
        "listTopics": list_topics,
        "describeTopic": describe_topic,
        "createPartitions": create_partitions,
        "deleteTopics": delete_topics,
        "describeConfigs": describe_configs,
        "alterConfigs": alter_configs,
        "incrementalAlterConfigs": absent("no such call"),
        "deleteRecords": delete_records,
        "listGroups": list_groups,
        "describeGroup": describe_group,
        "deleteGroups": absent("no such call"),
        "describeCluster": describe_cluster,
        **transactions.operations(make_consumer),
    },
    close,
)
