#!/usr/bin/env bash
# Usage: run.sh   Debian's kcat against the broker that BROKER names (../lib/broker.sh). Installs it with apt-get when
# it is missing and this is root.
cd "$(dirname "$0")" || exit 1
. ../lib/suite.sh
suite_begin kcat
if ! command -v kcat > /dev/null; then
  [ "$(id -u)" = 0 ] || { echo "kcat is not installed: apt-get install kcat" >&2; exit 1; }
  apt-get install -y -qq kcat > /dev/null || { apt-get update -qq && apt-get install -y -qq kcat > /dev/null; }
fi
suite_npm
suite_run node suite.mjs
