#!/usr/bin/env bash
# Usage: build.sh LIBRDKAFKA OUT   compiles the load drivers against a built librdkafka tree into OUT.
# Compiles only what is older than its source. Needs a C compiler.
set -euo pipefail
LIBRDKAFKA=$1
OUT=$2
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$OUT"
# What the static library itself links: libz, libzstd, libssl and so on, as its configure found them.
libs=$(sed -n 's/^LIBS+\?=[[:space:]]*//p' "$LIBRDKAFKA/Makefile.config" | tr '\n' ' ')
for driver in e2e rate flood admin disk keyed txn; do
  source=$HERE/$driver.c
  binary=$OUT/$driver
  if [ "$binary" -nt "$source" ] && [ "$binary" -nt "$HERE/common.h" ] &&
    [ "$binary" -nt "$LIBRDKAFKA/src/librdkafka.a" ]; then continue; fi
  # shellcheck disable=SC2086
  "${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -isystem "$LIBRDKAFKA/src" "$source" -o "$binary.part" \
    "$LIBRDKAFKA/src/librdkafka.a" $libs -lpthread -lm
  mv "$binary.part" "$binary"
done
