#!/usr/bin/env bash
# Usage: start.sh [DIR]   starts one name server, and one process with broker and proxy, from the jars in DIR/libs.
#
# Prints start_s= (exec of the name server to the first connection to the proxy), and leaves namesrv.pid and broker.pid in
# RUN. Settings come from the environment:
#   RUN          folder of this node: configuration, logs, pid files. Default: DIR
#   DATA         RUN/store
#   PORT         18081, of gRPC; the name server is at PORT + 1, the proxy's remoting at PORT + 2, the broker at PORT + 6
#                (and at PORT + 4 and PORT + 7)
#   FLUSH        ASYNC_FLUSH, as it comes: answered from memory. SYNC_FLUSH: answered after the file is forced to the disk
#   HEAP         small: 512 MB for the name server and 2 GB for the broker. stock: 4 GB and 8 GB, touched at the start, as the
#                scripts of the distribution have it
#   WAIT_S       120, how long it may take
set -euo pipefail
DIR=${1:-${ROCKETMQ_DIR:-${TMPDIR:-/tmp}/peer-rocketmq}}
DIR=$(cd "$DIR" && pwd)
RUN=${RUN:-$DIR}
mkdir -p "$RUN/conf"
RUN=$(cd "$RUN" && pwd)
DATA=${DATA:-$RUN/store}
PORT=${PORT:-18081}
NAMESRV=127.0.0.1:$((PORT + 1))
FLUSH=${FLUSH:-ASYNC_FLUSH}
HEAP=${HEAP:-small}
WAIT_S=${WAIT_S:-120}
JAVA=${JAVA_HOME:+$JAVA_HOME/bin/}java

cat > "$RUN/conf/namesrv.conf" <<CONF
listenPort=$((PORT + 1))
kvConfigPath=$DATA/namesrv/kvConfig.json
configStorePath=$DATA/namesrv/namesrv.properties
CONF
cat > "$RUN/conf/broker.conf" <<CONF
brokerClusterName=DefaultCluster
brokerName=broker-a
brokerId=0
brokerIP1=127.0.0.1
listenPort=$((PORT + 6))
namesrvAddr=$NAMESRV
brokerRole=ASYNC_MASTER
flushDiskType=$FLUSH
storePathRootDir=$DATA
storePathCommitLog=$DATA/commitlog
CONF
cat > "$RUN/conf/rmq-proxy.json" <<CONF
{"rocketMQClusterName": "DefaultCluster", "proxyMode": "local", "namesrvAddr": "$NAMESRV", "localServeAddr": "127.0.0.1",
 "grpcServerPort": $PORT, "remotingListenPort": $((PORT + 2))}
CONF
for part in namesrv proxy; do
  (cd "$RUN/conf" && unzip -qo "$DIR"/libs/rocketmq-$part-[0-9]*.jar "rmq.$part.logback.xml")
done

# The flags of runserver.sh and runbroker.sh.
G1="-server -XX:+UseG1GC -XX:G1HeapRegionSize=16m -XX:G1ReservePercent=25 -XX:InitiatingHeapOccupancyPercent=30
  -XX:SoftRefLRUPolicyMSPerMB=0 -XX:-OmitStackTraceInFastThrow -XX:-UseLargePages"
if [ "$HEAP" = stock ]; then
  namesrv_heap="-Xms4g -Xmx4g"
  broker_heap="-Xms8g -Xmx8g -XX:+AlwaysPreTouch -XX:MaxDirectMemorySize=15g"
else
  namesrv_heap="-Xms512m -Xmx512m"
  broker_heap="-Xms2g -Xmx2g -XX:MaxDirectMemorySize=2g"
fi

# run NAME PORT JAVA-ARGUMENTS…: in the background, until something listens there.
run() {
  local name=$1 port=$2 pid
  shift 2
  ROCKETMQ_HOME=$RUN setsid "$JAVA" "$@" > "$RUN/$name.out" 2>&1 < /dev/null &
  pid=$!
  echo "$pid" > "$RUN/$name.pid"
  until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
    kill -0 "$pid" 2> /dev/null || { echo "$name ended:" >&2; tail -5 "$RUN/$name.out" >&2; exit 1; }
    (( ($(date +%s%N) - t0) / 1000000000 < WAIT_S )) || { echo "$name: nothing at $port in $WAIT_S s" >&2; exit 1; }
    sleep 0.02
  done
}
t0=$(date +%s%N)
# shellcheck disable=SC2086
run namesrv $((PORT + 1)) $namesrv_heap $G1 "-Duser.home=$RUN" \
  "-Drmq.logback.configurationFile=$RUN/conf/rmq.namesrv.logback.xml" -cp "$RUN/conf:$DIR/libs/*" \
  org.apache.rocketmq.namesrv.NamesrvStartup -c "$RUN/conf/namesrv.conf"
# shellcheck disable=SC2086
run broker "$PORT" $broker_heap $G1 "-Duser.home=$RUN" \
  "-Drmq.logback.configurationFile=$RUN/conf/rmq.proxy.logback.xml" -cp "$RUN/conf:$DIR/libs/*" \
  org.apache.rocketmq.proxy.ProxyStartup -pm local -pc "$RUN/conf/rmq-proxy.json" -bc "$RUN/conf/broker.conf" -n "$NAMESRV"
awk -v ns=$(($(date +%s%N) - t0)) 'BEGIN { printf "start_s=%.3f\n", ns / 1e9 }'
