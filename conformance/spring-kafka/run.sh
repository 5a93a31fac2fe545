#!/usr/bin/env bash
# Usage: run.sh   examples/spring-kafka (Spring Boot, from Maven Central) against the broker that BROKER names. The jar is
# built once, in the cache. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin spring-kafka
example=$REPOSITORY/examples/spring-kafka
key=$(find "$example" -name target -prune -o -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-16)
build=$CACHE/maven/spring-kafka-$key
JAR=$build/target/spring-kafka-example-1.jar
if [ ! -e "$JAR" ]; then
  mkdir -p "$build"
  cp -r "$example/pom.xml" "$example/src" "$build/"
  (cd "$build" && nice -n 10 mvn -q -B package)
fi
export JAR
suite_run node suite.mjs
