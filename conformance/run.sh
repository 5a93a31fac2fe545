#!/usr/bin/env bash
# Usage: conformance/run.sh [NAME…]   runs the suites of unmodified foreign clients (all of them by default), each
# against a broker of its own, and prints a table. Exits 1 when a test failed or a suite did not come to its end.
#
# BROKER=polylog (default) or kafka; PORT_BASE=21000, each suite gets ten ports; JOBS=2: how many suites run at a time;
# KEEP=1 keeps the runs' folders; SUITE_LIMIT_S=600 ends a suite that hangs.
#
# --ci runs what .ci/run has time and tools for: not the suites that need Go, Rust or PostgreSQL, nor apicurio (160 MB to
# fetch), of the older Java clients the oldest, and three kills of Streams instead of ten.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
not_in_ci=' apicurio debezium franz-go java-3.4 java-3.9 kafka-go rocketmq-go rocketmq-rust rust-rdkafka sarama '
names=("$@")
if [ ${#names[@]} = 0 ] || [ "$*" = --ci ]; then
  names=()
  for script in */run.sh; do
    [[ ${1:-} = --ci && $not_in_ci = *" ${script%/run.sh} "* ]] || names+=("${script%/run.sh}")
  done
  [ "${1:-}" != --ci ] || export STREAMS_KILLS=3
fi
for name in "${names[@]}"; do
  [ -x "$name/run.sh" ] || { echo "no suite '$name': conformance/$name/run.sh is not there" >&2; exit 2; }
done
# Once, before suites that run side by side would do it.
if [ "${BROKER:-polylog}" = polylog ] && [ ! -e "${POLYLOG:-../dist/cli/main.js}" ]; then
  (cd .. && npm run --silent build >&2) || exit 1
fi
logs=$(mktemp -d "${TMPDIR:-/tmp}/polylog-conformance.XXXXXX")

# Runs a suite into its log; with one suite at a time its lines are shown as they come, else all when it has ended.
run_suite() { # NAME PORT
  local start=$SECONDS status
  [ "$jobs" != 1 ] || echo "# $1"
  PORT=$2 timeout --signal=TERM --kill-after=30 "${SUITE_LIMIT_S:-600}" "$1/run.sh" 2>&1 |
    if [ "$jobs" = 1 ]; then tee "$logs/$1.log"; else cat > "$logs/$1.log"; fi
  status=${PIPESTATUS[0]}
  echo "$status $((SECONDS - start))" > "$logs/$1.end"
  [ "$jobs" = 1 ] || flock "$logs" bash -c 'echo "# $1"; cat "$2"' - "$1" "$logs/$1.log"
}

jobs=${JOBS:-2}
[ ${#names[@]} -gt 1 ] || jobs=1
port=${PORT_BASE:-21000}
# timeout hands the signal on to the suite, which stops its broker.
trap 'pkill -TERM -P "$(jobs -p | paste -sd,)" timeout; wait; exit 130' INT TERM
for name in "${names[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  run_suite "$name" "$port" &
  port=$((port + 10))
done
wait

table=()
failed_suites=0
total_passed=0
total_failed=0
for name in "${names[@]}"; do
  read -r status seconds < "$logs/$name.end"
  summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$logs/$name.log" | tail -1)
  passed=$(sed -nE 's/^([0-9]+) passed.*/\1/p' <<< "$summary")
  failed=$(sed -nE 's/.* ([0-9]+) failed$/\1/p' <<< "$summary")
  absent=$(grep -c '^not in this client: ' "$logs/$name.log")
  verdict=ok
  if [ -z "$summary" ]; then
    verdict="no end (status $status)"
  elif [ "$failed" != 0 ] || [ "$status" != 0 ]; then
    verdict="failed (status $status)"
  fi
  [ "$verdict" = ok ] || failed_suites=$((failed_suites + 1))
  total_passed=$((total_passed + ${passed:-0}))
  total_failed=$((total_failed + ${failed:-0}))
  table+=("$(printf '%-20s %7s %7s %7s %8s  %s' "$name" "${passed:--}" "${failed:--}" "$absent" "$seconds" "$verdict")")
done
echo
printf '%-20s %7s %7s %7s %8s  %s\n' client passed failed absent seconds verdict
printf '%s\n' "${table[@]}"
echo
echo "$SECONDS s with JOBS=$jobs"
echo "conformance: $total_passed passed, $total_failed failed, $failed_suites of ${#names[@]} suites not ok"
for name in "${names[@]}"; do grep -h '^not ok' "$logs/$name.log" | sed "s/^/$name: /"; done
[ "$failed_suites" = 0 ] && rm -rf "$logs"
[ "$failed_suites" = 0 ]
