#!/usr/bin/env bash
# Usage: run.sh   one topic for all: what RocketMQ's client (Java) sends, Kafka's consumers and a share group read, and the other way
# round. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin one-topic
suite_maven ../rocketmq-java/pom.xml ../rocketmq-java/*.java
suite_peer_java ../share-groups
suite_run node suite.mjs
