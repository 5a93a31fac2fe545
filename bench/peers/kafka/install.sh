#!/usr/bin/env bash
# Usage: install.sh [DIR]   puts Apache Kafka's server, client and tools into DIR/libs with Maven (about 55 MB).
# Does nothing when that version is there already. Needs JDK 17 or later and Maven.
# KAFKA_VERSION (4.3.1) and SCALA_VERSION (2.13) choose another release.
set -euo pipefail
DIR=${1:-${PEER_DIR:-${TMPDIR:-/tmp}/peer-kafka}}
KAFKA_VERSION=${KAFKA_VERSION:-4.3.1}
SCALA_VERSION=${SCALA_VERSION:-2.13}
mkdir -p "$DIR"
DIR=$(cd "$DIR" && pwd)

# Two suites that install at once wait for each other. The lock is outside libs, which is replaced.
exec 9> "$DIR/.install-lock"
flock -w 600 9 || { echo "another install.sh has held $DIR/.install-lock for 10 min" >&2; exit 1; }

# kafka_2.13 is among the first jars to be resolved and log4j-core among the last: with both, the copy is whole.
if [ -e "$DIR/libs/kafka_$SCALA_VERSION-$KAFKA_VERSION.jar" ] && [ -e "$DIR/libs/kafka-tools-$KAFKA_VERSION.jar" ] &&
  compgen -G "$DIR/libs/log4j-core-*.jar" > /dev/null; then
  echo "kafka $KAFKA_VERSION: already in $DIR/libs"
  exit 0
fi

cat > "$DIR/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>peer</groupId>
  <artifactId>peer-kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_${SCALA_VERSION}</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>2.25.1</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-core</artifactId>
      <version>2.25.1</version>
    </dependency>
  </dependencies>
</project>
POM

rm -rf "$DIR/libs.part"
mvn -q -B -f "$DIR/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$DIR/libs.part"
rm -rf "$DIR/libs"
mv "$DIR/libs.part" "$DIR/libs"
echo "kafka $KAFKA_VERSION: $(find "$DIR/libs" -name '*.jar' | wc -l) jars in $DIR/libs"
