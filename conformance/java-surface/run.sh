#!/usr/bin/env bash
# Usage: run.sh   what Kafka's Java Admin asks of a cluster beside topics and groups (features, the quorum, elections,
# reassignments, log directories, loggers, client metrics), and a Java client that pushes its metrics, against the broker
# that BROKER names (../lib/broker.sh). Needs JDK 17; the jars come with Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin java-surface
"$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR"
key=$(sha256sum Surface.java | cut -c1-16)
CLASSES=$CACHE/java-surface/$key
if [ ! -e "$CLASSES/Surface.class" ]; then
  mkdir -p "$CLASSES"
  javac -nowarn -Xlint:-deprecation -cp "$PEER_DIR/libs/*" -d "$CLASSES" Surface.java
fi
ADMIN_PORT=$((PORT + 5))
export BROKER_SET="polylog.admin.listeners=http://127.0.0.1:$ADMIN_PORT ${BROKER_SET:-}"
suite_run java -Xmx256M -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=OFF \
  -cp "$CLASSES:$PEER_DIR/libs/*" Surface "$BOOTSTRAP" "$BROKER" "http://127.0.0.1:$ADMIN_PORT"
