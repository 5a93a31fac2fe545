#!/usr/bin/env bash
# Usage: run.sh   Kafka's Java client 3.9.1 against the broker that BROKER names (../java/old.sh).
exec "$(dirname "$0")/../java/old.sh" java-3.9 3.9.1
