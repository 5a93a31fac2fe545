#!/usr/bin/env bash
# Usage: run.sh   sarama (Go modules) against the broker that BROKER names (../lib/broker.sh). Needs Go 1.25.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin sarama
suite_go
suite_run node suite.mjs
