#!/usr/bin/env bash
# Usage: start.sh [DIR]   starts one Kafka node (broker and KRaft controller) from the jars in DIR/libs.
#
# Prints start_s= (exec to the first answered request) and pidfile=. Settings come from the environment:
#   RUN              folder of this node: properties, logs, pid file. Default: DIR. Nodes with different
#                    RUN and PORT live side by side on one install.
#   PORT             19092
#   CONTROLLER_PORT  PORT + 1
#   DATA             RUN/data; formatted when it is empty
#   HEAP             "-Xmx1G -Xms1G", Kafka's own default
#   WAIT_S           60, how long the node may take to answer
#   EXTRA            lines for server.properties, e.g. EXTRA=$'log.flush.interval.messages=1\nnum.partitions=3'
set -euo pipefail
DIR=${1:-${PEER_DIR:-${TMPDIR:-/tmp}/peer-kafka}}
DIR=$(cd "$DIR" && pwd)
RUN=${RUN:-$DIR}
mkdir -p "$RUN"
RUN=$(cd "$RUN" && pwd)
PORT=${PORT:-19092}
CONTROLLER_PORT=${CONTROLLER_PORT:-$((PORT + 1))}
DATA=${DATA:-$RUN/data}
HEAP=${HEAP:--Xmx1G -Xms1G}
WAIT_S=${WAIT_S:-60}
PIDFILE=$RUN/broker.pid
JAVA=${JAVA_HOME:+$JAVA_HOME/bin/}java

if [ -e "$PIDFILE" ] && kill -0 "$(cat "$PIDFILE")" 2> /dev/null; then
  echo "already running: pid $(cat "$PIDFILE")" >&2
  exit 1
fi
# 10,000 partitions need some 40,000 descriptors and twice as many mappings.
ulimit -n "$(ulimit -Hn)" || true

cat > "$RUN/server.properties" <<PROPS
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$CONTROLLER_PORT
listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$CONTROLLER_PORT
advertised.listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$CONTROLLER_PORT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$DATA
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
num.partitions=1
num.recovery.threads.per.data.dir=2
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
group.initial.rebalance.delay.ms=0
${EXTRA:-}
PROPS

cat > "$RUN/log4j2.properties" <<'LOG'
status=warn
appender.file.type=File
appender.file.name=F
appender.file.fileName=${sys:kafka.log.file}
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.file.ref=F
LOG

# What Kafka's kafka-run-class.sh passes by default (GC log and JMX aside).
JVM=(-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35
  -XX:+ExplicitGCInvokesConcurrent -XX:MaxInlineLevel=15 -Djava.awt.headless=true
  "-Dkafka.log.file=$RUN/broker.log" "-Dlog4j2.configurationFile=$RUN/log4j2.properties")

if [ ! -e "$DATA/meta.properties" ]; then
  mkdir -p "$DATA"
  uuid=A$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=' | cut -c2-)
  "$JAVA" "${JVM[@]}" -cp "$DIR/libs/*" kafka.tools.StorageTool format --standalone \
    -t "$uuid" -c "$RUN/server.properties" > "$RUN/format.log" 2>&1 || { cat "$RUN/format.log" >&2; exit 1; }
fi

# ApiVersions v0, correlation id 1, no client id. The answer is 4 bytes of length, the
# correlation id, then error code 0: true once the broker serves requests, not only accepts them.
answers() {
  local got
  got=$( { exec 3<> "/dev/tcp/127.0.0.1/$PORT" &&
    printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff' >&3 &&
    timeout 20 head -c 10 <&3 | od -An -tx1 | tr -d ' \n'; } 2> /dev/null) || return 1
  [ "${got:8:12}" = 000000010000 ]
}

t0=$(date +%s%N)
# shellcheck disable=SC2086
setsid "$JAVA" $HEAP "${JVM[@]}" -cp "$DIR/libs/*" kafka.Kafka "$RUN/server.properties" \
  > "$RUN/stdout.log" 2>&1 < /dev/null &
pid=$!
echo "$pid" > "$PIDFILE"
until answers; do
  kill -0 "$pid" 2> /dev/null || { echo "the broker ended; see $RUN/stdout.log and broker.log" >&2; exit 1; }
  (( ($(date +%s%N) - t0) / 1000000000 < WAIT_S )) || { echo "no answer in $WAIT_S s; see $RUN/broker.log" >&2; exit 1; }
  sleep 0.02
done
t1=$(date +%s%N)
awk -v ns=$((t1 - t0)) 'BEGIN { printf "start_s=%.3f\n", ns / 1e9 }'
echo "pidfile=$PIDFILE"
