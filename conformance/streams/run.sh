#!/usr/bin/env bash
# Usage: run.sh   Kafka Streams (Maven Central) against the broker that BROKER names: a word count, exactly once, with the
# classic group protocol and with that of streams groups; PROTOCOLS="classic" runs one. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin streams
suite_maven
suite_run node suite.mjs
