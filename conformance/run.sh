#!/usr/bin/env bash
# Usage: conformance/run.sh [NAME…]   runs the suites of unmodified foreign clients (all of them by default), each
# against a broker of its own, and prints a table. Exits 1 when a test failed or a suite did not come to its end.
#
# BROKER=polylog (default) or kafka; PORT_BASE=21000, each suite gets ten ports; KEEP=1 keeps the runs' folders;
# SUITE_LIMIT_S=600 ends a suite that hangs.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
names=("$@")
if [ ${#names[@]} = 0 ]; then
  for script in */run.sh; do names+=("${script%/run.sh}"); done
fi
logs=$(mktemp -d "${TMPDIR:-/tmp}/polylog-conformance.XXXXXX")
table=()
failed_suites=0
total_passed=0
total_failed=0
port=${PORT_BASE:-21000}
for name in "${names[@]}"; do
  [ -x "$name/run.sh" ] || { echo "no suite '$name': conformance/$name/run.sh is not there" >&2; exit 2; }
  echo "# $name"
  start=$(date +%s)
  PORT=$port timeout --signal=TERM --kill-after=30 "${SUITE_LIMIT_S:-600}" "$name/run.sh" 2>&1 | tee "$logs/$name.log"
  status=${PIPESTATUS[0]}
  seconds=$(($(date +%s) - start))
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
  port=$((port + 10))
done
echo
printf '%-20s %7s %7s %7s %8s  %s\n' client passed failed absent seconds verdict
printf '%s\n' "${table[@]}"
echo
echo "conformance: $total_passed passed, $total_failed failed, $failed_suites of ${#names[@]} suites not ok"
for name in "${names[@]}"; do grep -h '^not ok' "$logs/$name.log" | sed "s/^/$name: /"; done
[ "$failed_suites" = 0 ] && rm -rf "$logs"
[ "$failed_suites" = 0 ]
