#!/usr/bin/env bash
# Usage: broker-ctl.sh start|kill9|restart|stop   the functions of broker.sh as a command; RUN, PORT and BROKER as there.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/broker.sh"
case ${1:-} in
  start | kill9 | restart | stop) "broker_$1" ;;
  *)
    echo "usage: $0 start|kill9|restart|stop" >&2
    exit 2
    ;;
esac
