#!/usr/bin/env bash
# Usage: run.sh   rdkafka, the Rust crate (crates.io), with the librdkafka of its own source, against the broker that BROKER
# names. The first run compiles both (some minutes on two cores). Needs Rust, a C compiler, make and the development files
# of zlib.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin rust-rdkafka
suite_cargo
suite_run node suite.mjs
