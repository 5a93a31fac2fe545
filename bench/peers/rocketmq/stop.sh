#!/usr/bin/env bash
# Usage: stop.sh [DIR]   stops what start.sh started (RUN as there).
set -euo pipefail
DIR=${1:-${ROCKETMQ_DIR:-${TMPDIR:-/tmp}/peer-rocketmq}}
RUN=${RUN:-$DIR}
for name in broker namesrv; do
  [ -e "$RUN/$name.pid" ] || continue
  pid=$(cat "$RUN/$name.pid")
  kill "$pid" 2> /dev/null || true
  for _ in $(seq 1500); do
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.02
  done
  kill -9 "$pid" 2> /dev/null || true
  rm -f "$RUN/$name.pid"
  echo "stopped $name $pid"
done
