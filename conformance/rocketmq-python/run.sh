#!/usr/bin/env bash
# Usage: run.sh   rocketmq-python-client (PyPI, in an environment of its own) against Polylog's RocketMQ listener.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin rocketmq-python
suite_pip
suite_run node suite.mjs
