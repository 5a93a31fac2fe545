# What the run.sh of a client of RocketMQ begins with: as suite.sh, with a listener of RocketMQ at ROCKETMQ, one port above Kafka's,
# where calls have to be signed with ROCKETMQ_ACCESS_KEY and ROCKETMQ_SECRET.
. ../lib/suite.sh

rocketmq_begin() { # NAME
  suite_begin "$1"
  if [ "$BROKER" != polylog ]; then
    echo "$1: Apache Kafka has no RocketMQ listener" >&2
    exit 1
  fi
  ROCKETMQ=127.0.0.1:$((PORT + 1))
  export ROCKETMQ ROCKETMQ_ACCESS_KEY=conformance ROCKETMQ_SECRET=a-secret
  local keys="polylog.rocketmq.access.keys=$ROCKETMQ_ACCESS_KEY:$ROCKETMQ_SECRET"
  export BROKER_SET="polylog.rocketmq.listeners=$ROCKETMQ $keys polylog.half.check.after.ms=1000 ${BROKER_SET:-}"
}
