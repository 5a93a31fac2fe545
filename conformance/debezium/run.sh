#!/usr/bin/env bash
# Usage: run.sh   Debezium's PostgreSQL connector (Maven Central) in a distributed worker of Kafka Connect, against the broker that
# BROKER names (../lib/broker.sh). Connect's REST interface listens on PORT + 5, a PostgreSQL of this run on PORT + 6. Needs JDK 17,
# Maven, and Debian's postgresql and kcat, which it doesn't install.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin debezium
PG_BIN=$(for each in /usr/lib/postgresql/*/bin; do [ -x "$each/initdb" ] && echo "$each"; done | sort -V | tail -1)
[ -n "$PG_BIN" ] || { echo "debezium: PostgreSQL is not there: apt-get install postgresql" >&2; exit 1; }
command -v kcat > /dev/null || { echo "debezium: kcat is not there: apt-get install kcat" >&2; exit 1; }
suite_maven

# PostgreSQL refuses to run as root. Its data is beside the run's folder, which only its owner may enter.
as_postgres() { "$@"; }
PG_DATA=$(mktemp -d "${TMPDIR:-/tmp}/polylog-conformance-postgres.XXXXXX")
if [ "$(id -u)" = 0 ]; then
  chown postgres "$PG_DATA"
  as_postgres() { runuser -u postgres -- "$@"; }
fi
stop_postgres() {
  local status=$?
  as_postgres "$PG_BIN/pg_ctl" -s -D "$PG_DATA" -m immediate stop || true
  rm -rf "$PG_DATA"
  (exit "$status")
  _suite_end
}
trap stop_postgres EXIT
PG_PORT=$((PORT + 6))
export PG_PORT
(
  cd "$PG_DATA"
  as_postgres "$PG_BIN/initdb" -D "$PG_DATA" -U postgres -A trust -E UTF8 --no-sync > "$RUN/postgres.log" 2>&1
  as_postgres "$PG_BIN/pg_ctl" -s -w -D "$PG_DATA" -l "$PG_DATA/log" \
    -o "-p $PG_PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c wal_level=logical" start
)
suite_run node suite.mjs
