#!/usr/bin/env bash
# Usage: run.sh   rocketmq-client-nodejs (npm) against Polylog's RocketMQ listener; plain connections, its default.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin rocketmq-node
suite_npm
suite_run node suite.mjs
