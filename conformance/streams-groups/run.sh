#!/usr/bin/env bash
# Usage: run.sh   Kafka Streams (Maven Central) with group.protocol=streams against the broker that BROKER names: tasks and
# standbys over several processes that come, leave and are killed; endpoints, shutdown, administration. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin streams-groups
suite_maven
suite_run node suite.mjs
