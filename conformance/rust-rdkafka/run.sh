#!/usr/bin/env bash
# Usage: run.sh   rdkafka, the Rust crate (crates.io), with the librdkafka of its own source, against the broker that BROKER
# names. The first run compiles both (some minutes on two cores). Needs Rust, a C compiler, make and the development files
# of zlib.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin rust-rdkafka
command -v cargo > /dev/null || { echo "rust-rdkafka: needs Rust (cargo), which is not there" >&2; exit 1; }
export CARGO_TARGET_DIR=$CACHE/rust/target
cargo build --quiet --release --locked
DRIVER=$CARGO_TARGET_DIR/release/driver
export DRIVER
suite_run node suite.mjs
