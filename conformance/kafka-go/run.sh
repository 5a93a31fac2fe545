#!/usr/bin/env bash
# Usage: run.sh   kafka-go (Go modules) against the broker that BROKER names (../lib/broker.sh). Needs Go 1.25.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin kafka-go
suite_go
suite_run node suite.mjs
