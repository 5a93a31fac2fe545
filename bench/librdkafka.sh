#!/usr/bin/env bash
# Prints the path of a librdkafka source tree with src/librdkafka.a and examples/rdkafka_performance built; builds it
# once when it is not there, from the sources inside the npm package node-rdkafka.
# The tree is ${POLYLOG_CONFORMANCE_CACHE:-~/.cache/polylog-conformance}/librdkafka, shared with conformance/.
# Needs a C and a C++ compiler, make, and the headers of lz4, zstd, zlib and OpenSSL.
set -euo pipefail
CACHE=${POLYLOG_CONFORMANCE_CACHE:-$HOME/.cache/polylog-conformance}
NODE_RDKAFKA=${NODE_RDKAFKA:-3.6.1}
TREE=$CACHE/librdkafka
mkdir -p "$CACHE"

built() { [ -x "$TREE/examples/rdkafka_performance" ] && [ -e "$TREE/src/librdkafka.a" ]; }

# Two suites that build at once wait for each other.
exec 9> "$CACHE/.librdkafka-lock"
flock -w 900 9 || { echo "another build has held $CACHE/.librdkafka-lock for 15 min" >&2; exit 1; }
if ! built; then
  echo "building librdkafka from node-rdkafka $NODE_RDKAFKA into $TREE" >&2
  part=$(mktemp -d "$CACHE/librdkafka-part.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  {
    npm pack --silent --pack-destination "$part" "node-rdkafka@$NODE_RDKAFKA"
    tar -xzf "$part"/node-rdkafka-*.tgz -C "$part" package/deps/librdkafka
    cd "$part/package/deps/librdkafka"
    # The archive has one time for all files; configure must not think it is older than its inputs.
    ./configure --disable-curl --disable-gssapi
    make -j"$(nproc)" -C src
    make -C examples rdkafka_performance
  } > "$CACHE/librdkafka-build.log" 2>&1 || { tail -20 "$CACHE/librdkafka-build.log" >&2; exit 1; }
  rm -rf "$TREE"
  mv "$part/package/deps/librdkafka" "$TREE"
fi
built || { echo "$TREE has no rdkafka_performance after the build; see $CACHE/librdkafka-build.log" >&2; exit 1; }
echo "$TREE"
