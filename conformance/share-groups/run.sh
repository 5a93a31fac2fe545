#!/usr/bin/env bash
# Usage: run.sh   Kafka's share consumer (KafkaShareConsumer), its administrator and its tools against the broker that BROKER names
# (../lib/broker.sh). The jars come with Maven (bench/peers/kafka/install.sh). Needs JDK 17.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin share-groups
"$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR"
key=$(cat ./*.java | sha256sum | cut -c1-16)
CLASSES=$CACHE/java/share-$key
export CLASSES
if [ ! -e "$CLASSES/Shares.class" ]; then
  mkdir -p "$CLASSES"
  javac -nowarn -cp "$PEER_DIR/libs/*" -d "$CLASSES" ./*.java
fi
suite_run node suite.mjs
