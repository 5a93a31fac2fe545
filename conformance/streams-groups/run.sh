#!/usr/bin/env bash
# Usage: run.sh   Kafka Streams (Maven Central) with group.protocol=streams against the broker that BROKER names: tasks and
# standbys over several processes that come, leave and are killed; endpoints, shutdown, administration. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin streams-groups
suite_maven
SETTINGS='group.streams.min.session.timeout.ms=6000
group.streams.session.timeout.ms=6000
group.streams.min.heartbeat.interval.ms=500
group.streams.heartbeat.interval.ms=500
group.streams.num.standby.replicas=1
group.streams.initial.rebalance.delay.ms=1000'
KAFKA_EXTRA="$KAFKA_EXTRA
$SETTINGS"
BROKER_SET="${BROKER_SET:-} ${SETTINGS//$'\n'/ }"
export KAFKA_EXTRA BROKER_SET
suite_run node suite.mjs
