"""The driver's transactional producers, and its copier, which reads, writes and commits in transactions."""

import asyncio
import sys

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from driver import BOOTSTRAP, emit, from64, sentence

# An aborted transaction's offsets are this far ahead: one that came true would be missed messages.
FAR_AHEAD = 1000
producers = {}


async def make(transactional_id, timeout_ms):
    producer = AIOKafkaProducer(
        bootstrap_servers=BOOTSTRAP,
        transactional_id=transactional_id,
        transaction_timeout_ms=timeout_ms,
        # Also how long a batch may wait for its acknowledgement, restarts of the broker included.
        request_timeout_ms=60000,
    )
    await producer.start()
    return producer


async def txn_open(name, transactionalId, timeoutMs):
    producers[name] = await make(transactionalId, timeoutMs)


async def txn_begin(name):
    await producers[name].begin_transaction()


async def txn_send(name, topic, messages):
    sent = [
        await producers[name].send(topic, from64(each["value"]), key=from64(each["key"]), partition=each["partition"])
        for each in messages
    ]
    await asyncio.gather(*sent)


async def txn_offsets(name, group, topic, offsets):
    at = {TopicPartition(topic, int(p)): offset for p, offset in offsets.items()}
    await producers[name].send_offsets_to_transaction(at, group)


async def txn_end(name, commit):
    if commit:
        await producers[name].commit_transaction()
    else:
        await producers[name].abort_transaction()


async def txn_close(name):
    await producers.pop(name).stop()


stopping = asyncio.Event()
copier = None


async def write(producer, batches, group, output, prefix, ahead):
    await producer.begin_transaction()
    sent = [
        await producer.send(output, prefix + message.value, partition=message.partition)
        for messages in batches.values()
        for message in messages
    ]
    await asyncio.gather(*sent)
    at = {partition: messages[-1].offset + 1 + ahead for partition, messages in batches.items()}
    await producer.send_offsets_to_transaction(at, group)


async def copy_until_failure(make_consumer, group, input, output, batch, abortEvery, sessionTimeoutMs, transactionalId):
    consumer = make_consumer(
        input,
        group_id=group,
        isolation_level="read_committed",
        session_timeout_ms=sessionTimeoutMs,
        heartbeat_interval_ms=500,
    )
    producer = await make(transactionalId, 60000)
    try:
        await consumer.start()
        number = 1
        while not stopping.is_set():
            batches = await consumer.getmany(timeout_ms=100, max_records=batch)
            if not batches:
                continue
            if number % abortEvery == 0:
                await write(producer, batches, group, output, b"aborted-", FAR_AHEAD)
                await producer.abort_transaction()
            await write(producer, batches, group, output, b"", 0)
            await producer.commit_transaction()
            emit("copied", count=sum(len(messages) for messages in batches.values()))
            number += 1
    finally:
        await consumer.stop()
        await producer.stop()


def copy_with(make_consumer):
    """The operation: after any failure the producer and the consumer are made anew, as after a crash."""

    async def run(arguments):
        while not stopping.is_set():
            try:
                await copy_until_failure(make_consumer, **arguments)
            except KafkaError as error:
                print("copy", repr(error), file=sys.stderr)
                emit("copyFailed", error=sentence(error))
                await asyncio.sleep(0.1)  # no endless spinning while the broker is away

    async def copy(**arguments):
        global copier
        copier = asyncio.create_task(run(arguments))

    return copy


async def stop_copy():
    stopping.set()
    await copier


def operations(make_consumer):
    return {
        "txnOpen": txn_open,
        "txnBegin": txn_begin,
        "txnSend": txn_send,
        "txnOffsets": txn_offsets,
        "txnEnd": txn_end,
        "txnClose": txn_close,
        "copy": copy_with(make_consumer),
        "stopCopy": stop_copy,
    }
