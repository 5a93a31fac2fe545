#!/usr/bin/env bash
# Usage: run.sh [options]   the macro benchmarks; --help lists the options, bench/README.md explains the figures.
#
# Gets what the load needs (librdkafka with rdkafka_performance, Kafka with its Java tools), compiles the drivers,
# bundles bench/macro and runs it. Settings from the environment:
#   BENCH_WORK                 ${TMPDIR:-/tmp}/polylog-bench: data of the runs, emptied; its disk is what is measured
#   BENCH_PORT                 23100: first of fifty ports on 127.0.0.1
#   BENCH_POLYLOG              dist/cli/main.js: the build of Polylog to measure
#   PEER_DIR                   ${TMPDIR:-/tmp}/peer-kafka: where Kafka is or gets installed
#   ROCKETMQ_DIR               ${TMPDIR:-/tmp}/peer-rocketmq: where RocketMQ is or gets installed
#   POLYLOG_CONFORMANCE_CACHE  ~/.cache/polylog-conformance: where librdkafka is or gets built
set -euo pipefail
cd "$(dirname "$0")/.."
export BENCH_REPOSITORY=$PWD
export BENCH_POLYLOG=${BENCH_POLYLOG:-$PWD/dist/cli/main.js}
export BENCH_WORK=${BENCH_WORK:-${TMPDIR:-/tmp}/polylog-bench}
PEER_DIR=${PEER_DIR:-${TMPDIR:-/tmp}/peer-kafka}
mkdir -p "$BENCH_WORK" build/bench

# One run at a time on a directory: two would share ports and spoil each other's numbers.
exec 9> "$BENCH_WORK/lock"
flock -n 9 || { echo "bench: another run works in $BENCH_WORK" >&2; exit 1; }

node_modules/.bin/esbuild bench/macro/main.ts --bundle --platform=node --target=node20 --format=esm \
  --outfile=build/bench/main.mjs --log-level=warning
case " $* " in *" --help "* | *" -h "* | *" --list "*)
  exec env BENCH_DRIVERS=- BENCH_RDKAFKA_PERFORMANCE=- node build/bench/main.mjs "$@" ;;
esac

librdkafka=$(bash bench/librdkafka.sh)
bash bench/macro/drivers/build.sh "$librdkafka" build/bench/drivers
node_modules/.bin/esbuild bench/macro/drivers/members/main.ts --bundle --platform=node --target=node20 --format=esm \
  --outfile=build/bench/drivers/members.mjs --log-level=warning
node_modules/.bin/esbuild bench/micro/queue.ts --bundle --platform=node --target=node20 --format=esm --packages=external \
  --outfile=build/bench/drivers/queue.mjs --log-level=warning
export BENCH_DRIVERS=$PWD/build/bench/drivers
export BENCH_RDKAFKA_PERFORMANCE=$librdkafka/examples/rdkafka_performance

# A smoke takes Kafka's Java tools where they are and leaves their figures out where they are not.
if [ ! -d "$PEER_DIR/libs" ]; then
  case " $* " in
    *" --smoke "*) PEER_DIR= ;;
    *) bash bench/peers/kafka/install.sh "$PEER_DIR" >&2 ;;
  esac
fi
export BENCH_KAFKA=$PEER_DIR
# RocketMQ is only got for its own figures; its load program is compiled anew where that has changed.
ROCKETMQ_DIR=${ROCKETMQ_DIR:-${TMPDIR:-/tmp}/peer-rocketmq}
case " $* " in
  *rocketmq*) bash bench/peers/rocketmq/install.sh "$ROCKETMQ_DIR" >&2 ;;
esac
[ -d "$ROCKETMQ_DIR/bench-classes" ] || ROCKETMQ_DIR=
export BENCH_ROCKETMQ=$ROCKETMQ_DIR

# 10,000 partitions and their clients need many descriptors.
ulimit -n "$(ulimit -Hn)" || true
# Not exec: the lock's descriptor stays with this shell and is closed for what it starts.
status=0
node build/bench/main.mjs "$@" 9>&- || status=$?
exit "$status"
