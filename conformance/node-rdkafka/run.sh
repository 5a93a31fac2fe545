#!/usr/bin/env bash
# Usage: run.sh   node-rdkafka 3.x with the librdkafka of its own source, against the broker that BROKER names.
# The first run compiles librdkafka (about a minute on two cores) into the cache, and with it the load driver
# CACHE/librdkafka/examples/rdkafka_performance that bench/ uses. Needs a C++ compiler, make, and the development
# files of OpenSSL, zlib, zstd and lz4. BUILD_ONLY=1: no more than that.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin node-rdkafka

# Its own node-gyp build compiles librdkafka with one job, and fails with several (config.h is no declared output of
# its first step). So: librdkafka first, with two jobs, and then the addon linked to it.
suite_build() {
  local package=$1/node_modules/node-rdkafka log=$1/build.log
  local source=$package/deps/librdkafka
  (
    cd "$package"
    nice -n 10 node util/configure &&
      nice -n 10 make -j2 -C deps/librdkafka libs &&
      nice -n 10 make -C deps/librdkafka/examples rdkafka_performance &&
      BUILD_LIBRDKAFKA=0 CPLUS_INCLUDE_PATH=$source/src-cpp:$source/src LIBRARY_PATH=$source/src:$source/src-cpp \
        LD_RUN_PATH=$source/src:$source/src-cpp JOBS=2 nice -n 10 npm rebuild --foreground-scripts
  ) > "$log" 2>&1 || {
    tail -20 "$log" >&2
    echo "node-rdkafka: the build failed, see $log" >&2
    return 1
  }
  ln -sfn "$source" "$CACHE/librdkafka"
}

suite_npm --ignore-scripts
[ "${BUILD_ONLY:-}" != 1 ] || exit 0
suite_run node suite.mjs
