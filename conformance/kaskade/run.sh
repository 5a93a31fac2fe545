#!/usr/bin/env bash
# Usage: run.sh   kaskade, a Kafka UI for the terminal (PyPI), against the broker that BROKER names (../lib/broker.sh). Its keys
# are pressed and its tables are read. What it shows comes from confluent-kafka, by that client's driver.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin kaskade
suite_pip
# Its settings file: none, whoever runs this.
export KASKADE_SETTINGS=$RUN/settings.yaml
export TEXTUAL_ANIMATIONS=none
suite_run node suite.mjs
