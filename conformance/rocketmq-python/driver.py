"""Drives rocketmq-python-client; ../lib/rocketmq.mjs says what the operations are."""

import math
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from driver import Absent, emit, from64, serve, to64  # noqa: E402
from rocketmq import (  # noqa: E402
    ClientConfiguration,
    ConsumeResult,
    Credentials,
    FilterExpression,
    LitePushConsumer,
    Message,
    MessageListener,
    Producer,
    PushConsumer,
    SimpleConsumer,
    TransactionChecker,
    TransactionResolution,
)
from rocketmq.grpc_protocol import FilterType  # noqa: E402

CREDENTIALS = Credentials(os.environ["ROCKETMQ_ACCESS_KEY"], os.environ["ROCKETMQ_SECRET"])
CONFIGURATION = ClientConfiguration(os.environ["ROCKETMQ"], CREDENTIALS)
consumers = {}
received = {}
_producer = None
_transactional = None
_starting = threading.Lock()


def producer():
    global _producer
    with _starting:
        if _producer is None:
            made = Producer(CONFIGURATION)
            made.startup()
            _producer = made
        return _producer


class Committer(TransactionChecker):
    """Says commit of whatever it is asked."""

    def check(self, message):
        return TransactionResolution.COMMIT


def transact(topic, body, end):
    global _transactional
    with _starting:
        if _transactional is None:
            made = Producer(CONFIGURATION, (topic,), checker=Committer())
            made.startup()
            _transactional = made
    message = Message()
    message.topic = topic
    message.body = from64(body)
    transaction = _transactional.begin_transaction()
    _transactional.send(message, transaction)
    if end == "commit":
        transaction.commit()
    if end == "rollback":
        transaction.rollback()


def shown(message):
    return {
        "body": to64(message.body),
        "tag": message.tag or None,
        "keys": sorted(message.keys),
        "group": message.message_group or None,
        "lite": message.lite_topic or None,
        "id": message.message_id,
        "attempt": message.delivery_attempt,
        "properties": dict(message.properties),
    }


def send(topic, messages):
    receipts = []
    for given in messages:
        message = Message()
        message.topic = topic
        message.body = from64(given["body"])
        if "tag" in given:
            message.tag = given["tag"]
        for key in given.get("keys", []):
            message.keys = key
        if "group" in given:
            message.message_group = given["group"]
        if "lite" in given:
            message.lite_topic = given["lite"]
        if "priority" in given:
            message.priority = given["priority"]
        if "deliverAtMs" in given:
            # The client has whole seconds.
            message.delivery_timestamp = math.ceil(given["deliverAtMs"] / 1000)
        for name, value in given.get("properties", {}).items():
            message.add_property(name, value)
        receipt = producer().send(message)
        receipts.append({"id": receipt.message_id, "recallHandle": receipt.recall_handle})
    return receipts


def recall(topic, handle):
    answer = producer().recall_message(topic, handle)
    if not answer:
        raise RuntimeError("the client answers nothing, and only logs why")
    return {"id": answer}


def subscription(topic, expression, type):
    kind = FilterType.SQL if type == "SQL" else FilterType.TAG
    return {topic: FilterExpression(expression, kind)}


def simple(name, group, topic, expression, type, awaitMs):
    consumer = SimpleConsumer(
        CONFIGURATION, group, subscription(topic, expression, type), await_duration=awaitMs // 1000
    )
    consumer.startup()
    consumers[name] = consumer
    received[name] = []


def receive(name, max, invisibleMs):
    known = received[name]
    got = []
    for message in consumers[name].receive(max, invisibleMs // 1000) or []:
        known.append(message)
        got.append({**shown(message), "index": len(known) - 1})
    return got


def ack(name, index):
    consumers[name].ack(received[name][index])


def extend(name, index, ms):
    consumers[name].change_invisible_duration(received[name][index], ms // 1000)


class Listener(MessageListener):
    def __init__(self, consumer, fail):
        self.consumer = consumer
        self.refused = fail

    def consume(self, message):
        emit("message", consumer=self.consumer, **shown(message))
        body = message.body.decode()
        if body in self.refused:
            self.refused.remove(body)
            return ConsumeResult.FAILURE
        return ConsumeResult.SUCCESS


def push(name, group, topic, expression, type, fail):
    consumer = PushConsumer(CONFIGURATION, group, Listener(name, fail), subscription(topic, expression, type))
    consumer.startup()
    consumers[name] = consumer


def lite(name, group, topic, fail):
    consumer = LitePushConsumer(CONFIGURATION, group, topic, Listener(name, fail))
    consumer.startup()
    consumers[name] = consumer


def subscribe_lite(name, lite, **options):
    if options:
        raise Absent("subscribe_lite has no options")
    consumers[name].subscribe_lite(lite)


def unsubscribe_lite(name, lite):
    consumers[name].unsubscribe_lite(lite)


def close(name):
    consumer = consumers.pop(name)
    # A push consumer may wait for its long polls: nobody waits for that here.
    closing = threading.Thread(target=consumer.shutdown, daemon=True)
    closing.start()
    if isinstance(consumer, SimpleConsumer):
        closing.join(10)


serve(
    {
        "hello": lambda: None,
        "send": send,
        "recall": recall,
        "transact": transact,
        "simple": simple,
        "receive": receive,
        "ack": ack,
        "extend": extend,
        "push": push,
        "lite": lite,
        "subscribeLite": subscribe_lite,
        "unsubscribeLite": unsubscribe_lite,
        "close": close,
    }
)
