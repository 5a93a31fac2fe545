#!/usr/bin/env bash
# Makes test/protocol/kafka/codec/vectors.jsonl.gz anew from the Java client's own classes. Needs a JDK 17+ and Maven.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
out=$root/test/protocol/kafka/codec/vectors.jsonl.gz

mvn -q dependency:copy-dependencies -DoutputDirectory="$PWD/build/libs"
javac -Xlint:all,-processing,-classfile -cp 'build/libs/*' -d build/classes Vectors.java

# The APIs of the schema: what the client doesn't know fails here.
mapfile -t apis < <(sed -n 's/^api \([A-Za-z]*\) .*/\1/p' "$root"/src/protocol/kafka/schema/*.schema)
mapfile -t data < <(sed -n 's/^data \([A-Za-z]*\) .*/\1/p' "$root"/src/protocol/kafka/schema/*.schema)
java -cp 'build/libs/*:build/classes' Vectors "${PER_VERSION:-3}" "${apis[@]}" "${data[@]}" | gzip -9n > "$out"
ls -l "$out"

# What quotas measure, by the classes that Kafka's broker uses.
javac -Xlint:all,-processing,-classfile -cp 'build/libs/*' -d build/classes QuotaVectors.java
java -cp 'build/libs/*:build/classes' QuotaVectors > "$root/test/quota/vectors.jsonl"
