#!/usr/bin/env bash
# Usage: run.sh   kill -9 of the broker under load by librdkafka (node-rdkafka), many times; ../README.md says what is
# checked. KILL9_ROUNDS=20; KILL9_SEED: the moments of the kills (a random one otherwise; it is printed).
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin kill9
KEEP='' BUILD_ONLY=1 ../node-rdkafka/run.sh
ln -sfn ../node-rdkafka/node_modules node_modules
# Small chunks: some kills shall come while one ends and the next begins.
export BROKER_SET="polylog.chunk.bytes=4194304 ${BROKER_SET:-}"
suite_run node suite.mjs
