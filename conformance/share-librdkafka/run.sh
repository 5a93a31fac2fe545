#!/usr/bin/env bash
# Usage: run.sh   librdkafka's share consumer (confluent-kafka for Python) against the broker that BROKER names (../lib/broker.sh).
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin share-librdkafka
suite_pip
suite_run "$PYTHON" suite.py
