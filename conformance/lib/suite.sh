# What every run.sh of a client begins with: a folder for the run, a broker, and the ways to install a client once.
# Source it from conformance/NAME/run.sh, then: suite_begin NAME; install…; suite_run COMMAND….
#
# Downloads and builds are kept under POLYLOG_CONFORMANCE_CACHE (~/.cache/polylog-conformance).
# KEEP=1 keeps the folder of the run, with the broker's logs and data; it is kept too when something failed.
set -euo pipefail

_SUITE_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

suite_begin() {
  SUITE=$1
  RUN=$(mktemp -d "${TMPDIR:-/tmp}/polylog-conformance-$SUITE.XXXXXX")
  export RUN
  # shellcheck source=broker.sh
  . "$_SUITE_LIB/broker.sh"
  mkdir -p "$CACHE"
  trap _suite_end EXIT
  trap 'exit 130' INT TERM
}

_suite_end() {
  local status=$?
  trap - EXIT
  broker_stop || status=1
  if [ "${KEEP:-}" = 1 ] || [ "$status" != 0 ]; then
    echo "# $SUITE: kept $RUN" >&2
  else
    rm -rf "$RUN"
  fi
  exit "$status"
}

# Starts the broker and runs the suite against it.
suite_run() {
  broker_start
  "$@"
}

# npm ci of this folder's lock file into the cache; node_modules here becomes a link to it. Arguments go to npm ci.
suite_npm() {
  local key dir
  key=$(cat package-lock.json <(node -p 'process.platform + process.arch + process.versions.modules') | sha256sum | cut -c1-16)
  dir=$CACHE/npm/$SUITE-$key
  mkdir -p "$dir"
  (
    flock -w 900 9 || { echo "$SUITE: another install has held $dir.lock for 15 min" >&2; exit 1; }
    if [ ! -e "$dir/.complete" ]; then
      cp package.json package-lock.json "$dir/"
      (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error "$@")
      if [ "$(type -t suite_build)" = function ]; then suite_build "$dir"; fi
      touch "$dir/.complete"
    fi
  ) 9> "$dir.lock"
  if [ -d node_modules ] && [ ! -L node_modules ]; then rm -rf node_modules; fi
  ln -sfn "$dir/node_modules" node_modules
}

# A Python environment with what requirements.txt pins; PYTHON is its interpreter.
suite_pip() {
  local key dir
  key=$(cat requirements.txt <(python3 --version) | sha256sum | cut -c1-16)
  dir=$CACHE/venv/$SUITE-$key
  if [ ! -e "$dir/.complete" ]; then
    python3 -m venv "$dir"
    "$dir/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
    touch "$dir/.complete"
  fi
  PYTHON=$dir/bin/python
  export PYTHON
}

# Compiles the Java files of a folder against Kafka's own jars (bench/peers/kafka/install.sh, in PEER_DIR). CLASSES has them. Needs JDK 17.
suite_peer_java() { # FOLDER
  "$REPOSITORY/bench/peers/kafka/install.sh" "$PEER_DIR"
  CLASSES=$CACHE/java/$(cat "$1"/*.java | sha256sum | cut -c1-16)
  export CLASSES
  [ ! -e "$CLASSES/.complete" ] || return 0
  mkdir -p "$CLASSES"
  javac -nowarn -cp "$PEER_DIR/libs/*" -d "$CLASSES" "$1"/*.java
  touch "$CLASSES/.complete"
}

# Builds the Go module of this folder; DRIVER is the program. Modules come from the proxy that Go is set to use.
suite_go() {
  local key
  command -v go > /dev/null || { echo "$SUITE: needs Go (go.mod says which), which is not there" >&2; exit 1; }
  key=$(cat ./*.go go.mod go.sum "$_SUITE_LIB"/driver-go/*.go <(go version) | sha256sum | cut -c1-16)
  DRIVER=$CACHE/go/$SUITE-$key/driver
  [ -e "$DRIVER" ] || go build -o "$DRIVER" .
  export DRIVER
}

# Builds the Rust program of this folder, with what Cargo.lock pins; DRIVER is the program.
suite_cargo() {
  command -v cargo > /dev/null || { echo "$SUITE: needs Rust (cargo), which is not there" >&2; exit 1; }
  export CARGO_TARGET_DIR=$CACHE/rust/$SUITE
  cargo build --quiet --release --locked
  DRIVER=$CARGO_TARGET_DIR/release/driver
  export DRIVER
}

# Fetches what pom.xml of this folder (or the one named) depends on, and compiles the Java files beside it. CLASSPATH has
# both. Needs a JDK and Maven.
suite_maven() { # [POM [SOURCE…]]
  local pom=${1:-pom.xml} key dir
  [ $# = 0 ] || shift
  local sources=("$@")
  [ $# -gt 0 ] || sources=(./*.java)
  key=$(sha256sum "$pom" | cut -c1-16)
  dir=$CACHE/maven/$SUITE-$key
  mkdir -p "$dir"
  (
    flock -w 900 9 || { echo "$SUITE: another install has held $dir.lock for 15 min" >&2; exit 1; }
    if [ ! -e "$dir/.complete" ]; then
      rm -rf "$dir/libs"
      nice -n 10 mvn -q -B -f "$pom" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$dir/libs"
      touch "$dir/.complete"
    fi
  ) 9> "$dir.lock"
  CLASSPATH="$dir/libs/*"
  if [ -e "${sources[0]}" ]; then
    local classes
    classes=$dir/classes-$(cat "${sources[@]}" | sha256sum | cut -c1-16)
    [ -e "$classes/.complete" ] || javac -nowarn -Xlint:-deprecation,-removal -cp "$CLASSPATH" -d "$classes" "${sources[@]}"
    touch "$classes/.complete"
    CLASSPATH=$classes:$CLASSPATH
  fi
  export CLASSPATH
}
