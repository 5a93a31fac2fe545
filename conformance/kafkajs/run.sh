#!/usr/bin/env bash
# Usage: run.sh   kafkajs 2.2.4 against the broker that BROKER names (../lib/broker.sh); ../README.md says what is tested.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin kafkajs
suite_npm
suite_run node suite.mjs
