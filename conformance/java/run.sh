#!/usr/bin/env bash
# Usage: run.sh   Kafka's Java client and its tools against the broker that BROKER names (../lib/broker.sh).
# The jars come with Maven (bench/peers/kafka/install.sh); the driver is compiled once into the cache. Needs JDK 17.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin java
"$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR"
key=$(cat ./*.java current/*.java | sha256sum | cut -c1-16)
CLASSES=$CACHE/java/$key
export CLASSES
if [ ! -e "$CLASSES/Driver.class" ]; then
  mkdir -p "$CLASSES"
  javac -nowarn -Xlint:-deprecation -cp "$PEER_DIR/libs/*" -d "$CLASSES" ./*.java current/*.java
fi
suite_run node suite.mjs
