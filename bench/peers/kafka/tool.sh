#!/usr/bin/env bash
# Usage: tool.sh NAME ARGS...   runs one of Kafka's Java tools against any Kafka-protocol broker.
# The work directory (with libs/) is PEER_DIR, default ${TMPDIR:-/tmp}/peer-kafka.
# HEAP: tool's heap, default -Xmx512M as Kafka's own scripts have it. No NAME: lists the names.
# Examples:
#   tool.sh topics --bootstrap-server 127.0.0.1:19092 --create --topic t --partitions 12
#   tool.sh producer-perf --topic t --num-records 1000000 --record-size 100 --throughput -1 \
#     --command-property bootstrap.servers=127.0.0.1:19092 acks=all
#   tool.sh consumer-perf --bootstrap-server 127.0.0.1:19092 --topic t --num-records 1000000
#   tool.sh e2e --bootstrap-server 127.0.0.1:19092 --topic t --num-records 10000 --producer-acks all --record-size 1024
set -euo pipefail
DIR=${PEER_DIR:-${TMPDIR:-/tmp}/peer-kafka}
T=org.apache.kafka.tools
names='producer-perf consumer-perf share-consumer-perf e2e topics configs groups consumer-groups share-groups
console-producer console-consumer console-share-consumer verifiable-producer verifiable-consumer
verifiable-share-consumer transactional-copier offsets delete-records dump-log log-dirs api-versions
quorum features acls transactions leader-election cluster storage'
name=${1:-}
[ -n "$name" ] || { echo "$names" | tr ' ' '\n'; exit 0; }
shift
case $name in
  producer-perf) class=$T.ProducerPerformance ;;
  consumer-perf) class=$T.ConsumerPerformance ;;
  share-consumer-perf) class=$T.ShareConsumerPerformance ;;
  e2e) class=$T.EndToEndLatency ;;
  topics) class=$T.TopicCommand ;;
  configs) class=kafka.admin.ConfigCommand ;;
  groups) class=$T.GroupsCommand ;;
  consumer-groups) class=$T.consumer.group.ConsumerGroupCommand ;;
  share-groups) class=$T.consumer.group.ShareGroupCommand ;;
  console-producer) class=$T.ConsoleProducer ;;
  console-consumer) class=$T.consumer.ConsoleConsumer ;;
  console-share-consumer) class=$T.consumer.ConsoleShareConsumer ;;
  verifiable-producer) class=$T.VerifiableProducer ;;
  verifiable-consumer) class=$T.VerifiableConsumer ;;
  verifiable-share-consumer) class=$T.VerifiableShareConsumer ;;
  transactional-copier) class=$T.TransactionalMessageCopier ;;
  offsets) class=$T.GetOffsetShell ;;
  delete-records) class=$T.DeleteRecordsCommand ;;
  dump-log) class=$T.DumpLogSegments ;;
  log-dirs) class=$T.LogDirsCommand ;;
  api-versions) class=$T.BrokerApiVersionsCommand ;;
  quorum) class=$T.MetadataQuorumCommand ;;
  features) class=$T.FeatureCommand ;;
  acls) class=$T.AclCommand ;;
  transactions) class=$T.TransactionsCommand ;;
  leader-election) class=$T.LeaderElectionCommand ;;
  cluster) class=$T.ClusterTool ;;
  storage) class=kafka.tools.StorageTool ;;
  *.*) class=$name ;;
  *) echo "no tool '$name'; one of: $names" >&2; exit 2 ;;
esac
# Written once and moved into place: several tools may start at the same time.
[ -e "$DIR/tools-log4j2.properties" ] || { cat > "$DIR/tools-log4j2.properties.$$" <<'LOG'
status=warn
appender.err.type=Console
appender.err.name=E
appender.err.target=SYSTEM_ERR
appender.err.layout.type=PatternLayout
appender.err.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.err.ref=E
LOG
mv "$DIR/tools-log4j2.properties.$$" "$DIR/tools-log4j2.properties"; }
# shellcheck disable=SC2086
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" ${HEAP:--Xmx512M} -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 \
  -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -XX:MaxInlineLevel=15 \
  -Djava.awt.headless=true "-Dlog4j2.configurationFile=$DIR/tools-log4j2.properties" \
  -cp "$DIR/libs/*" "$class" "$@"
