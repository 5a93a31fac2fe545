#!/usr/bin/env bash
# Usage: old.sh NAME VERSION   the Java client of an older Kafka (Maven Central), with the same driver, against the broker
# that BROKER names. Called by ../NAME/run.sh. Needs JDK 17 and Maven.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin "$1"
pom=$CACHE/maven/$1.pom
mkdir -p "$CACHE/maven"
cat > "$pom" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>polylog.conformance</groupId>
  <artifactId>$1</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-clients</artifactId>
      <version>$2</version>
    </dependency>
    <dependency>
      <groupId>com.fasterxml.jackson.core</groupId>
      <artifactId>jackson-databind</artifactId>
      <version>2.21.2</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
POM
suite_maven "$pom" ./*.java before-4/*.java
SUITE_NAME=$1 suite_run node old.mjs
