#!/usr/bin/env bash
# Usage: run.sh   aiokafka (PyPI, in an environment of its own) against the broker that BROKER names (../lib/broker.sh).
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin aiokafka
suite_pip
suite_run node suite.mjs
