#!/usr/bin/env bash
# Usage: run.sh   Kafka Streams (Maven Central) against the broker that BROKER names: a word count, exactly once, with the
# classic group protocol and with that of streams groups; PROTOCOLS="classic" runs one. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin streams
suite_maven
# The members of a killed process are waited for: six seconds, not 45.
KAFKA_EXTRA="$KAFKA_EXTRA
group.streams.min.session.timeout.ms=6000
group.streams.session.timeout.ms=6000
group.streams.min.heartbeat.interval.ms=500
group.streams.heartbeat.interval.ms=500"
export KAFKA_EXTRA
suite_run node suite.mjs
