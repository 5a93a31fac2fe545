#!/usr/bin/env bash
# Usage: run.sh   Kafka's Java client 2.8.2 against the broker that BROKER names (../java/old.sh).
exec "$(dirname "$0")/../java/old.sh" java-2.8 2.8.2
