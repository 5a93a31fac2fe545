#!/usr/bin/env bash
# Usage: run.sh   Kafka's share consumer (KafkaShareConsumer), its administrator and its tools against the broker that BROKER names
# (../lib/broker.sh). The jars come with Maven (bench/peers/kafka/install.sh). Needs JDK 17.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin share-groups
suite_peer_java .
suite_run node suite.mjs
