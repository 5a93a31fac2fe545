#!/usr/bin/env bash
# Usage: run.sh   rocketmq-client 4.9 and 5 (Maven), which speak RocketMQ's older protocol: they are told where to go. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
NAME_SERVER=127.0.0.1:$((${PORT:-21000} + 2))
export NAME_SERVER BROKER_SET="polylog.rocketmq.name.server.hint.listeners=$NAME_SERVER"
rocketmq_begin rocketmq-remoting
suite_maven pom-4.9.xml Misled.java
export CLASSPATH_4=$CLASSPATH
suite_maven pom.xml Misled.java
suite_run node suite.mjs
