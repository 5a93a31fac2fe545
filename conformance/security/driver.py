"""TLS and SASL with confluent-kafka (librdkafka) and aiokafka. Prints `ok NAME` or `not ok NAME: why` for each check."""

import asyncio
import os
import time

import aiokafka
import confluent_kafka
from aiokafka.abc import AbstractTokenProvider
from aiokafka.helpers import create_ssl_context

CERTIFICATES = os.environ["CERTIFICATES"]
RUN = os.environ["RUN"]
TOPIC = "security-python"
LIMIT_S = 30


def at(listener):
    return os.environ["AT_" + listener]


def token(name):
    with open(os.path.join(RUN, name)) as file:
        return file.read()


def confluent_round_trip(listener, **given):
    failures = []
    config = {"bootstrap.servers": at(listener), "ssl.ca.location": f"{CERTIFICATES}/ca.pem"}
    config.update({name.replace("__", "."): value for name, value in given.items()})
    config["error_cb"] = failures.append
    producer = confluent_kafka.Producer({**config, "message.timeout.ms": 5000, "log_level": 0})
    delivered = []
    producer.produce(TOPIC, b"v" * 50_000, on_delivery=lambda error, message: delivered.append((error, message)))
    deadline = time.monotonic() + LIMIT_S
    while not delivered and time.monotonic() < deadline:
        producer.poll(0.1)
        refused = [one for one in failures if one.code() in REFUSED]
        if refused:
            raise PermissionError(str(refused[0]))
    error, _ = delivered[0]
    if error is not None and error.code() == confluent_kafka.KafkaError._MSG_TIMED_OUT:
        # What TLS refuses behind the handshake, librdkafka tries again until the message is too old.
        raise PermissionError("; ".join({str(one) for one in failures}))
    if error is not None:
        raise RuntimeError(str(error))


REFUSED = {confluent_kafka.KafkaError._AUTHENTICATION, confluent_kafka.KafkaError._SSL}


def refused(body):
    try:
        body()
    except PermissionError:
        return
    raise AssertionError("it was let in")


def scram(mechanism, password):
    return {"sasl__mechanism": mechanism, "sasl__username": "alice", "sasl__password": password}


def confluent_checks():
    ssl = {"security__protocol": "ssl"}
    mutual = {"ssl__certificate__location": f"{CERTIFICATES}/client.pem", "ssl__key__location": f"{CERTIFICATES}/client.pem"}
    sasl = {"security__protocol": "sasl_ssl"}
    plain = {"sasl__mechanism": "PLAIN", "sasl__username": "carol", "sasl__password": "carol-secret"}
    bearer = {"sasl__mechanism": "OAUTHBEARER"}
    yield "confluent-kafka: SSL", lambda: confluent_round_trip("SSL", **ssl)
    yield "confluent-kafka: client certificate", lambda: confluent_round_trip("MUTUAL", **ssl, **mutual)
    yield "confluent-kafka: no client certificate", lambda: refused(lambda: confluent_round_trip("MUTUAL", **ssl))
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        login = scram(mechanism, "alice-secret")
        yield f"confluent-kafka: {mechanism}", lambda login=login: confluent_round_trip("SASL_SSL", **sasl, **login)
    yield "confluent-kafka: PLAIN", lambda: confluent_round_trip("SASL_SSL", **sasl, **plain)
    wrong = scram("SCRAM-SHA-512", "wrong")
    yield "confluent-kafka: wrong password", lambda: refused(lambda: confluent_round_trip("SASL_SSL", **sasl, **wrong))
    for name, expected in (("token.jwt", True), ("stale.jwt", False)):
        # librdkafka itself looks at the end that it is told.
        callback = {"oauth_cb": lambda _config, name=name: (token(name), time.time() + 3600)}
        run = lambda callback=callback: confluent_round_trip("TOKEN", **sasl, **bearer, **callback)
        yield f"confluent-kafka: {name}", run if expected else (lambda run=run: refused(run))


class Tokens(AbstractTokenProvider):
    def __init__(self, name):
        self.name = name

    async def token(self):
        return token(self.name)


async def aiokafka_round_trip(listener, **given):
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=at(listener), **given)
    await producer.start()
    try:
        await producer.send_and_wait(TOPIC, b"v" * 50_000)
    finally:
        await producer.stop()


def aiokafka_checks():
    def run(listener, **given):
        async def body():
            await asyncio.wait_for(aiokafka_round_trip(listener, **given), LIMIT_S)

        return lambda: asyncio.run(body())

    def fails(body):
        try:
            body()
        except aiokafka.errors.KafkaError:
            return
        raise AssertionError("it was let in")

    trust = create_ssl_context(cafile=f"{CERTIFICATES}/ca.pem")
    shown = create_ssl_context(
        cafile=f"{CERTIFICATES}/ca.pem", certfile=f"{CERTIFICATES}/client.pem", keyfile=f"{CERTIFICATES}/client.pem"
    )
    login = {"security_protocol": "SASL_SSL", "ssl_context": trust, "sasl_plain_username": "alice"}
    yield "aiokafka: SSL", run("SSL", security_protocol="SSL", ssl_context=trust)
    yield "aiokafka: client certificate", run("MUTUAL", security_protocol="SSL", ssl_context=shown)
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"):
        good = run("SASL_SSL", **login, sasl_mechanism=mechanism, sasl_plain_password="alice-secret")
        wrong = run("SASL_SSL", **login, sasl_mechanism=mechanism, sasl_plain_password="wrong")
        yield f"aiokafka: {mechanism}", good
        yield f"aiokafka: wrong password of {mechanism}", lambda wrong=wrong: fails(wrong)
    bearer = {"security_protocol": "SASL_SSL", "ssl_context": trust, "sasl_mechanism": "OAUTHBEARER"}
    yield "aiokafka: token.jwt", run("TOKEN", **bearer, sasl_oauth_token_provider=Tokens("token.jwt"))
    foreign = run("TOKEN", **bearer, sasl_oauth_token_provider=Tokens("foreign.jwt"))
    yield "aiokafka: foreign.jwt", lambda: fails(foreign)


for name, body in (*confluent_checks(), *aiokafka_checks()):
    try:
        body()
        print(f"ok {name}", flush=True)
    except Exception as error:  # noqa: BLE001 - each failure is told as one
        print(f"not ok {name}: {type(error).__name__} {error}".replace("\n", " "), flush=True)
