#!/usr/bin/env bash
# Usage: stop.sh [DIR]   stops the broker that start.sh started (RUN as there); KILL=1: kill -9.
set -euo pipefail
DIR=${1:-${PEER_DIR:-${TMPDIR:-/tmp}/peer-kafka}}
RUN=${RUN:-$DIR}
PIDFILE=$RUN/broker.pid
[ -e "$PIDFILE" ] || { echo "not running"; exit 0; }
pid=$(cat "$PIDFILE")
if [ "${KILL:-}" = 1 ]; then kill -9 "$pid" 2> /dev/null || true; else kill "$pid" 2> /dev/null || true; fi
for _ in $(seq 3000); do
  kill -0 "$pid" 2> /dev/null || { rm -f "$PIDFILE"; echo "stopped $pid"; exit 0; }
  sleep 0.02
done
echo "pid $pid did not end in 60 s" >&2
exit 1
