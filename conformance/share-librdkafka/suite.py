"""librdkafka's share consumer (KIP-932): acknowledgements of every kind that it has, consumers that share and that close, and a
restart of the broker. A group begins where its topic ends then, so that each test waits until its consumers have begun."""

import os
import subprocess
import sys
import time

from confluent_kafka import AcknowledgeType, Producer, ShareConsumer
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP = os.environ["BOOTSTRAP"]
PATIENCE_S = 60
CTL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib/broker-ctl.sh")

passed = failed = 0


def test(run):
    """Runs a test; its name is its docstring."""
    global passed, failed
    name = run.__doc__
    started = time.monotonic()
    try:
        run()
        passed += 1
        print(f"ok {name} ({(time.monotonic() - started) * 1000:.0f} ms)", flush=True)
    except Exception as error:  # noqa: BLE001
        failed += 1
        print(f"not ok {name}: {type(error).__name__} {error}".replace("\n", " | "), flush=True)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def create(topic, partitions=1):
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    for future in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(PATIENCE_S)


def produce(topic, values):
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    errors = []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: error and errors.append(error))
    producer.flush(PATIENCE_S)
    equal(errors, [], "errors of the producer")


def consumer(group, topic, **settings):
    settings = {name.replace("_", "."): value for name, value in settings.items()}
    made = ShareConsumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, **settings})
    made.subscribe([topic])
    return made


def poll(member, seconds=1.0):
    messages = [message for message in member.poll(seconds)]
    for message in messages:
        if message.error() is not None:
            raise AssertionError(f"polled {message.error()}")
    return messages


def texts(messages):
    return [message.value().decode() for message in messages]


def some(member):
    """The next messages."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        messages = poll(member)
        if messages:
            return messages
    raise AssertionError(f"waited {PATIENCE_S} s for messages")


def begin(members, topic):
    """Polls until each member has got something, and nothing is left."""
    waiting = set(range(len(members)))
    end = time.monotonic() + PATIENCE_S
    while waiting:
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE_S} s for {len(waiting)} consumers to begin")
        produce(topic, ["begin"])
        for i, member in enumerate(members):
            if settle(member, poll(member, 0.3)):
                waiting.discard(i)
    quiet = 0
    while quiet < 3:
        quiet += 1
        for member in members:
            if settle(member, poll(member, 0.3)):
                quiet = 0


def settle(member, messages, kind=None):
    """Acknowledges and commits; whether there was something."""
    for message in messages:
        try:
            member.acknowledge(message, kind or AcknowledgeType.ACCEPT)
        except Exception as error:  # noqa: BLE001
            # In implicit mode the commit does it.
            if "IllegalState" not in type(error).__name__:
                raise
            break
    if messages:
        commit(member)
    return bool(messages)


def commit(member):
    for partition, error in member.commit_sync(PATIENCE_S * 1.0).items():
        equal(error, None, f"outcome of {partition}")


def gather(members, count):
    found = []
    end = time.monotonic() + PATIENCE_S
    while len(found) < count and time.monotonic() < end:
        for member in members:
            messages = poll(member, 0.3)
            found.extend(texts(messages))
            settle(member, messages)
    return found


def numbers(count, start=0):
    return [f"m{i}" for i in range(start, start + count)]


@test
def _():
    """implicit: two consumers share three partitions, and get each message once"""
    create("implicit", 3)
    members = [consumer("implicit", "implicit") for _ in range(2)]
    begin(members, "implicit")
    produce("implicit", numbers(1000))
    equal(sorted(gather(members, 1000)), sorted(numbers(1000)), "values")
    equal([texts(poll(member)) for member in members], [[], []], "messages that are left")
    for member in members:
        member.close()


@test
def _():
    """explicit: accepted, released and rejected messages"""
    create("explicit")
    member = consumer("explicit", "explicit", share_acknowledgement_mode="explicit")
    begin([member], "explicit")
    produce("explicit", numbers(6))
    messages = []
    while len(messages) < 6:
        got = some(member)
        messages.extend(got)
        for message in got:
            number = int(message.value()[1:])
            kinds = [AcknowledgeType.ACCEPT, AcknowledgeType.RELEASE, AcknowledgeType.REJECT]
            member.acknowledge(message, kinds[number % 3])
        commit(member)
        if len(messages) > 6:
            break
    again = [text for text in texts(messages)[6:]]
    while len(again) < 2:
        got = some(member)
        again.extend(texts(got))
        settle(member, got)
    equal(sorted(again), ["m1", "m4"], "released values")
    equal(texts(poll(member)), [], "messages that are left")
    member.close()


@test
def _():
    """a consumer that closes: what it had not acknowledged comes to another"""
    create("closed")
    first = consumer("closed", "closed", share_acknowledgement_mode="explicit")
    begin([first], "closed")
    produce("closed", numbers(10))
    messages = some(first)
    first.acknowledge(messages[0])
    commit(first)
    first.close()
    second = consumer("closed", "closed")
    equal(sorted(gather([second], 9)), sorted(numbers(9, 1)), "values")
    second.close()


@test
def _():
    """a restart of the broker (kill -9): what was committed does not come again, the rest does"""
    create("restart")
    member = consumer("restart", "restart", share_acknowledgement_mode="explicit")
    begin([member], "restart")
    produce("restart", numbers(10))
    messages = some(member)
    while len(messages) < 10:
        for message in messages:
            member.acknowledge(message, AcknowledgeType.RELEASE)
        commit(member)
        messages = some(member)
    for message in messages[:4]:
        member.acknowledge(message)
    commit(member)
    subprocess.run([CTL, "restart"], check=True, stdout=subprocess.DEVNULL)
    other = consumer("restart", "restart")
    equal(sorted(gather([other], 6)), sorted(numbers(6, 4)), "values")
    other.close()
    member.close()


print(f"{passed} passed, {failed} failed")
sys.exit(0 if failed == 0 else 1)
