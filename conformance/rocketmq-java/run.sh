#!/usr/bin/env bash
# Usage: run.sh   rocketmq-client-java (Maven) against Polylog's RocketMQ listener, over TLS, its default. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin rocketmq-java
suite_maven
suite_run node suite.mjs
