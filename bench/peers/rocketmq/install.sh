#!/usr/bin/env bash
# Usage: install.sh [DIR]   puts RocketMQ's name server, broker and proxy into DIR/libs, its Java client for gRPC into
# DIR/libs-grpc, with Maven, and compiles the load drivers and the admin program into DIR/bench-classes.
# Downloads nothing when they are there already. Needs JDK 17 or later and Maven, and Go for the driver on the Go client: where that
# isn't, its figures can't be measured.
# ROCKETMQ_VERSION (5.5.0) and ROCKETMQ_CLIENT_VERSION (5.2.0) choose other releases.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
DIR=${1:-${ROCKETMQ_DIR:-${TMPDIR:-/tmp}/peer-rocketmq}}
SERVER=${ROCKETMQ_VERSION:-5.5.0}
CLIENT=${ROCKETMQ_CLIENT_VERSION:-5.2.0}
mkdir -p "$DIR"
DIR=$(cd "$DIR" && pwd)
exec 9> "$DIR/.install-lock"
flock -w 600 9 || { echo "another install.sh has held $DIR/.install-lock for 10 min" >&2; exit 1; }

# fetch FOLDER VERSION ARTIFACT…: the artifacts of org.apache.rocketmq with all that they need.
# Client and server are kept apart: the client's shaded jar must not meet the server's classes.
fetch() {
  local folder=$1 version=$2 artifact
  shift 2
  [ ! -e "$DIR/$folder/$1-$version.jar" ] || return 0
  {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>peer</groupId><artifactId>peer-rocketmq</artifactId><version>1</version><packaging>pom</packaging>'
    echo '<dependencies>'
    for artifact in "$@"; do
      echo "<dependency><groupId>org.apache.rocketmq</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
    done
    echo '</dependencies></project>'
  } > "$DIR/$folder.xml"
  rm -rf "$DIR/$folder.part"
  mvn -q -B -f "$DIR/$folder.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$DIR/$folder.part"
  rm -rf "${DIR:?}/$folder"
  mv "$DIR/$folder.part" "$DIR/$folder"
}
fetch libs "$SERVER" rocketmq-proxy rocketmq-namesrv rocketmq-broker rocketmq-tools
fetch libs-grpc "$CLIENT" rocketmq-client-java

OUT=$DIR/bench-classes
LOAD=$HERE/../../macro/drivers/rocketmq/RocketmqLoad.java
ADMIN=$HERE/RocketmqAdmin.java
if [ "$LOAD" -nt "$OUT/load/RocketmqLoad.class" ] || [ "$ADMIN" -nt "$OUT/admin/RocketmqAdmin.class" ]; then
  mkdir -p "$OUT"
  javac -nowarn -proc:none -cp "$DIR/libs-grpc/*" -d "$OUT/load" "$LOAD"
  javac -nowarn -proc:none -cp "$DIR/libs/*" -d "$OUT/admin" "$ADMIN"
fi
GO=$HERE/../../macro/drivers/rocketmq-go
if command -v go > /dev/null && [ -n "$(find "$GO" -newer "$OUT/load-go" 2> /dev/null || echo none)" ]; then
  (cd "$GO" && go build -o "$OUT/load-go.part" .)
  mv "$OUT/load-go.part" "$OUT/load-go"
fi
echo "rocketmq $SERVER with the gRPC client $CLIENT: in $DIR"
