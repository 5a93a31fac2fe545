#!/usr/bin/env bash
# Usage: run.sh   rocketmq, the Rust crate (crates.io), against Polylog's RocketMQ listener, plainly. Needs Rust; the first run
# compiles for some minutes.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin rocketmq-rust
suite_cargo
suite_run node suite.mjs
