#!/usr/bin/env bash
# Usage: run.sh   rocketmq, the Rust crate (crates.io), against Polylog's RocketMQ listener, plainly. Needs Rust; the first run
# compiles for some minutes.
cd "$(dirname "$0")" || exit 1
. ../lib/rocketmq.sh
rocketmq_begin rocketmq-rust
command -v cargo > /dev/null || { echo "rocketmq-rust: needs Rust (cargo), which is not there" >&2; exit 1; }
export CARGO_TARGET_DIR=$CACHE/rust/rocketmq
cargo build --quiet --release --locked
DRIVER=$CARGO_TARGET_DIR/release/driver
export DRIVER
suite_run node suite.mjs
