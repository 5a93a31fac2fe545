#!/usr/bin/env bash
# Usage: run.sh   Flink's Kafka source and exactly-once sink (Maven Central) in a cluster within one process, against the
# broker that BROKER names. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin flink
suite_maven
suite_run node suite.mjs
