#!/usr/bin/env bash
# Usage: run.sh   a distributed worker of Kafka Connect (Maven Central) against the broker that BROKER names: a file source,
# exactly once, and file sinks. Its REST interface listens on PORT + 5. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin connect
suite_maven
suite_run node suite.mjs
