# The broker that a suite runs against: source this file, then broker_start, broker_kill9, broker_restart, broker_stop.
#
# BROKER      polylog (default): dist/cli/main.js of this repository, built when it is missing; or kafka: Apache Kafka
# POLYLOG     another build's cli/main.js
# BROKER_SET  settings for Polylog, beside the suites' own: name=value name=value
# BROKER_LISTEN  further addresses of Polylog: NAME://HOST:PORT NAME://HOST:PORT
# PORT        where it listens (21000), on 127.0.0.1; Kafka's controller takes PORT + 1
# RUN         folder for its data, logs and pid file; the caller makes it and removes it
# BOOTSTRAP   set here: 127.0.0.1:PORT
#
# Each function returns when the state it names is reached: started means that requests are answered, stopped that the
# process is gone. Data and port survive a restart. A wait that takes too long ends with a message and status 1.
# broker-ctl.sh does the same as a command, so that a suite in any language has one implementation.

CONFORMANCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPOSITORY=$(cd "$CONFORMANCE/.." && pwd)
BROKER=${BROKER:-polylog}
POLYLOG=${POLYLOG:-$REPOSITORY/dist/cli/main.js}
PORT=${PORT:-21000}
RUN=${RUN:?RUN is the folder of this run}
DATA=$RUN/data
BOOTSTRAP=127.0.0.1:$PORT
CACHE=${POLYLOG_CONFORMANCE_CACHE:-$HOME/.cache/polylog-conformance}
PEER_DIR=${PEER_DIR:-$([ -d "${TMPDIR:-/tmp}/peer-kafka/libs" ] && echo "${TMPDIR:-/tmp}/peer-kafka" || echo "$CACHE/kafka")}
export BROKER POLYLOG PORT RUN BOOTSTRAP CACHE PEER_DIR
READY_S=${READY_S:-60}
GONE_S=${GONE_S:-30}

# One partition of __consumer_offsets instead of 50, and a short broker session: after kill -9 Kafka's controller
# otherwise waits out the old session before it lets the broker in again. Transactions that took too long are looked for
# every half second, not every ten.
KAFKA_EXTRA='offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
broker.session.timeout.ms=2000
log.cleaner.backoff.ms=500
broker.heartbeat.interval.ms=500'
# Groups of the consumer protocol, of Streams and of share consumers take their times from the broker: short ones, so that tests needn't wait.
CONSUMER_GROUPS='group.consumer.min.heartbeat.interval.ms=100
group.consumer.heartbeat.interval.ms=500
group.consumer.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=10000
group.streams.min.heartbeat.interval.ms=100
group.streams.heartbeat.interval.ms=500
group.streams.min.session.timeout.ms=1000
group.streams.session.timeout.ms=6000
group.share.min.heartbeat.interval.ms=100
group.share.heartbeat.interval.ms=500
group.share.min.session.timeout.ms=1000
group.share.session.timeout.ms=6000
group.share.min.record.lock.duration.ms=1000'

_broker_pid() { cat "$RUN/broker.pid" 2> /dev/null; }

_broker_await_gone() {
  local pid=$1
  timeout "$GONE_S" tail --pid="$pid" -s 0.02 -f /dev/null || {
    echo "broker: pid $pid still runs $GONE_S s after $2" >&2
    return 1
  }
  rm -f "$RUN/broker.pid"
}

broker_start() {
  mkdir -p "$RUN"
  case $BROKER in
    kafka)
      "$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR" >> "$RUN/broker-ctl.log"
      RUN=$RUN PORT=$PORT DATA=$DATA HEAP="-Xmx512M -Xms256M" EXTRA="$KAFKA_EXTRA"$'\n'"$CONSUMER_GROUPS" WAIT_S=$READY_S \
        "$REPOSITORY/bench/peers/kafka/start.sh" "$PEER_DIR" >> "$RUN/broker-ctl.log"
      ;;
    polylog)
      [ -e "$POLYLOG" ] || (cd "$REPOSITORY" && npm run --silent build >&2)
      : > "$RUN/stdout.log"
      (
        cd "$REPOSITORY" || exit 1
        settings=(--set group.initial.rebalance.delay.ms=0 --set log.cleaner.backoff.ms=500)
        for each in $CONSUMER_GROUPS ${BROKER_SET:-}; do settings+=(--set "$each"); done
        for each in ${BROKER_LISTEN:-}; do settings+=(--listen "$each"); done
        # Polylog takes settings from the environment, and refuses names that it does not know.
        unset POLYLOG_CONFORMANCE_CACHE
        setsid node "$POLYLOG" start --data "$DATA" --listen "kafka://$BOOTSTRAP" \
          "${settings[@]}" > "$RUN/stdout.log" 2>> "$RUN/broker.log" < /dev/null &
        echo $! > "$RUN/broker.pid"
      )
      local pid
      pid=$(_broker_pid)
      # tail watches the file, and ends with the process or when grep has found the line.
      grep -q -m1 '^polylog ready kafka://' < <(timeout "$READY_S" tail -n +1 -s 0.02 --pid="$pid" -f "$RUN/stdout.log" 2> /dev/null) || {
        echo "broker: no line 'polylog ready kafka://' within $READY_S s; the end of its log:" >&2
        tail -20 "$RUN/broker.log" >&2
        return 1
      }
      ;;
    *)
      echo "BROKER=$BROKER: polylog or kafka" >&2
      return 1
      ;;
  esac
}

broker_kill9() {
  local pid
  pid=$(_broker_pid) || { echo "broker: not running, nothing to kill" >&2; return 1; }
  kill -9 "$pid" || { echo "broker: pid $pid was gone before kill -9; see $RUN/broker.log" >&2; return 1; }
  _broker_await_gone "$pid" "kill -9"
}

broker_restart() { broker_kill9 && broker_start; }

broker_stop() {
  local pid
  pid=$(_broker_pid) || return 0
  kill "$pid" 2> /dev/null || { rm -f "$RUN/broker.pid"; return 0; }
  _broker_await_gone "$pid" SIGTERM || { kill -9 "$pid" 2> /dev/null; return 1; }
}
