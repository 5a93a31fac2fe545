#!/usr/bin/env bash
# Usage: run.sh   rocketmq-clients/golang/v5 (Go modules) against Polylog's RocketMQ listener, over TLS, its default. Needs Go.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin rocketmq-go
suite_go
suite_run node suite.mjs
