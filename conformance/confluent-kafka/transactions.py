"""The driver's transactional producers, and its copier, which reads, writes and commits in transactions."""

import sys
import threading
import time

from confluent_kafka import KafkaException, Producer, TopicPartition
from driver import BOOTSTRAP, emit, from64, sentence

# An aborted transaction's offsets are this far ahead: one that came true would be missed messages.
FAR_AHEAD = 1000
BASE = {"bootstrap.servers": BOOTSTRAP, "reconnect.backoff.max.ms": 500}
TIMEOUT_S = 60
producers = {}


def make(transactional_id, timeout_ms):
    producer = Producer({**BASE, "transactional.id": transactional_id, "transaction.timeout.ms": timeout_ms, "linger.ms": 2})
    producer.init_transactions(TIMEOUT_S)
    return producer


def persist(call, *arguments):
    """A call that is to be tried again as long as its error says so."""
    end = time.monotonic() + TIMEOUT_S
    while True:
        try:
            return call(*arguments, TIMEOUT_S)
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > end:
                raise


def txn_open(name, transactionalId, timeoutMs):
    producers[name] = make(transactionalId, timeoutMs)


def send(producer, topic, values):
    errors = []
    for partition, value in values:
        producer.produce(topic, value, partition=partition, on_delivery=lambda error, _message: error and errors.append(error))
    left = producer.flush(TIMEOUT_S)
    if errors or left:
        raise KafkaException(errors[0]) if errors else TimeoutError(f"{left} messages left")


def txn_send(name, topic, messages):
    send(producers[name], topic, [(each["partition"], from64(each["value"])) for each in messages])


def txn_offsets_with(make_consumer):
    def txn_offsets(name, group, topic, offsets):
        consumer = make_consumer(group)
        try:
            at = [TopicPartition(topic, int(p), offset) for p, offset in offsets.items()]
            persist(producers[name].send_offsets_to_transaction, at, consumer.consumer_group_metadata())
        finally:
            consumer.close()

    return txn_offsets


def txn_end(name, commit):
    producer = producers[name]
    persist(producer.commit_transaction if commit else producer.abort_transaction)


stopping = threading.Event()
copier = None


def write(producer, consumer, messages, output, prefix, ahead):
    producer.begin_transaction()
    send(producer, output, [(each.partition(), prefix + each.value()) for each in messages])
    last = {each.partition(): each for each in messages}
    at = [TopicPartition(each.topic(), p, each.offset() + 1 + ahead) for p, each in last.items()]
    persist(producer.send_offsets_to_transaction, at, consumer.consumer_group_metadata())


def copy_until_failure(make_consumer, group, input, output, batch, abortEvery, sessionTimeoutMs, transactionalId):
    consumer = make_consumer(
        group, isolation_level="read_committed", session_timeout_ms=sessionTimeoutMs, heartbeat_interval_ms=500
    )
    try:
        producer = make(transactionalId, 60000)
        consumer.subscribe([input])
        number = 1
        while not stopping.is_set():
            messages = [each for each in consumer.consume(batch, 0.1) if each.error() is None]
            if not messages:
                continue
            if number % abortEvery == 0:
                write(producer, consumer, messages, output, b"aborted-", FAR_AHEAD)
                persist(producer.abort_transaction)
            write(producer, consumer, messages, output, b"", 0)
            persist(producer.commit_transaction)
            emit("copied", count=len(messages))
            number += 1
    finally:
        consumer.close()


def copy_with(make_consumer):
    """The operation: after any failure the producer and the consumer are made anew, as after a crash."""

    def run(arguments):
        while not stopping.is_set():
            try:
                copy_until_failure(make_consumer, **arguments)
            except (KafkaException, TimeoutError) as error:
                print("copy", repr(error), file=sys.stderr)
                emit("copyFailed", error=sentence(error))

    def copy(**arguments):
        global copier
        copier = threading.Thread(target=run, args=[arguments], daemon=True)
        copier.start()

    return copy


def stop_copy():
    stopping.set()
    copier.join(70)


def operations(make_consumer):
    return {
        "txnOpen": txn_open,
        "txnBegin": lambda name: producers[name].begin_transaction(),
        "txnSend": txn_send,
        "txnOffsets": txn_offsets_with(make_consumer),
        "txnEnd": txn_end,
        # librdkafka's producer ends when nothing holds it.
        "txnClose": lambda name: producers.pop(name) and None,
        "copy": copy_with(make_consumer),
        "stopCopy": stop_copy,
    }
